"""The sentences of the customers page.

Totals are facts of all buyers. Two kinds of comparison are tested, under one Holm correction: the newest
cohorts against those before them, and each acquisition source against the other buyers of the same months.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.pages import (
    customers_cohorts,
    customers_holdout,
    customers_rows,
    customers_segments,
    customers_sources,
    periods,
)
from analysis_lib.pages.customers_cohorts import Newest
from analysis_lib.pages.customers_sources import Source
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding
from analysis_lib.reporting.windows import day, month

if TYPE_CHECKING:
    import datetime as dt

    from analysis_lib.shop import Shop

MOST = 5


@dataclass(frozen=True)
class Tested:
    """The page's comparisons after Holm."""

    newest: Newest | None
    newest_p: float | None
    sources: tuple[Source, ...]

    @property
    def number(self) -> int:
        """How many comparisons were tested."""
        return sum(p is not None for p in (self.newest_p, *(source.p_value for source in self.sources)))


@functools.lru_cache(maxsize=4)
def tested(book: Shop) -> Tested:
    """Every comparison of the page, all under one correction."""
    newest = customers_cohorts.newest_against_earlier(book)
    least = book.parameters.min_sample
    newest_p = None
    if newest and min(Newest.counts(newest.newest)[1], Newest.counts(newest.earlier)[1]) >= least:
        newest_p = newest.p_value
    sources = customers_sources.read(book)
    p_newest, *adjusted = findings.adjusted(
        [newest_p, *(source.test.p_value if source.test else None for source in sources)]
    )
    with_p = (dataclasses.replace(source, p_value=p) for source, p in zip(sources, adjusted, strict=True))
    return Tested(newest, p_newest, tuple(with_p))


def write(book: Shop) -> list[Finding]:
    """Three to five findings; empty when nobody has bought."""
    if not customers_rows.buyers(book).buyers:
        return []
    found = tested(book)
    at_risk = findings.see(_at_risk(book), "cross_sell", "what each of them looked at and did not buy")
    made = [_repeat(book), *_differences(book, found), _churn(book), at_risk, _expected(book)]
    return [finding for finding in made if finding is not None][:MOST]


def _repeat(book: Shop) -> Finding:
    found = customers_rows.buyers(book)
    revenue = found.repeat_revenue_share
    brought = (
        f" and brought {numbers.percent(revenue)} of net revenue"
        if revenue is not None and 0 <= revenue <= 1
        else ""
    )
    few = found.buyers < book.parameters.min_sample
    share = "" if few or found.repeat_share is None else f" ({numbers.percent(found.repeat_share)})"
    interval = found.repeat_interval
    sure = (
        ""
        if few or interval is None
        else f"95 % interval of the share {numbers.percent_range(interval.low, interval.high)}. "
    )
    verb = "has" if found.came_back == 1 else "have"
    return Finding(
        f"{numbers.count(found.came_back)} of {numbers.plural(found.buyers, 'buyer')}{share} {verb} come "
        f"back for another order{brought}.",
        f"{sure}{_best(book)}".strip(),
    )


def _best(book: Shop) -> str:
    if not book.available("fct_segment_summary"):
        return ""
    rows = [row for row in customers_segments.rows_of(customers_segments.summary(book)) if row.customers]
    rows = [row for row in rows if numbers.number_or_none(row.revenue_share) is not None]
    if not rows:
        return ""
    best = max(rows, key=lambda row: (row.revenue_share, -row.segment_order))
    return (
        f"The segment that brought most is {best.segment}: {numbers.plural(int(best.customers), 'buyer')}, "
        f"{numbers.percent(best.customer_share)} of all, with {numbers.percent(best.revenue_share)} "
        "of net revenue."
    )


def _differences(book: Shop, found: Tested) -> list[Finding]:
    """What a test found; that it found nothing, where there was something to test."""
    made = []
    if found.newest and findings.is_found(found.newest_p):
        made.append(_newest(found.newest, found.newest_p))
    clear = sorted(
        (source for source in found.sources if source.is_found),
        key=lambda source: (-abs(source.value - (source.others or 0.0)) * source.buyers, source.name),
    )
    if clear:
        made.append(_source(clear[0], book.parameters.currency))
    if made or not found.number:
        return made
    looked_at = []
    if found.newest_p is not None:
        looked_at.append("the newest cohorts")
    if any(source.p_value is not None for source in found.sources):
        looked_at.append("any acquisition source")
    return [
        Finding(
            f"No clear difference between {_between(looked_at)}.",
            f"{numbers.plural(found.number, 'comparison')} of return in the month after the first order and "
            "of gross profit for each buyer within the month of the first order: none is larger than chance "
            "explains (p < 0.05 after Holm).",
        )
    ]


def _between(looked_at: list[str]) -> str:
    words = {
        "the newest cohorts": "the newest cohorts of buyers and those before them",
        "any acquisition source": "the acquisition sources",
    }
    return ", nor between ".join(words[one] for one in looked_at)


