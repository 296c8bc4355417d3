"""The RFM segments: how large, what they brought, what to do, and where their buyers came from."""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods
from analysis_lib.pages.periods import records
from analysis_lib.reporting import numbers
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.downloads import offer
from analysis_lib.reporting.heatmap import heatmap
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.paired import Pair, pairs
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

NOT_YET = "(not yet a buyer)"
AT_RISK = ("At Risk", "Cannot Lose Them")
_SUMMARY = """
select
    segment,
    segment_order,
    customers,
    customer_share,
    orders,
    net_revenue,
    revenue_share,
    average_order_value,
    median_recency_days,
    churned_customers,
    churned_share,
    action,
from fct_segment_summary
order by segment_order
"""
_MIGRATION = """
select
    previous_segment,
    segment,
    previous_segment_order,
    segment_order,
    customers,
    previous_customers,
    share_of_previous,
    net_revenue,
from fct_segment_migration
order by previous_segment_order, segment_order
"""
_RULES = """
select
    segment,
    recency_min,
    recency_max,
    frequency_min,
    frequency_max,
    monetary_min,
    monetary_max,
from rule_rfm_segments
order by rule_order
"""


@functools.lru_cache(maxsize=4)
def summary(book: Shop) -> pd.DataFrame:
    """Every segment in the order of the rules."""
    return book.sql(_SUMMARY)


@functools.lru_cache(maxsize=4)
def moves(book: Shop) -> pd.DataFrame:
    """Every pair of segments, before and now, that a buyer has."""
    return book.sql(_MIGRATION)


def rules_in_words(book: Shop, segment: str) -> str:
    """The scores that make a segment, as the rule table has them."""
    parts = []
    for rule in records(book, _RULES):
        if rule["segment"] == segment:
            scores = [
                f"{name} {_scores(rule[f'{name}_min'], rule[f'{name}_max'])}"
                for name in ("recency", "frequency", "monetary")
                if (rule[f"{name}_min"], rule[f"{name}_max"]) != (1, 5)
            ]
            parts.append(", ".join(scores))
    return " or ".join(parts)


def _scores(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}–{high}"


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """The rows with their columns as attributes."""
    return list(frame.itertuples(index=False))


def nothing(book: Shop) -> str:
    """The sentence for a shop without buyers."""
    return f"Nobody has bought up to {day(book.data_through)}."


def chart(book: Shop) -> Html:
    """The share of the customers against that of net revenue."""
    rows = summary(book)
    if not len(rows) or not rows["customers"].sum():
        return empty(nothing(book))
    made = []
    for row in rows_of(rows):
        customers, revenue = _share(row.customer_share), _share(row.revenue_share)
        text = f"{numbers.percent(row.customer_share)} · {numbers.percent(_number(row.revenue_share))}"
        made.append(Pair(row.segment, customers, revenue, text))
    sentence = _largest(max(made, key=lambda pair: pair.second))
    words = Words(
        f"Customers and net revenue by segment, {day(book.data_through)}",
        f"Largest by revenue: {sentence} Segments are made of recency, frequency and value, so that the "
        "best have brought most by definition; the chart says how much.",
        f"Dot chart of each segment's share of customers · of net revenue. Largest by revenue: {sentence} "
        + "; ".join(f"{pair.label} {pair.text}" for pair in made)
        + ".",
    )
    return pairs(
        "segments",
        made,
        ("share of customers", "share of net revenue"),
        functools.partial(numbers.percent, decimals=0),
        words,
    ).html


def _largest(pair: Pair) -> str:
    customers, revenue = numbers.percent(pair.first), numbers.percent(pair.second)
    return f"{pair.label}, {customers} of customers with {revenue} of net revenue."


def _number(value: Any) -> float | None:
    return numbers.number_or_none(value)


def _share(value: Any) -> float:
    return _number(value) or 0.0


def actions(book: Shop) -> Html:
    """Every segment with its figures and what to do for its customers."""
    rows = summary(book)
    if not len(rows) or not rows["customers"].sum():
        return empty(nothing(book))
    currency, least = book.parameters.currency, book.parameters.min_sample
    columns = [
        Column("segment", "Segment"),
        Column("customers", "Customers", _customers, True),
        Column("net_revenue", "Net revenue", lambda row: _revenue(row, currency), True),
        Column("average_order_value", "Average order", functools.partial(numbers.money, currency=currency)),
        Column("median_recency_days", "Days since last order", numbers.count),
        Column(
            "churned_share",
            "Churned",
            lambda row: _churned(row, least),
            True,
            lambda row: not numbers.is_reliable(row.customers, least),
        ),
        Column("what_to_do", "What to do"),
    ]
    churned_after = numbers.days(book.parameters.churn_after_days)
    return table(
        rows.assign(what_to_do=rows["action"].map(in_wide_lines)),
        columns,
        "segments",
        f"Segments of customers, {day(book.data_through)}",
        "all buyers by how recently, how often and for how much they bought; amounts to date",
        [
            f"Churned: no order for {churned_after}. Days since the last order: median. Italic: of "
            f"fewer than {least} customers the count, too few to show a rate.",
            "Segments and actions are those of the rule table rfm_segments, which can be edited.",
        ],
        nothing(book),
        download=rows,
    )


