"""Contracts: each kind of check finds exactly the rows that break it, and an error stops publishing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis_lib.checks import Checker, Outcome, checks_of, raise_on_failure
from analysis_lib.errors import CheckError, CloudError, ModelError
from analysis_lib.models import Project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core.small_project import RAW, load_orders, model, settings

COLUMNS = {"id": "INT64", "created_at": "TIMESTAMP", "amount": "NUMERIC"}
ROWS = [(1, "2026-03-01 10:00", "10.00"), (2, "2026-03-01 11:00", "-5.00"), (2, "2026-03-02 10:00", None)]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with DuckDBWarehouse(settings(tmp_path), "small") as opened:
        load_orders(opened, ROWS)
        yield opened


def project(column_checks=None, checks=()) -> Project:
    made = model(
        "stg_orders", "select id, created_at, amount from raw_orders", COLUMNS, (), column_checks, checks
    )
    return Project({"stg_orders": made}, {"raw_orders": RAW})


def outcomes(warehouse: DuckDBWarehouse, project: Project) -> list[Outcome]:
    summary = Runner(warehouse, project, make_parameters({})).build()
    return Checker(warehouse, project, summary.parameters, summary.fingerprints).run()


@pytest.mark.parametrize(
    ("column", "check", "failing_rows"),
    [
        ("amount", "not_null", 1),
        ("id", "not_null", 0),
        ("id", "unique", 2),
        ("amount", {"min": 0}, 1),
        ("amount", {"max": 10}, 0),
        ("amount", {"between": [0, 9]}, 2),
        ("id", {"accepted": [1]}, 2),
        ("id", {"references": "stg_orders.id"}, 0),
    ],
)
def test_a_check_counts_the_rows_that_break_it(warehouse, column, check, failing_rows):
    [outcome] = outcomes(warehouse, project({column: (check,)}))
    assert outcome.failing_rows == failing_rows
    assert outcome.status == ("failed" if failing_rows else "passed")


def test_the_sample_names_the_grain_and_the_value(warehouse):
    [outcome] = outcomes(warehouse, project({"amount": ({"min": 0},)}))
    assert outcome.sample == '[{"id": "2", "amount": "-5.000000000"}]'


def test_an_expression_may_use_parameters_and_must_be_true_for_every_row(warehouse):
    checks = ({"expression": "amount <= @window_days", "brief": "amounts are small"},)
    [outcome] = outcomes(warehouse, project(checks=checks))
    assert (outcome.failing_rows, outcome.check.brief) == (1, "amounts are small")  # the missing amount


def test_a_warning_does_not_stop_publishing_and_an_error_does(warehouse):
    warned = outcomes(warehouse, project({"amount": ({"min": 0, "severity": "warn"},)}))
    assert [outcome.status for outcome in warned] == ["warned"]
    raise_on_failure(warned)
    with pytest.raises(CheckError, match=r"stg_orders: amount is at least 0 \(1 rows"):
        raise_on_failure(outcomes(warehouse, project({"amount": ({"min": 0},)})))


def test_outcomes_are_kept_and_reused_until_the_model_changes(warehouse):
    checks = {"amount": ({"min": 0, "severity": "warn"},)}
    first = outcomes(warehouse, project(checks))
    said: list[str] = []
    summary = Runner(warehouse, project(checks), make_parameters({})).build()
    checker = Checker(warehouse, project(checks), summary.parameters, summary.fingerprints)
    assert checker.run(lambda label, *_: said.append(label)) == first
    assert said == []
    assert warehouse.rows("select check_name, failing_rows, status from dq_checks") == [("min", 1, "warned")]


@pytest.mark.parametrize("entry", ["nott_null", {"min": 0, "severity": "fatal"}, {"min": 0, "max": 1}])
def test_a_check_that_is_not_understood_is_an_error_and_not_skipped(entry):
    with pytest.raises(ModelError, match=r"stg_orders\.yml"):
        checks_of(project({"amount": (entry,)}).models["stg_orders"], set())


def test_an_error_of_the_warehouse_while_checking_names_the_model_and_keeps_its_code(warehouse, monkeypatch):
    def refuses(*_given: object) -> None:
        raise CloudError("A quota is used up.", "Wait.")

    monkeypatch.setattr(warehouse, "rows", refuses)
    checker = Checker(warehouse, project({"id": ("not_null",)}), make_parameters({}), {"stg_orders": "f"})
    with pytest.raises(CloudError, match=r"checks of stg_orders could not be run\. A quota is used up"):
        checker.run()
