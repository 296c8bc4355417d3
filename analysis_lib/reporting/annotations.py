"""Events of the calendar on charts over time: thin lines or bands with short labels, and the same as a list.

The events are those of `rules/events_calendar.csv` that fall into the period of the chart; one of a single
country only where the shop has sold there. Where the labels would run into each other they are numbers.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis_lib.reporting.figure import INK, MUTED
from analysis_lib.reporting.html import Html, paragraph
from analysis_lib.reporting.windows import day_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analysis_lib.shop import Shop

TRACKING = "tracking"
# A month is too long to be explained by a day off, but not by a sale or by a change of the shop's own.
MONTHLY_KINDS = ("sale", "other", TRACKING)
_AXIS_POINTS = 190  # about what a chart for a phone leaves for its days; what fits there fits everywhere
_LETTER_POINTS = 5.4  # of a label in 9 pt
_GAP_POINTS = 8.0
_MOST_NAMES = 4
_MOST_EVENTS = 12
_QUERY = """
select event_name, kind, first_date, last_date, coalesce(country, '') as country
from rule_events_calendar
where first_date <= @period_last and last_date >= @period_first
order by first_date, last_date, event_name, country
"""
_COUNTRIES = "select distinct country from fct_sessions where orders > 0 and country is not null"


@dataclass(frozen=True)
class Event:
    """One event of the calendar; both days belong to it."""

    name: str
    kind: str
    first: dt.date
    last: dt.date
    country: str = ""

    @property
    def text(self) -> str:
        """The event with its days, and its country where it is one of a single country."""
        where = f", {self.country}" if self.country else ""
        what = "change of tracking, " if self.kind == TRACKING else ""
        return f"{self.name} ({what}{day_range(self.first, self.last)}{where})"


@dataclass(frozen=True)
class Label:
    """A short text at a place of the axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Annotations:
    """The events of one chart and where they stand on its axis.

    `places` are the first and last position of each event; `labels` are their names, or numbers into the
    list where names would run into each other.
    """

    events: Sequence[Event] = ()
    places: Sequence[tuple[float, float]] = ()
    labels: Sequence[Label] = field(default=())

    @property
    def is_numbered(self) -> bool:
        """Whether the labels are numbers into the list."""
        return bool(self.labels) and self.labels[0].text[0].isdigit()

    @property
    def text(self) -> str:
        """The events as a sentence for the alternative text; empty without any."""
        if not self.events:
            return ""
        number = len(self.events) > 1 and self.is_numbered
        listed = (f"{place} {one.text}" if number else one.text for place, one in enumerate(self.events, 1))
        return f"Marked: {'; '.join(listed)}."

    @property
    def note(self) -> Html:
        """The list that stands under the chart; nothing without events."""
        return paragraph(self.text, "kpi-note") if self.events else Html("")


def read(book: Shop, first: dt.date, last: dt.date, kinds: Sequence[str] = ()) -> list[Event]:
    """The events that fall into a period, the earliest first.

    Parameters
    ----------
    book
        The shop; an event of one country counts where an order came from there.
    first, last
        The days of the chart, both included.
    kinds
        Kinds of the calendar; all when left out.
    """
    rows = book.sql(_QUERY, period_first=first, period_last=last).to_dict("records")
    sold_in: set[str] = set()
    if any(row["country"] for row in rows) and book.available("fct_sessions"):
        sold_in = set(book.sql(_COUNTRIES)["country"].tolist())
    return [
        Event(
            row["event_name"], row["kind"], _date(row["first_date"]), _date(row["last_date"]), row["country"]
        )
        for row in rows
        if (not kinds or row["kind"] in kinds) and (not row["country"] or row["country"] in sold_in)
    ]


def without_crowd(events: Sequence[Event]) -> list[Event]:
    """The events; where they are more than twelve, without holidays, of which every month has some."""
    kept = [event for event in events if event.kind in MONTHLY_KINDS]
    return kept if len(events) > _MOST_EVENTS else list(events)


def on_days(book: Shop, dates: Sequence[dt.date]) -> Annotations:
    """The events of a chart with a position a day."""
    start = dates[0]
    events = without_crowd(read(book, start, dates[-1]))
    return place(events, lambda date: float((date - start).days), len(dates))


