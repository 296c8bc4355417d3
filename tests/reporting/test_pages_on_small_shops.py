"""Every section of every page on shops with nothing, almost nothing and little in them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from analysis_lib.pages import (
    drivers,
    funnel,
    funnel_segments,
    funnel_steps,
    funnel_times,
    inventory,
    inventory_backtest,
    overview,
    profit,
)
from analysis_lib.reporting.html import Html
from analysis_lib.shop import Shop

SECTIONS: dict[str, Callable[[Shop], Html]] = {
    f"{section.__module__.rsplit('.', 1)[-1]}.{section.__name__}": section
    for section in (
        overview.status,
        overview.headline,
        overview.key_findings,
        overview.revenue_trend,
        overview.revenue_by_month,
        drivers.factors,
        drivers.by_source,
        profit.waterfall,
        profit.statement,
        overview.how_computed,
        funnel.status,
        funnel.headline,
        funnel.key_findings,
        funnel.steps,
        funnel.trend,
        funnel_steps.side_by_side,
        funnel_segments.by_dimension,
        funnel_segments.by_segment,
        funnel_times.between_steps,
        funnel.how_computed,
        inventory.status,
        inventory.headline,
        inventory.key_findings,
        inventory.by_status,
        inventory.reorder_list,
        inventory.idle_list,
        inventory.ageing,
        inventory.by_class,
        inventory_backtest.foretold,
        inventory.how_computed,
    )
}
EMPTY_SENTENCES = {
    "overview.key_findings": "No sessions and no orders on 1–30 Sep 2026.",
    "overview.revenue_trend": "No orders and no returns on 1–30 Sep 2026.",
    "overview.revenue_by_month": "No orders in the data.",
    "drivers.by_source": "No sessions and no orders on 1–30 Sep 2026.",
    "profit.waterfall": "No sales on 1–30 Sep 2026.",
    "profit.statement": "No orders, returns or ad spend up to 30 Sep 2026.",
    "funnel.key_findings": "No sessions on 1–30 Sep 2026.",
    "funnel.steps": "No sessions on 1–30 Sep 2026.",
    "funnel_steps.side_by_side": "No sessions on 1–30 Sep 2026.",
    "funnel_segments.by_segment": "No sessions on 1–30 Sep 2026.",
    "inventory.headline": "Nothing was ever stocked up to 30 Sep 2026.",
    "inventory.key_findings": "Nothing was ever stocked up to 30 Sep 2026.",
    "inventory.by_status": "Nothing was ever stocked up to 30 Sep 2026.",
    "inventory.reorder_list": "Nothing needs to be reordered.",
    "inventory.idle_list": "No product in stock is dead or overstocked.",
    "inventory.ageing": "Nothing is in stock at the end of 30 Sep 2026.",
}


def text_of(made: Html) -> str:
    """What a reader reads: without tags, styles, SQL and the parameters of the run."""
    without = re.sub(
        r"<style>.*?</style>|<pre.*?</pre>|<p>Parameters of the run.*?</p>", " ", made.text, flags=re.S
    )
    spoken = re.findall(r'aria-label="([^"]*)"', without)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without) + " ".join(spoken))).strip()


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_says_something_and_nothing_untrue(name: str, small_shop: Shop) -> None:
    text = text_of(SECTIONS[name](small_shop))
    assert text, "a section is never blank"
    for never in ("nan", "nat", "none", "inf", "null"):
        assert not re.search(rf"\b{never}\b", text, re.IGNORECASE), (never, text)
    assert "+100.0" not in text, "nothing doubles from nothing"


@pytest.mark.parametrize("name", EMPTY_SENTENCES)
def test_an_empty_shop_gets_a_sentence_in_the_place_of_a_chart(
    name: str, small_shops: dict[str, Shop]
) -> None:
    made = SECTIONS[name](small_shops["empty"])
    assert EMPTY_SENTENCES[name] in text_of(made)
    assert "<svg" not in made.text
    assert "<table" not in made.text


def test_an_empty_shop_has_no_value_on_a_card(small_shops: dict[str, Shop]) -> None:
    for section in ("overview.headline", "funnel.headline"):
        values = re.findall(
            r'<div class="kpi-value">(.*?)</div>', SECTIONS[section](small_shops["empty"]).text
        )
        assert set(values) == {"–"}


def test_one_order_is_too_little_for_a_rate(small_shops: dict[str, Shop]) -> None:
    text = text_of(funnel.headline(small_shops["one order"]))
    assert "1 of 1: too few to show a rate (n < 30)" in text
    assert not re.search(r"100\.?0?\s%", text), "never a bare 100 %"
    assert "– (no data before 27 Sep 2026)" in text
    assert "The data begins on 27 Sep 2026: the window has 4 days of data, not 30." in text


def test_without_ad_spend_there_is_no_return_on_it(small_shops: dict[str, Shop]) -> None:
    text = text_of(overview.headline(small_shops["one order"]))
    assert "ROAS – no ad spend data" in text
    assert "Gross profit $30.00" in text
    assert "no ad spend data" in text
    assert "Contribution" not in text


def test_what_came_back_in_full_has_no_shares(small_shops: dict[str, Shop]) -> None:
    text = text_of(overview.headline(small_shops["all returned"]))
    assert "Returning customers' share – no share of a net revenue that is not positive" in text
    assert "Net revenue $0" in text
