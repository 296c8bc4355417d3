"""The graph as data: what the runner would do, written down for others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis_lib.checks import checks_of
from analysis_lib.models import Project, read_project
from analysis_lib.orchestration.drawn import as_dot, as_json, as_mermaid
from analysis_lib.orchestration.graph import Graph, make_graph
from analysis_lib.publish.plan import Reports, read_reports
from tests.core.conftest import shopbook
from tests.core.reporting_project import ROOT

__all__ = ["shopbook"]


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project("thelook")


@pytest.fixture(scope="module")
def reports() -> Reports:
    return read_reports(ROOT / "reports" / "reports.yml", ROOT / "notebooks")


@pytest.fixture(scope="module")
def graph(project: Project, reports: Reports) -> Graph:
    return make_graph(project, reports)


def test_it_holds_every_model_with_what_its_sql_reads(graph: Graph, project: Project) -> None:
    found = {node.name: set(node.needs) for node in graph.models}
    loaded = {node.name for node in graph.rooms["loaded"]}
    assert found == {
        name: set(model.inputs & (project.models.keys() | loaded)) for name, model in project.models.items()
    }


def test_every_node_comes_after_what_it_needs(graph: Graph) -> None:
    seen: set[str] = set()
    for node in graph.nodes:
        assert set(node.needs) <= seen, node.name
        seen.add(node.name)
    assert len(seen) == len(graph.nodes)


def test_pages_need_their_marts_and_briefs_their_pages(graph: Graph, reports: Reports) -> None:
    needs = {node.name: set(node.needs) for node in graph.nodes}
    assert {name for name in needs if name.startswith("page/")} == {f"page/{p.id}" for p in reports.pages}
    assert needs["page/journeys"] == set(next(p.requires for p in reports.pages if p.id == "journeys"))
    assert needs["brief/executive"] == {"page/overview", "page/marketing", "page/funnel", "page/inventory"}


def test_a_staging_table_that_the_source_does_not_provide_is_no_loaded_table(graph: Graph) -> None:
    names = {node.name for node in graph.nodes}
    assert "raw_events" in names
    assert "stg_source_facts" not in names


def test_checks_are_counted_by_what_a_failing_row_means(graph: Graph, project: Project) -> None:
    for node in graph.models:
        checks = checks_of(project.models[node.name], set(project.models))
        assert len(node.errors) == sum(check.severity == "error" for check in checks), node.name
        assert len(node.warnings) == sum(check.severity == "warn" for check in checks), node.name


def test_a_part_of_it_has_the_ancestors_that_the_runner_builds(graph: Graph, project: Project) -> None:
    part = graph.select(["+fct_daily_pnl"])
    assert {node.name for node in part.models} == {"fct_daily_pnl"} | project.ancestors("fct_daily_pnl")
    downstream = {node.name for node in graph.select(["int_orders+"]).nodes}
    assert {"int_orders", "fct_daily_pnl", "page/overview", "brief/executive"} <= downstream
    assert "stg_orders" not in downstream


def test_json_says_all_of_it(graph: Graph) -> None:
    document = {node["name"]: node for node in json.loads(as_json(graph))["nodes"]}
    assert document.keys() == {node.name for node in graph.nodes}
    one = document["fct_sessions"]
    assert (one["room"], one["grain"] != "", one["checks"]["error"] > 0) == ("marts", True, True)
    assert one["columns"]["session_id"].keys() == {"type", "description", "unit"}


@pytest.mark.parametrize(("draw", "arrow"), [(as_mermaid, "-->"), (as_dot, "->")])
def test_a_drawing_has_every_need_as_a_line(graph: Graph, draw: Callable[[Graph], str], arrow: str) -> None:
    text = draw(graph)
    lines = {
        tuple(re.sub(r"\W", "_", end.strip(' ";')) for end in line.split(f" {arrow} "))
        for line in text.splitlines()
        if f" {arrow} " in line
    }
    wanted = {(need, node.name) for node in graph.nodes for need in node.needs}
    assert lines == {(re.sub(r"\W", "_", a), re.sub(r"\W", "_", b)) for a, b in wanted}


def test_the_command_needs_no_warehouse_where_the_profile_names_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shopbook: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "_quarto.yml").touch()
    (tmp_path / "shopbook.toml").write_text('[shops.mine]\nsource = "ga4"\nfrom = ["files"]\n')
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(tmp_path))
    code, printed, _ = shopbook("graph", "--select", "+stg_events")
    assert code == 0
    assert "raw_events" in [node["name"] for node in json.loads(printed)["nodes"]]
    assert not (tmp_path / "data").exists()
    code, _, said = shopbook("graph", "--select", "stg_event")
    assert (code, said) == (
        18,
        'shopbook: There is nothing named stg_event in the graph. Did you mean "stg_events"?\n',
    )
