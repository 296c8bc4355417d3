"""What a draft decides from the content of files, and what it leaves to the user."""

from __future__ import annotations

import functools
import random

import pytest

from analysis_lib.errors import BadDataError, MissingInputError, ParameterError, SettingsError
from analysis_lib.models import read_project
from analysis_lib.parameters import Parameters
from analysis_lib.sources.draft.draft import draft
from tests.googlesql.engine import GoogleSql
from tests.own import test_known_exports as known
from tests.own.drafting import Drafting, rows_of

ORDERS = """
    Bestellnr.;Bestelldatum;Kd-Nr;Bestellstatus;Summe
    B1;31.01.2024 10:00;K1;abgeschlossen;1.234,50 €
    B2;01.02.2024 09:30;K2;versendet;25,00 €
    B3;02.02.2024 00:10;K1;storniert;12,50 €
"""
LINES = """
    Pos-ID;Bestellnr.;Artikelnr.;Bezeichnung;Anzahl;Einzelpreis
    1;B1;A-1;Topf, groß;1;1.209,50 €
    2;B1;A-2;Löffel;2;12,50 €
    3;B2;A-2;Löffel;2;12,50 €
    4;B3;A-2;Löffel;1;12,50 €
    5;B1;A-2;Löffel;-1;12,50 €
"""


@functools.cache
def _google() -> GoogleSql:
    return GoogleSql()


def _german(shop: Drafting, orders: str = ORDERS, lines: str = LINES) -> None:
    shop.write("Bestellungen_2024.csv", orders, "cp1252")
    shop.write("Positionen_2024.csv", lines, "cp1252")


def test_semicolons_decimal_commas_currency_signs_local_times_and_negative_lines(shop: Drafting) -> None:
    _german(shop)
    assert shop.totals("Europe/Berlin") == pytest.approx(
        {"orders": 2, "units": 6, "gross": 1272, "discounts": 0, "cancelled": 12.5, "returned": 12.5}
    )
    days = [str(day)[:16] for _, day in rows_of(shop.trial, "stg_orders", "order_id", "created_at")]
    assert days == ["2024-01-31 09:00", "2024-02-01 08:30", "2024-02-01 23:10"]
    lines = rows_of(shop.trial, "stg_order_items", "order_item_id", "quantity", "status")
    assert lines == [("1", 1, None), ("2", 1, None), ("2-returned", 1, "returned")]


def test_without_a_zone_times_are_utc_and_the_draft_asks(shop: Drafting) -> None:
    _german(shop)
    drafted = shop.draft()
    [(_, placed), *_] = rows_of(shop.try_out(), "stg_orders", "order_id", "created_at")
    assert str(placed)[:16] == "2024-01-31 10:00"
    assert any("--timezone" in said for _, said in drafted.checks)


def test_a_day_that_can_be_read_in_two_ways_is_left_to_the_user_with_both(shop: Drafting) -> None:
    orders = (
        ORDERS.replace("31.01.2024", "03/01/2024")
        .replace("01.02.2024", "01/02/2024")
        .replace("02.02.2024", "02/02/2024")
    )
    _german(shop, orders)
    drafted = shop.draft()
    sql = drafted.files["stg_orders.sql"]
    assert "cast(null as timestamp) as created_at" in sql
    [said] = [said for _, said in drafted.checks if "no row tells" in said]
    assert "'%d/%m/%Y %H:%M'" in said
    assert "'%m/%d/%Y %H:%M'" in said
    assert any("created_at" in fault for fault in shop.try_out().faults)


def test_amounts_that_can_be_read_in_two_ways_are_left_to_the_user(shop: Drafting) -> None:
    _german(shop, lines=LINES.replace("1.209,50 €", "1,209 €").replace("12,50 €", "2,250 €"))
    drafted = shop.draft()
    assert "cast(null as numeric) as sale_price" in drafted.files["stg_order_items.sql"]
    assert any("comma and point may part thousands or decimals" in said for _, said in drafted.checks)


def test_a_state_that_is_not_known_is_named_and_stops_a_report(shop: Drafting) -> None:
    _german(shop, ORDERS.replace("versendet", "beim Zoll"))
    drafted = shop.draft()
    [said] = [said for _, said in drafted.checks if "beim Zoll" in said]
    assert "1 rows" in said
    [fault] = shop.try_out().faults
    assert "stg_orders: status" in fault


def test_the_amount_of_a_line_is_told_from_the_price_of_a_unit_by_the_totals(shop: Drafting) -> None:
    _german(shop, lines=LINES.replace(";2;12,50", ";2;25,00").replace("Einzelpreis", "Preis"))
    drafted = shop.draft()
    assert "safe_divide" in drafted.files["stg_order_items.sql"]
    assert shop.totals()["gross"] == pytest.approx(1272)


def test_a_refund_of_a_part_of_an_order_is_worth_what_the_file_says(shop: Drafting) -> None:
    _german(shop, lines="\n".join(LINES.strip().splitlines()[:-1]))
    shop.write("erstattungen.csv", "Bestellnr.;Erstattet am;Betrag\nB1;2024-02-20;34.50\nB2;2024-02-21;25.00")
    totals = shop.totals()
    assert (totals["gross"], totals["returned"], totals["cancelled"]) == pytest.approx((1272, 59.5, 12.5))
    assert totals["returned"] == pytest.approx(59.5, abs=1e-8)


