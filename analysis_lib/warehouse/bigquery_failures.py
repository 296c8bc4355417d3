"""What BigQuery and its client report, in the analyst's words: one sentence each, with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

from analysis_lib.errors import (
    BudgetError,
    CloudError,
    MissingInputError,
    ModelError,
    QueryError,
    SettingsError,
    ShopbookError,
    WarehouseLockedError,
)
from analysis_lib.warehouse.bigquery_words import network_text, reason_of, size_text, text_of

# What may go well a moment later, by the reasons of BigQuery's table of errors. Exceeded quotas are not
# among them: those that matter here last a day.
RETRYABLE = {
    *("rateLimitExceeded", "jobRateLimitExceeded", "backendError", "jobBackendError"),
    *("internalError", "jobInternalError", "tableUnavailable"),
}
_PASSING_STATUS = {429, 500, 502, 503, 504}
_RATE = {"rateLimitExceeded", "jobRateLimitExceeded", "concurrentQueriesExceeded", "RATE_LIMIT_EXCEEDED"}
_REFUSED = {"accessDenied", "forbidden", "authError", "policyViolation", "blocked"}
_DISABLED = {"accessNotConfigured", "SERVICE_DISABLED"}
_KEPT = "what was built is kept"
# The predefined role that holds a permission, and what it is granted on.
_ROLES = {
    "bigquery.jobs": "roles/bigquery.jobUser on the project",
    "bigquery.readsessions": "roles/bigquery.readSessionUser on the project",
    "bigquery.datasets": "roles/bigquery.dataEditor on the project",
    "bigquery.tables": "roles/bigquery.dataEditor on the dataset",
    "bigquery.models": "roles/bigquery.dataEditor on the dataset",
    "storage.objects": "roles/storage.objectViewer on the bucket",
    "storage.buckets": "roles/storage.legacyBucketReader on the bucket",
}


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
    return getattr(error, "code", None) in _PASSING_STATUS or _is_network(error)


def _is_network(error: BaseException) -> bool:
    # requests' connection errors are no ConnectionError of Python's, but OSErrors
    return (
        isinstance(error, ConnectionError | TimeoutError)
        or type(error).__module__.startswith(("requests", "urllib3"))
        or bool(_kinds(error) & {"TransportError", "TimeoutError"})
    )


def _kinds(error: BaseException) -> set[str]:
    """The names of an error's classes: Google's are told by them without an import of its libraries."""
    return {kind.__name__ for kind in type(error).__mro__}


def _budget(reason: str, text: str, what: str) -> ShopbookError | None:
    if reason != "bytesBilledLimitExceeded" and "limit for bytes billed" not in text:
        return None
    found = re.search(r"bytes billed: (\d+).*?(\d+) or higher", text)
    needs = f"{size_text(found[2])}, more than the {size_text(found[1])} that" if found else "more than"
    return BudgetError(
        f"{what or 'The query'} would read {needs} maximum_bytes_billed allows; it was not run.",
        "Choose a shorter period, or raise maximum_bytes_billed in shopbook.toml.",
    )


def _location(_reason: str, text: str, what: str) -> ShopbookError | None:
    where = f" while working on {what}" if what else ""
    if "different locations" in text:
        return SettingsError(
            f"BigQuery does not read in one location and write in another{where}: {text}.",
            "Set location in shopbook.toml to the data's own, or copy the data.",
        )
    if "not found in location" not in text or text.startswith("Not found: Table"):
        return None
    return SettingsError(
        f"BigQuery did not find the dataset in the location of the settings{where}: {text}.",
        "Set location in shopbook.toml to the dataset's own, or check that the dataset is still there.",
    )


def _not_switched_on(reason: str, text: str, what: str) -> ShopbookError | None:
    where = f" while working on {what}" if what else ""
    if reason in _DISABLED or "it is disabled" in text or "has not enabled BigQuery" in text:
        named = re.search(r"(\w+)\.googleapis\.com", text)
        api = f"{named[1] if named else 'bigquery'}.googleapis.com"
        project = re.search(r"project[ =:/]+([\w-]+)", text)
        owner = f" in the project {project[1]}" if project else ""
        return CloudError(
            f"The BigQuery API ({api}) is not switched on{owner}{where}.",
            f"Switch it on: gcloud services enable {api}"
            f"{f' --project {project[1]}' if project else ''}; it takes some minutes.",
        )
    if reason == "billingNotEnabled" or re.search(r"[Bb]illing has not been enabled|free tier\b", text):
        said = text.split(" Enable billing")[0].rstrip(".")
        return CloudError(
            f"The Google Cloud project has no billing account, and BigQuery refuses{where}: {said}.",
            "Link a billing account to the project; without one, BigQuery changes no tables by SQL.",
        )
    return None


def _limits(reason: str, text: str, what: str) -> ShopbookError | None:
    where = f" while working on {what}" if what else ""
    if reason in _RATE:
        return CloudError(
            f"BigQuery takes no more requests of this kind at the moment{where}: {text}.",
            f"It was tried again for two minutes; run the command again later, {_KEPT}.",
        )
    if reason == "quotaExceeded" or text.startswith(("Quota exceeded", "Custom quota exceeded")):
        return CloudError(
            f"A quota of the Google Cloud project is used up{where}: {text}.",
            f"Wait until it is renewed, or ask for a larger one; {_KEPT}.",
        )
    if reason in ("resourcesExceeded", "responseTooLarge"):
        kind = ModelError if what else QueryError
        return kind(
            f"{what or 'The query'} needs more than BigQuery gives one query: {text}.",
            "Choose a shorter period, or aggregate earlier.",
        )
    return None


def _refusal(reason: str, text: str, what: str) -> ShopbookError | None:
    if reason not in _REFUSED:
        return None
    where = f" while working on {what}" if what else ""
    hint = "Grant the roles that docs/bigquery.md lists to the account that Shopbook runs as."
    named = re.search(r"\b(bigquery|storage)\.(\w+)\.\w+", text)
    if named and (role := _ROLES.get(f"{named[1]}.{named[2]}")):
        hint = f"Grant {role} to the account that Shopbook runs as (docs/bigquery.md)."
    if "VPC Service Controls" in text:
        hint = "A perimeter of your organisation forbids it: ask who keeps it."
    return CloudError(f"BigQuery refused access{where}: {text}.", hint)


def _missing(reason: str, text: str, what: str) -> ShopbookError | None:
    if reason not in ("notFound", "NotFound"):
        return None
    where = f" while working on {what}" if what else ""
    if "bucket does not exist" in text or "No such object" in text or "Not found: URI" in text:
        kind = "bucket" if "bucket" in text else "object"
        return MissingInputError(
            f"Cloud Storage has no such {kind}{where}: {text}.",
            "Check the address, and that nobody removes it.",
        )
    found = re.search(r"[Nn]ot found: (Table|Dataset|Project|Job|Routine|Model)\b", text)
    kind = found[1].lower() if found else "table"
    hints = {
        "table": "Load or build it first, or check project and dataset in shopbook.toml.",
        "dataset": "Copy the shop there with shopbook copy --to bigquery, or check dataset in shopbook.toml.",
        "project": "Check project under [bigquery] in shopbook.toml: it is the project's id, not its name.",
    }
    return MissingInputError(f"BigQuery has no such {kind}{where}: {text}.", hints.get(kind, hints["table"]))


def _meanwhile(reason: str, text: str, what: str) -> ShopbookError | None:
    """What another process did or asked for at the same time."""
    where = f" while working on {what}" if what else ""
    if "concurrent update" in text or "concurrent transaction" in text:
        return WarehouseLockedError(
            f"Another process changed the same tables on BigQuery at the same time{where}: {text}.",
            "Wait for that build to end, then try again; nothing was replaced by halves.",
        )
    if reason == "duplicate":
        return WarehouseLockedError(
            f"Another process made the same thing on BigQuery a moment before{where}: {text}.",
            "Wait for that command to end, then try again.",
        )
    if reason in ("stopped", "timeout"):
        return CloudError(
            f"The job on BigQuery was stopped before its end{where}: {text}.", f"Run it again; {_KEPT}."
        )
    return None


def _wrong_project(reason: str, text: str, _what: str) -> ShopbookError | None:
    if reason == "invalid" and re.search(r"[Ii]nvalid project ID|ProjectId must be", text):
        return SettingsError(
            f"The Google Cloud project of the settings cannot be one: {text}.",
            "Set project under [bigquery] in shopbook.toml to the project's id.",
        )
    return None


_CASES: tuple[Callable[[str, str, str], ShopbookError | None], ...] = (
    *(_budget, _location, _not_switched_on, _limits, _refusal, _missing, _meanwhile, _wrong_project),
)
# What the Storage API reports without a word of BigQuery's, by its status.
_BY_STATUS = {
    401: "authError",
    403: "accessDenied",
    404: "notFound",
    409: "duplicate",
    429: "rateLimitExceeded",
}


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
        BudgetError, CloudError (rights, API, billing, quota, rate, network, the service), MissingInputError
        (table, dataset, project), SettingsError (location, credentials, project), WarehouseLockedError
        (another process), else ModelError where `what` is named and QueryError where it is not.

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
    text = text_of(error)
    where = f" while working on {what}" if what else ""
    if _kinds(error) & {"DefaultCredentialsError", "RefreshError", "UserAccessTokenError"}:
        return SettingsError(
            f"There are no Google Cloud credentials that can be used: {text}.",
            "Run gcloud auth application-default login, or point GOOGLE_APPLICATION_CREDENTIALS to a key.",
        )
    if _is_network(error):
        return CloudError(
            f"BigQuery could not be reached{where} ({network_text(error)}).",
            f"Check the network and its proxy, then try again; {_KEPT}.",
        )
    reason = reason_of(error) or _BY_STATUS.get(getattr(error, "code", None) or 0, "")
    for case in _CASES:
        if told := case(reason, text, what):
            return told
    if is_passing(error):
        return CloudError(
            f"BigQuery did not answer as it should{where}: {text}.", f"Try again later; {_KEPT}."
        )
    if what:
        return ModelError(f"{what} failed: {text}.")
    return QueryError(f"The query failed: {text}.")
