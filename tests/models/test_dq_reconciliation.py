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
        | order_id | session_id | user_id | is_counted | net_revenue |
        | 1        | A          | 7       | true       | 10          |
        | 2        | NULL       | 7       | true       | 5           |
        | 3        | B          | NULL    | true       | 2           |
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
        | calendar_date | net_revenue | ad_spend |
        | 2024-01-01    | 20          | 4        |
        | 2024-01-02    | -3          | 0        |
    """,
    "fct_daily_traffic": """
        | traffic_date | traffic_source | net_revenue |
        | 2024-01-01   | Email          | 12          |
        | 2024-01-01   | (no session)   | 8           |
        | 2024-01-02   | Email          | -3          |
    """,
    "dim_customers": """
        | user_id | orders | net_revenue |
        | 7       | 2      | 15          |
        | 8       | 0      | 0           |
    """,
    "fct_segment_summary": """
        | segment   | customers | net_revenue |
        | Champions | 1         | 15          |
        | Lost      | 0         | 0           |
    """,
    "fct_category_performance": """
        | category_level | category_path | net_revenue |
        | 1              | Hats          | 13          |
        | 1              | (not set)     | 4           |
    """,
    "fct_attribution": """
        | order_id | attribution_model | touch_number | credit | credited_revenue |
        | 1        | linear            | 1            | 0.5    | 5                |
        | 1        | linear            | 2            | 0.5    | 5                |
        | 2        | linear            | 0            | 1      | 5                |
        | 3        | linear            | 1            | 1      | 2                |
    """,
    "fct_campaign_performance": """
        | calendar_date | campaign_id   | attribution_model | attributed_revenue | spend |
        | 2024-01-01    | spring        | linear            | 5                  | 4     |
        | 2024-01-01    | (no campaign) | linear            | 12                 | 0     |
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
        | reconciliation              | left_value | right_value | difference | is_ok |
        | rows of users               | 10         | 10          | 0          | true  |
        | rows of orders              | 3          | 3           | 0          | true  |
        | session revenue             | 17         | 17          | 0          | true  |
        | profit and loss revenue     | 17         | 17          | 0          | true  |
        | customer revenue            | 17         | 17          | 0          | true  |
        | product revenue             | 17         | 17          | 0          | true  |
        | 'category revenue, level 1' | 17         | 17          | 0          | true  |
        | traffic revenue             | 17         | 17          | 0          | true  |
        | customers in segments       | 1          | 1           | 0          | true  |
        | segment revenue             | 15         | 15          | 0          | true  |
        | 'attributed revenue, linear'| 17         | 17          | 0          | true  |
        | 'attributed orders, linear' | 3          | 3           | 0          | true  |
        | 'campaign revenue, linear'  | 17         | 17          | 0          | true  |
        | 'campaign spend, linear'    | 4          | 4           | 0          | true  |
        """,
    )


def test_the_note_counts_what_explains_the_two_sides() -> None:
    notes = dict(rows_of(check("dq_reconciliation", AGREE), "reconciliation", "note"))
    assert notes["rows of users"] == "2 rejected, 1 duplicates"
    assert notes["session revenue"] == "1 orders have no session"


@pytest.mark.parametrize(
    ("table", "was", "becomes", "wrong"),
    [
        ("load_counts", "| 10        | 7 ", "| 11        | 7 ", {"rows of users": "1"}),
        ("fct_sessions", "| B          | 2 ", "| B          | 2.01 ", {"session revenue": "0.01"}),
        (
            "fct_daily_pnl",
            "| -3 ",
            "| -4 ",
            {"profit and loss revenue": "-1", "traffic revenue": "1"},
        ),
        ("fct_daily_traffic", "| 12  ", "| 13  ", {"traffic revenue": "1"}),
        ("dim_customers", "| 15 ", "| 14 ", {"customer revenue": "-1", "segment revenue": "1"}),
        ("fct_segment_summary", "| 1         | 15 ", "| 2         | 15 ", {"customers in segments": "1"}),
        ("fct_product_performance", "| 13 ", "| 13.000000001 ", {"product revenue": "0.000000001"}),
        ("fct_category_performance", "| 4 ", "| 3 ", {"category revenue, level 1": "-1"}),
        ("fct_attribution", "| 1      | 2 ", "| 1      | 4 ", {"attributed revenue, linear": "2"}),
        ("fct_attribution", "| 0            | 1 ", "| 0            | 2 ", {"attributed orders, linear": "1"}),
        ("fct_campaign_performance", "| 12   ", "| 11   ", {"campaign revenue, linear": "-1"}),
        ("fct_campaign_performance", "| 4     |", "| 8     |", {"campaign spend, linear": "4"}),
    ],
)
def test_a_sum_that_is_off_by_the_last_digit_makes_its_line_wrong_and_no_other(
    table: str, was: str, becomes: str, wrong: dict[str, str]
) -> None:
    assert AGREE[table].count(was) == 1
    rows = check("dq_reconciliation", AGREE | {table: AGREE[table].replace(was, becomes)})
    found = [row for row in rows_of(rows, "reconciliation", "difference", "is_ok") if not row[2]]
    assert {name: difference for name, difference, _ in found} == {
        name: Decimal(difference) for name, difference in wrong.items()
    }


def test_two_days_of_traffic_that_make_up_for_each_other_are_found() -> None:
    """The sum agrees, the days do not: the note counts them, and a check of severity error reads it."""
    traffic = AGREE["fct_daily_traffic"].replace("| 12  ", "| 13  ").replace("| -3 ", "| -4 ")
    rows = check("dq_reconciliation", AGREE | {"fct_daily_traffic": traffic})
    assert ("traffic revenue", True, "2 days differ") in rows_of(rows, "reconciliation", "is_ok", "note")


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
