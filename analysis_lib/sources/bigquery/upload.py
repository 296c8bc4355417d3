"""Loads this machine's files, or a database's tables, into a shop on BigQuery.

What is new is read by the loader as ever, into a DuckDB file of its own that knows what was loaded before;
only these rows travel. They take their place on BigQuery together with the ledger, in one transaction.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from analysis_lib.errors import BadDataError, SettingsError
from analysis_lib.settings import Settings
from analysis_lib.sources import ledger
from analysis_lib.sources.bigquery import commit
from analysis_lib.sources.bigquery.duplicates import MARKS, Counted, combined, count, marks_name
from analysis_lib.sources.definition import Source, Table
from analysis_lib.sources.summary import TableOutcome
from analysis_lib.warehouse import moving
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import embedded

_STATE = ("load_decisions", "load_repeats", "load_ledger")


@contextlib.contextmanager
def uploading(settings: Settings, shop: str, source: Source) -> Iterator[Upload]:
    """A shop on BigQuery to be loaded into, and the DuckDB file in which what is new is read.

    Raises
    ------
    SettingsError, MissingInputError, CloudError
        BigQuery's project, dataset, location or a right is missing.
    """
    if settings.temp_dir:
        settings.temp_dir.mkdir(parents=True, exist_ok=True)
    with (
        BigQueryWarehouse(settings, shop) as cloud,
        tempfile.TemporaryDirectory(dir=settings.temp_dir, prefix="shopbook_upload_") as folder,
        DuckDBWarehouse(_beside(settings, Path(folder)), shop) as small,
    ):
        yield Upload(cloud, small, source)


def _beside(settings: Settings, folder: Path) -> Settings:
    return dataclasses.replace(embedded(settings), warehouse=folder / "new.duckdb")


class Upload:
    """One load into a shop on BigQuery.

    Parameters
    ----------
    cloud
        The shop.
    small
        An empty DuckDB file; it is given what the shop knows of its files.
    source
        The kind of data.
    """

    def __init__(self, cloud: BigQueryWarehouse, small: DuckDBWarehouse, source: Source) -> None:
        self.cloud, self.small, self.source = cloud, small, source
        self._views, there = cloud.views(), cloud.tables()
        raw = {ledger.raw_name(table) for table in source.tables}
        wanted = {*_STATE, "load_counts", "rejected_rows", *raw}
        sent = {*(name + NEXT_SUFFIX for name in wanted), *map(marks_name, source.tables)}
        self._left_over = sent & there
        self._there: dict[str, Mapping[str, str]] = {
            name: cloud.columns(name) for name in sorted((wanted & there) - self._views)
        }
        for name in (*_STATE, "load_counts"):
            if name in there:
                moving.bring_down(cloud, small, name, self._there[name], name)
        ledger.make_tables(small.connection, source)
        for table in source.tables.values():
            ledger.make_raw(small.connection, table)
        # Tables whose new rows BigQuery made itself, in `<name>__next`, and how many there are of each file.
        self.made_there: dict[str, Mapping[int, int]] = {}
        self._before = self._files()
        self._state = self._state_here()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Where what is new is read."""
        return self.small.connection

    def finish(
        self,
        tables: Sequence[Table],
        loaded: Sequence[int],
        count_there: Callable[[Table], Counted] | None = None,
        rejects: Sequence[str] = (),
    ) -> tuple[list[TableOutcome], Mapping[int, int]]:
        """Take to BigQuery what was read: the tables that changed, and the duplicates of each file.

        Of tables that are read in place no rows travel: `count_there` counts them, and `rejects` are the
        statements that write down what is rejected.

        Raises
        ------
        ShopbookError
            It could not be taken there; the shop is as it was.
        """
        after = self._state_here()
        if after == self._state:
            return [], {}
        change = commit.Change(self._state, after, *self._differences(set(loaded)))
        change.in_place, change.rejects = count_there is not None, list(rejects)
        for table in tables:
            counted = count_there(table) if count_there else self._send_rows(change, table)
            change.counted.append((table, counted))
            self._note_counts(table, counted)
        if "rejected_rows" in self.made_there:
            self._stage(change, "rejected_rows")
        elif self._is_filled("rejected_rows"):
            self._send(change, "rejected_rows")
        self._make_like_here("rejected_rows")
        for name in (*_STATE, "load_counts"):
            self._make_like_here(name)
            self._send(change, name)
        commit.carry_out(self.cloud, change, self._there, self._state_there)
        # Those of a load that was killed, too.
        self.cloud.drop({*change.staged, *self._left_over})
        duplicates = {file: n for _, counted in change.counted for file, n in counted.by_file}
        return [self._outcome(table) for table in tables], duplicates

    def _files(self) -> dict[int, tuple[str, str]]:
        """Table and name of each file in the ledger."""
        rows = self.connection.execute("select file_id, table_name, file_name from load_ledger").fetchall()
        return {int(file): (table, name) for file, table, name in rows}

    def _differences(self, loaded: set[int]) -> tuple[dict[str, list[int]], list[int], dict[int, str]]:
        now = self._files()
        gone: dict[str, list[int]] = {}
        for file, (table, _) in self._before.items():
            if file not in now or file in loaded:
                gone.setdefault(table, []).append(file)
        renamed = {
            file: name
            for file, (_, name) in now.items()
            if file in self._before and file not in loaded and self._before[file][1] != name
        }
        return gone, sorted(loaded), renamed

    def _state_here(self) -> commit.State:
        return commit.State({name: moving.checksum_duckdb(self.small, name) for name in _STATE})

    def _state_there(self) -> commit.State:
        return commit.State({name: moving.checksum_bigquery(self.cloud, name) for name in _STATE})

    def _is_filled(self, name: str) -> bool:
        return bool(self.connection.execute(f'select 1 from "{name}" limit 1').fetchall())

    def _make_like_here(self, name: str) -> None:
        """A table that BigQuery lacks, or the columns that it lacks there; empty, so that nothing is said."""
        if name in self._views:
            raise SettingsError(
                f"The shop {self.cloud.shop} reads {name.removeprefix('raw_')} in place: it holds no rows.",
                "Load into another shop: add --shop NAME.",
            )
        columns = self.small.schema()[name]
        if name not in self._there:
            self.cloud.create_empty_table(name, columns)
            self._there[name] = columns
        there = self._there[name]
        added = {column: type_ for column, type_ in columns.items() if column not in there}
        if added:
            clauses = ", ".join(f"add column `{column}` {type_}" for column, type_ in added.items())
            self.cloud.execute(f"alter table `{name}` {clauses}")
            self._there[name] = {**there, **added}

    def _send(self, change: commit.Change, name: str) -> None:
        moving.send_up(self.small, self.cloud, name, self.small.schema()[name])
        change.stage(name + NEXT_SUFFIX, self.small.schema()[name], moving.checksum_duckdb(self.small, name))

    def _stage(self, change: commit.Change, name: str) -> None:
        """What BigQuery made itself of new rows: it is what was counted, and is that when it is taken."""
        new, file = name + NEXT_SUFFIX, "file_id" if name == "rejected_rows" else "load_file_id"
        columns = self.cloud.columns(new)
        held = moving.checksum_bigquery(self.cloud, new)
        found = self.cloud.rows_as_written(f"select {file}, count(*) as n from `{new}` group by {file}")
        wanted = {one: rows for one, rows in self.made_there[name].items() if rows}
        if {int(one): int(rows) for one, rows in found} != wanted:
            raise BadDataError(
                f"The new rows of {name} are not those that were counted: another load came in between.",
                "Nothing was changed. Load again.",
            )
        change.stage(new, columns, held)

    def _send_rows(self, change: commit.Change, table: Table) -> Counted:
        raw = ledger.raw_name(table.name)
        self._make_like_here(raw)
        has_new = raw in self.made_there or self._is_filled(raw)
        if raw in self.made_there:
            self._stage(change, raw)
        elif has_new:
            self._send(change, raw)
        whole = combined(table, change.gone.get(table.name, []), has_new=has_new)
        counted = count(self.cloud.jobs.execute, self.cloud.rows_as_written, table, whole, set(change.read))
        if counted.is_marked:
            marks = marks_name(table.name)
            change.stage(marks, MARKS, moving.checksum_bigquery(self.cloud, marks))
        return counted

    def _note_counts(self, table: Table, counted: Counted) -> None:
        self.connection.execute("delete from load_counts where table_name = ?", [table.name])
        self.connection.execute(
            """insert into load_counts
            select ?, coalesce(sum(rows_read), 0), ?, coalesce(sum(rows_rejected), 0), ?, ?, ?
            from load_ledger where table_name = ?""",
            [
                *(table.name, counted.rows - counted.duplicates, counted.duplicates),
                *(counted.conflicting, counted.identical, table.name),
            ],
        )

    def _outcome(self, table: Table) -> TableOutcome:
        found = self.connection.execute(
            "select * exclude (table_name) from load_counts where table_name = ?", [table.name]
        ).fetchall()
        return TableOutcome(table.name, *(int(value) for value in found[0]))
