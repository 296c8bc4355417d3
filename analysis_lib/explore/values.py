"""A metric's value in the window, against the windows before, where it is one number for the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from analysis_lib.pages import periods
from analysis_lib.reporting.cards import Card, Comparison, card
from analysis_lib.reporting.changes import Kind, amount
from analysis_lib.reporting.metrics import Metric
from analysis_lib.reporting.numbers import NOT_AVAILABLE

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# Models of one row a day, and the column with the day: a window is their sum.
_DAILY = {"fct_daily_pnl": "calendar_date", "fct_funnel_daily": "session_date"}
# Models that hold the window and the one before as rows of their own.
_BY_PERIOD = ("fct_funnel_segments",)
# Models whose rows are things (products, visitors, …) and add up to the shop as it stands at as_of.
_STANDING = {
    "fct_inventory_forecast": "at the end of the last day",
    "fct_product_performance": "over all time up to the last day",
    "fct_first_purchase_journeys": "over all time up to the last day",
    "fct_cross_sell_candidates": "at the end of the last day",
    "dq_model_quality": "on the hold-out",
}


def value_sql(book: Shop, found: Metric, period: str = "window") -> str:
    """The query that gives the value, to be copied into :meth:`Shop.sql`; empty where there is no single one.

    `period` (`window`, `previous_window`) matters for models that hold each as a row.
    """
    if not book.available(found.model):
        return ""
    if found.model in _STANDING:
        return f"select {found.aggregate} as value from {found.model}"
    if found.model in _DAILY:
        return (
            f"select {found.aggregate} as value from {found.model} where {_DAILY[found.model]} between "
            "date_sub(@as_of, interval @window_days - 1 day) and @as_of"
        )
    if found.model in _BY_PERIOD and found.column:
        return (
            f"select {found.column} as value from {found.model} "
            f"where period = '{period}' and dimension = 'all'"
        )
    return ""


def value_text(book: Shop, found: Metric) -> str:
    """The metric's value with its dates and comparisons as a sentence, or why there is no single one."""
    if not book.available(found.model):
        return f"{NOT_AVAILABLE} (the shop has no {', '.join(book.lacks(found.model))})"
    if found.model in _STANDING:
        shown = amount(_asked(book, found), cast(Kind, found.format), book.parameters.currency)
        return f"{shown} {_STANDING[found.model]}"
    made = _windowed(book, found)
    if made is None:
        grain = book.project.get(found.model).contract.grain_description
        return f"no single number for the shop: {found.model} has {grain}"
    compared = ", ".join(text for text in (made.change.text, *made.notes[:1]) if text)
    value = f"{made.value} on {periods.run_windows(book).current.text}"
    return "; ".join(text for text in (value, compared, *made.notes[1:]) if text)


def _asked(book: Shop, found: Metric, period: str = "window") -> float | None:
    rows = periods.records(book, value_sql(book, found, period))
    return rows[0]["value"] if rows else None


def _windowed(book: Shop, found: Metric) -> Card | None:
    """The card that a page would show, without the colour that needs a test; None without a window."""
    currency = book.parameters.currency
    if found.model in _DAILY:
        totals = periods.totals(book, found.model, _DAILY[found.model], [found.name])
        previous, year_before = (
            _dated(totals.comparison(found.name, p), totals.window(p).text) for p in periods.PERIODS[1:]
        )
        return card(found, totals.value(found.name), currency, previous, year_before)
    if found.model in _BY_PERIOD:
        dates = periods.run_windows(book).previous.text
        then = Comparison(_asked(book, found, "previous_window"), dates, "no sessions then")
        return card(found, _asked(book, found), currency, then)
    return None


def _dated(then: Comparison, dates: str) -> Comparison:
    return Comparison(then.value, dates, then.why_missing, then.text)
