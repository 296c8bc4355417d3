"""Specification of fct_category_performance: departments and categories, level by level, each the whole shop."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.models.specify import check, rows_of, sideways


def categories(expect: str | None, **tables: str) -> list[tuple[object, ...]]:
    inputs = {"stg_products": "", "stg_events": "", "int_session_events": "", "int_order_lines": ""}
    result = check("fct_category_performance", {**inputs, **tables}, expect)
    return rows_of(result, "category_level", "category_path", "category_name", "parent_path")


def paths(category: str) -> list[tuple[object, ...]]:
    """The rows of a shop with one product of this category, without its department."""
    return categories(None, stg_products=f"| product_id | category |\n| 1 | {category} |")[1:]


# Levels


def test_the_department_is_level_0_and_a_flat_category_is_level_1() -> None:
    categories(
        stg_products="""
        | product_id | department | category     |
        | 1          | Women      | Tops & Tees  |
        | 2          | Men        | Tops & Tees  |
        | 3          | Men        | Jeans        |
        """,
        expect="""
        | category_level | category_path | category_name | parent_path | products |
        | 0              | Men           | Men           | NULL        | 2        |
        | 0              | Women         | Women         | NULL        | 1        |
        | 1              | Jeans         | Jeans         | NULL        | 1        |
        | 1              | Tops & Tees   | Tops & Tees   | NULL        | 2        |
        """,
    )


@pytest.mark.parametrize(
    "category",
    [
        "shoes.women.boots",
        "shoes > women > boots",
        "shoes/women/boots",
        "/shoes//women/ boots/",
        ">shoes >women>boots",
    ],
)
def test_sources_write_levels_differently_and_the_path_is_written_alike(category: str) -> None:
    assert paths(category) == [
        (1, "shoes", "shoes", None),
        (2, "shoes > women", "women", "shoes"),
        (3, "shoes > women > boots", "boots", "shoes > women"),
    ]


@pytest.mark.parametrize("category", ["Dr. Martens", "Boots No. 7", "Size 7.5 up"])
def test_a_dot_in_a_category_with_blanks_is_no_level(category: str) -> None:
    assert paths(category) == [(1, category, category, None)]


def test_the_first_separator_of_a_kind_decides_and_the_others_are_letters() -> None:
    assert paths("Home > Kitchen/Bath v1.0")[-1] == (
        2,
        "Home > Kitchen/Bath v1.0",
        "Kitchen/Bath v1.0",
        "Home",
    )


def test_what_lies_below_the_fourth_level_is_left_out() -> None:
    assert [path for _, path, _, _ in paths("a.b.c.d.e")] == ["a", "a > b", "a > b > c", "a > b > c > d"]


def test_a_category_that_ends_early_is_not_set_on_the_levels_below() -> None:
    categories(
        stg_products="""
        | product_id | category |
        | 1          | a.b.c    |
        | 2          | a.b      |
        | 3          | a        |
        | 4          | NULL     |
        """,
        expect="""
        | category_level | category_path       | category_name | parent_path   | products |
        | 0              | (not set)           | (not set)     | NULL          | 4        |
        | 1              | a                   | a             | NULL          | 3        |
        | 1              | (not set)           | (not set)     | NULL          | 1        |
        | 2              | a > b               | b             | a             | 2        |
        | 2              | a > (not set)       | (not set)     | a             | 1        |
        | 2              | (not set)           | (not set)     | (not set)     | 1        |
        | 3              | a > b > c           | c             | a > b         | 1        |
        | 3              | a > b > (not set)   | (not set)     | a > b         | 1        |
        | 3              | a > (not set)       | (not set)     | a > (not set) | 1        |
        | 3              | (not set)           | (not set)     | (not set)     | 1        |
        """,
    )


def test_a_blank_category_is_not_set() -> None:
    assert paths(" ") == [(1, "(not set)", "(not set)", None)]
    assert paths("...") == [(1, "(not set)", "(not set)", None)]


def test_a_shop_without_products_events_and_orders_has_no_rows() -> None:
    assert categories(None) == []


# Looked at


HATS = """
    | product_id | category | department |
    | 1          | Hats     | Men        |
    | 2          | Hats     | Women      |
    | 3          | Socks    | Men        |
    """


def test_sessions_and_viewers_are_counted_once_for_a_category_not_summed_over_its_products() -> None:
    categories(
        stg_products=HATS,
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id | session_started_at |
        | A          | u:1        | product_view | 1          | 2024-01-01         |
        | A          | u:1        | product_view | 1          | 2024-01-01         |
        | A          | u:1        | product_view | 2          | 2024-01-01         |
        | A          | u:1        | add_to_cart  | 2          | 2024-01-01         |
        | B          | u:1        | product_view | 2          | 2024-01-02         |
        | B          | u:1        | add_to_cart  | 3          | 2024-01-02         |
        | C          | u:2        | product_view | 2          | 2024-01-03         |
        | D          | u:3        | add_to_cart  | 1          | 2024-01-03         |
        | E          | u:3        | product_view | 1          | 2024-01-04         |
        | E          | u:3        | add_to_cart  | 2          | 2024-01-04         |
        """,
        expect="""
        | category_path | views | viewing_sessions | viewers | add_to_carts | carting_viewing_sessions | view_to_cart_rate  |
        | Hats          | 6     | 4                | 3       | 3            | 2                        | 0.5                |
        | Socks         | 0     | 0                | 0       | 1            | 0                        | NULL               |
        | Men           | 3     | 2                | 2       | 2            | 0                        | 0                  |
        | Women         | 3     | 3                | 2       | 2            | 1                        | 0.3333333333333333 |
        """,
    )


