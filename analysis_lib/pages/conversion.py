"""Conversion of the three windows: how many of the visitors who viewed a product also purchased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.pages.periods import first_day, records, run_windows
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, Comparison, card
from analysis_lib.reporting.changes import change
from analysis_lib.reporting.findings import Finding
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.windows import Windows, day
from analysis_lib.statistics.proportions import (
    difference_interval,
    two_proportion_p_value,
    wilson_interval,
)

if TYPE_CHECKING:
    import datetime as dt

    from analysis_lib.shop import Shop

_WINDOWS = """
select period, view_visitors, viewers_who_purchased
from fct_funnel_segments
where dimension = 'all' and period in ('window', 'previous_window')
"""
# The mart holds no window of a year before; the definition is the same, over distinct visitors.
_YEAR_BEFORE = """
with visitors as (
    select
        visitor_id,
        logical_or(reached_view) as has_viewed,
        logical_or(reached_purchase) as has_purchased,
    from fct_sessions
    where session_date between @first_date and @last_date
    group by visitor_id
)
select
    countif(has_viewed) as view_visitors,
    countif(has_viewed and has_purchased) as viewers_who_purchased,
from visitors
"""


@dataclass(frozen=True)
class Counted:
    """Visitors who viewed a product, and those of them who purchased."""

    viewers: int
    buyers: int

    @property
    def rate(self) -> float | None:
        """The conversion rate; None without viewers."""
        return self.buyers / self.viewers if self.viewers else None


@dataclass(frozen=True)
class Viewers:
    """Conversion counts of the three windows; None where the data does not reach the whole window."""

    windows: Windows
    current: Counted
    previous: Counted | None
    year_before: Counted | None
    first_day: dt.date | None
    min_sample: int

    @property
    def p_value(self) -> float | None:
        """Of the test against the window before, without correction; None without one to compare with."""
        now, before = self.current, self.previous
        if before is None:
            return None
        return two_proportion_p_value(now.buyers, now.viewers, before.buyers, before.viewers)

    def card(self, currency: str, is_clear: bool) -> Card:
        """The card, with the count and the interval beside the rate."""
        now = self.current
        return card(
            metric("conversion_rate"),
            now.rate if numbers.is_reliable(now.viewers, self.min_sample) else None,
            currency,
            self._comparison(self.previous),
            self._comparison(self.year_before),
            counted_note(now.buyers, now.viewers, self.min_sample),
            is_clear,
        )

    def _comparison(self, then: Counted | None) -> Comparison:
        if then is not None:
            return rate_comparison(then.buyers, then.viewers, self.min_sample, "no viewers then")
        why = "no data" if self.first_day is None else f"no data before {day(self.first_day)}"
        return Comparison(None, why_missing=why)

    def finding(self, adjusted_p: float | None) -> Finding:
        """Conversion in a sentence; called a change only where `adjusted_p` allows it."""
        now, before, dates = self.current, self.previous, self.windows.current.text
        if now.rate is None:
            return Finding(f"No visitor viewed a product on {dates}, so there is no conversion.")
        part = f"{numbers.count(now.buyers)} of {numbers.count(now.viewers)}"
        counts = f"{part} visitors who viewed a product purchased"
        if not numbers.is_reliable(now.viewers, self.min_sample):
            return Finding(f"{counts} on {dates}.", f"Too few to show a rate (n < {self.min_sample}).")
        sentence = f"Conversion was {numbers.percent(now.rate)}: {counts}."
        if before is None or not numbers.is_reliable(before.viewers, self.min_sample):
            return Finding(sentence, f"{_interval_text(now)}; there is too little before to compare with.")
        assert before.rate is not None
        made = change(now.rate, before.rate, "rate", good=metric("conversion_rate").good)
        between = _between(now, before)
        if not findings.is_found(adjusted_p):
            was = numbers.percent(before.rate)
            alone = findings.is_found(self.p_value) and adjusted_p is not None
            why = f", {numbers.p_value(adjusted_p or 1)} after Holm" if alone else ""
            return Finding(sentence, f"No clear change from {was} in the window before ({between}{why}).")
        assert adjusted_p is not None
        verb = "rose" if made.direction == "up" else "fell"
        return Finding(
            f"Conversion {verb} to {numbers.percent(now.rate)}: {made.text}.",
            f"{counts} ({between}; {numbers.p_value(adjusted_p)} after Holm).",
            made.tone,
            is_claim=True,
        )


def _between(now: Counted, before: Counted) -> str:
    interval = difference_interval(now.buyers, now.viewers, before.buyers, before.viewers)
    assert interval is not None  # both have viewers
    return f"95 % interval of the change {numbers.points(interval.low)} to {numbers.points(interval.high)}"


def rate_comparison(successes: int, trials: int, min_sample: int, why_none: str) -> Comparison:
    """What a card's rate is compared with: no number where it would stand on too few units.

    Examples
    --------
    >>> rate_comparison(9, 90, 30, "no viewers then").text
    '10.0\\xa0% (n = 90)'
    >>> rate_comparison(1, 2, 30, "no viewers then").why_missing
    'then 1 of 2: too few to show a rate (n < 30)'
    """
    if not trials:
        return Comparison(None, why_missing=why_none)
    text = numbers.rate(successes, trials, min_sample)
    if not numbers.is_reliable(trials, min_sample):
        return Comparison(None, why_missing=f"then {text}")
    return Comparison(successes / trials, text=text)


def counted_note(successes: int, trials: int, min_sample: int) -> str:
    """What stands beside a rate on a card: its count and interval, or the warning that they are few.

    Examples
    --------
    >>> counted_note(45, 1234, 30)
    '45 of 1,234; 95 % interval 2.7–4.8\\xa0%'
    >>> counted_note(1, 2, 30)
    '1 of 2: too few to show a rate (n < 30)'
    >>> counted_note(0, 0, 30)
    'nobody to count'
    """
    interval = wilson_interval(successes, trials)
    if interval is None:
        return "nobody to count"
    counts = f"{numbers.count(successes)} of {numbers.count(trials)}"
    if not numbers.is_reliable(trials, min_sample):
        return f"{counts}: {numbers.too_few(min_sample)}"
    return f"{counts}; 95 % interval {numbers.percent_range(interval.low, interval.high)}"


def _interval_text(now: Counted) -> str:
    interval = wilson_interval(now.buyers, now.viewers)
    assert interval is not None  # there are viewers
    return f"95 % interval {numbers.percent_range(interval.low, interval.high)}"


def viewers(book: Shop) -> Viewers:
    """The conversion counts of the shop's windows; nobody and no first day in a shop without visits."""
    found = run_windows(book)
    if not book.available("fct_funnel_daily"):
        return Viewers(found, Counted(0, 0), None, None, None, book.parameters.min_sample)
    start = first_day(book, "fct_funnel_daily")
    counted = {
        row["period"]: Counted(int(row["view_visitors"]), int(row["viewers_who_purchased"]))
        for row in records(book, _WINDOWS)
    }
    nobody = Counted(0, 0)
    previous = counted.get("previous_window", nobody) if start and start <= found.previous.first else None
    return Viewers(
        windows=found,
        current=counted.get("window", nobody),
        previous=previous,
        year_before=_year_before(book, found, start),
        first_day=start,
        min_sample=book.parameters.min_sample,
    )


def _year_before(book: Shop, found: Windows, start: dt.date | None) -> Counted | None:
    if start is None or start > found.year_before.first:
        return None
    days = found.year_before
    row = records(book, _YEAR_BEFORE, first_date=days.first, last_date=days.last)[0]
    return Counted(int(row["view_visitors"]), int(row["viewers_who_purchased"]))
