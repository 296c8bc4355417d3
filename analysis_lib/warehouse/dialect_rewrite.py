"""The frame of the translation: rules that turn one GoogleSQL node into DuckDB's.

A rule is a function from a typed node to its replacement, registered for the node's class. Children are
translated before their parents, so a rule sees translated children that still carry their GoogleSQL type.
Templates are written in DuckDB's own SQL, where `:name` stands for a child.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import sqlglot
from sqlglot import exp

from analysis_lib.errors import QueryError

Rule = Callable[[exp.Expression], exp.Expression | None]
RULES: dict[type[exp.Expression], list[Rule]] = {}
"""Node class to its rules; the first that returns a node wins, None passes on."""


def rule(*kinds: type[exp.Expression]) -> Callable[[Rule], Rule]:
    """Register a rule for node classes."""

    def register(function: Rule) -> Rule:
        for kind in kinds:
            RULES.setdefault(kind, []).append(function)
        return function

    return register


@functools.cache
def _parsed(template: str) -> exp.Expression:
    return sqlglot.parse_one(template, read="duckdb")


def duck(template: str, **children: exp.Expression | str | int) -> exp.Expression:
    """An expression from DuckDB SQL with `:name` placeholders.

    Examples
    --------
    >>> duck("epoch_us(:x) // 1000", x=exp.column("ts")).sql("duckdb")
    'EPOCH_US(ts) // 1000'
    """
    tree = _parsed(template).copy()
    for placeholder in list(tree.find_all(exp.Placeholder)):
        child = children[placeholder.name]
        if isinstance(child, str):
            child = exp.Literal.string(child)
        elif isinstance(child, int):
            child = exp.Literal.number(child)
        new = child.copy()
        if isinstance(new, exp.Binary | exp.Unary | exp.Between | exp.In | exp.Is):
            new = exp.Paren(this=new)
        new.type = child.type
        if placeholder is tree:
            return new
        placeholder.replace(new)
    return tree


def has_type(node: exp.Expression | None, *kinds: exp.DType) -> bool:
    """Whether the node's GoogleSQL type is one of these."""
    return node is not None and node.type is not None and node.is_type(*kinds)


def is_unknown(node: exp.Expression | None) -> bool:
    """Whether nothing is known about the node's type."""
    return node is None or node.type is None or node.is_type(exp.DType.UNKNOWN)


def need_type(node: exp.Expression, of: exp.Expression) -> None:
    """Refuse to guess: the translation of `of` depends on a type that is not known."""
    if is_unknown(node):
        raise QueryError(
            f"The type of {shown(node)} in {shown(of)} is not known, and its translation depends on it.",
            "Write the type down: cast(… as numeric), cast(… as int64), …",
        )


def shown(node: exp.Expression) -> str:
    """The node as an analyst would write it, shortened."""
    text = node.sql("bigquery", comments=False).lower()
    return text if len(text) <= 80 else text[:77] + "…"


def refuse(node: exp.Expression, why: str, instead: str) -> QueryError:
    """The error for a construct that cannot be translated faithfully."""
    return QueryError(f"{shown(node)}: {why}.", instead)


def rewrite(tree: exp.Expression) -> exp.Expression:
    """The typed tree with every rule applied, children first."""
    root = exp.Paren(this=tree)
    for node in reversed(list(tree.walk(bfs=False))):
        for candidate in RULES.get(type(node), ()):
            new = candidate(node)
            if new is not None:
                if new is not node:
                    if new.type is None:
                        new.type = node.type
                    node.replace(new)
                break
    result = root.this
    result.parent = None
    return result
