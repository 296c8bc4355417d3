"""The project's own pipeline for the tests: tables in, marts out, money as exact decimals."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.sources.load import load
from analysis_lib.warehouse.dialect import duckdb_type
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.translations import TRANSLATIONS

from .staging import KEYS

PROJECT = read_project("thelook")
LEDGER = {
    "source": "STRING",
    "table_name": "STRING",
    "content_sha256": "STRING",
    "definition_sha256": "STRING",
    "decisions": "STRING",
    "rows_kept": "INT64",
    "loaded_at": "TIMESTAMP",
}
_LOADS = itertools.count()  # each load is new content to the runner
SOURCES_OWN = ("source_session_id", "original_session_id")


def settings_in(folder: Path) -> Settings:
    """Settings of a project in a temporary folder."""
    return Settings(
        root=folder,
        warehouse=folder / "warehouse.duckdb",
        site=folder / "_site",
        build_dir=folder / "_build",
        temp_dir=folder / "tmp",
        translations=TRANSLATIONS,
        memory_limit="4GB",
        threads=2,
    )


def put_raw_tables(warehouse: DuckDBWarehouse, tables: Mapping[str, pa.Table]) -> None:
    """Fill the raw tables and the ledger as a load does, but without files and with no row rejected."""
    connection = warehouse.connection
    warehouse.drop([name for name in warehouse.tables() if name.startswith("raw_")])
    warehouse.create_empty_table("load_ledger", LEDGER)
    for table, rows in tables.items():
        types = PROJECT.raw_schemas[f"raw_{table}"]
        values = {name: f"null::{duckdb_type(kind)}" for name, kind in types.items()}
        for name in set(types) & set(rows.column_names):
            value = f"nullif(\"{name}\", 'null')" if types[name] == "STRING" else f'"{name}"'
            values[name] = f"{value}::{duckdb_type(types[name])}"
        key = ", ".join(f'"{name}"' for name in KEYS.get(table, ["id"]))
        values |= {"load_file_id": "1", "load_row_number": "row_number() over ()"}
        values["is_duplicate"] = f"row_number() over (partition by {key}) > 1"
        columns = ", ".join(f'{value} as "{name}"' for name, value in values.items())
        connection.register("incoming", rows)
        connection.execute(f'create or replace table "raw_{table}" as select {columns} from incoming')
        connection.unregister("incoming")
        content = (f"{next(_LOADS)}", "1", "{}")
        noted = ("thelook", table, *content, rows.num_rows, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        warehouse.append("load_ledger", LEDGER, [noted])
    counts = PROJECT.raw_schemas["load_counts"]
    warehouse.create_empty_table("load_counts", counts)
    read = {name: rows.num_rows for name, rows in tables.items()}
    twice = {
        name: connection.sql(f'select count(*) from "raw_{name}" where is_duplicate').fetchall()[0][0]
        for name in tables
    }
    noted_counts = [(name, n, n - twice[name], 0, twice[name], 0)[: len(counts)] for name, n in read.items()]
    warehouse.append("load_counts", counts, noted_counts)


def build(warehouse: DuckDBWarehouse, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Build every model; model to what it lacks for those that are not available."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return Runner(warehouse, PROJECT, make_parameters(given)).build().unavailable


def read_marts(warehouse: DuckDBWarehouse, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The named marts with exact decimals; session ids as `visitor@microseconds of the start`."""
    wanted, names = sorted(names), {*names}
    there = warehouse.tables()
    marts = {}
    for name in sorted(names | ({"fct_sessions"} & set(there))):
        rows = warehouse.connection.sql(f'select * from "{name}"').to_arrow_table()
        marts[name] = rows.to_pandas(date_as_object=True)
    if "fct_sessions" not in marts:
        return marts
    sessions = marts["fct_sessions"]
    sessions["original_session_id"] = sessions["session_id"]
    start = sessions["started_at"].dt.tz_convert("UTC").astype("datetime64[us, UTC]").astype("int64")
    readable = pd.Series(
        (sessions["visitor_id"] + "@" + start.astype("str")).to_numpy(), index=sessions["session_id"]
    )
    assert readable.index.is_unique, "session_id repeats in fct_sessions"
    for name, rows in marts.items():
        for column in [column for column in rows if column.endswith("session_id")]:
            if column in SOURCES_OWN:
                continue
            known = rows[column]
            lost = known[known.notna() & ~known.isin(readable.index)]
            assert lost.empty, f"{name} names sessions that fct_sessions lacks: {lost.head().tolist()}"
            marts[name] = marts[name].assign(**{column: known.map(readable)})
    return {name: marts[name] for name in wanted}


def load_folder(warehouse: DuckDBWarehouse, folder: Path) -> None:
    """Load the files of a folder as `shopbook load thelook` does."""
    load(warehouse, "thelook", [folder], root=warehouse.settings.root)
