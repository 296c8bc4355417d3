"""Shops for the tests of this folder, each made and built once per test run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis_lib.simulate import simulate
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

from . import raw_files
from .marts import GRAINS, expected_marts
from .pipeline import build, load_folder, read_marts, settings_in
from .small_shops import SHOPS
from .staging import read_shop

Marts = dict[str, pd.DataFrame]
NOT_COMPARED = {"int_purchase_fit", "dq_reconciliation"}  # read beside the marts that are
SHARED = Path(os.environ.get("SHOPBOOK_SHARED", Path(__file__).parents[3] / "shared"))


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small demo shop, with truth.json."""
    folder = tmp_path_factory.mktemp("demo_shop")
    simulate(visitors=3000, months=8, seed=11, out=folder)
    return folder


def sample(folder: Path, into: Path, one_in: int = 16) -> Path:
    """A sixteenth of the users with all that is theirs, of the anonymous sessions and of the stock."""
    kept = {
        "users": f"id % {one_in} = 0",
        "orders": f"user_id % {one_in} = 0",
        "order_items": f"user_id % {one_in} = 0",
        "events": f"coalesce(user_id, hash(session_id)) % {one_in} = 0",
        "inventory_items": f"id % {one_in} = 0 or id in (select inventory_item_id from "
        f"'{folder / 'order_items.parquet'}' where user_id % {one_in} = 0)",
        "products": "true",
        "distribution_centers": "true",
    }
    with duckdb.connect() as connection:
        for table, condition in kept.items():
            rows = f"select * from '{folder / f'{table}.parquet'}' where {condition}"
            connection.execute(f"copy ({rows}) to '{into / f'{table}.parquet'}' (format parquet)")
    return into


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Callable[[str], Path]:
    """The folder with the files of a shop, by its name."""

    def find(shop: str) -> Path:
        if shop == "demo":
            return demo_folder
        if shop.startswith("thelook"):
            folder = SHARED / "data" / "thelook"
            if not folder.is_dir():
                pytest.skip("the shared data (../shared/data/thelook) is not on this machine")
            return folder if shop == "thelook" else sample(folder, tmp_path_factory.mktemp(shop))
        return raw_files.write(SHOPS[shop](), tmp_path_factory.mktemp(shop))

    return find


@pytest.fixture(scope="session")
def both_marts(
    tmp_path_factory: pytest.TempPathFactory, folder_of: Callable[[str], Path]
) -> Callable[[str, Mapping[str, Any]], tuple[Marts, Marts]]:
    """The project's marts of a shop, loaded from its files, and the expected ones."""
    folders: dict[str, Path] = {}
    warehouses: dict[str, Path] = {}
    done: dict[tuple[str, str], tuple[Marts, Marts]] = {}

    def make(shop: str, parameters: Mapping[str, Any]) -> tuple[Marts, Marts]:
        case = (shop, repr(sorted(parameters.items())))
        if case in done:
            return done[case]
        is_new = shop not in folders
        if is_new:
            folders[shop] = folder_of(shop)
            warehouses[shop] = tmp_path_factory.mktemp(f"{shop}_warehouse")
        with DuckDBWarehouse(settings_in(warehouses[shop]), "shop") as warehouse:
            if is_new:
                load_folder(warehouse, folders[shop])
            unavailable = build(warehouse, parameters)
            wanted = (GRAINS.keys() | NOT_COMPARED) - unavailable.keys()
            if shop.startswith("thelook"):  # many events: what is made of them is compared
                wanted = {name for name in wanted if not name.startswith("stg_")}
            marts = read_marts(warehouse, wanted)
        done[case] = marts, expected_marts(read_shop(folders[shop], parameters))
        return done[case]

    return make
