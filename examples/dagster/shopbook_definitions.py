"""Dagster: loaded tables, models, pages and briefs as assets, contracts and alerts as their checks, a sensor.

The graph is read from the models' SQL and `reports.yml`, so it never falls behind. Shopbook itself decides
what is stale, builds it and swaps it in as a whole: the models are one step, because DuckDB has one writer
and half a build must never be seen. `pip install 'shopbook[examples]' dagster-webserver`, then:

    SHOPBOOK_PROJECT=folder dagster dev -f shopbook_definitions.py

`SHOPBOOK_SHOP` names the shop where `shopbook.toml` has several profiles; the profile says where its files
and its warehouse (DuckDB or BigQuery) are. More in docs/operations.md.
"""

# No `from __future__ import annotations`: Dagster looks at the annotation of `context` itself.

import os
from collections.abc import Iterator, Sequence

import dagster as dg

from analysis_lib.checks import Outcome
from analysis_lib.delivery.alerts import read_alerts
from analysis_lib.delivery.mail import markdown_mail
from analysis_lib.delivery.summary import read_summary
from analysis_lib.errors import SettingsError, ShopbookError, WarehouseLockedError
from analysis_lib.orchestration.arrivals import Last, Runs, look
from analysis_lib.orchestration.graph import Node, make_graph
from analysis_lib.orchestration.places import place_of
from analysis_lib.outcome import Built
from analysis_lib.progress import Progress
from analysis_lib.settings import load_settings
from analysis_lib.verbs.build import build
from analysis_lib.verbs.graph import project_and_reports
from analysis_lib.verbs.load import load_new
from analysis_lib.verbs.report import report
from analysis_lib.verbs.report_choice import Choice

settings = load_settings(shop=os.environ.get("SHOPBOOK_SHOP", ""))
SHOP = settings.shop or settings.profile
project, reports = project_and_reports(settings, SHOP)
graph = make_graph(project, reports)
pages, briefs = (reports.pages, reports.briefs) if reports else ((), ())
alerts_file = settings.reports / "reports.yml"
alerts = (
    read_alerts(alerts_file, [page.id for page in pages], [e.id for e in reports.editions]) if reports else ()
)
RETRY = dg.RetryPolicy(max_retries=5, delay=60)


class Said(Progress):
    """Shopbook's progress in Dagster's log, each model when it is finished."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        super().__init__()
        self.context = context
        self._is_terminal = False

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


def spec(node: Node) -> dg.AssetSpec:
    """A node of the graph as an asset: its inputs, its room, its columns and its SQL."""
    kind = settings.engine if node.is_model or node.room == "loaded" else "jupyter"
    described: dict[str, object] = {"grain": node.grain} if node.grain else {}
    if node.columns:
        described["dagster/column_schema"] = dg.TableSchema(
            [dg.TableColumn(c.name, c.type, c.description) for c in node.columns.values()]
        )
    if node.sql:
        described["SQL"] = dg.MetadataValue.md(f"```sql\n{node.sql}\n```")
    return dg.AssetSpec(
        node.name.split("/"),
        deps=[dg.AssetKey(need.split("/")) for need in node.needs],
        group_name=node.room,
        description=node.description,
        kinds={kind},
        metadata=described,
    )


# ------------------------------------------------------------------ loaded tables


class Files(dg.Config):
    """The files that the sensor found to be new; not said: whatever is new where the profile says."""

    names: list[str] | None = None


@dg.multi_asset(name="load", specs=[spec(node) for node in graph.rooms["loaded"]], retry_policy=RETRY)
def loaded(context: dg.AssetExecutionContext, config: Files) -> Iterator[dg.MaterializeResult]:
    """The shop's files into the raw tables; a file twice is a no-op."""
    try:
        summary = load_new(settings, Said(context), config.names)
    except ShopbookError as error:
        raise failure(error) from error
    counted = {f"raw_{table.table}": table for table in summary.tables} if summary else {}
    lacking = {f"raw_{name}": text for name, text in summary.lacking.items()} if summary else {}
    for node in graph.rooms["loaded"]:
        said: dict[str, object] = {"state": lacking.get(node.name, "unchanged")}
        if table := counted.get(node.name):
            said = {
                "state": "loaded",
                "dagster/row_count": table.rows_staged,
                "rows read": table.rows_read,
                "rows rejected": table.rows_rejected,
                "duplicates": table.duplicates_dropped,
            }
        yield dg.MaterializeResult(asset_key=node.name, metadata=said)


