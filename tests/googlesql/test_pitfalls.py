"""Every pitfall that was measured (docs/googlesql.md), as a case with the rows BigQuery gives."""

from __future__ import annotations

import pytest

from analysis_lib.warehouse.lint import lint
from tests.googlesql.cases import TextTable, run_case
from tests.googlesql.engine import GoogleSql, GoogleSqlError

EVENTS = TextTable(
    {"id": "INT64", "seen": "TIMESTAMP", "before": "TIMESTAMP"},
    """
    | id | seen                    | before                |
    | 1  | 2024-01-01 00:30:00.1   | 2024-01-01 00:00:00.9 |
    | 2  | 2024-01-01 00:30:00.9   | 2024-01-01 00:00:00.9 |
    | 3  | 2024-01-01 00:00:00.9   | 2024-01-01 00:30:00.1 |
    | 4  | 2024-01-02 00:00:00     | 2023-12-31 23:59:59.9 |
    """,
)
DAYS = TextTable(
    {"day": "DATE"},
    """
    | day        |
    | 2023-12-31 |
    | 2024-01-01 |
    | 2024-01-07 |
    | 2024-02-29 |
    | 2024-12-30 |
    """,
)
EMPTY = TextTable({"n": "INT64", "amount": "NUMERIC", "is_paid": "BOOL", "name": "STRING"})


def test_timestamp_diff_counts_whole_elapsed_units() -> None:
    run_case(
        "select id, timestamp_diff(seen, before, minute) as minutes, "
        "timestamp_diff(seen, before, second) as seconds, timestamp_diff(seen, before, day) as days, "
        "timestamp_diff(seen, before, microsecond) as micros from events",
        {"events": EVENTS},
        expect="""
        | id | minutes | seconds | days | micros       |
        | 1  | 29      | 1799    | 0    | 1799200000   |
        | 2  | 30      | 1800    | 0    | 1800000000   |
        | 3  | -29     | -1799   | 0    | -1799200000  |
        | 4  | 1440    | 86400   | 1    | 86400100000  |
        """,
    )


def test_a_gap_of_exactly_the_limit_is_not_longer_than_it() -> None:
    run_case(
        "select id, timestamp_diff(seen, before, microsecond) > @gap * 60 * 1000000 as is_new from events",
        {"events": EVENTS},
        {"gap": 30},
        expect="""
        | id | is_new |
        | 1  | false  |
        | 2  | false  |
        | 3  | false  |
        | 4  | true   |
        """,
    )


def test_numeric_has_nine_decimals() -> None:
    run_case(
        "select cast('0.123456789' as numeric) as small, cast(1 as numeric) / 3 as third",
        expect="""
        | small       | third       |
        | 0.123456789 | 0.333333333 |
        """,
    )


def test_date_functions_on_dates_stay_dates() -> None:
    run_case(
        "select day, date_trunc(day, month) as month, date_add(day, interval 1 month) as later, "
        "date_sub(day, interval 1 day) as earlier from days",
        {"days": DAYS},
        expect="""
        | day        | month      | later      | earlier    |
        | 2023-12-31 | 2023-12-01 | 2024-01-31 | 2023-12-30 |
        | 2024-01-01 | 2024-01-01 | 2024-02-01 | 2023-12-31 |
        | 2024-01-07 | 2024-01-01 | 2024-02-07 | 2024-01-06 |
        | 2024-02-29 | 2024-02-01 | 2024-03-29 | 2024-02-28 |
        | 2024-12-30 | 2024-12-01 | 2025-01-30 | 2024-12-29 |
        """,
    )


def test_timestamp_trunc_cuts_in_the_zone_across_daylight_saving() -> None:
    run_case(
        "select id, timestamp_trunc(seen, day, 'Europe/Berlin') as day, "
        "timestamp_trunc(seen, hour, @zone) as hour, "
        "timestamp_trunc(seen, week(monday), 'Europe/Berlin') as week, "
        "date(seen, 'Europe/Berlin') as date from moments",
        {
            "moments": TextTable(
                {"id": "INT64", "seen": "TIMESTAMP"},
                """
                | id | seen                |
                | 1  | 2024-03-30 23:30:00 |
                | 2  | 2024-03-31 22:30:00 |
                | 3  | 2024-10-27 00:30:00 |
                | 4  | 2024-10-27 01:30:00 |
                | 5  | 2024-10-27 23:30:00 |
                """,
            )
        },
        {"zone": "Asia/Kathmandu"},
        expect="""
        | id | day                 | hour                | week                | date       |
        | 1  | 2024-03-30 23:00:00 | 2024-03-30 23:15:00 | 2024-03-24 23:00:00 | 2024-03-31 |
        | 2  | 2024-03-31 22:00:00 | 2024-03-31 22:15:00 | 2024-03-31 22:00:00 | 2024-04-01 |
        | 3  | 2024-10-26 22:00:00 | 2024-10-27 00:15:00 | 2024-10-20 22:00:00 | 2024-10-27 |
        | 4  | 2024-10-26 22:00:00 | 2024-10-27 01:15:00 | 2024-10-20 22:00:00 | 2024-10-27 |
        | 5  | 2024-10-27 23:00:00 | 2024-10-27 23:15:00 | 2024-10-27 23:00:00 | 2024-10-28 |
        """,
    )


