"""What the next unit of money would return, as far as the days can tell.

Return on ad spend is a mean over all that was spent; where the next unit goes depends on the marginal
return. Shops spend more when demand is high, so that a season or a sale makes any spend look good. The
estimate therefore compares the days of one week with each other: the spend of a day, and the revenue whose
first visit came through the platform on that day, beside the weekday and the day's visits without ads. Only
what spend moved within weeks counts. It is no experiment: spend that follows demand from day to day still
looks better than it is.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis_lib.pages.marketing_data import Ads
from analysis_lib.pages.periods import as_date, records
from analysis_lib.reporting.windows import Window

if TYPE_CHECKING:
    import numpy as np

    from analysis_lib.shop import Shop

MIN_WEEKS, MOST_WEEKS = 26, 53
# A visit that an ad caused is the first one; later touches go to whoever brings customers back anyway.
_FIRST_TOUCHES = """
select
    date(touch_at, @timezone) as touch_date,
    platform,
    sum(credited_revenue) as revenue,
from fct_attribution
where
    attribution_model = 'first_touch'
    and platform is not null
    and date(touch_at, @timezone) between @first_date and @last_date
group by touch_date, platform
order by touch_date, platform
"""


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


def complete_weeks(ads: Ads, lookback_days: int, most: int = MOST_WEEKS) -> list[Window]:
    """The newest whole weeks since ad spend began, Monday to Sunday, whose visits had time to order."""
    if ads.first_day is None or ads.first_spend is None:
        return []
    begin = max(ads.first_day, ads.first_spend)
    last = ads.windows.current.last - dt.timedelta(days=lookback_days)
    sunday = last - dt.timedelta(days=(last.weekday() + 1) % 7)
    starts = [sunday - dt.timedelta(days=7 * number + 6) for number in reversed(range(most))]
    return [Window(start, start + dt.timedelta(days=6)) for start in starts if start >= begin]


def read(book: Shop, ads: Ads) -> Marginal:
    """The marginal return of every platform with enough weeks of spend."""
    weeks = complete_weeks(ads, book.parameters.attribution_lookback_days)
    if not weeks:
        return Marginal()
    whole = Window(weeks[0].first, weeks[-1].last)
    earned = _first_touches(book, whole)
    visits = [row["sessions"] or 0.0 for row in ads.without_ads_daily(whole)]
    slopes: dict[str, Slope] = {}
    why_not: dict[str, str] = {}
    for platform in ads.platforms:
        spend = [row["spend"] or 0.0 for row in ads.daily(whole, platform)]
        paid = sum(1 for start in range(0, len(spend), 7) if any(spend[start : start + 7]))
        if paid < MIN_WEEKS:
            why_not[platform] = f"{paid} weeks with spend, {MIN_WEEKS} are needed"
            continue
        days = [whole.first + dt.timedelta(days=offset) for offset in range(whole.days)]
        slope = marginal_return([earned.get((platform, day), 0.0) for day in days], spend, visits)
        if slope is None:
            why_not[platform] = "its spend hardly varied within weeks"
        else:
            slopes[platform] = slope
    names = list(slopes)
    pairs = [_pair(slopes, one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    return Marginal(whole, slopes, why_not, pairs)


def _first_touches(book: Shop, window: Window) -> dict[tuple[str, dt.date], float]:
    made = {}
    for row in records(book, _FIRST_TOUCHES, first_date=window.first, last_date=window.last):
        day = as_date(row["touch_date"])
        assert day is not None  # a row has a touch
        made[row["platform"], day] = float(row["revenue"])
    return made


def _pair(slopes: Mapping[str, Slope], one: str, other: str) -> Pair:
    from scipy.special import stdtr  # not scipy.stats, which takes a second to import

    lower, higher = sorted((one, other), key=lambda name: (slopes[name].value, name))
    error = math.hypot(slopes[lower].error, slopes[higher].error)
    distance = (slopes[higher].value - slopes[lower].value) / error
    freedom = min(slopes[lower].freedom, slopes[higher].freedom)
    return Pair(lower, higher, 2 * float(stdtr(freedom, -distance)))


def marginal_return(
    revenue: Sequence[float], spend: Sequence[float], visits: Sequence[float]
) -> Slope | None:
    """Revenue that came with one more unit of spend, from the days of whole weeks.

    Least squares with an effect of each week and each weekday.

    Parameters
    ----------
    revenue, spend
        One value a day, of whole weeks without gaps.
    visits
        Visits of the day that stand for its demand.

    Returns
    -------
    Slope | None
        Its error is the larger of the one by HC3, which a few large days do not make too small, and the one
        clustered by week; None where the spend does not vary within weeks.

    References
    ----------
    MacKinnon, J. G. and White, H. (1985), Journal of Econometrics 29, 305–325; Liang, K.-Y. and Zeger, S. L.
    (1986), Biometrika 73, 13–22.

    Examples
    --------
    >>> spend = [10.0 + (day * 7) % 11 for day in range(70)]
    >>> revenue = [100 * (day // 7) + 3 * value + day * day % 5 for day, value in enumerate(spend)]
    >>> round(marginal_return(revenue, spend, [0.0] * 70).value, 1)
    3.0
    """
    import numpy as np
    from scipy.special import stdtrit

    weeks = len(spend) // 7
    weekdays = np.tile(np.eye(7)[:, 1:], (weeks, 1))
    outcome = _within_weeks(np.asarray(revenue, dtype=float))[:, 0]
    columns = _within_weeks(np.column_stack([spend, visits, weekdays]))
    design = columns[:, np.abs(columns).max(axis=0) > 1e-9]
    if np.abs(columns[:, 0]).max() <= 1e-9 or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    freedom = weeks - 1
    if len(spend) - weeks - design.shape[1] < 1 or freedom < 1:
        return None
    inverse = np.linalg.inv(design.T @ design)
    estimate = inverse @ design.T @ outcome
    residuals = outcome - design @ estimate
    # Of the leverage of a day, 1/7 is that of its week's own effect.
    leverage = np.minimum(np.einsum("ij,jk,ik->i", design, inverse, design) + 1 / 7, 0.99)
    scores = design * (residuals / (1 - leverage))[:, None]
    by_week = (design * residuals[:, None]).reshape(weeks, 7, -1).sum(axis=1)
    correction = weeks / freedom
    variances = [inverse @ scores.T @ scores @ inverse, inverse @ by_week.T @ by_week @ inverse * correction]
    error = math.sqrt(max(float(variance[0, 0]) for variance in variances))
    if not error > 0:
        return None
    half, value = float(stdtrit(freedom, 0.975)) * error, float(estimate[0])
    return Slope(value, error, freedom, value - half, value + half)


def _within_weeks(columns: np.ndarray) -> np.ndarray:
    """Each value less the mean of its week."""
    by_week = columns.reshape(-1, 7, columns.shape[1] if columns.ndim > 1 else 1)
    centred: np.ndarray = by_week - by_week.mean(axis=1, keepdims=True)
    return centred.reshape(len(columns), -1)
