"""What a load did, for the analyst and for the command's last lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_LEFT_OUT = ("unchanged", "skipped")
_UNREAD = (*_LEFT_OUT, "removed", "kept")
# How the names of what a database holds begin; its tables are loaded by month, BigQuery's are read by day.
DATABASE = ("postgresql:", "bigquery:")
_OF_A_TABLE = {"undated": "rows without a date", "whole": "all rows"}


@dataclass(frozen=True)
class FileOutcome:
    """One file: `outcome` is loaded, replaced, unchanged, skipped, removed or kept; `note` says why.

    `rows_kept` are the rows in the raw table, duplicates among them.
    """

    path: str
    table: str
    outcome: str
    note: str = ""
    rows_read: int = 0
    rows_kept: int = 0
    rows_rejected: int = 0
    duplicates: int = 0
    decisions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class TableOutcome:
    """One table after the load: rows read = rows staged + rejected + duplicates dropped.

    `identical_rows` are rows of a table without a key that equal another one; they are kept.
    """

    table: str
    rows_read: int
    rows_staged: int
    rows_rejected: int
    duplicates_dropped: int
    conflicting_duplicates: int
    identical_rows: int = 0


@dataclass(frozen=True)
class LoadSummary:
    """What a load did: its files, the tables that changed, and the tables that the shop still lacks."""

    source: str
    files: tuple[FileOutcome, ...]
    tables: tuple[TableOutcome, ...]
    lacking: Mapping[str, str]

    @property
    def is_changed(self) -> bool:
        """Whether any row came or went."""
        return any(file.outcome not in _LEFT_OUT for file in self.files)

    @property
    def rows_rejected(self) -> int:
        """The rejected rows of the tables that changed."""
        return sum(table.rows_rejected for table in self.tables)

    @property
    def brief(self) -> str:
        """What was loaded, in one line.

        Examples
        --------
        >>> file = FileOutcome("events.csv", "events", "loaded", rows_read=1200, rows_rejected=3)
        >>> LoadSummary("thelook", (file,), (), {}).brief
        'loaded: 1 file of thelook, 1,200 rows read, 3 rejected'
        """
        files = [file for file in self.files if file.outcome not in _LEFT_OUT]
        read, rejected = sum(file.rows_read for file in files), sum(file.rows_rejected for file in files)
        words = f"loaded: {len(files)} file{'s' * (len(files) != 1)} of {self.source}, {read:,} rows read"
        return f"{words}, {rejected:,} rejected" if rejected else words

    def lines(self) -> list[str]:
        """The summary as lines to print.

        Examples
        --------
        >>> LoadSummary("thelook", (), (), {"events": "sessions are left out"}).lines()
        ['nothing changed', 'no events: sessions are left out']
        """
        lines = [line for files in _together(self.files) for line in _lines_of(files)]
        lines += [_table_line(table) for table in self.tables]
        if not self.is_changed:
            lines.append("nothing changed")
        if self.rows_rejected:
            lines.append(
                "rejected rows and their reasons: shopbook query "
                '"select reason, count(*) from rejected_rows group by 1 order by 2 desc"'
            )
        return lines + [f"no {table}: {consequence}" for table, consequence in self.lacking.items()]


def _together(files: Iterable[FileOutcome]) -> Iterable[list[FileOutcome]]:
    """Each file alone, but the months of a database's table that fared alike together."""
    parts: dict[tuple[str, ...], list[FileOutcome]] = {}
    for number, file in enumerate(files):
        whole = file.path.rpartition("/")[0] if file.path.startswith(DATABASE) else str(number)
        parts.setdefault((whole, file.table, file.outcome), []).append(file)
    return parts.values()


def _lines_of(files: Sequence[FileOutcome]) -> Iterable[str]:
    if not files[0].path.startswith(DATABASE):
        yield from _file_lines(files[0])
        return
    whole = files[0].path.rpartition("/")[0]
    keys = sorted(file.path.rpartition("/")[2] for file in files)
    dated = [key for key in keys if key[0].isdigit()]
    others = [_OF_A_TABLE[key] for key in keys if key in _OF_A_TABLE]
    parts = "months" if dated and "-" in dated[0] else "days"
    span = dated if len(dated) < 2 else [f"{len(dated)} {parts} {dated[0]} to {dated[-1]}"]
    start = f"{whole} → {files[0].table}: {files[0].outcome} {' and '.join(span + others)}"
    if files[0].outcome in _UNREAD:
        yield start
        return
    yield f"{start}, {', '.join(_count_words(files))}"
    yield from dict.fromkeys(f"  {line}" for file in files for line in _decision_lines(file))


def _count_words(files: Sequence[FileOutcome]) -> list[str]:
    """How many rows were read, rejected and dropped."""
    rejected, duplicates = sum(f.rows_rejected for f in files), sum(f.duplicates for f in files)
    words = [f"{sum(file.rows_read for file in files):,} rows read"]
    return (
        words
        + [f"{rejected:,} rejected"] * bool(rejected)
        + [f"{duplicates:,} duplicates"] * bool(duplicates)
    )


def _file_lines(file: FileOutcome) -> Iterable[str]:
    target = f" → {file.table}" if file.table else ""
    if file.outcome in _UNREAD:
        yield f"{file.path}{target}: {file.outcome}, {file.note}"
        return
    yield f"{file.path}{target}: {file.outcome}, {', '.join(_count_words([file]))}"
    yield from (f"  {line}" for line in _decision_lines(file))


def _decision_lines(file: FileOutcome) -> Iterable[str]:
    decisions = file.decisions
    if file.note:
        yield file.note
    if file.rows_read == 0:
        yield "it has a header and no rows"
    if decisions.get("recognised_by", "its name") != "its name":
        yield f"recognised as {file.table} by {decisions['recognised_by']}"
    if decisions.get("delimiter", "comma") != "comma":
        yield f"values parted by {decisions['delimiter']}"
    if decisions.get("encoding", "utf-8") != "utf-8":
        yield f"read as {decisions['encoding']}"
    if decisions.get("cut_off"):
        yield "it is cut off in its last line, which was rejected"
    if decisions.get("read_line_by_line_because"):
        yield f"read line by line: {_joined(decisions['read_line_by_line_because'])}"
    written = decisions.get("written")
    if isinstance(written, Mapping):
        yield from (f"{column} {how}" for column, how in written.items())
    if decisions.get("without_zone"):
        yield f"times without a zone are read as UTC: {_joined(decisions['without_zone'])}"
    nan = decisions.get("not_a_number")
    if isinstance(nan, Mapping):
        yield from (f"NaN is read as no value: {column}" for column in nan)
    if decisions.get("ignored_columns"):
        yield f"columns left out: {_joined(decisions['ignored_columns'])}"
    if decisions.get("absent_columns"):
        what = "table" if decisions.get("format") == "postgresql" else "file"
        yield f"columns not in the {what}, so empty: {_joined(decisions['absent_columns'])}"


def _joined(values: object) -> str:
    return ", ".join(str(value) for value in values) if isinstance(values, Iterable) else str(values)


def _table_line(table: TableOutcome) -> str:
    line = (
        f"{table.table}: {table.rows_read:,} read = {table.rows_staged:,} kept "
        f"+ {table.rows_rejected:,} rejected + {table.duplicates_dropped:,} duplicates"
    )
    if table.conflicting_duplicates:
        line += f", of which {table.conflicting_duplicates:,} differ from the row that was kept"
    if table.identical_rows:
        line += f"; {table.identical_rows:,} equal another row in everything and were kept"
    return line
