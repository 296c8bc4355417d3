"""The funnel by device, source, country and kind of visitor, with intervals, as a chart and as a table."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import funnel_findings, periods, segments
from analysis_lib.pages.conversion import viewers
from analysis_lib.reporting import numbers, rate_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.rate_charts import Estimate
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

MOST_SEGMENTS = 8


_WORTH_SAYING = 0.05  # viewers of whom a dimension is not known, as a part of all
_CHARTS = (("device", "traffic_source"), ("visitor_type", "country"), (segments.CATEGORY,))


def by_dimension(book: Shop) -> Html:
    """Conversion by device and source, by kind of visitor and country, and by category, each as a chart."""
    return join([gaps(book, dimensions) for dimensions in _CHARTS])


def gaps(book: Shop, dimensions: Sequence[str] = _CHARTS[0]) -> Html:
    """Conversion by segment with 95 % intervals; those that a test tells apart stand out."""
    window = periods.run_windows(book).current.text
    found = funnel_findings.read(book).segments
    named = [segment for segment in found if segment.dimension in dimensions]
    known = [
        name
        for name in dimensions
        if {segment.name for segment in named if segment.dimension == name} - {segments.NOT_SET}
    ]
    labels = " and ".join(segments.DIMENSIONS[name].lower() for name in known or dimensions)
    rows = [
        row for name in known for row in _estimates([one for one in named if one.dimension == name], book)
    ]
    if not rows:
        return empty(
            f"No visitor with a known {labels.replace(' and ', ' or ')} viewed a product on {window}."
        )
    is_category = list(dimensions) == [segments.CATEGORY]
    overall = _together(named) if is_category else viewers(book).current.rate
    note = " A visitor counts in every category that they viewed." if is_category else _unknown(named)
    standing_out = [row.label for row in rows if row.stands_out]
    tested = [segments.DIMENSIONS[name].lower() for name in known if name not in segments.UNTESTED]
    if len(tested) < len(known):
        note += " New and returning visitors are not compared by a test: who returns has chosen to."
    outcome = (
        f"Clearly different from the rest: {', '.join(standing_out)}."
        if standing_out
        else f"No clear difference by {' or '.join(tested)}."
        if tested
        else ""
    )
    words = Words(
        f"Conversion by {labels} with 95 % intervals, {window}",
        f"{outcome} Orange diamonds: different from the rest of their group (p < 0.05 after Holm). "
        f"Hollow, with the count alone: {numbers.too_few(book.parameters.min_sample)}.{note}",
        f"Dot chart of conversion by {labels}. {outcome} "
        + "; ".join(f"{row.label} {row.text}" for row in rows)
        + f".{note}",
    )
    name = f"conversion-by-{'-'.join(dimensions)}".replace("_", "-")
    label = f"{'together' if is_category else 'all'} {numbers.percent(overall)}"
    return rate_charts.estimates(
        name, rows, overall, label, functools.partial(numbers.percent, decimals=0), words
    ).html


def _unknown(found: Sequence[segments.Segment]) -> str:
    """A warning where a dimension is not known of many: then who is known may be chosen by having bought."""
    notes = []
    for dimension in dict.fromkeys(segment.dimension for segment in found):
        counted = {one.name: one.conversion for one in found if one.dimension == dimension}
        unknown, viewers = counted.get(segments.NOT_SET), sum(one.trials for one in counted.values())
        if unknown is None or len(counted) == 1 or unknown.trials < _WORTH_SAYING * viewers:
            continue
        notes.append(
            f" {segments.DIMENSIONS[dimension]} is not known of {numbers.count(unknown.trials)} of "
            f"{numbers.plural(viewers, 'viewer')}, of whom {numbers.count(unknown.successes)} purchased: "
            "where "
            "buyers are known more often than others, these rates are too high."
        )
    return "".join(notes)


def _together(found: Sequence[segments.Segment]) -> float | None:
    """The rate of all segments as one, each visitor as often as they stand in one."""
    trials = sum(segment.conversion.trials for segment in found)
    return sum(segment.conversion.successes for segment in found) / trials if trials else None


def _estimates(found: Sequence[segments.Segment], book: Shop) -> list[Estimate]:
    """The segments with the most sessions; those without a viewer have no rate."""
    made = []
    for segment in found[:MOST_SEGMENTS]:
        compared, interval = segment.conversion, segment.conversion.interval
        if compared.rate is None or interval is None:
            continue
        text = numbers.rate_with_counts(compared.successes, compared.trials, book.parameters.min_sample)
        made.append(
            Estimate(
                segments.DIMENSIONS[segment.dimension],
                segment.name,
                compared.rate,
                interval.low,
                interval.high,
                text,
                compared.is_found,
                not numbers.is_reliable(compared.trials, book.parameters.min_sample),
            )
        )
    return made


def by_segment(book: Shop) -> Html:
    """Every segment with its counts, its rates and how it compares with the rest."""
    import pandas as pd

    least = book.parameters.min_sample
    found = funnel_findings.read(book).segments
    shown = [
        segment
        for dimension in segments.DIMENSIONS
        for segment in [one for one in found if one.dimension == dimension][:MOST_SEGMENTS]
    ]
    rows = pd.DataFrame([_segment_row(segment) for segment in shown])
    everything = pd.DataFrame([_segment_row(segment) for segment in found])

    def few(name: str) -> Callable[[Any], bool]:
        return lambda row: not numbers.is_reliable(getattr(row, name), least)

    columns = [
        Column("segment", "Segment"),
        Column("sessions", "Sessions", numbers.count),
        Column("viewers", "Viewers", numbers.count),
        Column("buyers", "Buyers", numbers.count),
        Column(
            "conversion",
            "Conversion (95 % interval)",
            lambda row: _conversion(row, least),
            True,
            few("viewers"),
        ),
        Column(
            "view_to_cart",
            "View → cart, of sessions",
            lambda row: _rate_of(row.cart_sessions, row.view_sessions, least),
            True,
            few("view_sessions"),
        ),
        Column(
            "cart_to_purchase",
            "Cart → purchase, of sessions",
            lambda row: _rate_of(row.purchase_sessions, row.cart_sessions, least),
            True,
            few("cart_sessions"),
        ),
        Column("against_rest", "Against the rest", str),
    ]
    windows = periods.run_windows(book)
    return table(
        rows,
        columns,
        "funnel-by-segment",
        f"The funnel by segment, {windows.current.text}",
        "viewers and buyers are visitors, their conversion any order; the rates between steps are of "
        "sessions that "
        "took them in order",
        [
            f"Italic: the counts of fewer than {least} visitors or sessions, too few to show a rate.",
            "Against the rest: conversion in points, where a two-proportion test with Holm's correction "
            "tells it apart from the other segments; – where it does not, or where it was not asked.",
            "A visitor counts in every category that they viewed; a category's sessions are those that "
            "viewed it, put "
            f"it into the cart or bought it. The {segments.CATEGORIES_TESTED} with most viewers are tested.",
            "New and returning are not tested: "
            "who is known to return has mostly signed up or bought, so that they differ in every shop.",
        ],
        f"No sessions on {windows.current.text}.",
        download=everything.drop(columns="against_rest", errors="ignore"),
        group="dimension",
    )


def _segment_row(segment: segments.Segment) -> dict[str, object]:
    compared, row = segment.conversion, segment.row
    interval = compared.interval
    return {
        "dimension": segments.DIMENSIONS[segment.dimension],
        "segment": segment.name,
        "sessions": row["sessions"],
        "viewers": compared.trials,
        "buyers": compared.successes,
        "conversion": compared.rate,
        "conversion_low": interval.low if interval else None,
        "conversion_high": interval.high if interval else None,
        "view_sessions": row["ordered_view_sessions"],
        "cart_sessions": row["ordered_cart_sessions"],
        "purchase_sessions": row["ordered_purchase_sessions"],
        "view_to_cart": row["view_to_cart_rate"],
        "cart_to_purchase": row["cart_to_purchase_rate"],
        "p_value_after_holm": compared.p_value,
        "against_rest": _against_rest(compared),
    }


def _conversion(row: Any, least: int) -> str:
    return numbers.rate_or_count(row.buyers, row.viewers, least, (row.conversion_low, row.conversion_high))


def _rate_of(part: Any, whole: Any, least: int) -> str:
    """A rate with the sessions that it is of, unbroken."""
    text = numbers.rate_or_count(part, whole, least)
    counted = f" of {numbers.count(whole)}" if numbers.is_reliable(whole, least) else ""
    return f"{text}{counted}".replace(" ", numbers.NO_BREAK)


def _against_rest(compared: segments.Comparison) -> str:
    if not compared.is_found or compared.rate is None or compared.other_rate is None:
        return numbers.NOT_AVAILABLE
    return numbers.points(compared.rate - compared.other_rate)
