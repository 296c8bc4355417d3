"""What moved net revenue: more visits, more orders, larger orders; and which traffic source."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import headline as kpis
from analysis_lib.pages import periods, revenue
from analysis_lib.reporting import charts, numbers
from analysis_lib.reporting.changes import change
from analysis_lib.reporting.figure import SERIES
from analysis_lib.reporting.html import Html, empty
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

MOST_SOURCES = 8


def factors(book: Shop) -> Html:
    """The change of net revenue, split into sessions, orders per session and revenue per order."""
    found = kpis.read(book)
    parts = revenue.factors(found.profit, found.visits)
    if not parts:
        takes = "sessions, orders and net revenue" if found.has_visits else "orders and net revenue"
        return empty(
            f"The change of net revenue cannot be split: that takes {takes} above zero in both windows."
        )
    currency = book.parameters.currency
    largest = max(parts, key=lambda part: abs(part.contribution))
    total = numbers.signed_money(sum(part.contribution for part in parts), currency)
    sentence = (
        f"Net revenue changed by {total}. The largest part is {largest.label.lower()}: "
        f"{numbers.signed_money(largest.contribution, currency)}."
    )
    if not found.tests["net_revenue", "previous"].is_found:
        sentence += " It is no more than chance explains, so that little can be read into its parts."
    rows = [
        charts.Bar(
            part.label,
            part.contribution,
            f"{numbers.signed_money(part.contribution, currency)} ({_factor(part, currency)})",
            SERIES[0] if part.contribution >= 0 else SERIES[1],
        )
        for part in parts
    ]
    windows = found.profit.windows
    names = [part.label.lower() for part in parts]
    title = f"What the change of net revenue is made of, in {currency}, {windows.current.text}"
    words = charts.Words(
        title,
        f"{sentence} Net revenue = {' × '.join(names)}; compared with {windows.previous.text}.",
        f"Bar chart: {sentence}",
    )
    return charts.bars("net-revenue-drivers", rows, words).html


def _factor(part: revenue.Factor, currency: str) -> str:
    if part.label in ("Sessions", "Orders"):
        return f"{numbers.count(part.previous)} → {numbers.count(part.current)}"
    if part.label == "Revenue per order":
        return f"{numbers.money(part.previous, currency)} → {numbers.money(part.current, currency)}"
    per_hundred = [numbers.count(100 * value, 2) for value in (part.previous, part.current)]
    return f"{' → '.join(per_hundred)} in 100"


def by_source(book: Shop) -> Html:
    """Sessions, orders and net revenue by traffic source, with the change of each."""
    currency = book.parameters.currency
    windows = periods.run_windows(book)
    if not book.available("fct_sessions"):
        return empty("The shop has no visits, so that net revenue cannot be told by traffic source.")
    rows = revenue.by_source(book)
    found = periods.totals(book, "fct_daily_pnl", "calendar_date", ["net_revenue"])
    has_previous = found.reaches("previous")
    if list(rows["traffic_source"]) == [revenue.NOT_SET]:
        return empty(
            "No visit names where it came from, so that net revenue cannot be told by traffic source."
        )
    shown = _largest(rows)
    total = float(rows["net_revenue"].sum()) if len(rows) else 0.0
    columns = [
        Column("traffic_source", "Traffic source"),
        Column("sessions", "Sessions", numbers.count),
        Column("orders", "Orders", numbers.count),
        Column("net_revenue", "Net revenue", functools.partial(numbers.money, currency=currency, decimals=0)),
        Column("share", "Share of it", lambda row: _share(row.net_revenue, total), from_row=True),
        Column(
            "change",
            "Change",
            lambda row: _source_change(row, currency) if has_previous else numbers.NOT_AVAILABLE,
            from_row=True,
        ),
    ]
    return table(
        shown,
        columns,
        "net-revenue-by-source",
        "Net revenue by traffic source",
        f"{windows.current.text} against {windows.previous.text}, by the session that led to the order",
        ["The sum is the net revenue of the profit and loss: returns stand on the day of the return."],
        f"No sessions and no orders on {windows.current.text}.",
        download=rows,
    )


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    """The sources with the most sessions and revenue; the rest as one row."""
    import pandas as pd

    if len(rows) <= MOST_SOURCES:
        return rows
    rest = rows.iloc[MOST_SOURCES - 1 :]
    sums = rest.drop(columns="traffic_source").sum()
    other = pd.DataFrame([{"traffic_source": f"{len(rest)} others", **sums.to_dict()}])
    return pd.concat([rows.iloc[: MOST_SOURCES - 1], other], ignore_index=True)


def _share(part: float, total: float) -> str:
    return numbers.percent(part / total) if total > 0 and part >= 0 else numbers.NOT_AVAILABLE


def _source_change(row: Any, currency: str) -> str:
    now, before = float(row.net_revenue), float(row.previous_net_revenue)
    return (
        f"{numbers.signed_money(now - before, currency, 0)} ({change(now, before, 'money', currency).brief})"
    )
