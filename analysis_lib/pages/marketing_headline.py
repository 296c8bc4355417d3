"""The KPI cards of the marketing page, and the tests that its findings share with them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from analysis_lib.pages import daily_tests, marketing_marginal, periods
from analysis_lib.pages import marketing_data as data
from analysis_lib.pages.daily_tests import Tested
from analysis_lib.pages.marketing_data import Ads, Sums
from analysis_lib.pages.marketing_marginal import Marginal
from analysis_lib.pages.periods import Totals
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, Comparison, card, grid
from analysis_lib.reporting.changes import Kind, amount
from analysis_lib.reporting.html import Html, join, paragraph
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.windows import day
from analysis_lib.statistics.means import MeanDifference, ratio_values, welch

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

PROFIT = ("ad_spend", "contribution", "gross_profit", "net_revenue", "gross_margin", "roas")
CARDS = ("attributed_revenue", "attributed_roas", "cac", "cpc", "ctr")
# What may be called a change. CPC and CTR are what the platforms counted, moved by the mix of campaigns.
TESTED = ("attributed_revenue", "attributed_roas", "cac")
# What a value stands on; fewer than the least sample is marked.
_UNITS = {
    "attributed_revenue": ("orders", "order"),
    "attributed_roas": ("orders", "order"),
    "cac": ("new_customers", "new customer"),
    "cpc": ("clicks", "click"),
    "ctr": ("impressions", "impression"),
}
NO_SOURCES = (
    "The data name no traffic source of any visit and no ad spend, so that no revenue can be given to ads or "
    "channels."
)
# Orders of the window can still be returned, those before it mostly were: a rise of money counts as one
# only where the orders, which do not change any more, say the same.
_CONFIRMED_BY = {"attributed_revenue": ("orders", ""), "attributed_roas": ("orders", "spend")}


@dataclass(frozen=True)
class Marketing:
    """Everything that cards and findings are made of.

    `tests` is by metric against the window before, `platforms` the test of each platform's return against
    that of the others; all p-values of the page, those of `marginal` too, are after one Holm correction.
    """

    ads: Ads
    profit: Totals
    current: Sums
    tests: Mapping[str, Tested]
    platforms: Mapping[str, Tested]
    marginal: Marginal
    min_sample: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was spent and nothing earned in the window."""
        return not (self.current["spend"] or self.current["orders"] or self.current["sessions"])


@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Marketing:
    """The sums, and what differs by more than chance."""
    ads = data.read(book)
    profit = periods.totals(book, "fct_daily_pnl", "calendar_date", PROFIT)
    minimum = book.parameters.min_sample
    effect = daily_tests.repeats(book, "orders", [ads.windows.current, ads.windows.previous])
    tests = {name: _against_previous(ads, name, effect) for name in TESTED}
    tests["contribution"] = daily_tests.compare(book, profit, ["contribution"], "previous")["contribution"]
    platforms = {name: _against_others(ads, name, minimum, effect) for name in ads.platforms}
    marginal = marketing_marginal.read(book, ads)
    family = [*tests.values(), *platforms.values()]
    p_values = [test.p_value if test else None for test in family]
    adjusted = findings.adjusted([*p_values, *marginal.p_values])
    tested = [Tested(test, p) for test, p in zip(family, adjusted, strict=False)]
    return Marketing(
        ads,
        profit,
        ads.sums(ads.windows.current),
        dict(zip(tests, tested, strict=False)),
        dict(zip(platforms, tested[len(tests) :], strict=True)),
        marginal.adjusted(adjusted[len(family) :]),
        minimum,
    )


def _columns(name: str) -> tuple[str, str]:
    return data.RATIOS.get(name, ("revenue", ""))


def _against_previous(ads: Ads, name: str, effect: float) -> MeanDifference | None:
    """The window against the one before, day against day; None where one of them is not known."""
    if earlier(ads, name, "previous").value is None or ads.first_day is None:
        return None
    if ads.first_day > ads.windows.current.first:
        return None
    made = _welch(ads, _columns(name), effect)
    if made is None or name not in _CONFIRMED_BY or made.difference <= 0:
        return made
    confirmed = _welch(ads, _CONFIRMED_BY[name], effect)
    is_same = confirmed is not None and confirmed.difference > 0
    p_value = max(made.p_value, confirmed.p_value) if confirmed is not None and is_same else 1.0
    return dataclasses.replace(made, p_value=p_value)


def _welch(ads: Ads, columns: tuple[str, str], effect: float) -> MeanDifference | None:
    now, then = (
        _values(ads.daily(window), *columns) for window in (ads.windows.current, ads.windows.previous)
    )
    return None if now is None or then is None else welch(now, then, design_effect=effect)


def _against_others(ads: Ads, platform: str, minimum: int, effect: float) -> MeanDifference | None:
    """A platform's return on spend against that of all others; None on too few orders on either side."""
    window = ads.windows.current
    both = [ads.sums(window, platform, others) for others in (False, True)]
    if any((sums["orders"] or 0) < minimum or not sums["spend"] for sums in both):
        return None
    if ads.platforms.index(platform) and len(ads.platforms) == 2:
        return None  # of two platforms each is the others of the other: one test, not two
    first, second = (
        _values(ads.daily(window, platform, others), "revenue", "spend") for others in (False, True)
    )
    return None if first is None or second is None else welch(first, second, design_effect=effect)


