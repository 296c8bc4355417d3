"""How well the purchase probability foretells the hold-out, beside popularity: from counted cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.statistics.propensity import FEATURES, Propensity, of_split, read_fit

MODEL = "purchase_probability"
POPULARITY, BASE_RATE, OBSERVED = "popularity", "train purchase rate", "observed"
Z = 1.959964  # the standard normal quantile of 95 % intervals
DECILES = 10

Floats = NDArray[np.float64]
_Row = dict[str, object]


def auc(score: Floats, pairs: Floats, purchases: Floats) -> float:
    """Area under the ROC curve: how often a bought pair ranks above one that was not, ties counting half.

    Parameters
    ----------
    score, pairs, purchases
        By cell; `purchases` of the `pairs` were bought, all pairs of a cell have one score.

    Returns
    -------
    float
        0.5 is chance, 1 perfect; NaN when nothing or everything was bought.

    Examples
    --------
    >>> auc(np.array([2.0, 1.0]), np.array([10.0, 10.0]), np.array([3.0, 1.0]))
    0.65625
    """
    from sklearn.metrics import roc_auc_score  # half a second to import, so only where it is used

    if not 0 < purchases.sum() < pairs.sum():
        return math.nan
    outcome = np.repeat([1, 0], len(score))
    weight = np.concatenate([purchases, pairs - purchases])
    return float(roc_auc_score(outcome, np.concatenate([score, score]), sample_weight=weight))


def shares_of_best(score: Floats, pairs: Floats, amounts: Floats, shares: Floats) -> Floats:
    """Sum of the amounts over the best-ranked shares of the pairs; a score that a border cuts counts in part.

    That is what random order among equal scores gives on average, so the result hangs on no chance.

    Examples
    --------
    >>> ten = np.array([10.0, 10.0])
    >>> shares_of_best(np.array([2.0, 1.0]), ten, np.array([4.0, 1.0]), np.array([0.25, 0.5, 1.0])).tolist()
    [2.0, 4.0, 5.0]
    """
    _, group = np.unique(-score, return_inverse=True)
    reached = np.concatenate([[0.0], np.cumsum(np.bincount(group, pairs))])
    gained = np.concatenate([[0.0], np.cumsum(np.bincount(group, amounts))])
    return np.asarray(np.interp(shares * reached[-1], reached, gained))


def top_decile_lift(score: Floats, pairs: Floats, purchases: Floats) -> float:
    """Purchase rate of the tenth of the pairs that ranks best, over the purchase rate of all.

    Examples
    --------
    >>> round(top_decile_lift(np.array([2.0, 1.0]), np.array([10.0, 90.0]), np.array([6.0, 4.0])), 6)
    6.0
    """
    if not purchases.sum() > 0:
        return math.nan
    [found] = shares_of_best(score, pairs, purchases, np.array([1 / DECILES]))
    return float(found / purchases.sum() * DECILES)


def auc_error(value: float, purchases: float, others: float) -> float:
    """Standard error of an AUC by Hanley and McNeil (1982), Radiology 143, 29–36.

    Examples
    --------
    >>> round(auc_error(0.8, 50, 1000), 4)
    0.0381
    """
    first, second = value / (2 - value), 2 * value * value / (1 + value)
    spread = value * (1 - value) + (purchases - 1) * (first - value**2) + (others - 1) * (second - value**2)
    return math.sqrt(spread / (purchases * others))


def quality(inputs: Mapping[str, pd.DataFrame], parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001 (all Python models take both)
    """The hold-out quality of the model, beside that of the baseline (`int_propensity_quality`).

    Parameters
    ----------
    inputs
        `int_propensity_cells`, `int_propensity_fit` and `int_propensity_popularity`.
    parameters
        Run parameters; none is used.
    """
    cells = of_split(inputs["int_propensity_cells"], "test")
    train = of_split(inputs["int_propensity_cells"], "train")
    popularity = inputs["int_propensity_popularity"]
    model = read_fit(inputs["int_propensity_fit"])
    reason = _reason(model, cells)
    if isinstance(model, str) or reason:
        rows = _missing(reason, cells)
    else:
        pairs, purchases = _counts(cells)
        predicted = model.probability(cells)
        rate = float(train["bought_pairs"].sum()) / float(train["pairs"].sum())
        rows = [
            *_ranking(predicted, pairs, purchases, popularity),
            *_calibration(predicted, pairs, purchases, rate),
            _slope_row(model.shift + model.slope * model.log_odds(cells), pairs, purchases),
            *_by_reason(cells, predicted, rate),
            *_by_decile(predicted, pairs, purchases),
        ]
    return pd.DataFrame([{"model_name": MODEL} | row for row in rows])


def _reason(model: Propensity | str, cells: pd.DataFrame) -> str:
    """Why nothing can be judged; empty when it can."""
    if isinstance(model, str):
        return f"not fitted: {model}"
    pairs, purchases = _counts(cells)
    if not 0 < purchases.sum() < pairs.sum():
        return f"not judged: {purchases.sum():,.0f} of {pairs.sum():,.0f} pairs of the hold-out were bought"
    return ""


def _counts(cells: pd.DataFrame) -> tuple[Floats, Floats]:
    return cells["pairs"].to_numpy(dtype=float), cells["bought_pairs"].to_numpy(dtype=float)


_BASELINES = {
    "auc": POPULARITY,
    "top_decile_lift": POPULARITY,
    "brier_score": BASE_RATE,
    "calibration_ratio": BASE_RATE,
    "calibration_slope": None,
    "purchase_rate": None,
}


def _missing(reason: str, cells: pd.DataFrame) -> list[_Row]:
    pairs, purchases = _counts(cells)
    rows = [
        _row(metric, math.nan, baseline, math.nan, pairs.sum(), reason)
        for metric, baseline in _BASELINES.items()
    ]
    if pairs.sum() > 0:
        rows[-1]["value"] = purchases.sum() / pairs.sum()
    return rows


def _row(
    metric: str,
    value: float,
    baseline: str | None,
    other: float,
    sample: float,
    note: str,
    part: str = "(all)",
) -> _Row:
    return {
        "metric": metric,
        "slice": part,
        "value": value,
        "baseline_name": baseline,
        "baseline_value": other,
        "sample_size": int(sample),
        "note": note,
    }


def _ranking(predicted: Floats, pairs: Floats, purchases: Floats, popularity: pd.DataFrame) -> list[_Row]:
    """AUC and lift in the top decile, of the model and of popularity on the same pairs."""
    by_buyers = (popularity["product_buyers"].to_numpy(dtype=float), *_counts(popularity))
    ours = auc(predicted, pairs, purchases)
    half = Z * auc_error(ours, purchases.sum(), (pairs - purchases).sum())
    low, high = max(0.0, ours - half), min(1.0, ours + half)
    auc_note = (
        "how often a pair that was bought ranks above one that was not; "
        f"95 % interval {low:.3f} to {high:.3f} (Hanley and McNeil)"
    )
    lift_note = "purchase rate of the tenth of the pairs that ranks best, over that of all pairs"
    return [
        _row("auc", ours, POPULARITY, auc(*by_buyers), pairs.sum(), auc_note),
        _row(
            "top_decile_lift",
            top_decile_lift(predicted, pairs, purchases),
            POPULARITY,
            top_decile_lift(*by_buyers),
            pairs.sum(),
            lift_note,
        ),
    ]


def _calibration(predicted: Floats, pairs: Floats, purchases: Floats, rate: float) -> list[_Row]:
    """Whether the probabilities are as large as what happened, against one average for everybody."""
    total = pairs.sum()
    constant = np.full(len(pairs), rate)
    rate_note = "share of the pairs of the hold-out that were bought, and of those of the train cut-offs"
    return [
        _row(
            "brier_score",
            _brier(predicted, pairs, purchases),
            BASE_RATE,
            _brier(constant, pairs, purchases),
            total,
            "mean squared distance of probability and outcome; lower is better",
        ),
        _ratio_row(predicted, pairs, purchases, rate, "(all)"),
        _row("purchase_rate", purchases.sum() / total, BASE_RATE, rate, total, rate_note),
    ]


def _brier(predicted: Floats, pairs: Floats, purchases: Floats) -> float:
    squares = purchases * (1 - predicted) ** 2 + (pairs - purchases) * predicted**2
    return float(squares.sum() / pairs.sum())


def _ratio_row(predicted: Floats, pairs: Floats, purchases: Floats, rate: float, part: str) -> _Row:
    """Purchases that happened over purchases expected; the interval is that of a Poisson count."""
    from scipy.stats import chi2

    happened, expected = float(purchases.sum()), float((predicted * pairs).sum())
    base = happened / (rate * pairs.sum())
    counted = f"{happened:,.0f} purchase{'' if happened == 1 else 's'} happened"
    if not expected > 0:
        note = f"not judged: {counted}, none was expected"
        return _row("calibration_ratio", math.nan, BASE_RATE, base, pairs.sum(), note, part)
    low = chi2.ppf(0.025, 2 * happened) / 2 if happened else 0.0
    high = chi2.ppf(0.975, 2 * happened + 2) / 2
    note = (
        f"{counted}, {expected:,.1f} were expected; 1 is right, "
        f"95 % interval {low / expected:.2f} to {high / expected:.2f} (Poisson)"
    )
    return _row("calibration_ratio", happened / expected, BASE_RATE, base, pairs.sum(), note, part)


def _slope_row(log_odds: Floats, pairs: Floats, purchases: Floats) -> _Row:
    """Logistic regression of the outcome on the predicted log odds, with Wald's interval of its slope."""
    from sklearn.linear_model import LogisticRegression

    note = "slope of what happened on the predicted log odds; 1 is right, below 1 the spread is too wide"
    if np.ptp(log_odds) == 0:
        note = "not judged: all probabilities are equal"
        return _row("calibration_slope", math.nan, None, math.nan, pairs.sum(), note)
    weight = np.concatenate([purchases, pairs - purchases])
    some = weight > 0
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-9)
    both = np.concatenate([log_odds, log_odds])[some, None]
    regression.fit(both, np.repeat([1, 0], len(pairs))[some], sample_weight=weight[some])
    slope = float(regression.coef_[0, 0])
    fitted = regression.predict_proba(log_odds[:, None])[:, 1]
    information = pairs * fitted * (1 - fitted)
    centre = np.average(log_odds, weights=information)
    half = Z / math.sqrt(float((information * (log_odds - centre) ** 2).sum()))
    note += f"; 95 % interval {slope - half:.2f} to {slope + half:.2f} (Wald)"
    return _row("calibration_slope", slope, None, math.nan, pairs.sum(), note)


def _by_reason(cells: pd.DataFrame, predicted: Floats, rate: float) -> list[_Row]:
    """The calibration ratio of viewed, carted and cancelled pairs."""
    rows = []
    for reason in sorted(cells[FEATURES[0]].unique()):
        chosen = (cells[FEATURES[0]] == reason).to_numpy()
        rows.append(_ratio_row(predicted[chosen], *_counts(cells[chosen]), rate, f"reason {reason}"))
    return rows


def _by_decile(predicted: Floats, pairs: Floats, purchases: Floats) -> list[_Row]:
    """Predicted and observed purchase rate of each tenth of the pairs, 1 the best."""
    borders = np.arange(DECILES + 1) / DECILES
    expected = np.diff(shares_of_best(predicted, pairs, predicted * pairs, borders))
    happened = np.diff(shares_of_best(predicted, pairs, purchases, borders))
    size = pairs.sum() / DECILES
    note = "mean predicted probability of the tenth of the pairs, and the share of it that was bought"
    return [
        _row("decile_purchase_rate", ours / size, OBSERVED, theirs / size, size, note, f"decile {number:02d}")
        for number, (ours, theirs) in enumerate(zip(expected, happened, strict=True), start=1)
    ]
