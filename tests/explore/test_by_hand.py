"""A notebook that is run by hand with other parameters gives the same numbers as a published run."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from analysis_lib import cli
from analysis_lib.explore import apart
from analysis_lib.settings import load_settings
from analysis_lib.shop import open_shop
from analysis_lib.verbs.lab import kernel_folder

ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = {"as_of": "2026-05-31", "window_days": 21}
# Two of them in every run, all of them when asked for: SHOPBOOK_ALL_BY_HAND=1.
ALL = (
    "overview",
    "marketing",
    "funnel",
    "journeys",
    "customers",
    "products",
    "cross-sell",
    "inventory",
    "quality",
)
PAGES = ALL if os.environ.get("SHOPBOOK_ALL_BY_HAND") else ("overview", "funnel")
pytestmark = pytest.mark.slow


def shown(notebook: Any) -> dict[str, list[str]]:
    """What each cell shows; without files to download, which only a run offers, and without styles."""
    found = {}
    for cell in notebook.cells:
        if cell["cell_type"] == "code" and cell["outputs"] and cell["id"] != "setup":
            texts = [output["data"].get("text/html", "") for output in cell["outputs"] if "data" in output]
            found[cell["id"]] = [text for text in texts if text]
    return found


def numbers(texts: Iterable[str]) -> list[str]:
    """Cards, cells of tables and texts of charts, in their order."""
    without = r'(?s)<style.*?</style>|<script.*?</script>|<div class="downloads">.*?</details></div>'
    whole = re.sub(without, "", "".join(texts))
    unrounded = re.findall(r'data-(?:value|previous|year-before)="[^"]*"', whole)
    return unrounded + re.findall(r"(?<=>)[^<>]*\d[^<>]*(?=<)", whole)


@pytest.fixture(scope="module")
def project(report_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(report_project, tmp_path_factory.mktemp("by_hand") / "project")


@pytest.fixture(scope="module")
def by_hand(project: Path) -> dict[str, dict[str, list[str]]]:
    """The pages as a person runs them in JupyterLab, the parameters cell changed."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPBOOK_PROJECT", str(project))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("JUPYTER_PATH", str(kernel_folder(load_settings())))
        for page in PAGES:
            notebook = nbformat.read(project / "notebooks" / f"{page.replace('-', '_')}.ipynb", as_version=4)
            [cell] = [cell for cell in notebook.cells if "parameters" in cell["metadata"].get("tags", [])]
            cell["source"] += "".join(f"\n{name} = {value!r}" for name, value in PARAMETERS.items())
            NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
            found[page] = shown(notebook)
    return found


@pytest.fixture(scope="module")
def published(project: Path, by_hand: object) -> dict[str, dict[str, list[str]]]:
    """The same pages as a run makes them, on marts of the shop's own."""
    flags = [f"--set={name}={value}" for name, value in PARAMETERS.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPBOOK_PROJECT", str(project))
        assert cli.main(["--quiet", "report", "--only", ",".join(PAGES), *flags]) == 0
    kept = (project / "reports" / "_build" / "cache").rglob("*.ipynb")
    executed = [nbformat.read(path, as_version=4) for path in sorted(kept)]
    found = {}
    for page in PAGES:
        [notebook] = [one for one in executed if one.cells[0]["source"].lower().startswith(f"# {page}")]
        found[page] = shown(notebook)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_numbers_are_the_same(
    page: str, by_hand: dict[str, dict[str, list[str]]], published: dict[str, dict[str, list[str]]]
) -> None:
    assert by_hand[page].keys() == published[page].keys()
    assert len(numbers(by_hand[page]["cards"])) > 5
    for cell, texts in by_hand[page].items():
        assert numbers(texts) == numbers(published[page][cell]), cell


def test_every_mart_apart_is_that_of_a_build(
    project: Path, published: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(project))
    own = open_shop(**PARAMETERS)
    assert own.kept_apart == "", "the run above built the shop's own marts for these parameters"
    beside = apart.open_apart(own.settings, own.name, own.parameters)
    assert beside.settings.warehouse.is_file()
    assert beside.settings.warehouse.parent == project / "data" / apart.FOLDER
    for model in own.project.models.values():
        order = ", ".join(model.contract.grain)
        query = f"select * from {model.name} order by {order}"
        assert beside.query(query).equals(own.sql(query)), model.name
    assert len(own.project.models) > 50
