"""The contracts in the `.yml` files, as queries that return the rows which break them.

A check is a condition that every row must meet; a missing value breaks only `not_null` and expressions.
All checks of one model are counted by one query, several models at a time; where rows fail, a sample is read.
Severity `error` stops publishing, `warn` shows on the page.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.errors import CheckError, ModelError, ShopbookError
from analysis_lib.models import Model, Project, digest
from analysis_lib.parameters import Parameters
from analysis_lib.progress import ProgressCallback
from analysis_lib.schedule import run_graph
from analysis_lib.warehouse.base import Warehouse
from analysis_lib.warehouse.translations import facts

DQ_CHECKS = {
    "model": "STRING",
    "column_name": "STRING",
    "check_name": "STRING",
    "severity": "STRING",
    "brief": "STRING",
    "failing_rows": "INT64",
    "sample": "STRING",
    "status": "STRING",
    "fingerprint": "STRING",
}
SAMPLE_ROWS = 3
_SEVERITIES = {"error": "failed", "warn": "warned"}


@dataclass(frozen=True)
class Check:
    """One check of one model.

    `failing` is a GoogleSQL condition that is true for a row which breaks the check; for checks over
    several rows `failing_query` returns the offending groups instead.
    """

    model: str
    column: str
    name: str
    severity: str
    brief: str
    failing: str = ""
    failing_query: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a check went: `passed`, `warned` or `failed`, with a sample of the failing rows as JSON."""

    check: Check
    failing_rows: int
    sample: str

    @property
    def status(self) -> str:
        """`passed`, or what a failing row of that severity means."""
        return _SEVERITIES[self.check.severity] if self.failing_rows else "passed"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _column_check(model: Model, column: str, entry: Any) -> Check:
    """The check that one entry of a column's `checks` list stands for."""
    options: dict[str, Any] = dict(entry) if isinstance(entry, Mapping) else {entry: None}
    severity = options.pop("severity", "error")
    brief = options.pop("brief", "")
    if severity not in _SEVERITIES or len(options) != 1:
        raise ModelError(f"{model.path.stem}.yml: the check {entry!r} of {column} is not understood.")
    [(kind, value)] = options.items()
    name = model.name
    failing = query = ""
    if kind == "not_null":
        failing, text = f"{column} is null", f"{column} is never missing"
    elif kind == "unique":
        query = _repeated(name, [column], f"where {column} is not null ")
        text = f"{column} never repeats"
    elif kind == "accepted":
        failing = f"{column} not in ({', '.join(_literal(item) for item in value)})"
        text = f"{column} is one of {', '.join(map(str, value))}"
    elif kind == "min":
        failing, text = f"{column} < {_literal(value)}", f"{column} is at least {value}"
    elif kind == "max":
        failing, text = f"{column} > {_literal(value)}", f"{column} is at most {value}"
    elif kind == "between":
        failing = f"{column} < {_literal(value[0])} or {column} > {_literal(value[1])}"
        text = f"{column} lies between {value[0]} and {value[1]}"
    elif kind == "references":
        other, key = value.split(".")
        query = (
            f"select child.{column}, count(*) as failing_rows from {name} as child "
            f"left join (select distinct {key} from {other}) as parent on child.{column} = parent.{key} "
            f"where child.{column} is not null and parent.{key} is null group by child.{column}"
        )
        text = f"{column} is found in {value}"
    else:
        raise ModelError(
            f"{model.path.stem}.yml: there is no check {kind} (of {column}).",
            "There are: not_null, unique, accepted, min, max, between, references.",
        )
    return Check(name, column, kind, severity, brief or text, failing, query)


def _repeated(model: str, columns: Sequence[str], where: str = "") -> str:
    names = ", ".join(columns)
    return (
        f"select {names}, count(*) as failing_rows from {model} {where}group by {names} having count(*) > 1"
    )


