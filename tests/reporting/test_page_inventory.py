"""The back-test of the stock's velocity on the inventory page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.pages import inventory_backtest, quality_data
from analysis_lib.shop import Shop
from tests.reporting import shops
from tests.reporting.test_pages_on_small_shops import text_of


def test_the_forecast_is_tried_on_days_that_it_had_not_seen(tmp_path: Path, downloads: Path) -> None:
    """Four units in the 30 days before, one of them in the last 7; six units since: |6 − 4| / 6."""
    story = shops.Story().product().stock(40, shops.AS_OF - dt.timedelta(days=200))
    for ago in (3, 5, 9, 11, 20, 25, 31, 45, 50, 55, 90):
        story.order(f"c{ago}", shops.AS_OF - dt.timedelta(days=ago))
    text = text_of(inventory_backtest.foretold(shops.make_shop(tmp_path / "shop", story.rows)))
    rows = pd.read_csv(downloads / "velocity-backtest.csv").set_index("slice")
    assert rows.loc["(all)", ["units_sold", "units_forecast"]].tolist() == [6, 4]
    assert rows.loc["(all)", "units_naive"] == pytest.approx(30 / 7)
    assert rows.loc["(all)", "value"] == pytest.approx(2 / 6)
    assert "was off by 33.3 % of the units sold, counted product by product; the last 7 days" in text
    assert "The forecast of sales tried on 1–30 Sep 2026" in text


def test_it_says_the_same_as_the_quality_page(two_months: Shop, downloads: Path) -> None:
    inventory_backtest.foretold(two_months)
    rows = pd.read_csv(downloads / "velocity-backtest.csv").set_index("slice")
    foretold = {
        row["slice"]: row["value"]
        for row in quality_data.foretold(two_months)
        if (row["model_name"], row["metric"]) == ("inventory_velocity", "wape")
    }
    assert rows["value"].dropna().to_dict() == pytest.approx(
        {k: v for k, v in foretold.items() if v is not None}
    )


def test_without_a_past_it_says_why_there_is_none(small_shops: dict[str, Shop]) -> None:
    text = text_of(inventory_backtest.foretold(small_shops["only stock"]))
    assert text == (
        "The forecast of sales cannot be tried on the past: the orders do not go back over two look-backs."
    )
    assert "no product was ever stocked" in text_of(inventory_backtest.foretold(small_shops["empty"]))
