"""Where the project, its warehouse and its site are, and what the machine may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis_lib.errors import SettingsError
from analysis_lib.profiles.document import FILE, Document, Layer, read_document
from analysis_lib.profiles.environment import read_environment
from analysis_lib.profiles.keys import DATABASE_KEYS, ON_BIGQUERY

_MARKER = "_quarto.yml"
# Long enough for a cell of a notebook or a swap, short enough for a person who waits.
LOCK_WAIT_SECONDS = 15
_MAX_REJECTED_SHARE = 0.5
SITE = "reports/_site"


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
    """Paths and limits of a project, with the profile of the shop that they were read for.

    `rules` and `sources` are folders of the project's own rule tables and sources; `memory_limit` is DuckDB's
    (for example ``8GB``); `translations` is the folder of translated queries (None: they are not kept);
    `lock_wait_seconds` is how long to wait for a warehouse that another process holds;
    `parameters` are the defaults of the run parameters; `shop` is the shop to take when none is named.

    From the shop's profile: its name as `profile` (empty: it has none), the `source`, the `places` that its
    data come from (addresses, or paths from the project's folder), the `tables` to load (None: all), the
    `formats` in which columns are written, what is read of a `database` (those of DATABASE_KEYS that are
    said), `max_rejected_share`, `renderer`, the `editions` that every report makes, and `bigquery`.
    `profiles` are the shops that have one.
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
    profile: str = ""
    profiles: tuple[str, ...] = ()
    source: str = ""
    translations: Path | None = None
    places: tuple[str, ...] = ()
    tables: tuple[str, ...] | None = None
    formats: tuple[str, ...] = ()
    database: Mapping[str, Any] = field(default_factory=dict)
    max_rejected_share: float = _MAX_REJECTED_SHARE
    renderer: str = "auto"
    editions: tuple[str, ...] = ()

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


def load_settings(
    start: Path | None = None, env: Mapping[str, str] | None = None, shop: str = ""
) -> Settings:
    """Read `shopbook.toml` and the environment variables `SHOPBOOK_*`.

    The environment wins over the shop's profile, which wins over the project's defaults. The shop is the one
    that is named, else that of the environment, of the file's key `shop`, or the only one that has a profile.

    Parameters
    ----------
    start
        Where to look for the project from; the current folder when not given.
    env
        The environment; the process's own when not given.
    shop
        The shop whose profile counts.

    Raises
    ------
    SettingsError
        No project, an unreadable settings file, an unknown key or a value of the wrong type.

    Examples
    --------
    >>> load_settings(env={"SHOPBOOK_THREADS": "1"}).threads  # doctest: +SKIP
    1
    """
    root, document, said = _read(start, env)
    only = next(iter(document.profiles)) if len(document.profiles) == 1 else ""
    name = shop or str(said.values.get("shop") or document.defaults.values.get("shop") or only)
    return _settled(root, document, said, name)


def all_settings(start: Path | None = None, env: Mapping[str, str] | None = None) -> dict[str, Settings]:
    """The settings of every shop that has a profile, and under an empty name those of shops without one.

    Raises
    ------
    SettingsError
        As in :func:`load_settings`.
    """
    root, document, said = _read(start, env)
    return {name: _settled(root, document, said, name) for name in ("", *document.profiles)}


def _read(start: Path | None, env: Mapping[str, str] | None) -> tuple[Path, Document, Layer]:
    env = os.environ if env is None else env
    root = find_root(Path(env.get("SHOPBOOK_PROJECT") or start or Path.cwd()).resolve())
    document = read_document(root / FILE)
    _check_sites(root, document)
    return root, document, read_environment(env)


def _settled(root: Path, document: Document, said: Layer, shop: str) -> Settings:
    profile = document.profile_name(shop)
    own = document.profiles.get(profile, Layer())
    values = {**document.defaults.values, **own.values, **said.values}
    settings = _make(root, values, {**document.defaults.bigquery, **own.bigquery, **said.bigquery})
    if "build_dir" not in {*own.values, *said.values} and "site" in own.values:
        # Shops that share the cache of executed notebooks would evict each other's pages at every run.
        settings = replace(settings, build_dir=settings.build_dir / "shops" / profile)
    return replace(
        settings,
        shop=shop or None,
        profile=profile,
        profiles=tuple(document.profiles),
        parameters={**document.defaults.parameters, **own.parameters, **said.parameters},
    )


def _check_sites(root: Path, document: Document) -> None:
    """No shop may publish into the site of another one: publishing replaces the whole folder."""
    default = document.defaults.values.get("site", SITE)
    sites: dict[str, Path] = {}
    for name, profile in document.profiles.items():
        site = _place(root, profile.values.get("site", default))
        for other, taken in sites.items():
            if site == taken or site in taken.parents or taken in site.parents:
                raise SettingsError(
                    f"In {FILE}, the shops {other} and {name} publish into one folder, so that one report "
                    "would replace the other.",
                    f'Give [shops.{name}] a site of its own: site = "reports/_site_{name}".',
                )
        sites[name] = site


def _place(root: Path, text: str) -> Path:
    return (root / Path(text).expanduser()).resolve()


def _make(root: Path, values: Mapping[str, Any], bigquery: Mapping[str, Any]) -> Settings:
    def place(key: str, default: str) -> Path:
        return _place(root, values.get(key, default))

    kept = values.get("translations", "")
    on_bigquery = values.get("warehouse") == ON_BIGQUERY
    default, build_dir = "data/warehouse.duckdb", values.get("build_dir", "reports/_build")
    return Settings(
        root=root,
        warehouse=(root / default).resolve() if on_bigquery else place("warehouse", default),
        site=place("site", SITE),
        build_dir=place("build_dir", build_dir),
        temp_dir=place("temp_dir", "data/tmp"),
        memory_limit=values.get("memory_limit") or _half_of_memory(),
        threads=values.get("threads", os.cpu_count() or 1),
        rules=place("rules", "rules"),
        sources=place("sources", "sources"),
        lock_wait_seconds=values.get("lock_wait_seconds", LOCK_WAIT_SECONDS),
        engine=ON_BIGQUERY if on_bigquery else "duckdb",
        bigquery=BigQuery(**bigquery),
        source=values.get("source", ""),
        places=values.get("from", ()),
        tables=values.get("tables") or None,
        formats=values.get("formats", ()),
        database={name: values[name] for name in DATABASE_KEYS if name in values},
        max_rejected_share=values.get("max_rejected_share", _MAX_REJECTED_SHARE),
        renderer=values.get("renderer", "auto"),
        editions=values.get("editions", ()),
        translations=None if kept == "off" else place("translations", f"{build_dir}/translations"),
    )
