"""A file as a relation that DuckDB reads, with every record accounted for."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from analysis_lib.errors import BadDataError
from analysis_lib.sources import json_lines, streams
from analysis_lib.sources.header import NAMES_OF_DELIMITERS, Header, check_repeats, read_header
from analysis_lib.sources.lexer import broken_line, records, split
from analysis_lib.sources.structure import inspect
from analysis_lib.warehouse.failures import translate


@dataclass(frozen=True)
class Head:
    """What the start of a file tells: its columns as written, and how to read it.

    `types` are DuckDB's names; a text file has VARCHAR only. `header` and `text` are None for Parquet,
    `header` alone for JSON. The last `taken_out` columns are not those of the file: they stand in its
    objects.
    """

    path: Path
    columns: tuple[str, ...]
    types: tuple[str, ...]
    header: Header | None = None
    text: streams.Text | None = None
    taken_out: int = 0


@dataclass(frozen=True)
class Relation:
    """A file that DuckDB can read.

    `sql` selects `load_row_number` (NULL where the order of the rows is the number) and the columns as
    `c0`, `c1`, … in the order of :class:`Head`. `rows` were counted without DuckDB's reader and include
    the `broken` ones, which stand in the JSON lines `broken_path`. `share_of` are the rows that a share of
    rejected ones is taken of, where those are not `rows`. `decimal_points` are the positions of the columns
    with fractions whose format leaves no doubt how they are written.
    """

    head: Head
    sql: str
    rows: int
    broken: int = 0
    broken_path: Path | None = None
    numbered: bool = True
    decimal_points: frozenset[int] = frozenset()
    decisions: dict[str, object] = field(default_factory=dict)
    ignored_in_objects: tuple[str, ...] = ()
    share_of: int = 0


def literal(text: str) -> str:
    """A SQL string.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def one_file(path: Path) -> str:
    """A SQL string that means this file alone: in DuckDB a path is a pattern.

    Examples
    --------
    >>> one_file(Path("events[1].csv"))
    "'events[[]1].csv'"
    """
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_head(connection: duckdb.DuckDBPyConnection, path: Path, known: Collection[str]) -> Head:
    """Columns, packing, encoding and delimiter from the start of a file.

    Parameters
    ----------
    connection
        Any connection; nothing is written.
    path
        The file.
    known
        Column names that the source knows; the delimiter that gives most of them is taken.

    Raises
    ------
    BadDataError
        When the file is empty, cut off or damaged.
    ColumnError
        When two columns have one name.
    """
    if path.stat().st_size == 0:
        raise BadDataError(f"{path.name} is empty.", "Export it again, or leave it out.")
    head = _parquet_head(connection, path) if streams.is_parquet(path) else _text_head(path, known)
    check_repeats(path.name, head.columns)
    return head


def _parquet_head(connection: duckdb.DuckDBPyConnection, path: Path) -> Head:
    try:
        # A cursor of its own: an error must not end the transaction of the load.
        rows = connection.cursor().execute(f"describe from {_parquet_sql(path)}").fetchall()
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    return Head(path, tuple(row[0] for row in rows), tuple(row[1] for row in rows))


def _text_head(path: Path, known: Collection[str]) -> Head:
    text = streams.tell_text(path)
    if json_lines.is_json(path, text):
        columns = json_lines.columns_of(path, text)
        return Head(path, columns, ("VARCHAR",) * len(columns), None, text)
    header = read_header(path, text, known)
    return Head(path, header.columns, ("VARCHAR",) * len(header.columns), header, text)


def _unreadable(path: Path, error: duckdb.Error) -> Exception:
    if isinstance(error, duckdb.OutOfMemoryException):
        return translate(error, path.name)
    reason = str(error).split("\n")[0].split("Error: ")[-1].rstrip(".")
    return BadDataError(
        f"{path.name} is cut off or no Parquet file: {reason}.", "Fetch or export the file again."
    )


def open_relation(connection: duckdb.DuckDBPyConnection, head: Head, work: Path) -> Relation:
    """Make a file readable for DuckDB and count its rows.

    Parameters
    ----------
    connection
        Used to count the rows of a Parquet file.
    head
        From :func:`read_head`.
    work
        A folder for what must be rewritten: broken lines parted from whole ones, another encoding.

    Raises
    ------
    BadDataError
        When the bytes cannot be read as text or Parquet.
    """
    if head.text is None:
        return _parquet(connection, head)
    if head.text.is_shifted:
        raise BadDataError(
            f"{head.path.name} is no text: it looks like UTF-16 of which a byte was lost.",
            "Export it again, as UTF-8.",
        )
    if head.header is None:
        return _json(head, head.text, work)
    return _text(head, head.header, head.text, work)


def _parquet_sql(path: Path, *options: str) -> str:
    # Columns that only the folders' names hold would escape the hash that tells files apart.
    return f"read_parquet({', '.join([one_file(path), 'hive_partitioning = false', *options])})"


