"""How a table is set on paper: how large its text is, how wide its columns are, upright or across.

What fits decides: first smaller text, then a page across, then less comfort; words are cut only where nothing
else helps, numbers never.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.publish.column_widths import Need, share
from analysis_lib.publish.typst_fonts import Fonts
from analysis_lib.publish.typst_text import LONGEST_NUMBER, cut, longest_pieces

# Points; the template's A4 page less its margins, upright and across. A test compares them with the template.
UPRIGHT, ACROSS = 493.2, 739.8
# Size of the text and space at each side of a column, the best first
_SIZES = ((8.5, 4.5), (8.0, 4.0), (7.5, 3.5), (7.0, 3.0))
_EASY, _COMFORT = 15.0, 10.0  # a column of long texts is as wide as so many times the size of the text
_LONGEST_WORD, _SHORTEST_CUT = (
    120.0,
    30.0,
)  # a longer word is cut; where nothing else helps, so is a shorter one
_SAFETY = 1.01  # kerning and rounding
_ZERO_WIDTH = "\u200b"


@dataclass(frozen=True)
class Cell:
    """The text of a cell, how many columns it spans, and whether it stands on few units."""

    text: str
    span: int = 1
    is_few: bool = False


@dataclass(frozen=True)
class Layout:
    """How a table is set: widths of the columns with their gaps, and sizes, all in points."""

    widths: tuple[float, ...]
    size: float
    gap: float
    is_landscape: bool
    fonts: Fonts

    def breakable(self, text: str, place: int, span: int, is_bold: bool) -> str:
        """The text of a cell, with places to break in words that are wider than its columns.

        Parameters
        ----------
        place, span
            Its first column, and how many it has.
        """
        room = sum(self.widths[place : place + span]) - 2 * self.gap
        parts = [part if is_number else self._broken(part, room, is_bold) for part, is_number in cut(text)]
        return "".join(parts)

    def _broken(self, text: str, room: float, is_bold: bool) -> str:
        def broken(found: re.Match[str]) -> str:
            word = found.group()
            if _is_number(word) or self.fonts.width(word, self.size, is_bold) <= room:
                return word
            word = re.sub(r"(?<=[\w])([_./@?&=])(?=\w)", rf"\1{_ZERO_WIDTH}", word)
            return _ZERO_WIDTH.join(self._slices(piece, room, is_bold) for piece in word.split(_ZERO_WIDTH))

        return re.sub(r"[^ -]+-*", broken, text)

    def _slices(self, word: str, room: float, is_bold: bool) -> str:
        slices, start = [], 0
        for end in range(1, len(word) + 1):
            if end - start > 1 and self.fonts.width(word[start:end], self.size, is_bold) > room:
                slices.append(word[start : end - 1])
                start = end - 1
        return _ZERO_WIDTH.join([*slices, word[start:]])


def lay_out(
    heads: Sequence[Sequence[Cell]], rows: Sequence[Sequence[Cell]], aligned: Sequence[str], fonts: Fonts
) -> Layout:
    """The layout of a table.

    Parameters
    ----------
    heads, rows
        Header rows and all other rows, from the left to the right.
    aligned
        The alignment of each column.

    Examples
    --------
    >>> fonts = Fonts(frozenset(), {ord("a"): 0.5}, {ord("a"): 0.5})
    >>> made = lay_out([[Cell("a"), Cell("a")]], [[Cell("aaa"), Cell("a")]], ["left", "right"], fonts)
    >>> made.size, round(sum(made.widths), 1) == UPRIGHT
    (8.5, True)
    """
    smallest = _SIZES[-1]
    tries = [
        *((UPRIGHT, size, gap, _EASY, _LONGEST_WORD) for size, gap in _SIZES[:-1]),
        *((UPRIGHT, size, gap, _COMFORT, _LONGEST_WORD) for size, gap in _SIZES[-2:]),
        *((ACROSS, size, gap, _COMFORT, _LONGEST_WORD) for size, gap in _SIZES),
        (UPRIGHT, *smallest, 0.0, _LONGEST_WORD),
        (ACROSS, *smallest, 0.0, _LONGEST_WORD),
        (ACROSS, *smallest, 0.0, _SHORTEST_CUT),
    ]
    for width, size, gap, comfort, longest_word in tries:
        needs = _needs(heads, rows, len(aligned), size, fonts, comfort * size, longest_word)
        widths = share(width - 2 * gap * len(needs), needs)
        if widths is not None:
            break
    else:  # more numbers than a page across can hold
        room, whole = ACROSS - 2 * gap * len(needs), sum(need.least for need in needs)
        widths = [need.least * room / whole for need in needs]
    return Layout(tuple(w + 2 * gap for w in widths), size, gap, width == ACROSS, fonts)


def _needs(
    heads: Sequence[Sequence[Cell]],
    rows: Sequence[Sequence[Cell]],
    count: int,
    size: float,
    fonts: Fonts,
    comfort: float,
    longest_word: float,
) -> list[Need]:
    found = [(1.0, 1.0) for _ in range(count)]
    for row, is_head in [*((row, True) for row in heads), *((row, False) for row in rows)]:
        place = 0
        for cell in row:
            # A cell over several columns takes what these have; headings of groups fit on any line.
            if cell.span == 1 and place < count:
                # Totals are bold, so every cell is measured so: the difference is small.
                whole = fonts.width(cell.text, size, is_bold=True) * _SAFETY
                pieces = [_least(piece, size, fonts, longest_word) for piece in longest_pieces(cell.text)]
                whole = _two_lines(cell.text, size, fonts) if is_head else whole
                least = max([whole if is_head else min(whole, comfort), *pieces])
                found[place] = max(found[place][0], least), max(found[place][1], least, whole)
            place += cell.span
    return [Need(*sizes) for sizes in found]


def _two_lines(heading: str, size: float, fonts: Fonts) -> float:
    """The least width in which a heading has two lines."""
    parts = heading.split(" ")
    halves = [(" ".join(parts[:place]), " ".join(parts[place:])) for place in range(1, len(parts) + 1)]
    widths = [max(fonts.width(half, size, is_bold=True) for half in pair) for pair in halves]
    return min(widths) * _SAFETY


def _least(piece: str, size: float, fonts: Fonts, longest_word: float) -> float:
    width = fonts.width(piece, size, is_bold=True) * _SAFETY
    return width if _is_number(piece) else min(width, longest_word)


def _is_number(piece: str) -> bool:
    return len(piece) <= LONGEST_NUMBER and any(char.isdigit() for char in piece)
