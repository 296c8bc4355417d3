"""The funnel by device, source, country and kind of visitor, with intervals, as a chart and as a table."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import funnel_findings, periods, segments
from analysis_lib.pages.conversion import viewers
from analysis_lib.reporting import numbers, rate_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.html import Html, empty
from analysis_lib.reporting.rate_charts import Estimate
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

MOST_SEGMENTS = 8


def gaps(book: Shop, dimensions: Sequence[str] = ("device", "traffic_source")) -> Html:
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
    overall = viewers(book).current.rate
    standing_out = [row.label for row in rows if row.stands_out]
    outcome = (
        f"Clearly different from the rest: {', '.join(standing_out)}."
        if standing_out
        else "No clear difference."
    )
    words = Words(
        f"Conversion by {labels} with 95 % intervals, {window}",
        f"{outcome} Orange diamonds: different from the rest of their group (p < 0.05 after Holm). "
        f"Hollow: too few visitors to rely on (n < {book.parameters.min_sample}).",
        f"Dot chart of conversion by {labels}. {outcome} "
        + "; ".join(f"{row.label} {row.text}" for row in rows)
        + ".",
    )
    name = f"conversion-by-{'-'.join(dimensions)}".replace("_", "-")
    label = f"all {numbers.percent(overall)}"
    return rate_charts.estimates(
        name, rows, overall, label, functools.partial(numbers.percent, decimals=0), words
    ).html


def _estimates(found: Sequence[segments.Segment], book: Shop) -> list[Estimate]:
    """The segments with the most sessions; those without a viewer have no rate."""
    made = []
    for segment in found[:MOST_SEGMENTS]:
        compared, interval = segment.conversion, segment.conversion.interval
        if compared.rate is None or interval is None:
            continue
        counts = f"{numbers.count(compared.successes)} of {numbers.count(compared.trials)}"
        text = f"{numbers.percent(compared.rate)} ({counts})"
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

    def few(row: Any) -> bool:
        return not numbers.is_reliable(row.viewers, least)

    columns = [
        Column("segment", "Segment"),
        Column("sessions", "Sessions", numbers.count),
        Column("viewers", "Viewers", numbers.count),
        Column("buyers", "Buyers", numbers.count),
        Column("conversion", "Conversion (95 % interval)", _conversion_text, True, few),
        Column("view_to_cart", "View → cart", numbers.percent, is_few=few),
        Column("cart_to_purchase", "Cart → purchase", numbers.percent, is_few=few),
        Column("against_rest", "Against the rest", str),
    ]
    windows = periods.run_windows(book)
    return table(
        rows,
        columns,
        "funnel-by-segment",
        f"The funnel by segment, {windows.current.text}",
        "viewers and buyers are visitors; the rates between steps are of sessions",
        [
            f"Italic: on fewer than {least} visitors, too few to rely on.",
            "Against the rest: conversion in points, where a two-proportion test with Holm's correction "
            "tells it apart from the other segments; – where it does not.",
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
        "view_to_cart": row["view_to_cart_rate"],
        "cart_to_purchase": row["cart_to_purchase_rate"],
        "p_value_after_holm": compared.p_value,
        "against_rest": _against_rest(compared),
    }


def _conversion_text(row: Any) -> str:
    if row.conversion != row.conversion or row.conversion is None:
        return numbers.NOT_AVAILABLE
    interval = numbers.percent_range(row.conversion_low, row.conversion_high)
    return f"{numbers.percent(row.conversion)} ({interval})"


def _against_rest(compared: segments.Comparison) -> str:
    if not compared.is_found or compared.rate is None or compared.other_rate is None:
        return numbers.NOT_AVAILABLE
    return numbers.points(compared.rate - compared.other_rate)
