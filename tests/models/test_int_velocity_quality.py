"""Specification of int_velocity_quality: the error of the velocity beside that of a naive forecast."""

from __future__ import annotations

import pytest

from tests.models.specify import check, rows_of

PRODUCTS = (
    "| product_id | abc_class | backtest_actual_units | backtest_forecast_units | backtest_naive_units |\n"
)


def quality(products: str, expect: str) -> None:
    check("int_velocity_quality", {"int_velocity_backtest": PRODUCTS + products}, expect)


def test_the_wape_is_the_sum_of_absolute_errors_over_the_units_sold() -> None:
    """Errors of opposite sign do not cancel out: 2 + 3 + 1 of 10 units, by the naive forecast 10 + 0 + 0."""
    quality(
        """
        | p | A | 6 | 8 | 16 |
        | q | A | 4 | 1 | 4  |
        | r | C | 0 | 1 | 0  |
        """,
        expect="""
        | metric             | slice       | value | baseline_value | sample_size |
        | wape               | (all)       | 0.6   | 1              | 3           |
        | wape               | abc_class A | 0.5   | 1              | 2           |
        | wape               | abc_class B | NULL  | NULL           | 0           |
        | wape               | abc_class C | NULL  | NULL           | 1           |
        | forecast_to_actual | (all)       | 1     | 2              | 3           |
        | forecast_to_actual | abc_class A | 0.9   | 2              | 2           |
        | forecast_to_actual | abc_class B | NULL  | NULL           | 0           |
        | forecast_to_actual | abc_class C | NULL  | NULL           | 1           |
        """,
    )


def test_fractions_of_a_unit_of_the_naive_forecast_are_not_lost() -> None:
    quality(
        f"| p | B | 2 | 2 | {30 / 7} |\n| q | B | 1 | 1 | {60 / 7} |",
        expect=f"""
        | metric             | slice       | value | baseline_value |
        | wape               | (all)       | 0     | {(30 / 7 - 2 + 60 / 7 - 1) / 3} |
        | wape               | abc_class A | NULL  | NULL           |
        | wape               | abc_class B | 0     | {(30 / 7 - 2 + 60 / 7 - 1) / 3} |
        | wape               | abc_class C | NULL  | NULL           |
        | forecast_to_actual | (all)       | 1     | {90 / 7 / 3}   |
        | forecast_to_actual | abc_class A | NULL  | NULL           |
        | forecast_to_actual | abc_class B | 1     | {90 / 7 / 3}   |
        | forecast_to_actual | abc_class C | NULL  | NULL           |
        """,
    )


@pytest.mark.parametrize(
    ("products", "note"),
    [
        ("", "not known: no product was ever stocked here"),
        ("| p | A | NULL | NULL | NULL |", "not known: the orders do not go back over two look-backs"),
        ("| p | A | 0 | 5 | 5 |", "not known: nothing was sold in the last look-back"),
    ],
)
def test_a_figure_that_is_not_there_says_why(products: str, note: str) -> None:
    result = check("int_velocity_quality", {"int_velocity_backtest": PRODUCTS + products})
    rows = rows_of(result, "slice", "value", "baseline_value", "note")
    assert len(rows) == 8
    assert {row[1:] for row in rows if row[0] in ("(all)", "abc_class A")} == {(None, None, note)}
