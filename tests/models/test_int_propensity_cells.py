"""Specification of int_propensity_cells and int_propensity_popularity: pairs that are alike, counted."""

from __future__ import annotations

from tests.models.specify import check

PAIRS = """
    | split | cut_date   | user_id | product_id | reason | sessions_band | orders_band | product_buyers | is_bought |
    | train | 2023-12-02 | a       | 1          | viewed | 1             | 0           | 3              | true      |
    | train | 2023-12-02 | a       | 2          | viewed | 1             | 0           | 3              | false     |
    | train | 2023-12-02 | b       | 1          | viewed | 1             | 1           | 3              | false     |
    | train | 2023-11-02 | a       | 2          | viewed | 1             | 0           | 3              | true      |
    | test  | 2024-01-01 | a       | 2          | viewed | 1             | 0           | 3              | true      |
    | test  | 2024-01-01 | b       | 1          | carted | 1             | 1           | 3              | false     |
    | test  | 2024-01-01 | b       | 2          | carted | 2             | 1           | 0              | true      |
    | score | 2024-01-31 | b       | 1          | viewed | 1             | 1           | 3              | NULL      |
    | score | 2024-01-31 | c       | 1          | viewed | 1             | 1           | 3              | NULL      |
"""


def test_pairs_of_one_cut_off_that_are_alike_are_one_cell() -> None:
    check(
        "int_propensity_cells",
        {"int_propensity_pairs": PAIRS},
        expect="""
        | split | cut_date   | reason | sessions_band | orders_band | pairs | bought_pairs |
        | train | 2023-11-02 | viewed | 1             | 0           | 1     | 1            |
        | train | 2023-12-02 | viewed | 1             | 0           | 2     | 1            |
        | train | 2023-12-02 | viewed | 1             | 1           | 1     | 0            |
        | test  | 2024-01-01 | viewed | 1             | 0           | 1     | 1            |
        | test  | 2024-01-01 | carted | 1             | 1           | 1     | 0            |
        | test  | 2024-01-01 | carted | 2             | 1           | 1     | 1            |
        | score | 2024-01-31 | viewed | 1             | 1           | 2     | NULL         |
        """,
    )


def test_the_baseline_knows_the_hold_out_by_the_buyers_of_its_products() -> None:
    check(
        "int_propensity_popularity",
        {"int_propensity_pairs": PAIRS},
        expect="""
        | product_buyers | pairs | bought_pairs |
        | 3              | 2     | 1            |
        | 0              | 1     | 1            |
        """,
    )
