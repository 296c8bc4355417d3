"""Who belongs to an edition, and whose an order is: on DuckDB and on Google's reference engine."""

from __future__ import annotations

from tests.editions.test_models import PROJECT
from tests.googlesql.cases import run_case

CONTRACT = {name: dict(PROJECT.schema(name)) for name in [*PROJECT.raw_schemas, *PROJECT.models]}

PEOPLE = {
    "whole_fct_sessions": """
        | session_id | visitor_id | is_first_session | country | device | traffic_source |
        | a          | u:1        | true             | France  | phone  | Email          |
        | b          | u:1        | false            | Peru    | tablet | Search         |
        | c          | s:x        | true             | Peru    | NULL   | Email          |
        """,
    "whole_stg_users": """
        | user_id | country |
        | 1       | Germany |
        | 2       | NULL    |
        """,
    "whole_stg_orders": """
        | order_id | visitor_id |
        | 10       | u:3        |
        | 11       | NULL       |
        """,
    "whole_dim_customer_segments": """
        | user_id | segment   |
        | 3       | Champions |
        """,
}


def people(dimension: str, value: str) -> set[str]:
    """The people of an edition."""
    tables = {**PEOPLE, "edition_value": f"| dimension | value |\n| {dimension} | {value} |"}
    result = run_case(PROJECT.get("stg_edition_people").sql, tables, contract=CONTRACT)
    return {row[0] for row in result.rows}


def test_a_persons_country_is_that_of_the_user_record_before_that_of_the_first_session() -> None:
    assert people("country", "Germany") == {"u:1"}
    assert people("country", "France") == set()
    assert people("country", "Peru") == {"s:x"}
    assert people("country", "(not set)") == {"u:2", "u:3"}


def test_device_and_source_are_those_of_the_first_session() -> None:
    assert people("device", "phone") == {"u:1"}
    assert people("device", "tablet") == set()
    assert people("device", "(not set)") == {"s:x", "u:2", "u:3"}
    assert people("source", "Email") == {"u:1", "s:x"}


def test_the_segment_is_that_of_the_whole_shop_and_who_has_none_is_not_set() -> None:
    assert people("segment", "Champions") == {"u:3"}
    assert people("segment", "(not set)") == {"u:1", "u:2", "s:x"}


def orders(value: str, of: str) -> set[str]:
    """The orders of an edition that holds one visitor."""
    tables = {
        "edition_value": f"| dimension | value |\n| country | {value} |",
        "stg_edition_people": f"| visitor_id |\n| {of} |",
        "whole_stg_orders": """
            | order_id | visitor_id |
            | 1        | u:1        |
            | 2        | NULL       |
            | 3        | NULL       |
            """,
        "whole_stg_order_items": """
            | order_item_id | order_id | user_id |
            | a             | 1        | 9       |
            | b             | 2        | 1       |
            | c             | 4        | 1       |
            | d             | 4        | 2       |
            | e             | 5        | NULL    |
            """,
    }
    result = run_case(PROJECT.get("stg_edition_orders").sql, tables, contract=CONTRACT)
    return {row[0] for row in result.rows}


def test_an_order_belongs_to_its_visitor_else_to_the_first_user_of_its_lines() -> None:
    assert orders("Germany", "u:1") == {"1", "2", "4"}
    assert orders("Germany", "u:9") == set()


def test_an_order_that_names_nobody_belongs_to_the_edition_of_what_is_not_set() -> None:
    assert orders("(not set)", "u:7") == {"3", "5"}
