"""Specification of int_order_lines: what was returned and delivered by as_of, and on which day."""

from __future__ import annotations

from tests.models.specify import check


def lines(orders: str, items: str, expect: str, **parameters: object) -> None:
    tables = {"stg_orders": orders, "stg_order_items": items, "int_order_sessions": ""}
    check("int_order_lines", tables, expect, **parameters)


# Returned and delivered


def test_the_return_day_is_that_of_the_line_else_of_the_order_else_the_delivery_else_the_order() -> None:
    lines(
        """
        | order_id | status   | created_at       | delivered_at     | returned_at      |
        | 1        | returned | 2024-01-10 10:00 | 2024-01-12 10:00 | 2024-01-15 10:00 |
        | 2        | returned | 2024-01-10 10:00 | 2024-01-12 10:00 | NULL             |
        | 3        | returned | 2024-01-10 10:00 | NULL             | NULL             |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | created_at       | returned_at      |
        | 11            | 1        | 1        | 10         | 0        | 2024-01-11 10:00 | 2024-01-14 10:00 |
        | 12            | 1        | 1        | 10         | 0        | 2024-01-11 10:00 | NULL             |
        | 13            | 2        | 1        | 10         | 0        | 2024-01-11 10:00 | NULL             |
        | 14            | 3        | 1        | 10         | 0        | 2024-01-11 10:00 | NULL             |
        """,
        expect="""
        | order_item_id | is_returned | return_date | returns |
        | 11            | true        | 2024-01-14  | 10      |
        | 12            | true        | 2024-01-15  | 10      |
        | 13            | true        | 2024-01-12  | 10      |
        | 14            | true        | 2024-01-10  | 10      |
        """,
    )


def test_a_return_after_as_of_is_not_known_yet() -> None:
    lines(
        """
        | order_id | status   | created_at       | delivered_at     |
        | 1        | returned | 2024-01-10 10:00 | 2024-01-12 10:00 |
        """,
        """
        | order_item_id | order_id | status   | quantity | list_price | discount | unit_cost | returned_at |
        | 11            | 1        | returned | 1        | 10         | 0        | 4         | 2024-01-31  |
        | 12            | 1        | returned | 1        | 10         | 0        | 4         | 2024-02-01  |
        """,
        expect="""
        | order_item_id | is_returned | is_delivered | return_date | net_revenue | cost_of_goods |
        | 11            | true        | true         | 2024-01-31  | 0           | 0             |
        | 12            | false       | true         | NULL        | 10          | 4             |
        """,
    )


def test_a_return_dated_before_its_order_is_booked_on_the_day_of_the_order() -> None:
    lines(
        """
        | order_id | status   | created_at       |
        | 1        | returned | 2024-01-10 10:00 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | returned_at      |
        | 11            | 1        | 1        | 10         | 0        | 2024-01-02 10:00 |
        """,
        expect="| is_returned | order_date | return_date |\n| true | 2024-01-10 | 2024-01-10 |",
    )


def test_returned_is_a_status_and_the_line_knows_it_better_than_the_order() -> None:
    lines(
        """
        | order_id | status   | created_at       | returned_at      |
        | 1        | returned | 2024-01-10 10:00 | 2024-01-15 10:00 |
        | 2        | complete | 2024-01-10 10:00 | 2024-01-15 10:00 |
        """,
        """
        | order_item_id | order_id | status   | quantity | list_price | discount | returned_at      |
        | 11            | 1        | complete | 1        | 10         | 0        | NULL             |
        | 12            | 1        | NULL     | 1        | 10         | 0        | NULL             |
        | 13            | 2        | complete | 1        | 10         | 0        | 2024-01-15 10:00 |
        """,
        expect="""
        | order_item_id | is_returned | net_revenue |
        | 11            | false       | 10          |
        | 12            | true        | 0           |
        | 13            | false       | 10          |
        """,
    )


