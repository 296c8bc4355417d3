"""What the next unit of money would return, as far as the weeks can tell.

Return on ad spend is a mean over all that was spent; where the next unit goes depends on the marginal
return. It is estimated from weeks: the change of a platform's attributed revenue from one complete week to
the next, on the change of its spend, with the change of sessions and orders without ads beside it, which
stand for the season and for sales. This is what spend and revenue did together, not an experiment.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis_lib.pages.marketing_data import WEEKS, Ads
from analysis_lib.reporting.windows import Window

MIN_WEEKS = 26
_LAGS = 2  # of the changes: a week that is high makes one change up and the next one down


@dataclass(frozen=True)
class Slope:
    """A marginal return with its standard error, 95 % interval, and degrees of freedom."""

    value: float
    error: float
    freedom: int
    low: float
    high: float


@dataclass(frozen=True)
class Pair:
    """Two platforms' marginal returns compared; `p_value` after Holm once adjusted."""

    lower: str
    higher: str
    p_value: float | None


@dataclass(frozen=True)
class Marginal:
    """The marginal return of each platform that can be estimated, and which differ.

    `weeks` are the complete weeks used, `why_not` says of the other platforms what is missing.
    """

    weeks: Window | None = None
    slopes: Mapping[str, Slope] = field(default_factory=dict)
    why_not: Mapping[str, str] = field(default_factory=dict)
    pairs: Sequence[Pair] = ()

    @property
    def p_values(self) -> list[float | None]:
        """Of the pairs, in their order."""
        return [pair.p_value for pair in self.pairs]

    def adjusted(self, p_values: Sequence[float | None]) -> Marginal:
        """With the p-values after Holm."""
        pairs = [dataclasses.replace(pair, p_value=p) for pair, p in zip(self.pairs, p_values, strict=True)]
        return dataclasses.replace(self, pairs=pairs)


def complete_weeks(ads: Ads, most: int = WEEKS) -> list[Window]:
    """The newest whole weeks, Monday to Sunday, since data and ad spend began."""
    if ads.first_day is None or ads.first_spend is None:
        return []
    begin = max(ads.first_day, ads.first_spend)
    last = ads.windows.current.last
    sunday = last - dt.timedelta(days=(last.weekday() + 1) % 7)
    made = [
        Window(sunday - dt.timedelta(days=7 * n + 6), sunday - dt.timedelta(days=7 * n)) for n in range(most)
    ]
    return [week for week in reversed(made) if week.first >= begin]


def read(ads: Ads) -> Marginal:
    """The marginal return of every platform with enough weeks of spend."""
    weeks = complete_weeks(ads)
    if not weeks:
        return Marginal()
    demand = [ads.without_ads(week) for week in weeks]
    controls = [[row["sessions"] or 0.0 for row in demand], [row["orders"] or 0.0 for row in demand]]
    slopes: dict[str, Slope] = {}
    why_not: dict[str, str] = {}
    for platform in ads.platforms:
        sums = [ads.sums(week, platform) for week in weeks]
        spend = [row["spend"] or 0.0 for row in sums]
        paid = sum(1 for value in spend if value)
        if paid < MIN_WEEKS:
            why_not[platform] = f"{paid} complete weeks with spend, {MIN_WEEKS} are needed"
            continue
        slope = marginal_return([row["revenue"] or 0.0 for row in sums], spend, controls)
        if slope is None:
            why_not[platform] = "its spend hardly varied"
        else:
            slopes[platform] = slope
    names = list(slopes)
    pairs = [_pair(slopes, one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    return Marginal(Window(weeks[0].first, weeks[-1].last), slopes, why_not, pairs)


def _pair(slopes: Mapping[str, Slope], one: str, other: str) -> Pair:
    from scipy.special import stdtr  # not scipy.stats, which takes a second to import

    lower, higher = sorted((one, other), key=lambda name: (slopes[name].value, name))
    error = math.hypot(slopes[lower].error, slopes[higher].error)
    distance = (slopes[higher].value - slopes[lower].value) / error
    freedom = min(slopes[lower].freedom, slopes[higher].freedom)
    return Pair(lower, higher, 2 * float(stdtr(freedom, -distance)))


def marginal_return(
    revenue: Sequence[float], spend: Sequence[float], controls: Sequence[Sequence[float]] = ()
) -> Slope | None:
    """Revenue of one more unit of spend: least squares on changes from week to week.

    Parameters
    ----------
    revenue, spend
        One value a week, without gaps.
    controls
        Series of the same weeks whose changes are held constant; one that never changes is left out.

    Returns
    -------
    Slope | None
        Its error allows for changes that are correlated with the next ones (Newey and West 1987); None
        where the spend hardly varies or too few weeks are left.

    References
    ----------
    Newey, W. K. and West, K. D. (1987), Econometrica 55, 703–708.

    Examples
    --------
    >>> spend = [10.0, 30.0, 20.0, 50.0, 10.0, 40.0, 25.0, 60.0]
    >>> slope = marginal_return([5 + 3 * value + (-1) ** week for week, value in enumerate(spend)], spend)
    >>> round(slope.value, 1)
    3.0
    """
    import numpy as np
    from scipy.special import stdtrit

    changes = [np.diff(np.asarray(series, dtype=float)) for series in (spend, *controls)]
    kept = [changes[0], *(change for change in changes[1:] if change.any())]
    outcome = np.diff(np.asarray(revenue, dtype=float))
    design = np.column_stack([np.ones_like(outcome), *kept])
    rows, columns = design.shape
    if rows <= columns + 2 or np.linalg.matrix_rank(design) < columns:
        return None
    inverse = np.linalg.inv(design.T @ design)
    estimate = inverse @ design.T @ outcome
    scores = design * (outcome - design @ estimate)[:, None]
    middle = scores.T @ scores
    for lag in range(1, _LAGS + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (_LAGS + 1)) * (cross + cross.T)
    variance = float((inverse @ middle @ inverse)[1, 1]) * rows / (rows - columns)
    freedom = rows - columns
    # Differencing makes changes negatively correlated, which the correction above turns into a smaller
    # error; with so few weeks it is not trusted to be smaller than the plain one.
    residuals = outcome - design @ estimate
    plain = float(residuals @ residuals) / freedom * float(inverse[1, 1])
    error = math.sqrt(max(variance, plain))
    if not error > 0:
        return None
    half = float(stdtrit(freedom, 0.975)) * error
    value = float(estimate[1])
    return Slope(value, error, freedom, value - half, value + half)
