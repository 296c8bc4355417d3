"""BG/NBD and Gamma–Gamma: the published fit, the published formulas, and planted parameters found again."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import beta, gammaln, hyp2f1
from scipy.stats import chi2

from analysis_lib.simulate import simulate
from analysis_lib.statistics import bg_nbd, gamma_gamma
from analysis_lib.statistics.bg_nbd import BgNbd
from analysis_lib.statistics.gamma_gamma import GammaGamma
from analysis_lib.statistics.maximum_likelihood import NotFittedError, maximise
from tests.simulate.shops import shared_data

calm = settings(deadline=None)  # two busy cores are no failure
CDNOW = BgNbd(0.2426, 4.4135, 0.7929, 2.4258)
SPENDING = GammaGamma(6.25, 3.74, 15.45)

positive = st.floats(0.05, 20.0)
models = st.builds(BgNbd, positive, positive, positive, positive)


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, float, float]:
    """Frequency, recency and age of one customer."""
    age = draw(st.floats(1.0, 60.0))
    frequency = draw(st.integers(0, 12))
    return frequency, (age * draw(st.floats(0.01, 1.0)) if frequency else 0.0), age


def drawn_customers(seed: int, model: BgNbd, customers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency, recency and age of customers who behave as the model says, one by one and in words."""
    chance = np.random.default_rng(seed)
    rows = []
    for age in chance.uniform(20, 80, customers):
        rate, leaves = chance.gamma(model.r, 1 / model.alpha), chance.beta(model.a, model.b)
        frequency, last, now = 0, 0.0, chance.exponential(1 / rate)
        while now <= age:
            frequency, last = frequency + 1, now
            if chance.random() < leaves:
                break
            now += chance.exponential(1 / rate)
        rows.append((frequency, last, age))
    frequencies, recencies, ages = np.array(rows).T
    return frequencies, recencies, ages


def distance(fitted: BgNbd, planted: BgNbd) -> float:
    """How far the four parameters lie from the planted ones: chi-squared with 4 degrees of freedom."""
    names = ("r", "alpha", "a", "b")
    off = np.log([getattr(fitted, name) / getattr(planted, name) for name in names])
    return float(off @ np.linalg.inv(fitted.log_covariance) @ off)


# The published fit


def test_the_public_cdnow_customers_give_the_published_parameters() -> None:
    rows = pd.read_csv(shared_data("cdnow") / "cdnow_customers_summary.csv")
    fitted = bg_nbd.fit(rows["frequency"], rows["recency"], rows["T"])
    found = [fitted.r, fitted.alpha, fitted.a, fitted.b]
    assert_allclose(found, [0.2426, 4.4135, 0.7929, 2.4258], rtol=0.0005)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert fitted.customers == 2357


def test_the_public_cdnow_orders_give_the_published_spending() -> None:
    rows = pd.read_csv(shared_data("cdnow") / "cdnow_customers_summary_with_transactions.csv")
    repeat = rows[rows["x"] > 0]
    fitted = gamma_gamma.fit(repeat["x"], repeat["zbar"])
    assert_allclose([fitted.p, fitted.q, fitted.v], [6.25, 3.74, 15.45], rtol=0.01)
    assert fitted.customers == 946


def test_the_published_expectation_of_one_cdnow_customer() -> None:
    # Fader, Hardie, Lee (2005): the customer with x = 2, t_x = 30.43, T = 38.86 over the next 39 weeks.
    assert bg_nbd.expected_purchases(CDNOW, 39, 2, 30.43, 38.86)[0] == pytest.approx(1.226, abs=0.0005)


# The likelihood


