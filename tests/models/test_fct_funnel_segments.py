"""Specification of fct_funnel_segments: the funnel of a period, by segment."""

from __future__ import annotations

import pytest

from tests.models.specify import check, rows_of, sideways


def test_the_window_ends_on_as_of_and_the_one_before_it_is_of_equal_length() -> None:
    rows = check(
        "fct_funnel_segments",
        {
            "fct_sessions": """
            | session_date | visitor_id | is_first_session |
            | 2024-01-05   | a          | true             |
            | 2024-01-06   | b          | true             |
            | 2024-01-07   | c          | true             |
            | 2024-01-08   | d          | true             |
            | 2024-01-09   | e          | true             |
            | 2024-01-09   | f          | true             |
            | 2024-01-10   | g          | true             |
            | 2024-01-11   | h          | true             |
            """
        },
        as_of="2024-01-10",
        window_days=2,
    )
    counts = [row for row in rows_of(rows, "dimension", "period", "sessions") if row[0] == "all"]
    assert counts == [("all", "all_time", 7), ("all", "previous_window", 2), ("all", "window", 3)]


def test_a_period_without_sessions_has_no_row_instead_of_a_row_of_zeros() -> None:
    rows = check(
        "fct_funnel_segments",
        {"fct_sessions": "| session_date | visitor_id |\n| 2024-01-10 | a |"},
        as_of="2024-01-10",
        window_days=2,
    )
    assert {row[0] for row in rows_of(rows, "period")} == {"window", "all_time"}


def test_each_session_is_in_one_segment_of_every_dimension_and_what_is_not_set_is_named_so() -> None:
    check(
        "fct_funnel_segments",
        {
            "fct_sessions": """
            | session_date | visitor_id | device  | country | traffic_source | is_first_session |
            | 2024-01-31   | a          | phone   | Japan   | Search         | true             |
            | 2024-01-31   | b          | NULL    | NULL    | NULL           | false            |
            | 2024-01-31   | c          | desktop | Japan   | Email          | false            |
            """
        },
        expect="""
        | period   | dimension      | segment   | sessions |
        | window   | all            | all       | 3        |
        | window   | device         | phone     | 1        |
        | window   | device         | desktop   | 1        |
        | window   | device         | (not set) | 1        |
        | window   | country        | Japan     | 2        |
        | window   | country        | (not set) | 1        |
        | window   | traffic_source | Search    | 1        |
        | window   | traffic_source | Email     | 1        |
        | window   | traffic_source | (not set) | 1        |
        | window   | visitor_type   | new       | 1        |
        | window   | visitor_type   | returning | 2        |
        | all_time | all            | all       | 3        |
        | all_time | device         | phone     | 1        |
        | all_time | device         | desktop   | 1        |
        | all_time | device         | (not set) | 1        |
        | all_time | country        | Japan     | 2        |
        | all_time | country        | (not set) | 1        |
        | all_time | traffic_source | Search    | 1        |
        | all_time | traffic_source | Email     | 1        |
        | all_time | traffic_source | (not set) | 1        |
        | all_time | visitor_type   | new       | 1        |
        | all_time | visitor_type   | returning | 2        |
        """,
    )


DEVICES = """
    | session_date | visitor_id | device  | reached_view | reached_cart | reached_purchase | ordered_cart |
    | 2024-01-30   | ann        | phone   | true         | false        | false            | false        |
    | 2024-01-31   | ann        | phone   | false        | false        | true             | false        |
    | 2024-01-31   | ann        | desktop | true         | true         | false            | true         |
    | 2024-01-31   | bob        | desktop | true         | false        | false            | false        |
    | 2024-01-31   | cat        | desktop | false        | false        | true             | false        |
    | 2024-01-31   | dan        | desktop | false        | false        | true             | false        |
    | 2024-01-31   | eve        | desktop | false        | false        | true             | false        |
"""


