"""Specification of fct_funnel_daily: how many sessions and visitors reached each step, day by day."""

from __future__ import annotations

import pytest

from tests.models.specify import check, sideways

REACHED = {"view": "reached_view", "cart": "reached_cart", "purchase": "reached_purchase"}
ORDERED = {"view": "ordered_view", "cart": "ordered_cart", "purchase": "ordered_purchase"}


def sessions(*rows: str) -> str:
    """Sessions in short: `"day visitor steps ordered-steps"`, for example `"3 ann view+cart view"`."""
    columns = [*REACHED.values(), *ORDERED.values()]
    lines = [f"| session_date | visitor_id | {' | '.join(columns)} |"]
    for row in rows:
        day, visitor, reached, ordered = row.split()
        flags = [str(name in reached.split("+")) for name in REACHED]
        flags += [str(name in ordered.split("+")) for name in ORDERED]
        lines.append(f"| 2024-01-{int(day):02} | {visitor} | {' | '.join(flags)} |")
    return "\n".join(lines)


def funnel(fct_sessions: str, expect: str, as_of: str = "2024-01-03") -> None:
    check("fct_funnel_daily", {"fct_sessions": fct_sessions}, expect, as_of=as_of)


# Counts


def test_sessions_count_once_a_session_and_visitors_once_a_day() -> None:
    funnel(
        sessions(
            "3 ann view+cart+purchase view+cart+purchase",
            "3 ann view view",
            "3 bob view+cart view+cart",
            "3 cat none none",
        ),
        expect=sideways(
            """
            | session_date              | 2024-01-03 |
            | sessions                  | 4 |
            | visitors                  | 3 |
            | view_sessions             | 3 |
            | view_visitors             | 2 |
            | cart_sessions             | 2 |
            | cart_visitors             | 2 |
            | purchase_sessions         | 1 |
            | purchase_visitors         | 1 |
            | ordered_view_sessions     | 3 |
            | ordered_view_visitors     | 2 |
            | ordered_cart_sessions     | 2 |
            | ordered_cart_visitors     | 2 |
            | ordered_purchase_sessions | 1 |
            | ordered_purchase_visitors | 1 |
            | viewers_who_purchased     | 1 |
            """
        ),
    )


def test_ordered_steps_are_counted_apart_from_steps_in_any_order() -> None:
    funnel(
        sessions(
            "3 ann view+cart+purchase view+cart",
            "3 bob cart+purchase none",
            "3 cat view+purchase view",
        ),
        expect=sideways(
            """
            | cart_sessions             | 2 |
            | ordered_cart_sessions     | 1 |
            | cart_visitors             | 2 |
            | ordered_cart_visitors     | 1 |
            | purchase_sessions         | 3 |
            | ordered_purchase_sessions | 0 |
            | purchase_visitors         | 3 |
            | ordered_purchase_visitors | 0 |
            """
        ),
    )


def test_every_day_from_the_first_session_to_as_of_has_a_row_and_an_empty_day_no_rates() -> None:
    funnel(
        sessions("1 ann view view", "3 ann view view"),
        expect=sideways(
            """
            | session_date                | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04 |
            | sessions                    | 1          | 0          | 1          | 0          |
            | visitors                    | 1          | 0          | 1          | 0          |
            | view_sessions               | 1          | 0          | 1          | 0          |
            | view_visitors               | 1          | 0          | 1          | 0          |
            | ordered_view_sessions       | 1          | 0          | 1          | 0          |
            | ordered_view_visitors       | 1          | 0          | 1          | 0          |
            | cart_sessions               | 0          | 0          | 0          | 0          |
            | cart_visitors               | 0          | 0          | 0          | 0          |
            | ordered_cart_sessions       | 0          | 0          | 0          | 0          |
            | ordered_cart_visitors       | 0          | 0          | 0          | 0          |
            | purchase_sessions           | 0          | 0          | 0          | 0          |
            | purchase_visitors           | 0          | 0          | 0          | 0          |
            | ordered_purchase_sessions   | 0          | 0          | 0          | 0          |
            | ordered_purchase_visitors   | 0          | 0          | 0          | 0          |
            | viewers_who_purchased       | 0          | 0          | 0          | 0          |
            | conversion_rate             | 0          | NULL       | 0          | NULL       |
            | any_order_conversion_rate   | 0          | NULL       | 0          | NULL       |
            | session_conversion_rate     | 0          | NULL       | 0          | NULL       |
            | visit_to_view_rate          | 1          | NULL       | 1          | NULL       |
            | view_to_cart_rate           | 0          | NULL       | 0          | NULL       |
            | cart_to_purchase_rate       | NULL       | NULL       | NULL       | NULL       |
            | visit_drop_off_rate         | 0          | NULL       | 0          | NULL       |
            | view_drop_off_rate          | 1          | NULL       | 1          | NULL       |
            | cart_drop_off_rate          | NULL       | NULL       | NULL       | NULL       |
            | median_seconds_view_to_cart | NULL       | NULL       | NULL       | NULL       |
            """
        ),
        as_of="2024-01-04",
    )


# Rates


def test_the_conversion_rate_counts_only_purchasers_who_viewed() -> None:
    funnel(
        sessions("3 ann view+purchase view", "3 bob view view", "3 cat purchase none"),
        expect="""
        | view_visitors | purchase_visitors | viewers_who_purchased | conversion_rate |
        | 2             | 2                 | 1                     | 0.5             |
        """,
    )


def test_the_any_order_rate_may_exceed_one_and_keeps_its_own_name() -> None:
    funnel(
        sessions("3 ann view view", "3 bob purchase none", "3 cat purchase none"),
        expect="""
        | view_visitors | purchase_visitors | conversion_rate | any_order_conversion_rate |
        | 1             | 2                 | 0               | 2                         |
        """,
    )


