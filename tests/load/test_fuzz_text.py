"""Odd text files, thousands of them: every row is accounted for and no value is changed silently.

Each file is read a second time by the independent reader of tests/load/independent, from its bytes, and
every row kept, every row rejected and every count must be the same. A file that this reader refuses must
end in a sentence, and the shop is then as it was. `SHOPBOOK_EXAMPLES=20000` tries more.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.load.fuzz_files import (
    DAMAGES,
    DAY_STYLES,
    MARKS,
    STYLES,
    THINGS,
    Damage,
    Row,
    Style,
    json_text,
    rows,
    styled_rows,
)
from tests.load.fuzz_shop import FuzzShop, assert_counts, assert_holds, cases, kinds
from tests.load.independent.tables import Reading, after, read_file
from tests.load.independent.text import Refused


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check(folder: Path, table: str, name: str, data: bytes, is_json: bool = False) -> Reading | None:
    """Load one file and compare; None where it is refused."""
    kind = kinds("oddments", table)
    with FuzzShop(folder) as shop:
        path = shop.write(name, data)
        try:
            said = shop.take(path)
            try:
                reading = read_file(data, kind, is_json)
            except Refused:
                assert said
                return None
            assert not said
            assert_holds(shop, table, kind, {name: reading})
            assert_counts(shop, table, kind, after([reading], kind))
        finally:
            path.unlink()
    return reading


@cases(150)
@given(rows(THINGS), st.booleans())
def test_values_of_a_table_with_a_key(folder: Path, table: list[Row], always: bool) -> None:
    style = Style(quoting="always" if always else "where needed")
    check(folder, "things", "things.csv", style.bytes(THINGS, table))


@cases(100)
@given(rows(MARKS, counts=True), rows(MARKS))
def test_values_of_a_table_without_a_key(folder: Path, counted: list[Row], table: list[Row]) -> None:
    check(folder, "marks", "marks.csv", Style().bytes(MARKS, counted + table[:1]))


@cases(80)
@given(styled_rows(("id", "made_at", "price")), st.booleans())
def test_numbers_and_times_in_the_ways_of_other_exports(
    folder: Path, table: list[Row], with_days: bool
) -> None:
    """Each column is decided from all its rows, or the load stops; a value is never read in two ways."""
    columns = ["id", "made_at", "price"]
    if with_days:
        days = [way for ways in DAY_STYLES for way in ways]
        table = [row | {"day": days[len(row["price"]) * i % len(days)]} for i, row in enumerate(table)]
        columns.append("day")
    check(folder, "things", "things.csv", Style(";").bytes(columns, table))


@cases(300)
@given(rows(THINGS, odd=False), STYLES, st.permutations([*THINGS, "extra", ""]), st.integers(2, 9))
def test_ways_to_write_a_table(
    folder: Path, table: list[Row], style: Style, columns: list[str], width: int
) -> None:
    # The required columns stand first, optional ones may be missing, and some mean nothing.
    kept = [name for i, name in enumerate(columns) if i < width or name in ("id", "made_at")]
    check(folder, "things", "things.csv", style.packed(style.bytes(kept, table)))


@cases(900)
@given(rows(MARKS, most=5), STYLES, DAMAGES, st.booleans())
def test_damaged_files(
    folder: Path, table: list[Row], style: Style, damages: list[Damage], after_packing: bool
) -> None:
    data = style.bytes(MARKS, table)
    header = len(
        Style(style.delimiter, style.end, style.quoting, style.encoding, style.header).bytes(MARKS, [])
    )
    if not after_packing or style.packing == "none":
        for damage in damages:
            data = damage.done_to(data, min(header, len(data)))
        check(folder, "marks", "marks.csv", style.packed(data))
        return
    check(folder, "marks", "marks.csv", damages[0].done_to(style.packed(data)))


@cases(500)
@given(rows(MARKS, most=5), st.booleans(), st.booleans(), st.lists(DAMAGES, max_size=1), STYLES)
def test_json(
    folder: Path, table: list[Row], is_list: bool, numbers: bool, damaged: list[list[Damage]], style: Style
) -> None:
    # A bare number with a fraction says that its column is written with a point; tests/load/test_json.py.
    assume(not numbers or not any(re.fullmatch(r"\d+\.\d+", row["times"]) for row in table))
    whole = [{"at": "2024-03-01", "word": "x", "times": "1"}, *table]
    encoding = style.encoding if style.encoding != "cp1252" else "utf-8"
    data = json_text(whole, is_list, numbers).encode(encoding)
    spared = len(json_text(whole[:1], is_list=False).encode(encoding)) + 2
    for damage in damaged[0] if damaged else []:
        data = damage.done_to(data, spared)
    check(folder, "marks", "marks.json", style.packed(data), is_json=True)
