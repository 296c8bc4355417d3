"""Names that a shop can have on every engine."""

from __future__ import annotations

import re

from analysis_lib.errors import SettingsError

_SHOP_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED = {"main", "temp", "information_schema", "pg_catalog"}


def check_shop_name(name: str) -> str:
    """The name, when it can be a schema on every engine; SettingsError otherwise.

    Examples
    --------
    >>> check_shop_name("demo")
    'demo'
    """
    if not _SHOP_NAME.fullmatch(name) or name in _RESERVED:
        raise SettingsError(
            f"The shop name {name!r} cannot be used.",
            "Take lower-case letters, digits and underscores, starting with a letter.",
        )
    return name
