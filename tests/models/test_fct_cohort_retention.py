"""Specification of fct_cohort_retention: who is in a cohort, when a member is active, what is not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.googlesql.engine import Result
from tests.models.small_shop import SHOP
from tests.models.specify import build_shop, check, rows_of

ORDERS = "| order_id | visitor_id | is_counted | order_number | order_date | net_revenue |\n"
A_LINE = "| order_item_id |\n| 1 |"
Cells = dict[str, list[Any]]


def visits(days: Mapping[str, list[str]]) -> str:
    """Rows of fct_sessions: the days on which each visitor came; `u:` visitors have a user."""
    rows = ["| session_id | visitor_id | user_id | session_date | is_first_session |"]
    for visitor, dates in days.items():
        user = visitor.removeprefix("u:") if visitor.startswith("u:") else "NULL"
        rows += [
            f"| {visitor}{number} | {visitor} | {user} | {date} | {number == 0} |"
            for number, date in enumerate(dates)
        ]
    return "\n".join(rows)


def orders(days: Mapping[str, list[tuple[str, int]]]) -> str:
    """Rows of int_orders: day and net revenue of each visitor's counted orders, in their order."""
    return ORDERS + "\n".join(
        f"| {visitor}{number} | {visitor} | true | {number} | {date} | {revenue} |"
        for visitor, placed in days.items()
        for number, (date, revenue) in enumerate(placed, start=1)
    )


def retention(sessions: str = "", orders: str = "", lines: str = A_LINE, as_of: str = "2024-01-31") -> Result:
    tables = {"fct_sessions": sessions, "int_orders": orders, "stg_order_items": lines}
    return check("fct_cohort_retention", tables, as_of=as_of)


def cells(result: Result, kind: str, column: str) -> Cells:
    """One column of one kind: the first day of each cohort's period to the values of its periods."""
    found: dict[str, dict[int, Any]] = {}
    for row_kind, cohort, number, value in rows_of(
        result, "cohort_kind", "cohort_period", "period_number", column
    ):
        if row_kind == kind:
            found.setdefault(str(cohort), {})[number] = value
    assert all(sorted(row) == list(range(len(row))) for row in found.values()), "no period is left out"
    return {cohort: [row[number] for number in sorted(row)] for cohort, row in sorted(found.items())}


# Who is in which cohort


def test_every_visitor_begins_with_the_first_session_and_users_are_followed_apart() -> None:
    result = retention(
        visits({"u:ann": ["2024-01-29"], "u:bob": ["2024-01-29", "2024-01-30"], "s:x": ["2024-01-29"]})
    )
    assert cells(result, "first_activity_day", "cohort_size") == {"2024-01-29": [3, 3, 3]}
    assert cells(result, "first_activity_day", "active") == {"2024-01-29": [3, 1, 0]}
    assert cells(result, "user_activity_day", "cohort_size") == {"2024-01-29": [2, 2, 2]}
    assert cells(result, "user_activity_day", "active") == {"2024-01-29": [2, 1, 0]}


def test_a_period_in_which_nobody_of_the_kind_began_is_no_cohort() -> None:
    result = retention(visits({"s:x": ["2024-01-28"], "u:ann": ["2024-01-30"]}))
    assert list(cells(result, "first_activity_day", "active")) == ["2024-01-28", "2024-01-30"]
    assert list(cells(result, "user_activity_day", "active")) == ["2024-01-30"]


def test_buyers_begin_with_their_first_counted_order_whether_they_were_seen_in_a_session_or_not() -> None:
    placed = (
        ORDERS
        + """
        | 1 | u:ann | false | NULL | 2023-11-05 | 0 |
        | 2 | u:ann | true  | 1    | 2023-12-05 | 9 |
        | 3 | u:ann | true  | 2    | 2024-01-05 | 9 |
        | 4 | s:bob | true  | 1    | 2024-01-05 | 9 |
        | 5 | NULL  | true  | 1    | 2024-01-05 | 9 |
    """
    )
    result = retention(orders=placed)
    assert cells(result, "first_order_month", "cohort_size") == {"2023-12-01": [1, 1], "2024-01-01": [1, 1]}
    assert cells(result, "first_order_month", "active") == {"2023-12-01": [1, 1], "2024-01-01": [1, None]}
    assert {kind for (kind,) in rows_of(result, "cohort_kind")} == {"first_order_month"}


# Active


