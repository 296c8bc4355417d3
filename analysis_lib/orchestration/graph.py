"""The graph as data: loaded tables, models, pages and briefs, each with what it needs and promises.

Nothing in it is typed by hand: a model's needs are the tables in its SQL, a page's stand in `reports.yml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from analysis_lib.checks import checks_of
from analysis_lib.contracts import Column
from analysis_lib.errors import ModelError, did_you_mean
from analysis_lib.models import Model, Project
from analysis_lib.pages.quality_data import layer
from analysis_lib.publish.plan import Reports

LOADED = "loaded"
PAGES = "pages"
BRIEFS = "briefs"
_AS_IT_CAME = "As it came, with the file it came from."


@dataclass(frozen=True)
class Node:
    """One thing that is made: a loaded table, a model, a page (`page/id`) or a brief (`brief/id`).

    `room` is the layer that it belongs to, `needs` are the names that it is made from; `errors` and
    `warnings` are the briefs of its checks, by what a failing row of them means.
    """

    name: str
    room: str
    needs: tuple[str, ...] = ()
    description: str = ""
    grain: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sql: str = ""

    @property
    def is_model(self) -> bool:
        """Whether the runner builds it."""
        return self.room not in (LOADED, PAGES, BRIEFS)


@dataclass(frozen=True)
class Graph:
    """Every node after those that it needs.

    Examples
    --------
    >>> made = Graph((Node("raw_events", "loaded"), Node("stg_events", "staging", ("raw_events",))))
    >>> [(room, [node.name for node in nodes]) for room, nodes in made.rooms.items()]
    [('loaded', ['raw_events']), ('staging', ['stg_events'])]
    """

    nodes: tuple[Node, ...]

    @property
    def rooms(self) -> dict[str, list[Node]]:
        """Room to its nodes, the rooms in the order of their first node."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.room, []).append(node)
        return found

    @property
    def models(self) -> list[Node]:
        """The nodes that the runner builds."""
        return [node for node in self.nodes if node.is_model]

    def select(self, selectors: Iterable[str]) -> Graph:
        """The graph of some nodes: `name`, `+name` (with what it needs) and `name+` (with what needs it).

        Raises
        ------
        ModelError
            There is no such node.

        Examples
        --------
        >>> made = Graph((Node("raw_a", "loaded"), Node("stg_a", "staging", ("raw_a",)), Node("b", "marts")))
        >>> [node.name for node in made.select(["+stg_a"]).nodes]
        ['raw_a', 'stg_a']
        """
        needs = {node.name: node.needs for node in self.nodes}
        needed_by: dict[str, list[str]] = {name: [] for name in needs}
        for name, found in needs.items():
            for need in found:
                needed_by[need].append(name)
        chosen: set[str] = set()
        for selector in selectors:
            name = selector.strip("+")
            if name not in needs:
                raise ModelError(f"There is nothing named {name} in the graph.", did_you_mean(name, needs))
            chosen.add(name)
            chosen |= _reached(needs, name) if selector.startswith("+") else set()
            chosen |= _reached(needed_by, name) if selector.endswith("+") else set()
        return Graph(
            tuple(
                replace(node, needs=tuple(need for need in node.needs if need in chosen))
                for node in self.nodes
                if node.name in chosen
            )
        )


def _reached(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in set(edges[waiting.pop()]) - found:
            found.add(name)
            waiting.append(name)
    return found


def loaded_tables(project: Project) -> list[str]:
    """The tables that a load fills; a staging table that the source does not provide is none."""
    return [name for name in project.raw_schemas if not name.startswith("stg_")]


def make_graph(project: Project, reports: Reports | None = None) -> Graph:
    """The graph of a shop's source, with the pages and briefs where the list of reports is given.

    Parameters
    ----------
    project
        The models of the shop's source.
    reports
        What is published.

    Raises
    ------
    ModelError
        The models select from each other in a circle, or a check is not understood.

    Examples
    --------
    >>> from analysis_lib.models import read_project
    >>> made = make_graph(read_project("thelook"))
    >>> [node.needs for node in made.nodes if node.name == "stg_users"]
    [('raw_users',)]
    """
    raw = loaded_tables(project)
    known = {*raw, *project.models}
    nodes = [Node(name, LOADED, description=_AS_IT_CAME) for name in raw]
    nodes += [_model_node(model, project, known) for model in project.ordered()]
    for page in reports.pages if reports else ():
        needs = tuple(sorted(set(page.requires) & known))
        nodes.append(Node(f"page/{page.id}", PAGES, needs, page.description or page.title))
    for brief in reports.briefs if reports else ():
        needs = tuple(f"page/{page}" for page in brief.pages)
        nodes.append(Node(f"brief/{brief.id}", BRIEFS, needs, brief.description or brief.title))
    return Graph(tuple(nodes))


def _model_node(model: Model, project: Project, known: set[str]) -> Node:
    contract = model.contract
    checks = checks_of(model, set(project.models))
    return Node(
        name=model.name,
        room=layer(model).lower(),
        needs=tuple(sorted(model.inputs & known)),
        description=contract.description,
        grain=contract.grain_description,
        columns=contract.columns,
        errors=tuple(check.brief for check in checks if check.severity == "error"),
        warnings=tuple(check.brief for check in checks if check.severity == "warn"),
        sql=model.sql if model.path.suffix == ".sql" else "",
    )
