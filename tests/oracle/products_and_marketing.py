"""The marts of products, cross-sell, stock velocity and marketing by pandas, with their grains."""

from __future__ import annotations

import pandas as pd

from . import (
    affinity,
    attribution,
    campaigns,
    channels,
    cross_sell,
    inventory,
    product_measures,
    propensity,
    session_products,
    velocity,
)
from .channel_rules import Channels
from .grain import Grain
from .orders import AMOUNTS
from .shop_tables import ShopTables
from .staging import money

GRAINS = {
    "int_session_products": Grain(("session_id", "product_id")),
    "fct_product_performance": Grain(("product_id",), frozenset(AMOUNTS)),
    "fct_category_performance": Grain(("category_level", "category_path"), frozenset(AMOUNTS)),
    "fct_inventory_forecast": Grain(
        ("product_id",), frozenset({"stock_value", "unit_cost", "reorder_value"})
    ),
    "int_velocity_backtest": Grain(("product_id",)),
    "int_velocity_quality": Grain(("model_name", "metric", "slice")),
    "int_propensity_pairs": Grain(("cut_date", "user_id", "product_id")),
    "fct_basket_affinity": Grain(("level", "item_id", "other_item_id")),
    "fct_cross_sell_candidates": Grain(
        ("user_id", "product_id"), frozenset({"price", "unit_margin", "naive_lost_revenue"})
    ),
    "fct_attribution": Grain(
        ("order_id", "attribution_model", "touch_number"), frozenset({"credited_revenue"})
    ),
    "fct_campaign_performance": Grain(
        ("calendar_date", "campaign_id", "platform", "attribution_model"),
        frozenset({"spend", "attributed_revenue"}),
    ),
    "fct_channel_acquisition": Grain(
        ("traffic_source", "cohort_month"),
        frozenset({"net_revenue", "gross_profit", "gross_profit_12m", "spend"}),
    ),
}


def expected_marts(shop: ShopTables) -> dict[str, pd.DataFrame]:
    """Every mart by name."""
    rules = Channels(shop.staged)
    touches = attribution.fct_attribution(shop, rules)
    stock = inventory.fct_inventory_forecast(shop.staged, shop.lines).set_index("product_id")
    tested = velocity.back_test(shop, stock.index)
    stock = stock.join(tested).join(velocity.average_age(shop, stock.index)).reset_index()
    quality = velocity.int_velocity_quality(stock)
    marts = {
        "fct_product_performance": product_measures.fct_product_performance(shop),
        "fct_category_performance": product_measures.fct_category_performance(shop),
        "int_session_products": session_products.int_session_products(shop),
        "fct_inventory_forecast": stock,
        "int_velocity_backtest": stock[["product_id", "abc_class", *tested.columns]],
        "int_velocity_quality": quality,
        "fct_basket_affinity": affinity.fct_basket_affinity(shop),
        "fct_channel_acquisition": channels.fct_channel_acquisition(shop, rules),
    }
    if len(shop.staged.events):
        marts["fct_attribution"] = touches.assign(credited_revenue=money(touches["credited_revenue"]))
        marts["fct_cross_sell_candidates"] = cross_sell.fct_cross_sell_candidates(shop)
        marts["int_propensity_pairs"] = propensity.int_propensity_pairs(shop)
        marts["fct_campaign_performance"] = campaigns.fct_campaign_performance(shop, touches, rules)
    return marts
