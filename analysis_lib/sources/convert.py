"""SQL that turns a value as read into a typed one: NULL where it is missing, and where it cannot be read.

Nothing is guessed: what could mean two things is read as :mod:`analysis_lib.sources.detect` decided from
the whole column, or not at all, and then :mod:`analysis_lib.sources.classify` rejects its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis_lib.sources.amounts import number
from analysis_lib.sources.calendars import moment
from analysis_lib.sources.written import EPOCH_UNITS, PLAIN, Written

# Written by exports where there is no value. "Null" is a family name and stays.
NULL_WORDS = ("", "null", "NULL", "\\N", "NaN", "nan")
# In a column of numbers or times these can mean nothing else.
MORE_NULL_WORDS = ("Null", "None", "none", "NaT", "<NA>", "N/A", "n/a", "-")
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_TIMES = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "DATE"}
_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "[]", "LIST", "GEOMETRY", "VARIANT", "BIT")

EARLIEST, LATEST = "1990-01-01", "2100-01-01"
NOT_A = {
    "INT64": "a whole number",
    "TIMESTAMP": "a time stamp",
    "DATE": "a date",
    "NUMERIC": "an amount",
    "FLOAT64": "a number",
    "STRING": "text",
}

NESTED = ("ARRAY<", "STRUCT<")
_LEAVES = r"BIGINT|DOUBLE|DECIMAL\(38, ?9\)|BOOLEAN|DATE|TIMESTAMP WITH TIME ZONE"

PLAIN_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
PLAIN_WHOLE = r"[+-]?[0-9]+(\.0*)?"
# One and a fraction of three digits with a decimal point, a thousand and more with a decimal comma.
UNCLEAR = r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}"
_OFFSET = r"( ?(UTC|GMT|[Zz]|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))?"
PLAIN_TIME = (
    r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    + _OFFSET
    + ")?"
)
PLAIN_DATE = r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T]00:00(:00([.]0{1,9})?)?" + _OFFSET + ")?"


def is_one_of(value: str, words: Iterable[str]) -> str:
    """SQL: whether a value is one of some words, without quotes in them.

    A CASE and neither IN nor a list: DuckDB makes joins of those, and a join loses the order of the
    rows, by which they are numbered.

    Examples
    --------
    >>> is_one_of("c0", ["a", "b"])
    "case c0 when 'a' then true when 'b' then true else false end"
    """
    cases = " ".join(f"when '{word}' then true" for word in words)
    return f"case {value} {cases} else false end"


def is_nested(type_: str) -> bool:
    """Whether a Parquet column holds no single values of text, number or time.

    Examples
    --------
    >>> is_nested("STRUCT(a INTEGER)"), is_nested("DECIMAL(38,9)")
    (True, False)
    """
    return any(word in type_ for word in _NESTED)


def is_direct(type_: str, wanted: str) -> bool:
    """Whether a Parquet column already has the wanted type, so that no text needs to be read."""
    return (
        (wanted == "INT64" and type_ in _INTEGERS)
        or (wanted == "TIMESTAMP" and type_ in _TIMES)
        or (wanted == "DATE" and type_ == "DATE")
        or (wanted == "FLOAT64" and type_ in {"DOUBLE", "FLOAT"})
        or (wanted == "NUMERIC" and type_.startswith("DECIMAL"))
    )


def is_missing(column: str, type_: str, wanted: str) -> str:
    """SQL: whether the value of a column stands for no value.

    Examples
    --------
    >>> is_missing("c0", "DOUBLE", "INT64")
    '(c0 is null or isnan(c0))'
    """
    if type_ in {"DOUBLE", "FLOAT"}:
        return f"({column} is null or isnan({column}))"
    if type_ != "VARCHAR":
        return f"({column} is null)"
    text = column
    if wanted == "STRING":
        return f"({text} is null or {is_one_of(text, NULL_WORDS)})"
    return f"({text} is null or {is_one_of(f'trim({text})', NULL_WORDS + MORE_NULL_WORDS)})"


def typed(column: str, type_: str, wanted: str, written: Written = PLAIN) -> str:
    """SQL: the value of a column in the wanted type.

    Parameters
    ----------
    column
        The column's name in the relation.
    type_
        Its DuckDB type; VARCHAR for text files.
    wanted
        The type of `source.yml`.
    written
        How the values are written. Where nothing is known of it, `1.234` is not read.
    """
    if wanted.startswith(NESTED):
        return _nested(column, type_, nested_type(wanted))
    if is_direct(type_, wanted):
        return _direct(column, wanted)
    text = column if type_ == "VARCHAR" else f"cast({column} as varchar)"
    if wanted == "STRING":
        return f"case when strlen({text}) <= 4 and {is_one_of(text, NULL_WORDS)} then null else {text} end"
    if wanted == "TIMESTAMP" and written.epoch:
        return _epoch(text, EPOCH_UNITS[written.epoch])
    # Only text can be written in other ways; numbers of Parquet files are turned into text with a point.
    if written.is_styled and type_ == "VARCHAR":
        return _styled(text, wanted, written)
    plain = {"INT64": _integer, "TIMESTAMP": _time, "DATE": _date, "NUMERIC": _numeric, "FLOAT64": _float}
    value = plain[wanted](text)
    if wanted in {"TIMESTAMP", "DATE"} or written.reading or type_ != "VARCHAR":
        return value
    if wanted == "INT64":
        return _integer(text, f" and not regexp_full_match(trim({text}), '{UNCLEAR}')")
    return f"case when not regexp_full_match(trim({text}), '{UNCLEAR}') then {value} end"


def _styled(text: str, wanted: str, written: Written) -> str:
    if wanted == "TIMESTAMP":
        return f"coalesce({_time(text)}, {moment(text, wanted, written.reading)})"
    if wanted == "DATE":
        return f"coalesce({_date(text)}, {moment(text, wanted, written.reading)})"
    return number(text, wanted, written.reading or "decimal_point", written.currency)


def _direct(column: str, wanted: str) -> str:
    if wanted == "FLOAT64":
        return f"case when isfinite({column}) then cast({column} as double) end"
    cast = {"INT64": "bigint", "TIMESTAMP": "timestamptz", "DATE": "date", "NUMERIC": "decimal(38, 9)"}[
        wanted
    ]
    return f"try_cast({column} as {cast})"


def nested_type(googlesql: str) -> str:
    """DuckDB's name of a type that holds lists or structures."""
    # Only sources with such columns need the dialect layer, whose import takes a while.
    from analysis_lib.warehouse.dialect import duckdb_type

    return duckdb_type(googlesql)


