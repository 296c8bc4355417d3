"""Connections to the DuckDB file, and its errors in the analyst's words."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from analysis_lib.errors import SettingsError, WarehouseLockedError
from analysis_lib.settings import Settings
from analysis_lib.warehouse.failures import translate

_TRY_AGAIN_SECONDS = 0.2


@contextlib.contextmanager
def translated(what: str = "") -> Iterator[None]:
    """Turn DuckDB's errors into sentences for the analyst."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise translate(error, what) from error


def connect(settings: Settings, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file; who holds it mostly lets go soon (a cell that runs, a swap): it is tried again."""
    last_try = time.monotonic() + settings.lock_wait_seconds
    while True:
        try:
            return _connect_now(settings, read_only)
        except WarehouseLockedError:
            if time.monotonic() >= last_try:
                raise
            time.sleep(_TRY_AGAIN_SECONDS)


def _connect_now(settings: Settings, read_only: bool) -> duckdb.DuckDBPyConnection:
    if settings.engine != "duckdb":
        raise SettingsError(
            f"The shop's warehouse is {settings.engine}, and this works on a DuckDB file.",
            "Name a file as warehouse in shopbook.toml, or in SHOPBOOK_WAREHOUSE.",
        )
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    settings.temp_dir.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": str(settings.threads),
        "temp_directory": str(settings.temp_dir),
    }
    if not read_only:
        # A build drops and writes whole tables: rewriting half-empty row groups at every checkpoint in
        # between cost a seventh of its time and made the file no smaller.
        config["max_vacuum_tasks"] = "0"
    with translated(str(settings.warehouse.name)):
        connection = duckdb.connect(str(settings.warehouse), read_only=read_only, config=config)
        prepare(connection)
    return connection


def place(connection: duckdb.DuckDBPyConnection, schema: str) -> str:
    """A schema with its database: a file demo.duckdb may hold a shop demo, and `demo` alone is ambiguous."""
    row = connection.execute("select current_database()").fetchone()
    return f'"{row[0] if row else ""}"."{schema}"'


def described(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[str, str, str]]:
    """(table, column, DuckDB type) of one table; none where it is not there.

    The engine's catalogue as a whole takes ten times as long to read.
    """
    name = f'{place(connection, schema)}."{table.replace(chr(34), chr(34) * 2)}"'
    try:
        rows = connection.execute("select name, type from pragma_table_info(?)", [name]).fetchall()
    except duckdb.Error:  # or a view on what has other columns by now
        return []
    return [(table, column, kind) for column, kind in rows]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """What holds for one connection and not for the whole database."""
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")


def warehouse_bytes(path: Path) -> int:
    """The size of the warehouse file; 0 when it is not there."""
    return path.stat().st_size if path.is_file() else 0
