"""A fake of BigQuery's REST interface, in its documented response shapes, behind Google's genuine client.

What the emulator lacks (billing limits, rights, quotas, failures that pass) is answered here from a script.
The shapes are those of the REST reference and of its table of error messages (`reason`, `message`, status).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from analysis_lib.settings import BigQuery
from analysis_lib.warehouse.bigquery_client import Connection

Answer = tuple[int, dict[str, Any]]
PROJECT = "fake-project"


def failure(status: int, reason: str, message: str) -> Answer:
    """An HTTP error as BigQuery answers one."""
    error = {"reason": reason, "message": message, "domain": "global"}
    return status, {"error": {"code": status, "message": message, "errors": [error]}}


def failed_job(reason: str, message: str) -> Callable[[dict[str, Any]], Answer]:
    """A job that was taken and then failed: HTTP 200, the error in its status."""

    def answer(job: dict[str, Any]) -> Answer:
        error = {"reason": reason, "message": message}
        return 200, {**job, "status": {"state": "DONE", "errorResult": error, "errors": [error]}}

    return answer


def done_job(**statistics: object) -> Callable[[dict[str, Any]], Answer]:
    """A query that ran, with its statistics."""

    def answer(job: dict[str, Any]) -> Answer:
        query = {key: str(value) for key, value in statistics.items()}
        facts = {"query": query, "totalBytesProcessed": query.get("totalBytesProcessed", "0"), **query}
        return 200, {**job, "status": {"state": "DONE"}, "statistics": facts}

    return answer


@dataclass
class FakeService(requests.Session):
    """Answers `jobs.insert` from a script, one answer a call, and notes what was asked."""

    script: list[Answer | Exception | Callable[[dict[str, Any]], Answer]] = field(default_factory=list)
    inserted: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    known: dict[str, Answer] = field(default_factory=dict)

    is_mtls = False

    def __post_init__(self) -> None:
        super().__init__()

    def request(self, method: str, url: str, **given: Any) -> requests.Response:  # type: ignore[override]
        """What the service would answer."""
        return _response(*self._answer(method, url.split("?")[0], given.get("data")))

    def _answer(self, method: str, url: str, data: Any) -> Answer:
        if method == "POST" and url.endswith("/jobs"):
            job = json.loads(data)
            job["jobReference"].setdefault("location", "EU")
            self.inserted.append(job)
            entry = self.script.pop(0) if self.script else done_job()
            if isinstance(entry, Exception):
                raise entry
            answer = entry(job) if callable(entry) else entry
            if answer[0] != 409:  # it knows the job already
                self.known[job["jobReference"]["jobId"]] = answer
            return answer
        name = url.rsplit("/", 1)[-1]
        if name == "cancel":
            self.cancelled.append(url.rsplit("/", 2)[-2])
            return 200, {"job": self.known[self.cancelled[-1]][1]}
        status, job = self.known[name]
        if "/queries/" not in url:
            return status, job
        if error := job.get("status", {}).get("errorResult"):
            return failure(400, error["reason"], error["message"])
        rows = {"jobReference": job["jobReference"], "jobComplete": True, "totalRows": "0", "rows": []}
        return 200, {**rows, "schema": {"fields": [{"name": "n", "type": "INTEGER"}]}}

    def close(self) -> None:
        """Nothing to let go of."""


def _response(status: int, content: dict[str, Any]) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(content).encode()
    response.headers["content-type"] = "application/json; charset=UTF-8"
    response.request = requests.Request("POST", "https://bigquery.invalid").prepare()
    return response


def connection(service: FakeService, **place: Any) -> Connection:
    """A connection whose genuine client speaks to the fake."""
    made = Connection(BigQuery(project=PROJECT, location="EU", **place))
    made.__dict__["client"] = bigquery.Client(
        project=PROJECT, credentials=AnonymousCredentials(), _http=service, location="EU"
    )
    return made
