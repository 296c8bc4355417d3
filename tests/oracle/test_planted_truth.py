"""What was planted in the demo shop comes out of the marts: exactly where the simulator counted it itself,
else within an interval that chance alone would leave once in a thousand shops.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln, gammaln
from scipy.stats import chi2, chi2_contingency, norm, spearmanr

from analysis_lib.simulate import simulate
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

from . import propensity
from .attribution import MODELS
from .pipeline import build, load_folder, settings_in
from .shop_tables import shop_tables
from .staging import read_shop

pytestmark = pytest.mark.slow
VISITORS, MONTHS, SEED = 20_000, 18, 7  # the demo shop of docs/simulator.md
ONCE_IN_A_THOUSAND = 0.001
MARTS = [
    "dim_customers",
    "dim_customer_segments",
    "fct_segment_summary",
    "fct_churn",
    "fct_first_purchase_journeys",
    "fct_basket_affinity",
    "fct_category_performance",
    "fct_product_performance",
    "fct_cross_sell_candidates",
    "fct_attribution",
    "fct_campaign_performance",
    "fct_channel_acquisition",
    "fct_sessions",
    "int_orders",
    "int_order_lines",
    "int_purchase_fit",
    "int_purchase_groups",
    "int_propensity_fit",
    "int_propensity_quality",
    "int_velocity_quality",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the demo shop."""
    made = tmp_path_factory.mktemp("planted")
    simulate(visitors=VISITORS, months=MONTHS, seed=SEED, out=made)
    return made


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The marts of the demo shop and its truth."""
    with DuckDBWarehouse(settings_in(tmp_path_factory.mktemp("planted_warehouse")), "shop") as warehouse:
        load_folder(warehouse, folder)
        assert not build(warehouse, {}), "the demo shop has every input"
        marts = {
            name: warehouse.connection.sql(f'select * from "{name}"').to_arrow_table().to_pandas()
            for name in MARTS
        }
    return marts, json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def marts(shop: tuple[dict[str, pd.DataFrame], dict[str, Any]]) -> dict[str, pd.DataFrame]:
    return shop[0]


@pytest.fixture(scope="module")
def planted(shop: tuple[dict[str, pd.DataFrame], dict[str, Any]]) -> dict[str, Any]:
    return shop[1]["planted"]


@pytest.fixture(scope="module")
def realised(shop: tuple[dict[str, pd.DataFrame], dict[str, Any]]) -> dict[str, Any]:
    return shop[1]["realised"]


def wilson(part: int, whole: int, tests: int = 1) -> tuple[float, float]:
    """The Wilson interval, wide enough for `tests` of them to hold together but once in a thousand times."""
    z = norm.isf(ONCE_IN_A_THOUSAND / tests / 2)
    share, spread = part / whole, z * z / whole
    half = z * np.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return (share + spread / 2 - half) / (1 + spread), (share + spread / 2 + half) / (1 + spread)


def cents(amounts: pd.Series) -> str:
    return f"{sum(amounts, Decimal(0)).quantize(Decimal('0.01'))}"


# Baskets


def pairs_by_rank(marts: Mapping[str, pd.DataFrame], level: str) -> list[frozenset[str]]:
    """The pairs of a level from the strongest on, each once."""
    found = marts["fct_basket_affinity"]
    ranked = found[found["level"] == level].sort_values(["affinity_rank", "item_id", "other_item_id"])
    pairs = [frozenset(pair) for pair in zip(ranked["item_id"], ranked["other_item_id"], strict=True)]
    return list(dict.fromkeys(pairs))


def test_planted_product_pairs_are_the_strongest_of_all(marts, planted):
    pairs = {frozenset(map(str, pair)) for pair in planted["baskets"]["product_pairs"]}
    assert set(pairs_by_rank(marts, "product")[: len(pairs)]) == pairs


def test_planted_category_affinities_are_in_the_top(marts, planted):
    pairs = {frozenset(found["categories"]) for found in planted["baskets"]["category_affinities"]}
    # Planted product pairs lie in other pairs of categories, which have a right to be in the top.
    top = pairs_by_rank(marts, "category")[: 2 * len(pairs)]
    assert pairs <= set(top), [sorted(pair) for pair in pairs - set(top)]


@pytest.mark.parametrize(("level", "kind"), [("product", "products"), ("category", "categories")])
def test_orders_with_planted_pairs_are_counted_as_the_simulator_did(marts, realised, level, kind):
    found = marts["fct_basket_affinity"].set_index(["level", "item_id", "other_item_id"])
    assert len(realised["affinities"][kind]) >= 7
    for counted in realised["affinities"][kind]:
        first, second = map(str, counted[kind])
        for one, other, with_one, with_other in [
            (first, second, "orders_with_first", "orders_with_second"),
            (second, first, "orders_with_second", "orders_with_first"),
        ]:
            row = found.loc[(level, one, other)]
            assert row["orders_with_item"] == counted[with_one]
            assert row["orders_with_other"] == counted[with_other]
            assert row["orders_with_both"] == counted["orders_with_both"]
            assert row["lift"] == pytest.approx(counted["lift"], abs=1e-6)
            assert row["orders"] == realised["affinities"]["orders"]


# Channels and campaigns


def test_last_touch_by_source_is_what_the_simulator_counted(marts, realised):
    touches = marts["fct_attribution"]
    last = touches[touches["attribution_model"] == "last_touch"]
    found = {
        source: (round(of_source["credit"].sum(), 6), cents(of_source["credited_revenue"]))
        for source, of_source in last.groupby("traffic_source")
    }
    by_source = realised["revenue"]["by_source"]
    assert found == {name: (part["orders"], part["net_revenue"]) for name, part in by_source.items()}


def of_campaigns(marts: Mapping[str, pd.DataFrame], model: str) -> pd.DataFrame:
    performance = marts["fct_campaign_performance"]
    of_model = performance[performance["attribution_model"] == model]
    earned = [f"attributed_{name}" for name in ("sessions", "orders", "new_customers", "revenue")]
    return of_model.groupby("campaign_id")[["spend", *earned]].sum()


def test_last_touch_by_campaign_is_what_the_simulator_counted(marts, realised):
    found = of_campaigns(marts, "last_touch")
    by_campaign = realised["marketing"]["by_campaign"]
    assert len(by_campaign) >= 10
    for campaign, counted in by_campaign.items():
        row = found.loc[campaign]
        assert f"{row['spend']:.2f}" == counted["spend"], campaign
        assert round(row["attributed_orders"], 6) == counted["converting_session"]["orders"], campaign
        assert f"{row['attributed_revenue']:.2f}" == counted["converting_session"]["net_revenue"], campaign
    assert f"{found['spend'].sum():.2f}" == realised["marketing"]["spend"]


@pytest.mark.parametrize("model", list(MODELS))
def test_campaigns_are_in_the_order_of_the_orders_in_their_sessions(marts, realised, model):
    found, by_campaign = of_campaigns(marts, model), realised["marketing"]["by_campaign"]
    sold = pd.Series({name: counted["converting_session"]["orders"] for name, counted in by_campaign.items()})
    ranked = spearmanr(found.loc[sold.index, "attributed_orders"], sold, alternative="greater")
    assert ranked.pvalue < 0.01, ranked


def test_first_touch_follows_the_people_who_came_first_by_a_campaign(marts, realised):
    """Who would have come anyway no attribution knows; who came first by a campaign it does."""
    found, by_campaign = of_campaigns(marts, "first_touch"), realised["marketing"]["by_campaign"]
    brought = pd.Series({name: counted["new_visitors"] for name, counted in by_campaign.items()})
    ranked = spearmanr(found.loc[brought.index, "attributed_new_customers"], brought, alternative="greater")
    assert ranked.pvalue < 0.05, ranked


def test_channels_are_in_the_order_of_the_people_they_brought(marts, realised):
    users = marts["fct_channel_acquisition"].groupby("traffic_source")["users"].sum()
    brought = {name: counted["new_visitors"] for name, counted in realised["marketing"]["by_channel"].items()}
    assert len(brought) == 4
    assert sorted(brought, key=brought.get) == sorted(brought, key=users.get)


def test_spend_of_the_channels_is_the_simulators(marts, realised):
    spend = marts["fct_channel_acquisition"].groupby("traffic_source")["spend"].sum(min_count=1).dropna()
    by_channel = realised["marketing"]["by_channel"]
    assert {name: f"{amount:.2f}" for name, amount in spend.items()} == {
        name: counted["spend"] for name, counted in by_channel.items()
    }


def test_sessions_of_campaigns_are_the_simulators_and_their_pieces(marts, realised):
    """The simulator counts visits, the mart their pieces: a pause over the session gap makes two of one."""
    found = of_campaigns(marts, "last_touch")["attributed_sessions"]
    cuts = realised["sessions"]["source_sessions_cut_by_pause"]
    for campaign, counted in realised["marketing"]["by_campaign"].items():
        assert counted["sessions"] <= found[campaign] <= counted["sessions"] + cuts


# Customers


def test_lifecycles_and_statuses_are_the_simulators(marts, realised):
    for column in ("lifecycle", "status"):
        found = marts["dim_customers"][column].value_counts().to_dict()
        assert found == {name: n for name, n in realised["customers"][column].items() if n}


def test_every_buyer_is_in_one_segment(marts, realised):
    counted = realised["customers"]
    buyers = counted["with_1_order"] + counted["with_2_or_more_orders"]
    segments, summary = marts["dim_customer_segments"], marts["fct_segment_summary"]
    assert len(segments) == segments["user_id"].nunique() == buyers == summary["customers"].sum()
    assert summary.set_index("segment")["customers"].to_dict() == {
        **dict.fromkeys(summary["segment"], 0),
        **segments["segment"].value_counts().to_dict(),
    }
    assert (segments["frequency"] >= 2).sum() == counted["with_2_or_more_orders"]
    assert cents(segments["monetary"]) == realised["revenue"]["total"]["net_revenue"]
    status = segments["status"].value_counts().to_dict()
    assert status == {name: n for name, n in counted["status"].items() if n and name != "prospect"}


def test_churned_buyers_are_the_simulators(marts, realised):
    overall = marts["fct_churn"].query("cohort_kind == 'overall'").iloc[0]
    counted = realised["customers"]
    assert overall["churned"] == counted["status"]["churned"]
    assert overall["buyers"] == counted["with_1_order"] + counted["with_2_or_more_orders"]


def bg_nbd_log_likelihood(groups: pd.DataFrame, r: float, alpha: float, a: float, b: float) -> float:
    """Fader, Hardie and Lee (2005), equation 6, of grouped buyers; time in weeks."""
    x, last, end = (
        groups[name].to_numpy(float)
        for name in ("repeat_order_days", "first_to_last_days", "first_to_end_days")
    )
    last, end = last / 7, end / 7
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    alive = betaln(a, b + x) - (r + x) * np.log(alpha + end)
    gone = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last), -np.inf)
    return float((groups["customers"].to_numpy() * (common + np.logaddexp(alive, gone))).sum())


def test_drop_out_and_purchase_rate_are_those_of_the_buyers(marts, planted, realised):
    """BG/NBD sees counted orders by the day only; the truth knows the rates, and who has gone for good."""
    fit, truth = marts["int_purchase_fit"].set_index("fit").loc["final"], realised["customers"]
    assert fit["is_fitted"]
    groups = marts["int_purchase_groups"].query("fit == 'final'")
    at_fit, at_planted = (
        bg_nbd_log_likelihood(groups, *(float(values[name]) for name in ("r", "alpha", "a", "b")))
        for values in (fit, planted["repeat"])
    )
    assert at_fit == pytest.approx(fit["log_likelihood"])
    # All four parameters at once: a likelihood-ratio test does not refuse the planted ones.
    assert 0 <= 2 * (at_fit - at_planted) <= chi2.isf(ONCE_IN_A_THOUSAND, 4)
    assert fit["r"] / fit["alpha"] == pytest.approx(truth["mean_rate_of_buyers"], rel=0.15)
    drop_out = fit["a"] / (fit["a"] + fit["b"])
    assert drop_out == pytest.approx(truth["mean_drop_out_of_buyers"], rel=0.15)
    gone = 1 - marts["dim_customers"]["probability_alive"].dropna()
    assert len(gone) == truth["with_1_order"] + truth["with_2_or_more_orders"]
    low, high = wilson(truth["dropped_out"], truth["buyers"])
    assert low <= gone.mean() <= high, (gone.mean(), low, high)


def test_sessions_before_the_first_purchase(marts, realised):
    """The truth counts source sessions and placed orders, the mart cut sessions and counted orders; the two
    histograms over buyers are nearly the same.
    """
    journeys = marts["fct_first_purchase_journeys"]
    bought = journeys[journeys["converted"] == 1]
    truth = np.array(realised["first_purchase"]["users"]["sessions_before"])
    found = np.bincount(bought["sessions_before"].astype(int), minlength=len(truth))
    places = [0, 1, 2, 3, 4, 6, 10, len(found)]  # grouped so that every cell holds enough
    pieces = [
        (found[low:high].sum(), truth[low : min(high, len(truth))].sum())
        for low, high in itertools.pairwise(places)
    ]
    assert chi2_contingency(np.array(pieces).T).pvalue > 0.01, pieces
    low, high = wilson(int(truth[0]), int(truth.sum()))
    assert low <= (bought["sessions_before"] == 0).mean() <= high
    counted = realised["customers"]
    assert len(bought) == counted["with_1_order"] + counted["with_2_or_more_orders"]


# Products


def test_return_rates_by_category_lie_in_wilson_intervals(marts, planted):
    lines, products = marts["int_order_lines"], marts["fct_product_performance"]
    category = products.set_index("product_id")["category"]
    delivered = lines[lines["is_delivered"].astype(bool)]
    returned = delivered.groupby(delivered["product_id"].map(category))["is_returned"].agg(["sum", "count"])
    rates = planted["categories"]
    assert set(returned.index) <= set(rates)
    for name, row in returned.iterrows():
        low, high = wilson(int(row["sum"]), int(row["count"]), tests=len(returned))
        assert low <= rates[name]["return_rate"] <= high, (name, row.to_dict())


def test_return_rates_of_categories_are_spread_as_planted(marts, planted):
    """All categories at once: the squared standardised differences follow chi square."""
    categories = marts["fct_category_performance"]
    leaf = categories[categories["category_path"].isin(planted["categories"])]
    planted_rate = leaf["category_path"].map(lambda name: planted["categories"][name]["return_rate"])
    weight = leaf["delivered_units"].astype(float)
    z = (leaf["returned_units"] - weight * planted_rate) / np.sqrt(weight * planted_rate * (1 - planted_rate))
    assert len(z) == len(planted["categories"])
    assert float((z**2).sum()) <= chi2.isf(ONCE_IN_A_THOUSAND, len(z))
    assert spearmanr(leaf["return_rate"], planted_rate).statistic >= 0.7


# Models against naive ones


def test_cross_sell_ranks_better_than_popularity(marts):
    quality = marts["int_propensity_quality"].query("slice == '(all)'").set_index("metric")
    for metric in ("auc", "top_decile_lift"):
        row = quality.loc[metric]
        assert row["baseline_name"] == "popularity"
        assert row["value"] > row["baseline_value"], (metric, row.to_dict())


def test_quality_of_the_hold_out_pair_by_pair(marts, folder):
    """The figures come from grouped cells; here from every user and product of the hold-out."""
    expected = propensity.hold_out_quality(shop_tables(read_shop(folder)), marts["int_propensity_fit"])
    found = marts["int_propensity_quality"].query("slice == '(all)'").set_index("metric").loc[expected.index]
    for name in ("value", "baseline_value", "sample_size"):
        assert found[name].tolist() == pytest.approx(expected[name].tolist(), rel=1e-6), name


def test_velocity_is_not_worse_than_naive(marts):
    quality = marts["int_velocity_quality"].query("slice == '(all)'").set_index("metric")
    row = quality.loc["wape"]
    assert row["value"] <= row["baseline_value"], row.to_dict()
