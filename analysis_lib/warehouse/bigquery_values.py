"""Values between BigQuery and Python: results as both engines give them, tables as Parquet, literals."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.dialect_bind import literal
from analysis_lib.warehouse.dialect_types import base_tables

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from google.cloud.bigquery import SchemaField

# As in duckdb.py: nothing that an analyst could mend. The client itself calls what it calls deprecated.
warnings.filterwarnings("ignore", "The inplace keyword in DataFrame.drop", DeprecationWarning)
warnings.filterwarnings("ignore", "Retrieving Arrow record batches", PendingDeprecationWarning)
# The service's names for types, in a schema that is read back.
_GOOGLESQL = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}


def _duckdb() -> Any:
    """A DuckDB in memory: it converts values as the embedded warehouse does, so that both give the same."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set threads = 1")
    return connection


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Rows from Arrow as the embedded warehouse gives them: money as float64, days as datetimes.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from decimal import Decimal
    >>> as_frame(pa.table({"x": pa.array([Decimal("1.50")], pa.decimal128(38, 9))})).dtypes.to_list()
    [dtype('float64')]
    """
    with _duckdb() as connection:
        frame: pd.DataFrame = connection.from_arrow(table).df()
    return frame


def as_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """Rows from Arrow as tuples, with exact decimals."""
    with _duckdb() as connection:
        rows: list[tuple[Any, ...]] = connection.from_arrow(table).fetchall()
    return rows


def typed(incoming: pa.Table, columns: Mapping[str, str]) -> pa.Table:
    """Columns cast to the Arrow types of their GoogleSQL types; text is read as DuckDB reads it."""
    casts = ", ".join(
        f'cast("{name}" as {dialect.duckdb_type(type_)}) as "{name}"' for name, type_ in columns.items()
    )
    with _duckdb() as connection:
        connection.register("incoming", incoming)
        result: pa.Table = connection.sql(f"select {casts} from incoming").to_arrow_table()
    return result


def table_of(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Rows of plain values as a typed table."""
    import pyarrow as pa

    listed = [list(row) for row in rows]
    arrays = [pa.array([row[place] for row in listed]) for place in range(len(columns))]
    return typed(pa.table(arrays, names=list(columns)), columns)


def parquet(table: pa.Table) -> io.BytesIO:
    """A table as a Parquet file in memory."""
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    file.seek(0)
    return file


def qualified(select: exp.Expression, project: str, dataset: str) -> exp.Expression:
    """A query for a view, which keeps no default dataset: its tables carry their whole address."""
    tree = select.copy()
    for table in base_tables(tree):
        if not table.db:
            alias = table.alias or table.name
            table.set("db", exp.to_identifier(dataset, quoted=True))
            table.set("catalog", exp.to_identifier(project, quoted=True))
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return tree


def bound(sql: str, values: Sequence[Any]) -> str:
    """A statement of the library's own with its `?` filled in as literals.

    Examples
    --------
    >>> bound("delete from meta_models where model = ?", ["it's"])
    "delete from meta_models where model = 'it\\\\'s'"
    """
    parts = sql.split("?")
    if len(parts) != len(values) + 1:
        raise ValueError(f"{len(values)} values for {len(parts) - 1} places")
    texts = [literal("value", value).sql(dialect=dialect.GoogleSql) for value in values]
    return parts[0] + "".join(text + part for text, part in zip(texts, parts[1:], strict=True))


def values_sql(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as the list after `values`, each value with the type of its column."""

    def cell(value: object, type_: str) -> str:
        text = literal("value", value).sql(dialect=dialect.GoogleSql)
        return f"cast({text} as {type_})"

    return ", ".join(
        f"({', '.join(cell(value, type_) for value, type_ in zip(row, columns.values(), strict=True))})"
        for row in rows
    )


def schema_fields(columns: Mapping[str, str]) -> list[SchemaField]:
    """Column names and GoogleSQL types as the schema of a load job.

    Raises
    ------
    ValueError
        For a type inside a type that no loaded table has (an array of arrays).
    """
    return [_field(name, exp.DataType.build(type_, dialect="bigquery")) for name, type_ in columns.items()]


def _field(name: str, type_: exp.DataType) -> SchemaField:
    from google.cloud.bigquery import SchemaField

    mode = "NULLABLE"
    if type_.is_type("array"):
        mode, type_ = "REPEATED", type_.expressions[0]
    if type_.is_type("struct"):
        inner = [_field(part.name, part.args["kind"]) for part in type_.expressions]
        return SchemaField(name, "RECORD", mode=mode, fields=inner)
    return SchemaField(name, type_.sql(dialect="bigquery"), mode=mode)


def googlesql_types(fields: Iterable[SchemaField]) -> dict[str, str]:
    """The schema of a table that is there, as column names and GoogleSQL types."""
    return {field.name: _type_of(field) for field in fields}


def _type_of(field: SchemaField) -> str:
    name = _GOOGLESQL.get(field.field_type, field.field_type)
    if name in ("RECORD", "STRUCT"):
        name = f"STRUCT<{', '.join(f'{part.name} {_type_of(part)}' for part in field.fields)}>"
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else name
