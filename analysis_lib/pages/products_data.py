"""What the products page reads: sums of the shop, its leading products, categories and movers.

Everything is added up in SQL; no more than a few thousand products leave the warehouse, however large the
catalogue.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods
from analysis_lib.pages.periods import records
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.numbers import number_or_none

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

METRICS = (
    "product_net_revenue",
    "product_gross_margin",
    "products_sold",
    "product_view_to_cart_rate",
    "product_view_to_purchase_rate",
    "product_return_rate",
)
LISTED = 5000  # products of the download, by net revenue
NOT_SET = "(not set)"
_TOTALS = """
select
    count(*) as products,
    {metrics},
    sum(viewing_sessions) as viewing_sessions,
    sum(viewers) as viewers,
    sum(purchasing_viewing_sessions) as purchasing_viewing_sessions,
    sum(delivered_units) as delivered_units,
    sum(returned_units) as returned_units,
    sum(returns) as returns,
    sum(orders) as orders,
    sum(units) as units,
from fct_product_performance
"""
_FIRST_DAY = "select min(order_date) as first_day from int_order_lines"
# Ranks by revenue, by views and by what was delivered: each section shows the first of one of them.
_PRODUCTS = """
with totals as (
    select
        sum(net_revenue) as all_net_revenue,
        safe_divide(sum(purchasing_viewing_sessions), sum(viewing_sessions)) as all_view_to_purchase_rate,
    from fct_product_performance
),

ranked as (
    select
        fct_product_performance.*,
        sum(net_revenue) over (
            order by net_revenue desc, product_id rows between unbounded preceding and current row
        ) - net_revenue as net_revenue_before,
        row_number() over (order by net_revenue desc, product_id) as revenue_rank,
        row_number() over (order by viewing_sessions desc, product_id) as views_rank,
        row_number() over (order by delivered_units desc, product_id) as delivered_rank,
    from fct_product_performance
)

select
    ranked.product_id,
    coalesce(ranked.name, concat('Product ', ranked.product_id)) as product,
    coalesce(ranked.category, '(not set)') as category,
    ranked.department,
    ranked.viewers,
    ranked.viewing_sessions,
    ranked.carting_viewing_sessions,
    ranked.view_to_cart_rate,
    ranked.purchasing_viewing_sessions,
    ranked.view_to_purchase_rate,
    ranked.viewing_sessions * totals.all_view_to_purchase_rate - ranked.purchasing_viewing_sessions
        as missing_purchases,
    ranked.orders,
    ranked.units,
    ranked.net_revenue,
    safe_divide(cast(ranked.net_revenue as float64), totals.all_net_revenue) as revenue_share,
    ranked.gross_profit,
    ranked.margin_rate,
    ranked.average_sale_price,
    ranked.delivered_units,
    ranked.returned_units,
    ranked.return_rate,
    ranked.returns,
    cast(ranked.net_revenue_before as float64) < 0.8 * totals.all_net_revenue and ranked.net_revenue > 0
        as is_in_first_80_percent,
    ranked.revenue_rank,
    ranked.views_rank,
    ranked.delivered_rank,
from ranked
cross join totals
where ranked.revenue_rank <= @listed or ranked.views_rank <= 500 or ranked.delivered_rank <= 500
order by ranked.revenue_rank
"""
_CATEGORIES = """
select
    category_level,
    category_path,
    products,
    products_sold,
    viewing_sessions,
    viewers,
    purchasing_viewing_sessions,
    view_to_purchase_rate,
    orders,
    units,
    net_revenue,
    revenue_share,
    gross_profit,
    margin_rate,
    delivered_units,
    returned_units,
    return_rate,
    returns,
from fct_category_performance
order by category_level, net_revenue desc, category_path
"""
# A category's rates as sums over its products: a session that views three of them counts three times, so
# that a category
# with many products does not look better for that alone. Viewers and orders stand once for a category where
# it is one.
_GROUPS = """
with by_category as (
    select
        category,
        sum(viewing_sessions) as viewing_sessions,
        sum(viewers) as viewers,
        sum(purchasing_viewing_sessions) as purchasing_viewing_sessions,
        sum(delivered_units) as delivered_units,
        sum(returned_units) as returned_units,
        sum(orders) as orders,
        sum(units) as units,
    from fct_product_performance
    where category is not null
    group by category
),

distinct_counts as (
    select
        category_path,
        max(viewers) as viewers,
        max(orders) as orders,
    from fct_category_performance
    where category_level > 0
    group by category_path
)

