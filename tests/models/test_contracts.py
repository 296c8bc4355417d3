"""The contracts beside the models: complete, in step with the SQL, and with one name per quantity."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.checks import checks_of
from analysis_lib.computed import RULES
from analysis_lib.models import PACKAGE, Model, read_yaml
from tests.models.catalogue import (
    CONTRACTS,
    PARAMETER_TYPES,
    SOURCES,
    all_models,
    header,
    loaded_tables,
    project,
    selected_tables,
    source_of,
    sql_files,
    sql_models,
)

MODELS = [pytest.param(model, id=name) for name, model in all_models()]
each_model = pytest.mark.parametrize("model", MODELS)
each_sql_model = pytest.mark.parametrize(
    "model", [pytest.param(model, id=name) for name, model in sql_models()]
)

# Ratios of money are FLOAT64: an exact decimal of a quotient does not exist.
MONEY_RATIOS = re.compile(
    r"average_|cost_per_|_per_customer$|_per_session$|_mean$|_7d$|^(cac|cpc)$|^ltv_|^expected_"
)
# Counts in parts: by credit, by a forecast, between two of a kind.
FRACTIONS = "attributed_orders|credited_orders|backtest_naive_units|backtest_forecast_units|mean_days_between"
# Rates that are no shares of a whole: purchasers need not have viewed, and a margin may be negative.
OPEN_RATES = {"any_order_conversion_rate", "margin_rate"}
# Each the word of its field: clicks on ads and within the shop; searches of sessions and of products; buyers as
# visitors and as users; carts per ordered view and per viewing session.
HOMONYMS = {"clicks", "searches", "buyers", "view_to_cart_rate"}
UPSTREAM = {
    "rule": (),
    "stg": ("rule_", "raw_", "stg_"),
    "int": ("rule_", "stg_", "int_"),
    "fct": ("rule_", "stg_", "int_", "fct_", "dim_"),
    "dim": ("rule_", "stg_", "int_", "fct_", "dim_"),
    "dq": ("load_counts", "int_", "fct_", "dim_"),
}


def kinds(checks: tuple[Any, ...]) -> dict[str, Any]:
    """Kind of check to its value, for the checks of one column."""
    found: dict[str, Any] = {}
    for entry in checks:
        if isinstance(entry, Mapping):
            [kind] = set(entry) - {"severity", "brief"}
            found[kind] = entry[kind]
        else:
            found[entry] = None
    return found


def columns() -> list[tuple[str, Any]]:
    """(model, column) of every model of every source."""
    return [(model.name, column) for _, model in all_models() for column in model.contract.columns.values()]


# Files


def test_every_sql_has_a_contract_beside_it_and_every_other_contract_names_a_function() -> None:
    sql = {path.with_suffix("") for path in sql_files()}
    contracts = {
        path.with_suffix("")
        for path in [*(PACKAGE / "sql").rglob("*.yml"), *(PACKAGE / "sources").glob("*/stg_*.yml")]
        if path not in CONTRACTS
    }
    assert sql <= contracts
    assert all(read_yaml(path.with_suffix(".yml")).get("python") for path in contracts - sql)


def test_every_rule_table_has_a_contract_and_a_validation() -> None:
    tables = {path.stem for path in RULES.glob("*.csv")}
    assert tables == {path.stem for path in RULES.glob("*.yml")}
    assert tables == {path.stem for path in RULES.glob("*.py")} - {"__init__", "read"}


@each_model
def test_a_contract_names_its_own_model(model: Model) -> None:
    assert model.contract.model == model.name


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_stages_tables_of_the_shared_contract_only(source: str) -> None:
    shared = {path.stem for path in CONTRACTS}
    staged = [model for model in project(source).models.values() if model.layer == "stg"]
    # A model that staging models of several sources are made of is written once, in sources/shared/; one that
    # only those of this source are made of stands beside them.
    made_of = set[str]().union(*(model.inputs for model in staged))
    assert all(
        model.name in shared or model.path.parent.name == "shared" or model.name in made_of
        for model in staged
    )
    for name, path in ((model.name, model.path) for model in staged if model.name in shared):
        own = read_yaml(path.with_suffix(".yml"))
        assert own["contract"] == name
        assert "columns" not in own, "the columns are the contract's, whatever the source"


def test_thelook_provides_every_table_of_the_shared_contract_but_facts_of_other_sources() -> None:
    assert {path.stem for path in CONTRACTS} - {"stg_source_facts"} <= set(project("thelook").models)


# Header and inputs


@each_sql_model
def test_the_header_names_the_inputs_that_the_sql_selects_from(model: Model) -> None:
    assert header(model.sql).inputs == selected_tables(model.sql)


@each_sql_model
def test_the_inputs_that_may_be_missing_are_the_same_in_header_and_contract(model: Model) -> None:
    assert header(model.sql).optional == model.contract.optional_inputs


@each_sql_model
def test_the_runner_sees_the_inputs_and_parameters_that_stand_in_the_sql(model: Model) -> None:
    assert model.inputs == selected_tables(model.sql)
    assert model.parameters <= set(PARAMETER_TYPES)


@each_model
def test_a_model_selects_from_the_layers_below_it_only(model: Model) -> None:
    assert all(name.startswith(UPSTREAM[model.layer]) for name in model.inputs)


@each_model
def test_required_tables_are_models_or_raw_tables(model: Model) -> None:
    of_source = project(source_of(model))
    assert model.contract.requires <= {*of_source.models, *of_source.raw_schemas}


@pytest.mark.parametrize("source", SOURCES)
def test_the_models_have_an_order_and_all_are_available_with_all_tables(source: str) -> None:
    models = project(source)
    order = [model.name for model in models.ordered()]
    for position, name in enumerate(order):
        assert models.get(name).inputs & set(models.models) <= set(order[:position])
    assert not any(models.missing_inputs(set(models.raw_schemas)).values())


@pytest.mark.parametrize(
    ("lacking", "not_available"),
    [
        (
            "raw_events",
            {
                "stg_events",
                "fct_sessions",
                "fct_daily_traffic",
                "fct_funnel_daily",
                "fct_funnel_segments",
                "fct_first_purchase_journeys",
                "fct_first_purchase_curves",
                "fct_first_purchase_cohorts",
                "fct_attribution",
                "fct_campaign_performance",
                "fct_cross_sell_candidates",
            },
        ),
        ("raw_inventory_items", {"stg_inventory_items", "fct_inventory_forecast"}),
        ("raw_marketing_spend", {"stg_marketing_spend"}),
        ("raw_users", {"stg_users"}),
        ("raw_products", {"stg_products"}),
        ("raw_orders", {"stg_orders"}),
    ],
)
def test_a_missing_table_takes_away_only_what_makes_no_sense_without_it(
    lacking: str, not_available: set[str]
) -> None:
    models = project("thelook")
    missing = models.missing_inputs(set(models.raw_schemas) - {lacking})
    found = {name for name, lacks in missing.items() if lacks}
    assert {name for name in found if not name.startswith("int_")} == not_available
    assert {lack for lacks in missing.values() for lack in lacks} == {lacking}


# Description


@each_model
def test_model_and_columns_are_described(model: Model) -> None:
    contract = model.contract
    assert contract.description.endswith("."), "a model is described in sentences"
    assert contract.grain_description.startswith("one row "), contract.grain_description
    for column in contract.columns.values():
        assert len(column.description) >= 3, f"{column.name} has no description"
        assert not column.description.endswith("."), f"{column.name}: a phrase, not a sentence"


@each_model
def test_the_grain_is_made_of_columns_and_checked(model: Model) -> None:
    contract = model.contract
    assert contract.grain
    assert set(contract.grain) <= set(contract.columns)
    for name in contract.grain:
        checked = kinds(contract.columns[name].checks)
        if len(contract.grain) == 1:
            assert {"not_null", "unique"} <= set(checked), name
        elif model.layer in ("fct", "dim"):
            assert "not_null" in checked, name


# Checks


@each_model
def test_every_check_can_be_built_and_told_apart_by_its_brief(model: Model) -> None:
    checks = checks_of(model, set(project(source_of(model)).models))
    labels = [(check.column, check.name, check.brief) for check in checks]
    assert len(labels) == len(set(labels))
    assert checks


@each_model
def test_expressions_and_warnings_say_what_they_mean(model: Model) -> None:
    written = [entry for column in model.contract.columns.values() for entry in column.checks]
    for entry in [*written, *model.contract.checks]:
        needs_brief = isinstance(entry, Mapping) and (
            "expression" in entry or "references" in entry or "severity" in entry
        )
        if needs_brief:
            assert len(entry.get("brief", "")) > 10, entry


@each_model
def test_references_point_to_a_column_of_the_same_type(model: Model) -> None:
    models = project("thelook").models
    for column in model.contract.columns.values():
        target = kinds(column.checks).get("references")
        if target:
            table, _, key = target.partition(".")
            assert models[table].contract.schema[key] == column.type


# Names


@pytest.mark.parametrize(
    ("pattern", "type_"),
    [
        (r"_id$", "STRING"),
        (r"^(is|has|reached)_", "BOOL"),
        (r"^ordered_(?!.*_(sessions|visitors)$)", "BOOL"),
        (r"_at$|^event_time$", "TIMESTAMP"),
        (r"(?<!_to)_date$|^date$|^cohort_(month|period)$", "DATE"),
        (r"_rate$|^roas", "FLOAT64"),
        (r"seconds", "FLOAT64"),
        (rf"^(?!{FRACTIONS}).*_(sessions|visitors|orders|units|items|views)$", "INT64"),
    ],
)
def test_a_name_tells_the_type(pattern: str, type_: str) -> None:
    named = [(model, column) for model, column in columns() if re.search(pattern, column.name)]
    assert named, "the convention is used"
    assert [(model, column.name) for model, column in named if column.type != type_] == []


def test_a_type_shows_in_the_name() -> None:
    shown = {
        "BOOL": r"^(is|has|reached|ordered)_",
        "TIMESTAMP": r"_at$|^event_time$",
        "DATE": r"_date$|^date$|^cohort_(month|period)$",
    }
    assert [
        (model, column.name)
        for model, column in columns()
        if column.type in shown and not re.search(shown[column.type], column.name)
    ] == []


def test_money_is_numeric() -> None:
    assert [
        (model, column.name, column.type)
        for model, column in columns()
        if column.unit == "currency"
        and column.type != "NUMERIC"
        and not (column.type == "FLOAT64" and MONEY_RATIOS.search(column.name))
    ] == []


def test_exact_decimals_are_money() -> None:
    # The two sides of a reconciliation are money or counts of rows.
    assert [
        (model, column.name)
        for model, column in columns()
        if column.type == "NUMERIC" and column.unit != "currency" and model != "dq_reconciliation"
    ] == []


def test_rates_are_shares_between_0_and_1() -> None:
    for model, column in columns():
        if column.name.endswith("_rate"):
            assert column.unit == "share", (model, column.name)
            if column.name not in OPEN_RATES:
                assert kinds(column.checks).get("between") == [0, 1], (model, column.name)


def test_one_name_has_one_type_one_unit_and_one_meaning() -> None:
    uses: dict[str, dict[tuple[str, str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for model, column in columns():
        # Keys and quantities mean the same everywhere; what a model adds stands after a comma or semicolon.
        has_one_meaning = (column.unit or column.name.endswith("_id")) and column.name not in HOMONYMS
        meaning = re.split(r"[,;]", column.description)[0] if has_one_meaning else ""
        uses[column.name][(column.type, column.unit, meaning)].append(model)
    assert {name: dict(found) for name, found in uses.items() if len(found) > 1} == {}


# Documentation


@each_model
def test_the_documentation_lists_the_model_with_its_grain_and_what_it_needs(model: Model) -> None:
    text = (PACKAGE.parent / "docs" / "models.md").read_text(encoding="utf-8")
    is_shared = model.path.parent.name == "shared"
    if (
        model.layer == "stg"
        and source_of(model) != "thelook"
        and not (is_shared and model.name == "stg_purchases")
    ):
        return  # what each source needs of its own tables stands in docs/sources.md
    [row] = [line for line in text.splitlines() if line.startswith(f"| `{model.name}` |")]
    _, grain, _, needed, better_with = row.strip("| ").split(" | ")
    written = [set(re.findall(r"\w+", cell)) for cell in (needed, better_with)]
    named = [
        {table.removeprefix("raw_") for table in tables}
        for tables in loaded_tables(model.name, source_of(model))
    ]
    assert grain == model.contract.grain_description
    assert written == named


def test_a_file_that_was_edited_is_read_again_and_what_was_read_is_the_readers_own(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("names: [a]", encoding="utf-8")
    read_yaml(path)["names"].append("mine")
    assert read_yaml(path) == {"names": ["a"]}
    path.write_text("names: [b]", encoding="utf-8")
    assert read_yaml(path) == {"names": ["b"]}
