"""The chart kinds of the report, each drawn from a few plain rows.

Every chart has units on its axis, direct labels instead of a legend, a title that states what is shown,
and words that say the same. Colour is never alone: position, label or hatching says it too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.annotations import Annotations
from analysis_lib.reporting.chart import Chart, finish, thinned, wrapped
from analysis_lib.reporting.chart import Words as Words
from analysis_lib.reporting.light_seaborn import barplot
from analysis_lib.reporting.windows import month, short_day

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Formatter = Callable[[Any], str]
_ROW_HEIGHT = 0.26  # inches a horizontal bar takes, label included
_LABEL_GAP = 0.09  # of the axis height, between two labels at the end of lines


@dataclass(frozen=True)
class Line:
    """One line of a trend: its label at the end, its values by day, and how it is drawn.

    `low` and `high` are the limits of a band, where the values have one.
    """

    label: str
    values: Sequence[float | None]
    role: str = "main"
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None


_LINE_STYLES: dict[str, dict[str, Any]] = {
    "main": {"color": fig.SERIES[0], "linewidth": 2.2, "zorder": 4},
    "second": {"color": fig.SERIES[1], "linewidth": 2.2, "zorder": 3},
    "previous": {"color": fig.PREVIOUS, "linewidth": 2.0, "linestyle": (0, (4, 2)), "zorder": 2},
    "days": {
        "color": fig.SERIES[0],
        "linewidth": 0.9,
        "alpha": 0.55,
        "marker": "o",
        "ms": 2.5,
        "mew": 0,
        "zorder": 1,
    },
}


def trend(
    name: str,
    dates: Sequence[dt.date],
    lines: Sequence[Line],
    formatter: Formatter,
    words: Words,
    marked: Annotations | None = None,
) -> Chart:
    """Values day by day; every line ends in its label.

    Parameters
    ----------
    name
        Unique on the page.
    dates
        The days of the window, in order.
    lines
        Each with one value a day, None where there is none (the line has a gap there).
    formatter
        Writes the values of the axis.
    words
        Title, reading and alternative text.
    marked
        Events of the calendar, drawn behind the lines.
    """
    import numpy as np

    with fig.drawing(height=2.2) as (figure, axes):
        positions = list(range(len(dates)))
        ends: list[tuple[float, float, str, str]] = []
        for line in lines:
            style = _LINE_STYLES[line.role]
            values = np.array([np.nan if value is None else value for value in line.values], dtype=float)
            known = np.flatnonzero(~np.isnan(values))
            if not known.size:
                continue
            if line.low is not None and line.high is not None:
                low = np.array([np.nan if value is None else value for value in line.low], dtype=float)
                high = np.array([np.nan if value is None else value for value in line.high], dtype=float)
                axes.fill_between(positions, low, high, color=style["color"], alpha=0.15, linewidth=0)
            if known.size == 1:
                style = {**style, "marker": "o", "ms": 5}
            # Not seaborn's lineplot, which draws a line through a gap.
            axes.plot(positions, values, **style)
            if line.label:
                letters = fig.letters(style["color"])
                ends.append((float(known[-1]), float(values[known[-1]]), line.label, letters))
        _day_axis(axes, dates)
        axes.set_ylabel("")
        axes.set_ylim(*_limits(axes))
        fig.value_axis(axes, formatter)
        calendar_events.draw(axes, marked)
        _end_labels(axes, ends, len(dates))
        values_drawn = [
            {
                "date": date,
                "line": line.label,
                "value": line.values[place],
                "lower": line.low[place] if line.low is not None else None,
                "upper": line.high[place] if line.high is not None else None,
            }
            for line in lines
            for place, date in enumerate(dates)
        ]
        return finish(figure, name, words, values_drawn)


def _limits(axes: Axes) -> tuple[float, float]:
    """From zero where all values are positive, so that heights can be compared; with room above."""
    low, high = axes.get_ylim()
    low = min(0.0, low)
    return low, high + (high - low) * 0.03


def _day_axis(axes: Axes, dates: Sequence[dt.date]) -> None:
    step = max(1, -(-len(dates) // 6))
    # Counted from the last day, which is the one that must be named.
    ticks = sorted(range(len(dates) - 1, -1, -step))
    axes.set_xticks(ticks, [short_day(dates[tick]) for tick in ticks])
    axes.set_xlim(-0.5, max(len(dates) - 0.5, 1))
    axes.set_xlabel("")


def _end_labels(axes: Axes, ends: Sequence[tuple[float, float, str, str]], days: int) -> None:
    low, high = axes.get_ylim()
    moved = fig.spread([value for _, value, _, _ in ends], (high - low) * _LABEL_GAP)
    for (_, _, label, color), height in zip(ends, moved, strict=True):
        axes.annotate(
            label,
            xy=(days - 0.5, height),
            xytext=(4, 0),
            textcoords="offset points",
            color=color,
            va="center",
            ha="left",
            annotation_clip=False,
        )


def months(
    name: str,
    starts: Sequence[dt.date],
    values: Sequence[float],
    partial: Sequence[bool],
    formatter: Formatter,
    words: Words,
    marked: Annotations | None = None,
) -> Chart:
    """A column a month; a month that the data or `as_of` cuts is hatched; `marked` are events behind it."""
    with fig.drawing(height=2.05) as (figure, axes):
        labels = [month(start) for start in starts]
        barplot(
            x=labels, y=list(values), ax=axes, color=fig.SERIES[0], errorbar=None, width=0.72, saturation=1
        )
        for bar, is_partial in zip(axes.patches, partial, strict=True):
            if is_partial:
                bar.set_facecolor("none")
                bar.set_edgecolor(fig.SERIES[0])
                bar.set_hatch("///")
                bar.set_linewidth(1.2)
        amounts = [
            axes.annotate(
                formatter(value),
                xy=(position, max(value, 0)),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                color=fig.INK,
                fontsize=9,
            )
            for position, value in enumerate(values)
        ]
        every = max(1, -(-len(labels) // 7))
        ticks = [tick for tick in range(len(labels)) if (len(labels) - 1 - tick) % every == 0]
        axes.set_xticks(ticks, [labels[tick] for tick in ticks])
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.axhline(0, color=fig.GRID, linewidth=1)
        axes.set(xlabel="", ylabel="")
        is_marked = marked is not None and bool(marked.events)
        # Events end above the values that are written over the columns.
        axes.margins(y=0.25 if is_marked else 0.15)
        calendar_events.draw(axes, marked, bottom=0.92)
        drawn = [
            {"month": start, "value": value, "is_partial": bool(cut)}
            for start, value, cut in zip(starts, values, partial, strict=True)
        ]
        # Thirteen amounts have no room side by side on a phone: those with a named month keep theirs.
        return finish(figure, name, words, drawn, thinned(amounts, every))


@dataclass(frozen=True)
class Bar:
    """One horizontal bar: its label, value, the text at its end and its colour."""

    label: str
    value: float
    text: str
    color: str = fig.SERIES[0]
    hatched: bool = False


def bars(name: str, rows: Sequence[Bar], words: Words, width: float = fig.FULL_WIDTH) -> Chart:
    """Horizontal bars from zero, the value written at the end of each; negative ones go to the left."""
    with fig.drawing(width=width, height=0.35 + _ROW_HEIGHT * len(rows)) as (figure, axes):
        barplot(
            x=[row.value for row in rows],
            y=[f"{position}" for position in range(len(rows))],
            orient="h",
            ax=axes,
            errorbar=None,
            width=0.66,
            color=fig.SERIES[0],
            saturation=1,
        )
        largest = max((abs(row.value) for row in rows), default=0.0) or 1.0
        texts = []
        for position, (patch, row) in enumerate(zip(axes.patches, rows, strict=True)):
            patch.set_facecolor("none" if row.hatched else row.color)
            if row.hatched:
                patch.set(edgecolor=row.color, hatch="///", linewidth=1.2)
            texts.append(
                axes.annotate(
                    row.text,
                    xy=(
                        max(row.value, 0),
                        position,
                    ),  # right of zero for a loss, too: clear of the row labels
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    annotation_clip=False,
                )
            )
        label_rows(axes, [row.label for row in rows])
        has_negative = any(row.value < 0 for row in rows)
        axes.set_xlim(-largest * 1.02 if has_negative else 0, largest * 1.02)
        without_value_axis(axes)
        axes.axvline(0, color=fig.MUTED if has_negative else fig.GRID, linewidth=1)
        drawn = [{"row": row.label, "value": row.value, "text": row.text} for row in rows]
        return finish(figure, name, words, drawn, wrapped(figure, texts))


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a chart of bars, the first on top."""
    axes.set_yticks(range(len(labels)), labels, color=fig.INK)
    axes.set_ylim(len(labels) - 0.5, -0.5)


