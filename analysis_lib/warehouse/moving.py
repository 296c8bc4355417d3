"""Moves what was loaded for a shop from one warehouse to the other, and proves that it arrived.

The tables travel in batches, as Parquet into load jobs one way, as Arrow through the Storage API the other.
They stand as `__next` beside the old ones until number of rows and checksum of every one are equal on both
sides; then all take their place together. Models are not copied: they are built there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis_lib.errors import BadDataError, MissingInputError
from analysis_lib.warehouse import checksums
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.connection import translated
from analysis_lib.warehouse.dialect import duckdb_type
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from analysis_lib.progress import ProgressCallback

_BESIDE_RAW = ("rejected_rows", "load_counts", "load_decisions", "load_repeats", "load_ledger")
BATCH_ROWS = 1_000_000


@dataclass(frozen=True)
class Moved:
    """One table that was moved: its rows and the checksum that both sides agree on."""

    table: str
    rows: int
    checksum: int


def loaded_tables(warehouse: DuckDBWarehouse | BigQueryWarehouse) -> list[str]:
    """The tables that loading made, the ledger last.

    Raises
    ------
    MissingInputError
        Nothing was loaded.
    """
    there = warehouse.tables()
    if "load_ledger" not in there:
        raise MissingInputError(f"Nothing was loaded for the shop {warehouse.shop}.")
    raw = sorted(name for name in there if name.startswith("raw_") and not name.endswith(NEXT_SUFFIX))
    return [*raw, *(name for name in _BESIDE_RAW if name in there)]


def copy_up(
    source: DuckDBWarehouse, target: BigQueryWarehouse, step: ProgressCallback | None = None
) -> list[Moved]:
    """Copy a shop's loaded tables from DuckDB to BigQuery.

    Raises
    ------
    BadDataError
        What arrived is not what was sent; the tables that were there before are as they were.
    """
    names = loaded_tables(source)
    schema = source.schema()
    for name in names:
        checksums.googlesql(name, schema[name])  # what cannot be proven is told before it travels
    for done, name in enumerate(names, start=1):
        send_up(source, target, name, schema[name])
        _say(step, name, done, len(names))
    moved = [prove(source, name, target, name + NEXT_SUFFIX) for name in names]
    target.swap(names)
    target.drop(name + NEXT_SUFFIX for name in names)
    return moved


def copy_down(
    source: BigQueryWarehouse, target: DuckDBWarehouse, step: ProgressCallback | None = None
) -> list[Moved]:
    """Copy a shop's loaded tables from BigQuery to DuckDB.

    Raises
    ------
    BadDataError
        As for :func:`copy_up`.
    """
    names = loaded_tables(source)
    schema = source.schema()
    for name in names:
        checksums.googlesql(name, schema[name])  # what cannot be proven is told before it travels
    for done, name in enumerate(names, start=1):
        bring_down(source, target, name, schema[name], name + NEXT_SUFFIX)
        _say(step, name, done, len(names))
    moved = [prove(target, name + NEXT_SUFFIX, source, name) for name in names]
    target.swap(names)
    return moved


def send_up(
    source: DuckDBWarehouse, target: BigQueryWarehouse, name: str, columns: Mapping[str, str]
) -> None:
    """Put a table of DuckDB into `<name>__next` on BigQuery, by load jobs; what stood there is replaced."""
    for number, batch in enumerate(_batches_of(source, name)):
        target.load(name + NEXT_SUFFIX, columns, batch, append=number > 0)


def bring_down(
    source: BigQueryWarehouse, target: DuckDBWarehouse, name: str, columns: Mapping[str, str], into: str
) -> None:
    """Put a table of BigQuery into a table of DuckDB, which is made anew."""
    target.create_empty_table(into, columns)
    casts = ", ".join(f'cast("{column}" as {duckdb_type(type_)})' for column, type_ in columns.items())
    for batch in source.jobs.batches(f"select * from `{name}`", name):
        with translated(name):
            target.connection.register("incoming_batch", batch)
            target.connection.execute(f'insert into "{into}" select {casts} from incoming_batch')
            target.connection.unregister("incoming_batch")


def prove(small: DuckDBWarehouse, here: str, cloud: BigQueryWarehouse, there: str) -> Moved:
    """That a table of DuckDB and one of BigQuery are equal in number of rows and checksum.

    Raises
    ------
    BadDataError
        They are not.
    """
    return _proven(
        here.removesuffix(NEXT_SUFFIX), checksum_duckdb(small, here), checksum_bigquery(cloud, there)
    )


def _say(step: ProgressCallback | None, name: str, done: int, total: int) -> None:
    if step:
        step(name, done, total)


def _batches_of(source: DuckDBWarehouse, name: str) -> Iterator[pa.Table]:
    """A table in batches, at least one: an empty table is sent as one without rows."""
    import pyarrow as pa

    with translated(name):
        reader = source.connection.sql(f'select * from "{name}"').to_arrow_reader(BATCH_ROWS)
        schema, is_empty = reader.schema, True
        for batch in reader:
            is_empty = False
            yield pa.Table.from_batches([batch], schema)
        if is_empty:
            yield schema.empty_table()


def checksum_duckdb(warehouse: DuckDBWarehouse, name: str) -> tuple[int, int]:
    """Number of rows and checksum of a table."""
    columns = warehouse.schema()[name]
    with translated(name):
        row = warehouse.connection.execute(checksums.duckdb(name, columns)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def checksum_bigquery(warehouse: BigQueryWarehouse, name: str) -> tuple[int, int]:
    """Number of rows and checksum of a table."""
    columns = warehouse.columns(name)
    [(rows, hashes)] = warehouse.rows_as_written(checksums.googlesql(name, columns))
    return int(rows), int(hashes)


def _proven(name: str, embedded: tuple[int, int], cloud: tuple[int, int]) -> Moved:
    if embedded != cloud:
        raise BadDataError(
            f"The table {name} is not the same on both sides: DuckDB has {embedded[0]:,} rows with the "
            f"checksum {embedded[1]}, BigQuery {cloud[0]:,} with {cloud[1]}.",
            "Nothing was replaced. Copy again while nothing is loaded.",
        )
    return Moved(name, *embedded)
