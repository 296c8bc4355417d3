"""The vocabulary of exports: which headers and words mean what (`names.yml`, `words.yml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from analysis_lib.sources.draft.spelling import plain

_NOISE = {"utc", "gmt", "eur", "usd", "gbp", "chf", "euro", "in", "the"}


@cache
def headers() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """For each kind of table, meaning → headers that carry it, best first."""
    document = yaml.safe_load((Path(__file__).parent / "names.yml").read_text(encoding="utf-8"))
    return {kind: meanings for kind, meanings in document.items() if kind != "shared"}


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    document = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
    return {
        column: {tidy(word): meaning for meaning, listed in meanings.items() for word in listed}
        for column, meanings in document.items()
    }


def tidy(word: str) -> str:
    """A word of a state or event as `words.yml` writes it.

    Examples
    --------
    >>> tidy("Pending_Payment"), tidy("Zurückgeschickt")
    ('pending payment', 'zurueckgeschickt')
    """
    return " ".join(re.findall(r"[a-z0-9]+", plain(word)))


def meaning_of(column: str, word: str) -> str:
    """The contract's word for a word of a shop; empty when it is not known.

    Examples
    --------
    >>> meaning_of("status", "In transit"), meaning_of("event_type", "Product Viewed")
    ('shipped', 'product_view')
    """
    return _words()[column].get(tidy(word), "")


def compact(header: str) -> str:
    """A header as `names.yml` writes it.

    Examples
    --------
    >>> compact("Order Number"), compact("Created (UTC)"), compact("Amount spent (USD)"), compact("Größe")
    ('ordernumber', 'created', 'amountspent', 'groesse')
    """
    parts = re.findall(r"[a-z0-9]+", plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)))
    kept = [part for part in parts if part not in _NOISE] or parts
    return "".join(kept)
