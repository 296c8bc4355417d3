"""Compare a mart with what was expected, cell by cell, with a report that a person can act on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

SHOWN = 5  # rows and cells named in the report, per column


def assert_same(
    mart: pd.DataFrame,
    expected: pd.DataFrame,
    key: list[str],
    money: Collection[str] = frozenset(),
    float_tolerance: float = 1e-9,
) -> None:
    """Fail with a report of every difference between `mart` and `expected`.

    Rows are matched by `key`. Every column of `expected` must be in `mart`, which may have more.
    NULL equals NULL; `money` is compared exactly, other numbers within `float_tolerance` (relative, and
    absolute below 1), everything else must be equal.
    """
    report = differences(mart, expected, key, money, float_tolerance)
    assert not report, "\n" + "\n".join(report)


def differences(
    mart: pd.DataFrame,
    expected: pd.DataFrame,
    key: list[str],
    money: Collection[str] = frozenset(),
    float_tolerance: float = 1e-9,
) -> list[str]:
    """The lines of the report; empty when the frames are the same."""
    lacking = [name for name in expected.columns if name not in mart.columns]
    report = [f"columns that the mart lacks: {', '.join(lacking)}"] if lacking else []
    if set(key) & set(lacking):
        return report

    keys = {"mart": _keys(mart, key), "expected": _keys(expected, key)}
    for side, index in keys.items():
        repeated = index[index.duplicated()].unique()
        if len(repeated):
            report.append(f"{len(repeated)} keys repeat in {side}: {_some(repeated)}")
    if report and any(index.has_duplicates for index in keys.values()):
        return report
    missing, extra = keys["expected"].difference(keys["mart"]), keys["mart"].difference(keys["expected"])
    if len(missing):
        report.append(f"{len(missing)} rows are missing from the mart: {_some(missing)}")
    if len(extra):
        report.append(f"{len(extra)} rows of the mart are not expected: {_some(extra)}")

    both = keys["expected"].intersection(keys["mart"])
    left = mart.set_axis(keys["mart"]).loc[both]
    right = expected.set_axis(keys["expected"]).loc[both]
    for name in expected.columns:
        if name in key or name in lacking:
            continue
        unlike = _unlike(left[name], right[name], name in money, float_tolerance)
        if unlike.any():
            cells = [
                f"    {_key_text(row)}: mart {left.at[row, name]!r}, expected {right.at[row, name]!r}"
                for row in both[unlike][:SHOWN]
            ]
            report.append(f"{name} differs in {int(unlike.sum())} of {len(both)} rows:")
            report.extend(cells)
    return report


def _unlike(mart: pd.Series, expected: pd.Series, is_money: bool, tolerance: float) -> np.ndarray:
    """Where the two columns, in the same order of rows, differ."""
    left_null, right_null = mart.isna().to_numpy(), expected.isna().to_numpy()
    unlike = left_null != right_null
    both = ~left_null & ~right_null
    left, right = mart[both], expected[both]
    if is_money:
        kinds = {type(value) for value in left}
        assert kinds <= {Decimal}, f"{mart.name} is money, but the mart's column holds {kinds}"
        unlike[both] = np.array([a != b for a, b in zip(left, right, strict=True)], dtype=bool)
    elif _is_number(right):
        a, b = left.astype("float64").to_numpy(), right.astype("float64").to_numpy()
        unlike[both] = ~(np.abs(a - b) <= tolerance * np.maximum(1.0, np.abs(b)))
    else:
        unlike[both] = _comparable(left).to_numpy() != _comparable(right).to_numpy()
    return unlike


def _is_number(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values):
        return False
    return pd.api.types.is_numeric_dtype(values) or any(isinstance(value, Decimal) for value in values[:1])


def _comparable(values: pd.Series) -> pd.Series:
    """Times as microseconds of UTC, dates as microseconds of midnight, everything else as it is."""
    sample = values.iloc[0] if len(values) else None
    if isinstance(sample, dt.date):  # a datetime and a pandas Timestamp are dates too
        times = pd.to_datetime(values)
        if times.dt.tz is not None:
            times = times.dt.tz_convert("UTC").dt.tz_localize(None)
        return times.astype("datetime64[us]").astype("int64")
    return values.astype(object)


def _keys(frame: pd.DataFrame, key: list[str]) -> pd.Index:
    columns = []
    for name in key:
        values = frame[name]
        sample = values.dropna().iloc[0] if values.notna().any() else None
        if isinstance(sample, dt.datetime) and sample.time() == dt.time() and sample.tzinfo is None:
            values = pd.to_datetime(values).dt.strftime("%Y-%m-%d")
        columns.append(values.astype(object).where(values.notna(), None).map(str))
    return columns[0].pipe(pd.Index) if len(key) == 1 else pd.MultiIndex.from_arrays(columns)


def _key_text(row: Any) -> str:
    return " · ".join(map(str, row)) if isinstance(row, tuple) else str(row)


def _some(rows: pd.Index) -> str:
    named = "; ".join(_key_text(row) for row in rows[:SHOWN])
    return named + (" …" if len(rows) > SHOWN else "")
