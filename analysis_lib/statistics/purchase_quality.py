"""How good the forecasts of repeat purchases were: figures over a hold-out, from counted groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.statistics.gamma_gamma import GammaGamma, expected_average_value
from analysis_lib.statistics.maximum_likelihood import Array

_SLICES = [("once", 0, 0), ("twice", 1, 1), ("3 or 4 times", 2, 3), ("5 times or more", 4, None)]
_NAIVE_ORDERS = "same rate as before"
_ONE_RATE = "one rate for all, nobody leaves"
_NAIVE_VALUE = "mean of all repeat orders"
_Row = dict[str, Any]


def order_quality(groups: pd.DataFrame, expected: Array | None, reason: str) -> list[_Row]:
    """Figures of the expected order days of each calibration group against those in the hold-out.

    Parameters
    ----------
    groups
        Rows of `int_purchase_groups` of the calibration.
    expected
        Order days expected of a buyer of each group in the hold-out; None when there is no model.
    reason
        Why there is none.
    """
    buyers = groups["customers"].to_numpy(dtype=np.float64)
    actual = groups["holdout_order_days"].to_numpy(dtype=np.float64)
    repeat = groups["repeat_order_days"].to_numpy(dtype=np.float64)
    age = groups["mean_first_to_end_days"].to_numpy(dtype=np.float64)
    held_out = groups["holdout_days"].to_numpy(dtype=np.float64)
    naive = np.where(age > 0, repeat / np.maximum(age, 1) * held_out, 0.0)
    every = np.ones(len(groups), dtype=bool)
    measures: list[tuple[str, str, Any, Callable[[Array, Array, Array], float]]] = [
        ("holdout_orders_ratio", "(all)", every, _ratio),
        *(
            (
                "holdout_orders_ratio",
                f"bought {name}",
                (repeat >= low) & (repeat <= (np.inf if high is None else high)),
                _ratio,
            )
            for name, low, high in _SLICES
        ),
        ("holdout_orders_mean_absolute_error", "(all)", every, _absolute_error),
        ("holdout_orders_root_mean_squared_error", "(all)", every, _squared_error),
        ("holdout_orders_correlation", "(all)", every, _correlation),
        ("holdout_orders_decile_correlation", "(all)", every, _decile_correlation),
    ]
    notes = {
        "holdout_orders_ratio": "order days expected / order days that came, over the hold-out",
        "holdout_orders_mean_absolute_error": "order days a buyer; most buyers order on none or one",
        "holdout_orders_root_mean_squared_error": "order days a buyer",
        "holdout_orders_correlation": "of expected and actual order days, over buyers",
        "holdout_orders_decile_correlation": "of the means of ten equal groups by expected order days",
    }
    rows = []
    for metric, part, chosen, measure in measures:
        values = [
            None if forecast is None else measure(forecast[chosen], actual[chosen], buyers[chosen])
            for forecast in (expected, naive if len(groups) else None)
        ]
        rows.append(
            _quality_row(
                "bg_nbd", metric, part, values, _NAIVE_ORDERS, buyers[chosen].sum(), notes[metric], reason
            )
        )
    return rows


def fit_quality(groups: pd.DataFrame, log_likelihood: float | None, reason: str) -> list[_Row]:
    """How likely the final fit makes what was seen, beside a single purchase rate for all buyers.

    Parameters
    ----------
    groups
        Rows of `int_purchase_groups` of the final fit.
    log_likelihood
        Of all buyers under the fitted model, in weeks; None when there is none.
    reason
        Why there is none.
    """
    buyers = groups["customers"].to_numpy(dtype=np.float64)
    purchases = float((buyers * groups["repeat_order_days"].to_numpy(dtype=np.float64)).sum())
    weeks = float((buyers * groups["mean_first_to_end_days"].to_numpy(dtype=np.float64)).sum()) / 7
    size = float(buyers.sum())
    poisson = (purchases * np.log(purchases / weeks) - purchases) / size if purchases and weeks else None
    value = None if log_likelihood is None or not size else log_likelihood / size
    note = "log-likelihood a buyer, of the final fit; the higher the better"
    return [
        _quality_row(
            "bg_nbd", "mean_log_likelihood", "(all)", [value, poisson], _ONE_RATE, size, note, reason
        )
    ]


def value_quality(values: pd.DataFrame, model: GammaGamma | None, reason: str) -> list[_Row]:
    """Figures of the expected value of an order day of each calibration group against the hold-out.

    Parameters
    ----------
    values
        Rows of `int_purchase_values` of the calibration.
    model
        The model that was fitted on them; None when there is none.
    reason
        Why there is none.
    """
    bought = values[values["holdout_customers"].fillna(0).astype("float64") > 0]
    buyers = bought["holdout_customers"].to_numpy(dtype=np.float64)
    actual = bought["average_holdout_revenue"].to_numpy(dtype=np.float64)
    squares = bought["average_holdout_revenue_squared"].to_numpy(dtype=np.float64)
    frequency = bought["valued_order_days"].to_numpy(dtype=np.float64)
    own = bought["average_order_day_revenue"].astype("float64").fillna(0.0).to_numpy()
    repeat = values[values["valued_order_days"] > 0]
    days = repeat["valued_order_days"].to_numpy(dtype=np.float64)
    customers = repeat["customers"].to_numpy(dtype=np.float64)
    means = repeat["average_order_day_revenue"].to_numpy(dtype=np.float64)
    total = float((customers * days).sum())
    naive = np.full(len(bought), float((customers * days * means).sum()) / total) if total else None
    expected = None if model is None else expected_average_value(model, frequency, own)

    def error(forecast: Array) -> float:
        squared = squares - 2 * forecast * actual + forecast**2
        return float(np.sqrt(max((buyers * squared).sum() / buyers.sum(), 0.0)))

    def ratio(forecast: Array) -> float:
        return _ratio(forecast, actual, buyers)

    measures: list[tuple[str, Callable[[Array], float], str]] = [
        (
            "holdout_order_value_ratio",
            ratio,
            "value of an order day expected / that came, over the buyers of the hold-out",
        ),
        (
            "holdout_order_value_root_mean_squared_error",
            error,
            "money an order day, over the buyers of the hold-out",
        ),
    ]
    rows = []
    for metric, measure, note in measures:
        found = [None if each is None or not len(bought) else measure(each) for each in (expected, naive)]
        rows.append(
            _quality_row("gamma_gamma", metric, "(all)", found, _NAIVE_VALUE, buyers.sum(), note, reason)
        )
    correlation = None if model is None else _correlation(days, means, customers)
    note = "of repeat order days and their mean value; the model takes it to be near 0"
    rows.append(
        _quality_row(
            "gamma_gamma",
            "frequency_value_correlation",
            "(all)",
            [correlation, None],
            None,
            customers.sum(),
            note,
            reason,
        )
    )
    return rows


def _quality_row(
    model: str,
    metric: str,
    part: str,
    values: list[float | None],
    baseline: str | None,
    size: float,
    note: str,
    reason: str,
) -> _Row:
    value, other = (np.nan if each is None else each for each in values)
    if values[0] is None:
        note = reason
    elif not size:
        note = "there are no such buyers"
    elif np.isnan(values[0]):
        note += "; not defined here, as nobody came back or nothing varies"
    return {
        "model_name": model,
        "metric": metric,
        "slice": part,
        "value": value,
        "baseline_name": baseline,
        "baseline_value": other,
        "sample_size": int(size),
        "note": note,
    }


def _ratio(forecast: Array, actual: Array, weights: Array) -> float:
    total = float((weights * actual).sum())
    return float((weights * forecast).sum()) / total if total else float("nan")


def _absolute_error(forecast: Array, actual: Array, weights: Array) -> float:
    return float((weights * np.abs(forecast - actual)).sum() / weights.sum())


def _squared_error(forecast: Array, actual: Array, weights: Array) -> float:
    return float(np.sqrt((weights * (forecast - actual) ** 2).sum() / weights.sum()))


def _correlation(first: Array, second: Array, weights: Array) -> float:
    """Pearson's correlation; not a number where one side does not vary."""
    total = weights.sum()
    if not total:
        return float("nan")
    x, y = first - (weights * first).sum() / total, second - (weights * second).sum() / total
    spread = float((weights * x * x).sum() * (weights * y * y).sum())
    return float((weights * x * y).sum()) / spread**0.5 if spread > 0 else float("nan")


def _decile_correlation(forecast: Array, actual: Array, weights: Array) -> float:
    """Correlation of the means of ten equally large groups in the order of the forecast.

    Buyers of one forecast cannot be told apart: where a border falls among them, they are shared out.
    """
    if not len(forecast):
        return float("nan")
    values, place = np.unique(forecast, return_inverse=True)
    counts = np.bincount(place, weights=weights)
    actual_means = np.bincount(place, weights=weights * actual) / counts
    upper = np.cumsum(counts)
    borders = np.linspace(0, upper[-1], 11)
    inside = np.minimum(upper, borders[1:, None]) - np.maximum(upper - counts, borders[:-1, None])
    shares = np.maximum(inside, 0.0)
    sizes = shares.sum(axis=1)
    return _correlation(shares @ values / sizes, shares @ actual_means / sizes, np.ones(10))
