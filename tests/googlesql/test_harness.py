"""The harness itself: a case that is wrong fails, and says how."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from unittest import mock

import pytest

from analysis_lib.errors import QueryError
from analysis_lib.warehouse import dialect
from tests.googlesql.cases import Rows, TextTable, run_case
from tests.googlesql.engine import GoogleSql, GoogleSqlError
from tests.googlesql.text_tables import read_text, write_text

ORDERS = TextTable(
    {"id": "INT64", "amount": "NUMERIC", "paid_at": "TIMESTAMP", "note": "STRING"},
    """
    | id | amount | paid_at                   | note  |
    |----|--------|---------------------------|-------|
    | 1  | 9.99   | 2024-01-01 10:00:00.25    |       |
    | 2  |        | 2024-01-01 12:00:00+02:00 | ''    |
    | 3  | 0.01   | NULL                      | 'a|b' |
    """,
)


def test_text_tables_are_read_in_the_types_of_their_columns() -> None:
    assert ORDERS.rows == [
        (1, Decimal("9.99"), dt.datetime(2024, 1, 1, 10, 0, 0, 250000, dt.UTC), None),
        (2, None, dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC), ""),
        (3, Decimal("0.01"), None, "a|b"),
    ]


def test_columns_that_a_text_leaves_out_are_null() -> None:
    assert TextTable(ORDERS.types, "| id |\n| 7 |").rows == [(7, None, None, None)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("| idd |\n| 1 |", "idd"),
        ("| id | note |\n| 1 |", "1 cells under 2"),
        ("id\n1", "starts and ends with a bar"),
    ],
)
def test_text_tables_that_are_wrong_are_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_text(text, ORDERS.types)


def test_rows_are_written_as_they_are_read() -> None:
    names = list(ORDERS.types)
    text = write_text(names, ORDERS.rows[:2])
    assert read_text(text, ORDERS.types) == (names, ORDERS.rows[:2])


def test_a_case_passes_whatever_the_order_and_names_only_what_matters() -> None:
    run_case(
        "select id, sum(amount) over () as total, note from orders",
        {"orders": ORDERS},
        expect="""
        | total | id |
        | 10    | 3  |
        | 10    | 1  |
        | 10    | 2  |
        """,
    )


def test_a_wrong_row_fails_with_both_sides() -> None:
    with pytest.raises(AssertionError) as caught:
        run_case("select id, amount from orders", {"orders": ORDERS}, expect="| id | amount |\n| 1 | 9.98 |")
    message = str(caught.value)
    assert "the rows of expected (1) and DuckDB (3) differ" in message
    assert "only in expected:\n| id | amount |\n| 1  | 9.98   |" in message
    assert "only in DuckDB:\n| id | amount |\n| 1  | 9.99   |\n| 2  | NULL   |\n| 3  | 0.01   |" in message


def test_a_row_that_comes_twice_is_not_the_same_as_once() -> None:
    with pytest.raises(AssertionError, match=r"expected \(1\) and DuckDB \(2\)"):
        run_case("select 1 as x union all select 1", expect="| x |\n| 1 |")


def test_the_order_counts_when_it_is_asked_for() -> None:
    sql = "select id from orders order by id"
    run_case(sql, {"orders": ORDERS}, expect="| id |\n| 1 |\n| 2 |\n| 3 |", ordered=True)
    with pytest.raises(AssertionError, match="differ"):
        run_case(sql, {"orders": ORDERS}, expect="| id |\n| 2 |\n| 1 |\n| 3 |", ordered=True)


@pytest.mark.parametrize(
    ("translation", "says"),
    [
        ("select 2::bigint as x", "the rows of GoogleSQL"),
        ("select 1::integer as x", "DuckDB's types"),
        ("select 1::bigint as y", r"DuckDB has \('y',\)"),
    ],
)
def test_a_wrong_translation_is_found(translation: str, says: str) -> None:
    with (
        mock.patch.object(dialect, "to_duckdb", return_value=translation),
        pytest.raises(AssertionError, match=says),
    ):
        run_case("select 1 as x")


def test_a_wrong_sql_for_bigquery_is_found() -> None:
    with (
        mock.patch.object(dialect, "to_bigquery", return_value="select '1' as x"),
        pytest.raises(AssertionError),
    ):
        run_case("select 1 as x")


@pytest.mark.parametrize(
    "sql",
    ["select idd from orders", "select id + note as x from orders", "select bool_or(true) as x", "selec 1"],
)
def test_sql_that_is_not_googlesql_is_refused(sql: str) -> None:
    with pytest.raises((GoogleSqlError, QueryError)):
        run_case(sql, {"orders": ORDERS})


def test_plain_texts_take_their_types_from_the_contract() -> None:
    run_case(
        "select orders.id, users.name from orders left join users on orders.id = users.id",
        {"orders": "| id |\n| 1 |"},
        contract={"orders": ORDERS.types, "users": {"id": "INT64", "name": "STRING"}},
        expect="| id | name |\n| 1 | NULL |",
    )
    with pytest.raises(ValueError, match="no types for"):
        run_case("select 1 as x", {"orders": "| id |\n| 1 |"})


def test_too_many_rows_for_the_reference_engine_are_refused() -> None:
    many = Rows({"x": "INT64"}, [(1,)] * 5001)
    with pytest.raises(AssertionError, match="too many rows"):
        run_case("select x from t", {"t": many})
    run_case("select count(*) as n from t", {"t": many}, expect="| n |\n| 5001 |", oracle=False)


def test_the_analyser_knows_names_types_and_parameters(googlesql: GoogleSql) -> None:
    tables = {"t": {"id": "INT64", "items": "ARRAY<STRING>"}}
    sql = "select id / 2 as half, @day as day, items from t"
    assert googlesql.columns(sql, tables, {"day": dt.date(2024, 1, 1)}) == {
        "half": "FLOAT64",
        "day": "DATE",
        "items": "ARRAY<STRING>",
    }
    with pytest.raises(GoogleSqlError, match="Unrecognized name: ids"):
        googlesql.columns("select ids from t", tables)
    with pytest.raises(GoogleSqlError, match="parameter 'day' not found"):
        googlesql.columns(sql, tables)


def test_every_type_survives_the_way_to_the_engine_and_back(googlesql: GoogleSql) -> None:
    types = {
        "a": "INT64",
        "b": "FLOAT64",
        "c": "NUMERIC",
        "d": "STRING",
        "e": "BOOL",
        "f": "DATE",
        "g": "TIMESTAMP",
        "h": "DATETIME",
        "i": "BYTES",
        "j": "ARRAY<NUMERIC>",
    }
    row = (
        -(2**63),
        -0.1,
        Decimal("-99999999999999999999999999999.999999999"),
        "ü'\n",
        False,
        dt.date(1, 1, 1),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999, dt.UTC),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
        b"\x00\xff",
        [Decimal("0.5"), Decimal(-128)],
    )
    empty = (None, None, None, None, None, None, None, None, None, [])
    result = googlesql.run("select * from t", {"t": types}, {"t": [row, empty]})
    assert sorted(result.rows, key=repr) == sorted([row, empty], key=repr)
    assert dict(zip(result.columns, result.types, strict=True)) == types
