"""Values that stand in a JSON object of a column, such as a clickstream's body, as columns of their own.

A value is looked for under each of its names in turn, in any spelling, at the top of the object or
(`product.id`) one object deeper. What is no single value is passed over; a list of things becomes a list of
structures. An object that cannot be read rejects its row, whatever else the row says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import duckdb

from analysis_lib.sources.convert import NULL_WORDS, is_one_of
from analysis_lib.sources.definition import Column, Table
from analysis_lib.sources.header import standard_name
from analysis_lib.sources.read import Head, Relation, identifier, literal
from analysis_lib.sources.rules import Rule
from analysis_lib.sources.spelling import spellings, spelt_in_lists

# How many names of values that are left out a load says.
MAX_NAMED = 30
_FIRST = 10_000
_NOTHING = "cast(null as varchar)"


def look_into(table: Table) -> set[str]:
    """The columns of a file that hold objects, and those that are asked where an object says nothing."""
    return {*table.objects, *(name for column in _inside(table) for name in (column.name, *column.names))}


def with_objects(head: Head, table: Table) -> Head:
    """The head of a file with the columns that stand in its objects, after its own."""
    there = {standard_name(column) for column in head.columns}
    inside = [column.name for column in _inside(table) if column.inside in there]
    if not inside:
        return head
    return replace(
        head,
        columns=(*head.columns, *inside),
        types=(*head.types, *("VARCHAR" for _ in inside)),
        taken_out=len(inside),
    )


def look_inside(connection: duckdb.DuckDBPyConnection, relation: Relation, table: Table) -> Relation:
    """A file's relation with the values that stand in its objects as further columns, all of them text.

    The file is read once for the names that its objects have, so that each object is asked for those alone.

    Parameters
    ----------
    connection
        Used to read the names.
    relation
        The file with its own columns `c0`, `c1`, …
    table
        Its table. A value that the object does not say is that of the file's column of one of its names.
    """
    head = with_objects(relation.head, table)
    if not head.taken_out:
        return relation
    own = [standard_name(column) for column in relation.head.columns]
    objects = [name for name in table.objects if name in own]
    as_text = {name: _text(f"c{own.index(name)}", relation.head.types[own.index(name)]) for name in objects}
    opened = ", ".join(
        f"{as_text[name]} as {_object(name, 'given')}, {_opened(as_text[name])} as {_object(name)}"
        for name in objects
    )
    rows = f"select *, {opened} from ({relation.sql}) as file_rows"
    columns = [column for column in _inside(table) if column.inside in objects]
    spelt = {
        name: spellings(
            connection, rows, _object(name), [n for c in columns if c.inside == name for n in c.names]
        )
        for name in objects
    }
    asked = {column.name: _paths(column, spelt[column.inside]) for column in columns}
    paths = {
        name: list(dict.fromkeys(path for c in columns if c.inside == name for path in asked[c.name]))
        for name in objects
    }
    read = ", ".join(
        f"json_extract_string({_object(name)}, {_list(paths[name])}) as {_object(name, 'text')}, "
        f"json_type({_object(name)}, {_list(paths[name])}) as {_object(name, 'kind')}"
        for name in objects
    )
    first = len(relation.head.columns)
    values = ", ".join(
        f"{_value(column, asked[column.name], paths[column.inside], own, relation.head)} as c{first + n}"
        for n, column in enumerate(columns)
    )
    sql = f"select *, {values} from (select *, {read} from ({rows}))"
    numbers = {
        first + n: _is_number(column, asked[column.name], paths[column.inside])
        for n, column in enumerate(columns)
        if column.type in {"INT64", "FLOAT64", "NUMERIC"}
    }
    points = _with_points(connection, f"select {read} from ({rows})", numbers)
    unknown = [f"{name}.{key}" for name in objects for key in _not_asked(spelt[name], paths[name])]
    return replace(
        relation,
        head=head,
        sql=sql,
        ignored_in_objects=tuple(unknown[:MAX_NAMED]),
        decimal_points=relation.decimal_points | points,
    )


def _is_number(column: Column, asked: list[str], paths: list[str]) -> str:
    """SQL: whether the object says a value as a number with a fraction, which JSON writes with a point."""
    kinds = _object(column.inside, "kind")
    places = [paths.index(path) + 1 for path in asked]
    return " or ".join(f"coalesce({kinds}[{n}] = 'DOUBLE', false)" for n in places) or "false"


def _with_points(
    connection: duckdb.DuckDBPyConnection, rows: str, numbers: Mapping[int, str]
) -> frozenset[int]:
    """The columns of which one of the first rows says a number with a fraction."""
    if not numbers:
        return frozenset()
    asked = ", ".join(f"coalesce(bool_or({is_number}), false)" for is_number in numbers.values())
    found = connection.execute(f"select {asked} from (select * from ({rows}) limit {_FIRST})").fetchall()[0]
    return frozenset(i for i, there in zip(numbers, found, strict=True) if there)


def _paths(column: Column, spelt: Mapping[str, list[str]]) -> list[str]:
    return [path for name in column.names for path in spelt.get(name, ())]


def _not_asked(spelt: Mapping[str, list[str]], paths: list[str]) -> list[str]:
    """The names at the top of the objects that no column is asked for under, nor under what is in them."""
    asked = {path.split('"')[1] for path in paths}
    tops = {path.split('"')[1] for each in spelt.values() for path in each}
    return sorted(tops - asked)


def rules_of_objects(table: Table) -> list[Rule]:
    """The reasons to reject a row for its objects: there is none, or it cannot be read."""
    return [
        Rule(
            f"{_object(name)} is null",
            f"case when {_object(name, 'given')} is null then {literal(f'missing {name}')} else "
            f"{literal(name + ': ')} || left({_object(name, 'given')}, 200) || ' is not a JSON object' end",
            f"{name}: not a JSON object",
        )
        for name in table.objects
    ]


def guarded(rule: Rule, column: Column) -> Rule:
    """A rule of a column that an object holds says nothing where the object could not be read."""
    if not column.inside:
        return rule
    return replace(rule, holds=f"case when {_object(column.inside)} is null then false else {rule.holds} end")


def _inside(table: Table) -> list[Column]:
    return [column for column in table.columns.values() if column.inside]


def _object(name: str, what: str = "object") -> str:
    return identifier(f"{what}_{name}")


def _text(column: str, type_: str) -> str:
    """SQL: a column that holds objects as text: JSON, or the structures and maps of a Parquet file."""
    if type_ in {"VARCHAR", "JSON"}:
        return f"cast({column} as varchar)"
    return f"case when {column} is not null then cast(to_json({column}) as varchar) end"


def _opened(text: str) -> str:
    """SQL: the object; the one in a text of JSON that stands in quotes; else nothing."""
    kind = f"case when json_valid({text}) then json_type({text}) end"
    unquoted = f"json_extract_string({text}, '$')"
    inner = f"case when json_valid({unquoted}) then json_type({unquoted}) end"
    inner = f"case {inner} when 'OBJECT' then {unquoted} end"
    return f"case {kind} when 'OBJECT' then {text} when 'VARCHAR' then {inner} end"


def _list(paths: list[str]) -> str:
    return "[" + ", ".join(literal(path) for path in paths) + "]"


def _value(column: Column, asked: list[str], paths: list[str], own: list[str], head: Head) -> str:
    """SQL: the first of a column's names that says something."""
    places = [paths.index(path) + 1 for path in asked]
    texts, kinds = _object(column.inside, "text"), _object(column.inside, "kind")
    if column.fields:
        lists = [
            f"case {kinds}[{n}] when 'ARRAY' then {texts}[{n}] when 'VARCHAR' then {texts}[{n}] end"
            for n in places
        ]
        return _things(column, f"coalesce({', '.join(lists)})") if lists else _NOTHING
    found = [
        f"case {kinds}[{n}] when 'OBJECT' then null when 'ARRAY' then null else {_said(f'{texts}[{n}]')} end"
        for n in places
    ]
    outside = [
        _said(_text(f"c{own.index(name)}", head.types[own.index(name)]))
        for name in dict.fromkeys((column.name, *column.names))
        if name in own
    ]
    return f"coalesce({', '.join([*found, *outside, _NOTHING])})"


def _said(text: str) -> str:
    """SQL: nothing where a text stands for no value, so that the next name is asked."""
    return f"case when {is_one_of(text, NULL_WORDS)} then null else {text} end"


def _things(column: Column, text: str) -> str:
    """SQL: a list of JSON objects with the names of `source.yml`; a single value is the first field."""
    first, *_ = column.fields
    fields = ", ".join(f"{literal(name)}, {_first(names)}" for name, names in column.fields.items())
    single = f"json_object({literal(first)}, json_extract_string(thing, '$'))"
    things = f"cast(cast({text} as json) as json[])"
    listed = (
        f"cast(to_json(list_transform({things}, lambda thing: "
        f"case json_type(thing) when 'OBJECT' then json_object({fields}) else {single} end)) as varchar)"
    )
    is_list = f"case when json_valid({text}) then json_type({text}) end"
    return f"case {is_list} when 'ARRAY' then {listed} else {text} end"


def _first(names: Iterable[str]) -> str:
    values = [
        _said(f"json_extract_string(thing, {literal(path)})")
        for name in names
        for path in spelt_in_lists(name)
    ]
    return f"coalesce({', '.join(values)})"
