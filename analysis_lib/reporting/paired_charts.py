"""Charts that set one quantity against another: pairs of bars, and panels over the same weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.annotations import Annotations
from analysis_lib.reporting.chart import Chart, Words, finish
from analysis_lib.reporting.charts import Formatter, label_rows, without_value_axis
from analysis_lib.reporting.windows import short_day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAIR_HEIGHT = 0.44  # inches two bars take, labels included
_PANEL_HEIGHT = 1.08


@dataclass(frozen=True)
class PairedBar:
    """Two values of one thing with the text at the end of each; `low` and `high` bound the second."""

    label: str
    first: float
    second: float
    first_text: str
    second_text: str
    low: float | None = None
    high: float | None = None


def paired(name: str, rows: Sequence[PairedBar], words: Words) -> Chart:
    """Two horizontal bars a row, the upper one grey; a line over the lower one is its range."""
    with fig.drawing(height=0.3 + _PAIR_HEIGHT * len(rows)) as (figure, axes):
        reach = max((max(row.first, row.second, row.high or 0.0) for row in rows), default=0.0) or 1.0
        for position, row in enumerate(rows):
            both = (
                (-0.19, row.first, fig.PREVIOUS, row.first_text),
                (0.19, row.second, fig.SERIES[0], row.second_text),
            )
            for shift, value, color, text in both:
                axes.barh(position + shift, value, height=0.34, color=color)
                has_range = shift > 0 and row.low is not None and row.high is not None
                if has_range:
                    axes.plot(
                        [row.low or 0.0, row.high or 0.0],
                        [position + shift] * 2,
                        color=fig.INK,
                        linewidth=1.4,
                    )
                end = max(value, row.high or 0.0) if has_range else value
                axes.annotate(
                    text,
                    xy=(end, position + shift),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=10,
                    annotation_clip=False,
                )
        label_rows(axes, [row.label for row in rows])
        axes.set_xlim(0, reach * 1.02)
        without_value_axis(axes)
        axes.axvline(0, color=fig.GRID, linewidth=1)
        drawn = [
            {
                "row": row.label,
                "first": row.first,
                "second": row.second,
                "lower": row.low,
                "upper": row.high,
                "first_text": row.first_text,
                "second_text": row.second_text,
            }
            for row in rows
        ]
        return finish(figure, name, words, drawn)


@dataclass(frozen=True)
class Panel:
    """One panel of :func:`weeks`: its heading, a value a week (None where there is none), its axis.

    `is_line` draws points joined by a line, for ratios, else columns; `reference` is a dashed line, which
    the heading names.
    """

    title: str
    values: Sequence[float | None]
    formatter: Formatter
    is_line: bool = False
    reference: float | None = None


def weeks(
    name: str,
    starts: Sequence[dt.date],
    partial: Sequence[bool],
    panels: Sequence[Panel],
    words: Words,
    marked: Annotations | None = None,
) -> Chart:
    """Panels under each other over the same weeks; weeks that are cut are hatched, or hollow points.

    Parameters
    ----------
    name
        Unique on the page.
    starts
        First day of each week.
    partial
        Whether the data or `as_of` cuts the week; a line does not reach it.
    panels, words
        What is drawn, and the same in words.
    marked
        Events of the calendar, drawn behind every panel and named above the first.
    """
    with fig.drawing(
        height=0.3 + _PANEL_HEIGHT * len(panels), rows=len(panels), sharex=True, squeeze=False
    ) as (
        figure,
        grid,
    ):
        for place, (axes, panel) in enumerate(zip(grid[:, 0], panels, strict=True)):
            _panel(axes, panel, partial)
            is_named = place == 0 and marked is not None and bool(marked.labels)
            # The labels of the events stand between the first panel and its heading.
            axes.set_title(panel.title, loc="left", fontsize=10, color=fig.INK, pad=17 if is_named else None)
            calendar_events.draw(axes, marked, is_named)
        last = grid[-1, 0]
        every = max(1, -(-len(starts) // 6))
        ticks = sorted(range(len(starts) - 1, -1, -every))
        last.set_xticks(ticks, [short_day(starts[tick]) for tick in ticks])
        last.set_xlim(-0.6, max(len(starts) - 0.4, 1))
        drawn = [
            {"week": start, "panel": panel.title, "value": value, "is_partial": bool(cut)}
            for panel in panels
            for start, value, cut in zip(starts, panel.values, partial, strict=True)
        ]
        return finish(figure, name, words, drawn)


def _panel(axes: Axes, panel: Panel, partial: Sequence[bool]) -> None:
    places = [place for place, value in enumerate(panel.values) if value is not None]
    if panel.is_line:
        drawn = [
            float("nan") if value is None or cut else value
            for value, cut in zip(panel.values, partial, strict=True)
        ]
        axes.plot(range(len(drawn)), drawn, color=fig.SERIES[0], linewidth=1.8, marker="o", ms=4, mew=0)
        for place in (place for place in places if partial[place]):
            value = panel.values[place] or 0.0
            axes.plot([place], [value], marker="o", ms=5, color=fig.SERIES[0], mfc=fig.SURFACE, mew=1.2)
    else:
        for place in places:
            cut = partial[place]
            axes.bar(
                place,
                panel.values[place] or 0.0,
                width=0.74,
                facecolor="none" if cut else fig.SERIES[0],
                edgecolor=fig.SERIES[0] if cut else "none",
                hatch="///" if cut else None,
                linewidth=1.2 if cut else 0,
            )
    top = max([*(panel.values[place] or 0.0 for place in places), panel.reference or 0.0]) or 1.0
    bottom = min([0.0, *(panel.values[place] or 0.0 for place in places)])
    axes.set_ylim(bottom, top * 1.12)
    if panel.reference is not None:
        axes.axhline(panel.reference, color=fig.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    fig.value_axis(axes, panel.formatter, bins=3)
    axes.set(xlabel="", ylabel="")
