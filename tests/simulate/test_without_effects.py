"""The shop without effects: nothing differs or changes but by chance, and people differ all the same."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency, spearmanr

from analysis_lib.simulate import simulate
from analysis_lib.simulate.steady import SteadyPeriod, campaign_shares
from analysis_lib.simulate.steady_people import SOURCE_SHARES, draw_people
from tests.simulate.shops import SimulatedShop, make

# Far in the tail: the seed is fixed, and a shop with an effect of any size would be beyond it.
NEVER = 1e-4


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> SimulatedShop:
    """A shop without effects of 9,000 visitors in a year."""
    return make(tmp_path_factory.mktemp("steady") / "shop", 9000, 12, 3, effects=False)


def _p_value(shop: SimulatedShop, sql: str) -> float:
    """Of "the share does not depend on the group"; the query gives successes and trials by group."""
    rows = shop.query(sql)
    table = np.array([rows["yes"], rows["trials"] - rows["yes"]], dtype=float)
    return float(chi2_contingency(table[:, table.sum(axis=0) > 20])[1])


_SESSIONS = """
    (select session_id, any_value({by}) as part, max((event_type = 'purchase')::int) as bought
     from events group by session_id)
"""


@pytest.mark.parametrize("by", ["device", "traffic_source", "country", "campaign_id", "dayname(created_at)"])
def test_conversion_does_not_depend_on(steady: SimulatedShop, by: str) -> None:
    sessions = _SESSIONS.format(by=by)
    sql = f"select part, sum(bought) as yes, count(*) as trials from {sessions} group by part order by part"
    assert _p_value(steady, sql) > NEVER


@pytest.mark.parametrize("by", ["category", "brand", "department"])
def test_returns_do_not_depend_on_the_product(steady: SimulatedShop, by: str) -> None:
    sql = f"""
        select {by} as part, count(returned_at) as yes, count(*) as trials
        from order_items join products on product_id = products.id where delivered_at is not null
        group by part order by part
    """
    assert _p_value(steady, sql) > NEVER


def test_what_is_looked_at_is_bought_as_often_whatever_its_category(steady: SimulatedShop) -> None:
    sql = """
        with viewed as (
            select distinct session_id, regexp_extract(uri, '[0-9]+$')::int as product_id
            from events where event_type = 'product'
        ), bought as (
            select session_id, max((event_type = 'purchase')::int) as bought from events group by session_id
        )
        select category as part, sum(bought) as yes, count(*) as trials
        from viewed join products on product_id = products.id join bought using (session_id)
        group by part order by part
    """
    assert _p_value(steady, sql) > NEVER


@pytest.mark.parametrize("what", ["sessions", "orders", "users", "returns"])
def test_every_part_of_the_time_is_alike(steady: SimulatedShop, what: str) -> None:
    times = {
        "sessions": "select min(created_at) as happened from events group by session_id",
        "orders": "select created_at as happened from orders",
        "users": "select created_at as happened from users",
        "returns": "select returned_at as happened from order_items where returned_at is not null",
    }
    counts = steady.query(
        f"select floor(date_diff('day', date '2025-07-01', happened::date) / 73) as part, count(*) as n "
        f"from ({times[what]}) where happened >= '2025-07-01' group by part order by part"
    )["n"].to_numpy()
    assert len(counts) == 5
    expected = counts.sum() / 5
    # People come more than once: their visits are worth fewer than as many independent ones.
    statistic = float(((counts - expected) ** 2 / expected).sum()) / 3
    assert chi2.sf(statistic, 4) > NEVER
    if what in ("sessions", "orders"):  # from the first day on: nothing has to warm up
        assert counts[0] > 0.85 * expected


def test_ad_spend_has_nothing_to_do_with_orders_and_is_in_proportion_to_whom_it_brings(
    steady: SimulatedShop,
) -> None:
    days = steady.query("""
        select date, sum(spend) as spend,
            (select count(*) from orders where orders.created_at::date = date) as orders
        from marketing_spend group by date order by date
    """)
    assert len(days) == 365
    assert abs(spearmanr(days["spend"], days["orders"]).statistic) < 4 / math.sqrt(365)
    by_campaign = steady.query("select campaign_id, sum(spend) as spend from marketing_spend group by 1")
    shares = sorted(by_campaign["spend"] / by_campaign["spend"].sum())
    assert shares == pytest.approx(sorted(campaign_shares() / (1 - SOURCE_SHARES[0])), rel=0.05)


def test_products_of_one_order_are_drawn_independently(steady: SimulatedShop) -> None:
    pairs = steady.query("""
        with lines as (
            select distinct order_id, category
            from order_items join products on product_id = products.id
        ), sizes as (select order_id, count(*) as n from lines group by order_id)
        select count(*) filter (where a.category < b.category) as pairs, count(distinct a.order_id) as orders
        from lines a join lines b using (order_id) where a.category != b.category
    """)
    assert pairs.loc[0, "orders"] > 100
    truth = steady.truth
    assert truth["effects"] is False
    assert truth["planted"] == {}
    assert truth["realised"]["affinities"]["products"] == []


def test_people_differ_in_visits_orders_and_returns(steady: SimulatedShop) -> None:
    visits = steady.query("""
        select count(distinct session_id) as n from events where user_id is not null group by user_id
    """)["n"]
    assert visits.var() > 1.2 * (visits.mean() - 1), "more than Poisson beyond the first visit"
    lines = steady.query("select count(*) as n from order_items group by order_id")["n"] - 1
    assert lines.var() > 1.2 * lines.mean()


def test_stock_is_topped_up_so_that_nothing_runs_out(steady: SimulatedShop) -> None:
    stock = steady.realised["stock"]
    assert stock["stock_out_days"] == 0
    assert stock["lines_substituted"] == 0
    assert min(stock["on_hand"]) >= 10
    opening = steady.value("select count(*) from inventory_items where created_at < '2025-07-01'")
    assert stock["units_on_hand"] == pytest.approx(opening, rel=0.01)


def test_the_same_seed_gives_the_same_shop_and_exactly_as_many_people(tmp_path: Path) -> None:
    made = [simulate(300, 2, 5, tmp_path / name, effects=False) for name in ("one", "other")]
    assert made[0].visitors == 300
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_visits_of_a_person_keep_to_the_period_and_to_the_longest_time() -> None:
    period = SteadyPeriod.ending(dt.date(2026, 6, 30), 3)
    people, sessions = draw_people(np.random.default_rng(1), period, 500)
    assert people.size == len(np.unique(sessions.person)) == 500
    assert sessions.start.min() >= period.first_second
    assert sessions.start.max() < period.last_start
    assert (np.diff(people.first_second) >= 0).all()
    for name in ("device", "source", "campaign"):
        assert (getattr(sessions, name) == getattr(people, name)[sessions.person]).all()
