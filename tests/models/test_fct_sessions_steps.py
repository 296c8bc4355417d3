"""Specification of fct_sessions: how far a session got, in any order and each step after the one before."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.models.specify import check, rows_of, sideways

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


# The instants of the steps


def test_each_step_has_the_instant_of_its_first_event_and_of_its_ordered_one() -> None:
    steps(
        events(
            "0 add_to_cart",
            "1 checkout",
            "2 purchase",
            "3 product_view",
            "5 add_to_cart",
            "8 checkout",
            "9 purchase",
        ),
        expect=sideways(
            """
            | first_view_at                    | 2024-01-01 10:03 |
            | first_cart_at                    | 2024-01-01 10:00 |
            | first_checkout_at                | 2024-01-01 10:01 |
            | first_purchase_at                | 2024-01-01 10:02 |
            | cart_step_at                     | 2024-01-01 10:05 |
            | checkout_step_at                 | 2024-01-01 10:08 |
            | purchase_step_at                 | 2024-01-01 10:09 |
            | journey_cart_at                  | 2024-01-01 10:05 |
            | journey_checkout_at              | 2024-01-01 10:08 |
            | journey_purchase_at              | 2024-01-01 10:09 |
            | seconds_view_to_cart             | 120              |
            | seconds_cart_to_checkout         | 180              |
            | seconds_checkout_to_purchase     | 60               |
            | seconds_cart_to_purchase         | 240              |
            """
        ),
    )


def test_a_journey_goes_on_in_later_sessions_until_as_of() -> None:
    steps(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view |
        | 2        | u:1        | 1       | 2024-01-05 10:00 | purchase     |
        | 3        | u:1        | 1       | 2024-01-05 10:01 | add_to_cart  |
        | 4        | u:1        | 1       | 2024-01-05 10:02 | product_view |
        | 5        | u:1        | 1       | 2024-01-09 10:00 | purchase     |
        | 6        | u:1        | 1       | 2024-02-01 10:00 | add_to_cart  |
        """,
        expect="""
        | session_date | ordered_cart | journey_cart_at  | journey_purchase_at |
        | 2024-01-01   | false        | 2024-01-05 10:01 | 2024-01-09 10:00    |
        | 2024-01-05   | false        | NULL             | NULL                |
        | 2024-01-09   | false        | NULL             | NULL                |
        """,
    )


STEPS = ("cart", "checkout", "purchase")
KINDS = {"v": "product_view", "c": "add_to_cart", "k": "checkout", "p": "purchase"}


def first_after(order: str, kind: str, place: int | None, end: int) -> int | None:
    """The place of the first event of a kind after another one and before the end."""
    if place is None:
        return None
    found = order.find(kind, place + 1, end)
    return None if found < 0 else found


def chain(order: str, kinds: str, start: int, end: int) -> list[int | None]:
    """The place of the first event of each kind after that of the kind before."""
    places: list[int | None] = []
    place: int | None = start
    for kind in kinds:
        place = first_after(order, kind, place, end)
        places.append(place)
    return places


def compare_with_counting_by_hand(orders: list[str], has_checkout: bool) -> None:
    """Sequences of events, `/` where a session ends; two share an instant, so that position decides."""
    lines = ["| event_id | visitor_id | user_id | event_time | event_order | event_type |"]
    expected: dict[tuple[str, str], tuple[str | None, ...]] = {}
    kinds = "ckp" if has_checkout else "cp"
    for order in orders:
        instants = []
        for place, letter in enumerate(order):
            session = order[:place].count("/")
            instants.append(f"2024-01-01 {session + 10}:0{(place - order.rfind('/', 0, place) - 1) // 2}:00")
            if letter != "/":
                lines.append(
                    f"| {order}{place} | u:{order} | {order} | {instants[place]} | {place} | {KINDS[letter]} |"
                )
        starts = [0, *(place + 1 for place, letter in enumerate(order) if letter == "/")]
        ends = [*(start - 1 for start in starts[1:]), len(order)]
        for start, end in zip(starts, ends, strict=True):
            view = first_after(order, "v", start - 1, end)
            found = []
            for last in (end, len(order)):
                places = chain(order, kinds, view, last) if view is not None else [None] * len(kinds)
                found += places if has_checkout else [places[0], None, places[1]]
            expected[order, instants[start]] = tuple(
                None if place is None else instants[place] for place in found
            )
    result = check("fct_sessions", {"stg_events": "\n".join(lines), "int_orders": ""}, oracle=False)
    columns = [f"{step}_step_at" for step in STEPS] + [f"journey_{step}_at" for step in STEPS]
    rows = rows_of(result, "user_id", "started_at", *columns)
    found_rows = {
        (user, f"{started:%F %T}"): tuple(None if at is None else f"{at:%F %T}" for at in values)
        for user, started, *values in rows
    }
    assert found_rows == expected


@pytest.mark.parametrize("has_checkout", [False, True])
def test_every_order_of_five_steps_has_the_instants_that_counting_by_hand_gives(has_checkout: bool) -> None:
    letters = "vckp" if has_checkout else "vcp"
    orders = ["".join(order) for order in itertools.product(letters, repeat=5)]
    compare_with_counting_by_hand(orders, has_checkout)


@pytest.mark.parametrize("has_checkout", [False, True])
def test_journeys_over_several_sessions_have_the_instants_that_counting_by_hand_gives(
    has_checkout: bool,
) -> None:
    letters = "vckp" if has_checkout else "vcp"
    chance = random.Random(20240131)
    orders = set()
    for _ in range(400):
        sessions = (
            "".join(chance.choices(letters, k=chance.randint(1, 5))) for _ in range(chance.randint(2, 4))
        )
        orders.add("/".join(sessions))
    compare_with_counting_by_hand(sorted(orders), has_checkout)
