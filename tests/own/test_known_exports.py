"""Exports of known shapes are drafted right: their orders and money are those of the files, to the cent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.own.drafting import Drafting, rows_of

RETAIL = """
    InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
    536365,85123A,WHITE HEART HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
    536365,71053,WHITE METAL LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom
    536366,22633,HAND WARMER,6,12/1/2010 8:28,1.85,17850,United Kingdom
    536370,22728,ALARM CLOCK,24,12/13/2010 8:45,3.75,12583,France
    C536379,22633,HAND WARMER,-2,12/14/2010 9:41,1.85,17850,United Kingdom
    536414,22139,,56,12/15/2010 11:52,0,,United Kingdom
"""
SHOPIFY = """
    Name,Email,Financial Status,Fulfillment Status,Fulfilled at,Subtotal,Shipping,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Shipping Country,Cancelled at,Refunded Amount,Id
    #1001,a@x.com,paid,fulfilled,2024-01-04 10:00:00 +0100,90.00,5.00,95.00,SALE,10.00,2024-01-03 10:00:00 +0100,2,Shirt - M,40.00,50.00,SH-M,DE,,0.00,5001
    #1001,a@x.com,,,,,,,,,2024-01-03 10:00:00 +0100,1,Cap,20.00,,CAP,,,,
    #1002,b@x.com,refunded,fulfilled,2024-01-06 10:00:00 +0100,20.00,5.00,25.00,,0.00,2024-01-05 11:00:00 +0100,1,Cap,20.00,,CAP,AT,,25.00,5002
    #1003,c@x.com,voided,unfulfilled,,40.00,5.00,45.00,,0.00,2024-01-06 11:00:00 +0100,1,Shirt - M,40.00,50.00,SH-M,DE,2024-01-06 12:00:00 +0100,0.00,5003
    #1004,a@x.com,partially_refunded,fulfilled,2024-02-06 10:00:00 +0100,40.00,5.00,45.00,,0.00,2024-02-05 11:00:00 +0100,2,Cap,20.00,,CAP,DE,,8.00,5004
"""
STRIPE = """
    id,Created (UTC),Amount,Amount Refunded,Currency,Captured,Customer ID,Customer Email,Status
    ch_1,2024-01-01 10:00,20.00,0.00,usd,true,cus_1,a@x.com,Paid
    ch_2,2024-01-02 10:00,35.50,35.50,usd,true,cus_2,b@x.com,Refunded
    ch_3,2024-01-03 10:00,20.00,5.00,usd,true,cus_1,a@x.com,Paid
    ch_4,2024-01-04 10:00,20.00,0.00,usd,false,cus_3,c@x.com,Failed
"""
WOOCOMMERCE = """
    Order Number,Order Status,Order Date,Email (Billing),Country Code (Billing),Order Total Amount,Order Refund Amount,SKU,Item Name,Quantity,Item Cost
    1201,wc-completed,2024-03-01 09:12,a@x.com,DE,35.00,0,MUG,Mug,2,10.00
    1201,wc-completed,2024-03-01 09:12,a@x.com,DE,35.00,0,TEE,Tee,1,15.00
    1202,wc-refunded,2024-03-02 10:12,b@x.com,DE,10.00,10.00,MUG,Mug,1,10.00
