"""A project of a few one-line models over one raw table, for tests of the runner and the checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from analysis_lib.models import Column, Contract, Model, Project
from analysis_lib.settings import Settings
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.translations import TRANSLATIONS

RAW = {"id": "INT64", "created_at": "TIMESTAMP", "amount": "NUMERIC"}


def settings(folder: Path) -> Settings:
    """Settings of a project that lives in a temporary folder."""
    return Settings(
        root=folder,
        warehouse=folder / "warehouse.duckdb",
        site=folder / "_site",
        build_dir=folder / "_build",
        temp_dir=folder / "tmp",
        translations=TRANSLATIONS,
        memory_limit="1GB",
        threads=1,
    )


def model(
    name: str,
    sql: str,
    columns: Mapping[str, str],
    optional: tuple[str, ...] = (),
    column_checks: Mapping[str, tuple[object, ...]] | None = None,
    checks: tuple[Mapping[str, object], ...] = (),
) -> Model:
    """A model whose grain is its first column."""
    contract = Contract(
        model=name,
        description=name,
        grain=(next(iter(columns)),),
        grain_description="one row",
        columns={
            column: Column(column, type_, "", "", (column_checks or {}).get(column, ()))
            for column, type_ in columns.items()
        },
        checks=checks,
        optional_inputs=frozenset(optional),
    )
    return Model(name, Path(f"{name}.sql"), sql, contract)


def orders_project(**changed_sql: str) -> Project:
    """stg_orders → int_daily → fct_total, and dim_lost, which needs a table that no test loads."""
    sql = {
        "stg_orders": "select cast(id as string) as order_id, created_at, amount from raw_orders",
        "int_daily": (
            "select date(created_at, @timezone) as order_date, sum(amount) as amount from stg_orders "
            "where date(created_at, @timezone) <= @as_of group by order_date"
        ),
        "fct_total": "select @window_days as window_days, sum(amount) as amount from int_daily",
        "dim_lost": "select cast(id as string) as user_id from raw_users",
    } | changed_sql
    columns = {
        "stg_orders": {"order_id": "STRING", "created_at": "TIMESTAMP", "amount": "NUMERIC"},
        "int_daily": {"order_date": "DATE", "amount": "NUMERIC"},
        "fct_total": {"window_days": "INT64", "amount": "NUMERIC"},
        "dim_lost": {"user_id": "STRING"},
    }
    return Project(
        models={name: model(name, text, columns[name]) for name, text in sql.items()},
        raw_schemas={"raw_orders": RAW, "raw_users": {"id": "INT64"}},
    )


def load_orders(warehouse: DuckDBWarehouse, rows: list[tuple[int, str, str]], sha: str = "a") -> None:
    """Fill raw_orders and note it in the ledger, as a load does."""
    warehouse.create_empty_table("raw_orders", RAW)
    warehouse.append(
        "raw_orders",
        RAW,
        [(id_, dt.datetime.fromisoformat(f"{at}+00:00"), amount) for id_, at, amount in rows],
    )
    ledger = {
        "source": "STRING",
        "table_name": "STRING",
        "content_sha256": "STRING",
        "definition_sha256": "STRING",
        "decisions": "STRING",
        "rows_kept": "INT64",
        "loaded_at": "TIMESTAMP",
    }
    warehouse.create_empty_table("load_ledger", ledger)
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    warehouse.append("load_ledger", ledger, [("thelook", "orders", sha, "1", "{}", len(rows), at)])
