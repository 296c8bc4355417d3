"""`shopbook copy`: what was loaded for a shop, from one warehouse to the other."""

from __future__ import annotations

import dataclasses

from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import BIGQUERY, choose_shop, embedded


def copy(settings: Settings, progress: Progress, to: str, shop: str = "") -> list[str]:
    """Copy a shop's loaded tables to `bigquery` or to `duckdb`, with proof that they are the same there.

    Raises
    ------
    MissingInputError
        The shop is not there, or nothing was loaded for it.
    BadDataError
        What arrived is not what was sent; nothing was replaced.
    """
    from analysis_lib.warehouse.bigquery import BigQueryWarehouse
    from analysis_lib.warehouse.moving import copy_down, copy_up

    up = to == BIGQUERY
    # Both warehouses are opened, whichever of the two the shop's profile names.
    local = embedded(settings)
    name, _ = choose_shop(local if up else dataclasses.replace(settings, engine=BIGQUERY), shop)
    with (
        DuckDBWarehouse(local, name, read_only=up) as small,
        BigQueryWarehouse(settings, name, read_only=not up) as cloud,
        progress.stage("copy") as step,
    ):
        moved = copy_up(small, cloud, step) if up else copy_down(cloud, small, step)
    rows = sum(one.rows for one in moved)
    return [
        *(f"{one.table}: {one.rows:,} rows, checksum {one.checksum} on both sides" for one in moved),
        f"shop {name}: {len(moved)} tables, {rows:,} rows copied to {'BigQuery' if up else 'DuckDB'}",
        f"seconds: {progress.summary()}",
    ]
