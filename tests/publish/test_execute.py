"""Notebooks in processes of their own: what goes wrong in one is said in words, and stops the others."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from analysis_lib.errors import BudgetError, CloudError, NotebookError, ShopbookError
from analysis_lib.publish.execute import Job, _failure, _Run, execute
from analysis_lib.publish.normalise import normalise
from analysis_lib.publish.notebook import Notebook, read_notebook

from .conftest import code, write


def job(folder: Path, name: str, *cells: str, timeout: int = 60) -> Job:
    return Job(
        name=name,
        notebook=write(
            folder / "notebooks" / f"{name}.ipynb", code('shop = ""  # x', "parameters"), *map(code, cells)
        ),
        output=folder / "out" / name / "executed.ipynb",
        parameters={"shop": "demo"},
        downloads=folder / "out" / name / "downloads",
        downloads_url=f"downloads/{name}",
        cell_timeout=timeout,
    )


def run(*jobs: Job) -> list[str]:
    finished: list[str] = []
    execute(jobs, lambda *_: None, lambda done: finished.append(done.name))
    return finished


def outputs(notebook: Notebook) -> str:
    return "".join(
        "".join(output.get("text", [])) for cell in notebook["cells"] for output in cell.get("outputs", [])
    )


def test_a_notebook_gets_its_parameters_its_folder_and_this_very_python(tmp_path: Path) -> None:
    seen = "import os, sys\nprint(shop, sys.prefix, os.getcwd(), os.environ['SHOPBOOK_DOWNLOADS_URL'])"
    made = job(tmp_path, "page", seen)
    assert run(made) == ["page"]
    import sys

    text = outputs(read_notebook(made.output))
    assert text.split() == ["demo", sys.prefix, str(tmp_path / "notebooks"), "downloads/page"]


def test_two_run_at_once_and_one_that_raises_stops_the_other(tmp_path: Path) -> None:
    raising = job(tmp_path, "funnel", "print(shop)", "raise KeyError('step')")
    slow = job(tmp_path, "slow", "import time\ntime.sleep(60)")
    waiting = job(tmp_path, "waiting", "1")
    start = time.monotonic()
    with pytest.raises(NotebookError) as error:
        run(raising, slow, waiting)
    assert str(error.value) == (
        "Notebook funnel.ipynb, cell In[4]: KeyError: 'step'. Open it in JupyterLab to see the cell at work."
    )
    assert time.monotonic() - start < 30
    assert not slow.output.exists()
    assert not waiting.output.parent.exists()


def test_an_error_of_our_own_is_told_in_its_own_words(tmp_path: Path) -> None:
    text = "from analysis_lib.errors import DateRangeError as E\nraise E('No data before May.', 'Ask later.')"
    with pytest.raises(NotebookError) as error:
        run(job(tmp_path, "page", text))
    assert str(error.value) == "Notebook page.ipynb, cell In[3]: No data before May. Ask later."


@pytest.mark.parametrize(
    ("name", "kind"),
    [("BudgetError", BudgetError), ("CloudError", CloudError), ("QueryError", NotebookError)],
)
def test_what_no_change_of_a_notebook_mends_keeps_its_exit_code(
    tmp_path: Path, name: str, kind: type[ShopbookError]
) -> None:
    """A scheduler waits for a quota, and mends a query."""
    failed = SimpleNamespace(job=job(tmp_path, "page"))
    event = {"event": "failed", "kind": "raised", "count": 3, "name": name, "text": "It costs too much."}
    found = _failure(cast("_Run", failed), event)
    assert type(found) is kind
    assert str(found) == "Notebook page.ipynb, cell In[3]: It costs too much."


def test_a_cell_that_takes_too_long_and_a_kernel_that_dies_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"slow.ipynb, cell 2: it ran longer than 1 seconds"):
        run(job(tmp_path, "slow", "import time\ntime.sleep(60)", timeout=1))
    with pytest.raises(NotebookError, match=r"dying.ipynb, cell 3: its kernel died, .* memory"):
        run(job(tmp_path, "dying", "1", "import os\nos._exit(9)"))


def test_what_differs_between_two_runs_is_taken_out() -> None:
    original = {"cells": [{"id": "own", "cell_type": "code"}]}
    executed = {
        "cells": [
            {
                "cell_type": "code",
                "id": "own",
                "metadata": {"tags": ["brief"], "papermill": {"duration": 1.5}, "execution": {"a": "b"}},
                "execution_count": 3,
                "source": "a\nb",
                "outputs": [
                    {
                        "output_type": "display_data",
                        "data": {"text/html": "<p>", "text/plain": "<x at 0x7f>"},
                        "metadata": {},
                        "transient": {},
                    }
                ],
            },
            {"cell_type": "markdown", "id": "random", "metadata": {}, "source": ["x"]},
        ],
        "metadata": {"papermill": {"start_time": "now"}, "kernelspec": {"name": "shopbook"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made = normalise(executed, original)
    assert made["cells"][0] == {
        "cell_type": "code",
        "id": "own",
        "metadata": {"tags": ["brief"]},
        "execution_count": 3,
        "source": ["a\n", "b"],
        "outputs": [{"output_type": "display_data", "data": {"text/html": "<p>"}, "metadata": {}}],
    }
    assert made["cells"][1]["id"] == "cell-1"
    assert "papermill" not in made["metadata"]
