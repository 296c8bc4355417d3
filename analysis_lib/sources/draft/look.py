"""Looks at files of an unknown shop: which tables they are, and what every column holds, over all rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from analysis_lib.errors import BadDataError
from analysis_lib.sources.convert import is_nested
from analysis_lib.sources.draft.native import load_as, read_by_the_loader
from analysis_lib.sources.draft.profile import Profile, profile
from analysis_lib.sources.draft.spelling import plain
from analysis_lib.sources.find import data_suffix, find_files
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.read import Head, identifier, read_head
from analysis_lib.sources.recognise import words


@dataclass(frozen=True)
class Looked:
    """A table that some of the files hold: files of the same columns, or of the same name.

    `alias` are the words of the files' names. `unread` counts the rows that are no whole records.
    """

    name: str
    alias: str
    files: tuple[str, ...]
    columns: dict[str, Profile]
    left_out: tuple[str, ...] = ()
    unread: int = 0

    @property
    def raw(self) -> str:
        """The name of the loaded table."""
        return f"raw_{self.name}"

    @property
    def rows(self) -> int:
        """Rows of all its files."""
        return next(iter(self.columns.values())).rows

    @property
    def distinct_rows(self) -> int:
        """Rows that differ from each other in anything."""
        return next(iter(self.columns.values())).distinct_rows


def look(connection: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> list[Looked]:
    """The tables among files, with a profile of every column; the rows stay in the connection as text.

    Parameters
    ----------
    connection
        An empty DuckDB; it keeps `raw_…` tables in which every column is text.
    paths
        Files, folders and patterns.

    Raises
    ------
    MissingInputError, BadDataError, ColumnError
        As in a load: a path that is not there, a file that cannot be read, two columns of one name.
    """
    files, _ = find_files(paths)
    heads = [read_head(connection, file.path, ()) for file in files]
    groups: list[list[Head]] = []
    for head in heads:
        home = next((group for group in groups if _belongs(head, group[0])), None)
        if home:
            home.append(head)
        else:
            groups.append([head])
    tables = _named(groups)
    return [_looked(connection, name, group) for name, group in tables.items()]


def _belongs(head: Head, other: Head) -> bool:
    mine, theirs = set(_columns(head)), set(_columns(other))
    same_name = _stem(head.path) == _stem(other.path)
    return mine == theirs or (same_name and 2 * len(mine & theirs) > len(mine | theirs))


def _columns(head: Head) -> list[str]:
    return [standard_name(column) for column in head.columns if column.strip()]


def _stem(path: Path) -> str:
    name = path.name
    stem = name[: name.lower().rfind(data_suffix(name))]
    letters = [re.sub(r"\d+$", "", word) or word for word in words(stem)]
    return "_".join(word for word in letters if not word.isdigit()) or "rows"


def _named(groups: Sequence[list[Head]]) -> dict[str, list[Head]]:
    tables: dict[str, list[Head]] = {}
    for group in groups:
        stem = group[0].path.name[: group[0].path.name.lower().rfind(data_suffix(group[0].path.name))]
        letters = [
            word for word in re.split(r"[^a-z]+", plain(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stem))) if word
        ]
        name = "_".join(letters) or "rows"
        number, free = 2, name
        while free in tables:
            free, number = f"{name}_{number}", number + 1
        tables[free] = group
    return tables


def _as_text(group: Sequence[Head]) -> dict[str, Any]:
    """The definition of a table in which every column is text, so that nothing is rejected for its value."""
    columns = {column: {"type": "STRING", "description": "x"} for column in _headers(group) if column}
    aliases = sorted({_stem(head.path) for head in group})
    return {"description": "x", "without": "x", "keyless": True, "columns": columns, "aliases": aliases}


def _headers(group: Sequence[Head]) -> dict[str, str]:
    """Column names of a table with the header that each has in the first file that has it."""
    found: dict[str, str] = {}
    for head in group:
        for header, type_ in zip(head.columns, head.types, strict=True):
            if header.strip() and not is_nested(type_):
                found.setdefault(standard_name(header), header)
    return found


def _looked(connection: duckdb.DuckDBPyConnection, name: str, group: Sequence[Head]) -> Looked:
    headers = _headers(group)
    left_out = [
        header
        for header, type_ in zip(group[0].columns, group[0].types, strict=True)
        if not header.strip() or is_nested(type_)
    ]
    if not headers:
        raise BadDataError(f"{group[0].path.name} has no column with a name.", "Give it a header line.")
    entry, paths = _as_text(group), [head.path for head in group]
    load_as(connection, name, entry, paths)
    unread = connection.execute("select count(*) from rejected_rows where table_name = ?", [name]).fetchall()
    columns = profile(connection, f"raw_{name}", list(headers.items()))
    columns = read_by_the_loader(connection, name, entry, paths, columns)
    files = tuple(sorted(head.path.name for head in group))
    alias = _stem(group[0].path)
    return Looked(name, alias, files, columns, tuple(left_out), int(unread[0][0]))


def is_unique(connection: duckdb.DuckDBPyConnection, table: Looked, columns: Sequence[str]) -> bool:
    """Whether columns together tell every row of a table from those that differ from it."""
    names = ", ".join(map(identifier, columns))
    present = " and ".join(f"{identifier(name)} is not null" for name in columns)
    query = f"select count(*) from (select distinct {names} from {table.raw} where {present})"
    missing = f"select count(*) from {table.raw} where not ({present})"
    [(different,)], [(without,)] = (connection.execute(sql).fetchall() for sql in (query, missing))
    return not without and bool(different == table.distinct_rows)


def contained(
    connection: duckdb.DuckDBPyConnection, table: Looked, column: str, other: Looked, key: str
) -> float:
    """The share of a column's values that another table's column has, too.

    Returns
    -------
    float
        0–1; 0 where the column has no value.
    """
    query = (
        f"select count(*), count(k) from (select distinct {identifier(column)} as v from {table.raw} where"
        f" {identifier(column)} is not null) left join (select distinct {identifier(key)} as k from"
        f" {other.raw}) on v = k"
    )
    values, found = connection.execute(query).fetchall()[0]
    return found / values if values else 0.0
