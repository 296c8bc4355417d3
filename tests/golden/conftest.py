"""The book of the published demo shop, kept a second time, and its pages and PDFs as read back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo_site import DemoSite

from .book import Book, open_book
from .recomputed import FIGURES
from .shown import Page, pdf_text
from .wording import Figure

REPORTS = yaml.safe_load((Path(__file__).parents[2] / "reports" / "reports.yml").read_text(encoding="utf-8"))
PAGES: list[dict[str, Any]] = REPORTS["pages"]
BRIEFS: list[dict[str, Any]] = REPORTS["briefs"]


@pytest.fixture(scope="session")
def book(demo_site: DemoSite) -> Iterator[Book]:
    """The demo shop's book with the parameters of a run that gives none."""
    with open_book(demo_site.warehouse, "demo") as opened:
        yield opened


@pytest.fixture(scope="session")
def figures(book: Book) -> Mapping[str, dict[str, Figure]]:
    """Page to metric to figure, recomputed."""
    return {page: recompute(book) for page, recompute in FIGURES.items()}


@pytest.fixture(scope="session")
def pages(demo_site: DemoSite) -> Mapping[str, Page]:
    """The published pages by id."""
    return {
        page["id"]: Page.read(demo_site.site / f"{page.get('output', page['id'])}.html") for page in PAGES
    }


@pytest.fixture(scope="session")
def briefs(demo_site: DemoSite) -> Mapping[str, str]:
    """The text of the published PDFs by id, each as one line."""
    return {brief["id"]: pdf_text(demo_site.briefs / f"{brief['id']}.pdf") for brief in BRIEFS}


@pytest.fixture(scope="session")
def executed(demo_site: DemoSite) -> Path:
    """The folder with an executed notebook for each page."""
    return demo_site.root / "reports" / "_build" / "cache"


def words_of(text: str) -> str:
    """Text without any blanks: where a PDF breaks its lines is not compared."""
    return re.sub(r"\s", "", text)
