"""`shopbook shops`: every shop that has a profile or was loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis_lib.errors import WarehouseLockedError
from analysis_lib.settings import Settings
from analysis_lib.state import read_state
from analysis_lib.verbs.inspect import text_table
from analysis_lib.warehouse.duckdb import DuckDBWarehouse, shops

_NONE = "–"


def shops_lines(settings: Mapping[str, Settings]) -> list[str]:
    """The shops as a table: source, profile, where the data come from, last load, newest day.

    Parameters
    ----------
    settings
        Those of each shop that has a profile, and under an empty name those of the others.
    """
    rows = [_row(name, own) for name, own in settings.items() if name]
    project = settings[""]
    try:
        others = [name for name in shops(project) if name not in settings]
    except WarehouseLockedError as error:
        return [*_table(rows), f"{_shown(project)} is not readable now: {error.message}"]
    rows += [_row(name, project) for name in others]
    return _table(rows) if rows else ["no shop yet: shopbook init writes a profile"]


def _table(rows: list[list[str]]) -> list[str]:
    head = ["shop", "source", "profile", "data from", "warehouse", "last load (UTC)", "data through"]
    return text_table(head, rows) if rows else []


def _shown(settings: Settings) -> str:
    if settings.engine != "duckdb":
        return settings.engine
    return _relative(settings.warehouse, settings.root)


def _relative(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _row(name: str, settings: Settings) -> list[str]:
    has_profile = name == settings.profile
    source, loaded, through = settings.source, "", ""
    if settings.engine == "duckdb":
        try:
            source, loaded, through = _state(name, settings)
        except WarehouseLockedError:
            loaded = through = "not readable now"
    return [
        name,
        source or settings.source or _NONE,
        "yes" if has_profile else "no",
        ", ".join(settings.places) if has_profile and settings.places else _NONE,
        _shown(settings),
        loaded or _NONE,
        through or _NONE,
    ]


def _state(name: str, settings: Settings) -> tuple[str, str, str]:
    """Source, time of the last load and newest day, as the warehouse knows them; empty where it does not."""
    source = shops(settings).get(name, "")
    if not source:
        return "", "", ""
    with DuckDBWarehouse(settings, name, read_only=True) as warehouse:
        [(at,)] = warehouse.rows("select format_timestamp('%Y-%m-%d %H:%M', max(loaded_at)) from load_ledger")
        days = read_state(warehouse).parameters.get("data_range", "")
    return source, str(at or ""), days.partition("/")[2] or "not built yet"
