"""The KPI cards of the overview, and the sums and tests that its findings share with them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.pages import daily_tests, periods
from analysis_lib.pages.conversion import Viewers, viewers
from analysis_lib.pages.daily_tests import Tested
from analysis_lib.pages.periods import Totals
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, Comparison, card, grid
from analysis_lib.reporting.html import Html, join, paragraph
from analysis_lib.reporting.metrics import metric

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

SUMS = (
    "net_revenue",
    "orders",
    "average_order_value",
    "gross_profit",
    "contribution",
    "roas",
    "returning_revenue_share",
)
LINES = ("gross_sales", "discounts", "cancellations", "returns", "cost_of_goods", "ad_spend", "gross_margin")
_ORDERS = ("returning_customer_orders",)


@dataclass(frozen=True)
class Headline:
    """The sums that the cards and the findings of the page are made of, and the tests on them.

    `tests` is by metric and period, with Holm's correction over all of them.
    """

    profit: Totals
    visits: Totals
    viewers: Viewers
    tests: Mapping[tuple[str, str], Tested]

    @property
    def has_visits(self) -> bool:
        """Whether the shop has events at all; a shop of orders alone has none."""
        return bool(self.visits.values)

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened in the window."""
        return not self.profit.value("orders") and not self.visits.value("sessions")

    @property
    def profit_name(self) -> str:
        """The profit that a card shows: after ads, or before them where ad spend is not known."""
        return "gross_profit" if self.profit.value("contribution") is None else "contribution"


# A shop is read-only, so its sums do not change while a notebook holds it.
@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Headline:
    """The sums of the three windows, and what changed by more than chance."""
    profit = periods.totals(book, "fct_daily_pnl", "calendar_date", [*SUMS, *LINES, *_ORDERS])
    visits = periods.no_totals(book)
    if book.available("fct_funnel_daily"):
        visits = periods.totals(book, "fct_funnel_daily", "session_date", ["sessions"])
    found = Headline(profit, visits, viewers(book), {})
    shown = [name for name in SUMS if name not in ("gross_profit", "contribution")]
    comparisons = (
        (profit, [*shown, found.profit_name], "previous"),
        (profit, ["net_revenue"], "year_before"),
        (visits, ["sessions"], "previous"),
    )
    tests = {
        (name, period): test
        for sums, names, period in comparisons
        for name, test in daily_tests.compare(book, sums, names, period).items()
    }
    p_values = [test.p_value if test else None for test in tests.values()]
    *adjusted, conversion_p = findings.adjusted([*p_values, found.viewers.p_value])
    tested = {key: Tested(test, p) for (key, test), p in zip(tests.items(), adjusted, strict=True)}
    tested["conversion_rate", "previous"] = Tested(None, conversion_p)
    return dataclasses.replace(found, tests=tested)


def cards(found: Headline, currency: str) -> Html:
    """The KPI cards, each against the window before and the one 52 weeks before."""
    made = {
        name: _card(found, found.visits if name == "sessions" else found.profit, name, currency)
        for name in (*SUMS, "sessions")
    }
    made["conversion_rate"] = found.viewers.card(
        currency, found.tests["conversion_rate", "previous"].is_found
    )
    sold = ("net_revenue", "orders", "average_order_value")
    visited = ("sessions", "conversion_rate") if found.has_visits else ()
    shown = (*sold, *visited, found.profit_name, "roas", "returning_revenue_share")
    note = periods.coverage(found.profit)
    return join(
        [
            grid([made[name] for name in shown]),
            paragraph(note) if note else Html(""),
            paragraph(periods.compared_with(found.profit), "kpi-note"),
        ]
    )


def _card(found: Headline, sums: Totals, name: str, currency: str) -> Card:
    value, least = _value(sums, name), found.viewers.min_sample
    note = ""
    if value is None:
        note = _why_none(sums, name)
    elif name == "returning_revenue_share":
        returning, orders = sums.value("returning_customer_orders"), sums.value("orders")
        part = value * (sums.value("net_revenue") or 0.0)
        note = f"{numbers.money(part, currency)} of the net revenue, from "
        note += f"{numbers.count(returning)} of {numbers.plural(orders, 'order')}"
        if not numbers.is_reliable(orders, least):
            value, note = None, f"{note}: {numbers.too_few(least)}"
    elif name == "contribution" and sums.value("gross_margin") is not None:
        profit = numbers.money(sums.value("gross_profit"), currency)
        note = f"gross profit {profit}, {numbers.percent(sums.value('gross_margin'))} of net revenue"
    elif name == "gross_profit" and sums.value("gross_margin") is not None:
        note = f"{numbers.percent(sums.value('gross_margin'))} of net revenue; before ads: no ad spend data"
    earlier = {
        period: dataclasses.replace(sums.comparison(name, period), value=_value(sums, name, period))
        for period in ("previous", "year_before")
    }
    if name == "returning_revenue_share":
        earlier = {period: _enough(sums, then, period, least) for period, then in earlier.items()}
    is_clear = found.tests.get((name, "previous"), Tested()).is_found
    return card(metric(name), value, currency, earlier["previous"], earlier["year_before"], note, is_clear)


def _enough(sums: Totals, then: Comparison, period: str, least: int) -> Comparison:
    """A share of an earlier window, where it stands on enough orders."""
    orders = sums.value("orders", period)
    if then.value is None or numbers.is_reliable(orders, least):
        return then
    why = f"then of {numbers.plural(orders or 0, 'order')}: {numbers.too_few(least)}"
    return dataclasses.replace(then, value=None, why_missing=why)


def _why_none(sums: Totals, name: str) -> str:
    """What stands in the place of a value that cannot be computed."""
    if sums.value("orders" if name != "sessions" else "sessions") is None:
        return "no data in this window"
    if name == "roas":
        return "no ad spend data" if sums.value("ad_spend") is None else "no ad spend in this window"
    if name == "average_order_value":
        return "no orders in this window"
    if name in ("gross_profit", "contribution"):
        return "the shop states no costs"
    return "no share of a net revenue that is not positive"


def _value(found: Totals, name: str, period: str = "current") -> float | None:
    """A metric's value; a share of net revenue outside 0–1 (more returned than sold) is no share."""
    value = found.value(name, period)
    is_share = name == "returning_revenue_share"
    return None if is_share and value is not None and not 0 <= value <= 1 else value
