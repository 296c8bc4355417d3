"""The Airflow DAG, run task by task by Airflow itself against a fake command.

Airflow wants an environment of its own; name its Python in SHOPBOOK_TEST_AIRFLOW.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES, FakeCommand

PYTHON = os.environ.get("SHOPBOOK_TEST_AIRFLOW", sys.executable)
DAG = EXAMPLES / "airflow" / "shopbook_report.py"
RAISED = {"id": "fewer", "state": "raised"}
FINE = {"id": "fine", "state": "ok"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's own folder with its database."""
    if subprocess.run([PYTHON, "-c", "import airflow.sdk"], capture_output=True, check=False).returncode:
        pytest.skip("Airflow is not installed here; name a Python that has it in SHOPBOOK_TEST_AIRFLOW")
    folder = tmp_path_factory.mktemp("airflow")
    command = [str(Path(PYTHON).parent / "airflow"), "db", "migrate"]
    subprocess.run(command, env=airflow_environment(folder), capture_output=True, check=True)
    return folder


def airflow_environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SHOPBOOK_", "PYTHONPATH", "AIRFLOW"))}
    return {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAG.parent),
    }


@pytest.fixture
def run(home: Path, fake: FakeCommand, tmp_path: Path) -> Callable[..., tuple[dict[str, str], str]]:
    """Run the DAG once: the end state of each task, and the log."""

    def once(**more: str) -> tuple[dict[str, str], str]:
        values = {
            "SHOPBOOK_PROJECT": str(tmp_path),
            "SHOPBOOK_COMMAND": str(fake.path),
            "SHOPBOOK_FILES": "files",
            "SHOPBOOK_SHOP": "small",
        }
        program = (
            "import runpy, sys; made = runpy.run_path(sys.argv[1])['made']; done = made.test()\n"
            "import json; states = {t.task_id: str(t.state) for t in done.get_task_instances()}\n"
            "print('STATES ' + json.dumps(states))"
        )
        done = subprocess.run(
            [PYTHON, "-c", program, str(DAG)],
            env={**airflow_environment(home), **values, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        said = done.stdout + done.stderr
        states = re.search(r"STATES (\{.*\})", said)
        assert states, said[-3000:]
        return json.loads(states.group(1)), said

    return once


def test_a_good_day(run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand) -> None:
    fake.summary(json.dumps({"alerts": [FINE]}))
    states, _ = run()
    assert states == {"load": "success", "report": "success", "tell": "success"}
    assert fake.calls == [
        "--quiet load thelook --from files --shop small",
        "--quiet report --shop small",
        "--quiet summary --format json",
        "--quiet summary --format markdown",
    ]


def test_without_files_it_reports_what_is_loaded(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.summary(json.dumps({"alerts": []}))
    states, _ = run(SHOPBOOK_FILES="")
    assert states == {"load": "skipped", "report": "success", "tell": "success"}


def test_an_alert_fails_the_last_task_alone(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.summary(json.dumps({"alerts": [FINE, RAISED]}))
    states, said = run()
    assert states == {"load": "success", "report": "success", "tell": "failed"}
    assert "alerts were raised: fewer" in said


def test_a_failed_report_is_not_tried_again_and_nothing_is_told(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.ends_with(0, 19)
    states, said = run()
    assert (states["load"], states["report"]) == ("success", "failed")
    assert states["tell"] in ("upstream_failed", "None")
    assert "ended with exit code 19: shopbook: said by the fake" in said
    assert sum("report" in call for call in fake.calls) == 1


def test_a_locked_warehouse_is_worth_another_try(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.summary(json.dumps({"alerts": []}))
    fake.ends_with(16, 0)
    states, _ = run(SHOPBOOK_RETRY_MINUTES="0")
    assert states == {"load": "success", "report": "success", "tell": "success"}
    assert sum("load" in call for call in fake.calls) == 2
