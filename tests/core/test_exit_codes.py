"""Every way in which a scheduled run ends has an exit code of its own, and the command gives it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from analysis_lib import cli, errors
from tests.core.reporting_project import REPORTS, add_report, write_page, write_reports

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def reporting(project: Path) -> Path:
    """The small shop's project with one page and an alert that is raised."""
    return add_report(project)


def changed(project: Path, *statements: str) -> None:
    with duckdb.connect(str(project / "data" / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(f"set schema = 'small'; {statement}")


def broken_mart(project: Path) -> None:
    # What a fault of the SQL would leave behind: a row that breaks the contract, not checked yet.
    changed(
        project, "update fct_daily_pnl set orders = -1", "delete from dq_checks where model = 'fct_daily_pnl'"
    )


def cut_file(folder: Path) -> None:
    path = folder / "orders.parquet"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def renamed_column(folder: Path) -> None:
    path, target = folder / "orders.parquet", folder / "new.parquet"
    duckdb.sql(f"copy (select * rename (created_at as made_at) from '{path}') to '{target}' (format parquet)")
    target.replace(path)


def bad_rules(project: Path) -> None:
    (project / "rules").mkdir()
    text = (ROOT / "analysis_lib" / "rules" / "rfm_segments.csv").read_text(encoding="utf-8")
    (project / "rules" / "rfm_segments.csv").write_text(
        "\n".join(text.splitlines()[:2]) + "\n", encoding="utf-8"
    )


def nothing(project: Path) -> None:
    """The project is fine; the arguments are not."""


REPORT = ("report", "--renderer", "builtin")
LOAD = ("load", "thelook", "--shop", "small", "--from", "files")
# Exit code to what is broken, what is run, and what is said about it.
CASES: dict[int, tuple[Callable[[Path], None], tuple[str, ...], str]] = {
    0: (nothing, REPORT, ""),
    2: (nothing, (*REPORT, "--frce"), "unrecognized arguments"),
    10: (nothing, (*REPORT, "--set", "windw_days=7"), 'Did you mean "window_days"'),
    11: (lambda p: write_reports(p, REPORTS + "breifs: []\n"), REPORT, 'Did you mean "briefs"'),
    12: (lambda p: write_reports(p, REPORTS.replace("view.ipynb", "views.ipynb")), REPORT, "overviews.ipynb"),
    13: (lambda p: renamed_column(p / "files"), LOAD, "made_at"),
    14: (lambda p: cut_file(p / "files"), LOAD, "orders.parquet"),
    15: (nothing, (*REPORT, "--as-of", "1999-01-01"), "data runs from"),
    18: (nothing, ("build", "--select", "fct_sesions"), 'Did you mean "fct_sessions"'),
    19: (broken_mart, REPORT, "checks failed, so nothing was published"),
    20: (lambda p: write_page(p, "raise ValueError('no')"), REPORT, "cell In[4]: ValueError: no"),
    21: (
        lambda p: write_page(p, "display(HTML('<img src=\"https://x.example/a.png\">'))"),
        REPORT,
        "from outside",
    ),
    22: (nothing, ("query", "selec 1"), "line 1"),
    23: (bad_rules, REPORT, "rfm_segments.csv"),
    24: (nothing, (*REPORT, "--fail-on-alert"), "1 alert raised: fewer"),
    27: (
        nothing,
        ("load", "product_events", "--from", "postgresql://127.0.0.1:1/shop", "--shop", "of_a_server"),
        "was not reached",
    ),
}
ELSEWHERE = {
    1: "a fault of the program itself: nothing a user does reaches it",
    16: "test_a_warehouse_that_another_process_holds",
    17: "test_a_full_disk_is_said_and_leaves_the_marts (test_cli.py)",
    25: "tests/bigquery",
    26: "tests/bigquery",
    130: "test_a_run_that_is_stopped",
}


def test_no_exit_code_is_without_a_case() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.ShopbookError)]
    assert {kind.exit_code for kind in kinds} | {0, 2, 130} == CASES.keys() | ELSEWHERE.keys()
    documented = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert [number for number in CASES.keys() | ELSEWHERE.keys() if f"| {number} |" not in documented] == []


