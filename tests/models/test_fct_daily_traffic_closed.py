"""Specification of fct_daily_traffic: a day is closed at its end, and nothing later changes it."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal
from statistics import mean, median
from typing import Any

import pytest

from tests.googlesql.cases import Rows
from tests.models.catalogue import project
from tests.models.specify import check, rows_of
from tests.models.test_fct_daily_traffic import traffic

LINES = """
    | order_item_id | order_id | status   | quantity | list_price | discount |
    | 11            | 1        | complete | 1        | 10         | 0        |
"""


# Midnight


def test_what_a_session_does_after_midnight_is_not_counted_and_starts_no_session() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   | traffic_source |
        | 1        | u:1        | 1       | 2024-01-01 23:40 | page_view    | Email          |
        | 2        | u:1        | 1       | 2024-01-01 23:50 | product_view | Email          |
        | 3        | u:1        | 1       | 2024-01-02 00:20 | add_to_cart  | Search         |
        | 4        | u:1        | 1       | 2024-01-02 00:50 | purchase     | Search         |
        | 5        | u:1        | 1       | 2024-01-02 01:21 | page_view    | Search         |
        """,
        expect="""
        | traffic_date | traffic_source | sessions | new_visitors | cart_sessions | mean_duration_seconds |
        | 2024-01-01   | Email          | 1        | 1            | 0             | 600                   |
        | 2024-01-02   | Search         | 1        | 0            | 0             | 0                     |
        """,
    )


def test_a_gap_longer_than_the_rule_starts_a_session_across_midnight_too() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time          |
        | 1        | u:1        | 1       | 2024-01-01 23:45:00 |
        | 2        | u:1        | 1       | 2024-01-02 00:15:01 |
        | 3        | u:2        | 2       | 2024-01-01 23:45:00 |
        | 4        | u:2        | 2       | 2024-01-02 00:15:00 |
        """,
        expect="""
        | traffic_date | sessions | new_visitors |
        | 2024-01-01   | 2        | 2            |
        | 2024-01-02   | 1        | 0            |
        """,
    )


# Who it was, as known at the end of the day


def test_who_is_named_on_the_same_day_was_that_user_all_along() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 |
        | 2        | s:B        | NULL    | B                 | 2024-01-02 10:00 |
        | 3        | u:1        | 1       | B                 | 2024-01-02 12:00 |
        """,
        expect="""
        | traffic_date | sessions | visitors | new_visitors |
        | 2024-01-01   | 1        | 1        | 1            |
        | 2024-01-02   | 2        | 1        | 0            |
        """,
    )


def test_who_is_named_on_a_later_day_was_new_and_somebody_else_until_then() -> None:
    """On the 2nd B is a visitor beside user 1; from the 3rd on it is known that B is user 1."""
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 |
        | 2        | u:1        | 1       | A                 | 2024-01-02 10:00 |
        | 3        | s:B        | NULL    | B                 | 2024-01-02 10:10 |
        | 4        | s:B        | NULL    | B                 | 2024-01-02 20:00 |
        | 5        | u:1        | 1       | B                 | 2024-01-03 10:00 |
        """,
        expect="""
        | traffic_date | sessions | visitors | new_visitors |
        | 2024-01-01   | 1        | 1        | 1            |
        | 2024-01-02   | 3        | 2        | 1            |
        | 2024-01-03   | 1        | 1        | 0            |
        """,
    )


def test_a_user_is_new_while_an_earlier_visit_is_not_known_to_be_theirs() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:B        | NULL    | B                 | 2024-01-01 10:00 |
        | 2        | u:1        | 1       | A                 | 2024-01-02 10:00 |
        | 3        | u:1        | 1       | B                 | 2024-01-03 10:00 |
        | 4        | s:C        | NULL    | C                 | 2024-01-03 10:00 |
        | 5        | u:2        | 2       | C                 | 2024-01-04 10:00 |
        """,
        expect="""
        | traffic_date | sessions | new_visitors |
        | 2024-01-01   | 1        | 1            |
        | 2024-01-02   | 1        | 1            |
        | 2024-01-03   | 2        | 1            |
        | 2024-01-04   | 1        | 0            |
        """,
    )


