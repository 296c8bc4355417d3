"""Where a shop's new data are looked for: its profile's folders, buckets or dataset of BigQuery."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.errors import SettingsError
from analysis_lib.orchestration.arrivals import Place
from analysis_lib.orchestration.folders import Folders, ledger_of
from analysis_lib.settings import Settings
from analysis_lib.sources.bigquery.places import is_bucket, is_place, read_bucket, read_place
from analysis_lib.verbs.load import profile_load
from analysis_lib.warehouse.opening import shops

if TYPE_CHECKING:
    from analysis_lib.verbs.load import Wanted
    from analysis_lib.warehouse.bigquery import BigQueryWarehouse

    Listing = Callable[[BigQueryWarehouse, Wanted], Mapping[str, str]]

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
        return InCloud(settings, wanted, _tables)
    if all(isinstance(place, str) and is_bucket(place) for place in wanted.places):
        return InCloud(settings, wanted, _objects)
    raise SettingsError(
        f"The data of the shop {wanted.shop} are in a database: what is new is found by loading.",
        "Let a schedule load it.",
    )


class InCloud:
    """What is in Google's cloud already, looked at by a shop on BigQuery.

    Parameters
    ----------
    settings
        The settings of the shop's profile.
    wanted
        What the profile loads.
    listing
        The names in the ledger of what is there, to what stands for the content of each.
    """

    may_grow = False

    def __init__(self, settings: Settings, wanted: Wanted, listing: Listing) -> None:
        self.settings = settings
        self.wanted = wanted
        self.listing = listing

    def listed(self) -> Mapping[str, str]:
        """Name to content, which is the stamp as well."""
        from analysis_lib.warehouse.bigquery import BigQueryWarehouse

        # A shop that is not there yet is made, as its first load would.
        is_there = self.wanted.shop in shops(self.settings)
        with BigQueryWarehouse(self.settings, self.wanted.shop, read_only=is_there) as cloud:
            return self.listing(cloud, self.wanted)

    def content(self, name: str, stamp: str) -> str | None:  # noqa: ARG002 - of the protocol
        """The same as the stamp."""
        return stamp

    def loaded(self) -> Mapping[str, frozenset[str]]:
        """What the ledger has under each name."""
        return ledger_of(self.settings, self.wanted.shop)


def _tables(cloud: BigQueryWarehouse, wanted: Wanted) -> dict[str, str]:
    """The tables of a dataset that are read in place, such as the days of a GA4 export.

    A table is known by the time of its last change, its rows and bytes, which BigQuery keeps.
    """
    from analysis_lib.sources.bigquery.there import find_parts
    from analysis_lib.sources.definition import read_source

    source = read_source(wanted.source, cloud.settings.sources)
    found = find_parts(cloud, read_place(str(wanted.places[0])), source, wanted.tables)
    return {part.path: part.digest for parts in found.values() for part in parts}


def _objects(cloud: BigQueryWarehouse, wanted: Wanted) -> dict[str, str]:
    """The objects of buckets, which are there when they are whole."""
    from analysis_lib.sources.bigquery.buckets import client_of, list_objects

    client = client_of(cloud)
    found = (one for place in wanted.places for one in list_objects(client, read_bucket(str(place))))
    return {one.uri: one.digest for one in found}
