"""Whether a text file is a table without a fault: one pass over its bytes, independent of the engine.

A file that passes is read by DuckDB as it is, and DuckDB must find exactly the records that were
counted here. A file that does not is first split by :mod:`analysis_lib.sources.lexer`, which says
which lines are broken. Nothing is therefore lost because two readers disagree.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.sources.lexer import MAX_RECORD

Bytes = NDArray[np.uint8]
_QUOTE, _LF, _CR = 34, 10, 13
_UNEVEN = "a line has too few or too many values"


@dataclass(frozen=True)
class Structure:
    """What one pass over the bytes of a file told.

    `records` counts the whole records, the header too, and holds where `is_plain` or `tail` is not
    empty. `faults` says why a file is not plain. `tail` is the last line where nothing else is broken:
    the file was cut off. `is_utf8` is False where most characters beyond ASCII are not UTF-8.
    """

    records: int
    is_plain: bool
    is_utf8: bool
    faults: tuple[str, ...]
    tail: bytes = b""


def inspect(chunks: Iterable[bytes], delimiter: str, fields: int) -> Structure:
    """Look at all bytes of a text file once.

    Parameters
    ----------
    chunks
        Its bytes, without byte order mark.
    delimiter
        What parts the fields: one ASCII character.
    fields
        How many fields each record must have.

    Examples
    --------
    >>> inspect([b"a,b\\n1,2\\n"], ",", 2).records
    2
    >>> inspect([b"a,b\\n1,2\\n3"], ",", 2).faults
    ('a line has too few or too many values',)
    """
    inspector = _Inspector(ord(delimiter), fields)
    pending = b""
    for chunk in chunks:
        data = pending + chunk if pending else chunk
        # A closing quote and a carriage return are judged by the byte that follows them.
        pending = data[-1:] if data[-1] in (_QUOTE, _CR) else b""
        inspector.feed(data[: len(data) - len(pending)], pending)
    inspector.feed(pending, b"\n")
    return inspector.finish()


class _Inspector:
    def __init__(self, delimiter: int, fields: int) -> None:
        self.delimiter, self.fields = delimiter, fields
        self.others = bytes(set(range(256)) - {delimiter, _LF})
        self.faults: dict[str, None] = {}
        self.lf = self.cr = self.crlf = 0
        self.has_lf = False
        self.lines = self.position = self.open_bytes = self.quotes = 0
        self.previous = _LF
        self.leads = self.undecodable = 0
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.tail = b""

    def feed(self, body: bytes, following: bytes) -> None:
        """Look at some bytes; `following` is the byte after them where the last one needs it."""
        if not body:
            return
        self._encoding(body)
        self._line_ends(body, following)
        if b"\0" in body:
            self.faults["it holds NUL bytes"] = None
        if self.quotes % 2 or b'"' in body:
            array: Bytes = np.frombuffer(body, np.uint8)
            is_separator = (array == self.delimiter) | (array == _LF)
            self._records(array[is_separator & self._outside_quotes(array, following)], len(body))
        else:
            self._records(np.frombuffer(body.translate(None, self.others), np.uint8), len(body))
        self.previous = body[-1]
        cut = body.rfind(b"\n") + 1
        # A line of more than half a megabyte is a fault of its own, and its start no longer matters.
        self.tail = body[cut:] if cut else self.tail[:MAX_RECORD] + body

    def _encoding(self, body: bytes) -> None:
        pending = self.decoder.getstate()[0]
        if not pending and body.isascii():
            return
        # A replacement character that stands in the file itself is no fault.
        own = (pending + body).count("\ufffd".encode())
        self.undecodable += self.decoder.decode(body).count("\ufffd") - own
        self.leads += int(np.count_nonzero(np.frombuffer(body, np.uint8) >= 0xC0))
        if self.undecodable:
            self.faults["it holds bytes that are not UTF-8"] = None

    def _line_ends(self, body: bytes, following: bytes) -> None:
        if self.cr or b"\r" in body:
            # A line feed before the first carriage return, in this piece or in one before it.
            if not self.cr and (self.has_lf or b"\n" in body[: body.find(b"\r")]):
                self.faults["its lines end in different ways"] = None
            self.cr += body.count(b"\r")
            self.lf += body.count(b"\n")
            self.crlf += (body + following).count(b"\r\n")
        elif not self.has_lf:
            # Also one inside quotes: what is found must not depend on how the bytes were cut into pieces.
            self.has_lf = b"\n" in body

    def _outside_quotes(self, array: Bytes, following: bytes) -> NDArray[np.bool_]:
        """Where the bytes stand outside of quotes; notes a quote that is not written as the standard says."""
        is_quote = array == _QUOTE
        places = np.flatnonzero(is_quote)
        number = self.quotes + np.arange(len(places))
        next_bytes = np.append(array[1:], np.frombuffer(following or b"\n", np.uint8))
        before = np.where(places > 0, array[places - 1], self.previous)[number % 2 == 0]
        after = next_bytes[places][number % 2 == 1]
        opens = (before == self.delimiter) | (before == _LF) | (before == _QUOTE)
        closes = (after == self.delimiter) | (after == _LF) | (after == _CR) | (after == _QUOTE)
        if not (opens.all() and closes.all()):
            self.faults["a quote stands inside a value"] = None
        inside = np.bitwise_xor.accumulate(is_quote.view(np.uint8)) ^ (self.quotes % 2)
        self.quotes += len(places)
        outside: NDArray[np.bool_] = inside == 0
        return outside

    def _records(self, separators: Bytes, size: int) -> None:
        """Every `fields`-th separator, and no other, must be a line end."""
        is_end = separators == _LF
        due = is_end[self.fields - 1 - self.position :: self.fields]
        ends = int(np.count_nonzero(is_end))
        if not due.all() or len(due) != ends:
            self.faults[_UNEVEN] = None
        self.lines += ends
        self.position = (self.position + len(separators)) % self.fields
        self.open_bytes = size if ends else self.open_bytes + size
        if self.open_bytes > MAX_RECORD // 2:
            self.faults["a line is longer than half a megabyte"] = None

    def finish(self) -> Structure:
        if not self.cr == self.crlf == self.lf:
            self.faults["its lines end in different ways"] = None
        if self.fields == 1:
            self.faults["it has one column only"] = None
        is_whole_before = not self.faults and self.quotes % 2 == self.tail.count(b'"') % 2
        is_open = self.previous != _LF
        at_the_end = self._faults_at_the_end(is_open)
        # A character that was cut off at the end says nothing of the others.
        self.leads -= bool(self.decoder.getstate()[0])
        self.faults.update(dict.fromkeys(at_the_end))
        is_cut = is_whole_before and is_open and bool(at_the_end) and self.lines > 0
        return Structure(
            records=self.lines + (is_open and not is_cut),
            is_plain=not self.faults,
            is_utf8=self.undecodable <= max(0, self.leads - self.undecodable),
            faults=tuple(sorted(self.faults)),
            tail=self.tail if is_cut else b"",
        )

    def _faults_at_the_end(self, is_open: bool) -> list[str]:
        faults = []
        if self.decoder.getstate()[0]:
            faults.append("its last character is cut off")
        if self.quotes % 2:
            faults.append("a quote is never closed")
        if is_open and self.position != self.fields - 1:
            faults.append(_UNEVEN)
        return faults