def test_an_anonymous_evening_goes_on_after_midnight_as_the_user_that_it_turns_out_to_be() -> None:
    """Named at 00:05, the evening before is known to be the user's: no session starts on the 2nd."""
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 23:50 |
        | 2        | u:1        | 1       | A                 | 2024-01-02 00:05 |
        | 3        | u:1        | 1       | A                 | 2024-01-02 09:00 |
        """,
        expect="""
        | traffic_date | sessions | visitors | new_visitors |
        | 2024-01-01   | 1        | 1        | 1            |
        | 2024-01-02   | 1        | 1        | 0            |
        """,
    )


def test_an_anonymous_evening_goes_on_after_midnight_while_nobody_is_named() -> None:
    """On the 2nd and 3rd A is an anonymous visitor beside user 1; on the 4th it is known to be that user."""
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 23:50 |
        | 2        | s:A        | NULL    | A                 | 2024-01-02 00:10 |
        | 3        | u:1        | 1       | B                 | 2024-01-02 00:30 |
        | 4        | s:A        | NULL    | A                 | 2024-01-03 00:10 |
        | 5        | u:1        | 1       | A                 | 2024-01-04 10:00 |
        """,
        expect="""
        | traffic_date | sessions | visitors | new_visitors |
        | 2024-01-01   | 1        | 1        | 1            |
        | 2024-01-02   | 1        | 1        | 1            |
        | 2024-01-03   | 1        | 1        | 0            |
        | 2024-01-04   | 1        | 1        | 0            |
        """,
    )


# The session of an order, as known at the end of the order's day


def test_an_order_of_who_was_anonymous_that_day_had_no_session_then() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       | traffic_source |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 10:00 | Email          |
        | 2        | u:1        | 1       | A                 | 2024-01-02 10:00 | Search         |
        """,
        orders="| order_id | visitor_id | status | created_at |\n| 1 | u:1 | complete | 2024-01-01 10:05 |",
        lines=LINES,
        expect="""
        | traffic_date | traffic_source | sessions | orders | net_revenue |
        | 2024-01-01   | Email          | 1        | 0      | 0           |
        | 2024-01-01   | (no session)   | 0        | 1      | 10          |
        | 2024-01-02   | Search         | 1        | 0      | 0           |
        """,
    )


def test_an_order_does_not_move_to_an_anonymous_visit_that_is_named_later() -> None:
    """On the 2nd the latest known session of user 1 was that of the 1st; B came to light on the 3rd."""
    traffic(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       | traffic_source |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 | Email          |
        | 2        | s:B        | NULL    | B                 | 2024-01-02 10:00 | Search         |
        | 3        | u:1        | 1       | B                 | 2024-01-03 10:00 | Search         |
        """,
        orders="| order_id | visitor_id | status | created_at |\n| 1 | u:1 | complete | 2024-01-02 10:05 |",
        lines=LINES,
        expect="""
        | traffic_date | traffic_source | sessions | orders | net_revenue |
        | 2024-01-01   | Email          | 1        | 0      | 0           |
        | 2024-01-02   | Email          | 0        | 1      | 10          |
        | 2024-01-02   | Search         | 1        | 0      | 0           |
        | 2024-01-03   | Search         | 1        | 0      | 0           |
        """,
    )


