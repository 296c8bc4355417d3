"""Specification of fct_first_purchase_journeys: the way of each visitor to the first counted order."""

from __future__ import annotations

import datetime as dt
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.small_shop import SHOP
from tests.models.specify import build_shop, check, rows_of, sideways

SESSIONS = """
    | session_id | visitor_id | started_at       | ended_at         | traffic_source | is_first_session |
    | A          | u:ann      | 2024-01-10 10:00 | 2024-01-10 10:04 | Email          | true             |
    | B          | u:ann      | 2024-01-11 10:00 | 2024-01-11 10:10 | Adwords        | false            |
    | C          | u:ann      | 2024-01-12 10:00 | 2024-01-12 10:30 | Organic        | false            |
"""
ORDERS = "| order_id | visitor_id | session_id | order_number | created_at |\n"


def journeys(
    sessions: str, orders: str = "", expect: str = "", as_of: str = "2024-01-31", **parameters: object
) -> None:
    tables = {"fct_sessions": sessions, "int_orders": ORDERS + orders if orders else ""}
    check("fct_first_purchase_journeys", tables, sideways(expect), as_of=as_of, **parameters)


def one_session(started: str, ended: str) -> str:
    return (
        "| session_id | visitor_id | started_at | ended_at | is_first_session |\n"
        f"| A | u:ann | {started} | {ended} | true |"
    )


# The journey of a buyer


def test_a_buyers_journey_ends_with_the_purchase_in_the_session_of_the_order() -> None:
    journeys(
        SESSIONS,
        "| 1 | u:ann | B | 1 | 2024-01-11 10:06 |\n| 2 | u:ann | C | 2 | 2024-01-12 10:06 |",
        expect="""
        | visitor_id                     | u:ann            |
        | converted                      | 1                |
        | first_order_id                 | 1                |
        | purchased_at                   | 2024-01-11 10:06 |
        | first_session_at               | 2024-01-10 10:00 |
        | converting_session_id          | B                |
        | first_traffic_source           | Email            |
        | converting_traffic_source      | Adwords          |
        | sessions_before                | 1                |
        | minutes_on_site_before         | 10               |
        | median_session_duration_before | 300              |
        | days_to_purchase               | 1.0041666667     |
        | observed_days                  | 1.0041666667     |
        """,
    )


def test_who_buys_in_the_first_session_had_none_before_and_its_time_until_the_order() -> None:
    journeys(
        one_session("2024-01-10 10:00", "2024-01-10 10:20"),
        "| 1 | u:ann | A | 1 | 2024-01-10 10:12 |",
        expect="""
        | converted                      | 1            |
        | sessions_before                | 0            |
        | minutes_on_site_before         | 12           |
        | median_session_duration_before | 720          |
        | days_to_purchase               | 0.0083333333 |
        """,
    )


def test_the_median_is_over_the_sessions_before_and_the_converting_one_until_the_order() -> None:
    # 4 and 10 minutes, and the first 6 of 30
    journeys(
        SESSIONS,
        "| 1 | u:ann | C | 1 | 2024-01-12 10:06 |",
        expect="""
        | sessions_before                | 2   |
        | minutes_on_site_before         | 20  |
        | median_session_duration_before | 360 |
        """,
    )


def test_an_order_after_the_end_of_its_session_takes_the_whole_session() -> None:
    journeys(
        one_session("2024-01-10 10:00", "2024-01-10 10:20"),
        "| 1 | u:ann | A | 1 | 2024-01-13 10:00 |",
        expect="""
        | minutes_on_site_before | 20 |
        | days_to_purchase       | 3  |
        """,
    )


def test_an_order_dated_before_its_session_takes_nothing_of_it() -> None:
    journeys(
        SESSIONS,
        "| 1 | u:ann | B | 1 | 2024-01-11 09:00 |",
        expect="""
        | sessions_before                | 1            |
        | minutes_on_site_before         | 4            |
        | median_session_duration_before | 120          |
        | days_to_purchase               | 0.9583333333 |
        """,
    )


def test_an_order_before_the_first_session_took_no_time_and_no_session() -> None:
    journeys(
        SESSIONS,
        "| 1 | u:ann | A | 1 | 2024-01-02 10:00 |",
        expect="""
        | converted                      | 1                |
        | purchased_at                   | 2024-01-02 10:00 |
        | sessions_before                | 0                |
        | minutes_on_site_before         | 0                |
        | median_session_duration_before | 0                |
        | days_to_purchase               | 0                |
        | observed_days                  | 0                |
        """,
    )


def test_an_order_that_is_not_counted_is_no_purchase() -> None:
    journeys(
        SESSIONS,
        "| 1 | u:ann | A | NULL | 2024-01-10 10:01 |\n| 2 | u:ann | B | 1 | 2024-01-11 10:10 |",
        expect="""
        | first_order_id  | 2 |
        | sessions_before | 1 |
        """,
    )


# Who has not bought yet


