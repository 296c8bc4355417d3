"""What type every expression of a query has: the ground the translation stands on.

BigQuery and DuckDB disagree mostly where a type decides (`*`, `/`, `sum`, `avg` of NUMERIC, literals), so
a query is resolved against the columns of its tables before it is translated. Types have GoogleSQL's
names: INT64, FLOAT64, NUMERIC, STRING, BOOL, DATE, TIMESTAMP, DATETIME, TIME, BYTES, JSON, ARRAY, STRUCT.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import TypeAnnotator, annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.typing import annotate_int_as_double

from analysis_lib.errors import QueryError, did_you_mean, nearest

Schema = Mapping[str, Mapping[str, str]]
"""Table name to its columns and their GoogleSQL types, in order."""

SCHEMA_QUERY = (
    "select table_name, column_name, data_type from information_schema.columns "
    "where table_schema = ? order by table_name, ordinal_position"
)
"""DuckDB's SQL for the rows that :func:`schema_from_rows` takes; its one parameter is the schema's name."""

INTEGERS = frozenset({exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT})
_FROM_DUCKDB = {
    "TINYINT": "INT64",
    "SMALLINT": "INT64",
    "INTEGER": "INT64",
    "BIGINT": "INT64",
    "HUGEINT": "INT64",
    "UTINYINT": "INT64",
    "USMALLINT": "INT64",
    "UINTEGER": "INT64",
    "UBIGINT": "INT64",
    "FLOAT": "FLOAT64",
    "DOUBLE": "FLOAT64",
    "VARCHAR": "STRING",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMP",
    "BLOB": "BYTES",
    "JSON": "JSON",
}
_TO_DUCKDB = {
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "NUMERIC": "DECIMAL(38,9)",
    "STRING": "VARCHAR",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "BYTES": "BLOB",
    "JSON": "JSON",
}


def googlesql_type(duckdb_type: str) -> str:
    """The GoogleSQL type of a DuckDB column.

    Raises
    ------
    QueryError
        For a type that GoogleSQL has no name for.

    Examples
    --------
    >>> googlesql_type("DECIMAL(38,9)"), googlesql_type("TIMESTAMP WITH TIME ZONE[]")
    ('NUMERIC', 'ARRAY<TIMESTAMP>')
    """
    name = duckdb_type.strip()
    if name.endswith("[]"):
        return f"ARRAY<{googlesql_type(name[:-2])}>"
    if name.upper().startswith("STRUCT("):
        fields = (_split_field(field) for field in _split_top_level(name[len("STRUCT(") : -1]))
        return f"STRUCT<{', '.join(f'{field} {googlesql_type(kind)}' for field, kind in fields)}>"
    if name.upper().startswith("DECIMAL"):
        return "NUMERIC"
    if name.upper() not in _FROM_DUCKDB:
        raise QueryError(
            f"The column type {name} has no counterpart in GoogleSQL.",
            "Cast the column in its staging model.",
        )
    return _FROM_DUCKDB[name.upper()]


def duckdb_type(googlesql: str) -> str:
    """The DuckDB type of a GoogleSQL column.

    Raises
    ------
    QueryError
        For a type that GoogleSQL does not have.

    Examples
    --------
    >>> duckdb_type("NUMERIC"), duckdb_type("TIMESTAMP"), duckdb_type("ARRAY<STRING>")
    ('DECIMAL(38,9)', 'TIMESTAMP WITH TIME ZONE', 'VARCHAR[]')
    """
    name = googlesql.strip()
    if name.upper().startswith("ARRAY<") and name.endswith(">"):
        return f"{duckdb_type(name[6:-1])}[]"
    if name.upper().startswith("STRUCT<") and name.endswith(">"):
        fields = (_split_field(field) for field in _split_top_level(name[len("STRUCT<") : -1]))
        return f"STRUCT({', '.join(f'{field} {duckdb_type(kind)}' for field, kind in fields)})"
    if name.upper() not in _TO_DUCKDB:
        raise QueryError(f"There is no GoogleSQL type {name}.", did_you_mean(name, _TO_DUCKDB))
    return _TO_DUCKDB[name.upper()]


def _split_top_level(text: str) -> list[str]:
    """The parts of `a INTEGER, b STRUCT(c DATE, d DATE)` at the commas outside brackets."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]


