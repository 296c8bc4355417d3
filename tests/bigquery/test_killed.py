"""A build on BigQuery that is killed at any point, and repeated, leaves what an undisturbed one leaves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_jobs import Jobs
from tests.bigquery.conftest import on_emulator
from tests.core.small_project import load_orders, orders_project

pytestmark = pytest.mark.slow
ORDERS = [(1, "2026-03-01 10:00", "10.50"), (2, "2026-03-02 11:00", "6.00")]
POINTS = (1, 2, 3, 5, 6, 8, 10, 11, 13, 15)


class Killed(Exception):
    """The process is gone: nothing it would have done happens any more."""


@pytest.fixture(scope="module")
def shop(emulator, tmp_path_factory):
    settings = on_emulator(tmp_path_factory.mktemp("killed"))
    with BigQueryWarehouse(settings, "killed") as warehouse:
        load_orders(warehouse, ORDERS)
    return settings


def build(settings):
    with BigQueryWarehouse(settings, "killed") as warehouse:
        return Runner(warehouse, orders_project(), make_parameters({"window_days": 30})).build()


def forget_everything(settings):
    with BigQueryWarehouse(settings, "killed") as warehouse:
        warehouse.drop(warehouse.tables() - {"raw_orders", "load_ledger"})


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_repeated_it_leaves_the_same_tables(shop, monkeypatch, point):
    forget_everything(shop)
    once, done = Jobs._once, []

    def until_the_point(self, sql, *given):
        done.append(sql)
        if len(done) > point:
            raise Killed
        return once(self, sql, *given)

    monkeypatch.setattr(Jobs, "_once", until_the_point)
    with pytest.raises(Killed):
        build(shop)
    monkeypatch.undo()
    build(shop)
    with BigQueryWarehouse(shop, "killed", read_only=True) as warehouse:
        orders = [("1", Decimal("10.5")), ("2", Decimal(6))]
        assert warehouse.rows("select order_id, amount from stg_orders order by order_id") == orders
        days = [(dt.date(2026, 3, 1), Decimal("10.5")), (dt.date(2026, 3, 2), Decimal(6))]
        assert warehouse.rows("select order_date, amount from int_daily order by order_date") == days
        assert warehouse.rows("select window_days, amount from fct_total") == [(30, Decimal("16.5"))]
        noted = warehouse.rows("select model, count(*) from meta_models group by model order by model")
        assert noted == [("fct_total", 1), ("int_daily", 1), ("stg_orders", 1)]
        left = {name for name in warehouse.tables() if "__next" in name or name == "swap_journal"}
        assert left == set()


def test_an_undisturbed_build_has_more_jobs_than_the_points(shop, monkeypatch):
    """So that every point above lies inside a build."""
    forget_everything(shop)
    once, done = Jobs._once, []

    def counted(self, sql, *given):
        done.append(sql)
        return once(self, sql, *given)

    monkeypatch.setattr(Jobs, "_once", counted)
    build(shop)
    assert len(done) > max(POINTS)
