"""Parameters become typed literals and nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.errors import ParameterError
from analysis_lib.warehouse.dialect import bind, output_types, parameters, parse, to_bigquery, to_duckdb
from tests.googlesql.cases import run_case
from tests.googlesql.engine import GoogleSql

NASTY = [
    "O'Neil",
    "'; drop table users; --",
    '"quoted"',
    "back\\slash",
    "\\'",
    "line\nbreak\r\ttab",
    "@as_of",
    "{{ braces }}",
    "/* comment */ -- comment",
    "$1 ? :name",
    "é ü 漢字 🙂",
    "\x07\x0b\x1b",
    "",
]


def on_duckdb(value: object) -> object:
    [(found,)] = duckdb.sql(to_duckdb("select @value as value", {"value": value})).fetchall()
    return found


@pytest.mark.parametrize("text", NASTY)
def test_a_text_arrives_as_it_is_on_both_engines(text: str, googlesql: GoogleSql) -> None:
    assert on_duckdb(text) == text
    assert googlesql.run(to_bigquery("select @value as value", {"value": text}), {}).rows == [(text,)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_text_arrives_as_it_is(text: str) -> None:
    assert on_duckdb(text) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (dt.date(2024, 2, 29), "DATE"),
        (dt.datetime(2024, 2, 29, 12, 0, 0, 5, tzinfo=dt.UTC), "TIMESTAMP"),
        (30, "INT64"),
        (-(2**63) + 1, "INT64"),
        (0.95, "FLOAT64"),
        (1e-7, "FLOAT64"),
        (-1.5, "FLOAT64"),
        (Decimal("0.000000001"), "NUMERIC"),
        (Decimal("-12345678901234567890.5"), "NUMERIC"),
        ("text", "STRING"),
        (True, "BOOL"),
        ([1, 2], "ARRAY<INT64>"),
    ],
)
def test_every_type_of_value_has_its_literal(value: object, kind: str, googlesql: GoogleSql) -> None:
    sql = "select @value as value"
    assert googlesql.columns(to_bigquery(sql, {"value": value}), {}) == {"value": kind}
    assert output_types(sql, {"value": value}) == {"value": kind}
    run_case(sql, params={"value": value})


def test_null_is_null() -> None:
    assert on_duckdb(None) is None


def test_a_float_parameter_stays_a_float_beside_a_numeric() -> None:
    types = {"t": {"n": "NUMERIC"}}
    assert output_types("select n * @rate as x from t", {"rate": 0.5}, types) == {"x": "FLOAT64"}


def test_small_whole_numbers_do_not_overflow() -> None:
    run_case(
        "select @minutes * 60 * 1000000 as micros",
        params={"minutes": 1440},
        expect="| micros |\n| 86400000000 |",
    )


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r'no parameter as_off.*Did you mean "as_of"'):
        bind(parse("select @as_off"), {"as_of": dt.date(2024, 1, 1), "window_days": 30})


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**63, Decimal("1e40"), dt.datetime(2024, 1, 1), object(), b"bytes"]
)
def test_values_without_a_literal_are_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="parameter x was given"):
        bind(parse("select @x"), {"x": value})


def test_binding_leaves_the_tree_alone() -> None:
    tree = parse("select @x as x, '@x' as text, 'a@x' as mail")
    assert bind(tree, {"x": 1}) is not tree
    assert parameters(tree) == {"x"}


def test_names_in_texts_and_comments_are_no_parameters() -> None:
    assert parameters(parse("select '@x' as a -- @y\n, @z as b")) == {"z"}
