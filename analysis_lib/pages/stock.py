"""The stock as sums: by status, by age, by ABC class, and what it was worth a window earlier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.periods import records
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.numbers import number_or_none

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

METRICS = (
    "stock_value",
    "on_hand",
    "stock_cover_days",
    "products_running_low",
    "products_out_of_stock",
    "idle_stock_value",
    "old_stock_value",
    "reorder_quantity",
    "reorder_value",
)
STATUSES = ("out_of_stock", "critical", "low", "normal", "healthy", "overstocked", "dead")
_TOTALS = "select count(*) as products, {sums} from fct_inventory_forecast"
# What was in stock then: items sold since were on hand, items that came since were not.
_EARLIER = """
select
    count(*) as on_hand,
    sum(cost) as stock_value,
from stg_inventory_items
where
    date(created_at, @timezone) <= @earlier_date
    and (sold_at is null or date(sold_at, @timezone) > @earlier_date)
"""
_BY_STATUS = """
select
    status,
    count(*) as products,
    sum(on_hand) as on_hand,
    sum(stock_value) as stock_value,
    sum(reorder_quantity) as reorder_quantity,
    sum(reorder_value) as reorder_value,
from fct_inventory_forecast
group by status
order by status
"""
_BY_AGE = """
select
    sum(on_hand_0_30_days) as units_0_30,
    sum(on_hand_31_90_days) as units_31_90,
    sum(on_hand_91_180_days) as units_91_180,
    sum(on_hand_over_180_days) as units_over_180,
    sum(safe_divide(stock_value * on_hand_0_30_days, on_hand)) as value_0_30,
    sum(safe_divide(stock_value * on_hand_31_90_days, on_hand)) as value_31_90,
    sum(safe_divide(stock_value * on_hand_91_180_days, on_hand)) as value_91_180,
    sum(safe_divide(stock_value * on_hand_over_180_days, on_hand)) as value_over_180,
from fct_inventory_forecast
"""
_BY_CLASS = """
select
    stock.abc_class,
    count(*) as products,
    sum(sales.net_revenue) as net_revenue,
    sum(stock.on_hand) as on_hand,
    sum(stock.stock_value) as stock_value,
    countif(stock.status = 'out_of_stock') as out_of_stock,
    countif(stock.status in ('critical', 'low')) as running_low,
    sum(if(stock.status in ('dead', 'overstocked'), stock.stock_value, cast(0 as numeric))) as idle_value,
from fct_inventory_forecast as stock
left join fct_product_performance as sales on stock.product_id = sales.product_id
group by stock.abc_class
order by stock.abc_class
"""
_REORDER = """
select
    product_id,
    coalesce(name, concat('Product ', product_id)) as product,
    category,
    abc_class,
    status,
    on_hand,
    average_daily_sales,
    days_of_stock,
    stock_out_date,
    safety_stock,
    reorder_quantity,
    unit_cost,
    reorder_value,
from fct_inventory_forecast
where reorder_quantity > 0
order by on_hand > 0, days_of_stock, average_daily_sales desc, product_id
"""
_IDLE = """
select
    product_id,
    coalesce(name, concat('Product ', product_id)) as product,
    category,
    status,
    on_hand,
    stock_value,
    days_of_stock,
    last_sold_date,
    on_hand_over_180_days,
from fct_inventory_forecast
where status in ('dead', 'overstocked')
order by stock_value desc, product_id
"""


def totals(book: Shop) -> dict[str, float | None]:
    """Every metric of the page over all products, and the number of `products`."""
    sums = ", ".join(f"{metric(name).aggregate} as {name}" for name in METRICS)
    row = records(book, _TOTALS.format(sums=sums))[0]
    return {name: number_or_none(value) for name, value in row.items()}


def earlier(book: Shop, earlier_date: object) -> Mapping[str, float | None]:
    """Units and value of the stock at the end of an earlier day."""
    row = records(book, _EARLIER, earlier_date=earlier_date)[0]
    return {name: number_or_none(value) for name, value in row.items()}


def by_status(book: Shop) -> dict[str, dict[str, Any]]:
    """Sums by status."""
    return {row["status"]: row for row in records(book, _BY_STATUS)}


def by_age(book: Shop) -> dict[str, float]:
    """Units and value of the stock by age; each product's value is spread evenly over its units."""
    return {name: number_or_none(value) or 0.0 for name, value in records(book, _BY_AGE)[0].items()}


def by_class(book: Shop) -> pd.DataFrame:
    """Sums by ABC class."""
    return book.sql(_BY_CLASS)


def reorder(book: Shop) -> pd.DataFrame:
    """Every product to reorder, the most urgent first: out of stock, then by days of stock."""
    return book.sql(_REORDER)


def idle(book: Shop) -> pd.DataFrame:
    """Every dead or overstocked product, the one that ties up most money first."""
    return book.sql(_IDLE)
