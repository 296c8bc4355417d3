"""What the columns of downloads mean: from columns.yml, else the metric of that name, else the contracts.

A meaning is written once. A column that is a metric or a mart's column needs no entry; columns.yml holds
those that a page makes, and those whose name means different things in different marts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from analysis_lib.contracts import PACKAGE, Contract, read_contract, read_yaml
from analysis_lib.errors import ModelError, did_you_mean
from analysis_lib.reporting.metrics import registry

ENTRIES = Path(__file__).parent / "columns.yml"
_UNITS = {
    "currency": "money in the shop's currency",
    "share": "share (0 to 1)",
    "count": "count",
}


@dataclass(frozen=True)
class Meaning:
    """What a column holds, and in which unit; both are empty where nobody has written it down."""

    text: str
    unit: str = ""


def meaning(page: str, file: str, column: str) -> Meaning:
    """What a column of a download means.

    Parameters
    ----------
    page
        The id of the page that offers the file.
    file
        Its name without ending.
    column
        The column.

    Raises
    ------
    ModelError
        An entry of columns.yml leads to a column that no contract has.

    Examples
    --------
    >>> meaning("products", "top-products", "viewers")
    Meaning(text='distinct visitors who viewed the product', unit='count')
    >>> meaning("products", "top-products", "no_such_column")
    Meaning(text='', unit='')
    """
    for entry in _entries(f"{page}/{file}", column):
        return _written(entry, column)
    found = registry().get(column)
    if found is not None:
        return Meaning(f"{found.definition} {found.formula}.", _unit(found.unit))
    promised = _contracts_of(column)
    return promised[0] if len(promised) == 1 else Meaning("")


def _entries(address: str, column: str) -> Iterator[Any]:
    """The entries for a column, the most particular first."""
    document = _document()
    for pattern, file in document["files"].items():
        if not fnmatchcase(address, pattern):
            continue
        if column in file.get("columns", {}):
            yield file["columns"][column]
        elif "model" in file and column in _contract(file["model"]).columns:
            yield {"as": f"{file['model']}.{column}"}
    if column in document["columns"]:
        yield document["columns"][column]


@functools.cache
def _document() -> Mapping[str, Any]:
    return read_yaml(ENTRIES)


def _written(entry: Any, column: str) -> Meaning:
    """An entry is a text, `{text, unit}`, or `{as: model}` or `{as: model.column}`, whose contract has it."""
    if isinstance(entry, str):
        return Meaning(entry)
    if set(entry) - {"text", "unit", "as"}:
        raise ModelError(f"columns.yml, {column}: only text, unit and as are known; quote texts.")
    if "as" not in entry:
        return Meaning(entry["text"], _unit(entry.get("unit", "")))
    model, _, other = str(entry["as"]).partition(".")
    promised = _contract(model).columns.get(other or column)
    if promised is None:
        raise ModelError(f"columns.yml says that {column} is as {entry['as']}, which no contract has.")
    return Meaning(promised.description, _unit(promised.unit))


def _contracts_of(column: str) -> list[Meaning]:
    """The different meanings that the contracts give a column of this name."""
    found = [contract.columns[column] for contract in _contracts().values() if column in contract.columns]
    return list(dict.fromkeys(Meaning(one.description, _unit(one.unit)) for one in found))


def _contract(model: str) -> Contract:
    found = _contracts().get(model)
    if found is None:
        raise ModelError(f"columns.yml names the model {model}.", did_you_mean(model, _contracts()))
    return found


@functools.cache
def _contracts() -> Mapping[str, Contract]:
    files = sorted((PACKAGE / "sql").rglob("*.yml"))
    return {contract.model: contract for contract in map(read_contract, files)}


def _unit(name: str) -> str:
    return _UNITS.get(name, name)
