"""Addresses of what is in Google's cloud already."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis_lib.errors import ParameterError

PREFIX = "bigquery://"


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
