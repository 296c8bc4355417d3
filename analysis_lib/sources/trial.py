"""Tries a source out before anything is built: types, filled columns, samples and sums."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis_lib.checks import Checker, Outcome
from analysis_lib.errors import ModelError, ParameterError, QueryError, ShopbookError, did_you_mean
from analysis_lib.models import Model, Project, read_project
from analysis_lib.parameters import Parameters
from analysis_lib.settings import Settings
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.load import load
from analysis_lib.sources.summary import LoadSummary
from analysis_lib.tables import create
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import embedded

_SAMPLE = 3
_DEPTH = 20
_BY_MONTH = """
select
    format_date('%Y-%m', date(orders.created_at, @timezone)) as month,
    count(distinct if(orders.status = 'cancelled', null, orders.order_id)) as orders,
    sum(lines.quantity) as units,
    sum(lines.list_price * lines.quantity) as gross_sales,
    sum(lines.discount * lines.quantity) as discounts,
    sum(if(orders.status = 'cancelled' or coalesce(lines.status, '') = 'cancelled',
        lines.sale_price * lines.quantity, 0)) as cancellations,
    sum(if(orders.status != 'cancelled' and coalesce(lines.status, orders.status) = 'returned',
        lines.sale_price * lines.quantity, 0)) as returned,
from stg_orders as orders
left join stg_order_items as lines
    on orders.order_id = lines.order_id
group by month
order by month
"""


@dataclass(frozen=True)
class Fill:
    """One column of a staging table: how many rows have a value; `is_null` where the SQL writes null."""

    column: str
    filled: int
    is_null: bool


@dataclass
class Tried:
    """What came of one staging table. `faults` are sentences with file and line."""

    model: Model
    faults: list[str] = field(default_factory=list)
    rows: int | None = None
    fills: tuple[Fill, ...] = ()
    samples: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Trial:
    """What came of trying a source out.

    `missing` maps each model to the tables that it lacks. `months` are the sums by month of the order,
    `spend` the sum of ad spend; both are empty without files. `outcomes` are checks of the staging tables.
    """

    project: Project
    tables: Sequence[str]
    tried: list[Tried]
    missing: Mapping[str, tuple[str, ...]]
    loaded: LoadSummary | None = None
    months: list[tuple[Any, ...]] = field(default_factory=list)
    spend: Any = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that must be mended before the source can be used."""
        found = [fault for tried in self.tried for fault in tried.faults]
        return found + [
            f"{outcome.check.model}: {outcome.check.column or outcome.check.name}: {outcome.check.brief} – "
            f"{outcome.failing_rows:,} rows break it, for example {outcome.sample}"
            for outcome in self.outcomes
            if outcome.status == "failed"
        ]


def try_source(settings: Settings, name: str, paths: Iterable[Path] = ()) -> Trial:
    """Try a source out; nothing of the project is changed.

    Parameters
    ----------
    settings
        The project, for its folders of sources and rules.
    name
        The source.
    paths
        Files to try it on; without them only what the SQL says is known.

    Raises
    ------
    ShopbookError
        The source is not there, its `source.yml` means nothing, or the files cannot be loaded.
    """
    project = read_project(name, settings.rules, settings.sources)
    parameters = Parameters(**_own_parameters(settings, name))
    staging = [model for model in project.staging() if model.layer == "stg"]
    trial = Trial(project, _tables(project), [Tried(model) for model in staging], {})
    for tried in trial.tried:
        tried.faults += check_model(project, tried.model)
    paths = list(paths)
    if not paths:
        trial.missing = project.missing_inputs(set(trial.tables))
        return trial
    with tempfile.TemporaryDirectory(prefix="shopbook_trial_") as folder:
        file, place = Path(folder) / "trial.duckdb", Path(folder)
        apart = dataclasses.replace(embedded(settings), warehouse=file, temp_dir=place)
        with DuckDBWarehouse(apart, "trial") as warehouse:
            trial.loaded = load(
                warehouse,
                name,
                paths,
                root=settings.root,
                own_sources=settings.sources,
                temp_dir=Path(folder),
            )
            present = warehouse.tables()
            trial.missing = project.missing_inputs({table for table in trial.tables if table in present})
            _run(warehouse, trial, parameters)
    return trial


def _own_parameters(settings: Settings, name: str) -> dict[str, Any]:
    zone = settings.parameters.get("timezone") or read_source(name, settings.sources).timezone
    return {"timezone": str(zone)} if zone else {}


