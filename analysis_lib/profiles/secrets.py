"""A settings file is no place for a password: it is copied, committed and sent."""

from __future__ import annotations

import re

from analysis_lib.errors import SettingsError

_NAME = re.compile(r"pass(word|wd|phrase)?$|pwd$|secret|token$|api_?key|private_?key|credentials?$", re.I)
# The user's part of an address, postgresql://user:password@host/database; in doubt it is one.
_IN_ADDRESS = re.compile(r"://[^\s:@/?]*:[^\s@]+@")
_AS_OPTION = re.compile(r"(^|[?&;\s])(ssl)?(password|passwd|pwd|secret|(access_)?token)\s*=", re.I)
_AS_KEY = re.compile(r'BEGIN [A-Z ]*PRIVATE KEY|"private_key"')
REMEDY = (
    "Take it out: PostgreSQL's is read from PGPASSWORD, ~/.pgpass, a service file, or a variable with the "
    "whole address (env:DATABASE_URL); Google's from GOOGLE_APPLICATION_CREDENTIALS."
)


def looks_secret(text: str) -> bool:
    """Whether a text holds what looks like a password.

    Examples
    --------
    >>> looks_secret("postgresql://reader:s3cret@db.example/shop")
    True
    >>> looks_secret("postgresql://reader@db.example:5432/shop")
    False
    """
    return any(pattern.search(text) for pattern in (_IN_ADDRESS, _AS_OPTION, _AS_KEY))


def refuse_secrets(where: str, value: object, *path: str) -> None:
    """Look through a value of a settings file with all that is in it.

    Parameters
    ----------
    where
        The file or variable, for the sentence.
    value
        A table, list or text.
    path
        The keys that lead to it.

    Raises
    ------
    SettingsError
        A key has the name of a secret, or a text looks like one. What it says is not repeated.

    Examples
    --------
    >>> refuse_secrets("shopbook.toml", {"password": "s3cret"})
    Traceback (most recent call last):
    analysis_lib.errors.SettingsError: In shopbook.toml, password is a secret, ...
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            refuse_secrets(where, inner, *path, key)
    elif isinstance(value, list):
        for inner in value:
            refuse_secrets(where, inner, *path)
    if path and _NAME.search(path[-1]) and not isinstance(value, dict):
        raise SettingsError(f"In {where}, {_place(path)} is a secret, which does not belong there.", REMEDY)
    if isinstance(value, str) and looks_secret(value):
        raise SettingsError(
            f"In {where}, {_place(path)} holds a password, which does not belong there.", REMEDY
        )


def _place(path: tuple[str, ...]) -> str:
    *tables, key = path
    return f"{key} in [{'.'.join(tables)}]" if tables else key
