"""The models as Google's SQL engine and DuckDB see them: columns and types as the contracts promise."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from analysis_lib.checks import Check, checks_of
from analysis_lib.models import Model, Project
from analysis_lib.parameters import Parameters
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.translations import translations_in
from tests.googlesql.engine import GoogleSql
from tests.models.catalogue import PARAMETER_TYPES, SOURCES, all_models, project, source_of, sql_models
from tests.translations import TRANSLATIONS

PARAMETERS = Parameters(as_of=dt.date(2024, 6, 30)).as_query_parameters()


def schemas(of: Project) -> dict[str, dict[str, str]]:
    """Every table of a source: column names and GoogleSQL types, models by their contracts."""
    return {name: dict(of.schema(name)) for name in [*of.raw_schemas, *of.models]}


def translated(sql: str, tables: dict[str, dict[str, str]]) -> str:
    """For DuckDB; what all sources share is translated once."""
    known = translations_in(TRANSLATIONS).to_duckdb(sql, PARAMETERS, tables.get)
    assert known, "a table is not there"
    return known


def checks(model: Model, of: Project) -> tuple[list[Check], list[Check]]:
    """A model's checks: conditions on one row, and queries over several."""
    found = checks_of(model, set(of.models))
    return [check for check in found if check.failing], [check for check in found if not check.failing]


each_model = pytest.mark.parametrize("model", [pytest.param(model, id=name) for name, model in all_models()])
each_sql_model = pytest.mark.parametrize(
    "model", [pytest.param(model, id=name) for name, model in sql_models()]
)


@pytest.fixture(scope="module")
def analyser() -> GoogleSql:
    """Google's analyser: half a second, the first time on a machine about twenty."""
    return GoogleSql()


def test_every_run_parameter_has_a_value_to_analyse_with() -> None:
    assert set(PARAMETERS) == set(PARAMETER_TYPES)


@each_sql_model
def test_zetasql_finds_the_columns_and_types_of_the_contract(model: Model, analyser: GoogleSql) -> None:
    found = analyser.columns(model.sql, schemas(project(source_of(model))), PARAMETERS)
    assert list(found.items()) == list(model.contract.schema.items())


@each_model
def test_zetasql_understands_every_check(model: Model, analyser: GoogleSql) -> None:
    of_source = project(source_of(model))
    tables = schemas(of_source)
    by_row, by_query = checks(model, of_source)
    conditions = ", ".join(f"{check.failing} as c{i}" for i, check in enumerate(by_row))
    found = analyser.columns(f"select {conditions} from {model.name}", tables, PARAMETERS)
    assert list(found.values()) == ["BOOL"] * len(by_row)
    for check in by_query:
        assert analyser.columns(check.failing_query, tables, PARAMETERS)["failing_rows"] == "INT64", check


@pytest.mark.parametrize("source", SOURCES)
def test_duckdb_gives_the_same_types_and_a_shop_without_rows_passes_every_check(source: str) -> None:
    of_source = project(source)
    tables = schemas(of_source)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, columns in of_source.raw_schemas.items():
            typed = ", ".join(f'"{column}" {dialect.duckdb_type(kind)}' for column, kind in columns.items())
            connection.execute(f"create table {name} ({typed})")
        for model in of_source.ordered():
            if model.path.suffix != ".sql":
                typed = ", ".join(
                    f'"{name}" {dialect.duckdb_type(kind)}' for name, kind in model.contract.schema.items()
                )
                connection.execute(f"create table {model.name} ({typed})")
                continue
            select = translated(model.sql, tables)
            connection.execute(f"create table {model.name} as {select}")
            rows = connection.execute(f"describe {model.name}").fetchall()
            found = {name: dialect.googlesql_type(kind) for name, kind, *_ in rows}
            assert list(found.items()) == list(model.contract.schema.items()), model.name
        for model in of_source.models.values():
            by_row, by_query = checks(model, of_source)
            counts = ", ".join(f"countif({check.failing}) as c{i}" for i, check in enumerate(by_row))
            queries = [f"select {counts} from {model.name}"] + [
                f"select coalesce(sum(failing_rows), 0) as c0 from ({check.failing_query}) as failing"
                for check in by_query
            ]
            for query in queries:
                failing = connection.execute(translated(query, tables)).fetchone()
                assert failing is not None
                assert not any(failing), (query, failing)
