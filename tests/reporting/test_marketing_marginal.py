"""What more ad spend returns, and what changed: the season is no cause, an effect is found again."""

from __future__ import annotations

import numpy as np
import pytest

from analysis_lib.pages import marketing_data
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.pages.marketing_marginal import marginal_return
from analysis_lib.reporting.windows import windows
from tests.reporting import shops
from tests.reporting.test_page_marketing import DAYS


def _random_days(seed: int, effect: float) -> tuple[list[float], list[float], list[float]]:
    rng = np.random.default_rng(seed)
    days = np.arange(53 * 7)
    demand = (1 + 0.4 * np.sin(2 * np.pi * days / 364)) * rng.lognormal(0, 0.1, len(days))
    demand[100:114] *= 1.6  # a sale
    spend = 30 * demand * rng.lognormal(0, 0.25, len(days))
    revenue = 100 * demand + effect * spend + rng.normal(0, 40, len(days))
    visits = rng.poisson(200 * demand).astype(float)
    return revenue.tolist(), spend.tolist(), visits.tolist()


def test_spend_that_follows_the_season_is_not_its_cause() -> None:
    slopes = [marginal_return(*_random_days(seed, 0.0)) for seed in range(60)]
    missed = sum(1 for slope in slopes if slope is not None and not slope.low <= 0 <= slope.high)
    assert missed <= 8, "about one interval of twenty misses; the season alone would make all of them miss"
    revenue, spend, _ = _random_days(1, 0.0)
    assert np.polyfit(spend, revenue, 1)[0] > 1, "the plain slope sees an effect where there is none"


def test_an_effect_is_found_again() -> None:
    slopes = [marginal_return(*_random_days(seed, 3.0)) for seed in range(20)]
    assert np.mean([slope.value for slope in slopes if slope]) == pytest.approx(3.0, abs=0.3)


def test_spend_that_never_varies_tells_nothing() -> None:
    assert marginal_return([float(day % 5) for day in range(210)], [10.0] * 210, [1.0] * 210) is None
    assert marginal_return([1.0] * 7, [float(day) for day in range(7)], [0.0] * 7) is None


def _ads(revenue: float, orders: float) -> marketing_data.Ads:
    """Two windows of a platform that costs 10 a day; what it brings in the newest window is given."""
    found = windows(shops.AS_OF, 30)
    days = {}
    for day in DAYS[:60]:
        is_new = day >= found.current.first
        wobble = day.day % 3
        row = dict.fromkeys((*marketing_data.COSTS, *marketing_data.RESULTS), 10.0)
        row |= {
            "revenue": (revenue if is_new else 40.0) + wobble,
            "orders": (orders if is_new else 4.0) + wobble / 2,
        }
        days[day] = [{"platform": "Search", "is_ad": True, **row}]
    return marketing_data.Ads(found, days, DAYS[59], DAYS[59], shops.AS_OF, shops.AS_OF)


def test_a_rise_of_revenue_needs_more_orders() -> None:
    """Returns of the newest orders are still to come, so that revenue alone proves no rise."""
    for name in ("attributed_revenue", "attributed_roas"):
        alone = kpis._against_previous(_ads(60.0, 4.0), name, 1.0)
        confirmed = kpis._against_previous(_ads(60.0, 6.0), name, 1.0)
        fallen = kpis._against_previous(_ads(20.0, 4.0), name, 1.0)
        assert alone is not None
        assert confirmed is not None
        assert fallen is not None
        assert alone.p_value > 0.5
        assert confirmed.p_value < 0.001
        assert fallen.p_value < 0.001, "a fall is one in spite of the returns to come"
