"""What goes wrong on BigQuery, told in one sentence each; answered by a fake in the documented shapes."""

from __future__ import annotations

import pytest
import requests
from google.api_core.exceptions import Conflict, Forbidden, NotFound

from analysis_lib.errors import (
    BudgetError,
    CloudError,
    MissingInputError,
    ModelError,
    QueryError,
    SettingsError,
)
from analysis_lib.warehouse import bigquery_retry
from analysis_lib.warehouse.bigquery_failures import translate
from analysis_lib.warehouse.bigquery_jobs import Jobs, new_run
from tests.bigquery.fake_service import FakeService, connection, done_job, failed_job, failure

RATE = "Exceeded rate limits: too many table update operations for this table."
OVER = "Query exceeded limit for bytes billed: 1073741824. 5368709120 or higher required."
DENIED = "Access Denied: Table p:d.raw_events: User does not have permission to query table p:d.raw_events."
QUOTA = "Quota exceeded: Your project exceeded quota for free query bytes scanned."
NO_TABLE = "Not found: Table p:d.raw_events was not found in location EU"
NO_DATASET = "Not found: Dataset p:d was not found in location EU"


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(bigquery_retry, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(bigquery_retry, "LONGEST_WAIT_SECONDS", 0.002)


def jobs(service, **place):
    return Jobs(connection(service, **place), "shop", new_run("shop"))


SENTENCES = {
    "over budget": (
        failure(400, "bytesBilledLimitExceeded", OVER),
        BudgetError,
        "5.00 GiB, more than the 1.00 GiB",
    ),
    "missing rights": (
        failure(403, "accessDenied", DENIED),
        CloudError,
        "refused access while working on fct_a",
    ),
    "spent quota": (failure(403, "quotaExceeded", QUOTA), CloudError, "quota of the Google Cloud project"),
    "missing table": (failure(404, "notFound", NO_TABLE), MissingInputError, "Table p:d.raw_events"),
    "wrong location": (failure(404, "notFound", NO_DATASET), SettingsError, "location"),
    "wrong SQL": (
        failure(400, "invalidQuery", "Unrecognized name: sesions"),
        ModelError,
        "fct_a failed",
    ),
    "signed out": (failure(401, "authError", "Invalid Credentials"), CloudError, "refused access"),
}


@pytest.mark.parametrize("how", ["refused", "failed later"])
@pytest.mark.parametrize("name", SENTENCES)
def test_each_is_one_sentence_with_a_remedy_and_is_not_tried_again(service, name, how):
    answer, kind, words = SENTENCES[name]
    if how == "failed later":
        error = answer[1]["error"]["errors"][0]
        answer = failed_job(error["reason"], error["message"])
    service.script = [answer]
    with pytest.raises(kind, match=words) as caught:
        jobs(service).execute("create table a as select 1", "fct_a")
    assert len(service.inserted) == 1
    assert "http" not in str(caught.value)
    assert "Job ID" not in str(caught.value)
    assert kind is ModelError or caught.value.hint


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotFound("The specified bucket does not exist."), "Cloud Storage has no such bucket"),
        (NotFound("Not found: URI gs://b/orders.csv"), "Cloud Storage has no such object"),
        (
            Forbidden("sa does not have storage.objects.list access to the bucket."),
            "storage.objectViewer on the",
        ),
        (Forbidden("Access Denied: bigquery.tables.getData denied"), "bigquery.dataEditor on the dataset"),
        (Conflict("Already Exists: Dataset p:d"), "made the same thing"),
    ],
)
def test_errors_without_a_reason_are_told_by_their_status_and_words(error, words):
    found = translate(error, "gs://b")
    assert words in str(found)
    assert "gs://b" in found.message


def test_a_query_that_fails_names_no_model(service):
    service.script = [failure(400, "invalidQuery", "Syntax error: Unexpected end of script at [1:9]")]
    with pytest.raises(QueryError, match="The query failed: Syntax error: Unexpected end of script"):
        jobs(service).execute("select 1 +")


PASSING = {
    "rate limit": failure(403, "rateLimitExceeded", RATE),
    "backend": failure(503, "backendError", "Error encountered during execution."),
    "internal": failure(500, "internalError", "An internal error occurred."),
    "rate limit of a job": failed_job("jobRateLimitExceeded", RATE),
    "backend of a job": failed_job("jobBackendError", "Error encountered during execution."),
    "broken connection": requests.exceptions.ConnectionError("Connection aborted."),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_tried_again_until_it_does(service, name):
    service.script = [PASSING[name], PASSING[name]]
    jobs(service).execute("create or replace table a as select 1", "fct_a")
    assert len(service.inserted) == 3
    assert len({job["configuration"]["query"]["query"] for job in service.inserted}) == 1


@pytest.mark.parametrize("name", PASSING)
def test_but_not_for_ever(service, name, monkeypatch):
    monkeypatch.setattr(bigquery_retry, "RETRY_SECONDS", 0.1)
    service.script = [PASSING[name]] * 10_000
    with pytest.raises(CloudError) as caught:
        jobs(service).execute("select 1", "fct_a")
    assert "fct_a" in caught.value.message
    assert 2 < len(service.inserted) < 1000


def test_the_most_bytes_of_the_profile_go_with_every_query(service):
    jobs(service, maximum_bytes_billed=10**9).execute("select 1")
    assert service.inserted[0]["configuration"]["query"]["maximumBytesBilled"] == str(10**9)


def test_without_a_limit_none_is_sent(service):
    jobs(service).execute("select 1")
    assert "maximumBytesBilled" not in service.inserted[0]["configuration"]["query"]


def test_a_run_that_would_read_more_than_it_may_is_stopped_before_the_query_that_would(service):
    one = jobs(service, maximum_bytes_per_run=1000)
    service.script = [done_job(totalBytesProcessed=600), done_job(), done_job(totalBytesProcessed=600)]
    one.execute("create or replace table a as select 1", "fct_a")
    with pytest.raises(BudgetError, match="fct_b would read 600 bytes, and with the 600 before it more than"):
        one.execute("create or replace table b as select 1", "fct_b")
    dry = [bool(job["configuration"].get("dryRun")) for job in service.inserted]
    assert dry == [True, False, True]


def test_an_estimate_is_a_dry_run(service):
    service.script = [done_job(totalBytesProcessed=5 * 2**40)]
    assert jobs(service).estimate("select 1", "fct_a") == 5 * 2**40
    assert service.inserted[0]["configuration"]["dryRun"] is True


def test_bytes_and_slots_of_each_job_are_kept(service):
    one = jobs(service)
    service.script = [done_job(totalBytesProcessed=100, totalBytesBilled=10_485_760, totalSlotMs=1234)]
    one.execute("create or replace table a as select 1", "fct_a")
    [facts] = one.run.facts
    assert (facts.model, facts.bytes_processed, facts.bytes_billed) == ("fct_a", 100, 10_485_760)
    assert facts.slot_milliseconds == 1234


def test_stopping_cancels_the_job_under_way(service, monkeypatch):
    one = jobs(service)

    def stopped(*_given, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("google.cloud.bigquery.job.QueryJob.result", stopped)
    with pytest.raises(KeyboardInterrupt):
        one.execute("select 1")
    assert service.cancelled == [service.inserted[0]["jobReference"]["jobId"]]
    assert not one.run.running


def test_stopping_cancels_a_job_whose_request_is_not_answered_yet(service, monkeypatch):
    one, asked = jobs(service), []

    def stopped(*_given, job_id, **_named):
        asked.append(job_id)
        raise KeyboardInterrupt

    cancelled = []
    monkeypatch.setattr(one.connection.client, "query", stopped)
    monkeypatch.setattr(one.connection.client, "cancel_job", lambda job, **_: cancelled.append(job))
    with pytest.raises(KeyboardInterrupt):
        one.execute("select 1")
    assert cancelled == asked


def test_a_query_whose_answer_was_lost_is_not_run_twice(service):
    lost = requests.exceptions.ConnectionError("Connection aborted.")

    def again(job):
        """The service knows the job: the same id was sent before."""
        service.known[job["jobReference"]["jobId"]] = done_job()(job)
        return failure(409, "duplicate", "Already Exists: Job fake-project:EU.shopbook_1")

    service.script = [lost, again]
    done = jobs(service).execute("create or replace table a as select 1", "fct_a")
    assert {job["jobReference"]["jobId"] for job in service.inserted} == {done.job_id}
