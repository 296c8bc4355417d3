"""More faults of comparable public systems, shown absent; numbered as in definitions.md, section 5.

Faults 3, 8 and 10 and parts of 7, 9 and 11 stand in test_faults_elsewhere.py; the faults of loading (11) in
tests/load/test_faults_elsewhere.py.
"""

from __future__ import annotations

import ast
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from analysis_lib.computed import PythonModel, rule_tables
from analysis_lib.models import PACKAGE
from tests.googlesql.engine import Result
from tests.models.catalogue import project
from tests.models.small_shop import SHOP
from tests.models.specify import build_shop, check, rows_of


@pytest.fixture(scope="module")
def shop() -> dict[str, Result]:
    """Every mart of the small shop."""
    return build_shop(SHOP)


# 1. RFM scored upside down; a segment that no customer can reach; equal values with different scores

ORDERS = """
    | order_id | user_id | visitor_id | is_counted | order_date | created_at       | net_revenue |
    | 1        | best    | u:best     | true       | 2024-01-30 | 2024-01-30 10:00 | 90          |
    | 2        | best    | u:best     | true       | 2024-01-31 | 2024-01-31 10:00 | 90          |
    | 3        | twin    | u:twin     | true       | 2023-06-01 | 2023-06-01 10:00 | 10          |
    | 4        | other   | u:other    | true       | 2023-06-01 | 2023-06-01 10:00 | 10          |
    | 5        | middle  | u:middle   | true       | 2023-12-01 | 2023-12-01 10:00 | 40          |
"""


def scores() -> dict[str, tuple[int, ...]]:
    result = check("int_rfm_scores", {"int_orders": ORDERS, "int_order_lines": ""}, oracle=False)
    columns = ("snapshot", "user_id", "recency_score", "frequency_score", "monetary_score")
    return {user: tuple(rest) for now, user, *rest in rows_of(result, *columns) if now == "current"}


def test_fault_1_who_bought_last_most_often_and_for_most_has_the_highest_scores() -> None:
    found = scores()
    assert found["best"] == max(found.values())
    assert all(a >= b for a, b in product(found["best"], found["twin"]))


def test_fault_1_equal_values_have_equal_scores() -> None:
    found = scores()
    assert found["twin"] == found["other"]


def test_fault_1_every_segment_can_be_reached_and_every_score_is_in_one() -> None:
    [rules] = [table.compute() for table in rule_tables() if table.name == "rule_rfm_segments"]
    met: dict[tuple[int, ...], list[str]] = {}
    for cell in product(range(1, 6), repeat=3):
        met[cell] = [
            str(rule.segment)
            for rule in rules.itertuples()
            if all(
                getattr(rule, f"{name}_min") <= score <= getattr(rule, f"{name}_max")
                for name, score in zip(("recency", "frequency", "monetary"), cell, strict=True)
            )
        ]
    assert {len(segments) for segments in met.values()} == {1}
    assert {segments[0] for segments in met.values()} == set(rules["segment"])


# 2. Attribution that multiplies revenue; campaign ROAS as a mean of daily ROAS


def test_fault_2_attribution_shares_revenue_and_never_multiplies_it(shop: dict[str, Result]) -> None:
    credited: dict[str, Decimal] = {}
    for model, revenue in rows_of(shop["fct_attribution"], "attribution_model", "credited_revenue"):
        credited[model] = credited.get(model, Decimal(0)) + revenue
    orders = sum((revenue for (revenue,) in rows_of(shop["int_orders"], "net_revenue")), Decimal(0))
    assert len(credited) == 6
    assert set(credited.values()) == {orders}


