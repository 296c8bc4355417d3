"""What a shop of so many events would read and cost on BigQuery, by the arithmetic of a dry run.

    python -m benchmarks.bigquery_cost measure     # sizes of the columns of the demo shop, after make report
    python -m benchmarks.bigquery_cost pages       # the columns that the notebooks' queries read; runs them
    python -m benchmarks.bigquery_cost             # from these: models, checks, pages, storage and prices

Nothing was run on BigQuery. A query is billed for the columns that it reads, each by its documented logical
size (INT64, FLOAT64, DATE and TIMESTAMP 8 bytes, NUMERIC 16, BOOL 1, STRING 2 and its UTF-8 bytes, NULL
nothing), whole, at least 10 MB for a table and a query, a column once however often the query names it. Which
columns a model reads is found in its SQL: views are written out, and columns that nothing uses are left out.
The rows are those of the demo shop times the share of events, for every table but rules: an upper bound for
tables of days and products. No filter saves anything here, because a first build reads all days.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from analysis_lib.checks import checks_of
from analysis_lib.computed import PythonModel, RuleTable
from analysis_lib.explore import ask
from analysis_lib.models import Model, Project, read_project
from analysis_lib.publish.plan import read_reports
from analysis_lib.settings import load_settings
from analysis_lib.verbs.estimate import billed_at_least
from analysis_lib.warehouse import dialect

RESULTS = Path(__file__).with_name("results")
SIZES, COSTS = RESULTS / "bigquery_columns.csv", RESULTS / "bigquery_cost.csv"
PAGES = RESULTS / "bigquery_pages.csv"
EVENTS = (1_000_000, 100_000_000, 10_000_000_000)
PRICE_PER_TIB = 6.25
_FIXED = {"INT64": 8, "FLOAT64": 8, "DATE": 8, "TIMESTAMP": 8, "DATETIME": 8, "NUMERIC": 16, "BOOL": 1}
_GOOGLESQL = {
    "BIGINT": "INT64",
    "INTEGER": "INT64",
    "DOUBLE": "FLOAT64",
    "BOOLEAN": "BOOL",
    "VARCHAR": "STRING",
    "DATE": "DATE",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "TIMESTAMP": "DATETIME",
}

Sizes = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Shop:
    """What was measured: bytes of each column and rows of each table, for so many events."""

    events: int
    rows: Mapping[str, int]
    sizes: Sizes

    def bytes_of(self, table: str, columns: Iterable[str], events: int) -> int:
        """Logical bytes of some columns of a table in a shop of so many events."""
        size = sum(self.sizes.get(table, {}).get(column, 0) for column in columns)
        return size if table.startswith("rule_") else size * events // self.events


@dataclass(frozen=True)
class Cost:
    """What the jobs for one thing read and are billed."""

    part: str
    name: str
    bytes_read: int
    bytes_billed: int


# -- measuring ----------------------------------------------------------------------------------------


def size_sql(column: str, type_: str) -> str:
    """The logical bytes of a column, as SQL of DuckDB.

    Examples
    --------
    >>> size_sql("n", "BIGINT"), size_sql("name", "VARCHAR")
    ('count("n") * 8', 'coalesce(sum(strlen("name") + 2), 0)')
    """
    named = _GOOGLESQL.get(type_, "NUMERIC" if type_.startswith("DECIMAL") else type_)
    if named == "STRING":
        return f'coalesce(sum(strlen("{column}") + 2), 0)'
    return f'count("{column}") * {_FIXED[named]}'


def measure(connection: duckdb.DuckDBPyConnection, schema: str) -> list[tuple[str, str, int, int]]:
    """Table, column, rows and logical bytes of every table of a shop."""
    found = []
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ? order by 1", [schema]
    ).fetchall()
    for (table,) in tables:
        place = f'"{schema}"."{table}"'
        columns = connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
        sizes = ", ".join(size_sql(name, type_) for name, type_ in columns)
        rows, *counted = connection.execute(f"select count(*), {sizes} from {place}").fetchall()[0]
        found += [(table, name, rows, int(size)) for (name, _), size in zip(columns, counted, strict=True)]
    return found


def shop_of(measured: Iterable[tuple[str, str, int, int]]) -> Shop:
    """A shop from what `measure` found in it."""
    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    rows: dict[str, int] = {}
    for table, column, count, size in measured:
        sizes[table][column], rows[table] = int(size), int(count)
    return Shop(rows["raw_events"], rows, sizes)


def read_sizes(path: Path = SIZES) -> Shop:
    """What `measure` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return shop_of((table, column, int(count), int(size)) for table, column, count, size in rows)


