"""Every number in the headline of a finding is a number of the shop, recomputed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from .book import Book
from .compare import unknown_numbers
from .conftest import PAGES
from .sentences import SENTENCES
from .shown import Page
from .wording import Figure

IDS = [page["id"] for page in PAGES]


@pytest.mark.parametrize("page", IDS)
def test_the_numbers_in_the_headlines_of_the_findings_are_recomputed(
    page: str, pages: Mapping[str, Page], figures: Mapping[str, dict[str, Figure]], book: Book
) -> None:
    currency = book["currency"]
    known = SENTENCES[page](book)
    for figure in figures[page].values():
        known += [figure.value(currency), figure.change(currency), *figure.notes(currency)]
    headlines = [finding.headline for finding in pages[page].findings if finding.headline]
    assert headlines, "the page has no finding"
    unknown = {text: unknown_numbers(text, known) for text in headlines}
    assert {text: numbers for text, numbers in unknown.items() if numbers} == {}


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Net revenue was $18,138 on 1–30 Jun 2026 (−7.5 %).", []),
        ("Net revenue was $18,139 on 1–30 Jun 2026 (−7.5 %).", ["$18,139"]),
        ("Net revenue was $18,138 on 2 Jun–1 Jul 2025 (−7.4 %).", ["−7.4 %"]),
        ("It stands above 52 weeks before; 52 products were sold.", ["52"]),
        ("It took 7.5 days.", ["7.5 days"]),
    ],
)
def test_a_number_that_nobody_recomputed_is_found(text: str, unknown: list[str]) -> None:
    assert unknown_numbers(text, ["$18,138", "▼ −7.5 %"]) == unknown
