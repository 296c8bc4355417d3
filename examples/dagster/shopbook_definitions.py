"""Dagster: the models as assets, their contracts as asset checks, the report as an asset with its alerts.

The asset graph is read from the models' SQL, so it never falls behind. Shopbook itself decides what is stale
and builds it; Dagster starts it, keeps the history and shows it. One process works at a time, because DuckDB
has one writer. Install with `pip install 'shopbook[examples]'`, then:

    SHOPBOOK_PROJECT=folder SHOPBOOK_FILES=folder/data/incoming dagster dev -f shopbook_definitions.py

`SHOPBOOK_SHOP` names the shop (default: the one loaded last); without `SHOPBOOK_FILES` nothing is loaded.
`dagster dev` is in the package dagster-webserver.
"""

# No `from __future__ import annotations`: Dagster looks at the annotation of `context` itself.

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg

from analysis_lib.checks import Checker, Outcome, checks_of
from analysis_lib.delivery.alerts import read_alerts
from analysis_lib.delivery.mail import markdown_mail
from analysis_lib.delivery.summary import read_summary
from analysis_lib.errors import ShopbookError, WarehouseLockedError
from analysis_lib.models import Model, Project, read_project
from analysis_lib.progress import Progress
from analysis_lib.publish.plan import read_reports
from analysis_lib.settings import Settings, load_settings
from analysis_lib.verbs.build import build
from analysis_lib.verbs.load import load
from analysis_lib.verbs.report import report
from analysis_lib.verbs.report_choice import Choice
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

SOURCE = "thelook"
SHOP = os.environ.get("SHOPBOOK_SHOP", "")
RENDERER = os.environ.get("SHOPBOOK_RENDERER", "auto")
FILES = os.environ.get("SHOPBOOK_FILES", "")
GROUPS = {"stg": "staging", "int": "intermediate", "rule": "rules", "dq": "quality"}
settings: Settings = load_settings()
project: Project = read_project(SOURCE, settings.rules)
reports_file = settings.reports / "reports.yml"
reports = read_reports(reports_file, settings.notebooks)
alerts = [
    alert
    for alert in read_alerts(
        reports_file, [page.id for page in reports.pages], [edition.id for edition in reports.editions]
    )
    if not alert.edition
]


class Said(Progress):
    """Shopbook's progress in Dagster's log."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        super().__init__()
        self.context = context

    def say(self, line: str) -> None:
        """A line of the log."""
        self.context.log.info(line)


def failure(error: ShopbookError) -> dg.Failure:
    """A user's error as Dagster shows it; only a locked warehouse is worth another try."""
    return dg.Failure(
        str(error),
        metadata={"exit_code": error.exit_code},
        allow_retries=isinstance(error, WarehouseLockedError),
    )


RETRY = dg.RetryPolicy(max_retries=5, delay=60)


# ------------------------------------------------------------------ raw tables


