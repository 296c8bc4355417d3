"""Splits a text file that has faults into the records that are whole and the lines that are broken.

A record that does not fit is refused up to the end of its first line, and reading goes on with the
next line: one stray quote costs one line and not the rest of the file. The bytes are streamed.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

# A record that is longer is not a record: its quote was never closed, or the file is no table.
MAX_RECORD = 1 << 20
MAX_SHOWN = 10_000
CHUNK = 1 << 17
# A carriage return ends a line once it is known that no line feed belongs to it.
_OLD_END = re.compile(rb"\n|\r(?:\n|(?=[^\n]))")


@dataclass(frozen=True)
class Split:
    """How many records were whole and how many lines were broken.

    `decimal_points` are the positions of the columns whose format says that fractions follow a point.
    """

    whole: int
    broken: int
    decimal_points: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Grammar:
    """How the records of a file are written."""

    fields: int
    delimiter: bytes
    standard: re.Pattern[bytes]
    quoted: re.Pattern[bytes]
    opened: re.Pattern[bytes]
    starts_quoted: re.Pattern[bytes]


def _grammar(delimiter: str, fields: int) -> _Grammar:
    mark = re.escape(delimiter.encode())
    inside = rb'[^"]*+(?:""[^"]*+)*+'
    field = rb'(?:"' + inside + rb'"|[^"\r\n' + mark + rb"]*+)"
    return _Grammar(
        fields=fields,
        delimiter=delimiter.encode(),
        standard=re.compile(field + rb"(?:" + mark + field + rb"){%d}" % (fields - 1)),
        quoted=re.compile(rb' *"(' + inside + rb')" *(?=' + mark + rb"|\Z)"),
        opened=re.compile(rb' *"' + inside + rb"\Z"),
        starts_quoted=re.compile(rb' *"'),
    )


class _BrokenError(Exception):
    """The record cannot be read; the text says why."""


class _OpenError(Exception):
    """A quote is still open at the end of what was read so far."""


def _values(record: bytes, grammar: _Grammar) -> list[bytes]:
    """The values of a record, as Python's csv module reads them."""
    values, place = [], 0
    while True:
        quoted = grammar.quoted.match(record, place)
        if quoted:
            values.append(quoted[1].replace(b'""', b'"'))
            end = quoted.end()
        elif grammar.opened.match(record, place):
            raise _OpenError
        elif grammar.starts_quoted.match(record, place):
            raise _BrokenError("text follows a closing quote")
        else:
            end = record.find(grammar.delimiter, place)
            end = len(record) if end < 0 else end
            values.append(record[place:end])
        if end == len(record):
            return values
        place = end + 1


def _check_bytes(record: bytes) -> None:
    if b"\0" in record:
        raise _BrokenError("it holds NUL bytes")
    if not record.isascii():
        try:
            record.decode("utf-8")
        except UnicodeDecodeError:
            raise _BrokenError("it holds bytes that are not UTF-8") from None


def _check_count(found: int, grammar: _Grammar) -> None:
    if found != grammar.fields:
        raise _BrokenError(f"it has {found} value{'s' * (found != 1)} and the header has {grammar.fields}")


def _standard(record: bytes, grammar: _Grammar) -> bytes:
    """The record as the standard writes it; _BrokenError or _OpenError where it is not one."""
    if b'"' not in record and b"\r" not in record and b"\n" not in record:
        _check_bytes(record)
        _check_count(record.count(grammar.delimiter) + 1, grammar)
        return record
    if grammar.standard.fullmatch(record):
        _check_bytes(record)
        return record
    values = _values(record, grammar)
    _check_bytes(record)
    _check_count(len(values), grammar)
    return grammar.delimiter.join(b'"' + value.replace(b'"', b'""') + b'"' for value in values)


