"""What holds while files are loaded: the settings of the connection, and one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb

# Python and DuckDB's own buffers take some 300 MB beside it: a load of any size stays below 2 GB.
MOST_MEMORY = 1_000_000_000
_UNITS = {"bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}


def bytes_of(size: str) -> float:
    """A size as DuckDB writes it, in bytes.

    Examples
    --------
    >>> bytes_of("1.5 GiB"), bytes_of("0 bytes")
    (1610612736.0, 0.0)
    """
    number, unit = size.split()
    return float(number) * _UNITS[unit]


def _setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    return str(connection.execute(f"select current_setting('{name}')").fetchall()[0][0])


@contextlib.contextmanager
def loading_settings(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Inside, rows keep the order of the file, which numbers them, and a time without a zone is UTC.

    DuckDB must not merge half-filled row groups when it commits either: it would write all rows a second
    time, which costs as much as the load and doubles the file. Rows that were replaced are freed anyway.

    Memory is held to :data:`MOST_MEMORY`, or what the connection allows where that is less: DuckDB would keep
    the rows of a whole load in it, and writes them out as well when it may not.
    """
    wanted = {"preserve_insertion_order": "true", "TimeZone": "UTC", "max_vacuum_tasks": "0"}
    before = {name: _setting(connection, name) for name in (*wanted, "memory_limit")}
    if bytes_of(before["memory_limit"]) > MOST_MEMORY:
        wanted["memory_limit"] = f"{MOST_MEMORY} bytes"
    try:
        for name, value in wanted.items():
            connection.execute(f"set {name} = '{value}'")
        yield
    finally:
        for name in wanted:
            connection.execute(f"set {name} = '{before[name]}'")


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


def write_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring what was committed into the file now, under the settings of loading.

    Done when the connection closes, it would merge row groups with all the memory there is: 2.4 GB after
    20 million rows. Beside another transaction it is left for then.
    """
    with contextlib.suppress(duckdb.TransactionException):
        connection.execute("checkpoint")