@dg.multi_asset(
    name="load",
    specs=[
        dg.AssetSpec(name, group_name="raw", description="As it came, with the file it came from.")
        for name in project.raw_schemas
    ],
    retry_policy=RETRY,
)
def loaded(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """The shop's files into the raw tables; a file twice is a no-op."""
    lines = ["SHOPBOOK_FILES is not set: the shop stays as it was loaded"]
    if FILES:
        try:
            lines = load(settings, Said(context), SOURCE, [Path(FILES)], SHOP)
        except ShopbookError as error:
            raise failure(error) from error
    for line in lines:
        context.log.info(line)
    for name in project.raw_schemas:
        yield dg.MaterializeResult(asset_key=name)


# ------------------------------------------------------------------ models


def spec(model: Model) -> dg.AssetSpec:
    """A model as an asset: its inputs, its layer, its contract and its SQL."""
    contract = model.contract
    return dg.AssetSpec(
        model.name,
        deps=sorted(name for name in model.inputs if name in project.models or name in project.raw_schemas),
        group_name=GROUPS.get(model.layer, "marts"),
        description=contract.description,
        kinds={"duckdb"},
        metadata={
            "grain": contract.grain_description,
            "columns": dg.TableSchema(
                [dg.TableColumn(c.name, c.type, description=c.description) for c in contract.columns.values()]
            ),
            "SQL": dg.MetadataValue.md(f"```sql\n{model.sql}\n```"),
        },
    )


models = {model.name: model for model in project.ordered()}
checked = {
    name: len(checks) for name, model in models.items() if (checks := checks_of(model, set(project.models)))
}


@dg.multi_asset(
    name="models",
    specs=[spec(model) for model in models.values()],
    check_specs=[
        dg.AssetCheckSpec("contract", asset=name, description=f"The {number} checks of the model's contract.")
        for name, number in checked.items()
    ],
    can_subset=True,
    retry_policy=RETRY,
)
def built(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The selected models and what they need: built where they are stale, then checked."""
    wanted = {key.to_user_string() for key in context.selected_asset_keys}
    closure = project.select(f"+{name}" for name in sorted(wanted))
    try:
        done = build(settings, Said(context), SHOP, select=sorted(closure))
        outcomes = check(done.shop, closure, done.build.parameters, done.build.fingerprints)
    except ShopbookError as error:
        raise failure(error) from error
    for result in done.build.results:
        if result.model in wanted:
            # Also where an input was not loaded: the report goes on without it, and says so.
            yield dg.MaterializeResult(
                asset_key=result.model,
                metadata={
                    "action": result.action,
                    "reason": result.reason,
                    "seconds": result.seconds,
                    **({"dagster/row_count": result.rows} if result.rows is not None else {}),
                },
            )
    available = {r.model for r in done.build.results if r.action != "not available"}
    asked = {key.asset_key.to_user_string() for key in context.selected_asset_check_keys}
    for name in sorted(asked & available):
        yield as_check(name, [outcome for outcome in outcomes if outcome.check.model == name])


def check(shop: str, closure: set[str], parameters: object, fingerprints: dict[str, str]) -> list[Outcome]:
    """The contracts of these models, which were just built; a table of another may be out of date."""
    current = {name: value for name, value in fingerprints.items() if name in closure}
    with DuckDBWarehouse(settings, shop) as warehouse:
        return Checker(warehouse, project, parameters, current).run()  # type: ignore[arg-type]


def as_check(name: str, outcomes: Sequence[Outcome]) -> dg.AssetCheckResult:
    """A model's contract as one asset check: the failing checks with a sample of their rows."""
    failing = [outcome for outcome in outcomes if outcome.failing_rows]
    is_error = any(outcome.status == "failed" for outcome in failing)
    lines = [f"* {o.check.brief}: {o.failing_rows:,} rows, for example `{o.sample}`" for o in failing]
    return dg.AssetCheckResult(
        asset_key=name,
        check_name="contract",
        passed=not failing,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        metadata={"checks": len(outcomes), "not passed": dg.MetadataValue.md("\n".join(lines) or "none")},
    )


# ------------------------------------------------------------------ report


@dg.asset(
    name="report",
    group_name="published",
    deps=sorted({model for page in reports.pages for model in page.requires}),
    check_specs=[
        dg.AssetCheckSpec(alert.id.replace("-", "_"), asset="report", description=alert.message or None)
        for alert in alerts
    ],
    kinds={"jupyter"},
    retry_policy=RETRY,
)
def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The site and the briefs; alerts are its checks. A failed run leaves the published site as it was."""
    try:
        lines = report(settings, Said(context), SHOP, choice=Choice(renderer=RENDERER))
    except ShopbookError as error:
        raise failure(error) from error
    context.log.info("\n".join(lines))
    document = read_summary(settings.site)
    return dg.MaterializeResult(
        metadata={
            "summary": dg.MetadataValue.md(markdown_mail(document)),
            "site": dg.MetadataValue.path(str(settings.site / "index.html")),
            "as_of": document["as_of"],
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=alert["id"].replace("-", "_"),
                passed=alert["state"] == "ok",
                severity=dg.AssetCheckSeverity.ERROR
                if alert["severity"] == "page"
                else dg.AssetCheckSeverity.WARN,
                metadata={"state": alert["state"], "condition": alert["condition"], "found": alert["text"]},
            )
            for alert in document["alerts"]
            if not alert["edition"]
        ],
    )


# ------------------------------------------------------------------ what is run, and when

daily = dg.define_asset_job(
    "daily_report",
    selection=dg.AssetSelection.all(),
    description="Load, build and check, publish.",
    executor_def=dg.in_process_executor,  # one warehouse, one writer
)
defs = dg.Definitions(
    assets=[loaded, built, published],
    jobs=[daily],
    schedules=[
        dg.ScheduleDefinition(
            name="every_morning",
            job=daily,
            cron_schedule="15 6 * * *",
            execution_timezone=str(settings.parameters.get("timezone", "UTC")),
        )
    ],
)
