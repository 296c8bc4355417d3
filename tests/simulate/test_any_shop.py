"""What holds for every size, length and seed, the shop of one visitor included."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.simulate import DEFAULT_END_DATE, simulate
from analysis_lib.simulate.arrays import cumulative_rows, draw_from_rows
from analysis_lib.simulate.behaviour import MINIMUM_GAP_SECONDS, customer_conversion
from analysis_lib.simulate.clock import LAST_START_SECONDS, Period, WeekClock
from analysis_lib.simulate.tables import SCHEMAS
from tests.simulate import recount
from tests.simulate.shops import SimulatedShop, make


def check(shop: SimulatedShop) -> None:
    """The invariants of a shop of any size."""
    end = recount.end_of(shop)
    for table in ("events", "orders"):
        assert shop.value(f"select count(*) from {table} where created_at >= '{end}'") == 0
    assert shop.value("select count(*) from inventory_items where sold_at <= created_at") == 0
    assert shop.value("select count(*) from order_items where user_id not in (select id from users)") == 0
    told = shop.realised
    events = recount.stitched_events(shop)
    found = recount.funnel(recount.sessions(events).assign(every="all"), "every")["all"]
    assert found == told["funnel"]["all"]
    assert found["ordered_purchase"] <= found["ordered_cart"] <= found["ordered_view"] <= found["sessions"]
    assert told["sessions"]["visitors"] == events["visitor"].nunique()
    assert recount.totals(recount.lines(shop)) == recount.as_numbers(told["revenue"]["total"])
    assert min(told["stock"]["on_hand"]) >= 0
    assert shop.value("select count(*) from inventory_items") == (
        told["stock"]["units_sold"] + told["stock"]["units_on_hand"]
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    visitors=st.integers(1, 600),
    months=st.integers(1, 8),
    seed=st.integers(0, 2**63 - 1),
)
def test_every_shop_holds_together(visitors: int, months: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(make(Path(folder) / "shop", visitors, months, seed))


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_a_shop_of_one_visitor(tmp_path: Path, seed: int) -> None:
    shop = make(tmp_path / "shop", 1, 18, seed)
    check(shop)
    assert set(shop.truth["rows"]) == set(SCHEMAS)


def test_any_last_day_will_do(tmp_path: Path) -> None:
    summary = simulate(100, 1, 1, tmp_path / "shop", end_date=dt.date(2024, 2, 29))
    assert (summary.start_date, summary.end_date) == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert simulate(1, 1, 1, tmp_path / "other").end_date == DEFAULT_END_DATE


@given(end=st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), months=st.integers(1, 60))
def test_a_period_has_its_months(end: dt.date, months: int) -> None:
    period = Period.ending(end, months)
    assert period.end == end
    assert abs(period.days - months * 30.44) <= 4
    assert period.demand().sum() == pytest.approx(1)
    assert all(0 <= sale.first_day <= sale.last_day < period.days for sale in period.sales())


@given(seconds=st.lists(st.integers(0, 4_000_000_000), min_size=2, max_size=50))
def test_the_week_clock_keeps_order_and_returns(seconds: list[int]) -> None:
    clock, wall = WeekClock(), np.array(sorted(seconds))
    operating = clock.to_operating(wall)
    assert (np.diff(operating)[np.diff(wall) > 0] > 0).all()
    assert np.abs(clock.to_wall(operating) - wall).max() <= 1


def test_the_least_gap_between_visits_outlasts_the_longest_visit() -> None:
    """In operating time visits are eight hours apart; at the busiest hour that is still long enough."""
    clock = WeekClock()
    starts = np.arange(0, 7 * 86_400, 600)
    wall = clock.to_wall(clock.to_operating(starts) + MINIMUM_GAP_SECONDS) - starts
    assert wall.min() > LAST_START_SECONDS + 3600


def test_customers_convert_alike_in_every_month() -> None:
    """The thinning of repeat orders needs one conversion for each main device."""
    assert (customer_conversion() > 0.01).all()
    assert (customer_conversion() < 0.5).all()


@given(weights=st.lists(st.floats(0, 10), min_size=1, max_size=6).filter(lambda row: sum(row) > 0.1))
def test_draws_take_only_what_has_weight(weights: list[float]) -> None:
    table = cumulative_rows(np.array([weights, weights]))
    drawn = draw_from_rows(np.random.default_rng(1), table, np.array([0, 1] * 50))
    assert all(weights[choice] > 0 for choice in drawn.tolist())
