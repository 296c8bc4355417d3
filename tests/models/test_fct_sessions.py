"""Specification of fct_sessions: what happened in a session, where it came from, what it sold."""

from __future__ import annotations

import pytest

from tests.models.specify import check, sideways

A_LINE = "| order_item_id | order_id |\n| 1 | 1 |"
"""Order lines were loaded: orders are known."""


def sessions(
    events: str, expect: str, orders: str = "", users: str = "", lines: str = A_LINE, **parameters: object
) -> None:
    tables = {"stg_events": events, "int_orders": orders, "stg_users": users, "stg_order_items": lines}
    check("fct_sessions", tables, expect, **parameters)


# Counts


def test_each_kind_of_event_has_its_count() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       | event_type       |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | page_view        |
        | 2        | u:1        | 1       | 2024-01-01 10:01 | page_view        |
        | 3        | u:1        | 1       | 2024-01-01 10:02 | search           |
        | 4        | u:1        | 1       | 2024-01-01 10:03 | product_view     |
        | 5        | u:1        | 1       | 2024-01-01 10:04 | click            |
        | 6        | u:1        | 1       | 2024-01-01 10:05 | add_to_cart      |
        | 7        | u:1        | 1       | 2024-01-01 10:06 | remove_from_cart |
        | 8        | u:1        | 1       | 2024-01-01 10:07 | checkout         |
        | 9        | u:1        | 1       | 2024-01-01 10:08 | purchase         |
        | 10       | u:1        | 1       | 2024-01-01 10:09 | cancel           |
        | 11       | u:1        | 1       | 2024-01-01 10:10 | sign_up          |
        | 12       | u:1        | 1       | 2024-01-01 10:11 | other            |
        """,
        expect=sideways(
            """
            | visitor_id        | u:1 |
            | user_id           | 1   |
            | events            | 12  |
            | page_views        | 2   |
            | searches          | 1   |
            | product_views     | 1   |
            | clicks            | 1   |
            | add_to_carts      | 1   |
            | removes_from_cart | 1   |
            | checkouts         | 1   |
            | purchases         | 1   |
            | cancels           | 1   |
            """
        ),
    )


def test_products_viewed_are_distinct_and_of_product_views_only() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   | product_id |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view | 5          |
        | 2        | u:1        | 1       | 2024-01-01 10:01 | product_view | 5          |
        | 3        | u:1        | 1       | 2024-01-01 10:02 | product_view | 6          |
        | 4        | u:1        | 1       | 2024-01-01 10:03 | product_view | NULL       |
        | 5        | u:1        | 1       | 2024-01-01 10:04 | add_to_cart  | 9          |
        """,
        expect="| product_views | products_viewed |\n| 4 | 2 |",
    )


def test_a_bounce_is_a_session_of_one_event() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time                 | event_type |
        | 1        | u:1        | 1       | 2024-01-01 10:00:00        | page_view  |
        | 2        | u:2        | 2       | 2024-01-01 10:00:00        | page_view  |
        | 3        | u:2        | 2       | 2024-01-01 10:00:00        | page_view  |
        | 4        | u:3        | 3       | 2024-01-01 10:00:00.250000 | page_view  |
        | 5        | u:3        | 3       | 2024-01-01 10:00:01.750000 | page_view  |
        """,
        expect="""
        | visitor_id | events | is_bounce | duration_seconds | ended_at                   |
        | u:1        | 1      | true      | 0                | 2024-01-01 10:00:00        |
        | u:2        | 2      | false     | 0                | 2024-01-01 10:00:00        |
        | u:3        | 2      | false     | 1.5              | 2024-01-01 10:00:01.750000 |
        """,
    )


def test_the_first_session_of_a_visitor_is_new_and_all_others_return() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       | event_type |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 | page_view  |
        | 2        | u:1        | 1       | B                 | 2024-01-01 12:00 | page_view  |
        | 3        | u:1        | 1       | C                 | 2024-01-09 10:00 | page_view  |
        | 4        | s:D        | NULL    | D                 | 2024-01-05 10:00 | page_view  |
        """,
        expect="""
        | visitor_id | user_id | source_session_id | started_at       | is_first_session |
        | u:1        | 1       | A                 | 2024-01-01 10:00 | true             |
        | u:1        | 1       | B                 | 2024-01-01 12:00 | false            |
        | u:1        | 1       | C                 | 2024-01-09 10:00 | false            |
        | s:D        | NULL    | D                 | 2024-01-05 10:00 | true             |
        """,
    )


# Where it came from


def test_a_session_is_described_by_its_first_event_and_exits_on_its_last() -> None:
    sessions(
        """
        | event_id | visitor_id | event_time | event_order | uri | traffic_source | device | browser |
        | 1        | s:A        | 2024-01-01 | 2           | /b  | Email          | phone  | Safari  |
        | 2        | s:A        | 2024-01-01 | 1           | /a  | Search         | NULL   | Chrome  |
        | 3        | s:A        | 2024-01-01 | 3           | /c  | Email          | phone  | Safari  |
        """,
        expect="""
        | landing_uri | exit_uri | traffic_source | device | browser |
        | /a          | /c       | Search         | NULL   | Chrome  |
        """,
    )


