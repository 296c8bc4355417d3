"""Specification of fct_product_performance: how a product is looked at, bought and returned."""

from __future__ import annotations

from tests.models.specify import check, sideways


def products(expect: str, **tables: str) -> None:
    inputs = {"stg_products": "", "stg_events": "", "int_session_events": "", "int_order_lines": ""}
    check("fct_product_performance", {**inputs, **tables}, expect)


# Which products


def test_every_product_has_a_row_sold_or_not_viewed_or_not_in_the_catalogue_or_not() -> None:
    products(
        stg_products="| product_id | name | category |\n| 5 | Hat | Hats |\n| 6 | Sock | Socks |",
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id |
        | A          | u:1        | product_view | 6          |
        | A          | u:1        | product_view | 7          |
        | A          | u:1        | page_view    | 9          |
        """,
        int_order_lines="""
        | order_id | product_id | is_cancelled | quantity |
        | 1        | 8          | false        | 1        |
        | 2        | NULL       | false        | 1        |
        """,
        expect="""
        | product_id | name | category | views | units |
        | 5          | Hat  | Hats     | 0     | 0     |
        | 6          | Sock | Socks    | 1     | 0     |
        | 7          | NULL | NULL     | 1     | 0     |
        | 8          | NULL | NULL     | 0     | 1     |
        """,
    )


def test_a_product_never_sold_and_never_viewed_has_counts_of_zero_and_no_rates() -> None:
    products(
        stg_products="| product_id |\n| 5 |",
        expect=sideways(
            """
            | product_id                  | 5    |
            | views                       | 0    |
            | viewing_sessions            | 0    |
            | viewers                     | 0    |
            | add_to_carts                | 0    |
            | orders                      | 0    |
            | units                       | 0    |
            | gross_sales                 | 0    |
            | discounts                   | 0    |
            | cancellations               | 0    |
            | returns                     | 0    |
            | net_revenue                 | 0    |
            | cost_of_goods               | 0    |
            | gross_profit                | 0    |
            | purchasing_viewing_sessions | 0    |
            | delivered_units             | 0    |
            | returned_units              | 0    |
            | margin_rate                 | NULL |
            | average_sale_price          | NULL |
            | view_to_purchase_rate       | NULL |
            | return_rate                 | NULL |
            | carting_viewing_sessions    | 0    |
            | view_to_cart_rate           | NULL |
            | searches                    | NULL |
            | recommendation_visits       | NULL |
            | related_visits              | NULL |
            """
        ),
    )


# Looked at


def test_views_are_events_viewing_sessions_are_sessions_and_viewers_are_visitors() -> None:
    products(
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id |
        | A          | u:1        | product_view | 5          |
        | A          | u:1        | product_view | 5          |
        | B          | u:1        | product_view | 5          |
        | C          | s:9        | product_view | 5          |
        | C          | s:9        | add_to_cart  | 5          |
        | C          | s:9        | add_to_cart  | 5          |
        | C          | s:9        | product_view | NULL       |
        """,
        expect="""
        | product_id | views | viewing_sessions | viewers | add_to_carts |
        | 5          | 4     | 3                | 2       | 2            |
        """,
    )


def test_a_cart_event_without_a_product_counts_for_the_product_viewed_last_in_the_session() -> None:
    check(
        "fct_product_performance",
        {
            "stg_events": """
            | event_id | visitor_id | user_id | event_time       | event_type   | product_id |
            | 1        | u:1        | 1       | 2024-01-01 10:00 | product_view | 5          |
            | 2        | u:1        | 1       | 2024-01-01 10:01 | product_view | 6          |
            | 3        | u:1        | 1       | 2024-01-01 10:02 | add_to_cart  | NULL       |
            | 4        | u:2        | 2       | 2024-01-01 10:02 | add_to_cart  | NULL       |
            """,
            "int_order_lines": "",
        },
        expect="""
        | product_id | views | add_to_carts |
        | 5          | 1     | 0            |
        | 6          | 1     | 1            |
        """,
    )


