"""Loads objects of a bucket into a shop on BigQuery by load jobs: their rows never come here.

Each new or changed object goes by a load job into a table of its own, Parquet with its types and CSV with
every column declared as text. There its rows are judged by the rules of loading in SQL, and all of them take
their place in one transaction with the ledger. An object that fails is tried again where that helps, and said
at the end: the others are loaded, and what was there of it before stays.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from analysis_lib.errors import BadDataError, MissingInputError, SettingsError, ShopbookError
from analysis_lib.progress import ProgressCallback
from analysis_lib.sources import ledger
from analysis_lib.sources.bigquery.buckets import Stored, client_of, first_line, list_objects
from analysis_lib.sources.bigquery.judging_text import TEXT, decides, is_unclear, is_unjudged
from analysis_lib.sources.bigquery.places import BUCKETS, Bucket
from analysis_lib.sources.bigquery.reading import INSTANT, Judged, judge, rejects_sql, rows_sql
from analysis_lib.sources.bigquery.there import MOST_TABLES, Part, fit
from analysis_lib.sources.bigquery.upload import Upload
from analysis_lib.sources.definition import Source, Table
from analysis_lib.sources.fit import Mapped
from analysis_lib.sources.header import DELIMITERS, standard_name
from analysis_lib.sources.load import settle
from analysis_lib.sources.place import source_folder
from analysis_lib.sources.plan import Plan, Planned, check_tables
from analysis_lib.sources.read import Head
from analysis_lib.sources.recognise import by_name
from analysis_lib.sources.summary import FileOutcome, LoadSummary
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery_client import translated
from analysis_lib.warehouse.bigquery_retry import retry
from analysis_lib.warehouse.bigquery_values import googlesql_types, schema_fields

_PARQUET, _TEXT = (".parquet", ".pq", ".parq"), (".csv", ".tsv", ".txt")
_ON_THE_WAY = dt.timedelta(days=1)
_INSTEAD = "Download it and load it from a folder: shopbook load {} --from FOLDER."


@dataclass(frozen=True)
class _Part(Part):
    """An object in the table that its load job made."""

    stored: Stored | None = None

    @property
    def shown(self) -> str:
        """Its own address, not that of the table on the way."""
        return self.stored.uri if self.stored else self.address

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.stored.name if self.stored else ""

    @property
    def file_id(self) -> int:
        """A number made of its content, as of a file."""
        return ledger.file_id(self.table.name, self.digest)


def load_from_buckets(
    upload: Upload,
    buckets: Sequence[Bucket],
    tables: Sequence[str] | None,
    step: ProgressCallback,
    *,
    max_rejected_share: float,
) -> LoadSummary:
    """Load the objects of buckets that are new or have changed.

    Raises
    ------
    SettingsError
        The source needs to know at which place of a file a row stands, which load jobs do not tell.
    MissingInputError
        No object could be recognised as a table of the source.
    BadDataError
        An object could not be loaded; the others are.
    """
    _check_source(upload.source, source_folder(upload.source.name, upload.cloud.settings.sources))
    return _Objects(upload, buckets, tables, step, max_rejected_share).run()


def _check_source(source: Source, folder: Path) -> None:
    """That no model asks for a row's place in its file, unless its time is known to the microsecond."""
    asks = any("load_row_number" in model.read_text(encoding="utf-8") for model in folder.glob("*.sql"))
    for table in source.tables.values():
        if table.objects or ((asks or table.keyless) and INSTANT not in table.columns):
            raise SettingsError(
                f"The source {source.name} is not loaded from a bucket: its events of one instant are in the "
                "order of the file, which BigQuery's load jobs do not keep.",
                _INSTEAD.format(source.name),
            )


