"""What a person meets in a real kernel, spoken to as JupyterLab does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from analysis_lib.explore.kernel import names_for
from analysis_lib.settings import load_settings
from analysis_lib.shop import READ_ONLY, Shop
from tests.explore.conftest import ORDERS

ROOT = Path(__file__).resolve().parents[2]
_SETUP = """
import analysis_lib.shop
from tests.core import small_project
analysis_lib.shop.project_of = lambda *_: small_project.orders_project()
from analysis_lib import open_shop
"""
_MAKE = f"""
import sys
from pathlib import Path
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core import small_project
folder = Path(sys.argv[1])
settings = small_project.settings(folder)
with DuckDBWarehouse(settings, "small") as warehouse:
    small_project.load_orders(warehouse, {ORDERS!r})
    Runner(warehouse, small_project.orders_project(), make_parameters({{}})).build()
"""
_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


class Kernel:
    """One kernel: runs cells, and gives what they showed."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, code: str) -> dict[str, Any]:
        """`text`, `html`, `printed`, `error` (as shown) of a cell."""
        shown: dict[str, Any] = {"text": "", "html": "", "printed": "", "error": ""}

        def keep(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown["printed"] += content["text"]
            elif message["msg_type"] in ("execute_result", "display_data"):
                shown["text"] += content["data"].get("text/plain", "")
                shown["html"] += content["data"].get("text/html", "")
            elif message["msg_type"] == "error":
                shown["error"] = "\n".join(content["traceback"])

        self.client.execute_interactive(code, output_hook=keep, timeout=120)
        return shown

    def complete(self, code: str) -> list[str]:
        """What the Tab key offers at the end of the code."""
        reply = self.client.complete(code, len(code), reply=True, timeout=60)["content"]
        return list(reply["matches"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project")
    (made / "_quarto.yml").touch()
    (made / "shopbook.toml").write_text('warehouse = "warehouse.duckdb"\nlock_wait_seconds = 0\n')
    subprocess.run([sys.executable, "-c", _MAKE, str(made)], cwd=ROOT, check=True)
    return made


@pytest.fixture(scope="module")
def start(folder: Path) -> Iterator[Callable[[], Kernel]]:
    """Start a kernel in that project."""
    running: list[tuple[KernelManager, Any]] = []
    environment = {key: value for key, value in os.environ.items() if key != READ_ONLY}
    environment |= {"SHOPBOOK_PROJECT": str(folder), "PYTHONPATH": str(ROOT)}

    def begin() -> Kernel:
        manager = KernelManager()
        manager.kernel_spec.argv[0] = sys.executable
        manager.start_kernel(env=environment, cwd=str(folder))
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=120)
        running.append((manager, client))
        kernel = Kernel(client)
        kernel.run(_SETUP)
        return kernel

    yield begin
    for manager, client in running:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(start: Callable[[], Kernel]) -> Kernel:
    made = start()
    made.run("book = open_shop()")
    return made


def can_be_written(folder: Path) -> bool:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; duckdb.connect(sys.argv[1])",
            folder / "warehouse.duckdb",
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    ("code", "offered"),
    [
        ("book.marts.fct_", ["fct_total"]),
        ('book["fct_', ["fct_total"]),
        ('book.marts["st', ["stg_orders"]),
        ('book["int_daily"]["am', ["amount"]),
        ('book.marts["int_daily"][["order_date", "am', ["amount"]),
        ('book.marts.int_daily["am', ["amount"]),
        ('book.mart("int_', ["int_daily"]),
        ('book.mart("stg_orders", columns=["order_id", "am', ["amount"]),
        ("book.describe('dim_", ["dim_lost"]),
        ('book.explain("net_rev', ["net_revenue"]),
        ('book.explain("int_daily.or', ["int_daily.order_date"]),
        ('book.sql("""\nselect order_date\nfrom int_', ["int_daily"]),
        ('book.sql("select amo from int_daily where amo', ["amount"]),
    ],
)
def test_tab_completes_names(kernel: Kernel, code: str, offered: list[str]) -> None:
    assert [name.strip("\"']") for name in kernel.complete(code)] == offered


def test_tab_leaves_other_strings_and_objects_alone(kernel: Kernel) -> None:
    kernel.run("other = object()")
    assert "fct_total" not in kernel.complete('other.mart("fct_')
    assert "mart" in kernel.complete("book.mar")[0]


def test_the_shop_shows_itself_as_html_and_text(kernel: Kernel) -> None:
    shown = kernel.run("book")
    assert "Data through" in shown["text"]
    assert "<strong>Shop small</strong>" in shown["html"]
    assert "5 Mar 2026" in shown["html"]
    assert shown["error"] == ""


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ('open_shop("smal")', 'MissingInputError: There is no shop smal. Did you mean "small"?'),
        (
            "open_shop(windw_days=3)",
            'ParameterError: There is no parameter windw_days. Did you mean "window_days"?',
        ),
        ('book.mart("fct_totl")', 'ModelError: There is no model fct_totl. Did you mean "fct_total"?'),
    ],
)
def test_an_error_is_its_sentence_without_the_way_through_the_library(
    kernel: Kernel, code: str, sentence: str
) -> None:
    assert kernel.run(code)["error"] == sentence


