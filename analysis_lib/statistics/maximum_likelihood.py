"""Maximum likelihood with analytic gradients: what the models of repeat purchases share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array]]
"""Coordinates to the mean log-likelihood of an observation and its gradient."""

_FLAT = 1e-5  # gradient of the mean log-likelihood; an estimate is then off by far less than its error
_AT_BOUND = 1e-6
_STEP = 1e-4


class NotFittedError(ValueError):
    """The likelihood has no usable maximum; the text says why, in the analyst's words."""


@dataclass(frozen=True)
class Maximum:
    """Where a log-likelihood is greatest.

    `value` is the mean log-likelihood of an observation; `is_at_bound` tells for each coordinate whether
    the likelihood still rises at the bound, so that the estimate is the limit of the family.
    """

    point: Array
    value: float
    is_at_bound: NDArray[np.bool_]


def maximise(
    objective: Objective, starts: Sequence[Sequence[float]], bounds: Sequence[tuple[float, float]]
) -> Maximum:
    """Climb from the first start that leads to a point where the gradient vanishes.

    The same input gives the same bytes: no chance, and starts in the order given.

    Parameters
    ----------
    objective
        Mean log-likelihood and gradient at some coordinates, such as logarithms of parameters.
    starts
        Where to begin; a later one is tried only when the earlier ones fail.
    bounds
        Lowest and highest value of each coordinate.

    Raises
    ------
    NotFittedError
        When no start leads to a maximum.

    Examples
    --------
    >>> parabola = lambda x: (-float((x[0] - 2.0) ** 2), -2 * (x - 2.0))
    >>> round(float(maximise(parabola, [[0.0]], [(-5.0, 5.0)]).point[0]), 6)
    2.0
    """
    from scipy.optimize import minimize  # a quarter of a second to import, so only where it is used

    def downhill(point: Array) -> tuple[float, Array]:
        value, gradient = objective(point)
        return -value, -gradient

    low, high = np.array(bounds, dtype=np.float64).T
    for start in starts:
        options = {"maxiter": 1000, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20}
        found = minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        point = np.asarray(found.x, dtype=np.float64)
        value, gradient = objective(point)
        at_bound = ((point <= low + _AT_BOUND) & (gradient < 0)) | (
            (point >= high - _AT_BOUND) & (gradient > 0)
        )
        if np.isfinite(value) and np.all(np.abs(gradient[~at_bound]) < _FLAT):
            return Maximum(point, value, at_bound)
    raise NotFittedError("the likelihood has no clear maximum")


def covariance(objective: Objective, maximum: Maximum, observations: float) -> Array:
    """Covariance of the estimated coordinates, from the observed information.

    Not a number in the rows and columns of coordinates at a bound, where the estimate is a limit, and
    everywhere when the information cannot be inverted.

    Parameters
    ----------
    objective, maximum
        As given to and returned by :func:`maximise`.
    observations
        How many observations the mean of `objective` is over.

    Examples
    --------
    >>> normal = lambda x: (-float(x[0] ** 2) / 2, -x)
    >>> found = maximise(normal, [[1.0]], [(-5.0, 5.0)])
    >>> round(float(covariance(normal, found, 100)[0, 0]), 6)
    0.01
    """
    size = maximum.point.size
    free = np.flatnonzero(~maximum.is_at_bound)
    curvature = np.empty((free.size, free.size))
    for row, place in enumerate(free):
        step = np.zeros(size)
        step[place] = _STEP
        rise = objective(maximum.point + step)[1] - objective(maximum.point - step)[1]
        curvature[row] = rise[free] / (2 * _STEP)
    result = np.full((size, size), np.nan)
    information = -(curvature + curvature.T) / 2 * observations
    if free.size and np.all(np.linalg.eigvalsh(information) > 0):
        result[np.ix_(free, free)] = np.linalg.inv(information)
    return result
