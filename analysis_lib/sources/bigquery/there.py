"""Tables that are in BigQuery already: which of a dataset's are a source's, and how its columns fit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sqlglot import exp

from analysis_lib.errors import ColumnError, MissingInputError, SettingsError
from analysis_lib.sources.bigquery.judging_text import TEXT
from analysis_lib.sources.bigquery.places import PREFIX, Place
from analysis_lib.sources.definition import Source, Table
from analysis_lib.sources.ledger import file_id
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_client import translated
from analysis_lib.warehouse.bigquery_retry import retry
from analysis_lib.warehouse.bigquery_values import googlesql_types

# How the names of such tables begin in the ledger.
LEDGER_PREFIX = "bigquery:"
# As many tables as a query may read.
MOST_TABLES = 1000
_DAILY = re.compile(r"(?P<name>.+)_(?P<day>[0-9]{8})")
# Which of BigQuery's types are read as which of the contract's, without a value that changes its meaning.
READ_AS = {
    "STRING": ("STRING", "INT64", "BOOL"),
    "INT64": ("INT64",),
    "TIMESTAMP": ("TIMESTAMP", "DATETIME", "DATE"),
    "DATE": ("DATE",),
    "NUMERIC": ("NUMERIC", "INT64", "FLOAT64"),
    "FLOAT64": ("FLOAT64", "INT64", "NUMERIC"),
}


@dataclass(frozen=True)
class Part:
    """One table there: all of a table of the source, or a day of it.

    `digest` stands for its content: another one when the table was changed. `day` is that of `…_YYYYMMDD`.
    """

    table: Table
    address: str
    columns: Mapping[str, str]
    digest: str
    day: str
    rows: int
    bytes: int

    @property
    def name(self) -> str:
        """Its own name, without project and dataset."""
        return self.address.rpartition(".")[2]

    @property
    def shown(self) -> str:
        """Its name in sentences."""
        return self.address

    @property
    def path(self) -> str:
        """Its name in the ledger."""
        whole = self.address.removesuffix(f"_{self.day}") if self.day else self.address
        return f"{LEDGER_PREFIX}{whole}/{self.day or 'whole'}"

    @property
    def file_id(self) -> int:
        """The number that its rows carry: of its address, as its rows are read anew whatever changes."""
        return file_id(self.table.name, self.address)


def find_parts(
    cloud: BigQueryWarehouse, place: Place, source: Source, tables: Sequence[str] | None
) -> dict[str, list[Part]]:
    """The tables of a dataset that are those of a source, by table and in the order of their days.

    Raises
    ------
    MissingInputError
        There is no such dataset, or none of its tables is one of the source's, or one that was asked for.
    SettingsError
        The dataset is in another location, a table is a view, or there are too many.
    ColumnError
        A required column is not there, or of a type that is not read as what it should be.
    """
    client, where = cloud.connection.client, cloud.settings.bigquery
    with translated(f"dataset {place.address}"):
        location = str(client.get_dataset(place.address, retry=retry()).location)
        listed = {one.table_id: one.table_type for one in client.list_tables(place.address, retry=retry())}
    if location.upper() != where.location.upper():
        raise SettingsError(
            f"The dataset {place.address} is in the location {location}, and the shop's in {where.location}: "
            "no query reads both.",
            f'Make the shop there: set location = "{location}" under [bigquery] in shopbook.toml and another '
            "dataset, or load exported files.",
        )
    names = {
        alias: table
        for table in source.tables.values()
        for alias in (table.name, *table.aliases)
        if tables is None or table.name in tables
    }
    found: dict[str, list[Part]] = {}
    for name, kind in sorted(listed.items()):
        daily = _DAILY.fullmatch(name)
        table = names.get(daily["name"] if daily else name)
        if table and fnmatchcase(name, place.tables):
            part = _part(cloud, place, name, kind, table, daily["day"] if daily else "")
            found.setdefault(table.name, []).append(part)
    _check(place, source, found, tables)
    return found


def _check(
    place: Place, source: Source, found: Mapping[str, list[Part]], tables: Sequence[str] | None
) -> None:
    lacking = [name for name in tables or () if name not in found]
    if lacking or not found:
        what = f"no table {lacking[0]}" if lacking else f"no table of the source {source.name}"
        raise MissingInputError(
            f"The dataset {place.address} has {what}.",
            f"The tables of {source.name} are {', '.join(tables or source.tables)}, "
            "each of that name or one a day (events_20260301).",
        )
    for name, parts in found.items():
        if len(parts) > 1 and not all(part.day for part in parts):
            several = " and ".join(part.name for part in parts[:2])
            raise SettingsError(
                f"In {place.address}, {several} are both {name}.",
                f"Name the one that is meant: {PREFIX}{place.address}.{parts[0].name}",
            )
        if len(parts) > MOST_TABLES:
            raise SettingsError(
                f"{place.address} has {len(parts):,} tables of {name}, and BigQuery reads at most "
                f"{MOST_TABLES:,} in one query.",
                f"Take the newer ones: {PREFIX}{place.address}.{name}_202*",
            )


def _part(cloud: BigQueryWarehouse, place: Place, name: str, kind: str, table: Table, day: str) -> Part:
    address = f"{place.address}.{name}"
    if kind != "TABLE":
        raise SettingsError(
            f"{address} is a {kind.lower()}: BigQuery does not say when what it shows has changed.",
            "Name the dataset with the tables themselves.",
        )
    with translated(address):
        there = cloud.connection.client.get_table(address, retry=retry())
    columns = googlesql_types(there.schema)
    fit(address, columns, table)
    stamp = f"{address}:{there.modified}:{there.num_rows}:{there.num_bytes}"
    digest = hashlib.sha256(stamp.encode()).hexdigest()
    return Part(table, address, columns, digest, day, int(there.num_rows or 0), int(there.num_bytes or 0))


def fit(address: str, columns: Mapping[str, str], table: Table) -> None:
    """That the columns of a table there are those of a table of the source.

    Raises
    ------
    ColumnError
        A required one is not there, or one is of a type that is not read as what it should be.
    """
    lacking = [name for name in table.required if name not in columns]
    if lacking:
        raise ColumnError(
            f"{address} has no column {', '.join(lacking)}.",
            f"The columns of {table.name} are {', '.join(table.required)}.",
        )
    for name, column in table.columns.items():
        type_ = columns.get(name)
        if type_ is None:
            continue
        if _holds(type_, column.type) if column.is_nested else type_ in (TEXT, *READ_AS[column.type]):
            continue
        raise ColumnError(
            f"{address}, column {name}: {type_} is not read there as {column.type}.",
            "Export the table to files and load these: the loader reads more.",
        )


def _holds(type_: str, wanted: str) -> bool:
    """Whether a nested type has all that another one has, each of the same type.

    Examples
    --------
    >>> _holds("STRUCT<b STRING, a INT64>", "STRUCT<a INT64>"), _holds("ARRAY<STRING>", "ARRAY<INT64>")
    (True, False)
    """
    one, other = (exp.DataType.build(text, dialect="bigquery") for text in (type_, wanted))
    return _contains(one, other)


def _contains(one: exp.DataType, other: exp.DataType) -> bool:
    if one.this != other.this:
        return False
    if one.is_type("array"):
        return _contains(one.expressions[0], other.expressions[0])
    fields = {field.name.lower(): field.args["kind"] for field in one.expressions if field.args.get("kind")}
    return all(
        field.name.lower() in fields and _contains(fields[field.name.lower()], field.args["kind"])
        for field in other.expressions
        if field.args.get("kind")
    )
