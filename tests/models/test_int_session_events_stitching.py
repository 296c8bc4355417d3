"""Specification of int_session_events: whose events these are.

An anonymous event has no user, and the source's session key as its visitor.
"""

from __future__ import annotations

from tests.models.specify import check


def events(text: str, expect: str) -> None:
    check("int_session_events", {"stg_events": text}, expect)


def test_an_anonymous_run_becomes_the_user_that_it_leads_to_in_the_same_source_session() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 10:00 |
        | 2        | s:A        | NULL    | A                 | 2024-01-01 10:05 |
        | 3        | u:1        | 1       | A                 | 2024-01-01 10:10 |
        | 4        | s:B        | NULL    | B                 | 2024-01-01 10:00 |
        """,
        expect="""
        | event_id | visitor_id | user_id | session_started_at | event_number |
        | 1        | u:1        | 1       | 2024-01-01 10:00   | 1            |
        | 2        | u:1        | 1       | 2024-01-01 10:00   | 2            |
        | 3        | u:1        | 1       | 2024-01-01 10:00   | 3            |
        | 4        | s:B        | NULL    | 2024-01-01 10:00   | 1            |
        """,
    )


def test_a_run_after_the_last_known_event_stays_anonymous() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 |
        | 2        | s:A        | NULL    | A                 | 2024-01-01 10:05 |
        """,
        expect="""
        | event_id | visitor_id | user_id | session_started_at |
        | 1        | u:1        | 1       | 2024-01-01 10:00   |
        | 2        | s:A        | NULL    | 2024-01-01 10:05   |
        """,
    )


def test_two_users_of_one_source_session_each_get_the_run_that_leads_to_them() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 10:00 |
        | 2        | u:1        | 1       | A                 | 2024-01-01 10:01 |
        | 3        | s:A        | NULL    | A                 | 2024-01-01 10:02 |
        | 4        | u:2        | 2       | A                 | 2024-01-01 10:03 |
        | 5        | u:1        | 1       | A                 | 2024-01-01 10:04 |
        """,
        expect="""
        | event_id | visitor_id | session_started_at | event_number |
        | 1        | u:1        | 2024-01-01 10:00   | 1            |
        | 2        | u:1        | 2024-01-01 10:00   | 2            |
        | 3        | u:2        | 2024-01-01 10:02   | 1            |
        | 4        | u:2        | 2024-01-01 10:02   | 2            |
        | 5        | u:1        | 2024-01-01 10:00   | 3            |
        """,
    )


def test_a_tie_between_an_anonymous_and_a_known_event_is_stitched_by_source_order_then_event_id() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       | event_order |
        | 3        | s:A        | NULL    | A                 | 2024-01-01 10:00 | 1           |
        | 2        | u:1        | 1       | A                 | 2024-01-01 10:00 | 2           |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 10:00 | 3           |
        | c        | s:B        | NULL    | B                 | 2024-01-01 10:00 | 5           |
        | b        | u:2        | 2       | B                 | 2024-01-01 10:00 | 5           |
        | a        | s:B        | NULL    | B                 | 2024-01-01 10:00 | 5           |
        """,
        expect="""
        | event_id | visitor_id |
        | 3        | u:1        |
        | 2        | u:1        |
        | 1        | s:A        |
        | a        | u:2        |
        | b        | u:2        |
        | c        | s:B        |
        """,
    )


def test_events_without_a_source_session_are_never_stitched_to_each_other() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:1        | NULL    | NULL              | 2024-01-01 10:00 |
        | 2        | s:2        | NULL    | NULL              | 2024-01-01 10:01 |
        | 3        | u:1        | 1       | NULL              | 2024-01-01 10:02 |
        """,
        expect="""
        | event_id | visitor_id | user_id | session_started_at |
        | 1        | s:1        | NULL    | 2024-01-01 10:00   |
        | 2        | s:2        | NULL    | 2024-01-01 10:01   |
        | 3        | u:1        | 1       | 2024-01-01 10:02   |
        """,
    )


def test_a_source_session_longer_than_the_gap_is_cut() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:A        | NULL    | A                 | 2024-01-01 10:00 |
        | 2        | s:A        | NULL    | A                 | 2024-01-03 10:00 |
        """,
        expect="""
        | event_id | visitor_id | session_started_at |
        | 1        | s:A        | 2024-01-01 10:00   |
        | 2        | s:A        | 2024-01-03 10:00   |
        """,
    )


def test_several_source_sessions_of_one_visitor_at_once_are_one_session() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 |
        | 2        | u:1        | 1       | B                 | 2024-01-01 10:10 |
        | 3        | u:1        | 1       | A                 | 2024-01-01 10:20 |
        """,
        expect="""
        | event_id | session_started_at | event_number |
        | 1        | 2024-01-01 10:00   | 1            |
        | 2        | 2024-01-01 10:00   | 2            |
        | 3        | 2024-01-01 10:00   | 3            |
        """,
    )


def test_an_event_after_as_of_does_not_name_the_anonymous_events_before_it() -> None:
    events(
        """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | s:A        | NULL    | A                 | 2024-01-31 23:50 |
        | 2        | u:1        | 1       | A                 | 2024-02-01 00:05 |
        """,
        expect="""
        | event_id | visitor_id | session_started_at |
        | 1        | s:A        | 2024-01-31 23:50   |
        """,
    )
