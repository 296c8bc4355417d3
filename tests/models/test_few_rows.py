"""Specification of all models on next to nothing: no rows, one row of bare keys, a shop of one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from analysis_lib.computed import PythonModel
from analysis_lib.models import PACKAGE, Column, Model, read_yaml
from tests.googlesql.cases import Rows
from tests.models.catalogue import all_models, project, source_of, sql_models
from tests.models.specify import build_shop, check, rows_of, sideways

each_model = pytest.mark.parametrize("model", [pytest.param(model, id=name) for name, model in all_models()])
each_sql_model = pytest.mark.parametrize(
    "model", [pytest.param(model, id=name) for name, model in sql_models()]
)

# A row for each rule, with zeros.
LISTS_OF_RULES = {"fct_segment_summary"}
# What there is to say about a model's quality without any data: that there is none; of a source's facts: zero.
SAYS_WHY = {"int_velocity_quality", "dq_model_quality", "stg_source_facts"}
# On bare keys: nobody seen or ordering, no event of the kind, no counted order, no final fit, no source
# or campaign named.
MAY_HAVE_NO_ROW = {
    "dim_customer_segments",
    "dim_customers",
    "fct_attribution",
    "fct_basket_affinity",
    "fct_churn",
    "fct_cohort_retention",
    "fct_cross_sell_candidates",
    "fct_daily_traffic",
    "fct_first_purchase_journeys",
    "int_campaign_platforms",
    "int_late_identities",
    "int_order_day_sources",
    "int_propensity_pairs",
    "int_propensity_popularity",
    "int_purchase_history",
    "int_purchase_predictions",
    "int_rfm_scores",
    "int_session_products",
    "stg_purchases",
}
MOMENT = dt.datetime(2024, 1, 15, 10, tzinfo=dt.UTC)
PLAIN_VALUES = {
    "STRING": "1",
    "INT64": 1,
    "FLOAT64": 1.0,
    "NUMERIC": Decimal(1),
    "BOOL": False,
    "DATE": MOMENT.date(),
    "TIMESTAMP": MOMENT,
}


@each_model
def test_without_any_input_a_model_has_no_rows_and_the_reconciliation_a_zero_for_each_mart(
    model: Model,
) -> None:
    if model.layer == "rule" or model.name in LISTS_OF_RULES:
        assert check(model.name).rows, "the rules are there whatever the shop holds"
        return
    if model.name != "dq_reconciliation":
        rows = check(model.name, source=source_of(model)).rows
        # What Python computes may say in a row why there is nothing to compute.
        assert rows == [] or model.name in SAYS_WHY or isinstance(model, PythonModel)
        return
    check(
        model.name,
        expect="""
        | reconciliation          | left_value | right_value | difference | is_ok |
        | profit and loss revenue | 0          | 0           | 0          | true  |
        | customer revenue        | 0          | 0           | 0          | true  |
        | product revenue         | 0          | 0           | 0          | true  |
        """,
    )


def is_never_null(column: Column) -> bool:
    return "not_null" in column.checks or any(
        isinstance(entry, Mapping) and "not_null" in entry and entry.get("severity") != "warn"
        for entry in column.checks
    )


def plain_value(column: Column) -> Any:
    """A value that the contract accepts."""
    accepted = [
        entry["accepted"] for entry in column.checks if isinstance(entry, Mapping) and "accepted" in entry
    ]
    return accepted[0][0] if accepted else PLAIN_VALUES[column.type]


def bare_row(table: str, source: str) -> Rows:
    """One row of a table in which all is NULL that may be."""
    models = project(source)
    types = models.schema(table)
    if table in models.models:
        columns = models.get(table).contract.columns.values()
        return Rows(types, [tuple(plain_value(each) if is_never_null(each) else None for each in columns)])
    tables = read_yaml(PACKAGE / "sources" / source / "source.yml")["tables"]
    stated = tables.get(table.removeprefix("raw_"), {"columns": {}})["columns"]
    needed = {name for name, column in stated.items() if column.get("key") or column.get("not_null")}
    needed |= {"load_file_id", "load_row_number", "is_duplicate"} if stated else set(types)
    return Rows(
        types, [tuple(PLAIN_VALUES[kind] if name in needed else None for name, kind in types.items())]
    )


@each_sql_model
def test_on_one_row_of_bare_keys_a_model_keeps_its_grain_and_what_must_not_be_null(model: Model) -> None:
    source = source_of(model)
    inputs = {table: bare_row(table, source) for table in model.inputs if not table.startswith("rule_")}
    rows = check(model.name, inputs, source=source)
    # Orders and products of GA4 and of a clickstream are made of purchases, items and pages; a bare event has none.
    assert len(rows.rows) >= (model.name not in MAY_HAVE_NO_ROW and source not in ("ga4", "clickstream"))
    keys = rows_of(rows, *model.contract.grain)
    assert len(keys) == len(set(keys))
    for column in filter(is_never_null, model.contract.columns.values()):
        assert None not in {value for (value,) in rows_of(rows, column.name)}, column.name


ONE_OF_EACH = {
    "raw_users": "| id | created_at | country | is_duplicate |\n| 7 | 2024-01-30 | Japan | false |",
    "raw_products": "| id | name | cost | retail_price | is_duplicate |\n| 5 | Hat | 4 | 10 | false |",
    "raw_orders": """
        | order_id | user_id | status   | created_at       | is_duplicate |
        | 1        | 7       | Complete | 2024-01-30 10:00 | false        |
    """,
    "raw_order_items": """
        | id | order_id | user_id | product_id | status   | sale_price | created_at       | is_duplicate |
        | 11 | 1        | 7       | 5          | Complete | 10         | 2024-01-30 10:00 | false        |
    """,
    "raw_events": """
        | id | user_id | session_id | event_type | uri        | created_at       | is_duplicate |
        | 21 | 7       | A          | product    | /product/5 | 2024-01-30 09:59 | false        |
    """,
    "raw_inventory_items": """
        | id  | product_id | created_at | cost | is_duplicate |
        | 900 | 5          | 2024-01-30 | 4    | false        |
    """,
    "raw_marketing_spend": """
        | date       | campaign_id | platform | spend | is_duplicate |
        | 2024-01-30 | spring      | Adwords  | 2     | false        |
    """,
    "load_counts": """
        | table_name | rows_read | rows_staged | rows_rejected | duplicates_dropped |
        | users      | 1         | 1           | 0             | 0                  |
    """,
}


def test_a_shop_with_one_row_in_each_table_has_one_of_everything() -> None:
    shop = build_shop(ONE_OF_EACH, as_of="2024-01-30")
    session = "u:7@1706608740000000"
    assert rows_of(shop["fct_sessions"], "session_id", "orders", "net_revenue", "is_bounce", "country") == [
        (session, 1, Decimal(10), True, "Japan")
    ]
    assert rows_of(shop["int_order_lines"], "session_id", "net_revenue", "gross_profit") == [
        (session, Decimal(10), Decimal(6))
    ]
    assert rows_of(shop["fct_funnel_daily"], "sessions", "view_visitors", "conversion_rate") == [(1, 1, 0.0)]
    assert rows_of(shop["fct_daily_pnl"], "orders", "net_revenue", "contribution", "roas") == [
        (1, Decimal(10), Decimal(4), 5.0)
    ]
    assert rows_of(shop["dim_customers"], "orders", "sessions", "status", "lifecycle", "return_rate") == [
        (1, 1, "active", "first_time", 0.0)
    ]
    assert rows_of(shop["fct_product_performance"], "units", "views", "view_to_purchase_rate") == [
        (1, 1, 1.0)
    ]
    assert rows_of(shop["fct_inventory_forecast"], "on_hand", "status", "abc_class") == [(1, "healthy", "A")]
    assert {row[0] for row in rows_of(shop["dq_reconciliation"], "is_ok")} == {True}
    kinds = {name.split(",")[0] for (name,) in rows_of(shop["dq_reconciliation"], "reconciliation")}
    assert {kind for kind in kinds if not kind.startswith("rows of ")} == {
        "session revenue",
        "profit and loss revenue",
        "customer revenue",
        "product revenue",
        "category revenue",
        "traffic revenue",
        "customers in segments",
        "segment revenue",
        "attributed revenue",
        "attributed orders",
        "campaign revenue",
        "campaign spend",
    }


def test_the_funnel_of_a_single_bounce_has_no_rate_beyond_its_first_step() -> None:
    check(
        "fct_funnel_daily",
        {
            "stg_events": """
            | event_id | visitor_id | event_time | event_type |
            | 1        | s:A        | 2024-01-31 | page_view  |
            """
        },
        expect=sideways(
            """
            | session_date            | 2024-01-31 |
            | sessions                | 1          |
            | view_visitors           | 0          |
            | conversion_rate         | NULL       |
            | session_conversion_rate | 0          |
            | visit_to_view_rate      | 0          |
            | view_to_cart_rate       | NULL       |
            | checkout_sessions       | NULL       |
            """
        ),
    )
