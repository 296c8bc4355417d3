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


NESTED = {
    "tags": "ARRAY<STRING>",
    "items": "ARRAY<STRUCT<name STRING, price FLOAT64, value STRUCT<n INT64, s STRING>>>",
    "device": "STRUCT<kind STRING, web STRUCT<browser STRING>>",
}
ITEM = {"name": "a", "price": 0.1, "value": {"n": 1, "s": None}}
DEVICE = {"kind": "x", "web": {"browser": None}}
NESTED_ROWS = [
    ([], [], None),
    (["a", ""], [ITEM, {"name": None, "price": None, "value": None}], DEVICE),
    (["a"], [ITEM | {"value": {"n": None, "s": None}}], {"kind": None, "web": None}),
]


def nested_on_duckdb(rows, connection):
    connection.register("t", table_of(NESTED, rows))
    [(n, hashes)] = connection.execute(checksums.duckdb("t", NESTED)).fetchall()
    return n, int(hashes)


def test_lists_and_structures_have_the_same_checksum_on_both_engines():
    # Written as text: the reference engine is given tables of single values only.
    sql = {
        0: "select cast([] as array<string>) as tags, cast([] as {items}) as items, "
        "cast(null as {device}) as device",
        1: "select ['a', ''] as tags, [('a', 0.1, (1, null)), (null, null, null)] as items, "
        "('x', struct(cast(null as string))) as device",
        2: "select ['a'] as tags, [('a', 0.1, (cast(null as int64), cast(null as string)))] as items, "
        "struct(cast(null as string), cast(null as struct<browser string>)) as device",
    }
    with duckdb.connect() as connection:
        for place, query in sql.items():
            casts = ", ".join(f"cast({name} as {type_}) as {name}" for name, type_ in NESTED.items())
            table = f"select {casts} from ({query.format(**NESTED)})"
            whole = checksums.googlesql("t", NESTED).replace("from `t`", f"from ({table}) as t")
            [(n, hashes)] = engine().run(whole, {}, {}).rows
            assert (n, int(hashes)) == nested_on_duckdb([NESTED_ROWS[place]], connection)


def test_the_order_and_the_nesting_of_values_change_it():
    with duckdb.connect() as connection:
        sums = [nested_on_duckdb([row], connection) for row in NESTED_ROWS]
        tags, items, device = NESTED_ROWS[1]
        others = [
            (["", "a"], items, device),
            (tags, items[::-1], device),
            (tags, items, device | {"web": None}),
        ]
        sums += [nested_on_duckdb([row], connection) for row in others]
        assert len(set(sums)) == len(sums)
        assert nested_on_duckdb([(None, [], None)], connection) == sums[0]


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(SettingsError, match="place is ARRAY<GEOGRAPHY>"):
        checksums.googlesql("t", {"place": "ARRAY<GEOGRAPHY>"})


def test_the_query_is_googlesql():
    assert dialect.tables(dialect.parse(checksums.googlesql("t", COLUMNS))) == {"t"}
