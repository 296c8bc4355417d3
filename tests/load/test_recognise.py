"""A file's table is told from its name, its columns or its folder."""

from __future__ import annotations

import pytest

from analysis_lib.errors import ColumnError, MissingInputError
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.recognise import by_name, fitting
from tests.load.shop import ROWS, Shop, csv_text

TABLES = read_source("thelook").tables


@pytest.mark.parametrize(
    ("stem", "table"),
    [
        ("events", "events"),
        ("Events", "events"),
        ("events_2025_06", "events"),
        ("events2025", "events"),
        ("events-000000000000", "events"),
        ("thelook.events", "events"),
        ("bigquery-public-data_thelook_ecommerce_orders", "orders"),
        ("order_items", "order_items"),
        ("order-items (1)", "order_items"),
        ("OrderItems", "order_items"),
        ("inventory_items-000000000003", "inventory_items"),
        ("distribution_centers", "distribution_centers"),
        ("ad_spend_daily", "marketing_spend"),
        ("bquxjob_5a1b2c3d_19372e8a", ""),
        ("users_orders", ""),
        ("export", ""),
    ],
)
def test_the_name_tells_the_table(stem: str, table: str) -> None:
    assert by_name(stem, TABLES) == table


@pytest.mark.parametrize("table", list(ROWS))
def test_the_required_columns_alone_tell_every_table(table: str) -> None:
    assert fitting(ROWS[table], TABLES) == [table]


def test_a_file_with_a_name_that_says_nothing_is_told_by_its_columns(shop: Shop) -> None:
    loaded = shop.load_text("bquxjob_5a1b2c3d.csv", csv_text("events", {}))
    assert loaded.table == "events"
    assert loaded.decisions["recognised_by"] == "its columns"


def test_order_lines_under_a_misspelt_name_are_not_taken_for_orders(shop: Shop) -> None:
    loaded = shop.load_text("order_iteams.csv", csv_text("order_items", {}))
    assert loaded.table == "order_items"
    assert "its name says orders" in str(loaded.decisions["recognised_by"])


def test_order_lines_without_their_key_are_not_taken_for_orders(shop: Shop) -> None:
    text = csv_text("order_items", {}).replace("id,order_id", "line,order_id", 1)
    with pytest.raises(MissingInputError, match="neither its name nor its columns"):
        shop.load_text("export.csv", text)


def test_parts_in_a_folder_belong_to_the_table_of_the_folder(shop: Shop) -> None:
    shop.write("events/part-0001.csv", csv_text("events", {"id": "1"}))
    shop.write("events/part-0002.csv", csv_text("events", {"id": "2"}))
    shop.load()
    assert shop.values("events", "id") == [1, 2]


def test_a_part_with_a_renamed_column_is_still_known_by_its_folder(shop: Shop) -> None:
    shop.write("events/part-0001.csv", csv_text("events", {}).replace("created_at", "created_on"))
    with pytest.raises(ColumnError, match="created_on"):
        shop.load()


def test_exports_in_shards_are_one_table(shop: Shop) -> None:
    for number in range(3):
        shop.write(f"events-{number:012}.csv", csv_text("events", {"id": str(number)}))
    assert [file.table for file in shop.load().files] == ["events"] * 3
    assert shop.counts("events") == (3, 3, 0, 0, 0)


def test_a_pattern_names_files(shop: Shop) -> None:
    shop.write("events_1.csv", csv_text("events", {"id": "1"}))
    shop.write("events_2.csv", csv_text("events", {"id": "2"}))
    shop.write("users.csv", csv_text("users", {}))
    shop.load(shop.folder / "events_*.csv")
    assert shop.counts("events") == (2, 2, 0, 0, 0)
    assert "raw_users" not in shop.tables()


def test_names_with_signs_of_patterns_mean_one_file(shop: Shop) -> None:
    names = ["events.csv", "events[1].csv", "ev*.csv", "event?.csv", "events {a,b} 'c'.csv"]
    for number, name in enumerate(names):
        shop.write(name, csv_text("events", {"id": str(number)}))
    shop.parquet("u.parquet", "select 1 as id, 'a' as country, 'b' as traffic_source, now() as created_at")
    (shop.folder / "u.parquet").rename(shop.folder / "users[1].parquet")
    shop.load()
    assert sorted(shop.values("events", "id")) == [0, 1, 2, 3, 4]
    assert shop.values("users", "id") == [1]


def test_folders_in_the_style_of_partitions_add_no_columns(shop: Shop) -> None:
    shop.write("country=Peru/users.csv", csv_text("users", {}))
    shop.load()
    assert shop.values("users", "country") == ["Japan"]


def test_a_file_of_something_else_is_left_out_and_named(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    shop.write("weather.csv", "day,rain\n2024-01-01,3\n")
    skipped = [file for file in shop.load().files if file.outcome == "skipped"]
    assert [(file.path, file.note) for file in skipped] == [
        ("weather.csv", "neither its name nor its columns fit a table of thelook")
    ]


def test_a_file_that_shares_only_a_word_with_a_table_is_left_out(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    shop.write("customers_summary.csv", "customer,frequency,recency\n1,2,3\n")
    skipped = [file for file in shop.load().files if file.outcome == "skipped"]
    assert [file.note for file in skipped] == ["its name says users, but its columns do not"]


def test_a_file_that_cannot_be_read_at_all_is_named_with_what_to_do(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    shop.write("orders.xlsx", b"PK")
    assert [(f.path, f.note) for f in shop.load().files if f.outcome == "skipped"] == [
        ("orders.xlsx", "it is an Excel file; save the sheet as CSV")
    ]


def test_hidden_files_and_markers_are_left_alone(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    for name in ("._users.csv", "_SUCCESS", ".ipynb_checkpoints/users.csv", "README.md", "truth.json"):
        shop.write(name, "x")
    assert [file.path for file in shop.load().files] == ["users.csv"]


def test_only_the_tables_that_are_asked_for_are_loaded(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    shop.write("orders.csv", csv_text("orders", {}))
    summary = shop.load(tables=["orders"])
    assert shop.tables() & {"raw_users", "raw_orders"} == {"raw_orders"}
    assert ("users.csv", "it was not asked for") in [(file.path, file.note) for file in summary.files]


def test_tables_that_the_shop_lacks_are_named_with_what_is_left_out(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    lines = shop.load().lines()
    assert "no inventory_items: the inventory page is left out" in lines
    assert not [line for line in lines if line.startswith("no users")]
