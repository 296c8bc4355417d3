"""Reads a rule table: a small CSV whose columns its contract describes, checked row by row and as a whole."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.contracts import Column, Contract
from analysis_lib.errors import RuleError, did_you_mean

_BOOLS = {"true": True, "false": False}


@dataclass(frozen=True)
class RuleRow:
    """One rule: the line of the file that it stands on (the header is line 1) and its values by column."""

    line: int
    values: dict[str, Any]


def _converters() -> Mapping[str, tuple[Callable[[str], Any], str]]:
    return {
        "STRING": (str, "text"),
        "INT64": (int, "a whole number"),
        "FLOAT64": (float, "a number"),
        "BOOL": (lambda text: _BOOLS[text.lower()], "true or false"),
        "DATE": (dt.date.fromisoformat, "a date as YYYY-MM-DD"),
    }


def _value(text: str, column: Column, where: str) -> Any:
    text = text.strip()
    if not text:
        if "not_null" in column.checks:
            raise RuleError(f"{where}: {column.name} is empty.", "Fill it in, or take the row out.")
        return None
    convert, what = _converters()[column.type]
    try:
        return convert(text)
    except (ValueError, KeyError) as error:
        raise RuleError(f"{where}: {column.name} is {text!r}, but it takes {what}.") from error


def _header(found: Sequence[str], contract: Contract, file: str) -> None:
    for name in found:
        if name not in contract.columns:
            raise RuleError(
                f"{file}, line 1: there is no column {name!r} in this rule table.",
                did_you_mean(name, contract.columns),
            )
    lacking = [name for name in contract.columns if name not in found]
    if lacking:
        raise RuleError(f"{file}, line 1: the column {lacking[0]} is missing.")
    if len(set(found)) < len(found):
        raise RuleError(f"{file}, line 1: a column stands there twice.")


def read_rules(path: Path, contract: Contract) -> list[RuleRow]:
    """The rules of a CSV file, typed by its contract and checked.

    Whatever holds over several rows (no gap, no overlap, no row that is never used) is checked by the
    function `validate(rows)` of the module of the same name in `analysis_lib.rules`.

    Parameters
    ----------
    path
        The CSV file, UTF-8, its first line the names of the columns.
    contract
        Columns with their types; a column with the check `not_null` may not be empty.

    Raises
    ------
    RuleError
        It names file, line and column, what was found there and what is allowed.
    """
    name = contract.model.removeprefix("rule_")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleError(f"{path.name} is not UTF-8 text.", "Save it as CSV UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[RuleRow] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _header(header, contract, path.name)
        for cells in reader:
            where = f"{path.name}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise RuleError(f"{where}: {len(cells)} cells where the header has {len(header)}.")
            values = {
                column: _value(cell, contract.columns[column], where)
                for column, cell in zip(header, cells, strict=True)
            }
            rows.append(RuleRow(reader.line_num, values))
    except csv.Error as error:
        raise RuleError(f"{path.name}, line {reader.line_num}: {error}.") from error
    if not rows:
        raise RuleError(f"{path.name} has no rules.")
    importlib.import_module(f"analysis_lib.rules.{name}").validate(rows)
    return rows
