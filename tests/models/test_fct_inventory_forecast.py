"""Specification of fct_inventory_forecast: what lies in stock, how it ages, and how it is graded."""

from __future__ import annotations

import pytest

from tests.models.specify import check

AS_OF = "2024-12-31"


def stocked(number: int, product: str = "p", created: str = "2024-12-31", sold: str = "NULL") -> str:
    """So many items of one product, as rows of stg_inventory_items under the header STOCK."""
    return f"| {product} | {created} | {sold} | 1 |\n" * number


STOCK = "| product_id | created_at | sold_at | cost |\n"
SALES = "| product_id | order_date | quantity | is_cancelled |\n"


def stock(expect: str, items: str, sales: str = "", **tables: str) -> None:
    inputs = {"stg_products": "", "int_order_lines": sales and SALES + sales}
    check("fct_inventory_forecast", {**inputs, "stg_inventory_items": items, **tables}, expect, as_of=AS_OF)


# On hand


def test_an_item_is_on_hand_from_the_day_it_was_stocked_until_the_day_it_was_sold() -> None:
    stock(
        items="""
        | product_id | created_at       | sold_at          | cost |
        | p          | 2024-12-31 23:59 | NULL             | 2    |
        | p          | 2024-12-01 10:00 | 2025-01-01 00:00 | 3    |
        | p          | 2024-12-01 10:00 | 2024-12-31 23:59 | 50   |
        | p          | 2025-01-01 00:00 | NULL             | 70   |
        | q          | 2025-01-01 00:00 | NULL             | 70   |
        """,
        expect="""
        | product_id | on_hand | stock_value |
        | p          | 2       | 5           |
        """,
    )


def test_the_unit_cost_is_todays_of_the_product_else_the_mean_of_its_items() -> None:
    stock(
        items="""
        | product_id | created_at | sold_at    | cost |
        | p          | 2024-12-01 | NULL       | 2    |
        | p          | 2024-12-01 | 2024-12-02 | 4    |
        | q          | 2024-12-01 | NULL       | 2    |
        | q          | 2024-12-01 | 2024-12-02 | 5    |
        | q          | 2024-12-01 | NULL       | NULL |
        """,
        stg_products="| product_id | name | category | cost |\n| p | Hat | Hats | 9 |",
        expect="""
        | product_id | name | category | on_hand | stock_value | unit_cost |
        | p          | Hat  | Hats     | 1       | 2           | 9         |
        | q          | NULL | NULL     | 2       | 2           | 3.5       |
        """,
    )


def test_stock_on_hand_is_aged_in_days_at_exact_edges() -> None:
    stock(
        items="""
        | product_id | created_at       | sold_at    | cost |
        | p          | 2024-12-31 10:00 | NULL       | 1    |
        | p          | 2024-12-01 00:00 | NULL       | 1    |
        | p          | 2024-11-30 23:59 | NULL       | 1    |
        | p          | 2024-10-02 00:00 | NULL       | 1    |
        | p          | 2024-10-01 23:59 | NULL       | 1    |
        | p          | 2024-07-04 00:00 | NULL       | 1    |
        | p          | 2024-07-03 23:59 | NULL       | 1    |
        | p          | 2023-01-01 10:00 | NULL       | 1    |
        | p          | 2023-01-01 10:00 | 2024-01-01 | 1    |
        """,
        expect="""
        | on_hand_0_30_days | on_hand_31_90_days | on_hand_91_180_days | on_hand_over_180_days |
        | 2                 | 2                  | 2                   | 2                     |
        """,
    )


