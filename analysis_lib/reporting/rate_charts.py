"""Charts of rates: the steps of a funnel, and estimates with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.chart import Chart, Words, finish, wrapped
from analysis_lib.reporting.charts import Formatter, label_rows, without_value_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Step:
    """One step of a funnel: its label, how many reached it in order and at all, and the text beside."""

    label: str
    ordered: float
    any_order: float
    text: str


def funnel(name: str, steps: Sequence[Step], words: Words) -> Chart:
    """The steps from top to bottom: a solid bar for the ordered count, an outline for the any-order one."""
    with fig.drawing(height=0.25 + 0.36 * len(steps)) as (figure, axes):
        texts = []
        for position, step in enumerate(steps):
            axes.barh(
                position,
                step.any_order,
                height=0.72,
                facecolor="none",
                edgecolor=fig.MUTED,
                linewidth=1.1,
                linestyle=(0, (3, 2)),
            )
            axes.barh(position, step.ordered, height=0.5, color=fig.SERIES[0])
            texts.append(
                axes.annotate(
                    step.text,
                    xy=(max(step.ordered, step.any_order), position),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    annotation_clip=False,
                )
            )
        label_rows(axes, [step.label for step in steps])
        axes.set_xlim(0, (max((max(step.ordered, step.any_order) for step in steps), default=0) or 1) * 1.01)
        without_value_axis(axes)
        drawn = [
            {"row": step.label, "in_order": step.ordered, "any_order": step.any_order, "text": step.text}
            for step in steps
        ]
        return finish(figure, name, words, drawn, wrapped(figure, texts))


@dataclass(frozen=True)
class Estimate:
    """A rate with its interval; `stands_out` when a test says that it differs, `few` when on few units."""

    group: str
    label: str
    value: float
    low: float
    high: float
    text: str
    stands_out: bool = False
    few: bool = False


def estimates(
    name: str,
    rows: Sequence[Estimate],
    reference: float | None,
    reference_label: str,
    formatter: Formatter,
    words: Words,
) -> Chart:
    """Rates as dots with their intervals, in groups; filled and orange where a difference was found.

    `reference` is the rate of everything, drawn as a line.
    """
    groups = list(dict.fromkeys(row.group for row in rows))
    height = 0.5 + 0.26 * len(rows) + 0.3 * len(groups)
    with fig.drawing(height=height) as (figure, axes):
        position, ticks, labels = 0.0, [], []
        for group in groups:
            axes.annotate(
                group,
                xy=(0, position),
                xycoords=("axes fraction", "data"),
                xytext=(-6, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                color=fig.MUTED,
                fontweight="bold",
                fontsize=9,
                annotation_clip=False,
            )
            position += 1
            for row in (row for row in rows if row.group == group):
                _estimate(axes, row, position)
                ticks.append(position)
                labels.append(row.label)
                position += 1
            position += 0.15
        if reference is not None:
            axes.axvline(reference, color=fig.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            axes.annotate(
                reference_label,
                xy=(reference, -0.55),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                ha="left",
                color=fig.MUTED,
                fontsize=9,
                annotation_clip=False,
            )
        axes.set_yticks(ticks, labels, color=fig.INK)
        axes.set_ylim(position - 0.4, -0.9)
        axes.set_xlim(0, max((row.high for row in rows), default=1.0) * 1.02)
        fig.value_axis(axes, formatter, "x")
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x")
        axes.set(xlabel="", ylabel="")
        drawn = [
            {
                "group": row.group,
                "row": row.label,
                "value": row.value,
                "lower": row.low,
                "upper": row.high,
                "is_clear": row.stands_out,
                "is_few": row.few,
            }
            for row in rows
        ]
        return finish(figure, name, words, drawn)


def _estimate(axes: Axes, row: Estimate, position: float) -> None:
    color = fig.SERIES[1] if row.stands_out else fig.SERIES[0]
    if row.few:
        color = fig.MUTED
    axes.plot([row.low, row.high], [position, position], color=color, linewidth=2, alpha=0.8, zorder=2)
    axes.plot(
        [row.value],
        [position],
        marker="D" if row.stands_out else "o",
        markersize=6.5,
        color=color,
        markerfacecolor=fig.SURFACE if row.few else color,
        markeredgewidth=1.4,
        linestyle="none",
        zorder=3,
    )
    axes.annotate(
        row.text,
        xy=(1, position),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        color=fig.MUTED if row.few else fig.INK,
        fontsize=9,
        annotation_clip=False,
    )
