"""How values are written is told from the whole column, or the load stops and shows both readings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from analysis_lib.errors import BadDataError, ParameterError
from analysis_lib.sources.summary import LoadSummary
from tests.load.shop import Shop, assert_row_equation, csv_text


def day(month: int, day_: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(2020, month, day_, hour, minute, tzinfo=dt.UTC)


def amounts(*texts: str, start: int = 1) -> str:
    """A file of order lines with these prices, quoted."""
    rows = [{"id": str(start + n), "sale_price": f'"{text}"'} for n, text in enumerate(texts)]
    return csv_text("order_items", *rows)


def times(*texts: str, start: int = 1) -> str:
    """A file of events at these times, quoted."""
    return csv_text(
        "events", *({"id": str(start + n), "created_at": f'"{text}"'} for n, text in enumerate(texts))
    )


def read_times(shop: Shop) -> list[dt.datetime]:
    return [row[0] for row in shop.query("select created_at from raw_events order by id")]


def read_amounts(shop: Shop) -> list[Decimal]:
    return [row[0] for row in shop.query("select sale_price from raw_order_items order by id")]


def decisions(summary: LoadSummary) -> list[str]:
    """The lines of a load about how columns are read."""
    return [line.strip() for line in summary.lines() if " is read " in line]


def refused(shop: Shop, text: str, name: str = "events.csv", **options: object) -> str:
    with pytest.raises(BadDataError) as error:
        shop.load_text(name, text, **options)
    return str(error.value)


def test_one_date_tells_that_the_day_comes_first(shop: Shop) -> None:
    shop.write("events.csv", times("03/04/2020", "25/01/2020 13:05", "04/03/2020 7:30:00 PM"))
    summary = shop.load()
    assert read_times(shop) == [day(4, 3), day(1, 25, 13, 5), day(3, 4, 19, 30)]
    assert decisions(summary) == [
        "created_at is read with the day first, as 1 value shows (25/01/2020 13:05)"
    ]


def test_one_date_tells_that_the_month_comes_first(shop: Shop) -> None:
    shop.write("events.csv", times("03/04/2020", "01/25/2020 1:05 PM", "04/03/2020"))
    summary = shop.load()
    assert read_times(shop) == [day(3, 4), day(1, 25, 13, 5), day(4, 3)]
    assert decisions(summary) == [
        "created_at is read with the month first, as 1 value shows (01/25/2020 1:05 PM)"
    ]


def test_the_telling_date_may_stand_anywhere(shop: Shop) -> None:
    rows = ["2020-01-01"] * 3_000 + ["03/04/2020"] + ["2020-01-02"] * 3_000 + ["25/12/2020"]
    shop.write("events.csv", times(*rows))
    shop.load()
    assert shop.query("select created_at from raw_events where id in (3001, 6002) order by id") == [
        (day(4, 3),), (day(12, 25),),
    ]  # fmt: skip


def test_dates_that_could_be_either_stop_the_load_with_both_readings(shop: Shop) -> None:
    text = times("2020-04-20", "03/03/2020", "03/04/2020", "05/06/2020")
    assert refused(shop, text) == (
        'events.csv, column created_at: "03/04/2020" (row 3) is 3 April 2020 with the day first and '
        "4 March 2020 with the month first; no value of the column tells which. "
        "Say it: --format events.created_at=day_first (or month_first). Nothing was changed."
    )
    assert shop.tables() == set()


def test_a_load_that_stops_leaves_other_files_alone(shop: Shop) -> None:
    shop.write("a_users.csv", csv_text("users", {}))
    refused(shop, times("03/04/2020"))
    with pytest.raises(BadDataError, match="no value of the column tells which"):
        shop.load()
    assert shop.tables() == set()


def test_dates_that_are_the_same_in_both_orders_need_no_decision(shop: Shop) -> None:
    shop.write("events.csv", times("03/03/2020", "12.12.2020"))
    summary = shop.load()
    assert read_times(shop) == [day(3, 3), day(12, 12)]
    assert decisions(summary) == ["created_at is read in ways with one meaning each"]


def test_what_was_said_decides(shop: Shop) -> None:
    formats = {("events", "created_at"): "month_first"}
    shop.write("events.csv", times("03/04/2020", "25/01/2020"))
    summary = shop.load(formats=formats, max_rejected_share=1)
    assert read_times(shop) == [day(3, 4)]
    assert shop.rejects() == [(2, 'created_at: "25/01/2020" is not a time stamp with the month first')]
    assert decisions(summary) == ["created_at is read with the month first, as it was said"]


def test_a_file_is_read_again_when_something_else_is_said(shop: Shop) -> None:
    shop.write("events.csv", times("03/04/2020"))
    shop.load(formats={("events", "created_at"): "month_first"})
    assert shop.load().files[0].outcome == "unchanged"
    again = shop.load(formats={("events", "created_at"): "day_first"})
    assert again.files[0].outcome == "replaced"
    assert read_times(shop) == [day(4, 3)]
    assert shop.load(formats={("events", "created_at"): "day_first"}).files[0].outcome == "unchanged"


@pytest.mark.parametrize(
    ("place", "reading", "said"),
    [
        (("evnts", "created_at"), "day_first", 'has no table evnts. Did you mean "events"?'),
        (("events", "made_at"), "day_first", "events has no column made_at"),
        (("events", "created_at"), "decimal_comma", "TIMESTAMP are written as day_first, month_first"),
        (("events", "city"), "day_first", "STRING are written in one way only"),
    ],
)
def test_what_cannot_be_said(shop: Shop, place: tuple[str, str], reading: str, said: str) -> None:
    with pytest.raises(ParameterError) as error:
        shop.load_text("events.csv", times("03/04/2020"), formats={place: reading})
    assert said in str(error.value)


def test_both_orders_in_one_column_stop_the_load(shop: Shop) -> None:
    assert refused(shop, times("25/01/2020", "01/25/2020", "03/04/2020")) == (
        'events.csv, column created_at is written in two ways: "25/01/2020" (row 1) can only be read with '
        'the day first, "01/25/2020" (row 2) can only be read with the month first; "03/04/2020" (row 3) '
        "could be either. Export it in one way, or say which one counts: "
        "--format events.created_at=day_first (or month_first); rows of the other way are then rejected. "
        "Nothing was changed."
    )


def test_one_stray_date_is_rejected_where_every_other_has_one_reading(shop: Shop) -> None:
    shop.load_text("events.csv", times(*["25/01/2020"] * 30, "01/25/2020"))
    assert shop.rejects() == [(31, 'created_at: "01/25/2020" is not a time stamp with the day first')]


def test_a_few_contradicting_dates_in_a_column_of_iso_8601_are_rejected(shop: Shop) -> None:
    shop.load_text("events.csv", times(*["2020-04-20"] * 50, "01/25/2020", "25/01/2020"))
    assert [number for number, _ in shop.rejects()] == [51, 52]


def test_times_of_every_style_with_one_reading_may_be_mixed(shop: Shop) -> None:
    texts = {
        "2020-04-20 07:30:00 UTC": day(4, 20, 7, 30), "2020.04.20": day(4, 20), "20200420": day(4, 20),
        "20200420T073000Z": day(4, 20, 7, 30), "20200420073000": day(4, 20, 7, 30),
        "20-Apr-2020": day(4, 20), "20 April 2020 07:30": day(4, 20, 7, 30), "2020-Apr-20": day(4, 20),
        "Apr 20, 2020, 7:30:00 PM": day(4, 20, 19, 30), "April 20th, 2020": day(4, 20),
        "Mon, 20 Apr 2020 09:30:00 +0200": day(4, 20, 7, 30), "20/Apr/2020:07:30:00 +0000": day(4, 20, 7, 30),
        "2020-04-20 07:30:00,000": day(4, 20, 7, 30), "4/20/2020 12:00:00 AM": day(4, 20),
        "4/20/2020 12:30 p.m.": day(4, 20, 12, 30), "04-20-2020": day(4, 20),
    }  # fmt: skip
    shop.load_text("events.csv", times(*texts))
    assert read_times(shop) == list(texts.values())


def test_dates_that_contradict_themselves_are_no_dates(shop: Shop) -> None:
    texts = [
        "Tue, 20 Apr 2020",
        "31/02/2020",
        "20/13/2020",
        "4/20/20",
        "20 Avril 2020",
        "2020-04-20 13:00 PM",
    ]
    shop.load_text("events.csv", times("20/04/2020", *texts), max_rejected_share=1)
    two_digits = {"4/20/20": ": its year has two digits"}
    assert shop.rejects("reason") == [
        f'created_at: "{text}" is not a time stamp{two_digits.get(text, "")}' for text in texts
    ]


def test_a_short_later_file_is_read_as_those_before(shop: Shop) -> None:
    shop.load_text("events_1.csv", times("25/01/2020"))
    shop.write("events_2.csv", times("03/04/2020", start=10))
    summary = shop.load()
    assert read_times(shop) == [day(1, 25), day(4, 3)]
    assert decisions(summary) == ["created_at is read with the day first, as in events_1.csv"]


def test_a_short_file_is_read_as_another_one_of_the_same_load_whatever_their_order(shop: Shop) -> None:
    shop.write("events_1.csv", times("03/04/2020"))
    shop.write("events_2.csv", times("01/25/2020", start=10))
    shop.load()
    assert read_times(shop) == [day(3, 4), day(1, 25)]


@pytest.mark.parametrize("first", [0, 1])
def test_files_that_contradict_each_other_stop_the_load_in_any_order(shop: Shop, first: int) -> None:
    files = {"events_1.csv": times("25/01/2020", "03/04/2020"), "events_2.csv": times("01/25/2020", start=10)}
    names = list(files)[::-1] if first else list(files)
    shop.load_text(names[0], files[names[0]])
    said = refused(shop, files[names[1]], names[1])
    assert "events_1.csv is written with the day first and events_2.csv with the month first" in said
    shop.load(shop.folder / names[1], formats={("events", "created_at"): ("month_first", "day_first")[first]})
    assert read_times(shop) == [day(1, 25), day(4, 3), day(1, 25)]


def test_files_that_contradict_each_other_are_fine_where_every_value_has_one_reading(shop: Shop) -> None:
    shop.write("events_1.csv", times("25/01/2020"))
    shop.write("events_2.csv", times("01/25/2020", start=10))
    shop.load()
    assert read_times(shop) == [day(1, 25), day(1, 25)]


def test_a_file_that_others_decided_stops_them_from_turning(shop: Shop) -> None:
    shop.load_text("events_1.csv", times("25/01/2020"))
    shop.load_text("events_2.csv", times("03/04/2020", start=10))
    said = refused(shop, times("01/25/2020"), "events_1.csv")
    assert "events_2.csv is written with the day first and events_1.csv with the month first" in said
    assert read_times(shop) == [day(1, 25), day(4, 3)]


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


def test_every_decision_is_kept_with_the_load(shop: Shop) -> None:
    shop.load_text("events.csv", times("25/01/2020", "03/04/2020"))
    assert shop.query(
        "select column_name, file_name, reading, deciding_values, undecided_values, is_said, decision "
        "from load_decisions where column_name = 'created_at'"
    ) == [
        ("created_at", "events.csv", "day_first", 1, 1, False,
         "created_at is read with the day first, as 1 value shows (25/01/2020)"),
    ]  # fmt: skip
    shop.load_text("events.csv", times("2020-01-25"))
    assert shop.query("select count(*) from load_decisions where decision <> ''") == [(0,)]


def test_counts_since_1970_are_found_beyond_empty_first_rows(shop: Shop) -> None:
    rows = [{"order_id": str(n), "shipped_at": "" if n < 1_500 else "1709287140"} for n in range(1, 1_600)]
    shop.write("orders.csv", csv_text("orders", *rows))
    assert "shipped_at is read as seconds since 1970" in decisions(shop.load())
