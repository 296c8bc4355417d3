"""What was loaded: the tables that remember each file, the rejected rows and the counts of each table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from analysis_lib.errors import SettingsError
from analysis_lib.sources import decisions, repeats
from analysis_lib.sources.definition import Source, Table
from analysis_lib.sources.read import Relation, identifier

# Raise it when a change of the loader reads the same bytes differently: files are then read again.
LOADER_VERSION = "2"
ADDED_COLUMNS = {"load_file_id": "BIGINT", "load_row_number": "BIGINT", "is_duplicate": "BOOLEAN"}
_TABLES = {
    "load_ledger": {
        "file_id": "BIGINT",
        "source": "VARCHAR",
        "table_name": "VARCHAR",
        "path": "VARCHAR",
        "file_name": "VARCHAR",
        "content_sha256": "VARCHAR",
        "definition_sha256": "VARCHAR",
        "bytes": "BIGINT",
        "loaded_at": "TIMESTAMPTZ",
        "rows_read": "BIGINT",
        "rows_kept": "BIGINT",
        "rows_rejected": "BIGINT",
        "decisions": "VARCHAR",
    },
    "rejected_rows": {
        "source": "VARCHAR",
        "table_name": "VARCHAR",
        "file_id": "BIGINT",
        "file_name": "VARCHAR",
        "row_number": "BIGINT",
        "reason": "VARCHAR",
        "row_as_read": "VARCHAR",
    },
    "load_decisions": decisions.COLUMNS,
    "load_repeats": repeats.COLUMNS,
    "load_counts": {
        "table_name": "VARCHAR",
        "rows_read": "BIGINT",
        "rows_staged": "BIGINT",
        "rows_rejected": "BIGINT",
        "duplicates_dropped": "BIGINT",
        "conflicting_duplicates": "BIGINT",
        "identical_rows": "BIGINT",
    },
}


@dataclass(frozen=True)
class Entry:
    """A file in the ledger."""

    file_id: int
    table: str
    path: str
    sha256: str
    definition: str


def raw_name(table: str) -> str:
    """The name of the raw table of a table."""
    return f"raw_{table}"


def definition_digest(table: Table) -> str:
    """Changes when the same bytes would give other rows."""
    return f"{LOADER_VERSION}:{table.digest}"


def make_tables(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Create the loader's own tables where they are not there.

    Raises
    ------
    SettingsError
        When the shop holds the data of another source.
    """
    for name, columns in _TABLES.items():
        listed = ", ".join(f"{column} {type_}" for column, type_ in columns.items())
        connection.execute(f"create table if not exists {name} ({listed})")
        _add_missing(connection, name, columns)
    others = connection.execute(
        "select distinct source from load_ledger where source <> ?", [source.name]
    ).fetchall()
    if others:
        raise SettingsError(
            f"This shop holds data of the source {others[0][0]}, not of {source.name}.",
            "Load into another shop: add --shop NAME.",
        )


