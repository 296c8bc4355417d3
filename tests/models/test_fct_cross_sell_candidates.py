"""Specification of fct_cross_sell_candidates: what a user wanted and never bought, why, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.models.catalogue import project
from tests.models.small_shop import LATER, SHOP
from tests.models.specify import check, rows_of

LOOKS = """
    | session_id | user_id | product_id | views | first_viewed_at  | last_viewed_at   | add_to_carts |
    | s1         | ann     | hat        | 3     | 2024-01-10 10:00 | 2024-01-10 10:20 | 0            |
    | s2         | ann     | hat        | 1     | 2024-01-12 10:00 | 2024-01-12 10:00 | 0            |
    | s2         | ann     | sock       | 1     | 2024-01-12 10:01 | 2024-01-12 10:01 | 2            |
    | s2         | ann     | tie        | 1     | 2024-01-12 10:02 | 2024-01-12 10:02 | 1            |
    | s2         | ann     | coat       | 1     | 2024-01-12 10:03 | 2024-01-12 10:03 | 1            |
    | s2         | ann     | shoe       | 1     | 2024-01-12 10:04 | 2024-01-12 10:04 | 1            |
    | s3         | NULL    | sock       | 1     | 2024-01-12 10:05 | 2024-01-12 10:05 | 1            |
"""
LINES = """
    | order_item_id | order_id | user_id | product_id | order_date | is_cancelled | is_returned |
    | 1             | 1        | ann     | tie        | 2024-01-12 | true         | false       |
    | 2             | 2        | ann     | tie        | 2024-01-13 | true         | false       |
    | 3             | 3        | ann     | coat       | 2024-01-12 | false        | true        |
    | 4             | 4        | ann     | shoe       | 2023-05-12 | false        | false       |
    | 5             | 5        | ann     | shoe       | 2024-01-12 | true         | false       |
    | 6             | 6        | ann     | belt       | 2024-01-14 | true         | false       |
    | 7             | 7        | NULL    | belt       | 2024-01-14 | true         | false       |
"""
PRODUCTS = """
    | product_id | name | category | retail_price | cost |
    | hat        | Hat  | Head     | 20           | 12   |
    | sock       | Sock | Feet     | 5            | 1    |
    | tie        | Tie  | Neck     | 30           | NULL |
"""


def candidates(expect: str, **tables: str) -> None:
    given = {"int_session_products": LOOKS, "int_order_lines": LINES, "stg_products": PRODUCTS}
    given |= {"int_propensity_pairs": "", "int_propensity_scores": "", "fct_inventory_forecast": ""}
    check("fct_cross_sell_candidates", given | tables, expect)


# Who is a candidate, and why


def test_reasons_are_cancelled_carted_and_viewed_in_this_order_and_all_three_are_listed() -> None:
    candidates(
        """
        | user_id | product_id | reason    | views | add_to_carts | cancelled_orders | sessions |
        | ann     | hat        | viewed    | 4     | 0            | 0                | 2        |
        | ann     | sock       | carted    | 1     | 2            | 0                | 1        |
        | ann     | tie        | cancelled | 1     | 1            | 2                | 1        |
        | ann     | belt       | cancelled | 0     | 0            | 1                | 0        |
        """
    )


def test_a_product_bought_at_any_time_is_no_candidate_returned_or_ordered_again_in_vain() -> None:
    # The coat came back, the shoe was bought long before: see the list above, which has neither.
    candidates("| product_id |\n| hat |\n| sock |\n| tie |\n| belt |")


def test_what_nobody_is_known_to_have_wanted_is_not_listed() -> None:
    candidates(
        "| user_id |",
        int_session_products=LOOKS.replace("ann ", "NULL"),
        int_order_lines=LINES.replace("ann ", "NULL"),
    )


def test_views_are_dated_by_the_first_and_the_last_one() -> None:
    candidates(
        """
        | product_id | first_viewed_at  | last_viewed_at   |
        | hat        | 2024-01-10 10:00 | 2024-01-12 10:00 |
        | sock       | 2024-01-12 10:01 | 2024-01-12 10:01 |
        | tie        | 2024-01-12 10:02 | 2024-01-12 10:02 |
        | belt       | NULL             | NULL             |
        """
    )


# What it is worth


def test_lost_revenue_is_the_price_once_however_many_views() -> None:
    candidates(
        """
        | product_id | name | category | views | price | unit_margin | naive_lost_revenue |
        | hat        | Hat  | Head     | 4     | 20    | 8           | 20                 |
        | sock       | Sock | Feet     | 1     | 5     | 4           | 5                  |
        | tie        | Tie  | Neck     | 1     | 30    | NULL        | 30                 |
        | belt       | NULL | NULL     | 0     | NULL  | NULL        | NULL               |
        """
    )


BANDS = "sessions_band | interest_days_band | active_days_band | orders_band | popularity_band | purchase_rate_band"
PAIRS = f"""
    | split | user_id | product_id | reason    | {BANDS} |
    | score | ann     | hat        | viewed    | 1 | 7 | 7 | 2 | 0 | 0 |
    | score | ann     | sock       | carted    | 1 | 7 | 7 | 2 | 5 | 0 |
    | score | ann     | tie        | cancelled | 1 | 7 | 7 | 2 | 5 | 2 |
    | test  | ann     | hat        | carted    | 1 | 7 | 7 | 2 | 5 | 0 |
