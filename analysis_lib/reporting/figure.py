"""A drawing as an SVG figure of a page: the same look, the same bytes, readable in light and dark.

Colours are the theme's light ones; the publisher swaps them for variables with a dark twin. Text stays
text, so that it can be searched, and takes the page's font.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#2b303a"
MUTED = "#667085"
GRID = "#d9dee5"
PREVIOUS = "#b3bac5"
SURFACE = "#fdfdfe"
# Told apart with every common colour blindness, when neighbours are taken in this order.
SERIES = ("#3b6fb6", "#d97a1e", "#1f9e89", "#8a5fb5", "#c44e6b", "#a08a1c", "#6b7a8f", "#8c5a3c")
# Letters need more contrast than areas and lines: what a label in the colour of a series is written in.
_LETTERS = {
    "#d97a1e": "#a85a0c",
    "#1f9e89": "#147564",
    "#c44e6b": "#b53d5b",
    "#a08a1c": "#7a6912",
    "#6b7a8f": "#5b697d",
    PREVIOUS: MUTED,
}
GOOD = "#1a7f4b"
BAD = "#b42318"
WARN = "#b25e09"

FULL_WIDTH = 7.2  # inches; with 10 pt text this reads well at 960 px, on a phone and on A4
HALF_WIDTH = 4.6
_FONT_SIZE = 10
_TICK_POINTS = 44  # width that a label of a horizontal value axis takes, with room on both sides
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "shopbook",
    "text.parse_math": False,  # two dollar signs are money, not mathematics
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so that every machine lays out alike
    "font.size": _FONT_SIZE,
    "axes.labelsize": _FONT_SIZE,
    "xtick.labelsize": _FONT_SIZE,
    "ytick.labelsize": _FONT_SIZE,
    "legend.fontsize": _FONT_SIZE,
    "axes.labelcolor": MUTED,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.edgecolor": GRID,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "hatch.linewidth": 1.2,
    "lines.solid_capstyle": "round",
}
_PROLOG = re.compile(r"\A.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_GLOBAL_STYLE = re.compile(r"\s*<defs>\s*<style\b.*?</style>\s*</defs>", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_OPENING = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_FONT = re.compile(r"font(?:-family)?: [^;\"]*'DejaVu Sans'[^;\"]*")
_FONT_SIZE_TEXT = re.compile(r"([\d.]+)px")


@contextmanager
def drawing(
    width: float = FULL_WIDTH, height: float = 3.1, rows: int = 1, columns: int = 1, **options: Any
) -> Iterator[tuple[Figure, Any]]:
    """A figure and its axes in the house style.

    Parameters
    ----------
    width, height
        In inches.
    rows, columns, **options
        As for `Figure.subplots`.

    Examples
    --------
    >>> with drawing() as (figure, axes):
    ...     _ = axes.plot([1, 2], [3, 4])
    ...     svg = to_svg(figure, "example")
    >>> svg.startswith("<svg")
    True
    """
    import matplotlib
    from matplotlib.figure import Figure as NewFigure

    with matplotlib.rc_context(_STYLE):
        figure = NewFigure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, **options)


def to_svg(figure: Figure, name: str) -> str:
    """The figure as inline SVG: no prolog, no date, ids that are unique on a page, fonts of the page.

    Parameters
    ----------
    figure
        A figure of :func:`drawing`, still inside its ``with``.
    name
        The chart's name, unique on its page; all ids begin with it.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = _PROLOG.sub("", buffer.getvalue())
    svg = _COMMENT.sub("", _METADATA.sub("", svg))
    # A style element inside inline SVG would hold for the whole page.
    svg = _GLOBAL_STYLE.sub("", svg)
    view_box = _VIEW_BOX.search(svg)
    assert view_box is not None  # matplotlib always writes one
    svg = _OPENING.sub(
        f'<svg viewBox="{view_box.group(1)}" style="stroke-linejoin: round" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">',
        svg,
        count=1,
    )
    svg = _FONT.sub(_page_font, svg)
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
    svg = _ID.sub(lambda found: f' id="{name}-{found.group(1)}"' if found.group(1) in used else "", svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg).strip()


def _page_font(found: re.Match[str]) -> str:
    """matplotlib's own font list as the generic family; the size stays."""
    text = found.group()
    if text.startswith("font-family"):
        return "font-family: sans-serif"
    size = _FONT_SIZE_TEXT.search(text)
    weight = "600 " if re.search(r"\b(bold|[6-9]00)\b", text) else ""
    return f"font: {weight}{size.group(1) if size else _FONT_SIZE}px sans-serif"


def letters(color: str) -> str:
    """The colour for a label of something drawn in `color`, with a contrast of at least 4.5 on a card.

    Examples
    --------
    >>> letters(SERIES[0]) == SERIES[0], letters(SERIES[1]), letters(PREVIOUS) == MUTED
    (True, '#a85a0c', True)
    """
    return _LETTERS.get(color, color)


def value_axis(axes: Axes, formatter: Any, which: str = "y", bins: int = 5) -> None:
    """Few, round ticks with units, written by a function of :mod:`analysis_lib.reporting.numbers`.

    There are fewer where two would be written alike, and where a narrow drawing has no room for them.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def ticks(low: float, high: float, most: int) -> Any:
        # Not in steps of 2.5, which whole percents would round: 3 %, 5 %, 8 %.
        return MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(low, high)

    class Locator(MaxNLocator):
        def tick_values(self, vmin: float, vmax: float) -> Any:
            most = bins
            if which == "x":
                points = axes.bbox.width * 72 / axes.figure.dpi
                most = max(1, min(bins, int(points / _TICK_POINTS)))
            for number in range(most, 0, -1):
                found = ticks(vmin, vmax, number)
                written = [formatter(value) for value in found]
                if len(set(written)) == len(written):
                    break
            return found

    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(Locator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: formatter(value)))


def spread(positions: list[float], gap: float) -> list[float]:
    """Positions moved apart so that labels at them do not overlap; order and centre stay.

    Examples
    --------
    >>> spread([1.0, 1.1, 5.0], 1.0)
    [0.55, 1.55, 5.0]
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    groups: list[list[int]] = []
    centres: list[float] = []
    for index in order:
        groups.append([index])
        centres.append(positions[index])
        while len(groups) > 1:
            top = centres[-2] + (len(groups[-2]) - 1) / 2 * gap
            bottom = centres[-1] - (len(groups[-1]) - 1) / 2 * gap
            if top + gap <= bottom:
                break
            merged = groups[-2] + groups[-1]
            groups[-2:] = [merged]
            centres[-2:] = [sum(positions[member] for member in merged) / len(merged)]
    moved = list(positions)
    for members, centre in zip(groups, centres, strict=True):
        for rank, member in enumerate(members):
            moved[member] = centre + (rank - (len(members) - 1) / 2) * gap
    return moved
