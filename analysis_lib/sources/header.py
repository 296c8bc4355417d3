"""The header line of a text file: its delimiter and its columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.errors import BadDataError, ColumnError
from analysis_lib.sources.streams import Text, start_of

DELIMITERS = (",", ";", "\t", "|")
# Blank lines, and one that tells a spreadsheet what parts the values.
_BEFORE = re.compile(r"\s*(?:sep=.[ \t]*(?:\r\n|\r|\n)\s*)?")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_RECORD = re.compile(r'(?:[^"\r\n]|"[^"]*(?:"|\Z))*(\r\n|\r|\n|\Z)')
_ANY_END, _LINE_FEED = re.compile(r"\r\n|\r|\n"), re.compile(r"\n")
_HALVES = re.compile("[\udc80-\udcff]+")
NAMES_OF_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Header:
    """The columns of a text file, as written, and what parts them.

    `has_old_line_ends` where the header line ends with a carriage return alone: then so do others.
    """

    columns: tuple[str, ...]
    delimiter: str
    lines_before: int = 0
    has_old_line_ends: bool = False


def standard_name(name: str) -> str:
    """A column name as `source.yml` would write it.

    Examples
    --------
    >>> standard_name(" Created At"), standard_name("Umsatz (€)"), standard_name("Order #")
    ('created_at', 'umsatz', 'order')
    """
    inner = re.sub(r"^\W+|\W+$", "", name) or name.strip()
    return re.sub(r"\W+", "_", inner).lower()


def check_repeats(file_name: str, columns: Sequence[str]) -> None:
    """ColumnError when two columns have one name: it would be a guess which one is meant."""
    counts = Counter(standard_name(column) for column in columns if column.strip())
    for name, count in counts.items():
        if count > 1:
            raise ColumnError(
                f"{file_name} has {count} columns of the name {name}.",
                "Rename or remove all but one of them.",
            )


def read_header(path: Path, text: Text, known: Collection[str]) -> Header:
    """Read the header line; the delimiter is the one that gives the most known column names.

    Raises
    ------
    BadDataError
        When the file is empty, or its first line is no header.
    """
    sample = _as_text(start_of(path, text.packing)[text.bom :], text.encoding).replace("\0", "")
    blank = _BEFORE.match(sample)
    if not blank or blank.end() == len(sample):
        raise BadDataError(f"{path.name} is empty.", "Export it again, or leave it out.")
    place = max(sample.rfind("\n", 0, blank.end()), sample.rfind("\r", 0, blank.end())) + 1
    ended = _RECORD.match(sample, place)
    has_old_line_ends = ended is not None and ended[1] == "\r"
    before = len((_ANY_END if has_old_line_ends else _LINE_FEED).findall(sample[:place]))
    first = _LINE.findall(sample, place)[:50]
    headers = [
        Header(_first_record(first, delimiter), delimiter, before, has_old_line_ends)
        for delimiter in DELIMITERS
    ]
    return max(headers, key=lambda header: (_hits(header, known), len(header.columns)))


def _as_text(start: bytes, encoding: str) -> str:
    """The start of a file; what is no UTF-8 there is read as Windows-1252, a name at a time."""
    if encoding != "utf-8":
        return start.decode(encoding, "replace")
    return _HALVES.sub(_as_windows, start.decode("utf-8", "surrogateescape"))


def _as_windows(halves: re.Match[str]) -> str:
    return halves[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def _hits(header: Header, known: Collection[str]) -> int:
    return sum(standard_name(column) in known for column in header.columns)


def _first_record(lines: Sequence[str], delimiter: str) -> tuple[str, ...]:
    try:
        record = next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return ()
    return tuple(name.strip().strip("\ufeff") for name in record)
