"""Specification of fct_sessions: how far a session got, in any order and each step after the one before."""

from __future__ import annotations

import pytest

from tests.models.specify import check

CHECKOUT_ELSEWHERE = "| 99 | u:99 | 99 | 2024-01-01 10:00 | 1 | checkout |"
"""A checkout of another visitor: the shop has that step."""


def events(*steps: str) -> str:
    """The events of one visitor, a minute apart unless a minute is written before: `"0 product_view"`."""
    lines = ["| event_id | visitor_id | user_id | event_time | event_order | event_type |"]
    for number, step in enumerate(steps, start=1):
        minute, kind = step.split()
        lines.append(f"| {number} | u:1 | 1 | 2024-01-01 10:{int(minute):02} | {number} | {kind} |")
    return "\n".join(lines)


def steps(text: str, expect: str) -> None:
    check("fct_sessions", {"stg_events": text, "int_orders": ""}, expect)


# Any order against ordered


def test_view_cart_and_purchase_in_order_reach_every_step() -> None:
    steps(
        events("0 page_view", "1 product_view", "2 add_to_cart", "5 purchase"),
        expect="""
        | reached_view | reached_cart | reached_purchase | ordered_view | ordered_cart | ordered_purchase |
        | true         | true         | true             | true         | true         | true             |
        """,
    )


def test_a_session_of_page_views_reaches_no_step() -> None:
    steps(
        events("0 page_view", "1 page_view"),
        expect="""
        | reached_view | reached_cart | reached_purchase | ordered_view | ordered_cart | ordered_purchase |
        | false        | false        | false            | false        | false        | false            |
        """,
    )


def test_a_purchase_before_the_cart_is_a_purchase_but_not_an_ordered_one() -> None:
    steps(
        events("0 product_view", "1 purchase", "2 add_to_cart"),
        expect="""
        | reached_cart | reached_purchase | ordered_cart | ordered_purchase | funnel_stage |
        | true         | true             | true         | false            | cart         |
        """,
    )


def test_a_cart_without_a_view_is_a_cart_but_not_an_ordered_one() -> None:
    steps(
        events("0 page_view", "1 add_to_cart", "2 purchase"),
        expect="""
        | reached_view | reached_cart | reached_purchase | ordered_cart | ordered_purchase | funnel_stage |
        | false        | true         | true             | false        | false            | visit        |
        """,
    )


def test_a_cart_before_the_first_view_does_not_follow_it() -> None:
    steps(
        events("0 add_to_cart", "1 product_view", "2 purchase"),
        expect="""
        | reached_cart | ordered_view | ordered_cart | ordered_purchase | funnel_stage |
        | true         | true         | false        | false            | view         |
        """,
    )


def test_steps_of_one_instant_follow_the_order_of_the_source() -> None:
    steps(
        events("0 product_view", "0 add_to_cart", "0 purchase"),
        expect="""
        | ordered_cart | ordered_purchase | seconds_view_to_cart | seconds_cart_to_purchase |
        | true         | true             | 0                    | 0                        |
        """,
    )
    steps(
        events("0 purchase", "0 add_to_cart", "0 product_view"),
        expect="""
        | ordered_cart | ordered_purchase | seconds_view_to_cart | seconds_cart_to_purchase |
        | false        | false            | NULL                 | NULL                     |
        """,
    )


def test_the_time_between_steps_is_from_the_first_view_to_the_next_cart_to_the_next_purchase() -> None:
    steps(
        events("0 add_to_cart", "1 product_view", "2 purchase", "3 add_to_cart", "10 purchase"),
        expect="""
        | ordered_purchase | seconds_view_to_cart | seconds_cart_to_purchase |
        | true             | 120                  | 420                      |
        """,
    )


def test_of_several_events_of_a_step_the_first_after_the_step_before_counts() -> None:
    steps(
        events(
            "0 product_view", "1 product_view", "3 add_to_cart", "5 purchase", "6 add_to_cart", "9 purchase"
        ),
        expect="""
        | seconds_view_to_cart | seconds_cart_to_purchase |
        | 180                  | 120                      |
        """,
    )
    steps(
        events("0 product_view", "1 add_to_cart", "2 checkout", "3 purchase", "4 checkout"),
        expect="""
        | ordered_checkout | ordered_purchase | seconds_cart_to_purchase |
        | true             | true             | 120                      |
        """,
    )


