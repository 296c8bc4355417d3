"""`fct_product_performance`: every product, sold or not."""

from __future__ import annotations

import pandas as pd

from .orders import AMOUNTS
from .staging import Staged, money, ratio


def fct_product_performance(staged: Staged, events: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The mart; `events` need `session_id`, amounts of `lines` are in 1e-9 units."""
    catalogue = staged.products.set_index("product_id")
    views = events[(events["event_type"] == "product_view") & events["product_id"].notna()]
    elsewhere = pd.concat([lines["product_id"], views["product_id"]]).dropna().unique()
    everything = catalogue.index.union(pd.Index(elsewhere), sort=False)
    products = catalogue.reindex(everything).rename_axis("product_id")
    products = products[["name", "brand", "category", "department"]].copy()

    def count(values: pd.Series) -> pd.Series:
        return values.reindex(products.index).fillna(0).astype("int64")

    products["views"] = count(views.groupby("product_id").size())
    products["viewing_sessions"] = count(views.groupby("product_id")["session_id"].nunique())
    products["viewers"] = count(views.groupby("product_id")["visitor_id"].nunique())
    products["add_to_carts"] = count(_carted_products(events).value_counts())

    sold = lines[~lines["is_cancelled"]]
    products["orders"] = count(sold.groupby("product_id")["order_id"].nunique())
    products["units"] = count(sold.groupby("product_id")["quantity"].sum())
    amounts = {name: count(lines.groupby("product_id")[name].sum()) for name in AMOUNTS}
    for name, amount in amounts.items():
        products[name] = money(amount)
    products["margin_rate"] = ratio(amounts["gross_profit"], amounts["net_revenue"])
    sold_value = amounts["gross_sales"] - amounts["discounts"] - amounts["cancellations"]
    products["average_sale_price"] = ratio(sold_value, products["units"]) / 1e9

    viewed = views[["product_id", "session_id"]].drop_duplicates()
    bought = sold[["product_id", "session_id"]].dropna().drop_duplicates()
    both = viewed.merge(bought, on=["product_id", "session_id"])
    products["purchasing_viewing_sessions"] = count(both.groupby("product_id").size())
    products["view_to_purchase_rate"] = ratio(
        products["purchasing_viewing_sessions"], products["viewing_sessions"]
    )
    delivered, returned = lines[lines["is_delivered"]], lines[lines["is_returned"]]
    products["delivered_units"] = count(delivered.groupby("product_id")["quantity"].sum())
    products["returned_units"] = count(returned.groupby("product_id")["quantity"].sum())
    products["return_rate"] = ratio(products["returned_units"], products["delivered_units"])
    return products.reset_index()


def _carted_products(events: pd.DataFrame) -> pd.Series:
    """The product of each cart event: its own, else the one last viewed before it in the session."""
    viewed = events["product_id"].where(events["event_type"] == "product_view")
    last_viewed = viewed.groupby(events["session"]).ffill()
    carts = events["event_type"] == "add_to_cart"
    return events.loc[carts, "product_id"].fillna(last_viewed[carts]).dropna()
