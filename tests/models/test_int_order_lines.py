"""Specification of int_order_lines: the one definition of revenue and cost."""

from __future__ import annotations

import pytest

from tests.models.specify import check


def lines(orders: str, items: str, expect: str, **parameters: object) -> None:
    tables = {"stg_orders": orders, "stg_order_items": items, "int_order_sessions": ""}
    check("int_order_lines", tables, expect, **parameters)


# Money of a line


def test_prices_and_costs_are_per_unit() -> None:
    lines(
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | status   | quantity | list_price | discount | unit_cost |
        | 11            | 1        | complete | 3        | 10         | 1.50     | 4         |
        """,
        expect="""
        | gross_sales | discounts | cancellations | returns | net_revenue | cost_of_goods | gross_profit |
        | 30          | 4.50      | 0             | 0       | 25.50       | 12            | 13.50        |
        """,
    )


def test_a_returned_line_keeps_its_gross_and_gives_its_revenue_and_cost_back() -> None:
    lines(
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | status   | quantity | list_price | discount | unit_cost | returned_at |
        | 11            | 1        | returned | 2        | 10         | 1        | 4         | 2024-01-20  |
        """,
        expect="""
        | gross_sales | discounts | returns | net_revenue | cost_of_goods | returned_cost | gross_profit |
        | 20          | 2         | 18      | 0           | 0             | 8             | 0            |
        """,
    )


@pytest.mark.parametrize(
    ("order_status", "line_status"),
    [("cancelled", "cancelled"), ("cancelled", "complete"), ("complete", "cancelled"), ("cancelled", "NULL")],
)
def test_a_line_is_cancelled_with_its_order_or_on_its_own(order_status: str, line_status: str) -> None:
    lines(
        f"""
        | order_id | status         | created_at       |
        | 1        | {order_status} | 2024-01-10 10:00 |
        """,
        f"""
        | order_item_id | order_id | status        | quantity | list_price | discount | unit_cost |
        | 11            | 1        | {line_status} | 1        | 10         | 1        | 4         |
        """,
        expect="""
        | is_cancelled | gross_sales | cancellations | returns | net_revenue | cost_of_goods | gross_profit |
        | true         | 10          | 9             | 0       | 0           | 0             | 0            |
        """,
    )


def test_cancelled_wins_over_returned_so_that_no_line_is_deducted_twice() -> None:
    lines(
        """
        | order_id | status    | created_at       |
        | 1        | cancelled | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | status   | quantity | list_price | discount | unit_cost | returned_at |
        | 11            | 1        | returned | 1        | 10         | 0        | 4         | 2024-01-20  |
        """,
        expect="""
        | is_cancelled | is_returned | is_delivered | cancellations | returns | net_revenue | return_date |
        | true         | false       | false        | 10            | 0       | 0           | NULL        |
        """,
    )


def test_a_line_of_unknown_cost_costs_nothing_where_another_has_one() -> None:
    # The line with a cost comes after as_of: whether costs are known does not hang on the day.
    lines(
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-10 10:00 |
        | 2        | complete | 2024-03-10 10:00 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | unit_cost |
        | 11            | 1        | 1        | 10         | 0        | NULL      |
        | 21            | 2        | 1        | 10         | 0        | 4         |
        """,
        expect="| net_revenue | cost_of_goods | gross_profit |\n| 10 | 0 | 10 |",
    )


def test_where_no_line_has_a_cost_costs_and_profit_are_not_known() -> None:
    lines(
        """
        | order_id | status    | created_at       |
        | 1        | complete  | 2024-01-10 10:00 |
        | 2        | cancelled | 2024-01-10 10:00 |
        | 3        | returned  | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount |
        | 11            | 1        | 1        | 10         | 0        |
        | 21            | 2        | 1        | 10         | 0        |
        | 31            | 3        | 1        | 10         | 0        |
        """,
        expect="""
        | order_item_id | net_revenue | cost_of_goods | returned_cost | gross_profit |
        | 11            | 10          | NULL          | NULL          | NULL         |
        | 21            | 0           | NULL          | NULL          | NULL         |
        | 31            | 0           | NULL          | NULL          | NULL         |
        """,
    )


def test_lines_without_their_order_make_one_order_of_one_user_on_the_day_of_the_first_line() -> None:
    lines(
        "",
        """
        | order_item_id | order_id | user_id | status   | quantity | list_price | discount | created_at |
        | 11            | 1        | 7       | complete | 1        | 10         | 0        | 2024-01-10 |
        | 12            | 1        | 7       | returned | 1        | 10         | 0        | 2024-01-10 |
        | 13            | 1        | NULL    | shipped  | 1        | 10         | 0        | 2024-02-01 |
        """,
        expect="""
        | order_item_id | user_id | order_date | is_delivered | return_date | net_revenue |
        | 11            | 7       | 2024-01-10 | true         | NULL        | 10          |
        | 12            | 7       | 2024-01-10 | true         | 2024-01-10  | 0           |
        | 13            | 7       | 2024-01-10 | false        | NULL        | 10          |
        """,
    )


def test_the_buyer_is_the_user_of_the_order_else_of_the_line() -> None:
    lines(
        "| order_id | user_id | created_at |\n| 1 | 7 | 2024-01-10 |\n| 2 | NULL | 2024-01-10 |",
        """
        | order_item_id | order_id | user_id | quantity | list_price | discount |
        | 11            | 1        | 8       | 1        | 10         | 0        |
        | 12            | 2        | 8       | 1        | 10         | 0        |
        """,
        expect="| order_item_id | user_id |\n| 11 | 7 |\n| 12 | 8 |",
    )
