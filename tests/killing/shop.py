"""A small shop whose files arrive in two deliveries, and the processes that load and build it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STATUSES = ("Processing", "Shipped", "Complete", "Returned", "Cancelled")
MODELS = ("+int_orders", "rule_rfm_segments")
_FIRST_DAY = dt.datetime(2026, 1, 1, 9)


def write_delivery(folder: Path, number: int) -> None:
    """Files of a delivery; the second brings late and corrected orders, both a line that is rejected."""
    folder.mkdir(parents=True, exist_ok=True)
    orders = ["order_id,user_id,status,created_at,returned_at,shipped_at,delivered_at"]
    lines = [
        "id,order_id,user_id,product_id,inventory_item_id,status,created_at,shipped_at,delivered_at,"
        "returned_at,sale_price"
    ]
    for order in range(1, 41) if number == 1 else range(31, 61):
        status = STATUSES[(order + number) % len(STATUSES)]
        at = _FIRST_DAY + dt.timedelta(hours=17 * ((order * 7) % 60))
        back = str(at + dt.timedelta(days=9)) if status == "Returned" else ""
        orders.append(f"{order},{order % 13},{status},{at},{back},{at},{at}")
        price = -1 if order == 35 else order + 0.25
        lines.append(f"{order * 2},{order},{order % 13},{order % 5},,{status},{at},{at},{at},{back},{price}")
        lines.append(f"{order * 2 + 1},{order},{order % 13},3,,{status},{at},{at},{at},{back},9.99")
    (folder / f"orders_{number}.csv").write_text("\n".join(orders) + "\n")
    (folder / f"order_items_{number}.csv").write_text("\n".join(lines) + "\n")


_SOURCE = """name: tiny
description: Orders alone.
tables:
  orders:
    description: One row an order.
    aliases: [orders]
    without: there is nothing to report
    columns:
      order_id: {type: INT64, key: true, required: true, description: The order.}
      user_id: {type: INT64, required: true, not_null: true, description: Who ordered.}
      status: {type: STRING, required: true, description: How far it is.}
      created_at: {type: TIMESTAMP, required: true, not_null: true, description: When.}
"""
_MODELS = {
    "stg_orders": (
        "select cast(order_id as string) as order_id, lower(status) as status, created_at, "
        "cast(@window_days as int64) as days from raw_orders where not is_duplicate",
        {"order_id": "STRING", "status": "STRING", "created_at": "TIMESTAMP", "days": "INT64"},
    ),
    "stg_order_days": (
        "select date(created_at, @timezone) as order_date, max(days) as days, count(*) as orders "
        "from stg_orders group by order_date",
        {"order_date": "DATE", "days": "INT64", "orders": "INT64"},
    ),
}


def write_source(root: Path) -> None:
    """A source of one table and two models, for an engine on which every model takes its time."""
    folder = root / "sources" / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.yml").write_text(_SOURCE)
    for name, (sql, columns) in _MODELS.items():
        (folder / f"{name}.sql").write_text(f"{sql}\n")
        described = "".join(
            f"  {column}: {{type: {type_}, description: x}}\n" for column, type_ in columns.items()
        )
        grain = next(iter(columns))
        (folder / f"{name}.yml").write_text(
            f"model: {name}\ndescription: x\ngrain: [{grain}]\ngrain_description: x\ncolumns:\n{described}"
        )


@dataclass
class Project:
    """A folder with a project, its files and its warehouse."""

    root: Path

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "_quarto.yml").write_text("project:\n  type: website\n")

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / "data" / "warehouse.duckdb"

    @property
    def log(self) -> Path:
        """The steps of its processes; beside it, as `.said`, what they printed."""
        return self.root / "steps.log"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment in which `shopbook` finds it."""
        return {"SHOPBOOK_PROJECT": str(self.root), **more}

    def steps(self) -> list[str]:
        """The steps that were noted; they are forgotten then."""
        noted = self.log.read_text(encoding="utf-8").splitlines() if self.log.is_file() else []
        self.log.unlink(missing_ok=True)
        return noted


def load(shop: Project) -> list[str]:
    """The verb that loads what lies in the project's folder."""
    return ["--quiet", "load", "thelook", "--from", str(shop.root / "files"), "--shop", "killed"]


def build(window_days: int = 30) -> list[str]:
    """The verb that builds a dozen of its models."""
    chosen = [word for model in MODELS for word in ("--select", model)]
    return ["--quiet", "build", "--shop", "killed", "--window-days", str(window_days), *chosen]


class Server:
    """The process from which the others are forked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def run(self, shop: Project, verbs: list[list[str]], **wanted: Any) -> tuple[int, int]:
        """Run verbs in one process; its exit code (negative: killed), and its steps where it was not."""
        environment = shop.environment() | wanted.pop("environment", {})
        request = {"verbs": verbs, "log": str(shop.log), "environment": environment, **wanted}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        return answer["code"], answer["steps"]

    def run_well(self, shop: Project, verbs: list[list[str]], **wanted: Any) -> int:
        """Run verbs that must succeed; their steps."""
        code, steps = self.run(shop, verbs, **wanted)
        assert code == 0, shop.log.with_suffix(".said").read_text(encoding="utf-8")[-3000:]
        return steps


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server, ended by closing its standard input."""
    command = [sys.executable, "-m", "tests.killing.serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            yield Server(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=60)
