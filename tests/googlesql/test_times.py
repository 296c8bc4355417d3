"""Dates, instants and zones as BigQuery computes them."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.googlesql.cases import Rows, run_case, run_on_duckdb
from tests.googlesql.expressions import assert_same, lines

ZONE_NAMES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
]


def test_elapsed_time() -> None:
    units = ["microsecond", "millisecond", "second", "minute", "hour", "day"]
    assert_same(
        [f"timestamp_diff({a}, {b}, {unit})" for unit in units for a, b in (("ts2", "ts"), ("ts", "ts2"))]
    )


def test_boundaries_between_dates() -> None:
    units = ["day", "week", "week(monday)", "week(thursday)", "isoweek", "month", "quarter", "year"]
    assert_same([f"date_diff({a}, {b}, {unit})" for unit in units for a, b in (("d2", "d"), ("d", "d2"))])
    assert_same(["datetime_diff(dtm, datetime(d), hour)", "datetime_diff(dtm, datetime(d), day)"])


def test_truncation_of_dates_and_wall_clocks() -> None:
    units = [
        "day",
        "week",
        "week(monday)",
        "week(saturday)",
        "isoweek",
        "month",
        "quarter",
        "year",
        "isoyear",
    ]
    assert_same([f"date_trunc({day}, {unit})" for unit in units for day in ("d", "d2")])
    assert_same(
        [f"datetime_trunc(dtm, {unit})" for unit in ("second", "hour", "day", "week(monday)", "month")]
    )


def test_truncation_of_instants_in_zones() -> None:
    units = ["second", "minute", "hour", "day", "week(monday)", "week", "isoweek", "month", "quarter", "year"]
    for zone in ("@berlin", "@kathmandu", "@new_york", "'UTC'"):
        assert_same([f"timestamp_trunc({ts}, {unit}, {zone})" for unit in units for ts in ("ts", "ts2")])
    assert_same([f"timestamp_trunc(ts, {unit})" for unit in units])


def test_truncation_where_a_zone_skips_midnight_or_repeats_an_hour() -> None:
    assert_same(
        lines("""
        timestamp_trunc(timestamp '2018-11-04 12:00:00+00', day, 'America/Sao_Paulo')
        timestamp_trunc(timestamp '2024-11-03 05:30:00+00', hour, 'America/New_York')
        timestamp_trunc(timestamp '2024-11-03 06:30:00+00', hour, 'America/New_York')
        timestamp_trunc(timestamp '2011-12-31 12:00:00+00', day, 'Pacific/Apia')
        """)
    )


def test_shifts_of_dates_and_instants() -> None:
    assert_same(
        lines("""
        date_add(d, interval 1 day)
        date_add(d, interval 1 month)
        date_sub(d, interval 1 year)
        date_add(d, interval 2 week)
        date_add(d, interval 1 quarter)
        date_add(d, interval j day)
        date_sub(d, interval @three - 1 day)
        date_add(d, interval -1 day)
        d + 1
        d - 1
        timestamp_add(ts, interval 30 minute)
        timestamp_add(ts, interval j hour)
        timestamp_sub(ts, interval j microsecond)
        timestamp_add(ts, interval 1 day)
        timestamp_add(ts, interval 1500 millisecond)
        ts + interval 1 day
        datetime_add(dtm, interval 1 month)
        datetime_sub(dtm, interval 90 minute)
        """)
    )


def test_parts_of_dates_and_instants() -> None:
    parts = [
        "year",
        "quarter",
        "month",
        "day",
        "dayofweek",
        "dayofyear",
        "isoweek",
        "isoyear",
        "week",
        "week(monday)",
        "week(wednesday)",
    ]
    assert_same([f"extract({part} from {day})" for part in parts for day in ("d", "d2", "ts")])
    small = ["hour", "minute", "second", "millisecond", "microsecond", "date"]
    assert_same([f"extract({part} from ts2)" for part in small])
    assert_same([f"extract({part} from ts2 at time zone @kathmandu)" for part in [*small, "dayofweek"]])


def test_conversions() -> None:
    assert_same(
        lines("""
        date(ts, @berlin)
        date(ts2, @kathmandu)
        date(ts, 'UTC')
        date(ts)
        date(dtm)
        date(2024, 2, j + 1)
        timestamp(d)
        timestamp(d, @berlin)
        timestamp(dtm, @new_york)
        timestamp('2024-01-01 10:00:00')
        timestamp '2024-01-01 10:00:00+02'
        datetime(ts)
        datetime(ts, @berlin)
        datetime(d)
        datetime(2024, 1, 2, 3, 4, 5)
        cast(ts as date)
        cast(d as timestamp)
        cast(ts as datetime)
        cast(dtm as timestamp)
        time(ts)
        unix_seconds(ts)
        unix_millis(ts)
        unix_micros(ts)
        unix_date(d)
        date_from_unix_date(j)
        timestamp_seconds(j)
        timestamp_millis(j)
        timestamp_micros(j)
        last_day(d)
        last_day(d, quarter)
        last_day(d, week(monday))
        """)
    )


def test_parsing_and_formatting() -> None:
    assert_same(
        lines("""
        parse_date('%Y-%m-%d', '2024-01-31')
        parse_date('%d/%m/%Y', '31/01/2024')
        parse_date('%Y%m%d', '20240131')
        safe.parse_date('%Y-%m-%d', '2024-02-30')
        safe.parse_date('%Y-%m-%d', s)
        parse_timestamp('%Y-%m-%d %H:%M:%E*S', '2024-01-31 10:00:00.25')
        parse_timestamp('%Y-%m-%d %H:%M:%E*S', '2024-01-31 10:00:00')
        safe.parse_timestamp('%Y-%m-%d %H:%M:%S', s)
        parse_datetime('%Y-%m-%d %H:%M:%S', '2024-01-31 10:00:00')
        format_date('%Y-%m-%d', d)
        format_date('%F', d)
        format_date('%b %Y', d)
        format_date('%B %d, %Y', d)
        format_date('%A %a', d)
        format_date('%G-W%V', d2)
        format_date('%Y-Q%Q', d)
        format_date('%e %j %u %w %U %W 100%%', d)
        format_timestamp('%Y-%m-%d %H:%M:%S', ts, @berlin)
        format_datetime('%H:%M', dtm)
        """)
    )


def test_calendars() -> None:
    for start, end, step in (
        ("2024-02-27", "2024-03-02", "1 day"),
        ("2024-01-31", "2024-06-02", "1 month"),
        ("2024-01-10", "2024-01-05", "-2 day"),
        ("2024-01-10", "2024-01-05", "1 day"),
        ("2024-01-01", "2024-02-01", "1 week"),
    ):
        run_case(
            "select day from unnest(generate_date_array("
            f"date '{start}', date '{end}', interval {step})) as day",
            ordered=step != "-2 day",
        )


moments = st.datetimes(min_value=dt.datetime(1950, 1, 1), max_value=dt.datetime(2037, 1, 1))


@given(st.lists(moments, min_size=1, max_size=30), st.sampled_from(ZONE_NAMES))
@settings(max_examples=20, deadline=None)
def test_the_day_in_a_zone_is_that_of_its_wall_clock(times: list[dt.datetime], zone: str) -> None:
    instants = [time.replace(tzinfo=dt.UTC) for time in times]
    result = run_on_duckdb(
        "select ts, date(ts, @zone) as day, extract(hour from ts at time zone @zone) as hour from t",
        {"t": {"ts": "TIMESTAMP"}},
        {"t": [(instant,) for instant in instants]},
        {"zone": zone},
    )
    for instant, day, hour in result.rows:
        clock = instant.astimezone(zoneinfo.ZoneInfo(zone))
        assert (day, hour) == (clock.date(), clock.hour)


@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=20), st.sampled_from(ZONE_NAMES))
@settings(max_examples=8, deadline=None)
def test_both_engines_agree_on_generated_instants(
    pairs: list[tuple[dt.datetime, dt.datetime]], zone: str
) -> None:
    rows = [(a.replace(tzinfo=dt.UTC), b.replace(tzinfo=dt.UTC)) for a, b in pairs]
    run_case(
        "select timestamp_diff(a, b, second) as s, timestamp_diff(a, b, day) as d, date(a, @zone) as day, "
        "timestamp_trunc(a, hour, @zone) as hour, date_trunc(date(a, @zone), week(monday)) as week, "
        "unix_seconds(a) as unix, extract(dayofweek from a at time zone @zone) as weekday from t",
        {"t": Rows({"a": "TIMESTAMP", "b": "TIMESTAMP"}, rows)},
        {"zone": zone},
    )
