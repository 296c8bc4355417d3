"""Which files are meant: folders, files and patterns in, data files out."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.errors import MissingInputError, did_you_mean

_DATA = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".parq", ".jsonl", ".ndjson", ".json")
_PACKED = (".gz", ".gzip", ".zst")
_NOT_READ = {
    ".xlsx": "an Excel file; save the sheet as CSV",
    ".xls": "an Excel file; save the sheet as CSV",
    ".zip": "a zip archive; unpack it",
    ".bz2": "packed with bzip2; unpack it, or pack it with gzip",
    ".xz": "packed with xz; unpack it, or pack it with gzip",
    ".7z": "a 7z archive; unpack it",
    ".avro": "Avro; export it as Parquet or CSV",
    ".orc": "ORC; export it as Parquet or CSV",
}


@dataclass(frozen=True)
class Found:
    """A data file, and the folders between it and what the user named."""

    path: Path
    folders: tuple[str, ...] = ()
    is_named: bool = False


def data_suffix(name: str) -> str:
    """The ending that says what a file holds, without that of the packing; empty for other files.

    Examples
    --------
    >>> data_suffix("events_2025_06.csv.gz"), data_suffix("README.md")
    ('.csv', '')
    """
    lower = name.lower()
    for packed in _PACKED:
        lower = lower.removesuffix(packed)
    return next((suffix for suffix in _DATA if lower.endswith(suffix)), "")


def why_not_read(name: str) -> str:
    """What a file is that looks like data but cannot be read; empty when there is nothing to say.

    Examples
    --------
    >>> why_not_read("orders.xlsx")
    'an Excel file; save the sheet as CSV'
    """
    return _NOT_READ.get(Path(name.lower()).suffix, "")


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "_"))


def _in_folder(folder: Path) -> tuple[list[Found], list[tuple[Path, str]]]:
    found: list[Found] = []
    skipped: list[tuple[Path, str]] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(names):
            path = Path(parent) / name
            if _is_hidden(name):
                continue
            if data_suffix(name):
                between = (folder.name, *path.parent.relative_to(folder).parts)
                found.append(Found(path, between))
            elif why_not_read(name):
                skipped.append((path, f"it is {why_not_read(name)}"))
    return found, skipped


def _expand(path: Path) -> list[Path]:
    path = path.expanduser()
    if path.exists():
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
    if matches:
        return matches
    kind = "No file fits the pattern" if glob.has_magic(str(path)) else "There is no file or folder"
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, siblings) if 0 < len(siblings) <= 30 else ""
    raise MissingInputError(f"{kind} {path}.", hint or "Check the path after --from.")


def find_files(paths: Iterable[Path]) -> tuple[list[Found], list[tuple[Path, str]]]:
    """The data files that `paths` mean, each once, and files that look like data but cannot be read.

    Parameters
    ----------
    paths
        Folders (searched with their sub folders), files, and patterns such as ``events_*.csv``.
        Hidden files and those that start with an underscore are left alone.

    Returns
    -------
    tuple
        The files in the order of their paths, and pairs of path and reason.

    Raises
    ------
    MissingInputError
        When a folder or file is not there, or there is no data file at all.
    """
    found: dict[Path, Found] = {}
    skipped: dict[Path, str] = {}
    given: Sequence[Path] = [match for path in paths for match in _expand(Path(path))]
    for path in given:
        if path.is_dir():
            files, reasons = _in_folder(path)
            skipped |= dict(reasons)
        elif why_not_read(path.name):
            raise MissingInputError(f"{path.name} is {why_not_read(path.name)}.")
        else:
            files = [Found(path, (path.parent.name,), is_named=True)]
        for file in files:
            found.setdefault(Path(os.path.abspath(file.path)), file)
    if not found:
        places = ", ".join(str(path) for path in given) or "what was given"
        raise MissingInputError(
            f"There is no CSV, JSON or Parquet file in {places}.",
            _hint_for(skipped) or "Check the path after --from.",
        )
    return [found[path] for path in sorted(found)], sorted(skipped.items())


def _hint_for(skipped: dict[Path, str]) -> str:
    return " ".join(f"{path.name} was not read: {reason}." for path, reason in sorted(skipped.items())[:3])
