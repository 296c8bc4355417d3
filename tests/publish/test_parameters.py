"""Strict parameters: each fault stops the run before it starts, and the sentence says what to mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.errors import NotebookError, ParameterError
from analysis_lib.publish.notebook_parameters import Literal, parameters_for

from .conftest import code, markdown, write

RUN: dict[str, Literal] = {
    "shop": "demo",
    "as_of": "2026-06-30",
    "window_days": 7,
    "service_level": 0.95,
    "dark": True,
}


def notebook(path: Path, parameters: str, later: str = "print(shop, window_days)") -> Path:
    return write(path / "funnel.ipynb", markdown("# Funnel"), code(parameters, "parameters"), code(later))


def test_the_declared_parameters_are_given_in_their_order(tmp_path: Path) -> None:
    path = notebook(tmp_path, 'window_days = 30  # days\nshop = ""  # the shop')
    assert parameters_for(path, RUN) == {"window_days": 7, "shop": "demo"}


@pytest.mark.parametrize(
    ("name", "default"), [("shop", '""'), ("window_days", "30"), ("service_level", "0.5"), ("dark", "False")]
)
def test_each_plain_type_is_taken(tmp_path: Path, name: str, default: str) -> None:
    path = notebook(tmp_path, f"{name}: object = {default}  # help", f"f({name})")
    assert parameters_for(path, RUN) == {name: RUN[name]}


def test_a_whole_number_is_taken_for_a_number_with_decimals(tmp_path: Path) -> None:
    path = notebook(tmp_path, "service_level = 0.5  # help", "f(service_level)")
    assert parameters_for(path, {"service_level": 1}) == {"service_level": 1}


def test_an_unknown_parameter_names_the_notebook_and_the_nearest(tmp_path: Path) -> None:
    path = notebook(tmp_path, "windw_days = 30  # days", "print(windw_days)")
    with pytest.raises(ParameterError) as error:
        parameters_for(path, RUN)
    assert str(error.value) == (
        'Notebook funnel.ipynb: windw_days is not a parameter of a run. Did you mean "window_days"?'
    )


def test_a_missing_parameter_is_named_with_the_likely_typing_error(tmp_path: Path) -> None:
    path = notebook(tmp_path, "window_day = 30  # days", "print(window_day)")
    with pytest.raises(NotebookError, match=r"does not declare window_days.* Is window_day a typing error"):
        parameters_for(path, RUN, required=["window_days"])


def test_a_missing_parameter_says_what_to_add(tmp_path: Path) -> None:
    path = notebook(tmp_path, "window_days = 30  # days", "print(window_days)")
    with pytest.raises(NotebookError, match=r"does not declare shop.* Add a line `shop = …"):
        parameters_for(path, RUN, required=["shop"])


@pytest.mark.parametrize(
    ("default", "given", "words"),
    [
        ("30", "7", "takes a whole number like 30, but the run gives '7'"),
        ("30", 7.0, "takes a whole number like 30, but the run gives 7.0"),
        ("30", True, "takes a whole number like 30, but the run gives True"),
        ('"x"', 7, "takes a text like 'x', but the run gives 7"),
        ("True", 1, "takes True or False like True, but the run gives 1"),
    ],
)
def test_a_mistyped_value_is_refused(tmp_path: Path, default: str, given: Literal, words: str) -> None:
    path = notebook(tmp_path, f"window_days = {default}  # days", "print(window_days)")
    with pytest.raises(ParameterError, match=f"funnel.ipynb: the parameter window_days {words}"):
        parameters_for(path, {"window_days": given})


@pytest.mark.parametrize(
    "later",
    [
        "print(shop)",
        "# window_days",
        "text = 'window_days'",
        "f(window_days=30)",
        "other.window_days",
        "sql = 'where d > @window_days'",
    ],
)
def test_an_unused_parameter_is_refused(tmp_path: Path, later: str) -> None:
    path = notebook(tmp_path, "window_days = 30  # days", later)
    with pytest.raises(NotebookError, match=r"window_days is declared, but no later cell.*Pass it on"):
        parameters_for(path, RUN)


@pytest.mark.parametrize(
    "later",
    [
        "f(days=window_days)",
        "f'{window_days} days'",
        "def f():\n    return window_days",
        "[d for d in range(window_days)]",
        "%matplotlib inline\n!ls\nprint(window_days)",
        "window_days = window_days * 2",
    ],
)
def test_a_parameter_is_used_wherever_it_is_read(tmp_path: Path, later: str) -> None:
    path = notebook(tmp_path, "window_days = 30  # days", later)
    assert parameters_for(path, RUN) == {"window_days": 7}


def test_a_parameter_read_only_before_the_cell_is_unused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "n.ipynb",
        code("window_days = 1\nprint(window_days)"),
        code("window_days = 30  # days", "parameters"),
    )
    with pytest.raises(NotebookError, match="no later cell reads it"):
        parameters_for(path, RUN)


def test_a_value_that_would_be_lost_is_refused(tmp_path: Path) -> None:
    path = notebook(tmp_path, "window_days = 30  # days", "window_days = 30\nprint(window_days)")
    with pytest.raises(NotebookError, match=r"cell 3: the parameter window_days is overwritten"):
        parameters_for(path, RUN)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("window_days = 30", r"cell 2 \(parameters\): window_days has no explanation"),
        ("window_days = 10 * 3  # days", "line 1: window_days must be a plain text, number"),
        ("window_days = [30]  # days", r"line 1: window_days must be a plain text.*not \[30\]"),
        ("window_days = None  # days", "must be a plain text, number or truth value, not None"),
        ("a = b = 1  # x", "only `name = value  # help` may stand"),
        ("import os", "only `name = value  # help` may stand in the parameters cell, not `import os`"),
        ("window_days = 1  # a\nwindow_days = 2  # b", "window_days is set twice"),
        ("window_days = (  # days", "is not valid Python"),
    ],
)
def test_what_may_not_stand_in_the_parameters_cell(tmp_path: Path, cell: str, words: str) -> None:
    with pytest.raises(NotebookError, match=words):
        parameters_for(notebook(tmp_path, cell), RUN)


def test_a_negative_number_is_a_plain_number(tmp_path: Path) -> None:
    path = notebook(tmp_path, "window_days = -1  # days", "f(window_days)")
    assert parameters_for(path, RUN) == {"window_days": 7}


def test_no_and_several_parameters_cells_are_refused(tmp_path: Path) -> None:
    without = write(tmp_path / "a.ipynb", code("x = 1"))
    several = write(tmp_path / "b.ipynb", code("", "parameters"), code("x"), code("", "parameters"))
    with pytest.raises(NotebookError, match=r"a.ipynb: no cell tagged parameters"):
        parameters_for(without, RUN)
    with pytest.raises(NotebookError, match=r"b.ipynb: 2 cells \(1, 3\) tagged parameters"):
        parameters_for(several, RUN)


def test_a_cell_that_is_not_python_is_found_before_the_run(tmp_path: Path) -> None:
    path = notebook(tmp_path, "window_days = 30  # days", "print(window_days")
    with pytest.raises(NotebookError, match=r"funnel.ipynb, cell 3, line 1: the cell is not valid Python"):
        parameters_for(path, RUN)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": [], "nbformat": 3}'])
def test_what_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cut.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotebookError, match=r"cut\.ipynb"):
        parameters_for(path, RUN)
