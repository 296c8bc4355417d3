"""Text as Typst markup: every piece a string, so that nothing a shop calls its products can act as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bs4.element import NavigableString, PageElement, PreformattedString, Tag

SILENT = frozenset({"style", "script", "link", "meta", "details", "template"})
UNPRINTABLE = frozenset(
    {"iframe", "canvas", "video", "audio", "object", "embed", "form", "input", "button", "select"}
)
# "1–30", "2026-06-30" and "a-b.csv" would be cut after their sign at the end of a line.
_UNBROKEN = re.compile(r"[^ \t\r\n]*\d[^ \t\r\n]*[–/-][^ \t\r\n]*\d[^ \t\r\n]*|\b[\w-]+\.csv\b")
_COMPARED = re.compile(r"\b([np]) ([=<>≤≥]) (?=[\d.])")  # "n = 30" and "p < 0.05" stay on one line
LONGEST_NUMBER = 40  # longer is an address or a key, which must be able to break


class NotPrintable(ValueError):
    """Something in the HTML has no form on paper; the text says what."""


def string(text: str) -> str:
    """A Typst string literal.

    Examples
    --------
    >>> string('5" #x')
    '"5\\\\" #x"'
    """
    # No-break spaces stay: they keep "7.8 %" on one line.
    escaped = re.sub(r"[ \t\r\n]+", " ", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def words(text: str) -> str:
    """Markup of plain text in which a number or a range of numbers is never cut at the end of a line.

    Examples
    --------
    >>> words("on 1–30 June")
    '#"on ";#box[#"1–30";];#" June";'
    """
    return "".join(
        f"#box[#{string(part)};];" if is_number else f"#{string(part)};" for part, is_number in cut(text)
    )


def cut(text: str) -> list[tuple[str, bool]]:
    """The text in parts, with whether a part is a number that may not be cut.

    Examples
    --------
    >>> cut("on 1–30 June")
    [('on ', False), ('1–30', True), (' June', False)]
    """
    text = _COMPARED.sub("\\1\u00a0\\2\u00a0", re.sub(r"[ \t\r\n]+", " ", text))
    parts: list[tuple[str, bool]] = []
    end = 0
    for found in _UNBROKEN.finditer(text):
        if len(found.group()) <= LONGEST_NUMBER:
            parts += [(text[end : found.start()], False), (found.group(), True)]
            end = found.end()
    parts.append((text[end:], False))
    return [part for part in parts if part[0]]


def longest_pieces(text: str) -> list[str]:
    """What stands unbroken on a line, however narrow it is: words, their parts at hyphens, numbers.

    Examples
    --------
    >>> longest_pieces("brand-film 1–30 June")
    ['brand-', 'film', '1–30', 'June']
    """
    pieces: list[str] = []
    for part, is_number in cut(text):
        pieces += [part] if is_number else re.findall(r"[^ -]+-*|-+", part)
    return pieces


def inline(elements: Iterable[PageElement]) -> str:
    """Markup of text with emphasis, links and line breaks; empty when there is only white space.

    Raises
    ------
    NotPrintable
        For an element that has no form on paper.
    """
    parts: list[str] = []
    for element in elements:
        if isinstance(element, NavigableString):
            if not isinstance(element, PreformattedString) and str(element):  # comments and the like are that
                parts.append(words(str(element)))
        elif isinstance(element, Tag):
            if element.name in UNPRINTABLE:
                raise NotPrintable(f"the element <{element.name}> has no form on paper")
            if element.name in SILENT:
                continue
            inner = inline(element.children)
            if element.name == "br":
                parts.append(" \\ ")
            elif inner and element.name in ("b", "strong"):
                parts.append(f"#strong[{inner}];")
            elif inner and element.name in ("i", "em"):
                parts.append(f"#emph[{inner}];")
            else:
                parts.append(inner)
    markup = "".join(parts)
    return markup if re.sub(r'#" ?";', "", markup).strip() else ""
