"""What holds while files are loaded: the settings of the connection, and one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb


@contextlib.contextmanager
def loading_settings(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Inside, rows keep the order of the file, which numbers them, and a time without a zone is UTC.

    DuckDB must not merge half-filled row groups when it commits either: it would write all rows a second
    time, which costs as much as the load and doubles the file. Rows that were replaced are freed anyway.
    """
    wanted = {"preserve_insertion_order": "true", "TimeZone": "UTC", "max_vacuum_tasks": "0"}
    before = {
        name: connection.execute(f"select current_setting('{name}')").fetchall()[0][0] for name in wanted
    }
    try:
        for name, value in wanted.items():
            connection.execute(f"set {name} = '{value}'")
        yield
    finally:
        for name, value in before.items():
            connection.execute(f"set {name} = '{value}'")


@contextlib.contextmanager
def all_or_nothing(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything inside happens, or nothing of it."""
    try:
        connection.execute("begin transaction")
        yield
        connection.execute("commit")
    except BaseException:
        # A full disk or a commit that fails ends the transaction by itself; nothing is left to roll back.
        with contextlib.suppress(duckdb.TransactionException):
            connection.execute("rollback")
        raise
