"""Did a metric change by more than the days of a window differ among themselves?

The unit is the day, so that a day with one large order, or many sessions of one visitor, counts once. Days
are not independent either, because who comes today comes again next week: sums of visits and of orders are
tested with the variance of their days times the design effect of visitors and customers (means.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.pages.periods import Totals, as_date, records
from analysis_lib.reporting import findings
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.windows import Window
from analysis_lib.statistics.means import MeanDifference, design_effect, ratio_values, welch

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_DAYS = """
select {date_column} as day, {columns}
from {model}
where {date_column} between @first_date and @last_date
order by {date_column}
"""
# Visits by visitor, and orders by customer, within a window: their sum and that of their squares.
_REPEATS = {
    "visits": """
        with clusters as (
            select visitor_id, count(*) as units
            from fct_sessions
            where session_date between @first_date and @last_date
            group by visitor_id
        )
        select sum(units) as units, sum(units * units) as squared_units from clusters
    """,
    "orders": """
        with clusters as (
            select user_id, count(*) as units
            from int_orders
            where is_counted and user_id is not null and order_date between @first_date and @last_date
            group by user_id
        )
        select sum(units) as units, sum(units * units) as squared_units from clusters
    """,
}
# Sums of visits and of orders; ratios of two such sums do not grow with how often somebody comes.
_SUMS_OF = {
    "sessions": "visits",
    **dict.fromkeys(("orders", "net_revenue", "gross_profit", "contribution", "roas"), "orders"),
}
Days = Mapping[dt.date, Mapping[str, float | None]]


@dataclass(frozen=True)
class Tested:
    """A metric of the window against an earlier one.

    `test` is None where there is nothing to compare with, or nothing varies; `p_value` is after Holm.
    """

    test: MeanDifference | None = None
    p_value: float | None = None

    @property
    def is_found(self) -> bool:
        """Whether it may be called a change."""
        return findings.is_found(self.p_value)


def compare(book: Shop, found: Totals, names: Sequence[str], period: str) -> dict[str, MeanDifference | None]:
    """Compare metrics of one daily model in the window with an earlier one, day against day.

    Parameters
    ----------
    book
        The shop.
    found
        The sums of the same model.
    names
        Metrics of that model: sums, or ratios of two of its columns.
    period
        `previous` or `year_before`.
    """
    if not names or not found.reaches(period) or not found.reaches("current"):
        return dict.fromkeys(names)
    now, then = (_days(book, names, found.window(one)) for one in ("current", period))
    found_in = [found.window(one) for one in ("current", period)]
    effects = {
        what: repeats(book, what, found_in) for what in {_SUMS_OF[name] for name in names if name in _SUMS_OF}
    }
    return {name: _difference(name, now, then, effects.get(_SUMS_OF.get(name, ""), 1.0)) for name in names}


def repeats(book: Shop, what: str, windows: Sequence[Window]) -> float:
    """The larger design effect of `visits` (by visitor) or `orders` (by customer) in two windows.

    1.0 where the shop does not know them.
    """
    if not book.available("fct_sessions" if what == "visits" else "int_orders"):
        return 1.0
    found = []
    for window in windows:
        rows = records(book, _REPEATS[what], first_date=window.first, last_date=window.last)
        found.append(design_effect(*(float(rows[0][name] or 0) for name in ("units", "squared_units"))))
    return max(found, default=1.0)


def _days(book: Shop, names: Sequence[str], window: Window) -> Days:
    found = [metric(name) for name in names]
    model = found[0].model
    columns = sorted({column for one in found for column in _columns(one.name)})
    query = _DAYS.format(
        date_column="calendar_date" if model == "fct_daily_pnl" else "session_date",
        columns=", ".join(columns),
        model=model,
    )
    days: dict[dt.date, Mapping[str, float | None]] = {}
    for row in records(book, query, first_date=window.first, last_date=window.last):
        day = as_date(row["day"])
        assert day is not None  # the models' grain
        days[day] = {column: number_or_none(row[column]) for column in columns}
    return days


def _columns(name: str) -> tuple[str, ...]:
    found = metric(name)
    return (found.numerator, found.denominator) if found.denominator else (found.column,)


def _difference(name: str, now: Days, then: Days, effect: float) -> MeanDifference | None:
    first, second = _values(name, now), _values(name, then)
    return None if first is None or second is None else welch(first, second, design_effect=effect)


def _values(name: str, days: Days) -> list[float] | None:
    """One value a day; None where one of the columns is not available."""
    series = [[row[column] for row in days.values()] for column in _columns(name)]
    known = [[value for value in values if value is not None] for values in series]
    if any(len(some) != len(values) for some, values in zip(known, series, strict=True)):
        return None
    return known[0] if len(known) == 1 else ratio_values(known[0], known[1])
