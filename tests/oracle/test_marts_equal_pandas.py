"""Every mart of the project equals an independent pandas computation from definitions.md."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pandas as pd
import pytest

from .compare import assert_same
from .marts import GRAINS

LAST_DAY: dict[str, Any] = {"as_of": "2024-04-20"}
BERLIN: dict[str, Any] = {
    "as_of": "2024-04-20",
    "timezone": "Europe/Berlin",
    "session_gap_minutes": 15,
    "window_days": 7,
    "velocity_days": 7,
    "lead_time_days": 0,
    "review_period_days": 3,
    "service_level": 0.99,
    "declining_after_days": 3,
    "at_risk_after_days": 7,
    "churn_after_days": 14,
    "attribution_lookback_days": 3,
    "conversion_window_days": 2,
    "propensity_horizon_days": 5,
    "min_pair_orders": 1,
}
ABROAD: dict[str, Any] = {
    "as_of": "2026-04-17",
    "timezone": "America/New_York",
    "session_gap_minutes": 45,
    "window_days": 14,
    "velocity_days": 60,
    "churn_after_days": 61,
    "conversion_window_days": 1,
    "propensity_horizon_days": 14,
    "min_pair_orders": 2,
}
SHOPS = [
    pytest.param("awkward", {}, id="awkward"),
    pytest.param("awkward", LAST_DAY, id="awkward-as-of-a-day-before-the-last"),
    pytest.param("awkward", BERLIN, id="awkward-in-berlin"),
    pytest.param("with_checkout_without_spend", {}, id="with-checkout-without-spend"),
    pytest.param("with_checkout_without_spend", BERLIN, id="with-checkout-without-spend-in-berlin"),
    pytest.param("one_customer", {}, id="one-customer"),
    pytest.param("round_numbers", {}, id="round-numbers"),
    pytest.param("round_numbers", {"as_of": "2024-01-30"}, id="round-numbers-on-the-first-day"),
    pytest.param("orphan_lines", {}, id="orphan-lines"),
    pytest.param("without_events", {}, id="without-events"),
    pytest.param("without_orders", {}, id="without-orders"),
    pytest.param("without_users_and_products", {}, id="without-users-and-products"),
    pytest.param("without_costs", {}, id="without-costs"),
    pytest.param("events_alone", {}, id="events-alone"),
    pytest.param("demo", {}, id="demo"),
    pytest.param("demo", ABROAD, id="demo-in-new-york"),
]
# What a shop cannot have for want of a table; every other model must be there.
SESSIONS = {"fct_sessions", "fct_daily_traffic", "fct_funnel_daily", "fct_funnel_segments"}
JOURNEYS = {"fct_first_purchase_journeys", "fct_first_purchase_curves", "fct_first_purchase_cohorts"}
TOUCHES = {"fct_attribution", "fct_campaign_performance"}
CANDIDATES = {"int_propensity_pairs", "fct_cross_sell_candidates"}
NEED_EVENTS = {"stg_events"} | SESSIONS | JOURNEYS | TOUCHES | CANDIDATES
STOCK = {"fct_inventory_forecast", "int_velocity_backtest", "int_velocity_quality"}
NEED_ORDERS = {"int_order_lines", "int_orders", "fct_daily_pnl"} | STOCK | JOURNEYS | TOUCHES | CANDIDATES
NEED_ORDERS |= {"fct_product_performance", "fct_category_performance", "fct_basket_affinity"}
NEED_ORDERS |= {"int_rfm_scores", "dim_customer_segments", "fct_segment_summary", "fct_segment_migration"}
NEED_ORDERS |= {"int_purchase_history", "fct_churn"}
NEED_ORDERS |= {"dim_customers", "fct_channel_acquisition"}  # without orders nobody could be told a prospect
ALONE = {"order_items", "orders", "products", "users", "inventory_items", "marketing_spend"}
NOT_AVAILABLE = {
    "with_checkout_without_spend": {"stg_marketing_spend"},
    "one_customer": {"stg_marketing_spend"},
    "round_numbers": {"stg_marketing_spend"} | NEED_EVENTS,
    "without_events": NEED_EVENTS,
    "without_orders": {"stg_orders"},
    "without_users_and_products": {"stg_users", "stg_products"},
    "without_costs": {"stg_inventory_items", "stg_products"} | STOCK,
    "events_alone": {f"stg_{table}" for table in ALONE} | NEED_ORDERS,
}
EMPTY = {  # elsewhere a comparison without rows proves nothing
    ("events_alone", "int_order_sessions"),
    ("one_customer", "int_propensity_pairs"),
    ("one_customer", "fct_cross_sell_candidates"),
    ("one_customer", "fct_basket_affinity"),
    ("round_numbers", "fct_basket_affinity"),
    ("round_numbers", "int_session_products"),
    ("without_events", "int_session_products"),
}


def assert_as_expected(found: pd.DataFrame, expected: pd.DataFrame, mart: str) -> None:
    grain = GRAINS[mart]
    assert_same(found, expected, list(grain.key), grain.money, grain.tolerance)


@pytest.mark.parametrize("mart", list(GRAINS))
@pytest.mark.parametrize(("shop", "parameters"), SHOPS)
def test_mart_equals_pandas(both_marts, shop: str, parameters: dict[str, Any], mart: str):
    marts, expected = both_marts(shop, parameters)
    if mart in NOT_AVAILABLE.get(shop, ()):
        assert mart not in marts, "there is a mart without its inputs"
        return
    assert len(expected[mart]) or (shop, mart) in EMPTY
    assert_as_expected(marts[mart], expected[mart], mart)


@pytest.mark.slow
@pytest.mark.needs_shared_data
@pytest.mark.parametrize("mart", [name for name in GRAINS if not name.startswith("stg_")])
def test_mart_of_thelook_equals_pandas(both_marts, mart: str):
    """A sixteenth of theLook; all of it, in ten minutes and 8 GB, with SHOPBOOK_WHOLE_THELOOK=1."""
    marts, expected = both_marts(
        "thelook" if os.environ.get("SHOPBOOK_WHOLE_THELOOK") else "thelook_sample", {}
    )
    assert_as_expected(marts[mart], expected[mart], mart)


def test_session_ids_stay_when_later_events_arrive(both_marts):
    """session_id is made of visitor and start: the sessions of an earlier last day keep theirs."""
    earlier, _ = both_marts("demo", {"as_of": "2026-04-17"})
    later, _ = both_marts("demo", {})
    before, after = (marts["fct_sessions"].set_index("original_session_id") for marts in (earlier, later))
    # On the last day itself a visit may still become another's: its visitor logs in after midnight.
    before = before[before["session_date"] < dt.date(2026, 4, 17)]
    assert 0 < len(before) < len(after)
    assert before.index.isin(after.index).all()
    stayed = ["visitor_id", "started_at", "ended_at", "events", "landing_uri", "is_first_session"]
    assert after.loc[before.index, stayed].equals(before[stayed])
