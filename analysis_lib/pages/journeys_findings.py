"""The sentences of the journeys page: how fast, how many, and for whom it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analysis_lib.pages import journeys_rows, journeys_tests
from analysis_lib.pages.journeys_rows import ALL, LAST_DAY, TEST_DAYS, Cohort, Journeys
from analysis_lib.pages.journeys_tests import Compared, Comparisons
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding
from analysis_lib.reporting.windows import month
from analysis_lib.statistics.proportions import wilson_interval

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_DAY = 86400  # seconds
_MOST = 0.9  # of those who buy within the curve


def write(book: Shop) -> list[Finding]:
    """Up to five findings; empty when nobody ever came."""
    found = journeys_rows.read(book)
    if found is None:
        return []
    if not found.whole.buyers:
        return [Finding(f"None of the {found.since} has bought yet.")]
    compared = journeys_tests.compare(book)
    *others, last = _sources(compared)
    sources = [*others, findings.see_claim(last, "marketing", "what a customer of each source cost")]
    made = [_speed(found), _share(book, found), *sources, _at_once(compared), _months(compared)]
    return [finding for finding in made if finding is not None]


def wait(days: float | None) -> str:
    """A time to the purchase in the unit that a reader would use.

    Examples
    --------
    >>> wait(0.0066), wait(8.8), wait(None)
    ('9.5\\xa0min', '8.8\\xa0days', '–')
    """
    return numbers.duration(None if days is None else days * _DAY)


def sessions(value: float | None) -> str:
    """A number of sessions, with a decimal where it lies between two.

    Examples
    --------
    >>> sessions(0.0), sessions(1.5)
    ('0', '1.5')
    """
    return numbers.count(value, 1 if value is not None and value % 1 else 0)


def _speed(found: Journeys) -> Finding:
    buyers = sum(number for _, number in found.sessions)
    at_once = sum(number for before, number in found.sessions if before == 0)
    interval = wilson_interval(at_once, buyers)
    assert interval is not None
    limits = numbers.percent_range(interval.low, interval.high)
    later = ""
    if found.later_days is not None:
        later = (
            f" The others came back: the middle one of these {numbers.plural(buyers - at_once, 'buyer')} "
            f"bought {wait(found.later_days)} after the first visit, with {sessions(found.later_sessions)} "
            f"{'session' if found.later_sessions == 1 else 'sessions'} before."
        )
    return Finding(
        f"The middle buyer placed the first order {wait(found.whole.value('median_days_to_purchase'))} after "
        "the first visit began.",
        f"{numbers.count(at_once)} of {numbers.plural(buyers, 'buyer')} bought in their first session "
        f"({numbers.percent(at_once / buyers)}, 95{numbers.NO_BREAK}% interval {limits}).{later}",
    )


def _share(book: Shop, found: Journeys) -> Finding | None:
    """The share by the longest of 7, 30 and 90 days that is known, and how early most of it is there."""
    known = [days for days in (7, TEST_DAYS, LAST_DAY) if found.whole.share(days) is not None]
    if not known:
        return None
    shown = TEST_DAYS if TEST_DAYS in known else known[0]
    share = found.whole.share(shown)
    limits = found.whole.limits(shown)
    parts = []
    if limits is not None:
        parts.append(f"95{numbers.NO_BREAK}% interval {numbers.percent_range(*limits)}")
    parts += [f"by {days} days {numbers.percent(found.whole.share(days))}" for days in known if days != shown]
    evidence = "; ".join(parts)
    return Finding(
        f"{numbers.percent(share)} of the visitors have bought within {shown} days of their first visit.",
        f"{evidence[:1].upper()}{evidence[1:]}{'.' if evidence else ''}{_when_most(book, known[-1])}",
    )


def _when_most(book: Shop, last: int) -> str:
    """The day by which nine of ten have bought of those who do within the last known of 7, 30 and 90 days."""
    rows = journeys_rows.curves(book)
    whole = rows[(rows["cohort"] == ALL) & (rows["traffic_source"] == ALL) & (rows["day"] <= last)]
    shares = [float(value) for value in whole["converted_share"].tolist()]
    if not shares or not shares[-1] > 0:
        return ""
    day = next(day for day, share in enumerate(shares) if share >= _MOST * shares[-1])
    return (
        f" Of those who buy within {last} days, {numbers.percent(_MOST, 0)} have done so by day {day}."
        if day < last
        else ""
    )


def _sources(compared: Comparisons) -> list[Finding]:
    """The source with most buyers above and the one with most below the others; else that there is none."""
    tested = {name: one for name, one in compared.bought.items() if one.p_value is not None}
    if not tested:
        return [Finding("There are too few visitors to compare traffic sources.")]
    found = {name: one for name, one in tested.items() if one.is_found}
    if not found:
        return [
            Finding(
                "No traffic source leads clearly more or fewer of its visitors to a first purchase within "
                f"{TEST_DAYS} days.",
                f"None of {numbers.plural(len(tested), 'source')} differs from the others by more than "
                "chance explains (two-proportion tests of Kaplan–Meier estimates, with Holm's correction).",
            )
        ]
    if len(found) == len(tested) == 2:  # the same test twice
        found = dict([max(found.items(), key=lambda item: item[1].rate)])
    best = _extreme({name: one for name, one in found.items() if one.rate > one.other_rate})
    worst = _extreme({name: one for name, one in found.items() if one.rate < one.other_rate})
    return [_source(name, found[name]) for name in (best, worst) if name is not None]


def _extreme(found: Mapping[str, Compared]) -> str | None:
    """The source whose difference means most buyers."""
    return max(
        found,
        key=lambda name: (abs(found[name].rate - found[name].other_rate) * found[name].trials, name),
        default=None,
    )


def _source(name: str, one: Compared) -> Finding:
    is_higher = one.rate > one.other_rate
    extra = abs(one.rate - one.other_rate) * one.trials
    fewer = "more" if is_higher else "fewer"
    return Finding(
        f"{numbers.percent(one.rate)} of the visitors who first came through {name} have bought within "
        f"{TEST_DAYS} days, {numbers.percent(one.other_rate)} of those of the other sources.",
        f"{_evidence(one)} That is about {numbers.plural(round(extra), 'buyer')} {fewer} than at the share "
        "of the others.",
        "good" if is_higher else "bad",
        is_claim=True,
    )


def _evidence(one: Compared) -> str:
    assert one.p_value is not None
    interval = one.difference
    limits = (
        f", 95{numbers.NO_BREAK}% interval {numbers.points(interval.low)} to {numbers.points(interval.high)}"
        if interval
        else ""
    )
    return (
        f"Difference {numbers.points(one.rate - one.other_rate)}{limits}; {numbers.p_value(one.p_value)} "
        "after Holm."
    )


def _at_once(compared: Comparisons) -> Finding | None:
    """The source whose buyers differ most in how many of them buy in the first session, if any does."""
    found = {name: one for name, one in compared.at_once.items() if one.is_found}
    name = _extreme(found)
    if name is None:
        return None
    one = found[name]
    more = "more often" if one.rate > one.other_rate else "less often"
    return Finding(
        f"Who first came through {name} and bought did so in the first session {more} than others: "
        f"{numbers.percent(one.rate)} of {numbers.plural(one.trials, 'buyer')} against "
        f"{numbers.percent(one.other_rate)} of {numbers.count(one.other_trials)}.",
        f"{_evidence(one)} Counted over purchases within {TEST_DAYS} days.",
        is_claim=True,
    )


def _months(compared: Comparisons) -> Finding | None:
    one = compared.months
    if one is None or one.p_value is None:
        return None
    newest, before = _named(compared.newest), _named(compared.before)
    shares = f"{numbers.percent(one.rate)} within {TEST_DAYS} days, against {numbers.percent(one.other_rate)}"
    if not one.is_found:
        return Finding(
            "Recent visitors buy neither clearly more nor clearly less often than those before them.",
            f"First visit in {newest}: {shares} of {before} ({numbers.p_value(one.p_value)} after Holm).",
        )
    is_higher = one.rate > one.other_rate
    return Finding(
        f"Visitors who first came in {newest} buy {'more' if is_higher else 'less'} often than those of "
        f"{before}: {shares}.",
        _evidence(one),
        "good" if is_higher else "bad",
        is_claim=True,
    )


def _named(cohorts: Sequence[Cohort]) -> str:
    """Months as a reader names them, the newest being the first of the cohorts."""
    starts = [cohort.first for cohort in cohorts if cohort.first is not None]
    first, last = min(starts), max(starts)
    return month(first) if first == last else f"{month(first)}–{month(last)}"
