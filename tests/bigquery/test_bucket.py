"""Objects of a bucket are loaded by BigQuery itself, and give the rows that the same files give in DuckDB.

The bucket is a folder: the emulator's load jobs read it as `gs://`, its listing comes from a fake.
"""

from __future__ import annotations

import dataclasses
import gzip

import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud import bigquery

from analysis_lib.errors import BadDataError, MissingInputError, ParameterError, SettingsError
from analysis_lib.progress import Progress
from analysis_lib.sources.bigquery import objects
from analysis_lib.verbs.load import load_new, load_shop, wanted_load
from analysis_lib.verbs.load_database import DatabaseChoice
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_values import table_of
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import embedded
from tests.bigquery.conftest import on_emulator, shop_name
from tests.bigquery.fake_bucket import serving
from tests.bigquery.test_in_place import EVENTS as GA4
from tests.bigquery.test_in_place import PRODUCTS, ROWS, event
from tests.bigquery.test_load import CORRECTED, FIRST, ORDERS, SECOND

pytestmark = pytest.mark.slow
COLUMNS = "order_id, user_id, status, created_at, shipped_at, num_of_item, is_duplicate"


class Bucket:
    """One shop that is loaded from a bucket, and from the same folder into DuckDB."""

    def __init__(self, emulator, root, name):
        self.settings, self.shop = on_emulator(root), name
        self.folder = emulator.gcs / name
        self.folder.mkdir()

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def load(self, source="thelook", pattern="", **more):
        wanted = wanted_load(self.settings, source, [f"gs://{self.shop}/{pattern}"], self.shop)
        return load_shop(self.settings, Progress(quiet=True), wanted, **more).lines()

    def load_here(self, source="thelook"):
        local = embedded(self.settings)
        return load_shop(local, Progress(quiet=True), wanted_load(local, source, [self.folder], self.shop))

    def rows(self, sql):
        with BigQueryWarehouse(self.settings, self.shop, read_only=True) as warehouse:
            return warehouse.rows_as_written(sql)

    def assert_same(self, *queries):
        with DuckDBWarehouse(embedded(self.settings), self.shop) as small:
            for query in queries:
                assert self.rows(query) == small.connection.execute(query).fetchall()


@pytest.fixture
def bucket(emulator, tmp_path, request, monkeypatch):
    name = shop_name(request.node.name)
    with serving(emulator.gcs) as (address, asked):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        made = Bucket(emulator, tmp_path, name)
        made.asked, made.address = asked, address
        yield made
    with BigQueryWarehouse(made.settings, made.shop) as warehouse:
        warehouse.connection.client.delete_dataset(warehouse.dataset, delete_contents=True)


def test_the_same_rows_rejects_and_duplicates_as_on_duckdb(bucket):
    bucket.write("orders_1.csv", FIRST)
    bucket.write("old/orders_2.csv.gz", gzip.compress(SECOND.encode(), mtime=0))
    pq.write_table(table_of(PRODUCTS, ROWS["products"]), bucket.folder / "products.parquet")
    bucket.write("notes.md", "# of no interest")
    lines = bucket.load()
    assert any(
        "orders: 7 read = 3 kept + 2 rejected + 2 duplicates, of which 1 differ" in line for line in lines
    )
    bucket.load_here()
    everything = (
        f"select {COLUMNS} from raw_orders order by 1, 3, 4, 7",
        "select id, name, cost, retail_price from raw_products order by 1",
        "select table_name, file_name, reason from rejected_rows order by 1, 2, 3",
        "select * from load_counts order by table_name",
        "select file_name, rows_read, rows_kept, rows_rejected from load_ledger order by 1",
    )
    bucket.assert_same(*everything)

    # Nothing new: only the listing is asked for. So does a report, whose profile names the bucket.
    bucket.asked.clear()
    profile = {"profile": bucket.shop, "source": "thelook", "places": (f"gs://{bucket.shop}/",)}
    summary = load_new(dataclasses.replace(bucket.settings, **profile), Progress(quiet=True))
    assert "nothing changed" in summary.lines()
    assert not any("/download/" in one for one in bucket.asked)

    # A new generation of an object takes the place of the old one; written anew as it was, it is the same.
    bucket.write("orders_1.csv", FIRST)
    bucket.write("old/orders_2.csv.gz", gzip.compress(CORRECTED.encode(), mtime=0))
    lines = bucket.load()
    assert f"gs://{bucket.shop}/old/orders_2.csv.gz → orders: replaced, 3 rows read, 1 duplicates" in lines
    bucket.load_here()
    bucket.assert_same(*everything)
    assert [name for name in tables(bucket) if "__next" in name] == []


def tables(bucket):
    with BigQueryWarehouse(bucket.settings, bucket.shop, read_only=True) as warehouse:
        return warehouse.tables()