def _tables(project: Project) -> list[str]:
    return [name for name in project.raw_schemas if name.startswith("raw_")] + ["load_counts"]


def check_model(project: Project, model: Model) -> list[str]:
    """What is wrong with a staging model before any row is read; with file and line."""
    where = f"{model.path.parent.name}/{model.path.name}"
    try:
        schema = {table: project.schema(table) for table in sorted(model.inputs)}
    except QueryError as error:
        return [f"{where}{_line_in(error.message)}: {error}"]
    except ModelError as error:
        return [f"{where}{line_of(model.sql, error.message)}: {error}"]
    values = Parameters().as_query_parameters()
    needed = {name: values[name] for name in model.parameters if name in values}
    unknown = sorted(model.parameters - values.keys())
    if unknown:
        return [
            f"{where}{line_of(model.sql, unknown[0])}: there is no parameter @{unknown[0]}."
            f" {did_you_mean(unknown[0], values)}"
        ]
    if "as_of" in needed:
        return [
            f"{where}{line_of(model.sql, 'as_of')}: a staging table takes all rows, so it must not use"
            " @as_of."
        ]
    try:
        dialect.to_duckdb(model.tree, needed, schema)
        types = dialect.output_types(model.tree, needed, schema)
    except (QueryError, ParameterError) as error:
        columns = {column for table in schema.values() for column in table}
        unknown_columns = [word for word in re.findall(r"[A-Za-z_]\w*", error.message) if word not in columns]
        hint = "" if error.hint else _nearest(unknown_columns, columns, model.sql)
        return [f"{where}{line_of(model.sql, error.message)}: {error} {hint}".rstrip()]
    return [f"{where}{line}: {said}" for line, said in _columns_wrong(model, types)]


def _nearest(words: Sequence[str], columns: set[str], sql: str) -> str:
    word = next((word for word in words if re.search(rf"\b{re.escape(word)}\b", sql) and len(word) > 2), "")
    hint = did_you_mean(word, columns) if word else ""
    return hint if hint.startswith("Did") else ""


def _line_in(message: str) -> str:
    found = re.search(r"line (\d+)", message)
    return f", line {found.group(1)}" if found else ""


def line_of(sql: str, message: str) -> str:
    """Where in a model's text the thing stands that a message names, as ", line 12"; empty when not found.

    Examples
    --------
    >>> line_of("select\\n    a,\\n    betrag,\\nfrom t", "There is no column betrag.")
    ', line 3'
    """
    if _line_in(message):
        return _line_in(message)
    quoted = re.findall(r"[\"'`]([^\"'`]+)[\"'`]", message)
    words = [word for word in re.findall(r"[^\W\d]\w{2,}", message) if "_" in word or word.islower()]
    for word in sorted({*quoted, *words}, key=lambda word: (word not in quoted, -len(word))):
        lines = [n for n, line in enumerate(sql.splitlines(), 1) if _has(line, word)]
        if 0 < len(lines) <= 2:
            return f", line {lines[0]}"
    return ""


def _has(line: str, word: str) -> bool:
    code = line.split("--")[0]
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", code))


def _columns_wrong(model: Model, types: Mapping[str, str]) -> list[tuple[str, str]]:
    """Columns that are missing, too many, in another order or of another type than the contract's."""
    wanted = model.contract.schema
    found: list[tuple[str, str]] = []
    for column, type_ in wanted.items():
        if column not in types:
            found.append(
                (
                    "",
                    (
                        f"the column {column} ({type_}) is missing; write cast(null as {type_.lower()}) as"
                        f" {column}"
                    ),
                )
            )
        elif types[column] != type_:
            said = "has a type that cannot be told" if types[column] == "UNKNOWN" else f"is {types[column]}"
            found.append(
                (
                    _output_line(model.sql, column),
                    f"{column} {said}, the contract wants {type_}; write cast(… as {type_.lower()})",
                )
            )
    for column in types:
        if column not in wanted:
            found.append(
                (
                    _output_line(model.sql, column),
                    f"the contract has no column {column}. {did_you_mean(column, wanted)}",
                )
            )
    if not found and list(types) != list(wanted):
        first = next(w for w, t in zip(wanted, types, strict=True) if w != t)
        found.append(
            (
                _output_line(model.sql, first),
                f"the columns stand in another order; {first} comes earlier in the contract",
            )
        )
    return found