def checks_of(model: Model, available: set[str]) -> list[Check]:
    """Every check of a model's contract; references to tables that the shop lacks are left out."""
    found: list[Check] = []
    for column in model.contract.columns.values():
        for entry in column.checks:
            other = entry.get("references", "") if isinstance(entry, Mapping) else ""
            if other and other.split(".")[0] not in available:
                continue
            found.append(_column_check(model, column.name, entry))
    grain = list(model.contract.grain)
    if len(grain) > 1:
        brief = f"one row a {', '.join(grain)}"
        found.append(
            Check(model.name, "", "grain", "error", brief, failing_query=_repeated(model.name, grain))
        )
    for entry in model.contract.checks:
        expression = entry["expression"]
        severity = entry.get("severity", "error")
        if severity not in _SEVERITIES:
            raise ModelError(f"{model.path.stem}.yml: there is no severity {severity!r}.")
        brief = entry.get("brief", expression)
        found.append(
            Check(model.name, "", "expression", severity, brief, failing=f"not coalesce({expression}, false)")
        )
    return found


def _count(check: Check) -> str:
    """How many rows break a check, as an expression over its model."""
    if check.failing:
        return f"countif({check.failing})"
    return f"(select coalesce(sum(failing_rows), 0) from ({check.failing_query}) as failing)"


