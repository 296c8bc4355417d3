"""How a file's columns fit a table: which is which, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis_lib.errors import BadDataError, ColumnError, nearest
from analysis_lib.sources.convert import NOT_A, is_nested
from analysis_lib.sources.definition import Table
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.inside import look_into
from analysis_lib.sources.read import Head
from analysis_lib.sources.written import Written


@dataclass(frozen=True)
class Mapped:
    """How a file's columns fit a table: `place` is the position in the file of each column it has.

    `written` says how the values of its numbers and times are written.
    """

    place: Mapping[str, int]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]
    renamed: Mapping[str, str]
    written: Mapping[str, Written] = field(default_factory=dict)


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
    told_elsewhere = look_into(table)
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
