"""Specification of int_purchase_history, _groups and _values: what the models of repeat purchases are fitted on."""

from __future__ import annotations

import dataclasses
from unittest import mock

import pytest

from tests.models.catalogue import project
from tests.models.specify import check, rows_of, sideways

AS_OF = "2024-03-31"
HEADER = "| order_id | user_id | is_counted | order_date | net_revenue |\n"


def history(orders: str, expect: str | None = None, order_lines: str = "", **parameters):
    tables = {"int_orders": orders, "int_order_lines": order_lines}
    return check("int_purchase_history", tables, expect, **{"as_of": AS_OF, **parameters})


def orders(*rows: tuple[str, str, int]) -> str:
    """Rows of int_orders: user, day, net revenue; each a counted order of its own."""
    lines = [
        f"| {number} | {user} | true | {day} | {revenue} |"
        for number, (user, day, revenue) in enumerate(rows)
    ]
    return HEADER + "\n".join(lines)


def columns(result, fit: str, *names: str) -> list[tuple]:
    return [row[1:] for row in rows_of(result, "fit", *names) if row[0] == fit]


# Purchases


def test_a_purchase_is_a_day_with_a_counted_order_and_the_first_one_is_no_repeat() -> None:
    history(
        HEADER
        + """
        | 1 | a    | true  | 2024-01-02 | 10 |
        | 2 | a    | true  | 2024-01-02 | 10 |
        | 3 | a    | true  | 2024-01-05 | 20 |
        | 4 | a    | true  | 2024-01-05 | 5  |
        | 5 | a    | true  | 2024-01-12 | 40 |
        | 6 | a    | false | 2024-03-30 | 0  |
        | 7 | b    | false | 2024-01-02 | 0  |
        | 8 | NULL | true  | 2024-01-02 | 9  |
        """,
        sideways(
            """
            | user_id                   | a          | a           |
            | fit                       | final      | calibration |
            | first_order_date          | 2024-01-02 | 2024-01-02  |
            | repeat_order_days         | 2          | 2           |
            | first_to_last_days        | 10         | 10          |
            | first_to_end_days         | 89         | 60          |
            | valued_order_days         | 2          | 2           |
            | repeat_net_revenue        | 65         | 65          |
            | average_order_day_revenue | 32.5       | 32.5        |
            | holdout_days              | NULL       | 29          |
            | holdout_order_days        | NULL       | 0           |
            | holdout_valued_order_days | NULL       | 0           |
            | holdout_net_revenue       | NULL       | 0           |
            """
        ),
    )


def test_a_repeat_day_without_revenue_is_a_purchase_without_a_value() -> None:
    result = history(orders(("a", "2024-03-01", 10), ("a", "2024-03-02", 0), ("a", "2024-03-03", 8)))
    names = ("repeat_order_days", "valued_order_days", "repeat_net_revenue", "average_order_day_revenue")
    assert columns(result, "final", *names) == [(2, 1, 8, 8.0)]


def test_who_bought_on_one_day_has_no_time_between_purchases_and_no_value() -> None:
    result = history(orders(("a", "2024-03-31", 10)))
    names = ("repeat_order_days", "first_to_last_days", "first_to_end_days", "average_order_day_revenue")
    assert columns(result, "final", *names) == [(0, 0, 0, None)]


# The hold-out


@pytest.mark.parametrize(
    ("first_day", "days"),
    [("2024-03-30", None), ("2024-03-29", None), ("2024-03-28", 1), ("2024-03-01", 10), ("2020-01-01", 180)],
)
def test_the_last_third_and_at_most_180_days_are_held_out(first_day: str, days: int | None) -> None:
    result = history(orders(("a", first_day, 1)))
    assert columns(result, "calibration", "holdout_days") == ([] if days is None else [(days,)])
    assert len(columns(result, "final", "user_id")) == 1