def devices(*columns: str) -> list[tuple[object, ...]]:
    rows = check("fct_funnel_segments", {"fct_sessions": DEVICES})
    found = rows_of(rows, "period", "dimension", "segment", *columns)
    return [row[2:] for row in found if row[0] == "window" and row[1] in ("all", "device")]


def test_a_visitor_counts_once_a_segment_and_once_in_all_of_the_shop() -> None:
    assert devices("sessions", "visitors", "view_visitors", "purchase_visitors") == [
        ("all", 7, 5, 2, 4),
        ("desktop", 5, 5, 2, 3),
        ("phone", 2, 1, 1, 1),
    ]


def test_the_conversion_rate_of_a_segment_counts_its_purchasers_who_viewed_in_it() -> None:
    assert devices("viewers_who_purchased", "conversion_rate", "any_order_conversion_rate") == [
        ("all", 1, 0.5, 2.0),
        ("desktop", 0, 0.0, 1.5),
        ("phone", 1, 1.0, 1.0),
    ]


def test_a_rate_over_a_segment_is_its_sum_over_its_sum() -> None:
    assert devices("visit_to_view_rate", "view_to_cart_rate", "cart_to_purchase_rate") == [
        ("all", pytest.approx(3 / 7), pytest.approx(1 / 3), 0.0),
        ("desktop", 0.4, 0.5, 0.0),
        ("phone", 0.5, 0.0, None),
    ]
    assert devices("visit_drop_off_rate", "view_drop_off_rate", "cart_drop_off_rate") == [
        ("all", pytest.approx(4 / 7), pytest.approx(2 / 3), 1.0),
        ("desktop", 0.6, 0.5, 1.0),
        ("phone", 0.5, 1.0, None),
    ]


def test_a_drop_off_rate_is_what_the_step_rate_leaves() -> None:
    rows = check(
        "fct_funnel_segments",
        {
            "fct_sessions": """
            | session_date | visitor_id | reached_view | ordered_cart | ordered_purchase |
            | 2024-01-31   | a          | true         | true         | true             |
            | 2024-01-31   | b          | true         | true         | false            |
            | 2024-01-31   | c          | true         | true         | false            |
            | 2024-01-31   | d          | true         | true         | false            |
            | 2024-01-31   | e          | true         | false        | false            |
            """
        },
    )
    columns = ("view_to_cart_rate", "view_drop_off_rate", "cart_to_purchase_rate", "cart_drop_off_rate")
    [found] = {row[2:] for row in rows_of(rows, "period", "dimension", *columns) if row[1] == "all"}
    assert found == pytest.approx((0.8, 0.2, 0.25, 0.75))


def test_medians_are_those_of_the_sessions_of_the_segment() -> None:
    rows = check(
        "fct_funnel_segments",
        {
            "fct_sessions": """
            | session_date | visitor_id | device  | seconds_view_to_cart |
            | 2024-01-31   | a          | phone   | 10                   |
            | 2024-01-31   | b          | desktop | 20                   |
            | 2024-01-31   | c          | desktop | 50                   |
            | 2024-01-31   | d          | tablet  | NULL                 |
            """
        },
    )
    found = rows_of(rows, "period", "dimension", "segment", "median_seconds_view_to_cart")
    assert [row[2:] for row in found if row[:2] == ("window", "device")] == [
        ("desktop", 35.0),
        ("phone", 10.0),
        ("tablet", None),
    ]


def test_checkouts_are_unknown_in_every_segment_of_a_shop_without_that_step() -> None:
    for reached, expected in [("NULL", [None, None]), ("true", [0, 1])]:
        rows = check(
            "fct_funnel_segments",
            {
                "fct_sessions": f"""
                | session_date | visitor_id | device  | reached_checkout | ordered_checkout |
                | 2024-01-31   | a          | phone   | {reached}        | {reached}        |
                | 2024-01-31   | b          | desktop | NULL             | NULL             |
                """
            },
        )
        columns = ("checkout_sessions", "checkout_visitors", "ordered_checkout_sessions")
        found = rows_of(rows, "period", "dimension", "segment", *columns)
        assert [row[3:] for row in found if row[:2] == ("window", "device")] == [
            (count, count, count) for count in expected
        ]


