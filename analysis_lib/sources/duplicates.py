"""Several rows with one key: which one counts, whatever the order in which the files came."""

from __future__ import annotations

import duckdb

from analysis_lib.sources.definition import Table
from analysis_lib.sources.ledger import raw_name
from analysis_lib.sources.read import identifier, literal


def _order(table: Table) -> str:
    """The row furthest in its life cycle first: latest time, then furthest status, then all values.

    Where rows and files came in is asked last, when the rows are equal in every value.
    """
    columns = table.columns.values()
    times = [identifier(column.name) for column in columns if column.type == "TIMESTAMP"]
    terms = [f"greatest({', '.join(times)}) desc nulls last"] if times else []
    for column in columns:
        if column.accepted:
            stages = ", ".join(literal(value) for value in column.accepted)
            terms.append(f"list_position([{stages}], lower(trim({identifier(column.name)}))) desc nulls last")
    terms += [f"{identifier(column.name)} desc nulls last" for column in columns]
    return ", ".join([*terms, "load_file_id", "load_row_number"])


def mark_duplicates(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Set `is_duplicate` anew in a raw table: of all rows with one key, one is kept.

    Rows of a keyless table are never duplicates of each other; see :func:`identical_rows`.

    Returns
    -------
    int
        How many of the rows that were dropped differ from the row that is kept for their key.
    """
    if table.keyless:
        return 0
    raw = raw_name(table.name)
    key = ", ".join(identifier(name) for name in table.key)
    counted = connection.execute(
        f"select count(*), count(distinct {'(' + key + ')' if len(table.key) > 1 else key}), "
        f"count(*) filter (is_duplicate) from {raw}"
    ).fetchall()
    rows, keys, marked = counted[0]
    if rows == keys:
        if marked:
            connection.execute(f"update {raw} set is_duplicate = false where is_duplicate")
        return 0
    values = ", ".join(identifier(name) for name in table.columns)
    connection.execute(
        f"""create or replace temp table load_ranked as
        select row_id, values is distinct from first_value(values) over ranked as is_conflicting
        from (
            select *, rowid as row_id, row({values}) as values from {raw}
            where ({key}) in (select ({key}) from {raw} group by {key} having count(*) > 1)
        )
        window ranked as (partition by {key} order by {_order(table)})
        qualify row_number() over ranked > 1"""
    )
    connection.execute(
        f"update {raw} set is_duplicate = false "
        f"where is_duplicate and rowid not in (select row_id from temp.load_ranked)"
    )
    connection.execute(
        f"update {raw} set is_duplicate = true from temp.load_ranked "
        f"where {raw}.rowid = row_id and not is_duplicate"
    )
    found = connection.execute("select count(*) filter (is_conflicting) from temp.load_ranked").fetchall()
    connection.execute("drop table temp.load_ranked")
    return int(found[0][0])


def identical_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """How many rows of a keyless table equal another one in every value; 0 where rows have a key.

    They may be the same thing twice in the data, or two things that happened in one second: which of the
    two, the data do not say.
    """
    if not table.keyless:
        return 0
    values = ", ".join(identifier(name) for name in table.columns)
    # Hashes, so that memory does not grow with the width of the rows; two rows in 2^64 may be taken as alike.
    found = connection.execute(
        f"select coalesce(sum(rows - 1), 0) from "
        f"(select count(*) as rows from {raw_name(table.name)} group by hash({values}))"
    ).fetchall()
    return int(found[0][0])
