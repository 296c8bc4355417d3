"""Small tables between the text of a case and the DataFrames of a Python model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from tests.googlesql.text_tables import Rows, TextTable

_PLAIN: dict[str, Callable[[Any], Any]] = {
    "INT64": int,
    "FLOAT64": float,
    "BOOL": bool,
    "NUMERIC": lambda value: Decimal(str(value)),
}


def to_frame(schema: Mapping[str, str], rows: str | Rows | None) -> pd.DataFrame:
    """A table as a Python model gets it: money as floats, ordered by all its columns."""
    table = rows if isinstance(rows, Rows) else TextTable(schema, rows or "")
    frame = pd.DataFrame(table.rows, columns=list(table.types), dtype=object)
    for name, kind in schema.items():
        if kind in ("NUMERIC", "FLOAT64"):
            frame[name] = frame[name].astype("float64")
        elif kind == "INT64" and frame[name].notna().all():
            frame[name] = frame[name].astype("int64")
    return frame.sort_values(list(schema), ignore_index=True)


def from_frame(schema: Mapping[str, str], frame: pd.DataFrame) -> Rows:
    """What a Python model or a rule table holds, as rows of plain values."""
    converters = [_PLAIN.get(kind, lambda same: same) for kind in schema.values()]
    rows = [
        tuple(
            None if pd.isna(value) else convert(value) for convert, value in zip(converters, row, strict=True)
        )
        for row in frame[list(schema)].astype(object).itertuples(index=False)
    ]
    return Rows(schema, rows)
