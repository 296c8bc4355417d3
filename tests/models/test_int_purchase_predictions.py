"""Specification of the models of repeat purchases: int_purchase_fit, _nodes, _predictions and _quality."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from analysis_lib.models import PACKAGE, read_contract
from analysis_lib.statistics import bg_nbd, gamma_gamma, purchases
from tests.models.frames import from_frame
from tests.models.specify import check, rows_of

PREDICTIONS = PACKAGE / "sql" / "predictions"
KEYS = ["repeat_order_days", "first_to_last_days", "first_to_end_days"]


def columns_of(model: str) -> list[str]:
    return list(read_contract(PREDICTIONS / f"{model}.yml").columns)


def groups(fit: str, *rows: tuple[int, ...], holdout_days: float = np.nan) -> pd.DataFrame:
    """Rows of int_purchase_groups: frequency, recency, age, order days in the hold-out, customers."""
    frame = pd.DataFrame(rows, columns=[*KEYS, "holdout_order_days", "customers"])
    return with_means(frame.assign(fit=fit, holdout_days=holdout_days))


def with_means(table: pd.DataFrame) -> pd.DataFrame:
    """Groups of exact days: their means are the days themselves."""
    return table.assign(**{f"mean_{name}": table[name].astype(float) for name in KEYS[1:]})


def values(fit: str, *rows: tuple[float, ...]) -> pd.DataFrame:
    """Rows of int_purchase_values: order days, value, customers, hold-out customers, mean, mean square."""
    names = ["valued_order_days", "average_order_day_revenue", "customers", "holdout_customers"]
    names += ["average_holdout_revenue", "average_holdout_revenue_squared"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(fit=fit, value_group=frame["average_order_day_revenue"].fillna(0).round(1))


def shop(buyers: int = 400, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Groups and values of buyers whose purchases and spending follow the models; nothing is held out of chance."""
    chance = np.random.default_rng(seed)
    age = chance.integers(100, 400, buyers)
    rate = chance.gamma(1.2, 1 / 80, buyers)
    frequency = chance.poisson(rate * age * 0.7)
    recency = np.where(frequency > 0, np.maximum(1, (age * chance.uniform(0.5, 0.95, buyers)).astype(int)), 0)
    frequency = np.minimum(frequency, recency)
    later = chance.poisson(rate * 60 * 0.7)
    table = pd.DataFrame(dict(zip(KEYS, (frequency, recency, age), strict=True)))
    final = table.assign(fit="final", holdout_order_days=np.nan, holdout_days=np.nan)
    calibration = table.assign(fit="calibration", holdout_order_days=later.astype(float), holdout_days=60.0)
    every = [*KEYS, "fit", "holdout_order_days", "holdout_days"]
    counted = pd.concat([final, calibration]).groupby(every, dropna=False).size().rename("customers")
    repeat = frequency[frequency > 0]
    spread = chance.gamma(4.0, 1 / 60.0, repeat.size)
    mean = chance.gamma(6.0 * repeat, 1 / spread) / repeat
    spent = pd.concat(
        [
            values(fit, *((x, z, 1, 1, z * 1.1, z * z * 1.3) for x, z in zip(repeat, mean, strict=True)))
            for fit in ("final", "calibration")
        ]
    )
    return {"int_purchase_groups": with_means(counted.reset_index()), "int_purchase_values": spent}


