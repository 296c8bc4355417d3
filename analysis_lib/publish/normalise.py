"""Takes out of an executed notebook what differs between two runs on the same input."""

from __future__ import annotations

from typing import Any

from analysis_lib.publish.notebook import Cell, Notebook, lines, source


def normalise(executed: Notebook, original: Notebook) -> Notebook:
    """An executed notebook whose bytes depend on its input alone.

    Papermill's times and paths go, random cell ids (a cell's own id stays), and the plain text of an output
    that also has a better form, because it holds memory addresses. Sources (as lists of lines), tags,
    execution counts and outputs stay.

    Parameters
    ----------
    executed
        The notebook as Papermill wrote it.
    original
        The notebook as it is in the project.
    """
    own_ids = {cell.get("id") for cell in original["cells"]} - {None}
    return {
        "cells": [_cell(cell, index, own_ids) for index, cell in enumerate(executed["cells"])],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell: Cell, index: int, own_ids: set[Any]) -> Cell:
    metadata = cell.get("metadata", {})
    kept: Cell = {
        "cell_type": cell["cell_type"],
        "id": cell["id"] if cell.get("id") in own_ids else f"cell-{index}",
        "metadata": {key: value for key, value in metadata.items() if key not in ("papermill", "execution")},
        "source": lines(source(cell)),
    }
    if cell["cell_type"] == "code":
        kept["execution_count"] = cell.get("execution_count")
        kept["outputs"] = [_output(output) for output in cell.get("outputs", [])]
    elif cell.get("attachments"):
        kept["attachments"] = cell["attachments"]
    return kept


def _output(output: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in output.items() if key != "transient"}
    data = kept.get("data")
    if isinstance(data, dict) and len(data) > 1:
        kept["data"] = {mime: value for mime, value in data.items() if mime != "text/plain"}
    return kept
