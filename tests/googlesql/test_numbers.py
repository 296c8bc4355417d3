"""NUMERIC, INT64 and FLOAT64 as BigQuery computes them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.errors import QueryError
from analysis_lib.warehouse.dialect import output_types, to_duckdb
from tests.googlesql.cases import Rows, TextTable, run_case, run_on_duckdb
from tests.googlesql.expressions import assert_same, assert_same_query, lines

NINE = Decimal("0.000000001")
EXACT = Context(prec=100, rounding=ROUND_HALF_UP)


def rounded(value: Decimal) -> Decimal:
    """To nine decimals, halves away from zero, as NUMERIC rounds."""
    return value.quantize(NINE, context=EXACT)


def test_arithmetic_of_every_pair_of_types() -> None:
    assert_same(
        lines("""
        n * m
        n * i
        n * 0.5
        i * 0.5
        n * f
        (n + m) * j
        n * m * 0.000001
        n + m
        n + i
        n - 0.5
        n + f
        i + 1
        -n
        j * 60 * 1000000 * 1000
        """)
    )


def test_quotients_of_every_pair_of_types() -> None:
    assert_same(
        lines("""
        safe_divide(n, m)
        safe_divide(n, i)
        safe_divide(i, j)
        safe_divide(i, n)
        safe_divide(f, i)
        safe_divide(n, f)
        safe_divide(m, 7)
        safe_divide(n, 0.5)
        safe_divide(cast(n as float64), m)
        n / 3
        i / 2
        f / 2
        m / 0.3
        div(i, 2)
        div(i, -2)
        div(i + j - 1, 2)
        j * div(i, 2)
        div(i, j * j + 1)
        -div(i, 2)
        div(-i, 2)
        div(div(i, 2), 3)
        j - div(i, 2) * 3
        div(i, 2) * 2 - mod(i, 2)
        div(7, 2 + 1)
        mod(i, 2)
        mod(n, m + 1)
        mod(n, 0.5)
        ieee_divide(f, 0)
        """)
    )


def test_aggregates_keep_their_type() -> None:
    assert_same_query(
        "select sum(i) as a, sum(n) as b, sum(n * m) as c, avg(n) as d, avg(i) as e, avg(m) as f, "
        "count(*) as g, "
        "sum(1) as h, sum(if(b, 1, 0)) as k, sum(case when b then n else 0 end) as l, max(if(b, 1, 0)) as o, "
        "sum(safe_divide(n, 0.5) * 2) as p, stddev_samp(j) as q, stddev_pop(j) as r, variance(j) as u, "
        "corr(j, j) as v, sum(0.1) as w from t"
    )
    assert_same_query(
        "select b, sum(i) as total, avg(n) as mean, sum(sum(j)) over (order by b) as run from t group by b"
    )


def test_windows_keep_their_type() -> None:
    assert_same(
        lines("""
        avg(n) over ()
        avg(n) over (order by d rows between 1 preceding and current row)
        sum(i) over (order by d rows between 1 preceding and current row)
        sum(n) over (partition by b order by d)
        countif(b) over (order by d)
        avg(i) over (order by d rows between 6 preceding and current row)
        percentile_cont(i, 0.25) over (partition by b)
        percentile_disc(n, 0.5) over ()
        sum(n) over (order by unix_date(d) range between 400 preceding and current row)
        """)
    )


def test_rounding_is_half_away_from_zero() -> None:
    run_case(
        "select x, round(x) as whole, round(x, 2) as cents, ceil(x) as up, floor(x) as down, "
        "trunc(x) as cut from t",
        {
            "t": TextTable(
                {"x": "NUMERIC"}, "| x |\n| 2.5 |\n| -2.5 |\n| 1.005 |\n| -1.005 |\n| 0.994999999 |"
            )
        },
        expect="""
        | x           | whole | cents | up | down | cut |
        | 2.5         | 3     | 2.5   | 3  | 2    | 2   |
        | -2.5        | -3    | -2.5  | -2 | -3   | -2  |
        | 1.005       | 1     | 1.01  | 2  | 1    | 1   |
        | -1.005      | -1    | -1.01 | -1 | -2   | -1  |
        | 0.994999999 | 1     | 0.99  | 1  | 0    | 0   |
        """,
    )


def test_rounding_of_other_types() -> None:
    assert_same(
        lines("round(i)\nround(f)\nceil(i)\nfloor(f)\ntrunc(i)\nround(safe_divide(i, 3), 9)\nsign(n)\nabs(n)")
    )


def test_casts_between_numbers_round_half_away_from_zero() -> None:
    assert_same(
        lines("""
        cast(n as int64)
        cast(2.5 as int64)
        cast(3.5 as int64)
        cast(-2.5 as int64)
        cast(n as float64)
        cast(i as numeric)
        cast(j + 0.5 as int64)
        cast(cast('1.0000000005' as numeric) as string)
        cast(b as int64)
        """)
    )


def test_choices_take_the_wider_type() -> None:
    assert_same(
        lines("""
        coalesce(n, 0)
        coalesce(n, 0.5)
        coalesce(f, 0)
        ifnull(n, m)
        if(b, n, 0)
        case when b then n else i end
        case when b then 1 when i > 0 then 2.5 end
        greatest(n, 0.5, 1)
        least(i, j)
        nullif(i, 0)
        safe_add(n, 0.5)
        safe_add(i, 9223372036854775807)
        safe_multiply(i, i)
        safe_subtract(i, 1)
        safe_negate(i)
        """)
    )


def test_comparisons_of_a_number_with_a_literal() -> None:
    assert_same(
        lines("""
        n > 0.5
        n = 0.1
        f = 0.1
        n = i
        n in (0.1, 1.5)
        n between 0.1 and 2
        i in (7, 9007199254740993)
        """)
    )


def test_functions_outside_their_domain_raise_as_in_bigquery() -> None:
    assert_same(lines("ln(j + 1)\nlog(j + 1, 2)\nlog10(j + 1)\nsqrt(j)\nsafe.ln(i)\npower(j, 2)\nexp(j)"))
    with pytest.raises(duckdb.Error, match="argument out of range"):
        run_case("select ln(x) as y from (select 0 as x)", oracle=False)


def test_large_amounts_multiply_exactly() -> None:
    run_case(
        "select a * b as product, sum(a * b) over () as total from t",
        {
            "t": TextTable(
                {"a": "NUMERIC", "b": "NUMERIC"},
                """
                | a                    | b                 |
                | 1000000000           | 1000000           |
                | 999999999.999999999  | 999999.999999999  |
                | -1000000000.00000005 | 0.1               |
                """,
            )
        },
        expect="""
        | product                   | total                      |
        | 1000000000000000          | 1999999899999998.998999995 |
        | 999999999999998.999000000 | 1999999899999998.998999995 |
        | -100000000.000000005      | 1999999899999998.998999995 |
        """,
    )


def test_an_overflow_is_an_error_and_never_a_wrong_number() -> None:
    types = {"t": {"a": "NUMERIC", "b": "NUMERIC"}}
    with pytest.raises(duckdb.Error, match=r"[Oo]verflow|out of range"):
        run_on_duckdb("select a * b as c from t", types, {"t": [(Decimal(10) ** 15, Decimal(10) ** 15)]}, {})
    with pytest.raises(duckdb.Error, match=r"[Oo]verflow|out of range"):
        run_on_duckdb("select i * i as c from t", {"t": {"i": "INT64"}}, {"t": [(2**40,)]}, {})


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=9)
factors = st.decimals(min_value=-(10**6), max_value=10**6, places=9)


@given(st.lists(st.tuples(amounts, factors), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_products_quotients_and_means_are_exact(pairs: list[tuple[Decimal, Decimal]]) -> None:
    rows = [(place, a, b) for place, (a, b) in enumerate(pairs)]
    result = run_on_duckdb(
        "select id, a * b as product, safe_divide(a, b) as quotient, avg(a) over () as mean "
        "from t order by id",
        {"t": {"id": "INT64", "a": "NUMERIC", "b": "NUMERIC"}},
        {"t": rows},
        {},
    )
    mean = rounded(EXACT.divide(sum((a for a, _ in pairs), Decimal(0)), Decimal(len(pairs))))
    for (a, b), (_, product, quotient, found_mean) in zip(pairs, result.rows, strict=True):
        assert product == rounded(EXACT.multiply(a, b))
        assert quotient == (rounded(EXACT.divide(a, b)) if b else None)
        assert found_mean == mean


@given(st.lists(st.tuples(amounts, factors), min_size=1, max_size=20))
@settings(max_examples=8, deadline=None)
def test_both_engines_agree_on_generated_amounts(pairs: list[tuple[Decimal, Decimal]]) -> None:
    run_case(
        "select a * b as p, safe_divide(a, b) as q, a * 0.07 as r, round(a, 2) as s, "
        "safe_divide(cast(a as float64), b) as u from t",
        {"t": Rows({"a": "NUMERIC", "b": "NUMERIC"}, pairs)},
    )


def test_types_that_decide_must_be_known() -> None:
    with pytest.raises(QueryError, match="type of its argument is not known"):
        to_duckdb("select a * b as c from t")
    assert to_duckdb("select a as c, count(*) as n from t group by a")
    assert output_types("select a * b as c from t", schema={"t": {"a": "NUMERIC", "b": "INT64"}}) == {
        "c": "NUMERIC"
    }
