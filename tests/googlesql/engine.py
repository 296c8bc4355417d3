"""Google's own GoogleSQL analyser and reference engine, in this process: PyPI `zetasql` (WebAssembly).

The analyser is the judge of the models' names and types; the engine is the oracle of their results, on
small data (a few thousand rows). It knows more than BigQuery does, so the models are linted as well.

    engine = GoogleSql()
    engine.columns("select sum(n) as n from t", {"t": {"n": "INT64"}})       # {"n": "INT64"}
    engine.run("select n + 1 as n from t", {"t": {"n": "INT64"}}, {"t": [(1,)]}).rows   # [(2,)]
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import wasmtime
import zetasql.core.wasm_client as wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as language
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_node_kind_pb2

from tests.googlesql.values import from_value, to_type, to_value, type_name, type_of

Tables = Mapping[str, Mapping[str, str]]
_NOT_BIGQUERY = (
    "FEATURE_TEST",
    "__DO_NOT",
    "DEPRECATED",
    "STRICT",
    "SPANNER",
    "EXPERIMENTAL",
    "INTERNAL",
    # BigQuery takes analytic functions inside coalesce, and FLOAT64 in `select distinct`.
    "ENFORCE_CONDITIONAL_EVALUATION",
    "DISALLOW_GROUP_BY_FLOAT",
)


class GoogleSqlError(Exception):
    """What ZetaSQL says about a query it refuses; with a caret under the place."""


@dataclass(frozen=True)
class Result:
    """The rows of a query, its columns and their GoogleSQL types, in order."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class _CachedConfig(wasmtime.Config):
    """Compiled code is kept between processes: 0.5 s instead of 20 s from the second start on."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = True


class _Client(wasm_client.WasmClient):
    """The package's client with whole blocks copied at once, where it copies byte by byte."""

    def __init__(self) -> None:
        lock = Path(tempfile.gettempdir()) / "shopbook-zetasql.lock"
        # parallel test processes wait for the first one's compilation instead of all compiling
        with lock.open("w") as handle, mock.patch.object(wasm_client, "Config", _CachedConfig):
            fcntl.flock(handle, fcntl.LOCK_EX)
            super().__init__(get_wasm_path())

    def write_bytes(self, ptr: int, data: bytes) -> None:
        ctypes.memmove(self._address(ptr), data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        return ctypes.string_at(self._address(ptr), size)

    def _address(self, ptr: int) -> int:
        # the memory moves when it grows, so its address is asked for each time
        return ctypes.addressof(self.memory.data_ptr().contents) + ptr


class GoogleSql:
    """One running analyser and engine. Start it once a session: half a second, the first time 20 s."""

    def __init__(self) -> None:
        self._client = _Client()
        self._options = _options()
        self._register = functools.lru_cache(maxsize=64)(self._register_uncached)

    def columns(self, sql: str, tables: Tables, params: Mapping[str, object] | None = None) -> dict[str, str]:
        """The output columns of a query and their types; GoogleSqlError for a name, type or syntax error."""
        request = service.AnalyzeRequest(
            sql_statement=sql,
            options=self._with_parameters(params or {}),
            registered_catalog_id=self._register(_frozen(tables)),
        )
        statement = self._call("Analyze", request, service.AnalyzeResponse).resolved_statement
        node = getattr(statement, statement.WhichOneof("node"))
        return {column.name: type_name(column.column.type) for column in node.output_column_list}

    def run(
        self,
        sql: str,
        tables: Tables,
        rows: Mapping[str, Sequence[Sequence[Any]]] | None = None,
        params: Mapping[str, object] | None = None,
    ) -> Result:
        """The result on these rows (table name to tuples in the order of its columns)."""
        request = service.EvaluateQueryRequest(
            sql=sql,
            options=self._with_parameters(params or {}),
            simple_catalog=_catalogue(tables, self._options),
        )
        for name, columns in tables.items():
            kinds = [to_type(kind) for kind in columns.values()]
            content = request.table_content[name]
            content.table_data.SetInParent()
            for values in (rows or {}).get(name, ()):
                cells = (to_value(value, kind) for value, kind in zip(values, kinds, strict=True))
                content.table_data.row.add().cell.extend(cells)
        for name, value in (params or {}).items():
            parameter = request.params.add()
            parameter.name = name
            parameter.value.CopyFrom(to_value(value, to_type(type_of(value))))
        answer = self._call("EvaluateQuery", request, service.EvaluateQueryResponse)
        columns = answer.prepared.columns
        return Result(
            tuple(column.name for column in columns),
            tuple(type_name(column.type) for column in columns),
            [
                tuple(from_value(cell, column.type) for cell, column in zip(row.cell, columns, strict=True))
                for row in answer.content.table_data.row
            ],
        )

    def _call(self, name: str, request: Any, answer: Any) -> Any:
        try:
            return self._client.call_grpc_func(f"ZetaSqlLocalService_{name}", request, answer)
        except ServerError as error:
            raise GoogleSqlError(str(error)) from None

    def _with_parameters(self, params: Mapping[str, object]) -> options_pb2.AnalyzerOptionsProto:
        options = options_pb2.AnalyzerOptionsProto()
        options.CopyFrom(self._options)
        for name, value in params.items():
            parameter = options.query_parameters.add()
            parameter.name = name
            parameter.type.CopyFrom(to_type(type_of(value)))
        return options

    def _register_uncached(self, tables: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> int:
        catalogue = _catalogue({name: dict(columns) for name, columns in tables}, self._options)
        request = service.RegisterCatalogRequest(simple_catalog=catalogue)
        return int(self._call("RegisterCatalog", request, service.RegisterResponse).registered_id)


def _frozen(tables: Tables) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return tuple((name, tuple(columns.items())) for name, columns in tables.items())


def _options() -> options_pb2.AnalyzerOptionsProto:
    options = options_pb2.AnalyzerOptionsProto(
        default_timezone="UTC",
        parameter_mode=language.PARAMETER_NAMED,
        error_message_mode=language.ERROR_MESSAGE_MULTI_LINE_WITH_CARET,
        allow_undeclared_parameters=False,
        prune_unused_columns=False,
    )
    rules = options.language_options
    rules.product_mode = language.PRODUCT_EXTERNAL
    rules.name_resolution_mode = language.NAME_RESOLUTION_DEFAULT
    rules.enabled_language_features.extend(
        number
        for name, number in language.LanguageFeature.items()
        if number > 0 and not any(part in name for part in _NOT_BIGQUERY)
    )
    rules.supported_statement_kinds.append(
        resolved_node_kind_pb2.ResolvedNodeKind.Value("RESOLVED_QUERY_STMT")
    )
    rules.reserved_keywords.append("QUALIFY")
    return options


def _catalogue(
    tables: Tables, options: options_pb2.AnalyzerOptionsProto
) -> simple_catalog_pb2.SimpleCatalogProto:
    catalogue = simple_catalog_pb2.SimpleCatalogProto(name="shop")
    catalogue.builtin_function_options.language_options.CopyFrom(options.language_options)
    for number, (name, columns) in enumerate(tables.items()):
        table = catalogue.table.add()
        table.name = name
        table.serialization_id = number + 1
        for column_name, kind in columns.items():
            column = table.column.add()
            column.name = column_name
            column.type.CopyFrom(to_type(kind))
    return catalogue
