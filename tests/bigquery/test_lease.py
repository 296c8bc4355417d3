"""One writer at a time: who holds the lease of a dataset, who is refused, and who may take it over."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from google.api_core.exceptions import NotFound

from analysis_lib.errors import WarehouseLockedError
from analysis_lib.warehouse import bigquery_lease
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_jobs import Jobs, Run
from analysis_lib.warehouse.bigquery_lease import Lease, cancel_jobs
from analysis_lib.warehouse.processes import has_ended, this_process

COLUMNS = {"n": "INT64"}
_TELL = "from analysis_lib.warehouse.processes import this_process; print(this_process(), flush=True)"


@pytest.fixture
def other(warehouse):
    with BigQueryWarehouse(warehouse.settings, warehouse.shop) as opened:
        yield opened


def set_lease(warehouse, assignments):
    warehouse.jobs.execute(f"update build_lease set {assignments} where true")


@pytest.mark.slow
def test_a_second_writer_is_refused_until_the_first_has_ended(warehouse, other):
    warehouse.append("t", COLUMNS, [(1,)])
    with pytest.raises(WarehouseLockedError, match=r"Another run writes to the shop .* \(process \d+ on"):
        other.append("t", COLUMNS, [(2,)])
    with BigQueryWarehouse(warehouse.settings, warehouse.shop, read_only=True) as reader:
        assert reader.rows("select n from t") == [(1,)]
    with warehouse.session() as session:
        session.append("t", COLUMNS, [(3,)])  # a thread of the same run is no other writer
    warehouse.lease.close()
    other.append("t", COLUMNS, [(2,)])
    with pytest.raises(WarehouseLockedError):
        warehouse.append("t", COLUMNS, [(4,)])
    assert sorted(other.rows("select n from t")) == [(1,), (2,), (3,)]


@pytest.mark.slow
def test_a_lease_that_ran_out_is_taken_over_and_its_holder_writes_no_more(warehouse, other, monkeypatch):
    warehouse.append("t", COLUMNS, [(1,)])
    set_lease(warehouse, "process = 'elsewhere/1/1'")
    with pytest.raises(WarehouseLockedError):
        other.take_turn()
    set_lease(warehouse, "expires_at = timestamp '2026-01-01'")
    other.append("t", COLUMNS, [(2,)])
    # It was asleep meanwhile: before it writes again it asks, and is told.
    warehouse.lease._sure_until = 0.0
    with pytest.raises(WarehouseLockedError, match="silent for more than five minutes, and another one took"):
        warehouse.append("t", COLUMNS, [(3,)])
    with pytest.raises(WarehouseLockedError):
        warehouse.swap([])
    # That of a process which has ended on this machine is taken at once, and its jobs are cancelled first.
    gone = ended_process()
    set_lease(other, f"run = 'gone', process = '{gone}', expires_at = timestamp '2100-01-01'")
    cancelled = []
    monkeypatch.setattr(bigquery_lease, "cancel_jobs", lambda _jobs, run: cancelled.append(run))
    warehouse.append("t", COLUMNS, [(4,)])
    assert cancelled == ["gone"]


@pytest.mark.slow
def test_of_several_that_ask_at_once_one_has_it(warehouse):
    warehouse.append("t", COLUMNS, [(1,)])
    warehouse.lease.close()
    barrier, held = threading.Barrier(3), []

    def ask(number):
        with warehouse.session() as session:
            lease = Lease(Jobs(session.connection, session.dataset, Run({}, id=f"r{number}")), "shop")
            barrier.wait()
            try:
                held.append((lease.take(), number))
            except WarehouseLockedError:
                held.append((False, number))
            lease._ended.set()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [number for has_it, number in held if has_it]
    assert len(held) == 3
    assert warehouse.rows("select run from build_lease") == [(f"r{winner}",)]


def ended_process() -> str:
    """The text of a process that has ended."""
    done = subprocess.run([sys.executable, "-c", _TELL], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_process_is_known_to_have_ended_on_its_own_machine_only():
    gone = ended_process()
    assert gone.split("/")[0] == this_process().split("/")[0] != ""
    assert has_ended(gone)
    assert not has_ended(this_process())
    assert not has_ended(f"another-{gone}")
    # The number of an ended process may be given to another one: the time of its start tells them apart.
    place, number, started = this_process().rsplit("/", 2)
    assert has_ended(f"{place}/{number}/{int(started) - 1}")


def test_the_jobs_that_a_killed_run_left_are_cancelled_and_waited_for(monkeypatch):
    monkeypatch.setattr(bigquery_lease, "_ASK_AGAIN_SECONDS", 0.0)
    states = {"shopbook_gone_1": ["DONE"], "shopbook_gone_3": ["RUNNING", "RUNNING", "DONE"]}
    cancelled = []

    def get_job(name, **_):
        if name not in states:
            raise NotFound(f"Not found: Job {name}")
        left = states[name]
        return SimpleNamespace(
            state=left[0],
            cancel=lambda **_: cancelled.append(name),
            done=lambda **_: (left.pop(0) if len(left) > 1 else left[0]) == "DONE",
        )

    cancel_jobs(SimpleNamespace(connection=SimpleNamespace(client=SimpleNamespace(get_job=get_job))), "gone")
    assert cancelled == ["shopbook_gone_3"]
    assert states["shopbook_gone_3"] == ["DONE"]
