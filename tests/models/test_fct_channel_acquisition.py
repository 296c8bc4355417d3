"""Specification of fct_channel_acquisition: what the customers of a source and month cost and are worth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.googlesql.engine import Result
from tests.models.specify import check, rows_of, sideways

# Ann and Bob came by Adwords in January, Cat by herself in February.
CUSTOMERS = """
    | user_id | signed_up_at     | orders | net_revenue | gross_profit |
    | ann     | 2023-01-05 10:00 | 2      | 80          | 40           |
    | bob     | 2023-01-20 10:00 | 0      | 0           | 0            |
    | cat     | 2023-02-01 10:00 | 1      | 20          | 8            |
"""
SESSIONS = """
    | session_id | user_id | started_at       | traffic_source |
    | A          | ann     | 2023-01-05 09:00 | Adwords        |
    | B          | ann     | 2023-01-09 09:00 | Email          |
    | C          | bob     | 2023-01-20 09:00 | Adwords        |
    | D          | cat     | 2023-02-01 09:00 | Organic        |
"""
ORDERS = """
    | order_id | user_id | order_date | is_counted | gross_profit |
    | 1        | ann     | 2023-01-05 | true       | 10           |
    | 2        | ann     | 2023-01-15 | true       | 30           |
    | 3        | cat     | 2023-02-01 | true       | 8            |
"""
SPEND = """
    | date       | campaign_id | platform | spend |
    | 2023-01-01 | spring      | Adwords  | 9     |
    | 2023-01-31 | spring      | Adwords  | 6     |
