"""Files whose content another file brought already: they hold no rows, until the other one changes.

A file `a.csv` is loaded, and `b.csv` with the same content is a repeat. When `a.csv` gets other content, what
it held is still what `b.csv` holds, whatever the order in which the two were loaded.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

COLUMNS = {
    "table_name": "VARCHAR",
    "path": "VARCHAR",
    "file_name": "VARCHAR",
    "content_sha256": "VARCHAR",
}


def known(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """The content of each repeat, by table and path."""
    rows = connection.execute("select table_name, path, content_sha256 from load_repeats").fetchall()
    return {(table, path): sha256 for table, path, sha256 in rows}


def remember(connection: duckdb.DuckDBPyConnection, table: str, path: str, name: str, sha256: str) -> None:
    """Note that a file holds what another one brought."""
    forget(connection, table, path)
    connection.execute("insert into load_repeats values (?, ?, ?, ?)", [table, path, name, sha256])


def forget(connection: duckdb.DuckDBPyConnection, table: str, path: str) -> None:
    """A file is no repeat (any more)."""
    connection.execute("delete from load_repeats where table_name = ? and path = ?", [table, path])


def hand_over(
    connection: duckdb.DuckDBPyConnection, table: str, sha256: str, file_id: int, here: Iterable[str]
) -> str:
    """Give the rows of a content to a file that repeats it; its path, empty where none does.

    The files that are `here` in this load speak for themselves.
    Of several the one whose path comes first, so that the order of loading does not matter.
    """
    found = connection.execute(
        "select path, file_name from load_repeats where table_name = ? and content_sha256 = ? "
        "and not list_contains(?, path) order by path limit 1",
        [table, sha256, list(here)],
    ).fetchall()
    if not found:
        return ""
    path, name = found[0]
    forget(connection, table, path)
    connection.execute(
        "update load_ledger set path = ?, file_name = ? where table_name = ? and file_id = ?",
        [path, name, table, file_id],
    )
    for told in ("rejected_rows", "load_decisions"):
        connection.execute(
            f"update {told} set file_name = ? where table_name = ? and file_id = ?", [name, table, file_id]
        )
    return str(path)