def test_delivered_is_delivered_by_as_of_or_complete_where_no_delivery_date_is_known() -> None:
    lines(
        """
        | order_id | status     | created_at       | delivered_at     |
        | 1        | shipped    | 2024-01-10 10:00 | 2024-01-31 23:59 |
        | 2        | complete   | 2024-01-10 10:00 | 2024-02-01 00:00 |
        | 3        | complete   | 2024-01-10 10:00 | NULL             |
        | 4        | shipped    | 2024-01-10 10:00 | NULL             |
        | 5        | processing | 2024-01-10 10:00 | NULL             |
        | 6        | cancelled  | 2024-01-10 10:00 | 2024-01-12 10:00 |
        | 7        | NULL       | 2024-01-10 10:00 | NULL             |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount |
        | 11            | 1        | 1        | 10         | 0        |
        | 12            | 2        | 1        | 10         | 0        |
        | 13            | 3        | 1        | 10         | 0        |
        | 14            | 4        | 1        | 10         | 0        |
        | 15            | 5        | 1        | 10         | 0        |
        | 16            | 6        | 1        | 10         | 0        |
        | 17            | 7        | 1        | 10         | 0        |
        """,
        expect="""
        | order_item_id | is_delivered |
        | 11            | true         |
        | 12            | false        |
        | 13            | true         |
        | 14            | false        |
        | 15            | false        |
        | 16            | false        |
        | 17            | false        |
        """,
    )


def test_a_returned_line_was_delivered_whatever_the_delivery_date_says() -> None:
    lines(
        """
        | order_id | status  | created_at       | delivered_at     |
        | 1        | shipped | 2024-01-10 10:00 | 2024-02-20 10:00 |
        """,
        """
        | order_item_id | order_id | status   | quantity | list_price | discount | returned_at      |
        | 11            | 1        | returned | 1        | 10         | 0        | 2024-01-20 10:00 |
        """,
        expect="| is_returned | is_delivered |\n| true | true |",
    )


# Days


def test_returns_and_deliveries_happen_on_days_of_the_time_zone() -> None:
    tables = (
        """
        | order_id | status   | created_at       | delivered_at     |
        | 1        | shipped  | 2024-01-10 10:00 | 2024-01-31 23:30 |
        | 2        | returned | 2024-01-10 10:00 | 2024-01-31 23:30 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount |
        | 11            | 1        | 1        | 10         | 0        |
        | 12            | 2        | 1        | 10         | 0        |
        """,
    )
    expect = """
        | order_item_id | is_delivered | is_returned | return_date |
        | 11            | true         | false       | NULL        |
        | 12            | true         | true        | 2024-01-31  |
    """
    lines(*tables, expect=expect)
    later = expect.replace("true", "false").replace("2024-01-31", "NULL")
    lines(*tables, expect=later, timezone="Europe/Berlin")


def test_a_line_belongs_to_the_day_of_its_order_in_the_time_zone_also_when_it_is_dated_later() -> None:
    tables = (
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-10 23:30 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | created_at       |
        | 11            | 1        | 1        | 10         | 0        | 2024-01-12 10:00 |
        | 12            | 1        | 1        | 10         | 0        | NULL             |
        """,
    )
    utc = """
        | order_item_id | order_date | placed_at        |
        | 11            | 2024-01-10 | 2024-01-12 10:00 |
        | 12            | 2024-01-10 | 2024-01-10 23:30 |
    """
    lines(*tables, expect=utc)
    lines(*tables, expect=utc.replace("| 2024-01-10 |", "| 2024-01-11 |"), timezone="Europe/Berlin")


def test_orders_after_as_of_are_not_read() -> None:
    tables = (
        """
        | order_id | status   | created_at       |
        | 1        | complete | 2024-01-31 23:59 |
        | 2        | complete | 2024-02-01 00:00 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | created_at       |
        | 11            | 1        | 1        | 10         | 0        | 2024-02-05 10:00 |
        | 12            | 2        | 1        | 10         | 0        | 2024-01-30 10:00 |
        """,
    )
    lines(*tables, expect="| order_item_id |\n| 11 |")