def _span(months: tuple[dt.date, dt.date]) -> str:
    first, last = (month(one) for one in months)
    return first if first == last else f"{first}–{last}"


def _newest(newest: Newest, p_value: float | None) -> Finding:
    came, customers = Newest.counts(newest.newest)
    came_before, customers_before = Newest.counts(newest.earlier)
    share, before = came / customers, came_before / customers_before
    assert p_value is not None
    return Finding(
        f"The newest buyers come back {'more' if share > before else 'less'} often: "
        f"{numbers.percent(share)} ordered again in the month after their first order, "
        f"{numbers.percent(before)} of those before them.",
        f"{numbers.count(came)} of {numbers.count(customers)} who first ordered in "
        f"{_span(newest.newest_months)}, "
        f"{numbers.count(came_before)} of {numbers.count(customers_before)} of "
        f"{_span(newest.earlier_months)} "
        f"({numbers.points(share - before)}, {numbers.p_value(p_value)} after Holm, more than months differ "
        "among themselves).",
        "good" if share > before else "bad",
        is_claim=True,
    )


def _source(source: Source, currency: str) -> Finding:
    assert source.others is not None
    assert source.p_value is not None
    is_more = source.value > source.others
    return Finding(
        f"Buyers who came through {source.name} are worth {'more' if is_more else 'less'}: "
        f"{numbers.money(source.value, currency)} gross profit each to date, against "
        f"{numbers.money(source.others, currency)} of the others of the same months.",
        f"{numbers.plural(source.buyers, 'buyer')}; rank test within the month of the first order, "
        f"{numbers.p_value(source.p_value)} after Holm.",
        "good" if is_more else "bad",
        is_claim=True,
    )


def _churn(book: Shop) -> Finding | None:
    found = customers_rows.churn(book)
    if found is None or not found.eligible or found.rate is None or found.interval is None:
        return None
    after = numbers.days(book.parameters.churn_after_days)
    counts = f"{numbers.count(found.churned)} of {numbers.plural(found.eligible, 'buyer')}"
    verb = "has" if found.churned == 1 else "have"
    rule = f"Judged are those whose first order is at least {after} old."
    if found.eligible < book.parameters.min_sample:
        few = f"Too few to give a rate (n < {book.parameters.min_sample})."
        return Finding(f"{counts} {verb} not ordered for {after}.", f"{rule} {few}")
    interval = numbers.percent_range(found.interval.low, found.interval.high)
    return Finding(
        f"{counts} ({numbers.percent(found.rate)}) {verb} not ordered for {after}.",
        f"95 % interval {interval}. {rule}",
    )


def _at_risk(book: Shop) -> Finding | None:
    """Good customers who have not bought for long, with the action of the rule table."""
    if not book.available("fct_segment_summary"):
        return None
    rows = [
        row
        for row in customers_segments.rows_of(customers_segments.summary(book))
        if row.segment in customers_segments.AT_RISK and row.customers
    ]
    customers = sum(int(row.customers) for row in rows)
    revenue = sum(float(row.net_revenue) for row in rows)
    whole = customers_rows.buyers(book).net_revenue
    if not customers or not whole:
        return None
    names = " and ".join(row.segment for row in rows)
    last = rows[-1]
    rule = customers_segments.rules_in_words(book, last.segment)
    return Finding(
        f"{numbers.plural(customers, 'buyer')} {'counts' if customers == 1 else 'count'} as {names}, with "
        f"{numbers.money(revenue, book.parameters.currency, 0)} to date, {numbers.percent(revenue / whole)} "
        "of net revenue.",
        f"{_came_in(book)}For {last.segment} (scores of 1 to 5, {rule}) the rule table says: "
        f"{str(last.action).rstrip('.')}. Scores are ranks: every shop has such buyers.",
    )


def _came_in(book: Shop) -> str:
    if not book.available("fct_segment_migration"):
        return ""
    rows = customers_segments.moves(book)
    risky = rows["segment"].isin(customers_segments.AT_RISK)
    came = int(rows[risky & ~rows["previous_segment"].isin(customers_segments.AT_RISK)]["customers"].sum())
    before = day(periods.run_windows(book).previous.last)
    return f"{numbers.count(came)} of them came in since {before}. "


def _expected(book: Shop) -> Finding | None:
    found = customers_rows.buyers(book)
    if found.predicted_net_revenue is None:
        return None
    held_out = customers_holdout.sentence(book)
    return Finding(
        f"Those who bought so far are expected to bring "
        f"{numbers.money(found.predicted_net_revenue, book.parameters.currency)} in the next 12 months.",
        f"{numbers.count(found.predicted_orders)} order days by BG/NBD, their value by Gamma–Gamma; without "
        f"new customers. {held_out or 'There was no hold-out to try the model on.'}",
    )
