"""The marts of the demo shop agree with what the simulator planted and counted itself (truth.json).

Counts and money must be equal; the planted probabilities must lie within 99.9 % binomial intervals of what
the marts show.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

MEASURES = {
    "sessions": "sessions",
    "view": "view_sessions",
    "cart": "cart_sessions",
    "purchase": "purchase_sessions",
    "ordered_view": "ordered_view_sessions",
    "ordered_cart": "ordered_cart_sessions",
    "ordered_purchase": "ordered_purchase_sessions",
}
DIMENSIONS = {"device": "by_device", "traffic_source": "by_source", "country": "by_country"}
AMOUNTS = [
    "gross_sales",
    "discounts",
    "cancellations",
    "returns",
    "net_revenue",
    "cost_of_goods",
    "gross_profit",
]
EVENT_COUNTS = {
    "product": "product_views",
    "cart": "add_to_carts",
    "purchase": "purchases",
    "cancel": "cancels",
}
STEPS = ["view", "cart", "purchase"]
BEFORE = {"view": "visit", "cart": "view", "purchase": "cart"}


@pytest.fixture(scope="module")
def truth(demo_folder: Path) -> dict[str, Any]:
    return json.loads((demo_folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def realised(truth: dict[str, Any]) -> dict[str, Any]:
    return truth["realised"]


@pytest.fixture(scope="module")
def marts(both_marts) -> dict[str, pd.DataFrame]:
    return both_marts("demo", {})[0]


def cents(amounts: pd.Series) -> str:
    return f"{sum(amounts, Decimal(0)).quantize(Decimal('0.01'))}"


def test_the_last_day_is_the_last_of_the_simulation(marts, truth):
    assert str(marts["fct_daily_pnl"]["calendar_date"].max()) == truth["end_date"]


def test_sessions_visitors_and_events(marts, realised):
    sessions, counted = marts["fct_sessions"], realised["sessions"]
    assert len(sessions) == counted["sessions"]
    assert sessions["source_session_id"].nunique() == counted["source_sessions"]
    assert sessions["visitor_id"].nunique() == counted["visitors"]
    assert int(sessions["events"].sum()) == counted["events"]
    by_type = counted["events_by_type"]
    assert {name: int(sessions[column].sum()) for name, column in EVENT_COUNTS.items()} == {
        name: by_type[name] for name in EVENT_COUNTS
    }
    assert int(sessions["is_bounce"].sum()) == realised["funnel"]["all"]["bounces"]


def test_funnel_of_all_sessions(marts, realised):
    daily = marts["fct_funnel_daily"]
    assert {name: int(daily[column].sum()) for name, column in MEASURES.items()} == {
        name: realised["funnel"]["all"][name] for name in MEASURES
    }


@pytest.mark.parametrize("dimension", list(DIMENSIONS))
def test_funnel_steps_by_segment(marts, realised, dimension):
    segments = marts["fct_funnel_segments"]
    rows = segments[(segments["period"] == "all_time") & (segments["dimension"] == dimension)]
    found = {
        row["segment"]: {name: int(row[column]) for name, column in MEASURES.items()}
        for row in rows.to_dict("records")
    }
    counted = realised["funnel"][DIMENSIONS[dimension]]
    expected = {
        segment: {name: counts[name] for name in MEASURES}
        for segment, counts in counted.items()
        if counts["sessions"]
    }
    assert found == expected


@pytest.fixture(scope="module")
def visits(marts) -> pd.DataFrame:
    """The simulator's own visits: the pieces of a source session that the gap rule cut, put together."""
    return (
        marts["fct_sessions"]
        .sort_values("started_at")
        .groupby("source_session_id")
        .agg(
            device=("device", "first"),
            traffic_source=("traffic_source", "first"),
            view=("reached_view", "any"),
            cart=("reached_cart", "any"),
            purchase=("reached_purchase", "any"),
        )
        .assign(visit=True)
    )


def trials(
    truth: dict[str, Any], step: str, device: str | None, source: str | None
) -> list[tuple[int, float]]:
    """How many came to the step before, and with what planted probability they went on, by cell."""
    cells = []
    for state, by_device in truth["realised"]["steps"].items():
        for of_device, by_source in by_device.items():
            for of_source, counts in by_source.items():
                if device in (None, of_device) and source in (None, of_source):
                    planted = truth["planted"]["steps"][state][of_device][of_source][step]
                    cells.append((counts[BEFORE[step]], planted))
    return cells


