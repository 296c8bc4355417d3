"""How many visitors watched to the end is a Kaplan–Meier estimate worth? Makes two of them comparable."""

from __future__ import annotations

import math
from statistics import NormalDist

_QUANTILE = NormalDist().inv_cdf(0.975)


def effective_counts(share: float, low: float | None, high: float | None, watched: int) -> tuple[int, int]:
    """Events and trials whose proportion has the value and the variance of a Kaplan–Meier estimate.

    Where nobody left unseen these are the plain counts, so that tests of proportions, Fisher's for small
    counts included, hold for censored data as well.

    Parameters
    ----------
    share
        The estimated share with the event by a day, 0 to 1.
    low, high
        Its 95 % interval by Greenwood's variance on the log-log scale; None where it has none.
    watched
        Those whose state on that day is known: still at risk, or with the event by then. Taken as the
        trials where there is no interval.

    Returns
    -------
    events, trials
        Whole numbers, ``0 <= events <= trials``.

    References
    ----------
    Dorey, F. J. and Korn, E. L. (1987), Effective sample sizes for confidence intervals for survival
    probabilities, Statistics in Medicine 6, 679–687.

    Examples
    --------
    Forty of 1,000 with nobody lost: Greenwood's variance is that of a proportion.

    >>> effective_counts(0.04, 0.0295, 0.05413, 1000)
    (40, 1000)
    >>> effective_counts(0.0, None, None, 250)
    (0, 250)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no share: it must lie between 0 and 1.")
    if low is None or high is None or not 0 < low < share < high < 1:
        return round(share * watched), watched
    # On that scale the interval is log(-log S) ± z × error, and error = Greenwood's sum ^ ½ / -log S.
    error = math.log(math.log1p(-high) / math.log1p(-low)) / (2 * _QUANTILE)
    deviation = (1 - share) * error * -math.log1p(-share)
    trials = max(1, round(share * (1 - share) / deviation**2))
    return min(trials, round(share * trials)), trials
