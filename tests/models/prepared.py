"""Google's reference engine with every model analysed once: its tables arrive as parameters.

The engine needs a quarter of a second to analyse a large model and milliseconds to run it, but it binds the
rows of a prepared query's tables when it prepares it. So a prepared model reads `unnest(@rows_of_stg_events)`
where it names `stg_events`, by a CTE put before its own, and each case sends its rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

from tests.googlesql.engine import GoogleSql, Result, Tables, _catalogue
from tests.googlesql.values import from_value, to_type, to_value, type_name, type_of

__all__ = ["PreparedGoogleSql"]

_FIRST_WITH = re.compile(r"\A((?:\s|--[^\n]*\n|/\*.*?\*/)*with)\b", flags=re.DOTALL | re.IGNORECASE)
_PREFIX = "rows_of_"


class PreparedGoogleSql(GoogleSql):
    """The same answers as :class:`GoogleSql`, which remembers what it has analysed."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Any, Any] = {}

    def columns(self, sql: str, tables: Tables, params: Mapping[str, object] | None = None) -> dict[str, str]:
        """The output columns of a query and their types."""
        prepared = self._prepared(sql, tables, params or {})
        return {column.name: type_name(column.type) for column in prepared.columns}

    def run(
        self,
        sql: str,
        tables: Tables,
        rows: Mapping[str, Sequence[Sequence[Any]]] | None = None,
        params: Mapping[str, object] | None = None,
    ) -> Result:
        """The result on these rows."""
        prepared = self._prepared(sql, tables, params or {})
        request = service.EvaluateQueryRequest(prepared_query_id=prepared.prepared_query_id)
        for name, value in (params or {}).items():
            parameter = request.params.add(name=name)
            parameter.value.CopyFrom(to_value(value, to_type(type_of(value))))
        for name, columns in tables.items():
            parameter = request.params.add(name=_PREFIX + name)
            parameter.value.CopyFrom(_table_value(columns, (rows or {}).get(name, ())))
        answer = self._call("EvaluateQuery", request, service.EvaluateQueryResponse)
        columns = prepared.columns
        return Result(
            tuple(column.name for column in columns),
            tuple(type_name(column.type) for column in columns),
            [
                tuple(from_value(cell, column.type) for cell, column in zip(row.cell, columns, strict=True))
                for row in answer.content.table_data.row
            ],
        )

    def _prepared(self, sql: str, tables: Tables, params: Mapping[str, object]) -> Any:
        key = _key(sql, tables, params)
        if key not in self._known:
            self._known[key] = self._prepare(sql, tables, params)
        return self._known[key]

    def _prepare(self, sql: str, tables: Tables, params: Mapping[str, object]) -> Any:
        if not _FIRST_WITH.match(sql):
            raise ValueError(f"a model starts with its first CTE, not so: {sql[:80]}")
        given = " ".join(f"{name} as (select * from unnest(@{_PREFIX}{name}))," for name in tables)
        options = self._with_parameters(params)
        for name, columns in tables.items():
            parameter = options.query_parameters.add(name=_PREFIX + name)
            parameter.type.CopyFrom(_table_type(columns))
        request = service.PrepareQueryRequest(
            sql=_FIRST_WITH.sub(rf"\1 {given}", sql, count=1),
            options=options,
            simple_catalog=_catalogue({}, self._options),
        )
        return self._call("PrepareQuery", request, service.PrepareQueryResponse).prepared


def _key(sql: str, tables: Tables, params: Mapping[str, object]) -> tuple[Any, ...]:
    typed = tuple((name, tuple(columns.items())) for name, columns in tables.items())
    return sql, typed, tuple((name, type_of(value)) for name, value in params.items())


def _table_type(columns: Mapping[str, str]) -> type_pb2.TypeProto:
    kind = type_pb2.TypeProto(type_kind=type_pb2.TYPE_ARRAY)
    row = kind.array_type.element_type
    row.type_kind = type_pb2.TYPE_STRUCT
    for name, column in columns.items():
        row.struct_type.field.add(field_name=name).field_type.CopyFrom(to_type(column))
    return kind


def _table_value(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> value_pb2.ValueProto:
    kinds = [to_type(kind) for kind in columns.values()]
    table = value_pb2.ValueProto()
    table.array_value.SetInParent()
    for row in rows:
        cells = [to_value(value, kind) for value, kind in zip(row, kinds, strict=True)]
        table.array_value.element.add().struct_value.field.extend(cells)
    return table
