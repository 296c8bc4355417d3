"""Where a PostgreSQL database is; its password comes from the environment or a file of libpq."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from analysis_lib.errors import ParameterError, SettingsError

_URLS = ("postgresql://", "postgres://")
_BARE = ("postgresql:", "postgres:")
_SERVICE, _VARIABLE = "service=", "env:"
_SECRET_KEYS = {"password", "sslpassword"}
# A server that does not answer, and one that goes away without a word, are noticed within a minute or so.
_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "fallback_application_name": "shopbook",
}
_HIDDEN = "…"
_WHERE = (
    "Leave it out, and put it into ~/.pgpass, a service file or PGPASSWORD, or the whole address into an "
    "environment variable: --from env:DATABASE_URL."
)


@dataclass(frozen=True)
class Address:
    """A database, as libpq takes it; what is secret in it never shows in a `repr`."""

    conninfo: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def redact(self, text: str) -> str:
        """The text without any secret of the address.

        Examples
        --------
        >>> Address("", ("hunter2",)).redact('invalid token: "hunter2"')
        'invalid token: "…"'
        """
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


def is_address(text: str) -> bool:
    """Whether what was given after `--from` (or `--into`) is a database and not a file.

    Examples
    --------
    >>> is_address("postgresql://db/shop"), is_address("service=shop"), is_address("events.csv")
    (True, True, False)
    """
    return text.lower().startswith((*_BARE, _SERVICE, _VARIABLE))


def read_address(text: str, env: Mapping[str, str] | None = None) -> Address:
    """Check an address and complete it.

    Parameters
    ----------
    text
        ``postgresql://user@host/db``, ``postgresql://`` (all from `PG*`), ``service=name``, or ``env:NAME``
        for an environment variable that holds one of these.
    env
        The environment; the process's own when not given.

    Raises
    ------
    ParameterError
        When a password stands in it: the shell's history and the list of processes would show it.
    SettingsError
        When the environment variable is not set, or holds no address.

    Examples
    --------
    >>> read_address("postgresql://ann:secret@db/shop", {})
    Traceback (most recent call last):
    analysis_lib.errors.ParameterError: A password stands in the address …
    """
    env = os.environ if env is None else env
    if text.startswith(_VARIABLE):
        name = text.removeprefix(_VARIABLE)
        value = env.get(name, "").strip()
        if not value.lower().startswith((*_BARE, _SERVICE)):
            what = "holds no address postgresql://…" if value else "is not set"
            raise SettingsError(f"The environment variable {name} {what}.", f"It was named by {text}.")
        text = value
    elif _secrets(text):
        raise ParameterError("A password stands in the address of the database.", _WHERE)
    secrets = [*_secrets(text), env.get("PGPASSWORD", "")]
    both = {form for secret in secrets if secret for form in (secret, unquote(secret))}
    return Address(_completed(text, env), tuple(sorted(both)))


def _secrets(text: str) -> list[str]:
    """The passwords in an address, as they stand there; what merely may be one counts, too."""
    if text.startswith(_SERVICE):
        return re.findall(r"password\s*=\s*('[^']*'|\S*)", text)
    body, _, query = text.partition("//")[2].partition("?")
    person, at, _ = body.rpartition("@")
    found = [person.partition(":")[2]] if at and ":" in person else []
    pairs = [pair.partition("=") for pair in query.split("&")]
    return found + [value for key, _, value in pairs if unquote(key).strip().lower() in _SECRET_KEYS]


def _completed(text: str, env: Mapping[str, str]) -> str:
    """With the time limits that the address does not set itself, nor the environment."""
    wanted = {
        key: value
        for key, value in _DEFAULTS.items()
        if key not in text and not (key == "connect_timeout" and env.get("PGCONNECT_TIMEOUT"))
    }
    if text.startswith(_SERVICE):
        return " ".join([text, *(f"{key}={value}" for key, value in wanted.items())])
    scheme, _, rest = text.partition(":")
    rest = rest.removeprefix("//")
    joined = "&".join(f"{key}={value}" for key, value in wanted.items())
    mark = "&" if "?" in rest else "?"
    return f"{scheme.lower()}://{rest}{mark if joined else ''}{joined}"
