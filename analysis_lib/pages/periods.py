"""Sums over the KPI window, the window before it and the one 52 weeks earlier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting.cards import Comparison
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.numbers import number_or_none, plural
from analysis_lib.reporting.windows import Window, Windows, day, windows

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# The three windows as rows; a query that starts with this joins its days to them.
WINDOWS_CTE = """
windows as (
    select 'current' as period, @current_first as first_date, @current_last as last_date
    union all
    select 'previous' as period, @previous_first as first_date, @previous_last as last_date
    union all
    select 'year_before' as period, @year_before_first as first_date, @year_before_last as last_date
)
"""
PERIODS = ("current", "previous", "year_before")
_FIRST_DAYS = {
    "fct_daily_pnl": "select min(calendar_date) as first_day from fct_daily_pnl",
    "fct_funnel_daily": "select min(session_date) as first_day from fct_funnel_daily",
}
_SUMS = """
with {windows}
select windows.period, {sums}
from windows
left join {model} on {model}.{date_column} between windows.first_date and windows.last_date
group by windows.period
"""


@dataclass(frozen=True)
class Totals:
    """Metrics of one model, summed over each window.

    `values` is period to metric name to value, for a ratio also of `<name>_numerator` and
    `<name>_denominator`; `first_day` the first day that the model knows, None when
    it has no rows.
    """

    windows: Windows
    values: Mapping[str, Mapping[str, float | None]]
    first_day: dt.date | None

    def value(self, name: str, period: str = "current") -> float | None:
        """A metric's value in a window; None where the data does not reach the whole of an earlier one."""
        if period != "current" and not self.reaches(period):
            return None
        return self.values.get(period, {}).get(name)

    def counts(self, name: str, period: str = "current") -> tuple[int, int] | None:
        """Numerator and denominator of a rate; None where the data does not reach the whole window."""
        if period != "current" and not self.reaches(period):
            return None
        values = self.values.get(period, {})
        return int(values.get(f"{name}_numerator") or 0), int(values.get(f"{name}_denominator") or 0)

    def reaches(self, period: str) -> bool:
        """Whether the data goes back to the first day of that window."""
        return self.first_day is not None and self.first_day <= self.window(period).first

    def window(self, period: str) -> Window:
        """The days of a period."""
        found: Window = getattr(self.windows, period)
        return found

    def comparison(self, name: str, period: str) -> Comparison:
        """The metric's earlier value, or why there is none; the dates are said once for all."""
        if self.first_day is None:
            why = "no data"
        elif not self.reaches(period):
            why = f"no data before {day(self.first_day)}"
        else:
            why = "not available then"
        return Comparison(self.value(name, period), why_missing=why)


def run_windows(book: Shop) -> Windows:
    """The windows of the shop's run parameters."""
    return windows(book.data_through, book.parameters.window_days)


def window_parameters(found: Windows) -> dict[str, dt.date]:
    """The query parameters of :data:`WINDOWS_CTE`."""
    return {f"{period}_{end}": day for period in PERIODS for end, day in _ends(getattr(found, period))}


def _ends(window: Window) -> list[tuple[str, dt.date]]:
    return [("first", window.first), ("last", window.last)]


def totals(book: Shop, model: str, date_column: str, metric_names: Sequence[str]) -> Totals:
    """Metrics of a daily model, added up over each window as the registry says.

    Parameters
    ----------
    book
        The shop.
    model, date_column
        A model with one row a day, and its day.
    metric_names
        Metrics of that model.
    """
    found = run_windows(book)
    parts = {name: metric(name).aggregate for name in metric_names}
    for name in metric_names:
        if metric(name).denominator:
            parts[f"{name}_numerator"] = f"sum({metric(name).numerator})"
            parts[f"{name}_denominator"] = f"sum({metric(name).denominator})"
    sums = ", ".join(f"{part} as {name}" for name, part in parts.items())
    query = _SUMS.format(windows=WINDOWS_CTE, sums=sums, model=model, date_column=date_column)
    values = {
        str(row["period"]): {name: number_or_none(row[name]) for name in parts}
        for row in records(book, query, **window_parameters(found))
    }
    return Totals(found, values, first_day(book, model))


def no_totals(book: Shop) -> Totals:
    """The sums of a model that the shop has no data for: none is known in any window."""
    return Totals(run_windows(book), {}, None)


def records(book: Shop, query: str, **parameters: object) -> list[dict[str, Any]]:
    """The few rows of a query as plain mappings; missing values are None."""
    rows = book.sql(query, **parameters)
    return [
        {str(name): None if value != value else value for name, value in row.items()}
        for row in rows.to_dict("records")
    ]


def first_day(book: Shop, model: str) -> dt.date | None:
    """The first day that a daily model knows; None when it is empty."""
    return as_date(records(book, _FIRST_DAYS[model])[0]["first_day"])


def as_date(value: Any) -> dt.date | None:
    """A day of a query as a date; None where it is missing.

    Examples
    --------
    >>> as_date(None) is None
    True
    """
    if value is None or value != value:
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    found: dt.date = value
    return found


def dates_of(values: Sequence[Any]) -> list[dt.date]:
    """A column of days as dates."""
    return [found for found in map(as_date, values) if found is not None]


def coverage(found: Totals) -> str:
    """A sentence where the data does not fill the window; else nothing."""
    current = found.windows.current
    if found.first_day is None or found.first_day <= current.first:
        return ""
    known = (current.last - found.first_day).days + 1
    return (
        f"The data begins on {day(found.first_day)}: the window has {plural(max(known, 0), 'day')} of data, "
        f"not {current.days}."
    )


def compared_with(found: Totals) -> str:
    """The dates that the cards compare with, said once, and what their colours mean."""
    windows = found.windows
    return (
        f"{windows.current.text} against {windows.previous.text}; 52 weeks before: "
        f"{windows.year_before.text}. Green "
        "or red only where a test finds that a change is more than chance (p < 0.05 after Holm)."
    )
