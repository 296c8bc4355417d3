"""Typst markup made from the HTML that notebooks show: cards, findings, figures, tables, plain text.

Every text is written as a Typst string, so that nothing a shop calls its products can act as markup.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from analysis_lib.publish.svg import for_print
from analysis_lib.publish.typst_table import table

_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL | re.IGNORECASE)
_SILENT = {"style", "script", "link", "meta", "details", "template"}
_UNPRINTABLE = {"iframe", "canvas", "video", "audio", "object", "embed", "form", "input", "button"}
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "ul",
    "ol",
    "table",
    "figure",
    "img",
    "svg-figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
}
_NOT_IN_PRINT = {"downloads", "stamp", "page-links"}  # links and facts that a page of paper has elsewhere
_TONES = ("good", "bad", "warn", "neutral")


class NotPrintable(ValueError):
    """Something in the HTML has no form on paper; the text says what."""


@dataclass(frozen=True)
class Figure:
    """A picture to be stored beside the brief."""

    content: bytes
    suffix: str


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


def figure(path: str, alt: str, caption: str | None) -> str:
    """A numbered figure of the template."""
    shown = f"[#{string(caption)}]" if caption else "none"
    return f"#brief-figure({string(path)}, alt: {string(alt)}, caption: {shown})"


def from_html(html: str, store: Callable[[Figure], str]) -> str:
    """Typst markup for one HTML output.

    Parameters
    ----------
    store
        Takes a picture and gives the path under which the brief will find it.

    Raises
    ------
    NotPrintable
        For an element that has no form on paper, or a figure without alt text.
    """
    drawings: list[str] = []

    def keep(found: re.Match[str]) -> str:
        # The HTML parser would put the names of SVG attributes into lower case
        if "sb-phone" in found.group().split(">", 1)[0]:
            return ""  # the same drawing for narrow screens
        drawings.append(found.group())
        return f'<svg-figure n="{len(drawings) - 1}"></svg-figure>'

    soup = BeautifulSoup(_SVG.sub(keep, html), "html.parser")
    return "\n\n".join(_Walk(drawings, store).blocks(soup.children))


class _Walk:
    """One pass over the elements of an HTML output."""

    def __init__(self, drawings: list[str], store: Callable[[Figure], str]) -> None:
        self.drawings = drawings
        self.store = store

    def blocks(self, elements: Iterable[PageElement]) -> list[str]:
        """Markup of block elements; text between them becomes paragraphs."""
        made: list[str] = []
        text: list[PageElement] = []

        def end_paragraph() -> None:
            markup = inline(text)
            text.clear()
            if markup:
                made.append(markup)

        for element in elements:
            if isinstance(element, Tag) and (element.name in _BLOCKS | _SILENT | _UNPRINTABLE):
                end_paragraph()
                made += [markup for markup in self.block(element) if markup]
            else:
                text.append(element)
        end_paragraph()
        return made

    def block(self, tag: Tag) -> list[str]:
        """Markup of one block element."""
        classes = set(tag.get_attribute_list("class"))
        if tag.name in _SILENT or classes & _NOT_IN_PRINT:
            return []
        if tag.name in _UNPRINTABLE:
            raise NotPrintable(f"the element <{tag.name}> has no form on paper")
        if "kpi-grid" in classes:
            return [_cards(tag)]
        if "finding" in classes:
            body = "\n\n".join(self.blocks(tag.children))
            return [f"#brief-finding(tone: {string(_tone(tag))})[{body}]"]
        if tag.name == "figure":
            return [self.figure(tag)]
        if tag.name in ("img", "svg-figure"):
            return [self.picture(tag, None)]
        if tag.name == "table":
            return [table(tag, string)]
        if re.fullmatch(r"h[1-6]", tag.name):
            return [f"#heading(level: {max(2, int(tag.name[1]))})[{inline(tag.children)}]"]
        if tag.name in ("ul", "ol"):
            items = [f"[{self.item(item)}]" for item in tag.find_all("li", recursive=False)]
            return [f"#{'list' if tag.name == 'ul' else 'enum'}({', '.join(items)})"]
        return self.blocks(tag.children)

    def item(self, tag: Tag) -> str:
        return "\n\n".join(self.blocks(tag.children))

    def figure(self, tag: Tag) -> str:
        pictures = tag.find_all(["svg-figure", "img"])
        caption = tag.find("figcaption")
        if len(pictures) != 1:
            raise NotPrintable(f"a <figure> must hold one picture, but it holds {len(pictures)}")
        return self.picture(
            pictures[0], caption.get_text(" ", strip=True) if isinstance(caption, Tag) else None
        )

    def picture(self, tag: Tag, caption: str | None) -> str:
        if tag.name == "svg-figure":
            drawing = for_print(self.drawings[int(str(tag["n"]))])
            made, alt = Figure(drawing.content, ".svg"), drawing.alt
        else:
            found = re.match(r"data:image/(png|jpeg|gif);base64,(.*)", str(tag.get("src", "")), re.DOTALL)
            if not found:
                raise NotPrintable("an <img> must hold its picture as a data: URI")
            made = Figure(base64.b64decode(found.group(2)), f".{found.group(1)}")
            alt = str(tag.get("alt") or "")
        if not alt:
            raise NotPrintable("a figure has no alt text (aria-label on the <svg>, alt on the <img>)")
        return figure(self.store(made), alt, caption)


def inline(elements: Iterable[PageElement]) -> str:
    """Markup of text with emphasis, links and line breaks; empty when there is only white space."""
    parts: list[str] = []
    for element in elements:
        if isinstance(element, NavigableString):
            if not isinstance(element, PreformattedString) and str(element):  # comments and the like are that
                parts.append(f"#{string(str(element))};")
        elif isinstance(element, Tag):
            if element.name in _UNPRINTABLE:
                raise NotPrintable(f"the element <{element.name}> has no form on paper")
            if element.name in _SILENT:
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


def _cards(grid: Tag) -> str:
    cards = []
    for card in grid.find_all(class_="kpi-card"):
        texts = {
            part: " ".join(found.get_text(" ", strip=True) for found in card.find_all(class_=f"kpi-{part}"))
            for part in ("label", "value", "change", "note")
        }
        change = card.find(class_="kpi-change")
        fields = [f"{part}: {string(text)}" for part, text in texts.items()]
        fields.append(f"tone: {string(_tone(change) if isinstance(change, Tag) else 'neutral')}")
        cards.append(f"({', '.join(fields)})")
    if not cards:
        raise NotPrintable("a .kpi-grid holds no .kpi-card")
    return f"#brief-cards({', '.join(cards)})"


def _tone(tag: Tag) -> str:
    classes = tag.get_attribute_list("class")
    return next((tone for tone in _TONES if f"is-{tone}" in classes), "neutral")
