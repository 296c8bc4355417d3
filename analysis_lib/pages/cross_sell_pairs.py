"""What goes together: pairs of products and of categories, and which of them chance does not explain.

A pair is tested against what its two items and the size of the baskets let expect: where some orders hold
very
many items, every pair is in more orders than independence would have it. Corrected for every pair that could
have been found (Bonferroni), because those in few orders were never looked at.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.periods import records
from analysis_lib.pages.products import short
from analysis_lib.pages.products_data import rows_of
from analysis_lib.reporting import downloads, findings, numbers, rate_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.rate_charts import Estimate
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

HALF = 2  # of the page's error rate: one half for the pairs, one for the figures of the hold-out
_SHOWN = {"product": 15, "category": 12}
# Of the two directions of a pair the one that ranks first.
_PAIRS = """
select
    level,
    item_id,
    other_item_id,
    coalesce(item_name, concat('Product ', item_id)) as item,
    coalesce(other_item_name, concat('Product ', other_item_id)) as other_item,
    orders_with_item,
    orders_with_other,
    orders_with_both,
    orders,
    confidence,
    confidence_lower,
    confidence_upper,
    lift,
    lift_lower,
    safe_divide(lift_lower, confidence_lower) * confidence_upper as lift_upper,
    is_reliable,
from fct_basket_affinity
qualify row_number() over (
    partition by level, least(item_id, other_item_id), greatest(item_id, other_item_id) order by affinity_rank
) = 1 and row_number() over (partition by level order by affinity_rank) <= 2000
order by level, affinity_rank
"""
# Pairs in the orders, and as many as there would be if the items were spread over the orders by chance.
_BASKETS = """
with items as (
    select distinct
        'product' as level,
        order_id,
        product_id as item_id,
    from int_order_lines
    where not is_cancelled and product_id is not null
    union all
    select distinct
        'category' as level,
        int_order_lines.order_id,
        fct_product_performance.category as item_id,
    from int_order_lines
    inner join fct_product_performance
        on int_order_lines.product_id = fct_product_performance.product_id
    where not int_order_lines.is_cancelled and fct_product_performance.category is not null
),

by_order as (
    select level, order_id, count(*) as items
    from items
    group by level, order_id
),

by_item as (
    select level, item_id, cast(count(*) as float64) as orders
    from items
    group by level, item_id
),

pairs as (
    select level, sum(items * (items - 1)) as pairs
    from by_order
    group by level
),

expected as (
    select
        level,
        count(*) as items,
        sum(orders) * sum(orders) - sum(orders * orders) as products_of_orders,
    from by_item
    group by level
)

select
    expected.level,
    expected.items,
    safe_divide(cast(pairs.pairs as float64), expected.products_of_orders) as pairs_per_product,
