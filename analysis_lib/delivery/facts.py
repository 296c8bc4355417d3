"""Reads an executed notebook's headline figures and findings: what every summary and alert is made from.

They are read from what the page shows, so that a summary can never say anything else than the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from analysis_lib.publish.notebook import Notebook, joined, tags

_ARROWS = "▲▼ "


@dataclass(frozen=True)
class Figure:
    """One KPI card.

    Parameters
    ----------
    metric, label, format
        As in `metrics.yml`; the format says how the numbers are meant (a `rate` is 0–1, `money` is in the
        run's currency, `duration` in seconds, `days` in days).
    text, change, notes
        As a reader sees them; the change without its arrow.
    tone
        `good`, `bad` or `neutral`; good or bad only where a test says that the change is more than chance.
    value, previous, year_before
        The numbers with all their digits as text; empty where not known.
    few
        Which of `value`, `previous`, `year-before` stand on too few units to rely on.
    """

    metric: str
    label: str
    format: str
    text: str
    change: str = ""
    tone: str = "neutral"
    value: str = ""
    previous: str = ""
    year_before: str = ""
    few: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """One finding as the page shows it; see :class:`analysis_lib.reporting.findings.Finding`."""

    headline: str
    detail: str = ""
    tone: str = "neutral"
    is_claim: bool = False


@dataclass(frozen=True)
class PageFacts:
    """Headline figures, findings and notes (banners) of a page, in the order of the page."""

    figures: tuple[Figure, ...] = ()
    findings: tuple[Said, ...] = ()
    notes: tuple[str, ...] = ()


def read_facts(executed: Notebook) -> PageFacts:
    """The headline figures, findings and banners that an executed notebook shows on its page.

    Examples
    --------
    >>> html = '<div class="kpi-card" data-metric="orders" data-format="count" data-value="12">'
    >>> html += '<div class="kpi-label">Orders</div><div class="kpi-value">12</div></div>'
    >>> output = {"output_type": "display_data", "data": {"text/html": html}}
    >>> cell = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [output]}
    >>> read_facts({"cells": [cell]}).figures[0].value
    '12'
    """
    figures: list[Figure] = []
    findings: list[Said] = []
    notes: list[str] = []
    for html in _shown(executed):
        if "kpi-card" not in html and "finding" not in html:
            continue  # parsing a page's figures and tables would take longer than all the rest
        soup = BeautifulSoup(html, "html.parser")
        figures += [_figure(card) for card in soup.select(".kpi-card[data-metric]")]
        for box in soup.select("div.finding"):
            if box.has_attr("data-claim"):
                findings.append(_said(box))
            else:
                notes.append(_text(box))
    return PageFacts(tuple(figures), tuple(findings), tuple(notes))


def _shown(executed: Notebook) -> Iterator[str]:
    """The HTML outputs that are on the page (a cell with a tag ending in -only is in a brief alone)."""
    for cell in executed["cells"]:
        if cell["cell_type"] != "code" or any(tag.endswith("-only") for tag in tags(cell)):
            continue
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html")
            if html:
                yield joined(html)


def _figure(card: Tag) -> Figure:
    change = card.select_one(".kpi-change")
    classes = change.get_attribute_list("class") if change else []
    tone = next((str(name)[3:] for name in classes if str(name).startswith("is-")), "neutral")

    def attribute(name: str) -> str:
        return str(card.get(f"data-{name}") or "")

    return Figure(
        metric=attribute("metric"),
        label=_part(card, ".kpi-label"),
        format=attribute("format"),
        text=_part(card, ".kpi-value"),
        change=_part(card, ".kpi-change").lstrip(_ARROWS),
        tone=tone,
        value=attribute("value"),
        previous=attribute("previous"),
        year_before=attribute("year-before"),
        few=tuple(attribute("few").split()),
        notes=tuple(_text(note).removesuffix(";") for note in card.select(".kpi-note")),
    )


def _said(box: Tag) -> Said:
    tone = next(
        (str(name)[3:] for name in box.get_attribute_list("class") if str(name).startswith("is-")), "neutral"
    )
    strong = box.find("strong")
    headline = _text(strong) if isinstance(strong, Tag) else _text(box)
    return Said(headline, _text(box)[len(headline) :].strip(), tone, box.get("data-claim") == "true")


def _part(card: Tag, selector: str) -> str:
    found = card.select_one(selector)
    return _text(found) if found else ""


def _text(tag: Tag) -> str:
    # A line break of the source is a space to a reader; a no-break space stays one
    return " ".join(part for part in tag.get_text().split("\n") if part).strip()
