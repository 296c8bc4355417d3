"""A fake of a whole Google Cloud project with one loaded shop, behind the genuine client of the real command.

It answers in the documented shapes of BigQuery's REST interface what a build asks before and while it makes
its first tables; `Fault` puts an error in the place of one of the answers. It computes nothing: a table that
is made has no rows. The answer to a query that matches `large` does not fit into one response.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from analysis_lib.models import read_project
from tests.bigquery.fake_service import Answer, done_job, failure

PROJECT = "fake-project"
SHOP = "demo"
# What no message may repeat.
SECRETS = ["ya29.a0secret", "1//0secretsecret", "client_secret_value"]
LEDGER = [("raw", name, 7) for name in ("orders", "order_items", "users", "products", "events")]
_BYTES = 5 * 2**30


@dataclass
class Fault:
    """An answer in the place of every one whose request matches: `METHOD path` or the SQL of a job."""

    pattern: str
    answer: Answer | Exception | Callable[[dict[str, Any]], Answer]


@dataclass
class FakeProject:
    """A project with the dataset of one shop, whose raw tables were copied there.

    `asked` notes every request as `METHOD path`, `queries` the SQL of every job and whether it was run dry,
    `limits` the most bytes that it might bill, `loads` the tables of load jobs.
    """

    location: str = "EU"
    large: str = ""
    faults: list[Fault] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    bytes_processed: int = _BYTES
    asked: list[str] = field(default_factory=list)
    queries: list[tuple[str, bool]] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    jobs: dict[str, Answer] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=lambda: [SHOP])
    made: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _, name, _ in LEDGER:
            self.tables[f"raw_{name}"] = "TABLE"
        self.tables |= {"load_ledger": "TABLE", "load_counts": "TABLE"}

    def request(self, method: str, url: str, data: Any = None, **_given: Any) -> requests.Response:
        """What the service would answer; in the place of the client's HTTP session."""
        path = re.sub(r"^https://[\w.-]+", "", url).split("?")[0]
        self.asked.append(f"{method} {path}")
        answer = self._fault(self.asked[-1]) or self._answer(method, path, data)
        if callable(answer):
            answer = answer({})
        return _response(*answer)

    def _fault(self, text: str, job: dict[str, Any] | None = None) -> Answer | None:
        for fault in self.faults:
            if re.search(fault.pattern, text):
                if isinstance(fault.answer, Exception):
                    raise fault.answer
                return fault.answer(job or {}) if callable(fault.answer) else fault.answer
        return None

    def _answer(self, method: str, path: str, data: Any) -> Answer:
        name = path.rsplit("/", 1)[-1]
        if path.startswith("/upload/"):
            return self._load(method, path, data)
        if method == "POST" and name == "jobs":
            return self._insert(json.loads(data))
        if "/queries/" in path:
            return self._results(name)
        if "/jobs/" in path and name == "cancel":
            return 200, {"job": self.jobs[path.split("/")[-2]][1]}
        if "/jobs/" in path:
            return self.jobs[name]
        if name == "datasets" and method == "POST":
            self.made.append(json.loads(data))
            self.datasets.append(self.made[-1]["datasetReference"]["datasetId"])
            return 200, self.made[-1]
        if name == "datasets":
            return 200, {"datasets": [self._dataset(one) for one in self.datasets]}
        if method == "DELETE" and "/tables/" not in path:
            self.datasets.remove(name)
            return 204, {}
        if name == "tables":
            return 200, {"tables": [self._table(one) for one in sorted(self.tables)]}
        if "/tables/" in path:
            if name not in self.tables:
                text = f"Not found: Table {PROJECT}:{SHOP}.{name} was not found in location {self.location}"
                return failure(404, "notFound", text)
            if method == "DELETE":
                del self.tables[name]
                return 204, {}
            return 200, {
                **self._table(name),
                "schema": {"fields": _fields(name)},
                "numRows": "0",
                "numBytes": "0",
            }
        return 200, self._dataset()

    def _dataset(self, name: str = SHOP) -> dict[str, Any]:
        reference = {"projectId": PROJECT, "datasetId": name}
        return {"datasetReference": reference, "location": self.location, "labels": self._labels(name)}

    def _labels(self, name: str) -> dict[str, str]:
        named = [one for one in self.made if one["datasetReference"]["datasetId"] == name]
        return dict(named[0].get("labels", {})) if named else {"shopbook": SHOP}

    def _table(self, name: str) -> dict[str, Any]:
        reference = {"projectId": PROJECT, "datasetId": SHOP, "tableId": name}
        return {"tableReference": reference, "type": self.tables[name]}

    def _load(self, method: str, path: str, data: Any) -> Answer:
        """A file in a resumable upload: the job first, then its bytes, to the address that was answered."""
        if method == "POST":
            job = json.loads(data)
            job["jobReference"].setdefault("location", self.location)
            self.jobs[job["jobReference"]["jobId"]] = 200, job
            return 200, {"Location": f"https://bigquery.googleapis.com{path}/{job['jobReference']['jobId']}"}
        _, job = self.jobs[path.rsplit("/", 1)[-1]]
        table = job["configuration"]["load"]["destinationTable"]["tableId"]
        self.loads.append(table)
        answer = self._fault(f"load {table}", job)
        self.tables.setdefault(table, "TABLE")
        done = {"status": {"state": "DONE"}, "statistics": {"load": {"outputRows": "3"}}}
        return self._keep(job, answer or (200, {**job, **done}))

    def _insert(self, job: dict[str, Any]) -> Answer:
        configuration = job["configuration"]
        sql, is_dry = configuration["query"]["query"], bool(configuration.get("dryRun"))
        self.queries.append((sql, is_dry))
        self.limits.append(configuration["query"].get("maximumBytesBilled", ""))
        if answer := self._fault(sql, job):
            return self._keep(job, answer)
        anonymous = {"projectId": PROJECT, "datasetId": "_anonymous", "tableId": "answer"}
        configuration["query"].setdefault("destinationTable", anonymous)
        if made := re.match(r"create or replace (table|view) `(\w+)`", sql):
            self.tables[made[2]] = made[1].upper()
        facts = {"totalBytesProcessed": self.bytes_processed, "totalBytesBilled": self.bytes_processed}
        facts |= {"numDmlAffectedRows": "1"} if sql.startswith("update") else {}
        statement = "CREATE_TABLE_AS_SELECT" if sql.startswith("create") else "SELECT"
        status, document = done_job(**facts, totalSlotMs=1000)(job)
        document["statistics"]["query"]["statementType"] = statement
        return self._keep(job, (status, document))

    def _keep(self, job: dict[str, Any], answer: Answer) -> Answer:
        job["jobReference"].setdefault("location", self.location)
        self.jobs[job["jobReference"]["jobId"]] = answer
        return answer

    def _results(self, job_id: str) -> Answer:
        _, job = self.jobs[job_id]
        if error := job.get("status", {}).get("errorResult"):
            return failure(400, error["reason"], error["message"])
        names, rows = _rows(job["configuration"]["query"]["query"])
        fields = [{"name": name, "type": type_} for name, type_ in names]
        answer = {"jobReference": job["jobReference"], "jobComplete": True, "totalRows": str(len(rows))}
        if self.large and re.search(
            self.large, job["configuration"]["query"]["query"]
        ):  # the rest of the rows comes by the Storage API
            answer |= {"pageToken": "more", "totalRows": "1000000"}
        return 200, {**answer, "schema": {"fields": fields}, "rows": rows}


