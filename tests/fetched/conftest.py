"""A shop and one with four times its visitors, each built and shown on every page; what was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis_lib.editions.build import Whole, build_edition, edition_parameters
from analysis_lib.editions.spec import Edition
from analysis_lib.models import Project, read_project
from analysis_lib.progress import Progress
from analysis_lib.publish.plan import read_reports
from analysis_lib.settings import Settings
from analysis_lib.shop import open_shop
from analysis_lib.simulate import catalogue, simulate
from analysis_lib.verbs.build import build
from analysis_lib.verbs.load import load
from tests.demo_site import ROOT
from tests.fetched.record import Record, recording, run_cells, without_pictures
from tests.translations import TRANSLATIONS

SHOP = "shop"
# Both have the same products, days and campaigns: only the people are more.
VISITORS, TIMES, PRODUCTS = 1_500, 4, 60


@dataclass(frozen=True)
class Made:
    """What was fetched to build, check and show a shop, and how many events, visitors and orders it has."""

    record: Record
    project: Project
    counts: dict[str, int]


def _settings(root: Path) -> Settings:
    places = {"warehouse": root / "w.duckdb", "site": root / "site", "build_dir": root / "build"}
    return Settings(root=root, temp_dir=root / "tmp", translations=TRANSLATIONS, **places)


def _made(root: Path, visitors: int) -> Made:
    settings = _settings(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "catalogue_size", lambda _visitors: PRODUCTS)
        simulate(visitors, 4, 7, root / "files")
    load(settings, Progress(quiet=True), "thelook", [root / "files"], SHOP)
    with recording() as record:
        record.asking = "build"
        outcomes = build(settings, Progress(quiet=True), SHOP, with_checks=True)
        with open_shop(SHOP, settings=settings) as book:
            for page in read_reports(ROOT / "reports" / "reports.yml", ROOT / "notebooks").pages:
                run_cells(page.notebook, book, record)
            run_cells(ROOT / "notebooks" / "tutorial.ipynb", book, record)
            for name in ("net_revenue", "fct_sessions", "fct_sessions.is_bounce"):
                record.asking = f"explain {name}"
                assert str(book.explain(name))
            for name in ("fct_sessions", "dim_customers", "fct_attribution"):
                record.asking = f"look at {name}"
                assert len(book.marts[name].head()) == 5
            counts = dict(book.row_counts)
        record.asking = "edition"
        project = read_project("thelook")
        whole = Whole(SHOP, "thelook", outcomes.build.parameters, project)
        edition = Edition("germany", "Germany", dimension="country", value="Germany")
        parameters = edition_parameters(edition, {}, whole.parameters)
        build_edition(settings, whole, edition, parameters)
        with open_shop(edition.schema(SHOP), settings=settings) as book:
            for page in ("customers", "journeys"):
                run_cells(ROOT / "notebooks" / f"{page}.ipynb", book, record, "edition")
    return Made(record, project, counts)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    """The shop, and the one with four times its visitors. No picture is drawn: what is asked is the same."""
    with without_pictures():
        few, many = (
            _made(tmp_path_factory.mktemp(f"of{visitors}"), visitors)
            for visitors in (VISITORS, TIMES * VISITORS)
        )
    return few, many  # pictures are drawn again: other tests of this worker look at them
