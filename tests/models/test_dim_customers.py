"""Specification of dim_customers: who is a customer, and how active."""

from __future__ import annotations

from tests.models.specify import check, sideways

AS_OF = "2024-03-31"


def customers(expect: str, as_of: str = AS_OF, **tables: str) -> None:
    inputs = {
        "stg_users": "",
        "fct_sessions": "",
        "int_session_products": "",
        "int_orders": "",
        "int_order_lines": "",
        "int_purchase_history": "",
        "int_purchase_fit": "",
        "int_purchase_predictions": "",
    }
    check("dim_customers", {**inputs, **tables}, expect, as_of=as_of)


def orders_on(user: str, *days: str, counted: bool = True) -> str:
    """Rows of int_orders, one a day, under the header ORDERS."""
    return "\n".join(f"| {user} | {counted} | {day} 10:00 | {day} |" for day in days)


ORDERS = "| user_id | is_counted | created_at | order_date |\n"


# Who


def test_a_customer_is_whoever_signed_up_came_or_bought_by_as_of() -> None:
    customers(
        stg_users="""
        | user_id | created_at       | country |
        | 1       | 2024-01-01 10:00 | Japan   |
        | 2       | 2024-03-31 23:59 | Spain   |
        | 3       | 2024-04-01 00:00 | China   |
        | 4       | 2024-04-01 00:00 | France  |
        """,
        fct_sessions="""
        | session_id | user_id | started_at       |
        | A          | 4       | 2024-03-01 10:00 |
        | B          | 5       | 2024-03-01 10:00 |
        | C          | NULL    | 2024-03-01 10:00 |
        """,
        int_orders=ORDERS + orders_on("6", "2024-03-01") + "\n" + orders_on("NULL", "2024-03-01"),
        expect="""
        | user_id | signed_up_at     | country | sessions | orders |
        | 1       | 2024-01-01 10:00 | Japan   | 0        | 0      |
        | 2       | 2024-03-31 23:59 | Spain   | 0        | 0      |
        | 4       | 2024-04-01 00:00 | France  | 1        | 0      |
        | 5       | NULL             | NULL    | 1        | 0      |
        | 6       | NULL             | NULL    | 0        | 1      |
        """,
    )


def test_a_user_without_a_sign_up_time_is_a_customer_only_when_seen_or_ordering() -> None:
    customers(
        stg_users="| user_id | created_at |\n| 1 | NULL |\n| 2 | NULL |",
        int_orders=ORDERS + orders_on("2", "2024-03-01"),
        expect="| user_id | signed_up_at |\n| 2 | NULL |",
    )


def test_the_day_of_a_sign_up_is_that_of_the_time_zone() -> None:
    tables = {"stg_users": "| user_id | created_at |\n| 1 | 2024-03-31 22:30 |\n| 2 | 2024-03-31 21:30 |"}
    rows = check("dim_customers", {**tables, "int_orders": ""}, as_of=AS_OF, timezone="Europe/Berlin")
    assert [row[0] for row in rows.rows] == ["2"]


def test_who_only_signed_up_has_counts_and_sums_of_zero_and_nothing_else() -> None:
    customers(
        stg_users="| user_id | created_at | age | gender |\n| 1 | 2024-01-01 | 30 | F |",
        expect=sideways(
            """
            | user_id         | 1        |
            | age             | 30       |
            | gender          | F        |
            | status          | prospect |
            | lifecycle       | prospect |
            | sessions        | 0        |
            | events          | 0        |
            | products_viewed | 0        |
            | products_bought | 0        |
            | orders          | 0        |
            | items           | 0        |
            | gross_sales     | 0        |
            | net_revenue     | 0        |
            | gross_profit    | 0        |
            | historic_ltv    | 0        |
            | recency_days    | NULL     |
            | first_event_at  | NULL     |
            | first_order_at  | NULL     |
            | return_rate     | NULL     |
            """
        ),
    )


# Behaviour


def test_sessions_events_and_products_viewed_are_those_of_the_user() -> None:
    customers(
        fct_sessions="""
        | session_id | user_id | started_at       | ended_at         | events |
        | A          | 1       | 2024-03-01 10:00 | 2024-03-01 10:01 | 2      |
        | B          | 1       | 2024-03-05 10:00 | 2024-03-05 10:01 | 2      |
        | C          | NULL    | 2024-03-06 10:00 | 2024-03-06 10:01 | 9      |
        """,
        int_session_products="""
        | session_id | user_id | product_id | views | add_to_carts |
        | A          | 1       | 5          | 1     | 0            |
        | A          | 1       | 6          | 1     | 0            |
        | B          | 1       | 5          | 1     | 0            |
        | B          | 1       | 9          | 0     | 1            |
        | C          | NULL    | 7          | 1     | 0            |
        """,
        expect="""
        | user_id | sessions | events | products_viewed | first_event_at   | last_event_at    |
        | 1       | 2        | 4      | 2               | 2024-03-01 10:00 | 2024-03-05 10:01 |
        """,
    )


