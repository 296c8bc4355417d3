"""Translations of models, remembered by the process: most of the time of building a small shop goes there.

A translation depends on the query, its parameters and the columns of the tables that it reads, and on nothing
else; all of these are the key. Shops differ mostly in rows, so that only the first of them is translated.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlglot import exp

from analysis_lib.warehouse import dialect

_KNOWN: dict[tuple[Any, ...], str] = {}
# By the identity of a tree, which is kept alive here: writing a large one out takes as long as a small query.
_TEXTS: dict[int, tuple[exp.Expr, str, frozenset[str]]] = {}


@contextlib.contextmanager
def remembered_translations() -> Iterator[None]:
    """While it is open, no query is translated twice with the same parameters and columns."""
    translate = dialect.to_duckdb

    def remembered(
        query: exp.Expr | str,
        params: Mapping[str, object] | None = None,
        schema: Mapping[str, Mapping[str, str]] | None = None,
        pretty: bool = False,
    ) -> str:
        text, tables = _read(query)
        read = {name: dict((schema or {}).get(name, {})) for name in sorted(tables)}
        key = (text, repr(sorted((params or {}).items())), repr(read), schema is None, pretty)
        if key not in _KNOWN:
            _KNOWN[key] = translate(query, params, schema, pretty)
        return _KNOWN[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "to_duckdb", remembered)
        yield


def _read(query: exp.Expr | str) -> tuple[str, frozenset[str]]:
    """The text of a query, and the tables that it names."""
    if isinstance(query, str):
        return query, frozenset(dialect.tables(dialect.parse(query)))
    if id(query) not in _TEXTS:
        _TEXTS[id(query)] = query, query.sql("bigquery"), frozenset(dialect.tables(query))
    return _TEXTS[id(query)][1:]
