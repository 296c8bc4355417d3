"""Specification of fct_daily_traffic: sessions and sales by day and traffic source."""

from __future__ import annotations

from tests.models.small_shop import SHOP
from tests.models.specify import build_shop, check, rows_of, sideways


def traffic(events: str, expect: str, orders: str = "", lines: str = "", **parameters: object) -> None:
    tables = {"stg_events": events, "stg_orders": orders, "stg_order_items": lines}
    check("fct_daily_traffic", tables, expect, **parameters)


# Sessions


def test_rates_are_over_the_sessions_of_the_day_and_source_and_no_source_is_named_so() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   | traffic_source |
        | 01       | u:1        | 1       | 2024-01-01 10:00 | product_view | Email          |
        | 02       | u:1        | 1       | 2024-01-01 10:10 | add_to_cart  | Email          |
        | 03       | u:1        | 1       | 2024-01-01 15:00 | purchase     | Email          |
        | 04       | u:2        | 2       | 2024-01-01 10:00 | page_view    | Email          |
        | 05       | u:2        | 2       | 2024-01-01 10:01 | page_view    | Search         |
        | 06       | u:3        | 3       | 2024-01-01 10:00 | add_to_cart  | Email          |
        | 07       | u:3        | 3       | 2024-01-02 10:00 | purchase     | Email          |
        | 08       | u:4        | 4       | 2024-01-01 10:00 | product_view | NULL           |
        """,
        expect=sideways(
            """
            | traffic_date      | 2024-01-01 | 2024-01-02 | 2024-01-01 |
            | traffic_source    | Email      | Email      | (not set)  |
            | sessions          | 4          | 1          | 1          |
            | visitors          | 3          | 1          | 1          |
            | new_visitors      | 3          | 0          | 1          |
            | bounces           | 2          | 1          | 1          |
            | bounce_rate       | 0.5        | 1          | 1          |
            | view_sessions     | 1          | 0          | 1          |
            | cart_sessions     | 2          | 0          | 0          |
            | purchase_sessions | 1          | 1          | 0          |
            | add_to_cart_rate  | 0.5        | 0          | 0          |
            | purchase_rate     | 0.25       | 1          | 0          |
            """
        ),
    )


def test_durations_are_the_mean_and_the_median_over_sessions_bounces_included() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time                 | traffic_source |
        | 1        | u:1        | 1       | 2024-01-01 10:00           | Email          |
        | 2        | u:2        | 2       | 2024-01-01 10:00           | Email          |
        | 3        | u:2        | 2       | 2024-01-01 10:01           | Email          |
        | 4        | u:3        | 3       | 2024-01-01 10:00           | Email          |
        | 5        | u:3        | 3       | 2024-01-01 10:20           | Email          |
        | 6        | u:4        | 4       | 2024-01-01 10:00           | Email          |
        | 7        | u:4        | 4       | 2024-01-01 10:01:20.500000 | Email          |
        """,
        expect="""
        | mean_duration_seconds | median_duration_seconds |
        | 335.125               | 70.25                   |
        """,
    )


def test_a_day_begins_at_midnight_of_the_time_zone() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time       |
        | 1        | u:1        | 1       | 2024-01-01 22:50 |
        | 2        | u:1        | 1       | 2024-01-01 23:10 |
        | 3        | u:2        | 2       | 2024-01-01 23:10 |
        """,
        expect="""
        | traffic_date | sessions | bounces |
        | 2024-01-01   | 1        | 1       |
        | 2024-01-02   | 1        | 1       |
        """,
        timezone="Europe/Berlin",
    )


# Orders

BUYER = """
    | event_id | visitor_id | user_id | event_time       | event_type | traffic_source |
    | 1        | u:1        | 1       | 2024-01-01 10:00 | page_view  | Email          |
    | 2        | u:1        | 1       | 2024-01-03 10:00 | page_view  | Search         |
