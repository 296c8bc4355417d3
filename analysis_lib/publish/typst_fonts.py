"""The fonts of the briefs: how wide a text is in them, and which characters they have.

A brief is PDF/UA, which allows no character without a glyph: one product called 日本 would stop the
report. So a character that no font of the brief has is printed as `MISSING`. Fonts that are put into the
template's folder `fonts` count, those of the machine do not: a brief is the same on every machine.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The boxed question mark of unreadable characters is not in Inter; this is, and is seen.
MISSING = "¤"
_SUFFIXES = {".ttf", ".otf"}
# Shapers leave these out without asking a font for them, joiners and variation selectors among them.
_INVISIBLE = frozenset(
    {0x00AD, 0x034F, 0x200B, 0x2060, 0xFEFF, *range(0x200C, 0x2010), *range(0xFE00, 0xFE10)}
)


@dataclass(frozen=True)
class Fonts:
    """What is known of the fonts in a folder.

    Attributes
    ----------
    characters
        Every character that one of them has.
    regular, bold
        Character to its width, in parts of the size of the text.
    """

    characters: frozenset[int]
    regular: Mapping[int, float]
    bold: Mapping[int, float]

    def width(self, text: str, size: float, is_bold: bool = False) -> float:
        """The width of a line of text, in points.

        Parameters
        ----------
        size
            Of the text, in points.

        Examples
        --------
        >>> Fonts(frozenset(), {97: 0.5}, {}).width("aa", 10)
        10.0
        """
        widths = self.bold if is_bold else self.regular
        # A character of another font is taken to be as wide as it is high.
        return size * sum(widths.get(ord(char), 1.0) for char in text)

    def printable(self, text: str) -> str:
        """The text with `MISSING` in the place of each character that no font has.

        Examples
        --------
        >>> Fonts(frozenset({97, 98}), {}, {}).printable("ab日")
        'ab¤'
        """
        missing = {ord(char) for char in set(text)} - self.characters - _INVISIBLE
        table: dict[int, str] = {}
        for code in missing:
            char = chr(code)
            # "é" written as e and an accent has a glyph of its own
            table[code] = char if char in "\n\t" else " " if unicodedata.category(char) == "Cc" else MISSING
        return text.translate(table) if table else text


@functools.lru_cache(maxsize=4)
def _read(files: Sequence[tuple[str, int]]) -> Fonts:
    from fontTools.ttLib import TTFont

    characters: set[int] = set()
    widths: dict[bool, dict[int, float]] = {False: {}, True: {}}
    for path, _ in files:
        with TTFont(path, lazy=True) as font:
            glyphs = font.getBestCmap() or {}
            characters |= set(glyphs)
            advances, unit = font["hmtx"], font["head"].unitsPerEm
            chosen = widths[font["OS/2"].usWeightClass >= 600]
            # The first font of a weight in the order of names is the text's own.
            chosen.update(
                {code: advances[name][0] / unit for code, name in glyphs.items() if code not in chosen}
            )
    return Fonts(frozenset(characters), widths[False], widths[True] or widths[False])


def read_fonts(folder: Path) -> Fonts:
    """The fonts in a folder.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in _SUFFIXES)
    return _read(tuple((str(file), file.stat().st_mtime_ns) for file in files))
