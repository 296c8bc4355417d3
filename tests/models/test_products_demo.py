"""The product marts on the demo shop: what was planted comes out, and they agree with each other and with the orders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.simulate import simulate
from analysis_lib.sources.load import load
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.translations import TRANSLATIONS

MARTS = [
    "+fct_category_performance",
    "+fct_basket_affinity",
    "+fct_inventory_forecast",
    "+int_velocity_quality",
]
Truth = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the demo shop."""
    files = tmp_path_factory.mktemp("files")
    simulate(visitors=20_000, months=18, seed=7, out=files)
    return files


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shop(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    """The shop with its product marts."""
    root = tmp_path_factory.mktemp("project")
    settings = Settings(
        root=root,
        warehouse=root / "warehouse.duckdb",
        site=root / "_site",
        build_dir=root / "_build",
        temp_dir=root / "tmp",
        translations=TRANSLATIONS,
        memory_limit="4GB",
        threads=2,
    )
    with DuckDBWarehouse(settings, "shop") as warehouse:
        load(warehouse, "thelook", [folder], root=root)
        Runner(warehouse, read_project("thelook"), make_parameters({})).build(MARTS)
        yield warehouse


def pair(one: object, other: object) -> frozenset[str]:
    return frozenset((str(one), str(other)))


def ranked_pairs(shop: DuckDBWarehouse, level: str) -> list[frozenset[str]]:
    """Pairs of items, the best first, each once."""
    rows = shop.query(
        f"""
        select item_id, other_item_id from fct_basket_affinity where level = '{level}' order by affinity_rank
        """
    ).itertuples(index=False)
    return list(dict.fromkeys(pair(*row) for row in rows))


def test_the_planted_product_pairs_are_the_top_of_the_affinities(shop: DuckDBWarehouse, truth: Truth) -> None:
    planted = {pair(*products) for products in truth["planted"]["baskets"]["product_pairs"]}
    assert set(ranked_pairs(shop, "product")[: len(planted)]) == planted


def test_the_planted_categories_are_the_top_of_the_affinities(shop: DuckDBWarehouse, truth: Truth) -> None:
    """Beside them only the categories of planted product pairs, whose orders hold both categories too."""
    baskets = truth["planted"]["baskets"]
    planted = {pair(*each["categories"]) for each in baskets["category_affinities"]}
    products = shop.query("select product_id, category from stg_products")
    category_of = dict(zip(products["product_id"], products["category"], strict=True))
    implied = {pair(*(category_of[str(key)] for key in keys)) for keys in baskets["product_pairs"]}
    top = ranked_pairs(shop, "category")[: len(planted) + 4]
    assert planted <= set(top) <= planted | implied


@pytest.mark.parametrize(
    ("level", "kind", "names"),
    [("product", "products", "products"), ("category", "categories", "categories")],
)
def test_the_counts_of_the_planted_pairs_are_those_of_the_simulator(
    shop: DuckDBWarehouse, truth: Truth, level: str, kind: str, names: str
) -> None:
    counted = truth["realised"]["affinities"]
    rows = shop.query(f"select * from fct_basket_affinity where level = '{level}'")
    found = {(row.item_id, row.other_item_id): row for row in rows.itertuples(index=False)}
    for each in counted[kind]:
        one, other = map(str, each[names])
        row = found[one, other]
        assert row.orders == counted["orders"]
        assert (row.orders_with_item, row.orders_with_other, row.orders_with_both) == (
            each["orders_with_first"],
            each["orders_with_second"],
            each["orders_with_both"],
        )
        assert row.lift == pytest.approx(each["lift"], abs=1e-6)
        assert row.lift_lower > 1


def test_the_two_directions_of_a_pair_agree(shop: DuckDBWarehouse) -> None:
    rows = shop.query("select * from fct_basket_affinity")
    found = {(row.level, row.item_id, row.other_item_id): row for row in rows.itertuples(index=False)}
    for (level, one, other), row in found.items():
        back = found[level, other, one]
        assert (row.orders_with_both, row.support) == (back.orders_with_both, back.support)
        assert row.lift == pytest.approx(back.lift)


def test_every_level_of_the_categories_adds_up_to_the_products_and_to_the_order_lines(
    shop: DuckDBWarehouse,
) -> None:
    measures = [
        "net_revenue",
        "gross_profit",
        "units",
        "gross_sales",
        "views",
        "add_to_carts",
        "returned_units",
    ]
    sums = ", ".join(f"sum({name}) as {name}" for name in measures)
    levels = shop.rows(f"select category_level, {sums} from fct_category_performance group by category_level")
    [products] = shop.rows(f"select {sums} from fct_product_performance")
    [lines] = shop.rows(
        "select sum(net_revenue) as revenue, sum(gross_profit) as profit from int_order_lines"
    )
    assert {level: row for level, *row in levels} == {0: list(products), 1: list(products)}
    assert lines == products[:2]


def test_a_category_has_at_most_the_sessions_of_its_products_and_at_least_those_of_the_best(
    shop: DuckDBWarehouse,
) -> None:
    names = ["viewing_sessions", "viewers", "orders"]
    products = shop.query(f"select category, {', '.join(names)} from fct_product_performance").groupby(
        "category"
    )
    found = (
        shop.query(
            f"select category_path, {', '.join(names)} from fct_category_performance where category_level = 1"
        )
        .set_index("category_path")
        .sort_index()
    )
    for name in names:
        assert (found[name] <= products[name].sum()).all()
        assert (found[name] >= products[name].max()).all()
        assert (found[name] < products[name].sum()).any()


def test_the_velocity_is_not_worse_than_the_naive_forecast(shop: DuckDBWarehouse) -> None:
    rows = shop.query("select slice, value, baseline_value from int_velocity_quality where metric = 'wape'")
    assert set(rows["slice"]) == {"(all)", "abc_class A", "abc_class B", "abc_class C"}
    assert (rows["value"] <= rows["baseline_value"]).all()


def test_the_back_test_is_the_forecast_of_a_run_one_look_back_earlier(
    shop: DuckDBWarehouse, truth: Truth
) -> None:
    """Moving as_of back gives what the shop would have seen then, but for orders cancelled since."""
    today = shop.query("select product_id, backtest_forecast_units from fct_inventory_forecast")
    Runner(shop, read_project("thelook"), make_parameters({"as_of": "2026-05-31"})).build(
        ["+fct_inventory_forecast"]
    )
    then = shop.query("select product_id, average_daily_sales from fct_inventory_forecast")
    both = today.merge(then, on="product_id")
    assert truth["end_date"] == "2026-06-30"
    assert (both["average_daily_sales"] * 30 - both["backtest_forecast_units"]).abs().max() < 1e-9
