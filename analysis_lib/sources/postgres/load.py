"""Loads a table of PostgreSQL as files are loaded: its months are the files."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis_lib.errors import BadDataError, ParameterError, SettingsError
from analysis_lib.sources import ledger
from analysis_lib.sources.definition import Source, Table, read_source
from analysis_lib.sources.load import MAX_REJECTED_SHARE, HasConnection, ProgressCallback, load_planned
from analysis_lib.sources.plan import Plan, check_tables
from analysis_lib.sources.postgres.address import Address
from analysis_lib.sources.postgres.months import UNDATED, parts_of
from analysis_lib.sources.postgres.pull import Pull, PulledPart, drop_pulled
from analysis_lib.sources.postgres.relation import DEFAULT_TABLE, Relation, columns_of, of_query, of_table
from analysis_lib.sources.postgres.snapshot import Snapshot, snapshot
from analysis_lib.sources.read import identifier
from analysis_lib.sources.summary import LoadSummary


@dataclass(frozen=True)
class Wanted:
    """What is read of a database, and how.

    Parameters
    ----------
    table
        A table or view; `events_raw` where neither it nor a query is given.
    query, query_name
        A select in its place, and what the ledger calls it.
    target
        Which table of the source the rows are; may be empty where the source has one only.
    is_full
        Everything is read again, whether it changed or not, and replaces what was there.
    look_back_days
        Only the months since so many days before the newest loaded row are compared with the server.
    """

    table: str = ""
    query: str = ""
    query_name: str = ""
    target: str = ""
    is_full: bool = False
    look_back_days: int | None = None


def load_from_postgres(
    warehouse: HasConnection | duckdb.DuckDBPyConnection,
    source: str,
    address: Address,
    wanted: Wanted,
    progress: ProgressCallback | None = None,
    *,
    own_sources: Path | None = None,
    temp_dir: Path | None = None,
    max_rejected_share: float = MAX_REJECTED_SHARE,
    formats: Mapping[tuple[str, str], str] | None = None,
) -> LoadSummary:
    """Load a table, view or query of a PostgreSQL database into a shop.

    Everything is read at one moment of the database. A month whose rows are those of the last load is not
    read again; one with new, corrected or deleted rows replaces its rows.

    Raises
    ------
    SettingsError
        No driver, a wrong password, no right to read, or rows of another server under the same name.
    MissingInputError, ColumnError, BadDataError, QueryError
        No such database or table; a column is missing; it has no rows any more; the query is wrong.
    ServerError
        The server cannot be reached or goes away. Whatever is raised, the warehouse is as it was.

    Examples
    --------
    >>> shop = Address("service=shop")
    >>> load_from_postgres(warehouse, "product_events", shop, Wanted())  # doctest: +SKIP
    """
    definition = read_source(source, own_sources)

    @contextlib.contextmanager
    def planned(connection: duckdb.DuckDBPyConnection, definition: Source) -> Iterator[Plan]:
        table = _target(definition, wanted)
        with snapshot(address) as taken:
            try:
                yield _plan(connection, taken, table, wanted)
            finally:
                drop_pulled(connection)

    return load_planned(
        warehouse,
        definition,
        planned,
        progress,
        temp_dir=temp_dir,
        max_rejected_share=max_rejected_share,
        formats=formats,
    )


def _target(source: Source, wanted: Wanted) -> Table:
    names = check_tables(source, [wanted.target] if wanted.target else None)
    if len(names) > 1:
        raise ParameterError(
            f"The source {source.name} has several tables, and one of PostgreSQL fills one of them.",
            f"Say which: --tables {names[0]}.",
        )
    return source.tables[names[0]]


def _plan(connection: duckdb.DuckDBPyConnection, taken: Snapshot, table: Table, wanted: Wanted) -> Plan:
    relation = _relation(taken, wanted)
    columns = columns_of(taken, relation, table)
    database, server, now = _where(taken)
    prefix = f"postgresql:{database}/{relation.name}/"
    known = _Known.of(connection, table, prefix)
    if known.servers - {server, ""} and server and not wanted.is_full:
        raise SettingsError(
            f"The shop holds {relation.name} of another server with a database {database}.",
            "Load this one into another shop (--shop NAME), or add --full if it replaces the other.",
        )
    since = None
    if known.newest and wanted.look_back_days is not None and columns.time >= 0 and not wanted.is_full:
        # A row of the far future must not make everything else look old.
        since = (min(known.newest, now) - dt.timedelta(days=wanted.look_back_days)).date()
    parts = parts_of(taken, relation, columns, since)
    if not parts and known.names and not since and not wanted.is_full:
        raise BadDataError(
            f"{relation.name} has no rows any more, but the shop holds some of it.",
            "Nothing was changed. If that is right, add --full.",
        )
    pull = Pull(taken, relation, columns, server, sum(part.rows for part in parts))
    files = tuple(PulledPart.of(pull, part, table, prefix) for part in parts)
    here = {file.name for file in files}

    def is_gone(of_table: str, name: str) -> bool:
        if of_table != table.name or not name.startswith(prefix):
            return False
        key = name.removeprefix(prefix)
        is_seen = not since or key == UNDATED or key >= since.strftime("%Y-%m")
        return wanted.is_full or (is_seen and name not in here)

    return Plan(files, (), is_gone, pull.fetch)


def _where(taken: Snapshot) -> tuple[str, str, dt.datetime]:
    """The database's name, the number of its server (empty where that may not be asked), and its clock."""
    may_ask = "has_function_privilege('pg_control_system()', 'execute')"
    [(database, now, is_told)] = taken.rows(
        f"select current_database()::text, now(), {may_ask}", "the server"
    )
    number = "select system_identifier::text from pg_control_system()"
    return database, taken.rows(number, "the server")[0][0] if is_told else "", now


def _relation(taken: Snapshot, wanted: Wanted) -> Relation:
    if wanted.query:
        return of_query(wanted.query, wanted.query_name)
    return of_table(taken, wanted.table or DEFAULT_TABLE)


@dataclass(frozen=True)
class _Known:
    """What the shop holds of a relation: the names of its parts, their servers, and the newest row's time."""

    names: frozenset[str] = frozenset()
    servers: frozenset[str] = frozenset()
    newest: dt.datetime | None = None

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, table: Table, prefix: str) -> _Known:
        there = connection.execute(
            "select 1 from duckdb_tables() where schema_name = current_schema() "
            "and database_name = current_database() and table_name = 'load_ledger'"
        ).fetchall()
        if not there:
            return cls()
        found = connection.execute(
            "select path, file_id, coalesce(decisions::json ->> 'server', '') from load_ledger "
            "where table_name = ? and starts_with(path, ?)",
            [table.name, prefix],
        ).fetchall()
        times = [c for c in table.columns.values() if c.required and c.type == "TIMESTAMP"]
        newest = None
        if found and times:
            newest = connection.execute(
                f"select max({identifier(times[0].name)}) from {ledger.raw_name(table.name)} "
                "where list_contains(?, load_file_id)",
                [[row[1] for row in found]],
            ).fetchall()[0][0]
        return cls(frozenset(row[0] for row in found), frozenset(row[2] for row in found), newest)