def test_a_line_dated_after_its_order_does_not_take_a_session_of_a_later_day() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time       | event_type | traffic_source |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | page_view  | Email          |
        | 2        | u:1        | 1       | 2024-01-03 10:00 | purchase   | Search         |
        """,
        orders="| order_id | visitor_id | status | created_at |\n| 1 | u:1 | complete | 2024-01-01 10:05 |",
        lines="""
        | order_item_id | order_id | status   | quantity | list_price | discount | created_at       |
        | 11            | 1        | complete | 1        | 10         | 0        | 2024-01-03 10:10 |
        """,
        expect="""
        | traffic_date | traffic_source | sessions | orders | net_revenue |
        | 2024-01-01   | Email          | 1        | 1      | 10          |
        | 2024-01-03   | Search         | 1        | 0      | 0           |
        """,
    )


def test_an_order_before_the_first_session_has_it_only_when_it_starts_on_the_same_day() -> None:
    traffic(
        """
        | event_id | visitor_id | user_id | event_time       | traffic_source |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | Email          |
        | 2        | u:2        | 2       | 2024-01-02 10:00 | Search         |
        """,
        orders="""
        | order_id | visitor_id | status   | created_at       |
        | 1        | u:1        | complete | 2024-01-01 09:00 |
        | 2        | u:2        | complete | 2024-01-01 09:00 |
        """,
        lines="""
        | order_item_id | order_id | status   | quantity | list_price | discount |
        | 11            | 1        | complete | 1        | 10         | 0        |
        | 21            | 2        | complete | 1        | 5          | 0        |
        """,
        expect="""
        | traffic_date | traffic_source | sessions | orders | net_revenue |
        | 2024-01-01   | Email          | 1        | 1      | 10          |
        | 2024-01-01   | (no session)   | 0        | 1      | 5           |
        | 2024-01-02   | Search         | 1        | 0      | 0           |
        """,
    )


# Everything at once: random shops in which few users, sessions and instants collide

FIRST_DAY = dt.date(2024, 1, 1)
DAYS = 7
MINUTES = [0, 1, 29, 30, 31, 600, 1410, 1411, 1430, 1439]
KINDS = ["page_view", "product_view", "add_to_cart", "purchase", "purchase"]
MEASURES = ["sessions", "visitors", "new_visitors", "bounces", "view_sessions", "cart_sessions"]
MEASURES += ["purchase_sessions", "mean_duration_seconds", "median_duration_seconds", "orders", "net_revenue"]


def nasty_shop(seed: int, corners: int = 1) -> dict[str, Rows]:
    """A shop of several corners that share no visitor: as many small shops in one build."""
    chance = random.Random(seed)
    tables: dict[str, list[dict[str, Any]]] = {"stg_events": [], "stg_orders": [], "stg_order_items": []}
    for corner in range(corners):
        _add_corner(tables, chance, f"{corner}-")
    return {name: _table(name, rows) for name, rows in tables.items()}


def _add_corner(tables: dict[str, list[dict[str, Any]]], chance: random.Random, prefix: str) -> None:
    def instant(day: int | None = None) -> dt.datetime:
        minutes = chance.choice(MINUTES) + 1440 * (chance.randrange(DAYS) if day is None else day)
        midnight = dt.datetime.combine(FIRST_DAY, dt.time(), dt.UTC)
        return midnight + dt.timedelta(minutes=minutes, seconds=chance.choice([0, 0, 1]))

    for number in range(chance.randint(8, 40)):
        user = chance.choice([None, None, "1", "2"])
        session = chance.choice(["a", "b", "c", None])
        tables["stg_events"].append(
            {
                "event_id": f"{prefix}{number:02}",
                "user_id": f"{prefix}{user}" if user else None,
                "visitor_id": f"u:{prefix}{user}" if user else f"s:{prefix}{session or number}",
                "source_session_id": f"{prefix}{session}" if session else None,
                "event_time": instant(),
                "event_order": chance.randint(1, 3),
                "event_type": chance.choice(KINDS),
                "traffic_source": chance.choice([f"Email {prefix}", f"Search {prefix}", None]),
            }
        )
    for number in range(chance.randint(1, 8)):
        visitor = chance.choice(["u:{}1", "u:{}2", "u:{}3", "s:{}a", None])
        day = chance.randrange(DAYS)
        status = chance.choice(["complete", "complete", "cancelled", "returned"])
        order_id = f"{prefix}{number}"
        tables["stg_orders"].append(
            {
                "order_id": order_id,
                "visitor_id": visitor and visitor.format(prefix),
                "status": status,
                "created_at": instant(day),
            }
        )
        tables["stg_order_items"] += [
            {
                "order_item_id": f"{order_id}{place}",
                "order_id": order_id,
                "status": chance.choice([status, "returned", "complete"]),
                "quantity": 1,
                "list_price": Decimal(chance.randint(1, 9)),
                "discount": Decimal(0),
                "created_at": chance.choice([None, instant(min(day + chance.randrange(3), DAYS))]),
                "returned_at": chance.choice([None, instant()]),
            }
            for place in range(chance.randint(1, 2))
        ]


def _table(name: str, rows: list[dict[str, Any]]) -> Rows:
    types = project("thelook").schema(name)
    return Rows(types, [tuple(row.get(column) for column in types) for row in rows])


def by_the_slow_definition(
    tables: dict[str, Rows], day: dt.date, **parameters: object
) -> set[tuple[Any, ...]]:
    """A day's rows without returns, from the sessions and orders that a build as of that day makes."""
    as_of = {"as_of": day.isoformat(), "oracle": False, **parameters}
    found: dict[str, list[Any]] = defaultdict(lambda: [[], 0, Decimal(0)])
    sessions = check("fct_sessions", tables, **as_of)
    columns = ("session_id", "session_date", "traffic_source", "visitor_id", "is_first_session", "events")
    columns += ("reached_view", "reached_cart", "reached_purchase", "duration_seconds")
    sources = {}
    for session_id, date, source, *values in rows_of(sessions, *columns):
        sources[session_id] = source or "(not set)"
        if date == day:
            found[sources[session_id]][0].append(values)
    orders = check("int_orders", tables, **as_of)
    columns = ("order_date", "session_id", "is_counted", "gross_sales", "discounts", "cancellations")
    for date, session_id, is_counted, gross, discounts, cancellations in rows_of(orders, *columns):
        if date == day and is_counted:
            booked = found[sources.get(session_id, "(no session)")]
            booked[1] += 1
            booked[2] += gross - discounts - cancellations
    rows = set()
    for source, (of_source, count, revenue) in found.items():
        visitors = {row[0] for row in of_source}
        durations = [row[6] for row in of_source]
        counts = [sum(row[place] for row in of_source) for place in (3, 4, 5)]
        times = (round(mean(durations), 6), round(median(durations), 6)) if durations else (None, None)
        first = sum(row[1] for row in of_source)
        bounces = sum(row[2] == 1 for row in of_source)
        rows.add((source, len(of_source), len(visitors), first, bounces, *counts, *times, count, revenue))
    return rows


