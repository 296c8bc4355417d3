"""The sensor on new files, over many ticks of a real Dagster instance: each content is loaded exactly once.

The runs that it asks for load with the real loader into a real warehouse; what Dagster's daemon does between
a tick and a run (one run a key, one that was not launched is launched) is done here as there.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import duckdb
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from analysis_lib.errors import MissingInputError, WarehouseLockedError
from analysis_lib.orchestration import arrivals
from analysis_lib.orchestration.folders import Folders
from analysis_lib.progress import Progress
from analysis_lib.verbs.load import load_new
from tests.examples.conftest import definitions

PROFILE = '[shops.mine]\nsource = "thelook"\nfrom = ["incoming"]\n'
HEADER = "id,created_at,country,traffic_source\n"


class Daemon:
    """A project, its definitions, an instance, and what Dagster's daemon does with a tick of the sensor."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.root = folder
        self.instance = instance
        (folder / "incoming").mkdir(parents=True)
        (folder / "_quarto.yml").touch()
        (folder / "shopbook.toml").write_text(PROFILE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOPBOOK_PROJECT", str(folder))
            self.made: ModuleType = definitions()
        job = self.made.defs.resolve_job_def("refresh")
        self.load = job.get_subset(asset_selection=self.made.loaded.keys)
        self.cursor: str | None = None
        self.contents: dict[str, int] = {}

    # -- files --------------------------------------------------------------------------------

    def write(self, name: str, number: int) -> None:
        """A file of one user; the same number is the same content."""
        text = f"{HEADER}{number},2026-01-01 00:00:00 UTC,DE,Search\n"
        (self.root / "incoming" / name).write_text(text)
        self.contents[name] = number

    def remove(self, name: str) -> None:
        (self.root / "incoming" / name).unlink()
        del self.contents[name]

    @property
    def users(self) -> list[int]:
        """The users in the warehouse, one row each."""
        path = self.root / "data" / "warehouse.duckdb"
        if not path.exists():
            return []
        with duckdb.connect(str(path), read_only=True) as connection:
            return sorted(int(n) for (n,) in connection.execute("select id from mine.raw_users").fetchall())

    @property
    def loaded(self) -> dict[str, str]:
        """The content of each name in the ledger."""
        path = self.root / "data" / "warehouse.duckdb"
        if not path.exists():
            return {}
        with duckdb.connect(str(path), read_only=True) as connection:
            return dict(connection.execute("select path, content_sha256 from mine.load_ledger").fetchall())

    def sha256(self, name: str) -> str:
        """The content of a file."""
        return hashlib.sha256((self.root / name).read_bytes()).hexdigest()

    # -- what the daemon does -----------------------------------------------------------------

    def tick(self, crash: str = "") -> dg.SensorResult:
        """Evaluate the sensor and launch what it asks for; `crash` as in tests/orchestration/scheduler.py."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor, sensor_name="new_files")
        found = self.made.new_files(context)
        assert isinstance(found, dg.SensorResult), found
        for request in found.run_requests or () if crash != "before" else ():
            tags = {"dagster/run_key": request.run_key, "dagster/sensor_name": "new_files"}
            earlier = self.instance.get_runs(dg.RunsFilter(tags=tags))
            run = earlier[0] if earlier else self.write_down(request.run_config, {**request.tags, **tags})
            assert run.status is dg.DagsterRunStatus.NOT_STARTED, "a key that has run is dropped"
            if crash != "written":
                self.happens(run, dg.DagsterEventType.RUN_STARTING)
        if not crash:
            self.cursor = found.cursor
        return found

    def write_down(self, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> dg.DagsterRun:
        """A run that is not launched: of the job's first step, so that tests are quick."""
        return self.instance.create_run_for_job(self.load, run_config=run_config, tags=tags)

    def happens(self, run: dg.DagsterRun, what: dg.DagsterEventType) -> None:
        """Dagster hears of a run."""
        event = dg.DagsterEvent(event_type_value=what.value, job_name="refresh")
        self.instance.report_dagster_event(event, run.run_id)

    @property
    def at_work(self) -> list[dg.DagsterRun]:
        return list(self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING])))

    def end(self, how: str = "well") -> None:
        """Runs at work load and end `well`, or fail in what comes after (`build`); or they `fail` before."""
        for run in self.at_work:
            is_loaded = how != "fails"
            if is_loaded:
                names = run.run_config["ops"]["load"]["config"]["names"]
                try:
                    load_new(self.made.settings, Progress(quiet=True), names)
                except MissingInputError:
                    is_loaded = False
            is_well = is_loaded and how == "well"
            self.happens(run, dg.DagsterEventType.RUN_SUCCESS if is_well else dg.DagsterEventType.RUN_FAILURE)

    def settle(self) -> None:
        """Ticks and runs that end well, until nothing more is asked for."""
        quiet = 0
        while quiet < arrivals.MOST_WAITING + arrivals.LONGEST_PAUSE + 2:
            quiet = 0 if self.tick().run_requests else quiet + 1
            self.end()

    def asked(self) -> list[list[str]]:
        """The files of each run, in their order."""
        runs = reversed(list(self.instance.get_runs()))
        return [run.run_config["ops"]["load"]["config"]["names"] for run in runs]

    def start_afresh(self) -> None:
        """No files, no warehouse, no runs."""
        for run in self.instance.get_runs():
            self.instance.delete_run(run.run_id)
        shutil.rmtree(self.root / "data", ignore_errors=True)
        for path in (self.root / "incoming").iterdir():
            path.unlink()
        self.cursor, self.contents = None, {}


