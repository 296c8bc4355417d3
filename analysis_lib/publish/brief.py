"""A PDF brief's document: the marked cells of the executed notebooks, in order, as Markdown with Typst.

The same document and the same template partials go through Quarto's Typst format and through pandoc
with Typst.
"""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import RenderError
from analysis_lib.publish.notebook import Cell, Notebook, cell_name, joined, source, tags
from analysis_lib.publish.plan import BriefSpec, Plan
from analysis_lib.publish.request import Stamp
from analysis_lib.publish.svg import for_print
from analysis_lib.publish.text import front_matter, plain
from analysis_lib.publish.typst_markup import Figure, NotPrintable, figure, from_html

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
_TITLE = re.compile(r"\A\s*# [^\n]*\n*")
_NOTEBOOK_LINK = re.compile(r"\[([^\[\]]*)\]\([\w.-]+\.ipynb[^()\s]*\)")
_OPTION = re.compile(r"^#\|\s*(fig-alt|fig-cap)\s*:\s*(.+)$", re.MULTILINE)
_PICTURES = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpeg"}


def write_brief(
    folder: Path,
    spec: BriefSpec,
    plan: Plan,
    executed: Mapping[str, Notebook],
    stamp: Stamp,
    theme: Path,
    language: str = "en",
) -> Path:
    """Write a brief's `.qmd`, its figures, the template and the fonts into `folder`.

    Parameters
    ----------
    executed
        Page id to the executed notebook.
    theme
        The folder of the template partials and fonts, `reports/theme/brief`.

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
    shutil.copytree(theme, folder)
    parts: list[str] = []
    writer = _Writer(folder)
    by_id = {page.id: page for page in plan.pages}
    for name in spec.pages:
        if name not in by_id:
            continue
        notebook = executed[name]
        for index, cell in enumerate(notebook["cells"]):
            if tags(cell) & {spec.tag, f"{spec.tag}-only"}:
                where = f"Brief {spec.id}: notebook {by_id[name].notebook.name}, {cell_name(notebook, index)}"
                if f"{spec.tag}-break" in tags(cell):
                    parts.append(typst("#pagebreak(weak: true)"))
                parts += writer.cell(cell, where)
    if not parts:
        raise RenderError(
            f"Brief {spec.id}: no cell of its pages carries the tag {spec.tag}.",
            "Tag the cells that belong into it, in JupyterLab under Property inspector, Cell tags.",
        )
    document = folder / f"{spec.id}.qmd"
    text = "\n\n".join([_front_matter(spec, stamp, language), *parts]) + "\n"
    document.write_text(text, encoding="utf-8", newline="\n")
    return document


def typst(markup: str) -> str:
    """A raw block of Typst in Markdown."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", markup) or [""]))
    return f"{fence}{{=typst}}\n{markup}\n{fence}"


def _front_matter(spec: BriefSpec, stamp: Stamp, language: str) -> str:
    texts = {
        "title": spec.title,
        "description": spec.description,
        "lang": language,
        "shop": plain(stamp.shop),
        "period": plain(stamp.period),
        "data-through": plain(stamp.data_through),
        "checks": plain(stamp.checks),
        "commit": plain(stamp.commit),
        "from": MARKDOWN,
    }
    return front_matter(texts, _FORMAT)


class _Writer:
    """Turns cells into parts of the document, and stores their figures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def store(self, picture: Figure) -> str:
        self.count += 1
        name = f"figure-{self.count}{picture.suffix}"
        (self.folder / name).write_bytes(picture.content)
        return name

    def cell(self, cell: Cell, where: str) -> list[str]:
        if cell["cell_type"] == "markdown":
            return _markdown(_TITLE.sub("", source(cell)))
        if cell["cell_type"] != "code":
            return []
        parts: list[str] = []
        for output in cell["outputs"]:
            try:
                parts += self.output(output, source(cell))
            except NotPrintable as error:
                raise RenderError(f"{where}: {error}.") from error
        return parts

    def output(self, output: dict[str, Any], code: str) -> list[str]:
        if output["output_type"] == "stream":
            if output.get("name") == "stderr":
                return []
            raise NotPrintable("printed text has no form in a brief; show it with display(Markdown(…))")
        data = output.get("data", {})
        if "text/html" in data:
            markup = from_html(joined(data["text/html"]), self.store)
            return [typst(markup)] if markup else []
        if "text/markdown" in data:
            return _markdown(joined(data["text/markdown"]))
        for mime, suffix in _PICTURES.items():
            if mime in data:
                return [typst(self.picture(joined(data[mime]), suffix, code))]
        raise NotPrintable(
            f"an output of the kind {', '.join(data) or output['output_type']} has no form in a brief"
        )

    def picture(self, content: str, suffix: str, code: str) -> str:
        options = {key: yaml.safe_load(value) for key, value in _OPTION.findall(code)}
        alt = str(options.get("fig-alt") or "")
        if suffix == ".svg":
            drawing = for_print(content)
            picture, alt = Figure(drawing.content, suffix), alt or drawing.alt
        else:
            picture = Figure(base64.b64decode(content), suffix)
        if not alt:
            raise NotPrintable("a figure has no alt text; write `#| fig-alt: …` at the top of the cell")
        return figure(self.store(picture), alt, options.get("fig-cap"))


def _markdown(text: str) -> list[str]:
    # A link to another page leads nowhere on paper; braces may not become a shortcode of Quarto
    text = _NOTEBOOK_LINK.sub(r"\1", text).replace("{{<", "{{&lt;").strip()
    return [text] if text else []