"""
SCORES = f"""
    | reason    | {BANDS} | purchase_probability |
    | viewed    | 1 | 7 | 7 | 2 | 0 | 0 | 0.125 |
    | carted    | 1 | 7 | 7 | 2 | 5 | 0 | 0.5   |
    | cancelled | 1 | 7 | 7 | 2 | 5 | 2 | 0.25  |
"""


def test_the_probability_is_that_of_the_pair_as_of_now_and_expected_margin_is_margin_times_it() -> None:
    candidates(
        """
        | product_id | purchase_probability | unit_margin | expected_margin | rank_for_user |
        | sock       | 0.5                  | 4           | 2               | 1             |
        | hat        | 0.125                | 8           | 1               | 2             |
        | tie        | 0.25                 | NULL        | NULL            | 3             |
        | belt       | NULL                 | NULL        | NULL            | 4             |
        """,
        int_propensity_pairs=PAIRS,
        int_propensity_scores=SCORES,
    )


def test_without_probabilities_candidates_rank_by_reason_then_the_last_view() -> None:
    candidates(
        """
        | product_id | rank_for_user |
        | tie        | 1             |
        | belt       | 2             |
        | sock       | 3             |
        | hat        | 4             |
        """
    )


@pytest.mark.parametrize(("on_hand", "expected"), [("2", "true"), ("0", "false")])
def test_stock_is_said_where_it_is_known(on_hand: str, expected: str) -> None:
    candidates(
        f"""
        | product_id | is_in_stock |
        | hat        | {expected}  |
        | sock       | NULL        |
        | tie        | NULL        |
        | belt       | NULL        |
        """,
        fct_inventory_forecast=f"| product_id | on_hand |\n| hat | {on_hand} |",
    )


# Whole shops


def built(model: str, shop: Mapping[str, str], *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of one model of a whole shop."""
    behind = project("thelook").ancestors(model)
    tables = {name: rows for name, rows in shop.items() if name in behind}
    return rows_of(check(model, tables, oracle=False), *columns)


def test_the_small_shop_has_one_candidate_whose_probability_cannot_be_learned() -> None:
    columns = ("user_id", "product_id", "reason", "purchase_probability", "rank_for_user")
    assert built("fct_cross_sell_candidates", SHOP, *columns) == [("bob", "hat", "cancelled", None, 1)]
    found = built("int_propensity_quality", SHOP, "metric", "value", "note")
    assert {metric for metric, _, _ in found} >= {"auc", "top_decile_lift"}
    assert {value for _, value, _ in found} == {None}
    assert all("at least 30 purchases" in note for _, _, note in found)


def test_what_happens_after_as_of_is_not_known() -> None:
    later = {name: rows + LATER.get(name, "") for name, rows in SHOP.items()}
    columns = tuple(project("thelook").get("fct_cross_sell_candidates").contract.columns)
    before = built("fct_cross_sell_candidates", SHOP, *columns)
    assert built("fct_cross_sell_candidates", later, *columns) == before


def test_every_candidate_is_scored_and_nothing_else() -> None:
    columns = ("user_id", "product_id", "reason")
    scored = [row[1:] for row in built("int_propensity_pairs", SHOP, "split", *columns) if row[0] == "score"]
    assert built("fct_cross_sell_candidates", SHOP, *columns) == scored


def test_a_shop_without_rows_has_no_candidate() -> None:
    assert check("fct_cross_sell_candidates").rows == []
