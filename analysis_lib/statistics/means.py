"""Do two periods differ by more than their days differ among themselves?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from analysis_lib.statistics.proportions import Interval


@dataclass(frozen=True)
class MeanDifference:
    """The difference of two means (first minus second), its 95 % interval and p-value."""

    difference: float
    interval: Interval
    p_value: float


def welch(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95, design_effect: float = 1.0
) -> MeanDifference | None:
    """Welch's t-test of two samples; None when one has fewer than two values or nothing varies.

    Parameters
    ----------
    first, second
        One value a unit, for example the net revenue of each day of two windows.
    confidence
        Of the interval.
    design_effect
        What the variances are multiplied by where the units are not independent (:func:`design_effect`).

    References
    ----------
    Welch, B. L. (1947), Biometrika 34, 28–35.

    Examples
    --------
    >>> result = welch([20.1, 22.4, 19.8, 23.0], [17.2, 18.9, 18.1, 16.5])
    >>> round(result.difference, 3), round(result.p_value, 4)
    (3.65, 0.012)
    """
    if len(first) < 2 or len(second) < 2:
        return None
    first_part, second_part = (design_effect * variance(values) / len(values) for values in (first, second))
    error = math.sqrt(first_part + second_part)
    if error == 0:
        return None
    from scipy.special import stdtr, stdtrit  # not scipy.stats, which takes a second to import

    freedom = (first_part + second_part) ** 2 / (
        first_part**2 / (len(first) - 1) + second_part**2 / (len(second) - 1)
    )
    difference = fmean(first) - fmean(second)
    half = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(difference) / error))
    return MeanDifference(difference, Interval(difference - half, difference + half), p_value)


def design_effect(units: float, squared_units: float) -> float:
    """How many times the variance of a sum is that of as many independent units; at least 1.

    Parameters
    ----------
    units, squared_units
        Sums over clusters (visitors, customers) of their units (visits, orders), and of the squares of
        these. Clusters are independent of each other, the units of one are not.

    References
    ----------
    Kish, L. (1965), Survey Sampling, section 5.4; it is the variance of a compound Poisson sum.

    Examples
    --------
    Four customers with an order each; two with two orders each.

    >>> design_effect(4, 4), design_effect(4, 8)
    (1.0, 2.0)
    """
    return max(1.0, squared_units / units) if units > 0 else 1.0


def ratio_values(numerators: Sequence[float], denominators: Sequence[float]) -> list[float] | None:
    """One value a unit whose mean is Σ numerator / Σ denominator; None where the denominators add up to 0.

    They make a ratio of sums testable with :func:`welch`: the spread of the values is that of the ratio
    when the units (days) are drawn anew (the linearised ratio estimator).

    References
    ----------
    Cochran, W. G. (1977), Sampling Techniques, 3rd edition, section 6.3.

    Examples
    --------
    >>> values = ratio_values([10.0, 30.0], [1.0, 4.0])
    >>> fmean(values)
    8.0
    """
    total = sum(denominators)
    if not total:
        return None
    ratio, mean = sum(numerators) / total, total / len(denominators)
    pairs = zip(numerators, denominators, strict=True)
    return [ratio + (numerator - ratio * denominator) / mean for numerator, denominator in pairs]
