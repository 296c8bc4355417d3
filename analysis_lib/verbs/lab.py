"""`shopbook lab`: JupyterLab on the notebooks, with a kernel that finds the library.

Notebooks read the warehouse and hold it only while a cell runs (see `explore/kernel.py`), so that reports
are made while they are open.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis_lib.errors import MissingInputError, did_you_mean
from analysis_lib.settings import Settings


def kernel_folder(settings: Settings) -> Path:
    """Write a kernel named python3 that is this very interpreter; the folder for JUPYTER_PATH.

    Notebooks name the kernel `python3`. A machine may have one of that name that belongs to another
    environment; a kernel on JUPYTER_PATH comes before it.
    """
    folder = settings.build_dir / "jupyter"
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True, exist_ok=True)
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Shopbook",
        "language": "python",
        "env": {"SHOPBOOK_PROJECT": str(settings.root)},
    }
    (spec / "kernel.json").write_text(json.dumps(kernel, indent=1) + "\n", encoding="utf-8")
    return folder


def what_to_open(settings: Settings, arguments: Sequence[str]) -> list[str]:
    """The arguments of JupyterLab: the notebooks folder, or one notebook in it where it was named first.

    Raises
    ------
    MissingInputError
        When there is no notebooks folder, or not that notebook; it names the nearest.
    """
    if not settings.notebooks.is_dir():
        raise MissingInputError(f"The folder {settings.notebooks} is not there.")
    if not arguments or arguments[0].startswith("-"):
        return [str(settings.notebooks), *arguments]
    named, *others = arguments
    path = settings.notebooks / f"{Path(named).name.removesuffix('.ipynb')}.ipynb"
    if not path.is_file():
        known = [other.stem for other in settings.notebooks.glob("*.ipynb")]
        raise MissingInputError(f"There is no notebook {path.name}.", did_you_mean(path.stem, known))
    return [str(path), *others]


def lab(settings: Settings, arguments: Sequence[str]) -> int:
    """Become JupyterLab in the notebooks folder: its process id, its signals and its exit code are ours.

    As a process of its own it would go on when this one is stopped by its id.

    Parameters
    ----------
    settings
        The project.
    arguments
        A notebook to open, if it comes first; the rest is handed to JupyterLab.

    Raises
    ------
    MissingInputError
        When there is no notebooks folder, or not that notebook.
    """
    opened = what_to_open(settings, arguments)
    path = os.pathsep.join(
        part for part in (str(kernel_folder(settings)), os.environ.get("JUPYTER_PATH", "")) if part
    )
    environment = {**os.environ, "JUPYTER_PATH": path, "SHOPBOOK_PROJECT": str(settings.root)}
    command = [sys.executable, "-m", "jupyterlab", *opened]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)