def _parquet(connection: duckdb.DuckDBPyConnection, head: Head) -> Relation:
    metadata = f"select num_rows from parquet_file_metadata({one_file(head.path)})"
    counted = connection.cursor().execute(metadata).fetchall()
    columns = "".join(f", {identifier(column)} as c{i}" for i, column in enumerate(head.columns))
    numbered = _parquet_sql(head.path, "file_row_number = true")
    sql = f"select file_row_number + 1 as load_row_number{columns} from {numbered}"
    return Relation(head, sql, rows=int(counted[0][0]), decisions={"format": "parquet"})


def _json(head: Head, text: streams.Text, work: Path) -> Relation:
    whole, broken = work / "whole.csv", work / "broken.jsonl"
    counts = json_lines.split(head.path, text, head.columns, whole, broken)
    return Relation(
        head,
        _csv_sql(whole, ",", "none", len(head.columns), numbered=True),
        rows=counts.whole + counts.broken,
        broken=counts.broken,
        broken_path=broken,
        decimal_points=counts.decimal_points,
        decisions={"format": "json", "encoding": text.encoding, "packing": text.packing},
    )


def _text(head: Head, header: Header, text: streams.Text, work: Path) -> Relation:
    decisions: dict[str, object] = {
        "format": "csv",
        "delimiter": NAMES_OF_DELIMITERS[header.delimiter],
        "encoding": text.encoding,
        "packing": text.packing,
    }
    fields, plain = len(header.columns), head.path
    if text.encoding != "utf-8":
        plain, text = _recoded(head.path, text, work), streams.Text()
    found = inspect(streams.chunks(plain, text), header.delimiter, fields)
    if found.is_plain and not header.lines_before:
        sql = _csv_sql(plain, header.delimiter, text.packing, fields, numbered=False)
        return Relation(head, sql, rows=found.records - 1, numbered=False, decisions=decisions)
    cut = list(records(io.BytesIO(found.tail), header.delimiter, fields))
    if len(cut) == 1 and cut[0][2] and not header.lines_before:
        return _without_tail(head, plain, header, text.packing, found.records, cut[0], work, decisions)
    if not found.is_utf8 and plain == head.path and not text.bom:
        text = streams.Text(text.packing, "cp1252", text.bom)
        decisions["encoding"] = "windows-1252, because it is not UTF-8"
    decisions["read_line_by_line_because"] = list(found.faults) or ["lines stand before the header"]
    if text != streams.Text():
        plain = _recoded(plain, text, work)
    return _split_text(head, plain, header, work, decisions)


def _recoded(path: Path, text: streams.Text, work: Path) -> Path:
    """The file as UTF-8, not packed."""
    target = work / "text.csv"
    streams.recode(path, text, target)
    return target


def _without_tail(
    head: Head,
    plain: Path,
    header: Header,
    packing: str,
    whole: int,
    tail: tuple[bytes, bytes, str],
    work: Path,
    decisions: dict[str, object],
) -> Relation:
    """A file of which the last line alone is broken: DuckDB passes over it, and the count proves that."""
    broken = work / "broken.jsonl"
    broken.write_text(broken_line(whole, tail[1], tail[2]), encoding="utf-8")
    return Relation(
        head,
        _csv_sql(plain, header.delimiter, packing, len(header.columns), numbered=False, passes=True),
        rows=whole,
        broken=1,
        broken_path=broken,
        numbered=False,
        decisions=decisions | {"cut_off": True},
    )


def _split_text(
    head: Head,
    plain: Path,
    header: Header,
    work: Path,
    decisions: dict[str, object],
) -> Relation:
    fields = len(header.columns)
    whole, broken = work / "whole.csv", work / "broken.jsonl"
    before, has_old_line_ends = header.lines_before, header.has_old_line_ends
    counts = split(plain, header.delimiter, fields, before, whole, broken, has_old_line_ends)
    return Relation(
        head,
        _csv_sql(whole, header.delimiter, "none", fields, numbered=True),
        rows=counts.whole + counts.broken,
        broken=counts.broken,
        broken_path=broken,
        decisions=decisions,
    )


def _csv_sql(
    path: Path, delimiter: str, packing: str, fields: int, numbered: bool, passes: bool = False
) -> str:
    columns = [f"'c{i}': 'VARCHAR'" for i in range(fields)]
    if numbered:
        columns.insert(0, "'load_row_number': 'BIGINT'")
    number = "" if numbered else "cast(null as bigint) as load_row_number, "
    # The strict mode is left at its default, and so is a file's own line end: naming both makes DuckDB 2.0
    # find no rows at all in files whose lines end with a carriage return and a line feed. Files that the
    # loader wrote itself end lines with a line feed; a carriage return in a value must not be taken for one.
    line_end = ", new_line = '\\n'" if numbered else ""
    return (
        f"select {number}* from read_csv({one_file(path)}, auto_detect = false, "
        f"header = {str(not numbered).lower()}, delim = {literal(delimiter)}, quote = '\"', escape = '\"', "
        f"compression = '{packing}', hive_partitioning = false, ignore_errors = {str(passes).lower()}, "
        f"columns = {{{', '.join(columns)}}}{line_end})"
    )
