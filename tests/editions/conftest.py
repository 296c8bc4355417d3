"""Small awkward shops with every edition of every dimension, built once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from analysis_lib.editions.build import Whole, build_edition, edition_parameters
from analysis_lib.editions.spec import Edition
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.simulate import simulate
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.oracle import raw_files
from tests.oracle.pipeline import PROJECT, load_folder, settings_in
from tests.oracle.small_shops import SHOPS

SHOP = "shop"
PAST = {"as_of": "2024-04-10", "window_days": 7}


def build_whole(settings: Settings, folder: Path) -> Whole:
    """Load a folder as a shop of its own and build every model."""
    with DuckDBWarehouse(settings, SHOP) as warehouse:
        load_folder(warehouse, folder)
        summary = Runner(warehouse, PROJECT, make_parameters({})).build()
    return Whole(SHOP, "thelook", summary.parameters, PROJECT)


def build(settings: Settings, whole: Whole, edition: Edition, select: Sequence[str] = ()) -> str:
    """Build an edition, or some of its models; its schema."""
    parameters = edition_parameters(edition, {}, whole.parameters)
    build_edition(settings, whole, edition, parameters, select=select)
    return edition.schema(whole.shop)


@pytest.fixture(scope="session")
def whole_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Settings, Whole]]:
    """A shop of tests/oracle/small_shops.py, or the small demo, by its name, built once."""
    made: dict[str, tuple[Settings, Whole]] = {}

    def make(name: str) -> tuple[Settings, Whole]:
        if name not in made:
            settings = settings_in(tmp_path_factory.mktemp(f"{name}_editions"))
            folder = tmp_path_factory.mktemp(f"{name}_files")
            if name == "demo":
                simulate(visitors=600, months=4, seed=11, out=folder)
            else:
                raw_files.write(SHOPS[name](), folder)
            made[name] = settings, build_whole(settings, folder)
        return made[name]

    return make
