"""Products, cross-sell, stock and marketing on shops with every kind of category, channel and campaign.

test_marts_equal_pandas compares the same marts on the other shops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

from . import cross_sell, propensity, raw_files
from .compare import assert_same
from .marketing_invariants import INVARIANTS
from .pipeline import PROJECT, load_folder, read_marts, settings_in
from .products_and_marketing import GRAINS, expected_marts
from .raw_files import Rows
from .shop_tables import shop_tables
from .small_shops import awkward_shop
from .staging import read_shop
from .test_marts_equal_pandas import ABROAD, LAST_DAY

Marts = dict[str, pd.DataFrame]
SHORT: dict[str, Any] = {
    "as_of": "2024-04-20",
    "timezone": "Asia/Kolkata",
    "propensity_horizon_days": 3,
    "attribution_lookback_days": 2,
    "min_pair_orders": 1,
    "min_sample": 2,
    "velocity_days": 5,
}
MANY_CUT_OFFS = ABROAD | {"propensity_horizon_days": 14}


def many_channels() -> Rows:
    """The awkward shop with deep categories, every kind of channel, campaigns on one and two platforms."""
    rows = awkward_shop()
    categories = ["Clothing > Women > Jeans", "Clothing>Women", "electronics.phone", "Home/Kitchen/Pans/S/XS"]
    categories += ["Dr. Martens", "Clothing > Men", None, "Clothing", "electronics.audio.headphone"]
    for product in rows["products"]:
        product["category"] = categories[product["id"] % len(categories)]
        product["department"] = [None, "Women", "Men"][product["id"] % 3]
    sources = ["(direct)", "Email", "google / cpc", "FACEBOOK", None, "Search", "direct", "Organic", "odd"]
    sources += ["YouTube", "Adwords", "news.example / referral"]
    for event in rows["events"]:
        place = event["id"] * 7 % 31
        event["traffic_source"] = sources[place % len(sources)]
        event["campaign_id"] = ["c1", "c2", "c3", None, None][place % 5]
    spend = [("2024-03-30", "c1", "Google"), ("2024-03-31", "c1", "Meta"), ("2024-04-02", "c2", "facebook")]
    spend += [("2024-04-18", "c2", "facebook"), ("2024-04-02", "c9", "Adwords")]
    spend += [("2024-02-02", "c9", "Adwords")]
    rows["marketing_spend"] = [
        {"date": day, "campaign_id": campaign, "platform": platform, "spend": 10.01 + number / 3}
        | {"clicks": number, "impressions": 10 * number}
        for number, (day, campaign, platform) in enumerate(spend)
    ]
    return rows


OWN_SHOPS = {"many_channels": many_channels}
MODELS = [
    "int_propensity_scores",
    "int_orders",
    "int_order_lines",
    "fct_sessions",
    "fct_daily_pnl",
    "dim_customers",
]
SHOPS = [
    pytest.param("many_channels", LAST_DAY, id="many-channels"),
    pytest.param("many_channels", SHORT, id="many-channels-short-in-kolkata"),
    pytest.param("awkward", SHORT, id="awkward-short-in-kolkata"),
    pytest.param("demo", MANY_CUT_OFFS, id="demo"),
]


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, folder_of: Callable[[str], Path]
) -> Callable[[str, Mapping[str, Any]], tuple[Marts, Marts]]:
    """The project's marts of a shop and the expected ones; session ids as `visitor@microseconds`."""
    folders: dict[str, Path] = {}
    warehouses: dict[str, Path] = {}
    done: dict[tuple[str, str], tuple[Marts, Marts]] = {}

    def make(shop: str, parameters: Mapping[str, Any]) -> tuple[Marts, Marts]:
        case = shop, repr(sorted(parameters.items()))
        if case not in done:
            is_new = shop not in folders
            if is_new:
                folders[shop] = (
                    raw_files.write(OWN_SHOPS[shop](), tmp_path_factory.mktemp(shop))
                    if shop in OWN_SHOPS
                    else folder_of(shop)
                )
                warehouses[shop] = tmp_path_factory.mktemp(f"{shop}_warehouse")
            with DuckDBWarehouse(settings_in(warehouses[shop]), "shop") as warehouse:
                if is_new:
                    load_folder(warehouse, folders[shop])
                runner = Runner(warehouse, PROJECT, make_parameters(dict(parameters)))
                wanted = [name for name in [*GRAINS, *MODELS] if not runner.missing[name]]
                dated = [name for name in ("stg_orders", "stg_events") if not runner.missing[name]]
                runner.build([f"+{name}" for name in [*dated, *wanted]])
                marts = read_marts(warehouse, wanted)
            done[case] = marts, expected_marts(shop_tables(read_shop(folders[shop], parameters)))
        return done[case]

    return make


