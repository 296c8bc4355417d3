"""Reads the entries of `reports.yml`: what is wrong is named with its entry and the nearest valid word.

Every function raises :class:`~analysis_lib.errors.SettingsError`; `where` is how the message names the entry.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis_lib.errors import SettingsError, did_you_mean

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")


def entries(file: str, document: Mapping[str, Any], kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Each entry with its name for messages: its id, or its position where it has none.

    Examples
    --------
    >>> entries("reports.yml", {"pages": [{"id": "overview"}, {}]}, "page")
    [('reports.yml, page overview', {'id': 'overview'}), ('reports.yml, page 2', {})]
    """
    listed = document.get(f"{kind}s") or []
    if not isinstance(listed, list):
        raise SettingsError(f"{file}: {kind}s must be a list of entries.")
    named = []
    for position, entry in enumerate(listed, start=1):
        where = f"{file}, {kind} {position}"
        if not isinstance(entry, dict):
            raise SettingsError(f"{where}: it must be a mapping of keys, not {entry!r}.")
        if "id" in entry:
            where = f"{file}, {kind} {entry['id']}"
        named.append((where, entry))
    return named


def check_keys(where: str, entry: Mapping[str, Any], known: Collection[str]) -> None:
    """Stop at a key that is not known, with the nearest that is."""
    for key in entry:
        if key not in known:
            raise SettingsError(f"{where}: there is no key {key}.", did_you_mean(str(key), known))


def check_unique(where: str, key: str, values: Sequence[str]) -> None:
    """Stop at a value that two entries have."""
    doubled = sorted({value for value in values if values.count(value) > 1})
    if doubled:
        raise SettingsError(f"{where}: the {key} {doubled[0]} stands there more than once.")


def line_of_text(where: str, entry: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """The text of a key, on one line; the default where the key is missing, an error where there is none.

    Examples
    --------
    >>> line_of_text("page overview", {"title": " Overview "}, "title")
    'Overview'
    """
    value = entry.get(key, default)
    if value is None:
        raise SettingsError(f"{where}: the key {key} is missing.")
    if not isinstance(value, str) or "\n" in value.strip() or (not value.strip() and default is None):
        raise SettingsError(f"{where}: {key} must be a line of text, not {value!r}.")
    return value.strip()


def identifier(where: str, entry: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """The text of a key as a name that can stand in an address."""
    value = line_of_text(where, entry, key, default)
    if not _NAME.match(value):
        raise SettingsError(f"{where}: {key} must be lower-case letters, digits and hyphens, not {value!r}.")
    return value


def names(where: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The names that a key lists; none where it is missing."""
    values = entry.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise SettingsError(f"{where}: {key} must be a list of names, not {values!r}.")
    return tuple(values)