"""


def test_sales_stand_on_the_day_of_the_order_and_returns_on_the_day_of_the_return() -> None:
    traffic(
        BUYER,
        orders="""
        | order_id | user_id | visitor_id | status   | created_at       |
        | 1        | 1       | u:1        | complete | 2024-01-01 10:05 |
        | 2        | 1       | u:1        | complete | 2024-01-03 11:00 |
        """,
        lines="""
        | order_item_id | order_id | status    | quantity | list_price | discount | returned_at      |
        | 11            | 1        | complete  | 1        | 10         | 1        | NULL             |
        | 12            | 1        | returned  | 2        | 20         | 0        | 2024-01-03 09:00 |
        | 13            | 1        | cancelled | 1        | 99         | 0        | NULL             |
        | 21            | 2        | returned  | 1        | 5          | 0        | 2024-01-04 09:00 |
        """,
        expect="""
        | traffic_date | traffic_source | sessions | bounce_rate | orders | net_revenue | revenue_per_session |
        | 2024-01-01   | Email          | 1        | 1           | 1      | 49          | 49                  |
        | 2024-01-03   | Email          | 0        | NULL        | 0      | -40         | NULL                |
        | 2024-01-03   | Search         | 1        | 1           | 1      | 5           | 5                   |
        | 2024-01-04   | Search         | 0        | NULL        | 0      | -5          | NULL                |
        """,
    )


def test_a_cancelled_order_is_no_order_and_has_no_row_of_its_own() -> None:
    traffic(
        BUYER,
        orders="""
        | order_id | user_id | visitor_id | status    | created_at       |
        | 1        | 1       | u:1        | cancelled | 2024-01-02 10:05 |
        | 2        | 1       | u:1        | cancelled | 2024-01-03 10:05 |
        """,
        lines="""
        | order_item_id | order_id | status    | quantity | list_price | discount |
        | 11            | 1        | cancelled | 1        | 10         | 0        |
        | 21            | 2        | cancelled | 1        | 10         | 0        |
        """,
        expect="""
        | traffic_date | traffic_source | orders | net_revenue |
        | 2024-01-01   | Email          | 0      | 0           |
        | 2024-01-03   | Search         | 0      | 0           |
        """,
    )


def test_an_order_of_who_was_never_seen_has_no_session() -> None:
    traffic(
        BUYER,
        orders="""
        | order_id | user_id | visitor_id | status   | created_at       |
        | 1        | 9       | u:9        | complete | 2024-01-01 10:05 |
        | 2        | NULL    | NULL       | complete | 2024-01-01 10:05 |
        """,
        lines="""
        | order_item_id | order_id | status   | quantity | list_price | discount |
        | 11            | 1        | complete | 1        | 10         | 0        |
        | 21            | 2        | complete | 1        | 5          | 0        |
        """,
        expect="""
        | traffic_date | traffic_source | sessions | visitors | orders | net_revenue | revenue_per_session |
        | 2024-01-01   | Email          | 1        | 1        | 0      | 0           | 0                   |
        | 2024-01-01   | (no session)   | 0        | 0        | 2      | 15          | NULL                |
        | 2024-01-03   | Search         | 1        | 1        | 0      | 0           | 0                   |
        """,
    )


def test_without_any_order_line_orders_are_unknown_and_not_zero() -> None:
    traffic(
        BUYER,
        expect="""
        | traffic_source | orders | net_revenue | revenue_per_session |
        | Email          | NULL   | NULL        | NULL                |
        | Search         | NULL   | NULL        | NULL                |
        """,
    )


def test_orders_after_as_of_make_the_orders_before_it_none_and_not_unknown() -> None:
    traffic(
        BUYER,
        orders="| order_id | visitor_id | status | created_at |\n| 1 | u:1 | complete | 2024-02-09 |",
        lines="| order_item_id | order_id | quantity | list_price | discount |\n| 1 | 1 | 1 | 9 | 0 |",
        expect="| traffic_source | orders | net_revenue |\n| Email | 0 | 0 |\n| Search | 0 | 0 |",
    )


def test_the_revenue_of_a_day_is_that_of_the_profit_and_loss() -> None:
    built = build_shop(SHOP)
    by_day: dict[object, object] = {}
    for day, revenue in rows_of(built["fct_daily_traffic"], "traffic_date", "net_revenue"):
        by_day[day] = by_day.get(day, 0) + revenue
    pnl = dict(rows_of(built["fct_daily_pnl"], "calendar_date", "net_revenue"))
    assert {day: revenue for day, revenue in pnl.items() if revenue} == {
        day: revenue for day, revenue in by_day.items() if revenue
    }
    orders = sum(count for (count,) in rows_of(built["fct_daily_traffic"], "orders"))
    assert orders == sum(count for (count,) in rows_of(built["fct_daily_pnl"], "orders"))