def _split_field(field: str) -> tuple[str, str]:
    match = re.fullmatch(r'("(?:[^"]|"")*"|\S+)\s+(.+)', field, flags=re.DOTALL)
    if match is None:
        raise QueryError(f"The struct field {field!r} cannot be read.")
    return match[1].strip('"'), match[2]


def schema_from_rows(rows: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """A :data:`Schema` from (table, column, DuckDB type) rows, as :data:`SCHEMA_QUERY` returns them.

    Examples
    --------
    >>> schema_from_rows([("t", "id", "BIGINT"), ("t", "paid", "DECIMAL(38,9)")])
    {'t': {'id': 'INT64', 'paid': 'NUMERIC'}}
    """
    schema: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        try:
            schema.setdefault(table, {})[column] = googlesql_type(kind)
        except QueryError:
            # such a column may be passed on; whatever depends on its type is refused
            schema[table][column] = "UNKNOWN"
    return schema


def base_tables(tree: exp.Expr) -> list[exp.Table]:
    """The table nodes that are neither a CTE's name nor an array that is unnested."""
    return [
        table
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and not _is_cte(table) and not _is_array_path(table)
    ]


def table_name(table: exp.Table) -> str:
    """`dataset.table` as it is written, without quotes."""
    return ".".join(part.name for part in table.parts)


def _is_cte(table: exp.Table) -> bool:
    """Whether the name is bound by a CTE that is visible where the table stands."""
    if table.db:
        return False
    name = table.name.lower()
    child: exp.Expr = table
    node = table.parent
    while node is not None:
        with_ = node.args.get("with_")
        if isinstance(node, exp.With):
            visible = []
            for cte in node.expressions:
                if cte is child and not node.recursive:
                    break
                visible.append(cte)
            if any(cte.alias.lower() == name for cte in visible):
                return True
        elif (
            with_ is not None
            and child is not with_
            and any(cte.alias.lower() == name for cte in with_.expressions)
        ):
            return True
        child, node = node, node.parent
    return False


def _is_array_path(table: exp.Table) -> bool:
    """Whether `from t, t.items` names an array column of a table beside it."""
    select = table.find_ancestor(exp.Select)
    if not table.db or select is None:
        return False
    beside = [source for source in select.find_all(exp.Table) if source is not table and not source.db]
    return any(source.alias_or_name.lower() == table.parts[0].name.lower() for source in beside)


def resolve(tree: exp.Expr, schema: Schema) -> exp.Expr:
    """The query with stars expanded, columns qualified and a type on every expression.

    Raises
    ------
    QueryError
        For a table or column that is not there, with the nearest that is.
    """
    if tree.find(exp.Pivot) is not None:
        raise QueryError(
            "pivot and unpivot are not translated.", "Write countif(…) or sum(if(…, x, 0)) per column."
        )
    if isinstance(tree, exp.Select) and tree.args.get("kind"):
        raise QueryError("A query's rows cannot be structs.", "Leave out `as struct`.")
    known = {name.lower(): name for name in schema}
    for table in base_tables(tree):
        name = table_name(table)
        if name.lower() not in known:
            raise QueryError(f"There is no table {name}.", did_you_mean(name, schema))
    wanted = {table_name(table).lower() for table in base_tables(tree)}
    used: dict[str, object] = {
        name: dict(columns) for name, columns in schema.items() if name.lower() in wanted
    }
    try:
        qualified = qualify(
            _with_aliases_first(tree.copy()), schema=used, dialect="bigquery", quote_identifiers=False
        )
    except OptimizeError as error:
        raise _column_error(error, {name: schema[name] for name in used}) from error
    return annotate(qualified, used)


def _with_aliases_first(tree: exp.Expr) -> exp.Expr:
    """The tree with the names in having, qualify and order by that mean a column of the select written out.

    There BigQuery takes the select's own column before a table's column of the same name, DuckDB after.
    """
    for select in tree.find_all(exp.Select):
        own = {item.alias.lower(): item.this for item in select.expressions if isinstance(item, exp.Alias)}
        for clause in ("having", "qualify", "order"):
            if (part := select.args.get(clause)) is None:
                continue
            for column in list(part.find_all(exp.Column)):
                value = own.get(column.name.lower())
                is_plain = isinstance(column.parent, exp.Ordered) and clause == "order"
                if value is None or column.table or is_plain or column.find_ancestor(exp.Query) is not select:
                    continue
                column.replace(exp.Paren(this=value.copy()))
    return tree


def annotate(tree: exp.Expr, schema: dict[str, object]) -> exp.Expr:
    """The tree with a type on every expression; whole numbers of any width are INT64."""
    typed = annotate_types(
        tree,
        schema=schema,
        dialect="bigquery",
        expression_metadata={**BigQuery.EXPRESSION_METADATA, **_ANNOTATORS},
    )
    for node in typed.walk():
        if node.type is not None and node.type.this in INTEGERS:
            node.type = exp.DataType.build("INT64", dialect="bigquery")
    return typed


def _annotate_arithmetic(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """safe_divide and its like: a decimal literal beside a NUMERIC is one too."""
    sides = [node.this, node.expression]
    if any(side.is_type(exp.DType.DECIMAL) for side in sides) and all(
        side.is_type(exp.DType.DECIMAL, *INTEGERS) or isinstance(side.unnest(), exp.Literal) for side in sides
    ):
        return annotator._set_type(node, exp.DType.DECIMAL)
    if isinstance(node, exp.Div | exp.SafeDivide) and all(side.is_type(*INTEGERS) for side in sides):
        return annotator._set_type(node, exp.DType.DOUBLE)
    return annotator._set_type(node, annotator._maybe_coerce(sides[0].type, sides[1].type))


def _annotate_function(annotator: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    """Functions that sqlglot does not know by name."""
    is_double = str(node.this).upper() == "IEEE_DIVIDE"
    return annotator._set_type(node, exp.DType.DOUBLE if is_double else exp.DType.UNKNOWN)


_ANNOTATORS: dict[Any, Any] = {
    **{
        kind: {"annotator": _annotate_arithmetic}
        for kind in (exp.Div, exp.SafeDivide, exp.SafeAdd, exp.SafeSubtract, exp.SafeMultiply)
    },
    exp.Anonymous: {"annotator": _annotate_function},
    exp.Trunc: {"annotator": annotate_int_as_double},
    exp.Datetime: {"returns": exp.DType.DATETIME},
    exp.TsOrDsToDatetime: {"returns": exp.DType.DATETIME},
}


def _column_error(error: OptimizeError, used: Schema) -> QueryError:
    """The analyst's words for sqlglot's `Column 'x' could not be resolved. Line: 1, Col: 14`."""
    message = str(error).splitlines()[0].rstrip(".")
    found = re.search(r"(?:'|Unknown column: )\"?([\w.]+)", message)
    place = re.search(r"Line: (\d+), Col: (\d+)", message)
    where = f" (line {place[1]}, column {place[2]})" if place else ""
    if found is None:
        return QueryError(f"The query cannot be resolved: {message}.")
    name = found[1].split(".")[-1]
    owners = sorted(table for table, columns in used.items() if name in columns)
    if len(owners) > 1 and "." not in found[1]:
        return QueryError(
            f"The column {name} is in {' and in '.join(owners)}{where}.",
            f"Write which one is meant: {owners[0]}.{name}.",
        )
    others = {column for columns in used.values() for column in columns} - {name}
    if nearest(name, others):
        hint = did_you_mean(name, others)
    else:
        hint = f"The query reads: {', '.join(sorted(used))}." if used else ""
    return QueryError(f"There is no column {found[1]} here{where}.", hint)
