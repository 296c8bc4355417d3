"""Loading a clickstream: values that stand in a JSON body become columns, whatever the file's form."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.errors import BadDataError, ColumnError, SettingsError
from analysis_lib.sources.definition import make_source, read_source
from tests.load.clicks import Clicks, as_csv, as_json_lines
from tests.load.shop import Shop, assert_row_equation

NOON = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
COLUMNS = list(read_source("clickstream").tables["events"].columns)


def click(number: int = 1, kind: str = "page_view", **body: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "body": {"time": "2025-03-01T12:00:00Z", **body}}


def load(shop: Shop, *rows: dict[str, Any], **options: Any) -> Any:
    return shop.load(shop.write("events.jsonl", as_json_lines(rows)), source="clickstream", **options)


def values(shop: Shop, *columns: str) -> list[Any]:
    return shop.values("events", *columns)


# What a body says


@pytest.mark.parametrize(
    ("column", "body", "expected"),
    [
        ("customer_id", {"customer_id": 7}, "7"),
        ("customer_id", {"customerId": "7"}, "7"),
        ("customer_id", {"customer": {"id": "7", "name": "Ann"}}, "7"),
        ("customer_id", {"Customer-ID": "7"}, "7"),
        ("customer_id", {"customerID": "7"}, "7"),
        ("page_url", {"page.url": "/a"}, "/a"),
        ("customer_id", {"customer_id": None, "user_id": "8"}, "8"),
        ("customer_id", {"customer_id": "", "user_id": "8"}, "8"),
        ("customer_id", {"customer": {"name": "Ann"}}, None),
        ("customer_id", {"customer_id": 12345678901234567890123}, "12345678901234567890123"),
        ("page_url", {"page": {"url": "https://shop.example/a", "title": "A"}}, "https://shop.example/a"),
        ("page_url", {"pageUrl": "/a"}, "/a"),
        ("user_agent", {"context": {"userAgent": "curl/8.1"}}, "curl/8.1"),
        ("search_query", {"query": "été “50 %”"}, "été “50 %”"),
        ("product_id", {"product": "A7"}, "A7"),
        ("product_id", {"product": {"sku": "A7", "price": 4}}, "A7"),
        ("price", {"product": {"sku": "A7", "price": 4.05}}, Decimal("4.05")),
        ("position", {"position": 3}, 3),
        ("quantity", {"qty": "2"}, 2),
        ("amount", {"total": 1234.5}, Decimal("1234.5")),
    ],
)
def test_a_value_is_found_under_any_of_its_names(shop: Shop, column: str, body: Any, expected: Any) -> None:
    load(shop, click(**body))
    assert values(shop, column) == [expected]


def test_what_a_purchase_lists_is_a_list_of_products_whatever_they_are_called(shop: Shop) -> None:
    listed = [{"sku": "a", "qty": 2, "unitPrice": "9.90"}, {"product": {"id": 5, "price": 1}}, "b"]
    load(
        shop,
        click(1, items=listed),
        click(2, items=3),
        click(3, items=[]),
        click(4, products=json.dumps(listed)),
    )
    things = [
        {"product_id": "a", "quantity": 2, "price": Decimal("9.9")},
        {"product_id": "5", "quantity": None, "price": Decimal(1)},
        {"product_id": "b", "quantity": None, "price": None},
    ]
    assert values(shop, "items") == [things, None, [], things]


@pytest.mark.parametrize(
    "time",
    [
        "2025-03-01T12:00:00Z",
        "2025-03-01 13:00:00+01:00",
        "2025-03-01T12:00:00.000",
        1740830400,
        1740830400000,
        "1740830400",
    ],
)
def test_a_time_is_text_or_counted_since_1970(shop: Shop, time: Any) -> None:
    load(shop, {"id": 1, "type": "page_view", "body": {"ts": time}})
    assert values(shop, "event_time") == [NOON]


def test_a_body_may_be_text_and_text_of_text(shop: Shop) -> None:
    body = json.dumps({"time": "2025-03-01T12:00:00Z", "customer_id": 7})
    rows = [{"id": number, "type": "x", "body": each} for number, each in enumerate([body, json.dumps(body)])]
    load(shop, *rows)
    assert values(shop, "customer_id", "event_time") == [("7", NOON)] * 2


def test_a_column_of_the_file_says_what_the_body_does_not(shop: Shop) -> None:
    one, other = (
        "1,x,2025-03-01 12:00:00,{}",
        '2,x,2025-03-01 12:00:00,"{""time"": ""2025-03-01T13:00:00Z""}"',
    )
    text = f"id,type,timestamp,body\n{one}\n{other}\n"
    outcome = shop.load_text("events.csv", text, source="clickstream")
    assert values(shop, "event_time") == [NOON, NOON + dt.timedelta(hours=1)]
    assert outcome.decisions["ignored_columns"] == []


def test_what_a_body_says_beyond_that_is_left_out_and_named(shop: Shop) -> None:
    summary = load(shop, click(1, mood="good", customer_id=7), click(2, screenWidth=390))
    assert summary.files[0].decisions["ignored_columns"] == ["body.mood", "body.screenWidth"]
    assert any("body.mood, body.screenWidth" in line for line in summary.lines())


# What is rejected


def test_a_row_whose_body_cannot_be_read_is_rejected_with_the_reason_and_nothing_else(shop: Shop) -> None:
    good = [click(number) for number in range(10)]
    bad = [
        {"id": 20, "type": "x", "body": "{'time': 1}"},
        {"id": 21, "type": "x", "body": "[1, 2]"},
        {"id": 22, "type": "x", "body": [1]},
        {"id": 23, "type": "x"},
        {"id": 24, "type": "x", "body": {"customer_id": 7}},
        {"id": 25, "type": "x", "body": {"time": "yesterday"}},
        {"id": 26, "body": {"time": "2025-03-01T12:00:00Z"}},
        click(27, price=-1),
        click(28, items=[{"sku": "a", "quantity": -1}]),
        click(29, items="a and b"),
    ]
    load(shop, *good, *bad)
    reasons = [
        "body: {'time': 1} is not a JSON object",
        "body: [1, 2] is not a JSON object",
        "body: [1] is not a JSON object",
        "missing body",
        "missing event_time",
        'event_time: "yesterday" is not a time stamp',
        "missing type",
        "price: negative money (-1)",
        "items: a number below 0",
        "items: not of the form",
    ]
    found = shop.rejects("reason")
    assert [reason[: len(expected)] for reason, expected in zip(found, reasons, strict=True)] == reasons
    assert_row_equation(shop, ["events"])


def test_a_rejected_row_is_kept_as_it_was_read(shop: Shop) -> None:
    load(shop, *(click(number) for number in range(10)), {"id": 20, "type": "x", "body": "nothing"})
    assert json.loads(shop.rejects("row_as_read")[0]) == {"id": "20", "type": "x", "body": "nothing"}


def test_a_file_of_no_bodies_at_all_stops_the_load(shop: Shop) -> None:
    with pytest.raises(BadDataError, match="body: not a JSON object"):
        load(shop, *({"id": number, "type": "x", "body": "nothing"} for number in range(12)))


def test_a_file_without_a_body_is_refused(shop: Shop) -> None:
    with pytest.raises(ColumnError, match="no column body"):
        shop.load_text("events.csv", "id,type,time\n1,x,2025-03-01 12:00:00\n", source="clickstream")


def test_an_event_that_is_there_twice_counts_once(shop: Shop) -> None:
    load(shop, click(1), click(1), click(1, customer_id=7))
    assert shop.counts("events") == (3, 1, 0, 2, 2)


# Forms of files


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    drawn = Clicks(1).visits(60)
    drawn[3]["body"]["items"] = [{"sku": "a", "qty": 2, "price": 9.9}]
    return drawn


def content(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query(f"select {', '.join(COLUMNS)}, load_row_number from raw_events order by id")


def test_csv_json_lines_and_parquet_give_the_same_raw_table(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    found = {}
    for name, text in (("events.csv", as_csv(rows)), ("events.jsonl", as_json_lines(rows))):
        shop = Shop(tmp_path / name)
        shop.load(shop.write(name, text), source="clickstream")
        found[name] = content(shop)
    writer = Shop(tmp_path / "parquet")
    plain = writer.write("plain.csv", as_csv(rows))
    lines = writer.write("plain.jsonl", as_json_lines(rows))
    selects = {
        "text": f"select * from read_csv('{plain}', all_varchar = true)",
        "structures": f"select id, type, body from read_json('{lines}', format = 'newline_delimited')",
    }
    for name, select in selects.items():
        shop = Shop(tmp_path / name)
        shop.load(writer.parquet(f"events_{name}.parquet", select), source="clickstream")
        found[name] = content(shop)
    assert len(found["events.csv"]) == len(rows) > 200
    assert all(each == found["events.csv"] for each in found.values())


def test_the_order_of_files_changes_nothing(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    half = len(rows) // 2
    found = []
    for first in (0, 1):
        shop = Shop(tmp_path / str(first))
        parts = [("events_a.jsonl", rows[:half]), ("events_b.jsonl", rows[half:])]
        for name, part in parts[::-1] if first else parts:
            shop.load(shop.write(name, as_json_lines(part)), source="clickstream")
        found.append(content(shop))
    assert found[0] == found[1]


# The definition


def test_names_are_those_of_values_inside_an_object() -> None:
    columns = {"id": {"type": "STRING", "key": True, "description": "x", "names": ["a"]}}
    table = {"description": "x", "without": "x", "columns": columns}
    with pytest.raises(SettingsError, match="inside"):
        make_source("mine", {"description": "x", "tables": {"t": table}})
