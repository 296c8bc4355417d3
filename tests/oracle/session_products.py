"""`int_session_products`: what each session did with each product that it looked at or carted."""

from __future__ import annotations

import pandas as pd

from .shop_tables import ShopTables

COLUMNS = dict.fromkeys(["session_id", "product_id", "visitor_id", "user_id"], "str")
COLUMNS |= dict.fromkeys(["views", "add_to_carts"], "int64")
COLUMNS |= dict.fromkeys(["first_view_number", "last_cart_number"], "Int64")
for _when in ("first_viewed_at", "last_viewed_at", "first_carted_at", "last_carted_at", "session_started_at"):
    COLUMNS[_when] = "datetime64[us, UTC]"


def product_events(events: pd.DataFrame) -> pd.DataFrame:
    """Views and additions to the cart with a product; a cart event without one takes the product viewed last
    before it in its session.
    """
    is_view, is_cart = events["event_type"] == "product_view", events["event_type"] == "add_to_cart"
    viewed = events["product_id"].where(is_view).groupby(events["session"]).ffill()
    named = events.assign(product_id=events["product_id"].fillna(viewed.where(is_cart)))
    return named[(is_view | is_cart) & named["product_id"].notna()]


def int_session_products(shop: ShopTables) -> pd.DataFrame:
    """The model."""
    events = product_events(shop.events)
    key = ["session_id", "product_id"]
    if events.empty:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    pairs = events.groupby(key, sort=False).agg(
        visitor_id=("visitor_id", "first"), user_id=("user_id", "first")
    )
    views = events[events["event_type"] == "product_view"].groupby(key)
    carts = events[events["event_type"] == "add_to_cart"].groupby(key)
    pairs["views"] = views.size()
    pairs["first_viewed_at"] = views["event_time"].min()
    pairs["last_viewed_at"] = views["event_time"].max()
    pairs["first_view_number"] = views["event_number"].min().astype("Int64")
    pairs["add_to_carts"] = carts.size()
    pairs["first_carted_at"] = carts["event_time"].min()
    pairs["last_carted_at"] = carts["event_time"].max()
    pairs["last_cart_number"] = carts["event_number"].max().astype("Int64")
    pairs = pairs.reset_index().join(
        shop.sessions.set_index("session_id")["started_at"].rename("session_started_at"), on="session_id"
    )
    for name in ("views", "add_to_carts"):
        pairs[name] = pairs[name].fillna(0).astype("int64")
    return pairs
