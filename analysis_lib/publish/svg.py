"""SVG figures made ready for paper."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

_FONT = "Inter"
_ALT = re.compile(r'<svg\b[^>]*?\baria-label="([^"]*)"|<svg\b[^>]*?\baria-label=\'([^\']*)\'', re.DOTALL)
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title>", re.DOTALL)
_VARIABLE = re.compile(r"var\(\s*--[\w-]+\s*,\s*([^()]+?)\s*\)")
_FAMILY = re.compile(r"font-family\s*:\s*[^;\"}]+")
_FAMILY_ATTRIBUTE = re.compile(r'font-family\s*=\s*"[^"]*"')
_SHORTHAND = re.compile(r"font\s*:\s*((?:[a-z0-9]+\s+)*?[\d.]+(?:px|pt|em))\s+[^;\"}]+")


@dataclass(frozen=True)
class Drawing:
    """An SVG file and what it shows in words."""

    content: bytes
    alt: str


def for_print(svg: str) -> Drawing:
    """A figure as a file of its own: light colours, the brief's font, and the alt text taken out.

    Examples
    --------
    >>> made = for_print('<svg aria-label="A line"><path style="fill: var(--sb-ink, #2b303a)"/></svg>')
    >>> made.alt
    'A line'
    >>> b"fill: #2b303a" in made.content
    True
    """
    found = _ALT.search(svg) or _TITLE.search(svg)
    alt = html.unescape(next((group for group in found.groups() if group), "")) if found else ""
    text = _VARIABLE.sub(r"\1", svg).replace("currentColor", "#2b303a")
    text = _SHORTHAND.sub(rf"font: \1 {_FONT}", text)
    text = _FAMILY.sub(f"font-family: {_FONT}", text)
    text = _FAMILY_ATTRIBUTE.sub(f'font-family="{_FONT}"', text)
    if "xmlns=" not in text.split(">", 1)[0]:
        text = text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    if "xlink:" in text and "xmlns:xlink" not in text:
        text = text.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    return Drawing(text.encode(), re.sub(r"\s+", " ", alt).strip())
