"""The rules of loading in GoogleSQL for columns of text: for what is written in one way that has one reading.

ISO 8601 with seconds, whole numbers, numbers with a decimal point. What is written otherwise and might be
read by the loader on this machine (days first, decimal commas, a currency) is not judged here, and its file
is not loaded: a row must not be rejected here and kept there.
"""

from __future__ import annotations

from analysis_lib.sources.convert import (
    MORE_NULL_WORDS,
    NOT_A,
    NULL_WORDS,
    PLAIN_NUMBER,
    PLAIN_WHOLE,
    UNCLEAR,
)
from analysis_lib.sources.definition import Column
from analysis_lib.warehouse.bigquery_values import bound

# The type of a column whose values are text that stands for another type.
TEXT = "TEXT"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?( UTC|Z|[+-][0-9]{2}:[0-9]{2})?"
_TIME = f"{_DATE}([ T]{_CLOCK})?"
_NUMBERS = {"NUMERIC", "FLOAT64"}
_SHAPES = {
    "INT64": PLAIN_WHOLE,
    "NUMERIC": PLAIN_NUMBER,
    "FLOAT64": PLAIN_NUMBER,
    "TIMESTAMP": _TIME,
    "DATE": _DATE,
}


def _tidy(column: Column) -> str:
    return f"trim(`{column.name}`, ' ')"


def _is(value: str, pattern: str) -> str:
    return f"regexp_contains({value}, r'^(?:{pattern})$')"


def is_missing_text(column: Column) -> str:
    """GoogleSQL: whether a text stands for no value."""
    is_text = column.type == "STRING"
    value = f"`{column.name}`" if is_text else _tidy(column)
    words = NULL_WORDS if is_text else NULL_WORDS + MORE_NULL_WORDS
    listed = ", ".join(bound("?", [word]) for word in words)
    return f"`{column.name}` is null or {value} in ({listed})"


def value_of_text(column: Column) -> str:
    """GoogleSQL: the value that a text stands for; NULL where it stands for none.

    Examples
    --------
    >>> value_of_text(Column("day", "DATE", "Day."))[-37:]
    " safe_cast(trim(`day`, ' ') as DATE))"
    """
    value = _tidy(column)
    if column.type == "STRING":
        return f"if({is_missing_text(column)}, null, `{column.name}`)"
    read = f"safe_cast({value} as {column.type})"
    if column.type == "INT64":
        read = f"safe_cast(regexp_extract({value}, r'^[+]?(-?[0-9]+)') as INT64)"
    if column.type == "FLOAT64":
        read = f"nullif(nullif({read}, cast('inf' as float64)), cast('-inf' as float64))"
    return f"if(not {_is(value, _SHAPES[column.type])}, null, {read})"


def said_of_text(column: Column) -> str:
    """GoogleSQL: what a text that could not be read is not."""
    plain = bound("?", [f" is not {NOT_A[column.type]}"])
    if column.type != "INT64":
        return plain
    return f"if({_is(_tidy(column), '[+-]?[0-9]+([.]0*)?')}, ' is not within 64 bits', {plain})"


def is_unjudged(column: Column) -> str:
    """GoogleSQL: whether a text might be read in a way that is not known here; what has no digit is nothing.

    Whether it is a number that could have two readings (1.234) is asked by :func:`is_unclear`.
    """
    value = _tidy(column)
    written = f"not ({is_missing_text(column)}) and regexp_contains({value}, '[0-9]')"
    return f"{written} and not {_is(value, _SHAPES[column.type])}"


def is_unclear(column: Column) -> str:
    """GoogleSQL: whether a number has two readings, one and a fraction or a thousand and more."""
    return _is(_tidy(column), UNCLEAR) if column.type in {*_NUMBERS, "INT64"} else "false"


def decides(column: Column) -> str:
    """GoogleSQL: whether a number tells that its column is written with a decimal point."""
    if column.type not in _NUMBERS:
        return "false"
    value = _tidy(column)
    return f"strpos({value}, '.') > 0 and {_is(value, PLAIN_NUMBER)} and not {_is(value, UNCLEAR)}"
