"""The workflow: its commands exist, and its steps do what they say on a small shop."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis_lib.cli import make_parser
from tests.core.reporting_project import ROOT, add_report, write_page
from tests.examples.conftest import EXAMPLES, script

ON_DUCKDB, ON_BIGQUERY = "github-report.yml", "github-bigquery.yml"
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def read(name: str) -> dict[Any, Any]:
    document = yaml.safe_load((EXAMPLES / "ci" / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module", params=[ON_DUCKDB, ON_BIGQUERY])
def workflow(request: pytest.FixtureRequest) -> dict[Any, Any]:
    return read(request.param)


def steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def test_it_runs_on_a_schedule_and_cancels_the_run_before(workflow: dict[Any, Any]) -> None:
    on = workflow[True]  # YAML reads the key `on` as true; GitHub does not
    assert re.fullmatch(r"(\S+ ){4}\S+", on["schedule"][0]["cron"])
    assert workflow["concurrency"]["cancel-in-progress"] is True


def test_only_a_finished_site_is_published(workflow: dict[Any, Any]) -> None:
    jobs = workflow["jobs"]
    assert jobs["publish"]["needs"] == "build"
    assert "if" not in jobs["publish"], "without a condition, it waits for the build to succeed"
    uses = [step.get("uses", "") for step in jobs["build"]["steps"]]
    [upload] = [
        number for number, name in enumerate(uses) if name.startswith("actions/upload-pages-artifact")
    ]
    assert upload == len(uses) - 1
    assert not any("continue-on-error" in step for step in steps(workflow))


def test_what_may_write_is_only_the_publishing_job(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert granted.pop("publish") == {"pages": "write", "id-token": "write"}
    # On BigQuery the build asks Google for credentials with a token of its own, instead of a key.
    assert granted in ({}, {"build": {"contents": "read", "id-token": "write"}})


def test_no_key_of_google_is_kept_anywhere() -> None:
    document = read(ON_BIGQUERY)
    [signed_in] = [step for step in steps(document) if "google-github-actions/auth" in step.get("uses", "")]
    assert signed_in["with"].keys() == {"workload_identity_provider", "service_account"}
    used = [step.get("uses", "") for step in document["jobs"]["build"]["steps"]]
    assert used.index("actions/checkout@v4") < used.index(signed_in["uses"]), "or its file is swept away"
    assert "secrets." not in (EXAMPLES / "ci" / ON_BIGQUERY).read_text(encoding="utf-8")


def test_no_expression_is_put_into_a_script(workflow: dict[Any, Any]) -> None:
    """What others may set (inputs, variables) reaches a script through the environment, never as its text."""
    assert [step["run"] for step in steps(workflow) if _EXPRESSION.search(step.get("run", ""))] == []


def test_every_shopbook_command_is_one(workflow: dict[Any, Any]) -> None:
    found = []
    for step in steps(workflow):
        for line in step.get("run", "").splitlines():
            match = re.match(r"\s*shopbook (.*?)(\|\||>>|$)", line)
            if match:
                text = re.sub(r"\$\{AS_OF[^}]*\}", "--as-of 2026-06-30", match.group(1)).replace("$ARGS", "")
                found.append(make_parser().parse_args(shlex.split(text)).verb)
    assert [verb for verb in found if verb != "build"] == ["load", "report", "summary"]


def test_the_steps_publish_and_pass_an_alert_on(
    project: Path,
    shop_files: Path,
    tmp_path: Path,
    environment: Callable[..., dict[str, str]],
) -> None:
    add_report(project)
    shutil.copytree(shop_files, project / "data" / "incoming")
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin" / "shopbook", f'#!/bin/sh\nexec "{sys.executable}" -m analysis_lib.cli "$@"\n')
    scripts = {step["name"]: step["run"] for step in steps(read(ON_DUCKDB)) if "run" in step}
    output, page = tmp_path / "output", tmp_path / "page"
    values = environment(
        SHOPBOOK_PROJECT=project, PYTHONPATH=ROOT, SHOP="small", AS_OF="", ARGS="--renderer builtin",
        GITHUB_OUTPUT=output, GITHUB_STEP_SUMMARY=page,
    )  # fmt: skip
    values["PATH"] = f"{tmp_path / 'bin'}:{values['PATH']}"

    def run(name: str) -> int:
        # As GitHub does: bash that stops at the first error
        return subprocess.run(
            ["bash", "-e", "-c", scripts[name]], env=values, cwd=project, capture_output=True, check=False
        ).returncode

    assert run("Load") == 0
    assert run("Report") == 0
    assert output.read_text() == "alert=24\n"
    assert "Orders" in page.read_text()
    assert run("An alert was raised") == 1
    write_page(project, "raise ValueError('no')")
    assert run("Report") == 20, "a failure is one, so that nothing is published"
    assert output.read_text() == "alert=24\n"
