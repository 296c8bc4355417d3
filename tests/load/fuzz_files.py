"""Odd files for the fuzz tests: what stands in the cells, how it is written down, and how it is damaged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st

# In each pool what can be read stands before what cannot, so that hypothesis tries it more often.
WHOLE = ["1", "2", "3", "4", "5", "6", "7", "8.0", "+5", "007", " 6 ", "5.", "-0", "3\u00a0",
         "9223372036854775807", "-9223372036854775808", "00000000000000000000012",
         "9223372036854775808", "-9223372036854775809", "99999999999999999999999.0", "1.5", "1e3", "0x10",
         "1_000", "1 000", "x", "true", "--1", "+ 1", "\t8", "٣", "８", "1.0.0", "NaN", "", "null", "-",
         "N/A", "None", "\\N", "inf", "1;", "'1'", "1,234", "1.234", "1,000", "1.000", "2'000", "1,5",
         "1.234.567", "1,23,456", "(5)"]  # fmt: skip
AMOUNTS = ["1", "2.50", ".5", "1.", "0", "1e3", "12E-1", " 7.25 ", "0.0199999995529651", "1.0000000005",
           "0.4999999999", "99999999999999999999999999999", "100000000000000000000000000000", "-0.00",
           "-0.01", "-3", "$5", "5 USD", "1_0", "1e400", "inf", "--5", "0x1", "NaN", "", "null", "n/a",
           "1e-400", "free", "+2.5", "5%", "1e", "e5", ".",
           "1,234.50", "1.234,50", "12,5", "1.234", "1,234", "1 234,5", "1'234.50", "$ 1,234.50", "5 €",
           "5,00 EUR", "($5)", "(0)", "0-", "5,-", "1,5E+03", "$-0.0", "$5$", "\u2212 0"]  # fmt: skip
NUMBERS = ["0.5", "-1.25", "1e-3", "3", " 2 ", "1e308", "1e309", "-1e999", "nan", "inf", "-inf", "infinity",
           "north", "1_0", "0x1p3", "", "NULL", "2\u00a0", "\t2", "1d", "1f", "+.5e+1", "1,5",
           "1.234,5", "1,234", "\u22122,25", "(5)", "$5"]  # fmt: skip
TIMES = ["2024-03-01 10:00:00 UTC", "2024-03-01 10:00:00.000001 UTC", "2024-03-02", "2024-03-01T09:00:00Z",
         "2024-02-29 23:59:59.999999 UTC", "2024/3/1 7:30", "2024-03-01 10:00:00+02", "2024-3-1T1:00:00.5z",
         "2024-03-01 10:00:00 -0330", "2024-03-01 10:00:00+05:45", "2024-03-01 24:00:00",
         "2024-03-01 10:00:00.123456789", " 2024-03-01 10:00:00 GMT ", "2099-12-31 23:59:59.999999 UTC",
         "1990-01-01", "1990-01-01T00:00:00+01:00", "2099-12-31 23:59:59 -01:00", "1989-12-31 23:59:59 UTC",
         "2100-01-01 00:00:00.000000 UTC", "0001-01-01 00:00:00 UTC", "9999-12-31 23:59:59.999999 UTC",
         "2023-02-29", "2024-13-01", "2024-00-10", "2024-03-01 25:00:00", "2024-03-01 10:60:00",
         "2024-03-01 23:59:60", "2024-03-01 10:00:00+99", "2024-03-01 10:00:00+02:75", "2024-03-01 24:00:01",
         "2024-03-01 10:00:00 PST", "2024-03-01 10:00:00 Europe/Berlin", "2024-03-01 10:00:00 PM UTC",
         "2024-03-01 10:00:00+02 UTC", "2024-03/01", "2024-03-01t10:00:00", "infinity", "now", "today UTC",
         "epoch", "2024-03", "2024-W09-5", "2024-061", "soon", "", "null", "NaT", "-", "1709287140",
         "1709287140000", "1709287140000000", "45352.5", "2024-03-01 10:00:00 (BC) UTC", "2024-03-01 1O:00",
         "-2024-03-01", "12024-03-01 10:00:00 UTC", "2024-03-01\u00a010:00:00 UTC",
         "25/01/2024", "1/25/2024 1:05 PM", "03/04/2024", "3.4.2024, 07:30", "31.12.2024 23:59:59,5",
         "20240301", "20240332", "03/03/2024 12:00:00 AM", "04/20/24", "3-4-2024T10:00+02:00", "3/4-2024",
         "2024.03.01", "3/4/2024 13:00 PM"]  # fmt: skip
COUNTS = ["1709287140", "1709287141.25", "946684800", "4102444799", "4102444800", "1709287140000",
          "1709287141250.5", "1709287140000000", "1709287140000001.5", "631152000", "0", "", "null", "-5",
          "1709287140.1234567891", "17092871400"]  # fmt: skip
DAYS = ["2024-03-01", "2024-3-2", "2024/03/03", "2024-03-01 00:00:00 UTC", "2024-03-01T00:00:00Z",
        "2024-03-01 00:00:00.000000+02:00", " 2024-03-04 ", "2024-02-29", "2023-02-29", "2024-03-01 10:00:00",
        "1989-12-31", "2100-01-01", "20240301", "2024-03", "soon", "", "null", "infinity", "epoch",
        "2024-03/01", "2024-03-01 00:00", "2024-03-01 00:00:00+99",
        "25/01/2024", "01/25/2024", "3/4/2024", "3.3.2024", "31.12.2024 00:00", "1/25/2024 12:00:00 AM",
        "1.2.2024 10:00"]  # fmt: skip
STATES = ["New", "Sent", "Back", "sent", "BACK", " Back ", "Lost", "", "null", "Null", "neu", "New\u200b"]
POOLS = {
    "id": WHOLE, "times": WHOLE, "price": AMOUNTS, "share": NUMBERS, "made_at": TIMES, "at": TIMES,
    "day": DAYS, "state": STATES,
}  # fmt: skip
# Ways in which one export writes its times, days and amounts; a column is of one way, but for a few cells.
TIME_STYLES = [
    ["13/03/2024 10:00", "14/03/2024 09:30:00", "03/04/2024 10:00", "31/12/2024 23:59:59"],
    ["3/13/2024 10:00 PM", "3/14/2024 9:30 AM", "3/4/2024 10:00 AM", "12/31/2024 11:59:59 pm"],
    ["03.04.2024 10:00", "13.03.2024 09:30", "01.02.2024"],
    ["01/02/2024", "03/04/2024 10:00", "05/05/2024"],
    ["2024-03-01 10:00:00", "2024-03-02T10:00:00Z", "2024-03-03"],
]
DAY_STYLES = [
    ["13/03/2024", "03/04/2024", "31/12/2024"], ["3/13/2024", "3/4/2024", "12/31/2024"],
    ["13.03.2024", "03.04.2024"], ["01/02/2024", "03/04/2024"], ["20240313", "20240304"], DAYS[:3],
]  # fmt: skip
AMOUNT_STYLES = [
    ["1,50", "2,75", "0,99", "1.234,50", "12"], ["1.50", "1,234.50", "0.99", "12"], ["1.234", "12.345", "5"],
    ["1,234", "12,345", "5"], ["1 234,50", "0,5"], ["€ 5", "€ 1.234,50", "7,25 €"],
    ["$5", "$1,234.50", "$0.99"],
    ["1'234.50", "0.5"], ["(5.25)", "5.25-", "3.10"], AMOUNTS[:8],
]  # fmt: skip
STYLED = {"made_at": TIME_STYLES, "at": TIME_STYLES, "day": DAY_STYLES, "price": AMOUNT_STYLES}
LETTERS = [*"ab0 ,;|\t\"'\\\n\r", "ü", "€", "é", "😀", "\u2028", "\x0b", "\x85", "\ufeff", '""', "\r\n"]
TEXTS = st.one_of(
    st.sampled_from(["", "null", "NULL", "Null", "NaN", "N/A", "None", "\\N", " ", "x", "7", "0.10", "=1+1"]),
    st.lists(st.sampled_from(LETTERS), max_size=5).map("".join),
)
THINGS = ("id", "made_at", "day", "price", "share", "state", "note")
MARKS = ("at", "word", "times")
PLAIN = {
    "id": WHOLE[:7], "times": WHOLE[:7], "price": AMOUNTS[:5], "share": NUMBERS[:4], "made_at": TIMES[:5],
    "at": TIMES[:5], "day": DAYS[:3], "state": STATES[:3],
}  # fmt: skip

Row = Mapping[str, str]


def rows(
    columns: Sequence[str], odd: bool = True, counts: bool = False, most: int = 6
) -> st.SearchStrategy[list[Row]]:
    """Rows of texts; of a row at most a few cells are odd, or every row would be rejected."""
    cells = {name: st.sampled_from(PLAIN[name]) if name in PLAIN else TEXTS for name in columns}
    strange = {name: st.sampled_from(POOLS[name]) if name in POOLS else TEXTS for name in columns}
    if counts:
        strange |= {name: st.sampled_from(COUNTS) for name in ("at", "made_at") if name in columns}
        cells |= {name: st.sampled_from(COUNTS[:4]) for name in ("at", "made_at") if name in columns}

    @st.composite
    def one(draw: st.DrawFn) -> Row:
        picked = draw(st.sets(st.sampled_from(columns), max_size=2)) if odd else set()
        return {name: draw((strange if name in picked else cells)[name]) for name in columns}

    return st.lists(one(), max_size=most)


@st.composite
def styled_rows(draw: st.DrawFn, columns: Sequence[str], most: int = 8) -> list[Row]:
    """Rows of an export with ways of its own to write times and amounts; a few cells are of another way."""
    ways = {name: draw(st.sampled_from(STYLED[name])) for name in columns if name in STYLED}
    others = {name: [text for way in STYLED[name] for text in way] for name in ways}
    is_mixed = draw(st.booleans())
    table = []
    for number in range(draw(st.integers(1, most))):
        row = {name: draw(st.sampled_from(way)) for name, way in ways.items()}
        if is_mixed and draw(st.integers(0, 5)) == 0:
            odd = draw(st.sampled_from(sorted(ways)))
            row[odd] = draw(st.sampled_from(others[odd]))
        table.append(row | {"id": str(number)})
    return table


@dataclass(frozen=True)
class Style:
    """How a table is written down."""

    delimiter: str = ","
    end: str = "\n"
    quoting: str = "where needed"
    encoding: str = "utf-8"
    header: str = "plain"
    blank: int = -1
    is_ended: bool = True
    packing: str = "none"

    def text(self, columns: Sequence[str], table: Sequence[Row]) -> str:
        """The table as text; a blank line after the line of that number."""
        lines = [self.delimiter.join(self._cell(self._name(name)) for name in columns)]
        lines += [self.delimiter.join(self._cell(row.get(name, "")) for name in columns) for row in table]
        if 0 <= self.blank <= len(lines):
            lines.insert(self.blank, "  " if self.blank % 2 else "")
        return self.end.join(lines) + self.end * self.is_ended

    def _cell(self, value: str) -> str:
        is_due = any(mark in value for mark in (self.delimiter, '"', "\n", "\r")) or value.startswith(" ")
        if self.quoting == "never" or (self.quoting == "where needed" and not is_due):
            return value
        blank = " " if self.quoting == "with blanks" else ""
        return f'{blank}"' + value.replace('"', '""') + f'"{blank}'

    def _name(self, name: str) -> str:
        written = {"upper": name.upper(), "title": name.replace("_", " ").title(), "blanks": f" {name} "}
        return written.get(self.header, name)

    def bytes(self, columns: Sequence[str], table: Sequence[Row]) -> bytes:
        """The table as bytes, not packed."""
        return self.text(columns, table).encode(self.encoding, "replace")

    def packed(self, data: bytes) -> bytes:
        """The bytes in their packing."""
        if self.packing == "gzip":
            return gzip.compress(data, 1, mtime=0)
        if self.packing == "zstd":
            out = pa.BufferOutputStream()
            with pa.CompressedOutputStream(out, "zstd") as stream:
                stream.write(data)
            return bytes(out.getvalue())
        return data


STYLES = st.builds(
    Style,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from(["where needed", "always", "never", "with blanks"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]),
    header=st.sampled_from(["plain", "upper", "title", "blanks"]),
    blank=st.integers(-4, 4),
    is_ended=st.booleans(),
    packing=st.sampled_from(["none", "none", "gzip", "zstd"]),
)


def json_text(table: Sequence[Row], is_list: bool = False, numbers: bool = False) -> str:
    """Rows as JSON lines or as one list; numbers bare where they are numbers of JSON."""
    lines = [
        "{" + ", ".join(f"{json.dumps(n)}: {_json(v, numbers)}" for n, v in row.items()) + "}"
        for row in table
    ]
    return "[" + ",\n".join(lines) + "]" if is_list else "".join(line + "\n" for line in lines)


def _json(value: str, numbers: bool) -> str:
    try:
        is_number = (
            numbers and isinstance(json.loads(value), int | float) and value not in ("NaN", "Infinity")
        )
    except ValueError:
        is_number = False
    return value if is_number else json.dumps(value, ensure_ascii=len(value) % 2 == 0)


@dataclass(frozen=True)
class Damage:
    """Something that happened to a file's bytes at a share of its length."""

    kind: str
    place: float
    byte: bytes = b""

    def done_to(self, data: bytes, spared: int = 0) -> bytes:
        """The bytes afterwards; the first ones may be spared."""
        at = spared + int(self.place * max(0, len(data) - spared))
        if self.kind == "cut":
            return data[:at]
        if self.kind == "lose":
            return data[:at] + data[at + 1 :]
        if self.kind == "insert":
            return data[:at] + self.byte + data[at:]
        if self.kind == "change":
            return data[:at] + self.byte + data[at + 1 :]
        return data[:at] + data[max(spared, at - 20) : at] + data[at:]


DAMAGES = st.lists(
    st.builds(
        Damage,
        st.sampled_from(["insert", "insert", "change", "lose", "cut", "repeat"]),
        st.floats(0, 1),
        st.sampled_from(
            [b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b",", b";", b"\xff", b"\xc3", b" ", b"\xef\xbb\xbf"]
        ),
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip
