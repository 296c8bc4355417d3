"""What publishing is asked for: the request of the whole report and of its editions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from analysis_lib.checks import Outcome
from analysis_lib.editions.spec import Edition
from analysis_lib.outcome import BuildSummary
from analysis_lib.parameters import Parameters
from analysis_lib.publish.request import EditionRequest, Stamp
from analysis_lib.publish.unavailable import lacking
from analysis_lib.verbs.build import Outcomes
from analysis_lib.verbs.report_editions import Chosen

_LOAD = (
    "Load the table with `shopbook load {source} --from FOLDER --shop {shop}`, then run `shopbook report` "
    "again; what else a table is needed for stands in docs/models.md."
)
_NOT_OF_SOURCE = (
    "The source {source} has no such table; a source of your own can have it, see docs/sources.md."
)
# Tables that no edition of some people has, with the reason.
NOT_BY_PEOPLE = {"raw_marketing_spend": "ad spend", "raw_inventory_items": "stock"}


def period_of(parameters: Parameters) -> tuple[dt.date, dt.date]:
    """First and last day of the KPI window."""
    if parameters.as_of is None:
        raise ValueError("as_of is not resolved")
    return parameters.as_of - dt.timedelta(days=parameters.window_days - 1), parameters.as_of


def _long_date(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def literals(parameters: Parameters, shop: str) -> dict[str, Any]:
    """The parameters of a run as notebooks take them."""
    values = {
        key: value for key, value in parameters.as_query_parameters().items() if key != "service_level_z"
    }
    return {**values, "as_of": parameters.as_of.isoformat() if parameters.as_of else "", "shop": shop}


def stamp_of(outcomes: Outcomes, shop: str, commit: str, edition: Edition | None = None) -> Stamp:
    """The facts of a build that every page carries."""
    parameters = outcomes.build.parameters
    first, last = period_of(parameters)
    return Stamp(
        shop=shop,
        data_through=last.isoformat(),
        period=f"{_long_date(first)} – {_long_date(last)}",
        commit=commit,
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
        edition=edition.label if edition else "",
        edition_title=edition.title if edition else "",
    )


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


def availability_of(
    lacks: Mapping[str, tuple[str, ...]], edition: Edition | None = None
) -> dict[str, bool | str]:
    """Model to True, or to what is missing for it, in the analyst's words."""
    return {model: _why(tables, edition) if tables else True for model, tables in lacks.items()}


def _why(tables: tuple[str, ...], edition: Edition | None) -> str:
    unknown = [NOT_BY_PEOPLE[table] for table in tables if table in NOT_BY_PEOPLE]
    if edition and edition.dimension and unknown:
        return f"{' and '.join(unknown)} is not known by people, so that an edition of some people has none"
    return lacking(tables)


def remedy_of(summary: BuildSummary, source: str, shop: str) -> str:
    """What to do about tables that are missing: load them, where the source knows such tables."""
    lacks = [table for tables in lacks_of(summary).values() for table in tables]
    is_of_source = not lacks or any(table.startswith("raw_") for table in lacks)
    return (_LOAD if is_of_source else _NOT_OF_SOURCE).format(source=source, shop=shop)


def lacks_of(summary: BuildSummary) -> dict[str, tuple[str, ...]]:
    """Model to the raw tables that it lacks, as a build found it."""
    return {
        result.model: tuple(result.reason.removeprefix("no ").split(", "))
        if result.action == "not available"
        else ()
        for result in summary.results
    }


def edition_request(
    chosen: Chosen, shop: str, source: str, outcomes: Outcomes, commit: str, is_preview: bool = False
) -> EditionRequest:
    """The request of one edition that was built and checked; a preview has no whole report beside it."""
    edition, entry = chosen.edition, chosen.entry
    remedy = remedy_of(outcomes.build, source, shop)
    if edition.dimension:
        whole = "report of the whole shop"
        remedy = f"The {whole if is_preview else f'[{whole}](../../index.html)'} has it, where the shop does."
    return EditionRequest(
        id=edition.id,
        title=edition.title,
        description=edition.description,
        entry=entry.id,
        restriction=edition.restriction,
        parameters=literals(outcomes.build.parameters, outcomes.shop),
        fingerprints=outcomes.build.fingerprints,
        availability=availability_of(lacks_of(outcomes.build), edition),
        stamp=stamp_of(outcomes, shop, commit, edition),
        remedy=remedy,
        pages=entry.pages,
        briefs=entry.briefs,
    )
