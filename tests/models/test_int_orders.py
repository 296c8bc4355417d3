"""Specification of int_orders: what an order is, which one counts, and its place in a customer's history."""

from __future__ import annotations

from tests.models.specify import check, sideways


def orders(orders: str, items: str, expect: str, **parameters: object) -> None:
    tables = {"stg_orders": orders, "stg_order_items": items, "int_order_sessions": ""}
    check("int_orders", tables, expect, **parameters)


# Sums


def test_an_order_is_the_sum_of_its_lines_and_items_are_units_that_were_not_cancelled() -> None:
    orders(
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | status    | quantity | list_price | discount | unit_cost | returned_at |
        | 11            | 1        | complete  | 2        | 10         | 1        | 4         | NULL        |
        | 12            | 1        | cancelled | 5        | 3          | 0        | 1         | NULL        |
        | 13            | 1        | returned  | 1        | 20         | 2        | 9         | 2024-01-20  |
        """,
        expect="""
        | items | gross_sales | discounts | cancellations | returns | net_revenue | gross_profit |
        | 3     | 55          | 4         | 15            | 18      | 18          | 10           |
        """,
    )


def test_an_order_without_lines_counts_and_is_worth_nothing() -> None:
    orders(
        """
        | order_id | user_id | visitor_id | status  | created_at       |
        | 1        | 7       | u:7        | shipped | 2024-01-10 10:00 |
        """,
        "",
        expect=sideways(
            """
            | order_id      | 1          |
            | user_id       | 7          |
            | visitor_id    | u:7        |
            | is_counted    | true       |
            | order_date    | 2024-01-10 |
            | order_number  | 1          |
            | items         | 0          |
            | gross_sales   | 0          |
            | discounts     | 0          |
            | cancellations | 0          |
            | returns       | 0          |
            | net_revenue   | 0          |
            | cost_of_goods | 0          |
            | gross_profit  | 0          |
            """
        ),
    )


def test_lines_without_their_order_make_an_order_of_their_own_dates_user_and_status() -> None:
    orders(
        "",
        """
        | order_item_id | order_id | user_id | status    | quantity | list_price | discount | created_at |
        | 11            | 1        | 7       | complete  | 1        | 10         | 0        | 2024-01-11 |
        | 12            | 1        | 7       | cancelled | 1        | 5          | 0        | 2024-01-10 |
        | 21            | 2        | 8       | cancelled | 1        | 10         | 0        | 2024-01-10 |
        | 31            | 3        | 9       | returned  | 1        | 10         | 0        | 2024-01-10 |
        """,
        expect="""
        | order_id | user_id | visitor_id | status     | created_at | order_date | order_number | items |
        | 1        | 7       | u:7        | processing | 2024-01-10 | 2024-01-10 | 1            | 1     |
        | 2        | 8       | u:8        | cancelled  | 2024-01-10 | 2024-01-10 | NULL         | 0     |
        | 3        | 9       | u:9        | returned   | 2024-01-10 | 2024-01-10 | 1            | 1     |
        """,
    )


# Which orders count


def test_only_cancelled_orders_are_not_counted() -> None:
    orders(
        """
        | order_id | visitor_id | status     | created_at       |
        | 1        | u:1        | processing | 2024-01-10 10:00 |
        | 2        | u:2        | shipped    | 2024-01-10 10:00 |
        | 3        | u:3        | complete   | 2024-01-10 10:00 |
        | 4        | u:4        | returned   | 2024-01-10 10:00 |
        | 5        | u:5        | cancelled  | 2024-01-10 10:00 |
        """,
        "",
        expect="""
        | order_id | is_counted | order_number |
        | 1        | true       | 1            |
        | 2        | true       | 1            |
        | 3        | true       | 1            |
        | 4        | true       | 1            |
        | 5        | false      | NULL         |
        """,
    )


def test_an_order_is_counted_by_its_own_status_even_when_all_its_lines_are_cancelled() -> None:
    orders(
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | status    | quantity | list_price | discount |
        | 11            | 1        | cancelled | 1        | 10         | 0        |
        """,
        expect="""
        | is_counted | order_number | items | net_revenue |
        | true       | 1            | 0     | 0           |
        """,
    )


