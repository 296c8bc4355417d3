"""Specification of int_propensity_pairs: who is an example at which cut-off, what is known of it, what comes after.

With as_of 2024-06-30 and a horizon of 30 days the score is as of 06-30, the test of 05-31, and the train cut-offs lie on
05-01, 04-01, 03-02, 02-01 and 01-02.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.models.specify import check, rows_of

AS_OF = "2024-06-30"
SCORE, TEST = dt.date(2024, 6, 30), dt.date(2024, 5, 31)
FEATURES = (
    "reason",
    "sessions_band",
    "interest_days_band",
    "active_days_band",
    "orders_band",
    "popularity_band",
    "purchase_rate_band",
    "product_buyers",
)


def pairs(
    looks: str = "", lines: str = "", *columns: str, on: dt.date | None = None, **parameters: object
) -> list[tuple[Any, ...]]:
    """Some columns of the pairs (of one cut-off), from looks at products and order lines."""
    tables = {"int_session_products": looks, "int_order_lines": lines}
    if "stg_events" in parameters:
        tables = {"stg_events": str(parameters.pop("stg_events")), "int_order_lines": lines}
    else:
        tables |= {"stg_events": "", "int_session_events": ""}
    result = check("int_propensity_pairs", tables, as_of=AS_OF, **parameters)
    rows = rows_of(result, "cut_date", *columns)
    return [row[1:] for row in rows if on is None or row[0] == on]


def look(user: str, product: str, viewed: str, carted: str = "NULL", session: str = "") -> str:
    """One row of int_session_products."""
    name = session or f"{user}{product}{viewed}"
    return f"| {name} | {user} | {product} | {viewed} | {carted} |"


LOOKS = "| session_id | user_id | product_id | first_viewed_at | first_carted_at |\n"
LINES = "| order_item_id | order_id | user_id | product_id | order_date | is_cancelled | is_returned |\n"


# Cut-offs and outcomes


def test_a_look_is_an_example_at_every_cut_off_from_its_day_on() -> None:
    found = pairs(
        LOOKS + look("ann", "hat", "2024-03-20 10:00"),
        "",
        "split",
        "cut_date",
        "user_id",
        "product_id",
        "is_bought",
    )
    assert found == [
        ("train", dt.date(2024, 4, 1), "ann", "hat", False),
        ("train", dt.date(2024, 5, 1), "ann", "hat", False),
        ("test", TEST, "ann", "hat", False),
        ("score", SCORE, "ann", "hat", None),
    ]


def test_there_are_five_cut_offs_to_learn_from_and_nothing_older_is_used() -> None:
    found = pairs(LOOKS + look("ann", "hat", "2020-01-01"), "", "split", "cut_date")
    assert [split for split, _ in found] == ["train"] * 5 + ["test", "score"]
    assert found[0][1] == dt.date(2024, 1, 2)


def test_cut_offs_are_a_horizon_apart() -> None:
    found = pairs(LOOKS + look("ann", "hat", "2024-06-20"), "", "cut_date", propensity_horizon_days=3)
    assert [str(row[0]) for row in found] == ["2024-06-21", "2024-06-24", "2024-06-27", "2024-06-30"]


@pytest.mark.parametrize(
    ("order_date", "expected"),
    [
        ("2024-05-31", []),  # bought by the cut-off: no example
        ("2024-06-01", [(True,)]),
        ("2024-06-30", [(True,)]),
    ],
)
def test_the_outcome_is_a_purchase_within_the_horizon_after_the_cut_off(
    order_date: str, expected: list[tuple[bool]]
) -> None:
    looks = LOOKS + look("ann", "hat", "2024-05-20")
    lines = LINES + f"| 1 | 1 | ann | hat | {order_date} | false | false |"
    assert pairs(looks, lines, "is_bought", on=TEST) == expected


def test_a_purchase_after_the_horizon_is_the_outcome_of_the_next_cut_off() -> None:
    looks = LOOKS + look("ann", "hat", "2024-04-20")
    lines = LINES + "| 1 | 1 | ann | hat | 2024-06-15 | false | false |"
    assert pairs(looks, lines, "cut_date", "is_bought") == [(dt.date(2024, 5, 1), False), (TEST, True)]


def test_a_cancelled_order_is_neither_an_outcome_nor_a_purchase_and_a_returned_one_is_both() -> None:
    looks = LOOKS + look("ann", "hat", "2024-05-20") + "\n" + look("bob", "hat", "2024-05-20")
    lines = (
        LINES
        + "| 1 | 1 | ann | hat | 2024-06-10 | true  | false |\n"
        + "| 2 | 2 | bob | hat | 2024-06-10 | false | true  |"
    )
    assert pairs(looks, lines, "user_id", "is_bought", on=TEST) == [("ann", False), ("bob", True)]
    assert pairs(looks, lines, "user_id", "reason", on=SCORE) == [("ann", "cancelled")]


def test_a_product_once_bought_is_no_example_again_returned_or_not() -> None:
    looks = LOOKS + look("ann", "hat", "2024-06-20") + "\n" + look("bob", "hat", "2024-06-20")
    lines = (
        LINES
        + "| 1 | 1 | ann | hat | 2024-01-10 | false | true  |\n"
        + "| 2 | 2 | bob | hat | 2024-01-10 | false | false |"
    )
    assert pairs(looks, lines, "user_id") == []


def test_only_known_users_are_examples() -> None:
    assert pairs(LOOKS + look("NULL", "hat", "2024-06-20", session="s"), "", "product_id") == []


def test_the_day_of_a_look_is_that_of_the_time_zone() -> None:
    looks = LOOKS + look("ann", "hat", "2024-05-31 23:30")
    assert len(pairs(looks, "", "user_id")) == 2
    assert len(pairs(looks, "", "user_id", timezone="Europe/Berlin")) == 1


# What is known


def test_cancelled_comes_before_carted_and_carted_before_viewed() -> None:
    looks = "\n".join(
        [
            LOOKS + look("ann", "a", "2024-06-20"),
            look("ann", "b", "2024-06-20", "2024-06-20 00:01"),
            look("ann", "c", "2024-06-20", "2024-06-20 00:01"),
            look("ann", "e", "NULL", "2024-06-20 00:01"),
        ]
    )
    lines = (
        LINES
        + "| 1 | 1 | ann | c | 2024-06-21 | true | false |\n"
        + "| 2 | 2 | ann | d | 2024-06-21 | true | false |"
    )
    assert pairs(looks, lines, "product_id", "reason", "sessions_band") == [
        ("a", "viewed", 1),
        ("b", "carted", 1),
        ("c", "cancelled", 1),
        ("d", "cancelled", 0),
        ("e", "carted", 1),
    ]


def test_what_was_put_into_the_cart_after_the_cut_off_was_only_viewed_at_it() -> None:
    looks = LOOKS + look("ann", "hat", "2024-05-31 23:50", "2024-06-01 00:01")
    assert pairs(looks, "", "reason", on=TEST) == [("viewed",)]
    assert pairs(looks, "", "reason", on=SCORE) == [("carted",)]


@pytest.mark.parametrize(
    ("day", "interest", "active"),
    [
        ("2024-06-30", 0, 0),
        ("2024-06-27", 0, 3),
        ("2024-06-24", 0, 3),
        ("2024-06-23", 7, 7),
        ("2024-06-17", 7, 7),
        ("2024-06-16", 7, 14),
        ("2024-06-01", 7, 14),
        ("2024-05-31", 30, 30),
        ("2024-05-02", 30, 30),
        ("2024-05-01", 30, 60),
        ("2024-04-02", 30, 60),
        ("2024-04-01", 30, 90),
    ],
)
def test_bands_of_days_start_where_they_say(day: str, interest: int, active: int) -> None:
    found = pairs(LOOKS + look("ann", "hat", day), "", "interest_days_band", "active_days_band", on=SCORE)
    assert found == [(interest, active)]


def test_the_last_session_with_the_product_counts_and_the_last_activity_of_any_kind() -> None:
    looks = "\n".join(
        [
            LOOKS + look("ann", "hat", "2024-02-10"),
            look("ann", "hat", "2024-04-10"),
            look("ann", "sock", "2024-06-10"),
        ]
    )
    lines = LINES + "| 1 | 1 | ann | shoe | 2024-06-28 | false | false |"
    columns = ("product_id", "sessions_band", "interest_days_band", "active_days_band")
    assert pairs(looks, lines, *columns, on=SCORE) == [("hat", 2, 30, 0), ("sock", 1, 7, 0)]
    assert pairs(looks, lines, *columns, on=TEST) == [("hat", 2, 30, 30)]


def test_orders_count_as_they_were_placed_cancelled_ones_and_several_lines_once() -> None:
    looks = LOOKS + look("ann", "hat", "2024-05-20")
    lines = (
        LINES
        + "| 1 | 1 | ann | a | 2024-05-21 | true  | false |\n"
        + "| 2 | 1 | ann | b | 2024-05-21 | true  | false |\n"
        + "| 3 | 2 | ann | c | 2024-06-21 | false | false |\n"
        + "| 4 | 3 | ann | c | 2024-06-22 | false | false |"
    )
    assert pairs(looks, lines, "product_id", "orders_band", on=TEST) == [("a", 1), ("b", 1), ("hat", 1)]
    assert pairs(looks, lines, "product_id", "orders_band", on=SCORE) == [("a", 2), ("b", 2), ("hat", 2)]


def test_products_are_ranked_among_those_of_interest_and_equal_ones_share_a_band() -> None:
    looks = LOOKS + "\n".join(look("ann", product, "2024-06-20") for product in "abcdefg")
    lines = LINES + "\n".join(
        f"| {user}{product} | {user}{product} | {user} | {product} | 2024-06-01 | false | false |"
        for product, users in {"g": "123", "f": "12", "e": "1", "d": "2"}.items()
        for user in users
    )
    assert pairs(looks, lines, "product_id", "popularity_band", "purchase_rate_band", "product_buyers") == [
        ("a", 0, 0, 0),
        ("b", 0, 0, 0),
        ("c", 0, 0, 0),
        ("d", 3, 1, 1),
        ("e", 3, 1, 1),
        ("f", 5, 2, 2),
        ("g", 5, 2, 3),
    ]


def test_popularity_is_recent_and_the_baseline_knows_all_buyers() -> None:
    looks = LOOKS + "\n".join(look("ann", product, "2024-06-20") for product in "ab")
    lines = (
        LINES
        + "| 1 | 1 | bob | a | 2024-04-01 | false | false |\n"
        + "| 2 | 2 | cat | a | 2024-04-01 | true  | false |\n"
        + "| 3 | 3 | bob | b | 2024-04-02 | false | false |"
    )
    found = pairs(looks, lines, "user_id", "product_id", "popularity_band", "product_buyers", on=SCORE)
    assert ("ann", "a", 0, 2) in found
    assert ("ann", "b", 5, 1) in found


def test_one_sale_to_one_viewer_makes_no_best_seller() -> None:
    # 1 of 1 against 20 of 40: shrunk with ten average viewers the second is the better product.
    users = [f"u{number}" for number in range(40)]
    looks = LOOKS + "\n".join(
        [look(user, "much", "2024-05-01") for user in users]
        + [look("one", "rare", "2024-05-01")]
        + [look(user, "none", "2024-05-01") for user in users]
        + [look("ann", product, "2024-06-20") for product in ("much", "rare", "none")]
    )
    lines = LINES + "\n".join(
        [f"| {user} | {user} | {user} | much | 2024-06-01 | false | false |" for user in users[:20]]
        + ["| one | one | one | rare | 2024-06-01 | false | false |"]
    )
    found = {row[1:] for row in pairs(looks, lines, "user_id", "product_id", "purchase_rate_band", on=SCORE)}
    assert found == {("none", 0), ("rare", 1), ("much", 2)}


def test_what_nobody_bought_ranks_by_how_few_looked_at_it() -> None:
    looks = LOOKS + "\n".join(
        [look(f"u{number}", "stale", "2024-06-20") for number in range(9)]
        + [look("u1", "fresh", "2024-06-20"), look("u1", "sold", "2024-06-20")]
    )
    lines = LINES + "| 1 | 1 | bob | sold | 2024-06-01 | false | false |"
    found = {row[1:] for row in pairs(looks, lines, "user_id", "product_id", "purchase_rate_band", on=SCORE)}
    assert found == {("stale", 0), ("fresh", 1), ("sold", 2)}


# No leak

BEFORE = LOOKS + "\n".join(
    [
        look("ann", "hat", "2024-05-20", "2024-05-20 00:05"),
        look("ann", "sock", "2024-05-31 23:59"),
        look("bob", "hat", "2024-04-01"),
        look("bob", "shoe", "2024-05-28"),
        look("cat", "hat", "2024-02-01"),
    ]
)
LINES_BEFORE = (
    LINES
    + "| 1 | 1 | cat | hat  | 2024-02-02 | false | false |\n"
    + "| 2 | 2 | bob | sock | 2024-05-10 | true  | false |"
)
AFTER = "\n".join(
    [
        look("ann", "hat", "2024-06-01", "2024-06-01 00:05"),
        look("ann", "sock", "2024-06-02"),
        look("bob", "hat", "2024-06-03"),
        look("bob", "tie", "2024-06-03"),
        look("dan", "hat", "2024-06-04"),
        *(look(user, "sock", "2024-06-04") for user in ("dan", "eve", "fay", "gus")),
    ]
)
LINES_AFTER = (
    "| 3 | 3 | ann | hat  | 2024-06-01 | false | false |\n"
    "| 4 | 4 | bob | shoe | 2024-06-09 | true  | false |\n"
    "| 5 | 5 | dan | hat  | 2024-06-05 | false | false |\n"
    "| 6 | 6 | cat | sock | 2024-06-05 | false | true  |\n"
    "| 7 | 7 | bob | hat  | 2024-06-05 | false | false |"
)


def test_nothing_after_the_cut_off_changes_a_feature() -> None:
    key = ("user_id", "product_id", *FEATURES)
    without = pairs(BEFORE, LINES_BEFORE, *key, on=TEST)
    assert len(without) == 5
    assert pairs(f"{BEFORE}\n{AFTER}", f"{LINES_BEFORE}\n{LINES_AFTER}", *key, on=TEST) == without


def test_what_comes_after_the_cut_off_changes_only_the_outcome() -> None:
    found = pairs(
        f"{BEFORE}\n{AFTER}", f"{LINES_BEFORE}\n{LINES_AFTER}", "user_id", "product_id", "is_bought", on=TEST
    )
    assert found == [
        ("ann", "hat", True),
        ("ann", "sock", False),
        ("bob", "hat", True),
        ("bob", "shoe", False),
        ("bob", "sock", False),
    ]


ANONYMOUS = """
    | event_id | visitor_id | user_id | source_session_id | event_time       | event_type   | product_id |
    | 1        | s:A        | NULL    | A                 | 2024-05-31 23:50 | product_view | hat        |
    | 2        | u:ann      | ann     | B                 | 2024-05-20 10:00 | product_view | sock       |
    | 4        | s:C        | NULL    | C                 | 2024-05-20 10:00 | product_view | tie        |
    | 5        | u:bob      | bob     | C                 | 2024-05-20 10:05 | page_view    | NULL       |
"""


def test_a_user_who_is_named_after_the_cut_off_was_nobody_before() -> None:
    later = "    | 3        | u:ann      | ann     | A                 | 2024-06-01 00:10 | purchase     | NULL       |"
    lines = LINES + "| 1 | 1 | ann | hat | 2024-06-01 | false | false |"
    columns = ("user_id", "product_id", "active_days_band")
    without = pairs("", lines, *columns, on=TEST, stg_events=ANONYMOUS)
    assert without == [("ann", "sock", 7), ("bob", "tie", 7)]
    assert pairs("", lines, *columns, on=TEST, stg_events=ANONYMOUS + later) == without


def test_a_late_named_session_counts_from_the_day_it_is_named() -> None:
    later = "    | 3        | u:ann      | ann     | A                 | 2024-06-01 00:10 | page_view    | NULL       |"
    found = pairs("", LINES, "user_id", "product_id", on=SCORE, stg_events=ANONYMOUS + later)
    assert found == [("ann", "hat"), ("ann", "sock"), ("bob", "tie")]
