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

Rule = Callable[[exp.Expr], exp.Expr | None]
RULES: dict[type[exp.Expr], list[Rule]] = {}
"""Node class to its rules; the first that returns a node wins, None passes on."""


def rule(*kinds: type[exp.Expr]) -> Callable[[Rule], Rule]:
    """Register a rule for node classes."""

    def register(function: Rule) -> Rule:
        for kind in kinds:
            RULES.setdefault(kind, []).append(function)
        return function

    return register


@functools.cache
def _parsed(template: str) -> exp.Expr:
    return sqlglot.parse_one(template, read="duckdb")


def duck(template: str, **children: exp.Expr | str | int) -> exp.Expr:
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


def has_type(node: exp.Expr | None, *kinds: exp.DType) -> bool:
    """Whether the node's GoogleSQL type is one of these."""
    return node is not None and node.type is not None and node.is_type(*kinds)


def is_unknown(node: exp.Expr | None) -> bool:
    """Whether nothing is known about the node's type."""
    return node is None or node.type is None or node.is_type(exp.DType.UNKNOWN)


class Untranslatable(Exception):
    """A node has no faithful translation; :func:`rewrite` says so with the node as it was written."""

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(why)
        self.why = why
        self.instead = instead


def need_type(node: exp.Expr) -> None:
    """Refuse to guess: a translation depends on a type that is not known."""
    if is_unknown(node):
        raise Untranslatable(
            "the type of its argument is not known, and its translation depends on it",
            "Write the type down: cast(… as numeric), cast(… as int64), …",
        )


def shown(node: exp.Expr) -> str:
    """The node as an analyst would write it, shortened."""
    plain = node.copy()
    for column in plain.find_all(exp.Column):
        column.set("table", None)
    text = plain.sql("bigquery", comments=False, normalize_functions="lower")
    return text if len(text) <= 80 else text[:77] + "…"


def rewrite(tree: exp.Expr) -> exp.Expr:
    """The typed tree with every rule applied, children first.

    Raises
    ------
    QueryError
        For the first construct that cannot be translated, with what to write instead.
    """
    originals = list(tree.copy().walk(bfs=False))
    root = exp.Paren(this=tree)
    nodes = list(tree.walk(bfs=False))
    for node, original in zip(reversed(nodes), reversed(originals), strict=True):
        for candidate in RULES.get(type(node), ()):
            try:
                new = candidate(node)
            except Untranslatable as error:
                raise QueryError(f"{shown(original)}: {error.why}.", error.instead) from None
            if new is None:
                continue
            if new is not node:
                if new.type is None:
                    new.type = node.type
                node.replace(new)
            break
    result: exp.Expr = root.this
    result.parent = None
    return result
