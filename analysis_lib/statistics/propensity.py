"""Who buys what they looked at: a calibrated purchase probability, learned from counts of alike pairs.

A pair is a user and a product that the user viewed, carted or ordered in vain, and had not bought at a
cut-off. Pairs whose known features fall into the same bands form a *cell*; its two counts, pairs and
purchases within the horizon after the cut-off, are all that a logistic regression needs, so that nothing
large leaves the warehouse. The probability is calibrated in time: each cut-off is predicted by a model that
has not seen it, and a sigmoid is fitted to these predictions (Platt scaling).

References
----------
Platt, J. (1999), Probabilistic outputs for support vector machines, in: Advances in Large Margin
Classifiers, 61–74.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEATURES = (
    "reason",
    "sessions_band",
    "interest_days_band",
    "active_days_band",
    "orders_band",
    "popularity_band",
    "purchase_rate_band",
)
"""The columns that make a cell, as in the contract of `int_propensity_cells`."""

MIN_PURCHASES = 30  # about four for each feature; below, the coefficients would be chance
PENALTY = 1.0  # of scikit-learn; the ranking does not hang on it between 0.1 and 3 (benchmarks/propensity.py)
DIGITS = 9  # a probability is kept to NUMERIC's digits, so that money times it is exact
INTERCEPT, SLOPE, SHIFT = "(intercept)", "(calibration slope)", "(calibration intercept)"
ALL = "(all)"

Floats = NDArray[np.float64]
_Inputs = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Propensity:
    """A fitted model: log odds by feature and level, and the sigmoid that calibrates them."""

    intercept: float
    coefficients: Mapping[tuple[str, str], float]
    slope: float = 1.0
    shift: float = 0.0

    def log_odds(self, cells: pd.DataFrame) -> Floats:
        """Log odds of a purchase by cell, before calibration; a level never learned counts as average."""
        total = np.full(len(cells), self.intercept)
        for feature in FEATURES:
            by_level = {level: value for (name, level), value in self.coefficients.items() if name == feature}
            total += cells[feature].astype(str).map(by_level).fillna(0.0).to_numpy(dtype=float)
        return total

    def probability(self, cells: pd.DataFrame) -> Floats:
        """The calibrated probability of a purchase within the horizon, 0–1, by cell.

        Examples
        --------
        >>> cell = pd.DataFrame([{feature: 0 for feature in FEATURES}])
        >>> Propensity(0.0, {("reason", "0"): float(np.log(3))}).probability(cell).round(3).tolist()
        [0.75]
        """
        return np.round(_sigmoid(self.shift + self.slope * self.log_odds(cells)), DIGITS)


def learn(cells: pd.DataFrame) -> Propensity:
    """Fit and calibrate the model on the cells of the cut-offs to learn from.

    Parameters
    ----------
    cells
        `cut_date`, the columns of FEATURES, `pairs` and `bought_pairs`; one row a cell.

    Raises
    ------
    NotFittedError
        With the reason, when there are too few purchases to learn from.
    """
    purchases, pairs = int(cells["bought_pairs"].sum()), int(cells["pairs"].sum())
    if purchases < MIN_PURCHASES or purchases == pairs:
        raise NotFittedError(
            f"{purchases:,} of {pairs:,} pairs of user and product were bought after the cut-offs to learn "
            f"from; at least {MIN_PURCHASES} purchases, and one pair that was not bought, are needed"
        )
    design = _Design.of(cells)
    intercept, weights = design.regression(np.ones(len(cells), dtype=bool))
    slope, shift = _calibration(design, cells["cut_date"])
    return Propensity(intercept, dict(zip(design.levels, weights.tolist(), strict=True)), slope, shift)


class NotFittedError(Exception):
    """There is too little to learn from; the message says what is missing."""


@dataclass(frozen=True)
class _Design:
    """Cells as numbers: a column of 0 and 1 for every level, which cells are alike, and the two counts."""

    levels: list[tuple[str, str]]
    matrix: Floats
    kind: NDArray[np.int64]
    pairs: Floats
    bought: Floats

    @classmethod
    def of(cls, cells: pd.DataFrame) -> _Design:
        levels: list[tuple[str, str]] = []
        columns, kind = [], np.zeros(len(cells), dtype=np.int64)
        for feature in FEATURES:
            code, names = pd.factorize(cells[feature], sort=True)
            levels += [(feature, str(name)) for name in names]
            columns.append(np.eye(len(names))[code])
            kind = kind * len(names) + code
        pairs, bought = (cells[name].to_numpy(dtype=float) for name in ("pairs", "bought_pairs"))
        return cls(levels, np.hstack(columns), kind, pairs, bought)

    def regression(self, chosen: NDArray[np.bool_]) -> tuple[float, Floats]:
        """Intercept and log odds by level of an L2-penalised logistic regression on the chosen cells."""
        _, first, alike = np.unique(self.kind[chosen], return_index=True, return_inverse=True)
        pairs, bought = np.zeros(len(first)), np.zeros(len(first))
        np.add.at(pairs, alike, self.pairs[chosen])
        np.add.at(bought, alike, self.bought[chosen])
        return _fit(self.matrix[chosen][first], pairs, bought, PENALTY)


def _calibration(design: _Design, cut_dates: pd.Series[Any]) -> tuple[float, float]:
    """Slope and shift of the log odds that make predictions for cut-offs left out come true."""
    pairs, bought = design.pairs, design.bought
    log_odds = np.full(len(pairs), np.nan)
    for day in cut_dates.unique():
        left_out = (cut_dates == day).to_numpy()
        # Half of the purchases at least stay to learn from; else the shop is too young to be split.
        enough = 2 * bought[~left_out].sum() >= bought.sum()
        if enough and bought[~left_out].sum() < pairs[~left_out].sum():
            intercept, weights = design.regression(~left_out)
            log_odds[left_out] = intercept + design.matrix[left_out] @ weights
    judged = ~np.isnan(log_odds)
    if not 0 < bought[judged].sum() < pairs[judged].sum():
        return 1.0, 0.0
    shift, [slope] = _fit(log_odds[judged, None], pairs[judged], bought[judged], np.inf)
    if slope > 0:
        return float(slope), shift
    # A ranking that does not hold from one cut-off to the next is none: everybody gets the average.
    rate = bought.sum() / pairs.sum()
    return 0.0, float(np.log(rate / (1 - rate)))


def _fit(matrix: Floats, pairs: Floats, bought: Floats, penalty: float) -> tuple[float, Floats]:
    """Intercept and weights of a logistic regression on counted cells."""
    from sklearn.linear_model import LogisticRegression  # half a second to import, so only where it is used
    from threadpoolctl import threadpool_limits

    count = np.concatenate([bought, pairs - bought])
    outcome = np.repeat([1, 0], len(pairs))
    regression = LogisticRegression(C=penalty, solver="newton-cholesky", tol=1e-9, max_iter=200)
    some = count > 0
    # One thread: sums are added in one order whatever the machine, and small matrices gain nothing from more.
    with threadpool_limits(1):
        regression.fit(np.vstack([matrix, matrix])[some], outcome[some], sample_weight=count[some])
    return float(regression.intercept_[0]), np.asarray(regression.coef_[0], dtype=float)


def _sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def of_split(cells: pd.DataFrame, *splits: str) -> pd.DataFrame:
    """The cells of these splits, numbered from 0."""
    return cells[cells["split"].isin(splits)].reset_index(drop=True)


def fit(inputs: _Inputs, parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001 (all Python models take both)
    """What the model learned, one row a feature and level (`int_propensity_fit`).

    Parameters
    ----------
    inputs
        `int_propensity_cells`.
    parameters
        Run parameters; none is used.
    """
    cells = of_split(inputs["int_propensity_cells"], "train")
    cells["bought_pairs"] = cells["bought_pairs"].astype("int64")
    model, note = None, None
    try:
        model = learn(cells)
    except NotFittedError as error:
        note = str(error)
    whole = {"level": ALL, "pairs": cells["pairs"].sum(), "bought_pairs": cells["bought_pairs"].sum()}
    rows: list[dict[str, object]] = [
        {"feature": name, "coefficient": value, **whole}
        for name, value in zip(
            (INTERCEPT, SLOPE, SHIFT),
            (model.intercept, model.slope, model.shift) if model else (None, None, None),
            strict=True,
        )
    ]
    for feature in FEATURES:
        counts = cells.groupby(cells[feature].astype(str))[["pairs", "bought_pairs"]].sum().sort_index()
        for level, pairs, bought in counts.itertuples():
            coefficient = model.coefficients[feature, level] if model else None
            rows.append(
                {
                    "feature": feature,
                    "level": level,
                    "coefficient": coefficient,
                    "pairs": pairs,
                    "bought_pairs": bought,
                }
            )
    return pd.DataFrame(rows).assign(note=note)


def read_fit(table: pd.DataFrame) -> Propensity | str:
    """The model of an `int_propensity_fit`, or the reason why there is none."""
    keys = zip(table["feature"], table["level"], strict=True)
    values = dict(zip(keys, table["coefficient"].astype(float), strict=True))
    if not values:
        return "there is nothing to learn from"
    if np.isnan(values[INTERCEPT, ALL]):
        return str(table["note"].iloc[0])
    intercept, slope, shift = (values.pop((name, ALL)) for name in (INTERCEPT, SLOPE, SHIFT))
    return Propensity(intercept, values, slope, shift)


def score(inputs: _Inputs, parameters: Mapping[str, Any]) -> pd.DataFrame:  # noqa: ARG001 (all Python models take both)
    """The purchase probability of every cell to be scored (`int_propensity_scores`).

    Parameters
    ----------
    inputs
        `int_propensity_cells` and `int_propensity_fit`.
    parameters
        Run parameters; none is used.
    """
    cells = of_split(inputs["int_propensity_cells"], "score")
    model = read_fit(inputs["int_propensity_fit"])
    probability = np.full(len(cells), np.nan) if isinstance(model, str) else model.probability(cells)
    return cells[[*FEATURES, "pairs"]].assign(purchase_probability=probability)
