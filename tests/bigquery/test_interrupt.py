"""Ctrl-C, to a process of its own: the jobs under way on BigQuery are cancelled, and nothing is changed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from analysis_lib.models import Project
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from tests.bigquery.emulator import PROJECT
from tests.core.small_project import RAW, load_orders, model
from tests.demo_site import copy_project, environment_of

pytestmark = pytest.mark.slow
# A million times a million rows, none of which is kept: it ends when it is told to.
ENDLESS = (
    "select count(*) as n from raw_orders cross join unnest(generate_array(1, 1000000)) as a "
    "cross join unnest(generate_array(1, 1000000)) as b where mod(a * b, 7) = 8"
)
PATIENCE_SECONDS = 90
# The command itself, on models that never end.
BUILD = """
import sys
from analysis_lib import cli
from analysis_lib.parameters import make_parameters
from analysis_lib.verbs import build
from tests.bigquery.test_interrupt import endless_project
build.read_project = lambda *_: endless_project()
build.run_parameters = lambda *_: make_parameters({})
raise SystemExit(cli.main(sys.argv[1:]))
"""


def endless_project():
    """Two models that are built at once."""
    models = {name: model(name, ENDLESS, {"n": "INT64"}) for name in ("stg_one", "stg_two")}
    return Project(models=models, raw_schemas={"raw_orders": RAW})


@pytest.fixture
def shop(warehouse):
    copy_project(warehouse.settings.root)
    load_orders(warehouse, [(1, "2026-03-01 10:00", "10.50")])
    warehouse.lease.close()  # the command is who writes now
    return warehouse


def interrupted(shop: BigQueryWarehouse, jobs: int, *command: str) -> subprocess.CompletedProcess[str]:
    """A command that got SIGINT as soon as so many of its jobs ran on the emulator."""
    environment = {
        **environment_of(shop.settings.root),
        "SHOPBOOK_BIGQUERY_PROJECT": PROJECT,
        "SHOPBOOK_BIGQUERY_LOCATION": "US",
    }
    with subprocess.Popen(
        [sys.executable, *command, "--shop", shop.shop, "--warehouse", "bigquery"],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for(lambda: process.poll() is not None or len(jobs_of(shop, "running")) >= jobs)
            time.sleep(3)  # the emulator forgets to cancel what it is still translating
            process.send_signal(signal.SIGINT)
            said, complained = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def wait_for(condition):
    last = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.2)


def jobs_of(shop, state=None):
    """The endless jobs of a shop, those of its own commands alone."""
    found = shop.connection.client.list_jobs(state_filter=state)
    return [job for job in found if job.labels.get("shop") == shop.shop and "1000000" in job.query]


@pytest.mark.parametrize(
    ("jobs", "command"),
    [
        (1, ("-m", "analysis_lib.cli", "query", ENDLESS)),
        (2, ("-c", BUILD, "build")),
    ],
    ids=["a query", "a build"],
)
def test_jobs_under_way_are_cancelled(shop, jobs, command):
    before = shop.tables()
    done = interrupted(shop, jobs, *command)
    assert done.returncode == 130
    assert done.stderr == "shopbook: stopped; what was published before is untouched.\n"
    wait_for(lambda: not jobs_of(shop, "running"))  # a cancellation is asked for, and takes its time
    assert [job.error_result["reason"] for job in jobs_of(shop)] == ["stopped"] * jobs
    assert shop.tables() - {"meta_models"} == before
