"""Copies and builds on BigQuery, killed with SIGKILL at any point and repeated: the tables are the same.

The shop goes to and fro between two deliveries, and between two windows, so that every run has old tables to
replace. The emulator goes on with the jobs of a process that is killed, as BigQuery does.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from analysis_lib.settings import Settings
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.processes import has_ended
from tests.bigquery.conftest import on_emulator
from tests.bigquery.emulator import PROJECT
from tests.killing.shop import Project, Server, serving, write_delivery, write_source
from tests.killing.test_duckdb import CLOCK, Tables, tables_of

pytestmark = pytest.mark.slow
UP = ["--quiet", "copy", "--to", "bigquery", "--shop", "killed"]
DOWN = ["--quiet", "copy", "--to", "duckdb", "--shop", "killed"]
PLACE = {"SHOPBOOK_BIGQUERY_PROJECT": PROJECT, "SHOPBOOK_BIGQUERY_LOCATION": "US"}
CHANCE = random.Random(2026)


def build(window_days: int) -> list[str]:
    """Two models of SQL; another window is another table."""
    chosen = ["--select", "stg_orders", "--select", "stg_order_days"]
    where = ["--warehouse", "bigquery", "--shop", "killed", "--window-days", str(window_days)]
    return ["--quiet", "build", *where, *chosen]


@dataclass
class Cloud:
    """The shop on the emulator, what it holds after each undisturbed run, and that run's requests."""

    settings: Settings
    server: Server
    environment: dict[str, str]
    shops: list[Project]
    wanted: dict[str, Tables] = field(default_factory=dict)
    requests: dict[str, list[str]] = field(default_factory=dict)

    def run(self, shop: Project, verb: list[str], **wanted: Any) -> int:
        """The exit code of a verb in a process of its own."""
        shop.steps()
        where = {"engine": "bigquery", "environment": self.environment}
        return self.server.run(shop, [verb], **{**where, **wanted})[0]

    def run_well(self, shop: Project, verb: list[str]) -> None:
        """A verb that must succeed."""
        assert self.run(shop, verb) == 0, shop.log.with_suffix(".said").read_text()[-3000:]

    def tables(self) -> Tables:
        """Every table with its rows, but for the times of the clock.

        The lease must be given back, or be that of a process that ended: when only the giving back was
        missing, repeating finds nothing to do and needs none.
        """
        found: Tables = {}
        with BigQueryWarehouse(self.settings, "killed", read_only=True) as warehouse:
            for table in sorted(warehouse.tables()):
                columns = ", ".join(name for name in warehouse.columns(table) if name not in CLOCK)
                found[table] = sorted(warehouse.rows(f"select {columns} from {table}"), key=repr)
        [(run, holder, process, *_)] = found.pop("build_lease")
        assert (run, holder, process) == ("", "", "") or has_ended(process)
        return found

    def at(self, name: str, share: float) -> int:
        """The number of a request, that share of the way through an undisturbed run."""
        return 1 + round(share * (len(self.requests[name]) - 1))


@pytest.fixture(scope="module")
def cloud(emulator, tmp_path_factory) -> Iterator[Cloud]:
    root = tmp_path_factory.mktemp("killed")
    shops = [Project(root / "first"), Project(root / "second")]
    with serving() as server:
        for number, shop in enumerate(shops, start=1):
            write_source(shop.root)
            for delivery in range(1, number + 1):
                write_delivery(shop.root / "files", delivery)
                (shop.root / "files" / f"order_items_{delivery}.csv").unlink()
            load = ["--quiet", "load", "tiny", "--from", str(shop.root / "files"), "--shop", "killed"]
            server.run_well(shop, [load])
        made = Cloud(on_emulator(root), server, emulator.environment | PLACE, shops)
        steps = [("copy 1", 1, UP), ("build 30", 1, build(30)), ("build 7", 1, build(7)), ("copy 0", 0, UP)]
        made.run_well(shops[0], UP)
        for name, shop, verb in steps:
            made.run_well(shops[shop], verb)
            made.requests[name] = shops[shop].steps()
            made.wanted[name] = made.tables()
        yield made


