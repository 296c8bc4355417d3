"""Specification of fct_daily_pnl: the profit and loss of each day, computed by hand."""

from __future__ import annotations

from tests.models.specify import check, sideways

ORDERS = """
    | order_id | visitor_id | status    | created_at       |
    | 1        | u:ann      | complete  | 2024-01-01 10:00 |
    | 2        | u:bob      | cancelled | 2024-01-01 11:00 |
    | 3        | u:ann      | complete  | 2024-01-02 10:00 |
    | 4        | u:cat      | complete  | 2024-01-02 11:00 |
"""
LINES = """
    | order_item_id | order_id | status    | quantity | list_price | discount | unit_cost | returned_at |
    | 11            | 1        | complete  | 2        | 10         | 1        | 4         | NULL        |
    | 12            | 1        | cancelled | 1        | 5          | 0        | 2         | NULL        |
    | 21            | 2        | cancelled | 1        | 30         | 3        | 12        | NULL        |
    | 31            | 3        | returned  | 1        | 50         | 10       | 20        | 2024-01-04  |
    | 41            | 4        | complete  | 3        | 7          | 0        | 2.50      | NULL        |
"""
SPEND = """
    | date       | campaign_id | platform | spend |
    | 2024-01-01 | spring      | Adwords  | 10    |
    | 2024-01-01 | spring      | Facebook | 2     |
    | 2024-01-04 | spring      | Adwords  | 6     |
"""


def pnl(
    orders: str,
    lines: str,
    expect: str,
    spend: str = "",
    as_of: str = "2024-01-04",
    **parameters: object,
) -> None:
    tables = {
        "stg_orders": orders,
        "stg_order_items": lines,
        "stg_marketing_spend": spend,
        "int_order_sessions": "",
    }
    check("fct_daily_pnl", tables, expect, as_of=as_of, **parameters)


# The lines of the statement


def test_sales_and_what_is_deducted_stand_on_the_day_of_the_order_and_returns_on_their_own_day() -> None:
    pnl(
        ORDERS,
        LINES,
        spend=SPEND,
        expect=sideways(
            """
            | calendar_date | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04 |
            | orders        | 1          | 2          | 0          | 0          |
            | items         | 2          | 4          | 0          | 0          |
            | gross_sales   | 55         | 71         | 0          | 0          |
            | discounts     | 5          | 10         | 0          | 0          |
            | cancellations | 32         | 0          | 0          | 0          |
            | returns       | 0          | 0          | 0          | 40         |
            | net_revenue   | 18         | 61         | 0          | -40        |
            """
        ),
    )


def test_cost_of_goods_is_booked_with_the_order_and_taken_back_with_the_return() -> None:
    pnl(
        ORDERS,
        LINES,
        spend=SPEND,
        expect=sideways(
            """
            | calendar_date | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04 |
            | cost_of_goods | 8          | 27.50      | 0          | -20        |
            | gross_profit  | 10         | 33.50      | 0          | -20        |
            """
        ),
    )


def test_contribution_is_gross_profit_less_ad_spend_and_a_day_without_spend_spent_nothing() -> None:
    pnl(
        ORDERS,
        LINES,
        spend=SPEND,
        expect=sideways(
            """
            | calendar_date  | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04         |
            | ad_spend       | 12         | 0          | 0          | 6                  |
            | contribution   | -2         | 33.50      | 0          | -26                |
            | roas           | 1.5        | NULL       | NULL       | -6.666666666666667 |
            | cost_per_order | 12         | 0          | NULL       | NULL               |
            """
        ),
    )


def test_without_any_spend_data_ad_spend_and_all_that_is_made_of_it_is_unknown() -> None:
    pnl(
        ORDERS,
        LINES,
        as_of="2024-01-08",
        expect=sideways(
            f"""
            | calendar_date           | {" | ".join(f"2024-01-0{day}" for day in range(1, 9))} |
            | gross_profit            | 10   | 33.50 | 0  | -20  | 0    | 0    | 0    | 0    |
            | ad_spend                | {" | ".join(["NULL"] * 8)} |
            | contribution            | {" | ".join(["NULL"] * 8)} |
            | roas                    | {" | ".join(["NULL"] * 8)} |
            | cost_per_order          | {" | ".join(["NULL"] * 8)} |
            | ad_spend_7d_mean        | {" | ".join(["NULL"] * 8)} |
            | contribution_7d_mean    | {" | ".join(["NULL"] * 8)} |
            | roas_7d                 | {" | ".join(["NULL"] * 8)} |
            | cumulative_ad_spend     | {" | ".join(["NULL"] * 8)} |
            | cumulative_contribution | {" | ".join(["NULL"] * 8)} |
            """
        ),
    )


def test_cumulative_sums_run_from_the_first_day() -> None:
    pnl(
        ORDERS,
        LINES,
        spend=SPEND,
        expect=sideways(
            """
            | calendar_date           | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04 |
            | cumulative_net_revenue  | 18         | 79         | 79         | 39         |
            | cumulative_ad_spend     | 12         | 12         | 12         | 18         |
            | cumulative_contribution | -2         | 31.50      | 31.50      | 5.50       |
            """
        ),
    )


