"""What a card says to machines is what it says to readers, before rounding."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.reporting.cards import Comparison, card, exact, grid
from analysis_lib.reporting.changes import Kind, amount, change
from analysis_lib.reporting.html import Html
from analysis_lib.reporting.metrics import metric
from analysis_lib.shop import Shop
from tests.reporting.headlines import HEADLINES

_CARD = re.compile(r'<div class="kpi-card"([^>]*)>(.*?)(?=<div class="kpi-card"|\Z)', re.DOTALL)


def cards_of(made: Html) -> list[dict[str, Any]]:
    """The cards as a reader of the HTML finds them: attributes, and the texts of their parts."""
    found = []
    for attributes, inner in _CARD.findall(made.text):
        one: dict[str, Any] = {
            k: html.unescape(v) for k, v in re.findall(r'data-([\w-]+)="([^"]*)"', attributes)
        }
        for part in ("value", "change", "note"):
            texts = re.findall(rf'<div class="kpi-{part}[^"]*">(.*?)</div>', inner)
            one[f"shown {part}"] = html.unescape(" | ".join(texts))
        found.append(one)
    return found


@pytest.mark.parametrize("page", HEADLINES)
def test_the_shown_value_is_the_formatted_attribute(page: str, small_shop: Shop, downloads: Path) -> None:
    currency = small_shop.parameters.currency
    for one in cards_of(HEADLINES[page](small_shop)):
        kind = cast(Kind, one["format"])
        value = float(one["value"]) if "value" in one else None
        assert one["shown value"] == amount(value, kind, currency), one["metric"]
        if value is not None and "previous" in one:
            made = change(value, float(one["previous"]), kind, currency)
            assert one["shown change"].endswith(made.brief), one["metric"]
        if "year-before" in one and one["shown change"]:
            assert amount(float(one["year-before"]), kind, currency) in one["shown note"], one["metric"]


@pytest.mark.parametrize("page", HEADLINES)
def test_every_page_has_cards_with_values(page: str, two_months: Shop, downloads: Path) -> None:
    found = cards_of(HEADLINES[page](two_months))
    assert found
    assert all(one["metric"] for one in found)
    if page not in ("cross_sell", "quality"):  # too small to have candidates; built without checks and loads
        assert any("value" in one for one in found)


def test_what_is_not_known_has_no_attribute(small_shops: dict[str, Shop]) -> None:
    for one in cards_of(HEADLINES["overview"](small_shops["empty"])):
        assert set(one) & {"value", "previous", "year-before"} == set(), one["metric"]
        assert one["shown value"] == "–"


def test_nothing_is_rounded_and_no_number_is_written_with_an_exponent() -> None:
    made = grid(
        [
            card(
                metric("net_revenue"), Decimal("1234567.891"), "USD", Comparison(0.1 + 0.2), Comparison(1e-9)
            ),
            card(metric("orders"), 12.0, "USD"),
            card(metric("roas"), float("nan"), "USD", Comparison(2.0)),
        ]
    )
    revenue, orders, roas = cards_of(made)
    assert (revenue["value"], revenue["previous"]) == ("1234567.891", "0.30000000000000004")
    assert revenue["year-before"] == "0.000000001"
    assert orders["value"] == "12"
    assert "value" not in roas
    assert roas["previous"] == "2", "what it was before is known, also where there is no value now"


def test_what_stands_on_few_units_says_so_to_machines_too(small_shops: dict[str, Shop]) -> None:
    few = {one["metric"]: one.get("few") for one in cards_of(HEADLINES["funnel"](small_shops["one order"]))}
    assert few["conversion_rate"] == "value"
    assert few["sessions"] is None
    enough = {
        one["metric"]: one.get("few") for one in cards_of(HEADLINES["funnel"](small_shops["two months"]))
    }
    assert enough["conversion_rate"] is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_reads_back_as_the_same_number(value: float) -> None:
    text = exact(value)
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert float(text) == value
