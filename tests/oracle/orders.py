"""`int_order_lines` and `int_orders`: the one revenue definition, and the session of each order."""

from __future__ import annotations

import pandas as pd

from .staging import Staged, money

AMOUNTS = [
    "gross_sales",
    "discounts",
    "cancellations",
    "returns",
    "net_revenue",
    "cost_of_goods",
    "gross_profit",
]


def all_orders(staged: Staged) -> pd.DataFrame:
    """Every order that counts; lines without their order make one, on the day of the first of them.

    Its status is settled in orders_of, from its lines.
    """
    orphans = staged.order_items[~staged.order_items["order_id"].isin(staged.orders["order_id"])]
    made = orphans.groupby("order_id").agg(user_id=("user_id", "min"), created_at=("created_at", "min"))
    made["visitor_id"] = "u:" + made["user_id"]
    orders = pd.concat([staged.orders, made.reset_index()], ignore_index=True)
    for name in ["delivered_at", "returned_at", "shipped_at", "created_at"]:
        orders[name] = orders[name].astype("datetime64[us, UTC]")
    orders["status"] = orders["status"].astype("str")
    orders["order_date"] = staged.day(orders["created_at"])
    return orders[orders["order_date"] <= staged.as_of].reset_index(drop=True)


def order_lines(staged: Staged, events: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """int_order_lines with amounts in 1e-9 units; `sessions` from session_starts."""
    lines = staged.order_items.merge(all_orders(staged), on="order_id", suffixes=("_of_line", "_of_order"))
    lines["user_id"] = lines["user_id_of_order"].fillna(lines["user_id_of_line"])
    lines["placed_at"] = lines["created_at_of_line"].fillna(lines["created_at_of_order"])

    status = lines["status_of_line"].fillna(lines["status_of_order"])
    lines["is_cancelled"] = (status == "cancelled") | (lines["status_of_order"] == "cancelled")
    came_back_at = (
        lines["returned_at_of_line"]
        .fillna(lines["returned_at_of_order"])
        .fillna(lines["delivered_at"])
        .fillna(lines["created_at_of_order"])
    )
    came_back = staged.day(came_back_at)
    came_back = came_back.where(came_back >= lines["order_date"], lines["order_date"])
    lines["is_returned"] = ~lines["is_cancelled"] & (status == "returned") & (came_back <= staged.as_of)
    lines["return_date"] = came_back.where(lines["is_returned"])
    delivered = (staged.day(lines["delivered_at"]) <= staged.as_of) | (
        lines["delivered_at"].isna() & status.isin(["complete", "returned"])
    )
    lines["is_delivered"] = ~lines["is_cancelled"] & (lines["is_returned"] | delivered)

    kept = ~lines["is_cancelled"] & ~lines["is_returned"]
    paid = (lines["list_price"] - lines["discount"]) * lines["quantity"]
    lines["gross_sales"] = lines["list_price"] * lines["quantity"]
    lines["discounts"] = lines["discount"] * lines["quantity"]
    lines["cancellations"] = paid.where(lines["is_cancelled"], 0)
    lines["returns"] = paid.where(lines["is_returned"], 0)
    lines["net_revenue"] = (
        lines["gross_sales"] - lines["discounts"] - lines["cancellations"] - lines["returns"]
    )
    lines["unit_cost"] = lines["unit_cost"].fillna(0).astype("int64")  # unknown: no cost is counted
    cost = lines["unit_cost"] * lines["quantity"]
    lines["returned_cost"] = cost.where(lines["is_returned"], 0)
    lines["cost_of_goods"] = cost.where(kept, 0)
    lines["gross_profit"] = lines["net_revenue"] - lines["cost_of_goods"]
    lines["session_id"] = sessions_at(staged, lines, events, sessions)
    return lines


def sessions_at(
    staged: Staged, placed: pd.DataFrame, events: pd.DataFrame, sessions: pd.DataFrame
) -> pd.Series:
    """Where each row was placed: the session with the user's latest purchase event within the gap, else
    the latest session begun, else the user's first.
    """
    gap = pd.Timedelta(minutes=staged.parameters["session_gap_minutes"])
    wanted = placed.loc[placed["user_id"].notna(), ["user_id", "placed_at"]]
    wanted = wanted.reset_index().sort_values("placed_at", kind="stable")

    known = sessions[sessions["user_id"].notna()]
    purchases = events[(events["event_type"] == "purchase") & events["user_id"].notna()]
    purchases = purchases[["user_id", "event_time", "session"]].sort_values("event_time", kind="stable")
    by_purchase = pd.merge_asof(
        wanted,
        purchases.assign(session_id=purchases["session"].map(sessions["session_id"])),
        left_on="placed_at",
        right_on="event_time",
        by="user_id",
        tolerance=gap,
    ).set_index("index")["session_id"]

    begun = known[["user_id", "started_at", "session_id"]].sort_values("started_at", kind="stable")
    by_start = pd.merge_asof(
        wanted, begun, left_on="placed_at", right_on="started_at", by="user_id"
    ).set_index("index")["session_id"]

    first_of_user = begun.drop_duplicates("user_id").set_index("user_id")["session_id"]
    by_user = placed["user_id"].map(first_of_user)
    found, begun_before = (part.reindex(placed.index).astype("str") for part in (by_purchase, by_start))
    return found.fillna(begun_before).fillna(by_user.astype("str"))


def orders_of(
    staged: Staged, lines: pd.DataFrame, events: pd.DataFrame, sessions: pd.DataFrame
) -> pd.DataFrame:
    """int_orders with amounts in 1e-9 units; an order without lines was placed when it was made."""
    orders = all_orders(staged)
    of_lines = lines.groupby("order_id")[["is_cancelled", "is_returned"]].all().reindex(orders["order_id"])
    derived = pd.Series("processing", index=orders.index)
    derived[of_lines["is_returned"].eq(True).to_numpy()] = "returned"
    derived[of_lines["is_cancelled"].eq(True).to_numpy()] = "cancelled"
    orders["status"] = orders["status"].fillna(derived)
    orders["is_counted"] = orders["status"] != "cancelled"
    counted = orders[orders["is_counted"] & orders["user_id"].notna()]
    counted = counted.sort_values(["created_at", "order_id"])
    orders["order_number"] = (counted.groupby("user_id").cumcount() + 1).astype("Int64")

    first_line = lines.sort_values(["placed_at", "order_item_id"]).drop_duplicates("order_id")
    orders["session_id"] = orders["order_id"].map(first_line.set_index("order_id")["session_id"])
    bare = orders[~orders["order_id"].isin(lines["order_id"])].assign(placed_at=orders["created_at"])
    of_bare = sessions_at(staged, bare, events, sessions).reindex(orders.index)
    orders["session_id"] = orders["session_id"].astype("str").fillna(of_bare.astype("str"))
    sold = lines[~lines["is_cancelled"]]
    orders["items"] = orders["order_id"].map(sold.groupby("order_id")["quantity"].sum())
    orders["items"] = orders["items"].fillna(0).astype("int64")
    amounts = lines.groupby("order_id")[AMOUNTS].sum()
    for name in AMOUNTS:
        orders[name] = orders["order_id"].map(amounts[name]).fillna(0).astype("int64")
    return orders.reset_index(drop=True)


def int_order_sessions(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """The finished table: the session of every line, and of every order without lines."""
    columns = ["order_id", "order_item_id", "placed_at", "session_id"]
    bare = orders[~orders["order_id"].isin(lines["order_id"])].assign(order_item_id=None)
    bare["placed_at"] = bare["created_at"]
    return pd.concat([lines[columns], bare[columns]], ignore_index=True)


def int_order_lines(lines: pd.DataFrame) -> pd.DataFrame:
    """The finished table."""
    columns = [
        "order_item_id",
        "order_id",
        "user_id",
        "product_id",
        "order_date",
        "return_date",
        "placed_at",
        "is_cancelled",
        "is_returned",
        "is_delivered",
        "quantity",
    ]
    finished = lines[[*columns, *AMOUNTS, "returned_cost", "session_id"]].copy()
    for name in [*AMOUNTS, "returned_cost"]:
        finished[name] = money(finished[name])
    return finished


def int_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """The finished table."""
    columns = [
        "order_id",
        "user_id",
        "visitor_id",
        "session_id",
        "status",
        "is_counted",
        "created_at",
        "order_date",
        "order_number",
        "items",
    ]
    finished = orders[[*columns, *AMOUNTS]].copy()
    for name in AMOUNTS:
        finished[name] = money(finished[name])
    return finished