# Around the checkout


def test_rates_and_times_around_the_checkout_are_those_of_the_segment() -> None:
    columns = ("cart_to_checkout_rate", "checkout_to_purchase_rate", "cart_to_checkout_drop_off_rate")
    columns += ("checkout_to_purchase_drop_off_rate", "median_seconds_cart_to_checkout")
    columns += ("median_seconds_checkout_to_purchase",)
    rows = check(
        "fct_funnel_segments",
        {
            "fct_sessions": sideways(
                """
                | session_date                 | 2024-01-31 | 2024-01-31 | 2024-01-31 | 2024-01-31 |
                | visitor_id                   | a          | b          | c          | d          |
                | device                       | phone      | phone      | phone      | desktop    |
                | reached_checkout             | true       | true       | false      | false      |
                | ordered_cart                 | true       | true       | true       | false      |
                | ordered_checkout             | true       | true       | false      | false      |
                | ordered_purchase             | true       | false      | false      | false      |
                | seconds_cart_to_checkout     | 10         | 30         | NULL       | NULL       |
                | seconds_checkout_to_purchase | 5          | NULL       | NULL       | NULL       |
                """
            )
        },
    )
    found = rows_of(rows, "period", "dimension", "segment", *columns)
    assert [row[2:] for row in found if row[:2] == ("window", "device")] == [
        ("desktop", None, None, None, None, None, None),
        ("phone", pytest.approx(2 / 3), 0.5, pytest.approx(1 / 3), 0.5, 20.0, 5.0),
    ]


# Across sessions, within the conversion window

JOURNEYS = """
    | event_id | visitor_id | user_id | event_time       | event_type   | device  |
    | 1        | u:1        | 1       | 2024-01-20 10:00 | product_view | phone   |
    | 2        | u:1        | 1       | 2024-01-21 10:00 | add_to_cart  | desktop |
    | 3        | u:1        | 1       | 2024-01-22 10:00 | purchase     | desktop |
    | 4        | u:2        | 2       | 2024-01-22 10:00 | product_view | desktop |
    | 5        | u:3        | 3       | 2024-01-28 10:00 | product_view | phone   |
    | 6        | u:3        | 3       | 2024-01-28 10:01 | add_to_cart  | phone   |
    | 7        | u:4        | 4       | 2024-01-10 10:00 | product_view | phone   |
    | 8        | u:4        | 4       | 2024-01-22 10:00 | product_view | phone   |
    | 9        | u:4        | 4       | 2024-01-23 10:00 | add_to_cart  | phone   |
"""


def test_the_windowed_funnel_starts_in_the_segment_and_goes_on_in_whichever_session() -> None:
    rows = check("fct_funnel_segments", {"stg_events": JOURNEYS}, window_days=15)
    columns = (
        "view_visitors",
        "windowed_view_visitors",
        "windowed_cart_visitors",
        "windowed_purchase_visitors",
    )
    found = rows_of(rows, "period", "dimension", "segment", *columns, "windowed_conversion_rate")
    assert [row[2:] for row in found if row[0] == "window" and row[1] in ("all", "device")] == [
        ("all", 4, 3, 2, 1, pytest.approx(1 / 3)),
        ("desktop", 1, 1, 0, 0, 0.0),
        ("phone", 3, 2, 2, 1, 0.5),
    ]


def test_the_window_runs_from_the_first_view_in_the_period() -> None:
    """In all time user 4's window began on the 10th, when nothing followed; user 3's is not over."""
    rows = check("fct_funnel_segments", {"stg_events": JOURNEYS}, window_days=15)
    columns = ("windowed_view_visitors", "windowed_cart_visitors", "windowed_purchase_visitors")
    found = rows_of(rows, "period", "dimension", "segment", *columns)
    assert [row[3:] for row in found if row[1] == "all"] == [(3, 1, 1), (1, 0, 0), (3, 2, 1)]


# Customer segments

