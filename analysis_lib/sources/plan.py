"""What is to be loaded: every file with its table and columns, checked before any row is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis_lib.errors import BadDataError, MissingInputError, did_you_mean
from analysis_lib.sources.definition import Source, Table
from analysis_lib.sources.find import Found, data_suffix, find_files
from analysis_lib.sources.fit import Mapped, map_columns
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.inside import with_objects
from analysis_lib.sources.read import Head, Relation, digest_of, open_relation, read_head
from analysis_lib.sources.recognise import by_name, recognise, resembles, words
from analysis_lib.sources.summary import FileOutcome
from analysis_lib.warehouse.failures import translate


@dataclass(frozen=True)
class Planned:
    """A file that is going to be loaded.

    `name` is its path relative to the project where it lies inside. `stamp` is its size and time of
    change when it was hashed. What comes from elsewhere than a file overrides how it is opened.
    """

    path: Path
    name: str
    table: Table
    recognised_by: str
    head: Head
    mapped: Mapped
    sha256: str
    stamp: tuple[int, int]

    @property
    def bytes(self) -> int:
        """How large it is."""
        return self.stamp[0]

    def open(self, connection: duckdb.DuckDBPyConnection, work: Path) -> Relation:
        """Make its rows readable; see :func:`analysis_lib.sources.read.open_relation`."""
        return open_relation(connection, self.head, work)

    def is_as_hashed(self) -> bool:
        """Whether it is still what was hashed."""
        return stamp_of(self.path) == self.stamp


def _nothing_gone(_table: str, _name: str) -> bool:
    """Files that are not among those given stay loaded."""
    return False


def _nothing_to_fetch(_connection: duckdb.DuckDBPyConnection, _files: Sequence[Planned]) -> None:
    """Files are there already."""


@dataclass(frozen=True)
class Plan:
    """The files to load, and those that are left out with the reason.

    `is_gone` tells which names of a table in the ledger are taken out, because what they were is not there
    any more or is read anew; `fetch` is called once with those that are going to be read.
    """

    files: tuple[Planned, ...]
    skipped: tuple[FileOutcome, ...]
    is_gone: Callable[[str, str], bool] = _nothing_gone
    fetch: Callable[[duckdb.DuckDBPyConnection, Sequence[Planned]], None] = _nothing_to_fetch


def shown_path(path: Path, root: Path) -> str:
    """The path relative to the project when it lies inside, else in full."""
    full = Path(os.path.abspath(path))
    return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()


def stamp_of(path: Path) -> tuple[int, int]:
    """Size and time of change, to notice that a file is still being written."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _stem(path: Path) -> str:
    name = path.name
    suffix = data_suffix(name)
    return name[: name.lower().rfind(suffix)] if suffix else path.stem


def check_tables(source: Source, tables: Sequence[str] | None) -> list[str]:
    """The tables that are asked for; MissingInputError for one that the source does not have."""
    for table in tables or ():
        if table not in source.tables:
            raise MissingInputError(
                f"The source {source.name} has no table {table}.", did_you_mean(table, source.tables)
            )
    return list(tables or source.tables)


def make_plan(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    paths: Iterable[Path],
    tables: Sequence[str] | None,
    root: Path,
    only: Collection[str] | None = None,
) -> Plan:
    """Find the files, tell their tables and check their columns; `only` names those that count.

    Raises
    ------
    MissingInputError
        When a path is not there, no file can be recognised, or a table that was asked for has no file;
        when one of `only` is not there.
    ColumnError
        When a file lacks a required column.
    BadDataError
        When a file is empty or cannot be read.
    """
    wanted = check_tables(source, tables)
    known = {name for table in source.tables.values() for name in (*table.columns, *table.objects)}
    if only is not None and not only:
        return Plan((), ())
    found, unreadable = find_files(paths)
    if only is not None:
        found = _named(found, only, root)
    files: list[Planned] = []
    # Other files that lie about, such as notes and truth.json, are none of the load's business.
    skipped = [
        FileOutcome(shown_path(path, root), "", "skipped", why)
        for path, why in unreadable
        if by_name(path.stem, source.tables)
    ]
    for file in found:
        try:
            planned = _plan_file(connection, source, file, wanted, known, root)
        except OSError as error:
            raise translate(error, file.path.name) from error
        if isinstance(planned, Planned):
            files.append(planned)
        elif file.is_named or planned.table or not _is_any_json(file.path):
            skipped.append(planned)
    if only is None:
        _check_found(files, skipped, tables)
    return Plan(tuple(files), tuple(skipped))


def _named(found: Sequence[Found], only: Collection[str], root: Path) -> list[Found]:
    """The files of these names, which are all there."""
    there = {shown_path(file.path, root): file for file in found}
    if gone := sorted(set(only) - there.keys()):
        raise MissingInputError(f"{gone[0]} is not there any more.", "Look what is there, and load that.")
    return [file for name, file in there.items() if name in only]


def _is_any_json(path: Path) -> bool:
    """Whether a file may hold anything: settings and notes are JSON, too, and no table of a shop."""
    return path.name.lower().endswith(".json")


def _plan_file(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    file: Found,
    wanted: Sequence[str],
    known: set[str],
    root: Path,
) -> Planned | FileOutcome:
    name = shown_path(file.path, root)
    stem = _stem(file.path)
    named = by_name(stem, source.tables)
    if named and named not in wanted:
        return FileOutcome(name, named, "skipped", "it was not asked for")
    try:
        head = read_head(connection, file.path, known)
    except BadDataError as error:
        if file.is_named or named or file.path.stat().st_size:
            raise
        return FileOutcome(name, "", "skipped", error.message)
    columns = [standard_name(column) for column in head.columns]
    told = recognise(stem, file.folders, columns, source)
    if not told.table:
        return FileOutcome(name, "", "skipped", told.why_not)
    if told.table not in wanted:
        return FileOutcome(name, told.table, "skipped", "it was not asked for")
    table = source.tables[told.table]
    if not (file.is_named or _is_exactly(stem, table) or resembles(columns, table)):
        return FileOutcome(name, "", "skipped", f"its name says {table.name}, but its columns do not")
    stamp = stamp_of(file.path)
    mapped = map_columns(with_objects(head, table), table)
    return Planned(file.path, name, table, told.by, head, mapped, digest_of(file.path), stamp)


def _is_exactly(stem: str, table: Table) -> bool:
    """Whether a name says the table and nothing else: such a file is meant, whatever its columns."""
    spoken = [word for word in words(stem) if not word.isdigit()]
    return any(spoken == words(alias) for alias in (table.name, *table.aliases))


def _check_found(files: list[Planned], skipped: list[FileOutcome], tables: Sequence[str] | None) -> None:
    reasons = " ".join(f"{file.path}: {file.note}." for file in skipped[:3])
    if not files and not tables:
        raise MissingInputError("No file could be recognised as a table of the source.", reasons)
    for table in tables or ():
        if table not in {file.table.name for file in files}:
            unknown = [file for file in skipped if not file.table]
            reasons = " ".join(f"{file.path}: {file.note}." for file in unknown[:3])
            raise MissingInputError(f"There is no file of the table {table} among what was given.", reasons)
