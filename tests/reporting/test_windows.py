"""The KPI window and what it is compared with."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.reporting.windows import day_range, windows


@given(st.dates(dt.date(2010, 1, 1), dt.date(2040, 1, 1)), st.integers(1, 366))
def test_windows_are_equally_long_and_do_not_overlap(as_of: dt.date, days: int) -> None:
    found = windows(as_of, days)
    assert found.current.last == as_of
    assert {window.days for window in (found.current, found.previous, found.year_before)} == {days}
    assert found.previous.last + dt.timedelta(days=1) == found.current.first


@given(st.dates(dt.date(2010, 1, 1), dt.date(2040, 1, 1)))
def test_the_year_before_has_the_same_weekdays(as_of: dt.date) -> None:
    found = windows(as_of, 7)
    assert found.year_before.first.weekday() == found.current.first.weekday()
    assert (found.current.last - found.year_before.last).days == 364


def test_a_range_does_not_repeat_what_its_ends_share() -> None:
    first = dt.date(2026, 9, 1)
    assert day_range(first, first) == "1 Sep 2026"
    assert day_range(first, dt.date(2026, 9, 18)) == "1–18 Sep 2026"
    assert day_range(dt.date(2026, 8, 20), dt.date(2026, 9, 18)) == "20 Aug–18 Sep 2026"
    assert day_range(dt.date(2025, 12, 20), dt.date(2026, 1, 18)) == "20 Dec 2025–18 Jan 2026"
