"""`@name` to typed literals, in the syntax tree: no text is pasted, so nothing can be injected."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from sqlglot import exp

from analysis_lib.errors import ParameterError, did_you_mean

LARGEST = 2**63 - 1


def parameters(tree: exp.Expr) -> set[str]:
    """The names of the parameters a query uses.

    Examples
    --------
    >>> import sqlglot
    >>> parameters(sqlglot.parse_one("select @as_of", read="bigquery"))
    {'as_of'}
    """
    return {node.name for node in tree.find_all(exp.Parameter)}


def bind(tree: exp.Expr, params: Mapping[str, object]) -> exp.Expression:
    """A copy of the query with every `@name` replaced by its value.

    date, datetime and Decimal become DATE, TIMESTAMP and NUMERIC; int, float, str, bool become INT64,
    FLOAT64, STRING, BOOL; None becomes NULL; a list becomes an ARRAY.

    Raises
    ------
    ParameterError
        For a `@name` that has no value, or a value that GoogleSQL has no literal for.

    Examples
    --------
    >>> import sqlglot
    >>> bind(sqlglot.parse_one("select @who", read="bigquery"), {"who": "O'Neil"}).sql("duckdb")
    "SELECT 'O''Neil'"
    """
    bound = cast(exp.Expression, tree.copy())
    for node in list(bound.find_all(exp.Parameter)):
        if node.name not in params:
            raise ParameterError(f"There is no parameter {node.name}.", did_you_mean(node.name, params))
        value = literal(node.name, params[node.name])
        if node is bound:
            return cast(exp.Expression, value)
        node.replace(value)
    return bound


def literal(name: str, value: object) -> exp.Expr:
    """The value of one parameter as a typed literal."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ParameterError(f"The parameter {name} was given {value}, which does not fit into INT64.")
        return _signed(str(abs(value)), value < 0)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ParameterError(f"The parameter {name} was given {value}, which is not a number.")
        return _cast(exp.Literal.string(repr(value)), "FLOAT64")
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value) >= Decimal(10) ** 29:
            raise ParameterError(f"The parameter {name} was given {value}, which does not fit into NUMERIC.")
        return _cast(exp.Literal.string(format(value, "f")), "NUMERIC")
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, dt.datetime):
        return _cast(exp.Literal.string(_instant(name, value)), "TIMESTAMP")
    if isinstance(value, dt.date):
        return _cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, list | tuple):
        return exp.Array(expressions=[literal(name, item) for item in value])
    raise ParameterError(
        f"The parameter {name} was given a {type(value).__name__}, which has no GoogleSQL literal.",
        "Give a date, a number, a text, true or false.",
    )


def _signed(digits: str, negative: bool) -> exp.Expr:
    number = exp.Literal.number(digits)
    return exp.Paren(this=exp.Neg(this=number)) if negative else number


def _instant(name: str, value: dt.datetime) -> str:
    if value.tzinfo is None:
        raise ParameterError(
            f"The parameter {name} was given the time {value} without a zone.", "Add tzinfo=datetime.UTC."
        )
    return value.astimezone(dt.UTC).isoformat(sep=" ")


def _cast(text: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=text, to=exp.DataType.build(kind, dialect="bigquery"))
