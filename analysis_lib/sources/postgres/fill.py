"""Writes rows into a table of PostgreSQL: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis_lib.errors import ParameterError
from analysis_lib.sources.postgres.address import Address
from analysis_lib.sources.postgres.failures import cannot_write
from analysis_lib.sources.postgres.snapshot import connected, driver
from analysis_lib.sources.read import identifier, literal

if TYPE_CHECKING:
    import pyarrow as pa


def fill_table(
    address: Address,
    name: str,
    columns: Mapping[str, str],
    rows: pa.RecordBatchReader,
    index: str,
    replace: bool = False,
) -> int:
    """Create a table and stream rows into it, in one transaction; how many they were.

    Parameters
    ----------
    address
        The database.
    name
        The table, with or without a schema.
    columns
        PostgreSQL's type, with constraints, of each column.
    rows
        Batches of the same columns, read one after another.
    index
        The column that gets an index.
    replace
        A table of that name with rows in it is dropped first.

    Raises
    ------
    ParameterError
        When such a table has rows and may not be replaced.
    SettingsError, MissingInputError, ServerError, QueryError
        No driver, no right to create, no such database or schema, the server went away, or a view needs the
        table. The database is as it was.

    Examples
    --------
    >>> fill_table(address, "events_raw", {"id": "bigint"}, reader, "id")  # doctest: +SKIP
    2
    """
    with connected(address) as connection:
        try:
            with connection.cursor() as cursor:
                return _fill(connection, cursor, name, columns, rows, index, replace)
        except driver().Error as error:
            raise cannot_write(error, address, name) from None


def check_target(address: Address, name: str, replace: bool = False) -> None:
    """Raise what :func:`fill_table` would before it writes: before the rows are made, not after."""
    with connected(address) as connection:
        try:
            with connection.cursor() as cursor:
                _look(cursor, name, replace)
        except driver().Error as error:
            raise cannot_write(error, address, name) from None


def _look(cursor: Any, name: str, replace: bool) -> tuple[list[str], bool]:
    """Schema and table of a name, and whether there is such a table; ParameterError when it has rows."""
    cursor.execute(f"select parse_ident({literal(name)})")
    path = [str(part) for part in cursor.fetchall()[0][0]]
    place = ".".join(identifier(part) for part in path)
    cursor.execute(f"select to_regclass({literal(place)}) is not null")
    if not cursor.fetchall()[0][0]:
        return path, False
    cursor.execute(f"select exists (select from {place})")
    if cursor.fetchall()[0][0] and not replace:
        raise ParameterError(
            f"The table {name} is there already and has rows; nothing was written.",
            "Name another with --table, or let it be replaced with --replace.",
        )
    return path, True


def _fill(
    connection: Any,
    cursor: Any,
    name: str,
    columns: Mapping[str, str],
    rows: pa.RecordBatchReader,
    index: str,
    replace: bool,
) -> int:
    path, is_there = _look(cursor, name, replace)
    place = ".".join(identifier(part) for part in path)
    if is_there:
        cursor.execute(f"drop table {place}")
    listed = ", ".join(f"{identifier(column)} {type_}" for column, type_ in columns.items())
    cursor.execute(f"create table {place} ({listed})")
    schema = {"db_schema_name": path[0]} if len(path) > 1 else {}
    written = int(cursor.adbc_ingest(path[-1], rows, mode="append", **schema))
    cursor.execute(f"create index on {place} ({identifier(index)})")
    connection.commit()
    return written