@pytest.mark.parametrize("mart", list(GRAINS))
@pytest.mark.parametrize(("shop", "parameters"), SHOPS)
def test_mart_equals_pandas(both, shop: str, parameters: dict[str, Any], mart: str):
    marts, expected = both(shop, parameters)
    if mart not in expected:
        assert mart not in marts, "there is a mart without its inputs"
        return
    if expected[mart].empty:  # a frame without rows has no types to compare
        assert marts[mart].empty
        return
    assert_same(marts[mart], expected[mart], list(GRAINS[mart].key), GRAINS[mart].money)


@pytest.mark.parametrize(("shop", "parameters"), SHOPS)
def test_candidates_have_the_probability_of_their_cell(both, shop: str, parameters: dict[str, Any]):
    marts, expected = both(shop, parameters)
    pairs = expected["int_propensity_pairs"].query("split == 'score'")
    scores = marts["int_propensity_scores"][[*propensity.CELL, "purchase_probability"]]
    wanted = pairs.merge(scores, how="left", on=propensity.CELL, validate="many_to_one")
    assert_same(
        marts["fct_cross_sell_candidates"],
        wanted[["user_id", "product_id", "purchase_probability"]],
        ["user_id", "product_id"],
    )


@pytest.mark.parametrize(("shop", "parameters"), SHOPS)
def test_candidates_are_valued_and_ranked(both, shop: str, parameters: dict[str, Any]):
    marts, expected = both(shop, parameters)
    found = marts["fct_cross_sell_candidates"]
    margin = found["purchase_probability"].astype(float) * found["unit_margin"].astype(float)
    given = found["expected_margin"].astype(float)
    assert (given.isna() == margin.isna()).all()
    assert (given - margin).abs().max() <= 0.00005 + 1e-9 or margin.isna().all()
    assert (found["rank_for_user"] == cross_sell.rank_for_user(found)).all()
    on_hand = expected["fct_inventory_forecast"].set_index("product_id")["on_hand"]
    in_stock = (found["product_id"].map(on_hand) > 0).where(found["product_id"].isin(on_hand.index))
    assert (found["is_in_stock"].isna() == in_stock.isna()).all()
    known = in_stock.notna()
    assert (found.loc[known, "is_in_stock"].astype(bool) == in_stock[known].astype(bool)).all()


@pytest.mark.parametrize("holds", INVARIANTS, ids=lambda holds: holds.__name__)
@pytest.mark.parametrize(("shop", "parameters"), SHOPS)
def test_invariant(both, shop: str, parameters: dict[str, Any], holds: Callable[[Marts], None]):
    holds(both(shop, parameters)[0])


def with_more(rows: pd.DataFrame, column: str, by: Any) -> pd.DataFrame:
    """The mart with one of its numbers too large."""
    changed = rows[column].tolist()
    place = next(place for place, value in enumerate(changed) if pd.notna(value))
    changed[place] += by
    return rows.assign(**{column: changed})


def with_a_bought_candidate(marts: Marts) -> pd.DataFrame:
    """The candidates, the first of them one that its user bought."""
    lines = marts["int_order_lines"]
    kept = lines[~lines["is_cancelled"].astype(bool) & lines["product_id"].notna()].iloc[0]
    candidates = marts["fct_cross_sell_candidates"].copy()
    candidates.loc[candidates.index[0], ["user_id", "product_id"]] = kept[
        ["user_id", "product_id"]
    ].to_numpy()
    return candidates


CENT = Decimal("0.01")
SPOILT: dict[str, tuple[str, Callable[[Marts], pd.DataFrame]]] = {
    "credit_of_every_order_is_one": ("fct_attribution", lambda m: m["fct_attribution"].iloc[1:]),
    "attributed_revenue_is_net_revenue": (
        "fct_attribution",
        lambda m: with_more(m["fct_attribution"], "credited_revenue", CENT),
    ),
    "campaigns_add_up": (
        "fct_campaign_performance",
        lambda m: with_more(m["fct_campaign_performance"], "spend", CENT),
    ),
    "channels_add_up": (
        "fct_channel_acquisition",
        lambda m: with_more(m["fct_channel_acquisition"], "gross_profit", CENT),
    ),
    "categories_add_up": (
        "fct_category_performance",
        lambda m: with_more(m["fct_category_performance"], "views", 1),
    ),
    "sessions_hold_their_products": (
        "int_session_products",
        lambda m: m["int_session_products"].query("views == 0 or session_id != session_id.max()"),
    ),
    "baskets_are_symmetric": ("fct_basket_affinity", lambda m: m["fct_basket_affinity"].iloc[1:]),
    "candidates_were_never_bought": ("fct_cross_sell_candidates", with_a_bought_candidate),
    "back_test_ends_where_the_velocity_begins": (
        "fct_inventory_forecast",
        lambda m: with_more(m["fct_inventory_forecast"], "backtest_actual_units", 1),
    ),
}


@pytest.mark.parametrize("holds", INVARIANTS, ids=lambda holds: holds.__name__)
def test_invariant_fails_on_a_spoilt_mart(both, holds: Callable[[Marts], None]):
    marts, _ = both("many_channels", SHORT)
    name, spoil = SPOILT[holds.__name__]
    with pytest.raises(AssertionError):
        holds({**marts, name: spoil(marts)})
