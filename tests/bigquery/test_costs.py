"""What a run read and was billed: by model, in all, within its budget, on the page. The answers are fakes."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from analysis_lib import cli
from analysis_lib.delivery.last_run import Recorder
from analysis_lib.errors import BudgetError
from analysis_lib.models import read_project
from analysis_lib.outcome import BuildSummary
from analysis_lib.pages.quality_costs import costs, rows
from analysis_lib.parameters import make_parameters
from analysis_lib.progress import Progress
from analysis_lib.reporting.columns import meaning
from analysis_lib.runner import Runner
from analysis_lib.shop import Shop
from analysis_lib.verbs.build import Outcomes
from analysis_lib.verbs.report import _conclude
from analysis_lib.warehouse import run_ledger
from analysis_lib.warehouse.bigquery_cost import cost, run_cost
from analysis_lib.warehouse.bigquery_jobs import JobFacts, Jobs, new_run
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.bigquery.fake_service import FakeService, connection, done_job
from tests.core.small_project import load_orders, orders_project, settings

GIB = 2**30
INPUTS = read_project("thelook").models["stg_order_items"].inputs
BUILD = ("--quiet", "build", "--select", "stg_events,stg_order_items")


@pytest.fixture
def small_budget(fake_project, monkeypatch):
    """The fake project, whose run may read 12 GiB: two queries of five."""
    monkeypatch.setenv("SHOPBOOK_BIGQUERY_MAXIMUM_BYTES_PER_RUN", str(12 * GIB))
    return fake_project


# -- by model --------------------------------------------------------------------------------------


def test_a_build_says_what_each_model_read_and_what_that_cost(fake_project, capsys):
    assert cli.main(BUILD) == 0
    lines = capsys.readouterr().out.splitlines()
    by_model = {line.split()[0]: line.split() for line in lines if "GiB" in line and "BigQuery" not in line}
    # A view's rows are counted: two jobs of five gibibytes, each with a second of slots.
    assert by_model["stg_events"] == ["stg_events", "10.0", "GiB", "10.0", "GiB", "0.06", "2.0", "s"]
    assert by_model["stg_order_items"] == ["stg_order_items", "5.0", "GiB", "5.0", "GiB", "0.03", "1.0", "s"]
    [total] = [line for line in lines if line.startswith("BigQuery: ")]
    # Finding the shop before the build, and giving the lease back after it, are no part of it.
    jobs = len(fake_project.queries) - 2
    assert total.startswith(f"BigQuery: {jobs} jobs read {5 * jobs}.0 GiB")
    assert "checks and metadata" in "".join(lines)


def test_every_job_of_a_model_carries_its_label(fake_project):
    assert cli.main(BUILD) == 0
    labels = [job["configuration"]["labels"] for _, job in fake_project.jobs.values()]
    assert {entry["shop"] for entry in labels} == {"demo"}
    assert len({entry["run"] for entry in labels}) == 1
    assert [entry.get("model") for entry in labels].count("stg_events") == 2


def test_what_a_model_cost_is_noted_beside_what_it_was_made_from(fake_project):
    assert cli.main(BUILD) == 0
    [noted] = [
        sql for sql, _ in fake_project.queries if sql.startswith("insert") and "stg_order_items" in sql
    ]
    assert f'"cost": {{"bytes_billed": {5 * GIB}, "bytes_processed": {5 * GIB}, "jobs": 1' in noted


def test_the_record_of_a_run_adds_up_all_of_its_processes():
    jobs = [
        {"model": "fct_a", "bytes_processed": 100, "bytes_billed": 2**40, "slot_milliseconds": 10},
        {
            "model": "",
            "bytes_processed": 7,
            "bytes_billed": 2**40,
            "slot_milliseconds": 1,
            "bytes_fetched": 3,
        },
    ]
    found = run_cost(jobs, 6.25)
    assert (found["jobs"], found["bytes_processed"], found["price"]) == (2, 107, 12.5)
    assert found["models"] == {
        "fct_a": {"jobs": 1, "bytes_processed": 100, "bytes_billed": 2**40, "slot_milliseconds": 10}
    }
    assert run_cost([], 6.25) == {}
    assert json.loads(json.dumps(found)) == found


def test_a_report_records_and_says_what_build_checks_and_pages_cost_together(monkeypatch, tmp_path):
    """The build in this process, a page's query in another, both in the ledger of the run."""
    monkeypatch.setattr("analysis_lib.delivery.summary.read_summary", lambda _site: {})
    monkeypatch.setattr("analysis_lib.delivery.summary.with_editions", lambda *_: {"alerts": []})
    monkeypatch.setattr("analysis_lib.delivery.texts.summary_lines", lambda _document, lines: lines)
    built = JobFacts("fct_a", 100, 2 * GIB, 1000)
    page = JobFacts("", 50, GIB, 500, 3, 24)
    outcomes = Outcomes("demo", "thelook", BuildSummary(make_parameters({})), [], cost=cost([built]))
    published = SimpleNamespace(
        site=tmp_path, up_to_date=False, executed={}, reused={}, left_out={}, notes=(), lines=list
    )
    run = Recorder()
    with run_ledger.one_run():
        for facts in (built, page):
            run_ledger.current()[1].note(dataclasses.asdict(facts))
        lines = _conclude(settings(tmp_path), outcomes, [], published, Progress(quiet=True), run)
    assert run.facts["bigquery"]["bytes_billed"] == 3 * GIB
    assert run.facts["bigquery"]["models"]["fct_a"]["bytes_billed"] == 2 * GIB
    assert any(line.startswith("BigQuery: 2 jobs read 150 bytes, billed 3.0 GiB") for line in lines)


