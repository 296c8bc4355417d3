"""Puts finished tables in the place of the old ones, all or none, on an engine without such a statement.

BigQuery replaces one table at once, but no statement and no transaction renames or replaces several. So what
is to be done is written down first, in one table, the journal; then each table is replaced by a clone of its
`__next` (which moves no data); last, one transaction updates the metadata and empties the journal. A process
killed before the journal was written changed nothing. Killed after it, the next one that opens the dataset
for writing does the rest, and until then reading is refused.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.schedule import run_graph
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery_client import translated
from analysis_lib.warehouse.bigquery_values import bound

if TYPE_CHECKING:
    from google.cloud.bigquery.table import TableListItem

    from analysis_lib.warehouse.bigquery import BigQueryWarehouse

JOURNAL = "swap_journal"
_VIEW: tuple[Any, ...] = ("VIEW",)


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


def replace(warehouse: BigQueryWarehouse, names: Sequence[str]) -> None:
    """Put `__next` tables and views in the place of the old ones, several at a time.

    Tables come before the views that may read them.
    """
    made = {name: _made_as(table) for name, table in warehouse.listed().items()}
    # BigQuery replaces no table by a view, nor by one with other partitions.
    following = {name: made[name + NEXT_SUFFIX] for name in names if name + NEXT_SUFFIX in made}
    warehouse.drop(name for name, kind in following.items() if made.get(name, kind) != kind)
    views = [name for name, kind in following.items() if kind == _VIEW]
    graph: dict[str, list[str]] = {name: [] for name in names}
    graph |= {view: [name for name in names if name not in views] for view in views}

    def begin(name: str) -> Callable[[], None]:
        opened = contextlib.ExitStack()
        session = opened.enter_context(warehouse.session())

        def replace_one() -> None:
            with opened:
                _replace_one(session, name, is_view=name in views)

        return replace_one

    run_graph(graph, begin, lambda _name, _nothing: None, warehouse.workers, warehouse.interrupt)


def _replace_one(warehouse: BigQueryWarehouse, name: str, *, is_view: bool) -> None:
    following = name + NEXT_SUFFIX
    if not is_view:
        warehouse.jobs.execute(f"create or replace table `{name}` clone `{following}`", name)
        return
    with translated(name):
        query = str(warehouse.connection.client.get_table(warehouse.address(following)).view_query)
    # It may read other views and tables of this swap, which have their own names by then.
    query = re.sub(rf"{NEXT_SUFFIX}\b", "", query)
    warehouse.jobs.execute(f"create or replace view `{name}` as\n{query}", name)


def _made_as(table: TableListItem) -> tuple[Any, ...]:
    """What a table must have in common with another one to be replaced by it."""
    if table.table_type == "VIEW":
        return _VIEW
    by = table.time_partitioning
    return ("TABLE", by and (by.field, by.type_), tuple(table.clustering_fields or ()))
