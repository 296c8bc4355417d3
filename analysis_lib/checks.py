"""The contracts in the `.yml` files, as queries that return the rows which break them.

A check is a condition that every row must meet; a missing value breaks only `not_null` and expressions.
All conditions on one model are counted in one scan; only where rows fail is a sample of them read.
Severity `error` stops publishing, `warn` shows on the page.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.errors import CheckError, ModelError, ShopbookError
from analysis_lib.models import Model, Project, digest
from analysis_lib.parameters import Parameters
from analysis_lib.progress import ProgressCallback
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

    def _bound(self, sql: str) -> list[tuple[Any, ...]]:
        values = self.parameters.as_query_parameters()
        return self.warehouse.rows(sql, {name: values[name] for name in facts(sql).parameters})

    def _run_model(self, model: Model, checks: Sequence[Check]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        by_row = [check for check in checks if check.failing]
        counts: list[int] = []
        if by_row:
            counted = ", ".join(f"countif({check.failing}) as c{i}" for i, check in enumerate(by_row))
            counts = [int(value) for value in self._bound(f"select {counted} from {model.name}")[0]]
        for check, count in zip(by_row, counts, strict=True):
            sample = self._sample(model, check) if count else ""
            outcomes.append(Outcome(check, count, sample))
        by_group = [check for check in checks if not check.failing]
        if by_group:
            # One query for all of them: on BigQuery each one costs a second, and ten megabytes at least.
            queries = (
                f"select {place} as place, coalesce(sum(failing_rows), 0) as failing_rows "
                f"from ({check.failing_query}) as failing"
                for place, check in enumerate(by_group)
            )
            found = dict(self._bound(" union all ".join(queries)))
            outcomes += [self._outcome(check, int(found[place])) for place, check in enumerate(by_group)]
        return outcomes

    def _outcome(self, check: Check, failing_rows: int) -> Outcome:
        """The outcome of a check over several rows, with some of the groups that break it."""
        if not failing_rows:
            return Outcome(check, 0, "")
        groups = f"from ({check.failing_query}) as failing"
        rows = self._bound(f"select failing.* {groups} order by 1 limit {SAMPLE_ROWS}")
        return Outcome(check, failing_rows, json.dumps([[str(cell) for cell in row] for row in rows]))

    def _sample(self, model: Model, check: Check) -> str:
        names = list(dict.fromkeys([*model.contract.grain, *([check.column] if check.column else [])]))
        order = ", ".join(str(i + 1) for i in range(len(names)))
        rows = self._bound(
            f"select {', '.join(names)} from {model.name} where {check.failing} "
            f"order by {order} limit {SAMPLE_ROWS}"
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
        outcomes: list[Outcome] = []
        rows: list[tuple[Any, ...]] = []
        checked = available if only is None else available & set(only)
        models = [model for model in self.project.ordered() if model.name in checked]
        for done, model in enumerate(models, start=1):
            checks = checks_of(model, available)
            # A check that reads another model (references) is stale when that one changed, too.
            others = [
                self.fingerprints.get(name, "") for name in sorted(available) if self._reads(model, name)
            ]
            fingerprint = digest(self.fingerprints[model.name], repr(checks), *others)
            kept = known.get((model.name, fingerprint))
            if kept is None:
                try:
                    found = self._run_model(model, checks)
                except ShopbookError as error:
                    said = f"The checks of {model.name} could not be run. {error.message}"
                    raise type(error)(said, error.hint) from error
                if progress:
                    failing = sum(bool(outcome.failing_rows) for outcome in found)
                    progress(f"{model.name}: {len(found)} checks, {failing} not passed", done, len(models))
            else:
                found = [Outcome(check, *kept[_key(check)]) for check in checks]
            outcomes += found
            rows += [_row(outcome, fingerprint) for outcome in found]
        if any((row[0], row[-1]) not in known for row in rows):
            if only is not None and known:
                stored = self.warehouse.rows(f"select {', '.join(DQ_CHECKS)} from dq_checks")
                rows += [row for row in stored if row[0] not in checked]
            self.warehouse.create_empty_table("dq_checks__next", DQ_CHECKS)
            self.warehouse.append("dq_checks__next", DQ_CHECKS, rows)
            self.warehouse.swap(["dq_checks"])
        return outcomes

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