def test_the_calibration_ends_before_the_hold_out_and_counts_what_follows() -> None:
    # 30 days of history: ten are held out, 22 to 31 March.
    rows = [("a", "2024-03-01", 5), ("a", "2024-03-21", 6), ("a", "2024-03-22", 7), ("a", "2024-03-31", 0)]
    history(
        orders(*rows, ("b", "2024-03-22", 9)),
        sideways(
            """
            | user_id                   | a           | a     | b     |
            | fit                       | calibration | final | final |
            | repeat_order_days         | 1           | 3     | 0     |
            | first_to_last_days        | 20          | 30    | 0     |
            | first_to_end_days         | 20          | 30    | 9     |
            | repeat_net_revenue        | 6           | 13    | 0     |
            | holdout_order_days        | 2           | NULL  | NULL  |
            | holdout_valued_order_days | 1           | NULL  | NULL  |
            | holdout_net_revenue       | 7           | NULL  | NULL  |
            """
        ),
    )


def test_the_calibration_does_not_know_a_return_in_the_hold_out() -> None:
    result = history(
        orders(("a", "2024-03-01", 5), ("a", "2024-03-10", 0)),
        order_lines="""
        | order_item_id | order_id | return_date | returns |
        | 1             | 1        | 2024-03-22  | 30      |
        | 2             | 1        | 2024-03-21  | 7       |
        """,
    )
    names = ("repeat_order_days", "valued_order_days", "repeat_net_revenue")
    assert columns(result, "calibration", *names) == [(1, 1, 30)]
    assert columns(result, "final", *names) == [(1, 0, 0)]


def test_a_return_after_as_of_is_known_to_neither() -> None:
    result = history(
        orders(("a", "2024-03-01", 5), ("a", "2024-03-10", 9)),
        order_lines="""
        | order_item_id | order_id | return_date | returns |
        | 1             | 1        | NULL        | 0       |
        """,
    )
    assert columns(result, "calibration", "repeat_net_revenue") == [(9,)]
    assert columns(result, "final", "repeat_net_revenue") == [(9,)]


# Groups


HISTORY = sideways(
    """
    | user_id                   | a     | b     | c     | a           | b           | c           |
    | fit                       | final | final | final | calibration | calibration | calibration |
    | repeat_order_days         | 2     | 2     | 0     | 1           | 1           | 0           |
    | first_to_last_days        | 9     | 9     | 0     | 4           | 4           | 0           |
    | first_to_end_days         | 20    | 20    | 20    | 12          | 12          | 12          |
    | valued_order_days         | 2     | 2     | 0     | 1           | 1           | 0           |
    | repeat_net_revenue        | 30.02 | 30.10 | 0     | 14          | 14          | 0           |
    | average_order_day_revenue | 15.01 | 15.05 | NULL  | 14          | 14          | NULL        |
    | holdout_days              | NULL  | NULL  | NULL  | 8           | 8           | 8           |
    | holdout_order_days        | NULL  | NULL  | NULL  | 1           | 1           | 0           |
    | holdout_valued_order_days | NULL  | NULL  | NULL  | 1           | 1           | 0           |
    | holdout_net_revenue       | NULL  | NULL  | NULL  | 16          | 18          | 0           |
    """
)


def test_buyers_alike_are_one_group() -> None:
    check(
        "int_purchase_groups",
        {"int_purchase_history": HISTORY},
        sideways(
            """
            | fit                     | final | final | calibration | calibration |
            | repeat_order_days       | 2     | 0     | 1           | 0           |
            | first_to_last_days      | 9     | 0     | 4           | 0           |
            | first_to_end_days       | 20    | 20    | 12          | 12          |
            | last_to_end_days        | 11    | 20    | 8           | 12          |
            | holdout_order_days      | NULL  | NULL  | 1           | 0           |
            | holdout_days            | NULL  | NULL  | 8           | 8           |
            | customers               | 2     | 1     | 2           | 1           |
            | mean_first_to_last_days | 9     | 0     | 4           | 0           |
            | mean_first_to_end_days  | 20    | 20    | 12          | 12          |
            """
        ),
    )


def with_limit(model: str, most: int):
    """The models, where one of them lets out so many groups only."""
    models = project("thelook").models
    sql = models[model].sql
    assert "20000" in sql
    return mock.patch.dict(
        models, {model: dataclasses.replace(models[model], sql=sql.replace("20000", f"{most}"))}
    )


