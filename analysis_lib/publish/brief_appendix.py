"""The end of a brief: what the metrics mean that it shows, and how and from what it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import Tag

from analysis_lib.publish.notebook import Notebook, joined
from analysis_lib.publish.request import Stamp
from analysis_lib.publish.typst_text import inline, words

_CODE = re.compile(r"<(pre|svg|style)\b.*?</\1>", re.DOTALL)


@dataclass(frozen=True)
class Definition:
    """A metric's entry in a page's list of definitions: its anchor, label and text as Typst markup."""

    anchor: str
    label: str
    markup: str


@dataclass(frozen=True)
class Method:
    """What a page says about how it is computed."""

    definitions: tuple[Definition, ...]
    parameters: str
    models: tuple[str, ...]


def method_of(notebook: Notebook) -> Method:
    """What the last HTML output of a page with definitions says: its section "How this is computed"."""
    soup = next(_outputs(notebook, "definitions", is_last_first=True), None)
    if soup is None:
        return Method((), "", ())
    texts = [part.get_text(" ", strip=True) for part in soup.find_all("p")]
    parameters = next((text for text in texts if text.startswith("Parameters of the run")), "")
    models = tuple(part.get_text(strip=True) for part in soup.find_all("summary"))
    return Method(tuple(_definitions(soup)), parameters, models)


def stamp_of(notebook: Notebook) -> tuple[str, list[str]]:
    """A page's line of facts and its banners (what ends early) as Typst markup; empty where there is none."""
    for soup in _outputs(notebook, "stamp"):
        line = soup.find("p", class_="stamp")
        if isinstance(line, Tag):
            banners = soup.find_all(class_="finding")
            # A sign that divides stands at the end of a line, not at the beginning of the next
            facts = inline(line.children).replace(" · ", "\u00a0· ")
            return facts, [f'#brief-finding(tone: "warn")[{inline(b.children)}]' for b in banners]
    return "", []


def shown(definitions: Sequence[Definition], linked: set[str], text: str) -> list[Definition]:
    """The definitions of what a brief shows: a card links to it, or its name stands in a text.

    Parameters
    ----------
    linked
        Anchors that the cards link to.
    text
        Everything that is printed.

    Examples
    --------
    >>> orders, roas = Definition("metric-orders", "Orders", ""), Definition("metric-roas", "ROAS", "")
    >>> [found.label for found in shown([orders, roas, orders], {"metric-roas"}, "The orders rose.")]
    ['Orders', 'ROAS']
    """
    kept: dict[str, Definition] = {}
    for entry in definitions:
        # "Velocity: Error" stands in a table as "Error", in the group "Velocity"
        name = re.escape(entry.label.split(": ", 1)[-1])
        if entry.anchor in linked or re.search(rf"(?<!\w){name}(?!\w)", text, re.IGNORECASE):
            kept.setdefault(entry.label, entry)
    return list(kept.values())


def appendix(definitions: Sequence[Definition], methods: Sequence[Method], stamp: Stamp, tables: str) -> str:
    """The markup of the appendix.

    Parameters
    ----------
    definitions
        Those that are printed.
    methods
        Of the pages that the brief takes from; they name parameters and models.
    stamp
        The facts of the run.
    tables
        Where the rows of the tables are, as a sentence; may be empty.
    """
    models = list(dict.fromkeys(name for method in methods for name in method.models))
    parameters = next((method.parameters for method in methods if method.parameters), "")
    built = f"Built from commit {stamp.commit}; {stamp.checks}." if stamp.commit else f"{stamp.checks}."
    sentences = [
        f"The numbers were computed in SQL by these models: {', '.join(models)}." if models else "",
        parameters,
        tables,
        built[0].upper() + built[1:],
    ]
    made = " ".join(sentence for sentence in sentences if sentence)
    columns = "".join(f"({''.join(map(_entry, part))}), " for part in _halves(definitions) if part)
    return f"#brief-appendix(\n  columns: ({columns}),\n  made: [{words(made)}],\n)"


def _entry(entry: Definition) -> str:
    return f"([{words(entry.label)}], [{entry.markup}]), "


def _halves(definitions: Sequence[Definition]) -> tuple[Sequence[Definition], Sequence[Definition]]:
    """Two columns that are about equally long, in reading order."""
    lengths = [len(entry.markup) + len(entry.label) + 40 for entry in definitions]
    cuts = range(len(lengths) + 1)
    cut = min(cuts, key=lambda place: (max(sum(lengths[:place]), sum(lengths[place:])), place))
    return definitions[:cut], definitions[cut:]


def links_of(html: str) -> set[str]:
    """The anchors that the cards of an output link to."""
    return set(re.findall(r'<a href="#(metric-[\w-]+)"', html))


def _outputs(notebook: Notebook, css_class: str, is_last_first: bool = False) -> Iterator[BeautifulSoup]:
    """The HTML outputs in which something has a class, without code."""
    htmls = [
        joined(output.get("data", {}).get("text/html"))
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
    ]
    for html in reversed(htmls) if is_last_first else htmls:
        if f'class="{css_class}"' in html:
            yield BeautifulSoup(_CODE.sub("", html), "html.parser")


def definitions_in(html: str) -> list[Definition]:
    """The definitions that an output of a page lists."""
    return (
        list(_definitions(BeautifulSoup(_CODE.sub("", html), "html.parser")))
        if 'class="definitions"' in html
        else []
    )


def _definitions(soup: BeautifulSoup) -> Iterator[Definition]:
    for listed in soup.find_all("dl", class_="definitions"):
        yield from (_definition(term) for term in listed.find_all("dt"))


def _definition(term: Tag) -> Definition:
    text = term.find_next_sibling("dd")
    markup = ""
    if isinstance(text, Tag):
        for source in text.find_all("small"):
            source.extract()  # column names are on the site
        markup = inline(text.children)
    return Definition(str(term.get("id") or ""), term.get_text(" ", strip=True), markup)
