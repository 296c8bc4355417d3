"""What BigQuery and its client report, in the analyst's words."""

from __future__ import annotations

import re

from analysis_lib.errors import (
    BudgetError,
    CloudError,
    MissingInputError,
    ModelError,
    QueryError,
    SettingsError,
    ShopbookError,
)

# What may go well a moment later, by the reasons of BigQuery's table of errors. Exceeded quotas are not
# among them: those that matter here last a day.
RETRYABLE = {
    *("rateLimitExceeded", "jobRateLimitExceeded", "backendError", "jobBackendError"),
    *("internalError", "jobInternalError", "tableUnavailable"),
}
_PASSING_STATUS = {429, 500, 502, 503, 504}
_QUOTA = {"quotaExceeded", "rateLimitExceeded", "jobRateLimitExceeded", "concurrentQueriesExceeded"}


def reason_of(error: BaseException) -> str:
    """BigQuery's word for what went wrong, for example `notFound`; empty where it has none."""
    errors = getattr(error, "errors", None) or ()
    first = next((entry for entry in errors if isinstance(entry, dict) and entry.get("reason")), {})
    return str(first.get("reason", ""))


def is_passing(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later.

    Examples
    --------
    >>> is_passing(ConnectionResetError()), is_passing(ValueError())
    (True, False)
    """
    reason = reason_of(error)
    if reason:
        return reason in RETRYABLE
    if getattr(error, "code", None) in _PASSING_STATUS:
        return True
    # requests' connection errors are no ConnectionError of Python's, but OSErrors
    return isinstance(error, ConnectionError) or type(error).__module__.startswith(("requests", "urllib3"))


def _text(error: BaseException) -> str:
    """BigQuery's sentence without the job's address and the echo of the request."""
    errors = getattr(error, "errors", None) or ()
    first = next((entry for entry in errors if isinstance(entry, dict) and entry.get("message")), {})
    text = str(first.get("message") or getattr(error, "message", "") or error)
    text = re.sub(r"^\d{3} [A-Z]+ https?://\S+: ", "", text.split("\n\n")[0])
    return " ".join(text.split("; reason: ")[0].split()).rstrip(".")


def _bytes(text: str) -> str:
    """A number of bytes, readable."""
    return f"{int(text) / 2**30:,.2f} GiB" if int(text) >= 2**27 else f"{int(text):,} bytes"


def _over_budget(text: str, what: str) -> BudgetError:
    found = re.search(r"bytes billed: (\d+).*?(\d+) or higher", text)
    needs = f"{_bytes(found[2])}, more than the {_bytes(found[1])} that" if found else "more than"
    return BudgetError(
        f"{what or 'The query'} would read {needs} maximum_bytes_billed allows; it was not run.",
        "Choose a shorter period, or raise maximum_bytes_billed in shopbook.toml.",
    )


def translate(error: BaseException, what: str = "") -> ShopbookError:
    """The error as a sentence with its own exit code.

    Parameters
    ----------
    error
        What the client raised.
    what
        What was worked on: a model or table.

    Returns
    -------
    ShopbookError
        BudgetError, CloudError (rights, quota, the service), MissingInputError, SettingsError (location,
        credentials), else ModelError where `what` is named and QueryError where it is not.

    Examples
    --------
    >>> class NotFound(Exception):
    ...     code, errors = 404, [{"reason": "notFound", "message": "Not found: Table p:d.t was not found"}]
    >>> str(translate(NotFound()))
    'BigQuery has no such table: Not found: Table p:d.t was not found. Load or build it first, or ...'
    """
    if isinstance(error, ShopbookError):
        return error
    cause = getattr(error, "cause", None)
    if type(error).__name__ == "RetryError" and isinstance(cause, BaseException):
        error = cause
    reason, text = reason_of(error), _text(error)
    code = getattr(error, "code", None)
    where = f" while working on {what}" if what else ""
    if type(error).__name__ in ("DefaultCredentialsError", "RefreshError"):
        return SettingsError(
            f"There are no Google Cloud credentials that can be used: {text}.",
            "Run gcloud auth application-default login, or point GOOGLE_APPLICATION_CREDENTIALS to a key.",
        )
    if reason == "bytesBilledLimitExceeded" or "limit for bytes billed" in text:
        return _over_budget(text, what)
    if "not found in location" in text and not text.startswith("Not found: Table"):
        return SettingsError(
            f"BigQuery did not find the dataset in the location of the settings{where}: {text}.",
            "Set location in shopbook.toml to the dataset's own.",
        )
    refused = reason in ("accessDenied", "forbidden", "authError") or code in (401, 403)
    if refused and reason not in _QUOTA:
        return CloudError(
            f"BigQuery refused access{where}: {text}.",
            "Ask for the rights that docs/bigquery.md lists.",
        )
    if reason in _QUOTA:
        return CloudError(
            f"A quota of the Google Cloud project is used up{where}: {text}.",
            "Wait until it is renewed, or ask for a larger one; what was built is kept.",
        )
    if reason in ("notFound", "NotFound") or code == 404:
        return MissingInputError(
            f"BigQuery has no such table{where}: {text}.",
            "Load or build it first, or check project and dataset in shopbook.toml.",
        )
    if is_passing(error):
        return CloudError(
            f"BigQuery could not be reached or did not answer{where}: {text}.",
            "Try again later; what was built is kept.",
        )
    if what:
        return ModelError(f"{what} failed: {text}.")
    return QueryError(f"The query failed: {text}.")
