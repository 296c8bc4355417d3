"""What a query reads, which types it has, and what an analyst is told when it is wrong."""

from __future__ import annotations

import pytest

from analysis_lib.errors import QueryError
from analysis_lib.warehouse.dialect import (
    duckdb_type,
    googlesql_type,
    output_types,
    parse,
    schema_from_rows,
    tables,
    to_bigquery,
    to_duckdb,
)

SCHEMA = {
    "stg_orders": {"order_id": "STRING", "user_id": "STRING", "amount": "NUMERIC", "tags": "ARRAY<STRING>"},
    "stg_users": {"user_id": "STRING", "country": "STRING"},
}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 as x", set()),
        ("select * from a", {"a"}),
        ("with a as (select * from b) select * from a", {"b"}),
        ("with a as (select * from a) select * from a", {"a"}),
        ("with a as (select * from b), c as (select * from a) select * from c join d using (x)", {"b", "d"}),
        ("select * from a where x in (select x from b)", {"a", "b"}),
        ("select * from (with b as (select * from c) select * from b) join b using (x)", {"c", "b"}),
        ("with recursive r as (select 1 as x union all select x + 1 from r) select * from r", set()),
        ("select * from a cross join unnest(a.items) as item", {"a"}),
        ("select * from a, a.items as item", {"a"}),
        ("select * from shop.a union all select * from b", {"shop.a", "b"}),
        ("select x from unnest([1, 2]) as x", set()),
    ],
)
def test_tables_that_a_query_reads(sql: str, expected: set[str]) -> None:
    assert tables(parse(sql)) == expected


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select * from stg_order", 'no table stg_order. Did you mean "stg_orders"'),
        ("select amont from stg_orders", 'amont.*Did you mean "amount"'),
        ("select stg_users.amount from stg_users", "no column stg_users.amount|no column amount"),
        ("select o.user_id from stg_orders as o join stg_users as u using (usr_id)", "usr_id"),
        (
            "select user_id from stg_orders as o join stg_users as u on o.user_id = u.user_id",
            r"user_id is in stg_orders and in stg_users \(line 1",
        ),
        ("selct 1", "cannot be read|not one query"),
        ("select (1", "cannot be read.*line 1"),
        ("select 1; select 2", "not one query"),
        ("drop table stg_orders", "not one query"),
        ("create table x as select 1 as y", "not one query"),
        ("", "not one query"),
        ("select as struct 1 as x", "cannot be structs"),
    ],
)
def test_errors_name_what_is_wrong(sql: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        to_duckdb(sql, schema=SCHEMA)


def test_stars_are_expanded_and_typed() -> None:
    assert output_types("select * except (tags) from stg_orders", schema=SCHEMA) == {
        "order_id": "STRING",
        "user_id": "STRING",
        "amount": "NUMERIC",
    }


def test_types_flow_through_ctes_joins_and_windows() -> None:
    sql = """
        with totals as (
            select user_id, sum(amount) as total, count(*) as orders from stg_orders group by user_id
        )
        select country, sum(total) as total, safe_divide(sum(total), sum(orders)) as mean,
            safe_divide(sum(orders), count(*)) as rate, rank() over (order by sum(total) desc) as place,
        from totals left join stg_users using (user_id) group by country
    """
    assert output_types(sql, schema=SCHEMA) == {
        "country": "STRING",
        "total": "NUMERIC",
        "mean": "NUMERIC",
        "rate": "FLOAT64",
        "place": "INT64",
    }


def test_to_bigquery_keeps_parameters_or_binds_them() -> None:
    assert to_bigquery("select @n as n", pretty=False) == "SELECT @n AS n"
    assert to_bigquery("select @n as n", {"n": "a'b"}, pretty=False) == "SELECT 'a\\'b' AS n"


@pytest.mark.parametrize(
    "kind",
    ["INT64", "FLOAT64", "NUMERIC", "STRING", "BOOL", "DATE", "TIMESTAMP", "DATETIME", "ARRAY<NUMERIC>"],
)
def test_column_types_go_both_ways(kind: str) -> None:
    assert googlesql_type(duckdb_type(kind)) == kind


def test_struct_types_go_both_ways() -> None:
    kind = "ARRAY<STRUCT<key STRING, value STRUCT<string_value STRING, int_value INT64>>>"
    assert duckdb_type(kind) == "STRUCT(key VARCHAR, value STRUCT(string_value VARCHAR, int_value BIGINT))[]"
    assert googlesql_type(duckdb_type(kind)) == kind


def test_a_column_of_a_foreign_type_does_not_hinder_the_others() -> None:
    schema = schema_from_rows([("t", "id", "BIGINT"), ("t", "odd", "UUID")])
    assert to_duckdb("select sum(id) as x from t", schema=schema)
    assert to_duckdb("select odd from t", schema=schema)
    with pytest.raises(QueryError, match="not known"):
        to_duckdb("select odd * id as x from t", schema=schema)


def test_an_unknown_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(QueryError, match=r'no GoogleSQL type INT32. Did you mean "INT64"'):
        duckdb_type("INT32")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("cast(f as string)", "its text differs between engines"),
        ("cast(seen as string)", "its text differs between engines"),
        ("format('%d', n)", "no translation that was verified"),
        ("soundex(s)", "no translation that was verified"),
        ("to_hex(sha512(s))", "cannot be translated"),
        ("current_date()", "never asks the clock"),
        ("rand()", "never asks the clock"),
        ("instr(s, 'a', 2)", "position"),
        ("seen - seen", "interval"),
        ("round(f, 2)", "FLOAT64 rounds to decimals differently"),
        ("percentile_cont(amount, 0.5) over ()", "percentiles of NUMERIC differ"),
        ("format_date('%C', day)", "%C"),
        ("duck_only_function(n)", "not a function that the translation knows"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_what_to_write(expression: str, says: str) -> None:
    types = {
        "f": "FLOAT64",
        "seen": "TIMESTAMP",
        "n": "INT64",
        "s": "STRING",
        "amount": "NUMERIC",
        "day": "DATE",
    }
    with pytest.raises(QueryError, match=says):
        to_duckdb(f"select {expression} as x from t", schema={"t": types})
