"""The real exports in ../shared/data, with exact counts."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.load.shop import Shop, assert_row_equation

pytestmark = pytest.mark.needs_shared_data

# Rows, and rows of the sample with a key of their own, counted with Python's csv module.
DECEMBER = {"users": (1000, 645), "orders": (1000, 495), "order_items": (1000, 507), "products": (1000, 501)}


def test_the_console_exports_of_june(shop: Shop, shared_data: Path) -> None:
    folder = shared_data / "thelook_samples" / "console_2025_06"
    summary = shop.load(folder)
    loaded = {Path(file.path).name: (file.table, file.outcome) for file in summary.files}
    assert loaded["order_iteams.csv"] == ("order_items", "loaded")
    assert loaded["thelook_ecommerce.csv"] == ("order_items", "unchanged")
    for table in ("users", "events", "inventory_items", "order_items", "products"):
        assert shop.counts(table) == (1000, 1000, 0, 0, 0)
    assert shop.counts("distribution_centers") == (10, 10, 0, 0, 0)
    assert shop.query("select distinct event_type from raw_events") == [("cancel",)]
    # Whole seconds and microseconds stand side by side in one column.
    assert shop.query("select count(*) from raw_users where epoch_us(created_at) % 1000000 <> 0") == [(19,)]
    with (folder / "users.csv").open(encoding="utf-8", newline="") as file:
        nulls = sum(row["city"] == "null" for row in csv.DictReader(file))
    assert nulls > 0
    assert shop.query("select count(*) from raw_users where city is null") == [(nulls,)]
    geometry = next(file for file in summary.files if file.path.endswith("users.csv"))
    assert geometry.decisions["ignored_columns"] == ["user_geom"]


def test_the_console_exports_of_december_have_repeated_keys(shop: Shop, shared_data: Path) -> None:
    folder = shared_data / "thelook_samples" / "console_2025_12_subset"
    shop.load(folder)
    for table, (rows, keys) in DECEMBER.items():
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            read = [next(iter(row.values())) for row in csv.DictReader(file)]
        assert (len(read), len(set(read))) == (rows, keys)
        assert shop.counts(table) == (rows, keys, 0, rows - keys, 0)
    assert_row_equation(shop, DECEMBER)


def test_both_exports_together(shop: Shop, shared_data: Path) -> None:
    summary = shop.load(shared_data / "thelook_samples")
    tables = [table.table for table in summary.tables]
    assert_row_equation(shop, tables)
    assert shop.counts("distribution_centers") == (20, 10, 0, 10, 0)
    assert shop.counts("users")[0] == 2000


def test_the_look_in_full_without_its_events(shop: Shop, shared_data: Path) -> None:
    expected = {
        "users": 100_000, "orders": 124_942, "order_items": 181_185, "products": 29_120,
        "distribution_centers": 10,
    }  # fmt: skip
    shop.load(shared_data / "thelook", tables=list(expected))
    for table, rows in expected.items():
        assert shop.counts(table) == (rows, rows, 0, 0, 0)


def test_other_shops_data_are_left_out_and_named(shop: Shop, shared_data: Path) -> None:
    folder = shared_data / "thelook_samples" / "console_2025_12_subset"
    summary = shop.load(folder, shared_data / "rees46", shared_data / "cdnow", shared_data / "ga4")
    skipped = {Path(file.path).name for file in summary.files if file.outcome == "skipped"}
    assert {
        "2019-Oct_head17k.csv",
        "cdnow_customers_summary.csv",
        "ga4_events_sampled.snappy.parquet",
    } <= skipped
