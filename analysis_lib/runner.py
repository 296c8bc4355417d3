"""Runs the models: only those that are stale, saying why, and swaps the results in together.

A model is stale when its SQL, a parameter that it uses, an input or the translation to the engine
changed since its table was built. Tables are built under a name of their own and take the place of
the old ones in one transaction when all of them succeeded: a failed run leaves the warehouse as it was.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from analysis_lib.building import Build
from analysis_lib.contracts import Contract
from analysis_lib.errors import DateRangeError, MissingInputError, ModelError
from analysis_lib.increments import basis, staged_rows
from analysis_lib.models import Model, Project, digest
from analysis_lib.outcome import BuildSummary, Built
from analysis_lib.parameters import Parameters
from analysis_lib.state import META_MODELS, RUN_PARAMETERS, engine_fingerprint, read_state
from analysis_lib.warehouse.base import NEXT_SUFFIX, Warehouse

if TYPE_CHECKING:
    from analysis_lib.progress import ProgressCallback


class Runner:
    """Builds the models of one shop.

    Parameters
    ----------
    warehouse
        The shop's warehouse, open for writing (read-only is enough for :meth:`stale`).
    project
        The models of the shop's source.
    parameters
        The run's parameters; `as_of` may be left open.
    """

    def __init__(self, warehouse: Warehouse, project: Project, parameters: Parameters) -> None:
        self.warehouse = warehouse
        self.project = project
        self.parameters = parameters
        self.state = read_state(warehouse)
        self.missing = project.missing_inputs(set(self.state.raw))
        self.fingerprints: dict[str, str] = {}
        self.parts: dict[str, dict[str, Any]] = {}
        self._supplied: set[str] = set()
        self.is_full = False

    # -- fingerprints -------------------------------------------------------------------------

    def _input_fingerprint(self, name: str) -> str:
        if name in self.project.models:
            return self.fingerprints.get(name, "empty")
        return self.state.raw.get(name, "empty")

    def _fingerprint(self, model: Model) -> None:
        values = self.parameters.as_query_parameters()
        unknown = sorted(model.parameters - values.keys())
        if unknown:
            raise ModelError(
                f"The model {model.name} uses the parameter @{unknown[0]}, which does not exist."
            )
        parts: dict[str, Any] = {
            "SQL": digest(model.sql, _kind(model.contract)),
            "engine": engine_fingerprint(),
            "parameters": {name: str(values[name]) for name in sorted(model.parameters)},
            "inputs": {name: self._input_fingerprint(name) for name in sorted(model.inputs)},
        }
        self.parts[model.name] = parts
        self.fingerprints[model.name] = digest(json.dumps(parts, sort_keys=True))
        if rows := basis(self, model):  # kept beside, and no reason to build
            self.parts[model.name] = parts | {"rows": rows}

    def _reason(self, model: Model) -> str:
        """Why a model must be built; empty when its table is up to date."""
        if model.name not in self.state.models:
            return "not built yet"
        fingerprint, old, _ = self.state.models[model.name]
        if fingerprint == self.fingerprints[model.name]:
            return "everything was asked for" if self.is_full else ""
        new = self.parts[model.name]
        reasons = []
        if old["SQL"] != new["SQL"]:
            reasons.append(f"its {model.made_of} changed")
        if old["engine"] != new["engine"]:
            reasons.append("the engine or its dialect layer changed")
        for name, value in new["parameters"].items():
            before = old["parameters"].get(name)
            if before is not None and before != value:
                reasons.append(f"{name} {before} → {value}")
        changed = [name for name, value in new["inputs"].items() if old["inputs"].get(name) != value]
        if changed and not reasons:
            reasons.append(f"{', '.join(changed)} changed")
        return "; ".join(reasons) or "its inputs or parameters were renamed"

    # -- as_of --------------------------------------------------------------------------------

    def _date_range(self, suffixes: Mapping[str, str]) -> tuple[dt.date, dt.date]:
        dated = self.project.dated
        basis = digest(self.parameters.timezone, *(self._input_fingerprint(name) for name in sorted(dated)))
        if self.state.parameters.get("data_range_basis") == basis:
            first, last = self.state.parameters["data_range"].split("/")
            return dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        selects = [
            f"select min({column}) as first_at, max({column}) as last_at from {name}{suffixes.get(name, '')}"
            for name, column in dated.items()
            if name in suffixes or name in self.state.models or name in self.state.raw
        ]
        waiting = [name for name in dated if name in self.project.models and not self.missing[name]]
        if not selects and waiting:
            raise ModelError(
                f"The newest day of the data is not known, because {waiting[0]} is not built.",
                f"Build it first: shopbook build --select {waiting[0]}",
            )
        if not selects:
            raise MissingInputError(
                "The shop has neither events nor orders, so there is nothing to report.",
                "Load at least one of the two.",
            )
        [(first, last)] = self.warehouse.rows(
            "select date(min(first_at), @timezone), date(max(last_at), @timezone) "
            f"from ({' union all '.join(selects)})",
            {"timezone": self.parameters.timezone},
        )
        if last is None:
            raise MissingInputError(
                "The shop's events and orders have no rows, so there is nothing to report."
            )
        self.state.parameters |= {
            "data_range_basis": basis,
            "data_range": f"{first.isoformat()}/{last.isoformat()}",
        }
        return first, last

    def _resolve_as_of(self, suffixes: Mapping[str, str]) -> None:
        first, last = self._date_range(suffixes)
        as_of = self.parameters.as_of or last
        if not first <= as_of <= last:
            raise DateRangeError(
                f"The parameter as_of is {as_of.isoformat()}, but the data runs from {first.isoformat()} "
                f"to {last.isoformat()}.",
                "Take a day in that range, or leave as_of out for the newest day.",
            )
        self.parameters = self.parameters.with_as_of(as_of)

    # -- building -----------------------------------------------------------------------------

    def _verify(self) -> None:
        """Rules that contradict themselves are an error before any work starts."""
        for model in self.project.models.values():
            model.verify()

    def _is_available(self, model: Model) -> bool:
        return not self.missing[model.name]

    def stale(self) -> dict[str, str]:
        """Model to the reason why it must be built; nothing is changed. Empty: all is up to date."""
        reasons: dict[str, str] = {}
        self._verify()
        ordered = self.project.ordered()
        staging = self.project.staging()
        rest = [model for model in ordered if model not in staging]
        for model in staging:
            self._check(model, reasons)
        if reasons:
            # The newest day is known only when staging is built; everything after it is stale anyhow.
            return reasons | {model.name: "its inputs changed" for model in rest if self._is_available(model)}
        self._resolve_as_of({})
        for model in rest:
            self._check(model, reasons)
        return reasons

    def _check(self, model: Model, reasons: dict[str, str]) -> None:
        if self._is_available(model):
            self._fingerprint(model)
            if reason := self._reason(model):
                reasons[model.name] = reason

    def build(
        self,
        selectors: Iterable[str] = (),
        progress: ProgressCallback | None = None,
        full: bool = False,
    ) -> BuildSummary:
        """Build the stale models among the selected ones and swap them in together.

        Of some only the rows that changed are made (`increments.py`); `full` makes all of every model.

        Raises
        ------
        ModelError
            When a model's SQL fails or a selected model is not available; it names the model.
        DateRangeError
            When `as_of` lies outside the data.
        """
        self._verify()
        self.is_full = full
        selectors = list(selectors)
        chosen = self.project.select(selectors)
        ordered = self.project.ordered()
        unavailable = [
            name.strip("+") for name in selectors if self.missing[self.project.get(name.strip("+")).name]
        ]
        if unavailable:
            lacks = ", ".join(self.missing[unavailable[0]])
            raise ModelError(f"The model {unavailable[0]} is not available: the shop has no {lacks}.")
        self._take_turn(chosen)
        job = Build(self, chosen, len(ordered), progress)
        # Staging first: the newest day in it is the default of as_of, on which the rest depends.
        staging = self.project.staging()
        job.run(staging)
        self._resolve_as_of(job.suffixes)
        job.run([model for model in ordered if model not in staging])
        results = [job.results[model.name] for model in ordered]
        self._swap(results)
        return BuildSummary(self.parameters, results, dict(self.fingerprints))

    def _take_turn(self, chosen: set[str]) -> None:
        """Nobody else writes from before anything is decided. Where nothing is to be done, none is taken."""
        if not self.warehouse.is_shared:
            return
        look = copy.copy(self)
        look.fingerprints, look.parts = {}, {}
        if look.stale().keys() & chosen:
            self.warehouse.take_turn()
            self.state = read_state(self.warehouse)  # another build may have ended meanwhile
            self.missing = self.project.missing_inputs(set(self.state.raw))

    def decide(self, model: Model, chosen: set[str]) -> Built | str:
        """What happens to a model without any work, or the reason why its table must be made."""
        if not self._is_available(model):
            return Built(model.name, "not available", f"no {', '.join(self.missing[model.name])}")
        self._fingerprint(model)
        reason = self._reason(model)
        if model.name not in chosen:
            if model.name not in self.state.models:
                return Built(model.name, "skipped", "not selected")
            self.fingerprints[model.name] = self.state.models[model.name][0]
            return Built(model.name, "reused", "not selected", self.state.models[model.name][2])
        if not reason:
            return Built(model.name, "reused", "unchanged", self.state.models[model.name][2])
        resumed = self.state.models.get(f"{model.name}{NEXT_SUFFIX}")
        if resumed and not self.is_full and resumed[0] == self.fingerprints[model.name]:
            return Built(model.name, "built", "kept from an interrupted run", resumed[2])
        return reason

    def supply_empty_inputs(self, model: Model, suffixes: Mapping[str, str]) -> None:
        """An optional input that the shop does not have is an empty table of the right columns."""
        lacking = set(model.inputs) - suffixes.keys() - self.state.raw.keys() - self._supplied
        present = self.warehouse.tables() if lacking else set()
        for name in sorted(lacking):
            if name in self.project.models and self._is_available(self.project.models[name]):
                if name not in present:
                    raise ModelError(
                        f"The model {model.name} needs {name}, which is not built.",
                        f"Select it with what it needs: --select +{model.name}",
                    )
                continue
            self.warehouse.create_empty_table(name, self.project.schema(name))
            self._supplied.add(name)

    def forget(self, key: str) -> None:
        """Take back the note on a table that is about to be made or dropped, where there is one."""
        if key in self.state.noted:
            self.warehouse.execute("delete from meta_models where model = ?", [key])
            self.state.noted.discard(key)

    def note(
        self, key: str, model: str, rows: int | None, seconds: float, cost: Mapping[str, int] | None = None
    ) -> None:
        """Remember a finished table, so that an interrupted run can go on where it stopped.

        What it cost is kept with what it was made from, where the warehouse bills.
        """
        self.state.noted.add(key)
        parts = self.parts[model] | ({"cost": dict(cost)} if cost else {})
        if "rows" in parts and not self.warehouse.is_billed:
            parts["staged"] = staged_rows(self.warehouse, parts["rows"])
        self.warehouse.append(
            "meta_models",
            META_MODELS,
            [
                (
                    key,
                    self.fingerprints[model],
                    json.dumps(parts, sort_keys=True),
                    rows,
                    round(seconds, 3),
                    dt.datetime.now(dt.UTC),
                )
            ],
        )

    def _swap(self, results: list[Built]) -> None:
        built = [result.model for result in results if result.action == "built"]
        self.warehouse.append("meta_models", META_MODELS, [])
        self.warehouse.append("run_parameters", RUN_PARAMETERS, [])
        # Few statements, whatever the number of models: on BigQuery each takes a second.
        statements: list[tuple[str, list[Any]]] = []
        if built:
            places = ", ".join("?" for _ in built)
            following = [name + NEXT_SUFFIX for name in built]
            renamed = f"update meta_models set model = replace(model, '{NEXT_SUFFIX}', '')"
            statements = [
                (f"delete from meta_models where model in ({places})", built),
                (f"{renamed} where model in ({places})", following),
            ]
        statements.append(("delete from run_parameters where true", []))
        recorded = {
            key: value for key, value in self.state.parameters.items() if key.startswith("data_range")
        }
        recorded |= {name: str(value) for name, value in dataclasses.asdict(self.parameters).items()}
        pairs = ", ".join("(?, ?)" for _ in recorded)
        texts = [text for pair in recorded.items() for text in pair]
        statements.append((f"insert into run_parameters (name, value) values {pairs}", texts))
        if built or recorded != self.state.parameters:
            self.warehouse.swap(built, statements)
            self.state.noted -= {name + NEXT_SUFFIX for name in built}
        # Left by an earlier run of other parameters that was interrupted.
        leftovers = [name for name in self.warehouse.tables() if name.endswith(NEXT_SUFFIX)]
        for name in leftovers:
            self.forget(name)
        self.warehouse.drop(leftovers)


def _kind(contract: Contract) -> str:
    """What is made of the model's SQL: another layout is another table."""
    return "view" if contract.is_view else f"table {contract.layout.sql}".strip()
