"""Two independent readers of the same bytes agree: the inspection, the splitter and Python's csv module."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from analysis_lib.sources import structure
from analysis_lib.sources.classify import classify
from analysis_lib.sources.definition import read_source
from analysis_lib.sources.fit import map_columns
from analysis_lib.sources.lexer import records, split
from analysis_lib.sources.read import Head, Relation
from tests.load.shop import ROWS, Shop

VALUES = st.text(st.sampled_from('ab ,";\n\r\tü0'), max_size=6)
WIDTHS = st.integers(2, 4)
TABLES = WIDTHS.flatmap(
    lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1, max_size=6)
)
BYTES = st.text(st.sampled_from('ab,"\n\r '), max_size=40).map(str.encode)


def _written(rows: list[list[str]], end: str, quoting: int) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue().encode()


def _in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def _values(record: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(record.decode(), newline="")))


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_python_writes_comes_back_whole(rows: list[list[str]], end: str, quoting: int) -> None:
    # Python leaves a lone carriage return bare when it quotes little; nobody can read that back.
    assume(quoting == csv.QUOTE_ALL or not any("\r" in value for row in rows for value in row))
    data = _written(rows, end, quoting)
    found = list(records(io.BytesIO(data), ",", len(rows[0])))
    assert [_values(record) for record, _, _ in found] == rows
    assert not any(why for _, _, why in found)


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.integers(1, 9))
def test_the_inspection_counts_what_python_writes(rows: list[list[str]], end: str, size: int) -> None:
    data = _written(rows, end, csv.QUOTE_ALL)
    found = structure.inspect(_in_pieces(data, size), ",", len(rows[0]))
    inner_returns = any("\r" in value or ("\n" in value and end == "\r\n") for row in rows for value in row)
    assert found.is_plain or inner_returns
    if found.is_plain:
        assert found.records == len(rows)


@given(BYTES, WIDTHS, st.integers(1, 9))
@example(b'a,"b\n', 2, 3)
@example(b"a,b\r\nc,d", 2, 4)
@example(b'a,"b"\r', 2, 6)
@example(b'"\n\r\n', 2, 1)
@example(b"\n\r\n\r", 2, 1)
def test_what_the_inspection_passes_the_splitter_passes(data: bytes, width: int, size: int) -> None:
    found = structure.inspect(_in_pieces(data, size), ",", width)
    assert found == structure.inspect([data] if data else [], ",", width)
    if found.is_plain:
        split_records = list(records(io.BytesIO(data), ",", width))
        assert len(split_records) == found.records
        assert not any(why for _, _, why in split_records)
        assert [_values(r) for r, _, _ in split_records] == list(
            csv.reader(io.StringIO(data.decode(), newline=""))
        )


@given(BYTES, WIDTHS)
def test_no_byte_that_says_something_is_lost(data: bytes, width: int) -> None:
    found = list(records(io.BytesIO(data), ",", width))
    letters = sum(data.count(letter) for letter in (b"a", b"b"))
    kept = sum(
        record.count(letter) + line.count(letter) for record, line, _ in found for letter in (b"a", b"b")
    )
    assert kept == letters
    assert all(len(_values(record)) == width for record, _, why in found if not why)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"a,b\n1,2,\n", "a line has too few or too many values"),
        (b"a,b\n1\n", "a line has too few or too many values"),
        (b"a,b\n1\n2,3,4\n", "a line has too few or too many values"),
        (b"a,b\n\n1,2\n", "a line has too few or too many values"),
        (b'a,b\n1,"2"x\n', "a quote stands inside a value"),
        (b'a,b\n1,x"2"\n', "a quote stands inside a value"),
        (b'a,b\n"1" "2",2\n', "a quote stands inside a value"),
        (b'a,b\n1,"2\n', "a quote is never closed"),
        (b"a,b\r\n1,2\n", "its lines end in different ways"),
        (b"a,b\n1,2\r\n", "its lines end in different ways"),
        (b"a,b\n1,\x002\n", "it holds NUL bytes"),
        (b"a,b\n1,\xff\n", "it holds bytes that are not UTF-8"),
        (b"a,b\n1,\xc3", "its last character is cut off"),
        (b"a\n1\n", "it has one column only"),
        (b"a,b\n1," + b"x" * 600_000, "a line is longer than half a megabyte"),
    ],
)
def test_every_fault_sends_a_file_to_the_splitter(data: bytes, fault: str) -> None:
    found = structure.inspect(_in_pieces(data, 1 << 17), ",", 1 if b"," not in data else 2)
    assert not found.is_plain
    assert fault in found.faults


def test_broken_lines_are_written_with_their_number_and_reason(tmp_path: Path) -> None:
    source = tmp_path / "x.csv"
    source.write_bytes(b"a,b\n1,2\n3\n4,5\n")
    found = split(source, ",", 2, 0, tmp_path / "whole", tmp_path / "broken")
    assert (found.whole, found.broken) == (2, 1)
    assert (tmp_path / "whole").read_bytes() == b"1,1,2\n3,4,5\n"
    assert json.loads((tmp_path / "broken").read_text()) == {
        "row_number": 2, "why": "it has 1 value and the header has 2", "line": "3",
    }  # fmt: skip


@pytest.mark.parametrize("table", list(ROWS))
def test_no_join_loses_the_order_of_the_rows(shop: Shop, table: str) -> None:
    definition = read_source("thelook").tables[table]
    columns = tuple(definition.columns)
    nulls = ", ".join(f"null::varchar as c{i}" for i in range(len(columns)))
    head = Head(Path("x.csv"), columns, ("VARCHAR",) * len(columns))
    relation = Relation(head, f"select null::bigint as load_row_number, {nulls} from range(9)", rows=9)
    asked: list[str] = []

    class Listener:
        def execute(self, sql: str) -> object:
            asked.append(sql)
            return shop.connection.execute(sql)

    classify(Listener(), relation, map_columns(head, definition), definition)  # type: ignore[arg-type]
    plan = shop.query(f"explain {asked[0]}")[0][1]
    assert "Projection" in plan
    assert "Join" not in plan
