"""A shop of orders, stock and ad spend without events: the overview says all but what takes visits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis_lib.models import read_project
from analysis_lib.pages import drivers, overview, profit, revenue
from analysis_lib.pages import headline as kpis
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.shop import Shop, open_shop
from analysis_lib.simulate import simulate
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.golden.from_functions import settings_in
from tests.golden.shown import Page
from tests.oracle.pipeline import load_folder

from .test_pages_on_small_shops import text_of

NEED_VISITS = {"sessions", "conversion_rate"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    """The same shop with its events and without them."""
    folder = tmp_path_factory.mktemp("shops")
    simulate(visitors=1500, months=5, seed=23, out=folder / "files")
    settings = settings_in(folder)
    for name in ("with", "without"):
        if name == "without":
            (folder / "files" / "events.parquet").unlink()
        with DuckDBWarehouse(settings, name) as warehouse:
            load_folder(warehouse, folder / "files")
            wanted = ["+fct_daily_pnl", *(["+fct_funnel_segments", "+fct_funnel_daily"] * (name == "with"))]
            Runner(warehouse, read_project("thelook"), make_parameters({})).build(wanted)
    opened = [open_shop(name, settings=settings) for name in ("with", "without")]
    yield opened[0], opened[1]
    for shop in opened:
        shop.close()


def test_cards_are_those_of_the_shop_with_events_but_for_visits(both: tuple[Shop, Shop]) -> None:
    whole, orders_only = (
        {card.data["data-metric"]: card for card in Page(overview.headline(shop).text).cards} for shop in both
    )
    assert whole.keys() - orders_only.keys() == NEED_VISITS
    assert orders_only == {name: card for name, card in whole.items() if name not in NEED_VISITS}
    assert len(orders_only) >= 6


def test_the_profit_and_loss_is_the_same(both: tuple[Shop, Shop]) -> None:
    whole, orders_only = both
    assert profit.statement(whole).text == profit.statement(orders_only).text
    assert profit.waterfall(whole).text == profit.waterfall(orders_only).text


def test_no_sentence_is_about_visits(both: tuple[Shop, Shop]) -> None:
    _, shop = both
    for section in (
        overview.status,
        overview.headline,
        overview.key_findings,
        overview.revenue_trend,
        overview.revenue_by_month,
        drivers.factors,
    ):
        text = text_of(section(shop)).lower()
        assert text
        assert "session" not in text, section
        assert "visit" not in text, section
    assert re.search(r"There were [\d,]+ orders on 1–30 Jun", text_of(overview.key_findings(shop)))


def test_a_change_is_split_into_orders_and_their_size(both: tuple[Shop, Shop]) -> None:
    found = kpis.read(both[1])
    parts = revenue.factors(found.profit, found.visits)
    assert [part.label for part in parts] == ["Orders", "Revenue per order"]
    now, before = found.profit.value("net_revenue"), found.profit.value("net_revenue", "previous")
    assert now is not None
    assert before is not None
    assert sum(part.contribution for part in parts) == pytest.approx(now - before)


def test_traffic_sources_are_said_not_to_be_known(both: tuple[Shop, Shop], tmp_path: Path) -> None:
    assert "The shop has no visits" in text_of(drivers.by_source(both[1]))


def test_the_methods_name_what_the_page_has(both: tuple[Shop, Shop]) -> None:
    text = overview.how_computed(both[1]).text
    assert "fct_sessions" not in text
    assert "int_order_lines" in text
