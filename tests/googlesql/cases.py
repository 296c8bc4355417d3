"""One case: small tables in, expected rows out, on both engines.

:func:`run_case` takes GoogleSQL and

1. type-checks it, and what `to_bigquery` makes of it, with Google's own analyser;
2. runs its translation on DuckDB, and compares the output's names and types with the analyser's;
3. compares the rows with the expected ones;
4. runs the GoogleSQL, as written and as `to_bigquery` writes it, in Google's reference engine, and compares
   the rows of both engines.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from analysis_lib.warehouse import dialect
from tests.googlesql.engine import GoogleSql, Result
from tests.googlesql.text_tables import Row, Rows, TextTable, read_text, write_text

__all__ = ["Rows", "TextTable", "engine", "run_case", "run_on_duckdb"]

ORACLE_ROWS = 5000
"""More rows than this are too many for the reference engine."""


@functools.cache
def engine() -> GoogleSql:
    """This process's analyser and reference engine."""
    return GoogleSql()


def run_case(
    sql: str,
    tables: Mapping[str, TextTable | Rows | str] | None = None,
    params: Mapping[str, object] | None = None,
    expect: str | None = None,
    *,
    contract: Mapping[str, Mapping[str, str]] | None = None,
    ordered: bool = False,
    oracle: bool = True,
) -> Result:
    """Run one query on both engines and compare; the rows DuckDB gave.

    Parameters
    ----------
    sql
        GoogleSQL: a query, or a model's text.
    tables
        The tables it reads. A plain text takes its types from `contract`.
    params
        The values of its `@names`.
    expect
        The expected rows as a text table; the output's columns that it leaves out are not compared.
    contract
        Column types by table. Its tables that are not in `tables` exist and are empty.
    ordered
        Whether the order of the rows counts.
    oracle
        Whether to run the query in Google's reference engine too; off where that cannot run it.

    Raises
    ------
    AssertionError
        With the differing rows as text tables.
    """
    given = _tables(tables or {}, contract or {})
    schema = {name: dict(table.types) for name, table in given.items()}
    rows = {name: table.rows for name, table in given.items()}
    used = {
        name: value
        for name, value in (params or {}).items()
        if name in dialect.parameters(dialect.parse(sql))
    }

    declared = engine().columns(sql, schema, used)
    rewritten = engine().columns(dialect.to_bigquery(sql), schema, used)
    assert rewritten == declared, f"to_bigquery changes the columns: {declared} becomes {rewritten}"

    result = run_on_duckdb(sql, schema, rows, params or {})
    assert list(result.columns) == list(declared), f"DuckDB has {result.columns}, GoogleSQL {list(declared)}"
    wanted_types = tuple(_plain(dialect.duckdb_type(kind)) for kind in declared.values())
    assert result.types == wanted_types, f"DuckDB's types {result.types} are not GoogleSQL's {wanted_types}"

    if expect is not None:
        names, expected = read_text(expect, declared)
        places = [result.columns.index(name) for name in names]
        actual = [tuple(row[place] for place in places) for row in result.rows]
        _compare(names, expected, actual, ordered, 1e-6, "expected", "DuckDB")
    if oracle:
        assert sum(len(table) for table in rows.values()) <= ORACLE_ROWS, (
            "too many rows for the reference engine"
        )
        for name, text in {"GoogleSQL": sql, "to_bigquery's GoogleSQL": dialect.to_bigquery(sql)}.items():
            reference = engine().run(text, schema, rows, used)
            _compare(result.columns, reference.rows, result.rows, ordered, 1e-9, name, "DuckDB")
    return result


