"""The clients of BigQuery: made only when used, for the service or for an emulator on this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analysis_lib.errors import MissingInputError, SettingsError, ShopbookError
from analysis_lib.settings import BigQuery, Settings
from analysis_lib.warehouse.bigquery_failures import translate
from analysis_lib.warehouse.bigquery_retry import retry

if TYPE_CHECKING:
    from google.cloud import bigquery
    from google.cloud.bigquery_storage_v1 import BigQueryReadClient

# The first is Google's own name for it.
REST_EMULATOR = "BIGQUERY_EMULATOR_HOST"
STORAGE_EMULATOR = "BIGQUERY_STORAGE_EMULATOR_HOST"
# By this label a dataset is known as a shop's.
LABEL = "shopbook"


@contextlib.contextmanager
def translated(what: str = "") -> Iterator[None]:
    """Turn the client's errors into sentences for the analyst."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except ShopbookError:
        raise
    except (GoogleAPIError, GoogleAuthError, OSError) as error:
        raise translate(error, what) from error


def dataset_of(settings: Settings, shop: str) -> str:
    """The dataset of a shop, or of one of its editions: the settings', where they name one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from analysis_lib.settings import BigQuery
    >>> places = [Path()] * 5
    >>> at = Settings(*places, shop="demo", bigquery=BigQuery(dataset="eu_demo"))
    >>> dataset_of(at, "demo"), dataset_of(at, "demo__germany"), dataset_of(at, "other")
    ('eu_demo', 'eu_demo__germany', 'other')
    """
    named, own = settings.bigquery.dataset, settings.shop
    if not named or not own or not (shop == own or shop.startswith(f"{own}__")):
        return shop
    return named + shop.removeprefix(own)


@dataclass
class Connection:
    """What speaks to BigQuery for one thread; the storage client and the credentials are shared.

    Parameters
    ----------
    place
        Project and location, from the settings.
    credentials
        Found by the environment when left out.
    """

    place: BigQuery
    credentials: Any = None

    @cached_property
    def client(self) -> bigquery.Client:
        """The client of BigQuery's REST interface."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        emulator = os.environ.get(REST_EMULATOR, "")
        if emulator:
            self.credentials = self.credentials or AnonymousCredentials()  # type: ignore[no-untyped-call]
        client = bigquery.Client(
            project=self.place.project,
            credentials=self.credentials,
            location=self.place.location,
            client_options={"api_endpoint": emulator} if emulator else None,
        )
        self.credentials = client._credentials
        return client

    @cached_property
    def storage(self) -> BigQueryReadClient:
        """The client of the Storage API, which brings results as Arrow."""
        from google.cloud.bigquery_storage_v1 import BigQueryReadClient
        from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
            BigQueryReadGrpcTransport,
        )

        address = os.environ.get(STORAGE_EMULATOR, "")
        if not address:
            return BigQueryReadClient(credentials=self.credentials)  # type: ignore[no-untyped-call]
        import grpc

        # As large as Google's own channel takes them.
        channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        transport = BigQueryReadGrpcTransport(channel=channel)
        return BigQueryReadClient(transport=transport)  # type: ignore[no-untyped-call]

    def another(self) -> Connection:
        """The same place for another thread: a client's HTTP session serves one at a time."""
        other = Connection(self.place, self.credentials)
        other.__dict__["storage"] = self.storage
        return other

    def close(self) -> None:
        """Let go of the sockets; the storage client may still serve other threads."""
        if "client" in self.__dict__:
            self.client.close()  # type: ignore[no-untyped-call]


def connect(place: BigQuery) -> Connection:
    """A connection to the project of the settings.

    Raises
    ------
    SettingsError
        The extra is not installed, no project is named, or there are no credentials.
    """
    try:
        import google.cloud.bigquery
        import google.cloud.bigquery_storage_v1  # noqa: F401 - a missing part is told before any work
    except ImportError as error:
        raise SettingsError(
            "The BigQuery client is not installed.", "Install it: pip install 'shopbook[bigquery]'"
        ) from error
    if not place.project:
        raise SettingsError(
            "No Google Cloud project is named.",
            "Set project under [bigquery] in shopbook.toml, or SHOPBOOK_BIGQUERY_PROJECT.",
        )
    connection = Connection(place)
    with translated():
        connection.client  # noqa: B018 - finds the credentials
    return connection


def check_dataset(connection: Connection, dataset: str, shop: str, *, create: bool, days: int = 0) -> None:
    """The dataset is there, in the location of the settings; it is made where it may be.

    What is made in it vanishes after so many days, if any are given.

    Raises
    ------
    MissingInputError
        There is no such dataset or project, and none is to be made.
    SettingsError
        It is in another location than the settings say.
    CloudError
        It may not be read.
    """
    from google.api_core.exceptions import NotFound
    from google.cloud import bigquery

    place = connection.place
    with translated(f"dataset {dataset}"):
        try:
            found = connection.client.get_dataset(f"{place.project}.{dataset}", retry=retry())
        except NotFound as error:
            if not create:
                raise MissingInputError(
                    f"There is no dataset {dataset} in the project {place.project}.",
                    "Copy a shop there with: shopbook copy --to bigquery",
                ) from error
            made = bigquery.Dataset(f"{place.project}.{dataset}")
            made.location = place.location
            made.labels = {LABEL: shop}
            if days:
                made.default_table_expiration_ms = days * 24 * 60 * 60 * 1000
            connection.client.create_dataset(made, retry=retry())
            return
    if found.location.upper() != place.location.upper():
        raise SettingsError(
            f"The dataset {place.project}.{dataset} is in the location {found.location}, "
            f"but the settings say {place.location}.",
            f'Set location = "{found.location}" under [bigquery] in shopbook.toml.',
        )
