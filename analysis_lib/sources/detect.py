"""Decides for each column of a file how its numbers and times are written, before and after it is read.

The first rows show whether anything is out of the ordinary. Only then, or when a row further down could
not be read, all rows of the column are counted, so that usual files cost nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb

from analysis_lib.sources.classify import ROWS, Judged
from analysis_lib.sources.convert import is_direct
from analysis_lib.sources.decide import Place, UndecidedError, decide
from analysis_lib.sources.definition import Table
from analysis_lib.sources.examine import Found, examine
from analysis_lib.sources.fit import Mapped
from analysis_lib.sources.glance import as_seen, first_rows, may_be_read
from analysis_lib.sources.read import Relation, literal
from analysis_lib.sources.written import READINGS, Written

_SAMPLE = 1_000
_ANYTHING = "2020"


@dataclass(frozen=True)
class Outside:
    """What is known of a table's columns from outside a file: by column.

    `said` by the analyst, `others` the readings of other files, each with the name of one.
    """

    said: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def first_look(
    connection: duckdb.DuckDBPyConnection, relation: Relation, mapped: Mapped, table: Table, outside: Outside
) -> dict[str, Written]:
    """How the columns of a file are written, from its first rows, or from all where those are not plain.

    Raises
    ------
    UndecidedError
        When a column can be read in two ways.
    BadDataError
        When a column is written in two ways, or in several currencies.
    """
    columns = {
        i: name
        for name, i in mapped.place.items()
        if _is_open(table.columns[name].type, relation.head.types[i])
    }
    types = {i: table.columns[name].type for i, name in columns.items()}
    if not columns:
        return {}
    values = ", ".join(f"cast(c{i} as varchar)" for i in columns)
    rows = connection.execute(f"select {values} from ({relation.sql}) limit {_SAMPLE}").fetchall()
    sample = _with_points(relation, first_rows(rows, types))
    seen = {i: as_seen(found) for i, found in sample.items()}
    is_text = {i: relation.head.types[i] == "VARCHAR" for i in columns}
    asked = {i: types[i] for i in columns if is_text[i] and (seen[i] is None or columns[i] in outside.said)}
    all_rows = _with_points(relation, examine(connection, relation.sql, asked))
    seen_plain = {columns[i]: written for i, written in seen.items() if written is not None}
    return seen_plain | _decided(relation, table, {columns[i]: all_rows[i] for i in asked}, outside)


def _decided(
    relation: Relation, table: Table, counted: Mapping[str, Found], outside: Outside
) -> dict[str, Written]:
    """The decision of each column; what is undecided is said of all columns at once."""
    decided: dict[str, Written] = {}
    undecided: dict[Place, UndecidedError] = {}
    for name, found in counted.items():
        place = Place(relation.head.path.name, table.name, name, table.columns[name].type)
        try:
            decided[name] = decide(found, place, outside.said.get(name, ""), outside.others.get(name))
        except UndecidedError as error:
            undecided[place] = error
    if undecided:
        raise UndecidedError(
            " ".join(error.message for error in undecided.values()),
            f"Say it: {' '.join(place.flag() for place in undecided)}. Nothing was changed.",
        )
    return decided


def _is_open(wanted: str, type_: str) -> bool:
    """Whether values can be written in several ways: text, and numbers that may count seconds since 1970."""
    return (
        wanted in READINGS if type_ == "VARCHAR" else wanted == "TIMESTAMP" and not is_direct(type_, wanted)
    )


def _with_points(relation: Relation, counted: dict[int, Found]) -> dict[int, Found]:
    """What was counted; a number that its format writes with a point shows that, whatever its digits."""
    return {
        i: replace(found, first=max(found.first, 1)) if i in relation.decimal_points else found
        for i, found in counted.items()
    }


def second_look(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    judged: Judged,
    mapped: Mapped,
    table: Table,
    outside: Outside,
) -> dict[str, Written] | None:
    """How the columns are written when rows could not be read; None where that changes nothing.

    Raises as :func:`first_look`.
    """
    columns = {
        i: name
        for name, i in mapped.place.items()
        if i in judged.unread
        and relation.head.types[i] == "VARCHAR"
        and name in mapped.written
        and not mapped.written[name].is_styled
    }
    if not columns:
        return None
    types = {i: table.columns[name].type for i, name in columns.items()}
    # Rejected rows are kept as they were read, without the values that stand in their objects.
    own = len(relation.head.columns) - relation.head.taken_out
    inside = {i: type_ for i, type_ in types.items() if i >= own}
    types = {i: type_ for i, type_ in types.items() if i < own}
    failed = _failed(relation, judged, types)
    likely = {i: type_ for i, type_ in types.items() if may_be_read(_some(connection, failed, i), type_)}
    counted = examine(connection, failed, likely)
    asked = inside | {i: types[i] for i, found in counted.items() if found.readable or found.epochs}
    if not asked:
        return None
    found = _with_points(relation, examine(connection, relation.sql, asked))
    decided = _decided(relation, table, {columns[i]: found[i] for i in asked}, outside)
    again = dict(mapped.written) | decided
    same = {name: replace(written, deciding=0, undecided=0, example="") for name, written in again.items()}
    before = {
        name: replace(written, deciding=0, undecided=0, example="")
        for name, written in mapped.written.items()
    }
    return None if same == before else again


def _some(connection: duckdb.DuckDBPyConnection, failed: str, i: int) -> list[str]:
    """The different values of a column in rejected rows; where there are many, one that may be anything."""
    query = f"select distinct c{i} from ({failed}) where c{i} is not null limit {_SAMPLE + 1}"
    values = [str(value) for (value,) in connection.execute(query).fetchall()]
    return values if len(values) <= _SAMPLE else [_ANYTHING]


def _failed(relation: Relation, judged: Judged, columns: Mapping[int, str]) -> str:
    """SQL: the rejected rows as they were read, which hold every value that could not be read."""
    names = relation.head.columns
    values = ", ".join(
        f"json_extract_string(load_row, {literal(_path(names[i] or f'column {i + 1}'))}) as c{i}"
        for i in columns
    )
    return f"select {judged.number} as load_row_number, {values} from {ROWS} where load_rule is not null"


def _path(name: str) -> str:
    # A JSON pointer, in which a name may hold anything.
    return "/" + name.replace("~", "~0").replace("/", "~1")
