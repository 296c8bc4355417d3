"""How wide a figure is printed: its text about as large as that of the tables, and never too small."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis_lib.publish.table_layout import ACROSS, UPRIGHT

SMALLEST_TEXT = 7.0  # points
BESIDE_TEXT = 340.0  # figures that are no wider leave room for text,
BESIDE_FIGURE = 239.0  # and these for another figure
_SCALE = 0.8  # 10 units of the drawing are 8 points, about as in the tables
_VIEW_BOX = re.compile(
    r"<svg\b[^>]*?\bviewBox=[\"'][\d.-]+[ ,]+[\d.-]+[ ,]+([\d.]+)[ ,]+([\d.]+)[\"']", re.DOTALL
)
_TEXT_SIZE = re.compile(r"font(?:-size)?\s*:[^;\"]*?([\d.]+)px|font-size=\"([\d.]+)(?:px)?\"")


@dataclass(frozen=True)
class FigureSize:
    """The printed width and the least at which it can be read, in points; whether on a page across."""

    width: float
    least: float
    is_landscape: bool = False


def figure_size(svg: str) -> FigureSize | None:
    """The printed size of a drawing; None where the drawing does not say how large it is.

    Examples
    --------
    >>> figure_size('<svg viewBox="0 0 400 100"><text style="font-size: 10px">a</text></svg>')
    FigureSize(width=320.0, least=280.0, is_landscape=False)
    >>> figure_size('<svg viewBox="0 0 400 100"><text style="font-size: 7px">a</text></svg>').width
    400.0
    >>> figure_size('<svg viewBox="0 0 700 100"><text style="font-size: 8px">a</text></svg>').is_landscape
    True
    """
    found = _VIEW_BOX.search(svg)
    if not found:
        return None
    drawn, high = float(found.group(1)), float(found.group(2))
    sizes = [float(next(group for group in hit.groups() if group)) for hit in _TEXT_SIZE.finditer(svg)]
    least = SMALLEST_TEXT / min(sizes) if sizes else 0.0
    scale = max(_SCALE, least)
    if drawn * scale <= UPRIGHT:
        return FigureSize(drawn * scale, drawn * least)
    if drawn * least <= UPRIGHT:
        return FigureSize(UPRIGHT, drawn * least)
    # Across, a page is as high as a page upright is wide, less its head and foot.
    width = min(ACROSS, drawn * scale, drawn / high * (UPRIGHT - 90))
    return FigureSize(width, drawn * least, is_landscape=True)
