"""The rules that have a right answer, on the cards of every page: what is printed, and what never is."""

from __future__ import annotations

import datetime as dt
import html
import re
from pathlib import Path

import pytest

from analysis_lib.reporting.html import Html
from analysis_lib.reporting.metrics import metric
from analysis_lib.shop import Shop
from tests.reporting import shops
from tests.reporting.headlines import HEADLINES

# What the quality page counts are checks and rows, no figures of a shop.
PAGES = {name: headline for name, headline in HEADLINES.items() if name != "quality"}
# A part of money is no rate on units: few orders make it unsteady, not a matter of one or none.
OF_MONEY = {"product_gross_margin", "gross_margin"}


def _cards(made: Html) -> list[tuple[str, str, str]]:
    """Metric, value and everything that stands on the card."""
    found = []
    for card in re.findall(r'<div class="kpi-card".*?(?=<div class="kpi-card"|\n</div>)', made.text, re.S):
        name = re.search(r'data-metric="([^"]*)"', card)
        value = re.search(r'<div class="kpi-value">(.*?)</div>', card)
        assert name is not None
        assert value is not None
        text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card)))
        found.append((name.group(1), html.unescape(value.group(1)), text.strip()))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_rate_on_too_few_is_its_count_and_never_a_bare_percentage(
    page: str, small_shops: dict[str, Shop]
) -> None:
    for name, value, text in _cards(PAGES[page](small_shops["one order"])):
        if metric(name).format == "rate" and name not in OF_MONEY:
            assert value == "–", (name, text)
            assert not re.search(r"\b100\b.%|\+\d", text), (name, text)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != "inventory"]
)  # its stock was there before
def test_without_a_window_before_there_is_no_change_but_a_reason(
    page: str, small_shops: dict[str, Shop]
) -> None:
    made = PAGES[page](small_shops["one order"])
    for name, _, text in _cards(made):
        for never in ("+100.0", "∞", "unchanged", "inf", "nan"):
            assert never not in text.lower(), (name, text)
    changes = re.findall(r'<div class="kpi-change[^>]*>(.*?)</div>', made.text)
    assert all(change.startswith("–") for change in changes), changes


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("products", "cross_sell")])
def test_the_dates_of_what_is_compared_are_said(page: str, two_months: Shop) -> None:
    text = html.unescape(PAGES[page](two_months).text)
    if page == "inventory":
        assert "on 31 Aug 2026" in text
        return
    for dates in ("1–30 Sep 2026", "2–31 Aug 2026", "2 Sep–1 Oct 2025"):
        assert dates in text, "52 weeks are 364 days, so that weekdays meet"


def test_what_was_nothing_before_is_new(tmp_path: Path) -> None:
    """The data reaches the window before, in which nobody ordered."""
    story = shops.Story().product().order("0", shops.AS_OF - dt.timedelta(days=100), "10.00")
    story.visit("0", shops.AS_OF - dt.timedelta(days=100), "page_view")
    story.visit("1", shops.AS_OF, *shops.BUYS).order("1", shops.AS_OF, "80.00")
    cards = {
        name: text for name, _, text in _cards(HEADLINES["overview"](shops.make_shop(tmp_path, story.rows)))
    }
    assert "new: +$80.00" in cards["net_revenue"]
    assert "new: +1" in cards["orders"]
    assert not re.search(r"\d.%", cards["orders"])


def test_a_rate_changes_in_points_and_an_amount_in_percent(tmp_path: Path) -> None:
    """Of forty viewers eight bought, of forty before sixteen: 20 % from 40 %."""
    story = shops.Story().product().visit("0", shops.AS_OF - dt.timedelta(days=100), "page_view")
    story.order("0", shops.AS_OF - dt.timedelta(days=100), "10.00")
    for ago, buyers in ((5, 8), (35, 16)):
        day = shops.AS_OF - dt.timedelta(days=ago)
        for number in range(40):
            buys = number < buyers
            story.visit(f"{ago}-{number}", day, *(shops.BUYS if buys else shops.BUYS[:2]))
            if buys:
                story.order(f"{ago}-{number}", day, "50.00")
    cards = {
        name: text for name, _, text in _cards(HEADLINES["overview"](shops.make_shop(tmp_path, story.rows)))
    }
    assert "20.0 %" in cards["conversion_rate"]
    assert "−20.0 points" in cards["conversion_rate"]
    assert "was 40.0 % (n = 40)" in cards["conversion_rate"]
    assert "−50.0 %" in cards["net_revenue"]
