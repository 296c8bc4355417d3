"""Specification of the source product_events: one table of events, orders from its purchases."""

from __future__ import annotations

import pytest

from tests.models.specify import check, rows_of


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("page_view", "page_view"),
        ("Product Viewed", "product_view"),
        ("view_item", "product_view"),
        ("add-to-cart", "add_to_cart"),
        ("begin_checkout", "checkout"),
        (" PURCHASE ", "purchase"),
        ("order_completed", "purchase"),
        ("newsletter", "other"),
    ],
)
def test_the_words_of_trackers_become_those_of_the_contract(written: str, expected: str) -> None:
    rows = check(
        "stg_events",
        {"raw_events": f"| event_id | event_type | is_duplicate |\n| 1 | {written} | false |"},
        source="product_events",
    )
    assert rows_of(rows, "event_type") == [(expected,)]


def test_a_visitor_is_the_user_else_the_session_else_the_event_alone() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | event_id | user_id | session_id | event_type | is_duplicate |
            | 1        | 7       | A          | view       | false        |
            | 2        | NULL    | A          | view       | false        |
            | 3        | NULL    | NULL       | view       | false        |
            | 3        | NULL    | NULL       | view       | true         |
            """
        },
        expect="""
            | event_id | visitor_id | source_session_id |
            | 1        | u:7        | A                 |
            | 2        | s:A        | A                 |
            | 3        | s:3        | NULL              |
        """,
        source="product_events",
    )


def test_purchases_of_one_session_are_one_order_and_one_without_an_amount_earned_nothing() -> None:
    tables = {
        "raw_events": """
        | event_id | user_id | event_type | timestamp           | amount | is_duplicate |
        | 1        | 7       | purchase   | 2024-01-10 10:00:00 | 20.50  | false        |
        | 2        | 7       | purchase   | 2024-01-10 10:20:00 | NULL   | false        |
        | 3        | 7       | purchase   | 2024-01-10 12:00:00 | 5      | false        |
        """
    }
    lines = check("stg_order_items", tables, source="product_events")
    assert sorted(rows_of(lines, "order_item_id", "sale_price"), key=str) == [("1", 20.5), ("2", 0), ("3", 5)]
    assert len({order for (order,) in rows_of(lines, "order_id")}) == 2
    assert len(check("stg_orders", tables, source="product_events").rows) == 2
