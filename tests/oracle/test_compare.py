"""The comparison itself must see every kind of difference, or the tests that use it prove nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from .compare import assert_same, differences

DAYS = [dt.date(2024, 4, 1), dt.date(2024, 4, 2)]


def frame(**changed: list[object]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "day": DAYS,
        "segment": ["a", None],
        "orders": [1, 2],
        "revenue": [Decimal("1.10"), Decimal("0")],
        "rate": [0.5, None],
        "started_at": [pd.Timestamp("2024-04-01 10:00", tz="UTC"), None],
        "is_new": [True, None],
    }
    return pd.DataFrame({**columns, **changed})


def check(mart: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert_same(mart, expected, ["day"], {"revenue"})


def test_equal_frames_pass_whatever_the_order_of_rows_and_the_type_of_column():
    mart = frame(day=pd.to_datetime(DAYS), revenue=[Decimal("1.100"), Decimal("0.00")], orders=[1.0, 2.0])
    check(mart.iloc[::-1].assign(more="x"), frame())
    check(frame(started_at=[pd.Timestamp("2024-04-01 12:00", tz="Europe/Berlin"), None]), frame())


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("segment", ["a", "b"], r"segment differs in 1 of 2 rows:\n +2024-04-02: mart 'b', expected"),
        ("orders", [1, 3], r"2024-04-02: mart .*3.*, expected .*2"),
        ("revenue", [Decimal("1.100000001"), Decimal("0")], "revenue differs"),
        ("rate", [0.500000002, None], "rate differs"),
        ("rate", [0.5, 0.0], "rate differs"),
        ("rate", [None, None], "rate differs"),
        ("started_at", [pd.Timestamp("2024-04-01 10:00:00.000001", tz="UTC"), None], "started_at differs"),
        ("is_new", [False, None], "is_new differs"),
        ("day", [DAYS[0], DAYS[0]], "keys repeat in mart: 2024-04-01"),
        ("day", [DAYS[0], dt.date(2024, 4, 3)], "missing from the mart: 2024-04-02"),
        ("day", [DAYS[0], dt.date(2024, 4, 3)], "not expected: 2024-04-03"),
    ],
)
def test_a_difference_is_named_with_its_row_and_both_values(column, values, said):
    with pytest.raises(AssertionError, match=said):
        check(frame(**{column: values}), frame())


def test_a_missing_column_is_named_and_a_tiny_float_difference_is_allowed():
    assert differences(frame().drop(columns="rate"), frame(), ["day"], {"revenue"}) == [
        "columns that the mart lacks: rate"
    ]
    check(frame(rate=[0.5 + 1e-12, None]), frame())


def test_money_as_binary_floating_point_is_refused():
    with pytest.raises(AssertionError, match="is money"):
        check(frame(revenue=[1.1, 0.0]), frame())
