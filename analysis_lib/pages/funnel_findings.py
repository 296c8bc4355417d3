"""The sentences of the funnel page: conversion, the largest loss, and the gaps that are real."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import daily_tests, periods, segments
from analysis_lib.pages.conversion import Viewers, viewers
from analysis_lib.pages.daily_tests import Tested
from analysis_lib.pages.periods import Totals
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

# Step: label, what its sessions are called, column when ordered, column in any order.
_STEPS = (
    ("Visit", "visits", "sessions", "sessions"),
    ("Product view", "sessions with a product view", "ordered_view_sessions", "view_sessions"),
    ("Cart", "sessions with a cart", "ordered_cart_sessions", "cart_sessions"),
    ("Checkout", "sessions with a checkout", "ordered_checkout_sessions", "checkout_sessions"),
    ("Purchase", "sessions with a purchase", "ordered_purchase_sessions", "purchase_sessions"),
)
CARDS = (
    "sessions",
    "visit_to_view_rate",
    "view_to_cart_rate",
    "cart_to_purchase_rate",
    "session_conversion_rate",
)
_WORTH_SAYING = 0.01  # purchases outside the order of steps, as a part of all


@dataclass(frozen=True)
class FunnelStep:
    """A step with the sessions that reached it in order, and at all."""

    label: str
    plural: str
    ordered: int
    any_order: int


@dataclass(frozen=True)
class Compared:
    """The page's sums and every comparison on it: p-values are after one Holm correction over all of them.

    `tests` is by metric of the cards, against the window before.
    """

    visits: Totals
    viewers: Viewers
    conversion_p: float | None
    tests: Mapping[str, Tested]
    segments: list[segments.Segment]


def steps_of(row: Mapping[str, Any]) -> list[FunnelStep]:
    """The steps of a row of the mart; without a checkout where the shop does not track one."""
    return [
        FunnelStep(label, plural, int(row[ordered]), int(row[any_order]))
        for label, plural, ordered, any_order in _STEPS
        if row[ordered] is not None
    ]


# A shop is read-only, so its sums do not change while a notebook holds it.
@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Compared:
    """Everything that the page compares."""
    visits = periods.totals(book, "fct_funnel_daily", "session_date", CARDS)
    found = viewers(book)
    tests = daily_tests.compare(book, visits, CARDS, "previous")
    others = [found.p_value, *(test.p_value if test else None for test in tests.values())]
    tested, adjusted = segments.compare(segments.read(book), book.parameters.min_sample, others)
    by_name = {name: Tested(test, p) for (name, test), p in zip(tests.items(), adjusted[1:], strict=True)}
    return Compared(visits, found, adjusted[0], by_name, tested)


def write(book: Shop, row: Mapping[str, Any]) -> list[Finding]:
    """Three to five findings."""
    compared = read(book)
    found = [
        compared.viewers.finding(compared.conversion_p),
        findings.see(
            largest_loss(steps_of(row), book.parameters.min_sample),
            "products",
            "which products are looked at, and not bought",
        ),
    ]
    gaps = segments.gaps(compared.segments, most=2)
    found += gaps or [segments.no_gap(compared.segments)]
    found += _out_of_order(row)
    return found


def largest_loss(steps: Sequence[FunnelStep], min_sample: int) -> Finding:
    """The step that loses the largest part of those who reached the one before, where they are enough."""
    pairs = [(before, after) for before, after in itertools.pairwise(steps) if before.ordered >= min_sample]
    if not pairs:
        return Finding(f"Too few sessions to say where most of them stop (n < {min_sample}).")
    before, after = max(pairs, key=lambda pair: 1 - pair[1].ordered / pair[0].ordered)
    lost = before.ordered - after.ordered
    if not lost:
        return Finding("No session stopped before the purchase.")
    return Finding(
        f"Most is lost between {before.label.lower()} and {after.label.lower()}: "
        f"{numbers.percent(lost / before.ordered)} go no further.",
        f"Of {numbers.count(before.ordered)} {before.plural}, {numbers.count(after.ordered)} reached the "
        "next step.",
    )


def _out_of_order(row: Mapping[str, Any]) -> list[Finding]:
    """Purchases that did not follow the steps, where they are more than a few."""
    total, ordered = int(row["purchase_sessions"]), int(row["ordered_purchase_sessions"])
    if not total or (total - ordered) / total < _WORTH_SAYING:
        return []
    outside = total - ordered
    return [
        Finding(
            f"{numbers.percent(outside / total)} of the sessions with a purchase did not take the steps in "
            "order.",
            f"{numbers.count(outside)} of {numbers.count(total)} purchased without a product view and a cart "
            "before it in the same session; most tools count them as converted.",
        )
    ]