def published_log_likelihood(model: BgNbd, x: int, t_x: float, age: float) -> float:
    """Equation 6 of the paper, term by term."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    second = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    third = (alpha + age) ** -(r + x)
    fourth = a / (b + x - 1) * (alpha + t_x) ** -(r + x) if x else 0.0
    return float(first + second + np.log(third + fourth))


@calm
@given(models, histories())
def test_the_log_likelihood_is_the_published_one(model: BgNbd, history: tuple[int, float, float]) -> None:
    frequency, recency, age = history
    found = bg_nbd.log_likelihood(model, [frequency], [recency], [age])
    assert found == pytest.approx(published_log_likelihood(model, *history), rel=1e-9, abs=1e-9)


@calm
@given(models, st.lists(histories(), min_size=1, max_size=5))
def test_the_gradient_is_the_slope_of_the_log_likelihood(
    model: BgNbd, rows: list[tuple[int, float, float]]
) -> None:
    customers = bg_nbd._Customers.grouped(*np.array([*rows, (1, 1.0, 2.0)], dtype=float).T, None)
    point = customers.coordinates(model)
    _, gradient = customers.mean_log_likelihood(point)
    for place, step in enumerate(np.eye(4) * 1e-5):
        up, down = (customers.mean_log_likelihood(point + sign * step)[0] for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-6)


def test_thousands_of_purchases_do_not_overflow() -> None:
    found = bg_nbd.log_likelihood(BgNbd(1e-3, 1e-4, 50.0, 1e4), [20_000], [3000.0], [3000.5])
    assert np.isfinite(found)


def test_equal_customers_taken_together_are_the_same_as_one_by_one_in_any_order() -> None:
    frequency, recency, age = [0, 2, 0, 1, 2, 0, 5], [0, 9, 0, 4, 9, 0, 30], [39, 20, 39, 8, 20, 39, 39]
    one_by_one = bg_nbd.fit(frequency, recency, age)
    assert bg_nbd.fit(frequency[::-1], recency[::-1], age[::-1]) == one_by_one
    together = bg_nbd.fit([5, 0, 2, 1], [30, 0, 9, 4], [39, 39, 20, 8], weights=[1, 3, 2, 1])
    assert together == one_by_one


def test_another_unit_of_time_changes_alpha_only() -> None:
    frequency, recency, age = drawn_customers(3, BgNbd(0.8, 9.0, 0.9, 2.5), 800)
    weeks = bg_nbd.fit(frequency, recency, age)
    days = bg_nbd.fit(frequency, recency * 7, age * 7)
    assert_allclose(
        [days.r, days.alpha, days.a, days.b], [weeks.r, weeks.alpha * 7, weeks.a, weeks.b], rtol=1e-3
    )


# Planted parameters


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("planted", [BgNbd(0.7, 9.0, 0.9, 2.6), BgNbd(2.5, 20.0, 1.5, 6.0)])
def test_parameters_that_were_planted_are_found_within_their_errors(planted: BgNbd, seed: int) -> None:
    fitted = bg_nbd.fit(*drawn_customers(seed, planted, 3000))
    # Ten cases: one in a hundred would miss this bound by chance in any of them.
    assert distance(fitted, planted) < chi2.ppf(1 - 0.001, 4)


def test_the_intervals_hold_the_planted_value_about_as_often_as_they_claim() -> None:
    planted = BgNbd(0.7, 9.0, 0.9, 2.6)
    hits = 0
    for seed in range(100, 125):
        low, high = bg_nbd.fit(*drawn_customers(seed, planted, 1000)).intervals()["r"]
        hits += low <= planted.r <= high
    assert hits >= 20  # of 25; fewer happens once in 150 times when 95 % are claimed rightly


def test_what_was_planted_in_the_demo_shop_is_found_in_its_orders(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # The planted process counts every order placed, and its weeks pass faster when people shop.
    folder = tmp_path_factory.mktemp("demo") / "shop"
    simulate(visitors=20_000, months=18, seed=7, out=folder)
    orders = pd.read_parquet(folder / "orders.parquet", columns=["user_id", "created_at"])
    days = orders.assign(day=orders["created_at"].dt.floor("D")).drop_duplicates(["user_id", "day"])
    buyers = days.groupby("user_id")["day"].agg(["min", "max", "size"])
    week = pd.Timedelta(days=7)
    fitted = bg_nbd.fit(
        buyers["size"] - 1,
        (buyers["max"] - buyers["min"]) / week,
        (days["day"].max() - buyers["min"]) / week,
    )
    planted = pd.read_json(folder / "truth.json", typ="series")["planted"]["repeat"]
    assert planted["model"] == "BG/NBD, weeks"
    assert distance(fitted, BgNbd(*(planted[name] for name in ("r", "alpha", "a", "b")))) < chi2.ppf(0.99, 4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_spending_is_found_within_its_errors(seed: int) -> None:
    chance = np.random.default_rng(seed)
    frequency = 1 + chance.poisson(1.5, 4000)
    spread = chance.gamma(SPENDING.q, 1 / SPENDING.v, frequency.size)
    value = chance.gamma(SPENDING.p * frequency, 1 / spread) / frequency
    fitted = gamma_gamma.fit(frequency, value)
    off = np.log([fitted.p / SPENDING.p, fitted.q / SPENDING.q, fitted.v / SPENDING.v])
    assert off @ np.linalg.inv(fitted.log_covariance) @ off < chi2.ppf(0.999, 3)
    assert fitted.population_mean == pytest.approx(SPENDING.population_mean, rel=0.03)


# Expected purchases and P(alive)


def published_expectation(model: BgNbd, time: float, x: int, t_x: float, age: float) -> float:
    """Equation 10 of the paper; its hypergeometric function is SciPy's."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    series = hyp2f1(r + x, b + x, a + b + x - 1, time / (alpha + age + time))
    with np.errstate(invalid="ignore"):  # 0 times infinite, where its arguments are too large
        product = ((alpha + age) / (alpha + age + time)) ** (r + x) * series
    top = (a + b + x - 1) / (a - 1) * (1 - product)
    below = 1 + (a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x) if x else 0.0)
    return float(top / below)


