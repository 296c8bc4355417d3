"""Whether the rows of a file are those of another one: the same month unpacked, or as Parquet.

Rows with a key tell by themselves that they were loaded before. Rows without one would all be taken for new.
"""

from __future__ import annotations

import duckdb

from analysis_lib.sources.definition import Table
from analysis_lib.sources.read import identifier

ROWS_DIGEST = "rows_digest"


def rows_digest(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """A text that is the same for the same kept rows of `temp.load_rows`, in whichever order.

    It is empty for tables with a key and for files without a row that is kept. Made of hashes of DuckDB,
    which another version of it may make otherwise: then a file counts as another one.
    """
    if not table.keyless:
        return ""
    values = ", ".join(identifier(name) for name in table.columns)
    rows, total, mixed = connection.execute(
        f"select count(*), sum(hash({values})::hugeint), bit_xor(hash({values})) "
        "from temp.load_rows where load_rule is null"
    ).fetchall()[0]
    return f"{rows}-{total}-{mixed}" if rows else ""


def loaded_as(connection: duckdb.DuckDBPyConnection, table: Table, digest: str) -> str:
    """The path of a loaded file with the same rows; empty when there is none."""
    if not digest:
        return ""
    found = connection.execute(
        "select path from load_ledger where table_name = ? and json_extract_string(decisions, ?) = ? "
        "order by path limit 1",
        [table.name, f"$.{ROWS_DIGEST}", digest],
    ).fetchall()
    return str(found[0][0]) if found else ""
