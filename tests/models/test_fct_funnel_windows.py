"""Specification of fct_funnel_daily: the funnel across sessions, within the conversion window."""

from __future__ import annotations

import pytest

from tests.models.specify import check, rows_of, sideways


def windowed(events: str, expect: str, **parameters: object) -> None:
    check("fct_funnel_daily", {"stg_events": events}, expect, **parameters)


def test_a_visitor_who_goes_on_in_another_session_within_the_window_converts_there() -> None:
    windowed(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view |
        | 2        | u:1        | 1       | 2024-01-03 10:00 | add_to_cart  |
        | 3        | u:1        | 1       | 2024-01-05 10:00 | purchase     |
        | 4        | u:2        | 2       | 2024-01-01 10:00 | product_view |
        | 5        | u:2        | 2       | 2024-01-02 10:00 | purchase     |
        | 6        | u:2        | 2       | 2024-01-03 10:00 | add_to_cart  |
        | 7        | u:3        | 3       | 2024-01-01 09:00 | add_to_cart  |
        | 8        | u:3        | 3       | 2024-01-01 10:00 | product_view |
        | 9        | u:3        | 3       | 2024-01-02 10:00 | purchase     |
        """,
        expect=sideways(
            """
            | session_date                  | 2024-01-01 | 2024-01-02 | 2024-01-03 |
            | view_visitors                 | 3          | 0          | 0          |
            | ordered_cart_visitors         | 0          | 0          | 0          |
            | windowed_view_visitors        | 3          | 0          | NULL       |
            | windowed_cart_visitors        | 2          | 0          | NULL       |
            | windowed_checkout_visitors    | NULL       | NULL       | NULL       |
            | windowed_purchase_visitors    | 1          | 0          | NULL       |
            | windowed_conversion_rate      | 0.333333333333333 | NULL | NULL      |
            """
        )
        + "\n"
        + "\n".join(
            f"| 2024-01-{day:02} | 0 | 0 | NULL | NULL | NULL | NULL | NULL |" for day in range(4, 10)
        ),
        as_of="2024-01-09",
    )


@pytest.mark.parametrize(
    ("bought_at", "bought"), [("2024-01-03 10:00:00", 1), ("2024-01-03 10:00:00.000001", 0)]
)
def test_the_window_runs_from_the_first_view_of_the_day_and_its_last_instant_is_in_it(
    bought_at: str, bought: int
) -> None:
    windowed(
        f"""
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view |
        | 2        | u:1        | 1       | 2024-01-01 12:00 | product_view |
        | 3        | u:1        | 1       | 2024-01-02 10:00 | add_to_cart  |
        | 4        | u:1        | 1       | {bought_at}      | purchase     |
        """,
        expect=f"""
        | session_date | windowed_view_visitors | windowed_cart_visitors | windowed_purchase_visitors |
        | 2024-01-01   | 1                      | 1                      | {bought}                   |
        | 2024-01-02   | 0                      | 0                      | 0                          |
        | 2024-01-03   | NULL                   | NULL                   | NULL                       |
        | 2024-01-04   | NULL                   | NULL                   | NULL                       |
        """,
        as_of="2024-01-04",
        conversion_window_days=2,
    )


def test_in_a_shop_with_checkouts_the_purchase_must_follow_one() -> None:
    windowed(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view |
        | 2        | u:1        | 1       | 2024-01-01 15:00 | add_to_cart  |
        | 3        | u:1        | 1       | 2024-01-01 20:00 | checkout     |
        | 4        | u:1        | 1       | 2024-01-02 10:00 | purchase     |
        | 5        | u:2        | 2       | 2024-01-01 10:00 | product_view |
        | 6        | u:2        | 2       | 2024-01-01 15:00 | add_to_cart  |
        | 7        | u:2        | 2       | 2024-01-02 10:00 | purchase     |
        """,
        expect="""
        | session_date | windowed_cart_visitors | windowed_checkout_visitors | windowed_purchase_visitors |
        | 2024-01-01   | 2                      | 1                          | 1                          |
        | 2024-01-02   | NULL                   | NULL                       | NULL                       |
        """,
        as_of="2024-01-02",
        conversion_window_days=1,
    )


def test_a_view_after_midnight_whose_window_is_not_over_is_left_out_of_the_funnel_of_its_day() -> None:
    """User 2 viewed at 00:10 on the 2nd in a session of the 1st: their day is not over before 00:10."""
    windowed(
        """
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view |
        | 2        | u:2        | 2       | 2024-01-01 23:50 | page_view    |
        | 3        | u:2        | 2       | 2024-01-02 00:10 | product_view |
        """,
        expect="""
        | session_date | view_visitors | windowed_view_visitors |
        | 2024-01-01   | 2             | 1                      |
        | 2024-01-02   | 0             | NULL                   |
        """,
        as_of="2024-01-02",
        conversion_window_days=1,
    )


def test_a_window_is_measured_in_hours_so_that_a_change_of_clocks_does_not_end_it_early() -> None:
    """Berlin's 31st of March 2024 had 23 hours: 48 hours after the 30th end at 1:00 on the 2nd of April."""
    view = """
        | event_id | visitor_id | user_id | event_time       | event_type   |
        | 1        | u:1        | 1       | 2024-03-30 22:59 | product_view |
    """
    rows = [
        check(
            "fct_funnel_daily",
            {"stg_events": view},
            as_of=as_of,
            timezone="Europe/Berlin",
            conversion_window_days=2,
        )
        for as_of in ("2024-04-01", "2024-04-02")
    ]
    days = [rows_of(result, "session_date", "windowed_view_visitors") for result in rows]
    assert [counts[0][1] for counts in days] == [None, 1]
