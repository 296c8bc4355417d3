"""The SQL models: reading them, ordering them by what they select from, and which can be built.

A model is one `.sql` file with its contract, the `.yml` beside it. There is no templating: a model's
inputs are the tables that its SQL names, its parameters the `@names` that it writes. Models that Python
computes and rule tables (see `computed.py`) are ordered, fingerprinted and checked like the others.
"""

from __future__ import annotations

import graphlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from analysis_lib.contracts import PACKAGE, Column, Contract, read_contract, read_yaml
from analysis_lib.errors import ModelError, did_you_mean
from analysis_lib.sources.place import DEFINITION, source_folder
from analysis_lib.warehouse.translations import facts, parsed

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["PACKAGE", "Column", "Contract", "Model", "Project", "digest", "read_project", "read_yaml"]


@dataclass(frozen=True)
class Model:
    """A model: its SQL and its contract. `sql` is whatever text its table depends on."""

    name: str
    path: Path
    sql: str
    contract: Contract

    made_of: ClassVar[str] = "SQL"

    @cached_property
    def tree(self) -> exp.Expression:
        """The parsed GoogleSQL."""
        return parsed(self.sql)

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The tables that the SQL selects from."""
        return facts(self.sql).tables

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The run parameters that the SQL uses."""
        return facts(self.sql).parameters

    @property
    def layer(self) -> str:
        """`stg`, `int`, `fct`, `dim`, `dq` or `rule`."""
        return self.name.split("_", 1)[0]

    def verify(self) -> None:
        """Raise a ShopbookError when it cannot be computed whatever the data; nothing to see in SQL here."""


