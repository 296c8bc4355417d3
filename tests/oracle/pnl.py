"""`fct_daily_pnl`: sales on the day of the order, returns on the day of the return."""

from __future__ import annotations

import pandas as pd

from .staging import Staged, money, ratio

MONEY = {
    "gross_sales",
    "discounts",
    "cancellations",
    "returns",
    "net_revenue",
    "cost_of_goods",
    "gross_profit",
    "ad_spend",
    "contribution",
    "new_customer_revenue",
    "returning_customer_revenue",
    "cumulative_net_revenue",
    "cumulative_ad_spend",
    "cumulative_contribution",
}


def fct_daily_pnl(staged: Staged, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """One row a calendar day from the first order, return or spend to as_of."""
    spend = staged.marketing_spend
    has_spend = len(spend) > 0
    spend = spend[spend["date"] <= staged.as_of]
    returned = lines[lines["is_returned"]]
    first = pd.concat([orders["order_date"], returned["return_date"], spend["date"]]).min()
    if pd.isna(first):
        return pd.DataFrame(columns=["calendar_date"])
    days = pd.date_range(first, staged.as_of, unit="us")

    def daily(amounts: pd.Series, dates: pd.Series) -> pd.Series:
        return amounts.groupby(dates).sum().reindex(days, fill_value=0).astype("int64")

    pnl = pd.DataFrame({"calendar_date": days}, index=days)
    counted = orders[orders["is_counted"]]
    one = pd.Series(1, index=counted.index)
    pnl["orders"] = daily(one, counted["order_date"])
    sold = lines[~lines["is_cancelled"]]
    pnl["items"] = daily(sold["quantity"], sold["order_date"])
    for name in ["gross_sales", "discounts", "cancellations"]:
        pnl[name] = daily(lines[name], lines["order_date"])
    pnl["returns"] = daily(returned["returns"], returned["return_date"])
    pnl["net_revenue"] = pnl["gross_sales"] - pnl["discounts"] - pnl["cancellations"] - pnl["returns"]
    cost_of_sold = daily(sold["unit_cost"] * sold["quantity"], sold["order_date"])
    cost_of_returned = daily(returned["unit_cost"] * returned["quantity"], returned["return_date"])
    pnl["cost_of_goods"] = cost_of_sold - cost_of_returned
    pnl["gross_profit"] = pnl["net_revenue"] - pnl["cost_of_goods"]

    ad_spend = daily(spend["spend"].astype("int64"), spend["date"])
    pnl["ad_spend"] = ad_spend.astype("Int64") if has_spend else pd.array([pd.NA] * len(days), dtype="Int64")
    pnl["contribution"] = pnl["gross_profit"].astype("Int64") - pnl["ad_spend"]
    pnl["roas"] = ratio(pnl["net_revenue"], pnl["ad_spend"])
    pnl["cost_per_order"] = ratio(pnl["ad_spend"], pnl["orders"]) / 1e9

    first_orders = set(counted.loc[counted["order_number"] == 1, "order_id"])
    is_first = counted["order_id"].isin(first_orders)
    pnl["new_customer_orders"] = daily(one[is_first], counted["order_date"])
    pnl["returning_customer_orders"] = daily(one[~is_first], counted["order_date"])
    for who, wanted in [("new", True), ("returning", False)]:
        of = lines[lines["order_id"].isin(first_orders) == wanted]
        of_returned = of[of["is_returned"]]
        booked = of["gross_sales"] - of["discounts"] - of["cancellations"]
        pnl[f"{who}_customer_revenue"] = daily(booked, of["order_date"]) - daily(
            of_returned["returns"], of_returned["return_date"]
        )

    def week(name: str) -> pd.Series:
        """The sum over the day and the six before it; missing for the first six days."""
        running = pnl[name].astype("Int64").cumsum()
        before = running.shift(7).where(pd.RangeIndex(len(running)) != 6, 0)
        return running - before

    pnl["orders_7d_mean"] = (week("orders") / 7).astype("float64")
    for name in ["net_revenue", "ad_spend", "contribution"]:
        pnl[f"{name}_7d_mean"] = (week(name) / 7 / 1e9).astype("float64")
    pnl["average_order_value_7d"] = ratio(week("net_revenue"), week("orders")) / 1e9
    pnl["roas_7d"] = ratio(week("net_revenue"), week("ad_spend"))
    pnl["net_revenue_vs_7d_mean"] = pnl["net_revenue"] / 1e9 - pnl["net_revenue_7d_mean"]
    for name in ["net_revenue", "ad_spend", "contribution"]:
        pnl[f"cumulative_{name}"] = pnl[name].astype("Int64").cumsum()
    for name in MONEY:
        pnl[name] = money(pnl[name])
    return pnl.reset_index(drop=True)
