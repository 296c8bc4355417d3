"""Every total row of a table equals one recomputed from the order lines and events, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from .book import Book
from .conftest import PAGES
from .shown import Page
from .totals import TOTALS
from .wording import Figure


@pytest.mark.parametrize("page", [page["id"] for page in PAGES])
def test_the_total_rows_of_a_page_are_recomputed(
    page: str, pages: Mapping[str, Page], figures: Mapping[str, dict[str, Figure]], book: Book
) -> None:
    assert figures[page]  # makes the tables that totals are computed from
    shown = pages[page].total_rows
    expected = TOTALS[page](book) if page in TOTALS else {}
    assert shown.keys() <= expected.keys(), "a total that nobody recomputes"
    for (table, label), cells in expected.items():
        assert pages[page].row(table, label) == cells, (table, label)
