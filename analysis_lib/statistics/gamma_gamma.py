"""Gamma–Gamma: what is the mean value of a customer's purchases, when few of them were seen?

Purchase values of a customer vary round a mean of their own, and the means vary over customers (both
gamma). Who bought seldom is judged mostly by what all customers spend, who bought often by their own
purchases. The value must not hang together with the frequency.

Source: Fader, P. S., Hardie, B. G. S. (2013), The Gamma-Gamma model of monetary value.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis_lib.statistics.maximum_likelihood import Array, NotFittedError, covariance, maximise

_BOUNDS = [(-5.0, 10.0), (-5.0, 10.0), (-12.0, 12.0)]
_STARTS = [[1.5, 1.3, 0.0], [0.0, 0.5, 0.0], [3.0, 3.0, 0.0]]


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model: `p` is the shape of a customer's values, `q` and `v` shape and rate of their spread.

    `v` is in the unit of the values. `log_likelihood` is the sum over `customers`; `log_covariance`
    is the covariance of the logarithms of (p, q, v), not a number where it is not known.
    """

    p: float
    q: float
    v: float
    log_likelihood: float = float("nan")
    customers: float = 0.0
    log_covariance: Array = field(default_factory=lambda: np.full((3, 3), np.nan), compare=False, repr=False)

    @property
    def population_mean(self) -> float:
        """Mean value over all customers, p·v / (q − 1); infinite when q is not above 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")


def fit(frequency: ArrayLike, value: ArrayLike, weights: ArrayLike | None = None) -> GammaGamma:
    """Estimate the parameters by maximum likelihood.

    Parameters
    ----------
    frequency
        Purchases behind each mean, at least 1 (repeat purchases, as in BG/NBD).
    value
        Mean value of these purchases, above 0.
    weights
        Customers of each group of equal ones; one each where not given.

    Raises
    ------
    NotFittedError
        Without customers, when all values are the same, or when the likelihood has no maximum.
    ValueError
        When a frequency is below 1 or a value is not above 0.

    Examples
    --------
    >>> fitted = fit([1, 2, 3, 1, 4, 2], [20.0, 35.0, 28.0, 60.0, 22.0, 31.0])
    >>> round(fitted.population_mean)
    30
    """
    x, z = (np.asarray(values, dtype=np.float64).ravel() for values in (frequency, value))
    w = np.ones(x.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    if np.any((x < 1) | ~(z > 0) | (w < 0)):
        raise ValueError("frequency is at least 1 and value is above 0.")
    total = float(w.sum())
    if not total > 0:
        raise NotFittedError("nobody has a repeat purchase of any value")
    if z.min() == z.max():
        raise NotFittedError("all values are the same")
    scale = float((w * z).sum()) / total
    spent = x * z / scale
    constant = float((w * np.log(z)).sum())
    # Terms in the frequency alone are worked out once for each of the few that there are.
    values, place = np.unique(x, return_inverse=True)
    per_value = np.bincount(place, weights=w)

    def mean_log_likelihood(point: Array) -> tuple[float, Array]:
        from scipy.special import betaln, digamma

        p, q, v = np.exp(point)
        outside, inside = np.log1p(spent / v), np.log1p(v / spent)
        log_likelihood = (
            -(per_value * betaln(p * values, q)).sum() - (w * (q * outside + p * x * inside)).sum() - constant
        )
        both = digamma(p * values + q)
        by_p = (per_value * values * (both - digamma(p * values))).sum() - (w * x * inside).sum()
        by_q = (per_value * (both - digamma(q))).sum() - (w * outside).sum()
        by_log_v = (w * (q * spent - p * x * v) / (v + spent)).sum()
        return float(log_likelihood) / total, np.array([p * by_p, q * by_q, by_log_v]) / total

    maximum = maximise(mean_log_likelihood, _STARTS, _BOUNDS)
    p, q, v = (float(each) for each in np.exp(maximum.point))
    spread = covariance(mean_log_likelihood, maximum, total)
    return GammaGamma(p, q, v * scale, maximum.value * total, total, spread)


def expected_average_value(model: GammaGamma, frequency: ArrayLike, value: ArrayLike) -> Array:
    """Mean value expected of each customer's coming purchases, between all customers' mean and their own.

    Where `frequency` is 0 it is the mean over all customers, whatever the value.

    Examples
    --------
    >>> model = GammaGamma(6.25, 3.74, 15.45)
    >>> expected_average_value(model, [0, 2, 7], [0.0, 22.35, 73.74]).round(2)
    array([35.24, 24.67, 71.47])
    """
    x, z = np.asarray(frequency, dtype=np.float64), np.asarray(value, dtype=np.float64)
    own = np.where(x > 0, x * z, 0.0)
    result: Array = model.p * (model.v + own) / (model.p * x + model.q - 1)
    return result
