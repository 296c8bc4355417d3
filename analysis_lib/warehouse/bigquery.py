"""The warehouse in the cloud: one BigQuery dataset a shop. See docs/bigquery.md."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from analysis_lib.contracts import Layout
from analysis_lib.errors import SettingsError
from analysis_lib.settings import Settings
from analysis_lib.warehouse import bigquery_swap, dialect
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery_client import check_dataset, connect, dataset_of, translated
from analysis_lib.warehouse.bigquery_cost import cost, usage
from analysis_lib.warehouse.bigquery_jobs import JobFacts, Jobs, new_run
from analysis_lib.warehouse.bigquery_lease import Lease
from analysis_lib.warehouse.bigquery_retry import retry
from analysis_lib.warehouse.bigquery_values import (
    as_frame,
    as_rows,
    bound,
    googlesql_types,
    parquet,
    qualified,
    schema_fields,
    table_of,
    typed,
    values_sql,
)
from analysis_lib.warehouse.names import check_shop_name
from analysis_lib.warehouse.translations import Select, translations_in, tree_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from google.cloud.bigquery import Table
    from google.cloud.bigquery.table import TableListItem
    from sqlglot import exp

# More rows than these come by a load job, which costs nothing and has no largest text.
_INSERTED_ROWS = 50
# Tables in one answer; without it the service sends fifty, and a shop has more.
_LISTED = 1000
KEPT_DAYS = 7  # of marts that are kept apart


class BigQueryWarehouse:
    """One shop's tables in a dataset of BigQuery.

    Parameters
    ----------
    settings
        `bigquery` says project, dataset and location.
    shop
        The shop; its dataset is made when it is opened for writing and not there.
    read_only
        Whether nothing may be changed.
    beside
        The schema of marts that are kept apart from the shop's own: its dataset takes the place of the
        shop's, and its tables expire.

    Raises
    ------
    SettingsError, MissingInputError, CloudError
        The project, the dataset, its location or a right is missing; before any work.
    """

    # BigQuery does the work, this machine only waits.
    workers = 8
    is_shared = True
    is_billed = True

    def __init__(self, settings: Settings, shop: str, read_only: bool = False, beside: str = "") -> None:
        self.shop = check_shop_name(shop)
        self.settings = settings
        self.read_only = read_only
        self.dataset = dataset_of(settings, beside or shop)
        self.connection = connect(settings.bigquery)
        translations_in(settings.translations)  # there it is kept which tables a model reads
        days = KEPT_DAYS if beside else 0
        check_dataset(self.connection, self.dataset, beside or shop, create=not read_only, days=days)
        self.run = new_run(shop)
        self.jobs = Jobs(self.connection, self.dataset, self.run)
        self.lease = Lease(self.jobs, shop, settings.lock_wait_seconds)
        self._finish_swap()

    def __enter__(self) -> BigQueryWarehouse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others write, and let go of the connection."""
        try:
            self.lease.close()
        finally:
            self.connection.close()

    @property
    def facts(self) -> list[JobFacts]:
        """What every job of this warehouse did so far, those of its sessions included."""
        return list(self.run.facts)

    @contextlib.contextmanager
    def session(self, model: str = "") -> Iterator[BigQueryWarehouse]:
        """The same tables through a connection of its own, for another thread that works for `model`."""
        other = copy.copy(self)
        other.connection = self.connection.another()
        other.jobs = Jobs(other.connection, self.dataset, self.run, model)
        try:
            yield other
        finally:
            other.connection.close()

    @contextlib.contextmanager
    def at(self, schema: str) -> Iterator[BigQueryWarehouse]:
        """The tables of another shop or edition, through a connection of its own."""
        with self.session() as other:
            other.shop = check_shop_name(schema)
            other.dataset = dataset_of(self.settings, schema)
            other.jobs = Jobs(other.connection, other.dataset, self.run)
            other.lease = Lease(other.jobs, schema, self.settings.lock_wait_seconds)
            with contextlib.closing(other.lease):
                yield other

    @contextlib.contextmanager
    def careful(self) -> Iterator[None]:
        """Nothing to be careful about: BigQuery answers over empty tables as over others."""
        yield

    def cost(self, model: str = "") -> dict[str, int]:
        """What the jobs for a model, or all of this run, read and were billed."""
        return cost([fact for fact in self.facts if not model or fact.model == model])

    def usage(self) -> str:
        """Bytes, price and slot time of the jobs so far, and what came here."""
        return usage(self.facts, self.settings.bigquery.price_per_tib)

    def interrupt(self) -> None:
        """Cancel the jobs of all sessions."""
        self.run.interrupt()

    # -- reading --------------------------------------------------------------------------------

    def query(self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of a GoogleSQL query; money comes back as float64, for display."""
        return as_frame(self._fetch(sql, parameters))

    def rows(
        self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a small GoogleSQL query, with exact decimals."""
        return as_rows(self._fetch(sql, parameters))

    def rows_as_written(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query of the library's own, sent as it stands."""
        return as_rows(self.jobs.fetch(sql))

    def _fetch(self, sql: str | exp.Expression, parameters: Mapping[str, Any] | None) -> pa.Table:
        return self.jobs.fetch(dialect.to_bigquery(sql, parameters or {}))

    def listed(self) -> dict[str, TableListItem]:
        """Tables and views with their kind and layout; a request, not a query."""
        with translated(f"dataset {self.dataset}"):
            found = self.connection.client.list_tables(self.address(), page_size=_LISTED, retry=retry())
            return {table.table_id: table for table in found}

    def address(self, name: str = "") -> str:
        """The dataset, or a table of it, with its project."""
        return ".".join(part for part in (self.settings.bigquery.project, self.dataset, name) if part)

    def tables(self) -> set[str]:
        """The names of the shop's tables and views."""
        return set(self.listed())

    def views(self) -> set[str]:
        """The names of the shop's views."""
        return {name for name, table in self.listed().items() if table.table_type == "VIEW"}

    def schema(self) -> dialect.Schema:
        """Columns of the shop's tables with their GoogleSQL types."""
        return {name: self.columns(name) for name in sorted(self.tables())}

    def columns(self, name: str) -> dict[str, str]:
        """Columns of one table with their GoogleSQL types; MissingInputError where it is not there."""
        with translated(name):
            table = self.connection.client.get_table(self.address(name), retry=retry())
        return googlesql_types(table.schema)

    def count(self, name: str) -> int:
        """How many rows a table or view has: a table's are known without a query."""
        with translated(_model(name)):
            table = self.connection.client.get_table(self.address(name), retry=retry())
        if table.table_type != "VIEW":
            return int(table.num_rows or 0)
        [(rows,)] = self.rows(f"select count(*) from `{name}`")
        return int(rows)

    # -- writing --------------------------------------------------------------------------------

    def create_table(
        self,
        name: str,
        select: Select,
        parameters: Mapping[str, Any],
        layout: Layout | None = None,
    ) -> int:
        """Create or replace a table from a GoogleSQL query, atomically; the number of its rows."""
        self._may_write()
        self._make_room(name, for_view=False)
        clauses = layout.sql if layout else ""
        query = dialect.to_bigquery(tree_of(select), parameters)
        self.jobs.execute(f"create or replace table `{name}` {clauses}as\n{query}", _model(name))
        return self.count(name)

    def create_view(self, name: str, select: Select, parameters: Mapping[str, Any]) -> int:
        """Create or replace a view of a GoogleSQL query; the number of its rows."""
        self._may_write()
        self._make_room(name, for_view=True)
        whole = qualified(tree_of(select), self.settings.bigquery.project, self.dataset)
        query = dialect.to_bigquery(whole, parameters)
        self.jobs.execute(f"create or replace view `{name}` as\n{query}", _model(name))
        return self.count(name)

    def link(self, name: str, schema: str, table: str) -> None:
        """Create or replace a view on the whole of a table of another shop or edition."""
        self._may_write()
        self._make_room(name, for_view=True)
        dataset = dataset_of(self.settings, schema)
        source = f"`{self.settings.bigquery.project}.{dataset}.{table}`"
        self.jobs.execute(f"create or replace view `{name}` as select * from {source}", name)

    def _make_room(self, name: str, *, for_view: bool) -> None:
        """BigQuery replaces a table by a table and a view by a view, but not one by the other.

        Nor a table by one with other partitions: what is under construction, and seen by nobody, goes first.
        """
        if name.endswith(NEXT_SUFFIX):
            self.drop([name])  # one request, there or not
            return
        there = self._table(name)
        if there is not None and (there.table_type == "VIEW") != for_view:
            self.drop([name])

    def _table(self, name: str) -> Table | None:
        """A table or view as the service describes it; None where it is not there."""
        from google.api_core.exceptions import NotFound

        with translated(name):
            try:
                return self.connection.client.get_table(self.address(name), retry=retry())
            except NotFound:
                return None

    def create_table_from_frame(self, name: str, columns: Mapping[str, str], frame: pd.DataFrame) -> int:
        """Create or replace a table from a DataFrame of the same columns, typed; the number of its rows."""
        import pyarrow as pa

        incoming = pa.Table.from_pandas(frame[list(columns)], preserve_index=False)
        return self.load(name, columns, typed(incoming, columns))

    def load(self, name: str, columns: Mapping[str, str], table: pa.Table, *, append: bool = False) -> int:
        """Write a table by a load job, which is atomic and costs nothing; the number of rows loaded."""
        from google.cloud import bigquery

        self._may_write()
        if not append:
            self._make_room(name, for_view=False)
        config = bigquery.LoadJobConfig(
            source_format="PARQUET",
            schema=schema_fields(columns),
            write_disposition="WRITE_APPEND" if append else "WRITE_TRUNCATE",
            labels={**self.run.labels, "model": _model(name)},
        )
        config.parquet_options = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
        config.parquet_options.enable_list_inference = True
        with translated(_model(name)):
            job = self.connection.client.load_table_from_file(
                parquet(table),
                self.address(name),
                job_id=self.jobs.next_id(),
                job_config=config,
                num_retries=3,
            )
            job.result(retry=retry())
        return int(job.output_rows or 0)

    def create_empty_table(self, name: str, columns: Mapping[str, str]) -> None:
        """Create or replace a table without rows, from column names and GoogleSQL types."""
        self._may_write()
        self._make_room(name, for_view=False)
        listed = ", ".join(f"`{column}` {type_}" for column, type_ in columns.items())
        self.jobs.execute(f"create or replace table `{name}` ({listed})", _model(name))

    def append(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        """Add rows of plain values to a table, which is made if it is not there."""
        listed = [list(row) for row in rows]
        if self.address(name) not in self.run.known and self._table(name) is None:
            self.create_empty_table(name, columns)
        self.run.known.add(self.address(name))
        if len(listed) > _INSERTED_ROWS:
            self.load(name, columns, table_of(columns, listed), append=True)
        elif listed:
            self._may_write()
            names = ", ".join(f"`{column}`" for column in columns)
            self.jobs.execute(
                f"insert into `{name}` ({names}) values {values_sql(columns, listed)}", _model(name)
            )

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one statement on the library's own metadata tables."""
        self._may_write()
        self.jobs.execute(bound(sql, values))

    def drop(self, names: Iterable[str]) -> None:
        """Drop tables and views, where they exist."""
        for name in names:
            self._may_write()
            self.run.known.discard(self.address(name))
            with translated(name):
                self.connection.client.delete_table(self.address(name), not_found_ok=True, retry=retry())

    # -- swapping -------------------------------------------------------------------------------

    def swap(self, names: Sequence[str], statements: Sequence[tuple[str, Sequence[Any]]] = ()) -> None:
        """Put the finished `__next` tables in the place of the old ones, all or none; see `bigquery_swap`.

        The `__next` tables are still there afterwards, so that it can be done again.
        """
        self._may_write()
        bigquery_swap.write_journal(self.jobs.execute, names, statements)
        self._carry_out()

    def _carry_out(self) -> None:
        def rows(sql: str) -> list[tuple[Any, ...]]:
            return self.rows(sql)

        def replace(names: Sequence[str]) -> None:
            bigquery_swap.replace(self, names)

        self.lease.renew()  # nobody else may have begun, and for five minutes nobody will
        bigquery_swap.carry_out(self.jobs.execute, rows, replace, self.drop)

    def _finish_swap(self) -> None:
        """Do the rest of a swap that was interrupted; who may only read is told to wait."""
        if self._table(bigquery_swap.JOURNAL) is None:
            return
        if self.read_only:
            raise SettingsError(
                f"The tables of {self.shop} on BigQuery are being replaced, or that was interrupted.",
                "Wait for that build to end, or finish it with: shopbook build --warehouse bigquery",
            )
        self._may_write()

    def _may_write(self) -> None:
        """Nobody else writes from here on until it is closed; what was interrupted is finished first."""
        if self.read_only:
            raise SettingsError(f"The shop {self.shop} was opened to be read only.")
        if self.lease.take() and self._table(bigquery_swap.JOURNAL) is not None:
            self._carry_out()

    def take_turn(self) -> None:
        """From here on nobody else writes until it is closed; WarehouseLockedError where somebody does."""
        self._may_write()


def _model(name: str) -> str:
    return name.removesuffix(NEXT_SUFFIX)
