"""`shopbook report`: from loaded data to the published site, or nothing at all."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.checks import Outcome, raise_on_failure
from analysis_lib.delivery.last_run import Recorder
from analysis_lib.parameters import Parameters
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.shop import READ_ONLY
from analysis_lib.verbs.build import Outcomes, build, build_lines, check_lines

if TYPE_CHECKING:
    from analysis_lib.publish import PublishSummary


def commit_of(settings: Settings) -> str:
    """The short commit of the project, with "+changes" where the work tree differs; empty outside git."""
    git = ["git", "-C", str(settings.root)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False, timeout=30
        )
        if commit.returncode != 0:
            return ""
        changes = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return commit.stdout.strip() + ("+changes" if changes.stdout.strip() else "")


def period_of(parameters: Parameters) -> tuple[dt.date, dt.date]:
    """First and last day of the KPI window."""
    if parameters.as_of is None:
        raise ValueError("as_of is not resolved")
    return parameters.as_of - dt.timedelta(days=parameters.window_days - 1), parameters.as_of


def _long_date(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _literals(parameters: Parameters, shop: str) -> dict[str, Any]:
    values = {
        key: value for key, value in parameters.as_query_parameters().items() if key != "service_level_z"
    }
    return {**values, "as_of": parameters.as_of.isoformat() if parameters.as_of else "", "shop": shop}


def report(
    settings: Settings,
    progress: Progress,
    shop: str = "",
    given: Mapping[str, object] | None = None,
    renderer: str = "auto",
    only: Sequence[str] | None = None,
    force: bool = False,
    run: Recorder | None = None,
) -> list[str]:
    """Build, check, run the notebooks, render and swap the site in; the summary on one screen.

    What was done in detail is said to `progress`, its facts go to `run`.

    Raises
    ------
    CheckError
        When a check of severity error failed; the published site stays as it was.
    NotebookError, RenderError
        When a page could not be made; likewise.
    """
    from analysis_lib.publish import PublishRequest, Stamp, publish

    outcomes = build(settings, progress, shop, given, with_checks=True)
    raise_on_failure(outcomes.checks)
    parameters = outcomes.build.parameters
    first, last = period_of(parameters)
    missing: dict[str, bool | str] = {
        result.model: result.reason if result.action == "not available" else True
        for result in outcomes.build.results
    }
    request = PublishRequest(
        settings=settings,
        parameters=_literals(parameters, outcomes.shop),
        fingerprints=outcomes.build.fingerprints,
        availability=missing,
        stamp=Stamp(
            shop=outcomes.shop,
            data_through=last.isoformat(),
            period=f"{_long_date(first)} – {_long_date(last)}",
            commit=commit_of(settings),
            currency=parameters.currency,
            checks_passed=outcomes.count("passed"),
            checks_warned=outcomes.count("warned"),
            checks_failed=outcomes.count("failed"),
            parameters={
                "window": f"{parameters.window_days} days",
                "time zone": parameters.timezone,
                "currency": parameters.currency,
            },
            not_passed=_not_passed(outcomes.checks),
        ),
        required_parameters=("shop", "as_of"),
        renderer=renderer,
        only=only,
        force=force,
        environment={READ_ONLY: "1"},
    )
    summary = publish(request, progress)
    return _conclude(outcomes, summary, progress, run or Recorder())


def _conclude(outcomes: Outcomes, published: PublishSummary, progress: Progress, run: Recorder) -> list[str]:
    """Say in detail what was done, keep the facts, and sum up on one screen."""
    from analysis_lib.delivery.run_facts import run_facts, run_lines
    from analysis_lib.delivery.summary import read_summary
    from analysis_lib.delivery.texts import summary_lines

    for line in (*build_lines(outcomes), *check_lines(outcomes), *published.lines()):
        progress.say(line)
    document = read_summary(published.site)
    run.facts = run_facts(outcomes.build, published, progress.seconds, document["alerts"])
    return summary_lines(document, run_lines(run.facts))


def _not_passed(outcomes: Sequence[Outcome]) -> list[dict[str, str | int]]:
    """The checks that some rows break, as summary.json lists them."""
    return [
        {
            "model": outcome.check.model,
            "check": outcome.check.brief,
            "status": outcome.status,
            "rows": outcome.failing_rows,
        }
        for outcome in outcomes
        if outcome.failing_rows
    ]
