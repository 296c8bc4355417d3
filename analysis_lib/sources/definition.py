"""What a source's files hold: `sources/<name>/source.yml`, read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import ParameterError, SettingsError, did_you_mean
from analysis_lib.parameters import checked_parameter
from analysis_lib.sources.convert import NESTED, nested_type
from analysis_lib.sources.place import DEFINITION, source_folder
from analysis_lib.sources.written import READINGS

TYPES = {
    "INT64": "BIGINT",
    "STRING": "VARCHAR",
    "TIMESTAMP": "TIMESTAMPTZ",
    "DATE": "DATE",
    "NUMERIC": "DECIMAL(38, 9)",
    "FLOAT64": "DOUBLE",
}
_COLUMN_KEYS = {
    *("type", "description", "unit", "key", "required", "not_null", "min", "accepted"),
    *("inside", "names", "fields", "format"),
}
_TABLE_KEYS = {"description", "aliases", "without", "columns", "keyless"}


@dataclass(frozen=True)
class Column:
    """One column of a table, as `source.yml` describes it.

    A column with `inside` is not one of the file's: its value stands in a JSON object, under one of
    `names`; of a column that lists things, `fields` has the names of what each of them says.
    """

    name: str
    type: str
    description: str
    unit: str = ""
    key: bool = False
    required: bool = False
    not_null: bool = False
    min: int | None = None
    accepted: tuple[str, ...] = ()
    inside: str = ""
    names: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    format: str = ""

    @property
    def is_nested(self) -> bool:
        """Whether the column holds lists or structures, in GoogleSQL's words for them."""
        return self.type.startswith(NESTED)

    @property
    def duckdb_type(self) -> str:
        """The type of the column in the raw table."""
        return nested_type(self.type) if self.is_nested else TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table of a source.

    A `keyless` table has no key in the data: two rows alike may be two things that happened, so both are
    kept, and how many there are is counted.
    """

    name: str
    description: str
    aliases: tuple[str, ...]
    without: str
    columns: Mapping[str, Column]
    digest: str
    keyless: bool = False

    @property
    def key(self) -> list[str]:
        """The columns that make a row unique."""
        return [column.name for column in self.columns.values() if column.key]

    @property
    def objects(self) -> list[str]:
        """The file's columns that hold a JSON object, in which other columns stand."""
        return list(dict.fromkeys(column.inside for column in self.columns.values() if column.inside))

    @property
    def required(self) -> list[str]:
        """The columns that must be in the file."""
        own = [column.name for column in self.columns.values() if column.required and not column.inside]
        return [*own, *self.objects]


@dataclass(frozen=True)
class Source:
    """A kind of shop data: its tables, and the time zone of its days, where it has one."""

    name: str
    description: str
    tables: Mapping[str, Table]
    timezone: str = ""


