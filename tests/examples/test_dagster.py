"""The Dagster definitions, executed by Dagster itself on a small shop.

Name a Python that has Dagster and Shopbook in SHOPBOOK_TEST_DAGSTER, or install the extra `examples`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from analysis_lib.models import read_project
from tests.core.reporting_project import ROOT, add_report, write_page
from tests.examples.conftest import EXAMPLES
from tests.translations import KEPT_THERE

PYTHON = os.environ.get("SHOPBOOK_TEST_DAGSTER", sys.executable)
Run = Callable[..., dict[str, Any]]
_PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import dagster as dg
import shopbook_definitions as made

chosen = sys.argv[2:]
instance = dg.DagsterInstance.ephemeral()
if chosen:
    selection = dg.AssetSelection.assets(*chosen)
    assets = [made.loaded, made.built, made.published]
    done = dg.materialize(assets, selection=selection, instance=instance, raise_on_error=False)
else:
    job = made.defs.resolve_job_def("daily_report")
    done = job.execute_in_process(instance=instance, raise_on_error=False)
graph = made.defs.resolve_asset_graph()
events = [e.event_specific_data.materialization for e in done.get_asset_materialization_events()]
said = {
    "success": done.success,
    "assets": {k.to_user_string(): sorted(p.to_user_string() for p in graph.get(k).parent_keys)
               for k in graph.get_all_asset_keys()},
    "made": {m.asset_key.to_user_string(): {k: v.value for k, v in m.metadata.items()} for m in events},
    "checks": {f"{c.asset_key.to_user_string()}.{c.check_name}": [c.passed, c.severity.value,
               {k: v.value for k, v in c.metadata.items()}] for c in done.get_asset_check_evaluations()},
    "failures": [e.step_failure_data.error.to_string() for e in done.all_events if e.is_step_failure],
}
print("SAID " + json.dumps(said, default=str))
"""


@pytest.fixture
def run(project: Path, shop_files: Path) -> Run:
    """Execute assets (all by the daily job, where none is named) on a project with the small shop."""
    if subprocess.run([PYTHON, "-c", "import dagster, duckdb"], capture_output=True, check=False).returncode:
        pytest.skip("Dagster is not installed here: pip install 'shopbook[examples]'")
    add_report(project)
    shutil.copytree(shop_files, project / "files")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SHOPBOOK_")},
        **KEPT_THERE,
        "SHOPBOOK_PROJECT": str(project),
        "SHOPBOOK_SHOP": "small",
        "SHOPBOOK_FILES": str(project / "files"),
        "SHOPBOOK_RENDERER": "builtin",
        "PYTHONPATH": str(ROOT),
    }

    def once(*chosen: str) -> dict[str, Any]:
        done = subprocess.run(
            [PYTHON, "-c", _PROGRAM, str(EXAMPLES / "dagster"), *chosen],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("SAID ")]
        assert lines, done.stderr[-3000:]
        return json.loads(lines[0].removeprefix("SAID "))

    return once


def test_the_daily_job_loads_builds_checks_and_publishes(run: Run, project: Path) -> None:
    said = run()
    assert said["success"], said["failures"]
    models = read_project("thelook").models
    raw = {name for name in said["assets"] if name not in models and name != "report"}
    assert said["assets"].keys() == models.keys() | raw | {"report"}
    for name, model in models.items():
        assert set(said["assets"][name]) == model.inputs & (models.keys() | raw), name
    assert said["made"].keys() >= models.keys() | {"report"}
    assert said["made"]["fct_sessions"]["dagster/row_count"] > 0
    passed, severity, found = said["checks"]["report.fewer"]
    assert (passed, severity, found["state"]) == (False, "WARN", "raised")
    contracts = {
        name: passed for name, (passed, _, _) in said["checks"].items() if name.endswith(".contract")
    }
    assert len(contracts) == len([name for name in said["checks"] if name != "report.fewer"])
    assert all(contracts.values())
    assert (project / "reports" / "_site" / "index.html").is_file()
    assert "Orders" in said["made"]["report"]["summary"]


def test_a_contract_that_is_broken_is_a_failed_check_with_a_sample(run: Run, project: Path) -> None:
    with duckdb.connect(str(project / "data" / "warehouse.duckdb")) as connection:
        connection.execute("set schema = 'small'; update fct_daily_pnl set orders = -1")
        connection.execute("set schema = 'small'; delete from dq_checks where model = 'fct_daily_pnl'")
    said = run("fct_daily_pnl")
    assert said["made"].keys() == {"fct_daily_pnl"}, "only what was selected"
    passed, severity, found = said["checks"]["fct_daily_pnl.contract"]
    assert (passed, severity) == (False, "ERROR")
    assert "-1" in found["not passed"] or "orders" in found["not passed"]


def test_an_error_of_shopbook_fails_the_step_with_its_sentence(run: Run, project: Path) -> None:
    write_page(project, "raise ValueError('no')")
    said = run("report")
    assert not said["success"]
    assert "cell In[4]: ValueError: no" in said["failures"][0]
    assert not (project / "reports" / "_site").exists()
