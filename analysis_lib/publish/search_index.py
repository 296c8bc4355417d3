"""The search index of the built-in renderer, made from what a reader sees on the pages.

smalldocs itself indexes the code of cells and leaves out their HTML: a reader would find programs, but no
product of a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

# Drawings and styles are most of a page's bytes, and none of its words
_WORDLESS = re.compile(r"<(svg|style|script)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_HEADING = re.compile(r"h[1-6]\Z")


def write_search_index(site: Path, files: Iterable[str]) -> None:
    """Write `search.json` for the pages, one entry for each section.

    Parameters
    ----------
    site
        The folder of the rendered site.
    files
        The pages, in the order of the navigation.
    """
    entries: list[dict[str, str]] = []
    for file in files:
        entries += page_entries(file, (site / file).read_text(encoding="utf-8"))
    text = json.dumps(entries, ensure_ascii=False)
    (site / "search.json").write_text(text, encoding="utf-8", newline="\n")


def page_entries(file: str, html: str) -> list[dict[str, str]]:
    """The entries of one page: the text before the first heading, then each section's."""
    soup = BeautifulSoup(_WORDLESS.sub(" ", html), "html.parser")
    main = soup.find("main") or soup
    heading = main.find("h1", class_="title")
    title = heading.get_text(" ", strip=True) if isinstance(heading, Tag) else file
    for hidden in main.select("#title-block-header h1, details.code-fold, .page-links, .page-navigation"):
        hidden.extract()
    sections: list[tuple[str, str, list[str]]] = [("", "", [])]
    for element in main.descendants:
        if isinstance(element, Tag):
            anchor = element.get("data-anchor-id") or element.get("id")
            if _HEADING.match(element.name) and anchor:
                sections.append((str(anchor), element.get_text(" ", strip=True), []))
        elif _is_text(element) and not element.find_parent(_HEADING):
            sections[-1][2].append(str(element))
    return [
        {
            "objectID": f"{file}#{anchor}" if anchor else file,
            "href": f"{file}#{anchor}" if anchor else file,
            "title": title,
            "section": section,
            "text": " ".join(" ".join(words).split()),
        }
        for anchor, section, words in sections
    ]


def _is_text(element: PageElement) -> bool:
    """Whether it is text and not a comment or the like."""
    return isinstance(element, NavigableString) and not isinstance(element, PreformattedString)
