"""How numbers are written is told from the whole column, or the load stops and shows both readings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.load.shop import Shop, assert_row_equation, csv_text
from tests.load.written import amounts, decisions, read_amounts, refused


def test_decimal_commas(shop: Shop) -> None:
    shop.write("order_items.csv", amounts("12,5", "1.234", "1.234,50", "7", "1 234,5", "1'000,25", "0,001"))
    summary = shop.load()
    expected = ["12.5", "1234", "1234.5", "7", "1234.5", "1000.25", "0.001"]
    assert read_amounts(shop) == [Decimal(text) for text in expected]
    assert decisions(summary) == ["sale_price is read with a decimal comma, as 5 values show (12,5)"]


def test_decimal_points(shop: Shop) -> None:
    shop.write("order_items.csv", amounts("12.5", "1,234", "1,234.50", "7", "1.234", "1\u202f000.25", "+3"))
    summary = shop.load()
    expected = ["12.5", "1234", "1234.5", "7", "1.234", "1000.25", "3"]
    assert read_amounts(shop) == [Decimal(text) for text in expected]
    assert decisions(summary) == ["sale_price is read with a decimal point, as 3 values show (12.5)"]


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [("1,234", "1234", "1.234"), ("1.234", "1.234", "1234"), ("-1.500", "-1.5", "-1500")],
)
def test_numbers_that_could_be_either_stop_the_load(shop: Shop, text: str, point: str, comma: str) -> None:
    assert refused(shop, amounts("7", text, "12"), "order_items.csv") == (
        f'order_items.csv, column sale_price: "{text}" (row 2) is {point} with a decimal point and {comma} '
        "with a decimal comma; no value of the column tells which. "
        "Say it: --format order_items.sale_price=decimal_point (or decimal_comma). Nothing was changed."
    )


def test_one_thousandth_beyond_the_first_rows_is_not_read_as_a_thousand(shop: Shop) -> None:
    said = refused(shop, amounts(*["7"] * 2_000, "1.234"), "order_items.csv")
    assert '"1.234" (row 2001) is 1.234 with a decimal point and 1234 with a decimal comma' in said


def test_points_and_commas_in_one_column_stop_the_load(shop: Shop) -> None:
    said = refused(shop, amounts("1.5", "1,5", "2.5", "2,5"), "order_items.csv")
    assert (
        '"1.5" (row 1) can only be read with a decimal point, "1,5" (row 2) can only be read with a' in said
    )


def test_one_stray_comma_is_rejected(shop: Shop) -> None:
    shop.load_text("order_items.csv", amounts("1.5", "2.5", "3.5", "1,5"))
    assert shop.rejects() == [(4, 'sale_price: "1,5" is not an amount with a decimal point')]


def test_signs(shop: Shop) -> None:
    texts = {"+5": 5, "-0": 0, "(0.00)": 0, "0-": 0, "\u22120": 0}
    shop.load_text("order_items.csv", amounts(*texts))
    assert read_amounts(shop) == [Decimal(value) for value in texts.values()]
    negative = ["-5", "(5)", "5-", "\u22125", "($5.00)", "-$5", "$-5", "5.00- $"]
    refused_rows = Shop(shop.folder / "negative")
    refused_rows.load_text("order_items.csv", amounts("$1.00", *negative), max_rejected_share=1)
    assert refused_rows.rejects("reason")[:-1] == [
        f"sale_price: negative money ({text})" for text in negative[:-1]
    ]


def test_a_currency_before_or_behind(shop: Shop) -> None:
    shop.write("order_items.csv", amounts("€ 5,00", "5,50 €", "EUR 1.234,50", "7 eur", "8,25"))
    summary = shop.load()
    assert read_amounts(shop) == [Decimal(text) for text in ("5", "5.5", "1234.5", "7", "8.25")]
    assert decisions(summary) == [
        "sale_price is read with a decimal comma and as amounts in EUR, as 4 values show (€ 5,00)"
    ]


def test_two_currencies_are_never_added(shop: Shop) -> None:
    said = refused(shop, amounts("€5", "$5"), "order_items.csv")
    assert "several currencies, which cannot be added: 1 in $ and 1 in EUR" in said
    shop.load_text("order_items.csv", amounts("$5"))
    said = refused(shop, amounts("€5", start=10), "order_items_2.csv")
    assert "its files hold amounts in $ and EUR, which cannot be added" in said


def test_one_stray_currency_is_rejected(shop: Shop) -> None:
    shop.load_text("order_items.csv", amounts("$5", "$6", "€7"))
    assert shop.rejects() == [(3, 'sale_price: "€7" is not an amount in $')]


def test_whole_numbers_with_thousands(shop: Shop) -> None:
    rows = [{"id": str(n), "user_id": f'"{text}"'} for n, text in enumerate(["1,234", "12,345,678", "7"])]
    shop.load_text("events.csv", csv_text("events", *rows))
    assert shop.values("events", "user_id") == [1234, 12345678, 7]


def test_a_whole_thousand_that_could_be_one_stops_the_load(shop: Shop) -> None:
    said = refused(shop, csv_text("events", {"user_id": "1.000"}))
    assert '"1.000" (row 1) is 1 with a decimal point and 1000 with a decimal comma' in said


def test_fractions_in_a_column_of_whole_numbers_are_no_thousands(shop: Shop) -> None:
    rows = [{"id": str(n), "user_id": text} for n, text in enumerate(["1.5", "2.125", "3"])]
    shop.load_text("events.csv", csv_text("events", *rows), max_rejected_share=1)
    assert shop.values("events", "user_id") == [3]


def test_numbers_of_json_are_written_with_a_point_and_its_texts_may_be_otherwise(shop: Shop) -> None:
    center = '{"id": %d, "name": "Rome", "latitude": %s, "longitude": "9,5"}\n'
    shop.load_text("centers.jsonl", center % (1, "1.234") + center % (2, "5.678"))
    assert shop.values("distribution_centers", "latitude", "longitude") == [(1.234, 9.5), (5.678, 9.5)]


def test_numbers_of_parquet_are_not_questioned(shop: Shop) -> None:
    path = shop.parquet(
        "centers.parquet", "select 1 as id, 'a' as name, '1.5' as latitude, 1.234::float as longitude"
    )
    shop.load(path)
    assert shop.query("select round(longitude, 3) from raw_distribution_centers") == [(1.234,)]


def test_text_of_parquet_is_read_as_text_of_csv(shop: Shop) -> None:
    path = shop.parquet(
        "centers.parquet", "select '1' as id, 'a' as name, '1,5' as latitude, '2,25' as longitude"
    )
    shop.load(path)
    assert shop.values("distribution_centers", "latitude", "longitude") == [(1.5, 2.25)]


def test_ids_beyond_64_bits(shop: Shop) -> None:
    long = "123456789012345678901234567890"
    row = {"id": "1", "session_id": long, "ip_address": "1e20", "user_id": "7"}
    shop.load_text(
        "events.csv", csv_text("events", row, row | {"id": long}, row | {"id": "1e20"}), max_rejected_share=1
    )
    assert shop.values("events", "session_id", "ip_address") == [(long, "1e20")]
    assert shop.rejects("reason") == [
        f'id: "{long}" is not within 64 bits',
        'id: "1e20" is not a whole number',
    ]


def test_an_export_of_a_german_spreadsheet(shop: Shop) -> None:
    header = (
        "id;order_id;user_id;product_id;inventory_item_id;status;"
        "created_at;shipped_at;delivered_at;returned_at;sale_price"
    )
    rows = [
        "1;5;7;3;90;Complete;01.02.2024 08:15;02.02.2024;;;1.299,00 €",
        "2;6;7;3;91;Complete;13.02.2024 23:59;14.02.2024;;;7,95 €",
        '3;7;8;4;92;Shipped;05.03.2024 00:00;"06.03.2024";-;;"1.500 €"',
        "4;8;8;4;93;Shipped;05.03.2024 00:0",
    ]
    shop.write("Bestellzeilen/order_items.csv", "\r\n".join([header, *rows]).encode("cp1252"))
    summary = shop.load()
    assert read_amounts(shop) == [Decimal("1299"), Decimal("7.95"), Decimal("1500")]
    found = shop.values("order_items", "created_at", "shipped_at")
    assert [(a.isoformat()[:16], b.isoformat()[:10]) for a, b in found] == [
        ("2024-02-01T08:15", "2024-02-02"), ("2024-02-13T23:59", "2024-02-14"),
        ("2024-03-05T00:00", "2024-03-06"),
    ]  # fmt: skip
    assert decisions(summary) == [
        "created_at is read with the day first, as 1 value shows (13.02.2024 23:59)",
        "shipped_at is read with the day first, as 1 value shows (14.02.2024)",
        "sale_price is read with a decimal comma and as amounts in EUR, as 2 values show (1.299,00 €)",
    ]
    assert [line.strip() for line in summary.lines() if "windows-1252" in line or "semicolon" in line]
    assert_row_equation(shop, ["order_items"])


def test_an_export_of_an_american_spreadsheet(shop: Shop) -> None:
    text = (
        "Date,Campaign ID,Platform,Spend,Clicks,Impressions\r\n"
        '1/2/2024,c1,Adwords,"$1,234.50","1,204","98,500"\r\n'
        '1/13/2024,c1,Adwords,$7.95,12,"1,000"\r\n'
        '1/3/2024,"c1\r\n(old)",Adwords,"$12,000",0,0\r\n'
    )
    shop.write("marketing_spend.csv", text.encode("utf-16"))
    summary = shop.load()
    assert shop.values("marketing_spend", "date", "campaign_id", "spend", "clicks", "impressions") == [
        (dt.date(2024, 1, 2), "c1", Decimal("1234.5"), 1204, 98_500),
        (dt.date(2024, 1, 13), "c1", Decimal("7.95"), 12, 1_000),
        (dt.date(2024, 1, 3), "c1\r\n(old)", Decimal(12_000), 0, 0),
    ]
    assert decisions(summary) == [
        "date is read with the month first, as 1 value shows (1/13/2024)",
        "spend is read with a decimal point and as amounts in $, as 2 values show ($1,234.50)",
        "clicks is read with a decimal point, as 1 value shows (1,204)",
        "impressions is read with a decimal point, as 1 value shows (98,500)",
    ]
