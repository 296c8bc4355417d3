"""Conversion by device, source, country and kind of visitor: which gaps are more than chance?

Tests run on visitors, not on sessions: the sessions of one visitor are no independent trials. New against
returning is shown and not tested: a visitor is known to return mostly because of having signed up or
bought, so that the gap is there in every shop, also where all visits are alike (docs/findings.md).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.periods import records
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.findings import Finding
from analysis_lib.statistics.proportions import (
    SMALL_AMONG_MANY,
    Interval,
    two_proportion_p_value,
    wilson_interval,
)

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

NOT_SET = "(not set)"
DIMENSIONS = {
    "device": "Device",
    "traffic_source": "Traffic source",
    "visitor_type": "Visitors",
    "country": "Country",
    "category": "Category",
}
# A visitor stands in every category that they viewed, so that categories are neither parts of a whole nor
# independent. The largest are compared by conversion; what they say of single products is on the products
# page.
CATEGORY = "category"
CATEGORIES_TESTED = 8
UNTESTED = ("visitor_type",)
# Step: numerator, denominator (both count visitors), and what those of the denominator did.
STEPS = {
    "conversion": ("viewers_who_purchased", "view_visitors", "who viewed a product purchased"),
    "view to cart": ("ordered_cart_visitors", "ordered_view_visitors", "who viewed a product used the cart"),
    "cart to purchase": ("ordered_purchase_visitors", "ordered_cart_visitors", "with a cart purchased"),
}
_QUERY = """
select *
from fct_funnel_segments
where period = 'window' and dimension != 'all'
order by dimension, sessions desc, segment
"""


@dataclass(frozen=True)
class Comparison:
    """One rate of a segment against that of the other segments of its dimension.

    `p_value` is after Holm; None where it was not tested.
    """

    successes: int
    trials: int
    other_successes: int
    other_trials: int
    p_value: float | None = None

    @property
    def rate(self) -> float | None:
        """The segment's rate; None without trials."""
        return self.successes / self.trials if self.trials else None

    @property
    def other_rate(self) -> float | None:
        """The rate of the others; None without trials."""
        return self.other_successes / self.other_trials if self.other_trials else None

    @property
    def is_found(self) -> bool:
        """Whether the two may be called different."""
        return findings.is_found(self.p_value)

    @property
    def missing(self) -> float:
        """How many more successes the segment would have at the rate of the others; or fewer, if negative."""
        if self.rate is None or self.other_rate is None:
            return 0.0
        return (self.other_rate - self.rate) * self.trials

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the segment's rate."""
        return wilson_interval(self.successes, self.trials)


@dataclass(frozen=True)
class Segment:
    """One segment of a dimension with its row of the mart and its comparisons by step."""

    dimension: str
    name: str
    row: Mapping[str, Any]
    steps: Mapping[str, Comparison] = field(default_factory=dict)

    @property
    def conversion(self) -> Comparison:
        """The comparison of its conversion rate."""
        return self.steps["conversion"]


def read(book: Shop) -> list[dict[str, Any]]:
    """The rows of the window by segment, the largest segments of a dimension first."""
    return records(book, _QUERY)


def compare(
    rows: Sequence[Mapping[str, Any]], min_sample: int, others: Sequence[float | None] = ()
) -> tuple[list[Segment], list[float | None]]:
    """Compare every segment with the rest of its dimension, all tests of the page under one Holm.

    Parameters
    ----------
    rows
        Rows of `fct_funnel_segments`, one a segment.
    min_sample
        Segments on fewer visitors, `(not set)`, and new against returning are shown and not tested.
    others
        P-values of the page's other comparisons, which belong to the same family.

    Returns
    -------
    segments, adjusted
        The segments, and the adjusted p-values of `others`.
    """
    compared = [
        (row, step, _against_rest(row, rows, step))
        for row in rows
        for step in STEPS
        if row["dimension"] in DIMENSIONS
    ]
    asked = _largest_categories(rows)
    p_values = [
        _p_value(comparison)
        if _is_asked(row, step, asked) and _is_testable(row, rows, comparison, min_sample)
        else None
        for row, step, comparison in compared
    ]
    adjusted = findings.adjusted([*others, *p_values])
    found = {
        (row["dimension"], row["segment"], step): p
        for (row, step, _), p in zip(compared, adjusted[len(others) :], strict=True)
    }
    steps: dict[tuple[str, str], dict[str, Comparison]] = {}
    for row, step, comparison in compared:
        named = _named(row["dimension"], rows)
        stands_for = named[0] if len(named) == 2 and row["segment"] in named else row["segment"]
        p = found[row["dimension"], stands_for, step]
        key = (row["dimension"], row["segment"])
        steps.setdefault(key, {})[step] = dataclasses.replace(comparison, p_value=p)
    segments = [
        Segment(row["dimension"], row["segment"], row, steps[row["dimension"], row["segment"]])
        for row in rows
        if row["dimension"] in DIMENSIONS
    ]
    return segments, adjusted[: len(others)]


