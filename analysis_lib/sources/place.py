"""Where a source is: the project's own folder of sources first, then the package's.

A source is a folder with `source.yml` (its tables and columns) and `stg_*.sql` with their contracts
(how they fill the staging contract). One of the project's own wins over the package's of the same name.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from analysis_lib.errors import MissingInputError, did_you_mean

PACKAGED = Path(__file__).parent
DEFINITION = "source.yml"


def source_names(own: Path | None = None) -> list[str]:
    """The names of the sources that there are.

    Parameters
    ----------
    own
        The project's folder of sources; it need not exist.

    Examples
    --------
    >>> "thelook" in source_names()
    True
    """
    folders = [PACKAGED, *([own] if own else [])]
    return sorted({path.parent.name for folder in folders for path in folder.glob(f"*/{DEFINITION}")})


def source_folder(name: str, own: Path | None = None) -> Path:
    """The folder of a source.

    Raises
    ------
    MissingInputError
        When there is no source of that name; the nearest one is named.

    Examples
    --------
    >>> source_folder("thelook").name
    'thelook'
    """
    for folder in ([own] if own else []) + [PACKAGED]:
        if (folder / name / DEFINITION).is_file():
            return folder / name
    known = source_names(own)
    hint = did_you_mean(name, known)
    raise MissingInputError(f"There is no source {name}.", hint or f"There are: {', '.join(known)}.")


@contextlib.contextmanager
def sources_at(folder: str | None) -> Iterator[None]:
    """Inside, the user's own sources are in this folder, for this process and the notebooks that it starts.

    Raises
    ------
    MissingInputError
        When there is a file of that name.

    Examples
    --------
    >>> with sources_at("elsewhere"):
    ...     os.path.basename(os.environ["SHOPBOOK_SOURCES"])
    'elsewhere'
    """
    if folder is None:
        yield
        return
    if Path(folder).exists() and not Path(folder).is_dir():
        raise MissingInputError(f"{folder} is no folder.", "Name the folder that holds the sources' folders.")
    before = os.environ.get("SHOPBOOK_SOURCES")
    os.environ["SHOPBOOK_SOURCES"] = os.path.abspath(folder)
    try:
        yield
    finally:
        os.environ.pop("SHOPBOOK_SOURCES")
        if before is not None:
            os.environ["SHOPBOOK_SOURCES"] = before