def test_who_has_not_bought_stands_with_all_sessions_so_far_and_the_time_watched() -> None:
    journeys(
        SESSIONS,
        expect="""
        | visitor_id                     | u:ann        |
        | converted                      | 0            |
        | first_order_id                 | NULL         |
        | purchased_at                   | NULL         |
        | converting_session_id          | NULL         |
        | converting_traffic_source      | NULL         |
        | first_traffic_source           | Email        |
        | sessions_before                | 3            |
        | minutes_on_site_before         | 44           |
        | median_session_duration_before | 600          |
        | days_to_purchase               | NULL         |
        | observed_days                  | 3.5833333333 |
        """,
        as_of="2024-01-13",
    )


def test_the_watch_ends_with_the_day_as_of_in_the_time_zone_also_when_clocks_change() -> None:
    # Berlin's day of 2024-03-31 has 23 hours and ends at 22:00 UTC
    session = one_session("2024-03-30 22:00", "2024-03-30 22:00")
    journeys(session, expect="| observed_days | 1 |", as_of="2024-03-31", timezone="Europe/Berlin")
    journeys(session, expect="| observed_days | 1.0833333333 |", as_of="2024-03-31")


def test_a_median_of_an_even_number_of_sessions_lies_between_the_two_in_the_middle() -> None:
    journeys(
        SESSIONS + "| D | u:ann | 2024-01-13 10:00 | 2024-01-13 10:20 | Email | false |",
        expect="""
        | sessions_before                | 4   |
        | median_session_duration_before | 900 |
        """,
    )


# Who is in it


def test_every_visitor_with_a_session_has_one_row_and_buyers_without_one_have_none() -> None:
    journeys(
        """
        | session_id | visitor_id | user_id | session_date | started_at | ended_at   | is_first_session |
        | A          | u:ann      | ann     | 2024-01-10   | 2024-01-10 | 2024-01-10 | true             |
        | B          | u:ann      | ann     | 2024-01-11   | 2024-01-11 | 2024-01-11 | false            |
        | C          | s:x        | NULL    | 2024-01-12   | 2024-01-12 | 2024-01-12 | true             |
        """,
        "| 1 | u:cat | NULL | 1 | 2024-01-10 |\n| 2 | NULL | NULL | 1 | 2024-01-10 |",
        expect="""
        | visitor_id           | u:ann      | s:x        |
        | user_id              | ann        | NULL       |
        | cohort_date          | 2024-01-10 | 2024-01-12 |
        | converted            | 0          | 0          |
        | sessions_before      | 2          | 1          |
        | first_traffic_source | NULL       | NULL       |
        """,
    )


def test_in_the_small_shop_each_visitor_goes_one_way() -> None:
    shop = build_shop(SHOP)
    found = rows_of(
        shop["fct_first_purchase_journeys"],
        "visitor_id",
        "converted",
        "first_order_id",
        "sessions_before",
        "minutes_on_site_before",
    )
    # Ann buys in her first session, anonymous as it began; Bob cancelled; Cat buys at once; E came twice.
    assert found == [
        ("s:E", 0, None, 2, 0.0),
        ("u:ann", 1, "1", 0, 2.0),
        ("u:bob", 0, None, 1, 0.0),
        ("u:cat", 1, "3", 0, 0.0),
    ]


# Properties

moments = st.integers(0, 5_000_000)  # seconds, about two months


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(moments, st.integers(0, 3600)), min_size=1, max_size=6, unique_by=lambda each: each[0]
    ),
    st.none() | st.tuples(st.integers(0, 5), st.integers(-4000, 8000)),
)
def test_the_way_of_one_visitor_is_what_one_counts_by_hand(
    visits: list[tuple[int, int]], purchase: tuple[int, int] | None
) -> None:
    def text(second: int) -> str:
        return (dt.datetime(2024, 1, 1) + dt.timedelta(seconds=second)).isoformat(" ")

    visits = sorted(visits)
    sessions = "| session_id | visitor_id | started_at | ended_at | is_first_session |\n" + "\n".join(
        f"| {number} | u:ann | {text(start)} | {text(start + length)} | {number == 0} |"
        for number, (start, length) in enumerate(visits)
    )
    order, before, until = "", len(visits), [length for _, length in visits]
    waited = watched = 91 * 86400 - visits[0][0]
    if purchase:
        before = purchase[0] % len(visits)
        start, length = visits[before]
        at = start + purchase[1]
        until = [*until[:before], min(max(at - start, 0), length)]
        order = f"{ORDERS}| 1 | u:ann | {before} | 1 | {text(at)} |"
        waited = watched = max(at - visits[0][0], 0)
    result = check(
        "fct_first_purchase_journeys",
        {"fct_sessions": sessions, "int_orders": order},
        oracle=False,
        as_of="2024-03-31",
    )
    names = ["sessions_before", "minutes_on_site_before", "median_session_duration_before", "observed_days"]
    [found] = rows_of(result, *names, "days_to_purchase")
    assert found[:4] == pytest.approx((before, sum(until) / 60, median(until), watched / 86400))
    assert found[4] == (pytest.approx(waited / 86400) if purchase else None)
