"""What files look like, for `shopbook init`: which source they are of, and which tables they hold."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis_lib.errors import ShopbookError
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.find import Found, find_files
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.place import source_names
from analysis_lib.sources.read import read_head
from analysis_lib.sources.recognise import recognise

_FEW = 3


@dataclass(frozen=True)
class Looked:
    """What a source makes of files: table to how many of them, the files that it does not know, and how many
    of their columns it does."""

    source: str
    tables: Mapping[str, int]
    unknown: tuple[str, ...]
    columns: int

    def lines(self) -> list[str]:
        """What is recognised and what is not.

        Examples
        --------
        >>> Looked("thelook", {"orders": 1, "events": 12}, ("notes.csv",), 20).lines()
        ['recognised: events (12 files), orders', 'not recognised: notes.csv']
        """
        named = [f"{table} ({n} files)" if n > 1 else table for table, n in sorted(self.tables.items())]
        lines = [f"recognised: {', '.join(named) or 'nothing'}"]
        if self.unknown:
            more = len(self.unknown) - _FEW
            lines.append(
                f"not recognised: {', '.join(self.unknown[:_FEW])}{f' and {more} more' if more > 0 else ''}"
            )
        return lines


def look(paths: Sequence[Path], own: Path | None = None) -> list[Looked]:
    """What each source makes of the files; those that recognise a table, the best first. Only heads are read.

    Raises
    ------
    MissingInputError
        A path is not there, or holds no data file.
    """
    found, _ = find_files(paths)
    sources = {name: read_source(name, own) for name in source_names(own)}
    known = {
        column for source in sources.values() for table in source.tables.values() for column in table.columns
    }
    heads = _columns(found, known)
    looked = []
    for name, source in sources.items():
        tables: Counter[str] = Counter()
        unknown: list[str] = []
        fit = 0
        for file, columns in zip(found, heads, strict=True):
            told = recognise(_stem(file.path), file.folders, columns, source) if columns else None
            # A name alone says little: every source has events.
            if told and told.table and set(columns) >= set(source.tables[told.table].required):
                tables[told.table] += 1
                fit += len(set(columns) & set(source.tables[told.table].columns))
            elif file.is_named or not file.path.name.lower().endswith(".json"):  # notes are JSON, too
                unknown.append(file.path.name)
        if tables:
            looked.append(Looked(name, dict(tables), tuple(unknown), fit))
    return sorted(looked, key=lambda one: (-sum(one.tables.values()), -one.columns, one.source))


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _columns(found: Sequence[Found], known: set[str]) -> list[list[str]]:
    """The columns of each file; none for one that cannot be read, which the load will explain."""
    heads: list[list[str]] = []
    with contextlib.closing(duckdb.connect()) as connection:
        for file in found:
            columns: list[str] = []
            with contextlib.suppress(ShopbookError, OSError):
                columns = [
                    standard_name(column) for column in read_head(connection, file.path, known).columns
                ]
            heads.append(columns)
    return heads
