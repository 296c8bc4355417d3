"""Loads a shop's files into its raw tables: all of them or, when anything fails, none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import duckdb

from analysis_lib.errors import BadDataError, ShopbookError
from analysis_lib.sources import ledger
from analysis_lib.sources.classify import check_shares, classify
from analysis_lib.sources.definition import Source, Table, read_source
from analysis_lib.sources.duplicates import identical_rows, mark_duplicates
from analysis_lib.sources.fit import find_epochs
from analysis_lib.sources.inside import look_inside
from analysis_lib.sources.plan import Plan, Planned, make_plan
from analysis_lib.sources.session import all_or_nothing, loading_settings
from analysis_lib.sources.summary import FileOutcome, LoadSummary, TableOutcome
from analysis_lib.warehouse.failures import is_disk_full, translate

ProgressCallback = Callable[[str, int, int], None]
Planner = Callable[[duckdb.DuckDBPyConnection, Source], AbstractContextManager[Plan]]
MAX_REJECTED_SHARE = 0.5


class HasConnection(Protocol):
    """A warehouse on DuckDB."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection whose current schema is the shop's."""


@dataclass(frozen=True)
class _Job:
    """What every step of one load needs."""

    connection: duckdb.DuckDBPyConnection
    source: Source
    work: Path
    max_rejected_share: float


def load(
    warehouse: HasConnection | duckdb.DuckDBPyConnection,
    source: str,
    paths: Iterable[Path],
    tables: Sequence[str] | None = None,
    progress: ProgressCallback | None = None,
    *,
    root: Path | None = None,
    own_sources: Path | None = None,
    temp_dir: Path | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
) -> LoadSummary:
    """Load files into the raw tables of a shop.

    A file that was loaded before is left alone, a changed one replaces its rows, and of several rows
    with one key one counts. What cannot be read goes to `rejected_rows`.

    Parameters
    ----------
    warehouse
        A warehouse, or a DuckDB connection whose current schema is the shop's.
    source
        The kind of data, for example ``thelook``.
    paths
        Folders, files and patterns.
    tables
        Load these tables only; a table without a file is then an error.
    progress
        Called after each file with what was read, how many files are done, and of how many.
    root
        The project: files inside are remembered relative to it. The current folder when not given.
    own_sources
        The project's own folder of sources.
    temp_dir
        Where files that must be rewritten are kept meanwhile.
    max_rejected_share
        Above this share of rows that are rejected for one reason the load stops.

    Returns
    -------
    LoadSummary
        Files, tables and what the shop still lacks.

    Raises
    ------
    MissingInputError
        A path, table or source that is not there.
    ColumnError
        A required column that a file lacks, or two columns of one name.
    BadDataError
        A file that is empty, cut off, no table, or of another format than expected.
    DiskFullError, WarehouseLockedError, SettingsError
        The machine's limits. Whatever is raised, the warehouse is as it was.

    Examples
    --------
    >>> load(warehouse, "thelook", [Path("data/demo")]).lines()  # doctest: +SKIP
    """

    def planned(connection: duckdb.DuckDBPyConnection, definition: Source) -> AbstractContextManager[Plan]:
        given = [Path(path) for path in paths]
        return nullcontext(make_plan(connection, definition, given, tables, root or Path.cwd().resolve()))

    return load_planned(
        warehouse,
        read_source(source, own_sources),
        planned,
        progress,
        temp_dir=temp_dir,
        max_rejected_share=max_rejected_share,
    )


def load_planned(
    warehouse: HasConnection | duckdb.DuckDBPyConnection,
    definition: Source,
    planner: Planner,
    progress: ProgressCallback | None = None,
    *,
    temp_dir: Path | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
) -> LoadSummary:
    """Load what a planner finds, as :func:`load` does with files; the plan is open until all is loaded."""
    connection = warehouse if isinstance(warehouse, duckdb.DuckDBPyConnection) else warehouse.connection
    say = progress or _say_nothing
    try:
        with (
            loading_settings(connection),
            tempfile.TemporaryDirectory(dir=temp_dir, prefix="shopbook_load_") as work,
            planner(connection, definition) as plan,
        ):
            job = _Job(connection, definition, Path(work), max_rejected_share)
            with all_or_nothing(connection):
                return _run(job, plan, say)
    except (duckdb.Error, OSError) as error:
        raise translate(error, "the load") from error


def _say_nothing(_label: str, _done: int, _total: int) -> None:
    """Progress that nobody asked for."""


def _run(job: _Job, plan: Plan, say: ProgressCallback) -> LoadSummary:
    connection = job.connection
    ledger.make_tables(connection, job.source)
    to_load, outcomes, touched = _settle(connection, plan)
    plan.fetch(connection, [file for file, _ in to_load])
    loaded: list[tuple[int, FileOutcome]] = []
    for done, (file, outcome) in enumerate(to_load, start=1):
        file_id, result = _load_file(job, file, outcome)
        loaded.append((file_id, result))
        touched.add(file.table.name)
        say(f"{file.path.name} → {file.table.name}, {result.rows_read:,} rows", done, len(to_load))
    changed = [table for name, table in job.source.tables.items() if name in touched]
    table_outcomes = [_count(connection, table) for table in changed]
    files = [*_with_duplicates(connection, loaded), *outcomes, *plan.skipped]
    there = {entry.table for entry in ledger.entries(connection)}
    lacking = {name: table.without for name, table in job.source.tables.items() if name not in there}
    return LoadSummary(job.source.name, tuple(files), tuple(table_outcomes), lacking)


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> TableOutcome:
    conflicting, identical = mark_duplicates(connection, table), identical_rows(connection, table)
    return TableOutcome(table.name, *ledger.count_table(connection, table.name, conflicting, identical))


