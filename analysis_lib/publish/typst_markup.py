"""Typst markup made from the HTML that notebooks show: cards, findings, figures, tables, plain text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import PageElement, Tag

from analysis_lib.publish.figure_size import BESIDE_FIGURE, BESIDE_TEXT, FigureSize, figure_size
from analysis_lib.publish.svg import for_print
from analysis_lib.publish.typst_fonts import Fonts
from analysis_lib.publish.typst_table import table
from analysis_lib.publish.typst_text import SILENT, UNPRINTABLE, NotPrintable, inline, string, words

_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL | re.IGNORECASE)
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "ul",
    "ol",
    "dl",
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
# Links and facts that a page of paper has elsewhere; definitions stand at its end.
_NOT_IN_PRINT = {"downloads", "stamp", "page-links", "definitions"}
_NOTES = {"kpi-note", "empty", "note"}
_TONES = ("good", "bad", "warn", "neutral")


@dataclass(frozen=True)
class Figure:
    """A picture to be stored beside the brief."""

    content: bytes
    suffix: str


Store = Callable[[Figure], str]


def figure(path: str, alt: str, caption: str | None, size: FigureSize | None = None) -> str:
    """A numbered figure of the template.

    Parameters
    ----------
    path
        Where the brief finds the picture.
    alt
        What it shows, in words.
    caption
        Markup.
    size
        How wide it is printed; as wide as the page allows when left out.
    """
    width = f", width: {size.width:.1f}pt" if size else ""
    shown = f"[{caption}]" if caption else "none"
    made = f"#brief-figure({string(path)}, alt: {string(alt)}, caption: {shown}{width})"
    return f"#brief-landscape[\n{made}\n]" if size and size.is_landscape else made


def from_html(html: str, store: Store, fonts: Fonts, most: int | None = None) -> str:
    """Typst markup for one HTML output.

    Parameters
    ----------
    store
        Takes a picture and gives the path under which the brief will find it.
    fonts
        Those of the brief, by which tables are set.
    most
        How many of its findings, figures and tables are taken, from the first; all when left out.

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
    return "\n\n".join(_Walk(drawings, store, fonts, most).blocks(soup.children))


