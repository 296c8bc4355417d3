"""The KPI window and what it is compared with, and how dates are written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

YEAR_DAYS = 364  # 52 whole weeks: each day is compared with the same weekday
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Window:
    """Whole days from `first` to `last`, both included."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    @property
    def text(self) -> str:
        """The dates as a reader writes them; see :func:`day_range`."""
        return day_range(self.first, self.last)

    def earlier(self, days: int) -> Window:
        """The same number of days, so many days before."""
        shift = dt.timedelta(days=days)
        return Window(self.first - shift, self.last - shift)


@dataclass(frozen=True)
class Windows:
    """The window that ends on `as_of`, the one of equal length before it, and the one 52 weeks before."""

    current: Window
    previous: Window
    year_before: Window


def windows(as_of: dt.date, window_days: int) -> Windows:
    """The three windows of a run.

    Examples
    --------
    >>> found = windows(dt.date(2026, 9, 30), 30)
    >>> found.current.text, found.previous.text, found.year_before.text
    ('1–30 Sep 2026', '2–31 Aug 2026', '2 Sep–1 Oct 2025')
    """
    current = Window(as_of - dt.timedelta(days=window_days - 1), as_of)
    return Windows(current, current.earlier(window_days), current.earlier(YEAR_DAYS))


def day(date: dt.date) -> str:
    """A day as text, the same in every locale.

    Examples
    --------
    >>> day(dt.date(2026, 9, 3))
    '3 Sep 2026'
    """
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def month(date: dt.date) -> str:
    """The month of a day as text.

    Examples
    --------
    >>> month(dt.date(2026, 9, 3))
    'Sep 2026'
    """
    return f"{_MONTHS[date.month - 1]} {date.year}"


def short_day(date: dt.date) -> str:
    """A day without its year, for an axis whose year stands elsewhere.

    Examples
    --------
    >>> short_day(dt.date(2026, 9, 3))
    '3 Sep'
    """
    return f"{date.day} {_MONTHS[date.month - 1]}"


def day_range(first: dt.date, last: dt.date) -> str:
    """Two days as a range, without repeating what they share.

    Examples
    --------
    >>> day_range(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    '1–30 Sep 2026'
    >>> day_range(dt.date(2025, 12, 20), dt.date(2026, 1, 18))
    '20 Dec 2025–18 Jan 2026'
    """
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    if first.year == last.year:
        return f"{short_day(first)}–{day(last)}"
    return f"{day(first)}–{day(last)}"