select
    by_category.category,
    by_category.viewing_sessions,
    coalesce(distinct_counts.viewers, by_category.viewers) as viewers,
    by_category.purchasing_viewing_sessions,
    by_category.delivered_units,
    by_category.returned_units,
    coalesce(distinct_counts.orders, by_category.orders) as orders,
    by_category.units,
from by_category
left join distinct_counts on by_category.category = distinct_counts.category_path
order by by_category.category
"""
# Sales are counted before returns: those of the newer window are not all back yet.
_MOVERS = """
with lines as (
    select
        product_id,
        order_id,
        if(order_date >= @current_first, 'current', 'previous') as period,
        gross_sales - discounts - cancellations as sales,
    from int_order_lines
    where order_date between @previous_first and @current_last and not is_cancelled and product_id is not null
),

by_product as (
    select
        product_id,
        count(distinct if(period = 'current', order_id, null)) as orders,
        count(distinct if(period = 'previous', order_id, null)) as orders_before,
        sum(if(period = 'current', sales, cast(0 as numeric))) as sales,
        sum(if(period = 'previous', sales, cast(0 as numeric))) as sales_before,
    from lines
    group by product_id
),

ranked as (
    select
        by_product.*,
        sales - sales_before as sales_change,
        row_number() over (order by orders + orders_before desc, product_id) as orders_rank,
        row_number() over (order by abs(sales - sales_before) desc, product_id) as change_rank,
    from by_product
)

select
    ranked.product_id,
    coalesce(fct_product_performance.name, concat('Product ', ranked.product_id)) as product,
    coalesce(fct_product_performance.category, '(not set)') as category,
    ranked.orders,
    ranked.orders_before,
    ranked.sales,
    ranked.sales_before,
    ranked.sales_change,
    ranked.orders_rank,
from ranked
left join fct_product_performance on ranked.product_id = fct_product_performance.product_id
where ranked.change_rank <= 1000 or ranked.orders_rank <= 100
order by ranked.sales_change desc, ranked.product_id
"""
_WINDOW_ORDERS = """
select
    count(distinct if(order_date >= @current_first, order_id, null)) as orders,
    count(distinct if(order_date < @current_first, order_id, null)) as orders_before,
from int_order_lines
where order_date between @previous_first and @current_last and not is_cancelled
"""


@dataclass(frozen=True)
class Products:
    """The page's rows.

    `totals` are sums over all products, with the metrics of the page; `products`, `categories` (level by
    level) and
    `movers` are ordered as the sections show them; `groups` are the categories that are compared;
    `window_orders` are
    all orders of the two windows; `first_day` is that of the first order, None without one.
    """

    totals: Mapping[str, float | None]
    products: pd.DataFrame
    categories: pd.DataFrame
    groups: pd.DataFrame
    movers: pd.DataFrame
    window_orders: tuple[int, int]
    first_day: dt.date | None

    @property
    def has_sales(self) -> bool:
        """Whether any product was ever ordered and kept, or returned."""
        return bool(self.totals["units"])

    @property
    def has_costs(self) -> bool:
        """Whether the shop states what its goods cost; without, no product has a gross profit."""
        return self.products.empty or bool(self.products["gross_profit"].notna().any())

    @property
    def has_views(self) -> bool:
        """Whether any product was ever viewed."""
        return bool(self.totals["viewing_sessions"])

    def total(self, name: str) -> float:
        """A sum, 0 where there is nothing to add up."""
        return self.totals.get(name) or 0.0


# A shop is read-only, so its rows do not change while a notebook holds it.
@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Products:
    """Everything that the page shows."""
    sums = ", ".join(f"{metric(name).aggregate} as {name}" for name in METRICS)
    totals = {
        name: number_or_none(value) for name, value in records(book, _TOTALS.format(metrics=sums))[0].items()
    }
    ends = periods.window_parameters(periods.run_windows(book))
    window = {name: ends[name] for name in ("current_first", "current_last", "previous_first")}
    orders: dict[str, Any] = records(book, _WINDOW_ORDERS, **window)[0]
    return Products(
        totals,
        book.sql(_PRODUCTS, listed=LISTED),
        book.sql(_CATEGORIES),
        book.sql(_GROUPS),
        book.sql(_MOVERS, **window),
        (int(orders["orders"] or 0), int(orders["orders_before"] or 0)),
        periods.as_date(records(book, _FIRST_DAY)[0]["first_day"]),
    )


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
