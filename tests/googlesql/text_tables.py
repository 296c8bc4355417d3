"""Small tables as text: what an analyst can read in a test.

    | user_id | event_time          | amount |
    | u1      | 2024-01-01 10:00:00 |   9.99 |
    | u2      | 2024-01-01 10:30:00 | NULL   |

An empty cell or NULL is NULL, '' the empty text; quotes keep blanks and bars. Instants are in UTC unless an
offset is written. Arrays are written [a, b].
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class TextTable:
    """A table written as text: the types of its columns, and the columns that matter with their rows.

    Columns that the text leaves out are NULL in every row.
    """

    types: Mapping[str, str]
    text: str = ""

    @property
    def rows(self) -> list[Row]:
        """The rows as Python values, in the order of `types`."""
        names, rows = read_text(self.text, self.types)
        places = {name: place for place, name in enumerate(names)}
        return [tuple(row[places[name]] if name in places else None for name in self.types) for row in rows]


@dataclass(frozen=True)
class Rows:
    """A table given as Python values, in the order of `types`; for generated data."""

    types: Mapping[str, str]
    rows: Sequence[Row]


def read_text(text: str, types: Mapping[str, str]) -> tuple[list[str], list[Row]]:
    """The header and the rows of a text table, each cell in its column's type."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return [], []
    header, *body = [_cells(line) for line in lines]
    if unknown := [name for name in header if name not in types]:
        raise ValueError(f"the text table names {unknown}, but the columns are {list(types)}")
    rows = []
    for line, cells in zip(lines[1:], body, strict=True):
        if re.fullmatch(r"[|:\- ]+", line) and "-" in line and all(set(cell) <= set(":-") for cell in cells):
            continue
        if len(cells) != len(header):
            raise ValueError(f"{len(cells)} cells under {len(header)} columns: {line}")
        rows.append(tuple(read_value(cell, types[name]) for cell, name in zip(cells, header, strict=True)))
    return header, rows


def _cells(line: str) -> list[str]:
    if not (line.startswith("|") and line.endswith("|")):
        raise ValueError(f"a line of a text table starts and ends with a bar: {line}")
    return [cell.strip() for cell in re.findall(r"((?:'[^']*'|[^|'])*)\|", line[1:])]


def read_value(cell: str, kind: str) -> Any:
    """One cell in a GoogleSQL type."""
    if cell in ("", "NULL"):
        return None
    kind = kind.upper()
    if kind.startswith("ARRAY<"):
        items = cell.strip("[]")
        return (
            [read_value(item.strip(), kind[len("ARRAY<") : -1]) for item in items.split(",")] if items else []
        )
    if kind == "BOOL":
        return {"true": True, "false": False}[cell.lower()]
    if kind == "TIMESTAMP":
        stamp = dt.datetime.fromisoformat(cell)
        return stamp.replace(tzinfo=dt.UTC) if stamp.tzinfo is None else stamp.astimezone(dt.UTC)
    readers = {
        "INT64": lambda text: int(text.replace("_", "")),
        "FLOAT64": float,
        "NUMERIC": Decimal,
        "DATE": dt.date.fromisoformat,
        "DATETIME": dt.datetime.fromisoformat,
    }
    if kind in readers:
        return readers[kind](cell)
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def write_text(names: Sequence[str], rows: Sequence[Row]) -> str:
    """Rows as a text table, for the failure message."""
    cells = [list(names), *([_shown(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    )


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return "''" if value == "" else str(value)
