"""Large results, copies and loads that BigQuery refuses, as the command says it; see test_command_failures.

The genuine clients against fakes: a project behind HTTP, and a Storage API on loopback that refuses all.
"""

from __future__ import annotations

import concurrent.futures
import contextlib

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from analysis_lib.simulate import simulate
from tests.bigquery.fake_project import SHOP, Fault
from tests.bigquery.fake_service import failed_job, failure

NO_TABLES = "Access Denied: Permission bigquery.tables.create denied on dataset fake-project:demo"


@pytest.fixture
def project(fake_project, impatient):
    """A fake project, whose failures pass or do not within a moment."""
    return fake_project


@contextlib.contextmanager
def refusing(code, text, reason=""):
    """A fake Storage API on loopback that refuses every call; its address."""

    def refuse(_request, context):
        if reason:
            info = error_details_pb2.ErrorInfo(reason=reason, domain="googleapis.com")
            status = status_pb2.Status(code=code.value[0], message=text)
            status.details.add().Pack(info)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, text)

    class Handler(grpc.GenericRpcHandler):
        def service(self, _details):
            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1), handlers=[Handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


NO_SESSIONS = (
    "request failed: the user does not have 'bigquery.readsessions.create' permission for 'projects/p'"
)
STORAGE_OFF = (
    "BigQuery Storage API has not been used in project 12345 before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/bigquerystorage.googleapis.com/overview?project=12345"
)
STORAGE = {
    "no right": (
        (grpc.StatusCode.PERMISSION_DENIED, NO_SESSIONS),
        (26, ["refused access", "roles/bigquery.readSessionUser on the project"]),
    ),
    "switched off": (
        (grpc.StatusCode.PERMISSION_DENIED, STORAGE_OFF, "SERVICE_DISABLED"),
        (26, ["not switched on in the project 12345", "services enable bigquerystorage.googleapis.com"]),
    ),
    "too many": (
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "Exceeded the quota for concurrent read sessions"),
        (26, ["takes no more requests of this kind"]),
    ),
    "signed out": (
        (grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials"),
        (26, ["refused access"]),
    ),
}


@pytest.mark.parametrize("name", STORAGE)
def test_large_results_that_do_not_come_are_told_alike(project, said, monkeypatch, name):
    answer, (code, words) = STORAGE[name]
    project.large = "raw_orders"
    with refusing(*answer) as address:
        monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", address)
        ended, sentence = said("query", "select order_id from raw_orders")
    assert [word for word in words if word not in sentence] == []
    assert ended == code


def test_a_copy_that_is_refused_names_the_table(project, said, monkeypatch):
    answer, (code, words) = STORAGE["no right"]
    project.large = "raw_"
    with refusing(*answer) as address:
        monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", address)
        monkeypatch.setenv("SHOPBOOK_WAREHOUSE", "bigquery")
        ended, sentence = said("copy", "--to", "duckdb", "--shop", SHOP)
    assert [word for word in words if word not in sentence] == []
    assert "while working on raw_" in sentence
    assert ended == code


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    simulate(100, 2, 7, folder)
    return folder


LOADS = {
    "a spent quota, found by the job": (
        Fault(r"load raw_\w+", failed_job("quotaExceeded", "Quota exceeded: imports per table")),
        (26, "A quota of the Google Cloud project is used up while working on raw_"),
    ),
    "no right to make a table, found by the request": (
        Fault(r"POST /upload", failure(403, "accessDenied", NO_TABLES)),
        (26, "Grant roles/bigquery.dataEditor on the dataset"),
    ),
}


@pytest.mark.parametrize("name", LOADS)
def test_a_load_of_files_that_fails_says_so(project, said, files, name):
    fault, (code, words) = LOADS[name]
    project.faults = [fault]
    project.tables.clear()  # nothing was loaded before
    ended, sentence = said("load", "thelook", "--from", str(files))
    assert words in sentence
    assert ended == code
