"""What a bucket of Cloud Storage holds: its objects, and the first bytes of one."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from analysis_lib.errors import BadDataError, SettingsError
from analysis_lib.sources.bigquery.places import BUCKETS, Bucket
from analysis_lib.sources.find import data_suffix
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_client import translated

if TYPE_CHECKING:
    from google.cloud.storage import Client

_GZIP = b"\x1f\x8b"
# As much of a text object as a header line may take.
_START_BYTES = 65_536


@dataclass(frozen=True)
class Stored:
    """An object: where it is, what its content is known by, and its size in bytes."""

    uri: str
    digest: str
    generation: int
    bytes: int
    start: Any

    @property
    def name(self) -> str:
        """Its own name, without folders."""
        return PurePosixPath(self.uri).name

    @property
    def suffix(self) -> str:
        """What it holds, by its name: `.csv` also where it is packed."""
        return data_suffix(self.name)

    @property
    def is_packed(self) -> bool:
        """Whether it is packed with gzip, by its name."""
        return self.name.lower().endswith((".gz", ".gzip"))


def client_of(cloud: BigQueryWarehouse) -> Client:
    """A client of Cloud Storage with the credentials of the shop's warehouse.

    Raises
    ------
    SettingsError
        The client is not installed.
    """
    try:
        from google.cloud import storage
    except ImportError as error:
        raise SettingsError(
            "The client of Cloud Storage is not installed.", "Install it: pip install 'shopbook[bigquery]'"
        ) from error
    return storage.Client(cloud.settings.bigquery.project, credentials=cloud.connection.credentials)


def list_objects(client: Client, bucket: Bucket) -> Iterator[Stored]:
    """The objects that are meant, in the order of their names; empty ones that stand for folders left out.

    An object is known by its content: by its MD5, or its CRC32C and size where it was put together of parts.
    Written anew with the same content it is the same.
    """
    fields = "items(name,size,generation,md5Hash,crc32c),nextPageToken"
    with translated(f"{BUCKETS}{bucket.name}"):
        for blob in client.list_blobs(bucket.name, prefix=bucket.prefix, fields=fields):
            if bucket.holds(blob.name) and not blob.name.endswith("/"):
                known = blob.md5_hash or f"{blob.crc32c}:{blob.size}"
                digest = hashlib.sha256(known.encode()).hexdigest()
                uri = f"{BUCKETS}{bucket.name}/{blob.name}"
                yield Stored(uri, digest, int(blob.generation or 0), int(blob.size or 0), blob)


def first_line(stored: Stored) -> str:
    """The first line of a text object, from its first bytes.

    Raises
    ------
    BadDataError
        It is empty, no UTF-8, or packed in another way than its name says.
    """
    with translated(stored.uri):
        start: bytes = stored.start.download_as_bytes(start=0, end=_START_BYTES - 1, raw_download=True)
    try:
        if stored.is_packed:
            start = zlib.decompressobj(wbits=31).decompress(start)
        line = start.split(b"\n", 1)[0].decode("utf-8-sig").rstrip("\r")
    except (zlib.error, UnicodeDecodeError) as error:
        raise BadDataError(f"{stored.uri} cannot be read as text of UTF-8: {error}.") from error
    if not line:
        raise BadDataError(f"{stored.uri} has no header line.")
    if start.startswith(_GZIP):
        raise BadDataError(f"{stored.uri} is packed, and its name does not say so.", "Name it .csv.gz.")
    return line
