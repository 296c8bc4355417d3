"""The checksum of a table is the same on Google's reference engine and on DuckDB, whatever the values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pytest

from analysis_lib.errors import SettingsError
from analysis_lib.warehouse import checksums, dialect
from analysis_lib.warehouse.bigquery_values import table_of
from tests.googlesql.cases import engine

COLUMNS = {
    "text": "STRING",
    "whole": "INT64",
    "flag": "BOOL",
    "day": "DATE",
    "at": "TIMESTAMP",
    "fraction": "FLOAT64",
    "money": "NUMERIC",
}


def at(microseconds):
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)


ROWS = [
    ("", 0, False, dt.date(1, 1, 1), at(0), 0.0, Decimal(0)),
    ("it's \\ \n é 漢", -(2**63) + 1, True, dt.date(9999, 12, 31), at(-1), -0.0, Decimal("-0.000000001")),
    (
        "\x01",
        2**63 - 1,
        None,
        None,
        at(1_700_000_000_123_456),
        0.1,
        Decimal("99999999999999999999.999999999"),
    ),
    (None, None, None, None, None, None, None),
    ("NULL", 1, True, dt.date(2024, 2, 29), at(10**15), 1e300, Decimal("1.5")),
    ("a", 1, True, dt.date(2024, 2, 29), at(10**15), 5e-324, Decimal("-1.5")),
    ("a", 1, True, dt.date(2024, 2, 29), at(10**15), 123456789.123456789, Decimal(10)),
    ("a", 1, True, dt.date(2024, 2, 29), at(10**15), 1e17, Decimal(10)),
]


def on_duckdb(rows):
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("t", table_of(COLUMNS, rows))
        [(n, hashes)] = connection.execute(checksums.duckdb("t", COLUMNS)).fetchall()
    return n, int(hashes)


def on_the_reference_engine(rows):
    query = checksums.googlesql("t", COLUMNS)
    [(n, hashes)] = engine().run(query, {"t": COLUMNS}, {"t": rows}).rows
    return n, int(hashes)


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_each_row_has_the_same_checksum_on_both_engines(row):
    assert on_duckdb([row]) == on_the_reference_engine([row])


def test_many_rows_have_the_same_checksum_on_both_engines():
    assert on_duckdb(ROWS * 3) == on_the_reference_engine(ROWS * 3)


def test_the_order_of_rows_does_not_matter():
    assert on_duckdb(ROWS) == on_duckdb(ROWS[::-1])


@pytest.mark.parametrize("place", range(len(COLUMNS)))
def test_any_other_value_changes_it(place):
    other = list(ROWS[5])
    other[place] = ROWS[1][place] if place != 2 else False
    assert on_duckdb([ROWS[5]]) != on_duckdb([other])


def test_a_value_that_moves_to_the_next_column_changes_it():
    columns = {"a": "STRING", "b": "STRING"}
    with duckdb.connect() as connection:
        connection.execute("create table t as select 'x' as a, '' as b")
        one = connection.execute(checksums.duckdb("t", columns)).fetchall()
        connection.execute("create or replace table t as select '' as a, 'x' as b")
        assert connection.execute(checksums.duckdb("t", columns)).fetchall() != one


def test_a_row_that_is_there_twice_counts_twice():
    assert on_duckdb([ROWS[0], ROWS[0], ROWS[1]]) != on_duckdb([ROWS[0], ROWS[1], ROWS[1]])


def test_a_table_without_rows_has_a_checksum():
    with duckdb.connect() as connection:
        connection.execute("create table t (n bigint)")
        assert connection.execute(checksums.duckdb("t", {"n": "INT64"})).fetchall() == [(0, 0)]


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(SettingsError, match="items is ARRAY<STRING>"):
        checksums.googlesql("t", {"items": "ARRAY<STRING>"})


def test_the_query_is_googlesql():
    assert dialect.tables(dialect.parse(checksums.googlesql("t", COLUMNS))) == {"t"}
