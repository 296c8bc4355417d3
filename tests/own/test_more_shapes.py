"""Other ways in which shops write returns, catalogues, stock, spend and events; other formats than CSV."""

from __future__ import annotations

import duckdb
import pytest

from tests.own.drafting import Drafting, rows_of

ORDERS = """
    order_id,created_at,customer_id,status
    1,2024-01-01 10:00:00 UTC,7,paid
    2,2024-01-02 10:00:00 UTC,8,paid
"""
LINES = """
    line_id,order_id,sku,quantity,price
    11,1,A,2,10.00
    12,1,B,1,5.50
    13,2,A,3,10.00
"""


def _shop(shop: Drafting, lines: str = LINES) -> None:
    shop.write("orders.csv", ORDERS)
    shop.write("order_lines.csv", lines)


def test_a_negative_line_that_names_no_product_takes_its_amount_off_the_order(shop: Drafting) -> None:
    _shop(shop, LINES + "    14,1,,1,-8.00\n    15,2,,1,-30.00\n")
    totals = shop.totals()
    assert totals["gross"] == pytest.approx(55.5, abs=1e-8)
    assert totals["returned"] == pytest.approx(38, abs=1e-8)
    lines = rows_of(shop.trial, "stg_order_items", "order_item_id", "status")
    assert lines == [("1-refund", "returned"), ("11", None), ("12", None)]


def test_a_return_of_more_than_was_sold_takes_off_what_was_sold_and_is_said(shop: Drafting) -> None:
    _shop(shop, LINES + "    14,2,A,-5,10.00\n")
    assert shop.totals()["returned"] == pytest.approx(30)
    assert shop.drafted is not None
    assert any("3 of 5 returned units" in said for _, said in shop.drafted.checks)


def test_refunds_that_name_the_line(shop: Drafting) -> None:
    _shop(shop)
    shop.write(
        "refunds.csv", "refund_id,line_id,qty,refunded_at\n1,11,1,2024-02-01 08:00:00 UTC\n2,13,3,2024-02-02"
    )
    totals = shop.totals()
    assert (totals["gross"], totals["returned"], totals["units"]) == pytest.approx((55.5, 40, 6))
    lines = rows_of(shop.trial, "stg_order_items", "order_item_id", "quantity", "status", "returned_at")
    assert [line[:3] for line in lines] == [("11", 1, None), ("11-returned", 1, "returned"), ("12", 1, None)]
    assert str(lines[1][3])[:10] == "2024-02-01"


def test_catalogue_customers_and_stock_are_taken_and_the_cost_of_a_line_is_that_of_its_product(
    shop: Drafting,
) -> None:
    _shop(shop)
    shop.write(
        "products.csv", "sku,title,vendor,price,cost per item\nA,Cap,Acme,12.00,4.00\nB,Sock,Acme,6.00,2.50"
    )
    shop.write(
        "customers.csv",
        "customer id,country,gender,created at\n7,DE,f,2023-01-01 00:00:00Z\n8,AT,m,2023-02-01 00:00:00Z",
    )
    shop.write(
        "stock.csv", "serial number,sku,received at,sold at\ns1,A,2023-12-01,\ns2,B,2023-12-01,2024-01-01"
    )
    shop.totals()
    assert rows_of(shop.trial, "stg_products", "product_id", "name", "brand")[0] == ("A", "Cap", "Acme")
    assert rows_of(shop.trial, "stg_users", "user_id", "country", "gender")[0] == ("7", "DE", "f")
    assert rows_of(shop.trial, "stg_inventory_items", "inventory_item_id", "product_id")[0] == ("s1", "A")
    assert [cost for (cost,) in rows_of(shop.trial, "stg_order_items", "unit_cost")] == [4, 2.5, 4]


def test_ad_spend_in_several_rows_a_day_is_one_row_of_its_sum(shop: Drafting) -> None:
    _shop(shop)
    shop.write(
        "ads_2024_01.csv",
        """
        Day,Platform,Campaign,Ad,Cost,Clicks,Impr.
        2024-01-01,Google,Brand,a,10.50,5,100
        2024-01-01,Google,Brand,b,4.50,5,200
        2024-01-01,Meta,Brand,a,1.00,,10
        """,
    )
    shop.write(
        "ads_2024_02.csv", "Day,Platform,Campaign,Ad,Cost,Clicks,Impr.\n2024-02-01,Google,Brand,a,2,1,9"
    )
    shop.totals()
    assert shop.trial is not None
    assert shop.trial.spend == 18
    spend = rows_of(shop.trial, "stg_marketing_spend", "platform", "spend", "impressions")
    assert spend == [("Google", 15, 300), ("Meta", 1, 10), ("Google", 2, 9)]


def test_parquet_and_json_lines_are_looked_at_like_text(shop: Drafting) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select 1::bigint as order_id, timestamptz '2024-01-01 10:00:00+00' as created_at,
            7::bigint as customer_id, 'paid' as status, [1, 2] as tags)
            to '{shop.files / "orders.parquet"}' (format parquet)"""
        )
    shop.write("lines.jsonl", '{"line_id": 5, "order_id": 1, "sku": "A", "quantity": 2, "price": 10.25}')
    assert shop.totals()["gross"] == pytest.approx(20.5)
    assert shop.drafted is not None
    assert "# tags: left out" in shop.drafted.files["source.yml"]


def test_a_number_on_the_invoice_is_not_taken_for_the_number_that_the_lines_name(shop: Drafting) -> None:
    shop.write(
        "orders.csv",
        "id,invoice no,created at,customer id\n1,R-1,2024-01-01 10:00:00Z,7\n2,R-2,2024-01-02 10:00:00Z,8",
    )
    shop.write("order_lines.csv", LINES)
    shop.totals()
    assert rows_of(shop.trial, "stg_orders", "order_id") == [("1",), ("2",)]
    assert shop.drafted is not None
    assert any("names id, and not invoice no" in said for _, said in shop.drafted.checks)


def test_rows_that_an_export_has_twice_are_counted_once_where_there_is_a_key(shop: Drafting) -> None:
    _shop(shop, LINES + LINES.split("\n", 2)[2])
    shop.write("orders.csv", ORDERS + ORDERS.split("\n", 2)[2])
    assert shop.totals()["gross"] == pytest.approx(55.5)
    assert shop.drafted is not None
    assert {kind: part.key for kind, part in shop.drafted.shape.parts.items()} == {
        "orders": ("order_id",),
        "order_items": ("line_id",),
    }
