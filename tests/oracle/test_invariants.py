"""The invariants hold of shops of many customers and of the awkward ones, not of generated ones only."""

from __future__ import annotations

from typing import Any

import pytest

from . import invariants
from .test_marts_equal_pandas import ABROAD, BERLIN

SHOPS = [
    pytest.param("awkward", {}, id="awkward"),
    pytest.param("awkward", BERLIN, id="awkward-in-berlin"),
    pytest.param("with_checkout_without_spend", BERLIN, id="with-checkout-without-spend-in-berlin"),
    pytest.param("one_customer", {}, id="one-customer"),
    pytest.param("demo", {}, id="demo"),
    pytest.param("demo", ABROAD, id="demo-in-new-york"),
]


@pytest.mark.parametrize("holds", invariants.INVARIANTS, ids=lambda holds: holds.__name__)
@pytest.mark.parametrize(("shop", "parameters"), SHOPS)
def test_invariant(both_marts, shop: str, parameters: dict[str, Any], holds):
    holds(both_marts(shop, parameters)[0])


def test_days_that_were_closed_stay(both_marts):
    """Of the P&L and of the traffic, on a shop of thousands of visitors."""
    earlier, later = both_marts("demo", {"as_of": "2026-04-17"})[0], both_marts("demo", {})[0]
    assert len(earlier["fct_daily_traffic"]) < len(later["fct_daily_traffic"])
    invariants.closed_days_stay(earlier, later)


def test_a_changed_closed_day_is_seen(both_marts):
    """The invariant itself fails when a closed day of the traffic changes, or has a row more."""
    marts = both_marts("demo", {})[0]
    traffic = marts["fct_daily_traffic"]
    changed = traffic.assign(bounces=traffic["bounces"].where(traffic.index > 0, traffic["bounces"] + 1))
    for other in (changed, traffic.iloc[1:]):
        with pytest.raises(AssertionError):
            invariants.closed_days_stay(marts, {**marts, "fct_daily_traffic": other})