def test_the_acquisition_source_is_that_of_the_account_else_of_the_first_session() -> None:
    customers(
        stg_users="""
        | user_id | created_at | traffic_source |
        | 1       | 2024-01-01 | Search         |
        | 2       | 2024-01-01 | NULL           |
        | 3       | 2024-01-01 | NULL           |
        """,
        fct_sessions="""
        | session_id | user_id | started_at       | traffic_source |
        | A          | 1       | 2024-03-01 10:00 | Email          |
        | B          | 2       | 2024-03-02 10:00 | Display        |
        | C          | 2       | 2024-03-01 10:00 | Facebook       |
        """,
        expect="""
        | user_id | acquisition_source |
        | 1       | Search             |
        | 2       | Facebook           |
        | 3       | NULL               |
        """,
    )


# Orders


def test_lifecycle_is_by_counted_orders_prospect_first_time_repeat_loyal() -> None:
    rows = [
        orders_on("0", "2024-03-01", counted=False),
        orders_on("1", "2024-03-01"),
        orders_on("2", "2024-03-01", "2024-03-02"),
        orders_on("3", "2024-03-01", "2024-03-02", "2024-03-03"),
        orders_on("4", "2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"),
        orders_on("4", "2024-03-05", counted=False),
    ]
    customers(
        int_orders=ORDERS + "\n".join(rows),
        expect="""
        | user_id | orders | lifecycle  |
        | 0       | 0      | prospect   |
        | 1       | 1      | first_time |
        | 2       | 2      | repeat     |
        | 3       | 3      | repeat     |
        | 4       | 4      | loyal      |
        """,
    )


def test_status_is_by_days_since_the_last_counted_order_at_the_exact_edges() -> None:
    last_days = [
        "2024-03-31",
        "2024-03-02",
        "2024-03-01",
        "2024-02-01",
        "2024-01-31",
        "2024-01-02",
        "2024-01-01",
    ]
    customers(
        int_orders=ORDERS + "\n".join(orders_on(str(user), day) for user, day in enumerate(last_days)),
        expect="""
        | user_id | recency_days | status    |
        | 0       | 0            | active    |
        | 1       | 29           | active    |
        | 2       | 30           | declining |
        | 3       | 59           | declining |
        | 4       | 60           | at_risk   |
        | 5       | 89           | at_risk   |
        | 6       | 90           | churned   |
        """,
    )


def test_the_thresholds_of_the_status_are_run_parameters() -> None:
    rows = check(
        "dim_customers",
        {"int_orders": ORDERS + orders_on("1", "2024-03-29")},
        as_of=AS_OF,
        declining_after_days=1,
        at_risk_after_days=2,
        churn_after_days=3,
    )
    assert rows.rows[0][rows.columns.index("status")] == "at_risk"


def test_whose_orders_were_all_cancelled_is_a_prospect_without_first_or_last_order() -> None:
    customers(
        int_orders="""
        | user_id | is_counted | created_at | order_date | items | gross_sales | net_revenue | gross_profit |
        | 1       | false      | 2024-03-01 | 2024-03-01 | 0     | 30          | 0           | 0            |
        """,
        expect="""
        | orders | gross_sales | net_revenue | status   | last_order_at | recency_days | average_order_value |
        | 0      | 30          | 0           | prospect | NULL          | NULL         | NULL                |
        """,
    )


def test_first_and_last_order_and_recency_leave_cancelled_orders_out() -> None:
    rows = [
        orders_on("1", "2024-01-01", "2024-03-30", counted=False),
        orders_on("1", "2024-02-01", "2024-03-01"),
    ]
    customers(
        int_orders=ORDERS + "\n".join(rows),
        expect="""
        | first_order_at   | last_order_at    | recency_days |
        | 2024-02-01 10:00 | 2024-03-01 10:00 | 30           |
        """,
    )


def test_mean_days_between_orders_is_the_span_over_the_gaps_and_unknown_with_one_order() -> None:
    rows = [
        orders_on("1", "2024-03-01"),
        orders_on("2", "2024-03-01", "2024-03-02", "2024-03-08"),
        orders_on("3", "2024-03-05", "2024-03-05"),
        orders_on("4", "2024-03-05", counted=False),
    ]
    customers(
        int_orders=ORDERS + "\n".join(rows),
        expect="""
        | user_id | mean_days_between_orders |
        | 1       | NULL                     |
        | 2       | 3.5                      |
        | 3       | 0                        |
        | 4       | NULL                     |
        """,
    )
