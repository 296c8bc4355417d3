"""Which rows of a file are kept and which are rejected, and why: one SQL query over the whole file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from analysis_lib.errors import BadDataError, ColumnError, nearest
from analysis_lib.sources.convert import (
    EARLIEST,
    EPOCH_UNITS,
    LATEST,
    is_direct,
    is_missing,
    is_nested,
    typed,
)
from analysis_lib.sources.definition import Column, Table
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.read import Head, Relation, identifier, literal

ROWS = "temp.load_rows"
_SAMPLE = 10_000
_NOT_A = {
    "INT64": "a whole number",
    "TIMESTAMP": "a time stamp",
    "DATE": "a date",
    "NUMERIC": "an amount",
    "FLOAT64": "a number",
    "STRING": "text",
}


@dataclass(frozen=True)
class Mapped:
    """How a file's columns fit a table: `place` is the position in the file of each column it has."""

    place: Mapping[str, int]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]
    renamed: Mapping[str, str]
    epochs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """What :func:`classify` leaves behind: SQL for a row's number, and what each rule means in words."""

    number: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class _Rule:
    """A reason to reject a row: when it holds, its sentence as SQL, and in words without the value."""

    holds: str
    sentence: str
    words: str


def map_columns(head: Head, table: Table) -> Mapped:
    """Fit a file's columns to a table's.

    Raises
    ------
    ColumnError
        When a required column is not in the file; the nearest name that is there is named.
    BadDataError
        When a Parquet column holds lists or structures where single values are due.
    """
    names = [standard_name(column) for column in head.columns]
    place = {name: names.index(name) for name in table.columns if name in names}
    ignored = [
        column or f"column {i + 1}"
        for i, (column, name) in enumerate(zip(head.columns, names, strict=True))
        if name not in place
    ]
    lacking = [name for name in table.required if name not in place]
    if lacking:
        raise _lacks(head, table, lacking, ignored)
    for name, i in place.items():
        if is_nested(head.types[i]):
            wanted = _NOT_A[table.columns[name].type]
            raise BadDataError(f"{head.path.name}, column {name}: it holds {head.types[i]} and not {wanted}.")
    return Mapped(
        place=place,
        ignored=tuple(ignored),
        absent=tuple(name for name in table.columns if name not in place),
        renamed={head.columns[i]: name for name, i in place.items() if head.columns[i] != name},
    )


def _lacks(head: Head, table: Table, lacking: list[str], ignored: list[str]) -> ColumnError:
    guesses = {name: nearest(name, ignored) for name in lacking}
    named = [f"{name} (did it become {guess}?)" if guess else name for name, guess in guesses.items()]
    noun = "column" if len(lacking) == 1 else "columns"
    first = next(iter(head.columns), "")
    hint = f"It was read as {table.name}; rename the {noun} in its header line."
    if len(lacking) == len(table.required):
        hint = f'Its first line must name the columns, but it starts with "{first[:40]}".'
    return ColumnError(f"{head.path.name} has no {noun} {', '.join(named)}.", hint)


def find_epochs(
    connection: duckdb.DuckDBPyConnection, relation: Relation, mapped: Mapped, table: Table
) -> dict[str, str]:
    """The time columns that hold nothing but counts since 1970, and their units.

    The first ten thousand rows decide: all digits, and as many as seconds, milliseconds or
    microseconds of our time have. Rows further down that do not fit are rejected.
    """
    columns = {
        name: i
        for name, i in mapped.place.items()
        if table.columns[name].type == "TIMESTAMP" and not is_direct(relation.head.types[i], "TIMESTAMP")
    }
    if not columns:
        return {}
    parts = []
    for i in columns.values():
        text = f"trim(cast(c{i} as varchar))"
        given = f"filter (not {is_missing(f'c{i}', relation.head.types[i], 'TIMESTAMP')})"
        parts += [
            f"min(strlen(split_part({text}, '.', 1))) {given}",
            f"max(strlen(split_part({text}, '.', 1))) {given}",
            f"bool_and(regexp_full_match({text}, '[0-9]+([.][0-9]+)?')) {given}",
        ]
    query = f"select {', '.join(parts)} from (select * from ({relation.sql}) limit {_SAMPLE})"
    found = connection.cursor().execute(query).fetchall()[0]
    epochs = {name: _unit(*found[3 * n : 3 * n + 3]) for n, name in enumerate(columns)}
    return {name: unit for name, unit in epochs.items() if unit}


def _unit(shortest: int | None, longest: int | None, is_number: bool | None) -> str:
    if not (shortest and longest and is_number):
        return ""
    sizes = {"seconds": (9, 10), "milliseconds": (12, 13), "microseconds": (15, 16)}
    assert set(sizes) == set(EPOCH_UNITS)
    return next((unit for unit, (low, high) in sizes.items() if low <= shortest and longest <= high), "")