SEGMENTS = """
    | user_id | segment   |
    | ann     | Champions |
    | bob     | Lost      |
"""


def test_visitors_are_told_apart_by_the_segment_of_their_user() -> None:
    rows = check(
        "fct_funnel_segments",
        {
            "fct_sessions": """
            | session_date | visitor_id | user_id | reached_view |
            | 2024-01-30   | u:ann      | ann     | true         |
            | 2024-01-31   | u:ann      | ann     | true         |
            | 2024-01-31   | u:bob      | bob     | false        |
            | 2024-01-31   | u:cat      | cat     | true         |
            | 2024-01-31   | s:1        | NULL    | true         |
            """,
            "dim_customer_segments": SEGMENTS,
        },
    )
    found = rows_of(rows, "period", "dimension", "segment", "sessions", "visitors", "view_visitors")
    assert [row[2:] for row in found if row[:2] == ("window", "customer_segment")] == [
        ("(no buyer)", 2, 2, 2),
        ("Champions", 2, 1, 1),
        ("Lost", 1, 1, 0),
    ]


def test_without_buyers_there_are_no_customer_segments_and_without_order_lines_no_categories() -> None:
    rows = check("fct_funnel_segments", {"stg_events": JOURNEYS})
    dimensions = {dimension for (dimension,) in rows_of(rows, "dimension")}
    assert dimensions == {"all", "device", "country", "traffic_source", "visitor_type"}


# Categories


def test_a_session_counts_in_each_category_that_it_viewed_carted_or_bought() -> None:
    rows = check(
        "fct_funnel_segments",
        {
            "stg_events": """
            | event_id | visitor_id | user_id | event_time       | event_type   | product_id |
            | 01       | u:1        | 1       | 2024-01-31 10:00 | product_view | hat        |
            | 02       | u:1        | 1       | 2024-01-31 10:01 | product_view | cap        |
            | 03       | u:1        | 1       | 2024-01-31 10:02 | add_to_cart  | cap        |
            | 04       | u:1        | 1       | 2024-01-31 10:03 | product_view | sock       |
            | 05       | u:1        | 1       | 2024-01-31 10:04 | purchase     | NULL       |
            | 06       | u:2        | 2       | 2024-01-31 10:00 | add_to_cart  | sock       |
            | 07       | u:2        | 2       | 2024-01-31 10:01 | product_view | sock       |
            | 08       | u:2        | 2       | 2024-01-31 10:02 | checkout     | NULL       |
            | 09       | u:2        | 2       | 2024-01-31 10:03 | purchase     | NULL       |
            | 10       | u:2        | 2       | 2024-01-31 15:00 | product_view | sock       |
            | 11       | u:2        | 2       | 2024-01-31 15:01 | product_view | mystery    |
            """,
            "stg_products": """
            | product_id | category |
            | hat        | Hats     |
            | cap        | Hats     |
            | sock       | Socks    |
            """,
            "int_order_lines": """
            | order_item_id | session_id           | product_id | is_cancelled |
            | 1             | u:1@1706695200000000 | cap        | false        |
            | 2             | u:1@1706695200000000 | sock       | true         |
            | 3             | u:2@1706695200000000 | sock       | false        |
            | 4             | NULL                 | sock       | false        |
            """,
        },
    )
    columns = ("sessions", "visitors", "view_sessions", "cart_sessions", "purchase_sessions")
    columns += ("ordered_cart_sessions", "ordered_purchase_sessions", "purchase_visitors", "conversion_rate")
    columns += ("checkout_sessions", "cart_to_checkout_rate", "windowed_view_visitors")
    found = rows_of(rows, "period", "dimension", "segment", *columns)
    assert [row[2:] for row in found if row[:2] == ("window", "category")] == [
        ("(not set)", 1, 1, 1, 0, 0, 0, 0, 0, 0.0, None, None, None),
        ("Hats", 1, 1, 1, 1, 1, 1, 1, 1, 1.0, None, None, None),
        ("Socks", 3, 2, 3, 1, 1, 0, 0, 1, 0.5, None, None, None),
    ]
