"""Builds, checks, pages, editions and an analyst's looks fetch groups and counts, never a shop's people.

Two shops are compared that differ in nothing but how many people came: see conftest.py.
"""

from __future__ import annotations

import math
import re

import pytest

from analysis_lib.models import PACKAGE
from analysis_lib.warehouse import dialect
from tests.fetched.conftest import PRODUCTS, TIMES, Made
from tests.fetched.record import OF_THE_MANY, Fetched, row_by_row, tables_of_the_many

# People who are alike are groups; more people meet more of the possible ones. How many there can be stands in
# docs/models.md. A build reads them for its statistical models, and nobody else does.
GROUPS = {
    "int_purchase_groups": 40_000,
    "int_purchase_values": 40_000,
    "int_propensity_cells": 7 * 13_608,
    "int_propensity_popularity": PRODUCTS,
}
# A cell of a grid that is empty in the small shop may be filled in the large one: sizes of its sides.
SIDES = {"platform": 8, "traffic_source": 12, "category": 20}


def described(one: Fetched) -> str:
    return f"{one.asked_by}: {one.rows} rows of {' '.join(one.sql.split())[:150]}"


def group_of(one: Fetched) -> str:
    """The table of groups that a result is read from; empty for any other."""
    return next((name for name in GROUPS if one.sql.lower().startswith(f"select * from {name}")), "")


def grid(one: Fetched, days: int) -> int:
    """How many cells the dimensions of a result can have; 0 where it has none, or is by a person."""
    if OF_THE_MANY & {*one.columns}:
        return 0
    if "product_id" in one.columns:
        return PRODUCTS
    sides = [days if name.endswith("_date") else SIDES.get(name, 0) for name in one.columns]
    return math.prod(side for side in sides if side) if any(sides) else 0


def test_the_large_shop_has_four_times_the_people_and_nothing_else_more(made: tuple[Made, Made]) -> None:
    few, many = (shop.counts for shop in made)
    for name in ("stg_events", "fct_sessions", "fct_first_purchase_journeys", "int_orders", "dim_customers"):
        assert many[name] > 0.75 * TIMES * few[name] > 150, name
    for name in ("stg_products", "fct_daily_pnl"):
        assert many[name] == few[name]


def test_every_kind_of_asking_was_recorded(made: tuple[Made, Made]) -> None:
    asked = {one.asked_by for one in made[1].record.results}
    pages = {name.split()[0] for name in asked}
    assert pages >= {
        *("build", "edition", "overview", "marketing", "funnel", "journeys", "customers", "products"),
        *("cross_sell", "inventory", "quality", "tutorial", "explain", "look"),
    }
    assert len(made[1].record.by_query()) > 250


def test_results_come_through_the_warehouse_alone() -> None:
    """Loading, simulating and the warehouse itself talk to an engine; whatever else asks is recorded here."""
    talk = re.compile(r"\.(fetch\w+|df|arrow|to_arrow\w*|to_dataframe\w*)\(")
    told = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if talk.search(path.read_text(encoding="utf-8"))
    }
    assert told == {"warehouse", "sources", "simulate"}


def test_no_result_holds_rows_of_events_sessions_visitors_orders_or_customers(
    made: tuple[Made, Made],
) -> None:
    many = tables_of_the_many(made[1].project)
    assert {"stg_events", "fct_sessions", "int_orders", "dim_customers", "int_session_events__next"} <= many
    found = [
        described(one)
        for one in made[1].record.by_query().values()
        if one.rows > 3 and row_by_row(one.tree, many)
    ]
    assert not found, "\n".join(found)


def test_no_result_grows_with_the_people(made: tuple[Made, Made]) -> None:
    few, many = (shop.record.by_query() for shop in made)
    days = made[1].counts["fct_daily_pnl"]
    grown = [
        f"{few[key].rows} → {described(one)}"
        for key, one in many.items()
        if key in few and not group_of(one) and one.rows > max(1.25 * few[key].rows + 10, grid(one, days))
    ]
    assert not grown, "\n".join(grown)
    new = [described(one) for key, one in many.items() if key not in few and one.rows > 100]
    assert not new, "\n".join(new)


def test_only_a_build_reads_groups_of_alike_people_and_they_are_bounded(made: tuple[Made, Made]) -> None:
    found = [one for one in made[1].record.results if group_of(one)]
    assert {group_of(one) for one in found} == {*GROUPS}
    for one in found:
        assert one.asked_by in ("build", "edition"), described(one)
        assert one.rows <= GROUPS[group_of(one)], described(one)


def test_what_is_fetched_in_all_is_hardly_more(made: tuple[Made, Made]) -> None:
    few, many = (sum(one.bytes for one in shop.record.results if not group_of(one)) for shop in made)
    assert few < many < 1.4 * few
    assert many < 15_000_000


@pytest.mark.parametrize(
    ("query", "whose"),
    [
        ("select * from stg_events", {"stg_events"}),
        ("select event_type from stg_events where event_type = 'purchase' order by 1", {"stg_events"}),
        ("select a.orders from dim_customers as a cross join (select 1 as one) as b", {"dim_customers"}),
        ("select user_id, count(*) as n from fct_sessions group by user_id", {"fct_sessions"}),
        ("select distinct user_id from fct_sessions", {"fct_sessions"}),
        ("select d.orders from fct_daily_pnl as d join int_orders as o on true", {"int_orders"}),
        ("select sum(x) over () as x from fct_sessions", {"fct_sessions"}),
        ("select 1 as n union all select orders from dim_customers", {"dim_customers"}),
        ("with a as (select * from raw_orders), b as (select * from a) select * from b", {"raw_orders"}),
        ("select device, count(*) as n from fct_sessions group by device", set()),
        ("select count(*) as n from fct_sessions", set()),
        ("select distinct country from fct_sessions", set()),
        ("select distinct max(x) over () as x from fct_sessions", set()),
        ("select user_id from dim_customers order by orders desc limit 15", set()),
        ("select * from (select user_id from dim_customers order by 1 limit 15) as few", set()),
        ("select user_id from dim_customers qualify row_number() over (order by orders) <= 9", set()),
        ("select calendar_date from fct_daily_pnl", set()),
    ],
)
def test_whose_rows_a_query_lets_out(query: str, whose: set[str], made: tuple[Made, Made]) -> None:
    assert row_by_row(dialect.parse(query), tables_of_the_many(made[1].project)) == whose
