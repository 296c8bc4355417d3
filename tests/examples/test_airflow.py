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
    fake.models(stg_events={}, stg_stock={}, fct_sessions={})
    fake.summary(json.dumps({"alerts": []}))

    def once(**more: str) -> tuple[dict[str, str], str]:
        values = {
            "SHOPBOOK_PROJECT": str(tmp_path),
            "SHOPBOOK_COMMAND": str(fake.path),
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


MODELS = ("staging.stg_events", "staging.stg_stock", "marts.fct_sessions")


def test_a_good_day_with_a_model_that_the_shop_has_no_data_for(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.models(stg_events={}, stg_stock={"state": "not available", "reason": "no stock"}, fct_sessions={})
    fake.summary(json.dumps({"alerts": [FINE]}))
    states, said = run()
    steps = dict.fromkeys(("load", "build", "report", "tell"), "success")
    models = dict.fromkeys(MODELS, "success") | {"staging.stg_stock": "skipped"}
    assert states == steps | models
    assert "built (new): 1 rows in 0.1 s, 2 checks" in said
    assert fake.calls == [
        "--quiet graph",
        "--quiet load",
        "--quiet graph",
        "--quiet check --format json",
        "--quiet report --no-load",
        "--quiet summary --format json",
        "--quiet summary --format markdown",
    ]


def test_an_alert_fails_the_last_task_alone(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.summary(json.dumps({"alerts": [FINE, RAISED]}))
    states, said = run()
    assert {name for name, state in states.items() if state != "success"} == {"tell"}
    assert "alerts were raised: fewer" in said


def test_a_broken_contract_fails_its_model_and_what_is_downstream_and_nothing_is_published(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    broken = {"status": "failed", "brief": "rows are unique", "failing_rows": 3, "sample": "[1]"}
    odd = {"status": "warned", "brief": "no odd days", "failing_rows": 1, "sample": "[2]"}
    fake.models(stg_events={"not_passed": [odd]}, stg_stock={"not_passed": [broken]}, fct_sessions={})
    fake.ends_with(0, 19)
    states, said = run()
    assert (states["build"], states["staging.stg_events"]) == ("success", "success"), "a warning is told"
    assert "warned: no odd days (1 rows, for example [2])" in said
    assert states["staging.stg_stock"] == "failed"
    assert "rows are unique" in said
    for name in ("marts.fct_sessions", "report", "tell"):
        assert states[name] in ("upstream_failed", "None"), name
    assert not any("report" in call for call in fake.calls)


def test_a_locked_warehouse_is_worth_another_try_and_other_errors_are_not(
    run: Callable[..., tuple[dict[str, str], str]], fake: FakeCommand
) -> None:
    fake.ends_with(16, 0, 18)
    states, said = run(SHOPBOOK_RETRY_MINUTES="0")
    assert (states["load"], states["build"]) == ("success", "failed")
    assert "shopbook check ended with exit code 18: shopbook: said by the fake" in said
    assert [call.split()[1] for call in fake.calls] == ["graph", "load", "load", "graph", "check"]
