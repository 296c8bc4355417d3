"""`shopbook report --list` and `--dry-run`: what there is and what would be done, without doing it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import analysis_lib
from analysis_lib.editions.build import edition_parameters
from analysis_lib.editions.schema import project_of
from analysis_lib.outcome import BuildSummary, Built
from analysis_lib.parameters import Parameters
from analysis_lib.publish import PublishRequest, cache
from analysis_lib.publish.parts import kept_words, plan_parts
from analysis_lib.publish.plan import Reports, read_reports
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.shop import READ_ONLY
from analysis_lib.stated import run_parameters
from analysis_lib.verbs.build import Outcomes
from analysis_lib.verbs.inspect import text_table
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
from analysis_lib.warehouse.opening import choose_shop, editions, environment_of, open_warehouse, shops

_INPUTS_CHANGED = re.compile(r"(its inputs|[a-z0-9_]+(, [a-z0-9_]+)*) changed")
_LIBRARY = Path(analysis_lib.__file__).parent


def list_lines(settings: Settings, shop: str, _given: Mapping[str, object], choice: Choice) -> list[str]:
    """Every page, brief and edition with its address and whether it can be made. Nothing is changed.

    Raises
    ------
    SettingsError, MissingInputError
        `reports.yml` cannot be used, or there is no shop of that name.
    """
    reports = read_reports(settings.reports / "reports.yml", settings.notebooks)
    head = "no shop has been loaded yet"
    lacks: Mapping[str, tuple[str, ...]] = {}
    settled: list[Chosen] = []
    waiting: dict[str, str] = {}
    waits = shop or settings.shop or ""
    if waits in settings.profiles and waits not in shops(settings):
        head = f"nothing has been loaded yet for the shop {waits}"
    elif shop or shops(settings):
        name, source = choose_shop(settings, shop)
        with open_warehouse(settings, name, read_only=True) as warehouse:
            lacks = Runner(warehouse, project_of(warehouse, source, settings), Parameters()).missing
        settled, waiting = settle(settings, name, reports.editions)
        choose(settled, reports.editions, choice)  # a wrong name is told here as well
        head = f"shop {name}"
    return [head, *_pages(reports, lacks), *_editions(reports, settled, waiting)]


def _pages(reports: Reports, lacks: Mapping[str, tuple[str, ...]]) -> list[str]:
    why = availability_of(lacks)
    rows = []
    for page in reports.pages:
        missing = dict.fromkeys(
            str(why[model]) for model in page.requires if why.get(model, True) is not True
        )
        state = "; ".join(missing) or ("has data" if lacks else "")
        rows.append(["page", page.id, f"{page.output}.html", ", ".join(page.requires) or "–", state])
    for brief in reports.briefs:
        rows.append(["brief", brief.id, f"briefs/{brief.id}.pdf", f"pages {', '.join(brief.pages)}", ""])
    return text_table(["", "id", "address", "needs", "state"], rows)


def _editions(reports: Reports, settled: list[Chosen], waiting: Mapping[str, str]) -> list[str]:
    if not reports.editions:
        return ["no editions"]
    rows = []
    for entry in reports.editions:
        own = [one for one in settled if one.entry is entry]
        for one in own:
            holds = one.edition.restriction or "the whole shop"
            given = ", ".join(f"{name} {value}" for name, value in one.edition.parameters.items())
            address = f"editions/{one.edition.id}/index.html"
            rows.append([one.edition.id, address, f"{holds}; {given}" if given else holds, entry.publish])
        if not own:
            state = waiting.get(entry.id, "known when a shop is loaded")
            rows.append([entry.id, f"editions/{entry.id}-…", f"each {entry.each}: {state}", entry.publish])
    return text_table(["edition", "address", "holds", "published"], rows)


def dry_run_lines(settings: Settings, shop: str, given: Mapping[str, object], choice: Choice) -> list[str]:
    """Which models would be built, which notebooks would run and why, and which would be used again.

    Nothing is written.

    Raises
    ------
    ShopbookError
        What would stop the run before it starts: parameters, `reports.yml`, notebooks.
    """
    reports = read_reports(settings.reports / "reports.yml", settings.notebooks)
    name, source = choose_shop(settings, shop)
    own = {**settings.parameters, **given}
    whole, lines, is_known = _look(settings, name, source, None, given)
    chosen = choose(settle(settings, name, reports.editions)[0], reports.editions, choice)
    made = []
    for one in chosen:
        schema = one.edition.schema(name)
        if schema not in editions(settings) or not is_known:
            reason = (
                "the whole shop's models are built before it" if not is_known else "it was not made before"
            )
            lines.append(f"edition {one.edition.id}: its models would be built, because {reason}")
            continue
        parameters = edition_parameters(one.edition, own, whole.build.parameters)
        outcomes, found, is_edition_known = _look(
            settings, schema, source, parameters, {}, f"{one.edition.id}: "
        )
        lines += found
        if is_edition_known:
            made.append((one, outcomes))
    if not is_known:
        return [*lines, "every notebook would run: its models are built before it", _NOTHING]
    request = PublishRequest(
        settings=settings,
        parameters=literals(whole.build.parameters, name),
        fingerprints=whole.build.fingerprints,
        availability=availability_of(lacks_of(whole.build)),
        stamp=stamp_of(whole, name, ""),
        required_parameters=("shop", "as_of"),
        renderer=choice.renderer,
        only=choice.only or None,
        force=choice.force,
        environment={READ_ONLY: "1", **environment_of(settings)},
        editions=[edition_request(one, name, source, outcomes, "") for one, outcomes in made],
        remedy=remedy_of(whole.build, source, name),
    )
    return [*lines, *_notebook_lines(request), _NOTHING]


def load_lines(settings: Settings) -> list[str]:
    """What a report would load first, where the shop's profile says so; the files are not looked at."""
    if not settings.places:
        return []
    return [f"would load what is new in {', '.join(settings.places)} (source {settings.source})"]


