"""A table's rows in parts: its months, each with a number for its content that the server works out."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from analysis_lib.sources.convert import EARLIEST, LATEST
from analysis_lib.sources.postgres.relation import Columns, Relation
from analysis_lib.sources.postgres.snapshot import Snapshot
from analysis_lib.sources.read import identifier

# Rows whose time is missing, infinite or beyond what a shop's can be; and tables without a column of times.
UNDATED, WHOLE = "undated", "whole"


@dataclass(frozen=True)
class Part:
    """The rows of a month (`2026-06`), those without one, or all: how many, how large, and what they hold."""

    key: str
    rows: int
    bytes: int
    content: str

    def sha256(self, columns: Columns) -> str:
        """Changes when any value, column or type does."""
        told = [list(columns.head.columns), list(columns.types), self.rows, self.content]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def bounds(key: str) -> tuple[str, str]:
    """The first day of a month, and that of the next.

    Examples
    --------
    >>> bounds("2025-12")
    ('2025-12-01', '2026-01-01')
    """
    first = dt.date.fromisoformat(f"{key}-01")
    return first.isoformat(), first_of(first + dt.timedelta(days=31)).isoformat()


def first_of(day: dt.date) -> dt.date:
    """The first day of a day's month."""
    return day.replace(day=1)


def parts_of(
    snapshot: Snapshot, relation: Relation, columns: Columns, since: dt.date | None = None
) -> list[Part]:
    """The parts of a relation, from the month of `since` on; rows without a month are always among them.

    One pass on the server, of which a line a month travels. The content of a part is the sum of 64-bit
    hashes of its rows: whatever their order, another row or value gives another sum.
    """
    month, where = "null::timestamp", ""
    if columns.time >= 0:
        raw, instant = identifier(columns.head.columns[columns.time]), columns.selected(columns.time)
        low, high = _bound(columns, EARLIEST), _bound(columns, LATEST)
        month = (
            f"case when {raw} >= {low} and {raw} < {high} then "
            f"date_trunc('month', {instant} at time zone 'UTC') end"
        )
        if since:
            where = f"where {raw} >= {_bound(columns, first_of(since).isoformat())} or {undated(columns)}"
    # Parted by characters that stand in no tracker's values, so that values never run into each other.
    values = ", ".join(
        rf"coalesce({columns.selected(i, as_text=True)}::text, E'\x1e')"
        for i in range(len(columns.head.columns))
    )
    found = snapshot.rows(
        rf"""select coalesce(to_char(month, 'YYYY-MM'), '{UNDATED if columns.time >= 0 else WHOLE}'),
            count(*), sum(octet_length(line)), sum(hashtextextended(line collate "C", 0))::text
        from (
            select {month} as month, concat_ws(E'\x1f', {values}) as line from {relation.sql} {where}
        ) as hashed
        group by month order by 1""",
        relation.name,
    )
    return [Part(key, int(rows), int(size), content) for key, rows, size, content in found]


def _bound(columns: Columns, day: str) -> str:
    """A literal of the column's own type, so that an index on it serves."""
    zone = "+00" if columns.kind == "timestamptz" else ""
    midnight = "" if columns.kind == "date" else f" 00:00:00{zone}"
    return f"{columns.kind} '{day}{midnight}'"


def undated(columns: Columns) -> str:
    """SQL: whether a row has no month."""
    raw = identifier(columns.head.columns[columns.time])
    return f"({raw} is null or {raw} < {_bound(columns, EARLIEST)} or {raw} >= {_bound(columns, LATEST)})"


def within(columns: Columns, keys: Collection[str]) -> str:
    """SQL: whether a row is of one of these months; neighbouring months are one range."""
    raw = identifier(columns.head.columns[columns.time])
    ranges = [
        f"{raw} >= {_bound(columns, low)} and {raw} < {_bound(columns, high)}" for low, high in _ranges(keys)
    ]
    return "(" + " or ".join(ranges) + ")"


def _ranges(keys: Iterable[str]) -> Sequence[tuple[str, str]]:
    """First day, and day after the last, of runs of months.

    Examples
    --------
    >>> _ranges(["2025-11", "2025-12", "2026-02"])
    [('2025-11-01', '2026-01-01'), ('2026-02-01', '2026-03-01')]
    """
    runs: list[tuple[str, str]] = []
    for key in sorted(keys):
        first, after = bounds(key)
        if runs and runs[-1][1] == first:
            runs[-1] = (runs[-1][0], after)
        else:
            runs.append((first, after))
    return runs
