"""The runner: what is stale and why, what is kept, and that a failed build changes nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis_lib.errors import DateRangeError, MissingInputError, ModelError
from analysis_lib.models import Project
from analysis_lib.outcome import BuildSummary
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import choose_shop
from tests.core.small_project import load_orders, model, orders_project, settings

ORDERS = [(1, "2026-03-01 10:00", "10.00"), (2, "2026-03-02 10:00", "5.50"), (3, "2026-03-03 23:30", "1.00")]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with DuckDBWarehouse(settings(tmp_path), "small") as opened:
        load_orders(opened, ORDERS)
        yield opened


def build(warehouse: DuckDBWarehouse, project: Project, *select: str, **parameters: object) -> BuildSummary:
    return Runner(warehouse, project, make_parameters(parameters)).build(select)


def actions(summary: BuildSummary) -> dict[str, str]:
    return {result.model: result.action for result in summary.results}


def reasons(summary: BuildSummary) -> dict[str, str]:
    return {result.model: result.reason for result in summary.results}


def test_first_build_makes_every_available_model_and_names_what_the_others_lack(warehouse):
    summary = build(warehouse, orders_project())
    assert actions(summary) == {
        "stg_orders": "built",
        "int_daily": "built",
        "fct_total": "built",
        "dim_lost": "not available",
    }
    assert summary.unavailable == {"dim_lost": "no raw_users"}
    assert warehouse.rows("select amount from fct_total") == [(pytest.approx(16.5),)]


def test_as_of_is_the_newest_day_of_the_data_in_the_time_zone_not_of_the_clock(warehouse):
    assert build(warehouse, orders_project()).parameters.as_of == dt.date(2026, 3, 3)
    # 23:30 UTC on the 3rd is the 4th in Berlin.
    in_berlin = build(warehouse, orders_project(), timezone="Europe/Berlin")
    assert in_berlin.parameters.as_of == dt.date(2026, 3, 4)


def test_second_build_reuses_everything(warehouse):
    build(warehouse, orders_project())
    again = build(warehouse, orders_project())
    assert set(actions(again).values()) == {"reused", "not available"}


def test_a_changed_parameter_rebuilds_only_the_models_that_use_it_and_says_so(warehouse):
    build(warehouse, orders_project(), window_days=30)
    summary = build(warehouse, orders_project(), window_days=7)
    assert actions(summary)["int_daily"] == "reused"
    assert reasons(summary)["fct_total"] == "window_days 30 → 7"


def test_changed_sql_rebuilds_the_model_and_what_reads_it(warehouse):
    build(warehouse, orders_project())
    summary = build(
        warehouse,
        orders_project(int_daily="select @as_of as order_date, sum(amount) as amount from stg_orders"),
    )
    assert reasons(summary)["int_daily"] == "its SQL changed"
    assert reasons(summary)["fct_total"] == "int_daily changed"
    assert actions(summary)["stg_orders"] == "reused"


def test_newly_loaded_data_rebuilds_what_reads_it(warehouse):
    build(warehouse, orders_project())
    load_orders(warehouse, [*ORDERS, (4, "2026-03-05 08:00", "3.00")], sha="b")
    summary = build(warehouse, orders_project())
    assert reasons(summary)["stg_orders"] == "raw_orders changed"
    assert summary.parameters.as_of == dt.date(2026, 3, 5)
    assert warehouse.rows("select amount from fct_total") == [(pytest.approx(19.5),)]


def test_a_model_that_fails_leaves_every_table_as_it_was(warehouse):
    build(warehouse, orders_project())
    load_orders(warehouse, [(9, "2026-03-03 10:00", "99.00")], sha="b")
    broken = orders_project(fct_total="select amount / nothing as window_days from int_daily")
    with pytest.raises(ModelError, match="fct_total"):
        build(warehouse, broken)
    assert warehouse.rows("select amount from fct_total") == [(pytest.approx(16.5),)]
    assert warehouse.rows("select count(*) from stg_orders") == [(3,)]


def test_an_interrupted_build_goes_on_with_what_it_had_finished(warehouse):
    broken = orders_project(fct_total="select amount / nothing as window_days from int_daily")
    with pytest.raises(ModelError):
        build(warehouse, broken)
    summary = build(warehouse, orders_project())
    assert reasons(summary)["int_daily"] == "kept from an interrupted run"
    assert reasons(summary)["fct_total"] == "not built yet"
    assert not [name for name in warehouse.tables() if name.endswith("__next")]


def test_tables_of_an_interrupted_run_with_other_parameters_are_thrown_away(warehouse):
    broken = orders_project(fct_total="select amount / nothing as window_days from int_daily")
    with pytest.raises(ModelError):
        build(warehouse, broken, as_of="2026-03-01")
    build(warehouse, orders_project())
    assert warehouse.rows("select amount from fct_total") == [(pytest.approx(16.5),)]
    assert not [name for name in warehouse.tables() if name.endswith("__next")]


def test_a_table_dropped_by_hand_is_built_again(warehouse):
    build(warehouse, orders_project())
    warehouse.drop(["int_daily"])
    assert reasons(build(warehouse, orders_project()))["int_daily"] == "not built yet"


@pytest.mark.parametrize("as_of", ["2026-02-28", "2026-03-04"])
def test_as_of_outside_the_data_is_refused_with_the_range(warehouse, as_of):
    with pytest.raises(DateRangeError, match="2026-03-01 to 2026-03-03"):
        build(warehouse, orders_project(), as_of=as_of)


def test_a_shop_without_rows_is_refused(warehouse):
    load_orders(warehouse, [], sha="b")
    with pytest.raises(MissingInputError, match="no rows"):
        build(warehouse, orders_project())


def test_models_in_a_circle_are_named(warehouse):
    circle = orders_project(
        int_daily="select order_date, amount from fct_total", fct_total="select * from int_daily"
    )
    with pytest.raises(ModelError, match=r"circle: .*int_daily"):
        build(warehouse, circle)


def test_an_optional_input_that_the_shop_lacks_is_an_empty_table(warehouse):
    project = orders_project()
    project.models["fct_both"] = model(
        "fct_both",
        "select order_id from stg_orders union all select user_id from dim_lost",
        {"order_id": "STRING"},
        optional=("dim_lost",),
    )
    assert actions(build(warehouse, project))["fct_both"] == "built"
    assert warehouse.rows("select count(*) from fct_both") == [(3,)]


def as_view(project: Project, name: str) -> Project:
    made = project.models[name]
    view = dataclasses.replace(made, contract=dataclasses.replace(made.contract, is_view=True))
    return Project({**project.models, name: view}, project.raw_schemas)


def test_a_view_takes_the_place_of_a_table_and_a_table_that_of_a_view(warehouse):
    def kind() -> str:
        query = "select table_type from information_schema.tables where table_name = 'stg_orders'"
        [(found,)] = warehouse.connection.execute(query).fetchall()
        return str(found)

    for project, expected in [
        (as_view(orders_project(), "stg_orders"), "VIEW"),
        (orders_project(), "BASE TABLE"),
        (as_view(orders_project(), "stg_orders"), "VIEW"),
    ]:
        summary = build(warehouse, project)
        assert reasons(summary)["stg_orders"] in ("not built yet", "its SQL changed")
        [result] = [result for result in summary.results if result.model == "stg_orders"]
        assert result.rows == 3
        assert kind() == expected
        assert warehouse.rows("select amount from fct_total") == [(pytest.approx(16.5),)]
        assert not [name for name in warehouse.tables() if name.endswith("__next")]
    warehouse.drop(["stg_orders"])
    assert "stg_orders" not in warehouse.tables()


def test_a_view_of_an_interrupted_build_is_taken_over(warehouse):
    broken = orders_project(fct_total="select amount / nothing as window_days from int_daily")
    with pytest.raises(ModelError):
        build(warehouse, as_view(broken, "stg_orders"))
    build(warehouse, orders_project())
    assert warehouse.rows("select amount from fct_total") == [(pytest.approx(16.5),)]
    assert not [name for name in warehouse.tables() if name.endswith("__next")]


class TestSelection:
    def test_a_model_alone_needs_its_inputs(self, warehouse):
        with pytest.raises(ModelError, match="not built"):
            build(warehouse, orders_project(), "fct_total")

    def test_plus_before_takes_what_it_needs(self, warehouse):
        summary = build(warehouse, orders_project(), "+int_daily")
        assert actions(summary)["stg_orders"] == "built"
        assert actions(summary)["fct_total"] == "skipped"

    def test_plus_after_takes_what_needs_it(self, warehouse):
        build(warehouse, orders_project())
        project = orders_project(
            int_daily="select @as_of as order_date, sum(amount) as amount from stg_orders"
        )
        summary = build(warehouse, project, "int_daily+")
        assert actions(summary)["fct_total"] == "built"

    def test_an_unknown_model_is_named_with_the_nearest(self, warehouse):
        with pytest.raises(ModelError, match='Did you mean "fct_total"'):
            build(warehouse, orders_project(), "fct_totl")

    def test_a_model_that_is_not_available_says_what_it_lacks(self, warehouse):
        with pytest.raises(ModelError, match="no raw_users"):
            build(warehouse, orders_project(), "dim_lost")


def test_a_shop_may_have_the_name_of_its_warehouse_file(tmp_path):
    named = dataclasses.replace(settings(tmp_path), warehouse=tmp_path / "small.duckdb")
    with DuckDBWarehouse(named, "small") as opened:
        load_orders(opened, ORDERS)
        build(opened, orders_project())
        assert opened.rows("select amount from fct_total") == [(pytest.approx(16.5),)]
    assert choose_shop(named) == ("small", "thelook")


def test_a_model_that_reads_an_empty_table_is_built_with_care(warehouse, monkeypatch):
    """DuckDB 2.0.0 folds flags to false over a join with an empty table; see warehouse/duckdb.py."""
    used: dict[str, str] = {}
    create = DuckDBWarehouse.create_table

    def recorded(self, name, *how):
        [(used[name],)] = self.connection.execute("select current_setting('disabled_optimizers')").fetchall()
        return create(self, name, *how)

    monkeypatch.setattr(DuckDBWarehouse, "create_table", recorded)
    project = orders_project()
    both = "select order_id from stg_orders union all select user_id from dim_lost"
    project.models["fct_both"] = model("fct_both", both, {"order_id": "STRING"}, optional=("dim_lost",))
    project.models["fct_after"] = model(
        "fct_after",
        "select count(*) as n, count(amount) as m from fct_total join fct_both on true",
        {"n": "INT64", "m": "INT64"},
    )
    build(warehouse, project)
    assert used["fct_both__next"] == "statistics_propagation"
    assert used["fct_after__next"] == ""
    assert used["stg_orders__next"] == ""