@cache
def read_source(name: str, own: Path | None = None) -> Source:
    """Read and check the definition of a source.

    Parameters
    ----------
    name
        The source's name.
    own
        The project's folder of sources.

    Raises
    ------
    MissingInputError
        When there is no source of that name.
    SettingsError
        When its `source.yml` holds a key, type or value that means nothing.

    Examples
    --------
    >>> read_source("thelook").tables["marketing_spend"].key
    ['date', 'campaign_id', 'platform']
    """
    path = source_folder(name, own) / DEFINITION
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SettingsError(f"{name}/{DEFINITION} is not valid YAML: {error}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("tables"), dict):
        raise SettingsError(f"{name}/{DEFINITION} lists no tables.", "See docs/sources.md for its form.")
    return make_source(name, document)


def make_source(name: str, document: Mapping[str, Any]) -> Source:
    """A source from its definition as plain values; SettingsError where one means nothing."""
    tables = {
        table: _make_table(f"{name}/source.yml, {table}", table, entry)
        for table, entry in document["tables"].items()
    }
    zone = document.get("timezone", "")
    try:
        zone = checked_parameter("timezone", zone) if zone else ""
    except ParameterError as error:
        raise SettingsError(f"In {name}/{DEFINITION}: {error.message}") from error
    return Source(name=name, description=str(document["description"]), tables=tables, timezone=str(zone))


def _check_keys(where: str, given: Mapping[str, Any], known: set[str]) -> None:
    for key in given:
        if key not in known:
            raise SettingsError(f"In {where}, there is no setting {key}.", did_you_mean(key, known))


def _make_table(where: str, name: str, entry: Mapping[str, Any]) -> Table:
    _check_keys(where, entry, _TABLE_KEYS)
    columns = {column: _make_column(f"{where}.{column}", column, c) for column, c in entry["columns"].items()}
    keyless = entry.get("keyless", False)
    if not isinstance(keyless, bool):
        raise SettingsError(f"In {where}, keyless must be true or false, not {keyless!r}.")
    if keyless == any(column.key for column in columns.values()):
        hint = "Mark the columns that tell one row from another, or say keyless: true."
        what = "is keyless, but a column is marked as key" if keyless else "no column is marked as key"
        raise SettingsError(f"In {where}, {what}.", hint)
    return Table(
        name=name,
        description=str(entry["description"]),
        aliases=tuple(entry.get("aliases", [name])),
        without=str(entry["without"]),
        columns=columns,
        digest=_digest(columns.values()),
        keyless=keyless,
    )


def _digest(columns: Iterable[Column]) -> str:
    """Changes when files must be read again; a better description is no reason."""
    rules: list[tuple[object, ...]] = []
    for c in columns:
        place = (c.inside, c.names, tuple(c.fields.items())) if c.inside else ()
        format_ = (c.format,) if c.format else ()
        rules.append((c.name, c.type, c.key, c.required, c.not_null, c.min, c.accepted, *place, *format_))
    return hashlib.sha256(repr(rules).encode()).hexdigest()


def said_formats(source: Source, given: Mapping[tuple[str, str], str]) -> dict[str, dict[str, str]]:
    """How the columns of each table are written, where `source.yml` or the analyst says so.

    Raises
    ------
    ParameterError
        When a table or column is not there, or cannot be written in that way.

    Examples
    --------
    >>> said_formats(read_source("thelook"), {("orders", "created_at"): "day_first"})
    {'orders': {'created_at': 'day_first'}}
    """
    said = {
        name: formats
        for name, table in source.tables.items()
        if (formats := {column.name: column.format for column in table.columns.values() if column.format})
    }
    for (name, column), reading in given.items():
        flag = f"--format {name}.{column}={reading}"
        if name not in source.tables:
            hint = did_you_mean(name, source.tables)
            raise ParameterError(f"{flag}: the source {source.name} has no table {name}.", hint)
        columns = source.tables[name].columns
        if column not in columns:
            raise ParameterError(f"{flag}: {name} has no column {column}.", did_you_mean(column, columns))
        why = _no_reading(columns[column].type, reading)
        if why:
            raise ParameterError(f"{flag}: {why}")
        said.setdefault(name, {})[column] = reading
    return said


def _no_reading(type_: str, reading: str) -> str:
    """Why values of a type cannot be written in a way; empty where they can."""
    readings = READINGS.get(type_, ())
    if reading in readings:
        return ""
    if not readings:
        return f"values of the type {type_} are written in one way only."
    return f"values of the type {type_} are written as {', '.join(readings)}."


def _make_column(where: str, name: str, entry: Mapping[str, Any]) -> Column:
    _check_keys(where, entry, _COLUMN_KEYS)
    if str(entry["type"]).startswith(NESTED):
        nested_type(entry["type"])
    elif entry["type"] not in TYPES:
        raise SettingsError(
            f"In {where}, there is no type {entry['type']}.", did_you_mean(entry["type"], TYPES)
        )
    if ("names" in entry or "fields" in entry) and "inside" not in entry:
        raise SettingsError(
            f"In {where}, names and fields are those of a value inside a JSON object.",
            "Say inside which column.",
        )
    format_ = str(entry.get("format", ""))
    why = _no_reading(entry["type"], format_) if format_ else ""
    if why:
        raise SettingsError(f"In {where}, the format {format_} cannot be: {why}")
    key = bool(entry.get("key", False))
    return Column(
        name=name,
        type=entry["type"],
        description=str(entry["description"]),
        unit=str(entry.get("unit", "")),
        key=key,
        required=key or bool(entry.get("required", False)),
        not_null=key or bool(entry.get("not_null", False)),
        min=entry.get("min"),
        accepted=tuple(str(value).lower() for value in entry.get("accepted", [])),
        inside=str(entry.get("inside", "")),
        names=tuple(entry.get("names", [name])) if "inside" in entry else (),
        fields={key: tuple(names) for key, names in entry.get("fields", {}).items()},
        format=format_,
    )