from expected
inner join pairs on expected.level = pairs.level
order by expected.level
"""


@dataclass(frozen=True)
class Pairs:
    """The pairs of one level, the strongest first, and how they were tested.

    `rows` has `p_value` (after the correction) and `is_clear`; `items` is the number of items with an order
    and
    `typical_lift` that of all their pairs together, at least 1.
    """

    rows: pd.DataFrame
    items: int
    typical_lift: float

    @property
    def clear(self) -> pd.DataFrame:
        """The pairs that chance does not explain."""
        return self.rows[self.rows["is_clear"]]


@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Mapping[str, Pairs]:
    """The pairs by level; none where the mart is not available."""
    if not book.available("fct_basket_affinity"):
        return {}
    rows = book.sql(_PAIRS)
    baskets = {row["level"]: row for row in records(book, _BASKETS)}
    return {level: _tested(rows[rows["level"] == level], baskets.get(level)) for level in _SHOWN}


def _tested(rows: pd.DataFrame, basket: Mapping[str, Any] | None) -> Pairs:
    rows = rows.copy()
    items = int(basket["items"]) if basket else 0
    possible = items * (items - 1) // 2
    orders = float(rows["orders"].iloc[0]) if len(rows) else 0.0
    typical = max(1.0, float(basket["pairs_per_product"] or 0) * orders) if basket else 1.0
    rows["p_value"] = [min(1.0, HALF * possible * _tail(row, typical)) for row in rows_of(rows)]
    rows["is_clear"] = [findings.is_found(p) for p in rows["p_value"]]
    return Pairs(rows, items, typical)


def _tail(row: Mapping[str, Any], typical: float) -> float:
    """How likely so many orders with both, or more, are by chance (binomial)."""
    from scipy.special import bdtrc  # not scipy.stats, which takes a second to import

    share = min(1.0, typical * row["orders_with_other"] / row["orders"])
    return float(bdtrc(row["orders_with_both"] - 1, row["orders_with_item"], share))


def nothing(book: Shop, level: str) -> str:
    """Said where no pair is in enough orders."""
    what = "products" if level == "product" else "categories"
    return (
        f"No two {what} are together in {numbers.plural(book.parameters.min_pair_orders, 'order')} or more "
        "up to "
        f"{day(book.data_through)}."
    )


def products(book: Shop) -> Html:
    """The pairs of products, the surest on top."""
    found = read(book).get("product")
    if found is None or found.rows.empty:
        return empty(nothing(book, "product"))
    rows = found.rows
    # In one column: paper has no room for two names of products side by side.
    shown = rows.head(_SHOWN["product"]).assign(pair=lambda some: some["item"] + " + " + some["other_item"])
    least = book.parameters.min_sample
    return table(
        shown,
        [
            Column("pair", "Pair"),
            Column(
                "confidence",
                "Second with the first (95 %)",
                lambda row: _share(row, least),
                True,
                lambda row: not row.is_reliable,
            ),
            Column("orders_with_both", "Orders with both", numbers.count),
            Column("lift", "Lift", lambda value: numbers.count(value, 1)),
            Column("lift_lower", "at least", lambda value: numbers.count(value, 1)),
            Column("is_clear", "More than chance", lambda value: "yes" if value else numbers.NOT_AVAILABLE),
        ],
        "product-pairs",
        f"Products bought together, up to {day(book.data_through)}",
        f"{numbers.count(len(shown))} of {numbers.plural(len(rows), 'pair')} in at least "
        f"{numbers.plural(book.parameters.min_pair_orders, 'order')}",
        [
            "Second with the first: of the orders with the first, those with the second. "
            "Lift: how many times more often than if the two were bought independently; at least: its lower "
            "95 % bound.",
            f"{_how_tested(found)} Italic: on fewer than {least} orders.",
        ],
        download=_offered(rows),
        download_label="Pairs of products",
    )


def categories(book: Shop) -> Html:
    """The pairs of categories with the lift and its interval."""
    found = read(book).get("category")
    if found is None or found.rows.empty:
        return empty(nothing(book, "category"))
    chosen = rows_of(found.rows.head(_SHOWN["category"]))
    rows = [
        Estimate(
            "Bought together",
            f"{short(row['item'], 22)} + {short(row['other_item'], 22)}",
            row["lift"],
            row["lift_lower"],
            row["lift_upper"],
            f"{numbers.count(row['lift'], 1)} ({numbers.plural(row['orders_with_both'], 'order')})",
            row["is_clear"],
            not row["is_reliable"],
        )
        for row in chosen
    ]
    clear = [row.label for row in rows if row.stands_out]
    outcome = f"More than chance: {', '.join(clear)}." if clear else "No pair is clearly more than chance."
    words = Words(
        f"Lift of pairs of categories with 95 % intervals, up to {day(book.data_through)}",
        f"{outcome} A lift of 1 is chance. Orange diamonds: {_how_tested(found, False)}",
        f"Dot chart of the lift of pairs of categories. {outcome} "
        + "; ".join(f"{row.label} {row.text}" for row in rows)
        + ".",
    )
    chart = rate_charts.estimates(
        "category-pairs", rows, 1.0, "1 = independent", lambda value: numbers.count(value, 1), words
    )
    return join(
        [chart.without_values, downloads.offer(_offered(found.rows), "category-pairs", "Pairs of categories")]
    )


def _how_tested(found: Pairs, is_sentence: bool = True) -> str:
    pairs = numbers.count(found.items * (found.items - 1) // 2)
    text = f"p < 0.05, corrected for the {pairs} possible pairs"
    if found.typical_lift > 1.005:
        text += f" and for large baskets (a lift of {numbers.count(found.typical_lift, 2)} is typical)"
    return f"More than chance: {text}." if is_sentence else f"{text}."


def _share(row: Any, least: int) -> str:
    limits = (row.confidence_lower, row.confidence_upper)
    return numbers.rate_or_count(row.orders_with_both, row.orders_with_item, least, limits)


def _offered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=["level", "is_reliable"]).rename(columns={"p_value": "p_value_corrected"})
