"""The back-test of the velocity forecast, product by product, and its error beside a naive forecast's."""

from __future__ import annotations

import pandas as pd

from .inventory import ONE_DAY
from .shop_tables import ShopTables

NAIVE_DAYS = 7


def back_test(shop: ShopTables, products: pd.Index) -> pd.DataFrame:
    """The three numbers of each of `products`: what sold in the last velocity_days, what the velocity_days
    before it say, and what the last seven days before the cut say.
    """
    days = shop.staged.parameters["velocity_days"]
    as_of = shop.staged.as_of
    cut = as_of - days * ONE_DAY  # the last day that the forecast may know
    sold = shop.lines[~shop.lines["is_cancelled"]]
    date = sold["order_date"]

    def units(of: pd.Series) -> pd.Series:
        return sold[of].groupby("product_id")["quantity"].sum().reindex(products).fillna(0).astype("int64")

    before = units((date > cut - days * ONE_DAY) & (date <= cut))
    last_week = units((date > cut - NAIVE_DAYS * ONE_DAY) & (date <= cut))
    tested = pd.DataFrame(
        {
            "backtest_actual_units": units(date > cut),
            "backtest_forecast_units": before,
            "backtest_naive_units": last_week * days / NAIVE_DAYS,
        },
        index=products,
    )
    first = shop.orders["order_date"].min()
    needed = as_of - (days + max(days, NAIVE_DAYS) - 1) * ONE_DAY
    tested = tested.astype("Float64")
    return tested if first <= needed else tested.mask(tested.notna())


def int_velocity_quality(stock: pd.DataFrame) -> pd.DataFrame:
    """The mart, from the stock with its back-test and ABC class."""
    slices = {"(all)": stock}
    slices |= {f"abc_class {name}": stock[stock["abc_class"] == name] for name in "ABC"}
    rows = []
    for name, of_slice in slices.items():
        actual = of_slice["backtest_actual_units"]
        for metric in ("wape", "forecast_to_actual"):
            values = []
            for forecast in (of_slice["backtest_forecast_units"], of_slice["backtest_naive_units"]):
                above = (forecast - actual).abs() if metric == "wape" else forecast
                total = actual.sum(min_count=1)
                is_known = pd.notna(total) and total > 0
                values.append(float(above.sum() / total) if is_known else None)
            rows.append(("inventory_velocity", metric, name, *values, int(actual.notna().sum())))
    names = ["model_name", "metric", "slice", "value", "baseline_value", "sample_size"]
    return pd.DataFrame(rows, columns=names).astype({"value": "float64", "baseline_value": "float64"})


def average_age(shop: ShopTables, products: pd.Index) -> pd.Series:
    """Days from the stocking of the items on hand to as_of, mean over them; missing with nothing on hand."""
    staged = shop.staged
    items = staged.inventory_items.assign(day=staged.day(staged.inventory_items["created_at"]))
    sold_day = staged.day(items["sold_at"])
    waiting = items[(items["day"] <= staged.as_of) & ~(sold_day <= staged.as_of)]
    age = (staged.as_of - waiting["day"]).dt.days
    return age.groupby(waiting["product_id"]).mean().reindex(products).rename("average_age_days")
