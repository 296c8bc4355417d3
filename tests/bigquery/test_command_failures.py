"""What goes wrong on BigQuery, as the command says it: one sentence, an exit code, no traceback, no secret.

The genuine command and Google's genuine clients; what answers is a **fake** project in the documented shapes
(`fake_project.py`), or a port where nobody listens. Real answers were not seen.
"""

from __future__ import annotations

import json
import socket

import pytest
from google.auth.exceptions import RefreshError, TransportError

from analysis_lib import cli
from analysis_lib.delivery.last_run import read_last_run
from analysis_lib.settings import load_settings
from analysis_lib.warehouse import bigquery_retry
from analysis_lib.warehouse.bigquery_client import REST_EMULATOR, STORAGE_EMULATOR
from tests.bigquery.fake_project import PROJECT, SECRETS, SHOP, Fault
from tests.bigquery.fake_service import failed_job, failure
from tests.demo_site import ROOT


@pytest.fixture
def project(fake_project, impatient):
    """A fake project, whose failures pass or do not within a moment."""
    return fake_project


JOBS = rf"POST /bigquery/v2/projects/{PROJECT}/jobs$"
ORDERS = "create or replace view `stg_orders__next`"
LINES = "create or replace table `stg_order_items__next`"
DATASET = rf"GET /bigquery/v2/projects/{PROJECT}/datasets/{SHOP}$"
DATASETS = rf"GET /bigquery/v2/projects/{PROJECT}/datasets$"
NOT_FOUND = "Not found: Table fake-project:demo.raw_order_items was not found in location EU"
OVER = "Query exceeded limit for bytes billed: 1073741824. 5368709120 or higher required."
DISABLED = (
    "Access Not Configured. BigQuery API has not been used in project fake-project before or it is disabled. "
    "Enable it by visiting https://console.developers.google.com/apis/api/bigquery.googleapis.com/overview"
    "?project=fake-project then retry. If you enabled this API recently, wait a few minutes."
)
NO_BILLING = (
    "Billing has not been enabled for this project. Enable billing at "
    "https://console.cloud.google.com/billing. DML queries are not allowed in the free tier. Set up a "
    "billing account to remove this restriction."
)
NO_DATASET = "Access Denied: Permission bigquery.datasets.get denied on dataset fake-project:demo"
NO_JOBS = "Access Denied: Project fake-project: User does not have bigquery.jobs.create permission in project"
NO_DATA = "Access Denied: Table fake-project:demo.raw_order_items: User does not have permission to query it"
NO_UPDATE = "Access Denied: Table demo.rule: Permission bigquery.tables.updateData denied on table demo.rule"
QUOTA = "Custom quota exceeded: Your usage exceeded the custom quota for QueryUsagePerDay"
RATE = "Exceeded rate limits: too many table update operations for this table."
CONFLICT = "Transaction is aborted due to concurrent update against table fake-project:demo.meta_models."

