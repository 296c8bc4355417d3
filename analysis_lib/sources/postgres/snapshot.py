"""One consistent look at a database: every query inside sees the same rows, and none can change any."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb

from analysis_lib.errors import ServerError, SettingsError
from analysis_lib.sources.postgres.address import Address
from analysis_lib.sources.postgres.failures import cannot_connect, cannot_read
from analysis_lib.warehouse.failures import is_disk_full

if TYPE_CHECKING:
    import pyarrow as pa

EXTRA = "pip install 'shopbook[postgres]'"
OLDEST_SERVER = 11
# Texts must not depend on the user's or the server's settings: they are hashed and kept.
_SESSION = {
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lock_timeout": "60s",
}


def driver() -> ModuleType:
    """The ADBC driver; SettingsError where it is not installed."""
    try:
        import adbc_driver_postgresql.dbapi as dbapi
    except ImportError as error:
        raise SettingsError(
            "PostgreSQL is read through adbc-driver-postgresql, which is not installed.",
            f"Install it: {EXTRA}.",
        ) from error
    module: ModuleType = dbapi
    return module


@contextlib.contextmanager
def connected(address: Address) -> Iterator[Any]:
    """A connection, closed whatever happens; its work is undone unless it was committed.

    Raises
    ------
    SettingsError
        The driver is not installed, or the server refuses the user.
    MissingInputError
        No such database, user or service.
    ServerError
        No server answers.
    """
    dbapi = driver()
    try:
        connection = dbapi.connect(address.conninfo)
    except dbapi.Error as error:
        # Not chained: the driver's own text may repeat pieces of the address.
        raise cannot_connect(error, address) from None
    try:
        yield connection
    finally:
        # When the server is gone there is nothing left to undo.
        with contextlib.suppress(dbapi.Error):
            connection.rollback()
        with contextlib.suppress(dbapi.Error):
            connection.close()


class Snapshot:
    """Queries of one transaction that reads only, at one moment of the database."""

    def __init__(self, connection: Any, address: Address) -> None:
        self._connection, self._address = connection, address

    def rows(self, sql: str, what: str) -> list[tuple[Any, ...]]:
        """The rows of a small query; `what` is named when it fails."""
        with self._asked(what), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def schema(self, sql: str, what: str) -> pa.Schema:
        """The columns of a query with PostgreSQL's types in their metadata; no row is read."""
        with self._asked(what), self._connection.cursor() as cursor:
            cursor.execute(sql)
            reader = cursor.fetch_record_batch()
            schema = reader.schema
            reader.read_all()
            return schema

    def pour(self, sql: str, what: str, into: duckdb.DuckDBPyConnection, table: str) -> int:
        """Stream the rows of a query into a new temporary table of DuckDB; how many came.

        Only a few batches are in memory at a time, whatever the number of rows.
        """
        with self._asked(what), self._connection.cursor() as cursor:
            cursor.execute(sql)
            into.register("postgres_stream", cursor.fetch_record_batch())
            try:
                into.execute(f"create or replace temp table {table} as select * from postgres_stream")
            except duckdb.Error as error:
                # Its own limits are DuckDB's to tell; everything else came from the server.
                if is_disk_full(error) or isinstance(error, duckdb.OutOfMemoryException):
                    raise
                raise cannot_read(error, self._address, what) from None
            finally:
                # A statement that failed ended the transaction, and then the name goes with it.
                with contextlib.suppress(duckdb.TransactionException):
                    into.unregister("postgres_stream")
        found = into.execute(f"select count(*) from {table}").fetchall()
        return int(found[0][0])

    def close(self) -> None:
        """Let the server forget this moment: what it keeps for a long look costs it space."""
        with contextlib.suppress(driver().Error):
            self._connection.rollback()

    @contextlib.contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        try:
            yield
        except driver().Error as error:
            raise cannot_read(error, self._address, what) from None


@contextlib.contextmanager
def snapshot(address: Address) -> Iterator[Snapshot]:
    """Open a database for reading at one moment (`repeatable read, read only`).

    Raises
    ------
    ServerError
        As :func:`connected`, and when the server is older than PostgreSQL 11.
    """
    with connected(address) as connection:
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            for name, value in _SESSION.items():
                cursor.execute(f"set local {name} to '{value}'")
        taken = Snapshot(connection, address)
        version = int(taken.rows("select current_setting('server_version_num')::int", "the server")[0][0])
        if version < OLDEST_SERVER * 10_000:
            raise ServerError(
                f"The server is older than PostgreSQL {OLDEST_SERVER}.", "Load an export of it."
            )
        yield taken
