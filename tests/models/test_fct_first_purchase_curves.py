"""Specification of fct_first_purchase_curves: Kaplan and Meier's estimate, by hand and against SciPy."""

from __future__ import annotations

import datetime as dt
import random
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from analysis_lib.statistics.survival import kaplan_meier
from tests.googlesql.cases import Rows
from tests.googlesql.engine import Result
from tests.models.catalogue import project
from tests.models.specify import check, rows_of

MICROSECOND = 1 / 86_400_000_000
Watched = Sequence[tuple[float, int]]
"""Observed days and whether they ended with the first purchase."""


def curves(watched: Watched, *, oracle: bool = True) -> Result:
    """The mart for visitors of one month and one traffic source."""
    types = project("thelook").schema("fct_first_purchase_journeys")
    rows = [
        {
            "visitor_id": str(number),
            "cohort_date": dt.date(2024, 1, 15),
            "first_traffic_source": "Email",
            "observed_days": float(days),
            "converted": converted,
        }
        for number, (days, converted) in enumerate(watched)
    ]
    journeys = Rows(types, [tuple(row.get(column) for column in types) for row in rows])
    return check("fct_first_purchase_curves", {"fct_first_purchase_journeys": journeys}, oracle=oracle)


def curve(result: Result, *columns: str, cohort: str = "2024-01", source: str = "Email") -> dict[int, Any]:
    """Day to the value (or values) of one cohort."""
    found = rows_of(result, "cohort", "traffic_source", "day", *columns)
    return {
        day: values[0] if len(columns) == 1 else tuple(values)
        for of_cohort, of_source, day, *values in found
        if (of_cohort, of_source) == (cohort, source)
    }


# The estimate


def test_who_leaves_without_a_purchase_was_at_risk_until_then() -> None:
    # one of 4 buys on day 1, one of the 3 left on day 2, when another leaves, and the last is seen to day 4
    result = curves([(1, 1), (2, 1), (2, 0), (4, 0)])
    found = curve(result, "buyers", "at_risk", "converted_share")
    assert {day: found[day] for day in range(6)} == {
        0: (0, 4, 0.0),
        1: (1, 4, pytest.approx(1 / 4)),
        2: (2, 3, pytest.approx(1 - 3 / 4 * 2 / 3)),
        3: (2, 1, pytest.approx(1 / 2)),
        4: (2, 1, pytest.approx(1 / 2)),
        5: (2, 0, None),
    }
    assert set(curve(result, "visitors").values()) == {4}
    assert sorted(found) == list(range(91))


def test_a_young_cohort_is_not_judged_by_those_who_had_no_time_to_buy() -> None:
    # half of those who were watched for ten days bought on day 9; the 8 who came yesterday had no chance to
    result = curves([(9, 1), (10, 0)] + 8 * [(1, 0)])
    assert curve(result, "converted_share")[9] == pytest.approx(0.5)
    assert curve(result, "buyers", "visitors")[9] == (1, 10)


def test_a_purchase_counts_from_its_exact_moment() -> None:
    found = curve(curves([(7, 1), (7 + MICROSECOND, 1), (90, 0), (90, 0)]), "converted_share", "buyers")
    assert found[6] == (0.0, 0)
    assert found[7] == (pytest.approx(1 / 4), 1)
    assert found[8] == (pytest.approx(1 / 2), 2)


def test_who_buys_at_once_has_bought_by_day_0() -> None:
    found = curve(curves([(0, 1), (0, 1), (5, 0), (5, 0)]), "converted_share", "at_risk")
    assert found[0] == (pytest.approx(1 / 2), 4)
    assert found[5] == (pytest.approx(1 / 2), 2)


def test_who_was_watched_beyond_90_days_is_at_risk_all_the_way_even_with_a_later_purchase() -> None:
    found = curve(curves([(90, 1), (90 + MICROSECOND, 1), (400, 0)]), "buyers", "at_risk", "converted_share")
    assert found[89] == (0, 3, 0.0)
    assert found[90] == (1, 3, pytest.approx(1 / 3))


# Its ends


def test_when_everybody_has_bought_the_share_is_1_for_good_and_has_no_interval() -> None:
    found = curve(curves([(1, 1), (3, 1), (3, 1)]), "at_risk", "converted_share", "lower", "upper")
    assert found[0] == (3, 0.0, None, None)
    assert found[1][:2] == (3, pytest.approx(1 / 3))
    assert found[3] == (2, 1.0, None, None)
    assert found[4] == found[90] == (0, 1.0, None, None)


def test_when_the_last_one_watched_buys_nothing_is_known_later_since_those_who_left_may_not_have() -> None:
    found = curve(curves([(1, 0), (2, 0), (3, 1)]), "converted_share", "upper")
    assert found[2] == (0.0, None)
    assert found[3] == (1.0, None)
    assert found[4] == found[90] == (None, None)


def test_while_nobody_has_bought_the_share_is_0_until_nobody_is_watched_any_more() -> None:
    found = curve(curves([(1, 0), (2.5, 0)]), "at_risk", "converted_share", "lower")
    assert found[2] == (1, 0.0, None)
    assert found[3] == found[90] == (0, None, None)


def test_somebody_who_is_watched_to_the_end_of_a_day_makes_that_day_known() -> None:
    found = curve(curves([(1, 1), (2, 0)]), "converted_share")
    assert (found[2], found[3]) == (pytest.approx(1 / 2), None)


# Cohorts