def interval(cells: list[tuple[int, float]], confidence: float = 0.999) -> tuple[int, int]:
    """The exact central interval of a sum of binomial counts."""
    parts = [binom.pmf(np.arange(n + 1), n, p) for n, p in cells]
    cumulated = np.cumsum(reduce(np.convolve, parts))
    tail = (1 - confidence) / 2
    return int(np.searchsorted(cumulated, tail)), int(np.searchsorted(cumulated, 1 - tail))


SEGMENTS = [("device", name) for name in ("desktop", "mobile", "tablet")] + [
    ("traffic_source", name) for name in ("Organic", "Adwords", "Facebook", "YouTube", "Email")
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("dimension", "segment"), SEGMENTS)
def test_planted_step_probability_lies_in_the_interval(visits, truth, dimension, segment, step):
    of_segment = visits[visits[dimension] == segment]
    reached = int(of_segment[step].sum())
    cells = trials(
        truth,
        step,
        segment if dimension == "device" else None,
        segment if dimension == "traffic_source" else None,
    )
    assert sum(n for n, _ in cells) == int(of_segment[BEFORE[step]].sum())
    low, high = interval(cells)
    assert low <= reached <= high, f"{step} of {segment}: {reached} of {cells}"


def test_interval_is_that_of_the_binomial_distribution():
    assert interval([(1000, 0.3)]) == tuple(int(bound) for bound in binom.interval(0.999, 1000, 0.3))
    split = interval([(400, 0.3), (600, 0.3)])
    assert split == interval([(1000, 0.3)])
    assert interval([(1000, 0.3)])[1] < 360  # a probability of 0.36 would be refused


def test_revenue_of_all_time_to_the_cent(marts, realised):
    total, pnl = realised["revenue"]["total"], marts["fct_daily_pnl"]
    assert {name: cents(pnl[name]) for name in AMOUNTS} == {name: total[name] for name in AMOUNTS}
    assert int(pnl["orders"].sum()) == total["orders"]
    assert int(pnl["items"].sum()) == total["items"]
    assert cents(pnl["ad_spend"]) == realised["marketing"]["spend"]


def test_profit_and_loss_by_month_to_the_cent(marts, realised):
    by_month = realised["revenue"]["pnl_by_month"]
    pnl = marts["fct_daily_pnl"]
    months = pd.to_datetime(pnl["calendar_date"]).dt.strftime("%Y-%m")
    assert set(months) == set(by_month)
    for month, of_month in pnl.groupby(months):
        expected = by_month[month]
        for name in [*AMOUNTS, "ad_spend", "contribution"]:
            assert cents(of_month[name]) == expected[name], (month, name)
        for name in ("orders", "items"):
            assert int(of_month[name].sum()) == expected[name], (month, name)


@pytest.mark.parametrize("dimension", ["device", "traffic_source"])
def test_revenue_of_the_sessions_of_a_segment_to_the_cent(marts, realised, dimension):
    sessions = marts["fct_sessions"]
    found = {
        segment: (int(of_segment["orders"].sum()), cents(of_segment["net_revenue"]))
        for segment, of_segment in sessions.groupby(dimension)
    }
    counted = realised["revenue"][DIMENSIONS[dimension]]
    assert found == {name: (part["orders"], part["net_revenue"]) for name, part in counted.items()}


def test_customers_by_lifecycle_and_status(marts, realised):
    customers, counted = marts["dim_customers"], realised["customers"]
    assert len(customers) == counted["users"]
    for column in ("lifecycle", "status"):
        found = customers[column].value_counts()
        assert found.to_dict() == {name: n for name, n in counted[column].items() if n}, column


def test_stock_and_units_of_every_product(marts, realised):
    stock, counted = marts["fct_inventory_forecast"].set_index("product_id"), realised["stock"]
    products = [str(number) for number in counted["product_id"]]
    of_product = stock.reindex(products)
    on_hand = of_product["on_hand"].fillna(0).astype(int).tolist()
    assert on_hand == counted["on_hand"]
    recent = of_product["units_sold"].fillna(0).astype(int).tolist()
    assert recent == counted["units_sold_last_30_days"]
    performance = marts["fct_product_performance"].set_index("product_id").reindex(products)
    assert performance["units"].tolist() == counted["units_sold_ever"]
    assert int(stock["on_hand"].sum()) == counted["units_on_hand"]
    assert cents(stock["stock_value"]) == counted["stock_value"]
    statuses = {name: n for name, n in counted["products_by_status"].items() if n}
    assert stock["status"].value_counts().to_dict() == statuses


def test_units_sold_delivered_and_returned(marts, realised):
    performance, counted = marts["fct_product_performance"], realised["revenue"]["fulfilment"]
    assert int(performance["units"].sum()) == counted["units"]
    assert int(performance["delivered_units"].sum()) == counted["delivered_units"]
    assert int(performance["returned_units"].sum()) == counted["returned_units"]
