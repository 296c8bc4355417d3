"""The overview: how did the shop do in the last window, and what moved it?

Each function is one section of `notebooks/overview.ipynb`.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

from analysis_lib.pages import headline as kpis
from analysis_lib.pages import overview_findings, overview_months, periods
from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting import charts, findings, numbers
from analysis_lib.reporting.changes import change
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.method import method
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

_NEWEST_SESSION = """
select 'session' as what, max(session_date) as last_day from fct_funnel_daily where sessions > 0
union all
"""
_NEWEST = """
select 'order' as what, max(calendar_date) as last_day from fct_daily_pnl where orders > 0
union all
select 'ad spend' as what, max(calendar_date) as last_day from fct_daily_pnl where ad_spend > 0
"""
_TREND = """
select calendar_date, cast(net_revenue as float64) as net_revenue, net_revenue_7d_mean
from fct_daily_pnl
where calendar_date between @first_date and @last_date
order by calendar_date
"""


def status(book: Shop) -> Html:
    """The stamp, with a banner for sessions, orders or ad spend that end before the window does."""
    rows = book.sql((_NEWEST_SESSION if book.available("fct_funnel_daily") else "") + _NEWEST)
    newest = dict(zip(rows["what"].tolist(), map(periods.as_date, rows["last_day"].tolist()), strict=True))
    return stamp(book, {what: newest[what] for what in sorted(newest)})


def headline(book: Shop) -> Html:
    """The KPI cards."""
    return kpis.cards(kpis.read(book), book.parameters.currency)


def key_findings(book: Shop) -> Html:
    """Three to five sentences, or that there is nothing to report."""
    found = kpis.read(book)
    if found.is_empty:
        nothing = "No sessions and no orders" if found.has_visits else "No orders"
        return findings.show([], f"{nothing} on {found.profit.windows.current.text}.")
    return findings.show(overview_findings.write(book, found), "Nothing to report.")


def revenue_trend(book: Shop) -> Html:
    """Net revenue day by day, its mean of seven days, and that of the window before."""
    found = kpis.read(book)
    current, previous = found.profit.windows.current, found.profit.windows.previous
    if not found.profit.value("orders") and not found.profit.value("net_revenue"):
        return empty(f"No orders and no returns on {current.text}.")
    rows = _by_day(book.sql(_TREND, first_date=previous.first, last_date=current.last))
    dates = [current.first + dt.timedelta(days=offset) for offset in range(current.days)]
    then = [date - dt.timedelta(days=current.days) for date in dates]
    lines = [
        charts.Line("each day", [rows.get(date, (None, None))[0] for date in dates], "days"),
        charts.Line("mean of 7 days", [rows.get(date, (None, None))[1] for date in dates], "main"),
    ]
    if found.profit.reaches("previous"):
        earlier = [rows.get(date, (None, None))[1] for date in then]
        lines.append(charts.Line("window before", earlier, "previous"))
    currency = book.parameters.currency
    total = numbers.money(found.profit.value("net_revenue"), currency)
    before = found.profit.value("net_revenue", "previous")
    compared = change(found.profit.value("net_revenue"), before, "money", currency)
    against = f", {compared.text} against {previous.text}" if compared.is_known else ""
    marked = calendar_events.on_days(book, dates)
    words = charts.Words(
        f"Net revenue a day in {currency}, {current.text}",
        f"Together {total}{against}. Thin: each day; thick: the mean of the seven days up to it"
        + (f"; dashed: the same mean in the window before, {previous.text}." if len(lines) > 2 else "."),
        f"Line chart of daily net revenue, {current.text}: together {total}{against}. "
        f"{_extremes(rows, dates, currency)} {marked.text}".strip(),
    )
    formatter = functools.partial(numbers.compact_money, currency=currency)
    chart = charts.trend("net-revenue-trend", dates, lines, formatter, words, marked)
    return join([chart.html, marked.note])


def _by_day(rows: pd.DataFrame) -> dict[dt.date, tuple[float | None, float | None]]:
    values = zip(charts.known(rows["net_revenue"]), charts.known(rows["net_revenue_7d_mean"]), strict=True)
    return dict(zip(periods.dates_of(rows["calendar_date"].tolist()), values, strict=True))


def _extremes(
    rows: dict[dt.date, tuple[float | None, float | None]], dates: list[dt.date], currency: str
) -> str:
    known = [(rows[date][0] or 0.0, date) for date in dates if date in rows]
    (lowest, low_day), (highest, high_day) = min(known), max(known)
    return (
        f"The highest day was {day(high_day)} with {numbers.money(highest, currency)}, "
        f"the lowest {day(low_day)} with {numbers.money(lowest, currency)}."
    )


def revenue_by_month(book: Shop) -> Html:
    """Net revenue by calendar month; a month that the data does not fill is hatched."""
    return overview_months.revenue_by_month(book)


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    has_visits = book.available("fct_sessions")
    names = [*kpis.SUMS, *(["sessions", "conversion_rate"] if has_visits else []), *kpis.LINES]
    return method(book, names, [*(["fct_sessions"] if has_visits else []), "int_order_lines", "int_orders"])
