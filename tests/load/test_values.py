"""What is read as which value, what counts as missing, and what is rejected."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from analysis_lib.sources.definition import read_source
from tests.load.shop import ROWS, Shop, csv_text

UTC = dt.UTC
SEVEN = dt.datetime(2020, 4, 20, 7, 30, tzinfo=UTC)


def read_as(shop: Shop, table: str, column: str, texts: Iterable[str]) -> dict[str, Any]:
    """What each text becomes in a column: its value, or why its row is rejected."""
    texts = list(texts)
    key = [name for name in read_source("thelook").tables[table].key if name != column][-1]
    out = io.StringIO()
    writer = csv.DictWriter(out, dict.fromkeys([*ROWS[table], column]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(ROWS[table] | {key: str(n + 1), column: text} for n, text in enumerate(texts))
    shop.load_text(f"{table}.csv", out.getvalue(), max_rejected_share=1.0)
    found = dict(shop.query(f"select load_row_number, {column} from raw_{table}")) | dict(shop.rejects())
    return {text: found[n + 1] for n, text in enumerate(texts)}


def test_time_stamps(shop: Shop) -> None:
    expected = {
        "2020-04-20 01:47:00.498162 UTC": dt.datetime(2020, 4, 20, 1, 47, 0, 498162, UTC),
        "2020-02-29 23:59:59.999999 UTC": dt.datetime(2020, 2, 29, 23, 59, 59, 999999, UTC),
        "2020-04-20T07:30:00.5z": SEVEN.replace(microsecond=500000),
        "2020-04-20 07:30:00.000000 UTC": SEVEN,
        "2020-04-20 07:30:00 UTC": SEVEN,
        "2020-04-20 07:30:00": SEVEN,
        "2020-04-20 07:30": SEVEN,
        "2020-04-20T07:30:00Z": SEVEN,
        "2020-04-20 07:30:00 GMT": SEVEN,
        "2020-04-20T09:30:00+02:00": SEVEN,
        "2020-04-20 09:30:00+02": SEVEN,
        "2020-04-20 09:30:00 +02:00": SEVEN,
        "2020-04-20 04:00:00-0330": SEVEN,
        "2020/04/20 7:30:00": SEVEN,
        " 2020-04-20 07:30:00 UTC ": SEVEN,
        "2020-04-20": SEVEN.replace(hour=0, minute=0),
    }
    assert read_as(shop, "events", "created_at", expected) == expected


def test_what_is_no_time_stamp(shop: Shop) -> None:
    texts = [
        "abc", "2020-04", "1587347220", "now", "today UTC", "20.04.2020 7 Uhr", "2020.20.04", "32 Apr 2020",
        "infinity", "epoch", "2020-04-20 01:47:00 PST", "2020-04-20 01:47:00 Europe/Berlin",
        "2020-04-20 13:47:00 PM", "2020-04-20 00:47:00 AM UTC", "2020-04-20 01:47:00 UTC UTC",
        "2020-04-20 01:47:00+02 UTC", "2020-04-20 01:47:00+99", "2020-04-20 01:47:00+02:75", "20204020",
        "2020-02-30 00:00:00 UTC", "2020-04-20 25:00:00 UTC", "0000-00-00 00:00:00",
        "2020-04-20 01:47:00 UTC; drop table users", "43941.3125",
    ]  # fmt: skip
    expected = {text: f'created_at: "{text}" is not a time stamp' for text in texts}
    assert read_as(shop, "events", "created_at", texts) == expected


def test_placeholders_for_a_time_are_no_times(shop: Shop) -> None:
    texts = ["0001-01-01 00:00:00 UTC", "1970-01-01", "9999-12-31 23:59:59.999999 UTC", "2100-01-01"]
    expected = {text: f"created_at: {text} is not between 1990 and 2099" for text in texts}
    assert read_as(shop, "events", "created_at", texts) == expected


@pytest.mark.parametrize(
    ("unit", "text", "more"),
    [
        ("seconds", "1709287140", "1709287141.25"),
        ("milliseconds", "1709287140000", "1709287141250"),
        ("microseconds", "1709287140000000", "1709287141250000"),
    ],
)
def test_counts_since_1970_where_the_whole_column_is_such(
    shop: Shop, unit: str, text: str, more: str
) -> None:
    rows = [{"id": "1", "created_at": text}, {"id": "2", "created_at": more}]
    shop.write("events.csv", csv_text("events", *rows))
    summary = shop.load()
    first = dt.datetime(2024, 3, 1, 9, 59, tzinfo=UTC)
    assert shop.values("events", "created_at") == [first, first + dt.timedelta(seconds=1.25)]
    assert f"  created_at is read as {unit} since 1970" in summary.lines()


def test_a_column_of_mixed_units_is_not_guessed(shop: Shop) -> None:
    texts = ["1709287140", "1709287140000"]
    assert all("is not a time stamp" in why for why in read_as(shop, "events", "created_at", texts).values())


def test_whole_numbers(shop: Shop) -> None:
    expected = {
        "12": 12, "007": 7, "+5": 5, "-3": -3, "123.0": 123, "123.": 123, "99.000000": 99, " 8 ": 8,
        "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
    }  # fmt: skip
    assert read_as(shop, "events", "user_id", expected) == expected


def test_what_is_no_whole_number(shop: Shop) -> None:
    texts = ["1.5", "1e3", "1_000", "10,00", "1,000,0", "0x10", "u12", "٣", "true", "1 00", "$5", "(5)", "5-"]
    expected = {text: f'user_id: "{text}" is not a whole number' for text in texts}
    expected["10,00"] = 'user_id: "10,00" is not a whole number with a decimal point'
    long = ["9223372036854775808", "9" * 30 + ".0", "-9223372036854775809", "9,223,372,036,854,775,808"]
    expected |= {text: f'user_id: "{text}" is not within 64 bits' for text in long}
    assert read_as(shop, "events", "user_id", expected) == expected


def test_money_is_decimal_with_nine_places(shop: Shop) -> None:
    texts = {
        "0": "0", "9.5": "9.5", ".5": "0.5", "1.": "1", "1e3": "1000", " 2.50 ": "2.5",
        "0.0199999995529651": "0.02", "8.989999771118164": "8.989999771",
        "123456789.123456789": "123456789.123456789",
    }  # fmt: skip
    expected = {text: Decimal(value) for text, value in texts.items()}
    assert read_as(shop, "order_items", "sale_price", texts) == expected


def test_what_is_no_amount(shop: Shop) -> None:
    texts = [
        *("5 XYZ", "1_0", "1e400", "inf", "--5", "-(5)", "1 00", "9" * 35, "0x1", "1,23,456", "5%", "5 $ $"),
        *("1,234.50.1", "$", "$-", "-5-", "(5", "5,-"),
    ]
    expected = {text: f'sale_price: "{text}" is not an amount' for text in texts}
    assert read_as(shop, "order_items", "sale_price", texts) == expected


def test_numbers(shop: Shop) -> None:
    good = {"35.1": 35.1, "-89.5": -89.5, "1e-3": 0.001, " 2 ": 2.0}
    bad = {text: f'latitude: "{text}" is not a number' for text in ("inf", "1e999", "north", "1_0", "(5)")}
    bad["1,5"] = 'latitude: "1,5" is not a number with a decimal point'
    assert read_as(shop, "distribution_centers", "latitude", good | bad) == good | bad


def test_dates(shop: Shop) -> None:
    first = dt.date(2024, 3, 1)
    good = dict.fromkeys(
        ["2024-03-01", "2024-3-1", "2024/03/01", "2024-03-01 00:00:00 UTC", "2024-03-01T00:00:00Z"], first
    )
    good |= {"20240301": first, "1 March 2024": first, "2024-03-01 12:00:00 AM": first}
    texts = ["2024-03-01 10:00:00", "20240332", "2023-02-29", "infinity", "12 AM"]
    bad = {text: f'date: "{text}" is not a date' for text in texts}
    assert read_as(shop, "marketing_spend", "date", good | bad) == good | bad


@pytest.mark.parametrize("column", ["city", "user_id"])
def test_words_for_no_value(shop: Shop, column: str) -> None:
    words = ["", "null", "NULL", "\\N", "NaN", "nan"]
    assert read_as(shop, "events", column, words) == dict.fromkeys(words)


def test_words_for_no_value_in_columns_of_numbers_and_times(shop: Shop) -> None:
    words = ["None", "none", "NaT", "<NA>", "N/A", "n/a", "-", " ", "Null"]
    assert read_as(shop, "orders", "shipped_at", words) == dict.fromkeys(words)


def test_text_is_kept_as_it_is(shop: Shop) -> None:
    words = ["Null", "None", "Nan", "NA", " x ", "N/A", "0", "007", "Zoë", "a\nb"]
    assert read_as(shop, "users", "first_name", words) == {word: word for word in words}


@pytest.mark.parametrize(
    ("table", "column", "text", "reason"),
    [
        ("marketing_spend", "campaign_id", "", "missing key campaign_id"),
        ("events", "created_at", "null", "missing created_at"),
        ("order_items", "sale_price", "", "missing sale_price"),
        ("order_items", "sale_price", "-3", "sale_price: negative money (-3)"),
        ("order_items", "quantity", "0", "quantity: below 1 (0)"),
        ("products", "cost", "-0.01", "cost: negative money (-0.01)"),
        ("events", "event_type", "foo", 'event_type: unknown type "foo"'),
        ("orders", "status", "Lost", 'status: unknown status "Lost"'),
        ("orders", "status", "", "missing status"),
    ],
)
def test_rows_that_do_not_fit(shop: Shop, table: str, column: str, text: str, reason: str) -> None:
    assert read_as(shop, table, column, [text]) == {text: reason}


def test_a_row_without_its_key_is_rejected(shop: Shop) -> None:
    shop.load_text("events.csv", csv_text("events", {}, {"id": ""}, {"id": "null"}, {"id": "5"}, {"id": "6"}))
    assert shop.values("events", "id") == [100, 5, 6]
    assert shop.rejects() == [(2, "missing key id"), (3, "missing key id")]


def test_known_words_are_known_whatever_their_case_and_kept_as_written(shop: Shop) -> None:
    words = ["Cancelled", "CANCELLED", "cancelled", " Cancelled "]
    assert read_as(shop, "orders", "status", words) == {word: word for word in words}


def test_a_rejected_row_tells_all_its_faults_and_where_it_stands(shop: Shop) -> None:
    bad = {"id": "x", "event_type": "foo", "created_at": "soon", "city": "null"}
    shop.write("events.csv", csv_text("events", {}, bad))
    shop.load()
    [(source, table, file, number, reason, row)] = shop.rejects(
        "source", "table_name", "file_name", "row_number", "reason", "row_as_read"
    )
    assert (source, table, file, number) == ("thelook", "events", "events.csv", 2)
    assert reason.split("; ") == [
        'id: "x" is not a whole number',
        'created_at: "soon" is not a time stamp',
        'event_type: unknown type "foo"',
    ]
    assert json.loads(row) == ROWS["events"] | bad


def test_columns_in_any_order_case_and_company(shop: Shop) -> None:
    text = "Longitude, LATITUDE ,centre,Name,ID,\n2.5,1.5,x,Rome,1,\n"
    loaded = shop.load_text("distribution_centers.csv", text)
    assert shop.values("distribution_centers", "id", "name", "latitude", "longitude") == [
        (1, "Rome", 1.5, 2.5)
    ]
    assert loaded.decisions["ignored_columns"] == ["centre", "column 6"]


def test_optional_columns_are_empty_where_the_file_lacks_them(shop: Shop) -> None:
    shop.write("events.csv", csv_text("events", {}))
    lines = shop.load().lines()
    assert shop.values("events", "device", "country", "campaign_id") == [(None, None, None)]
    assert [line for line in lines if "not in the file, so empty" in line and "device" in line]


def test_optional_columns_are_read_where_the_file_has_them(shop: Shop) -> None:
    extra = {"quantity": "2", "list_price": "12", "discount": "2.5"}
    shop.load_text("order_items.csv", csv_text("order_items", extra))
    assert shop.values("order_items", "quantity", "list_price", "discount") == [
        (2, Decimal(12), Decimal("2.5"))
    ]