def test_who_comes_often_in_a_period_is_active_once() -> None:
    result = retention(
        visits({"u:ann": ["2024-01-15", "2024-01-23", "2024-01-23", "2024-01-25"]}), as_of="2024-01-28"
    )
    assert cells(result, "first_activity_week", "active") == {"2024-01-15": [1, 1]}
    assert cells(result, "first_activity_day", "active")["2024-01-15"] == [1] + 7 * [0] + [1, 0, 1, 0, 0, 0]


def test_weeks_start_on_monday() -> None:
    # 2024-01-14 is a Sunday, 2024-01-15 a Monday
    result = retention(
        visits({"u:ann": ["2024-01-14", "2024-01-15"], "u:bob": ["2024-01-15", "2024-01-21"]}),
        as_of="2024-01-28",
    )
    assert cells(result, "user_activity_week", "active") == {
        "2024-01-08": [1, 1, 0],
        "2024-01-15": [1, 0, None],
    }


def test_months_are_those_of_the_calendar_whatever_their_length() -> None:
    placed = orders(
        {
            "u:ann": [("2023-12-31", 1), ("2024-01-01", 1), ("2024-02-29", 1)],
            "u:bob": [("2023-12-01", 1), ("2024-02-01", 1)],
        }
    )
    result = retention(orders=placed, as_of="2024-02-29")
    assert cells(result, "first_order_month", "active") == {"2023-12-01": [2, 1, 2]}


def test_several_orders_in_a_month_make_one_active_buyer_and_all_their_revenue() -> None:
    result = retention(orders=orders({"u:ann": [("2024-01-02", 5), ("2024-01-03", 7)]}))
    assert cells(result, "first_order_month", "active") == {"2024-01-01": [1]}
    assert cells(result, "first_order_month", "orders") == {"2024-01-01": [2]}
    assert cells(result, "first_order_month", "net_revenue") == {"2024-01-01": [Decimal(12)]}


# How far


def test_days_are_followed_for_30_and_weeks_for_52_and_months_without_end() -> None:
    placed = orders({"u:ann": [("2020-01-15", 1), ("2024-01-15", 1)]})
    days = {"u:ann": ["2020-01-15", "2020-02-14", "2020-02-15", "2021-01-11", "2021-01-18"]}
    result = retention(visits(days), placed)
    assert cells(result, "first_activity_day", "active")["2020-01-15"] == [1] + 29 * [0] + [1]
    # 2020-01-13 begins the first week, 2021-01-11 the 52nd after it, 2021-01-18 the next
    weeks = cells(result, "first_activity_week", "active")["2020-01-13"]
    assert len(weeks) == 53
    assert [number for number, active in enumerate(weeks) if active] == [0, 4, 52]
    months = cells(result, "first_order_month", "active")["2020-01-01"]
    assert [number for number, active in enumerate(months) if active] == [0, 48]


def test_every_cohort_of_a_kind_has_the_periods_of_the_oldest() -> None:
    result = retention(visits({"u:ann": ["2024-01-29"], "u:bob": ["2024-01-31"]}))
    assert cells(result, "first_activity_day", "active") == {
        "2024-01-29": [1, 0, 0],
        "2024-01-31": [1, None, None],
    }


# What is not over is not known


def test_a_period_that_as_of_cuts_is_null_and_one_that_is_over_without_anybody_is_0() -> None:
    # the week from 2024-01-22 ends on 2024-01-28
    sessions = visits({"u:ann": ["2024-01-08", "2024-01-23"]})
    over, cut = (retention(sessions, as_of=day) for day in ("2024-01-28", "2024-01-27"))
    assert cells(over, "first_activity_week", "active") == {"2024-01-08": [1, 0, 1]}
    assert cells(cut, "first_activity_week", "active") == {"2024-01-08": [1, 0, None]}
    assert cells(cut, "first_activity_week", "is_observable") == {"2024-01-08": [True, True, False]}
    assert cells(cut, "first_activity_week", "retention_rate") == {"2024-01-08": [1, 0, None]}


def test_a_month_is_over_on_its_last_day() -> None:
    placed = orders({"u:ann": [("2024-01-15", 5)]})
    for day, is_over in {"2024-02-28": False, "2024-02-29": True}.items():
        result = retention(orders=placed, as_of=day)
        assert cells(result, "first_order_month", "is_observable") == {"2024-01-01": [True, is_over]}


def test_in_its_own_period_a_cohort_is_whole_even_when_as_of_cuts_it_but_its_revenue_is_not_known() -> None:
    result = retention(orders=orders({"u:ann": [("2024-01-15", 5)]}), as_of="2024-01-20")
    assert rows_of(
        result, "cohort_size", "active", "retention_rate", "is_observable", "orders", "net_revenue"
    ) == [(1, 1, 1.0, False, None, None)]
    assert rows_of(result, "revenue_retention", "cumulative_net_revenue_per_customer") == [(None, None)]


