"""The demo shop on BigQuery in full size: copied with proof, built, checked and published as on DuckDB."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re

import pytest

from analysis_lib.errors import BadDataError
from analysis_lib.models import read_project
from analysis_lib.progress import Progress
from analysis_lib.publish.plan import read_reports
from analysis_lib.shop import open_shop
from analysis_lib.verbs.build import build
from analysis_lib.verbs.copy import copy
from analysis_lib.warehouse import moving
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_jobs import Jobs
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import choose_shop, embedded, environment_of, shops
from tests.bigquery.conftest import on_emulator
from tests.bigquery.real_project import named, unique
from tests.bigquery.shops import differences
from tests.demo_site import ROOT, copy_project, run
from tests.fetched.record import recording, row_by_row, run_cells, tables_of_the_many, without_pictures
from tests.googlesql.cases import engine

pytestmark = pytest.mark.slow
SHOP = "demo"
LOADED = {"rejected_rows", "load_counts", "load_ledger"}


def quiet():
    return Progress(quiet=True)


@pytest.fixture(scope="module")
def cloud(emulator, demo_site, tmp_path_factory):
    """Settings of the demo shop, which is built and published on DuckDB and copied to the emulator."""
    settings = on_emulator(tmp_path_factory.mktemp("cloud"), shop=SHOP)
    place = dataclasses.replace(settings.bigquery, dataset=unique(SHOP))
    settings = dataclasses.replace(settings, warehouse=demo_site.warehouse, bigquery=place)
    copy(settings, quiet(), "bigquery", SHOP)
    return settings


@pytest.fixture(scope="module")
def facts():
    """What every job of this module did."""
    noted = []
    note = Jobs._note

    def recorded(self, job, model, rows=0, fetched=0):
        noted.append((job.query, rows, fetched))
        note(self, job, model, rows, fetched)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jobs, "_note", recorded)
        yield noted


@pytest.fixture(scope="module")
def built(cloud, facts):
    """The outcome of a build with checks on the emulator; `facts` then hold those of its jobs alone."""
    facts.clear()
    outcome = build(cloud, quiet(), SHOP, with_checks=True)
    facts.append(("the build ends here", 0, 0))
    return outcome


@pytest.fixture(scope="module")
def published(built, cloud, demo_site):
    """The sites that `shopbook report` publishes of the shop, from the emulator and from DuckDB."""
    root = copy_project(cloud.root)
    place = {"SHOPBOOK_SHOP": SHOP, **environment_of(cloud)}
    run(root, "analysis_lib.cli", "--quiet", "report", "--renderer", "builtin", **place)
    return [root / "reports" / "_site", demo_site.site]


@pytest.fixture
def both(cloud):
    with (
        DuckDBWarehouse(embedded(cloud), SHOP, read_only=True) as small,
        BigQueryWarehouse(cloud, SHOP, read_only=True) as large,
    ):
        yield small, large


def test_a_shop_that_was_copied_is_found_in_the_project(cloud):
    assert shops(cloud) == {SHOP: "thelook"}
    assert choose_shop(cloud) == (SHOP, "thelook")


def test_what_was_loaded_is_the_same_after_the_copy(both):
    small, large = both
    names = moving.loaded_tables(small)
    assert {*names} >= {"raw_events", "raw_orders", *LOADED}
    for name in names:
        assert differences(small, large, name) == ""
        assert large.columns(name) == small.schema()[name]


def test_every_mart_is_the_same_as_on_duckdb(built, both):
    small, large = both
    project = read_project("thelook")
    assert built.build.count("built") == len(project.models)
    assert [found for name in project.models if (found := differences(small, large, name))] == []


def test_every_check_has_the_same_outcome(built, both):
    small, large = both
    query = "select model, column_name, check_name, brief, failing_rows, status, fingerprint from dq_checks"
    assert sorted(small.rows(query)) == sorted(large.rows(query))


def test_a_build_fetches_no_events(built, facts, both):
    """What comes to this machine are counts, samples and grouped tables: far less than one row an event."""
    jobs = list(itertools.takewhile(lambda job: job[0] != "the build ends here", facts))
    [(events,)] = both[1].rows("select count(*) from raw_events")
    large = both[1].connection.client.get_table(f"{both[1].dataset}.raw_events").num_bytes
    assert len(jobs) > 50
    assert max(rows for _, rows, _ in jobs) < events / 2
    assert sum(fetched for _, _, fetched in jobs) < large
    row_by_row = [query for query, rows, _ in jobs if rows > 100 and "event" in query.split(" from ")[-1]]
    assert row_by_row == []


def test_googles_analyser_takes_every_query_that_was_sent(built, facts, both):
    """The emulator takes what BigQuery would refuse, so that it is not the judge of what was sent to it."""
    large = both[1]
    tables = {name: large.columns(name) for name in sorted(large.tables())}
    tables |= {f"{name}__next": columns for name, columns in tables.items()}
    sent = {query.split(" as\n", 1)[-1] for query, _, _ in facts if "swap_journal" not in query}
    queries = [query for query in sent if query.lower().startswith(("select", "with"))]
    assert len(queries) > 60
    for query in queries:
        assert engine().columns(query, {name: tables[name] for name in tables if name in query})


def test_a_second_build_builds_nothing(built, cloud):
    again = build(cloud, quiet(), SHOP, with_checks=True)
    assert again.build.count("built") == 0
    assert again.build.fingerprints == built.build.fingerprints


def test_notebooks_fetch_no_more_than_from_duckdb_and_no_rows_of_people(built, cloud):
    """Every query of every page: as many rows from either warehouse, and groups and counts alone."""
    pages = read_reports(ROOT / "reports" / "reports.yml", ROOT / "notebooks").pages
    found = []
    for settings in (cloud, embedded(cloud)):
        with recording() as record, without_pictures(), open_shop(SHOP, settings=settings) as book:
            for page in pages:
                run_cells(page.notebook, book, record)
        found.append({key: one for key, one in record.by_query().items() if one.asked_by})
    large, small = found
    assert len(small) > 100
    assert {key: large[key].rows for key in small} == {key: one.rows for key, one in small.items()}
    # What a build cost is shown where something is billed.
    assert all("from meta_models" in one.sql for key, one in large.items() if key not in small)
    many = tables_of_the_many(read_project("thelook"))
    assert [one for one in large.values() if one.rows > 3 and row_by_row(one.tree, many)] == []
    assert sum(one.bytes for one in large.values()) < 30_000_000


def test_the_published_report_says_the_same_as_that_of_duckdb(published):
    """Every figure on a card, finding, note, check and alert of every page, and nothing is left out."""
    large, small = (summary_of(site) for site in published)
    pages = read_reports(ROOT / "reports" / "reports.yml", ROOT / "notebooks").pages
    assert [page["id"] for page in large["pages"]] == [page.id for page in pages]
    assert sum(figure["value"] is not None for page in large["pages"] for figure in page["headline"]) > 40
    assert large == small


def test_the_published_report_has_the_same_files_as_that_of_duckdb(published):
    large, small = ({path.relative_to(site) for path in site.rglob("*")} for site in published)
    assert large == small
    assert len([path for path in large if path.suffix == ".pdf"]) == 10


def test_every_page_is_the_same_as_from_duckdb(published):
    """To the last byte, but for the last digits of sums of FLOAT64 that a cell carries for machines."""
    large, small = ({page.name: page_of(page) for page in site.glob("*.html")} for site in published)
    assert len(large) >= 9
    billed = {"quality.html"} if named() else set()  # on a real project it says what the models cost
    assert [name for name in large.keys() - billed if large[name] != small[name]] == []


def page_of(page):
    """A page, with the values that its cells carry unrounded to nine digits."""
    return re.sub(
        r' data-value="(-?\d+\.\d+(?:e-?\d+)?)"',
        lambda value: f' data-value="{float(value[1]):.9g}"',
        page.read_text(encoding="utf-8"),
    )


def summary_of(site):
    """The site's summary, its floats to nine digits."""
    text = (site / "summary.json").read_text(encoding="utf-8")
    return json.loads(text, parse_float=lambda number: float(f"{float(number):.9g}"))


def test_what_was_copied_back_is_the_same(built, cloud, both, tmp_path):
    back = dataclasses.replace(cloud, warehouse=tmp_path / "back.duckdb")
    lines = copy(back, quiet(), "duckdb", SHOP)
    assert any(line.startswith("raw_events: ") for line in lines)
    with DuckDBWarehouse(embedded(back), SHOP, read_only=True) as returned:
        for name in moving.loaded_tables(returned):
            assert differences(both[0], returned, name) == ""
        assert not {name for name in returned.tables() if name.endswith("__next")}


def test_a_row_lost_on_the_way_is_found_and_nothing_is_replaced(built, cloud, both, monkeypatch):
    batches = moving._batches_of
    monkeypatch.setattr(moving, "_batches_of", lambda *given: (table.slice(1) for table in batches(*given)))
    before = both[1].rows("select count(*) from raw_orders")
    with pytest.raises(BadDataError, match="raw_distribution_centers is not the same on both sides"):
        copy(cloud, quiet(), "bigquery", SHOP)
    assert both[1].rows("select count(*) from raw_orders") == before
