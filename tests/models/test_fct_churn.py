"""Specification of fct_churn: of the buyers who bought long enough ago, who has stopped."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.statistics.proportions import wilson_interval
from tests.googlesql.cases import Rows
from tests.googlesql.engine import Result
from tests.models.catalogue import project
from tests.models.specify import check, rows_of

AS_OF = "2024-03-31"
ORDERS = "| order_id | visitor_id | is_counted | order_date |\n"
HEADER = "| cohort | buyers | eligible | churned | retained | churn_rate |\n"


def churn(orders: str, expect: str | None = None, **parameters: object) -> Result:
    wanted = None if expect is None else HEADER + expect
    return check("fct_churn", {"int_orders": ORDERS + orders}, wanted, **{"as_of": AS_OF, **parameters})


def test_a_buyer_is_judged_and_has_churned_from_exactly_churn_after_days_on() -> None:
    # 2024-01-01 is 90 days before 2024-03-31, 2024-01-02 is 89
    churn(
        "| 1 | u:ann | true | 2024-01-01 |\n| 2 | u:bob | true | 2024-01-02 |",
        expect="| 2024-01 | 2 | 1 | 1 | 0 | 1 |\n| (all) | 2 | 1 | 1 | 0 | 1 |",
    )


def test_churn_after_days_is_a_run_parameter() -> None:
    churn(
        "| 1 | u:ann | true | 2024-03-21 |\n| 2 | u:bob | true | 2024-03-22 |",
        expect="| 2024-03 | 2 | 1 | 1 | 0 | 1 |\n| (all) | 2 | 1 | 1 | 0 | 1 |",
        declining_after_days=3,
        at_risk_after_days=5,
        churn_after_days=10,
    )


def test_who_buys_again_within_the_last_days_is_retained_however_long_ago_the_first_order_was() -> None:
    churn(
        """
        | 1 | u:ann | true | 2023-01-05 |
        | 2 | u:ann | true | 2023-06-05 |
        | 3 | u:ann | true | 2024-03-30 |
        | 4 | u:bob | true | 2023-01-05 |
        | 5 | u:bob | true | 2024-01-01 |
        """,
        expect="| 2023-01 | 2 | 2 | 1 | 1 | 0.5 |\n| (all) | 2 | 2 | 1 | 1 | 0.5 |",
    )


def test_cancelled_orders_neither_make_a_buyer_nor_keep_one() -> None:
    churn(
        """
        | 1 | u:ann | false | 2023-01-05 |
        | 2 | u:ann | true  | 2023-02-05 |
        | 3 | u:ann | false | 2024-03-30 |
        | 4 | u:bob | false | 2023-01-05 |
        """,
        expect="| 2023-02 | 1 | 1 | 1 | 0 | 1 |\n| (all) | 1 | 1 | 1 | 0 | 1 |",
    )


def test_while_nobody_of_a_month_can_be_judged_its_rate_is_unknown_and_not_0() -> None:
    result = churn(
        "| 1 | u:ann | true | 2023-01-05 |\n| 2 | u:ann | true | 2024-03-05 |\n| 3 | u:bob | true | 2024-03-05 |",
        expect="""
        | 2023-01 | 1 | 1 | 0 | 1 | 0    |
        | 2024-03 | 1 | 0 | 0 | 0 | NULL |
        | (all)   | 2 | 1 | 0 | 1 | 0    |
        """,
    )
    bounds = {row[0]: row[1:] for row in rows_of(result, "cohort", "churn_rate_lower", "churn_rate_upper")}
    assert bounds["2024-03"] == (None, None)
    assert bounds["2023-01"] == (0.0, pytest.approx(3.8414588 / 4.8414588))


def test_the_first_order_decides_the_month_and_all_buyers_have_none() -> None:
    result = churn("| 1 | u:ann | true | 2023-01-31 |\n| 2 | u:ann | true | 2023-02-01 |")
    found = rows_of(result, "cohort_kind", "cohort_month", "buyers")
    assert found == [("first_order_month", dt.date(2023, 1, 1), 1), ("overall", None, 1)]


def test_guests_are_buyers_of_their_own_and_an_order_of_an_unknown_visitor_has_no_buyer() -> None:
    churn(
        "| 1 | s:x | true | 2023-01-31 |\n| 2 | NULL | true | 2023-01-31 |",
        expect="| 2023-01 | 1 | 1 | 1 | 0 | 1 |\n| (all) | 1 | 1 | 1 | 0 | 1 |",
    )


def test_without_a_buyer_there_is_no_churn() -> None:
    assert churn("| 1 | u:ann | false | 2023-01-31 |").rows == []


# Properties

order_days = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 300)), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None)
@given(order_days)
def test_counts_are_those_of_a_count_by_hand_and_the_interval_is_wilsons(
    orders: list[tuple[int, int]],
) -> None:
    types = project("thelook").schema("int_orders")
    as_of = dt.date.fromisoformat(AS_OF)
    placed = [(f"u:{visitor}", as_of - dt.timedelta(days=ago)) for visitor, ago in orders]
    rows = [
        {"order_id": str(number), "visitor_id": visitor, "is_counted": True, "order_date": date}
        for number, (visitor, date) in enumerate(placed)
    ]
    table = Rows(types, [tuple(row.get(column) for column in types) for row in rows])
    result = check("fct_churn", {"int_orders": table}, oracle=False, as_of=AS_OF)

    ages: dict[str, list[int]] = {}
    for visitor, date in placed:
        ages.setdefault(visitor, []).append((as_of - date).days)
    groups: dict[str, list[list[int]]] = {"(all)": list(ages.values())}
    for each in ages.values():
        groups.setdefault(f"{as_of - dt.timedelta(days=max(each)):%Y-%m}", []).append(each)
    expected = {
        cohort: (
            len(buyers),
            sum(max(each) >= 90 for each in buyers),
            sum(min(each) >= 90 for each in buyers),
        )
        for cohort, buyers in groups.items()
    }
    names = ("cohort", "buyers", "eligible", "churned", "churn_rate", "churn_rate_lower", "churn_rate_upper")
    found = rows_of(result, *names)
    assert {row[0]: row[1:4] for row in found} == expected
    for _, _, eligible, churned, rate, lower, upper in found:
        interval = wilson_interval(churned, eligible)
        if interval is None:
            assert (rate, lower, upper) == (None, None, None)
        else:
            wanted = (churned / eligible, interval.low, interval.high)
            assert (rate, lower, upper) == pytest.approx(wanted, abs=1e-12)
