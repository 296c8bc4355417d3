"""The SQL models: reading them, ordering them by what they select from, and which can be built.

A model is one `.sql` file with its contract, the `.yml` beside it. There is no templating: a model's
inputs are the tables that its SQL names, its parameters the `@names` that it writes.
"""

from __future__ import annotations

import graphlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from analysis_lib.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp

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
class Contract:
    """What the `.yml` beside a model promises."""

    model: str
    description: str
    grain: tuple[str, ...]
    grain_description: str
    columns: Mapping[str, Column]
    checks: tuple[Mapping[str, Any], ...] = ()
    optional_inputs: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()

    @property
    def schema(self) -> dict[str, str]:
        """Column name to GoogleSQL type."""
        return {name: column.type for name, column in self.columns.items()}


@dataclass(frozen=True)
class Model:
    """A model: its SQL and its contract."""

    name: str
    path: Path
    sql: str
    contract: Contract

    @cached_property
    def tree(self) -> exp.Expression:
        """The parsed GoogleSQL."""
        from analysis_lib.warehouse import dialect

        return dialect.parse(self.sql)

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The tables that the SQL selects from."""
        from analysis_lib.warehouse import dialect

        return frozenset(dialect.tables(self.tree))

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The run parameters that the SQL uses."""
        from analysis_lib.warehouse import dialect

        return frozenset(dialect.parameters(self.tree))

    @property
    def layer(self) -> str:
        """`stg`, `int`, `fct`, `dim` or `dq`."""
        return self.name.split("_", 1)[0]


@dataclass
class Project:
    """All models of a shop's source, in the order in which they can be built."""

    models: dict[str, Model]
    raw_schemas: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

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


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; ModelError names the file and line when it cannot be read."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ModelError(f"{path.name} is not valid YAML: {error}.") from error
    if not isinstance(document, dict):
        raise ModelError(f"{path.name} holds no names and values.")
    return document


def read_contract(path: Path) -> Contract:
    """Read the `.yml` beside a model; a staging model names the shared contract it fulfils.

    Raises
    ------
    ModelError
        When the file is missing, is not valid YAML or lacks a part.
    """
    if not path.is_file():
        raise ModelError(f"The model {path.stem} has no {path.name} beside its SQL.", "Write its contract.")
    own = read_yaml(path)
    shared = (
        read_yaml(PACKAGE / "sources" / "contract" / f"{own['contract']}.yml") if "contract" in own else {}
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
        )
    except KeyError as error:
        raise ModelError(f"{path.name} lacks {error}.") from error


def read_project(source: str) -> Project:
    """All models for a shop of that source: its staging models and the shared ones.

    Raises
    ------
    ModelError
        For an unknown source, a model without a contract, two models of one name.
    """
    folder = PACKAGE / "sources" / source
    if not (folder / "source.yml").is_file():
        known = [path.parent.name for path in (PACKAGE / "sources").glob("*/source.yml")]
        raise ModelError(f"There is no source {source}.", did_you_mean(source, known))
    models: dict[str, Model] = {}
    for path in [*sorted(folder.glob("stg_*.sql")), *sorted((PACKAGE / "sql").rglob("*.sql"))]:
        if path.stem in models:
            raise ModelError(f"Two models are named {path.stem}: {models[path.stem].path} and {path}.")
        models[path.stem] = Model(
            name=path.stem,
            path=path,
            sql=path.read_text(encoding="utf-8"),
            contract=read_contract(path.with_suffix(".yml")),
        )
    return Project(models=models, raw_schemas=raw_schemas(source))


def raw_schemas(source: str) -> dict[str, dict[str, str]]:
    """GoogleSQL types of the raw tables that a source may load, from its `source.yml`."""
    document = read_yaml(PACKAGE / "sources" / source / "source.yml")
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
