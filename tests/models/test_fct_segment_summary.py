"""Specification of fct_segment_summary: every segment, its buyers, revenue, recency and churn."""

from __future__ import annotations

from decimal import Decimal

from tests.models.specify import check, rows_of, sideways

BUYERS = sideways(
    """
    | user_id      | a         | b         | c         | d       |
    | segment      | Champions | Champions | Champions | Lost    |
    | recency_days | 1         | 2         | 9         | 120     |
    | frequency    | 3         | 4         | 3         | 1       |
    | monetary     | 30        | 10        | 20        | 20      |
    | status       | active    | active    | churned   | churned |
    """
)


def test_shares_are_of_all_buyers_and_rates_sums_over_sums() -> None:
    result = check("fct_segment_summary", {"dim_customer_segments": BUYERS})
    names = (
        "segment_order",
        "segment",
        "customers",
        "customer_share",
        "orders",
        "net_revenue",
        "revenue_share",
        "average_order_value",
        "mean_recency_days",
        "median_recency_days",
        "churned_customers",
        "churned_share",
    )
    rows = rows_of(result, *names)
    assert rows[0] == (1, "Champions", 3, 0.75, 10, Decimal(60), 0.75, 6.0, 4.0, 2.0, 1, 1 / 3)
    assert rows[1] == (10, "Lost", 1, 0.25, 1, Decimal(20), 0.25, 20.0, 120.0, 120.0, 1, 1.0)


def test_all_ten_segments_are_there_in_the_order_of_the_rules_also_empty_ones() -> None:
    result = check("fct_segment_summary", {"dim_customer_segments": BUYERS})
    rows = sorted(
        rows_of(result, "segment_order", "segment", "customers", "churned_share"), key=lambda row: row[0]
    )
    assert [segment for _, segment, _, _ in rows] == [
        "Champions",
        "Loyal Customers",
        "Potential Loyalists",
        "New Customers",
        "Promising",
        "Needs Attention",
        "At Risk",
        "Cannot Lose Them",
        "Hibernating",
        "Lost",
    ]
    assert [row[0] for row in rows] == list(range(1, 11))
    assert rows[3][2:] == (0, None)


def test_the_parts_add_up_to_all_buyers() -> None:
    result = check("fct_segment_summary", {"dim_customer_segments": BUYERS})
    rows = rows_of(result, "customers", "customer_share", "orders", "net_revenue", "revenue_share")
    assert [sum(column) for column in zip(*rows, strict=True)] == [4, 1.0, 11, Decimal(80), 1.0]


def test_without_buyers_and_without_revenue_shares_are_unknown_and_never_0() -> None:
    nobody = check("fct_segment_summary", {"dim_customer_segments": ""})
    assert set(rows_of(nobody, "customers", "customer_share", "revenue_share", "average_order_value")) == {
        (0, None, None, None)
    }
    unpaid = """
    | user_id | segment | recency_days | frequency | monetary | status |
    | a       | Lost    | 1            | 1         | 0        | active |
    """
    result = check("fct_segment_summary", {"dim_customer_segments": unpaid})
    assert (1, 1.0, None, 0.0, 0.0) in rows_of(
        result, "customers", "customer_share", "revenue_share", "average_order_value", "churned_share"
    )
