"""Many expressions over one small table of edge cases, compared on both engines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import duckdb

from analysis_lib.errors import ShopbookError
from tests.googlesql.cases import Rows, run_case
from tests.googlesql.engine import GoogleSqlError

UTC = dt.UTC
VALUES = {
    "berlin": "Europe/Berlin",
    "kathmandu": "Asia/Kathmandu",
    "new_york": "America/New_York",
    "three": 3,
    "noon": dt.datetime(2024, 1, 1, 12, tzinfo=UTC),
}
"""What the expressions may write as `@name`."""

EDGES = Rows(
    {
        "n": "NUMERIC",
        "m": "NUMERIC",
        "i": "INT64",
        "j": "INT64",
        "f": "FLOAT64",
        "ts": "TIMESTAMP",
        "ts2": "TIMESTAMP",
        "d": "DATE",
        "d2": "DATE",
        "s": "STRING",
        "b": "BOOL",
        "a": "ARRAY<INT64>",
        "dtm": "DATETIME",
    },
    [
        (
            Decimal("1.5"),
            Decimal(3),
            7,
            2,
            2.5,
            dt.datetime(2024, 1, 1, 0, 0, 0, 900000, UTC),  # sub-second gap of 1.2 s
            dt.datetime(2024, 1, 1, 0, 0, 2, 100000, UTC),
            dt.date(2024, 1, 31),  # the end of a month before a shorter one
            dt.date(2023, 12, 31),
            "a,b",
            True,
            [3, 1, 2],
            dt.datetime(2024, 1, 1, 0, 0, 0, 900000),
        ),
        (
            Decimal("-1000000000.123456789"),
            Decimal("1000000.000000001"),
            -7,
            2,
            -2.5,
            dt.datetime(1969, 12, 31, 23, 59, 58, 500000, UTC),  # before 1970, with a fraction
            dt.datetime(2024, 3, 31, 1, 30, tzinfo=UTC),  # Berlin has just skipped an hour
            dt.date(2020, 12, 31),  # ISO week 53
            dt.date(2021, 1, 3),
            "  x\t",
            False,
            [],
            dt.datetime(1969, 12, 31, 23, 59, 58, 500000),
        ),
        (None, None, None, None, None, None, None, None, None, None, None, [], None),
        (
            Decimal("0.1"),
            Decimal("0.000000001"),
            0,
            0,
            0.1,
            dt.datetime(2024, 10, 27, 0, 30, tzinfo=UTC),  # Berlin's repeated hour, first and second
            dt.datetime(2024, 10, 27, 1, 30, 0, 123456, UTC),
            dt.date(2018, 1, 7),  # a Sunday in ISO week 1
            dt.date(2018, 12, 31),  # a Monday in ISO week 1 of the next year
            "",
            None,
            [9],
            dt.datetime(2024, 2, 29, 12),
        ),
        (
            Decimal("2.5"),
            Decimal(7),
            9007199254740993,  # not a FLOAT64
            3,
            1e300,
            dt.datetime(2024, 7, 1, 22, 15, 30, 1, UTC),  # the next day in Berlin
            dt.datetime(2024, 7, 2, 22, 15, 30, tzinfo=UTC),
            dt.date(2024, 2, 29),
            dt.date(2023, 2, 28),
            "abc/p-12/x",
            True,
            [5, 5],
            dt.datetime(2024, 7, 1, 22, 15, 30, 1),
        ),
    ],
)


def lines(text: str) -> list[str]:
    """The expressions of a text, one a line; blank lines and # comments are left out."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


# What a case can end with when the engines differ or one of them refuses it.
FAILURES = (AssertionError, ShopbookError, GoogleSqlError, duckdb.Error)


def assert_same(expressions: Sequence[str]) -> None:
    """Every expression gives the same values and types on both engines.

    They run as the columns of one query, which is fast; only when that differs, one by one, to name the
    culprit.
    """
    columns = ",\n".join(f"{expression} as c{place}" for place, expression in enumerate(expressions))
    try:
        run_case(f"select {columns} from t", {"t": EDGES}, VALUES)
    except FAILURES:
        for expression in expressions:
            try:
                run_case(f"select {expression} as o from t", {"t": EDGES}, VALUES)
            except FAILURES as error:
                raise AssertionError(f"{expression}: {error}") from error
        raise


def assert_same_query(sql: str) -> None:
    """A query on the table gives the same rows on both engines."""
    run_case(sql, {"t": EDGES}, VALUES)
