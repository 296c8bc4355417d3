"""The embedded warehouse: one DuckDB file, one schema a shop."""

from __future__ import annotations

import contextlib
import copy
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb

from analysis_lib.contracts import Layout
from analysis_lib.settings import Settings
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.connection import connect, described, place, prepare, translated
from analysis_lib.warehouse.memory import Turns
from analysis_lib.warehouse.names import check_shop_name
from analysis_lib.warehouse.translations import ModelQuery, Select, translations_in

if TYPE_CHECKING:
    import pandas as pd
    from sqlglot import exp

# DuckDB 2.0.0 asks pandas for what pandas 3.1 will not have any more; nothing that an analyst could mend.
warnings.filterwarnings("ignore", "The inplace keyword in DataFrame.drop", DeprecationWarning)

# Without the tables of a file that is attached beside (see attach()).
_SCHEMA_QUERY = dialect.SCHEMA_QUERY.replace("where ", "where table_catalog = current_database() and ", 1)


def shops(settings: Settings) -> dict[str, str]:
    """The shops in the warehouse with their source, the one loaded last first."""
    if not settings.warehouse.is_file():
        return {}
    with contextlib.closing(connect(settings, read_only=True)) as connection:
        schemas = [
            row[0]
            for row in connection.execute(
                "select table_schema from information_schema.tables where table_name = 'load_ledger'"
            ).fetchall()
        ]
        found = []
        for schema in schemas:
            row = connection.execute(
                f"select max(loaded_at), any_value(source) from {place(connection, schema)}.load_ledger"
            ).fetchone()
            if row and row[0] is not None:
                found.append((row[0], schema, row[1]))
    return {schema: source for _, schema, source in sorted(found, reverse=True)}


def editions(settings: Settings) -> dict[str, str]:
    """The schemas of editions with their shop; they are no shops of their own."""
    if not settings.warehouse.is_file():
        return {}
    with contextlib.closing(connect(settings, read_only=True)) as connection:
        schemas = connection.execute(
            "select table_schema from information_schema.tables where table_name = 'edition_about' order by 1"
        ).fetchall()
        found = {}
        for (schema,) in schemas:
            about = f"{place(connection, schema)}.edition_about"
            row = connection.execute(f"select value from {about} where name = 'shop'").fetchone()
            found[schema] = row[0] if row else ""
    return found


# In DuckDB 2.0.0 this optimiser folded `sum(x) > 0` to false where a join met an empty table. Without it
# large models take a tenth longer, one much longer, so that it is left out only where a table is empty.
_CAREFUL = "set disabled_optimizers = 'statistics_propagation'"


