"""Queries of an analyst: what was mistyped is named, and no event table is read into Python.

The SQL does the adding up; Python gets what a person can look at. A result of more than `ROW_LIMIT` rows
is refused before it is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from analysis_lib.errors import QueryError, did_you_mean
from analysis_lib.explore.kernel import READ_ONLY
from analysis_lib.models import Project
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.base import Warehouse
from analysis_lib.warehouse.translations import facts

if TYPE_CHECKING:
    import pandas as pd
    from sqlglot import exp

# A million rows of ten columns are about 100 MB of pandas; every page reads less than a thousandth of that.
ROW_LIMIT = 1_000_000
_OWN_TABLES = ("meta_models", "run_parameters")


def needed_values(names: Iterable[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the parameters that a query names; QueryError names the nearest for an unknown one."""
    needed: dict[str, Any] = {}
    for name in names:
        if name not in values:
            raise QueryError(f"There is no parameter @{name}.", did_you_mean(name, values))
        needed[name] = values[name]
    return needed


def check_tables(names: Iterable[str], shop: str, project: Project, tables: set[str]) -> None:
    """QueryError for a table that the shop does not have: the nearest one, or what the shop lacks for it."""
    known = {name for name in tables if not name.endswith("__next") and name not in _OWN_TABLES}
    for name in sorted(names):
        if name in tables or "." in name:
            continue
        if name in project.models:
            lacks = project.missing_inputs(tables)[name]
            why = f": the shop has no {', '.join(lacks)}" if lacks else ", because it is not built"
            raise QueryError(f"The model {name} is not available{why}.")
        raise QueryError(f"The shop {shop} has no table {name}.", did_you_mean(name, known))


def run(
    warehouse: Warehouse,
    project: Project,
    query: str,
    values: Mapping[str, Any],
    row_limit: int | None = None,
    rows: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The rows of a query.

    Parameters
    ----------
    warehouse, project
        The shop's tables and their models.
    query
        GoogleSQL.
    values
        Every parameter that it may name.
    row_limit
        The most rows that may come back; no limit when left out.
    rows
        Known numbers of rows by table, so that they need not be counted.

    Raises
    ------
    QueryError
        For an unknown table, column or parameter, with the nearest one, and for too many rows.
    """
    named = facts(query)
    needed = needed_values(named.parameters, values)
    check_tables(named.tables, warehouse.shop, project, warehouse.tables())
    # The pages' own queries are known to add up, and need not run twice on a large shop.
    looks_first = not os.environ.get(READ_ONLY)
    if row_limit is not None and looks_first:
        tree = dialect.parse(query)
        if _may_exceed(warehouse, tree, row_limit, rows or {}):
            _refuse(_count(warehouse, tree, needed), row_limit)
    frame = warehouse.query(query, needed)
    if row_limit is not None:
        _refuse(len(frame), row_limit)
    return frame


def _may_exceed(warehouse: Warehouse, tree: exp.Expression, limit: int, rows: Mapping[str, int]) -> bool:
    """Whether the result could have more rows: the largest table, once more for each join or union."""
    from sqlglot import exp

    if any(tree.find_all(exp.Unnest)):
        return True
    names = dialect.tables(tree)
    largest = max((rows[n] if n in rows else _count_table(warehouse, n) for n in sorted(names)), default=1)
    times = 1 + sum(1 for _ in tree.find_all(exp.Join, exp.SetOperation))
    return bool(max(largest, 2) ** times > limit)


def _count_table(warehouse: Warehouse, name: str) -> int:
    [(found,)] = warehouse.rows(f"select count(*) from {name}")
    return int(found)


def _count(warehouse: Warehouse, tree: exp.Expression, needed: Mapping[str, Any]) -> int:
    """How many rows a query has: the engine leaves out sorting and the columns, so it is the cheap half."""
    from sqlglot import exp

    query = cast(exp.Query, tree.copy())  # dialect.parse lets nothing else through
    counted = exp.select("count(*) as n").from_(query.subquery("counted"))
    [(found,)] = warehouse.rows(counted, needed)
    return int(found)


def _refuse(rows: int, limit: int) -> None:
    if rows > limit:
        raise QueryError(
            f"The result has {rows:,} rows, more than the {limit:,} that are read into Python at once.",
            "Add up in SQL (group by), restrict it (where, limit), or raise row_limit of the shop if so many "
            "are meant.",
        )
