"""Queries for DuckDB, each translated once: on a small shop translating took most of a build.

A translation follows from the query, the values of its parameters, the columns of the tables that it reads,
and the translator, and from nothing else; all of these are its key (see :mod:`kept`), and no other columns
are shown to the translator. A day that a parameter names stands in the kept text as a mark, so that the
build of the next day finds it again. See docs/googlesql.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from analysis_lib.warehouse.kept import Kept

if TYPE_CHECKING:
    from sqlglot import exp

ColumnsOf = Callable[[str], Mapping[str, str] | None]
"""The columns of a table with their GoogleSQL types, in order; None where there is no such table."""


def translator() -> str:
    """A digest of all that translates: sqlglot, the dialect modules, and how translations are kept."""
    here = Path(__file__).parent
    files = [*sorted(here.glob("dialect*.py")), here / "translations.py"]
    return _digest(importlib.metadata.version("sqlglot"), *(path.read_text("utf-8") for path in files))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


# As it was when this process began: whoever edits the dialect meanwhile does not change what was imported.
_TRANSLATOR = translator()


@lru_cache(maxsize=128)
def parsed(sql: str) -> exp.Expression:
    """The tree of a query, which nobody may change; parsing all models takes a second."""
    from analysis_lib.warehouse import dialect

    return dialect.parse(sql)


@dataclass(frozen=True)
class Facts:
    """What a query names: the tables that it reads, its `@parameters`, and its own CTEs."""

    tables: frozenset[str]
    parameters: frozenset[str]
    ctes: frozenset[str]


@dataclass(frozen=True)
class ModelQuery:
    """A model's GoogleSQL as a build runs it.

    `suffixes` are those of the tables under construction, which are read instead of the published ones.
    """

    sql: str
    suffixes: tuple[tuple[str, str], ...] = ()

    @cached_property
    def tree(self) -> exp.Expression:
        """The syntax tree, with the tables renamed; nobody may change it."""
        from sqlglot import exp

        suffixes = dict(self.suffixes)
        tree = parsed(self.sql).copy()
        own = {cte.alias for cte in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if table.name in suffixes and table.name not in own:
                alias = table.alias or table.name
                table.set("this", exp.to_identifier(table.name + suffixes[table.name]))
                table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
        return tree


Select: TypeAlias = "exp.Expression | ModelQuery"
"""What a table is made from: a model's query, or the tree of one."""


def tree_of(query: Select) -> exp.Expression:
    """The syntax tree of either; nobody may change it."""
    return query.tree if isinstance(query, ModelQuery) else query


Query = str | ModelQuery
"""GoogleSQL as text, or that of a model."""


class Translations:
    """Translations that were made before, in a folder (None: in this process only)."""

    def __init__(self, folder: Path | None) -> None:
        self._kept = Kept(folder)
        self._facts: dict[str, Facts] = {}

    def facts(self, sql: str) -> Facts:
        """The tables, parameters and CTEs that a query names.

        Raises
        ------
        QueryError
            When it cannot be read.

        Examples
        --------
        >>> sorted(Translations(None).facts("select id from t where day = @day").parameters)
        ['day']
        """
        if sql not in self._facts:
            key = _digest("facts", _TRANSLATOR, sql)
            text = self._kept.get(key)
            if text is None:
                text = json.dumps(_read_facts(sql))
                self._keep(key, text)
            self._facts[sql] = Facts(*map(frozenset, json.loads(text)))
        return self._facts[sql]

    def to_duckdb(
        self, query: Query, parameters: Mapping[str, object] | None, columns_of: ColumnsOf
    ) -> str | None:
        """The query as DuckDB runs it, see :func:`dialect.to_duckdb`; None where a table is not there.

        Raises
        ------
        QueryError, ParameterError
            As in :func:`dialect.to_duckdb`.

        Examples
        --------
        >>> Translations(None).to_duckdb("select n from t", {}, {"t": {"n": "INT64"}}.get)
        'SELECT CAST("t"."n" AS BIGINT) AS "n" FROM "t" AS "t"'
        """
        from analysis_lib.warehouse import dialect

        asked = ModelQuery(query) if isinstance(query, str) else query
        facts, suffixes = self.facts(asked.sql), dict(asked.suffixes)
        schema = {}
        for table in sorted(facts.tables):
            name = table if table in facts.ctes else table + suffixes.get(table, "")
            columns = columns_of(name)
            if columns is None:
                return None
            schema[name] = dict(columns)
        given = parameters or {}
        values = {name: value for name, value in given.items() if name in facts.parameters}
        marks = _marks(asked.sql, values)
        used = {**values, **marks}
        key = _digest(
            "duckdb",
            _TRANSLATOR,
            asked.sql,
            json.dumps([asked.suffixes, [[name, [*columns.items()]] for name, columns in schema.items()]]),
            repr([(name, type(value).__qualname__, value) for name, value in sorted(used.items())]),
        )
        text = self._kept.get(key)
        if text is None:
            text = dialect.to_duckdb(asked.tree, {**given, **marks}, schema)
            self._keep(key, text)
        for name, mark in marks.items():
            text = text.replace(_day(mark), _day(values[name]))
        return text

    def _keep(self, key: str, text: str) -> None:
        if translator() == _TRANSLATOR:
            self._kept.put(key, text)


def _read_facts(sql: str) -> list[list[str]]:
    from sqlglot import exp

    from analysis_lib.warehouse import dialect

    tree = parsed(sql)
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    return [sorted(names) for names in (dialect.tables(tree), dialect.parameters(tree), ctes)]


def _marks(sql: str, values: Mapping[str, object]) -> dict[str, dt.date]:
    """Days that stand for those that parameters name: each its own, and none that the query knows otherwise.

    The translator copies the day of a literal and never looks at it (tests hold it to that).
    """
    days = [name for name, value in sorted(values.items()) if type(value) is dt.date]
    marks = {name: dt.date(1601, 1, 1) + dt.timedelta(days=place) for place, name in enumerate(days)}
    known = [sql, *map(str, values.values())]
    return {} if any(str(mark) in text for mark in marks.values() for text in known) else marks


def _day(value: object) -> str:
    return f"'{value}'"


_BY_FOLDER: dict[Path | None, Translations] = {}
_last = Translations(None)


def translations_in(folder: Path | None) -> Translations:
    """The translations of a folder, one object a process; from then on :func:`facts` uses it, too."""
    global _last
    _last = _BY_FOLDER.setdefault(folder, Translations(folder))
    return _last


def facts(sql: str) -> Facts:
    """The tables, parameters and CTEs that a query names; see :meth:`Translations.facts`."""
    return _last.facts(sql)