# What goes wrong, where the answer stands, the exit code, and words that must be said.
REPORT = {
    "over the budget of a query": (
        [Fault(LINES, failure(400, "bytesBilledLimitExceeded", OVER))],
        (25, ["stg_order_items would read 5.00 GiB", "the 1.00 GiB that maximum_bytes_billed"]),
    ),
    "over the budget of a query, found while it ran": (
        [Fault(LINES, failed_job("bytesBilledLimitExceeded", OVER))],
        (25, ["stg_order_items would read 5.00 GiB"]),
    ),
    "no right to run jobs": (
        [Fault(JOBS, failure(403, "accessDenied", NO_JOBS))],
        (26, ["refused access", "Grant roles/bigquery.jobUser on the project"]),
    ),
    "no right to read a table": (
        [Fault(LINES, failed_job("accessDenied", NO_DATA))],
        (26, ["refused access while working on stg_order_items", "docs/bigquery.md"]),
    ),
    "no right to see the dataset": (
        [
            Fault(
                DATASET,
                failure(403, "accessDenied", "Access Denied: Permission bigquery.datasets.get denied"),
            )
        ],
        (26, ["dataset demo", "roles/bigquery.dataEditor"]),
    ),
    "no right to load a table": (
        [Fault(r"load rule_\w+", failed_job("accessDenied", NO_UPDATE))],
        (26, ["while working on rule_", "Grant roles/bigquery.dataEditor on the dataset"]),
    ),
    "a table that is gone": (
        [Fault(LINES, failure(404, "notFound", NOT_FOUND))],
        (12, ["no such table while working on stg_order_items", "demo.raw_order_items"]),
    ),
    "a project that is not there": (
        [Fault(DATASETS, failure(404, "notFound", "Not found: Project fake-project"))],
        (12, ["no such project", "the project's id, not its name"]),
    ),
    "a project that cannot be one": (
        [Fault(DATASETS, failure(400, "invalid", "Invalid project ID 'My Shop'. Project IDs must contain"))],
        (11, ["cannot be one", "Invalid project ID"]),
    ),
    "data in another location": (
        [Fault(LINES, failure(400, "invalid", "Cannot read and write in different locations: source: US"))],
        (11, ["location", "stg_order_items"]),
    ),
    "the API is not switched on": (
        [Fault(DATASETS, failure(403, "accessNotConfigured", DISABLED))],
        (
            26,
            ["not switched on in the project fake-project", "gcloud services enable bigquery.googleapis.com"],
        ),
    ),
    "no billing account": (
        [Fault("insert into `meta_models`", failure(403, "billingNotEnabled", NO_BILLING))],
        (26, ["no billing account", "Link a billing account"]),
    ),
    "a spent quota": (
        [Fault(LINES, failure(403, "quotaExceeded", QUOTA))],
        (26, ["A quota of the Google Cloud project is used up while working on stg_order_items"]),
    ),
    "a spent quota of loads": (
        [Fault(r"load rule_\w+", failed_job("quotaExceeded", "Quota exceeded: imports per table"))],
        (26, ["A quota of the Google Cloud project is used up while working on rule_"]),
    ),
    "a rate that does not pass": (
        [Fault(LINES, failure(403, "rateLimitExceeded", RATE))],
        (26, ["takes no more requests of this kind", "two minutes"]),
    ),
    "a service that does not answer": (
        [Fault(LINES, failure(503, "backendError", "<html><title>Error 503</title><p>Try again</html>"))],
        (26, ["did not answer as it should while working on stg_order_items: Error 503 Try again"]),
    ),
    "a query that is too large": (
        [Fault(LINES, failed_job("resourcesExceeded", "Resources exceeded during query execution: sort"))],
        (18, ["stg_order_items needs more than BigQuery gives one query"]),
    ),
    "a job that somebody cancelled": (
        [Fault(LINES, failed_job("stopped", "Job execution was cancelled: User requested cancellation"))],
        (26, ["was stopped before its end while working on stg_order_items"]),
    ),
    "wrong SQL": (
        [Fault(LINES, failure(400, "invalidQuery", "Unrecognized name: sku at [3:9]"))],
        (18, ["stg_order_items", "Unrecognized name: sku"]),
    ),
}


@pytest.mark.parametrize("name", REPORT)
def test_a_report_ends_with_one_sentence_and_the_code_of_its_kind(project, said, name):
    project.faults, (code, words) = REPORT[name]
    ended, sentence = said("report")
    assert ended == code
    assert [word for word in words if word not in sentence] == []
    assert read_last_run(load_settings())["exit_code"] == code


def test_sentences_are_distinct():
    """No two kinds of failure of one code are told by the same words."""
    words = [tuple(words) for _, (_, words) in REPORT.values()]
    assert len(set(words)) == len(words)


def test_a_dataset_in_another_location_is_told_before_any_work(project, said):
    project.location = "US"
    code, sentence = said("report")
    assert code == 11
    assert "is in the location US, but the settings say EU" in sentence
    assert not [sql for sql, _ in project.queries if sql.startswith("create")]


def test_a_dataset_that_is_gone_is_not_made_by_a_reader(project, said):
    project.faults = [Fault(DATASET, failure(404, "notFound", "Not found: Dataset fake-project:demo"))]
    code, sentence = said("models")
    assert code == 12
    assert "There is no dataset demo in the project fake-project" in sentence


def test_a_run_over_its_budget_is_refused_before_the_query_runs(project, said, monkeypatch):
    monkeypatch.setenv("SHOPBOOK_BIGQUERY_MAXIMUM_BYTES_PER_RUN", str(3 * 2**30))
    code, sentence = said("build", "--select", "stg_order_items")
    assert code == 25
    assert "5,368,709,120 bytes" in sentence
    assert [is_dry for sql, is_dry in project.queries] == [True]


def test_the_budget_of_a_query_goes_with_every_one_that_is_sent(project, monkeypatch, capsys):
    monkeypatch.setenv("SHOPBOOK_BIGQUERY_MAXIMUM_BYTES_BILLED", "123456789")
    assert cli.main(["--quiet", "build", "--select", "stg_events,stg_order_items"]) == 0
    assert set(project.limits) == {"123456789"}
    assert len(project.limits) > 5


