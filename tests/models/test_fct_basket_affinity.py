"""Specification of fct_basket_affinity: what is bought together, and how surely."""

from __future__ import annotations

import math

import pytest

from tests.models.specify import check, rows_of

LINES = "| order_id | product_id | is_cancelled |\n"


def lines(*orders: str) -> str:
    """Order lines: each order is a text of products, one letter each; a capital one is a cancelled line."""
    rows = [
        f"| {number} | {product.lower()} | {str(product.isupper()).lower()} |\n"
        for number, products in enumerate(orders)
        for product in products
    ]
    return LINES + "".join(rows)


def affinity(order_lines: str, expect: str, catalogue: str = "", **parameters: object) -> None:
    tables = {"int_order_lines": order_lines, "stg_products": catalogue}
    check("fct_basket_affinity", tables, expect, min_pair_orders=1, **parameters)


# Which orders


def test_support_confidence_and_lift_of_both_directions() -> None:
    """Eight orders: a in four, b in two, both in two, so b is with a twice as often as by chance."""
    affinity(
        lines("ab", "ab", "a", "a", "c", "c", "c", "c"),
        expect="""
        | level   | item_id | other_item_id | orders_with_item | orders_with_other | orders_with_both | orders | support | confidence | lift |
        | product | a       | b             | 4                | 2                 | 2                | 8      | 0.25    | 0.5        | 2    |
        | product | b       | a             | 2                | 4                 | 2                | 8      | 0.25    | 1          | 2    |
        """,
    )


def test_an_order_holds_a_product_once_however_many_lines_it_has() -> None:
    affinity(
        lines("aab", "aabb", "c"),
        expect="""
        | item_id | other_item_id | orders_with_item | orders_with_both | orders |
        | a       | b             | 2                | 2                | 3      |
        | b       | a             | 2                | 2                | 3      |
        """,
    )


def test_cancelled_lines_were_not_bought_and_an_order_of_them_alone_is_none() -> None:
    affinity(
        lines("ab", "aB", "A", "c"),
        expect="""
        | item_id | other_item_id | orders_with_item | orders_with_other | orders_with_both | orders |
        | a       | b             | 2                | 1                 | 1                | 3      |
        | b       | a             | 1                | 2                 | 1                | 3      |
        """,
    )


def test_a_returned_line_was_bought() -> None:
    check(
        "fct_basket_affinity",
        {
            "stg_orders": """
            | order_id | status   | created_at | returned_at |
            | 1        | returned | 2024-01-01 | 2024-01-05  |
            """,
            "stg_order_items": """
            | order_item_id | order_id | product_id | status   | quantity | list_price | discount | created_at |
            | 1             | 1        | a          | returned | 1        | 10         | 0        | 2024-01-01 |
            | 2             | 1        | b          | returned | 1        | 10         | 0        | 2024-01-01 |
            """,
        },
        expect="| item_id | other_item_id | orders_with_both |\n| a | b | 1 |\n| b | a | 1 |",
        min_pair_orders=1,
    )


def test_a_line_that_names_no_product_is_no_item_but_its_order_counts() -> None:
    affinity(
        LINES + "| 1 | a | false |\n| 1 | b | false |\n| 1 | NULL | false |\n| 2 | NULL | false |",
        expect="""
        | item_id | other_item_id | orders | support |
        | a       | b             | 2      | 0.5     |
        | b       | a             | 2      | 0.5     |
        """,
    )


@pytest.mark.parametrize(("least", "pairs"), [(2, 4), (3, 2), (4, 0)])
def test_a_pair_needs_a_minimum_of_orders_with_both(least: int, pairs: int) -> None:
    orders = lines("ab", "ab", "ab", "cd", "cd", "c", "c", "d", "d", "ac")
    result = check("fct_basket_affinity", {"int_order_lines": orders}, min_pair_orders=least)
    assert len(result.rows) == pairs


def test_three_products_of_one_order_make_three_pairs() -> None:
    result = check("fct_basket_affinity", {"int_order_lines": lines("abc")}, min_pair_orders=1)
    assert rows_of(result, "item_id", "other_item_id") == [
        ("a", "b"),
        ("a", "c"),
        ("b", "a"),
        ("b", "c"),
        ("c", "a"),
        ("c", "b"),
    ]


def test_a_shop_without_orders_has_no_pairs() -> None:
    affinity("", expect="| item_id | other_item_id |")