@dataclass
class Project:
    """All models of a shop's source, in the order in which they can be built."""

    models: dict[str, Model]
    raw_schemas: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # The tables whose newest day is the default of as_of, with the column that says it.
    dated: Mapping[str, str] = field(
        default_factory=lambda: {"stg_events": "event_time", "stg_orders": "created_at"}
    )

    def get(self, name: str) -> Model:
        """The model of that name, or ModelError with the nearest one."""
        if name not in self.models:
            raise ModelError(f"There is no model {name}.", did_you_mean(name, self.models))
        return self.models[name]

    def ordered(self) -> list[Model]:
        """Every model after its inputs; ModelError names the members of a cycle."""
        graph = {name: sorted(model.inputs & self.models.keys()) for name, model in self.models.items()}
        try:
            return [self.models[name] for name in graphlib.TopologicalSorter(graph).static_order()]
        except graphlib.CycleError as error:
            raise ModelError(
                f"The models select from each other in a circle: {' → '.join(error.args[1])}.",
                "Break the circle in one of their SQL files.",
            ) from error

    def staging(self) -> list[Model]:
        """The staging models and what they are made of, every model after its inputs."""
        wanted = {name for name, model in self.models.items() if model.layer == "stg"}
        wanted |= {parent for name in wanted for parent in self.ancestors(name)}
        return [model for model in self.ordered() if model.name in wanted]

    def ancestors(self, name: str) -> set[str]:
        """The models that a model needs, at any distance, itself not included."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for parent in self.models[waiting.pop()].inputs & self.models.keys() - found:
                found.add(parent)
                waiting.append(parent)
        return found

    def descendants(self, name: str) -> set[str]:
        """The models that need a model, at any distance, itself not included."""
        return {other for other in self.models if name in self.ancestors(other)}

    def select(self, selectors: Iterable[str]) -> set[str]:
        """The models that `name`, `+name` (with what it needs) and `name+` (with what needs it) stand for."""
        chosen: set[str] = set()
        for selector in selectors:
            name = self.get(selector.strip("+")).name
            chosen.add(name)
            if selector.startswith("+"):
                chosen |= self.ancestors(name)
            if selector.endswith("+"):
                chosen |= self.descendants(name)
        return chosen or set(self.models)

    def missing_inputs(self, present: set[str]) -> dict[str, tuple[str, ...]]:
        """What each model lacks, when only the raw tables in `present` were loaded; empty: available."""
        missing: dict[str, tuple[str, ...]] = {}
        for model in self.ordered():
            lacks: set[str] = set()
            for name in (model.inputs | model.contract.requires) - model.contract.optional_inputs:
                if name in self.models:
                    lacks |= set(missing[name])
                elif name not in present:
                    lacks.add(name)
            missing[model.name] = tuple(sorted(lacks))
        return missing

    def schema(self, table: str) -> Mapping[str, str]:
        """Column types of a model or raw table."""
        if table in self.models:
            return self.models[table].contract.schema
        if table in self.raw_schemas:
            return self.raw_schemas[table]
        raise ModelError(
            f"There is no table {table}.", did_you_mean(table, [*self.models, *self.raw_schemas])
        )


def digest(*parts: str) -> str:
    """A short fingerprint of texts, their order kept."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def read_project(source: str, rules: Path | None = None, own_sources: Path | None = None) -> Project:
    """All models for a shop of that source: its staging models, the shared ones and the rule tables.

    Parameters
    ----------
    source
        The name of the folder in `sources/`.
    rules
        A folder of the project's own rule tables, which win over the package's of the same name.
    own_sources
        The project's folder of sources.

    Raises
    ------
    MissingInputError
        For an unknown source.
    ModelError
        For a model without a contract, two models of one name.
    """
    from analysis_lib.computed import PythonModel, rule_tables

    folder = source_folder(source, own_sources)
    models: dict[str, Model] = {}

    def add(model: Model) -> None:
        if model.name in models:
            raise ModelError(
                f"Two models are named {model.name}: {models[model.name].path} and {model.path}."
            )
        models[model.name] = model

    shared = PACKAGE / "sql"
    staging = [*sorted(folder.glob("stg_*.sql")), *_shares(folder)]
    for path in [*staging, *sorted(shared.rglob("*.sql"))]:
        contract = read_contract(path.with_suffix(".yml"))
        add(Model(path.stem, path, path.read_text(encoding="utf-8"), contract))
    for path in [*sorted(folder.glob("stg_*.yml")), *sorted(shared.rglob("*.yml"))]:
        if not path.with_suffix(".sql").exists():
            add(PythonModel.read(path))
    for table in rule_tables(rules):
        add(table)
    schemas = raw_schemas(folder)
    # What the source does not provide has the contract's columns all the same: some models can do without.
    for path in sorted((PACKAGE / "sources" / "contract").glob("stg_*.yml")):
        if path.stem not in models:
            schemas[path.stem] = {name: column["type"] for name, column in read_yaml(path)["columns"].items()}
    return Project(models=models, raw_schemas=schemas)


def _shares(folder: Path) -> list[Path]:
    """The staging models of `sources/shared/` that a source takes as they are."""
    shared = PACKAGE / "sources" / "shared"
    known = sorted(path.stem for path in shared.glob("stg_*.sql"))
    names = read_yaml(folder / DEFINITION).get("shares", [])
    if not isinstance(names, list):
        raise ModelError(f"In {folder.name}/{DEFINITION}, shares must be a list of models.")
    for name in names:
        if name not in known:
            raise ModelError(
                f"In {folder.name}/{DEFINITION}, there is no shared model {name}.",
                did_you_mean(str(name), known),
            )
    return [shared / f"{name}.sql" for name in names]


def raw_schemas(folder: Path) -> dict[str, dict[str, str]]:
    """GoogleSQL types of the raw tables that the source in a folder may load, from its `source.yml`."""
    document = read_yaml(folder / DEFINITION)
    added = {"load_file_id": "INT64", "load_row_number": "INT64", "is_duplicate": "BOOL"}
    schemas = {
        f"raw_{table}": {name: column["type"] for name, column in entry["columns"].items()} | added
        for table, entry in document["tables"].items()
    }
    schemas["load_counts"] = {
        "table_name": "STRING",
        "rows_read": "INT64",
        "rows_staged": "INT64",
        "rows_rejected": "INT64",
        "duplicates_dropped": "INT64",
    }
    return schemas
