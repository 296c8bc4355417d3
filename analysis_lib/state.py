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

    `noted` are the tables that `meta_models` has a row of, whether they are still there or not.
    """

    models: dict[str, tuple[str, dict[str, Any], int]]
    raw: dict[str, str]
    parameters: dict[str, str]
    noted: set[str] = field(default_factory=set)


def read_state(warehouse: Warehouse) -> State:
    """Read what was built and loaded; three queries on tables of a few rows."""
    tables = warehouse.tables()
    models: dict[str, tuple[str, dict[str, Any], int]] = {}
    noted: set[str] = set()
    if "meta_models" in tables:
        rows = warehouse.rows("select model, fingerprint, parts, rows from meta_models")
        models = {name: (fingerprint, json.loads(parts), n) for name, fingerprint, parts, n in rows}
        noted = set(models)
        # A table that was dropped by hand is not there, whatever the metadata says.
        models = {name: entry for name, entry in models.items() if name in tables}
    raw = _loaded(warehouse, tables)
    parameters: dict[str, str] = {}
    if "run_parameters" in tables:
        parameters = dict(warehouse.rows("select name, value from run_parameters"))
    return State(models=models, raw=raw, parameters=parameters, noted=noted)


def _loaded(warehouse: Warehouse, tables: set[str]) -> dict[str, str]:
    """Fingerprints of the tables that are read and not built: those that were loaded, or that are links."""
    ledger = "load_ledger" if "load_ledger" in tables else LINKED_LEDGER
    if ledger not in tables:
        return {}
    raw: dict[str, str] = {}
    query = f"select table_name, content_sha256, rows_kept from {ledger} order by 1, 2"
    for table, sha, kept in warehouse.rows(query):
        raw[f"raw_{table}"] = digest(raw.get(f"raw_{table}", ""), sha, str(kept))
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