"""
OLIST = {
    "olist_orders_dataset.csv": """
        "order_id","customer_id","order_status","order_purchase_timestamp","order_approved_at","order_delivered_carrier_date","order_delivered_customer_date","order_estimated_delivery_date"
        "e48","9ef4","delivered","2017-10-02 10:56:33","2017-10-02 11:07:15","2017-10-04 19:55:00","2017-10-10 21:25:13","2017-10-18 00:00:00"
        "53cd","b083","canceled","2018-07-24 20:41:37","2018-07-26 03:24:27","","","2018-08-13 00:00:00"
        "4777","41ce","shipped","2018-08-08 08:38:49","2018-08-08 08:55:23","2018-08-08 13:50:00","","2018-09-04 00:00:00"
    """,
    "olist_order_items_dataset.csv": """
        "order_id","order_item_id","product_id","seller_id","shipping_limit_date","price","freight_value"
        "e48","1","p1","s1","2017-10-06 11:07:15",29.99,8.72
        "e48","2","p1","s1","2017-10-06 11:07:15",29.99,8.72
        "53cd","1","p2","s1","2018-07-30 03:24:27",118.70,22.76
        "4777","1","p3","s2","2018-08-13 08:55:23",159.90,19.22
    """,
    "olist_customers_dataset.csv": """
        "customer_id","customer_unique_id","customer_zip_code_prefix","customer_city","customer_state"
        "9ef4","u1","14409","franca","SP"
        "b083","u2","09790","sao bernardo","SP"
        "41ce","u1","01151","sao paulo","SP"
    """,
    "olist_products_dataset.csv": """
        "product_id","product_category_name","product_name_lenght","product_weight_g"
        "p1","perfumaria",40,225
        "p2","artes",44,1000
        "p3","esporte",46,154
    """,
    "olist_order_payments_dataset.csv": """
        "order_id","payment_sequential","payment_type","payment_installments","payment_value"
        "e48","1","voucher",1,18.12
        "e48","2","credit_card",1,59.30
        "53cd","1","boleto",1,141.46
        "4777","1","credit_card",3,179.12
    """,
}


def _totals(orders: int, units: int, gross: float, off: float, cancelled: float, returned: float) -> Any:
    figures = {"orders": orders, "units": units, "gross": gross, "discounts": off}
    return pytest.approx(figures | {"cancelled": cancelled, "returned": returned})


def test_online_retail_has_only_lines_and_a_credit_note_takes_back_what_the_customer_bought(
    shop: Drafting,
) -> None:
    shop.write("Online_Retail.csv", RETAIL)
    assert shop.totals() == _totals(4, 98, 136.74, 0, 0, 3.70)
    assert rows_of(shop.trial, "stg_orders", "order_id", "user_id")[0] == ("536365", "17850")
    places = rows_of(shop.trial, "stg_users", "user_id", "country")
    assert places == [("12583", "France"), ("17850", "United Kingdom")]


def test_shopify_states_an_order_in_the_first_of_its_lines(shop: Drafting) -> None:
    shop.write("orders_export_1.csv", SHOPIFY)
    # 1001: list 2 × 50 + 20, sold at 2 × 40 + 20, less 10. 1004: 8 of 40 were refunded.
    assert shop.totals() == _totals(3, 8, 230, 40, 40, 28)
    states = rows_of(shop.trial, "stg_orders", "order_id", "status")
    assert states == [("#1001", "shipped"), ("#1002", "returned"), ("#1003", "cancelled")]


def test_payments_of_stripe_are_orders_of_one_line(shop: Drafting) -> None:
    shop.write("unified_payments.csv", STRIPE)
    assert shop.totals() == _totals(3, 5, 95.5, 0, 20, 40.5)


def test_woocommerce_repeats_the_order_on_every_line_and_counts_it_once(shop: Drafting) -> None:
    shop.write("orders.csv", WOOCOMMERCE)
    assert shop.totals() == _totals(2, 4, 45, 0, 0, 10)


def test_olist_has_a_line_number_in_each_order_and_leaves_payments_out(shop: Drafting) -> None:
    for name, text in OLIST.items():
        shop.write(name, text)
    assert shop.totals() == _totals(2, 4, 338.58, 0, 118.70, 0)
    drafted = shop.drafted
    assert drafted is not None
    assert drafted.shape.parts["order_items"].key == ("order_id", "order_item_id")
    assert [table.name for table in drafted.shape.unused] == ["olist_order_payments_dataset"]
    assert "olist_order_payments_dataset" in drafted.files["source.yml"]


def test_events_without_orders_take_the_shared_models(shop: Drafting) -> None:
    shop.write(
        "hits.jsonl",
        """
        {"event_id":"1","visitor_id":"v1","user_id":null,"event_name":"page_view","ts":1704103200000,"url":"/"}
        {"event_id":"2","visitor_id":"v1","user_id":"7","event_name":"view_item","ts":1704103260000,"url":"/p1"}
        {"event_id":"3","visitor_id":"v1","user_id":"7","event_name":"purchase","ts":1704103300000,"value":"12.5"}
        {"event_id":"4","visitor_id":"v2","user_id":null,"event_name":"wishlist","ts":1704103300000,"url":"/t"}
        """,
    )
    assert shop.totals() == _totals(1, 1, 12.5, 0, 0, 0)
    drafted = shop.drafted
    assert drafted is not None
    assert "shares: [stg_purchases, stg_orders, stg_order_items]" in drafted.files["source.yml"]
    assert [said for _, said in drafted.checks] == ["'wishlist' (1 events) is not known, and becomes other."]