# Orders and revenue


def test_revenue_is_that_of_the_cohorts_orders_dated_in_the_period() -> None:
    sessions = visits({"u:ann": ["2024-01-15"], "u:bob": ["2024-01-16"], "s:x": ["2024-01-15"]})
    placed = orders(
        {
            "u:ann": [("2024-01-15", 10), ("2024-01-24", 30)],
            "u:bob": [("2024-01-17", 20)],
            "u:cat": [("2024-01-17", 99)],
            "s:x": [("2024-01-22", 5)],
        }
    )
    result = retention(sessions, placed, as_of="2024-01-28")
    assert cells(result, "first_activity_week", "net_revenue") == {"2024-01-15": [Decimal(30), Decimal(35)]}
    assert cells(result, "first_activity_week", "orders") == {"2024-01-15": [2, 2]}
    assert cells(result, "user_activity_week", "net_revenue") == {"2024-01-15": [Decimal(30), Decimal(30)]}
    assert cells(result, "user_activity_day", "net_revenue")["2024-01-16"][:3] == [0, Decimal(20), 0]


def test_an_order_before_the_first_session_is_in_no_period_of_an_activity_cohort() -> None:
    sessions = visits({"u:ann": ["2024-01-30"]})
    placed = orders({"u:ann": [("2024-01-01", 10), ("2024-01-30", 20)]})
    result = retention(sessions, placed)
    assert cells(result, "first_activity_day", "net_revenue") == {"2024-01-30": [Decimal(20), 0]}
    assert cells(result, "first_order_month", "net_revenue") == {"2024-01-01": [Decimal(30)]}


def test_revenue_retention_is_against_the_first_period_and_unknown_without_revenue_there() -> None:
    placed = orders(
        {
            "u:ann": [("2023-11-15", 10), ("2023-12-15", 5), ("2024-01-15", 25)],
            "u:bob": [("2023-12-15", 0), ("2024-01-15", 8)],
        }
    )
    result = retention(orders=placed)
    assert cells(result, "first_order_month", "revenue_retention") == {
        "2023-11-01": [1, 0.5, 2.5],
        "2023-12-01": [None, None, None],
    }


def test_cumulative_revenue_is_per_member_of_the_cohort_and_ends_where_nothing_is_known() -> None:
    placed = orders({"u:ann": [("2023-12-15", 10), ("2024-01-15", 5)], "u:bob": [("2023-12-20", 20)]})
    for as_of, expected in {"2024-01-31": [15, 17.5], "2024-01-30": [15, None]}.items():
        result = retention(orders=placed, as_of=as_of)
        assert cells(result, "first_order_month", "cumulative_net_revenue_per_customer") == {
            "2023-12-01": expected
        }


def test_orders_are_unknown_in_a_shop_without_order_lines_and_0_before_the_first() -> None:
    sessions = visits({"u:ann": ["2024-01-31"]})
    without, before = retention(sessions, lines=""), retention(sessions, lines=A_LINE)
    measures = ("orders", "net_revenue", "cumulative_net_revenue_per_customer")
    assert set(rows_of(without, "period_number", *measures)) == {(0, None, None, None)}
    days = {row[1:] for row in rows_of(before, "cohort_kind", *measures) if row[0].endswith("day")}
    assert days == {(0, Decimal(0), 0.0)}


# The whole way


def test_in_the_small_shop_new_buyers_and_first_sessions_are_counted_once() -> None:
    shop = build_shop(SHOP)
    first = [
        (kind, str(cohort), size, revenue)
        for kind, cohort, number, size, revenue in rows_of(
            shop["fct_cohort_retention"],
            "cohort_kind",
            "cohort_period",
            "period_number",
            "cohort_size",
            "net_revenue",
        )
        if number == 0
    ]
    # Ann and Cat buy, Bob cancels, E stays anonymous; all of them came on one day, a Wednesday.
    assert sorted(first) == [
        ("first_activity_day", "2024-01-10", 4, Decimal(45)),
        ("first_activity_week", "2024-01-08", 4, Decimal(45)),
        ("first_order_month", "2024-01-01", 2, Decimal(65)),
        ("user_activity_day", "2024-01-10", 3, Decimal(45)),
        ("user_activity_week", "2024-01-08", 3, Decimal(45)),
    ]