def _settle(
    connection: duckdb.DuckDBPyConnection, plan: Plan
) -> tuple[list[tuple[Planned, str]], list[FileOutcome], set[str]]:
    """Part the files into those to load and those that are loaded already; take changed ones out.

    Changed files go first: their old content must not make another file with that content a repeat.
    """
    outcomes: list[FileOutcome] = []
    changed: set[str] = set()
    touched: set[str] = set()
    here = {file.name for file in plan.files}
    for gone in ledger.entries(connection):
        if plan.is_gone(gone.table, gone.path):
            ledger.forget(connection, gone)
            touched.add(gone.table)
            if gone.path in here:
                changed.add(gone.path)
            else:
                outcomes.append(FileOutcome(gone.path, gone.table, "removed", "it is not there any more"))
    by_path = {(entry.table, entry.path): entry for entry in ledger.entries(connection)}
    for file in plan.files:
        entry = by_path.get((file.table.name, file.name))
        if entry and (entry.sha256, entry.definition) != _identity(file):
            ledger.forget(connection, entry)
            changed.add(file.name)
            touched.add(entry.table)
    there = {(entry.table, entry.sha256): entry.path for entry in ledger.entries(connection)}
    to_load: list[tuple[Planned, str]] = []
    for file in plan.files:
        key = (file.table.name, file.sha256)
        if key not in there:
            to_load.append((file, "replaced" if file.name in changed else "loaded"))
            there[key] = file.name
            continue
        note = "it was loaded before"
        if there[key] != file.name:
            note = f"its content is that of {there[key]}"
        outcomes.append(FileOutcome(file.name, file.table.name, "unchanged", note))
    return to_load, outcomes, touched


def _identity(file: Planned) -> tuple[str, str]:
    return file.sha256, ledger.definition_digest(file.table)


def _load_file(job: _Job, file: Planned, outcome: str) -> tuple[int, FileOutcome]:
    try:
        return _load_rows(job, file, outcome)
    except (duckdb.Error, OSError) as error:
        translated = translate(error, file.path.name)
        is_limit = is_disk_full(error) or isinstance(error, OSError | duckdb.OutOfMemoryException)
        raise translated if is_limit else _unreadable(file, translated) from error


def _unreadable(file: Planned, error: ShopbookError) -> BadDataError:
    reason = error.message.removeprefix(f"{file.path.name} failed: ").rstrip(".")
    return BadDataError(
        f"{file.path.name} cannot be read to its end: {reason}.", "Fetch or export the file again."
    )


def _load_rows(job: _Job, file: Planned, outcome: str) -> tuple[int, FileOutcome]:
    connection, table = job.connection, file.table
    relation = look_inside(connection, file.open(connection, job.work), table)
    mapped = replace(file.mapped, epochs=find_epochs(connection, relation, file.mapped, table))
    judged = classify(connection, relation, mapped, table)
    check_shares(connection, relation, judged, job.max_rejected_share)
    ledger.make_raw(connection, table)
    entry = ledger.Entry(ledger.file_id(table.name, file.sha256), table.name, file.name, *_identity(file))
    kept = ledger.store_rows(connection, table, entry.file_id, judged.number)
    rejected = ledger.store_rejects(
        connection, entry, job.source.name, file.path.name, relation, judged.number
    )
    connection.execute("drop table temp.load_rows")
    if kept + rejected != relation.rows or not file.is_as_hashed():
        raise BadDataError(
            f"{file.path.name} changed while it was read: {relation.rows:,} rows were counted and "
            f"{kept + rejected:,} read.",
            "Load it again when it is complete.",
        )
    mapped_decisions: dict[str, object] = {
        "recognised_by": file.recognised_by,
        "ignored_columns": [*mapped.ignored, *relation.ignored_in_objects],
        "absent_columns": list(mapped.absent),
        "renamed_columns": dict(mapped.renamed),
        "epochs": dict(mapped.epochs),
    }
    decisions = relation.decisions | mapped_decisions
    counts = (relation.rows, kept, rejected)
    where = (file.path.name, file.bytes)
    ledger.remember(connection, entry, job.source.name, where, counts, decisions)
    return entry.file_id, FileOutcome(file.name, table.name, outcome, "", *counts, decisions=decisions)


def _with_duplicates(
    connection: duckdb.DuckDBPyConnection, loaded: list[tuple[int, FileOutcome]]
) -> Iterator[FileOutcome]:
    for file_id, outcome in loaded:
        found = connection.execute(
            f"select count(*) from {ledger.raw_name(outcome.table)} where is_duplicate and load_file_id = ?",
            [file_id],
        ).fetchall()
        yield replace(outcome, duplicates=int(found[0][0]))
