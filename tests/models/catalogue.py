"""What the tests of the models share: the models of a source, their headers, what their SQL selects from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp

from analysis_lib.models import PACKAGE, Model, Project, read_project
from analysis_lib.parameters import PARAMETERS

SOURCES = sorted(path.parent.name for path in (PACKAGE / "sources").glob("*/source.yml"))
CONTRACTS = sorted((PACKAGE / "sources" / "contract").glob("stg_*.yml"))
TYPES = {"date": "DATE", "int": "INT64", "float": "FLOAT64", "str": "STRING"}
# service_level_z is worked out from service_level: GoogleSQL has no inverse normal distribution.
PARAMETER_TYPES = {name: TYPES[parameter.kind.__name__] for name, parameter in PARAMETERS.items()} | {
    "service_level_z": "FLOAT64"
}


@dataclass(frozen=True)
class Header:
    """The comment at the top of a model."""

    purpose: str
    grain: str
    inputs: frozenset[str]
    optional: frozenset[str]


@cache
def project(source: str) -> Project:
    """All models of a source, read once."""
    return read_project(source)


def source_of(model: Model) -> str:
    """A source that has the model: of a shared staging model the first that takes it, else theLook."""
    folder = model.path.parent.name
    if folder == "shared":
        return next(
            source for source in SOURCES if model.path in {m.path for m in project(source).models.values()}
        )
    return folder if folder in SOURCES else "thelook"


def all_models() -> list[tuple[str, Model]]:
    """Every model once, as (its id, model); staging models of each source carry the source's name."""
    found: dict[Path, tuple[str, Model]] = {}
    for source in SOURCES:
        for model in project(source).models.values():
            name = f"{model.path.parent.name}/{model.name}" if model.layer == "stg" else model.name
            found.setdefault(model.path, (name, model))
    return list(found.values())


def sql_models() -> list[tuple[str, Model]]:
    """Those of them that are SQL: not rule tables, not what Python computes."""
    return [(name, model) for name, model in all_models() if model.path.suffix == ".sql"]


def sql_files() -> list[Path]:
    """Every .sql file of the package that is a model."""
    return [*(PACKAGE / "sources").glob("*/*.sql"), *(PACKAGE / "sql").rglob("*.sql")]


def header(sql: str) -> Header:
    """Read the header comment; AssertionError when a part is missing."""
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    found = re.fullmatch(r"purpose: (.+\.) grain: (.+\.) inputs: (.+)\.", " ".join(lines))
    assert found, "a model starts with a comment of three sentences: purpose, grain, inputs"
    purpose, grain, inputs = found.groups()
    entries = [entry.strip() for entry in re.split(r",(?![^(]*\))", inputs)]
    names = {entry.split(" ")[0]: "(optional" in entry for entry in entries}
    return Header(
        purpose=purpose,
        grain=grain,
        inputs=frozenset(names),
        optional=frozenset(name for name, is_optional in names.items() if is_optional),
    )


def selected_tables(sql: str) -> set[str]:
    """The tables that a query names, its own CTEs left out, by sqlglot's BigQuery parser alone."""
    tree = sqlglot.parse_one(sql, read="bigquery")
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table) if table.name} - ctes


def loaded_tables(name: str, source: str = "thelook") -> tuple[set[str], set[str]]:
    """The raw tables of a source without which a model is not available, and those that only enrich it."""
    models = project(source)
    every = {table for table in models.raw_schemas if table.startswith("raw_")}
    present = set(models.raw_schemas)
    needed = {table for table in every if models.missing_inputs(present - {table})[name]}
    inputs = set[str]().union(*(models.get(model).inputs for model in {name, *models.ancestors(name)}))
    return needed, inputs & every - needed
