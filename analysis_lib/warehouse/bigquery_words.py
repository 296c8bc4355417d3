"""What an error of BigQuery or its client says, without what nobody needs to read or must not see."""

from __future__ import annotations

import re
from typing import Any

_LONGEST = 400
# Tokens, keys and whatever stands behind a word for one; an error may echo a request or an answer.
_SECRETS = re.compile(
    r"-----BEGIN.*?(?:-----END[^-]*-----|$)"
    r"|\bya29\.[\w.-]+|\b1//[\w-]{8,}|\bbearer\s+[\w.~+/=-]{8,}"
    r"|\b(?:access_token|refresh_token|id_token|client_secret|private_key|assertion|api_?key)\b"
    r"[\"']?\s*[=:]\s*[\"']?[^\s\"'&,}]+",
    re.IGNORECASE | re.DOTALL,
)


def _entries(error: BaseException) -> list[dict[str, Any]]:
    errors = getattr(error, "errors", None) or ()
    return [entry for entry in errors if isinstance(entry, dict)]


def reason_of(error: BaseException) -> str:
    """BigQuery's word for what went wrong, for example `notFound`; empty where it has none.

    The Storage API has a word of its own only for some errors (`SERVICE_DISABLED`).
    """
    first = next((entry for entry in _entries(error) if entry.get("reason")), {})
    return str(first.get("reason") or getattr(error, "reason", None) or "")


def text_of(error: BaseException) -> str:
    """The sentence of an error: without addresses of jobs, the echo of the request, HTML and secrets.

    Examples
    --------
    >>> text_of(ValueError("403 POST https://x/jobs: Access Denied: Project p. \\n\\nJob ID: 1"))
    'Access Denied: Project p'
    >>> text_of(ValueError("invalid_grant, refresh_token: 1//abcdefghij, retry"))
    'invalid_grant, (hidden), retry'
    """
    first = next((entry for entry in _entries(error) if entry.get("message")), {})
    # Google's credentials come with the whole answer or key behind the sentence.
    said = error.args[0] if len(error.args) > 1 and isinstance(error.args[0], str) else str(error)
    text = str(first.get("message") or getattr(error, "message", "") or said)
    text = re.sub(r"^\d{3} (?:[A-Z]+ https?://\S+: )?", "", text.split("\n\n")[0])
    text = re.sub(r"<[^>]*>", " ", text.split("; reason: ")[0])
    text = " ".join(_SECRETS.sub("(hidden)", text).split())
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…").rstrip(". ")


def network_text(error: BaseException) -> str:
    """What stood between this machine and BigQuery, with the host that was asked.

    Examples
    --------
    >>> pool = "HTTPSConnectionPool(host='bigquery.googleapis.com', port=443): Max retries exceeded"
    >>> network_text(OSError(f"{pool} with url: /x (Caused by E('[Errno -2] Name or service not known'))"))
    'bigquery.googleapis.com: Name or service not known'
    """
    text = str(error)
    host = re.search(r"host='([^']+)'", text)
    cause = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text) or re.search(
        r"(certificate verify failed|[Rr]ead timed out|timed out|[Rr]emote end closed connection[^'\")]*"
        r"|[Cc]onnection (?:aborted|refused|reset)[^'\")]*|[Uu]nable to connect to proxy)",
        text,
    )
    if type(error).__name__ == "JSONDecodeError":
        return "what answered does not speak BigQuery's language (a proxy?)"
    said = cause[1].strip(" .,") if cause else text_of(error)
    return f"{host[1]}: {said}" if host else said


def size_text(text: str) -> str:
    """A number of bytes in an error, readable."""
    return f"{int(text) / 2**30:,.2f} GiB" if int(text) >= 2**27 else f"{int(text):,} bytes"
