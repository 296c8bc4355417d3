"""`fct_basket_affinity`: what is bought together, counted basket by basket."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
from scipy.stats import norm

from .shop_tables import ShopTables
from .staging import ratio


def baskets(shop: ShopTables, level: str) -> dict[str, set[str]]:
    """The distinct items of every order with a line that was not cancelled."""
    sold = shop.lines[~shop.lines["is_cancelled"]]
    item = sold["product_id"]
    if level == "category":
        item = item.map(shop.staged.products.set_index("product_id")["category"])
    found: dict[str, set[str]] = {}
    for order, name in zip(sold["order_id"], item, strict=True):
        of_order = found.setdefault(order, set())
        if not pd.isna(name):
            of_order.add(name)
    return found


def fct_basket_affinity(shop: ShopTables) -> pd.DataFrame:
    """Both directions of every pair with enough orders."""
    least = shop.staged.parameters.get("min_pair_orders", 5)
    rows = []
    for level in ("product", "category"):
        of_orders = baskets(shop, level)
        single: Counter[str] = Counter()
        pairs: Counter[tuple[str, str]] = Counter()
        for items in of_orders.values():
            single.update(items)
            pairs.update(itertools.permutations(items, 2))
        rows += [
            {
                "level": level,
                "item_id": item,
                "other_item_id": other,
                "orders_with_item": single[item],
                "orders_with_other": single[other],
                "orders_with_both": both,
                "orders": len(of_orders),
            }
            for (item, other), both in pairs.items()
            if both >= least
        ]
    names = "level item_id other_item_id orders_with_item orders_with_other orders_with_both orders"
    found = pd.DataFrame(rows, columns=names.split())
    found["support"] = ratio(found["orders_with_both"], found["orders"])
    found["confidence"] = ratio(found["orders_with_both"], found["orders_with_item"])
    found["lift"] = ratio(
        found["orders_with_both"] * found["orders"], found["orders_with_item"] * found["orders_with_other"]
    )
    z = norm.isf(0.025)
    n, p = found["orders_with_item"].astype("float64"), found["confidence"]
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found["confidence_lower"] = (centre - half) / (1 + z**2 / n)
    found["confidence_upper"] = (centre + half) / (1 + z**2 / n)
    found["lift_lower"] = ratio(found["confidence_lower"] * found["orders"], found["orders_with_other"])
    found["is_reliable"] = found["orders_with_item"] >= shop.staged.parameters["min_sample"]
    names = shop.staged.products.set_index("product_id")["name"]
    for name in ("item", "other_item"):
        of_product = found[f"{name}_id"].map(names).astype(object)
        found[f"{name}_name"] = of_product.where(found["level"] == "product", found[f"{name}_id"])
    # Floats that are equal but for their last digits are ties: rounded before they are ranked.
    ranked = found.assign(strength=found["lift_lower"].round(12)).sort_values(
        ["level", "strength", "orders_with_both", "item_id", "other_item_id"],
        ascending=[True, False, False, True, True],
    )
    found["affinity_rank"] = ranked.groupby("level").cumcount() + 1
    found["rank_for_item"] = ranked.groupby(["level", "item_id"]).cumcount() + 1
    return found
