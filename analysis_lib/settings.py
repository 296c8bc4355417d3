"""Where the project, its warehouse and its site are, and what the machine may use."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis_lib.errors import SettingsError, did_you_mean

_MARKER = "_quarto.yml"
# Long enough for a cell of a notebook or a swap, short enough for a person who waits.
LOCK_WAIT_SECONDS = 15
_TEXT_KEYS = {
    *("warehouse", "shop", "memory_limit", "threads", "lock_wait_seconds", "temp_dir", "site", "build_dir"),
    *("rules", "sources"),
}


@dataclass(frozen=True)
class BigQuery:
    """Where a shop's tables are on BigQuery, and what a run may read there.

    `maximum_bytes_billed` bounds one query, `maximum_bytes_per_run` all of a run (None: no bound);
    `price_per_tib` is what 2^40 bytes cost, for estimates. An empty `dataset` is the shop's name.
    """

    project: str = ""
    dataset: str = ""
    location: str = "US"
    maximum_bytes_billed: int | None = None
    maximum_bytes_per_run: int | None = None
    price_per_tib: float = 6.25


@dataclass(frozen=True)
class Settings:
    """Paths and limits of a project; `rules` and `sources` are folders of its own rule tables and sources.

    `memory_limit` is DuckDB's (for example ``8GB``); `lock_wait_seconds` is how long to wait for a warehouse
    that another process holds; `parameters` are the project's own defaults for the run parameters, from the
    table ``[parameters]`` of ``shopbook.toml``.
    """

    root: Path
    warehouse: Path
    site: Path
    build_dir: Path
    temp_dir: Path
    shop: str | None = None
    memory_limit: str = "8GB"
    threads: int = 2
    parameters: Mapping[str, object] = field(default_factory=dict)
    rules: Path | None = None
    sources: Path | None = None
    lock_wait_seconds: int = 0
    engine: str = "duckdb"
    bigquery: BigQuery = BigQuery()

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks that are published."""
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        """The folder of reports.yml and the theme."""
        return self.root / "reports"


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds `_quarto.yml`.

    Raises
    ------
    SettingsError
        When there is none: the command was started outside a project.
    """
    for folder in (start, *start.parents):
        if (folder / _MARKER).is_file():
            return folder
    raise SettingsError(
        f"No Shopbook project was found in {start} or above it.",
        f"Change into the folder that holds {_MARKER}, or name it in SHOPBOOK_PROJECT.",
    )


def _half_of_memory() -> str:
    """Half of the machine's memory: DuckDB's own default of 80 % leaves no room for two kernels."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{max(1, pages * page_bytes // 2 // 1024**3)}GB"


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path.name} cannot be read: {error}.") from error


def load_settings(start: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read `shopbook.toml` and the environment variables `SHOPBOOK_*`, which win.

    Parameters
    ----------
    start
        Where to look for the project from; the current folder when not given.
    env
        The environment; the process's own when not given.

    Raises
    ------
    SettingsError
        No project, an unreadable settings file, an unknown key or a value of the wrong type.

    Examples
    --------
    >>> load_settings(env={"SHOPBOOK_THREADS": "1"}).threads  # doctest: +SKIP
    1
    """
    env = os.environ if env is None else env
    root = find_root(Path(env.get("SHOPBOOK_PROJECT") or start or Path.cwd()).resolve())
    path = root / "shopbook.toml"
    document = _read_toml(path) if path.is_file() else {}
    parameters = document.pop("parameters", {})
    if not isinstance(parameters, dict):
        raise SettingsError("In shopbook.toml, [parameters] must be a table of names and values.")
    values: dict[str, str] = {}
    for key, value in document.items():
        if key not in _TEXT_KEYS:
            raise SettingsError(
                f"In shopbook.toml, there is no setting {key}.", did_you_mean(key, _TEXT_KEYS)
            )
        values[key] = str(value)
    values |= {
        key: env[f"SHOPBOOK_{key.upper()}"] for key in _TEXT_KEYS if env.get(f"SHOPBOOK_{key.upper()}")
    }
    threads = values.get("threads", str(os.cpu_count() or 1))
    if not threads.isdigit() or int(threads) < 1:
        raise SettingsError(f"The setting threads was given {threads!r}, but it takes a number from 1.")

    wait = values.get("lock_wait_seconds", str(LOCK_WAIT_SECONDS))
    if not wait.isdigit():
        raise SettingsError(
            f"The setting lock_wait_seconds was given {wait!r}, but it takes a number from 0."
        )

    def place(key: str, default: str) -> Path:
        return (root / values.get(key, default)).resolve()

    return Settings(
        root=root,
        warehouse=place("warehouse", "data/warehouse.duckdb"),
        site=place("site", "reports/_site"),
        build_dir=place("build_dir", "reports/_build"),
        temp_dir=place("temp_dir", "data/tmp"),
        shop=values.get("shop"),
        memory_limit=values.get("memory_limit", _half_of_memory()),
        threads=int(threads),
        parameters=parameters,
        rules=place("rules", "rules"),
        sources=place("sources", "sources"),
        lock_wait_seconds=int(wait),
    )