def without_value_axis(axes: Axes) -> None:
    """Where every bar carries its value, an axis would only repeat it."""
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set(xlabel="", ylabel="")


def waterfall(name: str, rows: Sequence[tuple[str, float, bool, str]], words: Words) -> Chart:
    """From a first total down to a last one: `(label, amount, is_total, text)` a row; amounts are signed."""
    with fig.drawing(height=0.35 + _ROW_HEIGHT * len(rows)) as (figure, axes):
        level = 0.0
        reach = [0.0]
        for position, (_, amount, is_total, text) in enumerate(rows):
            start, end = (0.0, amount) if is_total else (level, level + amount)
            color = fig.SERIES[0] if is_total else fig.PREVIOUS
            axes.barh(position, end - start, left=start, height=0.66, color=color)
            if position + 1 < len(rows):
                axes.plot([end, end], [position - 0.33, position + 1.33], color=fig.MUTED, linewidth=0.8)
            axes.annotate(
                text,
                xy=(max(start, end), position),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                annotation_clip=False,
            )
            level = end
            reach += [start, end]
        label_rows(axes, [label for label, _, _, _ in rows])
        axes.set_xlim(min(reach), max(reach) * 1.01 or 1)
        without_value_axis(axes)
        axes.axvline(0, color=fig.MUTED, linewidth=1)
        drawn = [
            {"row": label, "value": amount, "is_total": is_total, "text": text}
            for label, amount, is_total, text in rows
        ]
        return finish(figure, name, words, drawn)


def known(values: pd.Series) -> list[float | None]:
    """A column as plain numbers, None where it is missing."""
    return [None if value != value or value is None else float(value) for value in values.tolist()]