# -- budgets ---------------------------------------------------------------------------------------


def test_a_run_is_stopped_by_the_query_that_would_take_it_over_its_budget(small_budget, capsys):
    assert cli.main(BUILD) == 25
    assert "maximum_bytes_per_run allows; it was not run" in capsys.readouterr().err
    ran = [sql for sql, is_dry in small_budget.queries if not is_dry]
    assert len(ran) == 2


def test_each_command_has_a_budget_of_its_own(small_budget, capsys):
    small_budget.bytes_processed = GIB
    for _ in range(3):
        assert cli.main(["--quiet", "query", "select 1 as n"]) == 0
    assert capsys.readouterr().err == ""


def test_a_query_of_an_analyst_counts(small_budget, capsys):
    small_budget.bytes_processed = 7 * GIB
    assert cli.main(["--quiet", "query", "select * from raw_orders"]) == 25
    assert "The query would read 7,516,192,768 bytes" in capsys.readouterr().err


def test_notebooks_share_the_budget_of_the_report_that_runs_them(monkeypatch):
    """Two processes of one run, as two sets of jobs; the second is refused what the first has used."""

    def jobs(bytes_processed):
        service = FakeService([done_job(totalBytesProcessed=bytes_processed), done_job()])
        return Jobs(connection(service, maximum_bytes_per_run=1000), "shop", new_run("shop"))

    with run_ledger.one_run():
        build, page = jobs(600), jobs(600)
        assert build.run.labels == page.run.labels
        build.execute("create or replace table a as select 1", "fct_a")
        with pytest.raises(BudgetError, match="The query would read 600 bytes, and with the 600 before it"):
            page.fetch("select 1")
    jobs(600).execute("select 1")  # another run begins at nothing


def test_processes_that_note_at_once_lose_no_line():
    script = (
        "from analysis_lib.warehouse.run_ledger import current\n"
        "for n in range(50): current()[1].note({'n': n}); current()[1].plan(1, 10**9)"
    )
    with run_ledger.one_run():
        others = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
        assert [other.wait() for other in others] == [0, 0, 0]
        ledger = run_ledger.current()[1]
        assert sorted(job["n"] for job in ledger.jobs()) == sorted([*range(50)] * 3)
        assert ledger.plan(1, 10**9) == (True, 150)
        assert ledger.path.is_file()
    assert not ledger.path.exists()