def fitted(inputs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return purchases.fit(inputs, {}).set_index("fit")


def quality(inputs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table = purchases.quality(inputs | {"int_purchase_fit": purchases.fit(inputs, {})}, {})
    return table.set_index(["metric", "slice"])


EMPTY = {"int_purchase_groups": groups("final")[:0], "int_purchase_values": values("final")[:0]}


# Parameters


def test_the_parameters_are_the_maximum_likelihood_ones_in_weeks() -> None:
    inputs = shop()
    row = fitted(inputs).loc["final"]
    table = inputs["int_purchase_groups"].query("fit == 'final'")
    frequency, recency, age = (table[name] for name in KEYS)
    expected = bg_nbd.fit(frequency, recency / 7, age / 7, table["customers"])
    assert_allclose(
        [row["r"], row["alpha"], row["a"], row["b"]], [expected.r, expected.alpha, expected.a, expected.b]
    )
    assert row["is_fitted"]
    assert row["customers"] == 400
    assert row["repeat_customers"] == table.loc[frequency > 0, "customers"].sum()
    spent = inputs["int_purchase_values"].query("fit == 'final'")
    spending = gamma_gamma.fit(spent["valued_order_days"], spent["average_order_day_revenue"])
    assert_allclose([row["p"], row["q"], row["v"]], [spending.p, spending.q, spending.v], rtol=1e-6)
    assert row["value_customers"] == len(spent)


def test_the_same_buyers_give_the_same_bytes() -> None:
    pd.testing.assert_frame_equal(purchases.fit(shop(), {}), purchases.fit(shop(), {}), check_exact=True)


def test_a_shop_without_buyers_has_a_row_for_each_fit_that_says_why_there_is_none() -> None:
    table = fitted(EMPTY)
    assert list(table.index) == ["calibration", "final"]
    assert table["is_fitted"].tolist() == [False, False]
    assert table.loc["calibration", "reason"] == "the history is too short to hold anything out"
    assert table.loc["final", "reason"] == "0 of the 100 buyers that are needed"
    assert table[["r", "alpha", "a", "b", "p", "q", "v"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("once", "again", "reason"),
    [
        (60, 39, "99 of the 100 buyers that are needed"),
        (71, 29, "29 of the 30 buyers with a second purchase that are needed"),
        (70, 30, None),
    ],
)
def test_too_few_buyers_are_not_fitted(once: int, again: int, reason: str | None) -> None:
    rows = [
        (0, 0, 200, np.nan, once),
        (1, 30, 200, np.nan, again // 2),
        (3, 90, 150, np.nan, again - again // 2),
    ]
    row = fitted(EMPTY | {"int_purchase_groups": groups("final", *rows)}).loc["final"]
    assert row["is_fitted"] == (reason is None)
    assert reason is None or row["reason"] == reason


def test_values_that_are_all_the_same_or_have_no_mean_are_not_fitted_and_say_so() -> None:
    same = values("final", (0, np.nan, 100, np.nan, np.nan, np.nan), (1, 20.0, 50, np.nan, np.nan, np.nan))
    row = fitted(EMPTY | {"int_purchase_values": same}).loc["final"]
    assert not row["is_value_fitted"]
    assert row["value_reason"] == "all values are the same"
    heavy = ((place / 200) ** -2.0 for place in range(1, 201))  # quantiles of a Pareto distribution
    wild = values("final", *((1, value, 1, np.nan, np.nan, np.nan) for value in heavy))
    row = fitted(EMPTY | {"int_purchase_values": wild}).loc["final"]
    assert row["value_reason"] == "order values spread so widely that they have no mean"
    assert np.isnan(row["p"])


# Predictions


def predicted(buyers: list[tuple[int, int, int]], fit: pd.DataFrame) -> pd.DataFrame:
    """What SQL says of buyers: frequency, recency and age in days; their nodes are those of the Python model."""
    found = purchases.nodes(
        {
            "int_purchase_groups": groups("final", *((*row, np.nan, 1) for row in buyers)),
            "int_purchase_fit": fit,
        },
        {},
    )
    history = [f"| u{place} | final | {x} | {t} | {age} |" for place, (x, t, age) in enumerate(buyers)]
    head = "| user_id | fit | repeat_order_days | first_to_last_days | first_to_end_days |"
    result = check(
        "int_purchase_predictions",
        {
            "int_purchase_history": "\n".join([head, *history]),
            "int_purchase_fit": from_frame(read_contract(PREDICTIONS / "int_purchase_fit.yml").schema, fit),
            "int_purchase_nodes": from_frame(
                read_contract(PREDICTIONS / "int_purchase_nodes.yml").schema, found
            ),
        },
    )
    names = columns_of("int_purchase_predictions")
    return pd.DataFrame(rows_of(result, *names), columns=names).sort_values(KEYS, ignore_index=True)


BUYERS = [
    (0, 0, 0),
    (0, 0, 1),
    (0, 0, 400),
    (1, 1, 1),
    (1, 3, 400),
    (2, 390, 400),
    (9, 200, 210),
    (60, 380, 395),
]


@pytest.mark.parametrize(
    "model",
    [
        bg_nbd.BgNbd(0.2426, 4.4135, 0.7929, 2.4258),
        bg_nbd.BgNbd(1.4, 30.0, 2e-4, 3.0),  # hardly anybody leaves: nodes lie close to 0
        bg_nbd.BgNbd(0.05, 0.4, 0.3, 0.2),
        bg_nbd.BgNbd(40.0, 900.0, 5e-9, 40.0),
    ],
)
def test_every_history_is_predicted_in_sql_as_by_the_formulas_for_the_365_days_to_come(model) -> None:
    fit = purchases.fit(EMPTY, {})
    of_final = fit["fit"] == "final"
    for name in ("r", "alpha", "a", "b"):
        fit.loc[of_final, name] = getattr(model, name)
    fit.loc[of_final, "is_fitted"] = True
    table = predicted([*BUYERS, BUYERS[0]], fit)
    frequency, recency, age = (table[name].to_numpy(dtype=float) for name in KEYS)
    assert_allclose(
        table["predicted_orders_12m"].astype(float),
        bg_nbd.expected_purchases(model, 365 / 7, frequency, recency / 7, age / 7),
        rtol=1e-8,
        atol=1e-9,
    )
    assert_allclose(
        table["probability_alive"].astype(float),
        bg_nbd.probability_alive(model, frequency, recency / 7, age / 7),
        rtol=1e-11,
    )
    assert table["customers"].tolist() == [2, *[1] * (len(BUYERS) - 1)]


def test_without_a_fit_the_histories_are_there_and_their_predictions_are_not() -> None:
    table = predicted([(0, 0, 9), (1, 3, 9)], purchases.fit(EMPTY, {}))
    assert table["customers"].tolist() == [1, 1]
    assert table[["probability_alive", "predicted_orders_12m"]].isna().all(axis=None)
    assert predicted([], purchases.fit(EMPTY, {})).empty


# Quality


def test_the_naive_forecast_buys_on_at_the_rate_of_before() -> None:
    # Ten buyers once; ten with 2 repeat days in 40 days, of whom the hold-out of 20 days sees one each.
    inputs = {
        "int_purchase_groups": groups(
            "calibration", (0, 0, 40, 0, 8), (0, 0, 40, 1, 2), (2, 30, 40, 1, 10), holdout_days=20.0
        )
    }
    table = quality(EMPTY | inputs)
    baseline = table["baseline_value"]
    assert baseline["holdout_orders_ratio", "(all)"] == pytest.approx(10 / 12)
    assert baseline["holdout_orders_ratio", "bought once"] == 0
    assert baseline["holdout_orders_ratio", "bought 3 or 4 times"] == 1
    assert np.isnan(baseline["holdout_orders_ratio", "bought twice"])
    assert baseline["holdout_orders_mean_absolute_error", "(all)"] == pytest.approx(2 / 20)
    assert baseline["holdout_orders_root_mean_squared_error", "(all)"] == pytest.approx((2 / 20) ** 0.5)
    assert table["value"].isna().all()
    assert table.loc[("holdout_orders_ratio", "(all)"), "note"] == "20 of the 100 buyers that are needed"
    assert table["sample_size"].tolist()[1:6] == [20, 10, 0, 10, 0]


def test_the_model_s_figures_are_those_of_its_expectations() -> None:
    inputs = shop(3000)
    fit = fitted(inputs).loc["calibration"]
    table = inputs["int_purchase_groups"].query("fit == 'calibration'")
    model = bg_nbd.BgNbd(fit["r"], fit["alpha"], fit["a"], fit["b"])
    people = table.loc[table.index.repeat(table["customers"])]
    frequency, recency, age = (people[name].to_numpy(dtype=float) for name in KEYS)
    expected = bg_nbd.expected_purchases(model, 60 / 7, frequency, recency / 7, age / 7)
    actual = people["holdout_order_days"].to_numpy()
    found = quality(inputs)["value"]
    assert found["holdout_orders_ratio", "(all)"] == pytest.approx(expected.sum() / actual.sum())
    assert found["holdout_orders_mean_absolute_error", "(all)"] == pytest.approx(
        np.abs(expected - actual).mean()
    )
    squared = ((expected - actual) ** 2).mean() ** 0.5
    assert found["holdout_orders_root_mean_squared_error", "(all)"] == pytest.approx(squared)
    correlation = np.corrcoef(expected, actual)[0, 1]
    assert found["holdout_orders_correlation", "(all)"] == pytest.approx(correlation)
    order = np.argsort(expected, kind="stable")
    tenths = [np.mean(part) for part in np.array_split(expected[order], 10)]
    lifted = [np.mean(part) for part in np.array_split(actual[order], 10)]
    deciles = found["holdout_orders_decile_correlation", "(all)"]
    assert deciles == pytest.approx(np.corrcoef(tenths, lifted)[0, 1], abs=0.02)


def test_the_value_s_figures_are_over_the_buyers_of_the_hold_out() -> None:
    rows = [
        (0, np.nan, 100, 2, 30.0, 1000.0),
        (1, 20.0, 60, 3, 26.0, 700.0),
        (2, 40.0, 40, 0, np.nan, np.nan),
    ]
    inputs = {"int_purchase_values": values("calibration", *rows)}
    spread = values("calibration", *((1, float(z), 1, 0, np.nan, np.nan) for z in range(10, 60)))
    inputs["int_purchase_values"] = pd.concat([inputs["int_purchase_values"], spread])
    row = fitted(EMPTY | inputs).loc["calibration"]
    model = gamma_gamma.GammaGamma(row["p"], row["q"], row["v"])
    once, twice = gamma_gamma.expected_average_value(model, [0, 1], [0.0, 20.0])
    table = quality(EMPTY | inputs)
    ratio = table.loc[("holdout_order_value_ratio", "(all)")]
    assert ratio["value"] == pytest.approx((2 * once + 3 * twice) / (2 * 30 + 3 * 26))
    mean = (60 * 20 + 40 * 2 * 40 + sum(range(10, 60))) / (60 + 80 + 50)
    assert ratio["baseline_value"] == pytest.approx(5 * mean / (2 * 30 + 3 * 26))
    assert ratio["sample_size"] == 5
    error = table.loc[("holdout_order_value_root_mean_squared_error", "(all)"), "value"]
    squares = 2 * (1000 - 60 * once + once**2) + 3 * (700 - 52 * twice + twice**2)
    assert error == pytest.approx((squares / 5) ** 0.5)


def test_the_fit_is_compared_with_one_rate_for_all() -> None:
    inputs = shop()
    table = inputs["int_purchase_groups"].query("fit == 'final'")
    found = quality(inputs).loc[("mean_log_likelihood", "(all)")]
    buys = (table["customers"] * table["repeat_order_days"]).sum()
    weeks = (table["customers"] * table["first_to_end_days"]).sum() / 7
    assert found["baseline_value"] == pytest.approx((buys * np.log(buys / weeks) - buys) / 400)
    assert found["value"] > found["baseline_value"]


def test_a_shop_without_buyers_has_every_figure_as_unknown_with_a_note() -> None:
    table = purchases.quality(EMPTY | {"int_purchase_fit": purchases.fit(EMPTY, {})}, {})
    assert set(table.columns) == set(columns_of("int_purchase_quality"))
    assert table[["value", "baseline_value"]].isna().all(axis=None)
    assert table["sample_size"].eq(0).all()
    assert table["note"].str.len().gt(0).all()
    assert not table.duplicated(["model_name", "metric", "slice"]).any()


@pytest.mark.parametrize("inputs", [EMPTY, shop()], ids=["empty", "shop"])
def test_the_tables_have_the_columns_of_their_contracts(inputs: dict[str, pd.DataFrame]) -> None:
    fit = purchases.fit(inputs, {})
    assert set(fit.columns) == set(columns_of("int_purchase_fit"))
    whole = inputs | {"int_purchase_fit": fit}
    assert set(purchases.nodes(whole, {}).columns) == set(columns_of("int_purchase_nodes"))
    assert set(purchases.quality(whole, {}).columns) == set(columns_of("int_purchase_quality"))
