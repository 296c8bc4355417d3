"""`shopbook report`: from loaded data to the published site, or nothing at all."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from analysis_lib.checks import raise_on_failure
from analysis_lib.parameters import Parameters
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.shop import READ_ONLY
from analysis_lib.verbs.build import Outcomes, build, build_lines, check_lines


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
) -> list[str]:
    """Build, check, run the notebooks, render and swap the site in; the lines of the summary.

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
        ),
        required_parameters=("shop", "as_of"),
        renderer=renderer,
        only=only,
        force=force,
        environment={READ_ONLY: "1"},
    )
    summary = publish(request, progress)
    return _summary_lines(outcomes, summary.lines(), progress)


def _summary_lines(outcomes: Outcomes, publish_lines: list[str], progress: Progress) -> list[str]:
    return [
        *build_lines(outcomes),
        *check_lines(outcomes),
        *publish_lines,
        f"seconds: {progress.summary()}",
    ]
