"""One emulator for all tests of a worker; they skip, with the reason, where it cannot be started."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis_lib.settings import BigQuery, Settings
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from tests.bigquery.emulator import PROJECT, Emulator, running
from tests.bigquery.environment import why_not


def on_emulator(root: Path, **given: object) -> Settings:
    """Settings of a project in a folder whose warehouse is the emulator."""
    place = BigQuery(project=PROJECT, location="US")
    return Settings(
        root=root,
        warehouse=root / "warehouse.duckdb",
        site=root / "site",
        build_dir=root / "build",
        temp_dir=root / "tmp",
        engine="bigquery",
        bigquery=place,
        **given,
    )


def shop_name(test: str) -> str:
    """A shop's name that no other test has."""
    return f"t{hashlib.sha256(test.encode()).hexdigest()[:10]}"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A running emulator, its address in the environment for as long as it runs."""
    if reason := why_not():
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("emulator")) as started, pytest.MonkeyPatch.context() as patch:
        for name, value in started.environment.items():
            patch.setenv(name, value)
        yield started


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> Settings:
    """A project whose shops are on the emulator."""
    return on_emulator(tmp_path)


@pytest.fixture
def warehouse(settings: Settings, request: pytest.FixtureRequest) -> Iterator[BigQueryWarehouse]:
    """A shop of its own for each test: its tables are dropped afterwards, as is its dataset."""
    with BigQueryWarehouse(settings, shop_name(request.node.name)) as opened:
        yield opened
        opened.connection.client.delete_dataset(opened.dataset, delete_contents=True)
