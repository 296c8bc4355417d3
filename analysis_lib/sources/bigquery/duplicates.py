"""Several rows with one key in BigQuery: the same row counts as in `analysis_lib.sources.duplicates`.

Both engines order text by its bytes, so that the order of rows is the same. Lists and structures, which
BigQuery does not order, are compared as JSON: they decide only where everything before them is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.sources.definition import Column, Table
from analysis_lib.sources.ledger import ADDED_COLUMNS, raw_name
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery_values import bound

Rows = Callable[[str], list[tuple[Any, ...]]]
_BEFORE_ALL_TIMES = "timestamp '0001-01-01 00:00:00+00'"

# What says which rows do not count.
MARKS = {"load_file_id": "INT64", "load_row_number": "INT64", "is_conflicting": "BOOL"}


def marks_name(table: str) -> str:
    """The table of the rows that do not count, made anew by each load that finds any.

    Examples
    --------
    >>> marks_name("orders")
    'load_marks_orders__next'
    """
    return f"load_marks_{table}{NEXT_SUFFIX}"


@dataclass(frozen=True)
class Counted:
    """A raw table as it will be: its rows, those that do not count, and those that equal another one.

    `by_file` has the rows of each file that do not count. `is_marked` tells whether there is a table of
    marks, `was_marked` whether rows are marked already.
    """

    rows: int
    duplicates: int = 0
    conflicting: int = 0
    identical: int = 0
    by_file: tuple[tuple[int, int], ...] = ()
    is_marked: bool = False
    was_marked: bool = False


def combined(table: Table, gone: Sequence[int], *, has_new: bool) -> str:
    """A raw table as it will be: without the files that are taken out, with the rows that are new."""
    columns = ", ".join(f"`{name}`" for name in [*table.columns, *ADDED_COLUMNS])
    raw = raw_name(table.name)
    parts = [f"select {columns} from `{raw}`{without(gone)}"]
    if has_new:
        parts.append(f"select {columns} from `{raw}{NEXT_SUFFIX}`")
    return " union all ".join(parts)


def without(gone: Iterable[int]) -> str:
    """The condition that leaves out the rows of files; empty where there are none."""
    listed = ", ".join(str(one) for one in gone)
    return f" where load_file_id not in ({listed})" if listed else ""


def count(execute: Callable[[str], Any], rows: Rows, table: Table, whole: str, loaded: set[int]) -> Counted:
    """Count a raw table as it will be, given as a query; the rows that do not count are put into a table.

    Parameters
    ----------
    execute, rows
        Run a statement; the rows of a query.
    loaded
        The files that this load reads.
    """
    if table.keyless:
        values = ", ".join(f"`{name}`" for name in table.columns)
        [(number, distinct)] = rows(
            "select count(*) as n, count(distinct value) as d from "
            f"(select to_json_string(struct({values})) as value from ({whole}))"
        )
        return Counted(int(number), identical=int(number) - int(distinct))
    key = ", ".join(f"`{name}`" for name in table.key)
    [(number, marked, keys)] = rows(
        "select coalesce(sum(n), 0) as n, coalesce(sum(marked), 0) as marked, count(*) as k from "
        f"(select {key}, count(*) as n, countif(is_duplicate) as marked from ({whole}) group by {key})"
    )
    if number == keys:
        return Counted(int(number), was_marked=bool(marked))
    execute(f"create or replace table `{marks_name(table.name)}` as {_ranked(table, whole)}")
    found = rows(
        "select load_file_id, count(*) as n, countif(is_conflicting) as c "
        f"from `{marks_name(table.name)}` group by load_file_id"
    )
    return Counted(
        int(number),
        duplicates=sum(int(n) for _, n, _ in found),
        conflicting=sum(int(c) for _, _, c in found),
        by_file=tuple((int(file), int(n)) for file, n, _ in found if int(file) in loaded),
        is_marked=True,
        was_marked=bool(marked),
    )


def _ranked(table: Table, whole: str) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    values = ", ".join(f"`{name}`" for name in table.columns)
    return f"""with combined as ({whole}),
    several as (select {key} from combined group by {key} having count(*) > 1),
    written as (
        select *, to_json_string(struct({values})) as load_values from combined join several using ({key})
    ),
    ranked as (
        select load_file_id, load_row_number, row_number() over ordered as place,
            load_values <> first_value(load_values) over ordered as is_conflicting
        from written window ordered as (partition by {key} order by {order_of(table)})
    )
    select load_file_id, load_row_number, is_conflicting from ranked where place > 1"""


def order_of(table: Table) -> str:
    """The row furthest in its life cycle first; see `analysis_lib.sources.duplicates`."""
    columns = table.columns.values()
    times = [f"coalesce(`{one.name}`, {_BEFORE_ALL_TIMES})" for one in columns if one.type == "TIMESTAMP"]
    terms = [f"greatest({', '.join(times)}) desc"] if times else []
    terms += [f"{_stage(column)} desc nulls last" for column in columns if column.accepted]
    terms += [
        f"{f'to_json_string(`{one.name}`)' if one.is_nested else f'`{one.name}`'} desc nulls last"
        for one in columns
    ]
    return ", ".join([*terms, "load_file_id", "load_row_number"])


def _stage(column: Column) -> str:
    whens = " ".join(f"when {bound('?', [value])} then {n}" for n, value in enumerate(column.accepted))
    return f"case lower(trim(`{column.name}`, ' ')) {whens} end"


def mark(table: Table, counted: Counted) -> list[str]:
    """The statements that mark the rows of a raw table that do not count, and no others."""
    raw = raw_name(table.name)
    if not counted.is_marked:
        set_right = f"update `{raw}` set is_duplicate = false where is_duplicate"
        return [set_right] if counted.was_marked else []
    is_marked = (
        f"concat(cast(load_file_id as string), '-', cast(load_row_number as string)) in (select "
        f"concat(cast(load_file_id as string), '-', cast(load_row_number as string)) "
        f"from `{marks_name(table.name)}`)"
    )
    statements = [f"update `{raw}` set is_duplicate = true where not is_duplicate and {is_marked}"]
    if counted.was_marked:
        statements.append(f"update `{raw}` set is_duplicate = false where is_duplicate and not {is_marked}")
    return statements
