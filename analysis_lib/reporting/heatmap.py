"""A matrix of numbers as a heatmap: cohorts by the months since, segments before by segments now.

One colour, more of it for more, so that it reads in light, in dark and with every colour blindness; every
cell carries its number. What is not yet known is hatched, never coloured like a zero.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting import figure as fig
from analysis_lib.reporting.chart import Chart, Words, finish
from analysis_lib.reporting.charts import Formatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Cells = Sequence[Sequence[float | None]]
_ROW_HEIGHT = 0.2  # inches
_FONT_SIZE = 8.5
_GAP = 0.06  # of a cell, between two
_FAINTEST, _STRONGEST = 0.05, 0.52  # opacity; text keeps a contrast of 4.5 on the strongest, in both themes
_CLIP = 0.95  # the strongest colour begins at this quantile, so that one large cell does not pale the rest


def heatmap(
    name: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Cells,
    formatter: Formatter,
    words: Words,
    column_title: str = "",
    shades: Cells | None = None,
    muted_rows: Collection[int] = (),
    missing_is_unknown: bool = True,
    upright: bool = False,
    width: float = fig.HALF_WIDTH,
) -> Chart:
    """A matrix of cells, the first row on top.

    Parameters
    ----------
    name
        Unique on the page.
    rows, columns
        Labels; columns stand above the matrix.
    cells
        Row by row; None where there is no number.
    formatter
        Writes a cell, short: there is room for three or four characters.
    words
        Title, reading and alternative text; the reading says the unit.
    column_title
        What the columns are.
    shades
        What the colour stands for, where that is not the cell itself.
    muted_rows
        Positions of rows on few units; their labels are italic.
    missing_is_unknown
        Whether a cell without a number is not yet known (hatched), or is nothing (left blank).
    upright
        Whether long column labels stand upright.
    """
    height = 0.3 + _ROW_HEIGHT * len(rows) + (1.0 if upright else 0.2) + (0.2 if column_title else 0)
    strengths = _strengths(cells if shades is None else shades)
    with fig.drawing(width=width, height=height) as (figure, axes):
        for row, values in enumerate(cells):
            for column, value in enumerate(values):
                if value is not None:
                    _known(axes, row, column, formatter(value), strengths[row][column])
            if missing_is_unknown:
                _unknown(axes, row, values)
        _labels(axes, rows, columns, column_title, muted_rows, upright)
        drawn = [
            {"row": row, "column": column, "value": value}
            for row, values in zip(rows, cells, strict=True)
            for column, value in zip(columns, values, strict=True)
        ]
        return finish(figure, name, words, drawn)


def _strengths(cells: Cells) -> list[list[float]]:
    """The opacity of every cell, by its size against the largest ones.

    Examples
    --------
    >>> _strengths([[0.0, 1.0, None]])
    [[0.05, 0.52, 0.05]]
    """
    known = sorted(value for row in cells for value in row if value is not None)
    largest = known[min(len(known) - 1, round(_CLIP * len(known)))] if known else 0.0
    span = _STRONGEST - _FAINTEST

    def one(value: float | None) -> float:
        if value is None or largest <= 0:
            return _FAINTEST
        return round(_FAINTEST + span * min(1.0, max(0.0, value / largest)), 3)

    return [[one(value) for value in row] for row in cells]


def _known(axes: Axes, row: int, column: int, text: str, strength: float) -> None:
    axes.add_patch(_box(column, row, 1, facecolor=fig.SERIES[0], alpha=strength, linewidth=0))
    axes.text(column, row, text, ha="center", va="center", fontsize=_FONT_SIZE, color=fig.INK)


def _unknown(axes: Axes, row: int, values: Sequence[float | None]) -> None:
    """Neighbours that are not known share a box."""
    place = 0
    for is_missing, run in groupby(value is None for value in values):
        length = len(list(run))
        if is_missing:
            axes.add_patch(
                _box(place, row, length, facecolor="none", edgecolor=fig.GRID, hatch="////", linewidth=0)
            )
        place += length


def _box(column: int, row: int, length: int, **style: Any) -> Any:
    from matplotlib.patches import Rectangle

    half = 0.5 - _GAP / 2
    return Rectangle((column - half, row - half), length - _GAP, 1 - _GAP, **style)


def _labels(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    column_title: str,
    muted_rows: Collection[int],
    upright: bool,
) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), rows, color=fig.INK, fontsize=_FONT_SIZE)
    for place, label in enumerate(axes.get_yticklabels()):
        if place in muted_rows:
            label.set(color=fig.MUTED, fontstyle="italic")
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(columns)), columns, fontsize=_FONT_SIZE, rotation=90 if upright else 0)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(column_title, fontsize=_FONT_SIZE)
    axes.set_ylabel("")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