def test_an_order_without_lines_counts_and_a_line_without_its_order_sells() -> None:
    pnl(
        "| order_id | visitor_id | status | created_at |\n| 1 | u:ann | shipped | 2024-01-04 |",
        """
        | order_item_id | order_id | user_id | status   | quantity | list_price | discount | created_at |
        | 21            | 2        | bob     | complete | 1        | 10         | 0        | 2024-01-04 |
        """,
        expect="| orders | items | net_revenue | new_customer_orders |\n| 2 | 1 | 10 | 2 |",
    )


# New and returning customers


def test_revenue_of_new_and_returning_customers_adds_up_to_net_revenue() -> None:
    """Ann's and Cat's first orders are new, Ann's second is not; the cancelled order is neither."""
    pnl(
        ORDERS,
        LINES,
        spend=SPEND,
        expect=sideways(
            """
            | calendar_date              | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04 |
            | new_customer_orders        | 1          | 1          | 0          | 0          |
            | returning_customer_orders  | 0          | 1          | 0          | 0          |
            | new_customer_revenue       | 18         | 21         | 0          | 0          |
            | returning_customer_revenue | 0          | 40         | 0          | -40        |
            | net_revenue                | 18         | 61         | 0          | -40        |
            """
        ),
    )


def test_the_first_counted_order_of_a_customer_is_new_and_its_return_is_that_customers_too() -> None:
    pnl(
        """
        | order_id | visitor_id | status    | created_at       |
        | 1        | u:ann      | cancelled | 2024-01-01 10:00 |
        | 2        | u:ann      | complete  | 2024-01-01 11:00 |
        | 3        | u:ann      | complete  | 2024-01-01 12:00 |
        """,
        """
        | order_item_id | order_id | status    | quantity | list_price | discount | returned_at |
        | 11            | 1        | cancelled | 1        | 100        | 0        | NULL        |
        | 21            | 2        | complete  | 1        | 10         | 0        | NULL        |
        | 22            | 2        | returned  | 1        | 7          | 0        | 2024-01-03  |
        | 31            | 3        | complete  | 1        | 20         | 0        | NULL        |
        | 32            | 3        | returned  | 1        | 2          | 0        | 2024-01-04  |
        """,
        expect=sideways(
            """
            | calendar_date              | 2024-01-01 | 2024-01-02 | 2024-01-03 | 2024-01-04 |
            | new_customer_orders        | 1          | 0          | 0          | 0          |
            | returning_customer_orders  | 1          | 0          | 0          | 0          |
            | new_customer_revenue       | 17         | 0          | -7         | 0          |
            | returning_customer_revenue | 22         | 0          | 0          | -2         |
            | net_revenue                | 39         | 0          | -7         | -2         |
            """
        ),
    )


# Seven days


def test_seven_day_means_start_on_the_seventh_day_and_ratios_are_sums_over_sums() -> None:
    six_days = " | ".join(["NULL"] * 6)
    pnl(
        """
        | order_id | visitor_id | status   | created_at |
        | 1        | u:ann      | complete | 2024-01-01 |
        | 2        | u:bob      | complete | 2024-01-03 |
        | 3        | u:cat      | complete | 2024-01-08 |
        """,
        """
        | order_item_id | order_id | quantity | list_price | discount | unit_cost |
        | 11            | 1        | 1        | 70         | 0        | 0         |
        | 21            | 2        | 1        | 35         | 0        | NULL      |
        | 31            | 3        | 1        | 21         | 0        | NULL      |
        """,
        spend="""
        | date       | spend |
        | 2024-01-01 | 14    |
        | 2024-01-02 | 7     |
        """,
        as_of="2024-01-08",
        expect=sideways(
            f"""
            | calendar_date          | {" | ".join(f"2024-01-0{day}" for day in range(1, 9))} |
            | orders_7d_mean         | {six_days} | {2 / 7} | {2 / 7} |
            | net_revenue_7d_mean    | {six_days} | 15      | 8       |
            | ad_spend_7d_mean       | {six_days} | 3       | 1       |
            | contribution_7d_mean   | {six_days} | 12      | 7       |
            | average_order_value_7d | {six_days} | 52.5    | 28      |
            | roas_7d                | {six_days} | 5       | 8       |
            | net_revenue_vs_7d_mean | {six_days} | -15     | 13      |
            """
        ),
    )


def test_seven_days_without_an_order_or_spend_have_means_of_zero_and_no_ratios() -> None:
    days = "\n".join(f"| 2024-01-0{day} | 0 | NULL | NULL |" for day in range(8, 10))
    early = "\n".join(f"| 2024-01-0{day} | NULL | NULL | NULL |" for day in range(1, 7))
    pnl(
        "| order_id | visitor_id | status | created_at |\n| 1 | u:ann | complete | 2024-01-01 |",
        "| order_item_id | order_id | quantity | list_price | discount |\n| 11 | 1 | 1 | 70 | 0 |",
        spend="| date | spend |\n| 2024-01-01 | 7 |",
        as_of="2024-01-09",
        expect=f"""
        | calendar_date | net_revenue_7d_mean | average_order_value_7d | roas_7d |
        {early}
        | 2024-01-07    | 10                  | 70                     | 10      |
        {days}
        """,
    )
