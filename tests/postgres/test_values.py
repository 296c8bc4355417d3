"""Specification of values: what PostgreSQL holds arrives as it is, or its row is rejected with the reason."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from analysis_lib.errors import BadDataError
from tests.load.shop import Shop, assert_row_equation
from tests.postgres.conftest import Pull
from tests.postgres.server import OWNER, Database

NOON = "timestamptz '2025-03-01 12:00+00'"


# Five columns of text are filled at once, because a table for each type would take long.
TEXTS = [
    {
        "user_id": ("bigint", "9223372036854775807", "9223372036854775807"),
        "device": ("numeric", "123456789012345678901234567890", "123456789012345678901234567890"),
        "country": ("uuid", "'A0EEBC999C0B4EF8BB6D6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        "product_id": ("double precision", "1e15", "1e+15"),
        "session_id": ("text", "' O''Brien\t\u00e9\U0001f600 '", " O'Brien\t\u00e9\U0001f600 "),
    },
    {
        "user_id": ("varchar(9)", "'007'", "007"),
        "device": ("jsonb", '\'{"b": 1, "a": [1.50]}\'', '{"a": [1.50], "b": 1}'),
        "country": ("boolean", "true", "true"),
        "product_id": ("inet", "'10.0.0.1'", "10.0.0.1/32"),
        "session_id": ("interval", "'1 day 02:00'", "1 day 02:00:00"),
    },
    {
        "user_id": ("text", "null", None),
        "device": ("text", "''", None),
        "country": ("float4", "0.1", "0.1"),
        "product_id": ("date", "'infinity'", "infinity"),
        "session_id": ("timestamptz", "'-infinity'", "-infinity"),
    },
]


@pytest.mark.parametrize("columns", TEXTS)
def test_any_type_becomes_the_text_that_postgresql_gives_it(
    database: Database, shop: Shop, pull: Pull, columns: dict[str, tuple[str, str, str | None]]
) -> None:
    types = {name: type_ for name, (type_, _, _) in columns.items()}
    values = [value for _, value, _ in columns.values()]
    database.run(
        "create table events_raw (event_id bigint, event_type text, timestamp timestamptz, "
        + ", ".join(f"{name} {type_}" for name, type_ in types.items()) + ")",
        f"insert into events_raw values (1, 'view', {NOON}, {', '.join(values)})",
    )  # fmt: skip
    pull()
    assert shop.values("events", *columns) == [tuple(expected for _, _, expected in columns.values())]


def test_an_enumeration_and_a_domain_are_text(database: Database, shop: Shop, pull: Pull) -> None:
    database.run("create type kind as enum ('view', 'purchase')", "create domain place as text")
    database.make_events(f"1, 2, 'purchase', {NOON}, null, 'Chad'", event_type="kind", country="place")
    pull()
    assert shop.values("events", "event_type", "country") == [("purchase", "Chad")]


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("timestamptz", "'2025-03-30 01:59:59.123456+00'", "2025-03-30 01:59:59.123456"),
        ("timestamptz", "'2025-03-30 03:00+02'", "2025-03-30 01:00:00"),
        ("timestamp", "'2025-03-30 02:30:00.5'", "2025-03-30 02:30:00.5"),
        ("date", "'2025-03-30'", "2025-03-30 00:00:00"),
        ("timestamptz", "'1990-01-01 00:00+00'", "1990-01-01 00:00:00"),
        ("timestamptz", "'2099-12-31 23:59:59.999999+00'", "2099-12-31 23:59:59.999999"),
        ("text", "'2025-03-30T01:00:00Z'", "2025-03-30 01:00:00"),
        ("bigint", "1743296400", "2025-03-30 01:00:00"),
    ],
)
def test_times_keep_their_instant_to_the_microsecond(
    database: Database, shop: Shop, pull: Pull, type_: str, value: str, expected: str
) -> None:
    database.run(f"alter role {OWNER} set timezone to 'America/New_York'")
    try:
        database.make_events(f"1, 2, 'view', {value}", timestamp=type_)
        pull()
    finally:
        database.run(f"alter role {OWNER} reset timezone")
    assert shop.values("events", "timestamp") == [dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC)]


def test_a_time_without_a_zone_is_utc_and_the_load_says_so(database: Database, pull: Pull) -> None:
    database.make_events("1, 2, 'view', '2025-03-30 02:30'", timestamp="timestamp")
    assert "  times without a zone are read as UTC: timestamp" in pull().lines()


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        (
            "timestamptz",
            {
                "'infinity'": 'timestamp: "infinity" is not a time stamp',
                "'-infinity'": 'timestamp: "-infinity" is not a time stamp',
                "'1989-12-31 23:59:59+00'": "is not between 1990 and 2099",
                "'2100-01-01 00:00+00'": "is not between 1990 and 2099",
                "'20000-01-01 00:00+00'": "is not a time stamp",
                "'0044-03-15 00:00+00 BC'": "is not a time stamp",
                "null": "missing timestamp",
            },
        ),
        ("timestamp", {"'infinity'": 'timestamp: "infinity" is not a time stamp'}),
        ("date", {"'-infinity'": 'timestamp: "-infinity" is not a time stamp'}),
    ],
)
def test_a_time_that_cannot_be_is_rejected_with_the_row_as_read(
    database: Database, shop: Shop, pull: Pull, type_: str, values: dict[str, str]
) -> None:
    good = [f"{i}, 2, 'view', '2025-03-01', null" for i in range(100, 120)]
    bad = [f"{i}, 8, 'cart', {value}, 'pc'" for i, value in enumerate(values)]
    database.make_events(*good, *bad, timestamp=type_)
    pull()
    found = {
        json.loads(row)["event_id"]: (reason, json.loads(row)["device"])
        for reason, row in shop.rejects("reason", "row_as_read")
    }
    for i, expected in enumerate(values.values()):
        reason, device = found[str(i)]
        assert expected in reason
        assert device == "pc"
    assert len(found) == len(values)
    assert_row_equation(shop, ["events"])


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("numeric(12,2)", "19.90", Decimal("19.9")),
        ("numeric", "12345678901234567890.123456789", Decimal("12345678901234567890.123456789")),
        ("double precision", "8.989999771118164", Decimal("8.989999771")),
        ("real", "0.1", Decimal("0.1")),
        ("integer", "20", Decimal(20)),
        ("numeric", "null", None),
        ("numeric", "'NaN'", None),
        ("money", "1234.5", Decimal("1234.5")),
    ],
)
def test_amounts_are_exact(
    database: Database, shop: Shop, pull: Pull, type_: str, value: str, expected: Decimal | None
) -> None:
    database.make_events(f"1, 2, 'purchase', {NOON}, null, null, {value}", amount=type_)
    summary = pull()
    assert shop.values("events", "amount") == [expected]
    assert ("  NaN is read as no value: amount" in summary.lines()) is ("NaN" in value)


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("numeric", "'Infinity'", '"Infinity" is not an amount'),
        ("double precision", "'-Infinity'", '"-Infinity" is not an amount'),
        ("numeric", "1e40", "is not an amount"),
        ("numeric", "-1", "negative money"),
    ],
)
def test_an_amount_that_is_none_is_rejected(
    database: Database, shop: Shop, pull: Pull, type_: str, value: str, reason: str
) -> None:
    rows = [f"{i}, 2, 'view', {NOON}" for i in range(2, 5)]
    database.make_events(f"1, 2, 'purchase', {NOON}, null, null, {value}", amount=type_)
    database.run(*(f"insert into events_raw values ({row})" for row in rows))
    pull()
    assert reason in shop.rejects("reason")[0]
    assert_row_equation(shop, ["events"])


@pytest.mark.parametrize("type_", ["text[]", "bytea"])
def test_a_column_of_lists_or_bytes_is_refused(database: Database, pull: Pull, type_: str) -> None:
    database.make_events(country=type_)
    database.run(f"insert into events_raw (event_id, timestamp) values (1, {NOON})")
    with pytest.raises(BadDataError, match=r"country: it holds .* and not text"):
        pull()


def test_columns_that_the_source_does_not_know_are_not_read_and_named(database: Database, pull: Pull) -> None:
    database.make_events(f"1, 2, 'view', {NOON}, null, null, null, '{{a,b}}'", tags="text[]")
    [outcome] = pull().files
    assert outcome.decisions["ignored_columns"] == ["tags"]
    assert outcome.decisions["absent_columns"] == ["product_id", "session_id"]


def test_a_database_of_another_encoding_gives_the_same_text(server, shop: Shop) -> None:
    from analysis_lib.sources.postgres.load import Wanted, load_from_postgres

    everything = Database(server, "postgres")
    everything.run("create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0")
    try:
        latin = Database(server, "latin")
        latin.make_events(f"1, 2, 'view', {NOON}, null, 'C' || chr(244) || 'te d''Ivoire'")
        load_from_postgres(shop.connection, "product_events", latin.address, Wanted())
        assert shop.values("events", "country") == ["C\u00f4te d'Ivoire"]
    finally:
        everything.run("drop database latin with (force)")


def test_most_rows_without_a_time_stop_the_load_and_a_few_do_not(
    database: Database, shop: Shop, pull: Pull
) -> None:
    database.make_events(*(f"{i}, 2, 'view', null" for i in range(20)))
    database.add(*(f"{i}, 2, 'view', {NOON}" for i in range(20, 30)))
    with pytest.raises(BadDataError, match="20 of 30 rows would be rejected"):
        pull()
    database.add(*(f"{i}, 2, 'view', {NOON}" for i in range(30, 60)))
    pull()
    assert shop.counts("events") == (60, 40, 20, 0, 0)


def test_a_month_of_one_stray_row_does_not_stop_the_load(database: Database, shop: Shop, pull: Pull) -> None:
    database.make_events("1, 2, null, '1999-05-05'", f"2, 2, 'view', {NOON}")
    pull()
    assert shop.rejects("file_name", "reason") == [("public.events_raw 1999-05", "missing event_type")]
    assert_row_equation(shop, ["events"])