def test_weeks_start_on_the_day_that_is_written() -> None:
    run_case(
        "select day, date_trunc(day, week) as sunday, date_trunc(day, week(monday)) as monday, "
        "date_trunc(day, isoweek) as iso, date_trunc(day, isoyear) as iso_year from days",
        {"days": DAYS},
        expect="""
        | day        | sunday     | monday     | iso        | iso_year   |
        | 2023-12-31 | 2023-12-31 | 2023-12-25 | 2023-12-25 | 2023-01-02 |
        | 2024-01-01 | 2023-12-31 | 2024-01-01 | 2024-01-01 | 2024-01-01 |
        | 2024-01-07 | 2024-01-07 | 2024-01-01 | 2024-01-01 | 2024-01-01 |
        | 2024-02-29 | 2024-02-25 | 2024-02-26 | 2024-02-26 | 2024-01-01 |
        | 2024-12-30 | 2024-12-29 | 2024-12-30 | 2024-12-30 | 2024-12-30 |
        """,
    )


def test_date_diff_in_weeks_counts_boundaries() -> None:
    run_case(
        "select day, date_diff(day, date '2024-01-06', week) as sundays, "
        "date_diff(day, date '2024-01-06', week(monday)) as mondays, "
        "date_diff(day, date '2024-01-06', isoweek) as iso from days",
        {"days": DAYS},
        expect="""
        | day        | sundays | mondays | iso |
        | 2023-12-31 | 0       | -1      | -1  |
        | 2024-01-01 | 0       | 0       | 0   |
        | 2024-01-07 | 1       | 0       | 0   |
        | 2024-02-29 | 8       | 8       | 8   |
        | 2024-12-30 | 52      | 52      | 52  |
        """,
    )


def test_days_of_the_week_count_from_one_on_sunday() -> None:
    run_case(
        "select day, extract(dayofweek from day) as weekday from days",
        {"days": DAYS},
        expect="""
        | day        | weekday |
        | 2023-12-31 | 1       |
        | 2024-01-01 | 2       |
        | 2024-01-07 | 1       |
        | 2024-02-29 | 5       |
        | 2024-12-30 | 2       |
        """,
    )


def test_iso_weeks_and_years_across_new_year() -> None:
    run_case(
        "select day, extract(isoweek from day) as week, extract(isoyear from day) as year from days",
        {"days": DAYS},
        expect="""
        | day        | week | year |
        | 2023-12-31 | 52   | 2023 |
        | 2024-01-01 | 1    | 2024 |
        | 2024-01-07 | 1    | 2024 |
        | 2024-02-29 | 9    | 2024 |
        | 2024-12-30 | 1    | 2025 |
        """,
    )


def test_date_of_a_timestamp_by_extract() -> None:
    run_case(
        "select extract(date from timestamp '2024-01-01 23:30:00+00') as utc, "
        "extract(date from timestamp '2024-01-01 23:30:00+00' at time zone 'Europe/Berlin') as berlin",
        expect="""
        | utc        | berlin     |
        | 2024-01-01 | 2024-01-02 |
        """,
    )


def test_aggregates_over_no_rows() -> None:
    run_case(
        "select countif(is_paid) as paid, count(*) as rows_, sum(amount) as total, avg(n) as mean, "
        "max(name) as name, logical_or(is_paid) as any_paid, safe_divide(sum(n), count(*)) as ratio, "
        "array_agg(n order by n) as list, string_agg(name order by name) as text from empty",
        {"empty": EMPTY},
        expect="""
        | paid | rows_ | total | mean | name | any_paid | ratio | list | text |
        | 0    | 0     | NULL  | NULL | NULL | NULL     | NULL  | NULL | NULL |
        """,
    )


def test_countif_in_a_window_of_no_matching_rows() -> None:
    run_case(
        "select n, countif(is_paid) over (order by n rows between 1 preceding and 1 preceding) as before "
        "from t",
        {"t": TextTable(dict(EMPTY.types), "| n | is_paid |\n| 1 | true |\n| 2 | false |\n| 3 | NULL |")},
        expect="""
        | n | before |
        | 1 | 0           |
        | 2 | 1           |
        | 3 | 0           |
        """,
    )


