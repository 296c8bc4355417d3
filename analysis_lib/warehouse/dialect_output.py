"""GoogleSQL's types on the output of a query, so that a table made from it in DuckDB has them.

DuckDB narrows and widens on the way (a literal is INTEGER, a sum HUGEINT, a rounded decimal has scale 2);
BigQuery has one integer and one NUMERIC.
"""

from __future__ import annotations

from sqlglot import exp

from analysis_lib.warehouse.dialect_types import INTEGERS


def typed_output(tree: exp.Expr) -> exp.Expr:
    """The typed query with its outermost columns cast where DuckDB's type may be another."""
    branches = _branches(tree)
    # A bare NULL has the type of the other sides of its union; INT64 only where they are all NULL.
    typed = {
        place
        for select in branches
        for place, column in enumerate(select.expressions)
        if not isinstance(column.unalias(), exp.Null)
    }
    for select in branches:
        for place, column in enumerate(list(select.expressions)):
            value = column.unalias()
            if isinstance(value, exp.Null) and place in typed:
                continue
            kind = value.type
            if kind is None or not _may_differ(kind) or isinstance(value, exp.Star):
                continue
            target = _WIDTHS.get(kind.this, kind).copy()
            if isinstance(value, exp.Cast) and value.to == target:
                continue
            wrapped = exp.Cast(this=value.copy(), to=target)
            if isinstance(column, exp.Alias):
                value.replace(wrapped)
            elif column.alias_or_name:
                column.replace(exp.alias_(wrapped, column.alias_or_name))
    return tree


def _branches(tree: exp.Expr) -> list[exp.Select]:
    """The selects whose rows are the output: one, or the sides of a union."""
    if isinstance(tree, exp.Select):
        return [tree]
    if isinstance(tree, exp.SetOperation):
        return [*_branches(tree.left.unnest()), *_branches(tree.right.unnest())]
    if isinstance(tree, exp.Subquery):
        return _branches(tree.unnest())
    return []


_WIDTHS = {exp.DType.DECIMAL: exp.DataType.build("DECIMAL(38, 9)", dialect="duckdb")}
_SIMPLE = (
    *INTEGERS,
    *exp.DataType.TEXT_TYPES,
    exp.DType.DECIMAL,
    exp.DType.DOUBLE,
    exp.DType.DATE,
    exp.DType.BOOLEAN,
)


def _may_differ(kind: exp.DataType) -> bool:
    """Whether DuckDB may have computed the value in another type; a cast to its own type is free."""
    return kind.is_type(*_SIMPLE) and not kind.expressions
