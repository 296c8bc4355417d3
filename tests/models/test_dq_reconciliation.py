"""Specification of dq_reconciliation: sums that must agree, and that it says so when they do not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.models.specify import check, rows_of

AGREE = {
    "load_counts": """
        | table_name | rows_read | rows_staged | rows_rejected | duplicates_dropped |
        | users      | 10        | 7           | 2             | 1                  |
        | orders     | 3         | 3           | 0             | 0                  |
    """,
    "int_orders": """
        | order_id | session_id | user_id | net_revenue |
        | 1        | A          | 7       | 10          |
        | 2        | NULL       | 7       | 5           |
        | 3        | B          | NULL    | 2           |
    """,
    "int_order_lines": """
        | order_item_id | product_id | net_revenue |
        | 11            | 5          | 13          |
        | 12            | NULL       | 4           |
    """,
    "fct_sessions": """
        | session_id | net_revenue |
        | A          | 10          |
        | B          | 2           |
    """,
    "fct_daily_pnl": """
        | calendar_date | net_revenue |
        | 2024-01-01    | 20          |
        | 2024-01-02    | -3          |
    """,
    "dim_customers": """
        | user_id | net_revenue |
        | 7       | 15          |
    """,
    "fct_product_performance": """
        | product_id | net_revenue |
        | 5          | 13          |
    """,
}


def test_a_shop_whose_sums_agree_has_only_right_lines() -> None:
    check(
        "dq_reconciliation",
        AGREE,
        expect="""
        | reconciliation          | left_value | right_value | difference | is_ok |
        | rows of users           | 10         | 10          | 0          | true  |
        | rows of orders          | 3          | 3           | 0          | true  |
        | session revenue         | 17         | 17          | 0          | true  |
        | profit and loss revenue | 17         | 17          | 0          | true  |
        | customer revenue        | 17         | 17          | 0          | true  |
        | product revenue         | 17         | 17          | 0          | true  |
        """,
    )


def test_the_note_counts_what_explains_the_two_sides() -> None:
    notes = dict(rows_of(check("dq_reconciliation", AGREE), "reconciliation", "note"))
    assert notes["rows of users"] == "2 rejected, 1 duplicates"
    assert notes["session revenue"] == "1 orders have no session"


@pytest.mark.parametrize(
    ("table", "was", "becomes", "line", "difference"),
    [
        ("load_counts", "| 10        | 7 ", "| 11        | 7 ", "rows of users", "1"),
        ("fct_sessions", "| B          | 2 ", "| B          | 2.01 ", "session revenue", "0.01"),
        ("fct_daily_pnl", "| -3 ", "| -4 ", "profit and loss revenue", "-1"),
        ("dim_customers", "| 7       | 15 ", "| 7       | 0 ", "customer revenue", "-15"),
        ("fct_product_performance", "| 13 ", "| 13.000000001 ", "product revenue", "0.000000001"),
    ],
)
def test_a_sum_that_is_off_by_the_last_digit_makes_its_line_wrong_and_no_other(
    table: str, was: str, becomes: str, line: str, difference: str
) -> None:
    assert was in AGREE[table]
    rows = check("dq_reconciliation", AGREE | {table: AGREE[table].replace(was, becomes)})
    wrong = [row for row in rows_of(rows, "reconciliation", "difference", "is_ok") if not row[2]]
    assert [row[:2] for row in wrong] == [(line, Decimal(difference))]


def test_an_order_that_is_missing_from_its_session_is_found() -> None:
    """The order says session A, but no session sold it."""
    sessions = "| session_id | net_revenue |\n| A | 0 |\n| B | 2 |"
    rows = check("dq_reconciliation", AGREE | {"fct_sessions": sessions})
    assert ("session revenue", False) in rows_of(rows, "reconciliation", "is_ok")


def test_a_shop_without_events_has_no_line_for_sessions() -> None:
    rows = check("dq_reconciliation", AGREE | {"fct_sessions": ""})
    assert "session revenue" not in {row[0] for row in rows_of(rows, "reconciliation")}


def test_a_shop_without_orders_still_has_its_row_equations() -> None:
    check(
        "dq_reconciliation",
        {"load_counts": AGREE["load_counts"]},
        expect="""
        | reconciliation          | left_value | right_value | is_ok |
        | rows of users           | 10         | 10          | true  |
        | rows of orders          | 3          | 3           | true  |
        | profit and loss revenue | 0          | 0           | true  |
        | customer revenue        | 0          | 0           | true  |
        | product revenue         | 0          | 0           | true  |
        """,
    )
