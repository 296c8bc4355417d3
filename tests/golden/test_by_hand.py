"""In JupyterLab a notebook with other parameters shows the numbers that `shopbook report` shows with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from tests.demo_site import DemoSite, run

from .book import open_book
from .by_hand import project_of, run_by_hand
from .compare import faults_of_page
from .recomputed import FIGURES
from .shown import Page

OTHERS: dict[str, Any] = {"as_of": "2026-05-17", "window_days": 14}
FILES = {"overview": "index.html"}
PAGES = ("overview", "customers")


@pytest.fixture(scope="module")
def batch(demo_site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Page]:
    """The pages of a batch run with other parameters."""
    root = project_of(demo_site, tmp_path_factory.mktemp("batch"))
    only = [word for page in PAGES for word in ("--only", page)]
    days = ["--as-of", str(OTHERS["as_of"]), "--window-days", str(OTHERS["window_days"])]
    run(root, "analysis_lib.cli", "--quiet", "report", "--renderer", "builtin", *only, *days)
    preview = root / "reports" / "_build" / "preview"
    return {page: Page.read(preview / FILES.get(page, f"{page}.html")) for page in PAGES}


@pytest.fixture(scope="module")
def by_hand(demo_site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Page]:
    """The same pages from a project in which only the notebooks are run, each by hand."""
    root = project_of(demo_site, tmp_path_factory.mktemp("by_hand"))
    return {page: run_by_hand(root, page, OTHERS) for page in PAGES}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_by_hand_shows_what_the_batch_shows(
    page: str, batch: Mapping[str, Page], by_hand: Mapping[str, Page], demo_site: DemoSite
) -> None:
    shown = by_hand[page]
    assert shown.stamp == batch[page].stamp
    assert "17 May 2026" in shown.stamp
    assert shown.cards == batch[page].cards
    assert [one.text for one in shown.findings] == [one.text for one in batch[page].findings]
    published = Page.read(demo_site.site / FILES.get(page, f"{page}.html"))
    assert shown.cards != published.cards, "the parameters changed nothing"


@pytest.mark.slow
def test_what_it_shows_is_right(by_hand: Mapping[str, Page], demo_site: DemoSite) -> None:
    given = {**OTHERS, "as_of": dt.date(2026, 5, 17)}
    with open_book(demo_site.warehouse, "demo", **given) as book:
        assert faults_of_page(by_hand["overview"].cards, FIGURES["overview"](book), book["currency"]) == []
