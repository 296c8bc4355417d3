"""Specification of dim_customers: what a customer bought, returned and is worth so far."""

from __future__ import annotations

from tests.models.test_dim_customers import customers

# Money


def test_money_is_summed_over_orders_and_the_average_order_value_is_per_counted_order() -> None:
    customers(
        int_orders="""
        | user_id | is_counted | order_date | items | gross_sales | net_revenue | gross_profit |
        | 1       | true       | 2024-03-01 | 2     | 30          | 25          | 10           |
        | 1       | true       | 2024-03-02 | 1     | 10          | 0           | 0            |
        | 1       | false      | 2024-03-03 | 0     | 99          | 0           | 0            |
        """,
        expect="""
        | orders | items | gross_sales | net_revenue | gross_profit | average_order_value | historic_ltv |
        | 2      | 3     | 139         | 25          | 10           | 12.5                | 10           |
        """,
    )


# Products and returns


def test_products_bought_are_distinct_products_of_lines_not_cancelled_returned_ones_too() -> None:
    customers(
        stg_users="| user_id | created_at |\n| 1 | 2024-01-01 |",
        int_order_lines="""
        | user_id | product_id | quantity | is_cancelled | is_returned | is_delivered |
        | 1       | 5          | 1        | false        | false       | true         |
        | 1       | 5          | 1        | false        | false       | true         |
        | 1       | 6          | 1        | false        | true        | true         |
        | 1       | 7          | 1        | true         | false       | false        |
        """,
        expect="| user_id | products_bought |\n| 1 | 2 |",
    )


def test_the_return_rate_is_returned_over_delivered_units_and_unknown_before_any_delivery() -> None:
    customers(
        stg_users="| user_id | created_at |\n| 1 | 2024-01-01 |\n| 2 | 2024-01-01 |\n| 3 | 2024-01-01 |",
        int_order_lines="""
        | user_id | product_id | quantity | is_cancelled | is_returned | is_delivered |
        | 1       | 5          | 3        | false        | false       | true         |
        | 1       | 6          | 1        | false        | true        | true         |
        | 1       | 7          | 9        | false        | false       | false        |
        | 1       | 8          | 9        | true         | false       | false        |
        | 2       | 5          | 2        | false        | false       | false        |
        """,
        expect="""
        | user_id | delivered_items | returned_items | return_rate |
        | 1       | 4               | 1              | 0.25        |
        | 2       | 0               | 0              | NULL        |
        | 3       | 0               | 0              | NULL        |
        """,
    )
