"""Where a source is: the project's own folder of sources first, then the package's.

A source is a folder with `source.yml` (its tables and columns) and `stg_*.sql` with their contracts
(how they fill the staging contract). One of the project's own wins over the package's of the same name.
"""

from __future__ import annotations

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
