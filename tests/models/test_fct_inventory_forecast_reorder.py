"""Specification of fct_inventory_forecast: velocity, safety stock and what to reorder, computed by hand."""

from __future__ import annotations

import math

import pytest

from tests.models.specify import check, sideways

AS_OF = "2024-12-31"
SALES = "| product_id | order_date | quantity | is_cancelled |\n"


def forecast(on_hand: int, sales: str, expect: str, **parameters: object) -> None:
    items = "| product_id | created_at | sold_at | cost |\n" + "| p | 2024-12-01 | NULL | 2 |\n" * on_hand
    if not on_hand:
        items += "| p | 2024-12-01 | 2024-12-01 | 2 |\n"
    tables = {"stg_inventory_items": items, "int_order_lines": SALES + sales}
    check("fct_inventory_forecast", tables, expect, as_of=AS_OF, **parameters)


# Velocity


def test_average_daily_sales_are_units_of_the_look_back_over_its_days_not_rounded() -> None:
    forecast(
        10,
        """
        | p | 2024-12-31 | 3 | false |
        | p | 2024-12-15 | 4 | false |
        | p | 2024-12-15 | 9 | true  |
        | q | 2024-12-15 | 9 | false |
        """,
        expect=f"| units_sold | average_daily_sales | days_of_stock |\n| 7 | {7 / 30} | {10 / (7 / 30)} |",
    )


def test_the_look_back_includes_as_of_and_ends_before_the_day_that_many_days_earlier() -> None:
    forecast(
        1,
        """
        | p | 2024-12-31 | 1  | false |
        | p | 2024-12-02 | 10 | false |
        | p | 2024-12-01 | 50 | false |
        """,
        expect="| units_sold |\n| 11 |",
    )
    forecast(
        1,
        """
        | p | 2024-12-31 | 1  | false |
        | p | 2024-12-25 | 10 | false |
        | p | 2024-12-24 | 50 | false |
        """,
        expect=f"| units_sold | average_daily_sales |\n| 11 | {11 / 7} |",
        velocity_days=7,
    )


# The deviation of daily demand


def test_the_deviation_is_that_of_all_days_of_the_look_back_days_without_a_sale_too() -> None:
    """Sales of 6, 0, 0, 2: mean 2, squared differences 16 + 4 + 4 + 0, over 3."""
    forecast(
        1,
        """
        | p | 2024-12-28 | 5 | false |
        | p | 2024-12-28 | 1 | false |
        | p | 2024-12-31 | 2 | false |
        """,
        expect=f"| demand_standard_deviation |\n| {math.sqrt(24 / 3)} |",
        velocity_days=4,
    )


def test_even_demand_has_no_deviation_and_needs_no_safety_stock() -> None:
    forecast(
        1,
        "| p | 2024-12-30 | 5 | false |\n| p | 2024-12-31 | 5 | false |",
        expect="| demand_standard_deviation | safety_stock |\n| 0 | 0 |",
        velocity_days=2,
    )


# Reordering


def test_the_reorder_covers_lead_time_review_period_and_safety_stock_less_what_is_on_hand() -> None:
    """Sales of 6, 0, 0, 2 (2 a day, deviation √8), 9 + 16 days, service level 97.5 % (z 1.96):

    safety stock 1.959963985 × √8 × √25 = 27.718, demand 2 × 25 = 50, less 10 on hand: 67.718, ordered 68.
    """
    forecast(
        10,
        "| p | 2024-12-28 | 6 | false |\n| p | 2024-12-31 | 2 | false |",
        expect=sideways(
            f"""
            | on_hand          | 10  |
            | safety_stock     | {1.959963985 * math.sqrt(8) * 5} |
            | lead_time_demand | 18  |
            | reorder_quantity | 68  |
            | unit_cost        | 2   |
            | reorder_value    | 136 |
            """
        ),
        velocity_days=4,
        lead_time_days=9,
        review_period_days=16,
        service_level=0.975,
    )


@pytest.mark.parametrize(("on_hand", "ordered"), [(0, 10), (9, 1), (10, 0), (11, 0)])
def test_a_whole_number_of_units_is_ordered_as_it_is_and_never_less_than_none(
    on_hand: int, ordered: int
) -> None:
    """A unit a day without deviation, ten days to cover."""
    forecast(
        on_hand,
        "| p | 2024-12-30 | 1 | false |\n| p | 2024-12-31 | 1 | false |",
        expect=f"| reorder_quantity | reorder_value |\n| {ordered} | {2 * ordered} |",
        velocity_days=2,
        lead_time_days=0,
        review_period_days=10,
    )


def test_a_hair_of_floating_point_does_not_order_one_unit_more() -> None:
    """11 units in 5 days for 25 days are 55, though 2.2 × 25 is 55.00000000000001 in floating point."""
    forecast(
        0,
        "| p | 2024-12-30 | 10 | false |\n| p | 2024-12-31 | 1 | false |",
        expect="| average_daily_sales | safety_stock | reorder_quantity |\n| 2.2 | 0 | 55 |",
        velocity_days=5,
        lead_time_days=0,
        review_period_days=25,
        service_level=0.5,
    )


# When the stock is gone


@pytest.mark.parametrize(
    ("on_hand", "days_of_stock", "date"),
    [(0, 0, "2024-12-31"), (1, 0.5, "2025-01-01"), (2, 1, "2025-01-01"), (3, 1.5, "2025-01-02")],
)
def test_the_stock_out_date_is_the_day_on_which_the_last_unit_goes(
    on_hand: int, days_of_stock: float, date: str
) -> None:
    """Two units a day."""
    forecast(
        on_hand,
        "| p | 2024-12-30 | 2 | false |\n| p | 2024-12-31 | 2 | false |",
        expect=f"| days_of_stock | stock_out_date |\n| {days_of_stock} | {date} |",
        velocity_days=2,
    )


def test_a_stock_that_lasts_longer_than_a_century_has_no_stock_out_date() -> None:
    """A unit in 365 days: 100 items last 36,500 days, 101 items longer."""
    for on_hand, date in [(100, "2124-12-07"), (101, "NULL")]:
        forecast(
            on_hand,
            "| p | 2024-12-31 | 1 | false |",
            expect=f"| days_of_stock | stock_out_date |\n| {on_hand * 365} | {date} |",
            velocity_days=365,
        )


def test_sales_after_the_stock_is_gone_still_call_for_a_reorder() -> None:
    forecast(
        0,
        "| p | 2024-12-30 | 1 | false |\n| p | 2024-12-31 | 1 | false |",
        expect="""
        | status       | days_of_stock | stock_out_date | reorder_quantity |
        | out_of_stock | 0             | 2024-12-31     | 44               |
        """,
        velocity_days=2,
    )