def test_an_error_of_the_library_itself_keeps_its_traceback(kernel: Kernel) -> None:
    assert "Traceback" in kernel.run("1 / 0")["error"]


def test_a_notebook_holds_the_warehouse_only_while_a_cell_runs(kernel: Kernel, folder: Path) -> None:
    shown = kernel.run('float(book.mart("fct_total")["amount"].iloc[0])')
    assert shown["text"] == "35.0"
    assert can_be_written(folder)
    assert kernel.run('float(book.mart("fct_total")["amount"].iloc[0])')["text"] == "35.0", "opens it again"


def test_while_another_process_writes_a_cell_says_so_and_works_afterwards(
    kernel: Kernel, folder: Path
) -> None:
    command = [sys.executable, "-c", _HOLD, str(folder / "warehouse.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        for code in ('book.mart("fct_total")', "open_shop()", "open_shop(window_days=5)"):
            error = kernel.run(code)["error"]
            assert error.startswith("WarehouseLockedError: The warehouse warehouse.duckdb is in use"), code
            assert f"process {writer.pid}" in error
        writer.communicate("")
    assert kernel.run('len(book.mart("int_daily"))')["text"] == "3"


def test_two_notebooks_work_at_once_each_with_parameters_of_its_own(
    kernel: Kernel, start: Callable[[], Kernel]
) -> None:
    second = start()
    shown = second.run('late = open_shop(as_of="2026-03-02"); late.mart("fct_total")["amount"].sum()')
    assert shown["printed"].startswith(
        "Building marts for these parameters, apart from those of the shop small"
    )
    assert shown["text"].endswith("30.0)") or shown["text"] == "30.0"
    # The first opens the same ones while the second keeps its own open within a cell.
    first = kernel.run('open_shop(as_of="2026-03-02").mart("fct_total")["amount"].sum()')
    assert "30.0" in first["text"]
    assert first["printed"] == ""
    assert "35.0" in kernel.run('book.mart("fct_total")["amount"].sum()')["text"]


def test_the_setup_cell_may_run_again_with_other_parameters(kernel: Kernel) -> None:
    shown = kernel.run("book = open_shop(window_days=9); again = open_shop(window_days=9); book.kept_apart")
    assert shown["error"] == ""
    assert "small-" in shown["text"]
    assert kernel.run("book = open_shop(); book.kept_apart")["text"] == "''"


def test_names_are_offered_for_the_place_of_the_cursor(book: Shop) -> None:
    assert "net_revenue" in names_for(book, 'book.mart("fct_daily_pnl", ["')
    assert names_for(book, 'book.mart("no_such", ["') == []
    assert "roas" in names_for(book, 'book.explain("')
    assert "roas" not in names_for(book, 'book.mart("')
    assert names_for(book, "book.close(") == []


def test_the_settings_say_how_long_to_wait(folder: Path) -> None:
    assert load_settings(env={"SHOPBOOK_PROJECT": str(folder)}).lock_wait_seconds == 0
    assert load_settings(env={"SHOPBOOK_PROJECT": str(ROOT)}).lock_wait_seconds == 15
