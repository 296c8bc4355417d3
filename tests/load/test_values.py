"""What is read as which value, what counts as missing, and what is rejected."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from tests.load.shop import ROWS, Shop, csv_text

UTC = dt.UTC
GOOD = {"id": "1000"}


def _load(shop: Shop, table: str, column: str, text: str) -> list[object]:
    """The value of a column as loaded from a text, beside a row without a fault; [] when rejected."""
    key = next(iter(ROWS[table]))
    other = {key: "2024-03-02" if key == "date" else "1000"}
    shop.write(f"{table}.csv", csv_text(table, {column: text}, other))
    shop.load()
    return shop.query(f"select {column} from raw_{table} where load_row_number = 1")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-04-20 01:47:00.498162 UTC", dt.datetime(2020, 4, 20, 1, 47, 0, 498162, UTC)),
        ("2020-04-20 01:47:00.000000 UTC", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-04-20 01:47:00 UTC", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-04-20 01:47:00", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-04-20 01:47", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-04-20T01:47:00Z", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-04-20T01:47:00.5z", dt.datetime(2020, 4, 20, 1, 47, 0, 500000, UTC)),
        ("2020-04-20T01:47:00+02:00", dt.datetime(2020, 4, 19, 23, 47, tzinfo=UTC)),
        ("2020-04-20 01:47:00-0330", dt.datetime(2020, 4, 20, 5, 17, tzinfo=UTC)),
        ("2020-04-20 01:47:00+02", dt.datetime(2020, 4, 19, 23, 47, tzinfo=UTC)),
        ("2020-04-20 01:47:00 +02:00", dt.datetime(2020, 4, 19, 23, 47, tzinfo=UTC)),
        ("2020-04-20 01:47:00 GMT", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020/04/20 1:47:00", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-04-20", dt.datetime(2020, 4, 20, tzinfo=UTC)),
        (" 2020-04-20 01:47:00 UTC ", dt.datetime(2020, 4, 20, 1, 47, tzinfo=UTC)),
        ("2020-02-29 23:59:59.999999 UTC", dt.datetime(2020, 2, 29, 23, 59, 59, 999999, UTC)),
    ],
)
def test_time_stamps(shop: Shop, text: str, expected: dt.datetime) -> None:
    assert _load(shop, "events", "created_at", text) == [(expected,)]


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "04/20/2020",
        "20.04.2020",
        "2020-04-20 01:47:00 PST",
        "2020-04-20 01:47:00 Europe/Berlin",
        "2020-04-20 01:47:00 PM",
        "2020-04-20 01:47:00 PM UTC",
        "2020-04-20 01:47:00 UTC UTC",
        "2020-02-30 00:00:00 UTC",
        "2020-04-20 25:00:00 UTC",
        "2020-04",
        "20200420",
        "1587347220",
        "infinity",
        "epoch",
        "now",
        "today UTC",
        "0000-00-00 00:00:00",
        "2020-04-20 01:47:00 UTC; drop table users",
    ],
)
def test_what_is_no_time_stamp(shop: Shop, text: str) -> None:
    assert _load(shop, "events", "created_at", text) == []
    assert shop.rejects() == [(1, f'created_at: "{text}" is not a time stamp')]


@pytest.mark.parametrize(
    "text", ["0001-01-01 00:00:00 UTC", "1970-01-01", "9999-12-31 23:59:59.999999 UTC", "2100-01-01"]
)
def test_placeholders_for_a_time_are_no_times(shop: Shop, text: str) -> None:
    assert _load(shop, "events", "created_at", text) == []
    assert shop.rejects("reason") == [f"created_at: {text} is not between 1990 and 2099"]


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
    shop.write(
        "events.csv", csv_text("events", {"id": "1", "created_at": text}, {"id": "2", "created_at": more})
    )
    summary = shop.load()
    assert shop.values("events", "created_at") == [
        dt.datetime(2024, 3, 1, 9, 59, tzinfo=UTC), dt.datetime(2024, 3, 1, 9, 59, 1, 250000, UTC),
    ]  # fmt: skip
    assert f"  created_at is read as {unit} since 1970" in summary.lines()


def test_a_column_of_mixed_units_is_not_guessed(shop: Shop) -> None:
    rows = [{"id": "1", "created_at": "1709287140"}, {"id": "2", "created_at": "1709287140000"}]
    shop.write("events.csv", csv_text("events", *rows, GOOD, {"id": "1001"}))
    shop.load()
    assert shop.values("events", "id") == [1000, 1001]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), ("007", 7), ("+5", 5), ("-3", -3), ("123.0", 123), ("123.", 123), (" 8 ", 8),
     ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63))],
)  # fmt: skip
def test_whole_numbers(shop: Shop, text: str, expected: int) -> None:
    assert _load(shop, "events", "user_id", text) == [(expected,)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.5", "a whole number"), ("1e3", "a whole number"), ("1_000", "a whole number"), ("1,000", "a whole number"),
        ("1.000,0", "a whole number"), ("0x10", "a whole number"), ("u12", "a whole number"), ("٣", "a whole number"),
        ("true", "a whole number"), ("9223372036854775808", "within 64 bits"), ("9" * 30 + ".0", "within 64 bits"),
    ],
)  # fmt: skip
def test_what_is_no_whole_number(shop: Shop, text: str, why: str) -> None:
    assert _load(shop, "events", "user_id", _quoted(text)) == []
    assert shop.rejects("reason") == [f'user_id: "{text}" is not {why}']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"), ("9.5", "9.5"), (".5", "0.5"), ("1.", "1"), ("1e3", "1000"), (" 2.50 ", "2.5"),
        ("0.0199999995529651", "0.02"), ("8.989999771118164", "8.989999771"), ("123456789.123456789", "123456789.123456789"),
    ],
)  # fmt: skip
def test_money_is_decimal_with_nine_places(shop: Shop, text: str, expected: str) -> None:
    assert _load(shop, "order_items", "sale_price", text) == [(Decimal(expected),)]


@pytest.mark.parametrize(
    "text", ["1,234.50", "1.234,50", "$5", "5 USD", "1_0", "1e400", "inf", "--5", "1 000", "9" * 35]
)
def test_what_is_no_amount(shop: Shop, text: str) -> None:
    assert _load(shop, "order_items", "sale_price", _quoted(text)) == []
    assert shop.rejects("reason") == [f'sale_price: "{text}" is not an amount']


@pytest.mark.parametrize("text", ["inf", "1e999", "north", "1,5"])
def test_what_is_no_number(shop: Shop, text: str) -> None:
    assert _load(shop, "distribution_centers", "latitude", _quoted(text)) == []
    assert shop.rejects("reason") == [f'latitude: "{text}" is not a number']


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("2024-03-01", True), ("2024-3-1", True), ("2024/03/01", True), ("2024-03-01 00:00:00 UTC", True),
        ("2024-03-01T00:00:00Z", True), ("2024-03-01 10:00:00", False), ("03/01/2024", False), ("20240301", False),
        ("2023-02-29", False),
    ],
)  # fmt: skip
def test_dates(shop: Shop, text: str, is_date: bool) -> None:
    expected = [(dt.date(2024, 3, 1),)] if is_date else []
    assert _load(shop, "marketing_spend", "date", text) == expected


@pytest.mark.parametrize("text", ["", "null", "NULL", "\\N", "NaN", "nan", '""'])
def test_words_for_no_value(shop: Shop, text: str) -> None:
    assert _load(shop, "events", "city", text) == [(None,)]
    assert _load(shop, "events", "user_id", text) == [(None,)]


@pytest.mark.parametrize("text", ["None", "NaT", "<NA>", "N/A", "-", " "])
def test_words_for_no_value_in_columns_of_numbers_and_times(shop: Shop, text: str) -> None:
    assert _load(shop, "orders", "shipped_at", text) == [(None,)]


@pytest.mark.parametrize("text", ["Null", "None", "Nan", "NA", " x ", "N/A", "0"])
def test_text_is_kept_as_it_is(shop: Shop, text: str) -> None:
    assert _load(shop, "users", "first_name", text) == [(text,)]


@pytest.mark.parametrize(
    ("table", "column", "text", "reason"),
    [
        ("events", "id", "", "missing key id"),
        ("events", "id", "null", "missing key id"),
        ("marketing_spend", "campaign_id", "", "missing key campaign_id"),
        ("events", "created_at", "", "missing created_at"),
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
    assert _load(shop, table, column, text) == []
    assert shop.rejects() == [(1, reason)]


@pytest.mark.parametrize("text", ["Cancelled", "CANCELLED", "cancelled", " Cancelled "])
def test_known_words_are_known_whatever_their_case_and_kept_as_written(shop: Shop, text: str) -> None:
    assert _load(shop, "orders", "status", text) == [(text,)]


def test_a_rejected_row_tells_all_its_faults_and_where_it_stands(shop: Shop) -> None:
    bad = {"id": "x", "event_type": "foo", "created_at": "soon", "city": "null"}
    shop.write("events.csv", csv_text("events", GOOD, bad))
    shop.load()
    [(source, table, file, number, reason, row)] = shop.rejects(
        "source", "table_name", "file_name", "row_number", "reason", "row_as_read"
    )
    assert (source, table, file, number) == ("thelook", "events", "events.csv", 2)
    assert reason == (
        'id: "x" is not a whole number; created_at: "soon" is not a time stamp; event_type: unknown type "foo"'
    )
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
    summary = shop.load()
    assert shop.values("events", "device", "country", "campaign_id") == [(None, None, None)]
    assert any("columns not in the file, so empty:" in line and "device" in line for line in summary.lines())


def test_optional_columns_are_read_where_the_file_has_them(shop: Shop) -> None:
    extra = {"quantity": "2", "list_price": "12", "discount": "2.5"}
    shop.load_text("order_items.csv", csv_text("order_items", extra))
    assert shop.values("order_items", "quantity", "list_price", "discount") == [
        (2, Decimal(12), Decimal("2.5"))
    ]
