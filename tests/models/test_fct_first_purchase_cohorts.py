"""Specification of fct_first_purchase_cohorts: quartiles over buyers, and shares that judge nobody early."""

from __future__ import annotations

from statistics import quantiles

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.googlesql.engine import Result
from tests.models.specify import check, rows_of, sideways

HEADER = (
    "| visitor_id | cohort_date | first_traffic_source | converted | observed_days | days_to_purchase "
    "| sessions_before | minutes_on_site_before | median_session_duration_before |\n"
)


def cohorts(journeys: str, expect: str | None = None, *, oracle: bool = True) -> Result:
    tables = {"fct_first_purchase_journeys": HEADER + journeys}
    return check("fct_first_purchase_cohorts", tables, expect, oracle=oracle)


def test_quartiles_are_over_buyers_each_of_them_one_value_whatever_the_number_of_sessions() -> None:
    result = cohorts(
        """
        | 1 | 2024-01-10 | Email | 1 | 0  | 0    | 0  | 10  | 60  |
        | 2 | 2024-01-10 | Email | 1 | 1  | 1    | 0  | 20  | 120 |
        | 3 | 2024-01-10 | Email | 1 | 2  | 2    | 1  | 30  | 180 |
        | 4 | 2024-01-10 | Email | 1 | 3  | 3    | 2  | 40  | 240 |
        | 5 | 2024-01-10 | Email | 1 | 60 | 60   | 99 | 990 | 600 |
        | 6 | 2024-01-10 | Email | 0 | 9  | NULL | 50 | 500 | 900 |
        """
    )
    row = dict(zip(result.columns, result.rows[0], strict=True))
    assert (row["visitors"], row["buyers"]) == (6, 5)
    found = {
        measure: tuple(row[f"{quartile}_{measure}"] for quartile in ("p25", "median", "p75"))
        for measure in (
            "sessions_before",
            "days_to_purchase",
            "minutes_on_site_before",
            "median_session_duration_before",
        )
    }
    assert found == {
        "sessions_before": (0, 1, 2),
        "days_to_purchase": (1, 2, 3),
        "minutes_on_site_before": (20, 30, 40),
        "median_session_duration_before": (120, 180, 240),
    }


def test_quartiles_lie_between_two_buyers_where_none_stands_on_them() -> None:
    result = cohorts(
        """
        | 1 | 2024-01-10 | Email | 1 | 0 | 0 | 0 | 0 | 0 |
        | 2 | 2024-01-10 | Email | 1 | 1 | 1 | 1 | 0 | 0 |
        """
    )
    assert set(rows_of(result, "p25_sessions_before", "median_sessions_before", "p75_sessions_before")) == {
        (0.25, 0.5, 0.75)
    }


def test_a_cohort_without_buyers_has_no_quartiles_and_a_share_of_0_for_as_long_as_it_was_watched() -> None:
    cohorts(
        "| 1 | 2024-01-10 | NULL | 0 | 8 | NULL | 3 | 9 | 9 |",
        expect=sideways(
            """
            | cohort                               | 2024-01   | 2024-01    | (all)     | (all) |
            | traffic_source                       | (not set) | (all)      | (not set) | (all) |
            | visitors                             | 1         | 1          | 1         | 1     |
            | buyers                               | 0         | 0          | 0         | 0     |
            | p25_sessions_before                  | NULL      | NULL       | NULL      | NULL  |
            | median_days_to_purchase              | NULL      | NULL       | NULL      | NULL  |
            | p75_minutes_on_site_before           | NULL      | NULL       | NULL      | NULL  |
            | median_median_session_duration_before| NULL      | NULL       | NULL      | NULL  |
            | converted_share_1d                   | 0         | 0          | 0         | 0     |
            | converted_share_7d                   | 0         | 0          | 0         | 0     |
            | converted_share_7d_upper             | NULL      | NULL       | NULL      | NULL  |
            | converted_share_30d                  | NULL      | NULL       | NULL      | NULL  |
            | converted_share_90d                  | NULL      | NULL       | NULL      | NULL  |
            """
        ),
    )


def test_the_shares_are_those_of_the_curve_so_that_a_young_cohort_is_not_judged_early() -> None:
    # of 4 one buys within the first day; of the 2 who are watched to day 7 one more
    journeys = """
        | 1 | 2024-01-25 | Email | 1 | 1 | 1    | 0 | 0 | 0 |
        | 2 | 2024-01-25 | Email | 0 | 2 | NULL | 1 | 0 | 0 |
        | 3 | 2024-01-20 | Email | 1 | 7 | 7    | 0 | 0 | 0 |
        | 4 | 2024-01-20 | Email | 0 | 9 | NULL | 1 | 0 | 0 |
    """
    result = cohorts(journeys)
    curve = check("fct_first_purchase_curves", {"fct_first_purchase_journeys": HEADER + journeys})
    on_day = {row[0]: row[1:] for row in rows_of(curve, "day", "converted_share", "lower", "upper")}
    for days, share in {1: 1 / 4, 7: 1 - 3 / 4 / 2, 30: None, 90: None}.items():
        name = f"converted_share_{days}d"
        [found] = set(rows_of(result, name, f"{name}_lower", f"{name}_upper"))
        assert found == on_day[days]
        assert found[0] == (None if share is None else pytest.approx(share))


def test_every_month_and_source_is_a_cohort_and_the_whole_shop_has_no_month() -> None:
    result = cohorts(
        """
        | 1 | 2024-01-10 | Email | 1 | 1 | 1    | 0 | 4 | 4 |
        | 2 | 2024-02-10 | NULL  | 1 | 1 | 1    | 2 | 8 | 8 |
        | 3 | 2024-02-10 | Email | 0 | 1 | NULL | 1 | 0 | 0 |
        """
    )
    found = rows_of(result, "cohort_kind", "cohort_month", "traffic_source", "visitors", "buyers")
    assert [(kind, month and str(month), *rest) for kind, month, *rest in found] == [
        ("all", None, "(all)", 3, 2),
        ("all", None, "(not set)", 1, 1),
        ("all", None, "Email", 2, 1),
        ("month", "2024-01-01", "(all)", 1, 1),
        ("month", "2024-01-01", "Email", 1, 1),
        ("month", "2024-02-01", "(all)", 2, 1),
        ("month", "2024-02-01", "(not set)", 1, 1),
        ("month", "2024-02-01", "Email", 1, 0),
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=2, max_size=20))
def test_quartiles_are_those_of_the_values_with_linear_steps(hundredths: list[int]) -> None:
    rows = [
        f"| {number} | 2024-01-10 | Email | 1 | {value / 100} | {value / 100} | {value} | 0 | 0 |"
        for number, value in enumerate(hundredths)
    ]
    result = cohorts("\n".join(rows), oracle=False)
    for measure, unit in {"sessions_before": 1, "days_to_purchase": 100}.items():
        [found] = set(rows_of(result, *(f"{quartile}_{measure}" for quartile in ("p25", "median", "p75"))))
        expected = [value / unit for value in quantiles(hundredths, n=4, method="inclusive")]
        assert found == pytest.approx(tuple(expected))