class Checker:
    """Runs the checks of the built models and keeps the outcomes in `dq_checks`."""

    def __init__(
        self,
        warehouse: Warehouse,
        project: Project,
        parameters: Parameters,
        fingerprints: Mapping[str, str],
    ) -> None:
        self.warehouse = warehouse
        self.project = project
        self.parameters = parameters
        self.fingerprints = fingerprints

    def _bound(self, warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
        values = self.parameters.as_query_parameters()
        return warehouse.rows(sql, {name: values[name] for name in facts(sql).parameters})

    def _run_model(self, warehouse: Warehouse, model: Model, checks: Sequence[Check]) -> list[Outcome]:
        if not checks:
            return []
        # One query for all of them: on BigQuery each one costs a second, and ten megabytes at least.
        counted = ", ".join(f"{_count(check)} as c{place}" for place, check in enumerate(checks))
        scan = f" from {model.name}" if any(check.failing for check in checks) else ""
        [counts] = self._bound(warehouse, f"select {counted}{scan}")
        return [
            Outcome(check, int(count), self._sample(warehouse, model, check) if count else "")
            for check, count in zip(checks, counts, strict=True)
        ]

    def _sample(self, warehouse: Warehouse, model: Model, check: Check) -> str:
        """Some of the rows, or groups of rows, that break a check."""
        if not check.failing:
            rows = self._bound(
                warehouse,
                f"select failing.* from ({check.failing_query}) as failing order by 1 limit {SAMPLE_ROWS}",
            )
            return json.dumps([[str(cell) for cell in row] for row in rows])
        names = list(dict.fromkeys([*model.contract.grain, *([check.column] if check.column else [])]))
        order = ", ".join(str(i + 1) for i in range(len(names)))
        rows = self._bound(
            warehouse,
            f"select {', '.join(names)} from {model.name} where {check.failing} "
            f"order by {order} limit {SAMPLE_ROWS}",
        )
        return json.dumps(
            [{name: str(cell) for name, cell in zip(names, row, strict=True)} for row in rows],
            ensure_ascii=False,
        )

    def run(
        self, progress: ProgressCallback | None = None, only: Collection[str] | None = None
    ) -> list[Outcome]:
        """Check every available model that changed since it was checked; all outcomes, old ones included.

        With `only` these models alone: what is known of the others stays, since their tables may be of an
        earlier day than what they are compared with.
        """
        available = set(self.fingerprints)
        known = self._known()
        checked = available if only is None else available & set(only)
        models = {model.name: model for model in self.project.ordered() if model.name in checked}
        checks = {name: checks_of(model, available) for name, model in models.items()}
        fingerprints: dict[str, str] = {}
        found: dict[str, list[Outcome]] = {}
        for name, model in models.items():
            # A check that reads another model (references) is stale when that one changed, too.
            others = [
                self.fingerprints.get(other, "") for other in sorted(available) if self._reads(model, other)
            ]
            fingerprints[name] = digest(self.fingerprints[name], repr(checks[name]), *others)
            kept = known.get((name, fingerprints[name]))
            if kept is not None:
                found[name] = [Outcome(check, *kept[_key(check)]) for check in checks[name]]

        def begin(name: str) -> Callable[[], list[Outcome]]:
            opened = contextlib.ExitStack()
            session = opened.enter_context(self.warehouse.session(name))

            def check() -> list[Outcome]:
                try:
                    with opened:
                        return self._run_model(session, models[name], checks[name])
                except ShopbookError as error:
                    said = f"The checks of {name} could not be run. {error.message}"
                    raise type(error)(said, error.hint) from error

            return check

        def end(name: str, outcomes: list[Outcome]) -> None:
            found[name] = outcomes
            if progress:
                failing = sum(bool(outcome.failing_rows) for outcome in outcomes)
                label = f"{name}: {len(outcomes)} checks, {failing} not passed"
                progress(label, len(found), len(models))

        waiting: dict[str, list[str]] = {name: [] for name in models if name not in found}
        run_graph(waiting, begin, end, self.warehouse.workers, self.warehouse.interrupt)
        rows = [_row(outcome, fingerprints[name]) for name in models for outcome in found[name]]
        if any((row[0], row[-1]) not in known for row in rows):
            if only is not None and known:
                stored = self.warehouse.rows(f"select {', '.join(DQ_CHECKS)} from dq_checks")
                rows += [row for row in stored if row[0] not in checked]
            self.warehouse.create_empty_table("dq_checks__next", DQ_CHECKS)
            self.warehouse.append("dq_checks__next", DQ_CHECKS, rows)
            self.warehouse.swap(["dq_checks"])
        return [outcome for name in models for outcome in found[name]]

    def _reads(self, model: Model, other: str) -> bool:
        return any(
            isinstance(entry, Mapping) and str(entry.get("references", "")).startswith(f"{other}.")
            for column in model.contract.columns.values()
            for entry in column.checks
        )

    def _known(self) -> dict[tuple[str, str], dict[tuple[str, str, str], tuple[int, str]]]:
        """Outcomes of the last run by model and fingerprint."""
        known: dict[tuple[str, str], dict[tuple[str, str, str], tuple[int, str]]] = {}
        if "dq_checks" not in self.warehouse.tables():
            return known
        rows = self.warehouse.rows(
            "select model, fingerprint, column_name, check_name, brief, failing_rows, sample from dq_checks"
        )
        for model, fingerprint, column, check, brief, failing_rows, sample in rows:
            known.setdefault((model, fingerprint), {})[(column, check, brief)] = (failing_rows, sample)
        return known


def _key(check: Check) -> tuple[str, str, str]:
    return (check.column, check.name, check.brief)


def _row(outcome: Outcome, fingerprint: str) -> tuple[Any, ...]:
    check = outcome.check
    return (
        check.model,
        check.column,
        check.name,
        check.severity,
        check.brief,
        outcome.failing_rows,
        outcome.sample,
        outcome.status,
        fingerprint,
    )


def raise_on_failure(outcomes: Sequence[Outcome]) -> None:
    """CheckError that names the failed checks of severity error, if there are any."""
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        lines = "; ".join(
            f"{outcome.check.model}: {outcome.check.brief} ({outcome.failing_rows:,} rows, "
            f"for example {outcome.sample})"
            for outcome in failed[:5]
        )
        raise CheckError(
            f"{len(failed)} checks failed, so nothing was published: {lines}.",
            "See all with: shopbook check",
        )
