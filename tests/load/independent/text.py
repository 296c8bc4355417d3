"""From the bytes of a text file to its records: packing, encoding, line ends, quotes, JSON lines."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

DELIMITERS = ",;\t|"
MARKS = {
    b"\xef\xbb\xbf": "utf-8", b"\xff\xfe\0\0": "utf-32-le", b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be",
}  # fmt: skip


class Refused(Exception):
    """The whole file cannot be read: the load must stop with a sentence and change nothing."""


@dataclass(frozen=True)
class Record:
    """One row of a file: its values by column, or the line as it stands where it is no record."""

    values: dict[str, str] | None
    line: str = ""


def unpacked(data: bytes) -> bytes:
    """The bytes without their packing."""
    try:
        if data.startswith(b"\x1f\x8b"):
            return gzip.decompress(data)
        if data.startswith(b"\x28\xb5\x2f\xfd"):
            return bytes(pa.input_stream(io.BytesIO(data), compression="zstd").read())
    except (EOFError, OSError, zlib.error) as error:
        raise Refused(str(error)) from error
    return data


def decoded(data: bytes, is_json: bool = False) -> str:
    """The text; bytes that are no UTF-8 in a file that is UTF-8 come through as half characters."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return _in(data[len(mark) :], encoding)
    start = data[:4096]
    sides = (start[::2].count(0), start[1::2].count(0))
    if len(start) >= 8 and 3 * sum(sides) >= len(start):
        if 10 * min(sides) >= max(sides) and 4 * start.count(b"\0\0") < sum(sides):
            raise Refused("UTF-16 of which a byte was lost")
        if 10 * min(sides) < max(sides):
            return _in(data, "utf-16-be" if sides[0] > sides[1] else "utf-16-le")
    text = data.decode("utf-8", "surrogateescape")
    # What was cut off at the end of the file says nothing of the other characters.
    cut = re.search(rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z", data)
    broken = len(re.findall("[\udc80-\udcff]", text[: len(text) - (len(cut[0]) if cut else 0)]))
    whole = len(re.findall("[^\0-\x7f\ud800-\udfff]", text))
    if broken > whole and not is_json:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise Refused("it is no text") from error
    return text


def _in(data: bytes, encoding: str) -> str:
    if encoding == "utf-8":
        return data.decode("utf-8", "surrogateescape")
    width = 4 if "32" in encoding else 2
    pieces = [data[at : at + width] for at in range(0, len(data), width)]
    order: Literal["little", "big"] = "little" if encoding.endswith("le") else "big"
    units = [int.from_bytes(piece, order) if len(piece) == width else -1 for piece in pieces]
    return "".join(_characters(units))


def _characters(units: list[int]) -> Iterator[str]:
    """The characters of UTF-16 or UTF-32; what is none as half a character."""
    at = 0
    while at < len(units):
        first, second = units[at], units[at + 1] if at + 1 < len(units) else 0
        if 0xD800 <= first < 0xDC00 <= second < 0xE000:
            yield chr(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00)
            at += 1
        else:
            yield chr(first) if 0 <= first < 0xD800 or 0xE000 <= first < 0x110000 else "\udcff"
        at += 1


def standard(name: str) -> str:
    """A column's name in lower case; what is no letter or digit inside of it is a low line."""
    parts = re.findall(r"\w+", name)
    return "_".join(parts).lower() if parts else "_" * bool(name.strip())


class _Broken(Exception):
    """The line is no record."""


@dataclass(frozen=True)
class _Form:
    """How the records of a text are written; patterns for what may come next."""

    blank: re.Pattern[str]
    quoted: re.Pattern[str]
    bare: re.Pattern[str]
    between: re.Pattern[str]
    line: re.Pattern[str]
    end: re.Pattern[str]


def _form(is_old: bool, delimiter: str) -> _Form:
    """Where the header line ends with a carriage return alone, so do others."""
    last, end = (r"\n\r", r"(?:\r\n|\r|\n|\Z)") if is_old else (r"\n", r"(?:\r?\n|\r?\Z)")
    mark = re.escape(delimiter)
    return _Form(
        blank=re.compile(rf"[ ]*{end}" if is_old else r"[ \r]*(?:\n|\Z)"),
        quoted=re.compile(r' *"((?:[^"]|"")*)" *'),
        bare=re.compile(rf'(?! *")[^{mark}{last}]*?(?={mark}|{end})'),
        between=re.compile(mark),
        line=re.compile(rf"([^{last}]*?){end}"),
        end=re.compile(end),
    )


def _record(text: str, place: int, form: _Form) -> tuple[list[str], int]:
    """The values of the record that starts at a place, and the place after it; _Broken where it is none."""
    values = []
    while True:
        if quoted := form.quoted.match(text, place):
            values.append(quoted[1].replace('""', '"'))
            place = quoted.end()
        elif bare := form.bare.match(text, place):
            values.append(bare[0])
            place = bare.end()
        else:
            raise _Broken
        if between := form.between.match(text, place):
            place = between.end()
        elif end := form.end.match(text, place):
            return values, end.end()
        else:
            raise _Broken


def _line(text: str, place: int, form: _Form) -> tuple[str, int]:
    found = form.line.match(text, place)
    assert found
    return found[1], found.end()


def is_text(line: str) -> bool:
    """Whether a line holds characters only: no NUL, no byte that was none."""
    return "\0" not in line and not re.search("[\ud800-\udfff]", line)


def shown(line: str) -> str:
    """A line as `rejected_rows` shows it: what is no character as its bytes."""
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def csv_records(text: str, known: set[str]) -> tuple[list[str], Iterator[Record]]:
    """The columns of a CSV file as written, and its records."""
    before = re.compile(r"\s*(?:sep=.[ \t]*[\n\r]\s*)?").match(text)
    assert before
    if before.end() == len(text):
        raise Refused("it is empty")
    start = max(text.rfind(end, 0, before.end()) for end in "\n\r") + 1
    headers = [(_header(text, start, delimiter), delimiter) for delimiter in DELIMITERS]
    columns, delimiter = max(
        headers, key=lambda found: (sum(standard(name) in known for name in found[0]), len(found[0]))
    )
    first = re.compile(r'(?:[^"\r\n]|"[^"]*(?:"|\Z))*(\r\n|\r|\n|\Z)').match(text, start)
    assert first
    form = _form(first[1] == "\r", delimiter)
    if first[1] != "\r":
        start = text.rfind("\n", 0, start) + 1
    try:
        after = _record(text, start, form)[1]
    except _Broken:
        after = _line(text, start, form)[1]
    return columns, _rows(text, after, columns, form)


def _header(text: str, start: int, delimiter: str) -> list[str]:
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text[start:].replace("\0", ""))
    try:
        names = next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return []
    return [_named(name) for name in names]


