"""`shopbook build` and `shopbook check`: marts up to date, contracts met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis_lib.checks import Checker, Outcome
from analysis_lib.errors import SettingsError
from analysis_lib.models import read_project
from analysis_lib.outcome import BuildSummary
from analysis_lib.parameters import make_parameters
from analysis_lib.progress import Progress
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.stated import run_parameters
from analysis_lib.verbs.inspect import text_table
from analysis_lib.warehouse.opening import choose_shop, editions, open_warehouse


@dataclass(frozen=True)
class Outcomes:
    """A shop whose marts were built and, where asked for, checked.

    `usage` is what that cost in words, `cost` in numbers (see `Warehouse.cost`), `price_per_tib` what 2^40
    bytes cost; all empty where nothing is billed.
    """

    shop: str
    source: str
    build: BuildSummary
    checks: list[Outcome]
    usage: str = ""
    cost: Mapping[str, int] = field(default_factory=dict)
    price_per_tib: float = 0.0

    def count(self, status: str) -> int:
        """How many checks `passed`, `warned` or `failed`."""
        return sum(outcome.status == status for outcome in self.checks)


def build(
    settings: Settings,
    progress: Progress,
    shop: str = "",
    given: Mapping[str, object] | None = None,
    select: Sequence[str] = (),
    with_checks: bool = False,
    full: bool = False,
) -> Outcomes:
    """Build the stale models of a shop (`full`: all of every model), then run the checks, if asked.

    Where models are selected, these alone are built and checked.

    A warehouse in which nothing is stale is opened read-only, so that readers are never shut out.
    """
    make_parameters({**settings.parameters, **(given or {})})  # what cannot be used is told before any work
    name, source = choose_shop(settings, shop)
    if name in editions(settings):
        raise SettingsError(
            f"{name} is an edition, which is built with its report.",
            "Run shopbook report --edition with its id.",
        )
    project = read_project(source, settings.rules, settings.sources)
    outcomes: list[Outcome] = []
    with open_warehouse(settings, name) as warehouse:
        parameters = run_parameters(settings, warehouse, source, given or {})
        with progress.stage("models") as step:
            summary = Runner(warehouse, project, parameters).build(select, step, full)
        if with_checks:
            with progress.stage("checks") as step:
                checker = Checker(warehouse, project, summary.parameters, summary.fingerprints)
                outcomes = checker.run(step, project.select(select) if select else None)
        usage, cost = warehouse.usage(), warehouse.cost()
    rate = settings.bigquery.price_per_tib if cost else 0.0
    return Outcomes(name, source, summary, outcomes, usage, cost, rate)


def build_lines(outcomes: Outcomes) -> list[str]:
    """The outcome of a build in words: what was built and why, what is not available."""
    results = outcomes.build.results
    by_reason: dict[str, list[str]] = {}
    for result in results:
        if result.action == "built":
            by_reason.setdefault(result.reason, []).append(f"{result.model} ({result.rows:,})")
    lines = [f"built, because {reason}: {', '.join(models)}" for reason, models in by_reason.items()]
    lines += [
        f"not available {result.model}: {result.reason}"
        for result in results
        if result.action == "not available"
    ]
    reused = outcomes.build.count("reused")
    as_of = outcomes.build.parameters.as_of
    built = outcomes.build.count("built")
    state = f"{built} models built, {reused} reused" if built else f"nothing changed, {reused} models reused"
    lines += _cost_lines(outcomes)
    lines.append(f"shop {outcomes.shop} as of {as_of}: {state}")
    lines += [outcomes.usage] if outcomes.usage else []
    return lines


def _cost_lines(outcomes: Outcomes) -> list[str]:
    """What each model that was built read and was billed, and the jobs for none; the dearest first."""
    costs = {result.model: result.cost for result in outcomes.build.results if result.cost}
    if not costs:
        return []
    from analysis_lib.warehouse.bigquery_cost import model_lines

    rest = {key: value - sum(cost[key] for cost in costs.values()) for key, value in outcomes.cost.items()}
    header = ["model", "read", "billed", "price", "slot time"]
    listed = model_lines(costs, outcomes.price_per_tib)
    rows = [*listed, *model_lines({"checks and metadata": rest}, outcomes.price_per_tib)]
    return text_table(header, rows)


def check_lines(outcomes: Outcomes) -> list[str]:
    """Every check that did not pass, then the counts."""
    lines = [
        f"{outcome.status} {outcome.check.model}: {outcome.check.brief} "
        f"({outcome.failing_rows:,} rows, for example {outcome.sample})"
        for outcome in outcomes.checks
        if outcome.failing_rows
    ]
    counts = [f"{outcomes.count(status)} {status}" for status in ("passed", "warned", "failed")]
    lines.append(f"checks: {', '.join(counts)}")
    return lines