def run_on_duckdb(
    sql: str,
    schema: Mapping[str, Mapping[str, str]],
    rows: Mapping[str, Sequence[Row]],
    params: Mapping[str, object],
) -> Result:
    """The translated query's result in an empty DuckDB database; types are DuckDB's.

    The rows are those of a table that is made from the query, as a model's are: it must have the types, too.
    """
    with _empty_database() as connection:
        for name, columns in schema.items():
            listed = ", ".join(f'"{column}" {dialect.duckdb_type(kind)}' for column, kind in columns.items())
            connection.execute(f'create table "{name}" ({listed})')
            _insert(connection, name, columns, rows.get(name, ()))
        translated = dialect.to_duckdb(sql, params, schema)
        connection.execute(f"create table __result as {translated}")
        answer = connection.execute("from __result")
        columns = tuple(column[0] for column in answer.description or ())
        found = [tuple(_normal(value) for value in row) for row in answer.fetchall()]
        types = connection.execute("describe __result").fetchall()
        return Result(columns, tuple(_plain(row[1]) for row in types), found)


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One a process: starting DuckDB takes as long as running a model on a few rows."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection


@contextlib.contextmanager
def _empty_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection on a database in memory of its own, which is gone afterwards."""
    connection = _connection()
    connection.execute("attach ':memory:' as one_case")
    try:
        connection.execute("use one_case")
        yield connection
    finally:
        connection.execute("use memory")
        connection.execute("detach one_case")


def _insert(
    connection: duckdb.DuckDBPyConnection, name: str, types: Mapping[str, str], rows: Sequence[Row]
) -> None:
    if rows:  # a list a column: the values of each row by themselves took most of a case
        columns = [list(values) for values in zip(*rows, strict=True)]
        typed = ", ".join(f"unnest(?::{dialect.duckdb_type(kind)}[])" for kind in types.values())
        connection.execute(f'insert into "{name}" select {typed}', columns)


def _tables(
    tables: Mapping[str, TextTable | Rows | str], contract: Mapping[str, Mapping[str, str]]
) -> dict[str, TextTable | Rows]:
    missing = [name for name, table in tables.items() if isinstance(table, str) and name not in contract]
    if missing:
        raise ValueError(f"the contract has no types for {missing}")
    given: dict[str, TextTable | Rows] = {
        name: TextTable(contract[name], table) if isinstance(table, str) else table
        for name, table in tables.items()
    }
    return {**{name: TextTable(types) for name, types in contract.items()}, **given}


def _plain(kind: str) -> str:
    return kind.replace(" ", "")


def _normal(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    return value


def _same(left: Any, right: Any, tolerance: float) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or math.isclose(
            left, right, rel_tol=tolerance, abs_tol=tolerance * 1e-3
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(
            _same(one, other, tolerance) for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(_same(left[key], right[key], tolerance) for key in left)
    return type(left) is type(right) and bool(left == right)


def _exact_part(row: Row) -> tuple[Any, ...]:
    """What rows are grouped by before they are compared: everything but FLOAT64."""

    def part(value: Any) -> Any:
        if isinstance(value, Decimal):
            return value.normalize()
        return repr(value) if isinstance(value, str | int | dt.date) else None

    return tuple(part(value) for value in row)


def _compare(
    names: Sequence[str],
    expected: Sequence[Row],
    actual: Sequence[Row],
    ordered: bool,
    tolerance: float,
    left: str,
    right: str,
) -> None:
    def same(one: Row, other: Row) -> bool:
        return all(_same(a, b, tolerance) for a, b in zip(one, other, strict=True))

    if ordered:
        if len(expected) == len(actual) and all(map(same, expected, actual)):
            return
        missing, surplus = list(expected), list(actual)
    else:
        unmatched: dict[tuple[Any, ...], list[Row]] = {}
        for row in actual:
            unmatched.setdefault(_exact_part(row), []).append(row)
        missing = []
        for row in expected:
            candidates = unmatched.get(_exact_part(row), [])
            found = next((place for place, other in enumerate(candidates) if same(row, other)), None)
            if found is None:
                missing.append(row)
            else:
                candidates.pop(found)
        surplus = [row for rows in unmatched.values() for row in rows]
        if not missing and not surplus:
            return
    parts = [f"the rows of {left} ({len(expected)}) and {right} ({len(actual)}) differ"]
    for title, rows in ((f"only in {left}", missing), (f"only in {right}", surplus)):
        if rows:
            parts.append(
                f"{title}:\n{write_text(names, sorted(rows, key=repr)[:20] if not ordered else rows[:20])}"
            )
    raise AssertionError("\n".join(parts))
