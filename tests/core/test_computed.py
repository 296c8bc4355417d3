"""Models that Python computes and rule tables: built, fingerprinted and refused like the others."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib import computed, tables
from analysis_lib.computed import PythonModel, RuleTable, rule_tables, sources
from analysis_lib.contracts import Column, Contract
from analysis_lib.errors import ModelError, RuleError
from analysis_lib.models import Project
from analysis_lib.outcome import BuildSummary
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core.small_project import load_orders, orders_project, settings

ORDERS = [(1, "2026-03-01 10:00", "10.00"), (2, "2026-03-02 10:00", "5.50"), (3, "2026-03-03 23:30", "1.00")]
COLUMNS = {"order_date": "DATE", "share": "FLOAT64", "note": "STRING", "window_days": "INT64"}
Compute = Callable[[Mapping[str, pd.DataFrame], Mapping[str, Any]], pd.DataFrame]


def contract(name: str, columns: Mapping[str, str], **parts: Any) -> Contract:
    return Contract(
        model=name,
        description=name,
        grain=(next(iter(columns)),),
        grain_description="one row a row",
        columns={column: Column(column, kind, column) for column, kind in columns.items()},
        **parts,
    )


def shares(inputs: Mapping[str, pd.DataFrame], parameters: Mapping[str, Any]) -> pd.DataFrame:
    days = inputs["int_daily"]
    return pd.DataFrame(
        {
            "order_date": days["order_date"],
            "share": days["amount"].where(days["amount"] > 1) / days["amount"].sum(),
            "note": None,
            "window_days": parameters["window_days"],
        }
    )


@pytest.fixture
def python_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PythonModel]:
    """A Python model over int_daily; `code` stands for the text of its module."""
    module = types.ModuleType("shares_of_days")
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def make(function: Compute = shares, code: str = "first") -> PythonModel:
        vars(module)["shares"] = function
        inputs, parameters = frozenset({"int_daily"}), frozenset({"window_days"})
        promised = contract(
            "int_shares", COLUMNS, python="shares_of_days:shares", inputs=inputs, parameters=parameters
        )
        return PythonModel("int_shares", tmp_path / "int_shares.yml", code, promised)

    return make


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with DuckDBWarehouse(settings(tmp_path), "small") as opened:
        load_orders(opened, ORDERS)
        yield opened


def build(warehouse: DuckDBWarehouse, *models: Any, **parameters: object) -> BuildSummary:
    project = orders_project()
    with_models = Project({**project.models, **{model.name: model for model in models}}, project.raw_schemas)
    return Runner(warehouse, with_models, make_parameters(parameters)).build()


def of(summary: BuildSummary, name: str) -> tuple[str, str]:
    [result] = [result for result in summary.results if result.model == name]
    return result.action, result.reason


# Python models


def test_a_python_model_gets_small_tables_and_gives_a_typed_one(warehouse, python_model):
    build(warehouse, python_model())
    rows = warehouse.rows("select order_date, share, note, window_days from int_shares order by 1")
    assert rows == [
        (dt.date(2026, 3, 1), pytest.approx(10 / 16.5), None, 30),
        (dt.date(2026, 3, 2), pytest.approx(5.5 / 16.5), None, 30),
        (dt.date(2026, 3, 3), None, None, 30),
    ]


def test_it_is_made_again_only_when_its_code_inputs_or_parameters_change(warehouse, python_model):
    build(warehouse, python_model())
    assert of(build(warehouse, python_model()), "int_shares") == ("reused", "unchanged")
    assert of(build(warehouse, python_model(code="second")), "int_shares") == (
        "built",
        "its Python code changed",
    )
    changed = build(warehouse, python_model(code="second"), window_days=7)
    assert of(changed, "int_shares") == ("built", "window_days 30 → 7")
    load_orders(warehouse, ORDERS[:2], sha="b")
    later = build(warehouse, python_model(code="second"), window_days=7)
    assert of(later, "int_shares") == ("built", "int_daily changed")


def test_other_columns_than_promised_are_refused_and_nothing_is_swapped_in(warehouse, python_model):
    build(warehouse, python_model())
    before = warehouse.rows("select * from int_shares order by 1")

    def other(inputs: Mapping[str, pd.DataFrame], parameters: Mapping[str, Any]) -> pd.DataFrame:
        return shares(inputs, parameters).rename(columns={"share": "part"})

    with pytest.raises(ModelError, match=r"shares_of_days:shares returned the columns order_date, part"):
        build(warehouse, python_model(other, "other"))
    assert warehouse.rows("select * from int_shares order by 1") == before


def test_a_table_that_is_not_small_is_refused_before_it_is_read(warehouse, python_model, monkeypatch):
    monkeypatch.setattr(tables, "MAX_INPUT_ROWS", 2)
    with pytest.raises(ModelError, match=r"int_shares.* would have to read 3 rows of int_daily"):
        build(warehouse, python_model())


def test_a_python_model_has_no_sql_to_show(python_model):
    with pytest.raises(ModelError, match=r"int_shares has no SQL: it is made of Python code"):
        _ = python_model().tree


def test_its_text_is_that_of_all_modules_of_the_library_that_it_runs():
    texts = sources("analysis_lib.rules.read")
    assert any("def read_rules" in text for text in texts)
    assert any("class ShopbookError" in text for text in texts), "imported modules count too"
    assert not any("class Runner" in text for text in texts)


# Rule tables

RULES = {"step": "INT64", "segment": "STRING", "is_paid": "BOOL", "first_date": "DATE"}
GOOD = "step,segment,is_paid,first_date\n1,Loyal,true,2026-01-01\n\n2, Lost ,false,\n"


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], RuleTable]:
    """A rule table of some text, with a validation that refuses a step that stands twice."""

    def validate(rows: Any) -> None:
        steps = [row.values["step"] for row in rows]
        for row in rows:
            if steps.count(row.values["step"]) > 1:
                raise RuleError(f"steps.csv, line {row.line}: step {row.values['step']} stands twice.")

    module = types.ModuleType("analysis_lib.rules.steps")
    vars(module)["validate"] = validate
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def make(text: str | bytes) -> RuleTable:
        path = tmp_path / "steps.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        promised = contract("rule_steps", RULES)
        needed = dataclasses.replace(promised.columns["segment"], checks=("not_null",))
        promised = dataclasses.replace(promised, columns={**promised.columns, "segment": needed})
        return RuleTable("rule_steps", path, str(text), promised)

    return make


def test_rules_become_a_typed_table(warehouse, rules):
    build(warehouse, rules(GOOD))
    assert warehouse.rows("select * from rule_steps order by 1") == [
        (1, "Loyal", True, dt.date(2026, 1, 1)),
        (2, "Lost", False, None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD.replace("2, Lost", "two, Lost"),
            r"steps.csv, line 4: step is 'two', but it takes a whole number",
        ),
        (GOOD.replace("true", "yes"), r"line 2: is_paid is 'yes', but it takes true or false"),
        (GOOD.replace("2026-01-01", "1.1.2026"), r"line 2: first_date is '1.1.2026'.*YYYY-MM-DD"),
        (GOOD.replace("Loyal", ""), r"line 2: segment is empty"),
        (GOOD.replace("segment", "segmnt"), r"line 1: there is no column 'segmnt'.*\"segment\""),
        (GOOD.replace(",first_date", ""), r"line 1: the column first_date is missing"),
        (GOOD.replace("segment", "step"), r"line 1: the column segment is missing"),
        (GOOD.replace("Lost ,false,", "Lost ,false"), r"line 4: 3 cells where the header has 4"),
        (GOOD.replace("2, Lost", "1, Lost"), r"line 2: step 1 stands twice"),
        (GOOD.splitlines()[0], r"steps.csv has no rules"),
        ("", r"line 1: the column step is missing"),
        (GOOD.encode("utf-16"), r"steps.csv is not UTF-8"),
        (GOOD.replace("Loyal", '"Loyal'), r"steps.csv, line \d: unexpected end of data"),
    ],
)
def test_a_wrong_rule_is_named_before_any_work_starts(warehouse, rules, text, message):
    with pytest.raises(RuleError, match=message):
        build(warehouse, rules(text))
    assert "stg_orders" not in warehouse.tables()


def test_a_rule_table_of_the_project_wins_over_the_packages(tmp_path, monkeypatch):
    package, own = tmp_path / "package", tmp_path / "rules"
    package.mkdir()
    own.mkdir()
    (package / "steps.csv").write_text("step\n1\n")
    (package / "steps.yml").write_text(
        "model: rule_steps\ndescription: d.\ngrain: [step]\ngrain_description: one row a step\n"
        "columns:\n  step: {type: INT64, description: number of the step}\n"
    )
    monkeypatch.setattr(computed, "RULES", package)
    assert [table.path for table in rule_tables(own)] == [package / "steps.csv"]
    (own / "steps.csv").write_text("step\n2\n")
    assert [table.path for table in rule_tables(own)] == [own / "steps.csv"]
    (own / "stesp.csv").write_text("step\n2\n")
    with pytest.raises(RuleError, match=r'There is no rule table stesp.csv. Did you mean "steps.csv"'):
        rule_tables(own)
