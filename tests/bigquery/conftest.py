"""One emulator for all tests of a worker; they skip, with the reason, where it cannot be started.

With `make test-bigquery PROJECT=…` a real project stands in its place, and only the tests that use it run.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis_lib import cli
from analysis_lib.settings import BigQuery, Settings
from analysis_lib.warehouse import bigquery_retry
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_client import REST_EMULATOR, STORAGE_EMULATOR
from tests.bigquery import fake_project as fakes
from tests.bigquery import real_project
from tests.bigquery.emulator import PROJECT, Emulator, running
from tests.bigquery.environment import why_not
from tests.bigquery.fake_project import FakeProject
from tests.bigquery.real_project import RealProject
from tests.demo_site import ROOT


def on_emulator(root: Path, **given: object) -> Settings:
    """Settings of a project in a folder whose warehouse is the emulator."""
    place = BigQuery(project=PROJECT, location=real_project.location())
    if real_project.named():
        place = dataclasses.replace(place, maximum_bytes_billed=real_project.MAXIMUM_BYTES_BILLED)
    return Settings(
        root=root,
        warehouse=root / "warehouse.duckdb",
        site=root / "site",
        build_dir=root / "build",
        temp_dir=root / "tmp",
        engine="bigquery",
        bigquery=place,
        **given,
    )


def shop_name(test: str) -> str:
    """A shop's name that no other test has."""
    return real_project.unique(f"t{hashlib.sha256(test.encode()).hexdigest()[:10]}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a real project only what runs there: a fake says nothing about it."""
    if real_project.named():
        others = [item for item in items if "emulator" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def emulator(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Emulator | RealProject]:
    """A running emulator, its address in the environment for as long as it runs; or the real project."""
    if real_project.named():
        reporter = request.config.pluginmanager.getplugin("terminalreporter")
        with real_project.running(reporter.write_line if reporter else print) as project:
            yield project
        return
    if reason := why_not():
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("emulator")) as started, pytest.MonkeyPatch.context() as patch:
        for name, value in started.environment.items():
            patch.setenv(name, value)
        yield started


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> Settings:
    """A project whose shops are on the emulator."""
    return on_emulator(tmp_path)


@pytest.fixture
def warehouse(settings: Settings, request: pytest.FixtureRequest) -> Iterator[BigQueryWarehouse]:
    """A shop of its own for each test: its tables are dropped afterwards, as is its dataset."""
    with BigQueryWarehouse(settings, shop_name(request.node.name)) as opened:
        yield opened
        opened.connection.client.delete_dataset(opened.dataset, delete_contents=True)


@pytest.fixture
def fake_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeProject:
    """A fake project with the demo shop's raw tables, and the environment of a command that works on it."""
    fake = FakeProject()
    places = {"SITE": "site", "BUILD_DIR": "build", "TEMP_DIR": "tmp"}
    environment = {f"SHOPBOOK_{name}": str(tmp_path / folder) for name, folder in places.items()}
    environment |= {
        "SHOPBOOK_PROJECT": str(ROOT),
        "SHOPBOOK_WAREHOUSE": "bigquery",
        "SHOPBOOK_SHOP": fakes.SHOP,
        "SHOPBOOK_BIGQUERY_PROJECT": fakes.PROJECT,
        "SHOPBOOK_BIGQUERY_LOCATION": "EU",
    }
    for name in (REST_EMULATOR, STORAGE_EMULATOR):  # of an emulator that another test of this worker started
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.auth.transport.requests import AuthorizedSession

    monkeypatch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), fakes.PROJECT))
    monkeypatch.setattr(
        AuthorizedSession, "request", lambda _self, method, url, **given: fake.request(method, url, **given)
    )
    return fake


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may pass is tried again at once, and for a tenth of a second."""
    monkeypatch.setattr(bigquery_retry, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(bigquery_retry, "LONGEST_WAIT_SECONDS", 0.002)
    monkeypatch.setattr(bigquery_retry, "RETRY_SECONDS", 0.1)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command; its exit code and its one sentence."""

    def run(*words: str) -> tuple[int, str]:
        code = cli.main(["--quiet", *words])
        printed = capsys.readouterr()
        lines = printed.err.strip().splitlines()
        assert len(lines) == 1, printed.err
        assert lines[0].startswith("shopbook: ")
        assert "Traceback" not in printed.err
        assert "http" not in lines[0]
        assert not [secret for secret in fakes.SECRETS if secret in printed.err]
        return code, lines[0].removeprefix("shopbook: ")

    return run
