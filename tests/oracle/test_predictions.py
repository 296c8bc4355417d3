"""What dim_customers expects of each buyer follows from the parameters that were fitted.

The fit itself is judged elsewhere (CDNOW, hold-out). Here its parameters come from `int_purchase_fit`, and
each buyer's figures are worked out again, by integration instead of hypergeometric functions.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from scipy.special import hyp2f1

from .compare import assert_same
from .purchases import expected_orders, predictions, probability_alive

PREDICTED = ["probability_alive", "predicted_orders_12m", "predicted_average_order_value"]
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def marts(both_marts) -> dict[str, pd.DataFrame]:
    return both_marts("demo", {})[0]


@pytest.fixture(scope="module")
def fitted(marts) -> pd.Series:
    return marts["int_purchase_fit"].set_index("fit").loc["final"]


@pytest.fixture(scope="module")
def expected(marts, both_marts, fitted) -> pd.DataFrame:
    return predictions(both_marts("demo", {})[1]["int_purchase_history"], fitted)


def test_both_models_could_be_fitted(fitted):
    assert fitted["is_fitted"], fitted["reason"]
    assert fitted["is_value_fitted"], fitted["value_reason"]


def test_predictions_of_every_buyer(marts, expected):
    buyers = marts["dim_customers"][marts["dim_customers"]["orders"] > 0]
    assert_same(buyers, expected[PREDICTED].reset_index(), ["user_id"], float_tolerance=1e-7)


def test_predicted_revenue_is_the_product_to_the_cent(marts, expected):
    predicted = marts["dim_customers"].set_index("user_id")["predicted_net_revenue_12m"].dropna()
    assert (predicted.map(lambda amount: amount % CENT) == 0).all()
    off = predicted.astype("float64") - expected["predicted_net_revenue_12m"].reindex(predicted.index)
    assert off.abs().max() <= 0.005 + 1e-6
    assert len(predicted) == len(expected)


def test_nothing_is_predicted_of_who_never_bought(marts):
    customers = marts["dim_customers"]
    prospects = customers[customers["orders"] == 0]
    assert len(prospects)
    assert prospects[[*PREDICTED, "predicted_net_revenue_12m"]].isna().all(axis=None)


def test_the_oracle_itself_gives_the_published_figures_of_cdnow():
    """Fader, Hardie and Lee (2005) expect 1.226 purchases of a CDNOW customer in the 39 weeks after."""
    published = (0.2426, 4.4135, 0.7929, 2.4258)
    assert expected_orders(*published, 2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=5e-4)
    assert probability_alive(*published, 2, 30.43, 38.86) == pytest.approx(0.7266, abs=5e-4)


@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0.0, 5.0), (1, 3.0, 30.0), (30, 50.0, 52.0)])
def test_the_integral_is_the_closed_form(x: int, t_x: float, age: float):
    r, alpha, a, b = 0.5, 6.0, 1.7, 2.4
    weeks = 52.0
    z = weeks / (alpha + age + weeks)
    grown = ((alpha + age) / (alpha + age + weeks)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    closed = (a + b + x - 1) / (a - 1) * (1 - grown) * probability_alive(r, alpha, a, b, x, t_x, age)
    assert expected_orders(r, alpha, a, b, x, t_x, age, weeks) == pytest.approx(closed, rel=1e-9)
