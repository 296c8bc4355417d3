"""`fct_cross_sell_candidates`: what known users looked at, carted or cancelled, and never bought."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .propensity import KEY, pairs_of
from .session_products import int_session_products
from .shop_tables import ShopTables
from .staging import money


def fct_cross_sell_candidates(shop: ShopTables) -> pd.DataFrame:
    """The mart but for the probability and what follows from it."""
    seen = int_session_products(shop)
    seen = seen[seen["user_id"].notna()]
    looked = seen.groupby(KEY)
    pairs = pd.DataFrame(
        {
            "views": looked["views"].sum(),
            "add_to_carts": looked["add_to_carts"].sum(),
            "sessions": looked["session_id"].nunique(),
            "first_viewed_at": looked["first_viewed_at"].min(),
            "last_viewed_at": looked["last_viewed_at"].max(),
        }
    )
    lines = shop.lines[shop.lines["user_id"].notna() & shop.lines["product_id"].notna()]
    bought = pairs_of(lines[~lines["is_cancelled"]])
    in_vain = lines[lines["is_cancelled"]].groupby(KEY)["order_id"].nunique()
    pairs = pairs.reindex(pairs.index.union(in_vain.index))
    pairs = pairs[np.array([pair not in bought for pair in pairs.index], dtype=bool)]
    for name in ("views", "add_to_carts", "sessions"):
        pairs[name] = pairs[name].fillna(0).astype("int64")
    pairs["cancelled_orders"] = in_vain.reindex(pairs.index).fillna(0).astype("int64")
    pairs["reason"] = "viewed"
    pairs.loc[pairs["add_to_carts"] > 0, "reason"] = "carted"
    pairs.loc[pairs["cancelled_orders"] > 0, "reason"] = "cancelled"
    pairs = pairs.reset_index()
    catalogue = shop.staged.products.set_index("product_id")
    for name in ("name", "category"):
        pairs[name] = pairs["product_id"].map(catalogue[name])
    price = pairs["product_id"].map(catalogue["retail_price"]).astype("Int64")
    cost = pairs["product_id"].map(catalogue["cost"]).astype("Int64")
    pairs["price"] = money(price)
    pairs["unit_margin"] = money(price - cost)
    pairs["naive_lost_revenue"] = money(price)
    return pairs


def rank_for_user(candidates: pd.DataFrame) -> pd.Series:
    """The place of each candidate, by what the mart itself says of it."""
    viewed = candidates["last_viewed_at"]
    order = pd.DataFrame(
        {
            "user_id": candidates["user_id"],
            "margin": -candidates["expected_margin"].astype("float64"),
            "probability": -candidates["purchase_probability"].astype("float64"),
            "reason": candidates["reason"].map({"cancelled": 0, "carted": 1, "viewed": 2}),
            "viewed": -viewed.astype("int64").where(viewed.notna()),
            "product_id": candidates["product_id"],
        }
    )
    names = ["user_id", "margin", "probability", "reason", "viewed", "product_id"]
    ranked = order.sort_values(names, na_position="last")
    return (ranked.groupby("user_id").cumcount() + 1).reindex(candidates.index)