def _values(days: list[Sums], numerator: str, denominator: str) -> list[float] | None:
    """One value a day whose mean is the sum or the ratio of sums; None where a column is not known."""
    above = [row[numerator] or 0.0 for row in days]
    if not denominator:
        return above
    if all(row[denominator] is None for row in days):
        return None
    return ratio_values(above, [row[denominator] or 0.0 for row in days])


def roas_interval(ads: Ads) -> tuple[float, float] | None:
    """The 95 % interval of the window's return on spend: how far it moves when days are drawn anew."""
    values = _values(ads.daily(ads.windows.current), "revenue", "spend")
    if values is None or len(values) < 2:
        return None
    made = welch(values, [0.0, 0.0])
    return None if made is None else (max(0.0, made.interval.low), made.interval.high)


def earlier(ads: Ads, name: str, period: str) -> Comparison:
    """A metric of an earlier window, or why there is none."""
    window = getattr(ads.windows, period)
    if ads.first_day is None:
        return Comparison(None, why_missing="no data")
    if ads.first_day > window.first:
        return Comparison(None, why_missing=f"no data before {day(ads.first_day)}")
    if name != "attributed_revenue" and ads.first_spend is not None and ads.first_spend > window.last:
        return Comparison(None, why_missing=f"no ad spend before {day(ads.first_spend)}")
    value = ads.sums(window)[column(name)]
    return Comparison(value, why_missing="not available then")


def kind(name: str) -> Kind:
    """How the metric is written."""
    return cast(Kind, metric(name).format)


def column(name: str) -> str:
    """The column of the sums that holds the metric."""
    return {"attributed_revenue": "revenue", "ad_spend": "spend"}.get(name, name)


def nothing(found: Marketing) -> str:
    """What stands where there is nothing to show."""
    if not found.ads.has_sources and not found.ads.has_spend:
        return NO_SOURCES
    return f"No ad spend, and no visits or orders from ads, on {found.ads.windows.current.text}."


def cards(found: Marketing, currency: str) -> Html:
    """The KPI cards, each against the window before and the one 52 weeks before."""
    shown = ["ad_spend", *CARDS, "contribution"]
    made = [
        _profit_card(found, currency) if n == "contribution" else _card(found, n, currency) for n in shown
    ]
    note = periods.coverage(Totals(found.ads.windows, {}, found.ads.first_day))
    model = data.MODELS[data.MODEL].lower()
    said = (
        f"Attributed by {model}, on the day of the order; recent orders can still be returned, so that a "
        f"rise counts as one only where the orders rose, too. {periods.compared_with(found.profit)}"
    )
    return join([grid(made), paragraph(note) if note else Html(""), paragraph(said, "kpi-note")])


def _card(found: Marketing, name: str, currency: str) -> Card:
    value = found.current[column(name)]
    is_clear = found.tests.get(name, Tested()).is_found
    if found.ads.first_day is None or not found.ads.has_sources:
        value = None
    before, year_before = (earlier(found.ads, name, period) for period in ("previous", "year_before"))
    note = _note(found, name, value)
    if kind(name) == "rate" and not numbers.is_reliable(found.current[_UNITS[name][0]], found.min_sample):
        value = None  # the count alone: a rate on so few is not shown
    return card(metric(name), value, currency, before, year_before, note, is_clear)


def _note(found: Marketing, name: str, value: float | None) -> str:
    if found.ads.first_day is None:
        return "no data"
    if not found.ads.has_sources and name == "attributed_revenue":
        return "no visit names a traffic source"
    if value is None and not found.ads.has_spend:
        return "no ad spend data"
    if name == "ad_spend":
        return f"on {numbers.plural(len(found.ads.platforms), 'platform')}" if value else ""
    counted, unit = _UNITS[name]
    units = found.current[counted]
    if value is None:
        return f"no {unit}s are known" if units is None else f"no {unit} in this window"
    note = f"n = {numbers.plural(units, unit)}"
    if not numbers.is_reliable(units, found.min_sample):
        is_rate = metric(name).format == "rate"
        why = numbers.too_few(found.min_sample) if is_rate else f"too few to rely on (n < {found.min_sample})"
        note += f": {why}"
    return note


def _profit_card(found: Marketing, currency: str) -> Card:
    sums = found.profit
    value = sums.value("contribution")
    before, year_before = (sums.comparison("contribution", one) for one in ("previous", "year_before"))
    note = "no ad spend data"
    if sums.value("net_revenue") is not None and sums.value("gross_profit") is None:
        note = "the shop states no costs"
    if value is not None:
        profit = amount(sums.value("gross_profit"), "money", currency)
        note = f"gross profit of the whole shop {profit}, less ad spend"
    elif sums.first_day is None:
        note = "no data"
    return card(
        metric("contribution"),
        value,
        currency,
        before,
        year_before,
        note,
        found.tests["contribution"].is_found,
    )
