"""What buyers are expected to bring in the next twelve months, and who brought most so far."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import customers_holdout, customers_rows
from analysis_lib.pages.customers_segments import nothing
from analysis_lib.pages.periods import as_date, records
from analysis_lib.reporting import charts, numbers
from analysis_lib.reporting.charts import Bar, Words
from analysis_lib.reporting.figure import MUTED, SERIES
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.masking import mask
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_BANDS = f"""
select
    if({customers_rows.CAME_BACK}, 1 + cast(least(4, floor(probability_alive * 5)) as int64), 0) as band,
    count(*) as buyers,
    sum(net_revenue) as net_revenue,
    sum(predicted_orders_12m) as predicted_orders_12m,
    sum(predicted_net_revenue_12m) as predicted_net_revenue_12m,
from dim_customers
where orders > 0 and probability_alive is not null
group by band
order by band
"""
_TOP = f"""
select
    customers.user_id,
    {{segment}} as segment,
    customers.orders,
    customers.net_revenue,
    customers.average_order_value,
    date(customers.last_order_at, @timezone) as last_order_date,
    if({customers_rows.CAME_BACK}, customers.probability_alive, null) as probability_alive,
    customers.predicted_orders_12m,
    customers.predicted_net_revenue_12m,
from dim_customers as customers
{{join_segments}}
where customers.orders > 0
order by customers.net_revenue desc, customers.user_id
limit @most
"""
_JOIN = "left join dim_customer_segments as segments on customers.user_id = segments.user_id"
_ONCE = 0
_LABELS = (
    "Bought on one day only",
    "Active: under 20 %",
    "Active: 20–40 %",
    "Active: 40–60 %",
    "Active: 60–80 %",
    "Active: 80 % and more",
)


def expected(book: Shop) -> Html:
    """The revenue expected by how likely buyers are still active, and the hold-out."""
    found = customers_rows.buyers(book)
    if not found.buyers:
        return empty(nothing(book))
    rows = records(book, _BANDS)
    is_fitted, notes = customers_rows.fit_notes(book)
    if not rows or not is_fitted or found.predicted_net_revenue is None:
        why = f": {'; '.join(notes)}" if notes else ""
        return empty(f"There is no prediction for this shop{why}.")
    currency = book.parameters.currency
    by_band = {int(row["band"]): row for row in rows}
    bars = []
    for band in (5, 4, 3, 2, 1, _ONCE):
        row = by_band.get(band, {})
        value = float(row.get("predicted_net_revenue_12m") or 0)
        orders = numbers.count(row.get("predicted_orders_12m") or 0)
        text = (
            f"{numbers.money(value, currency, 0)} · {numbers.plural(int(row.get('buyers', 0)), 'buyer')}, "
            f"{orders} order days"
        )
        bars.append(Bar(_LABELS[band], value, text, MUTED if band == _ONCE else SERIES[0]))
    total = (
        f"{numbers.money(found.predicted_net_revenue, currency)} from "
        f"{numbers.count(found.predicted_orders)} order days of {numbers.plural(found.buyers, 'buyer')}"
    )
    known = f" {' '.join(_as_sentence(note) for note in notes)}" if notes else ""
    words = Words(
        f"Net revenue expected in the 365 days after {day(book.data_through)}, in {currency}",
        f"In all {total}, by the probability that a buyer is still active. Of who bought on one day only the "
        f"model cannot tell. {customers_holdout.sentence(book)}{known}".strip(),
        f"Bar chart of expected net revenue by probability of being active. In all {total}. "
        + "; ".join(f"{bar.label} {bar.text}" for bar in bars)
        + ".",
    )
    return join([charts.bars("expected-revenue", bars, words).html, customers_holdout.quality(book)])


def _as_sentence(note: str) -> str:
    text = note.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def top(book: Shop, most: int = 15) -> Html:
    """The buyers who brought most net revenue to date; their keys are shortened, in the download as well."""
    has_segments = book.available("dim_customer_segments")
    query = _TOP.format(
        segment="segments.segment" if has_segments else "cast(null as string)",
        join_segments=_JOIN if has_segments else "",
    )
    rows = book.sql(query, most=most)
    found = customers_rows.buyers(book)
    rows["customer"] = [mask(str(value)) for value in rows["user_id"]]
    rows = rows.drop(columns="user_id")
    rows.insert(0, "place", range(1, len(rows) + 1))
    money = functools.partial(numbers.money, currency=book.parameters.currency)
    share = ""
    if found.net_revenue:
        part = sum(float(value) for value in rows["net_revenue"])
        share = f", together {numbers.percent(part / found.net_revenue)} of net revenue"
    columns = [
        Column("place", "Place", numbers.count),
        Column("customer", "Customer"),
        Column("segment", "Segment"),
        Column("orders", "Orders", numbers.count),
        Column("net_revenue", "Net revenue", money),
        Column("average_order_value", "Average order", money),
        Column("last_order_date", "Last order", _date),
        Column("probability_alive", "Still active", numbers.percent),
        Column("predicted_net_revenue_12m", "Expected, 12 months", money),
    ]
    return table(
        rows,
        columns,
        "top-customers",
        f"Customers with most net revenue, {day(book.data_through)}",
        f"{numbers.count(len(rows))} of {numbers.plural(found.buyers, 'buyer')}{share}; keys are shortened",
        ["Still active: probability by BG/NBD; – for who bought on one day only, of whom it cannot tell."],
        nothing(book),
    )


def _date(value: Any) -> str:
    found = as_date(value)
    return numbers.NOT_AVAILABLE if found is None else day(found).replace(" ", numbers.NO_BREAK)
