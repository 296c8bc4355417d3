"""The notebooks: thin, clean, and readable in a diff."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Executed by a test and not published: it may have more cells, numbers and no section on how it is computed.
TUTORIALS = {"tutorial"}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [path for path in NOTEBOOKS if path.stem not in TUTORIALS]
MOST_CODE_CELLS = {True: 20, False: 12}
MOST_LINES = 5
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


def _cells(path: Path, kind: str) -> list[dict[str, object]]:
    return [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind
    ]


def _source(cell: dict[str, object]) -> str:
    source = cell["source"]
    assert isinstance(source, list), "Quarto mangles a source that is one string"
    return "".join(source)


def _code_lines(cell: dict[str, object]) -> list[str]:
    return [line for line in _source(cell).splitlines() if line.strip() and not line.startswith("#|")]


def test_there_are_notebooks() -> None:
    assert {"overview", "funnel", "inventory"} <= {path.stem for path in NOTEBOOKS}


@every_notebook
def test_is_a_valid_notebook_with_stable_ids(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in ids), "words, not random letters"
    assert notebook.metadata["kernelspec"]["name"] == "python3"


@every_notebook
def test_sources_are_lists_of_lines(path: Path) -> None:
    for kind in ("code", "markdown"):
        for cell in _cells(path, kind):
            source = cell["source"]
            assert isinstance(source, list)
            assert all(
                line.count("\n") <= 1 and (line.endswith("\n") or line is source[-1]) for line in source
            )


@every_notebook
def test_is_committed_without_outputs(path: Path) -> None:
    for cell in _cells(path, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@every_notebook
def test_is_written_as_jupyter_writes_it(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook, version=4) + "\n"


@every_notebook
def test_has_one_parameters_cell_of_explained_literals(path: Path) -> None:
    tagged = [cell for cell in _cells(path, "code") if "parameters" in cell["metadata"].get("tags", [])]  # type: ignore[attr-defined]
    assert len(tagged) == 1
    for line in _code_lines(tagged[0]):
        assert re.fullmatch(r'[a-z_]+ = ("[^"]*"|[\d.]+|True|False)  # \S.*', line), line


@every_notebook
def test_holds_no_logic(path: Path) -> None:
    cells = _cells(path, "code")
    assert len(cells) <= MOST_CODE_CELLS[path.stem in TUTORIALS]
    for cell in cells:
        assert 1 <= len(_code_lines(cell)) <= MOST_LINES
        for node in ast.walk(ast.parse(_source(cell))):
            assert not isinstance(
                node, ast.If | ast.For | ast.While | ast.FunctionDef | ast.Lambda | ast.Try | ast.BinOp
            ), f"{path.name}, {cell['id']}: logic belongs into analysis_lib"


@every_notebook
def test_imports_only_the_library(path: Path) -> None:
    for cell in _cells(path, "code"):
        for node in ast.walk(ast.parse(_source(cell))):
            if isinstance(node, ast.Import):
                raise AssertionError(f"{path.name}: import {node.names[0].name}")
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] == "analysis_lib"


@every_page
def test_no_number_is_typed_into_prose(path: Path) -> None:
    for cell in _cells(path, "markdown"):
        assert not re.search(r"\d", _source(cell)), f"{path.name}, {cell['id']}: numbers are computed"


@every_notebook
def test_begins_with_a_title_and_a_question(path: Path) -> None:
    first = _source(_cells(path, "markdown")[0])
    title, question = first.split("\n\n", 1)
    assert re.fullmatch(r"# [A-Z][\w-]+", title)
    assert question.endswith("?")


@every_page
def test_ends_with_how_it_is_computed(path: Path) -> None:
    assert _source(_cells(path, "markdown")[-1]).startswith("## How this is computed")
    assert "how_computed(book)" in _source(_cells(path, "code")[-1])


@every_page
def test_the_setup_is_not_shown_and_code_is_not_echoed(path: Path) -> None:
    _, setup, *rest = _cells(path, "code")
    assert _source(setup).startswith("#| include: false\n")
    assert all(_source(cell).startswith("#| echo: false\n") for cell in rest)


@every_notebook
def test_uses_only_syntax_that_both_renderers_know(path: Path) -> None:
    text = "".join(_source(cell) for kind in ("code", "markdown") for cell in _cells(path, kind))
    for never in ("{{<", "output: asis", "print(", "@fig-", "@tbl-", "mermaid", "http"):
        assert never not in text
