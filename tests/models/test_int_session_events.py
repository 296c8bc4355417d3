"""Specification of int_session_events: where a session starts, in which order, until which day."""

from __future__ import annotations

from tests.models.catalogue import sql_files
from tests.models.specify import check, rows_of


def events(text: str, expect: str, **parameters: object) -> None:
    check("int_session_events", {"stg_events": text}, expect, **parameters)


# The gap


def test_a_gap_of_exactly_thirty_minutes_is_the_same_session_and_a_microsecond_more_is_a_new_one() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time                 |
        | 1        | u:1        | 1       | 2024-01-01 10:00:00        |
        | 2        | u:1        | 1       | 2024-01-01 10:30:00        |
        | 3        | u:2        | 2       | 2024-01-01 10:00:00        |
        | 4        | u:2        | 2       | 2024-01-01 10:30:00.000001 |
        | 5        | u:3        | 3       | 2024-01-01 10:00:00        |
        | 6        | u:3        | 3       | 2024-01-01 10:30:01        |
        """,
        expect="""
        | event_id | session_started_at         |
        | 1        | 2024-01-01 10:00:00        |
        | 2        | 2024-01-01 10:00:00        |
        | 3        | 2024-01-01 10:00:00        |
        | 4        | 2024-01-01 10:30:00.000001 |
        | 5        | 2024-01-01 10:00:00        |
        | 6        | 2024-01-01 10:30:01        |
        """,
    )


def test_fractions_of_a_second_count_and_minutes_are_never_truncated() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time                 |
        | 1        | u:1        | 1       | 2024-01-01 10:00:59.999999 |
        | 2        | u:1        | 1       | 2024-01-01 10:30:59.999999 |
        | 3        | u:2        | 2       | 2024-01-01 10:00:59.500000 |
        | 4        | u:2        | 2       | 2024-01-01 10:30:59.500001 |
        """,
        expect="""
        | event_id | session_started_at         |
        | 1        | 2024-01-01 10:00:59.999999 |
        | 2        | 2024-01-01 10:00:59.999999 |
        | 3        | 2024-01-01 10:00:59.500000 |
        | 4        | 2024-01-01 10:30:59.500001 |
        """,
    )


def test_the_gap_is_between_neighbours_so_a_session_may_last_longer_than_it() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time       |
        | 1        | u:1        | 1       | 2024-01-01 10:00 |
        | 2        | u:1        | 1       | 2024-01-01 10:25 |
        | 3        | u:1        | 1       | 2024-01-01 10:50 |
        """,
        expect="""
        | event_id | session_started_at |
        | 1        | 2024-01-01 10:00   |
        | 2        | 2024-01-01 10:00   |
        | 3        | 2024-01-01 10:00   |
        """,
    )


def test_another_gap_cuts_other_sessions() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time          |
        | 1        | u:1        | 1       | 2024-01-01 10:00:00 |
        | 2        | u:1        | 1       | 2024-01-01 10:15:00 |
        | 3        | u:1        | 1       | 2024-01-01 10:30:01 |
        """,
        expect="""
        | event_id | session_started_at  |
        | 1        | 2024-01-01 10:00:00 |
        | 2        | 2024-01-01 10:00:00 |
        | 3        | 2024-01-01 10:30:01 |
        """,
        session_gap_minutes=15,
    )


def test_a_session_runs_across_midnight() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time       |
        | 1        | u:1        | 1       | 2024-01-01 23:50 |
        | 2        | u:1        | 1       | 2024-01-02 00:10 |
        """,
        expect="""
        | event_id | session_id               | session_started_at |
        | 1        | u:1@1704153000000000     | 2024-01-01 23:50   |
        | 2        | u:1@1704153000000000     | 2024-01-01 23:50   |
        """,
    )


# Order within an instant


def test_events_of_one_instant_follow_the_source_order_then_the_event_id() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time       | event_order |
        | 9        | u:1        | 1       | 2024-01-01 10:00 | 1           |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | 2           |
        | f        | u:2        | 2       | 2024-01-01 10:00 | 5           |
        | b        | u:2        | 2       | 2024-01-01 10:00 | 5           |
        | a        | u:2        | 2       | 2024-01-01 10:00 | 5           |
        | e        | u:2        | 2       | 2024-01-01 10:00 | 5           |
        | d        | u:2        | 2       | 2024-01-01 10:00 | 5           |
        | c        | u:2        | 2       | 2024-01-01 09:00 | 8           |
        """,
        expect="""
        | event_id | visitor_id | session_started_at | event_number |
        | 9        | u:1        | 2024-01-01 10:00   | 1            |
        | 1        | u:1        | 2024-01-01 10:00   | 2            |
        | c        | u:2        | 2024-01-01 09:00   | 1            |
        | a        | u:2        | 2024-01-01 10:00   | 2            |
        | b        | u:2        | 2024-01-01 10:00   | 3            |
        | d        | u:2        | 2024-01-01 10:00   | 4            |
        | e        | u:2        | 2024-01-01 10:00   | 5            |
        | f        | u:2        | 2024-01-01 10:00   | 6            |
        """,
    )


