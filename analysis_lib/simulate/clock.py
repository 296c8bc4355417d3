"""The simulated period: its days, seasons, sales, and the rhythm of the week.

Processes run in *operating time*, which passes quickly when people shop and slowly at night; its week is
as long as the wall clock's. So a homogeneous process in operating time has the weekday and hour pattern.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.arrays import Array

DAY, WEEK = 86_400, 604_800
_MONDAY = 4 * DAY  # 1970-01-05, the first Monday after the epoch
_EPOCH = dt.date(1970, 1, 1)
# No visit starts in the last minutes of the period, so that every visit ends within it.
LAST_START_SECONDS = 3 * 3600

WEEKDAYS = np.array([1.04, 0.99, 0.97, 0.98, 0.93, 0.98, 1.11])
HOURS = np.array(
    [
        *(0.55, 0.35, 0.22, 0.16, 0.15, 0.22, 0.42, 0.68, 0.88, 1.02, 1.12, 1.18),
        *(1.22, 1.18, 1.12, 1.12, 1.18, 1.28, 1.42, 1.62, 1.76, 1.66, 1.32, 0.88),
    ]
)
MONTHS = np.array([0.93, 0.86, 0.92, 0.95, 0.99, 0.98, 0.92, 0.90, 0.99, 1.10, 1.85, 1.95])
GROWTH_PER_MONTH = 0.005
# First month and day, length in days, largest discount in percent, and what it does to new visitors.
SALES = (
    ("winter sale", (1, 3), 14, 20, 1.15),
    ("spring days", (4, 9), 7, 15, 1.20),
    ("summer sale", (6, 18), 14, 20, 1.20),
    ("black week", (11, 21), 10, 30, 1.60),
)


@dataclass(frozen=True)
class Sale:
    """A period of lower prices: days counted from the start of the simulation, both ends included."""

    name: str
    first_day: int
    last_day: int
    percent: int
    lift: float


@dataclass(frozen=True)
class Period:
    """The simulated days, both ends included.

    Examples
    --------
    >>> period = Period.ending(dt.date(2026, 6, 30), 18)
    >>> period.start, period.days
    (datetime.date(2025, 1, 1), 546)
    """

    start: dt.date
    end: dt.date

    @classmethod
    def ending(cls, end: dt.date, months: int) -> Period:
        """The `months` months that end with the day `end`."""
        after = end + dt.timedelta(days=1)
        number = after.year * 12 + after.month - 1 - months
        year, month = number // 12, number % 12 + 1
        return cls(dt.date(year, month, min(after.day, calendar.monthrange(year, month)[1])), end)

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.end - self.start).days + 1

    @property
    def first_second(self) -> int:
        """Seconds since 1970 at which the first day begins."""
        return (self.start - _EPOCH).days * DAY

    @property
    def end_second(self) -> int:
        """Seconds since 1970 at which the last day is over."""
        return self.first_second + self.days * DAY

    @property
    def last_start(self) -> int:
        """The second before which every visit starts."""
        return self.end_second - LAST_START_SECONDS

    def day_of(self, seconds: Array) -> Array:
        """The number of the day, 0 for the first, of seconds since 1970."""
        return (seconds - self.first_second) // DAY

    def dates(self) -> list[dt.date]:
        """Every day."""
        return [self.start + dt.timedelta(days=day) for day in range(self.days)]

    def sales(self) -> list[Sale]:
        """The sales that fall into the period, in order of time."""
        found = []
        for year in range(self.start.year - 1, self.end.year + 1):
            for name, (month, day), length, percent, lift in SALES:
                first = (dt.date(year, month, day) - self.start).days
                last = min(first + length, self.days) - 1
                if last >= 0 and first < self.days:
                    found.append(Sale(name, max(first, 0), last, percent, lift))
        return sorted(found, key=lambda sale: sale.first_day)

    def months(self) -> Array:
        """Month 0–11 of every day."""
        return np.array([date.month - 1 for date in self.dates()])

    def month_numbers(self) -> Array:
        """The number of the calendar month of every day, 0 for the first."""
        dates = self.dates()
        return np.array([date.year * 12 + date.month for date in dates]) - (
            self.start.year * 12 + self.start.month
        )

    def demand(self) -> Array:
        """Relative number of new visitors of every day: growth, season, weekday and sales; sums to one."""
        dates, days = self.dates(), np.arange(self.days)
        middle_of_month = np.array([date.month - 1 + (date.day - 15.5) / 31 for date in dates])
        season = np.interp(
            middle_of_month, np.arange(-1, 13), np.concatenate([MONTHS[-1:], MONTHS, MONTHS[:1]])
        )
        weekday = WEEKDAYS[[date.weekday() for date in dates]]
        curve = (1 + GROWTH_PER_MONTH) ** (days / 30.4) * season * weekday
        for sale in self.sales():
            curve[sale.first_day : sale.last_day + 1] *= sale.lift
        return np.asarray(curve / curve.sum())


class WeekClock:
    """Turns wall-clock seconds into operating seconds and back; both maps are increasing.

    Examples
    --------
    >>> clock = WeekClock()
    >>> noon = np.array([1_750_000_000])
    >>> abs(int(clock.to_wall(clock.to_operating(noon))[0]) - 1_750_000_000) <= 1
    True
    """

    def __init__(self, weekdays: Array = WEEKDAYS) -> None:
        rate = np.outer(weekdays, HOURS).ravel()
        self._wall = np.arange(169) * 3600.0
        self._operating = np.concatenate([[0.0], np.cumsum(rate / rate.mean())]) * 3600.0
        self._operating[-1] = WEEK

    def to_operating(self, wall: Array) -> Array:
        """Operating seconds (float) of wall-clock seconds since 1970."""
        week = np.floor_divide(wall - _MONDAY, WEEK)
        within = np.interp(wall - _MONDAY - week * WEEK, self._wall, self._operating)
        return np.asarray(week * WEEK + within)

    def to_wall(self, operating: Array) -> Array:
        """Wall-clock seconds since 1970 (whole) of operating seconds."""
        week = np.floor_divide(operating, WEEK)
        wall = week * WEEK + np.interp(operating - week * WEEK, self._operating, self._wall)
        return np.asarray(np.floor(wall).astype(np.int64) + _MONDAY)