# The number of an order


def test_orders_are_numbered_by_time_then_id_and_cancelled_ones_take_no_number() -> None:
    orders(
        """
        | order_id | visitor_id | status    | created_at       |
        | 5        | u:1        | cancelled | 2024-01-01 10:00 |
        | 4        | u:1        | complete  | 2024-01-02 10:00 |
        | b        | u:1        | complete  | 2024-01-03 10:00 |
        | a        | u:1        | returned  | 2024-01-03 10:00 |
        | 2        | u:1        | cancelled | 2024-01-04 10:00 |
        | 1        | u:1        | shipped   | 2024-01-05 10:00 |
        | 9        | u:2        | shipped   | 2024-01-05 10:00 |
        """,
        "",
        expect="""
        | order_id | order_number |
        | 5        | NULL         |
        | 4        | 1            |
        | a        | 2            |
        | b        | 3            |
        | 2        | NULL         |
        | 1        | 4            |
        | 9        | 1            |
        """,
    )


def test_every_order_of_an_unknown_guest_is_a_first_order_and_a_known_guest_may_return() -> None:
    orders(
        """
        | order_id | user_id | visitor_id | status   | created_at       |
        | 1        | NULL    | NULL       | complete | 2024-01-01 10:00 |
        | 2        | NULL    | NULL       | complete | 2024-01-02 10:00 |
        | 3        | NULL    | s:cookie   | complete | 2024-01-01 10:00 |
        | 4        | NULL    | s:cookie   | complete | 2024-01-02 10:00 |
        """,
        "",
        expect="""
        | order_id | user_id | order_number |
        | 1        | NULL    | 1            |
        | 2        | NULL    | 1            |
        | 3        | NULL    | 1            |
        | 4        | NULL    | 2            |
        """,
    )


# Days and sessions


def test_orders_after_as_of_are_not_read_and_take_no_number() -> None:
    orders(
        """
        | order_id | visitor_id | status   | created_at       |
        | 1        | u:1        | complete | 2024-01-31 23:59 |
        | 2        | u:1        | complete | 2024-02-01 00:00 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | created_at       |
        | 11            | 1        | 1        | 10         | 0        | 2024-02-05 10:00 |
        | 12            | 2        | 1        | 10         | 0        | 2024-01-30 10:00 |
        """,
        expect="""
        | order_id | order_number | net_revenue |
        | 1        | 1            | 10          |
        """,
    )


def test_the_day_of_an_order_is_that_of_the_time_zone_with_lines_or_without() -> None:
    tables = (
        """
        | order_id | visitor_id | status   | created_at       |
        | 1        | u:1        | complete | 2024-01-10 23:30 |
        | 2        | u:2        | complete | 2024-01-10 23:30 |
        """,
        "| order_item_id | order_id | quantity | list_price | discount |\n| 11 | 1 | 1 | 10 | 0 |",
    )
    expect = "| order_id | order_date |\n| 1 | 2024-01-10 |\n| 2 | 2024-01-10 |"
    orders(*tables, expect=expect)
    orders(*tables, expect=expect.replace("01-10", "01-11"), timezone="Europe/Berlin")


def test_the_session_of_an_order_is_that_of_its_first_line() -> None:
    check(
        "int_orders",
        {
            "stg_orders": """
            | order_id | status   | created_at       |
            | 1        | complete | 2024-01-10 10:00 |
            | 2        | complete | 2024-01-10 10:00 |
            | 3        | complete | 2024-01-10 10:00 |
            """,
            "int_order_sessions": """
            | order_item_id | order_id | placed_at        | session_id |
            | 11            | 1        | 2024-01-10 12:00 | B          |
            | 12            | 1        | 2024-01-10 11:00 | A          |
            | 22            | 2        | 2024-01-10 11:00 | D          |
            | 21            | 2        | 2024-01-10 11:00 | C          |
            """,
            "stg_order_items": "",
        },
        expect="""
        | order_id | session_id |
        | 1        | A          |
        | 2        | C          |
        | 3        | NULL       |
        """,
    )