class OldLines:
    """A stream in which a carriage return alone ends a line, too."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.pending = b""

    def readline(self, size: int, /) -> bytes:
        """The next line with its end, or so many bytes of it; empty at the end of the file."""
        end = _OLD_END.search(self.pending)
        while not end and len(self.pending) < size and (piece := self.stream.read(CHUNK)):
            self.pending += piece
            end = _OLD_END.search(self.pending)
        # At the end of the file a carriage return is followed by nothing.
        length = end.end() if end else len(self.pending)
        line, self.pending = self.pending[: min(length, size)], self.pending[min(length, size) :]
        return line


class _HasLines(Protocol):
    def readline(self, size: int, /) -> bytes:
        """The next line, or so many bytes of it."""


class _Lines:
    """The physical lines of a stream, with the possibility to put some back."""

    def __init__(self, stream: _HasLines, ends: tuple[bytes, ...]) -> None:
        self.stream, self.ends = stream, ends
        self.returned: deque[bytes] = deque()

    def next(self) -> bytes:
        """The next line with its end; empty at the end of the file."""
        return self.returned.popleft() if self.returned else self.stream.readline(MAX_RECORD + 1)

    def put_back(self, lines: list[bytes]) -> None:
        """Let these lines be read again."""
        self.returned.extendleft(reversed(lines))

    def skip_rest(self) -> None:
        """Go to the start of the next line."""
        while (piece := self.stream.readline(MAX_RECORD)) and not piece.endswith(self.ends):
            pass


def _trimmed(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _record(first: bytes, lines: _Lines, grammar: _Grammar) -> bytes:
    """The record that starts with this line, and the lines that its quotes span."""
    pieces, size = [first], len(first)
    tried = True
    while True:
        try:
            if tried:
                return _standard(_trimmed(b"".join(pieces)), grammar)
        except _BrokenError:
            lines.put_back(pieces[1:])
            raise
        except _OpenError:
            pass
        following = lines.next()
        size += len(following)
        if not following or size > MAX_RECORD:
            lines.put_back([*pieces[1:], following] if following else pieces[1:])
            raise _BrokenError("a quote is never closed")
        pieces.append(following)
        # Without a quote the record is as open as before.
        tried = b'"' in following


def records(stream: BinaryIO | OldLines, delimiter: str, fields: int) -> Iterator[tuple[bytes, bytes, str]]:
    """The records of a stream from its current place on.

    Lines end with a line feed; those of :class:`OldLines` also with a carriage return alone.

    Yields
    ------
    tuple
        The record as the standard writes it, without line end, and two empty values; or for a broken
        line nothing, the line as it stands, and why it is broken. Blank lines are no records.

    Examples
    --------
    >>> import io
    >>> list(records(io.BytesIO(b'1,"2\\n3\\n4,5\\n'), ",", 2))[0]
    (b'', b'1,"2', 'a quote is never closed')
    """
    ends = (b"\n", b"\r") if isinstance(stream, OldLines) else (b"\n",)
    lines, grammar = _Lines(stream, ends), _grammar(delimiter, fields)
    while first := lines.next():
        if len(first) > MAX_RECORD and not first.endswith(ends):
            lines.skip_rest()
            yield b"", first, "it is longer than a megabyte"
            continue
        if not first.strip(b" \r\n"):
            continue
        try:
            yield _record(first, lines, grammar), b"", ""
        except _BrokenError as error:
            yield b"", _trimmed(first), str(error)


def broken_line(number: int, line: bytes, why: str) -> str:
    """A broken line as a line of JSON: `row_number`, `why` and `line`."""
    return json.dumps({"row_number": number, "why": why, "line": _shown(line)}, ensure_ascii=False) + "\n"


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def split(
    source: Path,
    delimiter: str,
    fields: int,
    skip: int,
    whole: Path,
    broken: Path,
    has_old_line_ends: bool = False,
) -> Split:
    """Write the whole records to one file and the broken lines to another.

    Parameters
    ----------
    source
        A text file in UTF-8, not packed.
    delimiter, fields
        What parts the values, and how many each record must have.
    skip
        Lines before the header, which is left out too.
    whole
        Gets the whole records, each after its number in the source.
    broken
        Gets the broken lines as JSON lines of `row_number`, `why` and `line`.
    has_old_line_ends
        A carriage return alone ends a line, too.

    Returns
    -------
    Split
        The numbers of both; together they are the records of the source.
    """
    counts = [0, 0]
    mark = delimiter.encode()
    with source.open("rb") as file, whole.open("wb") as out, broken.open("w", encoding="utf-8") as refused:
        stream = OldLines(file) if has_old_line_ends else file
        for _ in range(skip):
            stream.readline(MAX_RECORD)
        after_header = itertools.islice(records(stream, delimiter, fields), 1, None)
        for number, (record, line, why) in enumerate(after_header, start=1):
            if why:
                counts[1] += 1
                refused.write(broken_line(number, line, why))
            else:
                counts[0] += 1
                out.write(b"%d%s%s\n" % (number, mark, record))
    return Split(whole=counts[0], broken=counts[1])
