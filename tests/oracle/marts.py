"""All the models of a shop by pandas, from staging to marts, with the grain and money columns of each."""

from __future__ import annotations

import pandas as pd

from . import (
    churn,
    customers,
    funnel,
    journeys,
    orders,
    pnl,
    products_and_marketing,
    purchases,
    retention,
    segments,
    sessions,
    traffic,
)
from .grain import Grain
from .orders import AMOUNTS
from .shop_tables import ShopTables, shop_tables
from .staging import Staged, money

OF_COSTS = {
    *("cost_of_goods", "returned_cost", "gross_profit", "margin_rate", "historic_ltv"),
    *("contribution", "contribution_7d_mean", "cumulative_contribution"),
    *("gross_profit_12m", "ltv_to_date", "ltv_12m", "ltv_to_cac", "payback_days"),
}
NET_REVENUE = frozenset({"net_revenue"})
COHORT = ("cohort", "traffic_source")
GRAINS = {
    "stg_events": Grain(("event_id",)),
    "stg_orders": Grain(("order_id",)),
    "stg_order_items": Grain(
        ("order_item_id",), frozenset({"list_price", "discount", "sale_price", "unit_cost"})
    ),
    "stg_products": Grain(("product_id",), frozenset({"retail_price", "cost"})),
    "stg_users": Grain(("user_id",)),
    "stg_inventory_items": Grain(("inventory_item_id",), frozenset({"cost"})),
    "stg_marketing_spend": Grain(("date", "campaign_id", "platform"), frozenset({"spend"})),
    "int_order_lines": Grain(("order_item_id",), frozenset([*AMOUNTS, "returned_cost"])),
    "int_order_sessions": Grain(("order_id", "order_item_id")),
    "int_orders": Grain(("order_id",), frozenset(AMOUNTS)),
    "int_rfm_scores": Grain(("snapshot", "user_id"), NET_REVENUE),
    "int_purchase_history": Grain(
        ("fit", "user_id"), frozenset({"repeat_net_revenue", "holdout_net_revenue"})
    ),
    "fct_sessions": Grain(("session_id",), NET_REVENUE),
    "fct_daily_traffic": Grain(("traffic_date", "traffic_source"), NET_REVENUE),
    "fct_funnel_daily": Grain(("session_date",)),
    "fct_funnel_segments": Grain(("period", "dimension", "segment")),
    "fct_cohort_retention": Grain(("cohort_kind", "cohort_period", "period_number"), NET_REVENUE),
    "fct_first_purchase_journeys": Grain(("visitor_id",)),
    "fct_first_purchase_curves": Grain((*COHORT, "day")),
    "fct_first_purchase_cohorts": Grain(COHORT),
    "fct_churn": Grain(("cohort",)),
    "fct_daily_pnl": Grain(("calendar_date",), frozenset(pnl.MONEY)),
    "dim_customers": Grain(
        ("user_id",), frozenset({"gross_sales", "net_revenue", "gross_profit", "historic_ltv"})
    ),
    "dim_customer_segments": Grain(("user_id",), frozenset({"monetary"})),
    "fct_segment_summary": Grain(("segment",), NET_REVENUE),
    "fct_segment_migration": Grain(("previous_segment", "segment"), NET_REVENUE | {"previous_net_revenue"}),
    **products_and_marketing.GRAINS,
}


def expected_marts(staged: Staged) -> dict[str, pd.DataFrame]:
    """Every mart by name; session ids are `visitor@microseconds`. Without events there are no sessions."""
    shop = shop_tables(staged)
    marts = {
        "int_order_lines": orders.int_order_lines(shop.lines),
        "int_order_sessions": orders.int_order_sessions(shop.lines, shop.orders),
        "int_orders": orders.int_orders(shop.orders),
        "fct_daily_pnl": pnl.fct_daily_pnl(staged, shop.orders, shop.lines),
    }
    by_session = shop.sessions
    if len(shop.events):
        by_session = sessions.fct_sessions(staged, shop.events, shop.orders)
    marts["dim_customers"] = customers.dim_customers(staged, shop.events, by_session, shop.orders, shop.lines)
    marts |= _of_buyers(shop, marts["dim_customers"])
    marts["fct_cohort_retention"] = retention.fct_cohort_retention(staged, by_session, shop.orders)
    if len(shop.events):
        marts["fct_sessions"] = by_session
        marts |= _of_sessions(shop, by_session, marts["dim_customer_segments"])
    marts |= products_and_marketing.expected_marts(shop)
    if len(staged.order_items) and staged.order_items["unit_cost"].isna().all():
        marts = {name: _without_costs(mart) for name, mart in marts.items()}
    for name, grain in GRAINS.items():
        if name.startswith("stg_"):
            table = getattr(staged, name.removeprefix("stg_"))
            marts[name] = table.assign(**{column: money(table[column]) for column in grain.money})
    return marts


def _without_costs(mart: pd.DataFrame) -> pd.DataFrame:
    """A shop that states no cost for any line does not know what it earned, and what was made of that."""
    unknown = mart.copy()
    for name in OF_COSTS & set(mart.columns):
        unknown[name] = None
    return unknown


def _of_buyers(shop: ShopTables, everyone: pd.DataFrame) -> dict[str, pd.DataFrame]:
    staged, rules = shop.staged, segments.read_rules()
    scores = segments.int_rfm_scores(staged, shop.orders, shop.lines, rules)
    of_buyers = segments.dim_customer_segments(staged, scores, everyone, rules)
    history = purchases.int_purchase_history(staged, shop.orders, shop.lines)
    amounts = {name: money(history[name]) for name in GRAINS["int_purchase_history"].money}
    return {
        "int_rfm_scores": scores.assign(net_revenue=money(scores["net_revenue"])),
        "int_purchase_history": history.assign(**amounts),
        "fct_churn": churn.fct_churn(staged, shop.orders),
        "fct_segment_summary": segments.fct_segment_summary(of_buyers, rules),
        "fct_segment_migration": segments.fct_segment_migration(scores),
        "dim_customer_segments": of_buyers.assign(monetary=money(of_buyers["monetary"])),
    }


def _of_sessions(
    shop: ShopTables, by_session: pd.DataFrame, of_buyers: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    staged = shop.staged
    segment_of_user = of_buyers.set_index("user_id")["segment"]
    ways = journeys.fct_first_purchase_journeys(staged, by_session, shop.orders)
    return {
        "fct_daily_traffic": traffic.fct_daily_traffic(staged, shop.orders, shop.lines),
        "fct_funnel_daily": funnel.fct_funnel_daily(shop, by_session),
        "fct_funnel_segments": funnel.fct_funnel_segments(shop, by_session, segment_of_user),
        "fct_first_purchase_journeys": ways,
        "fct_first_purchase_curves": journeys.fct_first_purchase_curves(ways),
        "fct_first_purchase_cohorts": journeys.fct_first_purchase_cohorts(ways),
    }
