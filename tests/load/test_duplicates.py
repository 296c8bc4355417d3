"""Several rows with one key: one counts, the same one whatever the order of rows and files."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.load.shop import Shop, assert_row_equation, csv_text

PROCESSING = {"status": "Processing", "shipped_at": ""}
SHIPPED = {"status": "Shipped"}
DELIVERED = {"status": "Complete", "delivered_at": "2024-03-05 10:00:00 UTC"}
RETURNED = {"status": "Returned", "delivered_at": "2024-03-05 10:00:00 UTC", "returned_at": "2024-03-09"}
CANCELLED = {"status": "Cancelled", "shipped_at": ""}


def test_equal_rows_are_counted_once(shop: Shop) -> None:
    shop.load_text("users.csv", csv_text("users", {}, {}, {}, {"id": "8"}))
    assert shop.values("users", "id", "is_duplicate") == [(7, False), (7, True), (7, True), (8, False)]
    assert shop.counts("users") == (4, 2, 0, 2, 0)


def test_rows_that_differ_are_counted_as_conflicting(shop: Shop) -> None:
    shop.load_text("users.csv", csv_text("users", {}, {"country": "Peru"}, {"country": "Peru"}))
    assert shop.counts("users") == (3, 1, 0, 2, 1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_furthest_in_its_life_counts(tmp_path: Path, order: tuple[int, ...]) -> None:
    states = [PROCESSING, SHIPPED, DELIVERED, RETURNED]
    shop = Shop(tmp_path / "".join(map(str, order)))
    shop.load_text("orders.csv", csv_text("orders", *(states[i] for i in order)))
    assert [row[2] for row in shop.content("orders")] == ["Returned"]
    assert shop.counts("orders") == (4, 1, 0, 3, 3)


@pytest.mark.parametrize("rows", [[PROCESSING, CANCELLED], [CANCELLED, PROCESSING]])
def test_with_equal_times_the_later_status_counts(shop: Shop, rows: list[dict[str, str]]) -> None:
    shop.load_text("orders.csv", csv_text("orders", *rows))
    assert [row[2] for row in shop.content("orders")] == ["Cancelled"]


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    texts = {
        "orders_1.csv": csv_text("orders", PROCESSING, {"order_id": "6"}),
        "orders_2.csv": csv_text("orders", DELIVERED, {"order_id": "6", "user_id": "9"}),
        "orders_3.csv": csv_text("orders", SHIPPED, {"order_id": "8"}),
    }
    contents, counts = [], []
    for order in itertools.permutations(texts):
        shop = Shop(tmp_path / "_".join(order))
        for name in order:
            shop.load_text(name, texts[name])
        contents.append(shop.content("orders"))
        counts.append(shop.counts("orders"))
    assert len(contents[0]) == 3
    assert all(content == contents[0] for content in contents)
    assert set(counts) == {(6, 3, 0, 3, 3)}


def test_several_files_in_one_load_equal_several_loads(tmp_path: Path) -> None:
    together, apart = Shop(tmp_path / "together"), Shop(tmp_path / "apart")
    for shop in (together, apart):
        first = shop.write("orders_1.csv", csv_text("orders", PROCESSING))
        second = shop.write("orders_2.csv", csv_text("orders", DELIVERED))
        if shop is apart:
            shop.load(second)
            shop.load(first)
    together.load()
    assert together.content("orders") == apart.content("orders")
    assert together.counts("orders") == apart.counts("orders") == (2, 1, 0, 1, 1)


def test_a_row_that_was_shadowed_comes_back_when_the_other_file_changes(shop: Shop) -> None:
    shop.load_text("orders_old.csv", csv_text("orders", SHIPPED))
    shop.load_text("orders_new.csv", csv_text("orders", DELIVERED))
    assert [row[2] for row in shop.content("orders")] == ["Complete"]
    shop.load_text("orders_new.csv", csv_text("orders", {**DELIVERED, "order_id": "6"}))
    assert [row[:3] for row in shop.content("orders")] == [(5, 7, "Shipped"), (6, 7, "Complete")]
    assert shop.counts("orders") == (2, 2, 0, 0, 0)
    assert_row_equation(shop, ["orders"])


def test_a_table_with_a_key_of_several_columns(shop: Shop) -> None:
    rows = [{}, {"platform": "Bing"}, {"campaign_id": "c2"}, {"date": "2024-03-02"}, {"spend": "99"}]
    shop.load_text("marketing_spend.csv", csv_text("marketing_spend", *rows))
    assert shop.values("marketing_spend", "is_duplicate") == [True, False, False, False, False]
    assert shop.counts("marketing_spend") == (5, 4, 0, 1, 1)


def test_a_rejected_row_does_not_shadow_a_good_one(shop: Shop) -> None:
    shop.load_text("orders.csv", csv_text("orders", {}, {"status": "Lost"}))
    assert shop.counts("orders") == (2, 1, 1, 0, 0)


def test_the_same_data_as_csv_and_parquet_count_once(shop: Shop) -> None:
    shop.load_text("users.csv", csv_text("users", {}, {"id": "8"}))
    shop.parquet(
        "users.parquet", "select * exclude (load_file_id, load_row_number, is_duplicate) from raw_users"
    )
    shop.load()
    assert shop.counts("users") == (4, 2, 0, 2, 0)
