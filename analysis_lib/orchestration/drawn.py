"""The graph written down: as JSON for a scheduler, as Mermaid or DOT for a drawing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from analysis_lib.orchestration.graph import Graph, Node


def as_json(graph: Graph) -> str:
    """Every node with its room, needs, description, grain, columns and number of checks.

    Examples
    --------
    >>> print(as_json(Graph((Node("raw_events", "loaded"),))))
    {
     "nodes": [
      {
       "name": "raw_events",
       "room": "loaded",
       "needs": [],
       "description": "",
       "grain": "",
       "columns": {},
       "checks": {
        "error": 0,
        "warn": 0
       }
      }
     ]
    }
    """
    return json.dumps({"nodes": [_document(node) for node in graph.nodes]}, indent=1, ensure_ascii=False)


def _document(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "room": node.room,
        "needs": list(node.needs),
        "description": node.description,
        "grain": node.grain,
        "columns": {
            column.name: {"type": column.type, "description": column.description, "unit": column.unit}
            for column in node.columns.values()
        },
        "checks": {"error": len(node.errors), "warn": len(node.warnings)},
    }


def _key(name: str) -> str:
    """A name as both languages of drawings take it."""
    return re.sub(r"\W", "_", name)


def as_mermaid(graph: Graph) -> str:
    """A flowchart from the left to the right, a box around each room.

    Examples
    --------
    >>> print(as_mermaid(Graph((Node("raw_events", "loaded"), Node("page/all", "pages", ("raw_events",))))))
    flowchart LR
      subgraph loaded
        raw_events
      end
      subgraph pages
        page_all["page/all"]
      end
      raw_events --> page_all
    """
    lines = ["flowchart LR"]
    for room, nodes in graph.rooms.items():
        shown = [
            _key(node.name) + (f'["{node.name}"]' if _key(node.name) != node.name else "") for node in nodes
        ]
        lines += [f"  subgraph {room}", *(f"    {text}" for text in shown), "  end"]
    lines += [f"  {_key(need)} --> {_key(node.name)}" for node in graph.nodes for need in node.needs]
    return "\n".join(lines)


def as_dot(graph: Graph) -> str:
    """The same for Graphviz: `shopbook graph --format dot | dot -Tsvg`.

    Examples
    --------
    >>> print(as_dot(Graph((Node("raw_events", "loaded"), Node("stg_events", "staging", ("raw_events",))))))
    digraph shopbook {
      rankdir=LR; node [shape=box];
      subgraph cluster_loaded { label="loaded"; "raw_events"; }
      subgraph cluster_staging { label="staging"; "stg_events"; }
      "raw_events" -> "stg_events";
    }
    """
    lines = ["digraph shopbook {", "  rankdir=LR; node [shape=box];"]
    for room, nodes in graph.rooms.items():
        names = " ".join(f'"{node.name}";' for node in nodes)
        lines.append(f'  subgraph cluster_{_key(room)} {{ label="{room}"; {names} }}')
    lines += [f'  "{need}" -> "{node.name}";' for node in graph.nodes for need in node.needs]
    return "\n".join([*lines, "}"])


FORMATS: Mapping[str, Callable[[Graph], str]] = {"json": as_json, "mermaid": as_mermaid, "dot": as_dot}
