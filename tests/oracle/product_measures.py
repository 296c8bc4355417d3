"""What products, and categories of them, are looked at, bought, returned and earn."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from .orders import AMOUNTS
from .session_products import int_session_products
from .shop_tables import ShopTables
from .staging import money, ratio

NOT_SET = "(not set)"
Grouping = Callable[[pd.Series], pd.Series]  # product ids to the group of each, missing where it has none


def all_products(shop: ShopTables) -> pd.Index:
    """The products of the catalogue, and those that only events or order lines name."""
    viewed = int_session_products(shop).query("views > 0")["product_id"]
    named = pd.concat([shop.staged.products["product_id"], shop.lines["product_id"].dropna(), viewed])
    return pd.Index(named.unique(), name="product_id")


def measures(shop: ShopTables, group_of: Grouping, groups: pd.Index) -> pd.DataFrame:
    """The measures of each of `groups`; sessions, viewers and orders are counted once for a group."""
    pairs = int_session_products(shop)
    pairs["group"] = group_of(pairs["product_id"])
    viewed, carted = pairs[pairs["views"] > 0], pairs[pairs["add_to_carts"] > 0]
    lines = shop.lines.assign(group=group_of(shop.lines["product_id"]))
    sold = lines[~lines["is_cancelled"]]

    def count(values: pd.Series) -> pd.Series:
        return values.reindex(groups).fillna(0).astype("int64")

    def sessions(rows: pd.DataFrame) -> pd.MultiIndex:
        return pd.MultiIndex.from_frame(rows[["group", "session_id"]].dropna().drop_duplicates())

    def both(other: pd.DataFrame) -> pd.Series:
        common = sessions(viewed).intersection(sessions(other))
        return count(pd.Series(1, index=common, dtype="int64").groupby("group").sum())

    found = pd.DataFrame(index=groups)
    found["views"] = count(pairs.groupby("group")["views"].sum())
    found["viewing_sessions"] = count(viewed.groupby("group")["session_id"].nunique())
    found["viewers"] = count(viewed.groupby("group")["visitor_id"].nunique())
    found["add_to_carts"] = count(pairs.groupby("group")["add_to_carts"].sum())
    found["carting_viewing_sessions"] = both(carted)
    found["view_to_cart_rate"] = ratio(found["carting_viewing_sessions"], found["viewing_sessions"])
    found["purchasing_viewing_sessions"] = both(sold)
    found["view_to_purchase_rate"] = ratio(found["purchasing_viewing_sessions"], found["viewing_sessions"])
    found["orders"] = count(sold.groupby("group")["order_id"].nunique())
    found["units"] = count(sold.groupby("group")["quantity"].sum())

    amounts = {name: count(lines.groupby("group")[name].sum()) for name in AMOUNTS}
    for name, amount in amounts.items():
        found[name] = money(amount)
    found["margin_rate"] = ratio(amounts["gross_profit"], amounts["net_revenue"])
    sold_value = amounts["gross_sales"] - amounts["discounts"] - amounts["cancellations"]
    found["average_sale_price"] = ratio(sold_value, found["units"]) / 1e9
    for name in ("delivered", "returned"):
        of_kind = lines[lines[f"is_{name}"]]
        found[f"{name}_units"] = count(of_kind.groupby("group")["quantity"].sum())
    found["return_rate"] = ratio(found["returned_units"], found["delivered_units"])
    for name in ("searches", "recommendation_visits", "related_visits"):
        found[name] = pd.array([pd.NA] * len(found), dtype="Int64")  # theLook's events never say so
    return found


def fct_product_performance(shop: ShopTables) -> pd.DataFrame:
    """Every product, sold or not."""
    products = all_products(shop)
    catalogue = shop.staged.products.set_index("product_id").reindex(products)
    found = catalogue[["name", "brand", "category", "department"]]
    return found.join(measures(shop, lambda ids: ids, products)).reset_index()


def levels_of(category: object) -> list[str]:
    """The names of a category from the widest to the narrowest, at most four."""
    if pd.isna(category):
        return []
    text = str(category)
    if ">" in text:
        names = text.split(">")
    elif "/" in text:
        names = text.split("/")
    else:
        names = text.split(".") if " " not in text else [text]
    return [name.strip() for name in names if name.strip()][:4]


def fct_category_performance(shop: ShopTables) -> pd.DataFrame:
    """Departments (level 0), and the categories of every level that the shop has."""
    catalogue = shop.staged.products.set_index("product_id")
    levels = catalogue["category"].map(levels_of)
    deepest = max((len(names) for names in levels), default=0)
    parts = []
    for level in range(max(deepest, 1) + 1):
        path = levels.map(lambda names, to=level: path_of(names, to)) if level else catalogue["department"]
        of_level = _of_level(shop, level, path.astype(object))
        of_level["category_name"] = [name.rpartition(" > ")[2] for name in of_level["category_path"]]
        # What ends above this level keeps its path there: 'a > (not set)' lies below 'a', then below itself.
        above = {path_of(names, level): path_of(names, level - 1) for names in [*levels, []]}
        of_level["parent_path"] = of_level["category_path"].map(above) if level > 1 else None
        parts.append(of_level)
    return pd.concat(parts, ignore_index=True)


def path_of(names: list[str], level: int) -> str:
    """The path of a category at a level; what it lacks from there on is `(not set)`."""
    lacks = [] if len(names) >= level else [NOT_SET]
    return " > ".join([*names[:level], *lacks])


def _of_level(shop: ShopTables, level: int, path: pd.Series) -> pd.DataFrame:
    def group_of(ids: pd.Series) -> pd.Series:
        found = ids.map(path).astype(object)
        return found.where(found.notna(), NOT_SET)

    products = pd.Series(all_products(shop))
    of_product = group_of(products)
    groups = pd.Index(
        pd.concat([of_product, group_of(shop.lines["product_id"])]).unique(), name="category_path"
    )
    found = measures(shop, group_of, groups)
    found.insert(0, "category_level", level)
    found["products"] = of_product.value_counts().reindex(groups).fillna(0).astype("int64")
    sold = set(shop.lines.loc[~shop.lines["is_cancelled"] & (shop.lines["quantity"] > 0), "product_id"])
    is_sold = products.isin(sold)
    found["products_sold"] = of_product[is_sold].value_counts().reindex(groups).fillna(0).astype("int64")
    revenue = found["net_revenue"].astype("float64")
    found["revenue_share"] = revenue / revenue.sum() if revenue.sum() else float("nan")
    return found.reset_index()
