"""Aggregates, windows, arrays, texts and the shape of queries as BigQuery computes them."""

from __future__ import annotations

import pytest

from tests.googlesql.cases import TextTable, run_case
from tests.googlesql.expressions import assert_same, assert_same_query, lines


def test_texts() -> None:
    assert_same(
        lines(r"""
        concat(s, 'x')
        concat(s, '-', cast(i as string))
        s || 'x'
        trim(s)
        ltrim(s)
        rtrim(s)
        upper(s)
        lower(s)
        reverse(s)
        repeat(s, 2)
        byte_length(s)
        chr(65)
        ends_with(s, 'b')
        lpad(s, 3)
        rpad(s, 12, 'ab')
        json_extract_scalar('{"a": "x"}', '$.a')
        length(s)
        substr(s, 2)
        substr(s, 2, 3)
        substr(s, -3, 2)
        substr(s, j - 3)
        substr('abc', -10, 2)
        left(s, 2)
        right(s, 2)
        strpos(s, 'b')
        starts_with(s, 'a')
        replace(s, 'a', 'z')
        lpad(s, 5, '0')
        split(s, ',')
        split(s, ',')[safe_offset(1)]
        split(s, ',')[safe_offset(5)]
        split(s, ',')[safe_ordinal(1)]
        array_length(split(s, ','))
        regexp_extract(s, 'p-([0-9]+)')
        regexp_extract(s, '[a-z]')
        regexp_extract(s, r'\d+')
        regexp_contains(s, r'\s')
        regexp_replace(s, '([a-z])', r'<\1>')
        regexp_extract_all(s, '[a-z]')
        to_hex(md5(s))
        to_hex(sha256(s))
        coalesce(s, '(not set)')
        nullif(trim(s), '')
        json_value('{"a": {"b": 1}}', '$.a.b')
        s like 'a%'
        'tab\tx\\y\'"'
        'é%_'
        """)
    )


def test_reading_texts_as_other_types() -> None:
    assert_same(
        lines("""
        safe_cast(s as int64)
        safe_cast('1.5' as int64)
        safe_cast(' 12 ' as int64)
        safe_cast('1e3' as int64)
        safe_cast('' as int64)
        safe_cast('0x1F' as int64)
        safe_cast('99999999999999999999' as int64)
        safe_cast('1.5' as numeric)
        safe_cast('abc' as numeric)
        safe_cast('1e3' as float64)
        safe_cast('TRUE' as bool)
        safe_cast('1' as bool)
        safe_cast('t' as bool)
        safe_cast('2024-1-5' as date)
        safe_cast('2024-13-01' as date)
        safe_cast('2024-01-31 10:00:00 UTC' as timestamp)
        safe_cast('2024-01-31T10:00:00Z' as timestamp)
        safe_cast('x' as timestamp)
        safe_cast('2024/01/05' as date)
        safe_cast('24-01-31' as date)
        safe_cast('2024-01-31 10:00:00' as date)
        safe_cast('epoch' as date)
        safe_cast('2024-01-31 24:00:00' as timestamp)
        safe_cast('2024-01-31 10:00' as timestamp)
        safe_cast('2024-01-31 10:00:00.123456 Europe/Berlin' as timestamp)
        safe_cast('2024-01-31 10:00:00-0500' as timestamp)
        safe_cast('infinity' as timestamp)
        safe_cast('2024-01-31T10:00:00' as datetime)
        safe_cast('2024-01-31 10:00:00Z' as datetime)
        safe_cast('1_000' as numeric)
        safe_cast('.5' as float64)
        date('2024-01-31')
        datetime('2024-01-31 10:00:00')
        cast('12' as int64)
        """)
    )


def test_extremes_are_null_with_a_null() -> None:
    assert_same(lines("greatest(i, j)\ngreatest(d, d2)\nleast(n, m)\ngreatest(i, 5)\nconcat('a', s)"))


def test_conditions() -> None:
    assert_same(
        lines("""
        b and i > 0
        not b
        b is true
        i is distinct from j
        i in unnest(a)
        exists(select 1 from unnest(a) as x where x > 2)
        (select max(x) from unnest(a) as x)
        array_length(a)
        array_reverse(a)
        array_concat(a, [1], [2, 3])
        not (b or i > 3)
        array_to_string(split(s, ','), '-')
        array(select x * 2 from unnest(a) as x order by x)
        generate_array(1, 5)
        generate_array(10, 1, -3)
        a[safe_offset(j - 3)]
        """)
    )