# -- what a query reads -------------------------------------------------------------------------------


def columns_read(
    query: exp.Expression, schema: Mapping[str, Mapping[str, str]], views: Mapping[str, exp.Expression]
) -> dict[str, set[str]]:
    """Table to the columns that a query reads of it; views are written out.

    Examples
    --------
    >>> schema = {"t": {"a": "INT64", "b": "INT64", "c": "INT64"}}
    >>> view = {"v": dialect.parse("select a, b, a + c as d from t")}
    >>> found = columns_read(dialect.parse("select a from v where d > 1"), schema, view)
    >>> {table: sorted(columns) for table, columns in found.items()}
    {'t': ['a', 'c']}
    """
    tree = exp.expand(query.copy(), dict(views), dialect="bigquery")
    qualified = qualify(
        tree, schema=schema, dialect="bigquery", validate_qualify_columns=False, quote_identifiers=False
    )
    pruned = pushdown_projections(qualified)
    found: dict[str, set[str]] = defaultdict(set)
    for scope in traverse_scope(pruned):
        for name, (_, source) in scope.selected_sources.items():
            if isinstance(source, exp.Table) and source.name in schema:
                found[source.name] |= {column.name for column in scope.source_columns(name)}
    return dict(found)


def queries_of(model: Model) -> list[exp.Expression]:
    """The queries by which a model is built."""
    if isinstance(model, RuleTable):
        return []
    if isinstance(model, PythonModel):
        return [dialect.parse(f"select * from {name}") for name in sorted(model.inputs)]
    if model.contract.is_view:  # making it reads nothing, its rows are counted
        return [exp.select("count(*)").from_(model.tree.copy().subquery("counted"))]
    return [model.tree]


def check_queries(model: Model, available: set[str]) -> list[exp.Expression]:
    """The queries by which the contract of a model is checked, where no row breaks it."""
    checks = checks_of(model, available)
    by_row = [f"countif({check.failing}) as c{place}" for place, check in enumerate(checks) if check.failing]
    by_group = [
        f"select coalesce(sum(failing_rows), 0) as failing_rows from ({check.failing_query}) as failing"
        for check in checks
        if not check.failing
    ]
    texts = [f"select {', '.join(by_row)} from {model.name}"] if by_row else []
    texts += [" union all ".join(by_group)] if by_group else []
    return [dialect.parse(text) for text in texts]


def schema_of(project: Project, shop: Shop) -> dict[str, dict[str, str]]:
    """Columns of every table: as the contracts say now, and of the library's own tables as measured."""
    names = {*project.models} | {name for model in project.models.values() for name in model.inputs}
    measured = {table: dict.fromkeys(columns, "STRING") for table, columns in shop.sizes.items()}
    return measured | {name: dict(project.schema(name)) for name in sorted(names)}


def page_reads(project: Project, shop: Shop) -> list[tuple[str, int, str, str]]:
    """Page, number of the query, table and column of all that the notebooks ask, by running their cells."""
    models = project.models.values()
    views = {model.name: model.tree for model in models if model.contract.is_view}
    schema = schema_of(project, shop)
    asked: list[exp.Expression] = []
    run = ask.run

    def noted(warehouse: Any, project: Any, query: Any, *given: Any, **named: Any) -> Any:
        asked.append(dialect.parse(query) if isinstance(query, str) else query.copy())
        return run(warehouse, project, query, *given, **named)

    found = []
    ask.run = noted
    try:
        for page in read_reports(load_settings().reports / "reports.yml", load_settings().notebooks).pages:
            asked.clear()
            cells = json.loads(page.notebook.read_text(encoding="utf-8"))["cells"]
            code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            exec("\n".join(code), {})
            for number, tree in enumerate(asked, start=1):
                for table, columns in sorted(columns_read(tree, schema, views).items()):
                    found += [(page.id, number, table, column) for column in sorted(columns)]
    finally:
        ask.run = run
    return found


