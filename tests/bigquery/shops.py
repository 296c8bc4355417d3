"""A small simulated shop, on DuckDB and on the emulator, and whether their tables are the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from analysis_lib.warehouse.base import Warehouse

# Of two sums of FLOAT64 in another order.
TOLERANCE = 1e-9
# What the emulator gives another type than BigQuery does: it rounds a NUMERIC to tens as a FLOAT64.
OTHER_TYPE = {("int_purchase_values", "value_group")}


def differences(left: Warehouse, right: Warehouse, table: str) -> str:
    """The first difference between two tables of the same name, row for row; empty when there is none.

    Numbers of FLOAT64 may differ by a billionth; everything else must be equal, money to its last digit.
    """
    columns = sorted(left.schema()[table])
    query = f"select {', '.join(columns)} from {table}"
    by = _key(columns.index(column) for name, column in OTHER_TYPE if name == table)
    mine, theirs = sorted(left.rows(query), key=by), sorted(right.rows(query), key=by)
    if len(mine) != len(theirs):
        return f"{table}: {len(mine):,} rows and {len(theirs):,}"
    for one, other in zip(mine, theirs, strict=True):
        for column, value, same in zip(columns, one, other, strict=True):
            if (table, column) in OTHER_TYPE:
                value, same = float(value), float(same)
            if not _same(value, same):
                return f"{table}.{column}: {value!r} and {same!r} in {one}"
    return ""


def _key(fractions: Iterable[int]) -> Callable[[tuple[Any, ...]], tuple[str, ...]]:
    """An order by exact values first, so that rows whose fractions differ a little stay in line."""
    places = set(fractions)

    def key(row: tuple[Any, ...]) -> tuple[str, ...]:
        rough = {place for place, value in enumerate(row) if isinstance(value, float)} | places
        exact = (repr(value) for place, value in enumerate(row) if place not in rough)
        return (*exact, *(f"{row[place]:.6g}" for place in sorted(rough)))

    return key


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(value) is type(other) and value == other
