"""Specification of theLook's stg_order_items: prices, discounts and cost of one unit."""

from __future__ import annotations

from tests.models.specify import check


def test_prices_with_float_artefacts_become_whole_cents_and_costs_keep_their_digits() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | product_id | sale_price  | list_price   | is_duplicate |
            |  1 | 5          | 8.989999772 | NULL         | false        |
            |  2 | 5          | 8.989999772 | 11.490000248 | false        |
            |  3 | 5          | 0           | NULL         | false        |
            """,
            "raw_products": """
            | id | cost        | is_duplicate |
            | 5  | 3.141590001 | false        |
            """,
        },
        expect="""
            | order_item_id | sale_price | list_price | discount | unit_cost   |
            | 1             | 8.99       | 8.99       | 0        | 3.141590001 |
            | 2             | 8.99       | 11.49      | 2.50     | 3.141590001 |
            | 3             | 0          | 0          | 0        | 3.141590001 |
        """,
    )


def test_a_discount_is_the_list_price_less_the_sale_price() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | sale_price | list_price | discount | is_duplicate |
            |  1 | 10         | 12         | NULL     | false        |
            |  2 | 10         | NULL       | 2.50     | false        |
            |  3 | 10         | 12         | 5        | false        |
            |  4 | 10         | NULL       | NULL     | false        |
            """
        },
        expect="""
            | order_item_id | sale_price | list_price | discount |
            | 1             | 10         | 12.00      | 2.00     |
            | 2             | 10         | 12.50      | 2.50     |
            | 3             | 10         | 12.00      | 2.00     |
            | 4             | 10         | 10.00      | 0        |
        """,
    )


def test_a_line_sold_above_its_list_price_was_not_discounted() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | sale_price | list_price | is_duplicate |
            |  1 | 10         | 8          | false        |
            """
        },
        expect="""
            | order_item_id | sale_price | list_price | discount |
            | 1             | 10         | 10         | 0        |
        """,
    )


def test_the_price_list_of_today_is_not_what_a_line_was_offered_at() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | product_id | sale_price | is_duplicate |
            |  1 | 5          | 10         | false        |
            """,
            "raw_products": """
            | id | retail_price | is_duplicate |
            | 5  | 99           | false        |
            """,
        },
        expect="""
            | order_item_id | list_price | discount |
            | 1             | 10         | 0        |
        """,
    )


def test_a_line_without_a_quantity_is_one_unit() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | quantity | sale_price | is_duplicate |
            |  1 | NULL     | 10         | false        |
            |  2 | 3        | 10         | false        |
            """
        },
        expect="""
            | order_item_id | quantity | sale_price |
            | 1             | 1        | 10         |
            | 2             | 3        | 10         |
        """,
    )


def test_the_cost_is_that_of_the_stocked_item_else_of_the_product_else_unknown() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | product_id | inventory_item_id | sale_price | is_duplicate |
            |  1 | 5          | 900               | 10         | false        |
            |  2 | 5          | 901               | 10         | false        |
            |  3 | 5          | 902               | 10         | false        |
            |  4 | 5          | NULL              | 10         | false        |
            |  5 | 6          | NULL              | 10         | false        |
            """,
            "raw_inventory_items": """
            | id  | cost | is_duplicate |
            | 900 | 4.5  | false        |
            | 901 | NULL | false        |
            """,
            "raw_products": """
            | id | cost | is_duplicate |
            | 5  | 4    | false        |
            """,
        },
        expect="""
            | order_item_id | unit_cost |
            | 1             | 4.5       |
            | 2             | 4         |
            | 3             | 4         |
            | 4             | 4         |
            | 5             | NULL      |
        """,
    )


def test_duplicates_of_products_and_stocked_items_do_not_multiply_lines() -> None:
    check(
        "stg_order_items",
        {
            "raw_order_items": """
            | id | product_id | inventory_item_id | sale_price | is_duplicate |
            |  1 | 5          | 900               | 10         | false        |
            """,
            "raw_inventory_items": """
            | id  | cost | is_duplicate |
            | 900 | 4.5  | false        |
            | 900 | 9    | true         |
            """,
            "raw_products": """
            | id | cost | is_duplicate |
            | 5  | 4    | false        |
            | 5  | 8    | true         |
            """,
        },
        expect="""
            | order_item_id | sale_price | unit_cost |
            | 1             | 10         | 4.5       |
        """,
    )