def _output_line(sql: str, column: str) -> str:
    lines = [
        n
        for n, line in enumerate(sql.splitlines(), 1)
        if re.search(rf"(\bas |^\s*|\.){re.escape(column)},?\s*$", line)
    ]
    return f", line {lines[-1]}" if lines else ""


def null_columns(model: Model) -> set[str]:
    """The columns for which the SQL writes null, through all its CTEs."""
    from sqlglot import exp

    selects = {cte.alias: cte.this for cte in model.tree.find_all(exp.CTE)}

    def column_is_null(query: exp.Expr, column: str, depth: int) -> bool:
        if isinstance(query, exp.Union):
            return all(column_is_null(side, column, depth) for side in (query.left, query.right))
        if not isinstance(query, exp.Select) or depth > _DEPTH:
            return False
        for projection in query.selects:
            if projection.is_star:
                found = _sources(query).values()
                return bool(found) and all(column_is_null(one, column, depth + 1) for one in found)
            if projection.alias_or_name == column:
                return is_null(projection.unalias(), query, depth + 1)
        return False

    def is_null(value: exp.Expr, query: exp.Select, depth: int) -> bool:
        if isinstance(value, exp.Column):
            found = _sources(query)
            source = found.get(value.table) if value.table else next(iter(found.values()), None)
            return source is not None and column_is_null(source, value.name, depth)
        if isinstance(value, exp.Coalesce):
            return all(is_null(part, query, depth) for part in (value.this, *value.expressions))
        if isinstance(value, exp.If):
            return all(
                is_null(part, query, depth) for part in (value.args["true"], value.args.get("false")) if part
            )
        if isinstance(value, exp.Cast | exp.Sum | exp.Max | exp.Min):
            return is_null(value.this, query, depth)
        return isinstance(value, exp.Null)

    def _sources(query: exp.Select) -> dict[str, exp.Expr]:
        start = query.args.get("from_") or query.args.get("from")
        tables = [start.this] if start else []
        tables += [join.this for join in query.args.get("joins") or ()]
        return {table.alias_or_name: selects[table.name] for table in tables if table.name in selects}

    return {column for column in model.contract.columns if column_is_null(model.tree, column, 0)}


def _run(warehouse: DuckDBWarehouse, trial: Trial, parameters: Parameters) -> None:
    """Make the staging tables, as far as they can be made, and look at them."""
    made: set[str] = set()
    for other in trial.project.staging():
        if other.layer != "stg":  # rule tables that a staging model reads
            create(warehouse, other, parameters, {})
            warehouse.swap([other.name])
    for tried in trial.tried:
        model = tried.model
        if trial.missing[model.name] or tried.faults:
            continue
        for table in sorted(model.inputs - warehouse.tables()):
            warehouse.create_empty_table(table, trial.project.schema(table))
        try:
            create(warehouse, model, parameters, {})
            warehouse.swap([model.name])
            _look(warehouse, tried)
        except ShopbookError as error:
            tried.faults.append(
                f"{model.path.parent.name}/{model.path.name}{line_of(model.sql, error.message)}: {error}"
            )
            continue
        made.add(model.name)
    fingerprints = dict.fromkeys(sorted(made), "trial")
    trial.outcomes = Checker(warehouse, trial.project, parameters, fingerprints).run()
    if {"stg_orders", "stg_order_items"} <= made:
        trial.months = warehouse.rows(_BY_MONTH, {"timezone": parameters.timezone})
    if "stg_marketing_spend" in made:
        [(trial.spend,)] = warehouse.rows("select sum(spend) from stg_marketing_spend")


def _look(warehouse: DuckDBWarehouse, tried: Tried) -> None:
    model = tried.model
    columns = list(model.contract.columns)
    counts = ", ".join(f"countif({column} is not null) as c{n}" for n, column in enumerate(columns))
    [(tried.rows, *filled)] = warehouse.rows(f"select count(*) as n, {counts} from {model.name}")
    nulls = null_columns(model)
    tried.fills = tuple(
        Fill(column, int(count), column in nulls) for column, count in zip(columns, filled, strict=True)
    )
    order = ", ".join(model.contract.grain)
    rows = warehouse.rows(f"select {', '.join(columns)} from {model.name} order by {order} limit {_SAMPLE}")
    tried.samples = [dict(zip(columns, row, strict=True)) for row in rows]
