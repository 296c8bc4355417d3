"""What was planted comes out again, within intervals of 99.9 % (each seed is fixed, so no test is random)."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis_lib.simulate import behaviour
from tests.simulate import recount
from tests.simulate.shops import SimulatedShop

Z = 3.2905  # the standard normal's two-sided 99.9 %


def is_within(successes: float, trials: float, probability: float) -> bool:
    """Whether a count lies in the 99.9 % interval of a binomial, by the normal approximation."""
    spread = math.sqrt(trials * probability * (1 - probability))
    return abs(successes - trials * probability) <= Z * spread + 1


@pytest.mark.parametrize("device", behaviour.DEVICES)
def test_step_probabilities_by_device_and_source_are_recovered(shop: SimulatedShop, device: str) -> None:
    """Source sessions of the files against the planted chances of the prospects and customers in them."""
    seen = shop.query(
        f"""
        select traffic_source as source, count(*) as visit, count(*) filter (where view) as view,
            count(*) filter (where cart) as cart, count(*) filter (where purchase) as purchase
        from (
            select traffic_source, bool_or(event_type = 'product') as view,
                bool_or(event_type = 'cart') as cart, bool_or(event_type = 'purchase') as purchase
            from events where device = '{device}' group by session_id, traffic_source
        )
        group by 1
        """
    ).set_index("source")
    for source in behaviour.SOURCES:
        for before, step in zip(behaviour.STAGES[:3], behaviour.STEPS, strict=True):
            expected = variance = 0.0
            trials = 0
            for state in behaviour.STATES:
                chance = shop.planted["steps"][state][device][source][step]
                count = shop.realised["steps"][state][device][source][before]
                trials += count
                expected += count * chance
                variance += count * chance * (1 - chance)
            assert trials == seen.loc[source, before]
            off = abs(float(seen[step].loc[source]) - expected)
            assert off <= Z * math.sqrt(variance) + 1, (device, source, step)


@pytest.mark.parametrize("state", behaviour.STATES)
def test_step_probabilities_of_each_state_are_recovered(shop: SimulatedShop, state: str) -> None:
    for device in behaviour.DEVICES:
        for source in behaviour.SOURCES:
            counts = shop.realised["steps"][state][device][source]
            for before, step in zip(behaviour.STAGES[:3], behaviour.STEPS, strict=True):
                chance = shop.planted["steps"][state][device][source][step]
                assert is_within(counts[step], counts[before], chance), (state, device, source, step)


def test_desktop_converts_better_than_mobile(shop: SimulatedShop) -> None:
    by_device = shop.realised["funnel"]["by_device"]
    rate = {name: row["ordered_purchase"] / row["sessions"] for name, row in by_device.items()}
    assert rate["desktop"] > 1.5 * rate["mobile"]
    assert (
        0.02 < shop.realised["funnel"]["all"]["purchase"] / shop.realised["funnel"]["all"]["sessions"] < 0.04
    )


def test_return_rates_by_category_are_recovered(shop: SimulatedShop) -> None:
    """Lines delivered so long ago that who wanted to return them has done so."""
    lines = recount.lines(shop).merge(
        shop.query("select id as product_id, category from products"), on="product_id"
    )
    settled = lines["delivered_at"] < pd.Timestamp(shop.truth["end_date"]) - pd.Timedelta(days=60)
    found = lines[settled & ~lines["is_cancelled"]].groupby("category")["is_returned"].agg(["sum", "size"])
    assert len(found) == len(shop.planted["categories"])
    for category, (returned, delivered) in found.iterrows():
        assert is_within(returned, delivered, shop.planted["categories"][category]["return_rate"]), category


def test_cancellations_are_recovered(shop: SimulatedShop) -> None:
    """Orders of all categories together, each with the rate of its first line's category."""
    lines = recount.lines(shop).merge(
        shop.query("select id as product_id, category from products"), on="product_id"
    )
    first = lines.sort_values("id").drop_duplicates("order_id")
    first = first[first["ordered_at"] < pd.Timestamp(shop.truth["end_date"]) - pd.Timedelta(days=4)]
    chance = first["category"].map(lambda name: shop.planted["categories"][name]["cancel_rate"])
    off = abs((~first["is_counted"]).sum() - chance.sum())
    assert off <= Z * math.sqrt((chance * (1 - chance)).sum()) + 1


def test_sources_of_later_visits_are_recovered(shop: SimulatedShop) -> None:
    """Known visits of customers: the planted mix of sources."""
    events = shop.query(
        """
        select session_id, any_value(traffic_source) as source from events
        where session_id in (
            select session_id from events
            join (select user_id, min(created_at) as bought from orders group by 1) as first using (user_id)
            where events.created_at > bought + interval 5 hour
        )
        group by 1
        """
    )
    counts, total = events["source"].value_counts(), len(events)
    for source, share in shop.planted["visits"]["source_on_return"]["customer"].items():
        assert is_within(counts.get(source, 0), total, share), source


def test_devices_by_acquisition_source_are_recovered(shop: SimulatedShop) -> None:
    """First visits cannot be told apart in the files, so that all visits of prospects must lie between."""
    steps = shop.realised["steps"]["prospect"]
    mobile = {
        source: steps["mobile"][source]["visit"] / sum(steps[name][source]["visit"] for name in steps)
        for source in behaviour.SOURCES
    }
    assert mobile["Facebook"] > mobile["Organic"]
    assert mobile["YouTube"] > mobile["Email"]


