"""`shopbook graph`: what is made from what, for a scheduler or a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_lib.models import Project, read_project
from analysis_lib.orchestration.drawn import FORMATS
from analysis_lib.orchestration.graph import Graph, make_graph
from analysis_lib.publish.plan import Reports, read_reports
from analysis_lib.settings import Settings
from analysis_lib.warehouse.opening import choose_shop


def source_of(settings: Settings, shop: str = "") -> str:
    """The source of a shop: of its profile, which needs no warehouse, or of what was loaded.

    Raises
    ------
    MissingInputError, SettingsError
        The shop has no profile that says it, and there is no such shop in the warehouse.
    """
    if settings.source and shop in ("", settings.profile):
        return settings.source
    return choose_shop(settings, shop)[1]


def project_and_reports(settings: Settings, shop: str = "") -> tuple[Project, Reports | None]:
    """The models of a shop, and what the project publishes, where it has a list of that."""
    project = read_project(source_of(settings, shop), settings.rules, settings.sources)
    listed = settings.reports / "reports.yml"
    return project, read_reports(listed, settings.notebooks) if listed.is_file() else None


def graph_of(settings: Settings, shop: str = "", select: Sequence[str] = ()) -> Graph:
    """The graph of a shop; with selectors (`name`, `+name`, `name+`) a part of it.

    Raises
    ------
    ModelError
        There is nothing of that name.
    SettingsError
        reports.yml cannot be used.
    """
    graph = make_graph(*project_and_reports(settings, shop))
    return graph.select(select) if select else graph


def graph_text(settings: Settings, shop: str, written: str, select: Sequence[str] = ()) -> str:
    """The graph as `json`, `mermaid` or `dot`."""
    return FORMATS[written](graph_of(settings, shop, select))
