"""Marts for other parameters, kept apart from the shop's own.

Who looks at another day or window must not change what the next report finds. Such marts stand in a DuckDB
file of their own in `data/explore/` (on BigQuery in a dataset, see `apart_bigquery.py`): loaded tables, and
every mart that the parameters do not touch, are views on the shop's own warehouse, which is only read; the
rest is built there. The file is found again by its parameters.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis_lib.checks import DQ_CHECKS, Checker
from analysis_lib.errors import MissingInputError, ModelError
from analysis_lib.models import Project, digest
from analysis_lib.parameters import Parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.state import META_MODELS
from analysis_lib.warehouse.base import NEXT_SUFFIX, Warehouse
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

FOLDER = "explore"
KEPT = 4  # files; the one that was not opened for longest goes first
_OWN = "_own"  # what the shop's own warehouse is called beside the file; no shop can have that name
# A place has its own of what a build writes down, and of what says who writes.
_NOT_LINKED = ("meta_models", "run_parameters", "dq_checks", "build_lease", "swap_journal")


def are_own(recorded: Mapping[str, str], wanted: Parameters) -> bool:
    """Whether the shop's own marts are those of the wanted parameters, up to date or not.

    Without `as_of` they are when the last build followed the newest day of the data.
    """
    if not recorded:
        return True
    defaults = dataclasses.asdict(Parameters())
    for name, value in dataclasses.asdict(wanted).items():
        if name != "as_of" and str(value) != recorded.get(name, str(defaults[name])):
            return False
    last = recorded.get("as_of", "")
    if wanted.as_of is not None:
        return wanted.as_of.isoformat() == last
    return recorded.get("data_range", "").endswith(f"/{last}")


def key_of(wanted: Parameters) -> str:
    """By what the marts for these parameters are found again."""
    return digest(json.dumps(dataclasses.asdict(wanted), sort_keys=True, default=str))


def path_of(settings: Settings, shop: str, wanted: Parameters) -> Path:
    """The file of a shop's marts for these parameters."""
    return settings.warehouse.parent / FOLDER / f"{shop}-{key_of(wanted)[:12]}.duckdb"


