"""What a column holds, told from all its rows: type, how numbers and dates are written, values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from analysis_lib.sources.convert import is_missing, typed
from analysis_lib.sources.read import identifier
from analysis_lib.sources.written import EPOCH_DIGITS

MAX_WORDS = 40
_KINDS = ("INT64", "NUMERIC", "DATE", "TIMESTAMP")
_CURRENCY = r"(?:€|\$|£|¥|₹|US\$|R\$|EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|Euro|kr|zł)"
_COMMA = r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?"
_POINT = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_DAY = r"([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})(?:([ T])[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?"


@dataclass(frozen=True)
class Profile:
    """A column of a table of the files.

    `kind` is a type of `source.yml`. `style` says how a text must be read to have that type: `comma` or
    `point` (amounts with currency signs or thousands separators), a layout such as `%d.%m.%Y %H:%M`, or the
    two that are possible, parted by a bar; empty where the loader reads it. `values` are the words of a
    column that has few, with their counts. `format` is the name of a way of writing that the loader reads.
    """

    name: str
    header: str
    kind: str
    style: str
    rows: int
    missing: int
    distinct: int
    lowest: str = ""
    highest: str = ""
    negatives: int = 0
    has_zone: bool = False
    has_time: bool = False
    is_mail: bool = False
    has_point: bool = False
    format: str = ""
    distinct_rows: int = -1
    values: tuple[tuple[str, int], ...] = ()

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own; rows that repeat another one in everything are one."""
        different = self.rows if self.distinct_rows < 0 else self.distinct_rows
        return self.rows > 0 and not self.missing and self.distinct == different

    @property
    def is_ambiguous(self) -> bool:
        """Whether two readings are possible, and nothing says which one is meant."""
        return "|" in self.style

    @property
    def column_type(self) -> str:
        """The type in `source.yml`: what the loader cannot read stays text and is read by the SQL."""
        return "STRING" if self.sql_style else self.kind

    @property
    def sql_style(self) -> str:
        """How the SQL must read the text; empty where the loader does."""
        return "" if self.format else self.style


def profile(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[tuple[str, str]]
) -> dict[str, Profile]:
    """Profiles of the text columns of a table, by name.

    Parameters
    ----------
    connection
        Holds the table; every column is VARCHAR.
    table
        Its name.
    columns
        Name and header of each column.
    """
    everything = ", ".join(identifier(name) for name, _ in columns)
    query = f"select count(*) from (select distinct {everything} from {identifier(table)})"
    different = int(connection.execute(query).fetchall()[0][0])
    return {
        name: replace(_profile(connection, table, name, header), distinct_rows=different)
        for name, header in columns
    }


def _profile(connection: duckdb.DuckDBPyConnection, table: str, name: str, header: str) -> Profile:
    column = identifier(name)
    text = f"trim({column})"
    is_there = f"not {is_missing(column, 'VARCHAR', 'INT64')}"
    parts = ["count(*)", f"count({column})", f"count(distinct {column})", f"count(*) filter ({is_there})"]
    parts += [f"count({typed(column, 'VARCHAR', kind)})" for kind in _KINDS]
    amount = r"\s*[+-]?\s*{0}?\s*[+-]?\s*{1}\s*{0}?\s*"
    parts += [
        f"count(*) filter (regexp_full_match({column}, '{amount.format(_CURRENCY, number)}'))"
        for number in (_COMMA, _POINT)
    ]
    parts += [
        f"count(*) filter (regexp_matches({column}, '[0-9][.,][0-9]'))",
        f"count(*) filter (regexp_full_match({column}, '0[0-9]+'))",
        (
            f"count(*) filter (regexp_matches(upper({text}), '[0-9]"
            " ?(UTC|GMT|Z|[+-][0-9]{2}(:?[0-9]{2})?)$'))"
        ),
        f"count(*) filter (regexp_matches({column}, '[0-9]:[0-9]'))",
        f"count(*) filter (regexp_full_match({text}, '[^@ ]+@[^@ ]+[.][^@ ]+'))",
        f"min(strlen({text})) filter ({is_there})",
        f"max(strlen({text})) filter ({is_there})",
    ]
    row = connection.execute(f"select {', '.join(parts)} from {identifier(table)}").fetchall()[0]
    rows, texts, distinct, there, *counts = row[:8]
    comma, point, parted, zeros, zoned, timed, mails, shortest, longest = row[8:]
    fits = {kind: there > 0 and count == there for kind, count in zip(_KINDS, counts, strict=True)}
    kind, style = "STRING", ""
    if fits["INT64"] and not zeros:
        kind = "INT64"
        is_time = re.search(r"(?:^|_)(at|time|date|timestamp|ts|created)(?:_|$)", name)
        if is_time and any(low <= shortest and longest <= high for low, high in EPOCH_DIGITS.values()):
            kind, zoned = "TIMESTAMP", there
    elif fits["NUMERIC"] and not zeros:
        kind = "NUMERIC"
    elif fits["DATE"]:
        kind = "DATE"
    elif fits["TIMESTAMP"]:
        kind = "TIMESTAMP"
    elif there and there in (comma, point) and not zeros:
        kind, style = "NUMERIC", "point" if comma != there else "comma"
        if comma == point:
            style = "comma|point" if parted else "point"
    elif there and (style := _layout(connection, table, column, is_there)):
        kind = "TIMESTAMP" if "%H" in style else "DATE"
    is_text = kind == "STRING"
    known = texts if is_text else there
    lowest, highest, negatives = _range(connection, table, column, kind, style, is_there)
    values: tuple[tuple[str, int], ...] = ()
    if is_text and 0 < distinct <= MAX_WORDS:
        query = (
            f"select {column}, count(*) from {identifier(table)} where {column} is not null group by 1 order"
            " by 2 desc, 1"
        )
        values = tuple(connection.execute(query).fetchall())
    return Profile(
        name=name,
        header=header,
        kind=kind,
        style=style,
        rows=rows,
        missing=rows - known,
        distinct=distinct,
        lowest=lowest,
        highest=highest,
        negatives=negatives,
        has_zone=there > 0 and zoned == there,
        has_time=timed > 0 or (kind == "TIMESTAMP" and zoned == there),
        is_mail=there > 0 and mails >= 0.9 * there,
        has_point=parted > 0,
        values=values,
    )


