"""The steps of the funnel counted in three ways beside each other: in order, in any order, within days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis_lib.pages import periods
from analysis_lib.pages.funnel_findings import steps_of
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, empty
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_WINDOW = "select * from fct_funnel_segments where dimension = 'all' and period = 'window'"
# Step of the funnel: the visitors who reached it, in one session or in several.
_WITHIN_DAYS = {
    "Product view": "windowed_view_visitors",
    "Cart": "windowed_cart_visitors",
    "Checkout": "windowed_checkout_visitors",
    "Purchase": "windowed_purchase_visitors",
}


def side_by_side(book: Shop) -> Html:
    """Each step in order and in any order, of sessions, and within the conversion window, of visitors."""
    import pandas as pd

    window = periods.run_windows(book).current.text
    found = periods.records(book, _WINDOW)
    if not found:
        return empty(f"No sessions on {window}.")
    least, days = book.parameters.min_sample, book.parameters.conversion_window_days
    rows = pd.DataFrame(_rows(found[0]))
    columns = [
        Column("step", "Step"),
        Column("ordered_sessions", "Sessions, in order", numbers.count),
        Column("of_step_before", "Of the step before", _share("ordered_sessions", "before", least), True),
        Column("of_visits", "Of all visits", _share("ordered_sessions", "visits", least), True),
        Column("any_order_sessions", "Sessions, any order", numbers.count),
        Column(
            "any_order_of_visits",
            "Any order, of all visits",
            _share("any_order_sessions", "visits", least),
            True,
        ),
        Column("windowed_visitors", f"Visitors, within {numbers.days(days)}", numbers.count),
        Column("windowed_of_viewers", "Of viewers", _share("windowed_visitors", "viewers", least), True),
    ]
    return table(
        rows.assign(of_step_before=0, of_visits=0, any_order_of_visits=0, windowed_of_viewers=0),
        columns,
        "funnel-by-step",
        f"The steps in order, in any order, and within {numbers.days(days)}, {window}",
        "in order: each step after the one before, in one session; any order: the step at all, as most "
        "tools count",
        [
            f"Within {numbers.days(days)}: visitors whose first view is in this window, each step after "
            "the one before in "
            f"whichever session; without those whose {numbers.days(days)} are not over yet.",
            f"Where there are fewer than {least}, the count stands for the rate: {numbers.too_few(least)}.",
        ],
        download=rows.drop(columns=["before", "visits", "viewers"]),
        download_label="The funnel by step",
    )


def _rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    steps = steps_of(row)
    made = []
    for place, step in enumerate(steps):
        within = _WITHIN_DAYS.get(step.label, "")
        made.append(
            {
                "step": step.label,
                "ordered_sessions": step.ordered,
                "any_order_sessions": step.any_order,
                "windowed_visitors": number_or_none(row[within]) if within else None,
                "before": steps[place - 1].ordered if place else None,
                "visits": steps[0].ordered if place else None,
                "viewers": number_or_none(row["windowed_view_visitors"]) if place > 1 else None,
            }
        )
    return made


def _share(part: str, whole: str, least: int) -> Any:
    return lambda row: numbers.rate_or_count(getattr(row, part), getattr(row, whole), least)
