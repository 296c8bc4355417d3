"""Files loaded into a shop on BigQuery leave the rows that the same files leave in DuckDB."""

from __future__ import annotations

import contextlib
import json

import pytest

from analysis_lib.errors import BadDataError, CloudError, ShopbookError, WarehouseLockedError
from analysis_lib.progress import Progress
from analysis_lib.sources.bigquery import commit
from analysis_lib.verbs.load import load_shop, wanted_load
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_jobs import Jobs
from analysis_lib.warehouse.bigquery_lease import Lease
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.moving import loaded_tables
from analysis_lib.warehouse.opening import embedded
from tests.bigquery.conftest import on_emulator
from tests.bigquery.shops import differences

pytestmark = pytest.mark.slow
SHOP = "loaded"
TRANSACTION = "begin transaction"
ORDERS = "order_id,user_id,status,created_at,returned_at,shipped_at,delivered_at,num_of_item"
FIRST = f"""{ORDERS}
1,7,Processing,2026-03-01 10:00:00 UTC,,,,1
2,7,Complete,2026-03-02 10:00:00 UTC,,2026-03-03 10:00:00 UTC,2026-03-04 10:00:00 UTC,2
3,8,Lost,2026-03-02 11:00:00 UTC,,,,1
4,,Shipped,2026-03-02 12:00:00 UTC,,2026-03-03 12:00:00 UTC,,1
"""
# Order 1 again, further in its life; order 2 again as it was; and order 5.
SECOND = f"""{ORDERS}
1,7,Shipped,2026-03-01 10:00:00 UTC,,2026-03-05 10:00:00 UTC,,1
2,7,Complete,2026-03-02 10:00:00 UTC,,2026-03-03 10:00:00 UTC,2026-03-04 10:00:00 UTC,2
5,9,Processing,2026-03-06 10:00:00 UTC,,,,3
"""
CORRECTED = SECOND.replace("1,7,Shipped", "6,7,Shipped").replace("5,9,Processing", "5,9,Cancelled")


class Shop:
    """One shop in two warehouses, filled from one folder."""

    def __init__(self, root):
        self.root = root
        self.cloud = on_emulator(root)
        self.files = root / "files"
        self.files.mkdir()

    def write(self, **texts):
        for name, text in texts.items():
            (self.files / f"{name}.csv").write_text(text)

    def load(self, settings, source="thelook"):
        return load_shop(settings, Progress(quiet=True), wanted_load(settings, source, [self.files], SHOP))

    def load_both(self, source="thelook"):
        """The lines that both loads print, which are the same."""
        small, large = (self.load(place, source).lines() for place in (embedded(self.cloud), self.cloud))
        assert large == small
        return large

    def opened(self):
        return DuckDBWarehouse(embedded(self.cloud), SHOP), BigQueryWarehouse(self.cloud, SHOP)

    def assert_same(self):
        """Every loaded table is the same, row for row, but for the time of the clock in the ledger."""
        small, large = self.opened()
        with small, large:
            assert {*loaded_tables(small)} == {*loaded_tables(large)}
            for name in loaded_tables(small):
                if name != "load_ledger":
                    assert differences(small, large, name) == "", name
            columns = ", ".join(column for column in small.schema()["load_ledger"] if column != "loaded_at")
            ledger = f"select {columns} from load_ledger order by table_name, path"
            assert large.rows_as_written(ledger) == small.connection.execute(ledger).fetchall()
            assert [name for name in large.tables() if "__next" in name] == []


@pytest.fixture
def shop(emulator, tmp_path):
    made = Shop(tmp_path)
    yield made
    with BigQueryWarehouse(made.cloud, SHOP) as warehouse:
        warehouse.connection.client.delete_dataset(warehouse.dataset, delete_contents=True)


def test_the_same_rows_rejects_duplicates_and_ledger_as_on_duckdb(shop):
    shop.write(orders_1=FIRST)
    assert "orders: 4 read = 2 kept + 2 rejected + 0 duplicates" in shop.load_both()
    shop.assert_same()

    shop.write(orders_2=SECOND)
    lines = shop.load_both()
    assert any("7 read = 3 kept + 2 rejected + 2 duplicates, of which 1 differ" in line for line in lines)
    shop.assert_same()

    # The same again: nothing is read, sent or written.
    with count_writes() as written:
        assert "nothing changed" in shop.load(shop.cloud).lines()
    assert written == []

    # A corrected file: what its old rows had hidden counts again. Then its content in another file, too.
    shop.write(orders_2=CORRECTED)
    lines = shop.load_both()
    assert any(line.startswith("files/orders_2.csv → orders: replaced, 3 rows read") for line in lines)
    shop.assert_same()
    shop.write(orders_3=CORRECTED)
    shop.load_both()
    shop.write(orders_2=SECOND)
    shop.load_both()
    shop.assert_same()


