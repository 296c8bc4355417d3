"""Every headline number of every published page and PDF equals one recomputed from lines and events.

Text is compared with text: the value, the change, what it was, what it was 52 weeks before, and every other
number that stands on the card. A card that nobody recomputes fails.
"""

from __future__ import annotations

import json
from calendar import month_name
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.demo_site import DemoSite

from .book import Book, written
from .compare import faults_of_page
from .conftest import BRIEFS, PAGES, words_of
from .quality import checks, checks_text
from .recomputed import FIGURES
from .shown import Page, ShownCard, card_of
from .wording import Figure

IDS = [page["id"] for page in PAGES]


def test_every_page_that_is_published_is_recomputed() -> None:
    assert set(FIGURES) == set(IDS)


@pytest.mark.parametrize("page", IDS)
def test_the_cards_of_a_page_are_the_recomputed_numbers(
    page: str, pages: Mapping[str, Page], figures: Mapping[str, dict[str, Figure]], book: Book
) -> None:
    cards = pages[page].cards
    assert cards, "the page shows no card"
    assert faults_of_page(cards, figures[page], book["currency"]) == []


@pytest.mark.parametrize("page", IDS)
def test_the_stamp_of_a_page_says_shop_days_and_checks(
    page: str, pages: Mapping[str, Page], book: Book
) -> None:
    assert pages[page].stamp == (
        f"Shop demo · data through {written(book.as_of)} · window {book.current.text} "
        f"({book['window_days']} days), before it {book.previous.text} · days in {book['timezone']} · "
        f"money in {book['currency']} · {checks_text(book)}"
    )


def marked_cards(executed: Path, brief: Mapping[str, Any]) -> list[tuple[str, ShownCard]]:
    """The cards of the cells that a brief takes, each with its page."""
    tag = brief.get("tag", "brief")
    found = []
    for page in brief["pages"]:
        notebook = nbformat.read(executed / page / "executed.ipynb", as_version=4)
        for cell in notebook.cells:
            if {tag, f"{tag}-only"} & set(cell.metadata.get("tags", ())):
                html = "".join(one.get("data", {}).get("text/html", "") for one in cell.get("outputs", ()))
                cards = BeautifulSoup(html, "html.parser").select(".kpi-card")
                found += [(page, card_of(card)) for card in cards]
    return found


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief["id"])
def test_the_cards_of_a_brief_are_the_recomputed_numbers(
    brief: Mapping[str, Any],
    briefs: Mapping[str, str],
    executed: Path,
    figures: Mapping[str, dict[str, Figure]],
    book: Book,
) -> None:
    text, currency = words_of(briefs[brief["id"]]), book["currency"]
    cards = marked_cards(executed, brief)
    assert cards, "the brief takes no card"
    for page, card in cards:
        figure = figures[page][card.data["data-metric"]]
        # The notes are compared with the recomputation on the page; here they must be on paper as well.
        printed = f"{card.label} {figure.value(currency)} {figure.change(currency)} {card.notes}"
        assert words_of(printed) in text, printed


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief["id"])
def test_the_head_of_a_brief_says_shop_period_and_last_day(
    brief: Mapping[str, Any], briefs: Mapping[str, str], book: Book
) -> None:
    text = words_of(briefs[brief["id"]])
    first, last = (
        f"{day.day} {month_name[day.month]} {day.year}" for day in (book.current.first, book.as_of)
    )
    head = f"demo · {brief['title']} {first} – {last} · data through {book.as_of.isoformat()}"
    passed = checks(book)
    foot = f"{passed['passed']} of {passed['all']} checks passed"
    assert words_of(head) in text
    assert words_of(foot) in text


def test_build_json_says_the_same_days_and_checks(demo_site: DemoSite, book: Book) -> None:
    made = json.loads((demo_site.site / "build.json").read_text(encoding="utf-8"))
    found = checks(book)
    assert made["data_through"] == book.as_of.isoformat()
    assert {name: made["checks"][name] for name in ("passed", "warned", "failed")} == {
        name: found[name] for name in ("passed", "warned", "failed")
    }
