"""The GA4 export: nested fields keep their types, and become events, orders and products."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.sources.load import load
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.load.shop import Shop, assert_row_equation
from tests.translations import TRANSLATIONS

HOUR = 3_600_000_000
NOON = 1_607_601_600_000_000  # 2020-12-10 12:00 UTC


def event(name: str, at: int = NOON, **more: Any) -> dict[str, Any]:
    """One event of the browser b1 in its session 1, as BigQuery exports it to JSON lines."""
    params = {"ga_session_id": 1, **more.pop("params", {})}
    values = [
        {
            "key": key,
            "value": {"int_value": str(value)} if isinstance(value, int) else {"string_value": value},
        }
        for key, value in params.items()
    ]
    return {
        "event_name": name,
        "event_timestamp": str(at),
        "event_params": values,
        "user_pseudo_id": "b1",
        **more,
    }


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in events)


@pytest.fixture
def build(tmp_path: Path) -> Any:
    """Loads events and builds the staging models; gives a function that queries them."""

    def made(*events: dict[str, Any]) -> Any:
        file = tmp_path / "events.jsonl"
        file.write_text(lines(*events), encoding="utf-8")
        settings = Settings(
            root=tmp_path,
            warehouse=tmp_path / "w.duckdb",
            site=tmp_path,
            build_dir=tmp_path,
            temp_dir=tmp_path,
            translations=TRANSLATIONS,
            threads=1,
        )
        warehouse = DuckDBWarehouse(settings, "ga4")
        load(warehouse, "ga4", [file], root=tmp_path, temp_dir=tmp_path)
        names = ["stg_events", "stg_orders", "stg_order_items", "stg_products"]
        Runner(warehouse, read_project("ga4"), make_parameters({})).build([f"+{name}" for name in names])
        return lambda sql: warehouse.connection.execute(sql).fetchall()

    return made


def test_named_values_become_columns_and_what_is_blotted_out_says_nothing(build: Any) -> None:
    params = {
        "page_location": "https://shop/x",
        "source": "google",
        "medium": "organic",
        "campaign": "(data deleted)",
    }
    query = build(
        event("page_view", params=params, geo={"country": "France", "city": "(not set)"}),
        event("view_item", NOON + 1, items=[{"item_id": "p1", "price": 2.5, "quantity": 1}]),
        event("scroll", NOON + 2, device={"category": "mobile", "web_info": {"browser": "Safari"}}),
    )
    found = query(
        "select event_type, uri, traffic_source, campaign_id, country, city, product_id, device, browser "
        "from stg_events order by event_order"
    )
    source = "google / organic"
    assert found == [
        ("page_view", "https://shop/x", source, None, "France", None, None, None, None),
        ("product_view", None, source, None, None, None, "p1", None, None),
        ("other", None, source, None, None, None, None, "mobile", "Safari"),
    ]


@pytest.mark.parametrize(("days", "expected"), [(30, "mail / newsletter"), (31, "(direct) / (none)")])
def test_a_visit_without_a_source_takes_the_last_one_within_the_look_back(
    build: Any, days: int, expected: str
) -> None:
    mail = {"source": "mail", "medium": "newsletter"}
    query = build(
        event("page_view", params=mail),
        event(
            "page_view",
            NOON + days * 24 * HOUR,
            params={"ga_session_id": 2, "source": "(direct)", "medium": "(none)"},
        ),
    )
    assert query("select traffic_source from stg_events order by event_time") == [
        ("mail / newsletter",),
        (expected,),
    ]


def test_a_transaction_that_is_sent_twice_is_one_order(build: Any) -> None:
    items = [{"item_id": "p1", "price": 9.99, "quantity": 2}, {"item_id": "p2", "price": 5, "quantity": 1}]
    once = {"items": items, "ecommerce": {"transaction_id": "T1", "purchase_revenue": 24.98}}
    query = build(event("purchase", **once), event("purchase", NOON + HOUR, **once))
    assert query("select order_id, created_at = to_timestamp(1607601600) from stg_orders") == [("t:T1", True)]
    found = query(
        "select product_id, quantity, cast(sale_price as varchar) from stg_order_items order by product_id"
    )
    assert found == [("p1", 2, "9.990000000"), ("p2", 1, "5.000000000")]


def test_purchases_without_a_number_are_one_order_a_session_and_without_items_one_line(build: Any) -> None:
    unnumbered = {"ecommerce": {"transaction_id": "(not set)", "purchase_revenue": 7.5}}
    query = build(
        event("purchase", **unnumbered),
        event("purchase", NOON + 1),
        event("purchase", NOON + 3 * HOUR, **unnumbered),
    )
    assert query("select count(*) from stg_orders") == [(2,)]
    found = query("select product_id, cast(sale_price as double) from stg_order_items order by created_at")
    assert found == [(None, 7.5), (None, 0.0), (None, 7.5)]


def test_products_take_their_most_frequent_name_and_newest_price(build: Any) -> None:
    def seen(at: int, name: str, price: float) -> dict[str, Any]:
        return event(
            "view_item",
            at,
            items=[
                {
                    "item_id": "p1",
                    "item_name": name,
                    "price": price,
                    "item_category": "Apparel",
                    "item_category2": "Hats",
                    "item_category3": "(not set)",
                }
            ],
        )

    query = build(seen(NOON, "Cap", 5), seen(NOON + 1, "Cap", 6), seen(NOON + 2, "Hat", 0))
    found = query("select name, category, cast(retail_price as double) from stg_products")
    assert found == [("Cap", "Apparel > Hats", 6.0)]


def test_a_nested_value_of_another_type_rejects_its_row_and_is_not_emptied(shop: Shop) -> None:
    bad = event("page_view", NOON + 1)
    bad["event_params"][0]["value"] = {"int_value": "12x"}
    worse = event("page_view", NOON + 2) | {"event_params": "something"}
    shop.load(
        shop.write("events.jsonl", lines(event("page_view"), bad, worse)), source="ga4", max_rejected_share=1
    )
    assert [reason.split(":")[0] for reason in shop.rejects("reason")] == ["event_params", "event_params"]
    assert_row_equation(shop, ["events"])


def test_the_parquet_and_the_json_export_of_one_table_give_the_same_rows(
    tmp_path: Path, shared_data: Path
) -> None:
    found = []
    for name in ("ga4_events_sampled.snappy.parquet", "ga4_events.bqjson.jsonl.gz"):
        shop = Shop(tmp_path / name)
        shop.load(shared_data / "ga4" / name, source="ga4")
        assert shop.counts("events")[:4] == (24_219, 24_219, 0, 0)
        columns = "event_timestamp, event_name, user_pseudo_id, event_params, device, geo, ecommerce, items"
        found.append(shop.query(f"select sum(hash({columns})) from raw_events"))
    assert found[0] == found[1]