class _Walk:
    """One pass over the elements of an HTML output."""

    def __init__(self, drawings: list[str], store: Store, fonts: Fonts, most: int | None) -> None:
        self.drawings = drawings
        self.store = store
        self.fonts = fonts
        self.sizes: dict[str, FigureSize] = {}  # of upright figures, by their markup
        self.left = most
        self.is_over = False

    def blocks(self, elements: Iterable[PageElement]) -> list[str]:
        """Markup of block elements; text between them becomes paragraphs."""
        made: list[str] = []
        text: list[PageElement] = []

        def end_paragraph() -> None:
            markup = "" if self.is_over else inline(text)
            text.clear()
            if markup:
                made.append(markup)

        for element in elements:
            if isinstance(element, Tag) and (element.name in _BLOCKS | SILENT | UNPRINTABLE):
                end_paragraph()
                made += [markup for markup in self.block(element) if markup]
            else:
                text.append(element)
        end_paragraph()
        return made

    def is_taken(self) -> bool:
        """Whether one more finding, figure or table is taken; after the last one nothing is."""
        if self.left is not None:
            self.is_over = self.is_over or self.left == 0
            self.left -= 1
        return not self.is_over

    def block(self, tag: Tag) -> list[str]:
        """Markup of one block element."""
        classes = set(tag.get_attribute_list("class"))
        if tag.name in SILENT or classes & _NOT_IN_PRINT or self.is_over:
            return []
        if tag.name in UNPRINTABLE:
            raise NotPrintable(f"the element <{tag.name}> has no form on paper")
        if "kpi-grid" in classes:
            return [_cards(tag)]
        if classes & {"figure-grid", "figure-row"}:
            return self.beside(tag)
        if "finding" in classes:
            if not self.is_taken():
                return []
            body = "\n\n".join(self.blocks(tag.children))
            return [f"#brief-finding(tone: {string(_tone(tag))})[{body}]"]
        if classes & _NOTES:
            note = inline(tag.children)
            return [f"#brief-note[{note}]"] if note else []
        if tag.name == "figure":
            return [self.figure(tag)] if self.is_taken() else []
        if tag.name in ("img", "svg-figure"):
            return [self.picture(tag, None)] if self.is_taken() else []
        if tag.name == "table":
            return [table(tag, self.fonts, _source(tag))] if self.is_taken() else []
        if re.fullmatch(r"h[1-6]", tag.name):
            return [f"#heading(level: {max(2, int(tag.name[1]))})[{inline(tag.children)}]"]
        if tag.name in ("ul", "ol"):
            items = [f"[{self.item(item)}]" for item in tag.find_all("li", recursive=False)]
            return [f"#{'list' if tag.name == 'ul' else 'enum'}({', '.join(items)})"]
        return self.blocks(tag.children)

    def item(self, tag: Tag) -> str:
        return "\n\n".join(self.blocks(tag.children))

    def beside(self, tag: Tag) -> list[str]:
        """Figures, or a figure and text, beside each other; too wide, each beside its caption."""
        made = self.blocks(tag.children)
        figures = [block for block in made if block in self.sizes]
        texts = [block for block in made if block not in self.sizes]
        if len(figures) == 1 and texts and self.sizes[figures[0]].width <= BESIDE_TEXT:
            text = "\n\n".join(texts)
            return [f"#brief-beside({self.sizes[figures[0]].width:.1f}pt)[{figures[0]}][{text}]"]
        if len(figures) == 2 and not texts and all(self.sizes[one].least <= BESIDE_FIGURE for one in figures):
            first, second = (re.sub(r", width: [\d.]+pt", "", one) for one in figures)  # as wide as its half
            return [f"#brief-figures([{first}], [{second}])"]
        return [self.aside(block) for block in made]

    def aside(self, block: str) -> str:
        """A narrow figure with its caption beside it; anything else as it is."""
        size = self.sizes.get(block)
        return f"#brief-aside({size.width:.1f}pt)[{block}]" if size and size.width <= BESIDE_TEXT else block

    def figure(self, tag: Tag) -> str:
        pictures = tag.find_all(["svg-figure", "img"])
        caption = tag.find("figcaption")
        if len(pictures) != 1:
            raise NotPrintable(f"a <figure> must hold one picture, but it holds {len(pictures)}")
        return self.picture(pictures[0], inline(caption.children) if isinstance(caption, Tag) else None)

    def picture(self, tag: Tag, caption: str | None) -> str:
        size = None
        if tag.name == "svg-figure":
            drawing = for_print(self.drawings[int(str(tag["n"]))])
            made, alt = Figure(drawing.content, ".svg"), drawing.alt
            size = figure_size(drawing.content.decode())
        else:
            found = re.match(r"data:image/(png|jpeg|gif);base64,(.*)", str(tag.get("src", "")), re.DOTALL)
            if not found:
                raise NotPrintable("an <img> must hold its picture as a data: URI")
            made = Figure(base64.b64decode(found.group(2)), f".{found.group(1)}")
            alt = str(tag.get("alt") or "")
        if not alt:
            raise NotPrintable("a figure has no alt text (aria-label on the <svg>, alt on the <img>)")
        markup = figure(self.store(made), alt, caption, size)
        if size and not size.is_landscape:
            self.sizes[markup] = size
        return markup


def _source(tag: Tag) -> str:
    """The file of the table's rows on the site: the first CSV offered before the next table."""
    offered = tag.find_next(class_="downloads")
    if not isinstance(offered, Tag) or offered.find_previous("table") is not tag:
        return ""
    link = offered.find("a", href=re.compile(r"\.csv$"))
    name = str(link["href"]).rsplit("/", 1)[-1] if isinstance(link, Tag) else ""
    return f"All rows on the site: {name}." if name else ""


def _cards(grid: Tag) -> str:
    cards = []
    for card in grid.find_all(class_="kpi-card"):
        texts = {
            part: " ".join(found.get_text(" ", strip=True) for found in card.find_all(class_=f"kpi-{part}"))
            for part in ("label", "value", "change")
        }
        notes = [words(found.get_text(" ", strip=True)) for found in card.find_all(class_="kpi-note")]
        change = card.find(class_="kpi-change")
        fields = [f"{part}: {string(text)}" for part, text in texts.items()]
        fields.append(f"notes: ({''.join(f'[{note}], ' for note in notes)})")
        fields.append(f"tone: {string(_tone(change) if isinstance(change, Tag) else 'neutral')}")
        cards.append(f"({', '.join(fields)})")
    if not cards:
        raise NotPrintable("a .kpi-grid holds no .kpi-card")
    return f"#brief-cards({', '.join(cards)})"


def _tone(tag: Tag) -> str:
    classes = tag.get_attribute_list("class")
    return next((tone for tone in _TONES if f"is-{tone}" in classes), "neutral")
