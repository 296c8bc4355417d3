"""A picture of what is made from what: columns of boxes, and lines from each box to those that read it.

Drawn by hand, not by matplotlib, because it is wider than a chart and its boxes must fit their names.
On a narrow screen it scrolls inside its figure, so that the names stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.figure import INK, MUTED, PREVIOUS, SERIES, SURFACE
from analysis_lib.reporting.html import Html, escape

_FONT = 11
_LETTER = 6.1  # the width of a letter of that size, with some to spare in every common font
_ROW, _BOX, _HEAD, _GUTTER, _MARGIN = 20, 16, 30, 34, 2
_LOOSEST = 2.2
_SMALLEST = 58  # rem; narrower than that, the picture scrolls


@dataclass(frozen=True)
class Box:
    """One table: its name, and whether it is missing, which is drawn as a dashed outline."""

    name: str
    label: str
    is_missing: bool = False


@dataclass(frozen=True)
class Group:
    """Boxes that belong together, under a heading of their own unless it is empty."""

    heading: str
    boxes: Sequence[Box]


@dataclass(frozen=True)
class Layer:
    """One column of the picture."""

    title: str
    groups: Sequence[Group]

    @property
    def rows(self) -> list[Box | str]:
        """Headings and boxes from top to bottom."""
        made: list[Box | str] = []
        for group in self.groups:
            made += [group.heading] if group.heading else []
            made += group.boxes
        return made


@dataclass(frozen=True)
class _Place:
    left: float
    right: float
    middle: float


def picture(layers: Sequence[Layer], reads: Mapping[str, Iterable[str]], words: Words) -> Html:
    """The layers side by side, and a line for each table that a table reads.

    Parameters
    ----------
    layers
        From the left to the right; one without boxes is left out.
    reads
        The name of a box to the names of those it reads; names without a box are passed over.
    words
        Title, reading and alternative text.

    Examples
    --------
    >>> layers = [Layer("In", [Group("", [Box("a", "a")])]), Layer("Out", [Group("", [Box("b", "b")])])]
    >>> made = picture(layers, {"b": ["a"]}, Words("What is made of what", "", "b reads a.")).text
    >>> made.count("<rect"), made.count("<path")
    (2, 1)
    """
    shown = [layer for layer in layers if any(group.boxes for group in layer.groups)]
    places, width, height = _places(shown)
    parts = [_line(places[source], places[name]) for name, source in _pairs(places, reads)]
    left = float(_MARGIN)
    for layer in shown:
        parts.append(_text(left, 14, layer.title, MUTED, "600 "))
        parts += _column(layer, places, left, _step(layer, max(len(other.rows) for other in shown)))
        left += _width(layer) + _GUTTER
    svg = (
        f'<svg class="sb-fig" role="img" aria-label="{escape(words.alt)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" xmlns="http://www.w3.org/2000/svg" '
        f'style="min-width: {_SMALLEST}rem; max-width: none; max-height: none">\n'
        + "\n".join(parts)
        + "\n</svg>"
    )
    reading = f" {escape(words.reading)}" if words.reading else ""
    # Who has no mouse scrolls the box with the arrow keys, so it takes the focus.
    return Html(
        f'<figure class="sb-figure is-wide">\n'
        f"<figcaption><strong>{escape(words.title)}.</strong>{reading}</figcaption>\n"
        f'<div style="overflow-x: auto" tabindex="0" role="group" aria-label="{escape(words.title)}">\n'
        f"{svg}\n</div>\n</figure>"
    )


def _width(layer: Layer) -> float:
    texts = [layer.title, *(row if isinstance(row, str) else row.label for row in layer.rows)]
    return max(len(text) for text in texts) * _LETTER + 10


def _places(layers: Sequence[Layer]) -> tuple[dict[str, _Place], float, float]:
    """Where each box stands, and the size of the picture; short columns stand in the middle."""
    tallest = max((len(layer.rows) for layer in layers), default=0)
    places: dict[str, _Place] = {}
    left = float(_MARGIN)
    for layer in layers:
        width = _width(layer)
        step = _step(layer, tallest)
        top = _HEAD + (tallest * _ROW - len(layer.rows) * step) / 2
        for number, row in enumerate(layer.rows):
            if isinstance(row, Box):
                places[row.name] = _Place(left, left + width, top + (number + 0.5) * step)
        left += width + _GUTTER
    return places, left - _GUTTER + _GUTTER / 2 + _MARGIN, _HEAD + tallest * _ROW + _MARGIN


def _step(layer: Layer, tallest: int) -> float:
    """How far apart the rows of a column stand: short columns spread, so that lines do not bundle."""
    return min(tallest / len(layer.rows), _LOOSEST) * _ROW


def _pairs(places: Mapping[str, _Place], reads: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    return [
        (name, source)
        for name in sorted(places)
        for source in sorted(reads.get(name, ()))
        if source in places
    ]


def _line(start: _Place, end: _Place) -> str:
    """From the right side of what is read to the left side of what reads it; within a column, an arc."""
    if start.left == end.left:
        bend = min(_GUTTER - 6, 8 + abs(end.middle - start.middle) / 12)
        x = start.right
        path = (
            f"M{x:.1f} {start.middle:.1f} C{x + bend:.1f} {start.middle:.1f} "
            f"{x + bend:.1f} {end.middle:.1f} {x:.1f} {end.middle:.1f}"
        )
    else:
        half = _GUTTER * 0.7
        path = (
            f"M{start.right:.1f} {start.middle:.1f} C{start.right + half:.1f} {start.middle:.1f} "
            f"{end.left - half:.1f} {end.middle:.1f} {end.left:.1f} {end.middle:.1f}"
        )
    return f'<path d="{path}" style="fill: none; stroke: {PREVIOUS}; stroke-width: 0.9"/>'


def _column(layer: Layer, places: Mapping[str, _Place], left: float, step: float) -> list[str]:
    made = []
    rows = layer.rows
    first = next(number for number, row in enumerate(rows) if isinstance(row, Box))
    found = rows[first]
    assert isinstance(found, Box)
    top = places[found.name].middle - first * step
    for number, row in enumerate(rows):
        middle = top + number * step
        if isinstance(row, str):
            made.append(_text(left, middle + 5, row, MUTED))
            continue
        dash = "; stroke-dasharray: 3 2" if row.is_missing else ""
        place = places[row.name]
        made.append(
            f'<rect x="{place.left:.1f}" y="{middle - _BOX / 2:.1f}" width="{place.right - place.left:.1f}" '
            f'height="{_BOX}" rx="3" style="fill: {SURFACE}; '
            f'stroke: {MUTED if row.is_missing else SERIES[0]}; stroke-width: 0.8{dash}"/>'
        )
        made.append(_text(left + 5, middle + 4, row.label, MUTED if row.is_missing else INK))
    return made


def _text(x: float, y: float, text: str, color: str, weight: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" style="font: {weight}{_FONT}px sans-serif; fill: {color}">'
        f"{escape(text)}</text>"
    )
