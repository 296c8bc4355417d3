"""`shopbook lab`: JupyterLab on the notebooks, with a kernel that finds the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from analysis_lib.errors import MissingInputError
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


def lab(settings: Settings, arguments: list[str]) -> int:
    """Start JupyterLab in the notebooks folder and wait for it; its exit code.

    Raises
    ------
    MissingInputError
        When there is no notebooks folder.
    """
    if not settings.notebooks.is_dir():
        raise MissingInputError(f"The folder {settings.notebooks} is not there.")
    path = os.pathsep.join(
        part for part in (str(kernel_folder(settings)), os.environ.get("JUPYTER_PATH", "")) if part
    )
    environment = {**os.environ, "JUPYTER_PATH": path, "SHOPBOOK_PROJECT": str(settings.root)}
    command = [sys.executable, "-m", "jupyterlab", str(settings.notebooks), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode
