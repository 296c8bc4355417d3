"""Each person is in exactly one edition of a dimension, so that the editions add up to the whole shop."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from analysis_lib.editions.build import Whole
from analysis_lib.editions.spec import NOT_SET, Edition, slugs
from analysis_lib.settings import Settings
from analysis_lib.state import read_state
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

from .conftest import PAST, build

# Where each dimension's values are found.
VALUES = {
    "country": {"stg_users": "country", "fct_sessions": "country"},
    "device": {"fct_sessions": "device"},
    "source": {"fct_sessions": "traffic_source"},
    "segment": {"dim_customer_segments": "segment"},
}
# Sums and counts of everything that a person's own rows decide.
SUMS = {
    "fct_sessions": "count(*), sum(events), sum(net_revenue), countif(ordered_purchase), "
    "countif(is_first_session), countif(journey_purchase_at is not null)",
    "int_session_events": "count(*)",
    "int_orders": "count(*), countif(is_counted), sum(net_revenue), sum(returns), countif(order_number = 1), "
    "countif(session_id is null)",
    "int_order_lines": "count(*), sum(gross_sales), sum(returns), sum(gross_profit), countif(is_returned)",
    "fct_daily_pnl": "sum(orders), sum(net_revenue), sum(returns), sum(cost_of_goods), "
    "sum(new_customer_orders)",
    "dim_customers": "count(*), sum(orders), sum(net_revenue), sum(sessions), sum(products_viewed)",
    "dim_customer_segments": "count(*), sum(recency_score), sum(monetary_score)",
    "fct_daily_traffic": "sum(sessions), sum(purchase_sessions)",
    "fct_funnel_daily": "sum(sessions), sum(visitors), sum(ordered_purchase_sessions), sum(view_visitors)",
}
# What most shops are added up by; the awkward one by everything.
MAIN = ("fct_sessions", "int_orders", "fct_daily_pnl")
SHOPS = {
    "awkward": ("country", "device", "segment"),
    "orphan_lines": ("country",),
    "without_events": ("country",),
    "without_orders": ("country",),
    "events_alone": ("source",),
    "demo": ("device",),
}


def sums(settings: Settings, schema: str) -> dict[str, tuple[Any, ...]]:
    """Every sum of a schema whose model is there."""
    with DuckDBWarehouse(settings, schema, read_only=True) as warehouse:
        there = read_state(warehouse).models
        return {
            model: tuple(value or 0 for value in warehouse.rows(f"select {selected} from {model}")[0])
            for model, selected in SUMS.items()
            if model in there
        }


def every_edition(
    settings: Settings, schema: str, dimension: str, parameters: dict[str, Any] | None = None
) -> list[Edition]:
    """One edition for each value, and one for who has none."""
    with DuckDBWarehouse(settings, schema, read_only=True) as warehouse:
        there = read_state(warehouse).models
        found = {
            value
            for table, column in VALUES[dimension].items()
            if table in there
            for (value,) in warehouse.rows(f"select distinct {column} from {table}")
        }
    names = slugs(sorted({value for value in found if value} | {NOT_SET}))
    return [
        Edition(f"{dimension}-{slug}", value, "", parameters or {}, dimension, value)
        for value, slug in names.items()
    ]


def added(parts: list[dict[str, tuple[Any, ...]]], model: str) -> tuple[Any, ...]:
    """The sums of all editions that have the model."""
    columns = zip(*(part[model] for part in parts if model in part), strict=True)
    return tuple(sum(column, Decimal(0)) for column in columns)


@pytest.mark.parametrize(
    ("shop", "dimension"), [(shop, dimension) for shop, names in SHOPS.items() for dimension in names]
)
def test_the_editions_of_a_dimension_add_up_to_the_shop(
    shop: str, dimension: str, whole_of: Callable[[str], tuple[Settings, Whole]]
) -> None:
    settings, whole = whole_of(shop)
    editions = every_edition(settings, whole.shop, dimension)
    models = [*SUMS] if (shop, dimension) == ("awkward", "country") else [*MAIN]
    parts = [sums(settings, build(settings, whole, edition, models)) for edition in editions]
    total = sums(settings, whole.shop)
    made = [model for model in models if model in total]
    assert made
    assert {model: added(parts, model) for model in made} == {model: total[model] for model in made}


def test_editions_of_a_past_period_add_up_to_the_shop_of_that_period(
    whole_of: Callable[[str], tuple[Settings, Whole]],
) -> None:
    settings, whole = whole_of("awkward")
    then = build(settings, whole, Edition("then", "Then", parameters=PAST), MAIN)
    total = sums(settings, then)
    assert total["fct_sessions"] != sums(settings, whole.shop)["fct_sessions"]
    editions = every_edition(settings, then, "country", PAST)
    parts = [sums(settings, build(settings, whole, edition, MAIN)) for edition in editions]
    assert {model: added(parts, model) for model in MAIN} == {model: total[model] for model in MAIN}
