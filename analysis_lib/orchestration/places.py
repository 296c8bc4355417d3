"""Where a shop's new data are looked for: the folders of its profile, or a dataset of BigQuery."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.errors import SettingsError
from analysis_lib.orchestration.arrivals import Place
from analysis_lib.orchestration.folders import Folders, ledger_of
from analysis_lib.settings import Settings
from analysis_lib.sources.bigquery.places import is_place, read_place
from analysis_lib.verbs.load import profile_load
from analysis_lib.warehouse.opening import shops

if TYPE_CHECKING:
    from analysis_lib.verbs.load import Wanted

# Long enough for a swap; a tick that finds a build at work leaves it to the next one.
_WAIT_SECONDS = 1


def place_of(settings: Settings) -> Place:
    """Where the data of a shop's profile come from.

    Raises
    ------
    SettingsError
        There is no profile that says it, or the data are in a database, which only a load can look into.
    """
    wanted = profile_load(settings)
    paths = [place for place in wanted.places if isinstance(place, Path)]
    if len(paths) == len(wanted.places):
        waiting = dataclasses.replace(settings, lock_wait_seconds=_WAIT_SECONDS)
        return Folders(waiting, wanted.shop, paths)
    if all(isinstance(place, str) and is_place(place) for place in wanted.places):
        return Dataset(settings, wanted)
    raise SettingsError(
        f"The data of the shop {wanted.shop} are in a database: what is new is found by loading.",
        "Let a schedule load it.",
    )


class Dataset:
    """The tables of a dataset on BigQuery that a shop there reads in place; a day of GA4 is one of them.

    A table's content is known by the time of its last change, its rows and bytes, which BigQuery keeps.
    """

    may_grow = False

    def __init__(self, settings: Settings, wanted: Wanted) -> None:
        self.settings = settings
        self.wanted = wanted

    def listed(self) -> Mapping[str, str]:
        """The names of the tables in the ledger, to what stands for their content."""
        from analysis_lib.sources.bigquery.there import find_parts
        from analysis_lib.sources.definition import read_source
        from analysis_lib.warehouse.bigquery import BigQueryWarehouse

        source = read_source(self.wanted.source, self.settings.sources)
        # A shop that is not there yet is made, as its first load would.
        is_there = self.wanted.shop in shops(self.settings)
        with BigQueryWarehouse(self.settings, self.wanted.shop, read_only=is_there) as cloud:
            found = find_parts(cloud, read_place(str(self.wanted.places[0])), source, self.wanted.tables)
        return {part.path: part.digest for parts in found.values() for part in parts}

    def content(self, name: str, stamp: str) -> str | None:  # noqa: ARG002 - of the protocol
        """The same as the stamp."""
        return stamp

    def loaded(self) -> Mapping[str, frozenset[str]]:
        """What the ledger has under each name."""
        return ledger_of(self.settings, self.wanted.shop)
