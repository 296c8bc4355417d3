"""What the specifications of the models are written with: :func:`check`.

    check(
        "fct_daily_pnl",
        {"stg_orders": "…", "stg_order_items": "…"},
        expect="| calendar_date | orders | …",
        as_of="2024-01-03",
    )

runs the model's own SQL file on both engines. The tables are text; columns that they leave out are NULL. An
input of the model that is not given is built by its own model, on both engines too, from what is given; where
nothing is given that it could be built from, it has no rows. Rule tables are the real ones, unless given.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any
from unittest import mock

from sqlglot import exp

from analysis_lib.computed import PythonModel, RuleTable
from analysis_lib.models import Project
from analysis_lib.parameters import make_parameters
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.translations import translations_in
from tests.googlesql import cases
from tests.googlesql.cases import Rows, run_case
from tests.googlesql.engine import Result
from tests.googlesql.text_tables import read_text
from tests.models.catalogue import project
from tests.models.frames import from_frame, to_frame
from tests.models.prepared import PreparedGoogleSql
from tests.translations import TRANSLATIONS

__all__ = ["build_shop", "check", "rows_of", "sideways"]

AS_OF = "2024-01-31"
"""The last day that counts, where a case does not say."""


def check(
    model: str,
    tables: Mapping[str, str | Rows] | None = None,
    expect: str | None = None,
    *,
    oracle: bool = True,
    source: str = "thelook",
    **parameters: object,
) -> Result:
    """Run one model on small tables, on both engines, and compare its rows; the rows of DuckDB.

    Parameters
    ----------
    model
        The model's name; its SQL file is what is run.
    tables
        Any of its inputs, or what these are made from.
    expect
        The rows that must come out; columns that it leaves out are not compared.
    oracle
        Whether Google's reference engine must give the same rows.
    source
        The source whose staging models are meant.
    parameters
        Run parameters that differ from the defaults; `as_of` is 2024-01-31 unless given.

    Raises
    ------
    AssertionError
        With the rows that differ.
    """
    models = project(source)
    given = dict(tables or {})
    if unknown := given.keys() - {model, *models.ancestors(model), *models.raw_schemas}:
        raise ValueError(f"{model} is not made from {sorted(unknown)}")
    steps = {model} | _between(models, model, given.keys())
    return _run(models, steps, given, {model: expect}, oracle, parameters)[model]


def build_shop(
    tables: Mapping[str, str | Rows], *, oracle: bool = True, **parameters: object
) -> dict[str, Result]:
    """Build every model that stands behind the given tables, as :func:`check` does; the rows of each."""
    models = project("thelook")
    steps = {name for name in models.models.keys() - tables.keys() if _stands_on(models, name, tables.keys())}
    return _run(models, steps, dict(tables), {}, oracle, parameters)


def _run(
    models: Project,
    steps: set[str],
    given: dict[str, str | Rows],
    expect: Mapping[str, str | None],
    oracle: bool,
    parameters: Mapping[str, object],
) -> dict[str, Result]:
    """Run the models of `steps`, each on what is given and on the results of those before it."""
    values = make_parameters({"as_of": AS_OF, **parameters}).as_query_parameters()
    results: dict[str, Result] = {}
    for step in models.ordered():
        schema = step.contract.schema
        if isinstance(step, RuleTable):
            given.setdefault(step.name, from_frame(schema, step.compute()))
            results[step.name] = _compared(from_frame(schema, to_frame(schema, given[step.name])), None)
            continue
        if step.name not in steps:
            continue
        if isinstance(step, PythonModel):
            frames = {name: to_frame(models.schema(name), given.get(name)) for name in step.inputs}
            computed = step.compute(frames, {name: values[name] for name in step.parameters})
            result = _compared(from_frame(schema, computed), expect.get(step.name))
            results[step.name], given[step.name] = result, Rows(schema, result.rows)
            continue
        inputs = {name: given[name] for name in step.inputs if name in given}
        contract = {name: dict(models.schema(name)) for name in sorted(step.inputs)}
        with mock.patch.multiple(cases, engine=_engine, dialect=_DIALECT):
            result = run_case(
                step.sql, inputs, values, expect.get(step.name), contract=contract, oracle=oracle
            )
        results[step.name] = result
        given[step.name] = Rows(models.schema(step.name), result.rows)
    return results


def _compared(rows: Rows, expect: str | None) -> Result:
    """The rows of a Python model, after a comparison with what was expected."""
    names = list(rows.types)
    result = Result(tuple(names), tuple(rows.types.values()), [tuple(row) for row in rows.rows])
    if expect is not None:
        wanted, expected = read_text(expect, rows.types)
        places = [names.index(name) for name in wanted]
        actual = [tuple(row[place] for place in places) for row in result.rows]
        cases._compare(wanted, expected, actual, False, 1e-6, "expected", "Python")
    return result


def rows_of(result: Result, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a result, its rows sorted."""
    places = [result.columns.index(name) for name in columns]
    return sorted((tuple(row[place] for place in places) for row in result.rows), key=repr)


def sideways(text: str) -> str:
    '''A table of many columns and few rows, written with a line for each column.

    Examples
    --------
    >>> print(sideways("""
    ...     | calendar_date | 2024-01-01 | 2024-01-02 |
    ...     | orders        | 3          | 0          |
    ... """))
    | calendar_date | orders |
    | 2024-01-01 | 3 |
    | 2024-01-02 | 0 |
    '''
    lines = [line.strip() for line in text.strip().splitlines()]
    columns = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line]
    return "\n".join(f"| {' | '.join(row)} |" for row in zip(*columns, strict=True))


def _stands_on(models: Project, name: str, given: Collection[str]) -> bool:
    """Whether a model is made from any of the given tables, at any distance."""
    return any(models.get(each).inputs & set(given) for each in {name, *models.ancestors(name)})


def _between(models: Project, model: str, given: Collection[str]) -> set[str]:
    """The models that stand between the given tables and the model."""
    found: set[str] = set()
    waiting = [model]
    while waiting:
        for name in models.get(waiting.pop()).inputs & models.models.keys() - set(given) - found:
            if _stands_on(models, name, given):
                found.add(name)
                waiting.append(name)
    return found


@functools.cache
def _engine() -> PreparedGoogleSql:
    return PreparedGoogleSql()


def _to_duckdb(sql: str, params: Mapping[str, object], schema: Mapping[str, Mapping[str, str]]) -> str:
    known = translations_in(TRANSLATIONS).to_duckdb(sql, params, schema.get)
    return dialect.to_duckdb(sql, params, schema) if known is None else known


@functools.cache
def _parse(sql: str) -> exp.Expr:
    tree = dialect.parse(sql)
    _parameters_of[id(tree)] = dialect.parameters(tree)
    return tree


def _parameters(tree: exp.Expr) -> set[str]:
    return _parameters_of[id(tree)]


# By the identity of a tree, which the cache above keeps alive.
_parameters_of: dict[int, set[str]] = {}

# The harness reads and translates its query for every case; here a model is read once.
_DIALECT = SimpleNamespace(
    **{
        **vars(dialect),
        "parse": _parse,
        "parameters": _parameters,
        "to_bigquery": functools.cache(dialect.to_bigquery),
        "to_duckdb": _to_duckdb,
    }
)
