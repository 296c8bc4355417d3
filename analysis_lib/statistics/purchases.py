"""The Python models of repeat purchases: parameters, nodes and hold-out quality, from counted groups.

Every function takes the small tables of buyers who are alike and returns a table with the columns of its
contract. Where a model cannot be fitted, values are missing and a sentence says why; nothing fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.statistics import bg_nbd, gamma_gamma
from analysis_lib.statistics.maximum_likelihood import Array, NotFittedError
from analysis_lib.statistics.purchase_quality import fit_quality, order_quality, value_quality

DAYS_A_WEEK = 7  # the unit of time of the fit; the published CDNOW parameters are in weeks as well
HORIZON_DAYS = 365
MIN_BUYERS = 100
MIN_REPEAT_BUYERS = 30
FITS = ("calibration", "final")

_Inputs = Mapping[str, pd.DataFrame]


def fit(inputs: _Inputs, parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001 (all Python models take both)
    """The parameters of both models, one row a fit (`int_purchase_fit`).

    Parameters
    ----------
    inputs
        `int_purchase_groups` and `int_purchase_values`.
    parameters
        Run parameters; none is used.
    """
    groups, values = inputs["int_purchase_groups"], inputs["int_purchase_values"]
    rows = [
        {"fit": name} | _fit_orders(_of(groups, name), name) | _fit_values(_of(values, name), name)
        for name in FITS
    ]
    return pd.DataFrame(rows)


def nodes(inputs: _Inputs, parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001 (all Python models take both)
    """Chances of leaving that stand for those of all buyers of a frequency (`int_purchase_nodes`).

    With them SQL computes the expected orders of every history, so that no history leaves the warehouse.

    Parameters
    ----------
    inputs
        `int_purchase_groups` and `int_purchase_fit`.
    parameters
        Run parameters; none is used.
    """
    groups = _of(inputs["int_purchase_groups"], "final")
    model = _order_model(inputs["int_purchase_fit"], "final")
    names = ["repeat_order_days", "node", "drop_out_probability", "weight"]
    if model is None or groups.empty:
        return pd.DataFrame([], columns=names)
    parts = []
    for frequency in sorted(groups["repeat_order_days"].unique()):
        points, weights = bg_nbd.drop_out_nodes(model, float(frequency), HORIZON_DAYS / DAYS_A_WEEK)
        values = (int(frequency), np.arange(points.size), points, weights)
        parts.append(pd.DataFrame(dict(zip(names, values, strict=True))))
    return pd.concat(parts, ignore_index=True)


def quality(inputs: _Inputs, parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001 (all Python models take both)
    """How well both models foretell the hold-out, beside naive forecasts (`int_purchase_quality`).

    Parameters
    ----------
    inputs
        `int_purchase_groups`, `int_purchase_values` and `int_purchase_fit`.
    parameters
        Run parameters; none is used.
    """
    fits = inputs["int_purchase_fit"]
    groups = _of(inputs["int_purchase_groups"], "calibration")
    values = _of(inputs["int_purchase_values"], "calibration")
    orders = _order_model(fits, "calibration")
    expected = None
    if orders is not None and not groups.empty:
        weeks = float(groups["holdout_days"].iloc[0]) / DAYS_A_WEEK
        expected = bg_nbd.expected_purchases(orders, weeks, *_history(groups))
    final = _row(fits, "final", "is_fitted")
    rows = [
        *fit_quality(
            _of(inputs["int_purchase_groups"], "final"),
            None if final is None else float(final["log_likelihood"]),
            _reason(fits, "final", "reason"),
        ),
        *order_quality(groups, expected, _reason(fits, "calibration", "reason")),
        *value_quality(
            values, _value_model(fits, "calibration"), _reason(fits, "calibration", "value_reason")
        ),
    ]
    return pd.DataFrame(rows)


def _of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["fit"] == name]


def _history(groups: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Frequency, recency and age of groups, in weeks."""
    frequency = groups["repeat_order_days"].to_numpy(dtype=np.float64)
    recency = groups["mean_first_to_last_days"].to_numpy(dtype=np.float64) / DAYS_A_WEEK
    age = groups["mean_first_to_end_days"].to_numpy(dtype=np.float64) / DAYS_A_WEEK
    return frequency, recency, age