class _Care:
    """How many sessions want the engine to be careful: the setting holds for all of them at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0


class DuckDBWarehouse:
    """One shop's tables in the DuckDB file of the settings.

    Parameters
    ----------
    settings
        The project's paths and limits.
    shop
        The shop, which is the name of its schema.
    read_only
        Notebooks open read-only, so that several run at once.

    Raises
    ------
    WarehouseLockedError
        When another process holds the file.
    """

    # While one table is written, on one core, another computes.
    workers = 2
    is_shared = is_billed = False

    def __init__(self, settings: Settings, shop: str, read_only: bool = False) -> None:
        self.shop = check_shop_name(shop)
        self.settings = settings
        self.connection = connect(settings, read_only)
        self._translations = translations_in(settings.translations)
        self._sessions: set[DuckDBWarehouse] = set()
        self._care = _Care()
        self._turns = Turns()
        with translated():
            if not read_only:
                self.connection.execute(f"create schema if not exists {place(self.connection, shop)}")
            self.connection.execute(f"set schema = '{place(self.connection, shop)}'")
            if read_only:  # what notebooks ask is small, so that the care costs nothing
                self.connection.execute(_CAREFUL)

    def __enter__(self) -> DuckDBWarehouse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @contextlib.contextmanager
    def session(self, model: str = "") -> Iterator[DuckDBWarehouse]:  # noqa: ARG002 - nothing is billed
        """The same tables through a connection of its own, for another thread; opened in this one."""
        other = copy.copy(self)
        with translated():
            other.connection = self.connection.cursor()
            prepare(other.connection)
            other.connection.execute(f"set schema = '{place(other.connection, self.shop)}'")
        self._sessions.add(other)
        try:
            yield other
        finally:
            self._sessions.discard(other)
            other.close()

    @contextlib.contextmanager
    def careful(self) -> Iterator[None]:
        """While it is open, queries avoid the optimiser that gives wrong answers over empty tables."""
        with self._care.lock:
            self._care.users += 1
            self.connection.execute(_CAREFUL)
        try:
            yield
        finally:
            with self._care.lock:
                self._care.users -= 1
                if not self._care.users:
                    self.connection.execute("reset disabled_optimizers")

    @contextlib.contextmanager
    def at(self, schema: str) -> Iterator[DuckDBWarehouse]:
        """The tables of another schema of the same file, through a connection of its own."""
        other = copy.copy(self)
        other.shop = check_shop_name(schema)
        with other.session() as session:
            yield session

    def link(self, name: str, schema: str, table: str) -> None:
        """Create or replace a view on the whole of a table of another schema."""
        source = place(self.connection, schema)
        with translated(name):
            # A view on a schema that has the name of the database cannot be read, however it is written.
            kind = "table" if source == f'"{schema}"."{schema}"' else "view"
            self._make_room(name, for_view=kind == "view")
            self.connection.execute(f'create or replace {kind} "{name}" as select * from {source}."{table}"')

    def cost(self, model: str = "") -> dict[str, int]:  # noqa: ARG002 - nothing is billed
        """Nothing is billed."""
        return {}

    def take_turn(self) -> None:
        """The file is this process's alone since it was opened for writing."""

    def usage(self) -> str:
        """Nothing is billed."""
        return ""

    def interrupt(self) -> None:
        """Stop what the sessions are running."""
        for session in list(self._sessions):
            session.connection.interrupt()

    def attach(self, path: Path, name: str) -> None:
        """Put another warehouse file beside this one, to be read under that name."""
        with translated(path.name):
            self.connection.execute(f"attach if not exists '{_quoted(path)}' as \"{name}\" (read_only)")

    def link_beside(self, name: str, beside: str) -> None:
        """A view on the table of the same shop and name in the warehouse beside this one."""
        with translated(name):
            self._make_room(name, for_view=True)
            self.connection.execute(
                f'create or replace view "{name}" as select * from "{beside}"."{self.shop}"."{name}"'
            )

    def beside(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a small query in plain SQL on the same shop in the warehouse beside: `{schema}`."""
        with translated():
            return self.connection.execute(sql.format(schema=f'"{name}"."{self.shop}"')).fetchall()

    def schema(self) -> dialect.Schema:
        """Column types of the shop's tables: where BigQuery and DuckDB differ, types decide."""
        with translated():
            rows = self.connection.execute(_SCHEMA_QUERY, [self.shop]).fetchall()
        return dialect.schema_from_rows(rows)

    def _columns(self, table: str) -> dict[str, str] | None:
        """The columns of one table with their GoogleSQL types; None where it is not there."""
        rows = described(self.connection, self.shop, table)
        return dialect.schema_from_rows(rows)[table] if rows else None

    def _translated(
        self, query: str | ModelQuery | exp.Expression, parameters: Mapping[str, Any] | None
    ) -> str:
        if isinstance(query, str | ModelQuery):
            known = self._translations.to_duckdb(query, parameters, self._columns)
            if known is not None:
                return known
            query = query if isinstance(query, str) else query.tree
        return dialect.to_duckdb(query, parameters, self.schema())

    def _run(
        self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None
    ) -> duckdb.DuckDBPyConnection:
        translated_sql = self._translated(sql, parameters)
        with translated():
            return self.connection.execute(translated_sql)

    def query(self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of a GoogleSQL query; money comes back as float64, for display."""
        result = self._run(sql, parameters)
        with translated():
            return result.df()

    def rows(
        self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a small GoogleSQL query, with exact decimals."""
        result = self._run(sql, parameters)
        with translated():
            return result.fetchall()

    def tables(self) -> set[str]:
        """The names of the shop's tables and views."""
        with translated():
            rows = self.connection.execute(
                "select table_name from information_schema.tables "
                "where table_schema = ? and table_catalog = current_database()",
                [self.shop],
            ).fetchall()
        return {row[0] for row in rows}

    def create_table(
        self,
        name: str,
        select: Select,
        parameters: Mapping[str, Any],
        layout: Layout | None = None,  # noqa: ARG002 - DuckDB stores no partitions
    ) -> int:
        """Create or replace a table from a GoogleSQL query, atomically; the number of its rows."""
        select_sql = self._translated(select, parameters)
        with translated(name.removesuffix(NEXT_SUFFIX)):
            self._make_room(name, for_view=False)
            create = f'create or replace table "{name}" as {select_sql}'
            row = self._turns.take(lambda: self.connection.execute(create).fetchone(), self._one_thread)
        return int(row[0]) if row else 0

    @contextlib.contextmanager
    def _one_thread(self) -> Iterator[None]:
        """Each thread holds a part of its own of what it sorts and groups: one of them holds least."""
        self.connection.execute("set threads = 1")
        try:
            yield
        finally:
            self.connection.execute(f"set threads = {self.settings.threads}")

    def create_view(self, name: str, select: Select, parameters: Mapping[str, Any]) -> int:
        """Create or replace a view of a GoogleSQL query; the number of its rows."""
        select_sql = self._translated(select, parameters)
        with translated(name.removesuffix(NEXT_SUFFIX)):
            self._make_room(name, for_view=True)
            self.connection.execute(f'create or replace view "{name}" as {select_sql}')
        return self.count(name)

    def count(self, name: str) -> int:
        """How many rows a table or view has."""
        with translated(name.removesuffix(NEXT_SUFFIX)):
            row = self.connection.execute(f'select count(*) from "{name}"').fetchone()
        return int(row[0]) if row else 0

    def _make_room(self, name: str, *, for_view: bool) -> None:
        """DuckDB replaces a table by a table and a view by a view, but not one by the other."""
        is_view = name in self.views()
        if name in self.tables() and is_view != for_view:
            self.connection.execute(f'drop {"view" if is_view else "table"} "{name}"')

    def views(self) -> set[str]:
        """The names of the shop's views."""
        rows = self.connection.execute(
            "select view_name from duckdb_views() "
            "where schema_name = ? and database_name = current_database() and not internal",
            [self.shop],
        ).fetchall()
        return {row[0] for row in rows}

    def create_table_from_frame(self, name: str, columns: Mapping[str, str], frame: pd.DataFrame) -> int:
        """Create or replace a table from a DataFrame of the same columns, typed; the number of its rows."""
        import pyarrow as pa

        # Through Arrow, where NaN is NULL; a column without any value has no type of its own.
        incoming = pa.Table.from_pandas(frame[list(columns)], preserve_index=False)
        casts = ", ".join(
            f'cast("{column}" as {dialect.duckdb_type(type_)}) as "{column}"'
            for column, type_ in columns.items()
        )
        with translated(name.removesuffix(NEXT_SUFFIX)):
            self._make_room(name, for_view=False)
            self.connection.register("incoming_frame", incoming)
            try:
                self.connection.execute(
                    f'create or replace table "{name}" as select {casts} from incoming_frame'
                )
            finally:
                self.connection.unregister("incoming_frame")
        return int(incoming.num_rows)

    def create_empty_table(self, name: str, columns: Mapping[str, str]) -> None:
        """Create or replace a table without rows, from column names and GoogleSQL types."""
        with translated(name):
            self._make_room(name, for_view=False)
            self.connection.execute(f'create or replace table "{name}" ({_columns(columns)})')

    def append(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        """Add rows of plain values to a table, which is made if it is not there."""
        # A list a column: an insert for each of a thousand rows took two seconds.
        lists = [list(values) for values in zip(*rows, strict=True)]
        typed = ", ".join(f"unnest(?::{dialect.duckdb_type(type_)}[])" for type_ in columns.values())
        with translated(name):
            self.connection.execute(f'create table if not exists "{name}" ({_columns(columns)})')
            if lists:
                self.connection.execute(f'insert into "{name}" select {typed}', lists)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one statement on the library's own metadata tables, in plain SQL."""
        with translated():
            self.connection.execute(sql, list(values))

    def swap(self, names: Sequence[str], statements: Sequence[tuple[str, Sequence[Any]]] = ()) -> None:
        """Put the finished `__next` tables in the place of the old ones, all or none."""
        with self.transaction():
            views = self.views()
            for name in names:
                self.connection.execute(f'drop {"view" if name in views else "table"} if exists "{name}"')
                kind = "view" if name + NEXT_SUFFIX in views else "table"
                self.connection.execute(f'alter {kind} "{name}{NEXT_SUFFIX}" rename to "{name}"')
            for sql, values in statements:
                self.connection.execute(sql, list(values))

    def drop(self, names: Iterable[str]) -> None:
        """Drop tables and views, where they exist."""
        with translated():
            views = self.views()
            for name in names:
                self.connection.execute(f'drop {"view" if name in views else "table"} if exists "{name}"')

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing."""
        with translated():
            self.connection.execute("begin transaction")
            try:
                yield
            except BaseException:
                self.connection.execute("rollback")
                raise
            self.connection.execute("commit")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _columns(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {dialect.duckdb_type(type_)}' for name, type_ in columns.items())