def test_purchases_without_any_view_leave_both_conversion_rates_unknown() -> None:
    funnel(
        sessions("3 ann purchase none"),
        expect="""
        | conversion_rate | any_order_conversion_rate | session_conversion_rate |
        | NULL            | NULL                      | 1                       |
        """,
    )


def test_a_visitor_who_views_and_purchases_in_two_sessions_of_a_day_converts_on_another_day_not() -> None:
    funnel(
        sessions("2 ann view view", "2 ann purchase none", "2 bob view view", "3 bob purchase none"),
        expect="""
        | session_date | viewers_who_purchased | conversion_rate |
        | 2024-01-02   | 1                     | 0.5             |
        | 2024-01-03   | 0                     | NULL            |
        """,
    )


def test_step_rates_are_ordered_sessions_over_those_of_the_step_before() -> None:
    funnel(
        sessions(
            "3 ann view+cart+purchase view+cart+purchase",
            "3 bob view+cart view+cart",
            "3 cat view view",
            "3 dan view+cart+purchase view",
            "3 eve none none",
        ),
        expect=sideways(
            """
            | visit_to_view_rate      | 0.8  |
            | view_to_cart_rate       | 0.5  |
            | cart_to_purchase_rate   | 0.5  |
            | visit_drop_off_rate     | 0.2  |
            | view_drop_off_rate      | 0.5  |
            | cart_drop_off_rate      | 0.5  |
            | session_conversion_rate | 0.4  |
            """
        ),
    )


# Times


def test_medians_are_over_sessions_that_have_both_steps_and_lie_between_the_middle_two() -> None:
    funnel(
        """
        | session_date | visitor_id | seconds_view_to_cart | seconds_cart_to_purchase |
        | 2024-01-02   | a          | 10                   | 7                        |
        | 2024-01-02   | b          | 20                   | NULL                     |
        | 2024-01-02   | c          | 900                  | NULL                     |
        | 2024-01-02   | d          | NULL                 | NULL                     |
        | 2024-01-03   | a          | 10                   | NULL                     |
        | 2024-01-03   | b          | 20.5                 | NULL                     |
        """,
        expect="""
        | session_date | median_seconds_view_to_cart | median_seconds_cart_to_purchase |
        | 2024-01-02   | 20                          | 7                               |
        | 2024-01-03   | 15.25                       | NULL                            |
        """,
    )


# The checkout step


@pytest.mark.parametrize(
    ("reached", "ordered", "any_order", "in_order", "empty_day"),
    [("NULL", "NULL", "NULL", "NULL", "NULL"), ("true", "true", 1, 1, 0), ("true", "false", 1, 0, 0)],
)
def test_checkouts_are_unknown_in_a_shop_without_that_step_and_zero_on_an_empty_day_of_one_with_it(
    reached: str, ordered: str, any_order: object, in_order: object, empty_day: object
) -> None:
    funnel(
        f"""
        | session_date | visitor_id | reached_checkout | ordered_checkout |
        | 2024-01-02   | a          | {reached}        | {ordered}        |
        """,
        expect=sideways(
            f"""
            | session_date              | 2024-01-02  | 2024-01-03  |
            | checkout_sessions         | {any_order} | {empty_day} |
            | checkout_visitors         | {any_order} | {empty_day} |
            | ordered_checkout_sessions | {in_order}  | {empty_day} |
            | ordered_checkout_visitors | {in_order}  | {empty_day} |
            """
        ),
    )


def test_a_shop_with_checkouts_has_the_two_steps_around_it_and_one_without_has_none() -> None:
    funnel(
        """
        | session_date | visitor_id | reached_checkout | ordered_cart | ordered_checkout | ordered_purchase |
        | 2024-01-02   | a          | true             | true         | true             | true             |
        | 2024-01-02   | b          | true             | true         | true             | false            |
        | 2024-01-02   | c          | false            | true         | false            | false            |
        | 2024-01-02   | d          | false            | true         | false            | false            |
        """,
        expect=sideways(
            """
            | session_date                       | 2024-01-02 | 2024-01-03 |
            | cart_to_checkout_rate              | 0.5        | NULL       |
            | checkout_to_purchase_rate          | 0.5        | NULL       |
            | cart_to_purchase_rate              | 0.25       | NULL       |
            | cart_to_checkout_drop_off_rate     | 0.5        | NULL       |
            | checkout_to_purchase_drop_off_rate | 0.5        | NULL       |
            """
        ),
    )
    funnel(
        """
        | session_date | visitor_id | ordered_cart | ordered_purchase |
        | 2024-01-03   | a          | true         | true             |
        """,
        expect=sideways(
            """
            | cart_to_checkout_rate              | NULL |
            | checkout_to_purchase_rate          | NULL |
            | cart_to_purchase_rate              | 1    |
            | cart_to_checkout_drop_off_rate     | NULL |
            | checkout_to_purchase_drop_off_rate | NULL |
            """
        ),
    )


def test_the_times_around_the_checkout_have_their_medians() -> None:
    funnel(
        """
        | session_date | visitor_id | seconds_cart_to_checkout | seconds_checkout_to_purchase |
        | 2024-01-03   | a          | 10                       | 4                            |
        | 2024-01-03   | b          | 30                       | NULL                         |
        | 2024-01-03   | c          | NULL                     | NULL                         |
        """,
        expect="""
        | session_date | median_seconds_cart_to_checkout | median_seconds_checkout_to_purchase |
        | 2024-01-03   | 20                              | 4                                   |
        """,
    )