def _named(name: str) -> str:
    """A column's name without blanks and byte order marks; what is no UTF-8 in it is Windows-1252."""
    bare = name.strip().strip("\ufeff")
    return re.sub(
        "[\udc80-\udcff]+",
        lambda it: it[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace"),
        bare,
    )


def _rows(text: str, place: int, columns: list[str], form: _Form) -> Iterator[Record]:
    while place < len(text):
        if blank := form.blank.match(text, place):
            place = blank.end()
            continue
        line, after = _line(text, place, form)
        try:
            values, end = _record(text, place, form)
            if len(values) != len(columns) or not is_text("".join(values)):
                raise _Broken
            yield Record(dict(zip(names_of(columns), values, strict=True)))
            place = end
        except _Broken:
            yield Record(None, shown(line))
            place = after


def names_of(columns: Sequence[str]) -> list[str]:
    """What the columns are called where a row is kept as read."""
    return [column or f"column {i + 1}" for i, column in enumerate(columns)]


def json_records(text: str) -> tuple[list[str], Iterator[Record]]:
    """The columns of JSON lines or of one list of objects in the order of appearance, and the records."""
    text = text.lstrip("\ufeff")
    if text.lstrip().startswith("["):
        try:
            items = json.loads(
                text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse, object_pairs_hook=_Pairs
            )
        except ValueError as error:
            raise Refused("a list that is no JSON") from error
        lines = [_written(item) for item in items]
    else:
        lines = [line.rstrip("\r\n") for line in text.split("\n") if line.strip("\ufeff \t\r\n")]
    objects = [_object(line) for line in lines]
    columns = list(dict.fromkeys(name for item in objects if isinstance(item, dict) for name in item))
    return columns, (
        Record({name: _as_text(item.get(name)) for name in columns})
        if isinstance(item, dict)
        else Record(None, shown(item))
        for item in objects
    )


class _Number(str):
    """A number as it was written."""


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, also where it names a value twice."""


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict | _Pairs):
        pairs = value.items() if isinstance(value, dict) else value
        return "{" + ", ".join(f"{_written(name)}: {_written(item)}" for name, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _object(line: str) -> dict[str, Any] | str:
    """The object of a line, or the line where it is none."""
    try:
        found = json.loads(
            line, parse_int=_Number, parse_float=_Number, parse_constant=_refuse, object_pairs_hook=_once
        )
    except (ValueError, RecursionError):
        return line
    is_whole = is_text(line) and is_text(json.dumps(found, ensure_ascii=False).replace("\\u0000", "\0"))
    return found if isinstance(found, dict) and is_whole else line


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str) else _written(value)
