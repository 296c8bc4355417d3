"""Who buys more often, and who takes longer: the comparisons of the page, all under one Holm.

Shares by a day are compared as the proportions that their Kaplan–Meier estimates are worth
(:func:`~analysis_lib.statistics.censored.effective_counts`), each source against all the others together.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.pages import journeys_rows
from analysis_lib.pages.journeys_rows import NOT_SET, TEST_DAYS, Cohort
from analysis_lib.reporting import findings
from analysis_lib.statistics.proportions import (
    SMALL_AMONG_MANY,
    Interval,
    difference_interval,
    two_proportion_p_value,
)

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_MONTHS = 3  # how many cohorts are compared with as many before them


@dataclass(frozen=True)
class Compared:
    """A proportion against another; `p_value` is after Holm, None where it was not tested."""

    successes: int
    trials: int
    other_successes: int
    other_trials: int
    p_value: float | None = None

    @property
    def rate(self) -> float:
        """The first proportion."""
        return self.successes / self.trials if self.trials else 0.0

    @property
    def other_rate(self) -> float:
        """The one that it is compared with."""
        return self.other_successes / self.other_trials if self.other_trials else 0.0

    @property
    def is_found(self) -> bool:
        """Whether the two may be called different."""
        return findings.is_found(self.p_value)

    @property
    def difference(self) -> Interval | None:
        """The 95 % interval of first minus second."""
        return difference_interval(self.successes, self.trials, self.other_successes, self.other_trials)


@dataclass(frozen=True)
class Comparisons:
    """The comparisons of the page.

    Parameters
    ----------
    bought
        By source: the share that has bought within 30 days, against the other sources.
    at_once
        By source: of those who bought within 30 days, the share that did in the first session.
    months
        The share within 30 days of the newest cohorts against that of as many before; None without them.
    newest, before
        These cohorts, the newest first.
    """

    bought: Mapping[str, Compared]
    at_once: Mapping[str, Compared]
    months: Compared | None
    newest: Sequence[Cohort] = ()
    before: Sequence[Cohort] = ()

    @property
    def number(self) -> int:
        """How many of them were tested."""
        every = [*self.bought.values(), *self.at_once.values(), *([self.months] if self.months else [])]
        return sum(compared.p_value is not None for compared in every)


@functools.lru_cache(maxsize=4)
def compare(book: Shop) -> Comparisons:
    """Every comparison of the page; none where nobody ever came."""
    found = journeys_rows.read(book)
    if found is None:
        return Comparisons({}, {}, None)
    least = book.parameters.min_sample
    bought = against_rest(
        {source.name: counts for source in found.sources if (counts := source.counts) is not None}
    )
    at_once = against_rest(found.at_once)
    newest, before = _months(found.months, found.first_date, book.data_through)
    months = _added(newest, before)
    families = [*_p_values(bought, least), *_p_values(at_once, least)]
    last = _p_value(months) if months and min(months.trials, months.other_trials) >= least else None
    *adjusted, months_p = findings.adjusted([*families, last])
    return Comparisons(
        _with(bought, adjusted[: len(bought)]),
        _with(at_once, adjusted[len(bought) :]),
        None if months is None else dataclasses.replace(months, p_value=months_p),
        newest,
        before,
    )


def against_rest(counts: Mapping[str, tuple[int, int]]) -> dict[str, Compared]:
    """Each source against the other named ones together.

    Examples
    --------
    >>> against_rest({"Email": (5, 100), "Search": (2, 80), "(not set)": (9, 9)})["Email"]
    Compared(successes=5, trials=100, other_successes=2, other_trials=80, p_value=None)
    """
    made = {}
    for name, (successes, trials) in counts.items():
        rest = [count for other, count in counts.items() if other not in (name, NOT_SET)]
        made[name] = Compared(successes, trials, sum(one for one, _ in rest), sum(of for _, of in rest))
    return made


def _p_values(compared: Mapping[str, Compared], least: int) -> list[float | None]:
    named = sorted(name for name in compared if name != NOT_SET)
    p_values = []
    for name, one in compared.items():
        # Of two sources each is the rest of the other: one test, not two.
        is_tested = name in named and (len(named) > 2 or name == named[0])
        is_enough = min(one.trials, one.other_trials) >= least
        p_values.append(_p_value(one) if is_tested and is_enough else None)
    return p_values


def _p_value(one: Compared) -> float | None:
    return two_proportion_p_value(
        one.successes, one.trials, one.other_successes, one.other_trials, SMALL_AMONG_MANY
    )


def _with(compared: Mapping[str, Compared], p_values: Sequence[float | None]) -> dict[str, Compared]:
    found = dict(zip(compared, p_values, strict=True))
    named = sorted(name for name in compared if name != NOT_SET)
    if len(named) == 2:  # the test of the one is that of the other
        found[named[1]] = found[named[0]]
    return {name: dataclasses.replace(one, p_value=found[name]) for name, one in compared.items()}


def _months(
    months: Sequence[Cohort], first_date: dt.date, as_of: dt.date
) -> tuple[Sequence[Cohort], Sequence[Cohort]]:
    """The newest cohorts whose 30 days are over and as many before, without the month of the first day.

    That month holds visitors who had come before the data began and are not new.
    """
    known = [
        cohort
        for cohort in months
        if cohort.is_watched(TEST_DAYS, as_of) and cohort.first is not None and cohort.first > first_date
    ]
    taken = min(_MONTHS, len(known) // 2)
    return known[:taken], known[taken : 2 * taken]


def _added(newest: Sequence[Cohort], before: Sequence[Cohort]) -> Compared | None:
    if not newest:
        return None
    sums = []
    for cohorts in (newest, before):
        counts = [counts for cohort in cohorts if (counts := cohort.counts) is not None]
        sums += [sum(one for one, _ in counts), sum(of for _, of in counts)]
    return Compared(*sums)
