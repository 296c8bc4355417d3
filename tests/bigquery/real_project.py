"""A real Google Cloud project in the place of the emulator: `make test-bigquery PROJECT=my-project`.

Datasets are made with an expiration and a label of this run, and removed at the end by it; nothing else in
the project is touched. One that holds other datasets is refused: a test would write into one of them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.errors import ShopbookError
from analysis_lib.settings import BigQuery
from analysis_lib.warehouse import run_ledger
from analysis_lib.warehouse.bigquery_client import REST_EMULATOR, STORAGE_EMULATOR, connect
from analysis_lib.warehouse.bigquery_cost import run_cost

PROJECT_VARIABLE = "SHOPBOOK_TEST_BIGQUERY_PROJECT"
LOCATION_VARIABLE = "SHOPBOOK_TEST_BIGQUERY_LOCATION"
# No query of the tests reads more than a few megabytes; a fault of theirs shall not cost more than a cent.
MAXIMUM_BYTES_BILLED = 2**30
EXPIRATION = dt.timedelta(days=1)
TEST_LABEL = "shopbook_test"
PREFIX = "sbtest_"
RUN = uuid.uuid4().hex[:8]


def named() -> str:
    """The project that the tests were given; empty: they run on the emulator."""
    return os.environ.get(PROJECT_VARIABLE, "")


def location() -> str:
    """Where the tests make their datasets."""
    return os.environ.get(LOCATION_VARIABLE) or "US"


def unique(shop: str) -> str:
    """A shop's name in the tests: on a real project one that no other run has."""
    return f"{PREFIX}{RUN}_{shop}" if named() else shop


@dataclass(frozen=True)
class RealProject:
    """What stands in the place of a running emulator."""

    project: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def gcs(self) -> Path:
        """A folder in the place of a bucket: there is none."""
        pytest.skip("the files of this test are in the emulator's bucket; a real one is not asked for")


@contextlib.contextmanager
def running(say: Callable[[str], None] = print) -> Iterator[RealProject]:
    """Point everything at the project for as long as the block lasts, then remove what was made.

    Skips, with the reason, where there are no credentials; fails where the project is not empty.
    """
    project = named()
    place = BigQuery(project=project, location=location(), maximum_bytes_billed=MAXIMUM_BYTES_BILLED)
    with pytest.MonkeyPatch.context() as patch, run_ledger.one_run():
        for name in (REST_EMULATOR, STORAGE_EMULATOR):
            patch.delenv(name, raising=False)
        # For the commands that tests start as processes of their own.
        patch.setenv("SHOPBOOK_BIGQUERY_LOCATION", place.location)
        patch.setenv("SHOPBOOK_BIGQUERY_MAXIMUM_BYTES_BILLED", str(MAXIMUM_BYTES_BILLED))
        try:
            connection = connect(place)
        except ShopbookError as error:
            pytest.skip(f"no real BigQuery: {error}")
        client = connection.client
        others = [name for one in client.list_datasets() if not (name := one.dataset_id).startswith(PREFIX)]
        if others:
            pytest.fail(f"The project {project} holds datasets ({', '.join(others)}): name an empty one.")
        _mark_what_is_made(patch)
        try:
            yield RealProject(project)
        finally:
            _remove(client)
            done = run_cost(run_ledger.current()[1].jobs(), place.price_per_tib)
            say(f"{project}: {done.get('words', 'no job was run')}; what was made is removed")
            connection.close()


def _mark_what_is_made(patch: pytest.MonkeyPatch) -> None:
    """Datasets carry the tests' label, and their tables vanish by themselves should the tests be killed."""
    from google.cloud import bigquery

    make = bigquery.Client.create_dataset

    def marked(self: bigquery.Client, dataset: bigquery.Dataset, **given: Any) -> bigquery.Dataset:
        dataset.default_table_expiration_ms = int(EXPIRATION.total_seconds() * 1000)
        dataset.labels = {**dataset.labels, TEST_LABEL: RUN}
        return make(self, dataset, **given)

    patch.setattr(bigquery.Client, "create_dataset", marked)


def _remove(client: Any) -> None:
    """Remove the datasets of this run, by their label or name, and nothing else."""
    for one in list(client.list_datasets()):
        if one.labels.get(TEST_LABEL) == RUN or one.dataset_id.startswith(unique("")):
            client.delete_dataset(one.dataset_id, delete_contents=True, not_found_ok=True)
