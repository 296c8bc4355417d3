"""The truth's realised numbers once more, by pandas and DuckDB from the written files alone.

Nothing here comes from the simulator: the rules are those of the definitions.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd

from tests.simulate.shops import SimulatedShop

GAP = pd.Timedelta(minutes=30)
MEASURES = (
    "sessions", "bounces", "view", "cart", "purchase", "ordered_view", "ordered_cart", "ordered_purchase",
)  # fmt: skip


def stitched_events(shop: SimulatedShop) -> pd.DataFrame:
    """Events with the user of the next known event of their source session, and the session they are in."""
    events = shop.query(
        "select id, user_id, session_id, created_at, event_type, device, traffic_source, country from events"
    ).sort_values(["session_id", "created_at", "id"])
    events["user"] = events.groupby("session_id")["user_id"].bfill()
    known = events["user"].notna()
    named = events["user"].fillna(0).astype(int).astype(str)
    events["visitor"] = np.where(known, "u" + named, events["session_id"])
    events = events.sort_values(["visitor", "created_at", "id"], ignore_index=True)
    fresh = events["visitor"] != events["visitor"].shift()
    late = events["created_at"].diff() > GAP
    events["session"] = (fresh | late).cumsum()
    return events


def sessions(events: pd.DataFrame) -> pd.DataFrame:
    """One row a session, with the measures of the funnel as booleans."""
    position = pd.Series(np.arange(len(events)), index=events.index)
    session = events["session"]

    def first(mask: pd.Series) -> pd.Series:
        return position.where(mask).groupby(session).transform("min")

    view, cart, purchase = (events["event_type"] == kind for kind in ("product", "cart", "purchase"))
    first_view = first(view)
    first_cart = first(cart & (position > first_view))
    first_purchase = first(purchase & (position > first_cart))
    steps = pd.DataFrame(
        {
            "view": view,
            "cart": cart,
            "purchase": purchase,
            "ordered_view": first_view.notna(),
            "ordered_cart": first_cart.notna(),
            "ordered_purchase": first_purchase.notna(),
        }
    )
    found = steps.groupby(session).any()
    size = events.groupby("session").size()
    found.insert(0, "bounces", size == 1)
    found.insert(0, "sessions", True)
    labels = events.groupby("session")[["device", "traffic_source", "country", "created_at"]].first()
    return found.join(labels)


def funnel(found: pd.DataFrame, by: str) -> dict[str, dict[str, int]]:
    """The measures by a column of the sessions."""
    table = found.groupby(by)[list(MEASURES)].sum()
    return {str(label): {name: int(row[name]) for name in MEASURES} for label, row in table.iterrows()}


def lines(shop: SimulatedShop) -> pd.DataFrame:
    """Order lines with their money in whole cents and the flags of the definitions."""
    found = shop.query(
        """
        select items.*, orders.status as order_status, orders.created_at as ordered_at, products.cost
        from order_items as items
        join orders using (order_id)
        join products on products.id = items.product_id
        """
    )
    cents = {name: (found[name] * 100).round().astype("int64") for name in ("list_price", "discount", "cost")}
    sold = (found["sale_price"] * 100).round().astype("int64")
    assert (cents["list_price"] - cents["discount"] == sold).all()
    cancelled = (found["order_status"] == "Cancelled") | (found["status"] == "Cancelled")
    returned = ~cancelled & (found["status"] == "Returned")
    found["gross_sales"] = cents["list_price"] * found["quantity"]
    found["discounts"] = cents["discount"] * found["quantity"]
    paid = found["gross_sales"] - found["discounts"]
    found["cancellations"] = paid.where(cancelled, 0)
    found["returns"] = paid.where(returned, 0)
    found["net_revenue"] = paid - found["cancellations"] - found["returns"]
    cost = cents["cost"] * found["quantity"]
    found["cost_sold"] = cost.where(~cancelled, 0)
    found["cost_of_goods"] = cost.where(~cancelled & ~returned, 0)
    found["is_cancelled"], found["is_returned"] = cancelled, returned
    found["is_counted"] = found["order_status"] != "Cancelled"
    return found


def totals(found: pd.DataFrame) -> dict[str, int | Decimal]:
    """Orders, units and money of order lines, returns on the day of the sale."""
    names = ("gross_sales", "discounts", "cancellations", "returns", "net_revenue", "cost_of_goods")
    money = {name: dollars(found[name].sum()) for name in names}
    money["gross_profit"] = money["net_revenue"] - money["cost_of_goods"]
    return {
        "orders": int(found.loc[found["is_counted"], "order_id"].nunique()),
        "items": int(found.loc[~found["is_cancelled"], "quantity"].sum()),
        **money,
    }


def dollars(cents: float) -> Decimal:
    """Whole cents as dollars."""
    return Decimal(int(cents)).scaleb(-2)


def as_numbers(entry: dict[str, int | str]) -> dict[str, int | Decimal]:
    """An entry of truth.json with money as Decimal."""
    return {name: Decimal(value) if isinstance(value, str) else value for name, value in entry.items()}


def end_of(shop: SimulatedShop) -> dt.datetime:
    """The first moment after the last day."""
    return dt.datetime.fromisoformat(shop.truth["end_date"]) + dt.timedelta(days=1)
