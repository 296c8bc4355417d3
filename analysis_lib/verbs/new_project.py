"""Makes a project's folder, for who installed the package and has no copy of the repository."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import analysis_lib
from analysis_lib.errors import SettingsError

# What a project holds beside its data: the site's configuration, the notebooks, what is published and how.
PARTS = ("_quarto.yml", "notebooks", "reports")
_GENERATED = shutil.ignore_patterns("_site*", "_build", ".ipynb_checkpoints", "__pycache__")
_IGNORED = "/data/\n/reports/_site*/\n/reports/_build/\n.ipynb_checkpoints/\n"


def template() -> Path:
    """The folder that a new project is copied from: the repository, or what was installed beside the package.

    Raises
    ------
    SettingsError
        The installation is not complete.
    """
    checkout = Path(analysis_lib.__file__).resolve().parents[1]
    installed = Path(sysconfig.get_path("data")) / "share" / "shopbook"
    for folder in (checkout, installed):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise SettingsError(
        f"The notebooks of Shopbook are not in {installed}.",
        "Install it again: pip install --force-reinstall shopbook",
    )


def make_project(folder: Path) -> list[str]:
    """Make a project in a folder; the names of what was made. Nothing that is there is touched.

    Raises
    ------
    SettingsError
        The folder holds a file of the name of one that is to be made.
    """
    there = [part for part in PARTS if (folder / part).exists()]
    if there:
        raise SettingsError(
            f"In {folder} there is {', '.join(there)} already, so no project is made there.",
            "Name another folder: shopbook init FOLDER",
        )
    source = template()
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part, ignore=_GENERATED)
        else:
            shutil.copy2(source / part, folder / part)
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    return list(PARTS)
