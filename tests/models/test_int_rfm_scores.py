"""Specification of int_rfm_scores: scores by percent rank, ties, the earlier snapshot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.specify import check, rows_of, sideways

AS_OF = "2024-03-31"
HEADER = "| order_id | user_id | is_counted | order_date | net_revenue |\n"


def orders(*rows: tuple[str, str, int]) -> str:
    """Rows of int_orders: user, day, net revenue; each a counted order of its own."""
    lines = [
        f"| {number} | {user} | true | {day} | {revenue} |"
        for number, (user, day, revenue) in enumerate(rows)
    ]
    return HEADER + "\n".join(lines)


def scores(
    orders: str, expect: str | None = None, order_lines: str = "", snapshot: str | None = None, **parameters
):
    tables = {"int_orders": orders, "int_order_lines": order_lines}
    return check("int_rfm_scores", tables, expect, as_of=AS_OF, **parameters)


def of_snapshot(result, snapshot: str, *columns: str) -> list[tuple]:
    return [row[1:] for row in rows_of(result, "snapshot", *columns) if row[0] == snapshot]


def day_in_march(day: int) -> str:
    return f"2024-03-{day:02}"


# Scores


def test_5_is_best_for_who_bought_last_most_often_and_for_most() -> None:
    rows = [(user, day_in_march(day), 10 * day) for user, day in zip("abcde", (1, 2, 3, 4, 5), strict=True)]
    rows += [("e", day_in_march(5), 1)] * 4 + [("d", day_in_march(4), 1)] * 3
    rows += [("c", day_in_march(3), 1)] * 2 + [("b", day_in_march(2), 1)]
    scores(
        orders(*rows),
        sideways(
            """
        | snapshot        | current | current | current | current | current | previous |
        | user_id         | a       | b       | c       | d       | e       | a        |
        | recency_days    | 30      | 29      | 28      | 27      | 26      | 0        |
        | orders          | 1       | 2       | 3       | 4       | 5       | 1        |
        | net_revenue     | 10      | 21      | 32      | 43      | 54      | 10       |
        | recency_score   | 1       | 2       | 3       | 4       | 5       | 1        |
        | frequency_score | 1       | 2       | 3       | 4       | 5       | 1        |
        | monetary_score  | 1       | 2       | 3       | 4       | 5       | 1        |
        """
        ),
    )


def test_a_score_is_the_fifth_of_the_percent_rank() -> None:
    # Eleven buyers: percent ranks 0, 0.1 … 1; a fifth begins at exactly 0.2, 0.4, 0.6, 0.8.
    rows = [(f"{place:02}", "2024-03-10", place) for place in range(11)]
    result = scores(orders(*rows))
    assert [score for _, score in of_snapshot(result, "current", "user_id", "monetary_score")] == [
        1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5,
    ]  # fmt: skip


def test_equal_values_share_a_score_that_of_the_worst_place_among_them() -> None:
    rows = [("a", "2024-03-10", 5), ("b", "2024-03-10", 9), ("c", "2024-03-10", 9), ("d", "2024-03-10", 9)]
    rows += [("e", "2024-03-10", 9), ("f", "2024-03-10", 20)]
    result = scores(orders(*rows))
    assert of_snapshot(result, "current", "user_id", "monetary_score", "recency_score") == [
        ("a", 1, 1), ("b", 2, 1), ("c", 2, 1), ("d", 2, 1), ("e", 2, 1), ("f", 5, 1),
    ]  # fmt: skip


def test_a_single_buyer_stands_in_the_first_fifth_like_buyers_who_are_all_equal() -> None:
    single = scores(orders(("a", "2024-03-31", 500)))
    columns = ("user_id", "recency_score", "frequency_score", "monetary_score", "segment")
    assert of_snapshot(single, "current", *columns) == [("a", 1, 1, 1, "Lost")]
    equal = scores(orders(("a", "2024-03-10", 5), ("b", "2024-03-10", 5)))
    assert of_snapshot(equal, "current", *columns) == [("a", 1, 1, 1, "Lost"), ("b", 1, 1, 1, "Lost")]


def test_two_buyers_are_worst_and_best() -> None:
    result = scores(orders(("a", "2024-03-10", 5), ("b", "2024-03-20", 6)))
    assert of_snapshot(result, "current", "user_id", "recency_score", "monetary_score") == [
        ("a", 1, 1),
        ("b", 5, 5),
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 6)), min_size=1, max_size=12))
def test_a_higher_value_never_has_a_lower_score_and_an_equal_one_never_another(
    buyers: list[tuple[int, int]],
) -> None:
    rows = [(f"{place:02}", day_in_march(day), money) for place, (day, money) in enumerate(buyers)]
    result = check(
        "int_rfm_scores", {"int_orders": orders(*rows), "int_order_lines": ""}, as_of=AS_OF, oracle=False
    )
    found = of_snapshot(result, "current", "net_revenue", "monetary_score", "recency_days", "recency_score")
    for money, monetary, idle, recency in found:
        for other_money, other_monetary, other_idle, other_recency in found:
            assert (monetary > other_monetary) <= (money > other_money)
            assert (recency > other_recency) <= (idle < other_idle)


# Who and what counts


def test_only_users_with_a_counted_order_by_as_of_are_scored() -> None:
    scores(
        HEADER
        + """
        | 1 | a    | true  | 2024-03-30 | 10 |
        | 2 | a    | false | 2024-03-31 | 0  |
        | 3 | b    | false | 2024-03-31 | 0  |
        | 4 | NULL | true  | 2024-03-31 | 90 |
        """,
        """
        | snapshot | user_id | recency_days | orders | net_revenue |
        | current  | a       | 1            | 1      | 10          |
        """,
    )


def test_an_order_of_no_value_is_an_order() -> None:
    result = scores(orders(("a", "2024-03-30", 0), ("a", "2024-03-31", 0), ("b", "2024-03-31", 1)))
    assert of_snapshot(result, "current", "user_id", "orders", "frequency_score", "monetary_score") == [
        ("a", 2, 5, 1),
        ("b", 1, 1, 5),
    ]


# The earlier snapshot


def test_the_previous_snapshot_knows_no_later_order() -> None:
    scores(
        orders(("a", "2024-03-01", 10), ("a", "2024-03-02", 5), ("b", "2024-03-02", 7)),
        """
        | snapshot | snapshot_date | user_id | recency_days | orders | net_revenue |
        | current  | 2024-03-31    | a       | 29           | 2      | 15          |
        | current  | 2024-03-31    | b       | 29           | 1      | 7           |
        | previous | 2024-03-01    | a       | 0            | 1      | 10          |
        """,
    )


def test_the_previous_snapshot_does_not_know_a_return_after_its_day() -> None:
    scores(
        orders(("a", "2024-02-20", 10), ("b", "2024-02-20", 10)),
        """
        | snapshot | user_id | net_revenue |
        | current  | a       | 10          |
        | current  | b       | 10          |
        | previous | a       | 45          |
        | previous | b       | 10          |
        """,
        order_lines="""
        | order_item_id | order_id | return_date | returns |
        | 1             | 0        | 2024-03-02  | 30      |
        | 2             | 0        | 2024-03-31  | 5       |
        | 3             | 0        | NULL        | 0       |
        | 4             | 1        | 2024-03-01  | 99      |
        """,
    )


@pytest.mark.parametrize(("window_days", "previous"), [(10, ["a", "b"]), (11, ["a"]), (366, [])])
def test_the_previous_snapshot_is_window_days_before(window_days: int, previous: list[str]) -> None:
    result = scores(orders(("a", "2024-03-20", 1), ("b", "2024-03-21", 1)), window_days=window_days)
    assert [user for (user,) in of_snapshot(result, "previous", "user_id")] == previous


# Segments


def test_the_segment_is_that_of_the_rule_table() -> None:
    result = check(
        "int_rfm_scores",
        {
            "int_orders": orders(("a", "2024-03-10", 5), ("b", "2024-03-20", 6)),
            "int_order_lines": "",
            "rule_rfm_segments": sideways(
                """
            | rule_order    | 20  | 10   |
            | segment       | Low | High |
            | recency_min   | 1   | 3    |
            | recency_max   | 2   | 5    |
            | frequency_min | 1   | 1    |
            | frequency_max | 5   | 5    |
            | monetary_min  | 1   | 1    |
            | monetary_max  | 5   | 5    |
            """
            ),
        },
        as_of=AS_OF,
    )
    assert of_snapshot(result, "current", "user_id", "segment", "segment_order") == [
        ("a", "Low", 2),
        ("b", "High", 1),
    ]
