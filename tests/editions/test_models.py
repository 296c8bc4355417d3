"""The models of an edition of some people, as Google's SQL engine and the contracts see them."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis_lib.editions.project import SQL, VALUE_TABLE, WHOLE, people_project
from analysis_lib.models import Model
from analysis_lib.parameters import Parameters
from tests.googlesql.engine import GoogleSql
from tests.models.catalogue import header, project, selected_tables

PROJECT = people_project(project("thelook"))
OWN = [PROJECT.get(path.stem) for path in sorted(SQL.glob("*.sql"))]
each_model = pytest.mark.parametrize("model", [pytest.param(model, id=model.name) for model in OWN])
PARAMETERS = Parameters(as_of=dt.date(2024, 6, 30)).as_query_parameters()


@pytest.fixture(scope="module")
def analyser() -> GoogleSql:
    return GoogleSql()


@each_model
def test_zetasql_finds_the_columns_and_types_of_the_contract(model: Model, analyser: GoogleSql) -> None:
    schemas = {name: dict(PROJECT.schema(name)) for name in [*PROJECT.raw_schemas, *PROJECT.models]}
    found = analyser.columns(model.sql, schemas, PARAMETERS)
    assert list(found.items()) == list(model.contract.schema.items())


@each_model
def test_the_header_names_the_inputs_and_which_may_be_missing(model: Model) -> None:
    assert header(model.sql).inputs == selected_tables(model.sql) == model.inputs
    assert header(model.sql).optional == model.contract.optional_inputs


@each_model
def test_it_reads_the_whole_shop_and_the_edition_alone(model: Model) -> None:
    assert all(name.startswith((WHOLE, "stg_edition_")) or name == VALUE_TABLE for name in model.inputs)


def test_what_no_person_is_known_for_is_not_available_and_nothing_else_is() -> None:
    present = {name for name in PROJECT.raw_schemas if not name.startswith("raw_")}
    missing = {name: lacks for name, lacks in PROJECT.missing_inputs(present).items() if lacks}
    assert {lack for lacks in missing.values() for lack in lacks} == {
        "raw_marketing_spend",
        "raw_inventory_items",
    }
    assert {name for name in missing if not name.startswith("int_")} == {
        "stg_marketing_spend",
        "stg_inventory_items",
        "fct_inventory_forecast",
    }