def _rules(column: Column, source: str, type_: str) -> list[_Rule]:
    """The reasons to reject a row for one column; `t_…` is the typed value."""
    value = identifier(f"t_{column.name}")
    missing = is_missing(source, type_, column.type)
    shown = f"coalesce(left(cast({source} as varchar), 200), '')"
    name = column.name
    rules = []
    if column.not_null:
        words = f"missing {'key ' if column.key else ''}{name}"
        rules.append(_Rule(_if_null(value, missing), literal(words), words))
    if column.type != "STRING":
        words = f"{name}: not {_NOT_A[column.type]}"
        sentence = f"{literal(name + ': ')} || '\"' || {shown} || '\" is not ' || {_what(column.type, shown)}"
        rules.append(_Rule(_if_null(value, f"not {missing}"), sentence, words))
    if column.type in {"TIMESTAMP", "DATE"}:
        words = f"{name}: not between 1990 and 2099"
        sentence = f"{literal(name + ': ')} || {shown} || ' is not between 1990 and 2099'"
        rules.append(_Rule(f"not ({value} >= '{EARLIEST}' and {value} < '{LATEST}')", sentence, words))
    if column.min is not None:
        is_money = column.type == "NUMERIC" and column.min == 0
        words = f"{name}: " + ("negative money" if is_money else f"below {column.min}")
        rules.append(_Rule(f"{value} < {column.min}", f"{literal(words + ' (')} || {shown} || ')'", words))
    if column.accepted:
        words = f"{name}: unknown {name.split('_')[-1]}"
        values = ", ".join(literal(word) for word in column.accepted)
        known = f"case when {value} in ({values}) then true else lower(trim({value})) in ({values}) end"
        sentence = f"{literal(words)} || ' \"' || {shown} || '\"'"
        rules.append(_Rule(f"not {known}", sentence, words))
    return rules


def _if_null(value: str, condition: str) -> str:
    """SQL: the condition where the typed value is NULL; CASE asks it of those rows only, AND of all."""
    return f"case when {value} is null then {condition} else false end"


def _what(type_: str, shown: str) -> str:
    if type_ == "INT64":
        too_long = f"regexp_full_match(trim({shown}), '[+-]?[0-9]+([.]0*)?')"
        return f"case when {too_long} then 'within 64 bits' else 'a whole number' end"
    return literal(_NOT_A[type_])


def classify(
    connection: duckdb.DuckDBPyConnection, relation: Relation, mapped: Mapped, table: Table
) -> Judged:
    """Make the temporary table `temp.load_rows` of a file: typed values, and why a row is rejected.

    Its columns are those of the table, `load_row_number`, `load_rule` (NULL for a row that is kept,
    else a position in the rules), `load_reason` and `load_row` (JSON of the row as read).
    """
    head = relation.head
    rules = [
        rule
        for name, i in mapped.place.items()
        for rule in _rules(table.columns[name], f"c{i}", head.types[i])
    ]
    values = [
        f"{typed(f'c{i}', head.types[i], table.columns[name].type, mapped.epochs.get(name, ''))} "
        f"as {identifier(f't_{name}')}"
        for name, i in mapped.place.items()
    ]
    holds = ", ".join(f"{rule.holds} as h{n}" for n, rule in enumerate(rules))
    first = "case " + " ".join(f"when h{n} then {n}" for n in range(len(rules))) + " end"
    reasons = ", ".join(f"case when h{n} then {rule.sentence} end" for n, rule in enumerate(rules))
    row = ", ".join(
        f"{literal(column or f'column {i + 1}')}, cast(c{i} as varchar)"
        for i, column in enumerate(head.columns)
    )
    result = ", ".join(
        f"{identifier(f't_{name}')} as {identifier(name)}"
        if name in mapped.place
        else f"cast(null as {column.duckdb_type}) as {identifier(name)}"
        for name, column in table.columns.items()
    )
    connection.execute(
        f"""create or replace temp table load_rows as
        with source as ({relation.sql}),
        converted as (select *, {", ".join(values)} from source),
        checked as (select *, {holds} from converted),
        judged as (select *, {first} as load_rule from checked)
        select load_row_number, {result}, load_rule,
            case when load_rule is not null then concat_ws('; ', {reasons}) end as load_reason,
            case when load_rule is not null then cast(json_object({row}) as varchar) end as load_row
        from judged"""
    )
    number = "load_row_number"
    if not relation.numbered:
        # Inside a transaction the row ids of a new table start at a large number.
        first_id = connection.execute(f"select coalesce(min(rowid), 0) from {ROWS}").fetchall()[0][0]
        number = f"rowid - {first_id} + 1"
    return Judged(number, tuple(rule.words for rule in rules))


def check_shares(
    connection: duckdb.DuckDBPyConnection, relation: Relation, judged: Judged, max_share: float
) -> None:
    """Stop when most rows of a file are rejected for one reason: then not the rows are wrong but the format.

    A handful of rows says nothing about a format, unless not one row is left.

    Raises
    ------
    BadDataError
        Names the reason, how many rows it holds for, and an example with its row.
    """
    counts = connection.execute(
        f"""select load_rule, count(*), min({judged.number}) from {ROWS}
        where load_rule is not null group by all order by 2 desc, 1 limit 1"""
    ).fetchall()
    groups = [(judged.rules[rule], count, row) for rule, count, row in counts]
    if relation.broken and relation.broken_path:
        with relation.broken_path.open(encoding="utf-8") as lines:
            first = json.loads(next(lines))
        groups.append(("line could not be read: " + first["why"], relation.broken, first["row_number"]))
    for reason, count, row in groups:
        if count > max_share * relation.rows and (count >= 10 or count == relation.rows):
            raise BadDataError(
                f"{relation.head.path.name} has another format than expected: {count:,} of "
                f"{relation.rows:,} rows would be rejected for the reason “{reason}”, the first of them "
                f"row {row}{_example(connection, judged, row)}.",
                "Mend the column or its format and load again; nothing was changed.",
            )


def _example(connection: duckdb.DuckDBPyConnection, judged: Judged, row: int) -> str:
    found = connection.execute(
        f"select load_reason from {ROWS} where {judged.number} = ? and load_rule is not null",
        [row],
    ).fetchall()
    return f" ({found[0][0]})" if found else ""