class Killed(BaseException):
    """The process is gone: nothing it would have done happens any more."""


@contextlib.contextmanager
def count_writes(killed_at: str = "nowhere", *, after: bool = False):
    """The statements and load jobs of a load, in order; it ends before or after one of them."""
    done: list[str] = []
    execute, load = Jobs.execute, BigQueryWarehouse.load

    def counted(what, work):
        done.append(what)
        if what.startswith(killed_at) and not after:
            raise Killed
        result = work()
        if what.startswith(killed_at):
            raise Killed
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Jobs, "execute", lambda self, sql, model="": counted(sql, lambda: execute(self, sql, model))
        )
        patch.setattr(
            BigQueryWarehouse,
            "load",
            lambda self, name, *given, **more: counted(name, lambda: load(self, name, *given, **more)),
        )
        yield done


def test_killed_anywhere_and_repeated_it_neither_doubles_nor_loses_rows(shop):
    shop.write(orders_1=FIRST)
    shop.load_both()
    shop.write(orders_1=SECOND, orders_2=FIRST.replace("1,7,", "11,7,"), orders_3=FIRST)
    with BigQueryWarehouse(shop.cloud, SHOP) as warehouse:
        before = known(warehouse)
        for point in ("raw_orders", "create or replace table `load_marks", "load_counts", TRANSACTION):
            with count_writes(point), pytest.raises(Killed):
                shop.load(shop.cloud)
            assert known(warehouse) == before, point
    # Killed when the transaction is done, and what follows is not.
    with count_writes(TRANSACTION, after=True), pytest.raises(Killed):
        shop.load(shop.cloud)
    assert "nothing changed" in shop.load(shop.cloud).lines()
    shop.write(orders_4=FIRST.replace("1,7,", "12,7,"))
    shop.load(shop.cloud)  # also clears away what was left
    shop.load(embedded(shop.cloud))
    shop.assert_same()


def known(warehouse):
    """What the shop holds of orders, and which files it remembers."""
    rows = warehouse.rows_as_written("select order_id, load_file_id, is_duplicate from raw_orders")
    return sorted(rows), sorted(warehouse.rows_as_written("select path, content_sha256 from load_ledger"))


def test_a_connection_that_breaks_when_all_is_done_is_no_failure(shop, monkeypatch):
    shop.write(orders_1=FIRST)
    execute = Jobs.execute

    def broken(self, sql, model=""):
        job = execute(self, sql, model)
        if sql.startswith(TRANSACTION):
            raise CloudError("The connection broke.")
        return job

    monkeypatch.setattr(Jobs, "execute", broken)
    shop.load_both()
    shop.assert_same()


def test_of_two_loads_at_once_the_second_changes_nothing(shop, monkeypatch):
    shop.write(orders_1=FIRST)
    shop.load_both()
    shop.write(orders_2=SECOND)
    carry_out = commit.carry_out

    def overtaken(*given):
        monkeypatch.setattr(commit, "carry_out", carry_out)
        with pytest.raises(WarehouseLockedError):
            shop.load(shop.cloud)
        monkeypatch.setattr(Lease, "take", lambda _: False)  # as if it had run out
        shop.load(shop.cloud)
        carry_out(*given)

    monkeypatch.setattr(commit, "carry_out", overtaken)
    with pytest.raises(ShopbookError, match="another load changed load_"):
        shop.load(shop.cloud)
    shop.load(embedded(shop.cloud))
    shop.assert_same()


def test_a_file_that_cannot_be_read_stops_the_load_before_anything_travels(shop):
    shop.write(orders_1=FIRST, orders_2=f"{ORDERS}\n" + "x,x,Shipped,today,,,,\n" * 20)
    with count_writes() as written, pytest.raises(BadDataError, match=r"orders_2\.csv has another format"):
        shop.load(shop.cloud)
    assert written == []


def test_lists_and_structures_travel_too(shop):
    item = {"item_id": "p1", "item_name": "Socks", "price": 4.5, "quantity": 2}
    page = {"key": "ga_session_id", "value": {"int_value": 7}}
    bought = {
        "event_timestamp": 1_772_000_000_000_000,
        "event_date": "20260225",
        "event_name": "purchase",
        "event_params": [page, {"key": "page", "value": {"string_value": "é"}}],
        "user_pseudo_id": "a",
        "ecommerce": {"transaction_id": "t1", "purchase_revenue": 9.0},
        "items": [item, {**item, "item_id": "p2", "price": None}],
    }
    seen = {**bought, "event_name": "page_view", "event_params": [], "items": [], "ecommerce": None}
    lines = "\n".join(json.dumps(row) for row in (bought, seen, seen, {**seen, "event_name": None}))
    (shop.files / "events_20260225.jsonl").write_text(lines)
    assert any("; 1 equal another row" in line for line in shop.load_both("ga4"))
    shop.assert_same()
