"""Files of JSON objects, one a line or in one list, as records with every value as it was written.

Numbers keep their text, so that neither an id beyond 53 bits nor an amount is changed by way of binary
floating point. A line that is no object, or that names a value twice, is broken: it is kept as it is read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from analysis_lib.errors import BadDataError
from analysis_lib.sources import streams
from analysis_lib.sources.lexer import Split, broken_line

# A longer line is no record; and a list is read as a whole, so that it may not be larger.
MAX_LINE = 1 << 24
MAX_LIST = 1 << 28
_OBJECT = re.compile(r"\ufeff?\s*\{\s*(\"|\}|\Z)")
_LIST = re.compile(r"\ufeff?\s*\[\s*(\{|\]|\Z)")


@dataclass(frozen=True)
class Record:
    """One object with its number in the file; or a broken line with the reason."""

    number: int
    values: Mapping[str, Any]
    line: str = ""
    why: str = ""


class _Number(str):
    """A number as it was written."""


class _Pairs(list[tuple[str, Any]]):
    """An object of a list with all that it names, also what it names twice."""


class _TwiceError(ValueError):
    """An object names a value twice; the text says which."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(f"it names {name} twice")
        found[name] = value
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_constant
)


def is_json(path: Path, text: streams.Text) -> bool:
    """Whether a text file starts as JSON objects do: `{"…` or `[{…`."""
    start = streams.start_of(path, text.packing, 4096)[text.bom :].decode(text.encoding, "replace")
    return bool(_OBJECT.match(start) or _LIST.match(start))


def records(path: Path, text: streams.Text) -> Iterator[Record]:
    """The records of a file in order; blank lines are none.

    Raises
    ------
    BadDataError
        The packing ends early, or the file is one list that is cut off, damaged or too large.
    """
    start = streams.start_of(path, text.packing, 4096)[text.bom :].decode(text.encoding, "replace")
    if _LIST.match(start):
        yield from _of_list(path, text)
        return
    number = 0
    for line in _lines(path, text):
        if not line.strip("\ufeff \t\r\n"):
            continue
        number += 1
        yield _record(number, line.lstrip("\ufeff").rstrip("\r\n"))


def _lines(path: Path, text: streams.Text) -> Iterator[str]:
    with streams.open_bytes(path, text.packing) as stream:
        stream.read(text.bom)
        # Bytes that are no text come through as half characters, and their line is refused.
        lines: TextIO = io.TextIOWrapper(stream, encoding=text.encoding, errors=text.errors, newline="\n")
        try:
            while line := lines.readline(MAX_LINE):
                if len(line) == MAX_LINE and not line.endswith("\n"):
                    while (rest := lines.readline(MAX_LINE)) and not rest.endswith("\n"):
                        pass
                yield line
        except (EOFError, OSError) as error:
            raise BadDataError(
                f"{path.name} is cut off or damaged: its {text.packing} packing ends before the data do.",
                "Fetch or export the file again.",
            ) from error


def _of_list(path: Path, text: streams.Text) -> Iterator[Record]:
    content = "".join(_lines(path, text)) if path.stat().st_size <= MAX_LIST else ""
    if not content or len(content) > MAX_LIST:
        raise BadDataError(
            f"{path.name} is one list of JSON of more than {MAX_LIST >> 20} megabytes.",
            "Export it as JSON lines: one object a line.",
        )
    try:
        found = json.loads(
            content.lstrip("\ufeff"),
            object_pairs_hook=_Pairs,
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=_constant,
        )
    except ValueError as error:
        raise BadDataError(
            f"{path.name} is a list of JSON that cannot be read: {error}.", "Fetch or export the file again."
        ) from error
    for number, item in enumerate(found, start=1):
        yield _record(number, _json(item))


def _record(number: int, line: str) -> Record:
    if len(line) >= MAX_LINE - 1:
        return Record(number, {}, line, f"it is longer than {MAX_LINE >> 20} megabytes")
    if not line.isascii() and not _is_text(line):
        return Record(number, {}, line, "it holds bytes that are not UTF-8")
    try:
        found, end = _DECODER.raw_decode(line, len(line) - len(line.lstrip(" \t")))
    except _TwiceError as error:
        return Record(number, {}, line, str(error))
    except RecursionError:
        return Record(number, {}, line, "it is nested too deeply")
    except ValueError as error:
        return Record(number, {}, line, f"it is no JSON: {error}")
    if line[end:].strip():
        return Record(number, {}, line, "text follows the object")
    if not isinstance(found, dict):
        return Record(number, {}, line, "it is no object")
    if "\\u" in line and not _is_plain(found):
        return Record(number, {}, line, "it holds a NUL or half a character")
    return Record(number, found)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or _is_text(value))
    if isinstance(value, dict):
        return all(_is_plain(name) and _is_plain(item) for name, item in value.items())
    return all(_is_plain(item) for item in value) if isinstance(value, list) else True


def columns_of(path: Path, text: streams.Text) -> tuple[str, ...]:
    """Every name that an object of the file has, in the order of appearance."""
    names: dict[str, None] = {}
    for record in records(path, text):
        names |= dict.fromkeys(record.values)
    return tuple(names)


def split(path: Path, text: streams.Text, columns: tuple[str, ...], whole: Path, broken: Path) -> Split:
    """Write the records as CSV, each after its number, and the broken lines as JSON lines.

    Objects and lists inside a record become JSON; nothing and `null` become nothing.
    """
    counts = [0, 0]
    points: set[int] = set()
    with (
        whole.open("w", encoding="utf-8", newline="") as out,
        broken.open("w", encoding="utf-8") as refused,
    ):
        # All values, because Python leaves a carriage return bare when it quotes little.
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for record in records(path, text):
            if record.why:
                counts[1] += 1
                line = record.line.encode("utf-8", "surrogateescape")
                refused.write(broken_line(record.number, line, record.why))
            else:
                counts[0] += 1
                values = [record.values.get(name) for name in columns]
                points.update(
                    i for i, value in enumerate(values) if isinstance(value, _Number) and "." in value
                )
                writer.writerow([record.number, *(_text(value) for value in values)])
    return Split(whole=counts[0], broken=counts[1], decimal_points=frozenset(points))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """A value as JSON, with its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict | _Pairs):
        pairs = value.items() if isinstance(value, dict) else value
        return "{" + ", ".join(f"{_json(name)}: {_json(item)}" for name, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_json(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