def test_the_days_of_stock_and_sales_are_those_of_the_time_zone() -> None:
    check(
        "fct_inventory_forecast",
        {
            "stg_inventory_items": """
            | product_id | created_at       | sold_at          | cost |
            | p          | 2024-12-31 23:30 | NULL             | 1    |
            | p          | 2024-12-01 10:00 | 2024-12-31 23:30 | 1    |
            | p          | 2024-11-29 23:30 | NULL             | 1    |
            | p          | 2024-11-30 23:30 | NULL             | 1    |
            """,
            "int_order_lines": "",
        },
        expect="| on_hand | on_hand_0_30_days | on_hand_31_90_days |\n| 3 | 2 | 1 |",
        as_of=AS_OF,
        timezone="Europe/Berlin",
    )


# Status


@pytest.mark.parametrize(
    ("on_hand", "status", "days_of_stock"),
    [
        (0, "out_of_stock", 0),
        (1, "critical", 1),
        (6, "critical", 6),
        (7, "low", 7),
        (13, "low", 13),
        (14, "normal", 14),
        (29, "normal", 29),
        (30, "healthy", 30),
        (180, "healthy", 180),
        (181, "overstocked", 181),
    ],
)
def test_the_status_is_by_days_of_stock_at_exact_edges(on_hand: int, status: str, days_of_stock: int) -> None:
    """Thirty units a month are one a day."""
    stock(
        items=STOCK + stocked(on_hand) + stocked(1, created="2024-11-01", sold="2024-12-31"),
        sales="| p | 2024-12-31 | 30 | false |",
        expect=f"| on_hand | days_of_stock | status |\n| {on_hand} | {days_of_stock} | {status} |",
    )


@pytest.mark.parametrize(
    ("last_sale", "status"), [("2024-12-02", "normal"), ("2024-12-01", "dead"), ("2024-01-01", "dead")]
)
def test_dead_stock_had_no_sale_in_the_last_thirty_days(last_sale: str, status: str) -> None:
    stock(
        items=STOCK + stocked(14),
        sales=f"| p | {last_sale} | 30 | false |",
        expect=f"| status | last_sold_date |\n| {status} | {last_sale} |",
    )


def test_the_last_sale_decides_whether_stock_is_dead() -> None:
    stock(
        items=STOCK + stocked(1),
        sales="| p | 2024-01-01 | 1 | false |\n| p | 2024-12-30 | 1 | false |\n| p | 2024-12-31 | 1 | true |",
        expect="| status | last_sold_date |\n| healthy | 2024-12-30 |",
    )


def test_stock_that_never_sold_or_only_to_cancelled_orders_is_dead() -> None:
    stock(
        items=STOCK + stocked(1, "p") + stocked(1, "q"),
        sales="| q | 2024-12-31 | 1 | true |",
        expect="""
        | product_id | status | last_sold_date | units_sold | days_of_stock | stock_out_date |
        | p          | dead   | NULL           | 0          | NULL          | NULL           |
        | q          | dead   | NULL           | 0          | NULL          | NULL           |
        """,
    )


def test_out_of_stock_beats_dead() -> None:
    stock(
        items=STOCK + stocked(2, created="2024-01-01", sold="2024-02-01"),
        expect="""
        | on_hand | stock_value | status       | days_of_stock | reorder_quantity |
        | 0       | 0           | out_of_stock | NULL          | 0                |
        """,
    )


@pytest.mark.parametrize("velocity_days", [7, 90])
def test_dead_is_thirty_days_whatever_the_look_back_of_sales(velocity_days: int) -> None:
    status = {7: "overstocked", 90: "dead"}[velocity_days]
    day = {7: "2024-12-20", 90: "2024-11-20"}[velocity_days]
    check(
        "fct_inventory_forecast",
        {
            "stg_inventory_items": STOCK + stocked(1),
            "int_order_lines": SALES + f"| p | {day} | 90 | false |",
        },
        expect=f"| status |\n| {status} |",
        as_of=AS_OF,
        velocity_days=velocity_days,
    )


# ABC


