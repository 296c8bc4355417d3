"""Intervals and tests against published values and SciPy."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis_lib.statistics.means import design_effect, ratio_values, welch
from analysis_lib.statistics.multiple import holm
from analysis_lib.statistics.proportions import (
    difference_interval,
    two_proportion_p_value,
    wilson_interval,
)


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_of_the_literature(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson_interval(successes, trials)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_difference_interval_of_the_literature(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    interval = difference_interval(*counts)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_wilson_interval_is_scipys_and_holds_the_share(successes: int, trials: int) -> None:
    successes = min(successes, trials)
    interval = wilson_interval(successes, trials)
    assert interval is not None
    reference = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert interval.low == pytest.approx(reference.low, abs=1e-9)
    assert interval.high == pytest.approx(reference.high, abs=1e-9)
    assert 0 <= interval.low <= successes / trials <= interval.high <= 1


def test_nothing_to_count_has_no_interval() -> None:
    assert wilson_interval(0, 0) is None
    assert difference_interval(0, 0, 1, 2) is None
    assert two_proportion_p_value(0, 0, 1, 2) is None


def test_a_numerator_that_is_no_part_of_its_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="5 of 3 is no proportion"):
        wilson_interval(5, 3)


@given(st.integers(60, 500), st.integers(60, 500), st.floats(0.2, 0.8), st.floats(0.2, 0.8))
def test_two_proportions_is_the_chi_square_test(n: int, m: int, p: float, q: float) -> None:
    a, b = round(n * p), round(m * q)
    reference = stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False).pvalue
    assert two_proportion_p_value(a, n, b, m) == pytest.approx(reference, rel=1e-6, abs=1e-12)


def test_few_successes_take_fishers_exact_test() -> None:
    reference = stats.fisher_exact([[1, 99], [8, 92]]).pvalue
    assert two_proportion_p_value(1, 100, 8, 100) == pytest.approx(reference)
    assert two_proportion_p_value(0, 50, 0, 50) == 1.0


def test_holm_worked_by_hand() -> None:
    # 10 × 0.010, 9 × 0.013, then 8 × 0.014 = 0.112, which may not be below the one before.
    found = holm([0.010, 0.013, 0.014, 0.190, 0.350, 0.500, 0.630, 0.670, 0.750, 0.810])
    assert [round(p or 0, 3) for p in found[:4]] == [0.1, 0.117, 0.117, 1.0]
    assert holm([None, 0.02, None]) == [None, 0.02, None]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_keeps_the_order_and_never_lowers_a_p_value(p_values: list[float]) -> None:
    found = holm(p_values)
    pairs = sorted(zip(p_values, found, strict=True), key=lambda pair: pair[0])
    adjusted = [p for _, p in pairs if p is not None]
    assert adjusted == sorted(adjusted)
    assert all(p is not None and raw <= p <= 1 for raw, p in pairs)


def test_welch_is_scipys() -> None:
    generator = random.Random(1)
    first = [generator.gauss(10, 3) for _ in range(30)]
    second = [generator.gauss(12, 5) for _ in range(28)]
    found = welch(first, second)
    reference = stats.ttest_ind(first, second, equal_var=False)
    interval = reference.confidence_interval()
    assert found is not None
    assert found.p_value == pytest.approx(reference.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))


def test_welch_says_nothing_on_too_little() -> None:
    assert welch([1.0], [1.0, 2.0]) is None
    assert welch([2.0, 2.0], [2.0, 2.0]) is None


def test_a_ratio_of_sums_is_the_mean_of_its_day_values() -> None:
    values = ratio_values([10, 0, 35], [100, 50, 250])
    assert values is not None
    assert sum(values) / 3 == pytest.approx(45 / 400)
    assert ratio_values([1, 2], [0, 0]) is None


def test_two_windows_of_one_shop_rarely_differ() -> None:
    """Under no effect the test of a ratio finds one in about one of twenty."""
    generator = random.Random(7)
    found = 0
    for _ in range(400):
        windows = []
        for _ in range(2):
            visits = [generator.randint(80, 120) for _ in range(30)]
            buyers = [sum(generator.random() < 0.05 for _ in range(n)) for n in visits]
            windows.append(ratio_values(buyers, visits))
        first, second = windows
        assert first is not None
        assert second is not None
        result = welch(first, second)
        found += result is not None and result.p_value < 0.05
    assert 0.02 < found / 400 < 0.09


def _days_of_customers(generator: random.Random, days: int = 60) -> tuple[list[float], list[float]]:
    """Orders a day of customers who order up to six times, weeks apart; and orders by customer."""
    by_day, by_customer = [0.0] * days, []
    for _ in range(300):
        first, number = generator.randrange(-60, days), 1 + int(generator.expovariate(0.5))
        at = [first]
        for _ in range(min(number, 6) - 1):
            at.append(at[-1] + 1 + int(generator.expovariate(1 / 8)))
        counted = [day for day in at if 0 <= day < days]
        for day in counted:
            by_day[day] += 1
        by_customer.append(float(len(counted)))
    return by_day, by_customer


def test_customers_who_come_again_do_not_make_changes_out_of_nothing() -> None:
    generator = random.Random(11)
    plain = widened = 0
    for _ in range(400):
        by_day, by_customer = _days_of_customers(generator)
        effect = design_effect(sum(by_customer), sum(units * units for units in by_customer))
        alone = welch(by_day[30:], by_day[:30])
        with_effect = welch(by_day[30:], by_day[:30], design_effect=effect)
        assert alone is not None
        assert with_effect is not None
        plain += alone.p_value < 0.05
        widened += with_effect.p_value < 0.05
    assert plain / 400 > 0.08, "days taken as independent claim too often"
    assert widened / 400 <= 0.05


def test_the_design_effect_widens_the_interval_by_its_root() -> None:
    first, second = [20.1, 22.4, 19.8, 23.0], [17.2, 18.9, 18.1, 16.5]
    plain, widened = welch(first, second), welch(first, second, design_effect=4.0)
    assert plain is not None
    assert widened is not None
    half = [(one.interval.high - one.interval.low) / 2 for one in (plain, widened)]
    assert half[1] == pytest.approx(2 * half[0])
    assert design_effect(0, 0) == 1.0


def test_of_many_small_groups_the_smallest_p_value_is_exact() -> None:
    counts = (9, 20, 100, 1000)
    assert two_proportion_p_value(*counts, 15) == pytest.approx(
        stats.fisher_exact([[9, 11], [100, 900]]).pvalue
    )
    assert two_proportion_p_value(9, 100, 100, 1000, 5) == two_proportion_p_value(9, 100, 100, 1000)
    assert two_proportion_p_value(9, 100, 100, 1000, 15) == pytest.approx(
        stats.fisher_exact([[9, 91], [100, 900]]).pvalue
    )
