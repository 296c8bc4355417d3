"""Specification of fct_daily_pnl: its calendar, and closed days that stay closed."""

from __future__ import annotations

from tests.models.specify import check, sideways
from tests.models.test_fct_daily_pnl import LINES, ORDERS, SPEND, pnl


def test_the_calendar_starts_with_the_first_order_or_spend_and_has_no_gaps() -> None:
    pnl(
        "| order_id | visitor_id | status | created_at |\n| 1 | u:ann | complete | 2024-01-03 |",
        "| order_item_id | order_id | quantity | list_price | discount |\n| 11 | 1 | 1 | 70 | 0 |",
        spend="| date | spend |\n| 2024-01-01 | 7 |\n| 2024-01-09 | 9 |",
        expect="""
        | calendar_date | orders | net_revenue | ad_spend |
        | 2024-01-01    | 0      | 0           | 7        |
        | 2024-01-02    | 0      | 0           | 0        |
        | 2024-01-03    | 1      | 70          | 0        |
        | 2024-01-04    | 0      | 0           | 0        |
        """,
    )


def test_a_day_begins_at_midnight_of_the_time_zone() -> None:
    orders = "| order_id | visitor_id | status | created_at |\n| 1 | u:ann | complete | 2024-01-03 23:30 |"
    lines = """
        | order_item_id | order_id | status   | quantity | list_price | discount | returned_at      |
        | 11            | 1        | returned | 1        | 70         | 0        | 2024-01-04 22:59 |
    """
    pnl(
        orders,
        lines,
        expect="""
        | calendar_date | gross_sales | returns | net_revenue |
        | 2024-01-03    | 70          | 0       | 70          |
        | 2024-01-04    | 0           | 70      | -70         |
        """,
    )
    pnl(
        orders,
        lines,
        timezone="Europe/Berlin",
        expect="""
        | calendar_date | gross_sales | returns | net_revenue |
        | 2024-01-04    | 70          | 70      | 0           |
        """,
    )


def test_nothing_after_as_of_is_read() -> None:
    pnl(
        ORDERS,
        LINES,
        spend=SPEND,
        as_of="2024-01-01",
        expect="""
        | calendar_date | orders | net_revenue | returns | ad_spend |
        | 2024-01-01    | 1      | 18          | 0       | 12       |
        """,
    )


LATE_ORDERS = """
    | order_id | visitor_id | status   | created_at       | delivered_at     |
    | 1        | u:ann      | complete | 2024-01-01 10:00 | 2024-01-03 10:00 |
    | 2        | u:bob      | returned | 2024-01-02 10:00 | 2024-01-06 10:00 |
    | 3        | u:ann      | returned | 2024-01-03 10:00 | NULL             |
    | 4        | u:bob      | complete | 2024-01-05 10:00 | NULL             |
"""
LATE_LINES = sideways(
    """
    | order_item_id | 11         | 12         | 21       | 31         | 41       |
    | order_id      | 1          | 1          | 2        | 3          | 4        |
    | status        | complete   | returned   | returned | returned   | complete |
    | quantity      | 1          | 1          | 2        | 1          | 1        |
    | list_price    | 10         | 20         | 30       | 40         | 50       |
    | discount      | 0          | 5          | 0        | 0          | 0        |
    | unit_cost     | 4          | 8          | 9        | 9          | 9        |
    | created_at    | 2024-01-05 | NULL       | NULL     | NULL       | NULL     |
    | returned_at   | NULL       | 2024-01-04 | NULL     | 2024-01-01 | NULL     |
    """
)
LATE_SPEND = "| date | spend |\n| 2024-01-05 | 7 |"


def test_moving_as_of_does_not_change_a_closed_day() -> None:
    """Lines dated later, returns later, earlier than their order or without a date, the first spend later."""
    tables = {
        "stg_orders": LATE_ORDERS,
        "stg_order_items": LATE_LINES,
        "stg_marketing_spend": LATE_SPEND,
        "int_order_sessions": "",
    }
    later = sorted(check("fct_daily_pnl", tables, as_of="2024-01-07").rows, key=repr)
    assert len(later) == 7
    for day in (2, 4):
        closed = sorted(check("fct_daily_pnl", tables, as_of=f"2024-01-0{day}").rows, key=repr)
        assert closed == later[:day]
