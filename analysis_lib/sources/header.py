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
NAMES_OF_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Header:
    """The columns of a text file, as written, and what parts them."""

    columns: tuple[str, ...]
    delimiter: str
    lines_before: int = 0


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
    start = start_of(path, text.packing)[text.bom :]
    sample = start.decode(text.encoding, "replace").replace("\0", "")
    if not sample.strip():
        raise BadDataError(f"{path.name} is empty.", "Export it again, or leave it out.")
    lines = sample.splitlines(keepends=True)
    before = next(i for i, line in enumerate(lines) if line.strip())
    if re.fullmatch(r"sep=.", lines[before].strip()):
        before += 1
    first = "".join(lines[before : before + 50])
    headers = [Header(_first_record(first, delimiter), delimiter, before) for delimiter in DELIMITERS]
    return max(headers, key=lambda header: (_hits(header, known), len(header.columns)))


def _hits(header: Header, known: Collection[str]) -> int:
    return sum(standard_name(column) in known for column in header.columns)


def _first_record(text: str, delimiter: str) -> tuple[str, ...]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
    try:
        record = next(reader, [])
    except csv.Error:
        return ()
    return tuple(name.strip().strip("\ufeff") for name in record)