def in_wide_lines(text: str) -> str:
    """A text in lines of some words, so that a table on a phone does not break it after each."""
    lines = textwrap.wrap(text, 28)
    return " ".join(line.replace(" ", numbers.NO_BREAK) for line in lines)


def _customers(row: Any) -> str:
    return _with_share(numbers.count(row.customers), row.customer_share)


def _revenue(row: Any, currency: str) -> str:
    return _with_share(numbers.money(row.net_revenue, currency, 0), row.revenue_share)


def _with_share(text: str, share: Any) -> str:
    return text if _number(share) is None else f"{text}{numbers.NO_BREAK}({numbers.percent(share)})"


def _churned(row: Any, least: int) -> str:
    text = numbers.rate_or_count(row.churned_customers, row.customers, least)
    is_rate = numbers.is_reliable(row.customers, least)
    return f"{text}{numbers.NO_BREAK}({numbers.count(row.churned_customers)})" if is_rate else text


def migration(book: Shop) -> Html:
    """From which segment to which the buyers moved since the window before."""
    if not book.available("fct_segment_migration"):
        return empty("The shop has no orders of known users, so no segment to move from.")
    rows = moves(book)
    if rows.empty:
        return empty(nothing(book))
    before = day(periods.run_windows(book).previous.last)
    stayed = rows[rows["previous_segment"] == rows["segment"]]
    known = rows[rows["previous_segment"] != NOT_YET]
    if known.empty:
        return empty(f"Nobody had bought by {before}, so that nobody could move between segments.")
    matrix = _matrix(book, rows, before)
    text = _moves_in_words(known, int(stayed["customers"].sum()), before)
    made = join([matrix, Html(f'<div class="figure-text">{paragraph(text).text}</div>')])
    offered = offer(rows, "segment-migration", "Moves between segments")
    return join([Html(f'<div class="figure-row">\n{made.text}\n</div>'), offered])


def _matrix(book: Shop, rows: pd.DataFrame, before: str) -> Html:
    columns = summary(book)["segment"].tolist()
    names = [NOT_YET, *columns] if (rows["previous_segment"] == NOT_YET).any() else columns
    counts = {(row.previous_segment, row.segment): row for row in rows_of(rows)}
    cells = [[_cell(counts.get((name, now)), "customers") for now in columns] for name in names]
    shades = [[_cell(counts.get((name, now)), "share_of_previous") for now in columns] for name in names]
    largest = sorted(
        (row for row in counts.values() if row.previous_segment != row.segment),
        key=lambda row: (-row.customers, row.previous_segment_order, row.segment_order),
    )[:3]
    sentence = "; ".join(
        f"{numbers.plural(row.customers, 'buyer')} from {row.previous_segment} to {row.segment}"
        for row in largest
    )
    largest_text = f"Largest moves: {sentence}." if largest else "Nobody moved."
    now = day(book.data_through)
    words = Words(
        f"Buyers by segment on {before} (rows) and on {now} (columns)",
        f"The darker, the larger the part of the earlier segment. {largest_text}",
        f"Matrix of buyers by segment on {before} and on {now}. {largest_text}",
    )
    return heatmap(
        "segment-migration",
        names,
        columns,
        cells,
        numbers.count,
        words,
        shades=shades,
        missing_is_unknown=False,
        upright=True,
        width=5.2,
    ).without_values


def _cell(row: Any, name: str) -> float | None:
    return None if row is None else float(getattr(row, name))


def _moves_in_words(known: pd.DataFrame, stayed: int, before: str) -> str:
    total = int(known["customers"].sum())
    ups = known[known["segment_order"] < known["previous_segment_order"]]
    into = known[known["segment"].isin(AT_RISK) & ~known["previous_segment"].isin(AT_RISK)]
    share = numbers.percent(stayed / total)
    return (
        f"Of {numbers.plural(total, 'buyer')} of {before}, {numbers.count(stayed)} ({share}) are in the "
        f"same segment now. {numbers.count(int(ups['customers'].sum()))} moved to one that stands higher in "
        f"the rule table, each with a new order or because others fell back; "
        f"{numbers.count(int(into['customers'].sum()))} came into {' or '.join(AT_RISK)}."
    )