def test_another_build_that_changed_the_metadata_is_no_fault_of_the_query(project, said):
    project.faults = [Fault("begin transaction", failure(400, "invalidQuery", CONFLICT))]
    code, sentence = said("build", "--select", "stg_events")
    assert code == 16
    assert "Another process changed the same tables" in sentence


# -- credentials and network: the genuine libraries, with nobody at the other end --------------------


def without_fakes(monkeypatch):
    """The environment of a user: neither a fake nor the emulator that another test of this worker began."""
    monkeypatch.undo()
    for name in (REST_EMULATOR, STORAGE_EMULATOR):
        monkeypatch.delenv(name, raising=False)


def test_without_credentials_the_command_says_how_to_get_some(project, said, monkeypatch):
    without_fakes(monkeypatch)
    for name, value in {
        "SHOPBOOK_PROJECT": str(ROOT),
        "SHOPBOOK_WAREHOUSE": "bigquery",
        "SHOPBOOK_BIGQUERY_PROJECT": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(ROOT / "no-such-key.json"),
    }.items():
        monkeypatch.setenv(name, value)
    code, sentence = said("models")
    assert code == 11
    assert "no Google Cloud credentials" in sentence
    assert "gcloud auth application-default login" in sentence


def test_a_broken_key_is_not_repeated(project, said, monkeypatch, tmp_path):
    without_fakes(monkeypatch)
    key = tmp_path / "key.json"
    mark = "PRIV" + "ATE KEY-----"  # in pieces, so that nobody takes this file for a key
    private = f"-----BEGIN {mark}{SECRETS[0]}-----END {mark}"
    owner = {"client_email": "a@b.iam", "token_uri": "https://x", "project_id": "p"}
    content = {"type": "service_account", **owner, "private_key": private}
    key.write_text(json.dumps(content), encoding="utf-8")
    for name, value in {
        "SHOPBOOK_PROJECT": str(ROOT),
        "SHOPBOOK_WAREHOUSE": "bigquery",
        "SHOPBOOK_BIGQUERY_PROJECT": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
    }.items():
        monkeypatch.setenv(name, value)
    assert said("models")[0] == 11


def test_credentials_that_ran_out_are_told_without_the_token(project, said):
    details = {"error": "invalid_grant", "refresh_token": SECRETS[1], "client_secret": SECRETS[2]}
    text = "invalid_grant: Token has been expired or revoked."
    project.faults = [Fault(DATASETS, RefreshError(text, details))]
    code, sentence = said("models")
    assert code == 11
    assert "Token has been expired or revoked" in sentence
    assert "gcloud auth application-default login" in sentence


def test_tokens_that_cannot_be_fetched_are_a_fault_of_the_network(project, said):
    text = (
        "HTTPSConnectionPool(host='oauth2.googleapis.com', port=443): Max retries exceeded with url: /token "
    )
    project.faults = [
        Fault(DATASETS, TransportError(text + "(Caused by [Errno 101] Network is unreachable)"))
    ]
    code, sentence = said("models")
    assert code == 26
    assert "could not be reached" in sentence
    assert "oauth2.googleapis.com: Network is unreachable" in sentence


def test_a_port_where_nobody_listens_is_a_fault_of_the_network(said, monkeypatch, project):
    without_fakes(monkeypatch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(bigquery_retry, "RETRY_SECONDS", 0.5)
    monkeypatch.setattr(bigquery_retry, "FIRST_WAIT_SECONDS", 0.01)
    for name, value in {
        "SHOPBOOK_PROJECT": str(ROOT),
        "SHOPBOOK_WAREHOUSE": "bigquery",
        "SHOPBOOK_BIGQUERY_PROJECT": PROJECT,
        "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    code, sentence = said("models")
    assert code == 26
    assert (
        "could not be reached while working on project fake-project (127.0.0.1: Connection refused)"
        in sentence
    )


def test_the_doctor_tells_what_is_wrong_as_a_finding(project, capsys):
    project.faults = [Fault(DATASETS, failure(403, "accessNotConfigured", DISABLED))]
    assert cli.main(["--quiet", "doctor"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("shops ")]
    assert "not readable now: The BigQuery API (bigquery.googleapis.com) is not switched on" in line


def test_a_right_answer_is_told_by_nobody(project, capsys):
    """The fake itself is sound: without a fault a build of one model ends well."""
    assert cli.main(["--quiet", "build", "--select", "stg_events"]) == 0
    assert "1 models built" in capsys.readouterr().out
