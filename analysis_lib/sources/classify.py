"""Which rows of a file are kept and which are rejected, and why: one SQL query over the whole file."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from analysis_lib.errors import BadDataError
from analysis_lib.sources.convert import typed
from analysis_lib.sources.definition import Table
from analysis_lib.sources.fit import Mapped
from analysis_lib.sources.inside import guarded, rules_of_objects
from analysis_lib.sources.read import Relation, identifier, literal
from analysis_lib.sources.rules import Rule, rules_of
from analysis_lib.sources.written import PLAIN

ROWS = "temp.load_rows"
# A table of text in which nothing is required has no reason to reject a row.
_NEVER = Rule("false", "''", "")


@dataclass(frozen=True)
class Judged:
    """What :func:`classify` leaves behind: SQL for a row's number, and what each rule means in words.

    `unread` are the positions in the file of the columns with values that could not be read.
    """

    number: str
    rules: tuple[str, ...]
    unread: frozenset[int] = frozenset()


def classify(
    connection: duckdb.DuckDBPyConnection, relation: Relation, mapped: Mapped, table: Table
) -> Judged:
    """Make the temporary table `temp.load_rows` of a file: typed values, and why a row is rejected.

    Its columns are those of the table, `load_row_number`, `load_rule` (NULL for a row that is kept,
    else a position in the rules), `load_reason`, `load_row` (JSON of the row as read) and `load_unread`
    (the positions in the file of the columns whose value could not be read, after commas).
    """
    head = relation.head
    placed = [(-1, rule) for rule in rules_of_objects(table)] + [
        (i, guarded(rule, table.columns[name]))
        for name, i in mapped.place.items()
        for rule in rules_of(table.columns[name], f"c{i}", head.types[i], mapped.written.get(name, PLAIN))
    ]
    rules = [rule for _, rule in placed] or [_NEVER]
    values = [
        f"{typed(f'c{i}', head.types[i], table.columns[name].type, mapped.written.get(name, PLAIN))} "
        f"as {identifier(f't_{name}')}"
        for name, i in mapped.place.items()
    ]
    holds = ", ".join(f"{rule.holds} as h{n}" for n, rule in enumerate(rules))
    first = "case " + " ".join(f"when h{n} then {n}" for n in range(len(rules))) + " end"
    reasons = ", ".join(f"case when h{n} then {rule.sentence} end" for n, rule in enumerate(rules))
    unread = ", ".join(
        f"case when h{n} then ',{i}' end" for n, (i, rule) in enumerate(placed) if rule.is_unread
    )
    row = ", ".join(
        f"{literal(column or f'column {i + 1}')}, cast(c{i} as varchar)"
        for i, column in enumerate(head.columns[: len(head.columns) - head.taken_out])
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
            case when load_rule is not null then cast(json_object({row}) as varchar) end as load_row,
            case when load_rule is not null then concat({unread or "''"}) end as load_unread
        from judged"""
    )
    number = "load_row_number"
    if not relation.numbered:
        # Inside a transaction the row ids of a new table start at a large number.
        first_id = connection.execute(f"select coalesce(min(rowid), 0) from {ROWS}").fetchall()[0][0]
        number = f"rowid - {first_id} + 1"
    found = connection.execute(
        f"select distinct load_unread from {ROWS} where load_rule is not null"
    ).fetchall()
    places = {int(i) for (text,) in found for i in text.split(",") if i}
    return Judged(number, tuple(rule.words for rule in rules), frozenset(places))


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
    whole = relation.share_of or relation.rows
    for reason, count, row in groups:
        if count > max_share * whole and (count >= 10 or count == whole):
            raise BadDataError(
                f"{relation.head.path.name} has another format than expected: {count:,} of "
                f"{whole:,} rows would be rejected for the reason “{reason}”, the first of them "
                f"row {row}{_example(connection, judged, row)}.",
                "Mend the column or its format and load again; nothing was changed.",
            )


def _example(connection: duckdb.DuckDBPyConnection, judged: Judged, row: int) -> str:
    found = connection.execute(
        f"select load_reason from {ROWS} where {judged.number} = ? and load_rule is not null",
        [row],
    ).fetchall()
    return f" ({found[0][0]})" if found else ""
