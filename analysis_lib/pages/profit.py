"""The profit and loss of the window: from gross sales to contribution."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from analysis_lib.pages import headline as kpis
from analysis_lib.pages.periods import Totals
from analysis_lib.reporting import charts, numbers
from analysis_lib.reporting.changes import change
from analysis_lib.reporting.html import Html, empty
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# Whether the shop's data say of any order what became of it.
_OUTCOMES = "select count(*) as orders, countif(status != 'processing') as with_outcome from int_orders"
# Label, metric, what it counts in the waterfall, and whether it is a total.
_LINES = (
    ("Gross sales", "gross_sales", 1, True),
    ("Discounts", "discounts", -1, False),
    ("Cancellations", "cancellations", -1, False),
    ("Returns", "returns", -1, False),
    ("Net revenue", "net_revenue", 1, True),
    ("Cost of goods", "cost_of_goods", -1, False),
    ("Gross profit", "gross_profit", 1, True),
    ("Ad spend", "ad_spend", -1, False),
    ("Contribution", "contribution", 1, True),
)


def waterfall(book: Shop) -> Html:
    """From gross sales down to contribution."""
    found = kpis.read(book)
    if not found.profit.value("gross_sales"):
        return empty(f"No sales on {found.profit.windows.current.text}.")
    currency = book.parameters.currency
    gross = found.profit.value("gross_sales") or 0.0
    rows = []
    for label, name, sign, is_total in _LINES:
        value = found.profit.value(name)
        if value is None:
            continue
        share = numbers.percent(value / gross)
        rows.append((label, sign * value, is_total, f"{numbers.money(sign * value, currency, 0)} ({share})"))
    last = rows[-1]
    window = found.profit.windows.current.text
    sentence = f"{numbers.money(gross, currency, 0)} of gross sales leave {last[3]} as {last[0].lower()}."
    words = charts.Words(
        f"From gross sales to {last[0].lower()} in {currency}, {window}",
        f"{sentence} In brackets: part of gross sales.",
        f"Waterfall chart, {window}. " + "; ".join(f"{label} {text}" for label, _, _, text in rows) + ".",
    )
    return charts.waterfall("profit-waterfall", rows, words).html


def statement(book: Shop) -> Html:
    """The profit and loss of the window against the window before."""
    import pandas as pd

    found = kpis.read(book).profit
    currency = book.parameters.currency
    rows = pd.DataFrame([_line(found, *line, currency) for line in _LINES])
    bold = [place for place, line in enumerate(_LINES) if line[3]]
    if found.value("gross_sales") is None:
        rows = rows.iloc[:0]
    money = functools.partial(numbers.money, currency=currency, decimals=0)
    columns = [
        Column("line", "Line"),
        Column("current", "Window", money),
        Column("share_of_gross_sales", "Part of gross sales", numbers.percent),
        Column("previous", "Window before", money),
        Column("change", "Change", str),
    ]
    window, before = found.windows.current.text, found.windows.previous.text
    why = found.comparison("net_revenue", "previous").why_missing
    missing = "" if found.reaches("previous") else f" ({why})"
    return table(
        rows,
        columns,
        "profit-and-loss",
        f"Profit and loss, {window}",
        f"in {currency}; window before: {before}{missing}",
        _notes(book, found),
        when_empty=f"No orders, returns or ad spend up to {day(found.windows.current.last)}.",
        download=rows.drop(columns="change"),
        bold_rows=bold,
    )


def _notes(book: Shop, found: Totals) -> list[str]:
    """What the lines do not say, where the shop's data do not have it."""
    notes = []
    outcomes = book.sql(_OUTCOMES).iloc[0]
    if outcomes["orders"] and not outcomes["with_outcome"]:
        notes.append(
            "The data do not say what became of an order: cancellations and returns stand as 0, and net "
            "revenue is what was ordered."
        )
    if found.value("net_revenue") is not None and found.value("gross_profit") is None:
        notes.append("The shop states no costs, so that gross profit and contribution are not known.")
    return notes


def _line(
    found: Totals, label: str, name: str, sign: int, is_total: bool, currency: str
) -> dict[str, object]:
    value, before, gross = found.value(name), found.value(name, "previous"), found.value("gross_sales")
    return {
        "line": label if is_total else f"{'−' if sign < 0 else '+'} {label.lower()}",
        "current": value,
        "share_of_gross_sales": value / gross if value is not None and gross else None,
        "previous": before,
        "change": change(value, before, "money", currency, metric(name).good).text,
    }