# ------------------------------------------------------------------ models


def check_specs(node: Node) -> list[dg.AssetCheckSpec]:
    """A model's checks by severity: an error keeps what is downstream from being made, a warning does not."""
    errors = "\n".join(f"* {brief}" for brief in node.errors)
    warnings = "\n".join(f"* {brief}" for brief in node.warnings)
    listed = [dg.AssetCheckSpec("contract", asset=node.name, description=errors, blocking=True)]
    listed += [dg.AssetCheckSpec("warnings", asset=node.name, description=warnings)] if warnings else []
    return listed if errors else listed[1:]


@dg.multi_asset(
    name="models",
    specs=[spec(node) for node in graph.models],
    check_specs=[check for node in graph.models for check in check_specs(node)],
    can_subset=True,
    retry_policy=RETRY,
)
def built(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The selected models and what they need: built where they are stale, swapped in together, checked."""
    wanted = {key.to_user_string() for key in context.selected_asset_keys}
    try:
        done = build(settings, Said(context), SHOP, None, [f"+{name}" for name in sorted(wanted)], True)
    except ShopbookError as error:
        raise failure(error) from error
    if done.usage:
        context.log.info(done.usage)
    # Only now, since before the swap nothing was there to be seen.
    for result in done.build.results:
        if result.model in wanted:
            # Also where an input was not loaded: the report goes on without it, and says so.
            yield dg.MaterializeResult(asset_key=result.model, metadata=facts(result))
        elif result.action == "built":
            context.log_event(dg.AssetMaterialization(asset_key=result.model, metadata=facts(result)))
    absent = set(done.build.unavailable)
    for key in sorted(context.selected_asset_check_keys):
        name = key.asset_key.to_user_string()
        if name not in absent:
            yield as_check(key, [outcome for outcome in done.checks if outcome.check.model == name])


def facts(result: Built) -> dict[str, object]:
    """What was done with a model."""
    rows = {} if result.rows is None else {"dagster/row_count": result.rows}
    # Bytes and slot time where they are billed, on BigQuery.
    billed = {name.replace("_", " "): number for name, number in result.cost.items()}
    return {"state": result.action, "reason": result.reason, "seconds": result.seconds, **rows, **billed}


def as_check(key: dg.AssetCheckKey, outcomes: Sequence[Outcome]) -> dg.AssetCheckResult:
    """The checks of one severity: those that failed, with a sample of their rows."""
    severity = "error" if key.name == "contract" else "warn"
    ran = [outcome for outcome in outcomes if outcome.check.severity == severity]
    failing = [outcome for outcome in ran if outcome.failing_rows]
    lines = [f"* {o.check.brief}: {o.failing_rows:,} rows, for example `{o.sample}`" for o in failing]
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failing,
        severity=dg.AssetCheckSeverity.ERROR if severity == "error" else dg.AssetCheckSeverity.WARN,
        metadata={"checks": len(ran), "not passed": dg.MetadataValue.md("\n".join(lines) or "none")},
    )


# ------------------------------------------------------------------ pages, briefs, and the report as a whole


@dg.multi_asset(
    name="publish",
    specs=[
        *(spec(node) for node in graph.nodes if node.room in ("pages", "briefs")),
        dg.AssetSpec(
            "report",
            group_name="published",
            description="The site with its briefs, swapped in as a whole.",
            deps=[*(dg.AssetKey(["page", page.id]) for page in pages)]
            + [dg.AssetKey(["brief", brief.id]) for brief in briefs],
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(alert.id.replace("-", "_"), asset="report", description=alert.message or None)
        for alert in alerts
        if not alert.edition
    ],
    retry_policy=RETRY,
)
def published(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The site and the briefs; alerts are checks. A failed run leaves the published site as it was."""
    choice = Choice(renderer=settings.renderer, editions=list(settings.editions))
    try:
        lines = report(settings, Said(context), SHOP, choice=choice)
    except ShopbookError as error:
        raise failure(error) from error
    context.log.info("\n".join(lines))
    document = read_summary(settings.site)
    for page in pages:
        yield dg.MaterializeResult(asset_key=["page", page.id])
    for brief in briefs:
        yield dg.MaterializeResult(asset_key=["brief", brief.id])
    yield dg.MaterializeResult(
        asset_key="report",
        metadata={
            "summary": dg.MetadataValue.md(markdown_mail(document)),
            "site": dg.MetadataValue.path(str(settings.site / "index.html")),
            "as_of": document["as_of"],
        },
    )
    for alert in document["alerts"]:
        if not alert["edition"]:
            is_urgent = alert["severity"] == "page"
            yield dg.AssetCheckResult(
                asset_key="report",
                check_name=alert["id"].replace("-", "_"),
                passed=alert["state"] == "ok",
                severity=dg.AssetCheckSeverity.ERROR if is_urgent else dg.AssetCheckSeverity.WARN,
                metadata={"state": alert["state"], "condition": alert["condition"], "found": alert["text"]},
            )


# ------------------------------------------------------------------ what is run, and when

OF_SHOP, OF_FILES = "shopbook/shop", "shopbook/files"
refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Load, build and check, publish.",
    executor_def=dg.in_process_executor,  # one warehouse, one writer
    tags={OF_SHOP: SHOP},
)
ENDED_ILL = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
AT_WORK = [dg.DagsterRunStatus[name] for name in ("QUEUED", "STARTING", "STARTED", "CANCELING")]