def test_the_view_to_cart_rate_is_viewing_sessions_that_put_it_into_the_cart_over_viewing_sessions() -> None:
    products(
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id |
        | A          | u:1        | product_view | 5          |
        | A          | u:1        | add_to_cart  | 5          |
        | A          | u:1        | add_to_cart  | 5          |
        | B          | u:2        | product_view | 5          |
        | B          | u:2        | add_to_cart  | 6          |
        | C          | u:3        | add_to_cart  | 5          |
        | D          | u:3        | product_view | 5          |
        | E          | u:4        | product_view | 5          |
        """,
        expect="""
        | product_id | viewing_sessions | add_to_carts | carting_viewing_sessions | view_to_cart_rate |
        | 5          | 4                | 3            | 1                        | 0.25              |
        | 6          | 0                | 1            | 0                        | NULL              |
        """,
    )


# Found


def found(events: str, expect: str, **parameters: object) -> None:
    tables = {
        "stg_events": events,
        "int_session_events": "",
        "int_order_lines": "",
        "stg_products": CATALOGUE,
    }
    check("fct_product_performance", tables, expect, **parameters)


CATALOGUE = "| product_id |\n| 5 |\n| 6 |"


def test_searches_are_views_of_and_clicks_on_a_product_that_carry_a_search_term() -> None:
    found(
        """
        | event_id | event_time | event_type   | product_id | search_term |
        | 1        | 2024-01-01 | product_view | 5          | hat         |
        | 2        | 2024-01-01 | click        | 5          | hat         |
        | 3        | 2024-01-01 | product_view | 5          | NULL        |
        | 4        | 2024-01-01 | add_to_cart  | 5          | hat         |
        | 5        | 2024-01-01 | search       | NULL       | hat         |
        | 6        | 2024-01-01 | click        | 9          | sock        |
        """,
        expect="""
        | product_id | searches | recommendation_visits | related_visits |
        | 5          | 2        | NULL                  | NULL           |
        | 6          | 0        | NULL                  | NULL           |
        | 9          | 1        | NULL                  | NULL           |
        """,
    )


def test_visits_from_recommendations_and_related_products_are_views_whose_referrer_says_so() -> None:
    found(
        """
        | event_id | event_time | event_type   | product_id | referrer                    |
        | 1        | 2024-01-01 | product_view | 5          | /home?box=Recommendations   |
        | 2        | 2024-01-01 | product_view | 5          | https://shop/recommended/7  |
        | 3        | 2024-01-01 | product_view | 5          | /product/7/related-products |
        | 4        | 2024-01-01 | product_view | 5          | /unrelated                  |
        | 5        | 2024-01-01 | click        | 5          | /recommended                |
        | 6        | 2024-01-01 | product_view | 6          | /home                       |
        """,
        expect="""
        | product_id | searches | recommendation_visits | related_visits |
        | 5          | NULL     | 2                     | 1              |
        | 6          | NULL     | 0                     | 0              |
        """,
    )


def test_what_was_searched_after_as_of_is_not_known() -> None:
    events = """
        | event_id | event_time       | event_type   | product_id | search_term |
        | 1        | 2024-01-01 22:59 | product_view | 5          | hat         |
        | 2        | 2024-01-01 23:00 | product_view | 5          | hat         |
        """
    expect = "| product_id | searches |\n| 5 | {} |\n| 6 | {} |"
    found(events, expect.format(1, 0), as_of="2024-01-01", timezone="Europe/Berlin")
    found(events, expect.format("NULL", "NULL"), as_of="2023-12-31", timezone="Europe/Berlin")


# Bought


def test_the_view_to_purchase_rate_is_viewing_sessions_that_bought_over_viewing_sessions() -> None:
    products(
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id |
        | A          | u:1        | product_view | 5          |
        | A          | u:1        | product_view | 5          |
        | B          | u:2        | product_view | 5          |
        | C          | u:3        | product_view | 5          |
        | D          | u:4        | product_view | 5          |
        """,
        int_order_lines="""
        | order_id | session_id | product_id | is_cancelled | quantity |
        | 1        | A          | 5          | false        | 2        |
        | 2        | A          | 5          | false        | 1        |
        | 3        | B          | 5          | true         | 1        |
        | 4        | C          | 6          | false        | 1        |
        | 5        | E          | 5          | false        | 1        |
        | 6        | NULL       | 5          | false        | 1        |
        """,
        expect="""
        | product_id | viewing_sessions | purchasing_viewing_sessions | view_to_purchase_rate | units |
        | 5          | 4                | 1                           | 0.25                  | 5     |
        | 6          | 0                | 0                           | NULL                  | 1     |
        """,
    )


def test_a_product_bought_without_a_view_does_not_lift_its_rate_over_one() -> None:
    products(
        int_session_events="| session_id | event_type | product_id |\n| A | product_view | 5 |",
        int_order_lines="""
        | order_id | session_id | product_id | is_cancelled | quantity |
        | 1        | A          | 5          | false        | 1        |
        | 2        | B          | 5          | false        | 1        |
        | 3        | C          | 5          | false        | 1        |
        """,
        expect="| product_id | orders | view_to_purchase_rate |\n| 5 | 3 | 1 |",
    )


def test_orders_are_distinct_orders_and_units_leave_cancelled_lines_out() -> None:
    products(
        int_order_lines="""
        | order_id | product_id | is_cancelled | quantity |
        | 1        | 5          | false        | 2        |
        | 1        | 5          | false        | 1        |
        | 2        | 5          | true         | 4        |
        """,
        expect="| product_id | orders | units |\n| 5 | 1 | 3 |",
    )


# Money and returns


def test_the_price_is_what_units_sold_for_and_the_margin_what_is_left_of_net_revenue() -> None:
    check(
        "fct_product_performance",
        {
            "stg_orders": "| order_id | status | created_at |\n| 1 | complete | 2024-01-10 |",
            "stg_order_items": """
            | order_id | product_id | status    | quantity | list_price | discount | unit_cost |
            | 1        | 5          | complete  | 2        | 10         | 2        | 6         |
            | 1        | 5          | returned  | 1        | 10         | 1        | 6         |
            | 1        | 5          | cancelled | 7        | 10         | 0        | 6         |
            """,
            "int_order_sessions": "",
            "int_session_events": "",
        },
        expect=sideways(
            """
            | product_id         | 5    |
            | units              | 3    |
            | gross_sales        | 100  |
            | discounts          | 5    |
            | cancellations      | 70   |
            | returns            | 9    |
            | net_revenue        | 16   |
            | cost_of_goods      | 12   |
            | gross_profit       | 4    |
            | margin_rate        | 0.25 |
            | average_sale_price | 8.333333333333334 |
            """
        ),
    )


def test_the_return_rate_is_returned_over_delivered_units() -> None:
    products(
        int_order_lines="""
        | order_id | product_id | quantity | is_cancelled | is_delivered | is_returned |
        | 1        | 5          | 3        | false        | true         | false       |
        | 2        | 5          | 1        | false        | true         | true        |
        | 3        | 5          | 9        | false        | false        | false       |
        | 4        | 6          | 2        | false        | false        | false       |
        """,
        expect="""
        | product_id | delivered_units | returned_units | return_rate |
        | 5          | 4               | 1              | 0.25        |
        | 6          | 0               | 0              | NULL        |
        """,
    )
