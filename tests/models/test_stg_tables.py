"""Specification of theLook's other staging models, and of what all of them share."""

from __future__ import annotations

import pytest

from tests.models.specify import check


def test_order_and_line_statuses_are_in_lower_case_and_a_buyer_is_a_visitor() -> None:
    check(
        "stg_orders",
        {
            "raw_orders": """
            | order_id | user_id | status    | is_duplicate |
            | 1        | 7       | Complete  | false        |
            | 2        | 7       | CANCELLED | false        |
            """
        },
        expect="""
            | order_id | user_id | visitor_id | status    |
            | 1        | 7       | u:7        | complete  |
            | 2        | 7       | u:7        | cancelled |
        """,
    )
    check(
        "stg_order_items",
        {"raw_order_items": "| id | status | sale_price | is_duplicate |\n| 1 | Returned | 1 | false |"},
        expect="| order_item_id | status   |\n| 1 | returned |",
    )


@pytest.mark.parametrize(
    ("model", "raw_key", "key"),
    [
        ("stg_events", "id", "event_id"),
        ("stg_orders", "order_id", "order_id"),
        ("stg_order_items", "id", "order_item_id"),
        ("stg_products", "id", "product_id"),
        ("stg_users", "id", "user_id"),
        ("stg_inventory_items", "id", "inventory_item_id"),
        ("stg_marketing_spend", "campaign_id", "campaign_id"),
    ],
)
def test_a_row_marked_as_a_duplicate_is_left_out(model: str, raw_key: str, key: str) -> None:
    check(
        model,
        {
            model.replace("stg_", "raw_"): f"""
            | {raw_key} | is_duplicate |
            | 1         | false        |
            | 1         | true         |
            | 2         | true         |
            """
        },
        expect=f"""
            | {key} |
            | 1     |
        """,
    )


def test_users_products_stock_and_spend_come_through_as_they_are() -> None:
    check(
        "stg_users",
        {
            "raw_users": """
            | id | created_at       | traffic_source | age | gender | country | state | city  | is_duplicate |
            | 7  | 2024-01-02 10:00 | Search         | 30  | F      | Japan   | Kanto | Chiba | false        |
            """
        },
        expect="""
            | user_id | created_at       | traffic_source | age | gender | country | region | city  |
            | 7       | 2024-01-02 10:00 | Search         | 30  | F      | Japan   | Kanto  | Chiba |
        """,
    )
    check(
        "stg_products",
        {
            "raw_products": """
            | id | name | brand | category | department | retail_price | cost        | is_duplicate |
            | 5  | Hat  | Acme  | Hats     | Women      | 19.990000248 | 8.000000011 | false        |
            """
        },
        expect="""
            | product_id | name | brand | category | department | retail_price | cost        |
            | 5          | Hat  | Acme  | Hats     | Women      | 19.99        | 8.000000011 |
        """,
    )
    check(
        "stg_inventory_items",
        {
            "raw_inventory_items": """
            | id  | product_id | created_at       | sold_at          | cost        | is_duplicate |
            | 900 | 5          | 2024-01-02 10:00 | 2024-01-03 10:00 | 8.000000011 | false        |
            | 901 | 5          | 2024-01-02 10:00 | NULL             | NULL        | false        |
            """
        },
        expect="""
            | inventory_item_id | product_id | created_at       | sold_at          | cost        |
            | 900               | 5          | 2024-01-02 10:00 | 2024-01-03 10:00 | 8.000000011 |
            | 901               | 5          | 2024-01-02 10:00 | NULL             | NULL        |
        """,
    )
    check(
        "stg_marketing_spend",
        {
            "raw_marketing_spend": """
            | date       | campaign_id | platform | spend  | clicks | impressions | is_duplicate |
            | 2024-01-02 | spring      | Adwords  | 12.345 | 7      | 900         | false        |
            """
        },
        expect="""
            | date       | campaign_id | platform | spend  | clicks | impressions |
            | 2024-01-02 | spring      | Adwords  | 12.345 | 7      | 900         |
        """,
    )
