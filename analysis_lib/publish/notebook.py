"""A notebook as plain JSON: reading, cell sources and tags, writing the same bytes every time.

The publishing process handles notebooks as dictionaries: importing nbformat costs more than a second, which
a run that changes nothing does not have.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis_lib.errors import MissingInputError, NotebookError

Cell = dict[str, Any]
Notebook = dict[str, Any]


def read_notebook(path: Path) -> Notebook:
    """Read a notebook of format 4.

    Raises
    ------
    MissingInputError
        The file is not there.
    NotebookError
        The file is not JSON, is cut, or is no notebook of format 4.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingInputError(f"The notebook {path.name} is not in {path.parent}.") from error
    except ValueError as error:
        raise NotebookError(f"The notebook {path.name} cannot be read: {error}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise NotebookError(f"{path.name} is not a notebook: it has no list of cells.")
    if document.get("nbformat") != 4:
        raise NotebookError(
            f"The notebook {path.name} has format {document.get('nbformat')}, not 4.",
            "Open and save it in JupyterLab.",
        )
    return document


def write_notebook(notebook: Notebook, path: Path) -> None:
    """Write a notebook as Jupyter does: sorted keys, one space, sources as lists of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def joined(value: Any) -> str:
    """A text that a notebook may store as a list of lines, as one string.

    Examples
    --------
    >>> joined(["a\\n", "b"])
    'a\\nb'
    """
    return "".join(value) if isinstance(value, list) else str(value or "")


def lines(text: str) -> list[str]:
    """A text as the list of lines that a notebook stores (Quarto mangles sources that are one string).

    Examples
    --------
    >>> lines("a\\nb")
    ['a\\n', 'b']
    """
    return text.splitlines(keepends=True)


def source(cell: Cell) -> str:
    """The cell's source as one string."""
    return joined(cell.get("source", ""))


def tags(cell: Cell) -> frozenset[str]:
    """The cell's tags."""
    return frozenset(cell.get("metadata", {}).get("tags") or [])


def markdown_cell(text: str, cell_id: str) -> Cell:
    """A Markdown cell."""
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": lines(text)}


def raw_cell(text: str, cell_id: str) -> Cell:
    """A raw cell, such as the YAML front matter of a page."""
    return {"cell_type": "raw", "id": cell_id, "metadata": {}, "source": lines(text)}


def cell_name(notebook: Notebook, index: int) -> str:
    """How messages name a cell: its In[n] where it ran, else its position from 1."""
    cell = notebook["cells"][index]
    count = cell.get("execution_count")
    return f"cell In[{count}]" if count else f"cell {index + 1}"
