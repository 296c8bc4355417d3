"""Tests that compare like with like: within the same month, and against how much months differ anyway."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stratum:
    """The ranks of one group within one stratum of two or more groups.

    Parameters
    ----------
    group_size, size
        Units of the group, and of the stratum.
    rank_sum
        Sum of the group's ranks among all units of the stratum; equal values share the mean of their ranks.
    squared_ranks
        Sum of the squared ranks of all units of the stratum.
    """

    group_size: int
    size: int
    rank_sum: float
    squared_ranks: float


@dataclass(frozen=True)
class RankTest:
    """Outcome: `z` above zero where the group ranks higher than the others, and the two-sided p-value."""

    z: float
    p_value: float


def van_elteren(strata: Sequence[Stratum]) -> RankTest | None:
    """Does a group rank higher or lower than the rest of the same strata? None where nothing can be compared.

    The Wilcoxon rank sum test within each stratum, each weighted by 1 / (size + 1); normal approximation. It
    asks nothing of the shape of the values, so a few very large ones do not decide.

    References
    ----------
    van Elteren, P. H. (1960), Bulletin of the International Statistical Institute 37, 351–361.

    Examples
    --------
    With one stratum it is the rank sum test: 1, 2, 3 against 4, 5, 6, 7.

    >>> found = van_elteren([Stratum(3, 7, 6.0, 140.0)])
    >>> round(found.z, 4), round(found.p_value, 4)
    (-2.1213, 0.0339)
    """
    statistic = spread = 0.0
    for one in strata:
        others = one.size - one.group_size
        if not one.group_size or not others:
            continue
        scale = one.size + 1
        statistic += (one.rank_sum - one.group_size * scale / 2) / scale
        deviations = one.squared_ranks - one.size * scale * scale / 4
        spread += one.group_size * others / (one.size * (one.size - 1)) * deviations / (scale * scale)
    if spread <= 1e-12:
        return None
    z = statistic / math.sqrt(spread)
    return RankTest(z, math.erfc(abs(z) / math.sqrt(2)))


def clustered_proportions_p_value(
    first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]]
) -> float | None:
    """Do two sets of clusters (successes, trials) differ by more than clusters differ among themselves?

    The pooled test of two proportions with its variance multiplied by the dispersion of the clusters
    (Pearson's chi-squared over its degrees of freedom, at least 1), against Student's t. None with fewer
    than three clusters or without trials.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989), Generalized Linear Models, 2nd edition, section 4.5.

    Examples
    --------
    >>> round(clustered_proportions_p_value([(5, 50), (6, 60)], [(12, 50), (15, 60), (13, 55)]), 3)
    0.059
    """
    clusters = [one for one in (*first, *second) if one[1]]
    freedom = len(clusters) - 2
    trials = [sum(n for _, n in side) for side in (first, second)]
    if freedom < 1 or not all(trials):
        return None
    successes = [sum(x for x, _ in side) for side in (first, second)]
    pooled = sum(successes) / sum(trials)
    if pooled in (0.0, 1.0):
        return 1.0
    shares = [x / n for x, n in zip(successes, trials, strict=True)]
    chi_squared = sum(
        (x - n * pooled_share) ** 2 / (n * pooled * (1 - pooled))
        for side, pooled_share in zip((first, second), shares, strict=True)
        for x, n in side
        if n
    )
    dispersion = max(1.0, chi_squared / freedom)
    error = math.sqrt(dispersion * pooled * (1 - pooled) * (1 / trials[0] + 1 / trials[1]))
    from scipy.special import stdtr  # not scipy.stats, which takes a second to import

    return float(2 * stdtr(freedom, -abs(shares[0] - shares[1]) / error))
