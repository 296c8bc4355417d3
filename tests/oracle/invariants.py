"""What must hold of the marts of any shop, whatever the data: one function an invariant.

Each takes the marts of one build by name and raises AssertionError where it does not hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal

import pandas as pd

from . import marketing_invariants

Marts = dict[str, pd.DataFrame]
WINDOWED = ["windowed_view_visitors", "windowed_cart_visitors", "windowed_purchase_visitors"]
STEPS = ["sessions", "ordered_view_sessions", "ordered_cart_sessions", "ordered_purchase_sessions"]
RATES = {
    "fct_funnel_daily": [
        "conversion_rate",
        "session_conversion_rate",
        "view_to_cart_rate",
        "cart_to_purchase_rate",
        "view_drop_off_rate",
        "cart_to_checkout_rate",
        "checkout_to_purchase_rate",
        "cart_drop_off_rate",
        "cart_to_checkout_drop_off_rate",
        "checkout_to_purchase_drop_off_rate",
        "windowed_conversion_rate",
    ],
    "fct_daily_traffic": ["bounce_rate", "add_to_cart_rate", "purchase_rate"],
    "fct_cohort_retention": ["retention_rate"],
    "fct_first_purchase_curves": ["converted_share", "lower", "upper"],
    "fct_churn": ["churn_rate", "churn_rate_lower", "churn_rate_upper"],
    "fct_segment_summary": ["customer_share", "revenue_share", "churned_share"],
    "dim_customers": ["return_rate", "probability_alive"],
    "fct_product_performance": ["view_to_cart_rate", "view_to_purchase_rate", "return_rate"],
    "fct_category_performance": [
        "view_to_cart_rate",
        "view_to_purchase_rate",
        "return_rate",
        "revenue_share",
    ],
    "fct_basket_affinity": ["support", "confidence", "confidence_lower", "confidence_upper"],
    "fct_channel_acquisition": ["buyer_rate"],
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
        ("windowed_view_visitors", "view_visitors"),
    ],
    "fct_daily_traffic": [
        ("visitors", "sessions"),
        ("new_visitors", "visitors"),
        ("bounces", "sessions"),
        ("view_sessions", "sessions"),
        ("cart_sessions", "sessions"),
        ("purchase_sessions", "sessions"),
    ],
    "fct_cohort_retention": [("active", "cohort_size")],
    "fct_channel_acquisition": [("buyers", "users")],
    "fct_churn": [("eligible", "buyers"), ("churned", "eligible"), ("retained", "eligible")],
    "fct_first_purchase_curves": [("buyers", "visitors"), ("at_risk", "visitors")],
    "fct_first_purchase_cohorts": [("buyers", "visitors")],
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
SUBSETS["fct_category_performance"] = [
    *SUBSETS["fct_product_performance"],
    ("carting_viewing_sessions", "viewing_sessions"),
    ("products_sold", "products"),
]


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
        for wide, narrow in itertools.pairwise(WINDOWED):
            known = marts[name][[wide, narrow]].dropna()
            assert (known[narrow] <= known[wide]).all(), (name, wide, narrow)
        walks = [*WINDOWED[:2], "windowed_checkout_visitors", WINDOWED[2]]
        known = marts[name][walks].dropna()
        for wide, narrow in itertools.pairwise(walks):
            assert (known[narrow] <= known[wide]).all(), (name, wide, narrow)


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
    by_dimension = segments.groupby(["period", "dimension"])[additive].sum(min_count=1).astype("float64")
    by_dimension = by_dimension.drop("category", level="dimension", errors="ignore")  # they overlap
    for (period, dimension), counts in by_dimension.iterrows():
        assert counts.equals(by_dimension.loc[(period, "all")].rename(counts.name)), (period, dimension)
    all_time = by_dimension.loc[("all_time", "all")]
    daily = marts["fct_funnel_daily"][additive].sum(min_count=1).astype("float64")
    assert daily.equals(all_time.rename(None)), (daily, all_time)


def rates_lie_between_0_and_1(marts: Marts) -> None:
    for name, rates in RATES.items():
        for rate in rates:
            known = marts[name][rate].dropna()
            assert known.between(0, 1).all(), (name, rate, known[~known.between(0, 1)].tolist())


def numerators_are_subsets(marts: Marts) -> None:
    for name, pairs in SUBSETS.items():
        for part, whole in pairs:
            known = marts[name][[part, whole]].dropna()
            assert (known[part] <= known[whole]).all(), (name, part, whole)


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


def everybody_came_in_their_first_period(marts: Marts) -> None:
    cells = marts["fct_cohort_retention"]
    first = cells[cells["period_number"] == 0]
    assert (first["retention_rate"] == 1).all()
    assert (first["active"] == first["cohort_size"]).all()
    later = cells[cells["period_number"] > 0]
    assert (later["active"].isna() == ~later["is_observable"].astype(bool)).all()
    has_orders = marts["fct_sessions"]["orders"].notna().any()
    assert (cells["net_revenue"].notna() == (has_orders & cells["is_observable"].astype(bool))).all()
    visitors = marts["fct_sessions"]["visitor_id"].nunique()
    sizes = first.groupby("cohort_kind")["cohort_size"].sum()
    assert sizes["first_activity_day"] == sizes["first_activity_week"] == visitors
    numbers = cells.groupby(["cohort_kind", "cohort_period"])["period_number"]
    widths = (numbers.max() + 1).groupby("cohort_kind").nunique()
    assert (numbers.max() + 1 == numbers.size()).all(), "a period is missing"
    assert (widths == 1).all(), "not rectangular"


def traffic_revenue_is_that_of_the_pnl(marts: Marts) -> None:
    traffic = marts["fct_daily_traffic"].groupby("traffic_date")["net_revenue"].agg(total)
    pnl = marts["fct_daily_pnl"].set_index("calendar_date")["net_revenue"]
    for day in {*traffic.index, *pnl.index}:
        assert traffic.get(day, Decimal(0)) == pnl.get(day, Decimal(0)), day
    orders = marts["fct_daily_traffic"].groupby("traffic_date")["orders"].sum()
    booked = marts["fct_daily_pnl"].set_index("calendar_date")["orders"]
    for day in {*orders.index, *booked.index}:
        assert orders.get(day, 0) == booked.get(day, 0), day


def every_buyer_has_one_segment(marts: Marts) -> None:
    customers, buyers = marts["dim_customers"], marts["dim_customer_segments"]
    bought = customers[customers["orders"] > 0]
    assert set(buyers["user_id"]) == set(bought["user_id"])
    summary, moved = marts["fct_segment_summary"], marts["fct_segment_migration"]
    assert len(summary) == 10
    for mart, count in [(summary, "customers"), (moved, "customers")]:
        assert int(mart[count].sum()) == len(buyers)
        assert total(mart["net_revenue"]) == total(bought["net_revenue"])
    assert total(buyers["monetary"]) == total(bought["net_revenue"])
    assert int(summary["orders"].sum()) == int(bought["orders"].sum())
    assert int(summary["churned_customers"].sum()) == int((bought["status"] == "churned").sum())


def better_customers_score_no_worse(marts: Marts) -> None:
    for _, scored in marts["int_rfm_scores"].groupby("snapshot"):
        for value, score, sign in [
            ("recency_days", "recency_score", -1),
            ("orders", "frequency_score", 1),
            ("net_revenue", "monetary_score", 1),
        ]:
            values = scored[value].map(lambda amount, sign=sign: sign * Decimal(amount))
            scores = scored[score].groupby(values).agg(["min", "max"]).sort_index()
            assert (scores["min"] == scores["max"]).all(), f"equal values of {value} with different scores"
            assert scores["max"].is_monotonic_increasing, value
            assert scored[score].between(1, 5).all()


def churn_adds_up(marts: Marts) -> None:
    churn, customers = marts["fct_churn"], marts["dim_customers"]
    counts = churn.groupby("cohort_kind")[["buyers", "eligible", "churned", "retained"]].sum()
    bought = customers[customers["orders"] > 0]
    if len(bought):
        assert counts.loc["overall"].equals(counts.loc["first_order_month"].rename("overall"))
        assert counts.at["overall", "buyers"] == len(bought)
        assert counts.at["overall", "churned"] == (bought["status"] == "churned").sum()
    assert (churn["churned"] + churn["retained"] == churn["eligible"]).all()


def journeys_lead_to_first_orders(marts: Marts) -> None:
    ways, sessions, orders = (
        marts[name] for name in ("fct_first_purchase_journeys", "fct_sessions", "int_orders")
    )
    assert set(ways["visitor_id"]) == set(sessions["visitor_id"])
    of_visitor = sessions.groupby("visitor_id").size()
    assert (ways["sessions_before"] <= ways["visitor_id"].map(of_visitor)).all()
    first = orders[(orders["order_number"] == 1) & orders["visitor_id"].isin(ways["visitor_id"])]
    assert set(ways["first_order_id"].dropna()) == set(first["order_id"])
    assert (ways["first_order_id"].notna() == (ways["converted"] == 1)).all()
    cohorts = marts["fct_first_purchase_cohorts"].groupby("cohort_kind")[["visitors", "buyers"]].sum()
    # Every visitor counts twice: in the source's row, and in that of all sources.
    assert (cohorts["visitors"] == 2 * len(ways)).all()
    assert (cohorts["buyers"] == 2 * ways["converted"].sum()).all()
    curves = marts["fct_first_purchase_curves"].sort_values("day")
    for _, curve in curves.groupby(["cohort", "traffic_source"]):
        assert curve["converted_share"].dropna().is_monotonic_increasing
        assert curve["at_risk"].is_monotonic_decreasing


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
    everybody_came_in_their_first_period,
    traffic_revenue_is_that_of_the_pnl,
    every_buyer_has_one_segment,
    better_customers_score_no_worse,
    churn_adds_up,
    journeys_lead_to_first_orders,
    *marketing_invariants.INVARIANTS,
]


def closed_days_stay(earlier: Marts, later: Marts) -> None:
    """Moving as_of forward changes no day of the P&L, nor of the traffic, that was there before."""
    before, after = (marts["fct_daily_pnl"].set_index("calendar_date") for marts in (earlier, later))
    same_cells(before.sort_index(), after.reindex(before.sort_index().index))
    grain = ["traffic_date", "traffic_source"]
    before, after = (marts["fct_daily_traffic"].set_index(grain).sort_index() for marts in (earlier, later))
    last = earlier["fct_funnel_daily"]["session_date"].max()
    closed = after[after.index.get_level_values("traffic_date") <= last]
    assert closed.index.equals(before.index), closed.index.symmetric_difference(before.index)
    same_cells(before, closed)


def same_cells(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Every cell is the same, floats within 1e-9."""
    for name in before:
        left, right = before[name], after[name]
        same = (left == right) | (left.isna() & right.isna())
        if left.dtype.kind == "f":
            same |= (left - right).abs() <= 1e-9 * right.abs().clip(lower=1.0)
        assert same.all(), (name, left[~same].to_dict(), right[~same].to_dict())
