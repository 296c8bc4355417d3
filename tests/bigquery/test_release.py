"""When a notebook lets go of the warehouse: a DuckDB file shuts others out, BigQuery nobody."""

from __future__ import annotations

import dataclasses

import pytest

from analysis_lib.parameters import make_parameters
from analysis_lib.shop import READ_ONLY, Shop
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core.small_project import load_orders, orders_project, settings


@pytest.fixture
def book(tmp_path):
    """A small shop, held open; `settings.engine` is what each test says it is."""
    place = settings(tmp_path)
    with DuckDBWarehouse(place, "small") as warehouse:
        load_orders(warehouse, [(1, "2026-03-01 10:00", "10.50")])

    def reopen():
        return DuckDBWarehouse(place, "small", read_only=True)

    book = Shop(reopen(), orders_project(), make_parameters({}), {}, {}, reopen)
    yield book
    book.close()


@pytest.mark.parametrize(
    ("engine", "published", "is_held"),
    [("duckdb", "1", False), ("duckdb", "", False), ("bigquery", "1", True), ("bigquery", "", False)],
)
def test_only_a_published_page_on_bigquery_holds_on(book, monkeypatch, engine, published, is_held):
    book.settings = dataclasses.replace(book.settings, engine=engine)
    monkeypatch.setenv(READ_ONLY, published)
    book.release()
    assert (book._held is not None) == is_held
    assert book.has_table("raw_orders")
