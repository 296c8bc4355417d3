"""last_run.json: how the last run ended, also when it did not end well."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from analysis_lib.delivery.last_run import read_last_run, recorded
from analysis_lib.errors import CheckError
from analysis_lib.settings import Settings
from tests.delivery.documents import request


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return dataclasses.replace(request().settings, build_dir=tmp_path / "build", site=tmp_path / "site")


def test_a_run_that_ends_well_leaves_its_facts(settings: Settings) -> None:
    with recorded(settings) as run:
        run.facts = {"site": "x"}
    found = read_last_run(settings)
    assert (found["exit_code"], found["error"], found["site"]) == (0, "", "x")
    assert found["seconds"] >= 0
    assert dt.datetime.fromisoformat(found["finished_at"]).tzinfo is not None


def test_an_error_is_kept_with_its_exit_code_and_goes_on(settings: Settings) -> None:
    with pytest.raises(CheckError), recorded(settings):
        raise CheckError("A check failed.", "Look.")
    assert (read_last_run(settings)["exit_code"], read_last_run(settings)["error"]) == (
        19,
        "A check failed. Look.",
    )


def test_a_stop_and_a_fault_of_the_program_are_no_success(settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(settings):
        raise KeyboardInterrupt
    assert read_last_run(settings)["exit_code"] == 130
    with pytest.raises(ZeroDivisionError), recorded(settings):
        raise ZeroDivisionError
    assert read_last_run(settings)["exit_code"] == 1


def test_no_run_and_a_broken_record_are_no_facts(settings: Settings) -> None:
    assert read_last_run(settings) == {}
    settings.build_dir.mkdir()
    (settings.build_dir / "last_run.json").write_text("{", encoding="utf-8")
    assert read_last_run(settings) == {}
