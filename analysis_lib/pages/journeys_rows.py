"""The ways to the first purchase as rows: the whole shop, its traffic sources, its cohorts by month."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods
from analysis_lib.pages.periods import as_date, records
from analysis_lib.reporting.numbers import number_or_none, plural
from analysis_lib.reporting.windows import Window, Windows, day, month
from analysis_lib.statistics.censored import effective_counts

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

ALL = "(all)"
NOT_SET = "(not set)"
LAST_DAY = 90  # of the curves
TEST_DAYS = 30  # sources and cohorts are compared at this day
MODELS = ("fct_first_purchase_journeys", "fct_first_purchase_curves", "fct_first_purchase_cohorts")
_DAYS = """
select
    min(cohort_date) as first_date,
    max(cohort_date) as last_date,
    max(date(purchased_at, @timezone)) as last_purchase_date,
from fct_first_purchase_journeys
"""
_WINDOWS = """
with {windows}
select windows.period, count(journeys.visitor_id) as visitors,
from windows
left join fct_first_purchase_journeys as journeys
    on journeys.cohort_date between windows.first_date and windows.last_date
group by windows.period
"""
_COHORTS = """
select cohorts.*, curves.at_risk as at_risk_30d, curves.buyers as buyers_30d,
from fct_first_purchase_cohorts as cohorts
left join fct_first_purchase_curves as curves
    on
        cohorts.cohort = curves.cohort
        and cohorts.traffic_source = curves.traffic_source
        and curves.day = 30
where cohorts.cohort = '(all)' or cohorts.traffic_source = '(all)'
order by cohorts.cohort desc, cohorts.visitors desc, cohorts.traffic_source
"""
_CURVES = """
select cohort, traffic_source, day, visitors, buyers, at_risk, converted_share, lower, upper,
from fct_first_purchase_curves
where cohort = '(all)' or traffic_source = '(all)'
order by cohort, traffic_source, day
"""
_SESSIONS = """
select sessions_before, count(*) as buyers,
from fct_first_purchase_journeys
where converted = 1
group by sessions_before
order by sessions_before
"""
_LATER = """
select distinct
    percentile_cont(days_to_purchase, 0.5) over () as days_to_purchase,
    percentile_cont(cast(sessions_before as float64), 0.5) over () as sessions_before,
from fct_first_purchase_journeys
where converted = 1 and sessions_before > 0
"""
# Everybody watched for the same time, so that no source is judged by its newest visitors.
_AT_ONCE = """
select
    coalesce(first_traffic_source, '(not set)') as traffic_source,
    count(*) as buyers,
    countif(sessions_before = 0) as at_once,
from fct_first_purchase_journeys
where days_to_purchase <= 30 and cohort_date <= date_sub(@as_of, interval 30 day)
group by traffic_source
order by traffic_source
"""


@dataclass(frozen=True)
class Cohort:
    """One row of `fct_first_purchase_cohorts`: all visitors of a month, of a source or of the shop."""

    name: str
    first: dt.date | None
    row: Mapping[str, Any]

    @property
    def visitors(self) -> int:
        """How many they are."""
        return int(self.row["visitors"])

    @property
    def buyers(self) -> int:
        """How many of them have bought so far."""
        return int(self.row["buyers"])

    @property
    def last(self) -> dt.date | None:
        """The last day of the month."""
        if self.first is None:
            return None
        return self.first.replace(day=calendar.monthrange(self.first.year, self.first.month)[1])

    def value(self, column: str) -> float | None:
        """A column as a number; None where it is not available."""
        return number_or_none(self.row[column])

    def share(self, days: int) -> float | None:
        """The share that has bought by so many days; None where nobody was watched that long."""
        return self.value(f"converted_share_{days}d")

    def limits(self, days: int) -> tuple[float, float] | None:
        """The 95 % interval of the share; None where it has none."""
        low, high = (self.value(f"converted_share_{days}d_{end}") for end in ("lower", "upper"))
        return None if low is None or high is None else (low, high)

    @property
    def counts(self) -> tuple[int, int] | None:
        """The share by 30 days as events of trials; None where nobody was watched that long."""
        share = self.share(TEST_DAYS)
        if share is None:
            return None
        low, high = self.limits(TEST_DAYS) or (None, None)
        watched = int(self.row["at_risk_30d"]) + int(self.row["buyers_30d"])
        return effective_counts(share, low, high, watched)

    def is_watched(self, days: int, as_of: dt.date) -> bool:
        """Whether each of a month's visitors was watched for so many days by the end of `as_of`."""
        return self.last is None or self.last + dt.timedelta(days=days) <= as_of