class _Objects:
    def __init__(
        self,
        upload: Upload,
        buckets: Sequence[Bucket],
        tables: Sequence[str] | None,
        step: ProgressCallback,
        max_rejected_share: float,
    ) -> None:
        self.upload, self.cloud, self.source = upload, upload.cloud, upload.source
        self.buckets, self.step, self.most = buckets, step, max_rejected_share
        self.wanted = check_tables(upload.source, tables)
        self.stored: dict[str, Stored] = {}
        self.brought: dict[str, Judged] = {}
        self.failed: dict[str, ShopbookError] = {}

    def run(self) -> LoadSummary:
        files, skipped = self._find()
        try:
            self._bring(files)
            summary = self._take(tuple(file for file in files if file.name not in self.failed), skipped)
        finally:
            self.cloud.drop(judged.part.address.rpartition(".")[2] for judged in self.brought.values())
        if self.failed:
            told = [f"{uri}: {error.message}" for uri, error in self.failed.items()]
            hint = next(iter(self.failed.values())).hint
            raise BadDataError(
                f"{len(told)} of {len(files)} objects could not be loaded: {' '.join(told[:5])}",
                f"The others are loaded. {hint}".strip(),
            )
        return summary

    def _find(self) -> tuple[list[Planned], list[FileOutcome]]:
        """The objects that are tables of the source, by their names and folders."""
        client = client_of(self.cloud)
        files, skipped = [], []
        for bucket in self.buckets:
            for stored in list_objects(client, bucket):
                path = PurePosixPath(stored.uri.removeprefix(BUCKETS))
                name = self._table_of(stored, path)
                if name in self.wanted and stored.suffix in (*_PARQUET, *_TEXT):
                    self.stored[stored.uri] = stored
                    files.append(_planned(stored, self.source.tables[name]))
                    continue
                if name in self.wanted and stored.suffix:
                    raise BadDataError(
                        f"{stored.uri}: JSON is not loaded from a bucket, Parquet and CSV are.",
                        _INSTEAD.format(self.source.name),
                    )
                why = "it was not asked for" if name and stored.suffix else "its name says no table"
                skipped.append(FileOutcome(stored.uri, name, "skipped", why))
        if not files:
            told = " ".join(f"{one.path}: {one.note}." for one in skipped[:3])
            raise MissingInputError(
                "No object of the bucket could be recognised as a table of the source.",
                told or f"There is none of that name in {', '.join(one.name for one in self.buckets)}.",
            )
        return files, skipped

    def _table_of(self, stored: Stored, path: PurePosixPath) -> str:
        stem = stored.name[: stored.name.lower().rfind(stored.suffix)] if stored.suffix else stored.name
        return next(
            (one for part in (stem, path.parent.name) if (one := by_name(part, self.source.tables))), ""
        )

    def _bring(self, files: Sequence[Planned]) -> None:
        """Let load jobs read what is new; again while a failure makes another object count."""
        while True:
            asked = [file for file in files if file.name not in self.failed]
            self.upload.connection.execute("begin transaction")
            try:
                to_load, _, _ = settle(self.upload.connection, {}, Plan(tuple(asked), ()))
            finally:
                self.upload.connection.execute("rollback")
            new = [file for file, _ in to_load if file.name not in self.brought]
            if not new:
                return
            if len(to_load) >= MOST_TABLES:
                raise SettingsError(
                    f"{len(to_load):,} objects are new, and BigQuery reads at most {MOST_TABLES:,} at once.",
                    "Load them in parts, by a pattern of their names.",
                )
            for file in new:
                try:
                    self.brought[file.name] = self._bring_one(file)
                except ShopbookError as error:
                    self.failed[file.name] = error
                self.step(file.path.name, len(self.brought) + len(self.failed), len(to_load))

    def _bring_one(self, file: Planned) -> Judged:
        stored = self.stored[file.name]
        number = len(self.brought) + len(self.failed)
        name = f"load_object_{self.cloud.run.labels['run']}_{number}{NEXT_SUFFIX}"
        address = f"{self.cloud.settings.bigquery.project}.{self.cloud.dataset}.{name}"
        try:
            columns = self._load_there(stored, file.table, address)
            fit(stored.uri, columns, file.table)
            part = _Part(file.table, address, columns, stored.digest, "", 0, stored.bytes, stored)
            self._check_readings(part)
            return judge(self.cloud, part, self.most)
        except ShopbookError:
            self.cloud.drop([name])
            raise

    def _load_there(self, stored: Stored, table: Table, address: str) -> dict[str, str]:
        """One load job into a table of the object's own, which it replaces; the columns with their types."""
        from google.cloud import bigquery

        labels = {**self.cloud.run.labels, "model": f"raw_{table.name}"[:63]}
        config = bigquery.LoadJobConfig(write_disposition="WRITE_TRUNCATE", labels=labels)
        declared: dict[str, str] = {}
        if stored.suffix in _TEXT:
            delimiter, declared = _declared(first_line(stored), table)
            config.source_format, config.skip_leading_rows = "CSV", 1
            config.field_delimiter, config.allow_quoted_newlines = delimiter, True
            config.schema = schema_fields(dict.fromkeys(declared, "STRING"))
        else:
            config.source_format = "PARQUET"
            config.parquet_options = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
            config.parquet_options.enable_list_inference = True
        client = self.cloud.connection.client

        def once() -> Any:
            job = client.load_table_from_uri(stored.uri, address, job_config=config, retry=retry())
            return job.result(retry=retry())

        with translated(stored.uri):
            retry()(once)()
            made = client.get_table(address, retry=retry())
            # What a killed load leaves behind goes by itself.
            made.expires = made.created + _ON_THE_WAY
            client.update_table(made, ["expires"], retry=retry())
            return declared or googlesql_types(made.schema)

    def _check_readings(self, part: _Part) -> None:
        """Values that might be read in another way are not judged here.

        Raises
        ------
        BadDataError
            There are any.
        """
        columns = [
            one
            for name, one in part.table.columns.items()
            if part.columns.get(name) == TEXT and one.type != "STRING"
        ]
        if not columns:
            return
        counts = [
            f"countif({is_unjudged(one)}) as n{i}, max(if({is_unjudged(one)}, `{one.name}`, null)) as e{i}, "
            f"if(countif({decides(one)}) > 0, 0, countif({is_unclear(one)})) as u{i}, "
            f"max(if({is_unclear(one)}, `{one.name}`, null)) as f{i}"
            for i, one in enumerate(columns)
        ]
        [found] = self.cloud.rows_as_written(f"select {', '.join(counts)} from `{part.address}`")
        for i, one in enumerate(columns):
            other, example, unclear, number = found[4 * i : 4 * i + 4]
            if other or unclear:
                raise BadDataError(
                    f"In column {one.name}, {int(other or unclear):,} values such as "
                    f"“{example if other else number}” are written in a way that is not read from a bucket.",
                    _INSTEAD.format(self.source.name),
                )

    def _take(self, files: tuple[Planned, ...], skipped: Sequence[FileOutcome]) -> LoadSummary:
        """Note what was brought, and let its rows take their place."""
        to_load, outcomes, touched = settle(self.upload.connection, {}, Plan(files, ()))
        taken: dict[str, list[Judged]] = {}
        loaded: list[tuple[int, FileOutcome]] = []
        for file, outcome in to_load:
            judged = self.brought[file.name]
            touched.add(file.table.name)
            taken.setdefault(file.table.name, []).append(judged)
            loaded.append((judged.part.file_id, self._note(file, judged, outcome)))
        self._make(taken)
        tables = [table for name, table in self.source.tables.items() if name in touched]
        counts, duplicates = self.upload.finish(tables, [file_id for file_id, _ in loaded])
        there = {entry.table for entry in ledger.entries(self.upload.connection)}
        lacking = {name: one.without for name, one in self.source.tables.items() if name not in there}
        done = [replace(outcome, duplicates=duplicates.get(file_id, 0)) for file_id, outcome in loaded]
        return LoadSummary(self.source.name, (*done, *outcomes, *skipped), tuple(counts), lacking)

    def _make(self, taken: Mapping[str, Sequence[Judged]]) -> None:
        """The tables of rows that are kept and of those that are rejected, made there of what was brought."""
        rejects: list[str] = []
        rejected: dict[int, int] = {}
        for table, brought in taken.items():
            raw = ledger.raw_name(table)
            parts = [judged.part for judged in brought]
            rows = rows_sql(parts, is_copied=True)
            self.cloud.jobs.execute(
                f"create or replace table `{raw}{NEXT_SUFFIX}` as "
                f"select *, false as is_duplicate from ({rows})",
                raw,
            )
            self.upload.made_there[raw] = {judged.part.file_id: judged.kept for judged in brought}
            rejects += [sql for part in parts if (sql := rejects_sql(self.source.name, part))]
            rejected |= {judged.part.file_id: judged.rejected for judged in brought}
        if rejects:
            union = "\nunion all\n".join(rejects)
            self.cloud.jobs.execute(f"create or replace table `rejected_rows{NEXT_SUFFIX}` as {union}")
            self.upload.made_there["rejected_rows"] = rejected

    def _note(self, file: Planned, judged: Judged, outcome: str) -> FileOutcome:
        part, stored = judged.part, self.stored[file.name]
        entry = ledger.Entry(
            part.file_id, file.table.name, file.name, file.sha256, ledger.definition_digest(file.table)
        )
        decided: dict[str, object] = {
            "format": "csv" if stored.suffix in _TEXT else "parquet",
            "generation": stored.generation,
            "ignored_columns": [name for name in part.columns if name not in file.table.columns],
            "absent_columns": [name for name in file.table.columns if name not in part.columns],
        }
        counts = (judged.kept + judged.rejected, judged.kept, judged.rejected)
        where = (stored.name, stored.bytes)
        ledger.remember(self.upload.connection, entry, self.source.name, where, counts, decided)
        return FileOutcome(file.name, file.table.name, outcome, "", *counts, decisions=decided)


def _planned(stored: Stored, table: Table) -> Planned:
    """An object as a file that is going to be loaded; its columns are seen where it is loaded."""
    nothing = Mapped({}, (), (), {})
    head = Head(Path(stored.name), (), ())
    return Planned(
        Path(stored.name), stored.uri, table, "its name", head, nothing, stored.digest, (stored.bytes, 0)
    )


def _declared(line: str, table: Table) -> tuple[str, dict[str, str]]:
    """What parts the values of a text object, and its columns, all text."""
    records = {one: next(csv.reader([line], delimiter=one), []) for one in DELIMITERS}
    delimiter = max(
        records, key=lambda one: sum(standard_name(name) in table.columns for name in records[one])
    )
    columns: dict[str, str] = {}
    for place, written in enumerate(records[delimiter]):
        name = standard_name(written.strip())
        is_known = name in table.columns and name not in columns
        columns[name if is_known else f"column_{place + 1}"] = TEXT
    return delimiter, columns