def _against_rest(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], step: str) -> Comparison:
    numerator, denominator, _ = STEPS[step]
    rest = [
        other
        for other in rows
        if other["dimension"] == row["dimension"] and other["segment"] not in (row["segment"], NOT_SET)
    ]
    return Comparison(
        int(row[numerator]),
        int(row[denominator]),
        sum(int(other[numerator]) for other in rest),
        sum(int(other[denominator]) for other in rest),
    )


def _largest_categories(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The categories that most visitors viewed: chosen by their size, never by their rate."""
    named = [row for row in rows if row["dimension"] == CATEGORY and row["segment"] != NOT_SET]
    ordered = sorted(named, key=lambda row: (-int(row["view_visitors"]), row["segment"]))
    return frozenset(row["segment"] for row in ordered[:CATEGORIES_TESTED])


def _is_asked(row: Mapping[str, Any], step: str, categories: frozenset[str]) -> bool:
    return row["dimension"] != CATEGORY or (step == "conversion" and row["segment"] in categories)


def _is_testable(
    row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], comparison: Comparison, min_sample: int
) -> bool:
    if row["dimension"] in UNTESTED or row["segment"] == NOT_SET:
        return False
    if min(comparison.trials, comparison.other_trials) < min_sample:
        return False
    named = _named(row["dimension"], rows)
    # Of two segments each is the rest of the other: one test, not two.
    return len(named) > 2 or row["segment"] == named[0]


def _named(dimension: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The segments of a dimension, without `(not set)`, in alphabetical order."""
    return sorted(
        row["segment"] for row in rows if row["dimension"] == dimension and row["segment"] != NOT_SET
    )


def _p_value(comparison: Comparison) -> float | None:
    return two_proportion_p_value(
        comparison.successes,
        comparison.trials,
        comparison.other_successes,
        comparison.other_trials,
        SMALL_AMONG_MANY,
    )


def gaps(segments: Sequence[Segment], most: int = 2) -> list[Finding]:
    """The largest gaps in conversion that a test confirms, one a dimension; the most buyers first."""
    found = [one for one in segments if one.conversion.is_found and one.dimension != CATEGORY]
    largest: dict[str, Segment] = {}
    for segment in sorted(found, key=lambda segment: (-abs(segment.conversion.missing), segment.name)):
        largest.setdefault(segment.dimension, segment)
    ranked = sorted(largest.values(), key=lambda segment: -abs(segment.conversion.missing))
    return [_gap(segment) for segment in ranked[:most]]


def no_gap(segments: Sequence[Segment]) -> Finding:
    """Said when no gap is larger than chance explains."""
    number = sum(one.conversion.p_value is not None for one in segments if one.dimension != CATEGORY)
    if not number:
        return Finding("There are too few visitors to compare segments.")
    return Finding(
        "No segment converts clearly better or worse than the rest.",
        f"None of {numbers.plural(number, 'segment')} by device, source and country differs "
        "by more than chance explains (two-proportion tests with Holm's correction).",
    )


def _gap(segment: Segment) -> Finding:
    compared = segment.conversion
    assert compared.rate is not None
    assert compared.other_rate is not None
    assert compared.p_value is not None
    is_lower = compared.rate < compared.other_rate
    name = segment.name[0].upper() + segment.name[1:]
    others = f"every other {DIMENSIONS[segment.dimension].lower()} together"
    fewer = numbers.plural(round(abs(compared.missing)), "buyer")
    consequence = (
        f"At their rate it would have {fewer} more."
        if is_lower
        else f"That is {fewer} more than at their rate."
    )
    counts = f"{numbers.count(compared.successes)} of {numbers.count(compared.trials)} visitors bought"
    rest = f"{numbers.count(compared.other_successes)} of {numbers.count(compared.other_trials)}"
    evidence = f"{counts}, against {rest} ({numbers.p_value(compared.p_value)} after Holm)."
    return Finding(
        f"{name} converts at {numbers.percent(compared.rate)}, {others} at "
        f"{numbers.percent(compared.other_rate)}.",
        " ".join(part for part in (evidence, consequence, _where(segment)) if part),
        "bad" if is_lower else "good",
        is_claim=True,
    )


def _where(segment: Segment) -> str:
    """The steps at which the gap opens, where a test says so."""
    parts = []
    for step in ("view to cart", "cart to purchase"):
        compared = segment.steps[step]
        if compared.is_found and compared.rate is not None and compared.other_rate is not None:
            rates = f"{numbers.percent(compared.rate)} against {numbers.percent(compared.other_rate)}"
            parts.append(f"{step} ({rates})")
    return f"The gap shows from {' and from '.join(parts)}." if parts else ""
