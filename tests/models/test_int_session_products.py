"""Specification of int_session_products: what each session looked at and put into the cart."""

from __future__ import annotations

from tests.models.specify import check


def sessions(events: str, expect: str) -> None:
    check("int_session_products", {"int_session_events": events}, expect)


def test_views_and_additions_to_the_cart_are_counted_with_their_first_and_last_time_and_position() -> None:
    sessions(
        """
        | session_id | visitor_id | user_id | product_id | event_type   | event_time       | event_number |
        | A          | u:1        | 1       | 5          | product_view | 2024-01-01 10:00 | 3            |
        | A          | u:1        | 1       | 5          | product_view | 2024-01-01 10:05 | 6            |
        | A          | u:1        | 1       | 5          | add_to_cart  | 2024-01-01 10:01 | 4            |
        | A          | u:1        | 1       | 5          | add_to_cart  | 2024-01-01 10:07 | 8            |
        | A          | u:1        | 1       | 6          | product_view | 2024-01-01 10:06 | 7            |
        """,
        expect="""
        | product_id | views | first_viewed_at  | last_viewed_at   | first_view_number |
        | 5          | 2     | 2024-01-01 10:00 | 2024-01-01 10:05 | 3                 |
        | 6          | 1     | 2024-01-01 10:06 | 2024-01-01 10:06 | 7                 |
        """,
    )
    sessions(
        """
        | session_id | product_id | event_type   | event_time       | event_number |
        | A          | 5          | product_view | 2024-01-01 10:00 | 3            |
        | A          | 5          | add_to_cart  | 2024-01-01 10:01 | 4            |
        | A          | 5          | add_to_cart  | 2024-01-01 10:07 | 8            |
        """,
        expect="""
        | product_id | add_to_carts | first_carted_at  | last_carted_at   | last_cart_number |
        | 5          | 2            | 2024-01-01 10:01 | 2024-01-01 10:07 | 8                |
        """,
    )


def test_a_product_that_was_only_viewed_or_only_put_into_the_cart_has_no_time_of_the_other() -> None:
    sessions(
        """
        | session_id | product_id | event_type   | event_time       | event_number |
        | A          | 5          | product_view | 2024-01-01 10:00 | 1            |
        | A          | 6          | add_to_cart  | 2024-01-01 10:01 | 2            |
        """,
        expect="""
        | product_id | views | first_viewed_at  | first_view_number | add_to_carts | last_carted_at   | last_cart_number |
        | 5          | 1     | 2024-01-01 10:00 | 1                 | 0            | NULL             | NULL             |
        | 6          | 0     | NULL             | NULL              | 1            | 2024-01-01 10:01 | 2                |
        """,
    )


def test_each_session_has_a_row_of_its_own_with_its_visitor_and_user() -> None:
    sessions(
        """
        | session_id | visitor_id | user_id | session_started_at | product_id | event_type   |
        | A          | u:1        | 1       | 2024-01-01 10:00   | 5          | product_view |
        | B          | u:1        | 1       | 2024-01-02 10:00   | 5          | product_view |
        | C          | s:9        | NULL    | 2024-01-03 10:00   | 5          | product_view |
        | C          | s:9        | NULL    | 2024-01-03 10:00   | 5          | product_view |
        """,
        expect="""
        | session_id | visitor_id | user_id | session_started_at | product_id | views |
        | A          | u:1        | 1       | 2024-01-01 10:00   | 5          | 1     |
        | B          | u:1        | 1       | 2024-01-02 10:00   | 5          | 1     |
        | C          | s:9        | NULL    | 2024-01-03 10:00   | 5          | 2     |
        """,
    )


def test_other_events_and_events_that_name_no_product_make_no_row() -> None:
    sessions(
        """
        | session_id | product_id | event_type       |
        | A          | NULL       | product_view     |
        | A          | NULL       | add_to_cart      |
        | A          | 5          | click            |
        | A          | 5          | purchase         |
        | A          | 5          | remove_from_cart |
        """,
        expect="| session_id | product_id |",
    )


def test_a_cart_event_without_a_product_counts_for_the_product_viewed_last_in_the_session() -> None:
    check(
        "int_session_products",
        {
            "stg_events": """
            | event_id | visitor_id | user_id | event_time       | event_type   | product_id |
            | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view | 5          |
            | 2        | u:1        | 1       | 2024-01-01 10:01 | add_to_cart  | NULL       |
            | 3        | u:1        | 1       | 2024-01-01 10:02 | product_view | 6          |
            | 4        | u:1        | 1       | 2024-01-01 10:40 | add_to_cart  | NULL       |
            """
        },
        expect="""
        | product_id | session_started_at | views | add_to_carts |
        | 5          | 2024-01-01 10:00   | 1     | 1            |
        | 6          | 2024-01-01 10:00   | 1     | 0            |
        """,
    )


def test_an_empty_shop_has_no_rows() -> None:
    check("int_session_products", {"stg_events": ""}, expect="| session_id | product_id |")
