"""Specification of dim_customer_segments: one row a buyer, with scores, segment and action."""

from __future__ import annotations

from tests.models.specify import check, rows_of, sideways

SCORES = sideways(
    """
    | snapshot        | current   | current | previous  |
    | user_id         | a         | b       | a         |
    | recency_days    | 3         | 95      | 1         |
    | orders          | 4         | 1       | 3         |
    | net_revenue     | 90        | 0       | 80        |
    | recency_score   | 5         | 1       | 5         |
    | frequency_score | 4         | 1       | 5         |
    | monetary_score  | 3         | 2       | 5         |
    | segment         | Champions | Lost    | Champions |
    | segment_order   | 1         | 10      | 1         |
    """
)
CUSTOMERS = """
    | user_id | status   | average_order_value |
    | a       | active   | 22.5                |
    | b       | churned  | 0                   |
    | c       | prospect | NULL                |
"""


def test_a_buyer_has_the_scores_of_as_of_the_segment_and_its_action() -> None:
    check(
        "dim_customer_segments",
        {"int_rfm_scores": SCORES, "dim_customers": CUSTOMERS},
        sideways(
            """
            | user_id             | a         | b       |
            | recency_days        | 3         | 95      |
            | frequency           | 4         | 1       |
            | monetary            | 90        | 0       |
            | recency_score       | 5         | 1       |
            | frequency_score     | 4         | 1       |
            | monetary_score      | 3         | 2       |
            | rfm_score           | 543       | 112     |
            | segment             | Champions | Lost    |
            | segment_order       | 1         | 10      |
            | average_order_value | 22.5      | 0       |
            | status              | active    | churned |
            """
        ),
    )


def test_a_segment_of_several_rules_does_not_multiply_its_buyers() -> None:
    result = check(
        "dim_customer_segments",
        {
            "int_rfm_scores": SCORES.replace("Champions", "Loyal Customers"),
            "dim_customers": CUSTOMERS,
        },
    )
    assert [user for (user,) in rows_of(result, "user_id")] == ["a", "b"]
    assert all(action for (action,) in rows_of(result, "action"))
