"""Fault 11 of definitions.md, section 5: files loaded twice, skipped after a failure, or late and ignored."""

from __future__ import annotations

import pytest

from analysis_lib.errors import BadDataError
from tests.load.shop import Shop, assert_row_equation, csv_text


def test_fault_11_a_file_loaded_twice_counts_once(shop: Shop) -> None:
    shop.write("orders.csv", csv_text("orders", {"order_id": "1"}, {"order_id": "2"}))
    shop.load()
    shop.load()
    assert [row[0] for row in shop.content("orders")] == [1, 2]
    assert_row_equation(shop, ["orders"])


def test_fault_11_a_file_that_failed_is_loaded_when_it_is_mended(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    shop.write("orders.csv", "")
    with pytest.raises(BadDataError):
        shop.load()
    shop.write("orders.csv", csv_text("orders", {"order_id": "1"}))
    shop.load()
    assert [row[0] for row in shop.content("orders")] == [1]
    assert shop.counts("users") == (1, 1, 0, 0, 0)


def test_fault_11_a_late_file_is_not_ignored_and_changes_only_what_is_new(shop: Shop) -> None:
    shop.load_text(
        "orders_2.csv", csv_text("orders", {"order_id": "2", "created_at": "2024-03-02 10:00:00 UTC"})
    )
    shop.load_text(
        "orders_1.csv", csv_text("orders", {"order_id": "1", "created_at": "2024-03-01 10:00:00 UTC"})
    )
    assert sorted(row[0] for row in shop.content("orders")) == [1, 2]
    assert_row_equation(shop, ["orders"])
