"""Loads a shop's files into its raw tables: all of them or, when anything fails, none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import duckdb

from analysis_lib.errors import BadDataError, ShopbookError
from analysis_lib.sources import decisions, ledger, repeats
from analysis_lib.sources.classify import check_shares, classify
from analysis_lib.sources.decide import UndecidedError
from analysis_lib.sources.definition import Source, Table, read_source, said_formats
from analysis_lib.sources.detect import Outside, first_look, second_look
from analysis_lib.sources.duplicates import identical_rows, mark_duplicates
from analysis_lib.sources.inside import look_inside
from analysis_lib.sources.plan import Plan, Planned, make_plan
from analysis_lib.sources.sameness import ROWS_DIGEST, loaded_as, rows_digest
from analysis_lib.sources.session import all_or_nothing, loading_settings, write_out
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


@runtime_checkable
class KeepsElsewhere(HasConnection, Protocol):
    """What is new is read on its connection, but the shop's rows are kept elsewhere."""

    def finish(
        self, tables: Sequence[Table], loaded: Sequence[int]
    ) -> tuple[list[TableOutcome], Mapping[int, int]]:
        """Take what was read there; the counts of the tables that changed, the duplicates of each file."""


@dataclass(frozen=True)
class _Job:
    """What every step of one load needs."""

    connection: duckdb.DuckDBPyConnection
    source: Source
    work: Path
    max_rejected_share: float
    said: Mapping[str, Mapping[str, str]]
    elsewhere: KeepsElsewhere | None = None


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
    formats: Mapping[tuple[str, str], str] | None = None,
    only: Collection[str] | None = None,
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
    formats
        How the values of a column are written, by table and column, for example ``day_first``.
    only
        Of the files that `paths` mean those of these names, as the ledger has them; all when None.

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
        A file that is empty, cut off, no table, of another format than expected, or with values that
        could mean two things.
    ParameterError
        A format that a column cannot have.
    DiskFullError, WarehouseLockedError, SettingsError
        The machine's limits. Whatever is raised, the warehouse is as it was.

    Examples
    --------
    >>> load(warehouse, "thelook", [Path("data/demo")]).lines()  # doctest: +SKIP
    """

    def planned(connection: duckdb.DuckDBPyConnection, definition: Source) -> AbstractContextManager[Plan]:
        given = [Path(path) for path in paths]
        return nullcontext(
            make_plan(connection, definition, given, tables, root or Path.cwd().resolve(), only)
        )

    return load_planned(
        warehouse,
        read_source(source, own_sources),
        planned,
        progress,
        temp_dir=temp_dir,
        max_rejected_share=max_rejected_share,
        formats=formats,
    )


def load_planned(
    warehouse: HasConnection | duckdb.DuckDBPyConnection,
    definition: Source,
    planner: Planner,
    progress: ProgressCallback | None = None,
    *,
    temp_dir: Path | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    formats: Mapping[tuple[str, str], str] | None = None,
) -> LoadSummary:
    """Load what a planner finds, as :func:`load` does with files; the plan is open until all is loaded."""
    connection = warehouse if isinstance(warehouse, duckdb.DuckDBPyConnection) else warehouse.connection
    said = said_formats(definition, formats or {})
    say = progress or _say_nothing
    try:
        with (
            loading_settings(connection),
            tempfile.TemporaryDirectory(dir=temp_dir, prefix="shopbook_load_") as work,
            planner(connection, definition) as plan,
        ):
            elsewhere = warehouse if isinstance(warehouse, KeepsElsewhere) else None
            job = _Job(connection, definition, Path(work), max_rejected_share, said, elsewhere)
            with all_or_nothing(connection):
                summary = _run(job, plan, say)
            if summary.is_changed and not elsewhere:
                write_out(connection)
            return summary
    except (duckdb.Error, OSError, MemoryError) as error:
        raise translate(error, "the load") from error


def _say_nothing(_label: str, _done: int, _total: int) -> None:
    """Progress that nobody asked for."""


def _run(job: _Job, plan: Plan, say: ProgressCallback) -> LoadSummary:
    connection = job.connection
    ledger.make_tables(connection, job.source)
    to_load, outcomes, touched = settle(connection, job.said, plan)
    plan.fetch(connection, [file for file, _ in to_load])
    loaded: list[tuple[int, FileOutcome]] = []
    undecided: list[tuple[Planned, str]] = []

    def take(file: Planned, outcome: str) -> None:
        loaded.append(_load_file(job, file, outcome))
        touched.add(file.table.name)
        rows = loaded[-1][1].rows_read
        say(f"{file.path.name} → {file.table.name}, {rows:,} rows", len(loaded), len(to_load))

    for file, outcome in to_load:
        try:
            take(file, outcome)
        except UndecidedError:
            undecided.append((file, outcome))
    # What the other files tell may decide: these come last, and now the error counts.
    for file, outcome in undecided:
        take(file, outcome)
    decisions.check_files(connection, [job.source.tables[name] for name in sorted(touched)])
    changed = [table for name, table in job.source.tables.items() if name in touched]
    read = [file_id for file_id, _ in loaded if file_id]
    finish = job.elsewhere.finish if job.elsewhere else _finish_here(connection)
    table_outcomes, duplicates = finish(changed, read)
    counted = [replace(outcome, duplicates=duplicates.get(file_id, 0)) for file_id, outcome in loaded]
    files = [*counted, *outcomes, *plan.skipped]
    there = {entry.table for entry in ledger.entries(connection)}
    lacking = {name: table.without for name, table in job.source.tables.items() if name not in there}
    return LoadSummary(job.source.name, tuple(files), tuple(table_outcomes), lacking)


def _finish_here(
    connection: duckdb.DuckDBPyConnection,
) -> Callable[[Sequence[Table], Sequence[int]], tuple[list[TableOutcome], Mapping[int, int]]]:
    def finish(
        tables: Sequence[Table], _loaded: Sequence[int]
    ) -> tuple[list[TableOutcome], Mapping[int, int]]:
        outcomes = [_count(connection, table) for table in tables]
        duplicates: dict[int, int] = {}
        for table in tables:
            raw = ledger.raw_name(table.name)
            found = connection.execute(
                f"select load_file_id, count(*) from {raw} where is_duplicate group by 1"
            ).fetchall()
            duplicates |= {int(file): int(rows) for file, rows in found}
        return outcomes, duplicates

    return finish


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> TableOutcome:
    conflicting, identical = mark_duplicates(connection, table), identical_rows(connection, table)
    return TableOutcome(table.name, *ledger.count_table(connection, table.name, conflicting, identical))


def settle(
    connection: duckdb.DuckDBPyConnection, said: Mapping[str, Mapping[str, str]], plan: Plan
) -> tuple[list[tuple[Planned, str]], list[FileOutcome], set[str]]:
    """Part the files into those to load and those that are loaded already; take changed ones out.

    Changed files go first: their old content must not make another file with that content a repeat.
    A file that was read otherwise than the analyst says now is read again.
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
    known_repeats = repeats.known(connection)
    for file in plan.files:
        entry = by_path.get((file.table.name, file.name))
        if entry and (
            (entry.sha256, entry.definition) != _identity(file)
            or decisions.differs(connection, entry.file_id, said.get(entry.table, {}))
        ):
            heir = ""
            if entry.sha256 != file.sha256:
                heir = repeats.hand_over(connection, entry.table, entry.sha256, entry.file_id, here)
            if heir:
                why = f"it has the rows that {file.name} had before, and they count beside the new ones"
                outcomes.append(FileOutcome(heir, entry.table, "kept", why))
            else:
                ledger.forget(connection, entry)
            changed.add(file.name)
            touched.add(entry.table)
    there = {(entry.table, entry.sha256): entry.path for entry in ledger.entries(connection)}
    to_load: list[tuple[Planned, str]] = []
    for file in plan.files:
        key = (file.table.name, file.sha256)
        # Nothing is written where nothing is new: the file of the warehouse stays as it is.
        noted = known_repeats.get((file.table.name, file.name))
        if there.get(key, file.name) == file.name:
            if noted:
                repeats.forget(connection, file.table.name, file.name)
        elif noted != file.sha256:
            repeats.remember(connection, file.table.name, file.name, file.path.name, file.sha256)
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
    outside = Outside(job.said.get(table.name, {}), decisions.others(connection, table.name))
    written = first_look(connection, relation, file.mapped, table, outside)
    mapped = replace(file.mapped, written=written)
    judged = classify(connection, relation, mapped, table)
    again = second_look(connection, relation, judged, mapped, table, outside)
    if again:
        mapped = replace(mapped, written=again)
        judged = classify(connection, relation, mapped, table)
    check_shares(connection, relation, judged, job.max_rejected_share)
    ledger.make_raw(connection, table)
    digest = rows_digest(connection, table)
    if same := loaded_as(connection, table, digest):
        connection.execute("drop table temp.load_rows")
        what = "removed" if outcome == "replaced" else "unchanged"
        return 0, FileOutcome(file.name, table.name, what, f"its rows are those of {same}")
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
        "written": {name: way.in_words() for name, way in mapped.written.items() if way.is_remarkable},
    }
    if digest:
        mapped_decisions[ROWS_DIGEST] = digest
    decided = relation.decisions | mapped_decisions
    counts = (relation.rows, kept, rejected)
    where = (file.path.name, file.bytes)
    ledger.remember(connection, entry, job.source.name, where, counts, decided)
    decisions.remember(connection, table.name, (entry.file_id, file.path.name), mapped.written)
    return entry.file_id, FileOutcome(file.name, table.name, outcome, "", *counts, decisions=decided)
