"""Which shops a Google Cloud project holds: the datasets that carry Shopbook's label."""

from __future__ import annotations

import datetime as dt

from analysis_lib.settings import Settings
from analysis_lib.warehouse.bigquery_client import LABEL, Connection, connect, translated
from analysis_lib.warehouse.bigquery_jobs import Jobs, new_run
from analysis_lib.warehouse.bigquery_retry import retry
from analysis_lib.warehouse.bigquery_values import as_rows


def _datasets(connection: Connection) -> dict[str, str]:
    """The dataset of each shop and edition; the label says whose it is."""
    with translated(f"project {connection.place.project}"):
        listed = list(connection.client.list_datasets(filter=f"labels.{LABEL}", retry=retry()))
    return {one.labels[LABEL]: one.dataset_id for one in listed if LABEL in one.labels}


def _tables(connection: Connection, dataset: str) -> set[str]:
    with translated(f"dataset {dataset}"):
        return {table.table_id for table in connection.client.list_tables(dataset, retry=retry())}


def shops(settings: Settings) -> dict[str, str]:
    """The shops in the project with their source, the one loaded last first."""
    connection = connect(settings.bigquery)
    found: list[tuple[dt.datetime, str, str]] = []
    try:
        for shop, dataset in sorted(_datasets(connection).items()):
            if "load_ledger" not in _tables(connection, dataset):
                continue
            jobs = Jobs(connection, dataset, new_run(shop))
            query = "select max(loaded_at) as loaded_at, max(source) as source from load_ledger"
            [(loaded_at, source)] = as_rows(jobs.fetch(query))
            if loaded_at is not None:
                found.append((loaded_at, shop, source))
    finally:
        connection.close()
    return {shop: source for _, shop, source in sorted(found, reverse=True)}


def editions(settings: Settings) -> dict[str, str]:
    """The editions in the project with their shop."""
    connection = connect(settings.bigquery)
    found: dict[str, str] = {}
    try:
        for name, dataset in sorted(_datasets(connection).items()):
            if "edition_about" not in _tables(connection, dataset):
                continue
            jobs = Jobs(connection, dataset, new_run(name))
            rows = as_rows(jobs.fetch("select value from edition_about where name = 'shop'"))
            found[name] = rows[0][0] if rows else ""
    finally:
        connection.close()
    return found


def forget_empty(settings: Settings, beginning: str, besides: str) -> None:
    """Drop the datasets whose schema begins so and whose tables have all expired, but for one."""
    connection = connect(settings.bigquery)
    try:
        for schema, dataset in _datasets(connection).items():
            if schema.startswith(beginning) and schema != besides and not _tables(connection, dataset):
                with translated(f"dataset {dataset}"):
                    connection.client.delete_dataset(dataset, not_found_ok=True, retry=retry())
    finally:
        connection.close()
