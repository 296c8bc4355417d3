"""Reads `shopbook.toml`: the project's defaults and a profile for each shop, strictly."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis_lib.errors import ParameterError, SettingsError, did_you_mean
from analysis_lib.parameters import checked_parameter, make_parameters
from analysis_lib.profiles.keys import (
    BIGQUERY_KEYS,
    BIGQUERY_TABLE,
    KEYS,
    PARAMETERS_TABLE,
    SHOPS_TABLE,
    Key,
    is_shop_name,
    kind_of,
)
from analysis_lib.profiles.secrets import refuse_secrets

FILE = "shopbook.toml"


@dataclass(frozen=True)
class Layer:
    """What one place says: the file's top, a shop's profile, or the environment.

    `values` are those of the keys, `parameters` run parameters, `bigquery` the keys of that table.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    bigquery: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """The project's defaults, and the profiles by the shop's name."""

    defaults: Layer = field(default_factory=Layer)
    profiles: Mapping[str, Layer] = field(default_factory=dict)

    def profile_name(self, shop: str) -> str:
        """The profile that a shop, or the schema of one of its editions, has; empty for none.

        Examples
        --------
        >>> Document(profiles={"west": Layer()}).profile_name("west__country_germany")
        'west'
        """
        found = [name for name in self.profiles if shop == name or shop.startswith(f"{name}__")]
        return max(found, key=len, default="")


def read_document(path: Path) -> Document:
    """Read and check a settings file; an empty document when it is not there.

    Raises
    ------
    SettingsError
        It is no TOML (with the line), holds an unknown key (with the nearest), a value of the wrong type, a
        run parameter that cannot be used, or a password.
    """
    if not path.is_file():
        return Document()
    try:
        return parse_document(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {path.name} is not UTF-8.", "Save it as UTF-8.") from error


def parse_document(text: str) -> Document:
    """The document of the text of a settings file; see :func:`read_document`.

    Examples
    --------
    >>> parse_document("[shops.west]\\nsource = 'thelook'").profiles["west"].values
    {'source': 'thelook'}
    >>> parse_document("[shops.west]\\nsouce = 'thelook'")
    Traceback (most recent call last):
    analysis_lib.errors.SettingsError: In shopbook.toml, [shops.west] has no key souce. Did you mean "source"?
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {FILE} cannot be read: {error}.") from error
    refuse_secrets(FILE, document)
    shops = document.pop(SHOPS_TABLE, {})
    if not isinstance(shops, dict) or not all(isinstance(table, dict) for table in shops.values()):
        raise SettingsError(
            f"In {FILE}, {SHOPS_TABLE} must hold a table for each shop.",
            f"Write [{SHOPS_TABLE}.west] above its keys.",
        )
    defaults = _layer("", document, {name: key for name, key in KEYS.items() if key.project})
    known = {name: key for name, key in KEYS.items() if key.shop}
    profiles = {name: _layer(f"{SHOPS_TABLE}.{name}", table, known) for name, table in shops.items()}
    for name, profile in profiles.items():
        if not is_shop_name(name):
            raise SettingsError(
                f"In {FILE}, the shop name {name!r} cannot be used.",
                "Take lower-case letters, digits and underscores, starting with a letter.",
            )
        _check_together(f"{SHOPS_TABLE}.{name}.", {**defaults.parameters, **profile.parameters})
    _check_together("", defaults.parameters)
    return Document(defaults, profiles)


def _layer(table: str, given: Mapping[str, Any], known: Mapping[str, Key]) -> Layer:
    given = dict(given)
    prefix = f"{table}." if table else ""
    parameters = _table(prefix + PARAMETERS_TABLE, given.pop(PARAMETERS_TABLE, {}))
    bigquery = _table(prefix + BIGQUERY_TABLE, given.pop(BIGQUERY_TABLE, {}))
    return Layer(
        _values(
            table, given, known, {PARAMETERS_TABLE, BIGQUERY_TABLE} | ({SHOPS_TABLE} if not table else set())
        ),
        _parameters(prefix + PARAMETERS_TABLE, parameters),
        _values(prefix + BIGQUERY_TABLE, bigquery, BIGQUERY_KEYS, set()),
    )


def _table(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(
            f"In {FILE}, [{where}] must be a table of names and values, not {kind_of(value)}."
        )
    return value


def _values(
    table: str, given: Mapping[str, Any], known: Mapping[str, Key], tables: set[str]
) -> dict[str, Any]:
    place = f"[{table}]" if table else "the top"
    values = {}
    for name, value in given.items():
        if name not in known:
            raise SettingsError(
                f"In {FILE}, {place} has no key {name}.", _elsewhere(table, name, {*known, *tables})
            )
        try:
            values[name] = known[name].read(value)
        except ValueError as error:
            raise SettingsError(
                f"In {FILE}, {name} in {place} was given {value!r} ({kind_of(value)}), "
                f"but it takes {known[name].allowed}."
            ) from error
    return values


def _elsewhere(table: str, name: str, known: set[str]) -> str:
    """Where a key belongs that stands in the wrong table, or the key that was probably meant."""
    if name in KEYS and not table:
        return f"It belongs into the profile of a shop, [{SHOPS_TABLE}.NAME]."
    if name in KEYS and table.count(".") == 1:
        return "It belongs to the top of the file, above every table."
    return did_you_mean(name, known)


def _parameters(table: str, given: Mapping[str, object]) -> dict[str, object]:
    try:
        return {name: checked_parameter(name, value) for name, value in given.items()}
    except ParameterError as error:
        raise SettingsError(f"In {FILE}, [{table}]: {error.message}", error.hint) from error


def _check_together(prefix: str, parameters: Mapping[str, object]) -> None:
    """Some parameters must stand in an order, whichever table each comes from."""
    try:
        make_parameters(parameters)
    except ParameterError as error:
        raise SettingsError(
            f"In {FILE}, [{prefix}{PARAMETERS_TABLE}]: {error.message}", error.hint
        ) from error
