"""Net revenue by calendar month; one that is not over is compared with the same days of the one before."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from typing import TYPE_CHECKING

from analysis_lib.pages import periods
from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting import charts, numbers
from analysis_lib.reporting.changes import change
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.windows import day_range, month

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

MONTHS_SHOWN = 13
_MONTHS = """
select
    date_trunc(calendar_date, month) as month_start,
    sum(net_revenue) as net_revenue,
    sum(orders) as orders,
    min(calendar_date) as first_day,
    max(calendar_date) as last_day,
from fct_daily_pnl
group by month_start
order by month_start
"""
_DAYS = """
select
    sum(if(calendar_date >= @now_first, net_revenue, cast(0 as numeric))) as now,
    sum(if(calendar_date <= @then_last, net_revenue, cast(0 as numeric))) as before,
    min(calendar_date) as first_day,
from fct_daily_pnl
where
    calendar_date between @now_first and @now_last
    or calendar_date between @then_first and @then_last
"""


def revenue_by_month(book: Shop) -> Html:
    """Net revenue by calendar month; a month that the data does not fill is hatched."""
    rows = book.sql(_MONTHS).tail(MONTHS_SHOWN)
    if rows.empty or not rows["orders"].sum():
        return empty("No orders in the data.")
    currency = book.parameters.currency
    starts, firsts, lasts = (
        periods.dates_of(rows[column].tolist()) for column in ("month_start", "first_day", "last_day")
    )
    partial = [
        first > start or last < _month_end(start)
        for first, last, start in zip(firsts, lasts, starts, strict=True)
    ]
    values = [value or 0.0 for value in charts.known(rows["net_revenue"])]
    best = max(range(len(values)), key=lambda place: values[place])
    highest = f"The highest month was {month(starts[best])} with {numbers.money(values[best], currency)}."
    hatched = [month(start) for start, is_partial in zip(starts, partial, strict=True) if is_partial]
    note = f" Hatched: not a whole month of data ({', '.join(hatched)})." if hatched else ""
    note += _same_days(book, lasts[-1]) if lasts[-1] < _month_end(starts[-1]) else ""
    marked = calendar_events.on_months(book, starts, lasts[-1])
    months = month(starts[0]) + (f" to {month(starts[-1])}" if len(starts) > 1 else "")
    words = charts.Words(
        f"Net revenue by month in {currency}, {months}",
        f"{highest}{note}",
        f"Column chart of net revenue by month, {months}. {highest}{note} {marked.text}".strip(),
    )
    formatter = functools.partial(numbers.compact_money, currency=currency, is_round=False)
    chart = charts.months("net-revenue-months", starts, values, partial, formatter, words, marked)
    return join([chart.html, marked.note])


def _same_days(book: Shop, last: dt.date) -> str:
    """The days of a month that is not over against as many from the first of the month before."""
    first = last.replace(day=1)
    then_first = (first - dt.timedelta(days=1)).replace(day=1)
    length = min(last.day, _month_end(then_first).day)
    now_last = first.replace(day=length)
    then_last = then_first.replace(day=length)
    [row] = periods.records(
        book, _DAYS, now_first=first, now_last=now_last, then_first=then_first, then_last=then_last
    )
    start = periods.as_date(row["first_day"])
    if start is None or start > then_first:
        return ""
    currency = book.parameters.currency
    compared = change(row["now"], row["before"], "money", currency).brief
    return (
        f" {day_range(first, now_last)}: {numbers.money(row['now'], currency)}, against "
        f"{numbers.money(row['before'], currency)} on the same days of the month before, "
        f"{day_range(then_first, then_last)} ({compared})."
    )


def _month_end(start: dt.date) -> dt.date:
    return start.replace(day=calendar.monthrange(start.year, start.month)[1])
