"""Addresses of what is in Google's cloud already."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis_lib.errors import ParameterError

PREFIX = "bigquery://"
BUCKETS = "gs://"


@dataclass(frozen=True)
class Place:
    """A dataset, and which of its tables: all of them, or those of a name or pattern."""

    project: str
    dataset: str
    tables: str = "*"

    @property
    def address(self) -> str:
        """Project and dataset."""
        return f"{self.project}.{self.dataset}"


def is_place(text: str) -> bool:
    """Whether what was given after `--from` is in BigQuery.

    Examples
    --------
    >>> is_place("bigquery://bigquery-public-data.thelook_ecommerce"), is_place("events.csv")
    (True, False)
    """
    return text.lower().startswith(PREFIX)


def read_place(text: str) -> Place:
    """A dataset from its address.

    Raises
    ------
    ParameterError
        It is none.

    Examples
    --------
    >>> read_place("bigquery://bigquery-public-data.thelook_ecommerce").address
    'bigquery-public-data.thelook_ecommerce'
    >>> read_place("bigquery://shop-1.analytics_123.events_2026*").tables
    'events_2026*'
    """
    address = r"([a-z0-9:.-]+[a-z0-9])\.([A-Za-z0-9_]+)(?:\.([A-Za-z0-9_*]+))?"
    found = re.fullmatch(address, text[len(PREFIX) :])
    if not found:
        raise ParameterError(
            f"{text} is not the address of a dataset.",
            "Write bigquery://project.dataset, or with tables bigquery://project.dataset.events_*.",
        )
    project, dataset, tables = found.groups()
    return Place(project, dataset, tables or "*")


@dataclass(frozen=True)
class Bucket:
    """Objects of a bucket of Cloud Storage, by the pattern of their names."""

    name: str
    pattern: str

    @property
    def prefix(self) -> str:
        """What all of their names begin with.

        Examples
        --------
        >>> Bucket("shop", "export/events_*.csv.gz").prefix, Bucket("shop", "export/").prefix
        ('export/events_', 'export/')
        """
        return re.split(r"[*?]", self.pattern, maxsplit=1)[0]

    def holds(self, name: str) -> bool:
        """Whether an object is meant: `*` stands for anything but a slash, a folder for all below it.

        Examples
        --------
        >>> here = Bucket("shop", "export/*.csv")
        >>> here.holds("export/a.csv"), here.holds("export/old/a.csv"), here.holds("export/a.csv.bak")
        (True, False, False)
        >>> folder = Bucket("shop", "export")
        >>> folder.holds("export/old/a.csv"), folder.holds("exports/a.csv")
        (True, False)
        """
        folder = self.pattern.rstrip("/")
        if not folder or name.startswith(f"{folder}/"):
            return True
        parts = re.split(r"([*?])", self.pattern)
        wild = {"*": "[^/]*", "?": "[^/]"}
        return re.fullmatch("".join(wild.get(part) or re.escape(part) for part in parts), name) is not None


def is_bucket(text: str) -> bool:
    """Whether what was given after `--from` is in Cloud Storage.

    Examples
    --------
    >>> is_bucket("gs://shop/export/*.parquet"), is_bucket("gs.csv")
    (True, False)
    """
    return text.lower().startswith(BUCKETS)


def is_there(text: str) -> bool:
    """Whether what was given after `--from` is in Google's cloud, whichever of the two.

    Examples
    --------
    >>> is_there("gs://shop/export"), is_there("bigquery://project.dataset"), is_there("export")
    (True, True, False)
    """
    return is_place(text) or is_bucket(text)


def read_bucket(text: str) -> Bucket:
    """Bucket and pattern from an address.

    Raises
    ------
    ParameterError
        It names no bucket.
    """
    name, _, pattern = text[len(BUCKETS) :].partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]+", name):
        raise ParameterError(
            f"{text} names no bucket.", "Write gs://bucket/folder or gs://bucket/events_*.csv.gz."
        )
    return Bucket(name, pattern)
