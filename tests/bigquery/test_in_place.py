"""A shop whose tables are in BigQuery already reads them there, as it would read files of them."""

from __future__ import annotations

import datetime as dt
import re

import pyarrow.parquet as pq
import pytest
from google.cloud import bigquery

from analysis_lib.errors import BadDataError, ColumnError, MissingInputError, ParameterError, SettingsError
from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.progress import Progress
from analysis_lib.runner import Runner
from analysis_lib.verbs.load import load_shop, wanted_load
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_values import parquet, schema_fields, table_of
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import embedded
from tests.bigquery.conftest import on_emulator

pytestmark = pytest.mark.slow
PUBLIC = "bigquery-public-data.thelook_ecommerce"
ORDERS = {
    "order_id": "INT64",
    "user_id": "INT64",
    "status": "STRING",
    "gender": "STRING",
    "created_at": "TIMESTAMP",
    "returned_at": "TIMESTAMP",
    "shipped_at": "TIMESTAMP",
    "delivered_at": "TIMESTAMP",
    "num_of_item": "INT64",
}
PRODUCTS = {
    "id": "INT64",
    "cost": "FLOAT64",
    "category": "STRING",
    "name": "STRING",
    "brand": "STRING",
    "retail_price": "FLOAT64",
    "department": "STRING",
    "sku": "STRING",
    "distribution_center_id": "INT64",
}
EVENTS = {
    "event_timestamp": "INT64",
    "event_date": "STRING",
    "event_name": "STRING",
    "event_params": "ARRAY<STRUCT<key STRING, value STRUCT<string_value STRING, int_value INT64, "
    "float_value FLOAT64, double_value FLOAT64>>>",
    "user_pseudo_id": "STRING",
    "items": "ARRAY<STRUCT<item_id STRING, item_name STRING, item_brand STRING, item_category STRING, "
    "item_category2 STRING, item_category3 STRING, item_category4 STRING, price FLOAT64, quantity INT64, "
    "coupon STRING>>",
}
DAY = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)


def order(number, user=7, status="Shipped", at=DAY, shipped=None):
    return (number, user, status, "NaN", at, None, shipped, None, 1)


def product(number, cost, price=10.0):
    return (number, cost, "Socks", f"Sock {number}", "", price, "Women", None, 1)


