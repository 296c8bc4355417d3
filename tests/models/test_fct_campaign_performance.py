"""Specification of fct_campaign_performance: what each campaign cost and earned, day by day."""

from __future__ import annotations

from decimal import Decimal

from tests.googlesql.engine import Result
from tests.models.specify import check, rows_of

SPEND = """
    | date       | campaign_id | platform | spend | clicks | impressions |
    | 2024-01-01 | spring      | Adwords  | 10    | 5      | 100         |
    | 2024-01-02 | spring      | Adwords  | 30    | 5      | 300         |
"""
COLUMNS = "order_id attribution_model order_date campaign_id platform is_new_customer credit credited_revenue"
ATTRIBUTION = f"""
    | {COLUMNS.replace(" ", " | ")} |
    | 1 | linear     | 2024-01-01 | spring | Adwords | true  | 0.5 | 25 |
    | 1 | linear     | 2024-01-01 | NULL   | NULL    | true  | 0.5 | 25 |
    | 2 | linear     | 2024-01-01 | spring | Adwords | false | 1   | 15 |
    | 1 | last_touch | 2024-01-01 | NULL   | NULL    | true  | 1   | 50 |
    | 2 | last_touch | 2024-01-01 | spring | Adwords | false | 1   | 15 |
"""


def of_model(result: Result, model: str, *columns: str) -> list[tuple[object, ...]]:
    """Some columns of the rows of one attribution model, sorted."""
    return [row[1:] for row in rows_of(result, "attribution_model", *columns) if row[0] == model]


def performance(**tables: str) -> Result:
    return check("fct_campaign_performance", tables)


def test_orders_customers_and_revenue_are_sums_of_the_credit_of_the_day() -> None:
    result = performance(fct_attribution=ATTRIBUTION, stg_marketing_spend=SPEND)
    columns = ("calendar_date", "campaign_id", "platform", "attributed_orders", "attributed_new_customers")
    found = [(str(day), *rest) for day, *rest in of_model(result, "linear", *columns)]
    assert found == [
        ("2024-01-01", "(no campaign)", "(no platform)", 0.5, 0.5),
        ("2024-01-01", "spring", "Adwords", 1.5, 0.5),
        ("2024-01-02", "spring", "Adwords", 0.0, 0.0),
    ]


def test_spend_clicks_and_impressions_stand_in_the_row_of_every_model() -> None:
    result = performance(stg_marketing_spend=SPEND.replace("| 2024-01-02 ", "| 2024-02-01 "))
    columns = ("attribution_model", "spend", "clicks", "impressions", "ctr", "cpc")
    models = ["first_touch", "last_non_direct", "last_touch", "linear", "position_based", "time_decay"]
    assert rows_of(result, *columns) == [(model, Decimal(10), 5, 100, 0.05, 2.0) for model in models]


def test_ratios_are_those_of_the_row() -> None:
    result = performance(fct_attribution=ATTRIBUTION, stg_marketing_spend=SPEND)
    columns = ("campaign_id", "spend", "roas", "cost_per_acquisition", "cost_per_new_customer")
    assert of_model(result, "linear", *columns) == [
        ("(no campaign)", Decimal(0), None, 0.0, 0.0),
        ("spring", Decimal(10), 4.0, 10 / 1.5, 20.0),
        ("spring", Decimal(30), 0.0, None, None),
    ]


def test_roas_of_a_campaign_is_the_ratio_of_sums_and_not_the_mean_of_the_days() -> None:
    rows = of_model(
        performance(fct_attribution=ATTRIBUTION, stg_marketing_spend=SPEND),
        "linear",
        "campaign_id",
        "attributed_revenue",
        "spend",
    )
    revenue = sum(row[1] for row in rows if row[0] == "spring")
    spend = sum(row[2] for row in rows if row[0] == "spring")
    assert (revenue, spend, revenue / spend) == (40, 40, 1)


def test_revenue_of_each_model_sums_to_all_of_it_and_spend_to_all_spend() -> None:
    result = performance(fct_attribution=ATTRIBUTION, stg_marketing_spend=SPEND)
    for model in ("linear", "last_touch"):
        rows = of_model(result, model, "attributed_revenue", "spend", "attributed_orders")
        assert tuple(map(sum, zip(*rows, strict=True))) == (65, 40, 2)