class Remembered:
    """The shop's runs in Dagster's history: an `arrivals.History`."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance

    def last(self) -> Last:
        """The run that was written down last, by the sensor or the schedule."""
        for run in self.instance.get_runs(dg.RunsFilter(tags={OF_SHOP: SHOP}), limit=1):
            return Last(run.run_id, run.is_success)
        return Last()

    def runs(self, label: str) -> Runs:
        """How the runs of these files went."""
        found = [run.status for run in self.instance.get_runs(dg.RunsFilter(tags={OF_FILES: label}))]
        well, ill = found.count(dg.DagsterRunStatus.SUCCESS), sum(status in ENDED_ILL for status in found)
        unlaunched = found.count(dg.DagsterRunStatus.NOT_STARTED)
        return Runs(well, ill, len(found) - well - ill - unlaunched, unlaunched)

    def is_busy(self) -> bool:
        """Whether a run of the shop is at work."""
        at_work = dg.RunsFilter(tags={OF_SHOP: SHOP}, statuses=AT_WORK)
        return bool(self.instance.get_runs(at_work, limit=1))


# On BigQuery each look at the ledger is a query of ten megabytes.
@dg.sensor(job=refresh, minimum_interval_seconds=30 if settings.engine == "duckdb" else 600)
def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """A run for the files that are new, once each: see `analysis_lib.orchestration.arrivals`."""
    try:
        tick = look(place_of(settings), context.cursor, Remembered(context.instance))
    except (WarehouseLockedError, SettingsError) as error:
        return dg.SkipReason(str(error))
    if not tick.request:
        return dg.SensorResult(cursor=tick.cursor, skip_reason=tick.reason)
    asked = dg.RunRequest(
        run_key=tick.request.run_key,
        tags={OF_SHOP: SHOP, OF_FILES: tick.request.label},
        run_config=dg.RunConfig(ops={"load": Files(names=list(tick.request.files))}),
    )
    return dg.SensorResult(cursor=tick.cursor, run_requests=[asked])


defs = dg.Definitions(
    assets=[loaded, built, published],
    jobs=[refresh],
    sensors=[new_files],
    schedules=[
        dg.ScheduleDefinition(
            name="every_morning",
            job=refresh,
            cron_schedule="15 6 * * *",
            execution_timezone=str(settings.parameters.get("timezone", "UTC")),
        )
    ],
)