def test_fault_2_the_roas_of_a_campaign_is_a_ratio_of_sums() -> None:
    result = check(
        "fct_campaign_performance",
        {
            "fct_attribution": """
            | order_id | attribution_model | order_date | campaign_id | platform | credit | credited_revenue |
            | 1        | linear            | 2024-01-01 | spring      | Adwords  | 1      | 40               |
            | 2        | linear            | 2024-01-02 | spring      | Adwords  | 1      | 30               |
            """,
            "stg_marketing_spend": """
            | date       | campaign_id | platform | spend |
            | 2024-01-01 | spring      | Adwords  | 10    |
            | 2024-01-02 | spring      | Adwords  | 30    |
            """,
        },
        oracle=False,
    )
    days = [
        row
        for row in rows_of(result, "attribution_model", "campaign_id", "attributed_revenue", "spend", "roas")
        if row[:2] == ("linear", "spring")
    ]
    of_sums = sum(row[2] for row in days) / sum(row[3] for row in days)
    mean_of_days = sum(row[4] for row in days) / len(days)
    assert (float(of_sums), mean_of_days) == (1.75, 2.5), "they differ, so what is added up must be sums"
    # The mart keeps both sums in every row, and the definition of the metric is their ratio.
    roas = project("thelook").get("fct_campaign_performance").contract.columns["roas"].description
    assert "attributed_revenue / spend" in roas


# 4. Cross-sell lists that are cancelled orders; lost revenue multiplied by views; features that hold the label

WANTED = """
    | session_id | visitor_id | user_id | product_id | views | first_viewed_at  | last_viewed_at   | session_started_at |
    | A          | u:1        | 1       | hat        | 3     | 2024-01-20 10:00 | 2024-01-20 10:05 | 2024-01-20 10:00   |
    | A          | u:1        | 1       | sock       | 1     | 2024-01-20 10:06 | 2024-01-20 10:06 | 2024-01-20 10:00   |
    | A          | u:1        | 1       | coat       | 2     | 2024-01-20 10:07 | 2024-01-20 10:08 | 2024-01-20 10:00   |
"""


def candidates() -> dict[str, tuple[Any, ...]]:
    result = check(
        "fct_cross_sell_candidates",
        {
            "int_session_products": WANTED,
            "stg_products": """
            | product_id | name | retail_price | cost |
            | hat        | Hat  | 10           | 4    |
            | sock       | Sock | 5            | 1    |
            | coat       | Coat | 90           | 40   |
            """,
            "int_order_lines": """
            | order_item_id | order_id | user_id | product_id | is_cancelled | is_returned | order_date | placed_at        |
            | 11            | 1        | 1       | sock       | true         | false       | 2024-01-20 | 2024-01-20 11:00 |
            | 21            | 2        | 1       | coat       | false        | true        | 2024-01-21 | 2024-01-21 11:00 |
            """,
        },
        oracle=False,
    )
    return {row[0]: row[1:] for row in rows_of(result, "product_id", "reason", "views", "naive_lost_revenue")}


def test_fault_4_what_was_only_viewed_is_a_candidate_and_not_only_what_was_cancelled() -> None:
    assert {name: row[0] for name, row in candidates().items()} == {"hat": "viewed", "sock": "cancelled"}


def test_fault_4_lost_revenue_is_the_price_once() -> None:
    assert candidates()["hat"] == ("viewed", 3, Decimal(10))


def test_fault_4_no_feature_of_the_probability_holds_the_outcome() -> None:
    """What is learned from is read off the cells; the outcome is a column of its own among them."""
    cells = set(project("thelook").get("int_propensity_cells").contract.columns)
    scored = set(project("thelook").get("int_propensity_scores").contract.columns)
    features = cells & scored
    assert len(features) >= 4
    assert not [name for name in features if "bought" in name or ("purchase" in name and "rate" not in name)]
    assert [name for name in cells - scored if "bought" in name], "the outcome is not among the features"


# 5. Medians over session numbers, not over users; one-session buyers lost; not-yet-buyers ignored

JOURNEYS = """
    | visitor_id | cohort_date | first_traffic_source | converted | observed_days | days_to_purchase | sessions_before |
    | at once    | 2024-01-10  | Email                | 1         | 0             | 0                | 0               |
    | soon       | 2024-01-10  | Email                | 1         | 1             | 1                | 1               |
    | late       | 2024-01-10  | Email                | 1         | 20            | 20               | 9               |
    | not yet    | 2024-01-10  | Email                | 0         | 21            | NULL             | 4               |
"""


def test_fault_5_medians_are_over_users_with_those_who_bought_in_their_first_session() -> None:
    result = check(
        "fct_first_purchase_cohorts",
        {"fct_first_purchase_journeys": JOURNEYS},
        oracle=False,
    )
    found = set(rows_of(result, "visitors", "buyers", "median_sessions_before"))
    # Over session numbers 0, 0–1 and 0–9 the median would be 3.
    assert found == {(4, 3, 1.0)}


