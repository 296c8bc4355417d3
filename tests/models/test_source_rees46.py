"""Specification of the source rees46: events without keys, products from events, orders from purchases."""

from __future__ import annotations

from tests.models.specify import check, rows_of


def test_events_are_told_apart_by_file_and_row_and_ordered_by_row_within_a_second() -> None:
    check(
        "stg_events",
        {
            "raw_events": """
            | event_time          | event_type       | product_id | price | user_id | user_session | load_file_id | load_row_number |
            | 2019-10-01 00:00:01 | view             | 5          | 9.99  | 7       | A            | 4            | 1               |
            | 2019-10-01 00:00:01 | view             | 5          | 9.99  | 7       | A            | 4            | 2               |
            | 2019-10-01 00:00:02 | cart             | 5          | 9.99  | 7       | A            | 4            | 3               |
            | 2019-10-01 00:00:03 | remove_from_cart | 5          | 9.99  | 7       | A            | 9            | 1               |
            | 2019-10-01 00:00:04 | Purchase         | 5          | 9.99  | 7       | A            | 9            | 2               |
            """
        },
        expect="""
            | event_id | event_order | event_type       | visitor_id | source_session_id | amount |
            | 4-1      | 1           | product_view     | u:7        | A                 |        |
            | 4-2      | 2           | product_view     | u:7        | A                 |        |
            | 4-3      | 3           | add_to_cart      | u:7        | A                 |        |
            | 9-1      | 1           | remove_from_cart | u:7        | A                 |        |
            | 9-2      | 2           | purchase         | u:7        | A                 | 9.99   |
        """,
        source="rees46",
    )


PRODUCT_EVENTS = """
    | event_time          | product_id | category_code | brand   | price | load_file_id | load_row_number |
    | 2019-10-05 10:00:00 | 5          | phones.smart  | samsung | 100   | 1            | 1               |
    | 2019-10-05 10:00:01 | 5          | phones.smart  | apple   | 101   | 1            | 2               |
    | 2019-12-05 10:00:00 | 5          | tools.light   | apple   | 102   | 2            | 1               |
    | 2019-12-05 10:00:00 | 5          | tools.light   | samsung | 103   | 2            | 2               |
    | 2019-12-06 10:00:00 | 5          | tools.light   |         | 0     | 2            | 3               |
    | 2019-12-06 10:00:00 | 6          | tools.light   |         | 0     | 2            | 4               |
    | 2019-12-06 10:00:00 | 7          |               |         | 8     | 2            | 5               |
"""


def test_a_product_takes_its_category_from_the_days_in_which_codes_can_be_relied_on() -> None:
    rows = check("stg_products", {"raw_events": PRODUCT_EVENTS}, source="rees46")
    found = dict(rows_of(rows, "product_id", "category"))
    # Product 5 stands under tools.light three times, but after November 2019.
    assert found["5"] == "phones > smart"
    assert found["6"] == "tools > light", "never seen in a reliable period: its code of any time"
    assert found["7"] is None


def test_a_product_takes_its_most_frequent_brand_and_its_newest_price_above_zero() -> None:
    check(
        "stg_products",
        {"raw_events": PRODUCT_EVENTS},
        expect="""
            | product_id | brand | retail_price |
            | 5          | apple | 103          |
            | 6          |       |              |
            | 7          |       | 8            |
        """,
        source="rees46",
    )


PURCHASES = """
    | event_time          | event_type | product_id | price | user_id | user_session | load_file_id | load_row_number |
    | 2019-10-01 10:00:00 | purchase   | 5          | 10    | 7       | A            | 1            | 1               |
    | 2019-10-01 10:29:00 | view       | 6          | 5     | 7       | A            | 1            | 2               |
    | 2019-10-01 10:58:00 | purchase   | 6          | 5     | 7       | A            | 1            | 3               |
    | 2019-10-01 10:58:00 | purchase   | 6          | 5     | 7       | A            | 1            | 4               |
    | 2019-12-24 09:00:00 | purchase   | 5          | 12    | 7       | A            | 2            | 1               |
    | 2019-12-24 09:00:00 | purchase   | 5          | 12    | 8       | B            | 2            | 2               |
"""


def test_an_order_is_what_one_visitor_bought_in_one_session() -> None:
    # The view between the purchases keeps the session open; the session key A, used again in December, does not.
    check(
        "stg_orders",
        {"raw_events": PURCHASES},
        expect="""
            | user_id | visitor_id | status   | created_at          |
            | 7       | u:7        | processing | 2019-10-01 10:00:00 |
            | 7       | u:7        | processing | 2019-12-24 09:00:00 |
            | 8       | u:8        | processing | 2019-12-24 09:00:00 |
        """,
        source="rees46",
    )


def test_a_shorter_session_gap_makes_more_orders() -> None:
    rows = check("stg_orders", {"raw_events": PURCHASES}, source="rees46", session_gap_minutes=20)
    assert len(rows.rows) == 4


def test_two_purchases_alike_in_one_second_are_two_units() -> None:
    check(
        "stg_order_items",
        {"raw_events": PURCHASES},
        expect="""
            | order_item_id | product_id | quantity | list_price | discount | sale_price | unit_cost |
            | 1-1           | 5          | 1        | 10         | 0        | 10         |           |
            | 1-3           | 6          | 1        | 5          | 0        | 5          |           |
            | 1-4           | 6          | 1        | 5          | 0        | 5          |           |
            | 2-1           | 5          | 1        | 12         | 0        | 12         |           |
            | 2-2           | 5          | 1        | 12         | 0        | 12         |           |
        """,
        source="rees46",
    )


def test_the_order_of_purchases_is_the_session_of_the_same_moment() -> None:
    """What int_session_events calls a session and what makes an order are the same, gap by gap."""
    orders = check("stg_purchases", {"raw_events": PURCHASES}, source="rees46")
    sessions = check("int_session_events", {"raw_events": PURCHASES}, source="rees46", as_of="2019-12-31")
    by_event = dict(rows_of(sessions, "event_id", "session_id"))
    assert {(event, by_event[event]) for event, _ in rows_of(orders, "event_id", "order_id")} == set(
        rows_of(orders, "event_id", "order_id")
    )
