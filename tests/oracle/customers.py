"""`dim_customers`: one row a user, buyers or not."""

from __future__ import annotations

import pandas as pd

from .staging import Staged, money, ratio


def dim_customers(
    staged: Staged,
    events: pd.DataFrame,
    sessions: pd.DataFrame,
    orders: pd.DataFrame,
    lines: pd.DataFrame,
) -> pd.DataFrame:
    """The mart; amounts of `orders` and `lines` in 1e-9 units."""
    users = staged.users.set_index("user_id")
    signed_up = users[~(staged.day(users["created_at"]) > staged.as_of)].index
    seen = pd.concat([events["user_id"], orders["user_id"]]).dropna().unique()
    everyone = signed_up.union(pd.Index(seen), sort=False)
    rows = users.reindex(everyone).rename_axis("user_id")
    customers = pd.DataFrame({"signed_up_at": rows["created_at"]})

    def count(values: pd.Series) -> pd.Series:
        return values.reindex(customers.index).fillna(0).astype("int64")

    known = events[events["user_id"].notna()]
    customers["first_event_at"] = known.groupby("user_id")["event_time"].min()
    customers["last_event_at"] = known.groupby("user_id")["event_time"].max()
    counted = orders[orders["is_counted"]]
    customers["first_order_at"] = counted.groupby("user_id")["created_at"].min()
    customers["last_order_at"] = counted.groupby("user_id")["created_at"].max()
    customers["sessions"] = count(sessions.groupby("user_id").size())
    customers["events"] = count(known.groupby("user_id").size())
    views = known[known["event_type"] == "product_view"]
    customers["products_viewed"] = count(views.groupby("user_id")["product_id"].nunique())
    sold = lines[~lines["is_cancelled"]]
    customers["products_bought"] = count(sold.groupby("user_id")["product_id"].nunique())
    customers["orders"] = count(counted.groupby("user_id").size())
    customers["items"] = count(sold.groupby("user_id")["quantity"].sum())

    amounts = {
        name: count(orders.groupby("user_id")[name].sum())
        for name in ["gross_sales", "net_revenue", "gross_profit"]
    }
    for name, amount in amounts.items():
        customers[name] = money(amount)
    customers["average_order_value"] = ratio(amounts["net_revenue"], customers["orders"]) / 1e9
    returned = count(lines[lines["is_returned"]].groupby("user_id")["quantity"].sum())
    delivered = count(lines[lines["is_delivered"]].groupby("user_id")["quantity"].sum())
    customers["returned_items"] = returned
    customers["delivered_items"] = delivered
    customers["return_rate"] = ratio(returned, delivered)

    first_day = counted.groupby("user_id")["order_date"].min().reindex(customers.index)
    last_day = counted.groupby("user_id")["order_date"].max().reindex(customers.index)
    customers["mean_days_between_orders"] = ratio((last_day - first_day).dt.days, customers["orders"] - 1)
    recency = (staged.as_of - last_day).dt.days.astype("Int64")
    customers["recency_days"] = recency

    of_known = sessions[sessions["user_id"].notna()].sort_values("started_at")
    first_source = of_known.drop_duplicates("user_id").set_index("user_id")["traffic_source"]
    customers["acquisition_source"] = rows["traffic_source"].fillna(first_source.reindex(customers.index))

    limits = staged.parameters
    customers["status"] = "active"
    customers.loc[recency >= limits["declining_after_days"], "status"] = "declining"
    customers.loc[recency >= limits["at_risk_after_days"], "status"] = "at_risk"
    customers.loc[recency >= limits["churn_after_days"], "status"] = "churned"
    customers.loc[customers["orders"] == 0, "status"] = "prospect"
    customers["lifecycle"] = "prospect"
    customers.loc[customers["orders"] >= 1, "lifecycle"] = "first_time"
    customers.loc[customers["orders"] >= 2, "lifecycle"] = "repeat"
    customers.loc[customers["orders"] >= 4, "lifecycle"] = "loyal"
    customers["historic_ltv"] = customers["gross_profit"]
    for name in ["country", "gender", "age"]:
        customers[name] = rows[name]
    return customers.reset_index()
