"""Rules on the shape of a query, read from its syntax tree."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from analysis_lib.warehouse.dialect_types import base_tables, table_name

Found = Iterator[tuple[int, str, str]]

REASONS = {
    "select-star": "what a query takes from a table is seen where it is taken",
    "cte-name": "a CTE named like a table hides it from the reader, and from an engine",
    "join-condition": "a forgotten condition multiplies rows",
    "correlated": "BigQuery refuses many correlated subqueries that the analyser accepts",
    "final-order": "a table has no order",
    "limit-order": "limit without an order keeps other rows on each run",
    "group-by-number": "a column moved in the select would silently group by another",
}


def check(tree: exp.Expr) -> Found:
    """Every finding on the shape of the query."""
    yield from _stars(tree)
    yield from _cte_names(tree)
    yield from _joins(tree)
    yield from _order(tree)
    yield from _correlated(tree)
    for group in tree.find_all(exp.Group):
        if any(isinstance(item, exp.Literal) for item in group.expressions):
            yield _line(group), "group-by-number", "group by names, not by positions"


def _line(node: exp.Expr) -> int:
    """The first line of a node: that of the first of its parts that has a place."""
    lines = [part.meta["line"] for part in node.walk() if "line" in part.meta]
    return min(lines, default=1)


def _stars(tree: exp.Expr) -> Found:
    bases = {id(table) for table in base_tables(tree)}
    for select in tree.find_all(exp.Select):
        stars = [column for column in select.expressions if column.is_star]
        sources = _sources(select)
        if not stars:
            continue
        reads_base = any(id(part) in bases for part in sources)
        is_import = isinstance(select.parent, exp.CTE) and len(sources) == 1 and len(select.expressions) == 1
        is_final = select is tree and len(sources) == 1
        if reads_base and not is_import and not is_final:
            yield _line(select), "select-star", "name the columns, or import the table in a CTE of its own"


def _cte_names(tree: exp.Expr) -> Found:
    tables = {table_name(table).lower() for table in base_tables(tree)}
    for cte in tree.find_all(exp.CTE):
        if cte.alias.lower() in tables:
            yield _line(cte.args["alias"]), "cte-name", f"name the CTE other than the table {cte.alias}"


def _joins(tree: exp.Expr) -> Found:
    for join in tree.find_all(exp.Join):
        has_condition = join.args.get("on") or join.args.get("using")
        if not has_condition and not isinstance(join.this, exp.Unnest) and join.kind != "CROSS":
            yield _line(join), "join-condition", "give the join its condition, or write cross join"


def _order(tree: exp.Expr) -> Found:
    if tree.args.get("order") and not tree.args.get("limit"):
        yield _line(tree.args["order"]), "final-order", "leave out the last order by"
    for query in tree.find_all(exp.Query):
        if query.args.get("limit") and not query.args.get("order"):
            yield _line(query.args["limit"]), "limit-order", "give limit an order by"


def _correlated(tree: exp.Expr) -> Found:
    for subquery in tree.find_all(exp.Subquery):
        select = subquery.unnest()
        if isinstance(subquery.parent, exp.From | exp.Join | exp.In | exp.Exists | exp.SetOperation):
            continue
        if not isinstance(select, exp.Select) or all(
            isinstance(source, exp.Unnest) for source in _sources(select)
        ):
            continue
        own = {source.alias_or_name for inner in select.find_all(exp.Select) for source in _sources(inner)}
        if any(column.table and column.table not in own for column in select.find_all(exp.Column)):
            yield _line(select), "correlated", "write the subquery as a join"


def _sources(select: exp.Select) -> list[exp.Expr]:
    """What a select reads: its from and its joins."""
    first = select.args.get("from_")
    joins = select.args.get("joins") or ()
    return [*([first.this] if first is not None else []), *(join.this for join in joins)]
