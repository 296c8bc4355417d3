"""Two shares of each row side by side: of the customers and of the revenue, for example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.chart import Chart, Words, finish
from analysis_lib.reporting.charts import Formatter, label_rows


@dataclass(frozen=True)
class Pair:
    """One row: its label, the two values, and the text beside."""

    label: str
    first: float
    second: float
    text: str


def pairs(
    name: str,
    rows: Sequence[Pair],
    labels: tuple[str, str],
    formatter: Formatter,
    words: Words,
    width: float = fig.FULL_WIDTH,
) -> Chart:
    """A hollow and a filled dot for each row, joined by a line that is orange where the second is larger.

    Parameters
    ----------
    name
        Unique on the page.
    rows
        The first on top.
    labels
        What the hollow and the filled dot are; written above the rows.
    formatter
        Writes the values of the axis.
    words
        Title, reading and alternative text.
    """
    with fig.drawing(width=width, height=0.75 + 0.26 * len(rows)) as (figure, axes):
        for position, row in enumerate(rows):
            color = fig.SERIES[1] if row.second > row.first else fig.PREVIOUS
            axes.plot([row.first, row.second], [position, position], color=color, linewidth=2.4, zorder=2)
            style = {"linestyle": "none", "markersize": 7, "markeredgewidth": 1.5, "color": fig.SERIES[0]}
            axes.plot([row.first], [position], marker="o", markerfacecolor=fig.SURFACE, zorder=3, **style)
            axes.plot([row.second], [position], marker="o", zorder=4, **style)
            axes.annotate(
                row.text,
                xy=(1, position),
                xycoords=("axes fraction", "data"),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                annotation_clip=False,
            )
        label_rows(axes, [row.label for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.7)
        largest = max((max(row.first, row.second) for row in rows), default=0.0) or 1.0
        axes.set_xlim(-0.02 * largest, largest * 1.06)
        fig.value_axis(axes, formatter, "x")
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x")
        axes.set(xlabel="", ylabel="")
        axes.set_title(f"○ {labels[0]}   ● {labels[1]}", loc="left", fontsize=9, color=fig.MUTED, pad=4)
        drawn = [
            {"row": row.label, "series": series, "value": value}
            for row in rows
            for series, value in zip(labels, (row.first, row.second), strict=True)
        ]
        return finish(figure, name, words, drawn)
