"""Marts for other parameters on BigQuery: in a dataset of their own, and the shop's own stay as they are."""

from __future__ import annotations

import datetime as dt

import pytest

import analysis_lib.shop
from analysis_lib import open_shop
from analysis_lib.explore.apart_bigquery import ApartOnBigQuery
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.opening import editions, shops
from tests.bigquery.conftest import on_emulator
from tests.bigquery.real_project import unique
from tests.core.small_project import load_orders, orders_project

pytestmark = pytest.mark.slow
SHOP = unique("apart")
ORDERS = [(1, "2026-03-01 10:00", "10.50"), (2, "2026-03-02 11:00", "19.50"), (3, "2026-03-05 12:00", "5.00")]
EARLIER = "2026-03-02"


@pytest.fixture(scope="module")
def settings(emulator, tmp_path_factory):
    """A project with a shop whose marts are built to the newest day."""
    made = on_emulator(tmp_path_factory.mktemp("apart"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis_lib.shop, "project_of", lambda *_: orders_project())
        with BigQueryWarehouse(made, SHOP) as warehouse:
            load_orders(warehouse, ORDERS)
            Runner(warehouse, orders_project(), make_parameters({})).build()
        yield made


def own_state(settings):
    with BigQueryWarehouse(settings, SHOP, read_only=True) as warehouse:
        return (
            sorted(warehouse.rows("select model, fingerprint, built_at from meta_models")),
            sorted(warehouse.rows("select name, value from run_parameters")),
            warehouse.rows("select amount from fct_total"),
        )


def total(book):
    return float(book.mart("fct_total")["amount"].iloc[0])


@pytest.fixture(scope="module")
def earlier(settings):
    """What is read of an earlier day: the sum, the last day, the dataset; and the shop's own before it."""
    before = own_state(settings)
    with open_shop(SHOP, EARLIER, settings) as book:
        dataset = book._warehouse.connection.client.get_dataset(book._warehouse.dataset)
        tables = book._warehouse.tables() & {"stg_orders", "int_daily"}, book._warehouse.views()
        return total(book), book.data_through, book.name, book.kept_apart, dataset, tables, before


def test_another_day_is_built_apart_and_the_shops_own_marts_stay(settings, earlier):
    amount, last_day, name, kept_apart, _, _, before = earlier
    assert (amount, last_day, name) == (30.0, dt.date(2026, 3, 2), SHOP)
    assert kept_apart.startswith(f"{SHOP}__explore_")
    assert own_state(settings) == before
    with open_shop(SHOP, settings=settings) as book:
        assert (total(book), book.kept_apart) == (35.0, "")


def test_what_the_day_does_not_touch_is_a_view_on_the_shops_own_mart(earlier):
    there, views = earlier[5]
    assert there == {"stg_orders", "int_daily"}
    assert views >= {"stg_orders", "raw_orders"}
    assert "int_daily" not in views


def test_its_tables_vanish_by_themselves(earlier):
    assert earlier[4].default_table_expiration_ms == 7 * 24 * 60 * 60 * 1000


def test_it_is_no_shop_and_no_edition(settings, earlier):
    assert shops(settings)[SHOP] == "thelook"
    assert not [name for name in {**shops(settings), **editions(settings)} if "explore" in name]


def test_it_is_found_again_without_building(settings, earlier, monkeypatch):
    monkeypatch.setattr(ApartOnBigQuery, "build", lambda _self: pytest.fail("it was built again"))
    with open_shop(SHOP, EARLIER, settings) as book:
        assert total(book) == 30.0


def test_what_expired_is_built_again(settings, earlier):
    with open_shop(SHOP, EARLIER, settings) as book:
        client, dataset = book._warehouse.connection.client, book._warehouse.dataset
    client = BigQueryWarehouse(settings, SHOP, read_only=True).connection.client
    for name in ("meta_models", "int_daily", "fct_total"):
        client.delete_table(f"{dataset}.{name}")
    with open_shop(SHOP, EARLIER, settings) as book:
        assert total(book) == 30.0


def test_an_empty_dataset_of_other_parameters_goes_with_the_next_build(settings, earlier):
    with open_shop(SHOP, EARLIER, settings) as book:
        dataset = book._warehouse.dataset
    warehouse = BigQueryWarehouse(settings, SHOP, read_only=True)
    for table in list(warehouse.connection.client.list_tables(dataset)):
        warehouse.connection.client.delete_table(table.reference)
    with open_shop(SHOP, settings=settings, window_days=7) as book:
        assert total(book) == 35.0
    left = {one.dataset_id for one in warehouse.connection.client.list_datasets()}
    assert dataset not in left
    warehouse.close()