def _fit_orders(groups: pd.DataFrame, name: str) -> dict[str, Any]:
    """The columns of BG/NBD in the row of one fit."""
    customers = groups["customers"].to_numpy(dtype=np.float64)
    repeat = customers[groups["repeat_order_days"].to_numpy(dtype=np.float64) > 0].sum()
    row: dict[str, Any] = {"customers": int(customers.sum()), "repeat_customers": int(repeat)}
    empty = dict.fromkeys(("r", "alpha", "a", "b", "log_likelihood"), np.nan)
    reason = _too_few(name, row["customers"], row["repeat_customers"])
    if reason is None:
        try:
            model = bg_nbd.fit(*_history(groups), customers)
        except NotFittedError as error:
            reason = f"{error}"
        else:
            fitted = {key: getattr(model, key) for key in empty}
            return row | fitted | {"is_fitted": True, "reason": _limit(model.log_covariance)}
    return row | empty | {"is_fitted": False, "reason": reason}


def _fit_values(values: pd.DataFrame, name: str) -> dict[str, Any]:
    """The columns of Gamma–Gamma in the row of one fit."""
    repeat = values[values["valued_order_days"] > 0]
    customers = int(repeat["customers"].sum())
    row: dict[str, Any] = {"value_customers": customers}
    empty = dict.fromkeys(("p", "q", "v"), np.nan)
    reason = _too_few(name, int(values["customers"].sum()), customers)
    if reason is None:
        try:
            model = gamma_gamma.fit(
                repeat["valued_order_days"], repeat["average_order_day_revenue"], repeat["customers"]
            )
            if not np.isfinite(model.population_mean):
                raise NotFittedError("order values spread so widely that they have no mean")
        except NotFittedError as error:
            reason = f"{error}"
        else:
            fitted = {key: getattr(model, key) for key in empty}
            fitted["value_log_likelihood"] = model.log_likelihood
            return row | fitted | {"is_value_fitted": True, "value_reason": _limit(model.log_covariance)}
    return row | empty | {"value_log_likelihood": np.nan, "is_value_fitted": False, "value_reason": reason}


def _too_few(name: str, customers: int, repeat: int) -> str | None:
    """Why there is too little to fit, or None."""
    if name == "calibration" and not customers:
        return "the history is too short to hold anything out"
    if customers < MIN_BUYERS:
        return f"{customers} of the {MIN_BUYERS} buyers that are needed"
    if repeat < MIN_REPEAT_BUYERS:
        return f"{repeat} of the {MIN_REPEAT_BUYERS} buyers with a second purchase that are needed"
    return None


def _limit(log_covariance: Array) -> str | None:
    if np.isnan(log_covariance).any():
        return "parameters lie at the limit of the model; predictions hold, the parameters alone say little"
    return None


def _row(fits: pd.DataFrame, name: str, flag: str) -> dict[str, Any] | None:
    rows = fits[(fits["fit"] == name) & fits[flag].astype(bool)]
    return None if rows.empty else {str(key): value for key, value in rows.iloc[0].items()}


def _order_model(fits: pd.DataFrame, name: str) -> bg_nbd.BgNbd | None:
    row = _row(fits, name, "is_fitted")
    return None if row is None else bg_nbd.BgNbd(row["r"], row["alpha"], row["a"], row["b"])


def _value_model(fits: pd.DataFrame, name: str) -> gamma_gamma.GammaGamma | None:
    row = _row(fits, name, "is_value_fitted")
    return None if row is None else gamma_gamma.GammaGamma(row["p"], row["q"], row["v"])


def _reason(fits: pd.DataFrame, name: str, column: str) -> str:
    """Why a model was not fitted."""
    reasons = fits.loc[fits["fit"] == name, column].dropna()
    return str(reasons.iloc[0]) if len(reasons) else "the model was not fitted"