# Categories


def test_categories_are_counted_by_orders_and_not_by_pairs_of_products() -> None:
    """Products of one category make no pair of categories; two hats and a sock are one order with both."""
    affinity(
        lines("abs", "ab", "as", "x"),
        catalogue="""
        | product_id | name  | category |
        | a          | Cap   | Hats     |
        | b          | Beret | Hats     |
        | s          | Long  | Socks    |
        | x          | Other | NULL     |
        """,
        expect="""
        | level    | item_id | other_item_id | item_name | other_item_name | orders_with_item | orders_with_other | orders_with_both | orders |
        | product  | a       | b             | Cap       | Beret           | 3                | 2                 | 2                | 4      |
        | product  | b       | a             | Beret     | Cap             | 2                | 3                 | 2                | 4      |
        | product  | a       | s             | Cap       | Long            | 3                | 2                 | 2                | 4      |
        | product  | s       | a             | Long      | Cap             | 2                | 3                 | 2                | 4      |
        | product  | b       | s             | Beret     | Long            | 2                | 2                 | 1                | 4      |
        | product  | s       | b             | Long      | Beret           | 2                | 2                 | 1                | 4      |
        | category | Hats    | Socks         | Hats      | Socks           | 3                | 2                 | 2                | 4      |
        | category | Socks   | Hats          | Socks     | Hats            | 2                | 3                 | 2                | 4      |
        """,
    )


def test_a_product_without_a_category_is_no_category_item() -> None:
    affinity(
        lines("ab"),
        catalogue="| product_id | category |\n| a | Hats |\n| b | NULL |",
        expect="""
        | level   | item_id | other_item_id |
        | product | a       | b             |
        | product | b       | a             |
        """,
    )


# How surely


def test_the_confidence_has_its_wilson_interval_and_the_lift_its_lower_bound() -> None:
    """Ten orders with a, five of them with b, which is in five of twenty."""
    p, n, z2 = 0.5, 10, 1.959963984540054**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(p * (1 - p) * z2 / n + z2 * z2 / (4 * n * n)) / (1 + z2 / n)
    result = check(
        "fct_basket_affinity",
        {"int_order_lines": lines(*["ab"] * 5, *["a"] * 5, *["c"] * 10)},
        min_pair_orders=1,
    )
    names = ("item_id", "confidence_lower", "confidence_upper", "lift", "lift_lower")
    row = rows_of(result, *names)[0]
    assert row == ("a", *map(pytest.approx, (centre - half, centre + half, 2.0, (centre - half) / 0.25)))


def test_a_pair_that_may_be_chance_ranks_below_one_that_is_not() -> None:
    """x and y always meet, but in one order; a and b meet in nine of ten."""
    orders = lines("xy", *["ab"] * 9, "a", *["c"] * 20)
    result = check("fct_basket_affinity", {"int_order_lines": orders}, min_pair_orders=1)
    ranks = {row[:2]: row[2:] for row in rows_of(result, "item_id", "other_item_id", "lift", "affinity_rank")}
    assert ranks["x", "y"][0] > 10 > ranks["a", "b"][0]
    assert sorted(rank for _, rank in ranks.values()) == [1, 2, 3, 4]
    lowers = rows_of(result, "affinity_rank", "lift_lower")
    assert [lower for _, lower in lowers] == sorted((lower for _, lower in lowers), reverse=True)


def test_ranks_restart_for_every_item_and_ties_are_broken_by_the_keys() -> None:
    """The lower bound of one in one, 0.21 of 2/3, lies above that of one in two, 0.09 of 1/3."""
    affinity(
        lines("ab", "ac", "d"),
        expect="""
        | item_id | other_item_id | affinity_rank | rank_for_item |
        | b       | a             | 1             | 1             |
        | c       | a             | 2             | 1             |
        | a       | b             | 3             | 1             |
        | a       | c             | 4             | 2             |
        """,
    )


@pytest.mark.parametrize(("min_sample", "reliable"), [(3, "true"), (4, "false")])
def test_a_confidence_on_too_few_orders_is_marked(min_sample: int, reliable: str) -> None:
    affinity(
        lines("ab", "ab", "ab"),
        min_sample=min_sample,
        expect=f"| item_id | is_reliable |\n| a | {reliable} |\n| b | {reliable} |",
    )