ROWS = {
    "orders": [
        order(1),
        order(1, status="Complete", shipped=DAY),
        order(1, status="Complete", shipped=DAY),
        order(2, user=None),
        order(3, status="Lost"),
        order(4, at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        order(5, user=None, status="Lost"),
    ],
    "products": [
        product(1, 8.989999771118164),
        product(2, -0.5),
        product(3, 0.1),
        product(4, float("inf")),
        product(5, float("nan")),
    ],
}
COLUMNS = {"orders": ORDERS, "products": PRODUCTS}


def at(root):
    return on_emulator(root)


def put(client, address, columns, rows):
    """Make a table anew, as another job of somebody else does."""
    client.delete_table(address, not_found_ok=True)
    config = bigquery.LoadJobConfig(source_format="PARQUET", schema=schema_fields(columns))
    config.parquet_options = bigquery.ParquetOptions()
    config.parquet_options.enable_list_inference = True
    client.load_table_from_file(parquet(table_of(columns, rows)), address, job_config=config).result()


@pytest.fixture(scope="module")
def settings(emulator, tmp_path_factory):
    return on_emulator(tmp_path_factory.mktemp("there"))


@pytest.fixture(scope="module")
def client(settings):
    with BigQueryWarehouse(settings, "theirs") as warehouse:
        yield warehouse.connection.client
        warehouse.connection.client.delete_dataset("theirs", delete_contents=True)


@pytest.fixture(scope="module")
def public(client):
    """The public dataset, with a few rows, in a project of its own."""
    client.create_dataset(bigquery.Dataset(PUBLIC))
    for name, rows in ROWS.items():
        put(client, f"{PUBLIC}.{name}", COLUMNS[name], rows)
    yield PUBLIC
    client.delete_dataset(PUBLIC, delete_contents=True)


def load(settings, source, place, shop, **more):
    return load_shop(settings, Progress(quiet=True), wanted_load(settings, source, [place], shop), **more)


def staged(warehouse):
    """What became of two staging models."""
    runner = Runner(warehouse, read_project("thelook"), make_parameters({}))
    results = runner.build(["stg_orders", "stg_products"]).results
    return {one.model: one.action for one in results if one.model in ("stg_orders", "stg_products")}


def drop(settings, shop):
    with BigQueryWarehouse(settings, shop) as warehouse:
        warehouse.connection.client.delete_dataset(warehouse.dataset, delete_contents=True)


@pytest.fixture
def shop(settings, request):
    name = re.sub(r"\W", "_", request.node.name)[:40]
    yield name
    drop(settings, name)


def test_thelook_in_place_gives_the_rows_of_its_files(settings, client, public, shop, tmp_path):
    lines = load(settings, "thelook", f"bigquery://{public}", shop).lines()
    for name, rows in ROWS.items():
        pq.write_table(table_of(COLUMNS[name], rows), tmp_path / f"{name}.parquet")
    files = load(embedded(settings), "thelook", tmp_path, shop).lines()
    counted = [line for line in files if " read = " in line]
    assert counted == [line for line in lines if " read = " in line]
    assert (
        "orders: 7 read = 1 kept + 4 rejected + 2 duplicates, of which 1 differ from the row that was kept"
        in lines
    )
    with (
        DuckDBWarehouse(embedded(settings), shop) as small,
        BigQueryWarehouse(settings, shop) as large,
    ):
        assert large.views() == {"raw_orders", "raw_products"}
        for name, columns in COLUMNS.items():
            query = f"select {', '.join(columns)} from raw_{name} where not is_duplicate order by 1"
            assert large.rows_as_written(query) == small.connection.execute(query).fetchall()
        reasons = "select table_name, reason from rejected_rows order by 1, 2"
        assert large.rows_as_written(reasons) == small.connection.execute(reasons).fetchall()
        totals = "select * from load_counts order by table_name"
        assert large.rows_as_written(totals) == small.connection.execute(totals).fetchall()
        assert staged(small) == staged(large) == {"stg_orders": "built", "stg_products": "built"}
        for name, columns in {"stg_orders": "order_id, status", "stg_products": "product_id, cost"}.items():
            query = f"select {columns} from {name} order by 1"
            assert large.rows_as_written(query) == small.connection.execute(query).fetchall()

    # Nothing changed: nothing is judged again. A table that was replaced is, and its readers are built again.
    assert "nothing changed" in load(settings, "thelook", f"bigquery://{public}", shop).lines()
    put(client, f"{PUBLIC}.orders", ORDERS, [order(1), order(8)])
    try:
        lines = load(settings, "thelook", f"bigquery://{public}", shop).lines()
    finally:
        put(client, f"{PUBLIC}.orders", ORDERS, ROWS["orders"])
    assert "orders: 2 read = 2 kept + 0 rejected + 0 duplicates" in lines
    assert not any(line.startswith("products: ") for line in lines)
    with BigQueryWarehouse(settings, shop) as large:
        assert staged(large) == {"stg_orders": "built", "stg_products": "reused"}
        tables = "select distinct table_name from rejected_rows"
        assert large.rows_as_written(tables) == [("products",)]


def event(name="page_view", place=0, items=()):
    page = {"key": "page_location", "value": {"string_value": "/a"}}
    instant = int(DAY.timestamp()) * 1_000_000 + place
    return (instant, "20260301", name, [page], "browser", list(items))


def test_days_of_an_analytics_export_are_read_in_place(settings, client, shop):
    dataset = f"{settings.bigquery.project}.analytics_123"
    client.create_dataset(bigquery.Dataset(dataset))
    try:
        bought = event("purchase", 1, [{"item_id": "p1", "price": 4.5, "quantity": 2}])
        put(client, f"{dataset}.events_20260301", EVENTS, [event(), event(), bought, event(None, 2)])
        put(client, f"{dataset}.events_intraday_20260301", EVENTS, [event()] * 3)
        put(client, f"{dataset}.pseudonymous_users_20260301", {"n": "INT64"}, [(1,)])
        lines = load(settings, "ga4", f"bigquery://{dataset}", shop).lines()
        counted = "events: 4 read = 3 kept + 1 rejected + 0 duplicates; 1 equal another row in everything"
        assert any(line.startswith(counted) for line in lines)
        with BigQueryWarehouse(settings, shop) as large:
            place = "load_row_number - event_timestamp * 1000 as place"
            rows = f"select event_name, array_length(items) as n, {place} from raw_events order by 1, 3"
            read = [("page_view", 0, 0), ("page_view", 0, 1), ("purchase", 1, 0)]
            assert large.rows_as_written(rows) == read
            # The next day comes: it is found by itself, and only it is read.
            put(client, f"{dataset}.events_20260302", EVENTS, [event(place=5)])
            lines = load(settings, "ga4", f"bigquery://{dataset}", shop).lines()
            assert f"bigquery:{dataset}.events → events: loaded 20260302, 1 rows read" in lines
            assert f"bigquery:{dataset}.events → events: unchanged 20260301" in lines
            assert large.rows_as_written("select count(*) as n from raw_events") == [(4,)]
            # A day is taken away.
            client.delete_table(f"{dataset}.events_20260301")
            lines = load(settings, "ga4", f"bigquery://{dataset}", shop).lines()
            assert "events: 1 read = 1 kept + 0 rejected + 0 duplicates" in lines
            assert large.rows_as_written("select count(*) as n from raw_events") == [(1,)]
            assert large.rows_as_written("select count(*) as n from rejected_rows") == [(0,)]
    finally:
        client.delete_dataset(dataset, delete_contents=True)


class TestRefused:
    """Whatever cannot be read in place is said before anything is changed."""

    @pytest.fixture
    def dataset(self, settings, client):
        name = f"{settings.bigquery.project}.refused"
        client.create_dataset(bigquery.Dataset(name))
        yield name
        client.delete_dataset(name, delete_contents=True)

    def test_a_dataset_elsewhere(self, settings, client, shop):
        place = bigquery.Dataset(f"{settings.bigquery.project}.far")
        place.location = "EU"
        client.create_dataset(place)
        try:
            with pytest.raises(SettingsError, match="is in the location EU, and the shop's in US"):
                load(settings, "thelook", f"bigquery://{settings.bigquery.project}.far", shop)
        finally:
            client.delete_dataset(place)

    def test_tables_that_are_not_the_sources(self, settings, client, dataset, shop):
        with pytest.raises(MissingInputError, match="no table of the source thelook"):
            load(settings, "thelook", f"bigquery://{dataset}", shop)
        put(client, f"{dataset}.orders", {"order_id": "INT64"}, [(1,)])
        with pytest.raises(ColumnError, match=r"refused\.orders has no column user_id"):
            load(settings, "thelook", f"bigquery://{dataset}", shop)
        put(client, f"{dataset}.orders", ORDERS | {"created_at": "STRING"}, [])
        with pytest.raises(ColumnError, match="created_at: STRING is not read there as TIMESTAMP"):
            load(settings, "thelook", f"bigquery://{dataset}", shop)

    def test_a_table_whose_rows_do_not_fit(self, settings, client, dataset, shop):
        put(client, f"{dataset}.orders", ORDERS, [order(n, status="?") for n in range(20)] + [order(20)])
        with pytest.raises(BadDataError, match=r"20 of 21 rows would be rejected .*unknown status"):
            load(settings, "thelook", f"bigquery://{dataset}", shop)
        lines = load(settings, "thelook", f"bigquery://{dataset}", shop, max_rejected_share=1.0).lines()
        assert "orders: 21 read = 1 kept + 20 rejected + 0 duplicates" in lines

    def test_a_shop_that_holds_rows_of_files(self, settings, public, shop, tmp_path):
        pq.write_table(table_of(ORDERS, [order(1)]), tmp_path / "orders.parquet")
        load(settings, "thelook", tmp_path, shop)
        with pytest.raises(SettingsError, match="holds orders of files"):
            load(settings, "thelook", f"bigquery://{public}", shop)

    def test_files_where_a_table_is_read_in_place(self, settings, public, shop, tmp_path):
        load(settings, "thelook", f"bigquery://{public}", shop)
        pq.write_table(table_of(ORDERS, [order(9)]), tmp_path / "orders.parquet")
        with pytest.raises(SettingsError, match="reads orders in place"):
            load(settings, "thelook", tmp_path, shop)

    def test_a_shop_in_duckdb(self, settings, tmp_path):
        with pytest.raises(SettingsError, match="this one is in a DuckDB file"):
            load(embedded(settings), "thelook", f"bigquery://{PUBLIC}", "other")

    def test_what_is_no_address(self, settings):
        with pytest.raises(ParameterError, match="is not the address of a dataset"):
            load(settings, "thelook", "bigquery://nothing", "other")
