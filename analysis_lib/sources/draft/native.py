"""Which oddly written columns the loader reads by itself: tried on all rows, and compared."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import yaml

from analysis_lib.errors import BadDataError, ColumnError
from analysis_lib.sources.draft.profile import Profile, number_sql
from analysis_lib.sources.load import load
from analysis_lib.sources.read import identifier

_FORMATS = {"comma": "decimal_comma", "point": "decimal_point", "%d": "day_first", "%m": "month_first"}


def format_of(style: str) -> str:
    """What `source.yml` calls a way of writing.

    Examples
    --------
    >>> format_of("comma"), format_of("%d.%m.%Y %H:%M")
    ('decimal_comma', 'day_first')
    """
    return _FORMATS.get(style, _FORMATS.get(style[:2], ""))


def load_as(
    connection: duckdb.DuckDBPyConnection, table: str, entry: Mapping[str, Any], paths: Sequence[Path]
) -> None:
    """Load files as a table of that definition, whatever share of their rows is rejected."""
    with tempfile.TemporaryDirectory(prefix="shopbook_look_") as folder:
        (Path(folder) / "look").mkdir()
        document = {"name": "look", "description": "x", "tables": {table: dict(entry)}}
        text = yaml.safe_dump(document, allow_unicode=True)
        (Path(folder) / "look" / "source.yml").write_text(text, encoding="utf-8")
        load(connection, "look", paths, [table], own_sources=Path(folder), max_rejected_share=1.0)


def read_by_the_loader(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    entry: Mapping[str, Any],
    paths: Sequence[Path],
    columns: dict[str, Profile],
) -> dict[str, Profile]:
    """The profiles, with a format where the loader reads every value of the column, and reads the same.

    Parameters
    ----------
    connection
        Holds the text table `raw_<table>` of the look.
    table, entry
        The table's name, and its definition with all columns as text.
    paths
        Its files.
    columns
        The profiles by name.
    """
    odd = [name for name, profile in columns.items() if profile.style and not profile.is_ambiguous]
    if not odd:
        return columns
    found = odd if _is_read(connection, table, entry, paths, columns, odd) else []
    if not found and len(odd) > 1:
        found = [name for name in odd if _is_read(connection, table, entry, paths, columns, [name])]
    return columns | {name: replace(columns[name], format=format_of(columns[name].style)) for name in found}


def _is_read(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    entry: Mapping[str, Any],
    paths: Sequence[Path],
    columns: Mapping[str, Profile],
    odd: Sequence[str],
) -> bool:
    typed = {
        name: column | ({"type": columns[name].kind} if name in odd else {})
        for name, column in entry["columns"].items()
    }
    connection.execute("create schema native")
    connection.execute("set schema = 'native'")
    try:
        load_as(connection, table, {**entry, "columns": typed}, paths)
        return _is_the_same(connection, table, columns, odd)
    except (BadDataError, ColumnError):
        return False
    finally:
        connection.execute("set schema = 'main'")
        connection.execute("drop schema native cascade")


def _is_the_same(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Profile], odd: Sequence[str]
) -> bool:
    differs = " or ".join(
        f"n.{identifier(name)} is distinct from {_own_reading(columns[name], 't.' + identifier(name))}"
        for name in odd
    )
    query = (
        f"select count(*), count(*) filter ({differs}), (select count(*) from main.raw_{table}) "
        f"from native.raw_{table} n join main.raw_{table} t using (load_file_id, load_row_number)"
    )
    rows, other, all_rows = connection.execute(query).fetchall()[0]
    return bool(rows == all_rows and not other)


def _own_reading(profile: Profile, column: str) -> str:
    if profile.kind == "NUMERIC":
        return number_sql(column, profile.style)
    kind = "date" if profile.kind == "DATE" else "timestamptz"
    return f"cast(try_strptime(trim({column}), '{profile.style}') as {kind})"
