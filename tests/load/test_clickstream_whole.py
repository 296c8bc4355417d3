"""A generated clickstream from file to staging tables, against the same rows counted in Python."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.sources.load import load
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.load.clicks import CRAWLER, DESKTOP, PHONE, TABLET, Clicks, as_csv
from tests.translations import TRANSLATIONS

Query = Callable[[str], list[tuple[Any, ...]]]
SOURCES = {
    "https://www.google.com/": "google / organic",
    "https://l.instagram.com/": "instagram / social",
    "https://blog.example.org/gifts": "blog.example.org / referral",
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return Clicks(11, customers=80, products=12).visits(400, days=40)


@pytest.fixture(scope="module")
def query(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Query:
    """Queries of the staging tables that are made of the file."""
    folder = tmp_path_factory.mktemp("clickstream")
    file = folder / "clicks.csv"
    file.write_text(as_csv(rows), encoding="utf-8", newline="")
    settings = Settings(
        root=folder,
        warehouse=folder / "w.duckdb",
        site=folder,
        build_dir=folder,
        temp_dir=folder,
        translations=TRANSLATIONS,
        threads=1,
    )
    warehouse = DuckDBWarehouse(settings, "clickstream")
    load(warehouse, "clickstream", [file], root=folder, temp_dir=folder)
    wanted = ["+stg_orders", "+stg_order_items", "+stg_products"]
    Runner(warehouse, read_project("clickstream"), make_parameters({})).build(wanted)
    return lambda sql: warehouse.connection.execute(sql).fetchall()


def people(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["body"]["user_agent"] != CRAWLER]


def test_every_click_of_a_person_is_an_event_and_none_of_a_crawler(
    rows: list[dict[str, Any]], query: Query
) -> None:
    assert len(people(rows)) < len(rows)
    assert query("select event_id from stg_events order by event_id") == sorted(
        (row["id"],) for row in people(rows)
    )
    assert query("select count(*) from stg_clicks") == [(len(rows),)]


def test_devices_are_those_of_the_user_agents(rows: list[dict[str, Any]], query: Query) -> None:
    kinds = {DESKTOP: "desktop", PHONE: "mobile", TABLET: "tablet"}
    counted = Counter(kinds[row["body"]["user_agent"]] for row in people(rows))
    assert dict(query("select device, count(*) from stg_events group by device")) == counted


def test_each_visit_has_the_source_of_its_landing(rows: list[dict[str, Any]], query: Query) -> None:
    expected = {}
    for row in people(rows):
        body = row["body"]
        if row["type"] != "page_view":
            continue
        source = SOURCES.get(body.get("referrer", ""), "(direct) / (none)")
        if "gclid" in body["page_url"]:
            source = "google / cpc"
        if "utm_source" in body["page_url"]:
            source = "newsletter / email"
        expected[body["session_id"]] = source
    assert len(set(expected.values())) == 6
    found = query("select distinct source_session_id, traffic_source from stg_events")
    assert sorted(found) == sorted(expected.items())


def test_order_lines_are_the_carts_counted_in_python(rows: list[dict[str, Any]], query: Query) -> None:
    carts: dict[str, Counter[str]] = defaultdict(Counter)
    seen: dict[tuple[str, str], float] = {}
    expected = []
    ordered = []
    for row in people(rows):
        body, kind = row["body"], row["type"]
        session, url = body["session_id"], body["page_url"]
        product = url.split("/product/")[1].split("-")[0] if "/product/" in url else body.get("product")
        if kind == "product_view":
            seen[session, product] = body["product"]["price"]
        elif kind == "cart_add":
            carts[session][product] += body["quantity"]
        elif kind == "cart_remove":
            carts[session][product] = max(carts[session][product] - 1, 0)
        elif kind == "order":
            bought = [(each, units, seen[session, each]) for each, units in carts[session].items() if units]
            ordered.append(body.get("order_id"))
            expected += [(row["id"], *line) for line in bought] or [(row["id"], None, 1, 0)]
            carts.pop(session)
    assert len(expected) > len(ordered) > 50
    found = query(
        "select split_part(order_item_id, '-', 1), product_id, quantity, cast(sale_price as double) "
        "from stg_order_items"
    )
    assert sorted(found, key=repr) == sorted(((a, b, c, float(d)) for a, b, c, d in expected), key=repr)
    numbered = {number for number in ordered if number}
    orders = [order for (order,) in query("select order_id from stg_orders")]
    assert {order[2:] for order in orders if order.startswith("t:")} == numbered
    assert len(orders) == len(ordered)


def test_products_are_those_of_the_pages_at_their_prices(rows: list[dict[str, Any]], query: Query) -> None:
    prices = {
        row["body"]["page_url"].split("/product/")[1].split("-")[0]: Decimal(
            str(row["body"]["product"]["price"])
        )
        for row in people(rows)
        if row["type"] == "product_view"
    }
    found = query("select product_id, name, retail_price from stg_products")
    assert sorted(found) == sorted((key, f"Sock {key}", price) for key, price in prices.items())


def test_a_session_that_signs_in_before_it_buys_is_one_visitor_of_the_events(
    rows: list[dict[str, Any]], query: Query
) -> None:
    by_session = itertools.groupby(
        sorted(people(rows), key=lambda row: row["body"]["session_id"]), lambda row: row["body"]["session_id"]
    )
    signed_in = {
        session
        for session, clicks in by_session
        if len({click["body"].get("customer_id") for click in clicks}) == 2
    }
    assert len(signed_in) > 10
    found = query("select source_session_id from stg_events group by 1 having count(distinct visitor_id) > 1")
    assert {session for (session,) in found} == signed_in
