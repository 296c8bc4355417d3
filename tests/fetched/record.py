"""Records every result that the warehouse hands to Python, and tells whose rows come out as they are.

`recording()` wraps the two methods through which all results come, on either engine. Who asked is noted as
well: a build, a page with the function of its cell, an edition.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.figure
import pytest
from sqlglot import exp

from analysis_lib.models import Project
from analysis_lib.publish.notebook import read_notebook, source, tags
from analysis_lib.shop import Shop
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

# A table whose grain holds one of these has a row for each of the many: it may not come out as it is.
OF_THE_MANY = {
    *("event_id", "session_id", "visitor_id", "user_id", "order_id", "order_item_id", "inventory_item_id"),
    *("source_session_id", "first_visitor_id"),
}


@dataclass(frozen=True)
class Fetched:
    """A result: who asked (`page cell` or `build`), the query as GoogleSQL, its rows, columns and bytes."""

    asked_by: str
    sql: str
    rows: int
    columns: tuple[str, ...]
    bytes: int

    @property
    def tree(self) -> exp.Expression:
        """The query, parsed."""
        return dialect.parse(self.sql)


@dataclass
class Record:
    """Everything that was fetched, in order; `asking` names who asks at the moment."""

    asking: str = ""
    results: list[Fetched] = field(default_factory=list)

    def by_query(self) -> dict[tuple[str, str], Fetched]:
        """The largest result of each query of each asker."""
        found: dict[tuple[str, str], Fetched] = {}
        for one in self.results:
            key = (one.asked_by, one.sql)
            if key not in found or found[key].rows < one.rows:
                found[key] = one
        return found


@contextlib.contextmanager
def recording() -> Iterator[Record]:
    """While it is open, results of both engines are noted."""
    record = Record()

    def noted(sql: Any, rows: int, columns: tuple[str, ...], size: int) -> None:
        text = sql.sql(dialect="bigquery") if isinstance(sql, exp.Expression) else sql
        record.results.append(Fetched(record.asking, text, rows, columns, size))

    with pytest.MonkeyPatch.context() as patch:
        for engine in (DuckDBWarehouse, BigQueryWarehouse):
            _wrap(patch, engine, noted)
        yield record


def _wrap(patch: pytest.MonkeyPatch, engine: Any, noted: Any) -> None:
    query, rows = engine.query, engine.rows

    def as_frame(self: Any, sql: Any, parameters: Any = None) -> Any:
        frame = query(self, sql, parameters)
        size = int(frame.memory_usage(index=False, deep=True).sum())
        noted(sql, len(frame), tuple(frame.columns), size)
        return frame

    def as_rows(self: Any, sql: Any, parameters: Any = None) -> Any:
        found = rows(self, sql, parameters)
        noted(sql, len(found), (), sum(sys.getsizeof(cell) for row in found for cell in row))
        return found

    patch.setattr(engine, "query", as_frame)
    patch.setattr(engine, "rows", as_rows)


@contextlib.contextmanager
def without_pictures() -> Iterator[None]:
    """While it is open, charts are made and not drawn: they ask the same."""

    def unseen(_figure: object, target: Any, **_how: object) -> None:
        target.write(
            '<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1"></svg>'
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matplotlib.figure.Figure, "savefig", unseen)
        yield


def run_cells(path: Path, book: Shop, record: Record, label: str = "") -> None:
    """Run a notebook's cells on an open shop, but for those that show an error or open another shop."""
    names: dict[str, Any] = {"book": book}
    for cell in read_notebook(path)["cells"]:
        if cell["cell_type"] != "code" or tags(cell) & {"parameters", "raises-exception"}:
            continue
        lines = [line for line in source(cell).splitlines() if not line.startswith(("#|", "book ="))]
        if any(" = open_shop(" in line for line in lines):
            continue
        record.asking = " ".join([label, path.stem, lines[-1].removesuffix("(book)")]).strip()
        exec("\n".join(lines), names)
    record.asking = ""


def tables_of_the_many(project: Project) -> set[str]:
    """Models with a row for each event, session, visitor, customer, order or line; also while being made."""
    found = {
        name
        for name, model in project.models.items()
        if OF_THE_MANY & {*model.contract.grain} or name == "stg_events"
    }
    return found | {name + NEXT_SUFFIX for name in found}


def row_by_row(query: exp.Expression, many: set[str]) -> set[str]:
    """The tables of the many whose rows come out of a query neither added up nor limited.

    Examples
    --------
    >>> asked = "with a as (select * from t) select a.x from a join (select max(y) as y from u) as b on true"
    >>> row_by_row(dialect.parse(asked), {"t", "u"})
    {'t'}
    >>> row_by_row(dialect.parse("select x from t order by x limit 3"), {"t"})
    set()
    """
    ctes = {cte.alias: cte.this for cte in query.find_all(exp.CTE)}

    def of(node: exp.Expression) -> set[str]:
        if isinstance(node, exp.Subquery | exp.Paren):
            return of(node.this)
        if isinstance(node, exp.SetOperation):
            return of(node.left) | of(node.right) if not _is_limited(node) else set()
        if isinstance(node, exp.Table):
            name = node.name
            return of(ctes[name]) if name in ctes else {name} & many or ({name} if _is_raw(name) else set())
        if not isinstance(node, exp.Select) or _is_limited(node) or _adds_up(node):
            return set()
        sources = [node.args.get("from_") or node.args.get("from"), *(node.args.get("joins") or [])]
        return set().union(*(of(source.this) for source in sources if source is not None))

    return of(query)


def _is_raw(name: str) -> bool:
    return name.startswith("raw_") or name.removesuffix(NEXT_SUFFIX) == "rejected_rows"


def _is_limited(node: exp.Expression) -> bool:
    """A limit, or `qualify place <= …`, says how many rows there are at most."""
    qualify = node.args.get("qualify")
    return bool(node.args.get("limit")) or (qualify is not None and isinstance(qualify.this, exp.LTE))


def _adds_up(select: exp.Select) -> bool:
    """Whether its rows are groups; groups of the keys of the many are as many as they are."""
    keys: list[exp.Expression] = []
    if select.args.get("group") is not None:
        keys = select.args["group"].expressions
    elif select.args.get("distinct") is not None:
        keys = [item for item in select.expressions if not list(item.find_all(exp.Window))] or [exp.null()]
    if keys:
        return not {column.name for key in keys for column in key.find_all(exp.Column)} & OF_THE_MANY
    return any(
        aggregate.find_ancestor(exp.Window, exp.Select) is select
        for item in select.expressions
        for aggregate in item.find_all(exp.AggFunc)
    )