def test_windows() -> None:
    assert_same(
        lines("""
        row_number() over (order by i)
        rank() over (order by b)
        dense_rank() over (order by b)
        min(ts) over ()
        corr(i, j) over ()
        stddev(j) over ()
        var_pop(j) over ()
        var_samp(n) over ()
        ntile(2) over (order by i)
        percent_rank() over (order by i)
        cume_dist() over (order by i)
        lag(i) over (order by d)
        lag(i, 1, 0) over (order by d)
        lead(s) over (order by d desc)
        first_value(s ignore nulls) over (order by d)
        last_value(s ignore nulls) over (order by d)
        last_value(s) over (order by d rows between unbounded preceding and unbounded following)
        last_value(s ignore nulls) over (order by d rows between unbounded preceding and 1 preceding)
        nth_value(s, 2) over (order by d)
        sum(i) over (order by unix_date(d) range between 6 preceding and current row)
        """)
    )


@pytest.mark.parametrize(
    "query",
    lines("""
    select any_value(s having max i) as a, any_value(i having min d) as c from t
    select array_agg(i ignore nulls order by i) as o from t
    select array_agg(distinct b ignore nulls order by b) as o from t
    select array_agg(struct(i as x, s as y) order by i limit 1)[safe_offset(0)].y as o from t
    select string_agg(distinct s, ',' order by s) as o from t
    select logical_or(b) as a, logical_and(b) as c, count(distinct s) as e from t
    select s from t qualify row_number() over (partition by b order by i desc) = 1
    select s, row_number() over (partition by b order by i desc) as r from t qualify r = 1
    select sum(i) over w as o, avg(n) over w as p from t window w as (partition by b order by d)
    select * except (a, dtm) from t
    select * except (a) replace (j + 1 as j) from t
    select b, date_trunc(d, year) as y, sum(n) as o from t group by all
    select b as bb, count(*) as o from t group by bb having o > 1
    select date_trunc(d, year) as d, count(*) as o from t group by d
    select b, d, sum(i) as o from t group by rollup(b, d)
    select i as o from t order by i desc limit 2
    select i as o from t union all select n from t
    select b as o from t union distinct select true
    select true as o union all select null
    select null as o, b as p from t union all (select d, null from t union all select d, b from t)
    select null as o union all select null
    select i as o from t except distinct select 7
    select i, a.s from t as a inner join t as b using (i)
    select a.i, b.s from t as a left join t as b on a.i = b.i and b.b
    select a.i, b.j from t as a full join t as b on a.i = b.j
    select count(*) as o from t where i not in (select j from t where j is not null)
    select (select max(i) from t) as o
    with recursive r as (select 1 as x union all select x + 1 from r where x < 5) select x from r
    select b, grouping(b) as g, count(*) as o from t group by rollup(b)
    select x from unnest(generate_timestamp_array(timestamp '2024-01-01', @noon, interval 6 hour)) as x
    select i, x from t left join unnest(a) as x
    select i, x, p from t left join unnest(a) as x with offset as p
    select i, x from t, unnest(a) as x
    select k, v from unnest([struct('a' as k, 1 as v), struct('b', 2)])
    select x.k, p from unnest([struct('a' as k), struct('b')]) as x with offset as p
    select o.x from (select struct(i as x, n as y) as o from t)
    select @three + 1 as o, @berlin as z
    """),
)
def test_shape_of_queries(query: str) -> None:
    assert_same_query(query)


@pytest.mark.parametrize(
    "query",
    lines("""
    select j + 100 as i, n from t where i = 7
    select -j as i, row_number() over (order by i) as r from t
    select -j as i, n from t qualify row_number() over (partition by b order by i desc, n) = 1
    select n, -i as i, lag(n) over (order by i) as l from t qualify lag(n) over (order by i) is null
    select b, -max(i) as i from t group by b having i > 0
    select b, -i as i from t order by i limit 1
    select b, -i as i from t where i is not null order by i * 1 limit 1
    select b, sum(j) as j from t group by b order by j + 1 desc limit 1
    select b, sum(j) as total from t group by b qualify rank() over (order by total desc) = 1
    select upper(s) as s, count(*) as c from t where s like 'a%' group by s
    select date(ts, @berlin) as d, count(*) as o from t where d > date '2020-01-01' group by d
    select i as j, j as i from t where i > j
    with x as (select i, n from t), y as (select i, m from t) select * from x full join y using (i)
    """),
)
def test_a_name_means_the_same_column_where_a_select_and_a_table_both_have_it(query: str) -> None:
    assert_same_query(query)


def test_null_sorts_first_ascending_and_last_descending() -> None:
    table = TextTable({"x": "INT64"}, "| x |\n| 2 |\n| NULL |\n| 1 |")
    run_case("select x from t order by x", {"t": table}, expect="| x |\n| NULL |\n| 1 |\n| 2 |", ordered=True)
    run_case(
        "select x from t order by x desc", {"t": table}, expect="| x |\n| 2 |\n| 1 |\n| NULL |", ordered=True
    )


def test_approximate_quantiles_are_exact_on_duckdb() -> None:
    run_case(
        "select approx_quantiles(x, 4) as cuts from unnest(generate_array(1, 9)) as x",
        expect="| cuts |\n| [1, 3, 5, 7, 9] |",
        oracle=False,
    )