"""


def acquisition(expect: str | None = None, as_of: str = "2024-01-31", **changes: str) -> Result:
    tables = {
        "dim_customers": CUSTOMERS,
        "fct_sessions": SESSIONS,
        "int_orders": ORDERS,
        "stg_marketing_spend": SPEND,
    }
    return check("fct_channel_acquisition", tables | changes, expect, as_of=as_of)


def of(result: Result, source: str, month: str, *columns: str) -> tuple[Any, ...]:
    """Some columns of one row."""
    found = rows_of(result, "traffic_source", "cohort_month", *columns)
    [row] = [row[2:] for row in found if (row[0], str(row[1])) == (source, month)]
    return row


# Cohorts


def test_users_are_counted_in_the_month_and_by_the_source_that_acquired_them() -> None:
    acquisition(
        sideways(
            """
            | traffic_source | Adwords     | Organic        |
            | cohort_month   | 2023-01-01  | 2023-02-01     |
            | channel_group  | Paid Search | Organic Search |
            | users          | 2           | 1              |
            | buyers         | 1           | 1              |
            | buyer_rate     | 0.5         | 1              |
            | orders         | 2           | 1              |
            | net_revenue    | 80          | 20             |
            | gross_profit   | 40          | 8              |
            | ltv_to_date    | 40          | 8              |
            | is_complete    | true        | true           |
            """
        )
    )


def test_the_source_of_the_first_session_that_has_one_decides_then_that_of_the_sign_up() -> None:
    acquisition(
        """
        | traffic_source | cohort_month | users | channel_group  |
        | Email          | 2023-01-01   | 1     | Email          |
        | Search         | 2023-01-01   | 1     | Paid Search    |
        | (not set)      | 2023-01-01   | 1     | Unassigned     |
        """,
        dim_customers="""
            | user_id | signed_up_at | orders | net_revenue | gross_profit | acquisition_source |
            | ann     | 2023-01-05   | 0      | 0           | 0            | Search             |
            | bob     | 2023-01-05   | 0      | 0           | 0            | Search             |
            | cat     | 2023-01-05   | 0      | 0           | 0            | NULL               |
        """,
        fct_sessions="""
            | session_id | user_id | started_at       | traffic_source |
            | A          | ann     | 2023-01-05 10:00 | NULL           |
            | B          | ann     | 2023-01-05 12:00 | Email          |
            | C          | ann     | 2023-01-05 13:00 | Adwords        |
            | D          | NULL    | 2023-01-05 13:00 | Organic        |
        """,
        int_orders="",
        stg_marketing_spend="",
        stg_users="| user_id | created_at | traffic_source |\n| bob | 2023-01-05 | Search |",
    )


@pytest.mark.parametrize(
    ("signed_up", "first_event", "ordered", "month"),
    [
        ("2023-02-01 00:00", "2023-03-01 00:00", "2023-04-01", "2023-02-01"),
        ("2023-03-01 00:00", "2023-01-31 23:59", "2023-04-01", "2023-01-01"),
        ("2023-03-01 00:00", "2023-03-01 00:00", "2023-02-28", "2023-02-01"),
        ("NULL", "2023-03-01 00:00", "2023-04-01", "2023-03-01"),
        ("NULL", "NULL", "2023-04-30", "2023-04-01"),
        ("2023-05-01 00:00", "NULL", "NULL", "2023-05-01"),
        ("2024-02-05 00:00", "NULL", "2023-06-05", "2023-06-01"),
    ],
)
def test_a_user_is_acquired_on_the_earliest_of_sign_up_first_event_and_first_order(
    signed_up: str, first_event: str, ordered: str, month: str
) -> None:
    orders = "| order_id | user_id | order_date | is_counted | gross_profit |"
    result = acquisition(
        dim_customers=f"""
            | user_id | signed_up_at | first_event_at | orders | net_revenue | gross_profit |
            | ann     | {signed_up}  | {first_event}  | 0      | 0           | 0            |
        """,
        fct_sessions="",
        int_orders="" if ordered == "NULL" else f"{orders}\n| 1 | ann | {ordered} | false | 0 |",
        stg_marketing_spend="",
    )
    assert [(source, str(day)) for source, day in rows_of(result, "traffic_source", "cohort_month")] == [
        ("(not set)", month)
    ]


def test_the_month_is_that_of_the_time_zone() -> None:
    tables = {"dim_customers": CUSTOMERS.replace("2023-02-01 10:00", "2023-01-31 23:30")}
    result = check("fct_channel_acquisition", tables, timezone="Europe/Berlin")
    assert {str(day) for (day,) in rows_of(result, "cohort_month")} == {"2023-01-01", "2023-02-01"}


def test_a_month_that_as_of_cuts_says_so() -> None:
    result = acquisition(as_of="2023-02-27")
    assert of(result, "Adwords", "2023-01-01", "is_complete") == (True,)
    assert of(result, "Organic", "2023-02-01", "is_complete") == (False,)


# Cost


def test_cost_is_the_spend_of_the_month_on_the_platform_of_the_source() -> None:
    result = acquisition()
    columns = ("spend", "cac", "cost_per_user")
    assert of(result, "Adwords", "2023-01-01", *columns) == (Decimal(15), 15.0, 7.5)


def test_the_spend_of_a_source_that_no_ad_platform_brings_is_unknown() -> None:
    columns = ("spend", "cac", "cost_per_user", "ltv_to_cac", "payback_days")
    assert of(acquisition(), "Organic", "2023-02-01", *columns) == (None,) * 5


def test_a_month_of_a_platform_without_spend_cost_nothing() -> None:
    result = acquisition(stg_marketing_spend=SPEND.replace("2023-01-", "2023-03-"))
    columns = ("spend", "cac", "cost_per_user", "ltv_to_cac", "payback_days")
    assert of(result, "Adwords", "2023-01-01", *columns) == (Decimal(0), 0.0, 0.0, None, None)


def test_without_any_spend_data_cost_is_unknown() -> None:
    columns = ("spend", "cac", "cost_per_user", "ltv_to_cac", "payback_days")
    assert of(acquisition(stg_marketing_spend=""), "Adwords", "2023-01-01", *columns) == (None,) * 5


def test_spend_after_as_of_is_not_read() -> None:
    result = acquisition(as_of="2023-01-30")
    assert of(result, "Adwords", "2023-01-01", "spend") == (Decimal(9),)


def test_without_buyers_there_is_a_cost_but_no_cost_of_a_customer() -> None:
    result = acquisition(
        dim_customers=CUSTOMERS.replace("| 2      | 80          | 40 ", "| 0      | 0           | 0  "),
        int_orders="",
    )
    columns = ("spend", "cac", "cost_per_user", "ltv_to_date", "ltv_12m", "ltv_to_cac")
    assert of(result, "Adwords", "2023-01-01", *columns) == (Decimal(15), None, 7.5, None, None, None)


def test_spend_of_a_month_that_acquired_nobody_stands_with_the_source_of_the_platform() -> None:
    result = acquisition(stg_marketing_spend=SPEND.replace("2023-01-31", "2023-03-31"))
    columns = ("users", "buyers", "spend", "cac", "cost_per_user", "ltv_12m")
    assert of(result, "Adwords", "2023-03-01", *columns) == (0, 0, Decimal(6), None, None, None)


def test_spend_of_a_platform_that_no_source_belongs_to_stands_under_its_own_name() -> None:
    result = acquisition(
        stg_marketing_spend=SPEND + "| 2023-01-01 | x | Billboard | 3 |\n| 2023-01-01 | y | NULL | 2 |"
    )
    assert of(result, "Billboard", "2023-01-01", "users", "spend", "channel_group") == (
        0,
        Decimal(3),
        "Unassigned",
    )
    assert of(result, "(no platform)", "2023-01-01", "users", "spend") == (0, Decimal(2))
    assert sum(spend for (spend,) in rows_of(result, "spend") if spend is not None) == 20


def test_sources_of_one_platform_share_its_spend_by_their_users_to_the_cent() -> None:
    rows = "\n".join(f"| {user} | 2023-01-05 | 0 | 0 | 0 |" for user in "abc")
    visits = "\n".join(
        f"| {user} | {user} | 2023-01-05 09:00 | {source} |"
        for user, source in zip("abc", ("ADWORDS", "adwords", "google / cpc"), strict=True)
    )
    result = acquisition(
        dim_customers=f"| user_id | signed_up_at | orders | net_revenue | gross_profit |\n{rows}",
        fct_sessions=f"| session_id | user_id | started_at | traffic_source |\n{visits}",
        int_orders="",
        stg_marketing_spend="| date | platform | spend |\n| 2023-01-01 | Adwords | 10 |",
    )
    assert rows_of(result, "traffic_source", "spend") == [
        ("ADWORDS", Decimal("3.33")),
        ("adwords", Decimal("3.34")),
        ("google / cpc", Decimal("3.33")),
    ]


# Value


@pytest.mark.parametrize(
    ("as_of", "profit"), [("2024-01-29", None), ("2024-01-30", Decimal(40)), ("2024-12-31", Decimal(40))]
)
def test_the_12_month_value_is_unknown_until_the_last_of_the_month_has_lived_365_days(
    as_of: str, profit: Decimal | None
) -> None:
    found = of(acquisition(as_of=as_of), "Adwords", "2023-01-01", "gross_profit_12m", "ltv_12m", "ltv_to_cac")
    assert found == (profit, None if profit is None else 40.0, None if profit is None else 40 / 15)


@pytest.mark.parametrize(("ordered", "profit"), [("2024-01-04", 40), ("2024-01-05", 10)])
def test_the_12_month_value_has_the_orders_of_the_first_365_days(ordered: str, profit: int) -> None:
    result = acquisition(as_of="2024-06-30", int_orders=ORDERS.replace("2023-01-15", ordered))
    columns = ("gross_profit_12m", "ltv_12m", "ltv_to_cac", "gross_profit")
    assert of(result, "Adwords", "2023-01-01", *columns) == (
        Decimal(profit),
        profit,
        profit / 15,
        Decimal(40),
    )


def test_payback_is_the_first_day_of_the_users_life_on_which_profit_reaches_spend() -> None:
    # Ann's first order earns 10 on day 0, her second 30 on day 10: together they reach 15.
    assert of(acquisition(), "Adwords", "2023-01-01", "payback_days") == (10,)


@pytest.mark.parametrize(("spend", "days"), [("1", 0), ("4", 0), ("4.01", 10), ("34", 10), ("34.01", None)])
def test_payback_is_reached_when_profit_equals_spend(spend: str, days: int | None) -> None:
    result = acquisition(stg_marketing_spend=SPEND.replace("| 9 ", f"| {spend} "))
    assert of(result, "Adwords", "2023-01-01", "payback_days") == (days,)


@pytest.mark.parametrize(("as_of", "days"), [("2023-02-09", None), ("2023-02-10", 10)])
def test_payback_is_unknown_while_the_last_of_the_month_have_not_lived_that_day(
    as_of: str, days: int | None
) -> None:
    assert of(acquisition(as_of=as_of), "Adwords", "2023-01-01", "payback_days") == (days,)


def test_users_profit_and_spend_sum_to_those_of_all_customers_and_all_spend() -> None:
    result = acquisition(stg_marketing_spend=SPEND + "| 2023-05-05 | x | TikTok | 3.50 |")
    totals = [
        sum(value for (value,) in rows_of(result, name) if value is not None)
        for name in ("users", "orders", "net_revenue", "gross_profit", "spend")
    ]
    assert totals == [3, 3, 100, 48, Decimal("18.50")]