def test_fault_5_who_has_not_bought_yet_counts_among_those_who_could_have() -> None:
    result = check("fct_first_purchase_cohorts", {"fct_first_purchase_journeys": JOURNEYS}, oracle=False)
    assert set(rows_of(result, "converted_share_1d", "converted_share_90d")) == {(0.5, None)}


# 6. Referrer rates computed over all time and printed on every day; NULL referrer dropped

TRAFFIC = """
    | event_id | visitor_id | event_time       | event_type   | traffic_source | source_session_id |
    | 1        | s:A        | 2024-01-30 10:00 | product_view | Email          | A                 |
    | 2        | s:A        | 2024-01-30 10:01 | add_to_cart  | Email          | A                 |
    | 3        | s:B        | 2024-01-31 10:00 | product_view | Email          | B                 |
    | 4        | s:C        | 2024-01-31 11:00 | product_view | NULL           | C                 |
"""


def test_fault_6_rates_of_a_source_are_those_of_the_day() -> None:
    result = check("fct_daily_traffic", {"stg_events": TRAFFIC}, oracle=False)
    found = rows_of(result, "traffic_date", "traffic_source", "sessions", "add_to_cart_rate")
    assert [(str(day), *rest) for day, *rest in found] == [
        ("2024-01-30", "Email", 1, 1.0),
        ("2024-01-31", "(not set)", 1, 0.0),
        ("2024-01-31", "Email", 1, 0.0),
    ]


def test_fault_6_a_session_without_a_source_is_counted_in_every_mart_of_traffic() -> None:
    funnel = check("fct_funnel_segments", {"stg_events": TRAFFIC}, oracle=False)
    by_source = [
        (segment, sessions)
        for period, dimension, segment, sessions in rows_of(
            funnel, "period", "dimension", "segment", "sessions"
        )
        if (period, dimension) == ("all_time", "traffic_source")
    ]
    assert by_source == [("(not set)", 1), ("Email", 2)]


# 7. Churn that calls active repeat buyers churned; churn over all users


def test_fault_7_churn_is_over_buyers_who_had_the_time_and_repeat_buyers_stay(
    shop: dict[str, Result],
) -> None:
    result = check(
        "fct_churn",
        {
            "int_orders": """
            | order_id | visitor_id | is_counted | order_date | created_at |
            | 1        | u:gone     | true       | 2023-01-01 | 2023-01-01 |
            | 2        | u:faithful | true       | 2023-01-01 | 2023-01-01 |
            | 3        | u:faithful | true       | 2024-01-30 | 2024-01-30 |
            | 4        | u:new      | true       | 2024-01-30 | 2024-01-30 |
            """
        },
        oracle=False,
    )
    overall = [
        row[1:] for row in rows_of(result, "cohort_kind", "buyers", "eligible", "churned", "churn_rate")
    ]
    assert (3, 2, 1, 0.5) in overall
    # Dan of the small shop signed up a year ago and never bought: no buyer, whoever else is.
    assert max(buyers for (buyers,) in rows_of(shop["fct_churn"], "buyers")) == 2


# 9. Partial periods drawn as complete; future cells as 0 %


def test_fault_9_a_cell_of_a_cohort_that_has_not_happened_yet_is_unknown(shop: dict[str, Result]) -> None:
    columns = ("cohort_kind", "cohort_period", "period_number", "is_observable", "retention_rate", "active")
    rows = rows_of(shop["fct_cohort_retention"], *columns)
    hidden = [row for row in rows if not row[3] and row[2] > 0]
    assert hidden
    assert {row[4:] for row in hidden} == {(None, None)}
    assert all(row[4] == 1 for row in rows if row[2] == 0)


def test_fault_9_no_python_model_asks_the_clock_or_chance() -> None:
    """No import of random, no call of now, today or time.time in what the warehouse is made with."""
    used = {
        model.contract.python.partition(":")[0]
        for model in project("thelook").models.values()
        if isinstance(model, PythonModel)
    }
    assert used
    for path in sorted((PACKAGE / "statistics").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
        }
        assert not called & {"now", "today", "utcnow", "time", "default_rng", "rand", "random"}, path.name