def loaded(tables: Tables) -> Tables:
    """What was loaded, not built."""
    return {name: rows for name, rows in tables.items() if name.startswith(("raw_", "load_", "rejected_"))}


@pytest.mark.parametrize("number", range(5))
def test_a_copy_that_is_killed_and_repeated(cloud: Cloud, number: int) -> None:
    name, shop = f"copy {(number + 1) % 2}", cloud.shops[(number + 1) % 2]
    share = [0.2, 0.5, 0.7, 0.8, 0.9][number] + CHANCE.random() / 10
    assert cloud.run(shop, UP, at=cloud.at(name, share), late=(0, 0.05)[number % 2]) in (-9, 0)
    cloud.run_well(shop, UP)
    assert loaded(cloud.tables()) == loaded(cloud.wanted[name])


@pytest.mark.parametrize("number", range(6))
def test_a_build_that_is_killed_and_repeated(cloud: Cloud, number: int) -> None:
    if number == 0:
        cloud.run_well(cloud.shops[1], UP)
        cloud.run_well(cloud.shops[1], build(7))
    verb, name = build((30, 7)[number % 2]), f"build {(30, 7)[number % 2]}"
    share = [0.3, 0.45, 0.6, 0.75, 0.85, 0.95][number] + CHANCE.random() / 20
    ended = cloud.run(cloud.shops[1], verb, at=cloud.at(name, share), late=(0, 0.05)[number % 2])
    assert ended in (-9, 0)
    cloud.run_well(cloud.shops[1], verb)
    assert cloud.tables() == cloud.wanted[name]


@pytest.mark.parametrize("share", [0.4, 0.95])
def test_a_copy_to_duckdb_that_is_killed_and_repeated(cloud: Cloud, tmp_path, share: float) -> None:
    """Killed by a statement of DuckDB: the tables of the file are the old ones, then those of BigQuery."""
    undisturbed, shop = Project(tmp_path / "undisturbed"), Project(tmp_path / "killed")
    for one in (undisturbed, shop):
        shutil.copytree(cloud.shops[0].root, one.root, dirs_exist_ok=True)
    before = tables_of(shop)
    cloud.run_well(cloud.shops[1], UP)
    assert cloud.run(undisturbed, DOWN, engine="duckdb") == 0
    steps = undisturbed.steps()
    assert cloud.run(shop, DOWN, engine="duckdb", at=1 + round(share * (len(steps) - 1))) == -9
    assert {name: rows for name, rows in tables_of(shop).items() if "__next" not in name} == before
    assert cloud.run(shop, DOWN, engine="duckdb") == 0
    assert tables_of(shop) == tables_of(undisturbed) != before
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        [(orders,)] = connection.execute("select count(*) from killed.raw_orders").fetchall()
    assert orders == 70


def test_a_build_of_unchanged_models_is_three_small_queries_and_writes_nothing(cloud: Cloud) -> None:
    cloud.run_well(cloud.shops[1], UP)
    cloud.run_well(cloud.shops[1], build(30))
    cloud.run_well(cloud.shops[1], build(30))
    requests = cloud.shops[1].steps()
    # Finding the shop asks those of other tests, too, which are left on this emulator.
    own = '"datasetId": "killed"'
    queries = [request for request in requests if request.startswith("POST") and own in request]
    # One finds the shop, one its currency, one reads what was built of what; no lease is taken.
    texts = [query.partition('"query": ')[2][:120] for query in queries]
    assert len(queries) == 3, texts
    assert not [request for request in requests if request.split()[0] not in ("GET", "POST")]
    posted = [request for request in requests if request.startswith("POST")]
    assert not [request for request in posted if "update" in request or "create" in request]


def test_the_deliveries_and_windows_differ(cloud: Cloud) -> None:
    """Otherwise equal tables would prove nothing."""
    assert cloud.wanted["build 30"] != cloud.wanted["build 7"]
    assert loaded(cloud.wanted["copy 0"]) != loaded(cloud.wanted["copy 1"])
    assert not [name for tables in cloud.wanted.values() for name in tables if "__next" in name]
