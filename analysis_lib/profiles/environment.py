"""The environment variables `SHOPBOOK_*`, which win over `shopbook.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis_lib.errors import ParameterError, SettingsError, nearest
from analysis_lib.parameters import PARAMETERS, checked_parameter
from analysis_lib.profiles.document import Layer
from analysis_lib.profiles.keys import BIGQUERY_KEYS, BIGQUERY_PREFIX, KEYS, PREFIX, Key
from analysis_lib.profiles.secrets import refuse_secrets

# Read elsewhere: where the project is, and what a run tells the processes that it starts.
_OTHERS = {"SHOPBOOK_PROJECT", "SHOPBOOK_READ_ONLY", "SHOPBOOK_BIGQUERY_RUN"}


def read_environment(env: Mapping[str, str]) -> Layer:
    """What the environment says; a variable that is empty says nothing.

    Raises
    ------
    SettingsError
        A variable holds what its key does not take, or a password where a place is named.

    Examples
    --------
    >>> read_environment({"SHOPBOOK_THREADS": "1", "SHOPBOOK_TIMEZONE": "Europe/Berlin"}).values
    {'threads': 1}
    """
    parameters: dict[str, object] = {}
    for name in PARAMETERS:
        text = env.get(f"{PREFIX}{name.upper()}")
        if text:
            try:
                parameters[name] = checked_parameter(name, text)
            except ParameterError as error:
                raise SettingsError(
                    f"The environment variable {PREFIX}{name.upper()} cannot be used. {error.message}",
                    error.hint,
                ) from error
    return Layer(_values(env, KEYS, PREFIX), parameters, _values(env, BIGQUERY_KEYS, BIGQUERY_PREFIX))


def _values(env: Mapping[str, str], keys: Mapping[str, Key], prefix: str) -> dict[str, Any]:
    values = {}
    for key in keys.values():
        variable = key.variable(prefix)
        text = env.get(variable, "")
        if not text:
            continue
        refuse_secrets("the environment", text, variable)
        try:
            values[key.name] = key.read(key.of_text(text))
        except ValueError as error:
            raise SettingsError(
                f"The environment variable {variable} was given {text!r}, but it takes {key.allowed}."
            ) from error
    return values


def unknown_variables(env: Mapping[str, str]) -> dict[str, str]:
    """The variables `SHOPBOOK_*` that nothing reads, with the one that was probably meant.

    Examples
    --------
    >>> unknown_variables({"SHOPBOOK_TIMEZON": "UTC", "HOME": "x"})
    {'SHOPBOOK_TIMEZON': 'SHOPBOOK_TIMEZONE'}
    """
    known = (
        {key.variable() for key in KEYS.values()}
        | {f"{PREFIX}{name.upper()}" for name in PARAMETERS}
        | _OTHERS
    )
    known |= {key.variable(BIGQUERY_PREFIX) for key in BIGQUERY_KEYS.values()}
    return {
        name: nearest(name, known) or ""
        for name in sorted(env)
        if name.startswith(PREFIX) and name not in known
    }