def test_array_agg_with_a_limit() -> None:
    run_case(
        "select array_agg(x order by x desc limit 2) as top, "
        "array_agg(y ignore nulls order by x limit 1)[safe_offset(0)] as first_known, "
        "string_agg(y, '|' order by x desc limit 1) as text from t",
        {
            "t": TextTable(
                {"x": "INT64", "y": "STRING"},
                """
                | x | y    |
                | 1 | NULL |
                | 3 | c    |
                | 2 | b    |
                """,
            )
        },
        expect="""
        | top    | first_known | text |
        | [3, 2] | b           | c    |
        """,
    )


def test_offsets_count_from_zero() -> None:
    run_case(
        "select id, item, place from t cross join unnest(items) as item with offset as place",
        {
            "t": TextTable(
                {"id": "INT64", "items": "ARRAY<STRING>"},
                """
                | id | items  |
                | 1  | [b, a] |
                | 2  | []     |
                | 3  | [c]    |
                """,
            )
        },
        expect="""
        | id | item | place |
        | 1  | b    | 0     |
        | 1  | a    | 1     |
        | 3  | c    | 0     |
        """,
    )


def test_unix_times_are_rounded_down() -> None:
    run_case(
        "select unix_seconds(seen) as s, unix_millis(seen) as ms, unix_micros(seen) as us from t",
        {
            "t": TextTable(
                {"seen": "TIMESTAMP"},
                """
                | seen                       |
                | 1970-01-01 00:00:01.999999 |
                | 1969-12-31 23:59:58.500001 |
                """,
            )
        },
        expect="""
        | s  | ms    | us       |
        | 1  | 1999  | 1999999  |
        | -2 | -1500 | -1499999 |
        """,
    )


def test_parsed_and_counted_times_are_instants() -> None:
    run_case(
        "select parse_timestamp('%Y-%m-%d %H:%M:%S', '2024-07-01 10:00:00') as utc, "
        "parse_timestamp('%Y-%m-%d %H:%M:%S', '2024-07-01 10:00:00', 'Europe/Berlin') as berlin, "
        "parse_timestamp('%Y-%m-%d %H:%M:%S UTC', '2019-10-01 00:00:00 UTC') as rees46",
        expect="""
        | utc                 | berlin              | rees46              |
        | 2024-07-01 10:00:00 | 2024-07-01 08:00:00 | 2019-10-01 00:00:00 |
        """,
    )
    run_case(
        "select timestamp_millis(1719828000123) as millis, timestamp_seconds(-1) as seconds",
        expect="""
        | millis                  | seconds             |
        | 2024-07-01 10:00:00.123 | 1969-12-31 23:59:59 |
        """,
    )


def test_division_by_zero_is_null_with_safe_divide() -> None:
    run_case(
        "select safe_divide(a, b) as ratio, safe_divide(cast(a as numeric), b) as exact from t",
        {
            "t": TextTable(
                {"a": "INT64", "b": "INT64"},
                """
                | a | b    |
                | 1 | 0    |
                | 1 | 8    |
                | 0 | 0    |
                | 2 | 3    |
                | 1 | NULL |
                """,
            )
        },
        expect="""
        | ratio    | exact       |
        | NULL     | NULL        |
        | 0.125    | 0.125       |
        | NULL     | NULL        |
        | 0.666667 | 0.666666667 |
        | NULL     | NULL        |
        """,
    )


def test_division_by_zero_with_a_slash_is_an_error_on_both_engines(googlesql: GoogleSql) -> None:
    sql = "select 1 / x as y from (select 0 as x)"
    with pytest.raises(GoogleSqlError, match="division by zero"):
        googlesql.run(sql, {})
    with pytest.raises(Exception, match="division by zero"):
        run_case(sql, oracle=False)


def test_numeric_to_string_has_no_trailing_zeros() -> None:
    run_case(
        "select cast(x as string) as text from t",
        {"t": TextTable({"x": "NUMERIC"}, "| x |\n| 118.11 |\n| 100 |\n| -0.5 |\n| 0 |\n| 10.000000001 |")},
        expect="| text |\n| 118.11 |\n| 100 |\n| -0.5 |\n| 0 |\n| 10.000000001 |",
    )


def test_comparing_a_number_with_a_text_is_refused_by_the_type_check() -> None:
    with pytest.raises(GoogleSqlError, match="No matching signature"):
        run_case("select 1 = '1' as x")


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("format_timestamp('%F', seen, 'Europe/Berlin')", "text-format"),
        ("format('%d', n)", "text-format"),
        ("instr(s, 'a', 1, 2)", "instr"),
        (r"s like 'a\\_%'", "like-escape"),
        ("substr(s, 0)", "substr-zero"),
        ("n / m", "division"),
        ("date_diff(a, b, week)", "date-diff-week"),
        ("date_trunc(a, week)", "week"),
        ("max_by(a, b)", "not-bigquery"),
    ],
)
def test_what_is_banned_is_found_by_lint(expression: str, rule: str) -> None:
    assert rule in {finding.rule for finding in lint(f"select {expression} as x from t")}
