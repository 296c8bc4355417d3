"""A project whose shop has a handful of orders and three models: it builds in a tenth of a second."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis_lib.shop
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings, load_settings
from analysis_lib.shop import Shop
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core import small_project
from tests.core.conftest import built_project, shop_files
from tests.reporting import shops

__all__ = ["built_project", "shop_files"]
ROOT = Path(__file__).resolve().parents[2]
ORDERS = [(1, "2026-03-01 10:00", "10.00"), (2, "2026-03-02 10:00", "20.00"), (3, "2026-03-05 10:00", "5.00")]


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a project with the shop `small`, whose marts are built to the newest day."""
    (tmp_path / "_quarto.yml").touch()
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(tmp_path))
    monkeypatch.setenv("SHOPBOOK_LOCK_WAIT_SECONDS", "0")
    monkeypatch.setattr(analysis_lib.shop, "project_of", lambda *_: small_project.orders_project())
    settings = load_settings()
    with DuckDBWarehouse(settings, "small") as warehouse:
        small_project.load_orders(warehouse, ORDERS)
        Runner(warehouse, small_project.orders_project(), make_parameters({})).build()
    return settings


@pytest.fixture(scope="session")
def two_months_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with every mart and seventy days of visits and orders; not to be changed."""
    made = shops.make_shop(tmp_path_factory.mktemp("shop"), shops.two_months().rows)
    yield made
    made.close()


@pytest.fixture
def book(two_months_shop: Shop) -> Shop:
    """That shop, with its limits as they are made."""
    two_months_shop.row_limit = 1_000_000
    return two_months_shop


@pytest.fixture(scope="session")
def report_project(tmp_path_factory: pytest.TempPathFactory, built_project: Path, shop_files: Path) -> Path:
    """A project with this repository's notebooks and reports, and a small shop that is built and checked."""
    root = tmp_path_factory.mktemp("report") / "project"
    shutil.copytree(built_project, root)
    shutil.copytree(shop_files, root / "files")
    for name in ("notebooks", "reports"):
        ignored = shutil.ignore_patterns("_site*", "_build")
        shutil.copytree(ROOT / name, root / name, ignore=ignored, dirs_exist_ok=True)
    shutil.copy(ROOT / "_quarto.yml", root)
    return root
