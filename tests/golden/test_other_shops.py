"""The same comparison on other shops and with other parameters, straight from the page functions.

A page that agrees with the recomputation on the demo's last day alone could do so by luck: here days begin
elsewhere, the window is a week, a past day is the last, theLook's own rows come in, a shop lacks ad spend.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.checks import Checker
from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.shop import open_shop
from analysis_lib.simulate import simulate
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.demo_site import DemoSite
from tests.oracle.conftest import SHARED, sample
from tests.oracle.pipeline import load_folder

from .book import open_book
from .from_functions import faults_of_shop, settings_in

ABROAD: dict[str, Any] = {
    "as_of": "2026-04-15",
    "window_days": 7,
    "timezone": "America/New_York",
    "currency": "EUR",
    "session_gap_minutes": 45,
    "attribution_lookback_days": 10,
    "declining_after_days": 20,
    "at_risk_after_days": 40,
    "churn_after_days": 60,
    "velocity_days": 14,
    "lead_time_days": 7,
    "review_period_days": 10,
    "service_level": 0.9,
}


def for_book(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a run as the book takes them."""
    return {
        name: dt.date.fromisoformat(value) if name == "as_of" else value for name, value in parameters.items()
    }


def faults(
    warehouse: Path, shop: str, parameters: dict[str, Any], without: tuple[str, ...] = ()
) -> list[str]:
    """What is wrong with a shop's cards, with its marts built for these parameters."""
    settings = settings_in(warehouse.parent)
    with DuckDBWarehouse(settings, shop) as writable:
        project, wanted = read_project("thelook"), make_parameters(parameters)
        built = Runner(writable, project, wanted).build()
        Checker(writable, project, built.parameters, built.fingerprints).run()
    with (
        open_shop(shop, settings=settings, **parameters) as opened,
        open_book(warehouse, shop, **for_book(parameters)) as book,
    ):
        return faults_of_shop(opened, book, without)


@pytest.mark.slow
def test_the_demo_on_an_earlier_day_in_another_zone(demo_site: DemoSite, tmp_path: Path) -> None:
    warehouse = Path(shutil.copy(demo_site.warehouse, tmp_path / "warehouse.duckdb"))
    assert faults(warehouse, "demo", ABROAD) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="last day"),
        pytest.param({"as_of": "2026-03-20", "timezone": "Asia/Tokyo", "window_days": 14}, id="early, Tokyo"),
    ],
)
def test_a_young_shop_without_ad_spend(parameters: dict[str, Any], tmp_path: Path) -> None:
    simulate(visitors=1500, months=5, seed=23, out=tmp_path / "files")
    (tmp_path / "files" / "marketing_spend.parquet").unlink()
    settings = settings_in(tmp_path)
    with DuckDBWarehouse(settings, "young") as warehouse:
        load_folder(warehouse, tmp_path / "files")
    assert faults(settings.warehouse, "young", parameters, without=("marketing",)) == []


@pytest.mark.slow
@pytest.mark.needs_shared_data
@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="last day"),
        pytest.param({"as_of": "2023-06-30", "timezone": "Europe/Berlin", "window_days": 28}, id="Berlin"),
    ],
)
def test_the_look(parameters: dict[str, Any], tmp_path: Path) -> None:
    if not (SHARED / "data" / "thelook").is_dir():
        pytest.skip("the shared data (../shared/data/thelook) is not on this machine")
    (tmp_path / "files").mkdir()
    sample(SHARED / "data" / "thelook", tmp_path / "files", one_in=8)
    settings = settings_in(tmp_path)
    with DuckDBWarehouse(settings, "thelook") as warehouse:
        load_folder(warehouse, tmp_path / "files")
    assert faults(settings.warehouse, "thelook", parameters, without=("marketing",)) == []