def test_a_day_without_spend_spent_nothing_and_has_no_return_on_it() -> None:
    result = performance(
        fct_attribution=ATTRIBUTION, stg_marketing_spend=SPEND.replace("| 2024-01-01 ", "| 2024-01-03 ")
    )
    columns = ("spend", "clicks", "impressions", "ctr", "cpc", "roas", "cost_per_acquisition")
    rows = of_model(result, "last_touch", "campaign_id", "attributed_orders", *columns)
    assert ("spring", 1.0, Decimal(0), 0, 0, None, None, None, 0.0) in rows


def test_without_any_spend_data_spend_and_what_is_made_of_it_is_unknown() -> None:
    result = performance(fct_attribution=ATTRIBUTION)
    columns = ("spend", "clicks", "impressions", "ctr", "cpc", "roas", "cost_per_acquisition")
    assert set(of_model(result, "linear", *columns)) == {(None,) * 7}
    assert sum(revenue for (revenue,) in of_model(result, "linear", "attributed_revenue")) == 65


def test_clicks_that_a_platform_does_not_report_stay_unknown() -> None:
    result = performance(
        stg_marketing_spend="| date | campaign_id | platform | spend |\n| 2024-01-01 | spring | Adwords | 9 |"
    )
    assert of_model(result, "linear", "spend", "clicks", "ctr", "cpc") == [(Decimal(9), None, None, None)]


def test_sessions_are_counted_on_their_day_by_the_campaign_and_platform_of_the_visit() -> None:
    result = performance(
        fct_sessions="""
            | session_id | session_date | traffic_source | campaign_id |
            | A          | 2024-01-01   | Adwords        | spring      |
            | B          | 2024-01-01   | adwords        | spring      |
            | C          | 2024-01-02   | Adwords        | NULL        |
            | D          | 2024-01-02   | NULL           | NULL        |
            | E          | 2024-01-02   | Organic        | NULL        |
            | F          | 2024-01-02   | NULL           | spring      |
        """,
        stg_marketing_spend=SPEND,
    )
    columns = ("calendar_date", "campaign_id", "platform", "attributed_sessions")
    for model in ("first_touch", "time_decay"):
        found = [(str(day), *rest) for day, *rest in of_model(result, model, *columns)]
        assert found == [
            ("2024-01-01", "spring", "Adwords", 2),
            ("2024-01-02", "(no campaign)", "(no platform)", 2),
            ("2024-01-02", "(no campaign)", "Adwords", 1),
            ("2024-01-02", "spring", "Adwords", 1),
        ]


def test_spend_that_names_no_campaign_meets_the_visits_of_its_platform() -> None:
    result = performance(
        fct_sessions="| session_id | session_date | traffic_source |\n| A | 2024-01-01 | Adwords |",
        fct_attribution="""
            | order_id | attribution_model | order_date | platform | credit | credited_revenue |
            | 1        | linear            | 2024-01-01 | Adwords  | 1      | 50               |
        """,
        stg_marketing_spend="""
            | date       | platform | spend |
            | 2024-01-01 | Adwords  | 10    |
            | 2024-01-01 | NULL     | 1     |
        """,
    )
    columns = ("campaign_id", "platform", "spend", "attributed_sessions", "roas")
    assert of_model(result, "linear", *columns) == [
        ("(no campaign)", "(no platform)", Decimal(1), 0, 0.0),
        ("(no campaign)", "Adwords", Decimal(10), 1, 5.0),
    ]


def test_a_campaign_on_two_platforms_has_a_row_for_each() -> None:
    result = performance(
        fct_sessions="""
            | session_id | session_date | traffic_source | campaign_id |
            | A          | 2024-01-01   | Facebook       | spring      |
        """,
        stg_marketing_spend=SPEND + "| 2024-01-01 | spring | Facebook | 7 | 1 | 1 |",
    )
    columns = ("campaign_id", "platform", "spend", "attributed_sessions")
    assert of_model(result, "linear", *columns) == [
        ("spring", "Adwords", Decimal(10), 0),
        ("spring", "Adwords", Decimal(30), 0),
        ("spring", "Facebook", Decimal(7), 1),
    ]


def test_thirds_of_orders_sum_to_the_orders() -> None:
    third = "linear | 2024-01-01 | 0.3333333333333333 | 0"
    rows = [f"| {order} | {third} |" for order in (1, 2, 3) for _ in range(3)]
    header = "| order_id | attribution_model | order_date | credit | credited_revenue |"
    result = performance(fct_attribution="\n".join([header, *rows]))
    [(orders,)] = of_model(result, "linear", "attributed_orders")
    assert abs(orders - 3) < 1e-11