def _layout(connection: duckdb.DuckDBPyConnection, table: str, column: str, is_there: str) -> str:
    """The layout of dates that the loader does not read; two where day and month cannot be told apart."""

    def part(number: int) -> str:
        return f"regexp_extract(trim({column}), '^{_DAY}$', {number})"

    query = (
        f"select bool_and(regexp_full_match(trim({column}), '{_DAY}')), max(try_cast({part(1)} as int)), "
        f"max(try_cast({part(3)} as int)), min({part(2)}), max({part(2)}), "
        f"min(strlen({part(4)})), max(strlen({part(4)})), min({part(5)}), "
        f"max({part(5)}), min({part(6)} != ''), max({part(6)} != '') "
        f"from {identifier(table)} where {is_there}"
    )
    row = connection.execute(query).fetchall()[0]
    fits, first, second, mark, other_mark, year, other_year, gap, other_gap, seconds, other_seconds = row
    is_even = (mark, year, gap, seconds) == (other_mark, other_year, other_gap, other_seconds)
    if not fits or not is_even or max(first, second) > 31 or (first > 12 and second > 12):
        return ""
    rest = mark + ("%Y" if year == 4 else "%y")
    rest += f"{gap}%H:%M" + (":%S" if seconds else "") if gap else ""
    day_first, month_first = f"%d{mark}%m{rest}", f"%m{mark}%d{rest}"
    if first > 12 or (second <= 12 and mark == "."):
        return day_first
    return month_first if second > 12 else f"{day_first}|{month_first}"


def number_sql(column: str, style: str) -> str:
    """DuckDB: an amount from text in a style; what cannot be read is NULL."""
    if not style:
        return typed(column, "VARCHAR", "NUMERIC")
    kept = f"regexp_replace({column}, '[^0-9,.-]', '', 'g')"
    if style.startswith("comma"):
        return f"try_cast(replace(replace({kept}, '.', ''), ',', '.') as decimal(38, 9))"
    return f"try_cast(replace({kept}, ',', '') as decimal(38, 9))"


def _range(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str, style: str, is_there: str
) -> tuple[str, str, int]:
    """The lowest and highest value as text, and how many are below 0."""
    if kind == "STRING":
        return "", "", 0
    value, negative = typed(column, "VARCHAR", kind), "0"
    if style and kind == "NUMERIC":
        value = number_sql(column, style)
    elif style:
        value = f"strptime(trim({column}), '{style.split('|')[0]}')" if "|" not in style else column
    if kind in {"INT64", "NUMERIC"}:
        negative = "count(*) filter (v < 0)"
    query = (
        f"select min(v), max(v), {negative} from (select {value} as v from {identifier(table)} where"
        f" {is_there})"
    )
    low, high, negatives = connection.execute(query).fetchall()[0]
    return _shown(low), _shown(high), int(negatives)


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    if re.fullmatch(r"-?[0-9]+\.[0-9]{9}", text):
        text = text.rstrip("0").rstrip(".")
    return text.removesuffix("+00:00").removesuffix(" 00:00:00")
