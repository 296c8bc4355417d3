"""Names that a shop can have on every engine."""

from __future__ import annotations

from analysis_lib.errors import SettingsError
from analysis_lib.profiles.keys import is_shop_name


def check_shop_name(name: str) -> str:
    """The name, when it can be a schema on every engine; SettingsError otherwise.

    Examples
    --------
    >>> check_shop_name("demo")
    'demo'
    """
    if not is_shop_name(name):
        raise SettingsError(
            f"The shop name {name!r} cannot be used.",
            "Take lower-case letters, digits and underscores, starting with a letter.",
        )
    return name