def test_refunds_that_name_nothing_sold_are_said(shop: Drafting) -> None:
    _german(shop, lines="\n".join(LINES.strip().splitlines()[:-1]))
    shop.write("retouren.csv", "Bestellnr.,Artikelnr.,Menge,Datum\nB1,A-2,1,2024-02-20\nB9,A-2,1,2024-02-21")
    drafted = shop.draft()
    assert any(
        "1 rows of retouren name no order and product that was sold" in said for _, said in drafted.checks
    )
    assert shop.totals()["returned"] == pytest.approx(12.5)


def test_what_the_files_do_not_say_is_null_and_nothing_is_invented(shop: Drafting) -> None:
    _german(shop)
    drafted = shop.draft()
    assert "cast(null as numeric) as unit_cost" in drafted.files["stg_order_items.sql"]
    assert (
        set(drafted.files) & {"stg_events.sql", "stg_marketing_spend.sql", "stg_inventory_items.sql"} == set()
    )


def test_keys_with_leading_zeros_and_beyond_64_bits_stay_what_they_are(shop: Drafting) -> None:
    orders = "order_id,created_at,customer_id,total\n007,2024-01-01 10:00:00,123456789012345678901234,5\n008,2024-01-02 10:00:00,1,6"
    shop.write("orders.csv", orders)
    shop.totals()
    keys = rows_of(shop.trial, "stg_orders", "order_id", "user_id")
    assert keys == [("007", "123456789012345678901234"), ("008", "1")]


def test_whole_numbers_of_a_table_with_gaps_are_one_key(shop: Drafting) -> None:
    shop.write(
        "orders.csv", "order_id,created_at,customer_id\n1,2024-01-01 10:00:00,17850.0\n2,2024-01-02 10:00:00,"
    )
    shop.draft()
    assert rows_of(shop.try_out(), "stg_orders", "order_id", "user_id") == [("1", "17850"), ("2", None)]


def test_columns_named_in_words_of_sql_are_quoted(shop: Drafting) -> None:
    shop.write(
        "orders.csv",
        "order,date,customer,größe,total\n1,2024-01-01 10:00:00,7,XL,5\n2,2024-01-02 10:00:00,7,M,6",
    )
    assert shop.totals()["gross"] == 11


def test_the_same_files_give_the_same_draft_in_whatever_order_they_are_named(shop: Drafting) -> None:
    _german(shop)
    files = sorted(shop.files.iterdir())
    drafts = [draft("mine", order).files for order in (files, files[::-1], [shop.files])]
    assert drafts[0] == drafts[1] == drafts[2]


def test_a_source_that_is_there_is_not_written_over(shop: Drafting) -> None:
    _german(shop)
    shop.draft()
    sources = shop.settings.sources
    assert sources is not None
    (sources / "mine" / "stg_orders.sql").write_text("edited", encoding="utf-8")
    drafted = draft("mine", [shop.files])
    with pytest.raises(SettingsError, match=r"There is a source mine in .* already"):
        drafted.write(sources)
    assert (sources / "mine" / "stg_orders.sql").read_text(encoding="utf-8") == "edited"


@pytest.mark.parametrize(
    ("name", "zone", "error"),
    [
        ("My Shop", "", ParameterError),
        ("mine", "Berlin/Mitte", ParameterError),
        ("mine", "", MissingInputError),
    ],
)
def test_what_cannot_be_drafted_is_said(shop: Drafting, name: str, zone: str, error: type[Exception]) -> None:
    shop.write("weather.csv", "station,temperature\nX,12\nY,13")
    with pytest.raises(error):
        draft(name, [shop.files], zone)


def test_files_without_rows_say_nothing(shop: Drafting) -> None:
    shop.write("orders.csv", "order_id,created_at")
    with pytest.raises(BadDataError, match="no rows"):
        draft("mine", [shop.files])


@pytest.mark.parametrize("files", ["german", "retail", "shopify", "stripe", "woo", "olist"])
def test_google_s_analyser_takes_every_drafted_model_as_the_contract_has_it(
    shop: Drafting, files: str
) -> None:
    texts = {
        "retail": known.RETAIL,
        "shopify": known.SHOPIFY,
        "stripe": known.STRIPE,
        "woo": known.WOOCOMMERCE,
    }
    if files == "german":
        _german(shop)
    for name, text in (
        known.OLIST if files == "olist" else {f"{files}_orders.csv": texts.get(files, "")}
    ).items():
        if text:
            shop.write(name, text)
    shop.draft("Europe/Berlin")
    project = read_project("mine", own_sources=shop.settings.sources)
    values = Parameters().as_query_parameters()
    for path in sorted((shop.settings.sources or shop.files).glob("mine/stg_*.sql")):
        model = project.models[path.stem]
        tables = {table: project.schema(table) for table in model.inputs}
        used = {name: values[name] for name in model.parameters}
        assert _google().columns(model.sql, tables, used) == dict(model.contract.schema), path.name


def test_random_files_never_end_in_a_traceback(shop: Drafting) -> None:
    draw = random.Random(5)
    headers = ["order_id", "Datum", "status", "Betrag", "sku", "qty", "customer email", "x", "refund", "name"]
    cells = [
        "",
        "1",
        "2",
        "abc",
        "1,5",
        "31.12.2024",
        "2024-01-01 10:00:00",
        "paid",
        "a@b.de",
        "-3",
        "null",
        "0",
        "€ 4",
    ]
    for round_ in range(25):
        columns = draw.sample(headers, draw.randint(1, 6))
        lines = [",".join(columns)]
        lines += [",".join(f'"{draw.choice(cells)}"' for _ in columns) for _ in range(draw.randint(0, 6))]
        path = shop.write(f"part{round_}.csv", "\n".join(lines))
        try:
            drafted = draft("mine", [path])
        except (BadDataError, MissingInputError):
            continue
        assert "source.yml" in drafted.files