@pytest.mark.parametrize("expected", CASES)
def test_a_run_ends_with_the_code_of_its_kind(
    expected: int,
    reporting: Path,
    shop_files: Path,
    shopbook: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaks, arguments, said = CASES[expected]
    shutil.copytree(shop_files, reporting / "files")
    monkeypatch.chdir(reporting)
    breaks(reporting)
    got, out, err = shopbook(*arguments)
    assert (got, said in err) == (expected, True), err
    assert "Traceback" not in err
    is_published = (reporting / "reports" / "_site" / "index.html").is_file()
    assert is_published == (expected in (0, 24)), "nothing is published unless the run ended well"
    if arguments[0] == "report" and expected != 2:  # a wrong flag is no run
        record = json.loads((reporting / "reports" / "_build" / "last_run.json").read_text(encoding="utf-8"))
        assert (record["exit_code"], bool(record["error"])) == (expected, expected != 0)
    if expected in (0, 24):
        assert "ALERT fewer (warn): Orders" in out


def test_an_alert_ends_only_a_run_that_asks_for_it(reporting: Path, shopbook: Command) -> None:
    assert shopbook(*REPORT)[0] == 0
    assert shopbook(*REPORT, "--fail-on-alert", "page")[0] == 0, "the alert is of severity warn"
    code, out, err = shopbook(*REPORT, "--fail-on-alert")
    assert (code, "nothing changed since the site was built" in out) == (24, True), err
    assert "The site was published" in err


def test_the_summary_of_the_published_site_needs_no_run(reporting: Path, shopbook: Command) -> None:
    code, _, err = shopbook("summary")
    assert (code, "nothing has been published" in err) == (12, True)
    assert shopbook(*REPORT)[0] == 0
    for form, start in (
        ("text", "shop small"),
        ("markdown", "## shop small"),
        ("html", "<!doctype"),
        ("json", "{"),
    ):
        code, out, _ = shopbook("summary", "--format", form)
        assert (code, out.startswith(start)) == (0, True)
    write_page(reporting, "raise ValueError('no')")
    assert shopbook(*REPORT)[0] == 20
    _, out, _ = shopbook("summary")
    assert "THE LAST RUN FAILED (exit code 20" in out
    assert "Orders  80" in out, "what is published is still said"


def _in_process(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "analysis_lib.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # Whoever starts the tests in the background lets them ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # type: ignore[arg-type,return-value]
    )


@pytest.fixture
def holder(reporting: Path) -> Iterator[None]:
    """Another process that has the warehouse open for writing."""
    program = textwrap.dedent(
        f"""
        import duckdb, sys
        connection = duckdb.connect({str(reporting / "data" / "warehouse.duckdb")!r})
        print("open", flush=True)
        sys.stdin.read()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    yield
    process.communicate("")


@pytest.mark.usefixtures("holder")
def test_a_warehouse_that_another_process_holds(shopbook: Command) -> None:
    code, _, err = shopbook(*REPORT)
    assert (code, "another process" in err) == (16, True), err


def test_a_run_that_is_stopped_while_duckdb_is_at_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raises(message: str) -> Callable[..., int]:
        def run(*_given: object) -> int:
            raise RuntimeError(message)

        return run

    # Ctrl-C during a long query comes from DuckDB as this, and not as a KeyboardInterrupt.
    monkeypatch.setitem(cli._VERBS, "doctor", (*cli._VERBS["doctor"][:2], raises("Query interrupted")))
    assert cli.main(["doctor"]) == 130
    assert "shopbook: stopped" in capsys.readouterr().err
    # Any other is a fault of the program, and is shown as one.
    monkeypatch.setitem(cli._VERBS, "doctor", (*cli._VERBS["doctor"][:2], raises("a fault")))
    with pytest.raises(RuntimeError, match="a fault"):
        cli.main(["doctor"])


def test_a_run_that_is_stopped(reporting: Path) -> None:
    started = reporting / "started"
    write_page(reporting, f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)")
    run = _in_process("--quiet", *REPORT)
    deadline = time.monotonic() + 120
    while not started.exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert started.exists(), "the notebook is running"
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert (run.returncode, "what was published before is untouched" in err) == (130, True), err
    assert not (reporting / "reports" / "_site").exists()
    record = json.loads((reporting / "reports" / "_build" / "last_run.json").read_text(encoding="utf-8"))
    assert record["exit_code"] == 130
