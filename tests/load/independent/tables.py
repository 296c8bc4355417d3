"""What the raw tables must hold after files were loaded: docs/loading.md, "Duplicates" and "Again"."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.load.independent import text, values
from tests.load.independent.written import reader

EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Kind:
    """A column as source.yml describes it."""

    type: str
    key: bool = False
    required: bool = False
    not_null: bool = False
    min: int | None = None
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What one file holds: values of the rows that are kept, and what was rejected, both by row number."""

    kept: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)
    rejected: Mapping[int, dict[str, str] | str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return len(self.kept) + len(self.rejected)


def kinds_of(table: Mapping[str, Any]) -> dict[str, Kind]:
    """The columns of a table of source.yml, read as YAML alone."""
    kinds = {}
    for name, entry in table["columns"].items():
        key = entry.get("key", False)
        accepted = tuple(str(word).lower() for word in entry.get("accepted", ()))
        required, not_null = key or entry.get("required", False), key or entry.get("not_null", False)
        kinds[name] = Kind(entry["type"], key, required, not_null, entry.get("min"), accepted)
    return kinds


def read_file(data: bytes, kinds: Mapping[str, Kind], is_json: bool = False) -> Reading:
    """The rows of a text file; text.Refused where the load must stop."""
    content = text.decoded(text.unpacked(data), is_json)
    columns, records = text.json_records(content) if is_json else text.csv_records(content, set(kinds))
    names = [text.standard(column) for column in columns]
    if len({name for name in names if name}) < len([name for name in names if name]):
        raise text.Refused("two columns of one name")
    if not {name for name, kind in kinds.items() if kind.required} <= set(names):
        raise text.Refused("a column is missing")
    called = dict(zip(names, text.names_of(columns), strict=True))
    return judge(list(records), {name: called[name] for name in kinds if name in called}, kinds)


def judge(records: list[text.Record], called: Mapping[str, str], kinds: Mapping[str, Kind]) -> Reading:
    """Which records are kept with which values, and which are rejected."""
    whole = [record.values for record in records if record.values is not None]
    readers = {
        name: reader([row[column] for row in whole], kinds[name].type) for name, column in called.items()
    }
    kept: dict[int, tuple[Any, ...]] = {}
    rejected: dict[int, dict[str, str] | str] = {}
    for number, record in enumerate(records, start=1):
        if record.values is None:
            rejected[number] = record.line
            continue
        try:
            kept[number] = tuple(
                checked(readers[name](record.values[called[name]]), kind) if name in called else None
                for name, kind in kinds.items()
            )
        except values.Rejected:
            rejected[number] = record.values
    return Reading(kept, rejected)


def checked(value: Any, kind: Kind) -> Any:
    """The value where the column may hold it; Rejected where not."""
    if value is None:
        if kind.not_null:
            raise values.Rejected
        return None
    if kind.min is not None and value < kind.min:
        raise values.Rejected
    if kind.accepted and values.trimmed(value).lower() not in kind.accepted:
        raise values.Rejected
    return value


def _rank(row: tuple[Any, ...], kinds: Mapping[str, Kind]) -> tuple[Any, ...]:
    """The row that counts of several with one key is the one whose rank is highest."""
    named = dict(zip(kinds, row, strict=True))
    times = [named[name] or EARLIEST for name, kind in kinds.items() if kind.type == "TIMESTAMP"]
    stages = [
        kind.accepted.index(values.trimmed(named[name]).lower()) if named[name] is not None else -1
        for name, kind in kinds.items()
        if kind.accepted
    ]
    return (max(times, default=EARLIEST), *stages, *(_comparable(value) for value in row))


def _comparable(value: Any) -> tuple[bool, Any]:
    # Text is compared by its bytes; a value that is missing comes last and is compared with nothing.
    return (value is not None, value.encode() if isinstance(value, str) else 0 if value is None else value)


@dataclass(frozen=True)
class Expected:
    """What a table must hold: its staged rows, and rows read, staged, rejected, dropped, conflicting."""

    staged: list[tuple[Any, ...]]
    counts: tuple[int, int, int, int, int]
    identical: int


def after(readings: Iterable[Reading], kinds: Mapping[str, Kind]) -> Expected:
    """The table after files of different content were loaded, in whatever order."""
    readings = list(readings)
    rows = [row for reading in readings for row in reading.kept.values()]
    rejected = sum(len(reading.rejected) for reading in readings)
    keys = [i for i, kind in enumerate(kinds.values()) if kind.key]
    if not keys:
        return Expected(rows, (len(rows) + rejected, len(rows), rejected, 0, 0), len(rows) - len(set(rows)))
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[i] for i in keys), []).append(row)
    best = {key: max(group, key=lambda row: _rank(row, kinds)) for key, group in groups.items()}
    conflicting = sum(row != best[tuple(row[i] for i in keys)] for row in rows)
    dropped = len(rows) - len(best)
    counts = (len(rows) + rejected, len(best), rejected, dropped, conflicting)
    return Expected(list(best.values()), counts, 0)


def content_key(data: bytes) -> str:
    """What makes two files the same: their bytes."""
    return hashlib.sha256(data).hexdigest()