@calm
@given(models.filter(lambda model: abs(model.a - 1) > 0.05), st.floats(0.1, 100.0), histories())
def test_expected_purchases_are_the_published_formula(
    model: BgNbd, time: float, history: tuple[int, float, float]
) -> None:
    published = published_expectation(model, time, *history)
    if np.isfinite(published):
        assert bg_nbd.expected_purchases(model, time, *history)[0] == pytest.approx(
            published, rel=1e-5, abs=1e-8
        )


@pytest.mark.parametrize("a", [1.0, 1.0 + 1e-12, 0.999999])
def test_the_formula_divides_by_zero_at_a_of_1_and_the_expectation_does_not(a: float) -> None:
    model = BgNbd(0.5, 5.0, a, 2.0)
    near = [published_expectation(BgNbd(0.5, 5.0, 1 + off, 2.0), 52, 3, 20, 30) for off in (-1e-3, 1e-3)]
    assert bg_nbd.expected_purchases(model, 52, 3, 20, 30)[0] == pytest.approx(np.mean(near), rel=1e-5)


def test_many_purchases_and_long_horizons_stay_exact_where_the_closed_form_loses_its_digits() -> None:
    model, time, x, t_x, age = BgNbd(0.2, 0.05, 0.3, 0.4), 500.0, 300, 39.0, 40.0
    assert np.isnan(published_expectation(model, time, x, t_x, age))
    shape, stretch = model.r + x, time / (model.alpha + age)

    def density(p: float) -> float:
        weight = p ** (model.a - 1) * (1 - p) ** (model.b + x - 1) / beta(model.a, model.b + x)
        return weight * -np.expm1(-shape * np.log1p(p * stretch)) / p

    borders = [0, 1e-8, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]
    exact = sum(quad(density, *ends, limit=200)[0] for ends in itertools.pairwise(borders))
    exact *= bg_nbd.probability_alive(model, x, t_x, age)
    assert bg_nbd.expected_purchases(model, time, x, t_x, age)[0] == pytest.approx(exact, rel=1e-4)


@calm
@given(models, histories(), st.floats(0.5, 60.0))
def test_expectations_are_sensible(model: BgNbd, history: tuple[int, float, float], time: float) -> None:
    frequency, _, age = history
    alive = float(bg_nbd.probability_alive(model, *history))
    soon, later = (bg_nbd.expected_purchases(model, each, *history)[0] for each in (time, 2 * time))
    rate = (model.r + frequency) / (model.alpha + age)
    assert 0 <= alive <= 1
    assert frequency > 0 or alive == 1
    assert bg_nbd.expected_purchases(model, 0.0, *history)[0] == 0
    assert 0 <= soon <= later * (1 + 1e-9)
    assert later <= 2 * soon * (1 + 1e-9)
    assert soon <= alive * rate * time * (1 + 1e-9), "nobody buys more than at an unbroken rate"


def test_who_stays_away_longer_is_less_likely_alive_and_a_frequent_buyer_even_less() -> None:
    idle = bg_nbd.probability_alive(CDNOW, [3] * 4, [38, 30, 20, 10], [38] * 4)
    assert np.all(np.diff(idle) < 0)
    seldom, often = bg_nbd.probability_alive(CDNOW, [2, 12], [20, 20], [38, 38])
    assert often < seldom


def test_the_expectation_is_what_customers_do_on_average() -> None:
    model = BgNbd(0.7, 9.0, 0.9, 2.6)
    frequency, _, _ = drawn_customers(5, model, 20_000)
    # Whoever buys for the first time now is expected to buy as often as these did.
    expected = [bg_nbd.expected_purchases(model, each, 0, 0, 0)[0] for each in np.linspace(20, 80, 61)]
    error = frequency.std() / np.sqrt(frequency.size)
    assert frequency.mean() == pytest.approx(np.mean(expected), abs=4 * error)


