"""A shop of four customers with the awkward cases that the specifications of all marts need.

Ann buys three times, once three lines of which one comes back; Bob cancels; Cat buys without having viewed
anything, Dan signed up and never came; somebody stays anonymous.
"""

from __future__ import annotations

SHOP = {
    "stg_users": """
        | user_id | created_at       | country |
        | ann     | 2024-01-01 09:00 | Japan   |
        | bob     | 2024-01-01 09:00 | Spain   |
        | cat     | 2024-01-01 09:00 | Spain   |
        | dan     | 2023-01-01 09:00 | Spain   |
    """,
    "stg_products": """
        | product_id | name | brand | cost |
        | hat        | Hat  | Acme  | 4    |
        | sock       | Sock | Acme  | 1    |
    """,
    "stg_events": """
        | event_id | visitor_id | user_id | source_session_id | event_time       | event_type   | product_id |
        | 01       | s:A        | NULL    | A                 | 2024-01-10 10:00 | product_view | hat        |
        | 02       | u:ann      | ann     | A                 | 2024-01-10 10:01 | add_to_cart  | NULL       |
        | 03       | u:ann      | ann     | A                 | 2024-01-10 10:02 | purchase     | NULL       |
        | 04       | u:ann      | ann     | B                 | 2024-01-10 15:00 | purchase     | NULL       |
        | 05       | u:bob      | bob     | C                 | 2024-01-10 10:00 | product_view | hat        |
        | 06       | u:cat      | cat     | D                 | 2024-01-10 10:00 | add_to_cart  | NULL       |
        | 07       | u:cat      | cat     | D                 | 2024-01-10 10:00 | purchase     | NULL       |
        | 08       | s:E        | NULL    | E                 | 2024-01-10 10:00 | page_view    | NULL       |
        | 09       | s:E        | NULL    | E                 | 2024-01-10 16:00 | page_view    | NULL       |
        | 10       | s:E        | NULL    | E                 | 2024-01-10 16:00 | purchase     | NULL       |
        | 11       | u:ann      | ann     | F                 | 2024-01-20 10:00 | page_view    | NULL       |
    """,
    "stg_orders": """
        | order_id | user_id | visitor_id | status    | created_at       |
        | 1        | ann     | u:ann      | complete  | 2024-01-10 10:02 |
        | 2        | bob     | u:bob      | cancelled | 2024-01-10 10:05 |
        | 3        | cat     | u:cat      | complete  | 2024-01-10 10:00 |
        | 4        | ann     | u:ann      | complete  | 2024-01-10 15:00 |
        | 5        | ann     | u:ann      | complete  | 2024-01-20 10:05 |
    """,
    "stg_order_items": """
        | order_item_id | order_id | product_id | status    | quantity | list_price | discount | unit_cost |
        | 11            | 1        | hat        | complete  | 2        | 10         | 1        | 4         |
        | 12            | 1        | hat        | complete  | 1        | 10         | 0        | 4         |
        | 13            | 1        | sock       | returned  | 1        | 5          | 0        | 1         |
        | 21            | 2        | hat        | cancelled | 1        | 10         | 0        | 4         |
        | 31            | 3        | hat        | complete  | 1        | 10         | 0        | 4         |
        | 41            | 4        | unknown    | complete  | 1        | 7          | 0        | NULL      |
        | 51            | 5        | sock       | complete  | 4        | 5          | 0        | 1         |
    """,
    "stg_inventory_items": """
        | inventory_item_id | product_id | created_at | sold_at          | cost |
        | 901               | hat        | 2024-01-01 | 2024-01-10 10:02 | 4    |
        | 902               | hat        | 2024-01-01 | NULL             | 4    |
        | 903               | hat        | 2024-01-01 | NULL             | 5    |
        | 904               | sock       | 2024-01-01 | NULL             | 1    |
    """,
    "stg_marketing_spend": """
        | date       | campaign_id | platform | spend |
        | 2024-01-10 | spring      | Adwords  | 6     |
        | 2024-01-10 | spring      | Facebook | 4     |
    """,
}
"""The tables of the staging contract."""

LATER = {
    "stg_users": "| eve | 2024-02-01 00:00 | Spain |",
    "stg_events": """
        | 12       | s:E        | NULL    | E                 | 2024-02-01 00:00 | product_view | hat        |
        | 13       | u:dan      | dan     | E                 | 2024-02-01 00:01 | checkout     | NULL       |
    """,
    "stg_orders": "| 6 | dan | u:dan | complete | 2024-02-01 00:00 |",
    "stg_order_items": "| 61 | 6 | hat | complete | 1 | 99 | 0 | 4 |",
    "stg_inventory_items": "| 905 | hat | 2024-02-01 | NULL | 4 |",
    "stg_marketing_spend": "| 2024-02-01 | spring | Adwords | 99 |",
}
"""What happens on the day after 2024-01-31, as further rows of the same tables."""
