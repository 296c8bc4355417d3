"""Fixtures: one server for the run, a database for each test, and a shop to load into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.sources.postgres.load import Wanted, load_from_postgres
from analysis_lib.sources.summary import LoadSummary
from tests.load.shop import Shop
from tests.postgres.server import Database, Server, programs, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running PostgreSQL server."""
    pytest.importorskip("adbc_driver_postgresql", reason="adbc-driver-postgresql is not installed")
    if not programs():
        pytest.skip("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or on the path")
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def shared_database(server: Server) -> Database:
    Database(server, "postgres").run("create database shop")
    return Database(server, "shop")


@pytest.fixture
def database(shared_database: Database) -> Iterator[Database]:
    """A database that is empty again after the test."""
    yield shared_database
    shared_database.run(
        "drop schema public cascade", "create schema public", "grant usage on schema public to public"
    )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop."""
    return Shop(tmp_path / "files")


Pull = Callable[..., LoadSummary]


@pytest.fixture
def pull(shop: Shop, database: Database) -> Pull:
    """Load the table `events_raw` of the database, or what is said, into the shop, or another one."""

    def pull_now(into: Shop = shop, source: str = "product_events", **wanted: Any) -> LoadSummary:
        share = wanted.pop("max_rejected_share", 0.5)
        return load_from_postgres(
            into.connection, source, database.address, Wanted(**wanted), max_rejected_share=share
        )

    return pull_now
