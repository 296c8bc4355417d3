"""GoogleSQL in, DuckDB's or BigQuery's SQL out. Pure functions; nothing here opens a connection.

The models are GoogleSQL: what a reader sees is what BigQuery runs. For DuckDB a query is resolved against
the columns it reads (see :mod:`dialect_types`), rewritten node by node (:mod:`dialect_rewrite`), and given
GoogleSQL's types on its output, so that a table made from it has them too. What cannot be translated
faithfully is refused with a sentence; nothing is guessed. See docs/googlesql.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import SqlglotError, UnsupportedError

from analysis_lib.errors import QueryError
from analysis_lib.warehouse import (  # noqa: F401 - their rules register themselves when imported
    dialect_arrays,
    dialect_instants,
    dialect_numbers,
    dialect_text,
    dialect_time,
)
from analysis_lib.warehouse.dialect_bind import bind, parameters
from analysis_lib.warehouse.dialect_functions import check_functions
from analysis_lib.warehouse.dialect_output import typed_output
from analysis_lib.warehouse.dialect_rewrite import rewrite
from analysis_lib.warehouse.dialect_types import (
    SCHEMA_QUERY,
    Schema,
    annotate,
    base_tables,
    duckdb_type,
    googlesql_type,
    resolve,
    schema_from_rows,
    table_name,
)

__all__ = [
    "SCHEMA_QUERY",
    "Schema",
    "bind",
    "duckdb_type",
    "googlesql_type",
    "output_types",
    "parameters",
    "parse",
    "schema_from_rows",
    "tables",
    "to_bigquery",
    "to_duckdb",
]


class GoogleSql(BigQuery):
    """BigQuery's dialect without the shorthands `%F %T %D`, which sqlglot puts where parse_date has none."""

    TIME_MAPPING = {"%E6S": "%S.%f", "%e": "%-d"}  # noqa: RUF012 - sqlglot reads it as a plain class attribute


def parse(sql: str) -> exp.Expression:
    """One GoogleSQL query as a syntax tree.

    Raises
    ------
    QueryError
        For a syntax error, with line and column, and for anything but one query.

    Examples
    --------
    >>> sorted(tables(parse("select user_id from stg_events")))
    ['stg_events']
    """
    try:
        trees = [tree for tree in sqlglot.parse(sql, read="bigquery") if tree is not None]
    except SqlglotError as error:
        raise _syntax_error(error) from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise QueryError("The SQL is not one query.", "Write a single select, with its CTEs if need be.")
    return cast(exp.Expression, trees[0])


def _syntax_error(error: SqlglotError) -> QueryError:
    """sqlglot's complaint as one sentence with the place."""
    found = getattr(error, "errors", None)
    if found:
        first = found[0]
        where = f"line {first['line']}, column {first['col']}, at {first['highlight']!r}"
        return QueryError(f"The SQL cannot be read: {first['description'].rstrip('.')} ({where}).")
    return QueryError(f"The SQL cannot be read: {str(error).splitlines()[0]}")


def tables(tree: exp.Expr) -> set[str]:
    """The tables a query selects from, without its own CTEs.

    Examples
    --------
    >>> sorted(tables(parse("with a as (select * from b) select * from a join c using (id)")))
    ['b', 'c']
    """
    return {table_name(table) for table in base_tables(tree)}


def to_duckdb(
    query: exp.Expr | str,
    params: Mapping[str, object] | None = None,
    schema: Schema | None = None,
    pretty: bool = False,
) -> str:
    """The query as DuckDB runs it, with GoogleSQL's results and types.

    Parameters
    ----------
    query
        GoogleSQL, or its tree from :func:`parse`.
    params
        Values for its `@names`.
    schema
        The tables it may read: name to columns and GoogleSQL types (see :func:`schema_from_rows`).
    pretty
        Whether to lay the SQL out on lines.

    Raises
    ------
    QueryError
        For a table or column that is not there, a construct that cannot be translated faithfully, or a
        type that has to be known and is not.
    ParameterError
        For a `@name` without a value.

    Examples
    --------
    >>> to_duckdb("select sum(n) as n from t", schema={"t": {"n": "INT64"}})
    'SELECT CAST(SUM("t"."n") AS BIGINT) AS "n" FROM "t" AS "t"'
    """
    tree = parse(query) if isinstance(query, str) else query
    check_functions(tree)
    resolved = _resolved(tree, params, schema)
    try:
        return typed_output(rewrite(resolved)).sql(
            dialect="duckdb",
            pretty=pretty,
            identify=True,
            comments=False,
            unsupported_level=sqlglot.ErrorLevel.RAISE,
        )
    except UnsupportedError as error:
        raise QueryError(f"The query cannot be translated: {error}.", "Write it another way.") from error


def output_types(
    query: exp.Expr | str, params: Mapping[str, object] | None = None, schema: Schema | None = None
) -> dict[str, str]:
    """The output columns of a query and their GoogleSQL types, `UNKNOWN` where they cannot be inferred.

    Examples
    --------
    >>> output_types("select sum(n) / 2 as half from t", schema={"t": {"n": "NUMERIC"}})
    {'half': 'NUMERIC'}
    """
    resolved = _resolved(query, params, schema)
    return {
        column.alias_or_name: column.type.sql("bigquery") if column.type else "UNKNOWN"
        for column in cast(exp.Query, resolved).selects
    }


def _resolved(query: exp.Expr | str, params: Mapping[str, object] | None, schema: Schema | None) -> exp.Expr:
    tree = parse(query) if isinstance(query, str) else query
    bound = bind(tree, params or {})
    if schema is None:
        return annotate(bound.copy(), {})
    return resolve(bound, schema)


def to_bigquery(
    query: exp.Expr | str, params: Mapping[str, object] | None = None, pretty: bool = True
) -> str:
    """The query as BigQuery runs it; `@names` stay unless values are given.

    Examples
    --------
    >>> to_bigquery("select @n as n", {"n": 3}, pretty=False)
    'SELECT 3 AS n'
    """
    tree = parse(query) if isinstance(query, str) else query
    bound = tree if params is None else bind(tree, params)
    return bound.sql(dialect=GoogleSql, pretty=pretty, normalize_functions=False)
