"""What `make test-bigquery` would do on a real project, against a fake one: where it goes, what it leaves."""

from __future__ import annotations

import subprocess

import google.auth
import pytest
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery

from analysis_lib.warehouse.bigquery_client import Connection
from analysis_lib.warehouse.bigquery_jobs import Jobs, new_run
from tests.bigquery import real_project
from tests.bigquery.conftest import on_emulator
from tests.bigquery.fake_project import PROJECT
from tests.demo_site import ROOT


@pytest.fixture
def given(fake_project, monkeypatch):
    """The tests were given the fake project, on a machine where an emulator is named, too."""
    fake_project.datasets = ["sbtest_older_run"]
    monkeypatch.setenv(real_project.PROJECT_VARIABLE, PROJECT)
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1")
    monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    return fake_project


def place(tmp_path):
    return on_emulator(tmp_path).bigquery


def test_the_clients_speak_to_google_and_not_to_the_emulator(given, tmp_path):
    with real_project.running(lambda _line: None):
        connection = Connection(place(tmp_path))
        assert connection.client._connection.API_BASE_URL == "https://bigquery.googleapis.com"
        assert connection.storage.api_endpoint == "bigquerystorage.googleapis.com"


def test_what_is_made_is_marked_and_vanishes_by_itself(given, tmp_path):
    with real_project.running(lambda _line: None):
        client = Connection(place(tmp_path)).client
        client.create_dataset(bigquery.Dataset(f"{PROJECT}.{real_project.unique('shop')}"))
    [made] = given.made
    assert made["labels"] == {"shopbook_test": real_project.RUN}
    assert made["defaultTableExpirationMs"] == str(24 * 3600 * 1000)
    assert made["datasetReference"]["datasetId"] == f"sbtest_{real_project.RUN}_shop"


def test_only_what_this_run_made_is_removed(given, tmp_path):
    with real_project.running(lambda _line: None):
        client = Connection(place(tmp_path)).client
        client.create_dataset(bigquery.Dataset(f"{PROJECT}.named_by_a_test"))
        given.datasets += [real_project.unique("a__edition"), "their_own"]
    assert given.datasets == ["sbtest_older_run", "their_own"]


def test_no_query_may_bill_more_than_a_gibibyte_and_the_cost_is_said(given, tmp_path):
    said = []
    with real_project.running(said.append):
        jobs = Jobs(Connection(place(tmp_path)), "d", new_run("shop"))
        jobs.execute("select 1")
    assert given.limits == [str(2**30)]
    [line] = said
    assert line.startswith(f"{PROJECT}: BigQuery: 1 jobs read 5.0 GiB, billed 5.0 GiB (0.03 at 6.25 a TiB)")


def test_a_project_that_is_not_empty_is_refused(fake_project, monkeypatch):
    monkeypatch.setenv(real_project.PROJECT_VARIABLE, PROJECT)
    with pytest.raises(pytest.fail.Exception, match="holds datasets"), real_project.running():
        pass
    assert fake_project.datasets


def test_without_credentials_the_tests_skip_and_say_why(fake_project, monkeypatch):
    def none(*_given, **_named):
        raise DefaultCredentialsError("Your default credentials were not found.")

    monkeypatch.setenv(real_project.PROJECT_VARIABLE, PROJECT)
    monkeypatch.setattr(google.auth, "default", none)
    with (
        pytest.raises(pytest.skip.Exception, match="default credentials were not found"),
        real_project.running(),
    ):
        pass
    assert fake_project.asked == []


def test_names_are_those_of_the_emulator_without_a_project(monkeypatch):
    monkeypatch.delenv(real_project.PROJECT_VARIABLE, raising=False)
    assert real_project.unique("twofold") == "twofold"


def test_make_refuses_without_a_project():
    """Before anything is installed or asked: the first line of the recipe."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ntest-bigquery:")[1].split("\n")[1]
    command = recipe.strip().removeprefix("@").replace("$(PROJECT)", "")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make test-bigquery PROJECT=my-project" in done.stderr
