"""Whether two shops, on DuckDB and on the emulator, hold the same tables: row for row, compared as Arrow."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from analysis_lib.warehouse.base import Warehouse
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_values import googlesql_types
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

# Of two sums of FLOAT64 in another order.
TOLERANCE = 1e-9


def differences(left: Warehouse, right: Warehouse, table: str) -> str:
    """How many rows two tables of the same name differ in, and the first; empty when they are the same.

    Rows are put in line by their exact values, then compared one by one, column by column. Numbers of FLOAT64
    may differ by a billionth; everything else must be equal, money to its last digit.
    """
    (types, mine), (others, theirs) = (_read(warehouse, table) for warehouse in (left, right))
    for column in [*types, *others]:
        one, other = types.get(column, "missing"), others.get(column, "missing")
        if one != other:
            return f"{table}.{column} is {one} and {other}"
    if mine.num_rows != theirs.num_rows:
        return f"{table}: {mine.num_rows:,} rows and {theirs.num_rows:,}"
    rough = [name for name, kind in types.items() if kind == "FLOAT64"]
    exact = [name for name in types if name not in rough]
    order = ", ".join(f'"{name}"' for name in [*exact, *rough])
    with duckdb.connect() as scratch:
        scratch.execute("set threads = 1; set TimeZone = 'UTC'")
        for name, rows in (("one", mine), ("two", theirs)):
            scratch.register(name, rows)
            scratch.execute(f"create table {name}_sorted as select * from {name} order by {order}")
        other = [f'one_sorted."{name}" is distinct from two_sorted."{name}"' for name in exact]
        other += [_is_apart(f'one_sorted."{name}"', f'two_sorted."{name}"') for name in rough]
        found = scratch.execute(
            f"select one_sorted, two_sorted from one_sorted positional join two_sorted "
            f"where {' or '.join(f'({condition})' for condition in other)}"
        ).fetchall()
    return f"{table}: {len(found):,} rows differ, as {found[0][0]} and {found[0][1]}" if found else ""


def _is_apart(one: str, two: str) -> str:
    """Whether two numbers differ by more than a billionth; infinities and NaN are equal to themselves."""
    near = f"abs({one} - {two}) <= {TOLERANCE} * greatest(1, abs({one}), abs({two}))"
    return f"{one} is distinct from {two} and not coalesce({near}, false)"


def _read(warehouse: Warehouse, name: str) -> tuple[Mapping[str, str], pa.Table]:
    """Types and rows; of the emulator's tables without a query, which would write them once more."""
    if isinstance(warehouse, DuckDBWarehouse):
        return warehouse.schema()[name], warehouse.connection.sql(f'select * from "{name}"').to_arrow_table()
    assert isinstance(warehouse, BigQueryWarehouse)
    client = warehouse.connection.client
    table = client.get_table(f"{warehouse.dataset}.{name}")
    if table.table_type == "VIEW":
        return googlesql_types(table.schema), warehouse.jobs.fetch(f"select * from `{name}`")
    rows = client.list_rows(table).to_arrow(bqstorage_client=warehouse.connection.storage)
    return googlesql_types(table.schema), rows