def test_of_objects_that_fail_the_others_are_loaded_and_what_was_there_stays(bucket):
    bucket.write("orders_1.csv", FIRST)
    bucket.write("orders_2.csv", SECOND)
    bucket.load()
    before = bucket.rows(f"select {COLUMNS} from raw_orders order by 1, 3, 7")
    # The second was cut off on its way, days come first in the third, the fourth is as it should be.
    bucket.write("orders_2.csv", SECOND + '7,"never closed')
    bucket.write("orders_3.csv", f"{ORDERS}\n8,1,Shipped,03/04/2026 10:00,,,,1\n")
    bucket.write("orders_4.csv", f"{ORDERS}\n9,1,Shipped,2026-04-03 10:00:00 UTC,,,,1\n")
    with pytest.raises(
        BadDataError, match=r"2 of 4 objects could not be loaded: gs://.*The others are loaded"
    ):
        bucket.load()
    after = bucket.rows(f"select {COLUMNS} from raw_orders order by 1, 3, 7")
    assert [row for row in after if row[0] != 9] == before
    assert [row[0] for row in after][-1] == 9
    assert bucket.rows("select count(*) as n from load_ledger") == [(3,)]
    # It is not forgotten: the next load tries it again.
    with pytest.raises(BadDataError, match="2 of 4 objects"):
        bucket.load()
    bucket.write("orders_2.csv", CORRECTED)
    (bucket.folder / "orders_3.csv").unlink()
    assert any("orders_2.csv → orders: replaced" in line for line in bucket.load())


def test_a_number_of_two_readings_is_not_guessed(bucket):
    head, values = ",".join(PRODUCTS), ("1.234", "1.234,50", "$5")
    for n, value in enumerate(values):
        bucket.write(
            f"products_{n}.csv", f'{head}\n1,"{value}",Socks,A,B,5,Women,,\n2,12,Socks,A,B,5,Women,,\n'
        )
    with pytest.raises(BadDataError, match="3 of 3 objects") as caught:
        bucket.load()
    for n, value in enumerate(values):
        told = f"products_{n}.csv: In column cost, 1 values such as “{value}” are written in a way"
        assert told in caught.value.message


def test_rows_that_are_not_those_that_were_counted_do_not_take_their_place(bucket, monkeypatch):
    bucket.write("orders_1.csv", FIRST)
    rows_sql = objects.rows_sql
    monkeypatch.setattr(objects, "rows_sql", lambda parts, **more: f"{rows_sql(parts, **more)} limit 1")
    with pytest.raises(BadDataError, match="new rows of raw_orders are not those that were counted"):
        bucket.load()
    monkeypatch.undo()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", bucket.address)
    assert any("orders_1.csv → orders: loaded, 4 rows read, 2 rejected" in line for line in bucket.load())


def test_an_export_of_analytics_at_the_second_try(bucket, monkeypatch):
    rows = [
        event(),
        event(),
        event("purchase", 1, [{"item_id": "p1", "price": 4.5, "quantity": 2}]),
        event(None),
    ]
    pq.write_table(table_of(GA4, rows), bucket.folder / "events_20260301.parquet")
    begin, tries = bigquery.Client.load_table_from_uri, []

    def at_the_second_try(*given, **more):
        tries.append(given)
        if len(tries) == 1:
            raise ServiceUnavailable("Try again later.")
        return begin(*given, **more)

    monkeypatch.setattr(bigquery.Client, "load_table_from_uri", at_the_second_try)
    counted = "events: 4 read = 3 kept + 1 rejected + 0 duplicates; 1 equal another row in everything"
    assert any(line.startswith(counted) for line in bucket.load("ga4", "events_*.parquet"))
    assert len(tries) == 2
    bucket.load_here("ga4")
    bucket.assert_same(
        "select event_name, event_params, items, event_timestamp from raw_events order by 1",
        "select * from load_counts",
    )


class TestRefused:
    """Said before anything is loaded."""

    def test_a_source_whose_rows_are_in_the_order_of_the_file(self, bucket):
        with pytest.raises(SettingsError, match="rees46 is not loaded from a bucket"):
            bucket.load("rees46")

    def test_a_bucket_without_the_tables(self, bucket):
        bucket.write("notes.md", "")
        with pytest.raises(MissingInputError, match=r"No object .*/notes.md: its name says no table"):
            bucket.load()

    def test_json(self, bucket):
        bucket.write("orders.jsonl", "{}")
        with pytest.raises(BadDataError, match="JSON is not loaded from a bucket"):
            bucket.load()

    def test_what_does_not_go_together(self, bucket):
        for places in (["gs://a/b", "orders.csv"], ["gs://a/b", "bigquery://a.b"], ["gs://"]):
            wanted = wanted_load(bucket.settings, "thelook", places, "x")
            with pytest.raises(ParameterError):
                load_shop(bucket.settings, Progress(quiet=True), wanted)
        wanted = wanted_load(bucket.settings, "thelook", ["gs://a/b"], "x")
        for more in (
            {"formats": ["orders.created_at=day_first"]},
            {"choice": DatabaseChoice(table="orders")},
        ):
            with pytest.raises(ParameterError):
                load_shop(bucket.settings, Progress(quiet=True), dataclasses.replace(wanted, **more))
        local = embedded(bucket.settings)
        with pytest.raises(SettingsError, match="this one is in a DuckDB file"):
            load_shop(local, Progress(quiet=True), wanted)
