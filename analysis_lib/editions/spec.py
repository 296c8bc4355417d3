"""What an edition is: its name, its own parameters, and which people it holds."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NOT_SET = "(not set)"
# Dimension of `restrict` to what a reader is told: of a value, and of people who have none.
DIMENSIONS = {
    "country": ("people whose country is {value}", "people whose country is not known"),
    "device": ("people whose first device is {value}", "people whose first device is not known"),
    "source": (
        "people whose first traffic source is {value}",
        "people whose first traffic source is not known",
    ),
    "segment": ("customers whose segment is {value}", "people without a counted order, who have no segment"),
}
_MAX_SCHEMA = 63


@dataclass(frozen=True)
class Edition:
    """One edition, settled: what `reports.yml` says, with the values of `each` filled in.

    Parameters
    ----------
    id
        Its name in addresses and in `--edition`: lower-case letters, digits and hyphens.
    title, description
        What a reader is shown.
    parameters
        Run parameters that differ from those of the run.
    dimension, value
        Which people it holds; both empty: all.
    entry
        The id of the entry of `reports.yml` that it comes from.

    Examples
    --------
    >>> Edition("de", "Germany", dimension="country", value="Germany").label
    'Edition Germany: people whose country is Germany'
    """

    id: str
    title: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    dimension: str = ""
    value: str = ""
    entry: str = ""

    @property
    def restriction(self) -> str:
        """Which people it holds, in words; empty when it holds all."""
        if not self.dimension:
            return ""
        known, unknown = DIMENSIONS[self.dimension]
        return unknown if self.value == NOT_SET else known.format(value=self.value)

    @property
    def label(self) -> str:
        """Its title and what it is restricted to, as pages and PDFs show it."""
        return f"Edition {self.title}" + (f": {self.restriction}" if self.restriction else ": the whole shop")

    def schema(self, shop: str) -> str:
        """The schema of its marts.

        Examples
        --------
        >>> Edition("first-quarter", "First quarter").schema("demo")
        'demo__first_quarter'
        """
        return schema_name(shop, self.id.replace("-", "_"))

    def base_schema(self, shop: str) -> str:
        """The schema of the whole shop with this edition's parameters, from which its people are taken.

        Editions with the same parameters share it.
        """
        own = json.dumps(dict(sorted(self.parameters.items())), default=str)
        return schema_name(shop, f"base_{hashlib.sha256(own.encode()).hexdigest()[:8]}")


def schema_name(shop: str, name: str) -> str:
    """`<shop>__<name>`, shortened with a fingerprint where an engine would refuse the length."""
    full = f"{shop}__{name}"
    if len(full) <= _MAX_SCHEMA:
        return full
    return f"{full[: _MAX_SCHEMA - 9]}_{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def slugs(values: Iterable[str]) -> dict[str, str]:
    """Each value as lower-case letters, digits and hyphens; no two alike.

    A value that its slug does not spell, or that shares it with another, carries a fingerprint, so that the
    address of one value hardly ever depends on the others.

    Examples
    --------
    >>> slugs(["United States", "Japan"])
    {'United States': 'united-states', 'Japan': 'japan'}
    >>> slugs(["日本"])
    {'日本': 'x-cf2abf'}
    """
    plain = {value: _slug(value) for value in values}
    taken = [*plain.values()]
    found = {}
    for value, slug in plain.items():
        is_spelled = value.lower().replace(" ", "-") == slug
        mark = "" if is_spelled and taken.count(slug) == 1 else hashlib.sha256(value.encode()).hexdigest()[:6]
        found[value] = "-".join(part for part in (slug or "x", mark) if part)
    return found


def _slug(value: str) -> str:
    bare = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")