_NOTHING = "dry run: nothing was written"


def _notebook_lines(request: PublishRequest) -> list[str]:
    parts, kept = plan_parts(request, request.settings.site, _LIBRARY)
    lines = []
    for part in parts:
        for task in part.tasks:
            why = cache.why_run(task.entry, task.inputs, request.force)
            lines.append(f"would run {task.name}: {why}" if why else f"would reuse {task.name}")
        lines += [f"no data for {part.name_of(page)}: {why}" for page, why in part.plan.left_out.items()]
    return [*lines, *(f"edition {name}: {what}" for name, what in kept_words(kept).items())]


def _look(
    settings: Settings,
    schema: str,
    source: str,
    parameters: Parameters | None,
    given: Mapping[str, object],
    prefix: str = "",
) -> tuple[Outcomes, list[str], bool]:
    """What is stale in a schema, as lines, with what a build would come to; whether that is known yet.

    It is not while staging is stale: the newest day is known only when it is built.
    """
    with open_warehouse(settings, schema, read_only=True) as warehouse:
        wanted = parameters or run_parameters(settings, warehouse, source, given)
        runner = Runner(warehouse, project_of(warehouse, source, settings), wanted)
        stale = runner.stale()
    by_reason: dict[str, list[str]] = {}
    for model, reason in stale.items():
        # Of a change far below, only the first models tell something
        why = "what they read changed" if _INPUTS_CHANGED.fullmatch(reason) else reason
        by_reason.setdefault(why, []).append(model)
    lines = [f"{prefix}would build, because {why}: {', '.join(models)}" for why, models in by_reason.items()]
    if not stale:
        lines = [f"{prefix}no model would be built"]
    results = [
        Built(model, "not available", f"no {', '.join(lacks)}") if lacks else Built(model, "reused", "")
        for model, lacks in runner.missing.items()
    ]
    summary = BuildSummary(runner.parameters, results, dict(runner.fingerprints))
    is_known = runner.parameters.as_of is not None and not any(model.startswith("stg_") for model in stale)
    return Outcomes(schema, source, summary, []), lines, is_known
