"""A PDF brief's document: the marked cells of the executed notebooks, in order, as Markdown with Typst.

The same document and the same template partials go through Quarto's Typst format and through pandoc
with Typst.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis_lib.errors import RenderError
from analysis_lib.publish.brief_appendix import (
    Definition,
    appendix,
    definitions_in,
    links_of,
    method_of,
    shown,
    stamp_of,
)
from analysis_lib.publish.brief_cells import CellWriter, is_chosen, most_of, notices, typst
from analysis_lib.publish.notebook import Notebook, cell_name, joined, tags
from analysis_lib.publish.pages import page_title
from analysis_lib.publish.plan import BriefSpec, Plan
from analysis_lib.publish.request import Stamp
from analysis_lib.publish.text import front_matter, plain
from analysis_lib.publish.typst_fonts import read_fonts

PARTIALS = ("typst-template.typ", "typst-show.typ")
# No dollar sign starts maths, and no @ a citation, in a shop's texts
MARKDOWN = "markdown-tex_math_dollars-citations"
_FORMAT = f"""
execute:
  enabled: false
format:
  typst:
    papersize: a4
    template-partials: [{", ".join(PARTIALS)}]
    font-paths: [fonts]
""".lstrip()
_FINDING = re.compile(r"^#brief-finding\(.*$", re.MULTILINE)


@dataclass(frozen=True)
class Paper:
    """What the briefs of a run are made of.

    Parameters
    ----------
    plan
        The pages and briefs.
    executed
        Page id to the executed notebook.
    stamp
        The facts of the run.
    theme
        The folder of the template partials and fonts, `reports/theme/brief`.
    language
        Of the texts.
    notices
        Page id to what stands above the page (alerts), as Markdown callouts.
    """

    plan: Plan
    executed: Mapping[str, Notebook]
    stamp: Stamp
    theme: Path
    language: str = "en"
    notices: Mapping[str, str] = field(default_factory=dict)


def write_brief(folder: Path, spec: BriefSpec, paper: Paper) -> Path:
    """Write a brief's `.qmd`, its figures, the template and the fonts into `folder`.

    Returns
    -------
    Path
        The document, `<brief id>.qmd`.

    Raises
    ------
    RenderError
        No cell carries the brief's tag, or an output has no form on paper; the sentence names the cell.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(paper.theme, folder)
    fonts = read_fonts(folder / "fonts")
    writer = CellWriter(folder, fonts)
    # A page that is not in this site, or has no data, was not executed
    by_id = {page.id: page for page in paper.plan.pages if page.id in paper.executed}
    pages = [by_id[name] for name in spec.pages if name in by_id]
    parts: list[str] = []
    linked: set[str] = set()
    entries: list[Definition] = []
    for page in pages:
        notebook = paper.executed[page.id]
        for index, cell in enumerate(notebook["cells"]):
            if not is_chosen(tags(cell), spec.tag):
                continue
            where = f"Brief {spec.id}: notebook {page.notebook.name}, {cell_name(notebook, index)}"
            if parts and f"{spec.tag}-break" in tags(cell):  # a title never stands alone
                parts.append(typst("#pagebreak(weak: true)"))
            parts += writer.cell(cell, where, most_of(tags(cell), spec.tag))
            outputs = [joined(output.get("data", {}).get("text/html")) for output in cell.get("outputs", [])]
            linked |= {link for html in outputs for link in links_of(html)}
            entries += [entry for html in outputs for entry in definitions_in(html)]
        entries += method_of(notebook).definitions
    if not parts:
        raise RenderError(
            f"Brief {spec.id}: no cell of its pages carries the tag {spec.tag}.",
            "Tag the cells that belong into it, in JupyterLab under Property inspector, Cell tags.",
        )
    methods = [method_of(paper.executed[page.id]) for page in pages]
    wanted = shown(
        entries,
        linked,
        # A finding says of itself what it counts; what stands in cards, tables and figures needs it.
        _FINDING.sub("", "\n".join([*parts, *writer.texts])),
    )
    folders = ", ".join(f"downloads/{page.id}" for page in pages)
    tables = f"The rows of the tables are on the site, in {folders}." if ".csv" in "".join(parts) else ""
    head = _facts([stamp_of(paper.executed[page.id]) for page in pages])
    end = typst(appendix(wanted, methods, paper.stamp, tables))
    notes = notices([paper.notices.get(page.id, "") for page in pages])
    matter = _front_matter(spec, paper.stamp, paper.language)
    text = "\n\n".join([matter, *head, *notes, *parts, end]) + "\n"
    document = folder / f"{spec.id}.qmd"
    document.write_text(fonts.printable(text), encoding="utf-8", newline="\n")
    return document


def _facts(stamps: list[tuple[str, list[str]]]) -> list[str]:
    """The line of facts of the first page that has one, and every banner once."""
    line = next((line for line, _ in stamps if line), "")
    banners = list(dict.fromkeys(banner for _, found in stamps for banner in found))
    return [typst(markup) for markup in (f"#brief-facts[{line}]" if line else "", *banners) if markup]


def _front_matter(spec: BriefSpec, stamp: Stamp, language: str) -> str:
    texts = {
        "title": page_title(spec.title, stamp),
        "description": spec.description,
        "lang": language,
        "shop": plain(stamp.source),
        "period": plain(stamp.period),
        "data-through": plain(stamp.data_through),
        "checks": plain(stamp.checks),
        "commit": plain(stamp.commit),
        "from": MARKDOWN,
    }
    return front_matter(texts, _FORMAT)
