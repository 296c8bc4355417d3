"""Curves over the days since something began, each named at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.chart import Chart, Words, finish
from analysis_lib.reporting.charts import Formatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICKS = (0, 7, 14, 30, 60, 90)
_WIDTH = 6.2  # inches: a little larger text than in wider charts, for phones
_LABEL_GAP = 0.075  # of the axis height, between two labels


@dataclass(frozen=True)
class Curve:
    """One curve: its label, its value on day 0, 1, 2 … and how it is drawn.

    A value is None where it is not known; `low` and `high` are the limits of a band. A `reference` is grey
    and dashed.
    """

    label: str
    values: Sequence[float | None]
    color: str = fig.SERIES[0]
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None
    is_reference: bool = False

    @property
    def last_day(self) -> int | None:
        """The last day on which the value is known; None without any."""
        return max((day for day, value in enumerate(self.values) if value is not None), default=None)


def curves(
    name: str, lines: Sequence[Curve], formatter: Formatter, day_label: str, words: Words, height: float = 2.5
) -> Chart:
    """Steps over the days, from zero, every curve with its label at the right.

    Parameters
    ----------
    name
        Unique on the page.
    lines
        Drawn in this order; one that ends earlier has a dot at its end.
    formatter
        Writes the values of the axis.
    day_label
        What the days are counted from.
    words
        Title, reading and alternative text.
    height
        In inches.
    """
    with fig.drawing(width=_WIDTH, height=height) as (figure, axes):
        days = max((len(line.values) for line in lines), default=1) - 1
        ends = [end for line in lines if (end := _line(axes, line, days)) is not None]
        axes.set_xlim(0, max(days, 1))
        axes.set_ylim(0, _top(lines) * 1.06)
        ticks = [tick for tick in _TICKS if tick <= days]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set(xlabel=day_label, ylabel="")
        fig.value_axis(axes, formatter)
        _end_labels(axes, ends, max(days, 1))
        drawn = [
            {
                "line": line.label,
                "days": day,
                "value": value,
                "lower": line.low[day] if line.low is not None else None,
                "upper": line.high[day] if line.high is not None else None,
            }
            for line in lines
            for day, value in enumerate(line.values)
        ]
        return finish(figure, name, words, drawn)


def _top(lines: Sequence[Curve]) -> float:
    """The highest point of all lines; a wide band at the end may leave the picture, not the lines."""
    highest = max((value for line in lines for value in line.values if value is not None), default=0.0)
    bands = [value for line in lines for value in (line.high or ()) if value is not None]
    return max(highest, min(max(bands, default=0.0), 1.6 * highest)) or 1.0


def _line(axes: Axes, line: Curve, days: int) -> tuple[float, str, str] | None:
    """Draw one curve; the height, text and colour of its label."""
    last = line.last_day
    if last is None:
        return None
    color = fig.PREVIOUS if line.is_reference else line.color
    known = range(last + 1)  # a step after the last known day would say more than is known
    values = _numbers(line.values[: last + 1])
    if line.low is not None and line.high is not None:
        axes.fill_between(
            known,
            _numbers(line.low[: last + 1]),
            _numbers(line.high[: last + 1]),
            step="post",
            color=color,
            alpha=0.15,
            linewidth=0,
        )
    axes.plot(
        known,
        values,
        drawstyle="steps-post",
        color=color,
        linewidth=2.0 if line.is_reference else 1.9,
        linestyle=(0, (4, 2)) if line.is_reference else "solid",
        zorder=2 if line.is_reference else 3,
    )
    if last < days or last == 0:
        axes.plot([last], [values[last]], marker="o", ms=5, color=color, mew=0, clip_on=False, zorder=4)
    return values[last], line.label, fig.letters(color)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _end_labels(axes: Axes, ends: Sequence[tuple[float, str, str]], days: int) -> None:
    _, top = axes.get_ylim()
    moved = fig.spread([height for height, _, _ in ends], top * _LABEL_GAP)
    for (_, label, color), height in zip(ends, moved, strict=True):
        axes.annotate(
            label,
            xy=(days, height),
            xytext=(6, 0),
            textcoords="offset points",
            color=color,
            va="center",
            ha="left",
            annotation_clip=False,
        )