def abc(revenues: dict[str, str]) -> dict[str, str]:
    lines = "\n".join(f"| {product} | {revenue} |" for product, revenue in revenues.items())
    rows = check(
        "fct_inventory_forecast",
        {
            "stg_inventory_items": STOCK + "".join(stocked(1, product) for product in revenues),
            "int_order_lines": "| product_id | net_revenue |\n" + lines,
        },
        as_of=AS_OF,
    )
    product, grade = rows.columns.index("product_id"), rows.columns.index("abc_class")
    return {row[product]: row[grade] for row in rows.rows}


def test_a_is_while_the_share_before_a_product_is_under_80_percent_b_under_95_percent() -> None:
    assert abc({"a": "79.99", "b": "0.01", "c": "14.99", "d": "0.01", "e": "5"}) == {
        "a": "A",  # nothing before it
        "c": "A",  # 79.99 before it
        "e": "B",  # 94.98 before it
        "b": "C",  # 99.98 before it
        "d": "C",
    }
    assert abc({"a": "80", "b": "15", "c": "5"}) == {"a": "A", "b": "B", "c": "C"}


def test_the_only_product_of_a_shop_is_a_and_one_without_revenue_is_c() -> None:
    assert abc({"a": "10", "b": "0", "c": "-3"}) == {"a": "A", "b": "C", "c": "C"}
    assert abc({"a": "0"}) == {"a": "C"}


def test_products_of_equal_revenue_are_ranked_by_their_id() -> None:
    assert abc({"c": "25", "a": "25", "d": "25", "b": "25"}) == {"a": "A", "b": "A", "c": "A", "d": "A"}
    assert abc({"b": "10", "a": "10", "z": "80"}) == {"z": "A", "a": "B", "b": "B"}


def test_all_products_of_the_shop_are_ranked_also_those_never_stocked() -> None:
    stock(
        items=STOCK + stocked(1, "p") + stocked(1, "new"),
        int_order_lines="""
        | product_id    | net_revenue |
        | never_stocked | 50          |
        | never_stocked | 40          |
        | p             | 10          |
        """,
        expect="| product_id | abc_class |\n| p | B |\n| new | C |",
    )


def test_a_line_that_names_no_product_has_no_class_and_takes_no_share() -> None:
    stock(
        items=STOCK + stocked(1, "p"),
        int_order_lines="| product_id | net_revenue |\n| NULL | 99 |\n| p | 1 |",
        expect="| product_id | abc_class |\n| p | A |",
    )


# Age


def test_the_age_of_the_stock_is_the_mean_of_the_items_on_hand() -> None:
    stock(
        items="""
        | product_id | created_at       | sold_at    | cost |
        | p          | 2024-12-31 10:00 | NULL       | 1    |
        | p          | 2024-12-30 23:59 | NULL       | 1    |
        | p          | 2024-12-30 00:00 | NULL       | 1    |
        | p          | 2024-01-01 00:00 | 2024-12-31 | 1    |
        | q          | 2024-01-01 00:00 | 2024-12-31 | 1    |
        """,
        expect=f"| product_id | average_age_days |\n| p | {2 / 3} |\n| q | NULL |",
    )


# Back-test


def test_the_back_test_stands_beside_what_was_sold_since() -> None:
    """The look-back is 30 days from 2024-12-02 on; the forecast looks back from 2024-12-01."""
    stock(
        items=STOCK + stocked(1, "p") + stocked(1, "q"),
        sales="""
        | p | 2024-12-31 | 4 | false |
        | p | 2024-12-02 | 1 | false |
        | p | 2024-12-01 | 2 | false |
        | p | 2024-11-24 | 5 | false |
        | p | 2024-11-02 | 7 | false |
        | p | 2024-11-01 | 9 | false |
        """,
        expect=f"""
        | product_id | units_sold | backtest_actual_units | backtest_forecast_units | backtest_naive_units |
        | p          | 5          | 5                     | 14                      | {2 * 30 / 7}         |
        | q          | 0          | 0                     | 0                       | 0                    |
        """,
    )
