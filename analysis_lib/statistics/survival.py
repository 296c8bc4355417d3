"""How long does it take, when some were not watched to the end? Kaplan and Meier's estimate over SciPy."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.statistics.proportions import Interval


@dataclass(frozen=True)
class SurvivalCurve:
    """The share to whom the event has not happened yet, as steps.

    Parameters
    ----------
    times
        The moments at which somebody left, by the event or unseen, ascending and distinct; in the unit of the
        durations.
    survival
        At each time, the share still without the event just after it.
    intervals
        At each time, the interval of that share; None where nobody or everybody had the event, since the
        log-log scale has none there.
    at_risk, events
        At each time, how many were still watched, and to how many of them the event happened.
    """

    times: tuple[float, ...]
    survival: tuple[float, ...]
    intervals: tuple[Interval | None, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]

    def share_with_event(self, time: float) -> float | None:
        """The share with the event by a time; None when nobody was watched that long, unless all had it.

        Examples
        --------
        >>> curve = kaplan_meier([1, 2, 2, 4], [True, True, False, False])
        >>> curve.share_with_event(0.5), curve.share_with_event(3), curve.share_with_event(5)
        (0.0, 0.5, None)
        """
        position = self._position(time)
        if position < 0:
            return 0.0
        return None if self._is_unknown(time) else 1 - self.survival[position]

    def interval_of_share(self, time: float) -> Interval | None:
        """The interval of :meth:`share_with_event`; None where it has none.

        Examples
        --------
        >>> curve = kaplan_meier([1, 2, 2, 4], [True, True, False, False])
        >>> interval = curve.interval_of_share(3)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.155, 0.942)
        """
        position = self._position(time)
        interval = None if position < 0 or self._is_unknown(time) else self.intervals[position]
        return None if interval is None else Interval(1 - interval.high, 1 - interval.low)

    def _position(self, time: float) -> int:
        """The last step at or before the time; -1 before the first."""
        return bisect.bisect_right(self.times, time) - 1

    def _is_unknown(self, time: float) -> bool:
        return time > self.times[-1] and sum(self.events) < self.at_risk[0]


def kaplan_meier(
    durations: Sequence[float], events: Sequence[bool], confidence: float = 0.95
) -> SurvivalCurve | None:
    """Kaplan and Meier's estimate with Greenwood's interval on the log-log scale; None without durations.

    Who leaves at the moment of an event, without one, was still at risk at that moment.

    Parameters
    ----------
    durations
        How long each was watched, 0 or longer, in one unit.
    events
        For each, whether the event ended the watch; otherwise it had not happened yet (right-censored).
    confidence
        Of the intervals, each for its own time.

    Raises
    ------
    ValueError
        When the two differ in length, or a duration is negative or no number.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958), Journal of the American Statistical Association 53, 457–481;
    Kalbfleisch, J. D. and Prentice, R. L. (2002), The Statistical Analysis of Failure Time Data, 2nd
    edition, section 1.4, for the interval.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 2, 4], [True, True, False, False])
    >>> curve.times, curve.survival, curve.at_risk
    ((1.0, 2.0, 4.0), (0.75, 0.5, 0.5), (4, 3, 1))
    """
    if len(durations) != len(events):
        raise ValueError(f"{len(durations)} durations and {len(events)} events: each duration needs one.")
    if any(not 0 <= duration < math.inf for duration in durations):
        raise ValueError("A duration is a number of 0 or more.")
    if not len(durations):
        return None
    import warnings

    import numpy as np
    from scipy.stats import CensoredData, ecdf  # a second to import, so only where it is used

    watched, ended = np.asarray(durations, dtype=float), np.asarray(events, dtype=bool)
    curve = ecdf(CensoredData(uncensored=watched[ended], right=watched[~ended])).sf
    with warnings.catch_warnings():
        # SciPy says that some intervals are undefined, which they are.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = curve.confidence_interval(confidence, method="log-log")
    times, moments = np.unique(watched, return_inverse=True)
    leaving = np.bincount(moments)
    intervals = [
        Interval(float(low), float(high)) if 0 < share < 1 else None
        for low, high, share in zip(
            interval.low.probabilities, interval.high.probabilities, curve.probabilities, strict=True
        )
    ]
    return SurvivalCurve(
        times=tuple(times.tolist()),
        survival=tuple(curve.probabilities.tolist()),
        intervals=tuple(intervals),
        at_risk=tuple((len(watched) - np.cumsum(leaving) + leaving).tolist()),
        events=tuple(np.bincount(moments, weights=ended).astype(int).tolist()),
    )
