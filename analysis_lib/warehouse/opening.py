"""The one place that picks the engine: opens a shop's warehouse, and says which shops there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from analysis_lib.errors import MissingInputError, SettingsError, did_you_mean
from analysis_lib.settings import Settings
from analysis_lib.warehouse import duckdb
from analysis_lib.warehouse.base import Warehouse

BIGQUERY = "bigquery"


def open_warehouse(settings: Settings, shop: str, read_only: bool = False) -> Warehouse:
    """A shop's tables in the engine of the settings.

    Raises
    ------
    WarehouseLockedError
        Another process holds the DuckDB file.
    SettingsError, MissingInputError, CloudError
        BigQuery's project, dataset, location or a right is missing.
    """
    if settings.engine == BIGQUERY:
        from analysis_lib.warehouse.bigquery import BigQueryWarehouse

        return BigQueryWarehouse(settings, shop, read_only)
    return duckdb.DuckDBWarehouse(settings, shop, read_only)


def embedded(settings: Settings) -> Settings:
    """The same settings with the DuckDB file as warehouse, for what is done on this machine in any case."""
    return dataclasses.replace(settings, engine="duckdb")


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables by which another process of this run finds the same warehouse."""
    if settings.engine != BIGQUERY:
        return {}
    place = {
        f"SHOPBOOK_BIGQUERY_{name.upper()}": str(value)
        for name, value in dataclasses.asdict(settings.bigquery).items()
        if value not in ("", None)
    }
    return {"SHOPBOOK_WAREHOUSE": BIGQUERY, **place}


def shops(settings: Settings) -> dict[str, str]:
    """The shops in the warehouse with their source, the one loaded last first."""
    if settings.engine == BIGQUERY:
        from analysis_lib.warehouse import bigquery_shops

        return bigquery_shops.shops(settings)
    return duckdb.shops(settings)


def editions(settings: Settings) -> Mapping[str, str]:
    """The schemas of editions with their shop; they are no shops of their own."""
    if settings.engine == BIGQUERY:
        from analysis_lib.warehouse import bigquery_shops

        return bigquery_shops.editions(settings)
    return duckdb.editions(settings)


def which_shop(settings: Settings) -> SettingsError:
    """What is said where several shops have a profile and none was named."""
    names = ", ".join(settings.profiles)
    return SettingsError(
        f"Several shops have a profile in shopbook.toml: {names}.",
        f'Name one with --shop, or write shop = "{settings.profiles[0]}" at the top of the file.',
    )


def choose_shop(settings: Settings, name: str = "") -> tuple[str, str]:
    """The shop to work on and its source: the named one, that of the settings, or the one loaded last.

    Raises
    ------
    MissingInputError
        When nothing was loaded yet, or there is no shop of that name.
    SettingsError
        Several shops have a profile, and none was named.
    """
    wanted = name or settings.shop or ""
    if not wanted and settings.profiles:
        raise which_shop(settings)
    known = shops(settings)
    if wanted and wanted not in known:
        known |= {schema: known[shop] for schema, shop in editions(settings).items() if shop in known}
    if wanted in settings.profiles and wanted not in known:
        raise MissingInputError(
            f"Nothing has been loaded yet for the shop {wanted}.",
            f"Load what its profile names: shopbook load --shop {wanted}",
        )
    if not known and settings.engine == BIGQUERY:
        raise MissingInputError(
            f"There is no shop in the Google Cloud project {settings.bigquery.project}.",
            "Load one, then copy it there: shopbook copy --to bigquery",
        )
    if not known:
        raise MissingInputError(
            "No shop has been loaded yet.", "Load one with: shopbook load thelook --from FOLDER"
        )
    if not wanted:
        wanted = next(iter(known))
    if wanted not in known:
        raise MissingInputError(f"There is no shop {wanted}.", did_you_mean(wanted, known))
    return wanted, known[wanted]
