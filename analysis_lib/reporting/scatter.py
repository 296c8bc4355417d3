"""A cloud of points: one quantity against another, the most important points named beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.chart import Chart, Words, finish
from analysis_lib.reporting.charts import Formatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL_GAP = 0.085  # of the axis height
_TURNS = 0.5  # of the axis width: labels of points beyond it stand on their left


@dataclass(frozen=True)
class Point:
    """One point; `label` names it where it is among the most important, `is_warning` where it is bad news."""

    x: float
    y: float
    label: str = ""
    is_warning: bool = False


@dataclass(frozen=True)
class Axis:
    """What an axis shows, with its unit, and how its values are written."""

    title: str
    formatter: Formatter


def scatter(
    name: str,
    points: Sequence[Point],
    axes_shown: tuple[Axis, Axis],
    reference: float | None,
    reference_label: str,
    words: Words,
) -> Chart:
    """Points, some with direct labels.

    Parameters
    ----------
    name
        Unique on the page.
    points
        At least one.
    axes_shown
        The horizontal and the vertical axis.
    reference, reference_label
        A level of the vertical axis, drawn as a line, and what it is.
    words
        Title, reading and alternative text.
    """
    with fig.drawing(height=3.4) as (figure, axes):
        named = [point for point in points if point.label]
        groups = (
            ([p for p in points if not p.label and not p.is_warning], "o", fig.SERIES[0], 18, 0.35, 3),
            ([p for p in points if p.label and not p.is_warning], "o", fig.SERIES[0], 34, 1.0, 6),
            ([p for p in points if p.is_warning], "D", fig.BAD, 34, 1.0, 6),
        )
        for some, marker, color, size, alpha, height in groups:
            axes.scatter(
                [p.x for p in some],
                [p.y for p in some],
                marker=marker,
                s=size,
                color=color,
                alpha=alpha,
                linewidths=0,
                zorder=height,
            )
        _limits(axes, points)
        if reference is not None:
            _reference(axes, reference, reference_label)
        _labels(axes, named)
        for which, shown in zip("xy", axes_shown, strict=True):
            fig.value_axis(axes, shown.formatter, which)
        axes.grid(visible=True, axis="both")
        axes.set_xlabel(axes_shown[0].title)
        axes.set_ylabel(axes_shown[1].title)
        drawn = [
            {"x": point.x, "y": point.y, "label": point.label, "is_warning": point.is_warning}
            for point in points
        ]
        return finish(figure, name, words, drawn)


def _limits(axes: Axes, points: Sequence[Point]) -> None:
    """From zero to the right; upwards what the points need, with room for labels."""
    right = max(max(point.x for point in points), 0.0) or 1.0
    low, high = min(point.y for point in points), max(point.y for point in points)
    room = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    axes.set_xlim(min(0.0, *(point.x for point in points)), right * 1.04)
    axes.set_ylim(low - room, high + room)


def _reference(axes: Axes, level: float, label: str) -> None:
    axes.axhline(level, color=fig.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        label,
        xy=(1, level),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=fig.MUTED,
        fontsize=9,
        annotation_clip=False,
    )


def _labels(axes: Axes, named: Sequence[Point]) -> None:
    """Labels beside their points, moved apart so that none covers another."""
    bottom, top = axes.get_ylim()
    right = axes.get_xlim()[1]
    gap = (top - bottom) * _LABEL_GAP
    for on_left in (True, False):
        side = [point for point in named if (point.x > right * _TURNS) == on_left]
        heights = fig.spread([point.y for point in side], gap)
        for point, height in zip(side, heights, strict=True):
            near = [point.x, *(one.x for one in side if abs(one.y - height) < gap / 2)]
            beside = min(x for x in near if x <= point.x) if on_left else max(x for x in near if x >= point.x)
            beside += (-0.014 if on_left else 0.014) * right
            axes.plot([point.x, beside], [point.y, height], color=fig.PREVIOUS, linewidth=0.8, zorder=2)
            # On its own ground, so that points and lines below do not cross the letters.
            axes.text(
                beside,
                height,
                point.label,
                ha="right" if on_left else "left",
                va="center",
                fontsize=9,
                zorder=5,
                bbox={"facecolor": fig.SURFACE, "edgecolor": "none", "pad": 1.0},
            )
