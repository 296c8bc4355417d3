"""Specification of int_velocity_backtest: which days a forecast of one look-back ago may see."""

from __future__ import annotations

import pytest

from tests.models.specify import check

SALES = "| product_id | order_date | quantity | is_cancelled |\n"
STOCK = "| product_id | created_at |\n"


def backtest(sales: str, expect: str, stock: str = "| p | 2024-01-01 |", **parameters: object) -> None:
    check(
        "int_velocity_backtest",
        {"stg_inventory_items": STOCK + stock, "int_order_lines": SALES + sales},
        expect,
        as_of="2024-12-31",
        **parameters,
    )


def units(actual: object, forecast: object, naive: object) -> str:
    names = "| backtest_actual_units | backtest_forecast_units | backtest_naive_units |"
    return f"{names}\n| {actual} | {forecast} | {naive} |"


OLD = "| other | 2024-01-01 | 1 | false |\n"


@pytest.mark.parametrize(
    ("day", "actual", "forecast", "naive"),
    [
        ("2024-12-31", 7, 0, 0),
        ("2024-12-22", 7, 0, 0),
        ("2024-12-21", 0, 7, 10),
        ("2024-12-15", 0, 7, 10),
        ("2024-12-14", 0, 7, 0),
        ("2024-12-12", 0, 7, 0),
        ("2024-12-11", 0, 0, 0),
    ],
)
def test_each_day_belongs_to_one_look_back_at_exact_edges(
    day: str, actual: int, forecast: int, naive: int
) -> None:
    """Ten days to as_of are forecast from the ten days before, or from the last seven of these."""
    backtest(OLD + f"| p | {day} | 7 | false |", units(actual, forecast, naive), velocity_days=10)


def test_cancelled_lines_are_no_demand() -> None:
    backtest(OLD + "| p | 2024-12-31 | 7 | true |\n| p | 2024-12-20 | 7 | true |", units(0, 0, 0))


@pytest.mark.parametrize(("first_day", "known"), [("2024-12-12", True), ("2024-12-13", False)])
def test_orders_must_go_back_over_both_look_backs(first_day: str, known: bool) -> None:
    backtest(
        f"| other | {first_day} | 1 | false |\n| p | 2024-12-31 | 3 | false |",
        units(3, 0, 0) if known else units("NULL", "NULL", "NULL"),
        velocity_days=10,
    )


@pytest.mark.parametrize(("first_day", "known"), [("2024-12-23", True), ("2024-12-24", False)])
def test_a_short_look_back_needs_the_seven_days_of_the_naive_forecast_too(
    first_day: str, known: bool
) -> None:
    backtest(
        f"| other | {first_day} | 1 | false |\n| p | 2024-12-31 | 3 | false |",
        units(3, 0, 0) if known else units("NULL", "NULL", "NULL"),
        velocity_days=2,
    )


def test_a_shop_without_orders_has_no_back_test() -> None:
    backtest("", units("NULL", "NULL", "NULL"))


def test_every_product_ever_stocked_has_a_row_and_no_other() -> None:
    backtest(
        OLD + "| q | 2024-12-31 | 1 | false |\n| NULL | 2024-12-31 | 1 | false |",
        stock="| p | 2024-01-01 |\n| p | 2024-02-01 |\n| q | 2024-12-31 |\n| late | 2025-01-01 |",
        expect="| product_id | backtest_actual_units |\n| p | 0 |\n| q | 1 |",
    )