# The day that counts


def test_the_last_day_ends_at_midnight_of_the_time_zone() -> None:
    text = """
        | event_id | visitor_id | user_id | event_time                 |
        | 1        | u:1        | 1       | 2024-01-31 22:59:59.999999 |
        | 2        | u:2        | 2       | 2024-01-31 23:00:00        |
        | 3        | u:3        | 3       | 2024-02-01 00:00:00        |
    """
    events(text, expect="| event_id |\n| 1 |\n| 2 |")
    events(text, expect="| event_id |\n| 1 |", timezone="Europe/Berlin")
    events(text, expect="| event_id |\n| 1 |\n| 2 |\n| 3 |", timezone="America/New_York")


def test_a_session_keeps_its_id_and_its_events_when_later_events_arrive() -> None:
    early = """
        | event_id | visitor_id | user_id | source_session_id | event_time       |
        | 1        | u:1        | 1       | A                 | 2024-01-01 10:00 |
        | 2        | u:1        | 1       | A                 | 2024-01-01 10:20 |
        | 3        | s:B        | NULL    | B                 | 2024-01-01 11:00 |
    """
    later = """
        | 4        | u:1        | 1       | A                 | 2024-01-01 10:40 |
        | 5        | u:1        | 1       | A                 | 2024-01-09 10:00 |
        | 6        | s:B        | NULL    | B                 | 2024-01-01 11:05 |
    """
    columns = ("event_id", "session_id", "event_number")
    before = rows_of(check("int_session_events", {"stg_events": early}), *columns)
    after = rows_of(check("int_session_events", {"stg_events": early + later}), *columns)
    assert before == after[:3]
    assert len(after) == 6


# The product of a cart event


def test_a_cart_event_without_a_product_holds_the_product_viewed_last_in_the_session() -> None:
    events(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   | product_id |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view | 5          |
        | 2        | u:1        | 1       | 2024-01-01 10:01 | product_view | 6          |
        | 3        | u:1        | 1       | 2024-01-01 10:02 | page_view    | NULL       |
        | 4        | u:1        | 1       | 2024-01-01 10:03 | add_to_cart  | NULL       |
        | 5        | u:1        | 1       | 2024-01-01 10:04 | add_to_cart  | 9          |
        | 6        | u:1        | 1       | 2024-01-01 10:05 | purchase     | NULL       |
        | 7        | u:1        | 1       | 2024-01-01 12:00 | add_to_cart  | NULL       |
        | 8        | u:2        | 2       | 2024-01-01 10:02 | add_to_cart  | NULL       |
        """,
        expect="""
        | event_id | product_id |
        | 1        | 5          |
        | 2        | 6          |
        | 3        | NULL       |
        | 4        | 6          |
        | 5        | 9          |
        | 6        | NULL       |
        | 7        | NULL       |
        | 8        | NULL       |
        """,
    )


def test_the_gap_rule_is_the_same_text_in_every_model_that_cuts_sessions() -> None:
    """GoogleSQL has no way to share an expression; each of the models cuts other runs of events."""
    is_longer = (
        "timestamp_diff(event_time, previous_event_time, microsecond) > @session_gap_minutes * 60000000"
    )
    rule = (
        "case when previous_event_time is null then event_time "
        f"when {is_longer} then event_time end as start_time"
    )
    cutting = [
        " ".join(text.split())
        for path in sql_files()
        if "@session_gap_minutes" in (text := path.read_text("utf-8"))
    ]
    assert all(is_longer in text for text in cutting)
    starts = [text for text in cutting if "then event_time end as start_time" in text]
    assert len(starts) >= 4
    assert all(rule in text for text in starts)
