"""What the rest of the library asks of a warehouse, whatever its engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from sqlglot import exp

    from analysis_lib.contracts import Layout
    from analysis_lib.settings import Settings
    from analysis_lib.warehouse.dialect_types import Schema
    from analysis_lib.warehouse.translations import Select

# A table under construction carries this suffix until the whole build has succeeded.
NEXT_SUFFIX = "__next"


class Warehouse(Protocol):
    """One shop's tables in one engine. All SQL that comes in is GoogleSQL."""

    shop: str
    settings: Settings
    workers: int  # how many models are built at once
    is_shared: bool  # whether another process may write between two statements of this one
    is_billed: bool  # whether the bytes that a query reads are paid for

    def query(self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of a query as a DataFrame; money comes back as float64, for display."""

    def rows(
        self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a small query as Python tuples, with exact decimals."""

    def tables(self) -> set[str]:
        """The names of the shop's tables and views."""

    def views(self) -> set[str]:
        """The names of the shop's views."""

    def schema(self) -> Schema:
        """Columns of the shop's tables with their GoogleSQL types."""

    def count(self, name: str) -> int:
        """How many rows a table or view has, as cheaply as the engine can tell."""

    def create_table(
        self,
        name: str,
        select: Select,
        parameters: Mapping[str, Any],
        layout: Layout | None = None,
    ) -> int:
        """Create or replace a table from a query, atomically; the number of its rows."""

    def create_view(self, name: str, select: Select, parameters: Mapping[str, Any]) -> int:
        """Create or replace a view of a query; the number of its rows."""

    def create_table_from_frame(self, name: str, columns: Mapping[str, str], frame: pd.DataFrame) -> int:
        """Create or replace a table from a DataFrame of the same columns, typed; the number of its rows."""

    def create_empty_table(self, name: str, columns: Mapping[str, str]) -> None:
        """Create or replace a table without rows, from column names and GoogleSQL types."""

    def append(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        """Add rows of plain values to a table, which is made if it is not there."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one statement on the library's own metadata tables."""

    def swap(self, names: Sequence[str], statements: Sequence[tuple[str, Sequence[Any]]] = ()) -> None:
        """Put the finished `__next` tables in the place of the old ones, all or none."""

    def drop(self, names: Iterable[str]) -> None:
        """Drop tables and views, where they exist."""

    def at(self, schema: str) -> AbstractContextManager[Warehouse]:
        """The tables of another shop or edition, through a connection of its own."""

    def link(self, name: str, schema: str, table: str) -> None:
        """Create or replace a view on the whole of a table of another shop or edition."""

    def session(self, model: str = "") -> AbstractContextManager[Warehouse]:
        """The same tables through a connection of its own, for another thread that works for `model`."""

    def careful(self) -> AbstractContextManager[None]:
        """While it is open, queries avoid what the engine is known to get wrong over empty tables."""

    def cost(self, model: str = "") -> Mapping[str, int]:
        """What the jobs for a model, or all of this run, read and were billed; empty where nothing is billed.

        The keys are `jobs`, `bytes_processed`, `bytes_billed` and `slot_milliseconds`.
        """

    def take_turn(self) -> None:
        """From here on nobody else writes until it is closed; WarehouseLockedError where somebody does."""

    def usage(self) -> str:
        """What this run read and cost so far, in words; empty where nothing is billed."""

    def interrupt(self) -> None:
        """Stop what the sessions are running."""

    def close(self) -> None:
        """Let go of the engine."""

    def __enter__(self) -> Warehouse: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...