def on_weeks(book: Shop, starts: Sequence[dt.date], last: dt.date) -> Annotations:
    """The events of a chart with a column a week; `starts` are its Mondays, `last` the last day shown."""
    start = starts[0]
    events = without_crowd(read(book, start, last))
    return place(events, lambda date: ((date - start).days + 0.5) / 7 - 0.5, len(starts))


def on_months(book: Shop, starts: Sequence[dt.date], last: dt.date) -> Annotations:
    """The sales, changes of tracking and events of the shop's own on a chart with a column a month."""
    start = starts[0]

    def position(date: dt.date) -> float:
        months = 12 * (date.year - start.year) + date.month - start.month
        return months - 0.5 + (date.day - 0.5) / calendar.monthrange(date.year, date.month)[1]

    return place(read(book, start, last, MONTHLY_KINDS), position, len(starts))


def place(events: Sequence[Event], position: Callable[[dt.date], float], columns: int) -> Annotations:
    """Put events on an axis of `columns` positions, from −0.5 on; days outside it are cut off.

    Examples
    --------
    >>> sale = Event("Sale", "sale", dt.date(2026, 9, 3), dt.date(2026, 9, 5))
    >>> found = place([sale], lambda date: float(date.day - 1), 30)
    >>> found.places, found.labels, found.text
    ([(2.0, 4.0)], [Label(at=3.0, text='Sale')], 'Marked: Sale (3–5 Sep 2026).')
    """
    low, high = -0.5, columns - 0.5
    places = [
        (min(max(position(one.first), low), high), min(max(position(one.last), low), high)) for one in events
    ]
    unit = _AXIS_POINTS / max(columns, 1)
    middles = [(first + last) / 2 for first, last in places]
    named = [Label(at, one.name) for at, one in zip(middles, events, strict=True)]
    if len(named) > _MOST_NAMES or not _fits(named, unit):
        named = _numbered(middles, unit)
    return Annotations(list(events), places, named)


def _half(label: Label) -> float:
    return (len(label.text) * _LETTER_POINTS + _GAP_POINTS) / 2


def _fits(labels: Sequence[Label], unit: float) -> bool:
    """Whether no label touches the next one."""
    ordered = sorted(labels, key=lambda label: label.at)
    return all(
        (after.at - before.at) * unit >= _half(before) + _half(after)
        for before, after in itertools.pairwise(ordered)
    )


def _numbered(middles: Sequence[float], unit: float) -> list[Label]:
    """Numbers in the order of the list; neighbours that would touch share one label, such as 3–5."""
    groups = [[number] for number in range(1, len(middles) + 1)]
    while True:
        labels = [_group_label(group, middles) for group in groups]
        for spot in range(len(labels) - 1):
            if not _fits(labels[spot : spot + 2], unit) or labels[spot].at > labels[spot + 1].at:
                groups[spot : spot + 2] = [groups[spot] + groups[spot + 1]]
                break
        else:
            return labels


def _group_label(group: Sequence[int], middles: Sequence[float]) -> Label:
    at = sum(middles[number - 1] for number in group) / len(group)
    return Label(at, f"{group[0]}–{group[-1]}" if len(group) > 1 else str(group[0]))


def draw(axes: Axes, found: Annotations | None, has_labels: bool = True, bottom: float = 0.0) -> None:
    """Draw the events behind what the chart shows; their labels stand above the axes.

    Parameters
    ----------
    axes
        Of the chart, its limits settled.
    found
        The events; nothing is drawn without them.
    has_labels
        Whether their labels are written, for the first of several panels.
    bottom
        Where the lines begin, 0–1 of the height: above 0 where they would cross what is written in the chart.
    """
    if found is None:
        return
    for (first, last), event in zip(found.places, found.events, strict=True):
        if first != last:
            axes.axvspan(first, last, bottom, 1, color=MUTED, alpha=0.14, linewidth=0, zorder=0.5)
            continue
        is_tracking = event.kind == TRACKING
        axes.axvline(
            first,
            bottom,
            1,
            color=INK if is_tracking else MUTED,
            linewidth=1.3 if is_tracking else 0.9,
            linestyle=(0, (2, 2)) if is_tracking else "solid",
            alpha=0.7,
            zorder=0.5,
        )
    for label in found.labels if has_labels else ():
        axes.annotate(
            label.text,
            xy=(label.at, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=MUTED,
            fontsize=9,
            annotation_clip=False,
        )


def _date(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value
