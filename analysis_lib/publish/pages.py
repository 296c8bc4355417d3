"""From an executed notebook to the page that is rendered: what a reader should not see is taken out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.errors import RenderError, did_you_mean
from analysis_lib.publish.notebook import (
    Cell,
    Notebook,
    joined,
    lines,
    markdown_cell,
    raw_cell,
    source,
    tags,
)
from analysis_lib.publish.palette import themed
from analysis_lib.publish.plan import PageSpec, Plan
from analysis_lib.publish.request import Stamp
from analysis_lib.publish.text import front_matter

_HIDDEN_TAGS = frozenset({"parameters", "injected-parameters"})
_TITLE = re.compile(r"\A\s*# [^\n]*(\n+|\Z)")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([\w.-]+\.ipynb)(#[^()\s]*)?\)")
_HREF = re.compile(r'(<a\b[^>]*\bhref=")([\w.-]+)\.ipynb((?:#[^"]*)?")')


@dataclass(frozen=True)
class Page:
    """A page ready to be rendered, and what a person should know about it."""

    notebook: Notebook
    notes: tuple[str, ...]


def page_title(title: str, stamp: Stamp) -> str:
    """A page's title, with the edition's where it is of one, so that search results tell them apart."""
    return f"{title} · {stamp.edition_title}" if stamp.edition_title else title


def ways_back(links: Mapping[str, str]) -> list[Cell]:
    """The line of links out of an edition, as cells; none where there are no links."""
    if not links:
        return []
    shown = " · ".join(f"[{label}]({address})" for label, address in links.items())
    return [markdown_cell(f"::: {{.stamp}}\n{shown}\n:::\n", "ways-back")]


def make_page(
    executed: Notebook,
    spec: PageSpec,
    plan: Plan,
    stamp: Stamp | None = None,
    back: Mapping[str, str] | None = None,
    notice: str = "",
) -> Page:
    """The published copy of an executed notebook.

    The parameters cells and cells that only a brief takes are left out, as are warnings that cells wrote;
    the title and description of `reports.yml` become the page's front matter; links to notebooks become
    links to pages (or plain text, where the page is not in this run); figures take the theme's colours;
    a link to the page's own brief stands under its question, links to the previous and next page at the end.

    Parameters
    ----------
    stamp
        The facts of the run; an edition's title goes into that of the page.
    back
        Ways back from an edition: label to address.
    notice
        Markdown that stands above everything else.

    Raises
    ------
    RenderError
        A link names a notebook that is not published by `reports.yml`.
    """
    notes: list[str] = []
    links = _Links(spec, plan)
    title = page_title(spec.title, stamp) if stamp else spec.title
    cells = [
        raw_cell(front_matter({"title": title, "description": spec.description}), "front-matter"),
        *ways_back(back or {}),
    ]
    if notice:
        cells.append(markdown_cell(notice, "notice"))
    before = len(cells)
    is_first_text = True
    for cell in executed["cells"]:
        # What only a brief takes is tagged so, whether this run makes that brief or not.
        if tags(cell) & _HIDDEN_TAGS or any(tag.endswith("-only") for tag in tags(cell)):
            continue
        if cell["cell_type"] == "markdown":
            text = source(cell)
            if is_first_text:
                text = _TITLE.sub("", text)  # the title block shows the title
                is_first_text = False
            if text.strip():
                cells.append({**cell, "source": lines(_text(text, links))})
        elif cell["cell_type"] == "code":
            warned, shown = _without_warnings(cell)
            if warned:
                notes.append(f"{spec.id}, cell In[{cell.get('execution_count')}] warned: {warned}")
            outputs = [_output(output, links) for output in shown["outputs"]]
            cells.append({**shown, "source": lines(_folded(source(cell))), "outputs": outputs})
        else:
            cells.append(cell)
    own = [brief for brief in plan.briefs if brief.pages == (spec.id,)]
    if own:
        has_question = len(cells) > before and cells[before]["cell_type"] == "markdown"
        cells.insert(before + has_question, markdown_cell(_brief_link(own[0].id), "brief-link"))
    neighbours = _neighbours(spec, plan.pages, plan.outputs)
    if neighbours:
        cells.append(markdown_cell(neighbours, "page-links"))
    return Page({**executed, "cells": cells}, tuple(notes))


def _folded(code: str) -> str:
    """The code with the option that folds it: the built-in renderer reads it from the cell only."""
    options = [line for line in code.splitlines() if line.startswith("#|")]
    if any("code-fold:" in option for option in options):
        return code
    return f"#| code-fold: true\n{code}"


def _without_warnings(cell: Cell) -> tuple[str, Cell]:
    """The last line that the cell wrote to standard error, and the cell without it."""
    errors = [out for out in cell["outputs"] if out.get("name") == "stderr"]
    written = "".join(joined(out.get("text")) for out in errors).strip()
    outputs = [out for out in cell["outputs"] if out.get("name") != "stderr"]
    return (written.splitlines()[-1].strip() if written else ""), {**cell, "outputs": outputs}


def _output(output: dict[str, Any], links: Callable[[str], str]) -> dict[str, Any]:
    data = output.get("data")
    if not isinstance(data, dict):
        return output
    changed = dict(data)
    for mime in ("text/html", "text/markdown"):
        if mime in changed:
            text = _text(joined(changed[mime]), links)
            changed[mime] = lines(themed(text) if mime == "text/html" else text)
    return {**output, "data": changed}


def _text(text: str, links: Callable[[str], str]) -> str:
    # A product may be called "{{< x >}}"; neither renderer may take that for a shortcode of its own.
    return links(text.replace("{{<", "{{&lt;"))


class _Links:
    """Turns links to notebooks into links to what is published."""

    def __init__(self, spec: PageSpec, plan: Plan) -> None:
        self.spec = spec
        self.outputs = plan.outputs
        self.left_out = plan.left_out_notebooks

    def __call__(self, text: str) -> str:
        text = _LINK.sub(self._markdown, text)
        return _HREF.sub(self._html, text)

    def _markdown(self, found: re.Match[str]) -> str:
        label, notebook, anchor = found.group(1), found.group(2), found.group(3) or ""
        output = self._output(notebook)
        return f"[{label}]({output}.ipynb{anchor})" if output else label

    def _html(self, found: re.Match[str]) -> str:
        output = self._output(found.group(2) + ".ipynb")
        return f"{found.group(1)}{output}.html{found.group(3)}" if output else '<a class="left-out"'

    def _output(self, notebook: str) -> str:
        if notebook in self.outputs:
            return self.outputs[notebook]
        # A page that a shop's own reports.yml does not list leaves plain text, a name that is nowhere is a
        # mistake.
        if notebook in self.left_out or (self.spec.notebook.parent / notebook).is_file():
            return ""
        raise RenderError(
            f"Page {self.spec.id} ({self.spec.notebook.name}) links to {notebook}, which is no notebook "
            "of this project.",
            did_you_mean(notebook, {*self.outputs, *self.left_out}),
        )


def _brief_link(name: str) -> str:
    return f"::: {{.brief-link}}\n[This page as PDF](briefs/{name}.pdf)\n:::\n"


def _neighbours(spec: PageSpec, pages: Sequence[PageSpec], outputs: Mapping[str, str]) -> str:
    """Links to the page before and after, as Markdown; the same in every renderer."""
    position = [page.id for page in pages].index(spec.id)
    parts = []
    if position > 0:
        before = pages[position - 1]
        parts.append(f"[← {before.title}]({outputs[before.notebook.name]}.ipynb){{.previous}}")
    if position + 1 < len(pages):
        after = pages[position + 1]
        parts.append(f"[{after.title} →]({outputs[after.notebook.name]}.ipynb){{.next}}")
    return "::: {.page-links}\n" + " ".join(parts) + "\n:::\n" if parts else ""