def test_everybody_counts_in_month_and_whole_shop_and_in_source_and_all_sources() -> None:
    result = check(
        "fct_first_purchase_curves",
        {
            "fct_first_purchase_journeys": """
            | visitor_id | cohort_date | first_traffic_source | converted | observed_days |
            | 1          | 2024-01-01  | Email                | 1         | 0.5           |
            | 2          | 2024-01-31  | Email                | 0         | 9             |
            | 3          | 2024-01-31  | NULL                 | 0         | 9             |
            | 4          | 2024-02-01  | Email                | 1         | 0.5           |
            """
        },
    )
    first = [
        (kind, month and str(month), *row)
        for kind, month, cohort, source, day, visitors, buyers, share in rows_of(
            result,
            "cohort_kind",
            "cohort_month",
            "cohort",
            "traffic_source",
            "day",
            "visitors",
            "buyers",
            "converted_share",
        )
        if day == 1
        for row in [(cohort, source, visitors, buyers, share and round(share, 3))]
    ]
    assert sorted(first, key=repr) == [
        ("all", None, "(all)", "(all)", 4, 2, 0.5),
        ("all", None, "(all)", "(not set)", 1, 0, 0.0),
        ("all", None, "(all)", "Email", 3, 2, 0.667),
        ("month", "2024-01-01", "2024-01", "(all)", 3, 1, 0.333),
        ("month", "2024-01-01", "2024-01", "(not set)", 1, 0, 0.0),
        ("month", "2024-01-01", "2024-01", "Email", 2, 1, 0.5),
        ("month", "2024-02-01", "2024-02", "(all)", 1, 1, 1.0),
        ("month", "2024-02-01", "2024-02", "Email", 1, 1, 1.0),
    ]


# Against SciPy


def scipys(watched: Watched) -> dict[int, tuple[float | None, float | None, float | None]]:
    """1 - survival and its log-log interval, on days 0 to 90 on which somebody was watched or all had bought."""
    durations = np.array([days for days, _ in watched], dtype=float)
    has_bought = np.array([converted for _, converted in watched], dtype=bool)
    survival = ecdf(CensoredData(uncensored=durations[has_bought], right=durations[~has_bought])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interval = survival.confidence_interval(method="log-log")
    expected: dict[int, tuple[float | None, float | None, float | None]] = {}
    for day in range(91):
        share = 1 - float(survival.evaluate(day))
        if day > durations.max() and not has_bought.all():
            expected[day] = (None, None, None)
        elif share in (0, 1):
            expected[day] = (share, None, None)
        else:
            bounds = (1 - float(interval.high.evaluate(day)), 1 - float(interval.low.evaluate(day)))
            expected[day] = (share, *bounds)
    return expected


def assert_is_scipys(watched: Watched, *, oracle: bool) -> None:
    result = curves(watched, oracle=oracle)
    expected = scipys(watched)
    for cohort, source in (("2024-01", "Email"), ("(all)", "(all)")):
        found = curve(result, "converted_share", "lower", "upper", cohort=cohort, source=source)
        for day, values in expected.items():
            for value, wanted in zip(found[day], values, strict=True):
                assert value == (None if wanted is None else pytest.approx(wanted, abs=1e-10)), (day, cohort)


def many(size: int, seed: int) -> Watched:
    generator = random.Random(seed)
    times = [generator.expovariate(1 / 40) for _ in range(size)]
    ties = [float(generator.randint(0, 95)) for _ in range(size)]
    return [(generator.choice(pair), int(generator.random() < 0.4)) for pair in zip(times, ties, strict=True)]


def test_many_visitors_with_ties_give_scipys_curve_and_interval_on_both_engines() -> None:
    assert_is_scipys(many(400, seed=1), oracle=True)


observed = st.one_of(st.floats(0, 120, width=32), st.integers(0, 95).map(float))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(observed, st.integers(0, 1)), min_size=1, max_size=30))
@example([(3.0, 1)])
@example([(3.0, 1), (3.0, 1)])
@example([(3.0, 0), (3.0, 1)])
@example([(90.0, 1), (91.0, 0)])
def test_any_visitors_give_scipys_curve_and_interval(watched: Watched) -> None:
    assert_is_scipys(watched, oracle=False)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(observed, st.integers(0, 1)), min_size=1, max_size=30))
def test_notebooks_and_the_mart_draw_the_same_curve(watched: Watched) -> None:
    found = curve(curves(watched, oracle=False), "converted_share", "lower", "upper")
    expected = kaplan_meier([days for days, _ in watched], [bool(bought) for _, bought in watched])
    assert expected is not None
    for day, (share, lower, upper) in found.items():
        wanted, interval = expected.share_with_event(day), expected.interval_of_share(day)
        assert share == (None if wanted is None else pytest.approx(wanted, abs=1e-10))
        if interval is None:
            assert (lower, upper) == (None, None)
        else:
            assert (lower, upper) == pytest.approx((interval.low, interval.high), abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(observed, st.integers(0, 1)), min_size=1, max_size=30))
def test_a_curve_never_falls_and_nobody_who_left_comes_back(watched: Watched) -> None:
    found = curve(curves(watched, oracle=False), "converted_share", "buyers", "at_risk")
    rows = [found[day] for day in sorted(found)]
    shares = [share for share, _, _ in rows if share is not None]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert [buyers for _, buyers, _ in rows] == sorted(buyers for _, buyers, _ in rows)
    assert [left for _, _, left in rows] == sorted((left for _, _, left in rows), reverse=True)
