"""What the warehouse holds: which models were built from what, and which files were loaded."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from analysis_lib.models import PACKAGE, digest
from analysis_lib.warehouse.base import Warehouse

META_MODELS = {
    "model": "STRING",
    "fingerprint": "STRING",
    "parts": "STRING",
    "rows": "INT64",
    "seconds": "FLOAT64",
    "built_at": "TIMESTAMP",
}
RUN_PARAMETERS = {"name": "STRING", "value": "STRING"}
# In the schema of an edition (see editions/schema.py): what it holds, and views on what it is made from.
EDITION_ABOUT = "edition_about"
LINKED_LEDGER = "base_ledger"
LINKED_MODELS = "base_models"


@lru_cache(maxsize=1)
def engine_fingerprint() -> str:
    """What the translation depends on: a new sqlglot or a changed dialect layer rebuilds everything."""
    files = sorted((PACKAGE / "warehouse").glob("dialect*.py"))
    versions = [importlib.metadata.version(name) for name in ("sqlglot", "duckdb")]
    return digest(*versions, *(path.read_text(encoding="utf-8") for path in files))


@dataclass
class State:
    """What the warehouse holds: fingerprints of models and of loaded tables.

    `files` are the files of each loaded table, as digest and rows kept; `noted` are the tables that
    `meta_models` has a row of, whether they are still there or not.
    """

    models: dict[str, tuple[str, dict[str, Any], int]]
    raw: dict[str, str]
    parameters: dict[str, str]
    noted: set[str] = field(default_factory=set)
    files: dict[str, list[str]] = field(default_factory=dict)


# The same bytes read in another way (another definition, days before months) are other rows.
_LEDGER = (
    "select 'loaded', table_name, concat(content_sha256, ':', definition_sha256), coalesce(decisions, ''), "
    "rows_kept from"
)
# What there is to read of each metadata table: its kind, a name, two texts and a number.
_READ = {
    "meta_models": (
        "select 'model' as kind, model as name, fingerprint as first, parts as second, rows as number "
        "from meta_models"
    ),
    "run_parameters": "select 'parameter', name, value, '', 0 from run_parameters",
    "load_ledger": f"{_LEDGER} load_ledger",
    LINKED_LEDGER: f"{_LEDGER} {LINKED_LEDGER}",
}


def read_state(warehouse: Warehouse) -> State:
    """Read what was built and loaded: one query on tables of a few rows, all that no change costs."""
    tables = warehouse.tables()
    wanted = {name: select for name, select in _READ.items() if name in tables}
    if "load_ledger" in wanted:
        wanted.pop(LINKED_LEDGER, None)
    found: dict[str, list[tuple[Any, ...]]] = {"model": [], "parameter": [], "loaded": []}
    if wanted:
        for kind, *values in warehouse.rows(" union all ".join(wanted.values())):
            found[kind].append(tuple(values))
    models = {name: (fingerprint, json.loads(parts), n) for name, fingerprint, parts, n in found["model"]}
    return State(
        # A table that was dropped by hand is not there, whatever the metadata says.
        models={name: entry for name, entry in models.items() if name in tables},
        raw=_loaded(warehouse, tables, _files(found["loaded"])),
        parameters={name: value for name, value, _, _ in found["parameter"]},
        noted=set(models),
        files=_files(found["loaded"]),
    )


def _files(ledger: list[tuple[Any, ...]]) -> dict[str, list[str]]:
    """The files of each loaded table: digest of the content, how it was read, number of rows kept."""
    files: dict[str, list[str]] = {}
    for table, sha, decisions, kept in ledger:
        files.setdefault(f"raw_{table}", []).append(f"{sha}:{digest(decisions)}:{kept}")
    return {table: sorted(found) for table, found in sorted(files.items())}


def _loaded(warehouse: Warehouse, tables: set[str], files: dict[str, list[str]]) -> dict[str, str]:
    """Fingerprints of the tables that are read and not built: those that were loaded, or that are links."""
    if not tables & {"load_ledger", LINKED_LEDGER}:
        return {}
    raw = {table: digest(*found) for table, found in files.items()}
    if LINKED_MODELS not in tables:
        raw = {name: value for name, value in raw.items() if name in tables}
    counts = digest(*(f"{name}={value}" for name, value in sorted(raw.items())))
    if LINKED_MODELS in tables:
        raw = _linked(warehouse)
    return {**raw, "load_counts": counts}


def _linked(warehouse: Warehouse) -> dict[str, str]:
    """The models that an edition reads of the whole shop, as they are built there now."""
    about = dict(warehouse.rows(f"select name, value from {EDITION_ABOUT}"))
    built = dict(warehouse.rows(f"select model, fingerprint from {LINKED_MODELS}"))
    links = {name: name.removeprefix("whole_") for name in json.loads(about["links"])}
    found = {name: built[model] for name, model in links.items() if model in built}
    return {**found, "edition_value": digest(about["dimension"], about["value"])}