def open_apart(settings: Settings, shop: str, wanted: Parameters, read_only: bool = True) -> DuckDBWarehouse:
    """The file, with the shop's own warehouse beside it.

    Raises
    ------
    MissingInputError
        It is not there (any more).
    WarehouseLockedError
        Another process writes to one of the two.
    """
    path = path_of(settings, shop, wanted)
    if read_only and not path.is_file():
        raise MissingInputError(
            f"The marts that were kept apart in {path.name} are not there any more.",
            "Run the cell with open_shop() again.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = dataclasses.replace(settings, warehouse=path)
    warehouse = DuckDBWarehouse(beside, shop, read_only)
    try:
        warehouse.attach(settings.warehouse, _OWN)
    except BaseException:
        warehouse.close()
        raise
    return warehouse


class Apart:
    """The marts of one shop for one set of parameters.

    Parameters
    ----------
    warehouse, settings
        The shop's own warehouse, open, and where it is.
    own
        A runner on it with the wanted parameters, whose :meth:`Runner.stale` was asked.
    stale
        Its answer.
    wanted
        The parameters; `as_of` is None where they follow the newest day.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        settings: Settings,
        own: Runner,
        stale: Mapping[str, str],
        wanted: Parameters,
    ) -> None:
        self.settings = settings
        self.shop = warehouse.shop
        self.project: Project = own.project
        self.wanted = wanted
        # A view of the shop's own is made again, not linked: it would read its tables where it stands.
        not_shared = stale.keys() | warehouse.views()
        self._shared = {
            name: own.state.models[name]
            for name in own.fingerprints
            if name in own.state.models and name not in not_shared
        }
        there = warehouse.tables()
        self._loaded = sorted(
            name
            for name in there - self.project.models.keys() - set(_NOT_LINKED)
            if not name.endswith(NEXT_SUFFIX)
        )
        self._has_checks = "dq_checks" in there

    @property
    def name(self) -> str:
        """What the place is called."""
        return path_of(self.settings, self.shop, self.wanted).name

    def _open(self, read_only: bool = True) -> Any:
        return open_apart(self.settings, self.shop, self.wanted, read_only)

    def is_ready(self) -> bool:
        """Whether the marts are there and nothing of them is stale."""
        try:
            opened = self._open()
        except MissingInputError:
            return False
        with opened as warehouse:
            linked = warehouse.views() & {
                name for name, model in self.project.models.items() if not model.contract.is_view
            }
            if not linked <= self._shared.keys():
                return False
            return not Runner(warehouse, self.project, self.wanted).stale()

    def build(self) -> None:
        """Make what is stale, and check it.

        Raises
        ------
        ModelError, DateRangeError
            As a build of the shop's own marts.
        """
        with self._open(read_only=False) as warehouse:
            self._link(warehouse)
            summary = Runner(warehouse, self.project, self.wanted).build()
            Checker(warehouse, self.project, summary.parameters, summary.fingerprints).run()
        self._forget_oldest()

    def _link(self, warehouse: DuckDBWarehouse) -> None:
        """Views on the loaded tables and on the marts that are the same; the other views are forgotten."""
        for name in self._loaded:
            warehouse.link_beside(name, _OWN)
        warehouse.append("meta_models", META_MODELS, [])
        linked = warehouse.views() - set(self._loaded)
        for name in sorted(linked - self._shared.keys()):
            warehouse.drop([name])
            warehouse.execute("delete from meta_models where model in (?, ?)", [name, name + NEXT_SUFFIX])
        for name, (fingerprint, parts, rows) in sorted(self._shared.items()):
            warehouse.link_beside(name, _OWN)
            warehouse.execute("delete from meta_models where model = ?", [name])
            warehouse.execute(
                "insert into meta_models values (?, ?, ?, ?, 0, current_timestamp)",
                [name, fingerprint, json.dumps(parts, sort_keys=True), rows],
            )
        if self._has_checks and "dq_checks" not in warehouse.tables():
            warehouse.create_empty_table("dq_checks", DQ_CHECKS)
            warehouse.execute(f'insert into dq_checks select * from "{_OWN}"."{self.shop}".dq_checks')

    def _forget_oldest(self) -> None:
        """Keep the files that were used last; a notebook that still holds one of the others finds it gone."""
        folder = path_of(self.settings, self.shop, self.wanted).parent
        files = sorted(folder.glob("*.duckdb"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[KEPT:]:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def open(self) -> Any:
        """Open them read-only.

        Raises
        ------
        ModelError
            The shop's own marts that it shares were made again meanwhile.
        """
        warehouse = self._open()
        now = self._own_fingerprints(warehouse)
        changed = sorted(name for name, entry in self._shared.items() if now.get(name) != entry[0])
        if changed:
            warehouse.close()
            raise changed_meanwhile(self.shop, changed)
        return warehouse

    def _own_fingerprints(self, warehouse: Any) -> dict[str, str]:
        """What the shop's own marts are made of now; the file counts as used."""
        os.utime(path_of(self.settings, self.shop, self.wanted))
        return dict(warehouse.beside(_OWN, "select model, fingerprint from {schema}.meta_models"))


def kept_apart(
    warehouse: Warehouse, settings: Settings, own: Runner, stale: Mapping[str, str], wanted: Parameters
) -> Apart:
    """The marts for these parameters, where the shop's engine keeps such; see :class:`Apart`."""
    if settings.engine == "duckdb":
        return Apart(warehouse, settings, own, stale, wanted)
    from analysis_lib.explore.apart_bigquery import ApartOnBigQuery

    return ApartOnBigQuery(warehouse, settings, own, stale, wanted)


def changed_meanwhile(shop: str, models: Iterable[str]) -> ModelError:
    """The error of a notebook whose shop was built again behind its back."""
    return ModelError(
        f"The marts of the shop {shop} were made again since this notebook opened it "
        f"({min(models)} changed).",
        "Run the cell with open_shop() again.",
    )