def test_a_visitor_who_only_carted_is_no_viewer_also_when_seen_again() -> None:
    categories(
        stg_products="| product_id | category |\n| 1 | Hats |",
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id | session_started_at |
        | A          | u:1        | add_to_cart  | 1          | 2024-01-01         |
        | B          | u:1        | add_to_cart  | 1          | 2024-01-02         |
        | C          | u:2        | add_to_cart  | 1          | 2024-01-02         |
        | D          | u:3        | add_to_cart  | 1          | 2024-01-03         |
        | E          | u:3        | product_view | 1          | 2024-01-04         |
        | F          | u:3        | product_view | 1          | 2024-01-05         |
        """,
        expect="""
        | category_path | views | viewing_sessions | viewers | add_to_carts |
        | (not set)     | 2     | 2                | 1       | 4            |
        | Hats          | 2     | 2                | 1       | 4            |
        """,
    )


def test_a_viewing_session_that_bought_another_product_of_the_category_is_a_purchasing_one() -> None:
    categories(
        stg_products=HATS,
        int_session_events="""
        | session_id | visitor_id | event_type   | product_id | session_started_at |
        | A          | u:1        | product_view | 1          | 2024-01-01         |
        | A          | u:1        | product_view | 2          | 2024-01-01         |
        | B          | u:2        | product_view | 1          | 2024-01-01         |
        | C          | u:3        | product_view | 1          | 2024-01-01         |
        | D          | u:4        | product_view | 1          | 2024-01-01         |
        """,
        int_order_lines="""
        | order_id | session_id | product_id | is_cancelled | quantity |
        | 1        | A          | 2          | false        | 1        |
        | 1        | A          | 1          | false        | 1        |
        | 2        | B          | 2          | true         | 1        |
        | 3        | C          | 3          | false        | 1        |
        | 4        | E          | 1          | false        | 1        |
        | 5        | NULL       | 1          | false        | 1        |
        """,
        expect="""
        | category_path | viewing_sessions | purchasing_viewing_sessions | view_to_purchase_rate |
        | Hats          | 4                | 1                           | 0.25                  |
        | Socks         | 0                | 0                           | NULL                  |
        | Men           | 4                | 2                           | 0.5                   |
        | Women         | 1                | 1                           | 1                     |
        """,
    )


# Sold


def test_an_order_counts_once_for_a_category_and_every_level_is_the_whole_shop() -> None:
    categories(
        stg_products="""
        | product_id | category |
        | 1          | a.b      |
        | 2          | a.c      |
        | 3          | d        |
        | 4          | d        |
        """,
        int_order_lines="""
        | order_id | product_id | is_cancelled | quantity | gross_sales | net_revenue |
        | 1        | 1          | false        | 1        | 10          | 10          |
        | 1        | 2          | false        | 2        | 20          | 20          |
        | 2        | 3          | false        | 1        | 5           | 5           |
        | 2        | 3          | true         | 9        | 45          | 0           |
        | 3        | NULL       | false        | 1        | 8           | 8           |
        | 3        | unknown    | false        | 1        | 7           | 7           |
        """,
        expect="""
        | category_level | category_path | products | products_sold | orders | units | gross_sales | net_revenue | revenue_share |
        | 0              | (not set)     | 5        | 4             | 3      | 6     | 95          | 50          | 1             |
        | 1              | a             | 2        | 2             | 1      | 3     | 30          | 30          | 0.6           |
        | 1              | d             | 2        | 1             | 1      | 1     | 50          | 5           | 0.1           |
        | 1              | (not set)     | 1        | 1             | 1      | 2     | 15          | 15          | 0.3           |
        | 2              | a > b         | 1        | 1             | 1      | 1     | 10          | 10          | 0.2           |
        | 2              | a > c         | 1        | 1             | 1      | 2     | 20          | 20          | 0.4           |
        | 2              | d > (not set) | 2        | 1             | 1      | 1     | 50          | 5           | 0.1           |
        | 2              | (not set)     | 1        | 1             | 1      | 2     | 15          | 15          | 0.3           |
        """,
    )


def test_a_line_without_a_product_is_a_sale_of_the_shop_also_where_every_product_has_a_category() -> None:
    categories(
        stg_products="| product_id | category | department |\n| 1 | a.b | Men |",
        int_order_lines="| order_id | product_id | is_cancelled | quantity | net_revenue |\n| 1 | NULL | false | 1 | 8 |",
        expect="""
        | category_level | category_path | category_name | parent_path | products | orders | net_revenue |
        | 0              | Men           | Men           | NULL        | 1        | 0      | 0           |
        | 0              | (not set)     | (not set)     | NULL        | 0        | 1      | 8           |
        | 1              | a             | a             | NULL        | 1        | 0      | 0           |
        | 1              | (not set)     | (not set)     | NULL        | 0        | 1      | 8           |
        | 2              | a > b         | b             | a           | 1        | 0      | 0           |
        | 2              | (not set)     | (not set)     | (not set)   | 0        | 1      | 8           |
        """,
    )


def test_a_category_never_sold_and_never_viewed_has_counts_of_zero_and_no_rates() -> None:
    categories(
        stg_products="| product_id | category | department |\n| 1 | Hats | Hats |",
        expect=sideways(
            """
            | category_level              | 0    | 1    |
            | products                    | 1    | 1    |
            | products_sold               | 0    | 0    |
            | views                       | 0    | 0    |
            | viewing_sessions            | 0    | 0    |
            | viewers                     | 0    | 0    |
            | add_to_carts                | 0    | 0    |
            | carting_viewing_sessions    | 0    | 0    |
            | view_to_cart_rate           | NULL | NULL |
            | purchasing_viewing_sessions | 0    | 0    |
            | view_to_purchase_rate       | NULL | NULL |
            | orders                      | 0    | 0    |
            | units                       | 0    | 0    |
            | net_revenue                 | 0    | 0    |
            | revenue_share               | NULL | NULL |
            | gross_profit                | 0    | 0    |
            | margin_rate                 | NULL | NULL |
            | average_sale_price          | NULL | NULL |
            | delivered_units             | 0    | 0    |
            | return_rate                 | NULL | NULL |
            | searches                    | NULL | NULL |
            | recommendation_visits       | NULL | NULL |
            | related_visits              | NULL | NULL |
            """
        ),
    )


def test_margin_price_and_return_rate_are_sums_over_sums() -> None:
    """Not means of the rates of its products, which would be 50 % and 55 %."""
    categories(
        stg_products="| product_id | category | department |\n| 1 | Hats | Hats |\n| 2 | Hats | Hats |",
        int_order_lines="""
        | order_id | product_id | is_cancelled | is_delivered | is_returned | quantity | gross_sales | discounts | cancellations | returns | net_revenue | gross_profit |
        | 1        | 1          | false        | true         | false       | 9        | 90          | 0         | 0             | 0       | 90          | 90           |
        | 2        | 2          | false        | true         | true        | 1        | 10          | 2         | 0             | 8       | 0           | 0            |
        | 3        | 2          | false        | false        | false       | 1        | 10          | 0         | 0             | 0       | 10          | -10          |
        """,
        expect="""
        | category_level | units | delivered_units | returned_units | return_rate | margin_rate | average_sale_price |
        | 0              | 11    | 10              | 1              | 0.1         | 0.8         | 9.818181818181818  |
        | 1              | 11    | 10              | 1              | 0.1         | 0.8         | 9.818181818181818  |
        """,
    )


def test_searches_add_up_over_the_products() -> None:
    categories(
        stg_products=HATS,
        stg_events="""
        | event_id | event_time | event_type | product_id | search_term |
        | 1        | 2024-01-01 | click      | 1          | hat         |
        | 2        | 2024-01-01 | click      | 2          | hat         |
        """,
        expect="""
        | category_path | searches | related_visits |
        | Men           | 1        | NULL           |
        | Women         | 1        | NULL           |
        | Hats          | 2        | NULL           |
        | Socks         | 0        | NULL           |
        """,
    )


def test_every_level_sums_to_the_shop() -> None:
    result = check(
        "fct_category_performance",
        {
            "stg_products": "| product_id | category | department |\n| 1 | a.b.c | X |\n| 2 | a | NULL |\n| 3 | d.e | Y |",
            "int_session_events": "",
            "int_order_lines": """
            | order_id | product_id | is_cancelled | quantity | net_revenue |
            | 1        | 1          | false        | 1        | 1.01        |
            | 1        | 2          | false        | 1        | 2.02        |
            | 2        | 3          | false        | 1        | 4.04        |
            | 2        | 4          | false        | 1        | 8.08        |
            | 3        | NULL       | false        | 1        | 16.16       |
            """,
        },
    )
    totals: dict[object, Decimal] = {}
    for level, revenue in rows_of(result, "category_level", "net_revenue"):
        totals[level] = totals.get(level, Decimal(0)) + revenue
    assert totals == dict.fromkeys(range(4), Decimal("31.31"))
