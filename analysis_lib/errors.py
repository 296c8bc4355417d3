"""What can go wrong, in the analyst's words.

Every error that a user can cause is a :class:`ShopbookError`: one or two sentences that say what was
wrong, where, and what to do. The command prints them without a traceback and ends with the exit code
of the kind, so that a scheduler can tell a locked warehouse from a failed check.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ShopbookError(Exception):
    """An error a user can cause and mend.

    Parameters
    ----------
    message
        What was wrong and where, as a sentence.
    hint
        What to do about it, as a sentence; may be empty.

    Examples
    --------
    >>> str(ShopbookError("The folder x is not there.", "Check the path after --from."))
    'The folder x is not there. Check the path after --from.'
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence, not the way through the library that led to it."""
        return [f"{type(self).__name__}: {self}"]


class ParameterError(ShopbookError):
    """A run parameter is unknown, out of range or of the wrong type."""

    exit_code = 10


class SettingsError(ShopbookError):
    """The project's settings cannot be used."""

    exit_code = 11


class MissingInputError(ShopbookError):
    """A folder, file or table that was named is not there."""

    exit_code = 12


class ColumnError(ShopbookError):
    """A column that a table needs is missing or renamed."""

    exit_code = 13


class BadDataError(ShopbookError):
    """A file cannot be read at all: empty, cut off or of another type."""

    exit_code = 14


class DateRangeError(ShopbookError):
    """A date lies outside the data."""

    exit_code = 15


class WarehouseLockedError(ShopbookError):
    """Another process holds the warehouse file."""

    exit_code = 16


class DiskFullError(ShopbookError):
    """There is no disk space left."""

    exit_code = 17


class ModelError(ShopbookError):
    """A model cannot be ordered, is not available, or its SQL failed."""

    exit_code = 18


class CheckError(ShopbookError):
    """A check of severity error failed, so nothing is published."""

    exit_code = 19


class NotebookError(ShopbookError):
    """A notebook does not fit its parameters, or raised while it ran."""

    exit_code = 20


class RenderError(ShopbookError):
    """The site or a brief could not be rendered."""

    exit_code = 21


class QueryError(ShopbookError):
    """A query an analyst typed is not valid GoogleSQL or failed."""

    exit_code = 22


class RuleError(ShopbookError):
    """A rule table contradicts itself, misses a case or cannot be read."""

    exit_code = 23


class AlertError(ShopbookError):
    """An alert was raised and `--fail-on-alert` was given; the site was published."""

    exit_code = 24


class BudgetError(ShopbookError):
    """A query or a run on BigQuery would read more than the profile allows; it was refused before it ran."""

    exit_code = 25


class CloudError(ShopbookError):
    """BigQuery refused or could not do what was asked: a right, a quota or the service is missing."""

    exit_code = 26


class ServerError(ShopbookError):
    """A database server cannot be reached, or went away; trying again may help."""

    exit_code = 27


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, or None.

    Examples
    --------
    >>> nearest("windw_days", ["as_of", "window_days"])
    'window_days'
    """
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A hint that names the nearest candidate, or lists what there is.

    Examples
    --------
    >>> did_you_mean("windw_days", ["as_of", "window_days"])
    'Did you mean "window_days"?'
    """
    known = sorted(candidates)
    guess = nearest(name, known)
    if guess:
        return f'Did you mean "{guess}"?'
    return f"There are: {', '.join(known)}." if known else ""
