"""`fct_inventory_forecast`: every product ever stocked."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from .staging import Staged, money

AGES = {
    "on_hand_0_30_days": (0, 30),
    "on_hand_31_90_days": (31, 90),
    "on_hand_91_180_days": (91, 180),
    "on_hand_over_180_days": (181, math.inf),
}
HUNDRED_YEARS = 36_500  # days of stock beyond which no date is given
ONE_DAY = pd.Timedelta(days=1)


def fct_inventory_forecast(staged: Staged, lines: pd.DataFrame) -> pd.DataFrame:
    """The mart; amounts of `lines` in 1e-9 units."""
    as_of, given = staged.as_of, staged.parameters
    items = staged.inventory_items.copy()
    items["day"] = staged.day(items["created_at"])
    items = items[items["day"] <= as_of]
    waiting = items[~(staged.day(items["sold_at"]) <= as_of)]
    age = (as_of - waiting["day"]).dt.days

    index = pd.Index(items["product_id"].unique(), name="product_id")
    catalogue = staged.products.set_index("product_id").reindex(index)
    stock = catalogue[["name", "category"]].copy()

    def count(values: pd.Series) -> pd.Series:
        return values.reindex(index).fillna(0).astype("int64")

    stock["on_hand"] = count(waiting.groupby("product_id").size())
    stock["stock_value"] = money(count(waiting.groupby("product_id")["cost"].sum()))
    mean_cost = items.groupby("product_id")["cost"].mean().round().astype("Int64")
    unit_cost = catalogue["cost"].fillna(mean_cost)
    stock["unit_cost"] = money(unit_cost)

    sold = lines[~lines["is_cancelled"] & lines["product_id"].isin(index)]
    velocity_days = given["velocity_days"]
    recent = sold[sold["order_date"] > as_of - velocity_days * ONE_DAY]
    stock["units_sold"] = count(recent.groupby("product_id")["quantity"].sum())
    stock["average_daily_sales"] = stock["units_sold"] / velocity_days
    daily = recent.groupby(["product_id", "order_date"])["quantity"].sum()
    spread = {
        product: float(np.std(np.pad(sales, (0, velocity_days - len(sales))), ddof=1))
        for product, sales in daily.groupby("product_id").agg(list).items()
    }
    stock["demand_standard_deviation"] = [spread.get(product, 0.0) for product in index]
    last_sold = sold.groupby("product_id")["order_date"].max().reindex(index)

    z = NormalDist().inv_cdf(given["service_level"])
    covered_days = given["lead_time_days"] + given["review_period_days"]
    rows = []
    for on_hand, sales, deviation, last, cost in zip(
        stock["on_hand"],
        stock["average_daily_sales"],
        stock["demand_standard_deviation"],
        last_sold,
        unit_cost,
        strict=True,
    ):
        days = on_hand / sales if sales > 0 else None
        safety = z * deviation * math.sqrt(covered_days)
        reorder = max(0, math.ceil(sales * covered_days + safety - on_hand))
        rows.append(
            {
                "days_of_stock": days,
                "stock_out_date": None
                if days is None or days > HUNDRED_YEARS
                else as_of + math.ceil(days) * ONE_DAY,
                "status": _status(on_hand, days, last, as_of),
                "safety_stock": safety,
                "lead_time_demand": sales * given["lead_time_days"],
                "reorder_quantity": reorder,
                "reorder_value": pd.NA if pd.isna(cost) else reorder * int(cost),
            }
        )
    names = [
        "days_of_stock",
        "stock_out_date",
        "status",
        "safety_stock",
        "lead_time_demand",
        "reorder_quantity",
        "reorder_value",
    ]
    forecast = pd.DataFrame(rows, columns=names, index=index)
    forecast["days_of_stock"] = forecast["days_of_stock"].astype("float64")
    forecast["stock_out_date"] = forecast["stock_out_date"].astype("datetime64[us]")
    forecast["reorder_value"] = money(forecast["reorder_value"])
    stock = stock.join(forecast)
    for name, (youngest, oldest) in AGES.items():
        stock[name] = count(waiting[age.between(youngest, oldest)].groupby("product_id").size())
    stock["last_sold_date"] = last_sold
    stock["abc_class"] = _abc_class(lines.groupby("product_id")["net_revenue"].sum(), index)
    return stock.reset_index()


def _status(on_hand: int, days: float | None, last_sold: pd.Timestamp, as_of: pd.Timestamp) -> str:
    if on_hand == 0:
        return "out_of_stock"
    if pd.isna(last_sold) or last_sold <= as_of - 30 * ONE_DAY:
        return "dead"
    if days is None:  # sold within 30 days, but not within the shorter velocity_days
        return "overstocked"
    for status, limit in [("critical", 7), ("low", 14), ("normal", 30)]:
        if days < limit:
            return status
    return "healthy" if days <= 180 else "overstocked"


def _abc_class(revenue: pd.Series, products: pd.Index) -> list[str]:
    """A up to 80 % of the shop's revenue, B up to 95 %: by the share of the products that earn more."""
    total = int(revenue.sum())
    before, classes = 0, {}
    for product in sorted(revenue.index, key=lambda product: (-revenue[product], product)):
        amount = int(revenue[product])
        if amount <= 0 or before * 100 >= total * 95:
            classes[product] = "C"
        else:
            classes[product] = "A" if before * 100 < total * 80 else "B"
        before += amount
    return [classes.get(product, "C") for product in products]
