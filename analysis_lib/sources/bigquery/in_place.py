"""A shop that reads tables of BigQuery where they are: `raw_…` are views on them, and nothing is copied.

The ledger has an entry for each table, as for a file: instead of its content's hash one of its time of change
and size, so that a changed table is judged again and what is built on it is built again. Rejected rows are
written down when a table is judged; the views leave them out by the same rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from analysis_lib.errors import SettingsError
from analysis_lib.progress import ProgressCallback
from analysis_lib.sources import ledger
from analysis_lib.sources.bigquery.duplicates import Counted, order_of
from analysis_lib.sources.bigquery.places import PREFIX, Place
from analysis_lib.sources.bigquery.reading import INSTANT, Judged, judge, rejects_sql, rows_sql
from analysis_lib.sources.bigquery.there import LEDGER_PREFIX, Part, find_parts
from analysis_lib.sources.bigquery.upload import Upload
from analysis_lib.sources.definition import Table
from analysis_lib.sources.summary import FileOutcome, LoadSummary

# A view's query may have 256 K characters.
_LONGEST_VIEW = 250_000
_REJECTED = "source, table_name, file_id, file_name, row_number, reason, row_as_read"


def load_in_place(
    upload: Upload,
    place: Place,
    tables: Sequence[str] | None,
    step: ProgressCallback,
    *,
    max_rejected_share: float,
) -> LoadSummary:
    """Let a shop read the tables of a dataset in place, and judge those that are new or have changed.

    Raises
    ------
    ShopbookError
        As :func:`find_parts`; a table has another format than expected, or the shop holds rows of files in
        its place. The shop is then as it was.
    """
    found = find_parts(upload.cloud, place, upload.source, tables)
    return _InPlace(upload, place, found, step, max_rejected_share).run()


class _InPlace:
    def __init__(
        self,
        upload: Upload,
        place: Place,
        found: Mapping[str, list[Part]],
        step: ProgressCallback,
        max_rejected_share: float,
    ) -> None:
        self.upload, self.cloud, self.source = upload, upload.cloud, upload.source
        self.place, self.found, self.step, self.most = place, found, step, max_rejected_share

    def run(self) -> LoadSummary:
        known = {(one.table, one.path): one for one in ledger.entries(self.upload.connection)}
        outcomes: list[FileOutcome] = []
        loaded: list[int] = []
        touched: list[Table] = []
        todo: list[tuple[Part, str]] = []
        for name, parts in self.found.items():
            table = self.source.tables[name]
            self._check_kept(table, [path for one, path in known if one == name])
            before = {path for one, path in known if one == name and path.startswith(LEDGER_PREFIX)}
            is_new = ledger.raw_name(name) not in self.cloud.views()
            changed = False
            for path in sorted(before - {part.path for part in parts}):
                ledger.forget(self.upload.connection, known[name, path])
                outcomes.append(FileOutcome(path, name, "removed", "it is not there any more"))
                changed = True
            for part in parts:
                entry = known.get((name, part.path))
                same = (part.digest, ledger.definition_digest(table))
                if entry and not is_new and (entry.sha256, entry.definition) == same:
                    outcomes.append(FileOutcome(part.path, name, "unchanged", "it was read before"))
                    continue
                if entry:
                    ledger.forget(self.upload.connection, entry)
                todo.append((part, "replaced" if entry else "loaded"))
                changed = True
            if changed:
                touched.append(table)
        for done, (part, outcome) in enumerate(todo, start=1):
            judged = judge(self.cloud, part, self.most)
            outcomes.append(self._note(judged, outcome))
            loaded.append(part.file_id)
            self.step(f"{part.name} → {part.table.name}, {judged.kept:,} rows", done, len(todo))
        rejects = [rejects_sql(self.source.name, part) for part, _ in todo]
        inserts = [f"insert into `rejected_rows` ({_REJECTED}) {sql}" for sql in rejects if sql]
        counts, _ = self.upload.finish(touched, loaded, self._view, inserts)
        there = {entry.table for entry in ledger.entries(self.upload.connection)}
        lacking = {name: one.without for name, one in self.source.tables.items() if name not in there}
        return LoadSummary(self.source.name, tuple(outcomes), tuple(counts), lacking)

    def _check_kept(self, table: Table, paths: Sequence[str]) -> None:
        """Rows of files and a table in place do not go together; nor do tables that nothing tells apart."""
        if any(not path.startswith(LEDGER_PREFIX) for path in paths):
            raise SettingsError(
                f"The shop {self.cloud.shop} holds {table.name} of files: it cannot be read in place, too.",
                "Take another shop: add --shop NAME, or only other tables: --tables.",
            )
        if table.keyless and INSTANT not in table.columns:
            raise SettingsError(
                f"The table {table.name} of {self.source.name} has no key: its rows have no order there.",
                "Export it to files and load these.",
            )

    def _note(self, judged: Judged, outcome: str) -> FileOutcome:
        part = judged.part
        entry = ledger.Entry(
            part.file_id, part.table.name, part.path, part.digest, ledger.definition_digest(part.table)
        )
        decided: dict[str, object] = {
            "format": "bigquery",
            "ignored_columns": [name for name in part.columns if name not in part.table.columns],
            "absent_columns": [name for name in part.table.columns if name not in part.columns],
            "identical_rows": judged.identical,
        }
        counts = (judged.kept + judged.rejected, judged.kept, judged.rejected)
        where = (part.name, part.bytes)
        ledger.remember(self.upload.connection, entry, self.source.name, where, counts, decided)
        return FileOutcome(part.path, part.table.name, outcome, "", *counts, decisions=decided)

    def _view(self, table: Table) -> Counted:
        """Make the view of a table, and count what stands in it."""
        raw = ledger.raw_name(table.name)
        parts = self.found[table.name]
        is_twice = False
        if not table.keyless:
            key = ", ".join(f"`{name}`" for name in table.key)
            [(rows, keys)] = self.cloud.rows_as_written(
                f"select coalesce(sum(n), 0) as n, count(*) as k from "
                f"(select {key}, count(*) as n from ({rows_sql(parts, is_copied=False)}) group by {key})"
            )
            is_twice = rows != keys
        if raw in self.cloud.tables() - self.cloud.views():
            self.cloud.drop([raw])  # it had rows of files once, and has none any more
        view = view_sql(table, parts, is_twice=is_twice)
        if len(view) > _LONGEST_VIEW:
            raise SettingsError(
                f"{self.place.address} has {len(parts):,} tables of {table.name}: more than a view can name.",
                f"Take the newer ones: {PREFIX}{self.place.address}.{table.name}_202*",
            )
        self.cloud.jobs.execute(f"create or replace view `{raw}` as\n{view}", raw)
        decided = self.upload.connection.execute(
            "select rows_kept, decisions from load_ledger where table_name = ?", [table.name]
        ).fetchall()
        rows = sum(int(kept) for kept, _ in decided)
        identical = sum(int(json.loads(said).get("identical_rows", 0)) for _, said in decided)
        if not is_twice:
            return Counted(rows, identical=identical)
        values = ", ".join(f"`{name}`" for name in table.columns)
        key = ", ".join(f"`{name}`" for name in table.key)
        [(twice, conflicting)] = self.cloud.rows_as_written(
            "select countif(is_duplicate) as n, countif(is_duplicate and value <> counts) as c from ("
            "select is_duplicate, value, first_value(value) over (partition by "
            f"{key} order by is_duplicate) as counts from "
            f"(select *, to_json_string(struct({values})) as value from `{raw}`))"
        )
        return Counted(rows, int(twice), int(conflicting), identical)


def view_sql(table: Table, parts: Sequence[Part], *, is_twice: bool) -> str:
    """The query of a table's view; rows are ranked only where a key is there twice."""
    if not is_twice:
        return f"select *, false as is_duplicate from ({rows_sql(parts, is_copied=False)})"
    key = ", ".join(f"`{name}`" for name in table.key)
    return (
        f"select *, row_number() over (partition by {key} order by {order_of(table)}) > 1 "
        f"as is_duplicate from ({rows_sql(parts, is_copied=False)})"
    )
