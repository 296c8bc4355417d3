"""Builds the marts of an edition: only what is stale, in a schema of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis_lib.checks import Checker, Outcome
from analysis_lib.editions.project import READ_FOR_SEGMENTS, READ_OF_WHOLE, people_project
from analysis_lib.editions.schema import link_people, link_whole
from analysis_lib.editions.spec import Edition
from analysis_lib.errors import ModelError
from analysis_lib.models import Project
from analysis_lib.outcome import BuildSummary
from analysis_lib.parameters import Parameters, make_parameters
from analysis_lib.progress import ProgressCallback
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.state import read_state
from analysis_lib.warehouse.base import Warehouse
from analysis_lib.warehouse.opening import open_warehouse


@dataclass(frozen=True)
class Whole:
    """A shop whose marts are built: its name and source, the parameters of that build, and its models."""

    shop: str
    source: str
    parameters: Parameters
    project: Project

    @cached_property
    def people(self) -> Project:
        """The models of an edition of some people: read once, whatever the number of editions."""
        return people_project(self.project)


def edition_parameters(edition: Edition, given: Mapping[str, object], whole: Parameters) -> Parameters:
    """The parameters of an edition: its own, else the run's, or for day, currency and zone the shop's.

    Raises
    ------
    ParameterError
        When one of them cannot be used.
    """
    own = {**given, **edition.parameters}
    if own.get("as_of") in (None, ""):
        own["as_of"] = whole.as_of
    for name in ("currency", "timezone"):  # perhaps it was the data that said them
        own.setdefault(name, getattr(whole, name))
    return make_parameters(own)


def build_edition(
    settings: Settings,
    whole: Whole,
    edition: Edition,
    parameters: Parameters,
    step: ProgressCallback | None = None,
    select: Sequence[str] = (),
) -> tuple[BuildSummary, list[Outcome]]:
    """Build what is stale of an edition, then run its checks.

    Parameters
    ----------
    whole
        The shop, built before.
    edition
        What the edition holds.
    parameters
        Those of the edition, with the last day set (see :func:`edition_parameters`).
    step
        Shown progress.
    select
        Build these models alone, with what they need, as far as they are available, and check nothing; all
        when left out.

    Raises
    ------
    ModelError, DateRangeError
        A model fails, or the last day lies outside the data.
    """
    schema = edition.schema(whole.shop)
    base = whole.shop
    if edition.dimension and parameters != whole.parameters:
        base = edition.base_schema(whole.shop)
        _build_base(settings, whole.shop, base, edition, whole.project, parameters)
    with open_warehouse(settings, schema) as warehouse:
        if "load_ledger" in warehouse.tables():
            raise ModelError(
                f"The edition {edition.id} would need the schema {schema}, which is a shop of its own.",
                "Give the edition another id in reports.yml.",
            )
        if edition.dimension:
            link_people(warehouse, whole.shop, base, _built(warehouse, base, edition), edition)
        else:
            link_whole(warehouse, whole.shop, edition)
        own = whole.people if edition.dimension else whole.project
        runner = Runner(warehouse, own, parameters)
        summary = runner.build(_available(runner, select), step)
        if select:
            return summary, []
        checker = Checker(warehouse, own, summary.parameters, summary.fingerprints)
        return summary, checker.run()


def _build_base(
    settings: Settings, shop: str, base: str, edition: Edition, project: Project, parameters: Parameters
) -> None:
    """The models of the whole shop that an edition of other parameters reads, with those parameters."""
    everybody = Edition(id=base, title=base, parameters=edition.parameters)
    with open_warehouse(settings, base) as warehouse:
        link_whole(warehouse, shop, everybody)
        runner = Runner(warehouse, project, parameters)
        runner.build(_available(runner, _read(edition)))


def _available(runner: Runner, models: Sequence[str]) -> list[str]:
    """The models with what they need, as selectors; those that the shop lacks the tables for left out."""
    return [f"+{name}" for name in models if name in runner.missing and not runner.missing[name]]


def _built(warehouse: Warehouse, base: str, edition: Edition) -> list[str]:
    """Which of the models that an edition reads are there: the shop's source may lack some."""
    with warehouse.at(base) as whole:
        there = read_state(whole).models
    return [name for name in _read(edition) if name in there]


def _read(edition: Edition) -> list[str]:
    return [*READ_OF_WHOLE, *([READ_FOR_SEGMENTS] if edition.dimension == "segment" else [])]
