"""BG/NBD: how often will a customer buy again, and is the customer still one?

While a customer is one, purchases come at random with a rate of their own (a gamma distribution over
customers); after every repeat purchase the customer leaves for good with a probability of their own (a
beta distribution). Three numbers of a customer are enough: `frequency`, the repeat purchases;
`recency`, the time from the first to the last purchase; `age`, the time from the first purchase to the
end of the observation. All times are in one unit; parameters are in the same.

Source: Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005), "Counting your customers" the easy way,
Marketing Science 24, 275–284.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analysis_lib.statistics.maximum_likelihood import Array, Maximum, NotFittedError, covariance, maximise

# Logarithms of r and of r + … below and above these change no prediction any more.
_BOUNDS = [(-8.0, 8.0), (-12.0, 12.0), (-12.0, 12.0), (-6.0, 9.0)]
_STARTS = [[0.0, 0.0, -0.8, 1.0], [-1.5, 0.5, -2.0, 0.0], [1.0, -0.5, 0.0, 3.0]]


@dataclass(frozen=True)
class BgNbd:
    """A fitted model.

    `r` and `alpha` are shape and rate of the gamma distribution of purchase rates (their mean is
    r / alpha), `a` and `b` those of the beta distribution of the drop-out probability (its mean is
    a / (a + b)). `log_likelihood` is the sum over `customers`; `log_covariance` is the covariance of the
    logarithms of (r, alpha, a, b), not a number where it is not known.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")
    customers: float = 0.0
    log_covariance: Array = field(default_factory=lambda: np.full((4, 4), np.nan), compare=False, repr=False)

    def intervals(self, z: float = 1.959963984540054) -> dict[str, tuple[float, float]]:
        """95 % interval of each parameter, symmetric for its logarithm.

        Examples
        --------
        >>> BgNbd(1.0, 2.0, 1.0, 2.0, log_covariance=0.01 * np.eye(4)).intervals()["r"]
        (0.822..., 1.216...)
        """
        errors = np.sqrt(np.diag(self.log_covariance))
        values = np.array([self.r, self.alpha, self.a, self.b])
        low, high = values * np.exp(-z * errors), values * np.exp(z * errors)
        return {
            name: (float(low[place]), float(high[place]))
            for place, name in enumerate(["r", "alpha", "a", "b"])
        }


def fit(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weights: ArrayLike | None = None) -> BgNbd:
    """Estimate the parameters by maximum likelihood.

    Customers who agree in all three numbers are taken together, so that millions of them cost little
    more than their distinct triples.

    Parameters
    ----------
    frequency, recency, age
        One value a customer, or a group of equal ones.
    weights
        Customers of each group; one each where not given.

    Raises
    ------
    NotFittedError
        Without any repeat purchase, or when the likelihood has no maximum.
    ValueError
        When the numbers are not those of customers (recency beyond age, a repeat purchase at once).

    Examples
    --------
    >>> fitted = fit([0, 1, 2, 0, 5], [0, 10, 25, 0, 38], [39, 38, 37, 30, 39], weights=[60, 20, 10, 5, 5])
    >>> round(fitted.r, 2), round(fitted.alpha, 1)
    (0.42, 20.3)
    """
    customers = _Customers.grouped(frequency, recency, age, weights)
    if not customers.x.any():
        raise NotFittedError("nobody bought on a second day")
    maximum = maximise(customers.mean_log_likelihood, _STARTS, _BOUNDS)
    spread = covariance(customers.mean_log_likelihood, maximum, customers.total)
    return customers.fitted(maximum, spread)


