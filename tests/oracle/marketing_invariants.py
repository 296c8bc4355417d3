"""What must hold of the marts of products, cross-sell, stock velocity and marketing of any shop."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pandas as pd

Marts = dict[str, pd.DataFrame]
MODELS = {"last_touch", "last_non_direct", "first_touch", "linear", "position_based", "time_decay"}
PRODUCT_SUMS = [
    "views",
    "add_to_carts",
    "units",
    "gross_sales",
    "discounts",
    "cancellations",
    "returns",
    "net_revenue",
    "cost_of_goods",
    "gross_profit",
    "delivered_units",
    "returned_units",
]


def total(amounts: pd.Series) -> Decimal:
    """The exact sum of a money column."""
    return sum(amounts.dropna(), Decimal(0))


def credit_of_every_order_is_one(marts: Marts) -> None:
    touches, orders = marts["fct_attribution"], marts["int_orders"]
    counted = set(orders.loc[orders["is_counted"].astype(bool), "order_id"])
    assert touches["credit"].between(0, 1 + 1e-9).all()
    assert (touches["credit"] > 0).all(), "a touch without credit"
    for model, of_model in touches.groupby("attribution_model"):
        credit = of_model.groupby("order_id")["credit"].sum()
        assert set(credit.index) == counted, model
        assert ((credit - 1).abs() < 1e-9).all(), model
    assert set(touches["attribution_model"]) == (MODELS if counted else set())


def attributed_revenue_is_net_revenue(marts: Marts) -> None:
    touches, orders = marts["fct_attribution"], marts["int_orders"].set_index("order_id")
    for model, of_model in touches.groupby("attribution_model"):
        assert total(of_model["credited_revenue"]) == total(orders["net_revenue"]), model
    by_order = touches.groupby(["attribution_model", "order_id"])["credited_revenue"].agg(total)
    for (model, order), revenue in by_order.items():
        assert revenue == orders.at[order, "net_revenue"], (model, order)


def campaigns_add_up(marts: Marts) -> None:
    campaigns, orders = marts["fct_campaign_performance"], marts["int_orders"]
    spend = total(marts["fct_daily_pnl"]["ad_spend"])
    counted = int(orders["is_counted"].sum())
    for model, of_model in campaigns.groupby("attribution_model"):
        assert total(of_model["attributed_revenue"]) == total(orders["net_revenue"]), model
        assert total(of_model["spend"]) == spend, model
        assert abs(of_model["attributed_orders"].sum() - counted) < 1e-6, model


def channels_add_up(marts: Marts) -> None:
    channels, customers = marts["fct_channel_acquisition"], marts["dim_customers"]
    assert channels["users"].sum() == len(customers)
    assert channels["orders"].sum() == customers["orders"].sum()
    assert channels["buyers"].sum() == (customers["orders"] > 0).sum()
    for name in ("net_revenue", "gross_profit"):
        assert total(channels[name]) == total(customers[name]), name
    assert (channels["buyers"] <= channels["users"]).all()


def categories_add_up(marts: Marts) -> None:
    """At every level the categories are all the products: only distinct counts do not add up."""
    products = marts["fct_product_performance"]
    for level, of_level in marts["fct_category_performance"].groupby("category_level"):
        for name in PRODUCT_SUMS:
            found, wanted = of_level[name].sum(), products[name].sum()
            assert found == wanted, (level, name, found, wanted)


def sessions_hold_their_products(marts: Marts) -> None:
    pairs, sessions = marts["int_session_products"], marts["fct_sessions"].set_index("session_id")
    of_session = pairs.assign(viewed=pairs["views"] > 0).groupby("session_id")[["viewed", "views"]].sum()
    of_session = of_session.reindex(sessions.index).fillna(0)
    assert (of_session["viewed"] == sessions["products_viewed"]).all()
    assert (of_session["views"] <= sessions["product_views"]).all()
    products = marts["fct_product_performance"]
    assert pairs["views"].sum() == products["views"].sum()
    assert pairs["add_to_carts"].sum() == products["add_to_carts"].sum()


def baskets_are_symmetric(marts: Marts) -> None:
    pairs = marts["fct_basket_affinity"]
    assert (pairs["item_id"] != pairs["other_item_id"]).all()
    turned = pairs.rename(columns={"item_id": "other_item_id", "other_item_id": "item_id"})
    both = pairs.merge(turned, on=["level", "item_id", "other_item_id"], suffixes=("", "_turned"))
    assert len(both) == len(pairs), "a pair lacks its other direction"
    for name in ("orders_with_both", "support", "lift"):
        assert ((both[name] - both[f"{name}_turned"]).abs() <= 1e-9 * both[name]).all(), name
    assert (both["orders_with_item"] == both["orders_with_other_turned"]).all()
    assert (pairs["orders_with_both"] <= pairs[["orders_with_item", "orders_with_other"]].min(axis=1)).all()
    assert pairs["confidence"].between(0, 1).all()
    assert pairs["support"].between(0, 1).all()


def candidates_were_never_bought(marts: Marts) -> None:
    candidates, lines = marts["fct_cross_sell_candidates"], marts["int_order_lines"]
    bought = lines[~lines["is_cancelled"].astype(bool)]
    bought = set(zip(bought["user_id"], bought["product_id"], strict=True))
    pairs = list(zip(candidates["user_id"], candidates["product_id"], strict=True))
    assert not bought & set(pairs), "a candidate was bought"
    assert len(pairs) == len(set(pairs))
    assert candidates["user_id"].notna().all()
    priced = candidates[candidates["price"].notna()]
    assert (priced["naive_lost_revenue"] == priced["price"]).all(), "lost revenue is the price, once"
    assert candidates["purchase_probability"].dropna().between(0, 1).all()


def back_test_ends_where_the_velocity_begins(marts: Marts) -> None:
    stock = marts["fct_inventory_forecast"]
    known = stock[stock["backtest_actual_units"].notna()]
    assert (known["backtest_actual_units"] == known["units_sold"]).all()


INVARIANTS: list[Callable[[Marts], None]] = [
    credit_of_every_order_is_one,
    attributed_revenue_is_net_revenue,
    campaigns_add_up,
    channels_add_up,
    categories_add_up,
    sessions_hold_their_products,
    baskets_are_symmetric,
    candidates_were_never_bought,
    back_test_ends_where_the_velocity_begins,
]
