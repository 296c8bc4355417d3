"""How a file's columns fit a table: which is which, what is missing, and how its times are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from analysis_lib.errors import BadDataError, ColumnError, nearest
from analysis_lib.sources.convert import EPOCH_DIGITS, NOT_A, is_direct, is_missing, is_nested
from analysis_lib.sources.definition import Table
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.read import Head, Relation

_SAMPLE = 10_000


@dataclass(frozen=True)
class Mapped:
    """How a file's columns fit a table: `place` is the position in the file of each column it has."""

    place: Mapping[str, int]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]
    renamed: Mapping[str, str]
    epochs: Mapping[str, str] = field(default_factory=dict)


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
    # A value that stands in an object comes after the file's own columns, and before one of the same name.
    place = {name: len(names) - 1 - names[::-1].index(name) for name in table.columns if name in names}
    told_elsewhere = {*table.objects, *(name for column in table.columns.values() for name in column.names)}
    ignored = [
        column or f"column {i + 1}"
        for i, (column, name) in enumerate(zip(head.columns, names, strict=True))
        if name not in place and name not in told_elsewhere
    ]
    lacking = [name for name in table.required if name not in names]
    if lacking:
        raise _lacks(head, table, lacking, ignored)
    for name, i in place.items():
        if is_nested(head.types[i]) and not table.columns[name].is_nested:
            wanted = NOT_A[table.columns[name].type]
            raise BadDataError(f"{head.path.name}, column {name}: it holds {head.types[i]} and not {wanted}.")
    return Mapped(
        place=place,
        ignored=tuple(ignored),
        absent=tuple(name for name in table.columns if name not in place),
        renamed={head.columns[i]: name for name, i in place.items() if head.columns[i] != name},
    )


def _lacks(head: Head, table: Table, lacking: list[str], ignored: list[str]) -> ColumnError:
    if len(lacking) == len(table.required):
        first = next(iter(head.columns), "")
        return ColumnError(
            f'{head.path.name} has no header line that names the columns: it starts with "{first[:40]}".',
            f"The columns of {table.name} are {', '.join(table.required)}.",
        )
    guesses = {name: nearest(name, ignored) for name in lacking}
    named = [f"{name} (did it become {guess}?)" if guess else name for name, guess in guesses.items()]
    noun = "column" if len(lacking) == 1 else "columns"
    hint = f"It was read as {table.name}; export the {noun} too, or mend the header line."
    if ignored and not all(guesses.values()):
        hint += f" Not known in it: {', '.join(ignored[:8])}."
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
    found = connection.execute(query).fetchall()[0]
    epochs = {name: _unit(*found[3 * n : 3 * n + 3]) for n, name in enumerate(columns)}
    return {name: unit for name, unit in epochs.items() if unit}


def _unit(shortest: int | None, longest: int | None, is_number: bool | None) -> str:
    if not (shortest and longest and is_number):
        return ""
    return next(
        (unit for unit, (low, high) in EPOCH_DIGITS.items() if low <= shortest and longest <= high), ""
    )