def test_campaign_and_referrer_are_those_of_the_first_event() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       | campaign_id | referrer |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | spring      | news.org |
        | 2        | u:1        | 1       | 2024-01-01 10:01 | autumn      | blog.org |
        """,
        expect="| campaign_id | referrer |\n| spring | news.org |",
    )


def test_the_country_is_that_of_the_first_event_else_of_the_user_else_unknown() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       | country |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 | Brasil  |
        | 2        | u:2        | 2       | B                 | 2024-01-01 10:00 | NULL    |
        | 3        | u:2        | 2       | B                 | 2024-01-01 10:01 | Spain   |
        | 4        | u:3        | 3       | C                 | 2024-01-01 10:00 | NULL    |
        | 5        | s:D        | NULL    | D                 | 2024-01-01 10:00 | NULL    |
        """,
        expect="""
        | visitor_id | country |
        | u:1        | Brasil  |
        | u:2        | Japan   |
        | u:3        | NULL    |
        | s:D        | NULL    |
        """,
        users="| user_id | country |\n| 1 | China |\n| 2 | Japan |",
    )


# When


def test_weekdays_start_with_monday_and_a_session_belongs_to_the_day_it_started() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       |
        | 1        | u:1        | 1       | 2024-01-01 00:00 |
        | 2        | u:2        | 2       | 2024-01-06 12:59 |
        | 3        | u:3        | 3       | 2024-01-07 23:50 |
        | 4        | u:3        | 3       | 2024-01-08 00:10 |
        """,
        expect="""
        | visitor_id | session_date | started_weekday | started_hour |
        | u:1        | 2024-01-01   | 1               | 0            |
        | u:2        | 2024-01-06   | 6               | 12           |
        | u:3        | 2024-01-07   | 7               | 23           |
        """,
    )


def test_day_weekday_and_hour_are_those_of_the_time_zone_in_summer_and_winter() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       |
        | 1        | u:1        | 1       | 2024-01-01 23:30 |
        | 2        | u:2        | 2       | 2024-03-31 00:59 |
        | 3        | u:3        | 3       | 2024-03-31 01:00 |
        | 4        | u:4        | 4       | 2024-06-01 22:30 |
        | 5        | u:5        | 5       | 2024-10-27 00:30 |
        | 6        | u:6        | 6       | 2024-10-27 01:30 |
        """,
        expect="""
        | visitor_id | session_date | started_weekday | started_hour |
        | u:1        | 2024-01-02   | 2               | 0            |
        | u:2        | 2024-03-31   | 7               | 1            |
        | u:3        | 2024-03-31   | 7               | 3            |
        | u:4        | 2024-06-02   | 7               | 0            |
        | u:5        | 2024-10-27   | 7               | 2            |
        | u:6        | 2024-10-27   | 7               | 2            |
        """,
        as_of="2024-12-31",
        timezone="Europe/Berlin",
    )


# What it sold


def test_a_session_sells_its_counted_orders_and_their_net_revenue() -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       | event_type |
        | 1        | u:1        | 1       | 2024-01-01 00:00 | purchase   |
        | 2        | u:2        | 2       | 2024-01-01 00:00 | page_view  |
        """,
        expect="""
        | session_id           | orders | net_revenue |
        | u:1@1704067200000000 | 2      | 15.50       |
        | u:2@1704067200000000 | 0      | 0           |
        """,
        orders="""
        | order_id | session_id           | is_counted | net_revenue |
        | 1        | u:1@1704067200000000 | true       | 10          |
        | 2        | u:1@1704067200000000 | true       | 5.50        |
        | 3        | u:1@1704067200000000 | false      | 0           |
        | 4        | NULL                 | true       | 99          |
        """,
    )


@pytest.mark.parametrize(("lines", "orders", "revenue"), [("", "NULL", "NULL"), (A_LINE, "0", "0")])
def test_without_any_order_line_orders_and_revenue_are_unknown_and_not_zero(
    lines: str, orders: str, revenue: str
) -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       | event_type |
        | 1        | u:1        | 1       | 2024-01-01 00:00 | purchase   |
        """,
        expect=f"| purchases | orders | net_revenue |\n| 1 | {orders} | {revenue} |",
        lines=lines,
    )


@pytest.mark.parametrize(("as_of", "expected"), [("2024-01-01", 1), ("2024-01-02", 2)])
def test_a_session_cut_by_as_of_ends_with_the_last_event_that_counts(as_of: str, expected: int) -> None:
    sessions(
        """
        | event_id | visitor_id | user_id | event_time       | event_type |
        | 1        | u:1        | 1       | 2024-01-01 23:50 | page_view  |
        | 2        | u:1        | 1       | 2024-01-02 00:05 | page_view  |
        """,
        expect=f"| session_id | events |\n| u:1@1704153000000000 | {expected} |",
        as_of=as_of,
    )
