"""`shopbook report`: from loaded data to the published site, or nothing at all."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analysis_lib.checks import raise_on_failure
from analysis_lib.delivery.last_run import Recorder
from analysis_lib.editions.build import Whole, build_edition, edition_parameters
from analysis_lib.models import read_project
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings
from analysis_lib.shop import READ_ONLY
from analysis_lib.verbs.build import Outcomes, build, build_lines, check_lines
from analysis_lib.verbs.report_choice import Choice
from analysis_lib.verbs.report_editions import Chosen, choose, settle
from analysis_lib.verbs.report_request import (
    availability_of,
    edition_request,
    lacks_of,
    literals,
    remedy_of,
    stamp_of,
)
from analysis_lib.warehouse import run_ledger
from analysis_lib.warehouse.opening import environment_of

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


def report(
    settings: Settings,
    progress: Progress,
    shop: str = "",
    given: Mapping[str, object] | None = None,
    choice: Choice | None = None,
    run: Recorder | None = None,
) -> list[str]:
    """Build, check, run the notebooks, render and swap the site in; the summary on one screen.

    What was done in detail is said to `progress`, its facts go to `run`.

    Parameters
    ----------
    choice
        Pages, editions and renderer, where they are not the usual ones.

    Raises
    ------
    CheckError
        When a check of severity error failed, of an edition too; the published site stays as it was.
    NotebookError, RenderError
        When a page could not be made; likewise.
    SettingsError
        When reports.yml cannot be used, or has no such edition.
    """
    with run_ledger.within_a_run():
        return _report(settings, progress, shop, given, choice or Choice(), run or Recorder())


def _report(
    settings: Settings,
    progress: Progress,
    shop: str,
    given: Mapping[str, object] | None,
    choice: Choice,
    run: Recorder,
) -> list[str]:
    from analysis_lib.publish import PublishRequest, publish
    from analysis_lib.publish.plan import read_reports

    entries = read_reports(settings.reports / "reports.yml", settings.notebooks).editions
    outcomes = build(settings, progress, shop, given, with_checks=True)
    raise_on_failure(outcomes.checks)
    commit = commit_of(settings)
    project = read_project(outcomes.source, settings.rules, settings.sources)
    whole = Whole(outcomes.shop, outcomes.source, outcomes.build.parameters, project)
    chosen = choose(settle(settings, whole.shop, entries)[0], entries, choice)
    made = _build_editions(settings, progress, whole, chosen, {**settings.parameters, **(given or {})})
    request = PublishRequest(
        settings=settings,
        parameters=literals(outcomes.build.parameters, outcomes.shop),
        fingerprints=outcomes.build.fingerprints,
        availability=availability_of(lacks_of(outcomes.build)),
        stamp=stamp_of(outcomes, outcomes.shop, commit),
        required_parameters=("shop", "as_of"),
        renderer=choice.renderer,
        only=choice.only or None,
        force=choice.force,
        environment={READ_ONLY: "1", **environment_of(settings)},
        editions=[
            edition_request(one, whole.shop, whole.source, built, commit, bool(choice.only))
            for one, built in zip(chosen, made, strict=True)
        ],
        remedy=remedy_of(outcomes.build, whole.source, whole.shop),
    )
    summary = publish(request, progress)
    return _conclude(settings, outcomes, made, summary, progress, run)


def _build_editions(
    settings: Settings,
    progress: Progress,
    whole: Whole,
    chosen: Sequence[Chosen],
    given: Mapping[str, object],
) -> list[Outcomes]:
    """Build and check each edition; the checks of all must pass before anything is published."""
    made = []
    for one in chosen:
        parameters = edition_parameters(one.edition, given, whole.parameters)
        with progress.stage("models of editions") as step:
            summary, outcomes = build_edition(settings, whole, one.edition, parameters, step)
        raise_on_failure(outcomes)
        made.append(Outcomes(one.edition.schema(whole.shop), whole.source, summary, outcomes))
    return made


def _conclude(
    settings: Settings,
    outcomes: Outcomes,
    editions: Sequence[Outcomes],
    published: PublishSummary,
    progress: Progress,
    run: Recorder,
) -> list[str]:
    """Say in detail what was done, keep the facts, and sum up on one screen."""
    from analysis_lib.delivery.run_facts import run_facts, run_lines
    from analysis_lib.delivery.summary import read_summary, with_editions
    from analysis_lib.delivery.texts import summary_lines

    own = [line for built in editions for line in (*build_lines(built)[-1:], *check_lines(built))]
    for line in (*build_lines(outcomes), *check_lines(outcomes), *own, *published.lines()):
        progress.say(line)
    document = with_editions(published.site, read_summary(published.site))
    run.facts = run_facts(outcomes.build, published, progress.seconds, document["alerts"])
    if outcomes.cost:
        from analysis_lib.warehouse.bigquery_cost import run_cost

        # Of all processes: the pages' own queries are billed, too.
        run.facts["bigquery"] = run_cost(run_ledger.current()[1].jobs(), settings.bigquery.price_per_tib)
    return summary_lines(document, run_lines(run.facts))