def _nested(column: str, type_: str, wanted: str) -> str:
    return f"try_cast({_json(column) if type_ == 'VARCHAR' else column} as {wanted})"


def _json(text: str) -> str:
    return f"(case when json_valid({text}) then cast({text} as json) end)"


def is_lossy(column: str, type_: str, wanted: str) -> str:
    """SQL: whether something inside a list or structure is lost on the way to the wanted type.

    The engine makes nothing of what it cannot convert, so that the empty places before and after are counted.
    """
    read = _json(column) if type_ == "VARCHAR" else column
    as_text = re.sub(_LEAVES, "VARCHAR", nested_type(wanted))
    nothing = "len(regexp_extract_all(cast(to_json(try_cast({} as {})) as varchar), ':null|[[,]null'))"
    return f"{nothing.format(read, as_text)} <> {nothing.format(read, nested_type(wanted))}"


def _integer(text: str, but: str = "") -> str:
    # The first branch is the fast one: what reads back as written needs no pattern.
    return (
        f"case when cast(try_cast({text} as bigint) as varchar) = {text} then try_cast({text} as bigint) "
        f"when regexp_full_match(trim({text}), '{PLAIN_WHOLE}'){but} "
        f"then try_cast(split_part(trim({text}), '.', 1) as bigint) end"
    )


def _time(text: str) -> str:
    tidy = rf"upper(regexp_replace(trim({text}), ' ([+-][0-9]{{2}}(:?[0-9]{{2}})?)$', '\1'))"
    # The shapes are compared because DuckDB would also read 10:0:00, of which a digit was lost.
    return (
        f"case when {text} like '____-__-__ __:__:__.% UTC' and strlen({text}) between 25 and 30 "
        f"or {text} like '____-__-__ __:__:__ UTC' "
        f"then try_cast({text} as timestamptz) "
        f"when regexp_full_match(trim({text}), '{PLAIN_TIME}') then try_cast({tidy} as timestamptz) end"
    )


def _epoch(text: str, microseconds: int) -> str:
    number = f"try_cast(try_cast(trim({text}) as decimal(38, 9)) * {microseconds} as bigint)"
    return (
        f"case when regexp_full_match(trim({text}), '[0-9]{{9,16}}([.][0-9]{{1,9}})?') "
        f"then cast(make_timestamp({number}) as timestamptz) end"
    )


def _date(text: str) -> str:
    day = f"try_cast(split_part(replace(trim({text}), 'T', ' '), ' ', 1) as date)"
    return f"case when regexp_full_match(trim({text}), '{PLAIN_DATE}') then {day} end"


def _numeric(text: str) -> str:
    amount = f"try_cast(trim({text}) as decimal(38, 9))"
    return f"case when regexp_full_match(trim({text}), '{PLAIN_NUMBER}') then {amount} end"


def _float(text: str) -> str:
    real = f"try_cast(trim({text}) as double)"
    is_number = f"regexp_full_match(trim({text}), '{PLAIN_NUMBER}')"
    return f"case when {is_number} and isfinite({real}) then {real} end"