@dataclass(frozen=True)
class Journeys:
    """What the page shows.

    `new_visitors` counts by window; `months` are the newest first, `sources` the largest first;
    `sessions` is (sessions before, buyers); `later_days` and `later_sessions` are medians over the buyers
    who did not buy in their first session; `at_once` is source to (bought in the first session, bought),
    both within 30 days.
    """

    windows: Windows
    first_date: dt.date
    last_date: dt.date
    last_purchase_date: dt.date | None
    new_visitors: Mapping[str, int]
    whole: Cohort
    sources: Sequence[Cohort]
    months: Sequence[Cohort]
    sessions: Sequence[tuple[int, int]]
    later_days: float | None
    later_sessions: float | None
    at_once: Mapping[str, tuple[int, int]]

    def reaches(self, period: str) -> bool:
        """Whether the data goes back to the first day of a window."""
        window: Window = getattr(self.windows, period)
        return self.first_date <= window.first

    @property
    def since(self) -> str:
        """Who the figures are about, with the first day of the data."""
        return f"{plural(self.whole.visitors, 'visitor')} since {day(self.first_date)}"


def nothing(book: Shop) -> str:
    """Said in the place of everything where there was no visit."""
    return f"No visits up to {day(book.data_through)}."


@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Journeys | None:
    """Everything but the curves; None when nobody ever came."""
    days = {name: as_date(value) for name, value in records(book, _DAYS)[0].items()}
    first, last = days["first_date"], days["last_date"]
    if first is None or last is None:
        return None
    windows = periods.run_windows(book)
    counted = records(
        book, _WINDOWS.format(windows=periods.WINDOWS_CTE), **periods.window_parameters(windows)
    )
    cohorts = [(row, _cohort(row)) for row in records(book, _COHORTS)]
    later = (records(book, _LATER) or [{"days_to_purchase": None, "sessions_before": None}])[0]
    return Journeys(
        windows=windows,
        first_date=first,
        last_date=last,
        last_purchase_date=days["last_purchase_date"],
        new_visitors={str(row["period"]): int(row["visitors"]) for row in counted},
        whole=next(made for row, made in cohorts if row["cohort"] == ALL and row["traffic_source"] == ALL),
        sources=[made for row, made in cohorts if row["cohort"] == ALL and row["traffic_source"] != ALL],
        months=[made for row, made in cohorts if row["cohort"] != ALL],
        sessions=[(int(row["sessions_before"]), int(row["buyers"])) for row in records(book, _SESSIONS)],
        later_days=number_or_none(later["days_to_purchase"]),
        later_sessions=number_or_none(later["sessions_before"]),
        at_once={
            str(row["traffic_source"]): (int(row["at_once"]), int(row["buyers"]))
            for row in records(book, _AT_ONCE)
        },
    )


def _cohort(row: Mapping[str, Any]) -> Cohort:
    first = as_date(row["cohort_month"])
    return Cohort(str(row["traffic_source"]) if first is None else month(first), first, row)


@functools.lru_cache(maxsize=4)
def curves(book: Shop) -> pd.DataFrame:
    """The curves of the whole shop, of its sources and of its months, one row a day."""
    return book.sql(_CURVES)
