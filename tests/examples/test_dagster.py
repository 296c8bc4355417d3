"""The Dagster definitions, executed by Dagster itself, in this process, on a small shop."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import duckdb
import pytest

from analysis_lib import building
from analysis_lib.errors import QueryError, WarehouseLockedError
from analysis_lib.models import Project, read_project
from analysis_lib.settings import load_settings
from tests.core.reporting_project import REPORTS, add_report, write_reports
from tests.examples.conftest import definitions

PROFILE = """
[shops.small]
source = "thelook"
from = ["files"]
renderer = "builtin"
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, built_project: Path, shop_files: Path) -> Iterator[Path]:
    """One project for the module: the small shop loaded and built, with a page, an alert and a profile."""
    root = tmp_path_factory.mktemp("dagster") / "project"
    shutil.copytree(built_project, root)
    shutil.copytree(shop_files, root / "files")
    (root / "shopbook.toml").write_text(PROFILE, encoding="utf-8")
    add_report(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPBOOK_PROJECT", str(root))
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
        yield root


@pytest.fixture(scope="module")
def made(shop: Path) -> ModuleType:
    return definitions()


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def run(made: ModuleType, instance: dg.DagsterInstance, *chosen: str) -> dg.ExecuteInProcessResult:
    """Materialise assets, or all by the job."""
    job = made.defs.resolve_job_def("refresh")
    keys = [dg.AssetKey(name.split("/")) for name in chosen]
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(
        run_config=quiet, instance=instance, raise_on_error=False, asset_selection=keys or None
    )


def change(shop: Path, *statements: str) -> None:
    """Something happens to the warehouse behind Dagster's back."""
    with duckdb.connect(str(shop / "data" / "warehouse.duckdb")) as connection:
        for sql in ("set schema = 'small'", *statements):
            connection.execute(sql)


def tables(shop: Path) -> set[str]:
    with duckdb.connect(str(shop / "data" / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_name from information_schema.tables").fetchall()
    return {name for (name,) in found}


def materialised(done: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    events = [event.event_specific_data.materialization for event in done.get_asset_materialization_events()]
    return {e.asset_key.to_user_string(): {k: v.value for k, v in e.metadata.items()} for e in events}


def checks(done: dg.ExecuteInProcessResult) -> dict[str, Any]:
    return {f"{c.asset_key.to_user_string()}.{c.check_name}": c for c in done.get_asset_check_evaluations()}


def sentences(done: dg.ExecuteInProcessResult) -> list[str]:
    return [event.step_failure_data.error.to_string() for event in done.all_events if event.is_step_failure]


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project("thelook")


def test_the_definitions_hold_together(made: ModuleType) -> None:
    dg.Definitions.validate_loadable(made.defs)


def test_every_model_is_an_asset_whose_lineage_is_that_of_its_sql(made: ModuleType, project: Project) -> None:
    assets = made.defs.resolve_asset_graph()
    loaded = {node.name for node in made.graph.rooms["loaded"]}
    for name, model in project.models.items():
        parents = {key.to_user_string() for key in assets.get(dg.AssetKey(name)).parent_keys}
        assert parents == model.inputs & (project.models.keys() | loaded), name
    keys = {key.to_user_string() for key in assets.get_all_asset_keys()}
    assert keys == {node.name for node in made.graph.nodes} | {"report"}


def test_an_asset_says_what_its_contract_says(made: ModuleType, project: Project) -> None:
    spec = next(s for s in made.built.specs if s.key == dg.AssetKey("fct_sessions"))
    contract = project.models["fct_sessions"].contract
    assert (spec.group_name, spec.description) == ("marts", contract.description)
    columns = spec.metadata["dagster/column_schema"].columns
    assert [(c.name, c.type, c.description) for c in columns] == [
        (c.name, c.type, c.description) for c in contract.columns.values()
    ]
    groups = {s.group_name for s in made.built.specs}
    assert groups == {"staging", "intermediate", "predictions", "marts", "rules", "quality"}


def test_errors_keep_what_is_downstream_from_being_made_and_warnings_do_not(made: ModuleType) -> None:
    specs = {f"{s.asset_key.to_user_string()}.{s.name}": s for s in made.built.check_specs}
    assert all(spec.blocking == (spec.name == "contract") for spec in specs.values())
    warned = {name.removesuffix(".warnings") for name in specs if name.endswith(".warnings")}
    assert warned == {node.name for node in made.graph.models if node.warnings}
    assert warned


def test_the_job_loads_builds_checks_and_publishes(
    made: ModuleType, instance: dg.DagsterInstance, shop: Path, project: Project
) -> None:
    done = run(made, instance)
    assert done.success, sentences(done)
    found = materialised(done)
    assert found.keys() == {node.name for node in made.graph.nodes} | {"report"}
    assert found["fct_sessions"]["dagster/row_count"] > 0
    assert found["fct_sessions"]["state"] == "reused"
    assert found["raw_events"]["state"] == "unchanged"
    outcomes = checks(done)
    alert = outcomes.pop("report.fewer")
    assert (alert.passed, alert.severity.value, alert.metadata["state"].value) == (False, "WARN", "raised")
    assert {name for name, check in outcomes.items() if not check.passed} <= {
        name for name in outcomes if name.endswith(".warnings")
    }
    assert len([name for name in outcomes if name.endswith(".contract")]) > 50
    assert (shop / "reports" / "_site" / "index.html").is_file()
    assert "Orders" in found["report"]["summary"]


def test_a_selected_model_is_built_with_what_it_needs_and_nothing_else(
    made: ModuleType, instance: dg.DagsterInstance, shop: Path, project: Project
) -> None:
    change(shop, *(f"drop table {name}" for name in ("fct_daily_pnl", "int_orders", "dim_customers")))
    done = run(made, instance, "fct_daily_pnl")
    assert done.success, sentences(done)
    found = materialised(done)
    assert found["fct_daily_pnl"]["state"] == "built"
    assert found["int_orders"]["state"] == "built", "what was made on the way is shown, too"
    assert found.keys() <= {"fct_daily_pnl", *project.ancestors("fct_daily_pnl")}
    assert {name.split(".")[0] for name in checks(done)} == {"fct_daily_pnl"}
    assert "dim_customers" not in tables(shop)
    with duckdb.connect(str(shop / "data" / "warehouse.duckdb"), read_only=True) as connection:
        [(checked,)] = connection.execute("select count(distinct model) from small.dq_checks").fetchall()
    assert checked > 50, "what is known of the other models stays"


def test_a_broken_contract_is_a_failed_check_with_a_sample_and_nothing_is_published(
    made: ModuleType, instance: dg.DagsterInstance, shop: Path
) -> None:
    before = (shop / "reports" / "_site" / "build.json").stat()
    forget = "delete from dq_checks where model = 'fct_daily_pnl'"
    change(shop, "update fct_daily_pnl set orders = -1", forget)
    done = run(made, instance)
    assert not done.success
    broken = checks(done)["fct_daily_pnl.contract"]
    assert (broken.passed, broken.severity.value) == (False, "ERROR")
    assert "orders is at least 0" in broken.metadata["not passed"].value
    assert '"orders": "-1"' in broken.metadata["not passed"].value
    assert "report" not in materialised(done)
    assert not any(event.is_step_up_for_retry for event in done.all_events)
    assert (shop / "reports" / "_site" / "build.json").stat() == before
    change(shop, "drop table fct_daily_pnl", forget)


def test_a_build_that_fails_shows_nothing_as_made_and_swaps_nothing_in(
    made: ModuleType, instance: dg.DagsterInstance, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tables are to be made; the second fails, and the first is not there either."""
    change(shop, "drop table if exists fct_daily_pnl", "drop table int_orders")
    create = building.create

    def fails(session: Any, model: Any, *others: Any) -> int:
        if model.name == "fct_daily_pnl":
            raise QueryError("there is no more")
        return create(session, model, *others)

    monkeypatch.setattr(building, "create", fails)
    done = run(made, instance, "fct_daily_pnl")
    assert "The model fct_daily_pnl (fct_daily_pnl.sql) failed: there is no more" in sentences(done)[0]
    assert materialised(done) == {}
    assert {"int_orders", "fct_daily_pnl"} & tables(shop) == set()


def test_an_error_of_shopbook_fails_the_step_with_its_sentence_and_is_not_tried_again(
    made: ModuleType, instance: dg.DagsterInstance, shop: Path
) -> None:
    before = (shop / "reports" / "_site" / "build.json").stat()
    write_reports(shop, "pages: []")
    pages = [node.name for node in made.graph.nodes if node.room in ("pages", "briefs")]
    done = run(made, instance, *pages, "report")
    write_reports(shop, REPORTS)
    assert not done.success
    assert "reports.yml lists no page. Add an entry under pages." in sentences(done)[0]
    assert not any(event.is_step_up_for_retry for event in done.all_events)
    assert (shop / "reports" / "_site" / "build.json").stat() == before


def test_only_a_locked_warehouse_is_worth_another_try(made: ModuleType) -> None:
    assert made.failure(WarehouseLockedError("It is in use.")).allow_retries
    assert not made.failure(QueryError("It is wrong.")).allow_retries


def test_a_shop_on_bigquery_has_the_same_assets(
    shop: Path, made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPBOOK_WAREHOUSE", "bigquery")
    monkeypatch.setenv("SHOPBOOK_BIGQUERY_PROJECT", "a-project")
    assert load_settings().engine == "bigquery"
    there = definitions()
    assert {s.key for s in there.built.specs} == {s.key for s in made.built.specs}
    assert all("bigquery" in s.kinds for s in there.built.specs)
