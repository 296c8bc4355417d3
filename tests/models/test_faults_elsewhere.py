"""Faults of comparable public systems, shown absent; numbered as in definitions.md, section 5."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.googlesql.engine import Result
from tests.models.catalogue import project, selected_tables, sql_files
from tests.models.small_shop import LATER, SHOP
from tests.models.specify import build_shop, check, rows_of

NET_REVENUE = Decimal(28 + 10 + 7 + 20)
COST_OF_GOODS = Decimal(12 + 4 + 0 + 4)
MARTS_WITH_REVENUE = (
    "int_orders",
    "fct_sessions",
    "fct_daily_pnl",
    "dim_customers",
    "fct_product_performance",
)


@pytest.fixture(scope="module")
def shop() -> dict[str, Result]:
    """Every mart of the small shop."""
    return build_shop(SHOP)


def total(result: Result, column: str) -> Decimal:
    return sum((value for (value,) in rows_of(result, column)), Decimal(0))


# 3. "Gross profit" without the cost of goods; several revenues under one name


def test_fault_3_gross_profit_has_the_cost_of_goods_taken_off(shop: dict[str, Result]) -> None:
    for mart in ("int_orders", "fct_daily_pnl", "dim_customers", "fct_product_performance"):
        assert total(shop[mart], "gross_profit") == NET_REVENUE - COST_OF_GOODS, mart


@pytest.mark.parametrize("mart", MARTS_WITH_REVENUE)
def test_fault_3_net_revenue_is_the_same_sum_in_every_mart(shop: dict[str, Result], mart: str) -> None:
    assert total(shop[mart], "net_revenue") == NET_REVENUE


def test_fault_3_the_sums_of_all_marts_agree(shop: dict[str, Result]) -> None:
    assert {row[0] for row in rows_of(shop["dq_reconciliation"], "is_ok")} == {True}


def test_fault_3_revenue_is_worked_out_in_one_model_only() -> None:
    """Prices of lines are read by int_order_lines and by no other model."""
    prices = re.compile(r"\b(list_price|sale_price|discount)\b")
    models = {path.stem: path.read_text(encoding="utf-8") for path in sql_files()}
    readers = {name for name, sql in models.items() if "stg_order_items" in selected_tables(sql)}
    assert "int_order_lines" in readers
    assert {name for name in readers if prices.search(models[name])} == {"int_order_lines"}


# 7. Order lines counted as orders; churn that calls active repeat buyers churned; churn over all users


def test_fault_7_an_order_of_several_lines_is_one_order(shop: dict[str, Result]) -> None:
    assert len(shop["int_orders"].rows) == 5
    assert sum(count for (count,) in rows_of(shop["fct_sessions"], "orders")) == 4
    assert sum(count for (count,) in rows_of(shop["fct_daily_pnl"], "orders")) == 4
    assert ("ann", 3) in rows_of(shop["dim_customers"], "user_id", "orders")
    assert ("hat", 2) in rows_of(shop["fct_product_performance"], "product_id", "orders")


def test_fault_7_a_repeat_buyer_with_a_recent_order_is_active_however_long_ago_the_first_was() -> None:
    check(
        "dim_customers",
        {
            "stg_orders": """
            | order_id | user_id | visitor_id | status   | created_at |
            | 1        | ann     | u:ann      | complete | 2022-01-01 |
            | 2        | ann     | u:ann      | complete | 2024-01-30 |
            | 3        | bob     | u:bob      | complete | 2022-01-01 |
            """,
            "int_order_lines": "",
            "int_order_sessions": "",
        },
        expect="""
        | user_id | lifecycle  | status  |
        | ann     | repeat     | active  |
        | bob     | first_time | churned |
        """,
    )


def test_fault_7_who_never_bought_cannot_churn(shop: dict[str, Result]) -> None:
    found = rows_of(shop["dim_customers"], "user_id", "status", "lifecycle", "recency_days")
    assert ("dan", "prospect", "prospect", None) in found
    assert ("bob", "prospect", "prospect", None) in found


# 8. Funnel rates over 1; purchases without a view in the numerator only

RATES = {
    "fct_funnel_daily": ["conversion_rate", "session_conversion_rate", "view_to_cart_rate"],
    "fct_funnel_segments": ["conversion_rate", "session_conversion_rate", "view_to_cart_rate"],
    "fct_product_performance": ["view_to_purchase_rate", "return_rate"],
    "dim_customers": ["return_rate"],
}


@pytest.mark.parametrize(("mart", "rate"), [(mart, rate) for mart, rates in RATES.items() for rate in rates])
def test_fault_8_no_rate_exceeds_one(shop: dict[str, Result], mart: str, rate: str) -> None:
    values = {value for (value,) in rows_of(shop[mart], rate)} - {None}
    assert values
    assert all(0 <= value <= 1 for value in values)


def test_fault_8_a_purchase_without_a_view_converts_nobody(shop: dict[str, Result]) -> None:
    """On the 10th Ann and Bob viewed; Ann, Cat and an anonymous visitor purchased."""
    columns = (
        "session_date",
        "view_visitors",
        "viewers_who_purchased",
        "purchase_visitors",
        "conversion_rate",
    )
    [first, *_] = rows_of(shop["fct_funnel_daily"], *columns)
    assert first[1:] == (2, 1, 3, 0.5)


@pytest.mark.parametrize("mart", ["fct_funnel_daily", "fct_funnel_segments"])
@pytest.mark.parametrize("unit", ["sessions", "visitors"])
def test_fault_8_ordered_counts_never_increase_from_step_to_step(
    shop: dict[str, Result], mart: str, unit: str
) -> None:
    steps = ("view", "cart", "purchase")
    counts = rows_of(shop[mart], unit, *(f"ordered_{step}_{unit}" for step in steps))
    assert counts == [tuple(sorted(row, reverse=True)) for row in counts]


# 9. The clock as as-of date; partial periods drawn as complete; future cells as 0 %


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_fault_9_no_model_asks_the_clock(path: Path) -> None:
    sql = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    clocks = r"\b(current_(date|datetime|time|timestamp)|now|today|getdate|sysdate|rand|generate_uuid)\b"
    assert not re.search(clocks, sql, flags=re.IGNORECASE)


def test_fault_9_what_happens_after_as_of_changes_no_mart(shop: dict[str, Result]) -> None:
    later = {name: text.rstrip() + "\n" + LATER.get(name, "") for name, text in SHOP.items()}
    known_later = build_shop(later)
    for name, result in shop.items():
        assert rows_of(known_later[name], *result.columns) == rows_of(result, *result.columns), name


def test_fault_9_a_period_that_is_not_complete_has_no_mean_instead_of_a_low_one(
    shop: dict[str, Result],
) -> None:
    means = rows_of(shop["fct_daily_pnl"], "calendar_date", "net_revenue_7d_mean", "roas_7d")
    assert [row[1:] for row in means[:6]] == [(None, None)] * 6
    assert all(row[1] is not None for row in means[6:])


def test_fault_9_what_cannot_be_observed_yet_is_unknown_and_not_zero(shop: dict[str, Result]) -> None:
    """The window before the last has no sessions, a day without views no rate."""
    assert {row[0] for row in rows_of(shop["fct_funnel_segments"], "period")} == {"window", "all_time"}
    rates = dict(rows_of(shop["fct_funnel_daily"], "sessions", "conversion_rate"))
    assert rates[0] is None


# 10. One-session-per-day collapse of anonymous visitors; ties ordered at random; fan-out joins


def test_fault_10_two_visits_of_an_anonymous_visitor_on_one_day_are_two_sessions(
    shop: dict[str, Result],
) -> None:
    found = rows_of(shop["fct_sessions"], "visitor_id", "started_hour", "events", "is_first_session")
    assert [row for row in found if row[0] == "s:E"] == [("s:E", 10, 1, True), ("s:E", 16, 2, False)]


def test_fault_10_the_order_in_which_rows_are_stored_changes_nothing(shop: dict[str, Result]) -> None:
    reverse = {}
    for name, text in SHOP.items():
        header, *rows = text.strip().splitlines()
        reverse[name] = "\n".join([header, *reversed(rows)])
    stored_otherwise = build_shop(reverse, oracle=False)  # the engine ran these rows, in the other order
    for name, result in shop.items():
        assert rows_of(stored_otherwise[name], *result.columns) == rows_of(result, *result.columns), name


def test_fault_10_no_join_multiplies_rows(shop: dict[str, Result]) -> None:
    """Several lines an order, items a product, sessions and orders a user, campaigns a day."""
    for name, result in shop.items():
        grain = project("thelook").get(name).contract.grain
        keys = rows_of(result, *grain)
        assert len(keys) == len(set(keys)), name
    assert total(shop["fct_daily_pnl"], "ad_spend") == 10
    assert total(shop["fct_inventory_forecast"], "stock_value") == 10
    assert sum(events for (events,) in rows_of(shop["fct_sessions"], "events")) == 11
    assert sum(units for (units,) in rows_of(shop["fct_product_performance"], "units")) == 10


# 11. Rows of a product dropped because its brand varies


def test_fault_11_a_product_whose_brand_varies_keeps_all_its_lines_and_stock() -> None:
    built = build_shop(
        {
            "raw_products": """
            | id | brand | cost | is_duplicate |
            | 5  | Acme  | 4    | false        |
            | 5  | ACME  | 4    | true         |
            """,
            "raw_inventory_items": """
            | id  | product_id | product_brand | created_at | cost | is_duplicate |
            | 900 | 5          | Acme          | 2024-01-01 | 4    | false        |
            | 901 | 5          | ACME Ltd      | 2024-01-01 | 4    | false        |
            | 902 | 5          | NULL          | 2024-01-01 | 4    | false        |
            """,
            "raw_orders": """
            | order_id | user_id | status   | created_at | is_duplicate |
            | 1        | 7       | Complete | 2024-01-10 | false        |
            """,
            "raw_order_items": """
            | id | order_id | product_id | inventory_item_id | status   | sale_price | is_duplicate |
            | 11 | 1        | 5          | 900               | Complete | 10         | false        |
            | 12 | 1        | 5          | 901               | Complete | 10         | false        |
            | 13 | 1        | 5          | 902               | Complete | 10         | false        |
            """,
        }
    )
    columns = ("product_id", "brand", "units", "net_revenue", "gross_profit")
    assert rows_of(built["fct_product_performance"], *columns) == [("5", "Acme", 3, Decimal(30), Decimal(18))]
    assert rows_of(built["fct_inventory_forecast"], "product_id", "on_hand") == [("5", 3)]
    assert rows_of(built["dim_customers"], "net_revenue") == [(Decimal(30),)]


def test_fault_11_what_a_product_that_is_not_in_the_catalogue_sold_is_not_lost(
    shop: dict[str, Result],
) -> None:
    found = rows_of(shop["fct_product_performance"], "product_id", "brand", "net_revenue")
    assert ("unknown", None, Decimal(7)) in found