def test_repeat_orders_follow_the_rates_and_drop_out(shop: SimulatedShop) -> None:
    """The buyers' mean rate and drop-out are the planted distributions', and drop-out happens at its rate."""
    told, repeat = shop.realised["customers"], shop.planted["repeat"]
    buyers = told["buyers"]
    mean = repeat["r"] / repeat["alpha"]
    spread = math.sqrt(repeat["r"]) / repeat["alpha"]
    assert abs(told["mean_rate_of_buyers"] - mean) <= Z * spread / math.sqrt(buyers)
    a, b = repeat["a"], repeat["b"]
    spread = math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    assert abs(told["mean_drop_out_of_buyers"] - a / (a + b)) <= Z * spread / math.sqrt(buyers)
    # Who drops out early has fewer repeat orders, so that drop-outs per repeat order lie below the mean.
    assert 0 < told["dropped_out"] / told["repeat_orders_placed"] < a / (a + b)


def test_spend_causes_the_visitors_that_its_response_predicts(shop: SimulatedShop) -> None:
    spend = shop.query("select campaign_id, spend from marketing_spend").groupby("campaign_id")["spend"]
    for campaign, entry in shop.planted["campaigns"].items():
        if campaign == "organic":
            continue
        daily = spend.get_group(campaign).to_numpy() if campaign in spend.groups else np.zeros(0)
        predicted = entry["theta"] * (daily ** entry["beta"]).sum()
        assert predicted == pytest.approx(entry["expected_incremental_visitors"], rel=1e-9)
        realised = shop.realised["marketing"]["by_campaign"][campaign]["incremental_visitors"]
        assert is_within(realised, shop.truth["visitors"], predicted / shop.truth["visitors"]), campaign


def test_planted_pairs_are_bought_together_more_than_by_chance(shop: SimulatedShop) -> None:
    told = shop.realised["affinities"]
    assert len(told["products"]) >= 4
    for entry in told["products"]:
        assert entry["lift"] > 3, entry
    pooled = {
        name: sum(entry[name] for entry in told["categories"])
        for name in ("orders_with_first", "orders_with_second", "orders_with_both")
    }
    expected = sum(
        entry["orders_with_first"] * entry["orders_with_second"] / told["orders"]
        for entry in told["categories"]
    )
    assert pooled["orders_with_both"] > expected + Z * math.sqrt(expected)


def test_an_affinity_is_not_there_where_none_was_planted(shop: SimulatedShop) -> None:
    """The pairs that meet most often are planted ones."""
    pairs = shop.query(
        """
        select one.product_id as first, other.product_id as second, count(distinct order_id) as orders
        from order_items as one join order_items as other using (order_id)
        where one.product_id < other.product_id
        group by 1, 2 order by orders desc limit 5
        """
    )
    planted = {tuple(sorted(pair)) for pair in shop.planted["baskets"]["product_pairs"]}
    assert {tuple(pair) for pair in pairs[["first", "second"]].itertuples(index=False)} <= planted


def test_sales_lower_prices_and_other_days_do_not(shop: SimulatedShop) -> None:
    lines = recount.lines(shop).merge(
        shop.query("select id as product_id, category from products"), on="product_id"
    )
    rate = (lines["discounts"] / lines["gross_sales"]).to_numpy()
    day = lines["ordered_at"].dt.strftime("%Y-%m-%d")
    inside = np.zeros(len(lines), dtype=bool)
    for sale in shop.planted["season"]["sales"]:
        of_sale = ((day >= sale["first_day"]) & (day <= sale["last_day"])).to_numpy()
        inside |= of_sale
        percent = lines["category"].map(lambda name, table=sale: table["percent_by_category"].get(name, 0))
        # An order placed after midnight has the prices of the day on which its visit began.
        settled = of_sale & (lines["ordered_at"].dt.hour >= 4).to_numpy()
        assert (rate[settled] >= percent[settled] / 100 - 0.01).all(), sale["name"]
    assert inside.any()
    outside = rate[~inside & (lines["ordered_at"].dt.hour >= 4).to_numpy()]
    assert set(np.round(outside, 2)) <= {0.0, 0.1}


def test_november_and_december_bring_more_visits(shop: SimulatedShop) -> None:
    by_month = shop.realised["funnel"]["by_month"]
    sessions = {month: row["sessions"] for month, row in by_month.items()}
    of_month = {month[5:]: count for month, count in sessions.items()}
    around = (of_month["10"] + of_month["02"]) / 2
    assert of_month["11"] > 1.15 * around
    assert of_month["12"] > 1.25 * around


def test_evenings_are_busier_than_nights(shop: SimulatedShop) -> None:
    hours = shop.query(
        "select hour(created_at) as hour, count(*) as n from events where sequence_number = 1 group by 1"
    ).set_index("hour")["n"]
    planted = np.array(shop.planted["season"]["hours"])
    share = (hours / hours.sum()).reindex(range(24), fill_value=0).to_numpy()
    assert np.abs(share - planted / planted.sum()).max() < 0.006
