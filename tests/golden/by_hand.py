"""Notebooks run as a user does in JupyterLab: its kernel, the notebooks' folder, parameters edited by hand.

No Papermill, and nothing of what the publisher sets.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from analysis_lib.settings import Settings
from analysis_lib.verbs.lab import kernel_folder
from tests.demo_site import ROOT, DemoSite

from .shown import Page


def project_of(site: DemoSite, folder: Path) -> Path:
    """A project of the test's own: the demo's notebooks and warehouse, without what was published."""
    root = folder / "project"
    shutil.copytree(site.root, root, ignore=shutil.ignore_patterns("_site", "_build", "demo"))
    return root


def edited(notebook: nbformat.NotebookNode, parameters: Mapping[str, object]) -> nbformat.NotebookNode:
    """The notebook with other values in its parameters cell, typed over the old ones."""
    (cell,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    for name, value in parameters.items():
        cell.source, replaced = re.subn(
            rf"(?m)^{name} = [^#\n]*?(\s*(?:#.*)?)$", rf"{name} = {json.dumps(value)}\1", cell.source
        )
        assert replaced == 1, f"the notebook has no parameter {name}"
    return notebook


def run_by_hand(root: Path, page: str, parameters: Mapping[str, object]) -> Page:
    """All cells of a page's notebook in the kernel that `shopbook lab` offers; what they show."""
    folder = root / "notebooks"
    notebook = nbformat.read(folder / f"{page.replace('-', '_')}.ipynb", as_version=4)
    edited(notebook, parameters)
    settings = Settings(root, root / "none", root / "none", root / "reports" / "_build", root / "tmp")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SHOPBOOK_")]:
            patch.delenv(name)
        patch.setenv("JUPYTER_PATH", str(kernel_folder(settings)))
        patch.setenv("PYTHONPATH", str(ROOT))
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, kernel_name="python3", timeout=900, resources=resources).execute()
    return Page(html_of(notebook))


def html_of(notebook: nbformat.NotebookNode) -> str:
    """The HTML that the cells of an executed notebook show."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    failed = [output for output in outputs if output.output_type == "error"]
    assert not failed, failed
    return "\n".join(output.get("data", {}).get("text/html", "") for output in outputs)