def log_likelihood(
    model: BgNbd, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Log-likelihood of customers under given parameters; arguments as those of :func:`fit`."""
    customers = _Customers.grouped(frequency, recency, age, weights)
    return customers.mean_log_likelihood(customers.coordinates(model))[0] * customers.total


def probability_alive(model: BgNbd, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Array:
    """Probability that each customer has not left for good; 1 for those who bought once.

    Source: Fader, P. S., Hardie, B. G. S. (2008), Computing P(alive) using the BG/NBD model.

    Examples
    --------
    >>> model = BgNbd(0.2426, 4.4135, 0.7929, 2.4258)
    >>> probability_alive(model, [0, 2, 2], [0, 30.43, 5.0], [38.86, 38.86, 38.86]).round(3)
    array([1.   , 0.727, 0.124])
    """
    from scipy.special import expit

    x, recency_, age_ = (np.asarray(values, dtype=np.float64) for values in (frequency, recency, age))
    return np.where(x > 0, expit(-_drop_out_odds(model, np.maximum(x, 1), recency_, age_)), 1.0)


def expected_purchases(
    model: BgNbd, time: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> Array:
    """Purchases expected of each customer in the `time` after the observation.

    The closed form holds a hypergeometric function that loses its digits for large arguments and a
    division by a − 1. It is the mean of a smooth function of the drop-out probability p,
    (1 − (1 + p·time / (alpha + age))^−(r + x)) / p, over the beta distribution that p has for somebody
    still a customer. Gaussian quadrature for that distribution gives it without loss for any parameters.

    Examples
    --------
    >>> model = BgNbd(0.2426, 4.4135, 0.7929, 2.4258)
    >>> expected_purchases(model, 39.0, [2], [30.43], [38.86]).round(4)
    array([1.2259])
    """
    x, recency_, age_ = (
        np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (frequency, recency, age)
    )
    x, recency_, age_ = np.broadcast_arrays(x, recency_, age_)
    stretch = time / (model.alpha + age_)
    result = np.empty(x.shape)
    # Sorted once, so that every frequency is a slice: a shop has few of them and many customers.
    order = np.argsort(x, kind="stable")
    values, firsts = np.unique(x[order], return_index=True)
    for value, rows in zip(values, np.split(order, firsts[1:]), strict=True):
        shape = model.r + value
        nodes, node_weights = _beta_quadrature(model.a, model.b + value, float(stretch[rows].max()))
        expected = np.zeros(rows.size)
        for p, weight in zip(nodes, node_weights, strict=True):
            expected += weight * -np.expm1(-shape * np.log1p(p * stretch[rows])) / p
        result[rows] = expected
    return result * probability_alive(model, x, recency_, age_)


def drop_out_nodes(model: BgNbd, frequency: float, time: float) -> tuple[Array, Array]:
    """Drop-out probabilities and weights that stand for all customers of a frequency, whatever their age.

    The purchases that are expected of somebody still a customer, in the `time` after an age T, are
    Σ weight × (1 − (1 + p·time / (alpha + T))^−(r + frequency)) / p over the nodes p.

    Examples
    --------
    >>> model = BgNbd(0.2426, 4.4135, 0.7929, 2.4258)
    >>> p, weight = drop_out_nodes(model, 2, 39.0)
    >>> stretch = 39.0 / (model.alpha + 38.86)
    >>> alive = probability_alive(model, [2], [30.43], [38.86])[0]
    >>> round(float((weight * -np.expm1(-(model.r + 2) * np.log1p(p * stretch)) / p).sum() * alive), 4)
    1.2259
    """
    return _beta_quadrature(model.a, model.b + frequency, time / model.alpha)


def _drop_out_odds(model: BgNbd, x: Array, recency: Array, age: Array) -> Array:
    """Log-odds of having left right after the last purchase against being there still, for x > 0."""
    grown = np.log1p(age / model.alpha) - np.log1p(recency / model.alpha)
    result: Array = np.log(model.a) - np.log(model.b + x - 1) + (model.r + x) * grown
    return result


def _beta_quadrature(a: float, b: float, stretch: float) -> tuple[Array, Array]:
    """Nodes in 0–1 and weights, with sum 1, of the Gaussian quadrature for a beta distribution.

    SciPy's roots_jacobi overflows for large parameters; the eigenvalues of the three-term recurrence do
    not. More nodes are taken where the function bends more near 0.

    Source: Golub, G. H., Welsch, J. H. (1969), Mathematics of Computation 23, 221–230.
    """
    from scipy.linalg import eigh_tridiagonal

    size = int(min(max(24, 8 + 7 * np.sqrt(stretch)), 400))
    k = np.arange(1, size, dtype=np.float64)
    total = a + b
    # Recurrence of the Jacobi polynomials with exponents b − 1 and a − 1, moved from −1…1 to 0…1.
    diagonal = np.empty(size)
    diagonal[0] = a / total
    ends = 2 * k + total - 2
    diagonal[1:] = (1 + (a - b) * (total - 2) / (ends * (ends + 2))) / 2
    # In the first, two factors are the same number, which is 0 when a + b = 1: they are left out.
    same = np.where(k == 1, 1.0, (k + total - 2) / np.where(k == 1, 1.0, ends - 1))
    squares = k * (k + a - 1) * (k + b - 1) * same / (ends**2 * (ends + 1))
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(squares))
    return np.clip(nodes, 1e-300, 1.0), vectors[0] ** 2


@dataclass(frozen=True)
class _Customers:
    """Distinct (frequency, recency, age) with the number of customers, ready for the likelihood."""

    x: Array
    recency: Array
    age: Array
    weights: Array
    total: float
    mean_rate: float
    above: Array
    """Customers with a frequency above 0, above 1, … : the terms in x alone are sums over these."""

    @classmethod
    def grouped(
        cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weights: ArrayLike | None
    ) -> _Customers:
        x, t_x, t = (np.asarray(values, dtype=np.float64).ravel() for values in (frequency, recency, age))
        w = np.ones(x.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
        if np.any((x < 0) | (x != np.floor(x)) | (t_x < 0) | (t_x > t) | ((x > 0) & (t <= 0)) | (w < 0)):
            raise ValueError(
                "frequency is a count, 0 <= recency <= age, and who has bought again has a positive age."
            )
        if not w.sum() > 0:
            raise NotFittedError("there are no customers")
        order = np.lexsort((t, t_x, x))
        x, t_x, t, w = x[order], t_x[order], t[order], w[order]
        is_new = np.ones(x.size, dtype=bool)
        is_new[1:] = (np.diff(x) != 0) | (np.diff(t_x) != 0) | (np.diff(t) != 0)
        starts = np.flatnonzero(is_new)
        x, t_x, t, w = x[starts], t_x[starts], t[starts], np.add.reduceat(w, starts)
        per_frequency = np.bincount(x.astype(np.int64), weights=w)
        above = np.cumsum(per_frequency[::-1])[::-1][1:].astype(np.float64)
        # The unit of the rate; any will do where nobody bought again.
        mean_rate = float((w * x).sum() / (w * t).sum()) if x.any() else 1.0
        return cls(x, t_x, t, w, float(w.sum()), mean_rate, above)

    def parameters(self, point: Array) -> tuple[float, float, float, float]:
        """(r, alpha, a, b) from coordinates: log shape, log mean rate, log-odds of drop-out, log (a + b).

        The mean of each distribution is well determined by data and its spread is not: coordinates
        along these two make a round hill of what is a long ridge in (r, alpha, a, b).
        """
        r = float(np.exp(point[0]))
        alpha = r / (self.mean_rate * float(np.exp(point[1])))
        share = 1 / (1 + float(np.exp(-point[2])))
        weight = float(np.exp(point[3]))
        return r, alpha, share * weight, (1 - share) * weight

    def coordinates(self, model: BgNbd) -> Array:
        """The inverse of :meth:`parameters`."""
        rate = model.r / model.alpha / self.mean_rate
        return np.log([model.r, rate, model.a / model.b, model.a + model.b])

    def mean_log_likelihood(self, point: Array) -> tuple[float, Array]:
        """Mean log-likelihood of a customer and its gradient, at coordinates."""
        r, alpha, a, b = self.parameters(point)
        w, x = self.weights, self.x
        k = np.arange(self.above.size, dtype=np.float64)
        grown, seen = np.log1p(self.age / alpha), np.log1p(self.recency / alpha)
        # Log-odds of having left at the last purchase; who has bought once cannot have left.
        is_repeat = x > 0
        odds = np.where(
            is_repeat, np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * (grown - seen), -np.inf
        )
        value = (
            (self.above * (np.log(r + k) - np.log1p(a / (b + k)))).sum()
            - (w * (r * grown + x * (np.log(alpha) + grown))).sum()
            + (w * np.logaddexp(0.0, odds)).sum()
        )
        left = w * np.exp(-np.logaddexp(0.0, -odds))
        by_r = (self.above / (r + k)).sum() - (w * grown).sum() + (left * (grown - seen)).sum()
        by_alpha = (w * (r / alpha - (r + x) / (alpha + self.age))).sum() + (
            left * (r + x) * (1 / (alpha + self.age) - 1 / (alpha + self.recency))
        ).sum()
        by_a = left.sum() / a - (self.above / (a + b + k)).sum()
        by_b = (self.above * a / ((b + k) * (a + b + k))).sum() - (left / (b + np.maximum(x, 1) - 1)).sum()
        share = a / (a + b)
        gradient = np.array(
            [
                r * by_r + alpha * by_alpha,
                -alpha * by_alpha,
                (by_a - by_b) * share * (1 - share) * (a + b),
                a * by_a + b * by_b,
            ]
        )
        return float(value) / self.total, gradient / self.total

    def fitted(self, maximum: Maximum, spread: Array) -> BgNbd:
        """The model at a maximum, with the covariance moved from coordinates to log parameters."""
        r, alpha, a, b = self.parameters(maximum.point)
        share = a / (a + b)
        turn = np.array(
            [[1, 0, 0, 0], [1, -1, 0, 0], [0, 0, 1 - share, 1], [0, 0, -share, 1]], dtype=np.float64
        )
        # A limit (NaN) of one pair of coordinates leaves what is known of the other pair.
        known = np.where(np.isnan(spread), 0.0, spread)
        result = turn @ known @ turn.T
        unknown = np.abs(turn) @ np.isnan(np.diag(spread))
        result[unknown > 0, :] = np.nan
        result[:, unknown > 0] = np.nan
        return BgNbd(r, alpha, a, b, maximum.value * self.total, self.total, result)
