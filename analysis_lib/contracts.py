"""The contracts: what the `.yml` beside a model promises about its grain, columns and checks."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import ModelError

PACKAGE = Path(__file__).parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Column:
    """One column of a model's contract: GoogleSQL type, meaning, unit, checks."""

    name: str
    type: str
    description: str
    unit: str = ""
    checks: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How an engine that stores tables in partitions lays one out; DuckDB needs none.

    `partition_by` is a DATE column or `date(column)` of a TIMESTAMP, by days or by months:
    `date_trunc(column, month)`; `cluster_by` are at most four columns, those that queries restrict first.
    """

    partition_by: str = ""
    cluster_by: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The clauses between `create table` and `as`.

        Examples
        --------
        >>> Layout("calendar_date", ("channel",)).sql
        'partition by calendar_date cluster by channel '
        """
        partition = f"partition by {self.partition_by} " if self.partition_by else ""
        return partition + (f"cluster by {', '.join(self.cluster_by)} " if self.cluster_by else "")


@dataclass(frozen=True)
class Incremental:
    """Of which rows of an input a row of the model depends; see `increments.py`.

    `by` is a column of the model, `row` the key of a row in both (empty: the source is incremental by the
    same column itself), `together` an expression of the source, `columns` what the model reads of it.
    """

    source: str
    by: str
    row: str = ""
    together: str = ""
    columns: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Contract:
    """What the `.yml` beside a model promises.

    A model that is computed by Python has no SQL to show what it reads, so its contract names the function
    (`python`, as `module:function`), its `inputs` and the run `parameters` that it uses, and `packages` whose
    versions change what comes out.
    """

    model: str
    description: str
    grain: tuple[str, ...]
    grain_description: str
    columns: Mapping[str, Column]
    checks: tuple[Mapping[str, Any], ...] = ()
    optional_inputs: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()
    python: str = ""
    inputs: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    is_view: bool = False
    layout: Layout = Layout()
    packages: tuple[str, ...] = ()
    incremental: Incremental | None = None
    row_by_row: str = ""

    @property
    def schema(self) -> dict[str, str]:
        """Column name to GoogleSQL type."""
        return {name: column.type for name, column in self.columns.items()}


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; ModelError names the file and line when it cannot be read."""
    return copy.deepcopy(_document(path))


def _document(path: Path) -> dict[str, Any]:
    """The same, which nobody may change."""
    try:
        document = _parsed(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ModelError(f"{path.name} is not valid YAML: {error}.") from error
    if not isinstance(document, dict):
        raise ModelError(f"{path.name} holds no names and values.")
    return document


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """By the text, so that a file that was edited is read again; a project is opened many times a process."""
    return yaml.load(text, Loader=_Loader)


def read_contract(path: Path) -> Contract:
    """Read the `.yml` beside a model; a staging model names the shared contract it fulfils.

    Raises
    ------
    ModelError
        When the file is missing, is not valid YAML or lacks a part.
    """
    if not path.is_file():
        raise ModelError(f"The model {path.stem} has no {path.name} beside its SQL.", "Write its contract.")
    own = _document(path)
    shared = (
        _document(PACKAGE / "sources" / "contract" / f"{own['contract']}.yml") if "contract" in own else {}
    )
    document = shared | own
    try:
        columns = {
            name: Column(
                name=name,
                type=entry["type"],
                description=entry["description"],
                unit=entry.get("unit", ""),
                checks=tuple(entry.get("checks", ())),
            )
            for name, entry in document["columns"].items()
        }
        return Contract(
            model=document["model"],
            description=" ".join(document["description"].split()),
            grain=tuple(document["grain"]),
            grain_description=document["grain_description"],
            columns=columns,
            checks=tuple(document.get("checks", ())),
            optional_inputs=frozenset(document.get("optional_inputs", ())),
            requires=frozenset(document.get("requires", ())),
            python=document.get("python", ""),
            inputs=frozenset(document.get("inputs", ())),
            parameters=frozenset(document.get("parameters", ())),
            packages=tuple(document.get("packages", ())),
            is_view=document.get("materialized", "table") == "view",
            layout=_layout(path, document, columns),
            incremental=_incremental(path, document, columns),
            row_by_row=document.get("row_by_row", ""),
        )
    except KeyError as error:
        raise ModelError(f"{path.name} lacks {error}.") from error


def _incremental(
    path: Path, document: Mapping[str, Any], columns: Mapping[str, Column]
) -> Incremental | None:
    """The key `incremental`, which must name columns of the table."""
    if "incremental" not in document:
        return None
    given = dict(document["incremental"])
    given["columns"] = tuple(given.get("columns", ("*",)))
    known = {"source", "by", "row", "together", "columns"}
    wrong = [name for name in given if name not in known]
    wrong += [given.get(name, "") for name in ("by", "row") if name in given and given[name] not in columns]
    if (
        wrong
        or not given.get("source")
        or not given.get("by")
        or bool(given.get("row")) != ("together" in given)
    ):
        raise ModelError(
            f"{path.name}: incremental cannot be read{f', because of {wrong[0]!r}' if wrong else ''}.",
            "It says source and by, and for rows of a staging table row, together and columns.",
        )
    return Incremental(**given)


_PARTITION = re.compile(r"(\w+)|date\((\w+)\)|date_trunc\((\w+), (?:month|year)\)")
_PARTITIONED = {0: "DATE", 1: "TIMESTAMP", 2: "DATE"}
_MOST_CLUSTERED = 4


def _layout(path: Path, document: Mapping[str, Any], columns: Mapping[str, Column]) -> Layout:
    """The keys `partition_by` and `cluster_by`, which must name columns of the table."""
    layout = Layout(document.get("partition_by", ""), tuple(document.get("cluster_by", ())))
    if layout.partition_by:
        found = _PARTITION.fullmatch(layout.partition_by)
        kind = next((i for i, name in enumerate(found.groups()) if name), 0) if found else 0
        name = found[kind + 1] if found else ""
        if name not in columns or columns[name].type != _PARTITIONED[kind]:
            raise ModelError(
                f"{path.name}: the table cannot be partitioned by {layout.partition_by!r}.",
                "Name a DATE column, date(TIMESTAMP column) or date_trunc(DATE column, month).",
            )
    unknown = [name for name in layout.cluster_by if name not in columns]
    if unknown or len(layout.cluster_by) > _MOST_CLUSTERED:
        wrong = f"there is no column {unknown[0]}" if unknown else f"at most {_MOST_CLUSTERED} columns"
        raise ModelError(f"{path.name}: the table cannot be clustered by {layout.cluster_by}: {wrong}.")
    if layout.sql and document.get("materialized", "table") == "view":
        raise ModelError(f"{path.name}: a view is neither partitioned nor clustered.")
    return layout