def test_the_time_between_steps_counts_fractions_of_a_second_and_is_unknown_without_the_step() -> None:
    steps(
        """
        | event_id | visitor_id | user_id | event_time              | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00:00.250 | product_view |
        | 2        | u:1        | 1       | 2024-01-01 10:00:02.000 | add_to_cart  |
        """,
        expect="""
        | seconds_view_to_cart | seconds_cart_to_purchase |
        | 1.75                 | NULL                     |
        """,
    )


def test_steps_of_another_session_of_the_visitor_do_not_count() -> None:
    steps(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view |
        | 2        | u:1        | 1       | 2024-01-01 12:00 | add_to_cart  |
        | 3        | u:1        | 1       | 2024-01-01 14:00 | purchase     |
        """,
        expect="""
        | started_at       | ordered_view | ordered_cart | ordered_purchase | funnel_stage |
        | 2024-01-01 10:00 | true         | false        | false            | view         |
        | 2024-01-01 12:00 | false        | false        | false            | visit        |
        | 2024-01-01 14:00 | false        | false        | false            | visit        |
        """,
    )


# The checkout step


def test_a_shop_without_a_checkout_step_has_unknown_checkouts_and_its_purchase_follows_the_cart() -> None:
    steps(
        events("0 product_view", "1 add_to_cart", "2 purchase"),
        expect="""
        | checkouts | reached_checkout | ordered_checkout | ordered_purchase | funnel_stage |
        | 0         | NULL             | NULL             | true             | purchase     |
        """,
    )


def test_in_a_shop_with_a_checkout_step_a_purchase_follows_the_checkout() -> None:
    steps(
        events("0 product_view", "1 add_to_cart", "2 purchase") + "\n" + CHECKOUT_ELSEWHERE,
        expect="""
        | visitor_id | reached_checkout | ordered_checkout | ordered_purchase | funnel_stage |
        | u:1        | false            | false            | false            | cart         |
        | u:99       | true             | false            | false            | visit        |
        """,
    )


def test_a_checkout_before_the_cart_or_after_the_purchase_is_not_the_step_between_them() -> None:
    steps(
        events("0 product_view", "1 checkout", "2 add_to_cart", "3 purchase", "4 checkout"),
        expect="""
        | ordered_cart | ordered_checkout | ordered_purchase | funnel_stage |
        | true         | true             | false            | checkout     |
        """,
    )


def test_with_a_checkout_the_time_to_purchase_still_starts_at_the_cart() -> None:
    steps(
        events("0 product_view", "1 add_to_cart", "3 checkout", "6 purchase"),
        expect="""
        | reached_checkout | ordered_checkout | ordered_purchase | seconds_cart_to_purchase |
        | true             | true             | true             | 300                      |
        """,
    )


def test_a_checkout_after_as_of_does_not_give_the_shop_that_step_yet() -> None:
    late = "\n| 50 | u:5 | 5 | 2024-02-01 10:00 | 1 | checkout |"
    steps(
        events("0 product_view", "1 add_to_cart", "2 purchase") + late,
        expect="| visitor_id | reached_checkout | ordered_purchase |\n| u:1 | NULL | true |",
    )


@pytest.mark.parametrize(
    ("seen", "stage"),
    [
        (["0 page_view"], "visit"),
        (["0 product_view"], "view"),
        (["0 product_view", "1 add_to_cart"], "cart"),
        (["0 product_view", "1 add_to_cart", "2 checkout"], "checkout"),
        (["0 product_view", "1 add_to_cart", "2 checkout", "3 purchase"], "purchase"),
    ],
)
def test_the_funnel_stage_is_the_furthest_ordered_step(seen: list[str], stage: str) -> None:
    check(
        "fct_sessions",
        {"stg_events": events(*seen) + "\n" + CHECKOUT_ELSEWHERE, "int_orders": ""},
        expect=f"| visitor_id | funnel_stage |\n| u:1 | {stage} |\n| u:99 | visit |",
    )
