"""Puts finished tables in the place of the old ones, all or none, on an engine without such a statement.

BigQuery replaces one table at once, but no statement and no transaction renames or replaces several. So what
is to be done is written down first, in one table, the journal; then each table is replaced by a clone of its
`__next` (which moves no data); last, one transaction updates the metadata and empties the journal. A process
killed before the journal was written changed nothing. Killed after it, the next one that opens the dataset
for writing does the rest, and until then reading is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from analysis_lib.warehouse.bigquery_values import bound

JOURNAL = "swap_journal"


def write_journal(
    execute: Callable[[str], Any], names: Sequence[str], statements: Sequence[tuple[str, Sequence[Any]]]
) -> None:
    """Write down what a swap will do."""
    scripts = [bound(sql, values) for sql, values in statements]
    text = bound("?", [json.dumps({"names": list(names), "statements": scripts})])
    execute(f"create or replace table {JOURNAL} as select {text} as entry")


def carry_out(
    execute: Callable[[str], Any],
    rows: Callable[[str], list[tuple[Any, ...]]],
    replace: Callable[[Sequence[str]], None],
    drop: Callable[[Iterable[str]], None],
) -> None:
    """Do what the journal says; again from the start where that was interrupted.

    Parameters
    ----------
    execute, rows
        Run a statement or script; the rows of a query.
    replace
        Puts the `__next` of each of these tables and views in the place of the old one.
    drop
        Drops tables.
    """
    for (text,) in rows(f"select entry from {JOURNAL}"):
        entry: Mapping[str, list[str]] = json.loads(text)
        replace(entry["names"])
        # Emptied together with them: done twice, the statements would forget what they noted.
        statements = [*entry["statements"], f"delete from {JOURNAL} where true"]
        execute(";\n".join(["begin transaction", *statements, "commit transaction"]) + ";")
    drop([JOURNAL])