# Expected values


@calm
@given(st.integers(1, 30), st.floats(1.0, 200.0))
def test_an_expected_value_lies_between_all_customers_and_ones_own(frequency: int, value: float) -> None:
    found = float(gamma_gamma.expected_average_value(SPENDING, frequency, value))
    low, high = sorted([value, SPENDING.population_mean])
    assert low - 1e-9 <= found <= high + 1e-9


def test_more_purchases_count_for_more() -> None:
    found = gamma_gamma.expected_average_value(SPENDING, [0, 1, 5, 1000], [0.0, 100.0, 100.0, 100.0])
    assert found[0] == pytest.approx(SPENDING.population_mean)
    assert np.all(np.diff(found) > 0)
    assert found[-1] == pytest.approx(100, rel=0.01)


def test_money_in_cents_gives_the_same_model_in_cents() -> None:
    chance = np.random.default_rng(1)
    frequency = 1 + chance.poisson(1, 500)
    value = chance.gamma(3.0, 12.0, 500)
    euros, cents = gamma_gamma.fit(frequency, value), gamma_gamma.fit(frequency, value * 100)
    assert_allclose([cents.p, cents.q, cents.v], [euros.p, euros.q, euros.v * 100], rtol=1e-3)


def test_the_slope_of_the_spending_likelihood_is_flat_at_the_fit_and_nowhere_near_it_is_higher() -> None:
    chance = np.random.default_rng(2)
    frequency = 1 + chance.poisson(1, 400)
    value = chance.gamma(3.0, 12.0, 400)
    fitted = gamma_gamma.fit(frequency, value)

    def log_likelihood(p: float, q: float, v: float) -> float:
        x, z = frequency, value
        rows = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        rows += (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(v + x * z)
        return float(rows.sum())

    best = log_likelihood(fitted.p, fitted.q, fitted.v)
    assert fitted.log_likelihood == pytest.approx(best, abs=1e-6)
    for factors in np.vstack([np.eye(3) * 0.02 + 1, 1 - np.eye(3) * 0.02]):
        assert log_likelihood(*(factors * [fitted.p, fitted.q, fitted.v])) < best


# What cannot be fitted


def test_without_repeat_purchases_there_is_nothing_to_fit() -> None:
    with pytest.raises(NotFittedError, match="second day"):
        bg_nbd.fit([0, 0], [0, 0], [10, 20])
    with pytest.raises(NotFittedError, match="no customers"):
        bg_nbd.fit([], [], [])
    with pytest.raises(NotFittedError, match="repeat purchase"):
        gamma_gamma.fit([], [])
    with pytest.raises(NotFittedError, match="same"):
        gamma_gamma.fit([1, 2, 3], [5.0, 5.0, 5.0])


@pytest.mark.parametrize(
    ("frequency", "recency", "age"), [(1, 30, 20), (-1, 0, 20), (0.5, 5, 20), (1, 0, 0), (1, -1, 5)]
)
def test_numbers_of_no_customer_are_refused(frequency: float, recency: float, age: float) -> None:
    with pytest.raises(ValueError, match="recency"):
        bg_nbd.fit([frequency], [recency], [age])


def test_customers_who_never_leave_are_the_limit_of_the_model_and_predicted_as_such() -> None:
    chance = np.random.default_rng(4)
    rates = chance.gamma(2.0, 1 / 20.0, 2000)
    times = [np.cumsum(chance.exponential(1 / rate, 60)) for rate in rates]
    frequency = np.array([(each <= 50).sum() for each in times])
    recency = np.array([each[each <= 50].max(initial=0) for each in times])
    fitted = bg_nbd.fit(frequency, recency, np.full(2000, 50.0))
    assert fitted.r / fitted.alpha == pytest.approx(0.1, rel=0.1)
    assert fitted.a / (fitted.a + fitted.b) < 0.02
    assert bg_nbd.expected_purchases(fitted, 50, frequency, recency, 50.0).sum() == pytest.approx(
        frequency.sum(), rel=0.1
    )


def test_a_likelihood_without_a_maximum_says_so() -> None:
    with pytest.raises(NotFittedError, match="no clear maximum"):
        maximise(lambda point: (float("nan"), point * float("nan")), [[0.0]], [(-1.0, 1.0)])
