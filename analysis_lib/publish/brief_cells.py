"""The cells of a brief as parts of its document, and its figures as files beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import RenderError
from analysis_lib.publish.figure_size import figure_size
from analysis_lib.publish.notebook import Cell, joined, source
from analysis_lib.publish.svg import for_print
from analysis_lib.publish.typst_fonts import Fonts
from analysis_lib.publish.typst_markup import Figure, figure, from_html
from analysis_lib.publish.typst_text import NotPrintable, words

_TITLE = re.compile(r"\A\s*# [^\n]*\n*")
_HEADING = re.compile(r"\A#{2,6} ")
_NOTEBOOK_LINK = re.compile(r"\[([^\[\]]*)\]\([\w.-]+\.ipynb[^()\s]*\)")
_OPTION = re.compile(r"^#\|\s*(fig-alt|fig-cap)\s*:\s*(.+)$", re.MULTILINE)
_CALLOUT = re.compile(r'^::: \{\.callout-(\w+) title="([^"]*)"\}\n(.*?)\n:::$', re.MULTILINE | re.DOTALL)
_PICTURES = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpeg"}


def typst(markup: str) -> str:
    """A raw block of Typst in Markdown."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", markup) or [""]))
    return f"{fence}{{=typst}}\n{markup}\n{fence}"


def is_chosen(cell_tags: Collection[str], tag: str) -> bool:
    """Whether a cell belongs into the briefs of a tag.

    Examples
    --------
    >>> is_chosen({"brief-only"}, "brief"), is_chosen({"brief-first-two"}, "brief")
    (True, False)
    """
    return most_of(cell_tags, tag) is not None or bool({tag, f"{tag}-only"} & set(cell_tags))


def most_of(cell_tags: Collection[str], tag: str) -> int | None:
    """How many findings, figures and tables of a cell its tags ask for; None for all of them.

    Examples
    --------
    >>> most_of({"brief-first"}, "brief"), most_of({"brief-first-2"}, "brief"), most_of({"brief"}, "brief")
    (1, 2, None)
    """
    found = [re.fullmatch(rf"{re.escape(tag)}-first(?:-([1-9]\d?))?", name) for name in sorted(cell_tags)]
    return next((int(hit.group(1) or 1) for hit in found if hit), None)


def notices(callouts: Sequence[str]) -> list[str]:
    """What stands above the pages of a brief, as boxes; what several pages say, once.

    Parameters
    ----------
    callouts
        Of each page, as Markdown with Quarto's callouts.
    """
    parts: list[str] = []
    said: set[str] = set()
    for kind, title, body in _CALLOUT.findall("\n".join(callouts)):
        lines = [line for line in body.splitlines() if line not in said]
        said.update(lines)
        if lines:
            tone = "warn" if kind == "warning" else "neutral"
            parts += [typst(f'#brief-finding(tone: "{tone}")['), f"**{title}**", "\n".join(lines), typst("]")]
    return parts


class CellWriter:
    """Turns cells into parts of a document, and stores their figures in its folder."""

    def __init__(self, folder: Path, fonts: Fonts) -> None:
        self.folder = folder
        self.fonts = fonts
        self.texts: list[str] = []  # of the drawings
        self._count = 0

    def store(self, picture: Figure) -> str:
        """Write a picture beside the document; its name."""
        self._count += 1
        name = f"figure-{self._count}{picture.suffix}"
        content = picture.content
        if picture.suffix == ".svg":
            drawn = self.fonts.printable(content.decode())
            self.texts += re.findall(r">([^<>]*\w[^<>]*)</t", drawn)
            content = drawn.encode()
        (self.folder / name).write_bytes(content)
        return name

    def cell(self, cell: Cell, where: str, most: int | None = None) -> list[str]:
        """The parts that a cell makes.

        Parameters
        ----------
        where
            Names the cell in errors.
        most
            How many of its findings, figures and tables are taken; all when left out.

        Raises
        ------
        RenderError
            An output has no form on paper.
        """
        if cell["cell_type"] == "markdown":
            return _markdown(_TITLE.sub("", source(cell)))
        if cell["cell_type"] != "code":
            return []
        parts: list[str] = []
        for output in cell["outputs"]:
            try:
                parts += self._output(output, source(cell), most)
            except NotPrintable as error:
                raise RenderError(f"{where}: {error}.") from error
        return parts

    def _output(self, output: dict[str, Any], code: str, most: int | None) -> list[str]:
        if output["output_type"] == "stream":
            if output.get("name") == "stderr":
                return []
            raise NotPrintable("printed text has no form in a brief; show it with display(Markdown(…))")
        data = output.get("data", {})
        if "text/html" in data:
            markup = from_html(joined(data["text/html"]), self.store, self.fonts, most)
            return [typst(markup)] if markup else []
        if "text/markdown" in data:
            return _markdown(joined(data["text/markdown"]))
        for mime, suffix in _PICTURES.items():
            if mime in data:
                return [typst(self._picture(joined(data[mime]), suffix, code))]
        raise NotPrintable(
            f"an output of the kind {', '.join(data) or output['output_type']} has no form in a brief"
        )

    def _picture(self, content: str, suffix: str, code: str) -> str:
        options = {key: yaml.safe_load(value) for key, value in _OPTION.findall(code)}
        alt = str(options.get("fig-alt") or "")
        size = None
        if suffix == ".svg":
            drawing = for_print(content)
            picture, alt = Figure(drawing.content, suffix), alt or drawing.alt
            size = figure_size(drawing.content.decode())
        else:
            picture = Figure(base64.b64decode(content), suffix)
        if not alt:
            raise NotPrintable("a figure has no alt text; write `#| fig-alt: …` at the top of the cell")
        caption = words(str(options["fig-cap"])) if options.get("fig-cap") else None
        return figure(self.store(picture), alt, caption, size)


def _markdown(text: str) -> list[str]:
    # A link to another page leads nowhere on paper; braces may not become a shortcode of Quarto
    text = _NOTEBOOK_LINK.sub(r"\1", text).replace("{{<", "{{&lt;").strip()
    if _HEADING.match(text):
        # A heading and its question stay with what answers it.
        return [typst("#brief-lead["), text, typst("]")]
    return [text] if text else []
