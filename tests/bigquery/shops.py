"""A small simulated shop, on DuckDB and on the emulator, and whether their tables are the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from analysis_lib.warehouse.base import Warehouse
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

# Of two sums of FLOAT64 in another order.
TOLERANCE = 1e-9
# What the emulator gives another type than BigQuery does: of a NUMERIC it makes a FLOAT64 where it is rounded
# to tens, and in safe_divide.
OTHER_TYPE = {("int_purchase_values", "value_group"), ("fct_inventory_forecast", "unit_cost")}


def differences(left: Warehouse, right: Warehouse, table: str) -> str:
    """The first difference between two tables of the same name, row for row; empty when there is none.

    Numbers of FLOAT64 may differ by a billionth; everything else must be equal, money to its last digit.
    """
    columns = sorted(left.schema()[table])
    query = f"select {', '.join(columns)} from {table}"
    by = _key(columns.index(column) for name, column in OTHER_TYPE if name == table)
    mine, theirs = sorted(_rows(left, query), key=by), sorted(_rows(right, query), key=by)
    if len(mine) != len(theirs):
        return f"{table}: {len(mine):,} rows and {len(theirs):,}"
    for one, other in zip(mine, theirs, strict=True):
        for column, value, same in zip(columns, one, other, strict=True):
            if (table, column) in OTHER_TYPE and value is not None and same is not None:
                value, same = float(value), float(same)
            if not _same(value, same):
                return f"{table}.{column}: {value!r} and {same!r} in {one}"
    return ""


def _rows(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query that both engines read as it stands; a translation would resolve all tables."""
    if isinstance(warehouse, DuckDBWarehouse):
        return warehouse.connection.execute(query).fetchall()
    return warehouse.rows(query)


def _key(fractions: Iterable[int]) -> Callable[[tuple[Any, ...]], tuple[str, ...]]:
    """An order by exact values first, so that rows whose fractions differ a little stay in line."""
    places = set(fractions)

    def key(row: tuple[Any, ...]) -> tuple[str, ...]:
        rough = {place for place, value in enumerate(row) if isinstance(value, float)} | places
        exact = (repr(value) for place, value in enumerate(row) if place not in rough)
        return (*exact, *(f"{float(row[place] or 0):.6g}" for place in sorted(rough)))

    return key


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(value) is type(other) and value == other