# -- estimates -------------------------------------------------------------------------------------


def test_an_estimate_of_an_empty_dataset_says_what_is_known_and_what_to_build_first(fake_project, capsys):
    assert cli.main(["--quiet", "build", "--estimate"]) == 0
    lines = capsys.readouterr().out.splitlines()
    by_model = {line.split()[0]: line for line in lines}
    assert by_model["stg_order_items"].split()[1:6] == ["5.0", "GiB", "5.0", "GiB", "0.03"]
    assert "not known yet" in by_model["fct_sessions"]
    assert "waits for" in by_model["fct_sessions"]
    assert "at least 0." in lines[-2]
    assert "5 models would read 25.0 GiB" in lines[-2]
    assert "stg_events,stg_order_items" in lines[-1]
    ran = [sql for sql, is_dry in fake_project.queries if not is_dry]
    assert not [sql for sql in ran if "ledger" not in sql]  # nothing but the library's own tables
    # A view is made without reading; what is read are its rows, counted.
    assert any(sql.startswith("select count(*) from (") for sql, is_dry in fake_project.queries if is_dry)


def test_an_estimate_for_programs_counts_the_least_that_bigquery_bills(fake_project, capsys):
    fake_project.bytes_processed = 100
    assert (
        cli.main(["--quiet", "build", "--estimate", "--format", "json", "--select", "stg_order_items"]) == 0
    )
    document = json.loads(capsys.readouterr().out)
    [model] = document["models"]
    assert document["is_complete"]
    assert (model["bytes_read"], model["bytes_billed"]) == (100, len(INPUTS) * 10 * 2**20)
    assert document["price"] == round(model["bytes_billed"] / 2**40 * 6.25, 6)


# -- on the page -----------------------------------------------------------------------------------


class Billed(DuckDBWarehouse):
    """A warehouse that bills `billed` bytes for each model, as BigQuery does; the tables are DuckDB's."""

    billed = 3 * GIB

    def cost(self, model=""):
        return {"jobs": 2, "bytes_processed": 5, "bytes_billed": self.billed, "slot_milliseconds": 1500}


def book_of(folder, kind, engine="bigquery"):
    place = settings(folder)
    with kind(place, "small") as warehouse:
        load_orders(warehouse, [(1, "2026-03-01 10:00", "10.50")])
        runner = Runner(warehouse, orders_project(), make_parameters({}))
        summary = runner.build()
    opened = kind(place, "small", read_only=True)
    book = Shop(opened, orders_project(), summary.parameters, summary.fingerprints, runner.missing)
    book.settings = dataclasses.replace(book.settings, engine=engine)
    return book


def test_the_quality_page_lists_what_was_billed_for_each_model(tmp_path):
    with book_of(tmp_path, Billed) as book:
        found = rows(book)
        assert set(found["model"]) == set(orders_project().models) - {"dim_lost"}  # it has no input
        assert set(found["bytes_billed"]) == {3 * GIB}
        made = costs(book).text
    assert "What the warehouse billed for each model" in made
    assert [name for name in found.columns if not meaning("quality", "warehouse-costs", name).text] == []
    assert f"all together {3 * len(found):,}.000 GiB" in made
    assert "3.000" in made


def test_an_unchanged_build_publishes_the_same_figures(tmp_path):
    class Dearer(Billed):
        billed = 9 * GIB

    with book_of(tmp_path, Billed) as book:
        first = costs(book).text
    with book_of(tmp_path, Dearer) as book:
        assert costs(book).text == first


@pytest.mark.parametrize("engine", ["duckdb", "bigquery"])
def test_nothing_is_shown_where_nothing_is_billed(tmp_path, engine):
    class Free(Billed):
        billed = 0

    kind = DuckDBWarehouse if engine == "duckdb" else Free
    with book_of(tmp_path, kind, engine) as book:
        assert costs(book).text == ""
