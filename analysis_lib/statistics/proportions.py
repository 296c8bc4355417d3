"""Intervals and tests for rates: how sure is a share, and do two shares differ?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()
_SMALL_EXPECTED_COUNT = 5  # Cochran's rule: below it the normal approximation is not to be trusted
# Among many groups the smallest p-value decides: that of a small group, where the approximation is worst.
SMALL_AMONG_MANY = 15


@dataclass(frozen=True)
class Interval:
    """A range that holds the true value with the stated confidence; in the unit of the value."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval of a proportion; None without trials.

    It stays inside 0–1 and is honest where the simple interval is not: few trials, shares near 0 or 1.

    Parameters
    ----------
    successes, trials
        Counts, with ``0 <= successes <= trials``.
    confidence
        Share of such intervals that hold the true proportion.

    Raises
    ------
    ValueError
        When the counts are not those of a proportion.

    References
    ----------
    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209–212.

    Examples
    --------
    >>> interval = wilson_interval(81, 263)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2553, 0.3662)
    """
    _check(successes, trials)
    if trials == 0:
        return None
    z = _NORMAL.inv_cdf(0.5 + confidence / 2)
    share = successes / trials
    denominator = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / denominator
    half = z / denominator * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # At the ends the formula gives 0 and 1 exactly, but for rounding.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(low, high)


def difference_interval(
    successes: int, trials: int, other_successes: int, other_trials: int, confidence: float = 0.95
) -> Interval | None:
    """Newcombe's interval of the difference of two proportions (first minus second); None without trials.

    References
    ----------
    Newcombe, R. G. (1998), Statistics in Medicine 17, 873–890, method 10.

    Examples
    --------
    >>> interval = difference_interval(56, 70, 48, 80)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.0524, 0.3339)
    """
    first = wilson_interval(successes, trials, confidence)
    second = wilson_interval(other_successes, other_trials, confidence)
    if first is None or second is None:
        return None
    share, other = successes / trials, other_successes / other_trials
    low = share - other - math.hypot(share - first.low, second.high - other)
    high = share - other + math.hypot(first.high - share, other - second.low)
    return Interval(low, high)


def two_proportion_p_value(
    successes: int,
    trials: int,
    other_successes: int,
    other_trials: int,
    exact_below: int = _SMALL_EXPECTED_COUNT,
) -> float | None:
    """Two-sided p-value of "both proportions are the same"; None when one side has no trials.

    The pooled z-test; Fisher's exact test where an expected count is below `exact_below`.

    Examples
    --------
    >>> round(two_proportion_p_value(120, 1000, 90, 1000), 4)
    0.0287
    >>> two_proportion_p_value(0, 0, 5, 10) is None
    True
    """
    _check(successes, trials)
    _check(other_successes, other_trials)
    if trials == 0 or other_trials == 0:
        return None
    pooled = (successes + other_successes) / (trials + other_trials)
    if pooled in (0.0, 1.0):
        return 1.0
    smaller = min(trials, other_trials)
    if smaller * min(pooled, 1 - pooled) < exact_below:
        return _fisher(successes, trials, other_successes, other_trials)
    error = math.sqrt(pooled * (1 - pooled) * (1 / trials + 1 / other_trials))
    z = (successes / trials - other_successes / other_trials) / error
    return math.erfc(abs(z) / math.sqrt(2))


def _fisher(successes: int, trials: int, other_successes: int, other_trials: int) -> float:
    from scipy.stats import fisher_exact  # a second to import, so only where it is used

    table = [[successes, trials - successes], [other_successes, other_trials - other_successes]]
    return float(fisher_exact(table).pvalue)


def _check(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no proportion: the numerator must be a part of it.")