def _fields(table: str) -> list[dict[str, str]]:
    """Columns of a table of the shop, in BigQuery's words."""
    columns = read_project("thelook").raw_schemas.get(table, {"n": "INT64"})
    return [{"name": name, "type": type_} for name, type_ in columns.items()]


def _rows(sql: str) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    """What the library reads of its own tables, in BigQuery's rows: every value a text."""
    sql = " ".join(sql.lower().split())
    if "max(loaded_at)" in sql:
        names, values = [("loaded_at", "TIMESTAMP"), ("source", "STRING")], [("1767225600000000", "thelook")]
    elif "from load_ledger" in sql:
        names = [(name, "STRING") for name in ("kind", "name", "first", "second")] + [("number", "INTEGER")]
        values = [("loaded", name, "sha:1", "{}", str(kept)) for _, name, kept in LEDGER]
    elif "first_at" in sql:
        names, values = [("first_day", "DATE"), ("last_day", "DATE")], [("2026-01-01", "2026-01-31")]
    elif sql == "select entry from swap_journal":
        names, values = [("entry", "STRING")], [(json.dumps({"names": [], "statements": []}),)]
    else:
        names, values = [("n", "INTEGER")], [("0",)]
    return names, [{"f": [{"v": value} for value in row]} for row in values]


def _response(status: int, content: dict[str, Any]) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(content).encode()
    if "Location" in content:
        response.headers["location"] = content["Location"]
    response.headers["content-type"] = "application/json; charset=UTF-8"
    response.request = requests.Request("POST", "https://bigquery.invalid").prepare()
    return response