def page_costs(shop: Shop, events: Sequence[int] = EVENTS, path: Path = PAGES) -> Iterator[tuple[int, Cost]]:
    """Events and what the queries of each page read; no filter on days is counted as a saving."""
    reads: dict[tuple[str, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            reads[row["page"], int(row["query"])][row["table"]].add(row["column"])
    for (page, _), read in reads.items():
        for count in events:
            sizes = [shop.bytes_of(table, columns, count) for table, columns in read.items()]
            if sum(sizes):
                yield count, Cost("pages", page, sum(sizes), billed_at_least(sum(sizes), len(sizes)))


def costs(shop: Shop, project: Project, events: Sequence[int] = EVENTS) -> Iterator[tuple[int, Cost]]:
    """Events and the cost of each model and of its checks, in the order of the build."""
    models = [model for model in project.ordered() if not project.missing_inputs(set(shop.rows))[model.name]]
    views = {model.name: model.tree for model in models if model.contract.is_view}
    schema = schema_of(project, shop)
    available = {model.name for model in models}
    for model in models:
        parts = {"model": queries_of(model), "checks": check_queries(model, available)}
        for part, queries in parts.items():
            reads = [columns_read(query, schema, views) for query in queries]
            for count in events:
                sizes = [
                    [shop.bytes_of(table, columns, count) for table, columns in read.items()]
                    for read in reads
                ]
                read_bytes = sum(map(sum, sizes))
                billed = sum(billed_at_least(sum(one), len(one)) for one in sizes if sum(one))
                yield count, Cost(part, model.name, read_bytes, billed)


def read_costs(path: Path = COSTS) -> list[tuple[int, Cost]]:
    """What was written the last time."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (
                int(row["events"]),
                Cost(row["part"], row["name"], int(row["bytes_read"]), int(row["bytes_billed"])),
            )
            for row in csv.DictReader(file)
        ]


def stored(shop: Shop, events: int) -> int:
    """Logical bytes of all tables of a shop of so many events."""
    return sum(shop.bytes_of(table, columns, events) for table, columns in shop.sizes.items())


def main() -> None:
    """Measure, or compute and print."""
    from benchmarks import bigquery_cost_tables as tables

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["measure", "pages", "compute"], default="compute")
    parser.add_argument("--shop", default="demo")
    parser.add_argument(
        "--against", nargs="*", default=[], metavar="NAME=FILE", help="DuckDB files of other shops"
    )
    options = parser.parse_args()
    if options.what == "measure":
        with duckdb.connect(str(load_settings().warehouse), read_only=True) as connection:
            rows = measure(connection, options.shop)
        with SIZES.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("table", "column", "rows", "bytes"), *rows])
        print(f"{SIZES}: {len(rows):,} columns")
    shop, project = read_sizes(), read_project("thelook")
    if options.what == "pages":
        rows = [("page", "query", "table", "column"), *page_reads(project, shop)]
        with PAGES.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    found = [*costs(shop, project), *page_costs(shop)]
    with COSTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["events", "part", "name", "bytes_read", "bytes_billed", "price"])
        for count, cost in found:
            price = cost.bytes_billed / 2**40 * PRICE_PER_TIB
            writer.writerow([count, cost.part, cost.name, cost.bytes_read, cost.bytes_billed, f"{price:.6f}"])
    sums = tables.summary(found, shop)
    printed = [tables.table_lines(sums), tables.dearest_lines(found, EVENTS[-1]), tables.day_lines(found)]
    others = []
    for name, _, file in (text.partition("=") for text in options.against):
        with duckdb.connect(file, read_only=True) as connection:
            others.append((name, shop_of(measure(connection, options.shop))))
    if others:
        printed.append(tables.validated_lines(others, shop, project))
    print("\n\n".join("\n".join(lines) for lines in printed))


if __name__ == "__main__":
    main()
