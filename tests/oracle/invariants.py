"""What must hold of the marts of any shop, whatever the data: one function an invariant.

Each takes the marts of one build by name and raises AssertionError where it does not hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal

import pandas as pd

Marts = dict[str, pd.DataFrame]
STEPS = ["sessions", "ordered_view_sessions", "ordered_cart_sessions", "ordered_purchase_sessions"]
RATES = {
    "fct_funnel_daily": [
        "conversion_rate",
        "session_conversion_rate",
        "view_to_cart_rate",
        "cart_to_purchase_rate",
        "view_drop_off_rate",
        "cart_drop_off_rate",
    ],
    "dim_customers": ["return_rate"],
    "fct_product_performance": ["view_to_purchase_rate", "return_rate"],
}
RATES["fct_funnel_segments"] = RATES["fct_funnel_daily"]
SUBSETS = {
    "fct_funnel_daily": [
        ("viewers_who_purchased", "view_visitors"),
        ("viewers_who_purchased", "purchase_visitors"),
        ("ordered_view_sessions", "view_sessions"),
        ("ordered_cart_sessions", "cart_sessions"),
        ("ordered_purchase_sessions", "purchase_sessions"),
        ("ordered_purchase_visitors", "viewers_who_purchased"),
        ("purchase_sessions", "sessions"),
        ("visitors", "sessions"),
    ],
    "dim_customers": [("returned_items", "items"), ("products_bought", "items")],
    "fct_product_performance": [
        ("purchasing_viewing_sessions", "viewing_sessions"),
        ("viewing_sessions", "views"),
        ("viewers", "viewing_sessions"),
        ("returned_units", "delivered_units"),
        ("delivered_units", "units"),
        ("orders", "units"),
    ],
    "fct_sessions": [("products_viewed", "product_views"), ("product_views", "events")],
}
SUBSETS["fct_funnel_segments"] = SUBSETS["fct_funnel_daily"]


def total(amounts: pd.Series) -> Decimal:
    """The exact sum of a money column."""
    return sum(amounts.dropna(), Decimal(0))


def ordered_steps_never_increase(marts: Marts) -> None:
    for name in ("fct_funnel_daily", "fct_funnel_segments"):
        for unit in ("sessions", "visitors"):
            steps = [step.replace("sessions", unit) for step in STEPS]
            counts = marts[name].assign(checkout=marts[name][f"ordered_checkout_{unit}"])
            for wide, narrow in itertools.pairwise(steps):
                assert (counts[narrow] <= counts[wide]).all(), (name, wide, narrow)
            known = counts[counts["checkout"].notna()]
            assert (known["checkout"] <= known[f"ordered_cart_{unit}"]).all(), name
            assert (known[f"ordered_purchase_{unit}"] <= known["checkout"]).all(), name


def revenue_is_one(marts: Marts) -> None:
    orders, sessions = marts["int_orders"], marts["fct_sessions"]
    of_orders = total(orders["net_revenue"])
    without_session = total(orders.loc[orders["session_id"].isna(), "net_revenue"])
    assert total(sessions["net_revenue"]) + without_session == of_orders
    assert total(marts["int_order_lines"]["net_revenue"]) == of_orders
    assert total(marts["fct_daily_pnl"]["net_revenue"]) == of_orders
    assert total(marts["dim_customers"]["net_revenue"]) == of_orders
    assert total(marts["fct_product_performance"]["net_revenue"]) == of_orders
    profit = total(orders["gross_profit"])
    for name in ("int_order_lines", "fct_daily_pnl", "dim_customers", "fct_product_performance"):
        assert total(marts[name]["gross_profit"]) == profit, name
    counted = int(orders["is_counted"].sum())
    placed = int(orders.loc[orders["session_id"].isna(), "is_counted"].sum())
    assert int(sessions["orders"].sum()) + placed == counted
    assert int(marts["fct_daily_pnl"]["orders"].sum()) == counted
    assert int(marts["dim_customers"]["orders"].sum()) == counted


def pnl_adds_up(marts: Marts) -> None:
    for day in marts["fct_daily_pnl"].to_dict("records"):
        assert day["net_revenue"] == (
            day["gross_sales"] - day["discounts"] - day["cancellations"] - day["returns"]
        )
        assert day["gross_profit"] == day["net_revenue"] - day["cost_of_goods"]
        assert day["new_customer_revenue"] + day["returning_customer_revenue"] == day["net_revenue"]
        assert day["new_customer_orders"] + day["returning_customer_orders"] == day["orders"]
        if day["ad_spend"] is not None:
            assert day["contribution"] == day["gross_profit"] - day["ad_spend"]
    days = pd.to_datetime(marts["fct_daily_pnl"]["calendar_date"]).sort_values()
    assert days.diff().dropna().eq(pd.Timedelta(days=1)).all(), "a calendar day is missing"


def segments_add_up(marts: Marts) -> None:
    additive = [name for name in marts["fct_funnel_daily"] if name.endswith("_sessions")] + ["sessions"]
    segments = marts["fct_funnel_segments"]
    by_dimension = segments.groupby(["period", "dimension"])[additive].sum(min_count=1)
    for (period, dimension), counts in by_dimension.iterrows():
        assert counts.equals(by_dimension.loc[(period, "all")].rename(counts.name)), (period, dimension)
    all_time = by_dimension.loc[("all_time", "all")]
    daily = marts["fct_funnel_daily"][additive].sum(min_count=1)
    assert daily.equals(all_time.rename(None)), (daily, all_time)


def rates_lie_between_0_and_1(marts: Marts) -> None:
    for name, rates in RATES.items():
        for rate in rates:
            known = marts[name][rate].dropna()
            assert known.between(0, 1).all(), (name, rate, known[~known.between(0, 1)].tolist())


def numerators_are_subsets(marts: Marts) -> None:
    for name, pairs in SUBSETS.items():
        for part, whole in pairs:
            assert (marts[name][part] <= marts[name][whole]).all(), (name, part, whole)


def empty_denominators_are_null(marts: Marts) -> None:
    funnel, products = marts["fct_funnel_daily"], marts["fct_product_performance"]
    customers = marts["dim_customers"]
    for rate, frame, denominator in [
        ("conversion_rate", funnel, "view_visitors"),
        ("session_conversion_rate", funnel, "sessions"),
        ("cart_to_purchase_rate", funnel, "ordered_cart_sessions"),
        ("view_to_purchase_rate", products, "viewing_sessions"),
        ("return_rate", products, "delivered_units"),
        ("average_sale_price", products, "units"),
        ("average_order_value", customers, "orders"),
    ]:
        assert (frame[rate].isna() == (frame[denominator] == 0)).all(), rate


def stock_adds_up(marts: Marts) -> None:
    stock = marts["fct_inventory_forecast"]
    ages = [name for name in stock if name.startswith("on_hand_")]
    assert len(ages) == 4
    assert (stock[ages].sum(axis=1) == stock["on_hand"]).all()
    assert ((stock["status"] == "out_of_stock") == (stock["on_hand"] == 0)).all()
    assert (stock["reorder_quantity"] >= 0).all()


def reconciliations_hold(marts: Marts) -> None:
    lines = marts["dq_reconciliation"]
    assert len(lines)
    broken = lines[~lines["is_ok"].astype(bool)]
    assert broken.empty, broken.to_dict("records")


INVARIANTS: list[Callable[[Marts], None]] = [
    ordered_steps_never_increase,
    revenue_is_one,
    pnl_adds_up,
    segments_add_up,
    rates_lie_between_0_and_1,
    numerators_are_subsets,
    empty_denominators_are_null,
    stock_adds_up,
    reconciliations_hold,
]


def closed_days_stay(earlier: Marts, later: Marts) -> None:
    """Moving as_of forward changes no day of the P&L that was there before."""
    before = earlier["fct_daily_pnl"].set_index("calendar_date").sort_index()
    after = later["fct_daily_pnl"].set_index("calendar_date").sort_index()
    same_days = after.reindex(before.index)
    for name in before:
        left, right = before[name], same_days[name]
        same = (left == right) | (left.isna() & right.isna())
        if left.dtype.kind == "f":
            same |= (left - right).abs() <= 1e-9 * right.abs().clip(lower=1.0)
        assert same.all(), (name, left[~same].to_dict(), right[~same].to_dict())