@pytest.fixture(scope="module")
def module_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    home = str(tmp_path_factory.mktemp("home"))
    quiet = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(home, overrides=quiet) as instance:
        yield Daemon(tmp_path_factory.mktemp("sensor") / "project", instance)


@pytest.fixture
def daemon(module_daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A shop without files; who waits does so for a tick or two."""
    monkeypatch.setattr(arrivals, "LONGEST_PAUSE", 1)
    monkeypatch.setattr(arrivals, "MOST_WAITING", 2)
    module_daemon.start_afresh()
    return module_daemon


def test_a_new_file_is_one_run_that_loads_it(daemon: Daemon) -> None:
    daemon.write("users_1.csv", 1)
    assert not daemon.tick().run_requests
    [request] = daemon.tick().run_requests
    assert request.tags["shopbook/shop"] == "mine"
    [run] = daemon.at_work
    # Dagster itself executes this one.
    execute_run(InMemoryJob(daemon.load), run, daemon.instance)
    assert daemon.users == [1]
    daemon.settle()
    assert daemon.asked() == [["incoming/users_1.csv"]]


def test_two_files_at_once_and_one_that_is_replaced(daemon: Daemon) -> None:
    daemon.write("users_1.csv", 1)
    daemon.write("users_2.csv", 2)
    daemon.settle()
    daemon.write("users_2.csv", 3)
    daemon.settle()
    daemon.write("users_2.csv", 2)
    daemon.settle()
    assert daemon.users == [1, 2]
    second = ["incoming/users_2.csv"]
    assert daemon.asked() == [["incoming/users_1.csv", "incoming/users_2.csv"], second, second]


def test_a_run_of_the_schedule_is_waited_for_and_its_files_are_not_loaded_again(daemon: Daemon) -> None:
    daemon.write("users_1.csv", 1)
    by_clock = daemon.write_down({"ops": {"load": {"config": {}}}}, {"shopbook/shop": "mine"})
    daemon.happens(by_clock, dg.DagsterEventType.RUN_STARTING)
    daemon.tick()
    assert "A run is at work" in str(daemon.tick().skip_reason)
    load_new(daemon.made.settings, Progress(quiet=True))
    daemon.happens(by_clock, dg.DagsterEventType.RUN_SUCCESS)
    assert "No new files" in str(daemon.tick().skip_reason)


def test_a_warehouse_that_is_written_to_is_no_failure_of_the_sensor(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(_: object) -> None:
        raise WarehouseLockedError("The warehouse is in use.")

    monkeypatch.setattr(Folders, "loaded", held)
    context = dg.build_sensor_context(instance=daemon.instance)
    assert daemon.made.new_files(context) == dg.SkipReason("The warehouse is in use.")


def test_in_any_order_each_content_is_loaded_exactly_once(daemon: Daemon) -> None:
    names = st.sampled_from(["users_1.csv", "users_2.csv"])

    class AnyOrder(RuleBasedStateMachine):
        """Files come, are replaced and go; the daemon ticks and dies; runs end in all ways."""

        @initialize()
        def begins(self) -> None:
            daemon.start_afresh()

        @rule(name=names, number=st.integers(1, 3))
        def arrives(self, name: str, number: int) -> None:
            # A content of its own for each name: of two files with one content the loader reads one.
            daemon.write(name, number + 10 * (name == "users_2.csv"))

        @precondition(lambda self: daemon.contents)
        @rule(data=st.data())
        def goes(self, data: st.DataObject) -> None:
            daemon.remove(data.draw(st.sampled_from(sorted(daemon.contents))))

        @rule(crash=st.sampled_from(["", "", "", "before", "written", "launched"]))
        def ticks(self, crash: str) -> None:
            loaded = daemon.loaded
            asked = daemon.tick(crash).run_requests or []
            for request in asked:
                for name in request.run_config["ops"]["load"]["config"]["names"]:
                    assert loaded.get(name) != daemon.sha256(name), "it was not loaded"

        @precondition(lambda self: daemon.at_work)
        @rule(how=st.sampled_from(["well", "fails", "build"]))
        def runs_end(self, how: str) -> None:
            daemon.end(how)

        def teardown(self) -> None:
            daemon.settle()
            found = {name: sha for name, sha in daemon.loaded.items() if Path(name).name in daemon.contents}
            assert found == {
                f"incoming/{name}": daemon.sha256(f"incoming/{name}") for name in daemon.contents
            }
            assert set(daemon.contents.values()) <= set(daemon.users)
            assert len(daemon.users) == len(set(daemon.users)), "no row is there twice"
            last = daemon.instance.get_runs(limit=1)
            assert not last or last[0].is_success, "what was loaded is published"
            runs = len(daemon.asked())
            daemon.settle()
            assert len(daemon.asked()) == runs, "nothing is asked for twice"

    run_state_machine_as_test(
        AnyOrder, settings=settings(max_examples=8, stateful_step_count=15, deadline=None)
    )
