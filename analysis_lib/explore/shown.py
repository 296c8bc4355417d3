"""Which pages show a metric or the SQL of a model: what their section "How this is computed" lists."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.publish.notebook import read_notebook
from analysis_lib.publish.plan import PageSpec, read_reports

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_METHOD = "how_computed"
_METRIC = re.compile(r'<dt id="metric-([a-z0-9-]+)"')
_MODEL = re.compile(r"<summary>([a-z0-9_]+)</summary>")


@dataclass(frozen=True)
class Shown:
    """What a page says that its numbers are."""

    page: PageSpec
    metrics: frozenset[str]
    models: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name in self.metrics or name in self.models


def shown(book: Shop) -> list[Shown]:
    """The pages of reports.yml with the metrics and models that each lists, in the order of the site.

    A project without reports.yml, such as that of a test, has no pages.
    """
    settings = book.settings
    path = settings.reports / "reports.yml"
    if not path.is_file():
        return []
    return [_shown(book, page) for page in read_reports(path, settings.notebooks).pages]


def _shown(book: Shop, page: PageSpec) -> Shown:
    text = "\n".join(_methods(book, page.notebook))
    metrics = frozenset(name.replace("-", "_") for name in _METRIC.findall(text))
    return Shown(page, metrics, frozenset(_MODEL.findall(text)) | set(page.requires))


def _methods(book: Shop, notebook: Path) -> Iterator[str]:
    """The HTML of each `module.how_computed(book)` that the notebook calls."""
    source = "\n".join(
        "".join(cell["source"]) for cell in read_notebook(notebook)["cells"] if cell["cell_type"] == "code"
    )
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a notebook of the project's own may hold magics, which are no Python
        return
    modules = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Attribute) and node.attr == _METHOD and isinstance(node.value, ast.Name)
        ):
            continue
        if name := modules.get(node.value.id):
            yield getattr(importlib.import_module(name), _METHOD)(book).text