MANY = sideways(
    """
    | user_id            | a     | b     | c     | d     | e     | f     |
    | fit                | final | final | final | final | final | final |
    | repeat_order_days  | 1     | 1     | 1     | 1     | 1     | 0     |
    | first_to_last_days | 13    | 70    | 71    | 100   | 101   | 0     |
    | first_to_end_days  | 13    | 80    | 81    | 110   | 140   | 9     |
    | holdout_order_days | NULL  | NULL  | NULL  | NULL  | NULL  | NULL  |
    | holdout_days       | NULL  | NULL  | NULL  | NULL  | NULL  | NULL  |
    """
)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        # to the day
        (
            6,
            [
                (0, 0, 9, 1),
                (1, 13, 13, 1),
                (1, 70, 80, 1),
                (1, 71, 81, 1),
                (1, 100, 110, 1),
                (1, 101, 140, 1),
            ],
        ),
        # bands of 10 % of the time begin at 14, 15.4, … 66.1, 72.7, 80.0, 88.0, … 96.7, 106.4, 117.1, 128.8
        (5, [(0, 0, 9, 1), (1, 13, 13, 1), (1, 70, 80, 2), (1, 100, 110, 1), (1, 101, 140, 1)]),
        # and the widest of 320 %: who has not come for 39 days stays apart from who has not for 10
        (4, [(0, 0, 9, 1), (1, 13, 13, 1), (1, 70, 80, 3), (1, 101, 140, 1)]),
        (1, [(0, 0, 9, 1), (1, 13, 13, 1), (1, 70, 80, 3), (1, 101, 140, 1)]),
    ],
)
def test_where_groups_are_too_many_times_are_taken_together_in_bands(most, expected) -> None:
    with with_limit("int_purchase_groups", most):
        result = check("int_purchase_groups", {"int_purchase_history": MANY})
    names = ("repeat_order_days", "first_to_last_days", "first_to_end_days", "customers")
    assert sorted(rows_of(result, *names)) == expected


def test_a_group_of_a_band_keeps_the_means_of_the_exact_days_and_says_where_it_begins() -> None:
    with with_limit("int_purchase_groups", 5):
        result = check("int_purchase_groups", {"int_purchase_history": MANY})
    means = rows_of(
        result, "customers", "last_to_end_days", "mean_first_to_last_days", "mean_first_to_end_days"
    )
    assert [row[1:] for row in means if row[0] == 2] == [(10, 70.5, 80.5)]


def test_where_values_are_too_many_two_digits_do_and_their_mean_stays_exact() -> None:
    with with_limit("int_purchase_values", 2):
        result = check("int_purchase_values", {"int_purchase_history": HISTORY})
    values = rows_of(result, "fit", "value_group", "customers", "average_order_day_revenue")
    assert sorted(row[1:] for row in values if row[0] == "final") == [(0, 1, None), (15, 2, 15.03)]
    assert sorted(row[1:] for row in values if row[0] == "calibration") == [(0, 1, None), (14, 2, 14)]


def test_values_are_grouped_to_three_digits_and_their_mean_is_exact() -> None:
    check(
        "int_purchase_values",
        {"int_purchase_history": HISTORY},
        sideways(
            """
            | fit                             | final | final | final | calibration | calibration |
            | valued_order_days               | 2     | 2     | 0     | 1           | 0           |
            | value_group                     | 15    | 15.1  | 0     | 14          | 0           |
            | customers                       | 1     | 1     | 1     | 2           | 1           |
            | average_order_day_revenue       | 15.01 | 15.05 | NULL  | 14          | NULL        |
            | holdout_customers               | NULL  | NULL  | NULL  | 2           | 0           |
            | average_holdout_revenue         | NULL  | NULL  | NULL  | 17          | NULL        |
            | average_holdout_revenue_squared | NULL  | NULL  | NULL  | 290         | NULL        |
            """
        ),
    )


def test_three_digits_from_cents_to_millions() -> None:
    values = ["0.01236", "1.236", "12.36", "123.6", "1236", "12360", "123600", "1236000"]
    head = "| user_id | fit | valued_order_days | repeat_net_revenue |\n"
    rows = "\n".join(f"| {place} | final | 1 | {value} |" for place, value in enumerate(values))
    result = check("int_purchase_values", {"int_purchase_history": head + rows})
    found = sorted(float(value) for (value,) in rows_of(result, "value_group"))
    assert found == [0.0124, 1.24, 12.4, 124.0, 1240.0, 12400.0, 124000.0, 1236000.0]