def without_returns(tables: dict[str, Rows]) -> dict[str, Rows]:
    """The same shop when nothing comes back, so that all revenue stands on the day of the order."""
    kept = dict(tables)
    for name in ("stg_orders", "stg_order_items"):
        place = list(tables[name].types).index("status")
        rows = [
            (*row[:place], "complete" if row[place] == "returned" else row[place], *row[place + 1 :])
            for row in tables[name].rows
        ]
        kept[name] = Rows(tables[name].types, rows)
    return kept


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata"])
def test_every_row_is_what_a_build_at_the_end_of_its_day_says(timezone: str) -> None:
    tables = without_returns(nasty_shop(1, corners=12))
    last = FIRST_DAY + dt.timedelta(days=DAYS + 2)
    result = check("fct_daily_traffic", tables, as_of=last.isoformat(), timezone=timezone, oracle=False)
    found = defaultdict(set)
    for day, source, *values in rows_of(result, "traffic_date", "traffic_source", *MEASURES):
        found[day].add(
            (source, *(round(value, 6) if isinstance(value, float) else value for value in values))
        )
    assert len(found) >= DAYS
    for number in range(DAYS + 1):
        day = FIRST_DAY + dt.timedelta(days=number)
        assert found[day] == by_the_slow_definition(tables, day, timezone=timezone), day


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_engines_agree_on_a_nasty_shop(seed: int) -> None:
    check("fct_daily_traffic", nasty_shop(seed))


def test_moving_as_of_forward_changes_no_row() -> None:
    tables = nasty_shop(100, corners=12)
    later = sorted(check("fct_daily_traffic", tables, as_of="2024-01-12", oracle=False).rows, key=repr)
    for number in range(DAYS):
        day = FIRST_DAY + dt.timedelta(days=number)
        closed = check("fct_daily_traffic", tables, as_of=day.isoformat(), oracle=False).rows
        assert sorted(closed, key=repr) == [row for row in later if row[0] <= day]
