"""Specification of int_order_sessions: in which session an order line was placed.

Session ids are single letters here; the events of a session carry its start.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.models.specify import check, rows_of

SESSIONS = """
    | event_id | session_id | visitor_id | session_started_at | event_time       | event_type |
    | 1        | A          | u:1        | 2024-01-10 10:00   | 2024-01-10 10:00 | page_view  |
    | 2        | A          | u:1        | 2024-01-10 10:00   | 2024-01-10 10:20 | purchase   |
    | 3        | B          | u:1        | 2024-01-10 11:00   | 2024-01-10 11:00 | page_view  |
    | 4        | C          | u:1        | 2024-01-10 15:00   | 2024-01-10 15:00 | page_view  |
    | 5        | X          | u:2        | 2024-01-10 09:00   | 2024-01-10 09:00 | purchase   |
"""


def placed(orders: str, lines: str, expect: str, sessions: str = SESSIONS, **parameters: object) -> None:
    tables = {"stg_orders": orders, "stg_order_items": lines, "int_session_events": sessions}
    check("int_order_sessions", tables, expect, **parameters)


def one_line_at(instant: str, session: str, visitor: str = "u:1", sessions: str = SESSIONS) -> None:
    placed(
        f"""
        | order_id | visitor_id | created_at |
        | 1        | {visitor}  | {instant}  |
        """,
        f"""
        | order_item_id | order_id | created_at |
        | 11            | 1        | {instant}  |
        """,
        f"""
        | order_item_id | order_id | placed_at | session_id |
        | 11            | 1        | {instant} | {session}  |
        """,
        sessions,
    )


# A purchase event up to the gap before the line is in that session, too


@pytest.mark.parametrize(
    ("instant", "start_of_session"),
    [
        ("2024-01-10 10:20:00", "2024-01-10 10:00"),
        ("2024-01-10 10:49:59", "2024-01-10 10:00"),
        ("2024-01-10 10:50:00", "2024-01-10 10:00"),
        ("2024-01-10 10:50:00.000001", "2024-01-10 10:50:00.000001"),
    ],
)
def test_a_line_up_to_the_gap_after_a_purchase_belongs_to_its_session(
    instant: str, start_of_session: str
) -> None:
    """No session can start in between: the events of the next one are more than the gap later."""
    result = check(
        "int_order_sessions",
        {
            "stg_events": """
            | event_id | visitor_id | user_id | event_time                 | event_type |
            | 1        | u:1        | 1       | 2024-01-10 10:00           | page_view  |
            | 2        | u:1        | 1       | 2024-01-10 10:20           | purchase   |
            | 3        | u:1        | 1       | 2024-01-10 10:50:00.000001 | page_view  |
            """,
            "stg_orders": f"| order_id | visitor_id | created_at |\n| 1 | u:1 | {instant} |",
        },
    )
    start = dt.datetime.fromisoformat(f"{start_of_session}+00:00")
    microseconds = (start - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    assert rows_of(result, "session_id") == [(f"u:1@{microseconds}",)]


# The session that started last


@pytest.mark.parametrize(
    ("instant", "session"),
    [
        ("2024-01-10 10:10", "A"),
        ("2024-01-10 10:59:59.999999", "A"),
        ("2024-01-10 14:59:59.999999", "B"),
        ("2024-01-10 15:00", "C"),
        ("2024-01-30 15:00", "C"),
    ],
)
def test_a_line_belongs_to_the_session_started_last_at_or_before_it(instant: str, session: str) -> None:
    one_line_at(instant, session)


# No session before the order


def test_a_line_before_the_first_session_belongs_to_the_first_session() -> None:
    one_line_at("2023-12-01 10:00", "A")


def test_a_buyer_who_was_never_seen_has_no_session() -> None:
    one_line_at("2024-01-10 10:30", "NULL", visitor="u:9")


def test_a_line_never_takes_the_session_of_another_visitor() -> None:
    one_line_at("2024-01-10 09:10", "A", visitor="u:1")
    one_line_at("2024-01-10 15:10", "X", visitor="u:2")


def test_an_order_without_any_visitor_has_no_session() -> None:
    one_line_at("2024-01-10 10:30", "NULL", visitor="NULL")


# Orders and lines that do not match


def test_lines_of_one_order_may_belong_to_different_sessions() -> None:
    placed(
        """
        | order_id | visitor_id | created_at       |
        | 1        | u:1        | 2024-01-10 10:20 |
        """,
        """
        | order_item_id | order_id | created_at       |
        | 11            | 1        | 2024-01-10 10:21 |
        | 12            | 1        | 2024-01-10 14:00 |
        | 13            | 1        | 2024-01-10 16:00 |
        """,
        expect="""
        | order_item_id | order_id | session_id |
        | 11            | 1        | A          |
        | 12            | 1        | B          |
        | 13            | 1        | C          |
        """,
    )


def test_a_line_without_a_time_was_placed_with_its_order() -> None:
    placed(
        """
        | order_id | visitor_id | created_at       |
        | 1        | u:1        | 2024-01-10 14:00 |
        """,
        """
        | order_item_id | order_id | created_at |
        | 11            | 1        | NULL       |
        """,
        expect="""
        | order_item_id | placed_at        | session_id |
        | 11            | 2024-01-10 14:00 | B          |
        """,
    )


def test_an_order_without_lines_still_has_a_session() -> None:
    placed(
        """
        | order_id | visitor_id | created_at       |
        | 1        | u:1        | 2024-01-10 14:00 |
        """,
        "",
        expect="""
        | order_item_id | order_id | placed_at        | session_id |
        | NULL          | 1        | 2024-01-10 14:00 | B          |
        """,
    )


def test_a_line_without_its_order_is_placed_by_its_own_user_and_time() -> None:
    placed(
        "",
        """
        | order_item_id | order_id | user_id | created_at       |
        | 11            | 1        | 1       | 2024-01-10 14:00 |
        | 12            | 2        | NULL    | 2024-01-10 14:00 |
        """,
        expect="""
        | order_item_id | order_id | session_id |
        | 11            | 1        | B          |
        | 12            | 2        | NULL       |
        """,
    )


def test_lines_whose_order_is_missing_make_one_order_of_one_visitor_on_the_day_of_its_first_line() -> None:
    placed(
        "",
        """
        | order_item_id | order_id | user_id | created_at       |
        | 11            | 1        | NULL    | 2024-01-10 10:10 |
        | 12            | 1        | 1       | 2024-02-10 10:10 |
        """,
        expect="""
        | order_item_id | placed_at        | session_id |
        | 11            | 2024-01-10 10:10 | A          |
        | 12            | 2024-02-10 10:10 | C          |
        """,
    )


# The day that counts


def test_the_day_of_the_order_decides_whether_a_line_counts_also_when_the_line_is_dated_later() -> None:
    placed(
        """
        | order_id | visitor_id | created_at       |
        | 1        | u:1        | 2024-01-31 23:59 |
        | 2        | u:1        | 2024-02-01 00:00 |
        """,
        """
        | order_item_id | order_id | created_at       |
        | 11            | 1        | 2024-02-03 10:00 |
        | 12            | 2        | 2024-01-31 10:00 |
        """,
        expect="""
        | order_item_id | order_id | placed_at        | session_id |
        | 11            | 1        | 2024-02-03 10:00 | C          |
        """,
    )


def test_the_day_of_an_order_begins_at_midnight_of_the_time_zone() -> None:
    orders = """
        | order_id | visitor_id | created_at       |
        | 1        | u:1        | 2024-01-31 22:59 |
        | 2        | u:1        | 2024-01-31 23:00 |
    """
    placed(orders, "", "| order_id |\n| 1 |\n| 2 |")
    placed(orders, "", "| order_id |\n| 1 |", timezone="Europe/Berlin")