def make_raw(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create the raw table, or add the columns that its definition gained since."""
    columns = {name: column.duckdb_type for name, column in table.columns.items()} | ADDED_COLUMNS
    listed = ", ".join(f"{identifier(name)} {type_}" for name, type_ in columns.items())
    raw = raw_name(table.name)
    connection.execute(f"create table if not exists {raw} ({listed})")
    _add_missing(connection, raw, columns)


def _add_missing(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
    """Columns that a table made by an earlier version lacks."""
    there = {row[0] for row in connection.execute(f"describe {table}").fetchall()}
    for name, type_ in columns.items():
        if name not in there:
            connection.execute(f"alter table {table} add column {identifier(name)} {type_}")


def entries(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    """The files that were loaded."""
    rows = connection.execute(
        "select file_id, table_name, path, content_sha256, definition_sha256 "
        "from load_ledger order by path, table_name"
    ).fetchall()
    return [Entry(*row) for row in rows]


def forget(connection: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Take a file's rows out of the raw table, the rejected rows and the ledger."""
    raw = raw_name(entry.table)
    connection.execute(f"delete from {raw} where load_file_id = ?", [entry.file_id])
    for table in ("rejected_rows", "load_ledger", "load_decisions"):
        connection.execute(f"delete from {table} where file_id = ?", [entry.file_id])


def file_id(table: str, sha256: str) -> int:
    """A number for a file of a table, made of its content.

    With it a row is the same row whatever the order in which files were loaded, and in every warehouse.

    Examples
    --------
    >>> file_id("events", "ab" * 32) == file_id("events", "ab" * 32)
    True
    """
    return int(hashlib.sha256(f"{table}:{sha256}".encode()).hexdigest()[:15], 16)


def remember(
    connection: duckdb.DuckDBPyConnection,
    entry: Entry,
    source: str,
    file: tuple[str, int],
    counts: tuple[int, int, int],
    decided: Mapping[str, object],
) -> None:
    """Write a file to the ledger: `file` is its name and bytes, `counts` the rows read, kept and rejected.

    The ledger alone holds a time of the clock: when the file was loaded.
    """
    values = [
        *(entry.file_id, source, entry.table, entry.path, file[0], entry.sha256, entry.definition),
        *(file[1], *counts, json.dumps(decided, ensure_ascii=False)),
    ]
    connection.execute(
        "insert into load_ledger select ?, ?, ?, ?, ?, ?, ?, ?, get_current_timestamp(), ?, ?, ?, ?", values
    )


def store_rows(connection: duckdb.DuckDBPyConnection, table: Table, file_id: int, number: str) -> int:
    """Move the kept rows of `temp.load_rows` to the raw table; how many they are.

    `number` is SQL for a row's number.
    """
    columns = ", ".join(identifier(name) for name in table.columns)
    found = connection.execute(
        f"""insert into {raw_name(table.name)} ({columns}, load_file_id, load_row_number, is_duplicate)
        select {columns}, {file_id}, {number}, false from temp.load_rows where load_rule is null"""
    ).fetchall()
    return int(found[0][0])


def store_rejects(
    connection: duckdb.DuckDBPyConnection,
    entry: Entry,
    source: str,
    file_name: str,
    relation: Relation,
    number: str,
) -> int:
    """Write the rows of `temp.load_rows` that are not kept, and the broken lines, to `rejected_rows`."""
    where = [source, entry.table, entry.file_id, file_name]
    found = connection.execute(
        f"""insert into rejected_rows select ?, ?, ?, ?, {number}, load_reason, load_row
        from temp.load_rows where load_rule is not null order by {number}""",
        where,
    ).fetchall()
    rejected = int(found[0][0])
    if relation.broken:
        types = "{'row_number': 'BIGINT', 'why': 'VARCHAR', 'line': 'VARCHAR'}"
        found = connection.execute(
            f"""insert into rejected_rows
            select ?, ?, ?, ?, row_number, 'line could not be read: ' || why, line
            from read_json(?, format = 'newline_delimited', columns = {types}) order by row_number""",
            [*where, str(relation.broken_path)],
        ).fetchall()
        rejected += int(found[0][0])
    return rejected


def count_table(
    connection: duckdb.DuckDBPyConnection, table: str, conflicting: int, identical: int
) -> tuple[int, ...]:
    """Renew the line of a table in `load_counts`.

    The numbers are those of its rows read, staged, rejected, dropped, conflicting and identical.
    """
    connection.execute("delete from load_counts where table_name = ?", [table])
    connection.execute(
        f"""insert into load_counts
        select ?, coalesce(sum(rows_read), 0),
            (select count(*) from {raw_name(table)} where not is_duplicate),
            coalesce(sum(rows_rejected), 0),
            (select count(*) from {raw_name(table)} where is_duplicate),
            ?, ?
        from load_ledger where table_name = ?""",
        [table, conflicting, identical, table],
    )
    found = connection.execute("select * exclude (table_name) from load_counts where table_name = ?", [table])
    return tuple(int(value) for value in found.fetchall()[0])
