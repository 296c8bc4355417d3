"""Late, corrected and out-of-order files: what counts is what the files say, not when they came."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.fuzz_files import MARKS, PLAIN, STYLES, THINGS, Row, Style, rows
from tests.load.fuzz_shop import FuzzShop, assert_counts, assert_holds, cases, kinds
from tests.load.independent.tables import after, read_file

# A shop's exports: (table, content) by name; few contents, so that some files repeat others.
NAMES = [f"{table}_{number}.csv" for table in ("things", "marks") for number in range(3)]


# Cells that cost their row and leave no doubt how their column is written: a file that is undecided by itself
# is refused until another one decides, so that its order does matter, and the load says so.
BAD = {"x", "soon", "", "null", "1e3", "free", "2023-02-29", "-3", "Lost", "north", "--1"}


def decided(table: list[Row]) -> list[Row]:
    """The rows that leave no doubt."""
    return [
        row
        for row in table
        if all(text in BAD or text in PLAIN.get(name, [text]) for name, text in row.items())
    ]


@st.composite
def exports(draw: st.DrawFn) -> dict[str, list[bytes]]:
    """The contents of each file in the order in which they were written; the last one counts."""
    things = [Style().bytes(THINGS, decided(draw(rows(THINGS, most=5)))) for _ in range(3)]
    marks = [draw(STYLES).bytes(MARKS, decided(draw(rows(MARKS, most=4)))) for _ in range(2)]
    named: dict[str, list[bytes]] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True)):
        contents = things if name.startswith("things") else marks
        named[name] = draw(st.lists(st.sampled_from(contents), min_size=1, max_size=2))
    return named


def schedule(named: dict[str, list[bytes]], chance: random.Random) -> list[list[tuple[str, bytes]]]:
    """The files as they come: any order, corrections after what they correct, parted into loads."""
    waiting = {name: list(contents) for name, contents in named.items()}
    loads: list[list[tuple[str, bytes]]] = [[]]
    while waiting:
        name = chance.choice(sorted(waiting))
        content = waiting[name].pop(0)
        if not waiting[name]:
            del waiting[name]
        if loads[-1] and (chance.random() < 0.5 or name in dict(loads[-1])):
            loads.append([])
        loads[-1].append((name, content))
    return loads


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def load_in_order(shop: FuzzShop, loads: list[list[tuple[str, bytes]]], whole_folder: bool) -> None:
    """Load as they come: what is new, or the whole folder again."""
    for files in loads:
        paths = [shop.write(name, content) for name, content in files]
        assert shop.take(*([] if whole_folder else paths)) == ""


@cases(60)
@given(exports(), st.randoms(use_true_random=False), st.booleans())
def test_any_order_and_any_parts_give_what_all_files_at_once_give(
    folder: Path, named: dict[str, list[bytes]], chance: random.Random, whole_folder: bool
) -> None:
    final = {name: contents[-1] for name, contents in named.items()}
    with FuzzShop(folder / "late") as late, FuzzShop(folder / "once") as once:
        try:
            late.connection.execute(f"set schema = '{late.schema}'")
            load_in_order(late, schedule(named, chance), whole_folder)
            outcome = late.outcome()
            again = late.state()
            assert late.take() == ""
            assert late.state() == again, "loading again changes nothing"
            once.connection.execute(f"set schema = '{once.schema}'")
            for name, content in final.items():
                once.write(name, content)
            assert once.take() == ""
            assert once.outcome() == outcome
            assert_as_read(once, final)
        finally:
            for shop in (late, once):
                for path in shop.folder.iterdir():
                    path.unlink()


def assert_as_read(shop: FuzzShop, final: dict[str, bytes]) -> None:
    """The tables hold what the independent reader says; of files with one content the first counts."""
    for table in ("things", "marks"):
        kind = kinds("oddments", table)
        readings, seen = {}, set()
        for name in sorted(final):
            if name.startswith(table) and final[name] not in seen:
                seen.add(final[name])
                readings[name] = read_file(final[name], kind)
        if readings:
            assert_holds(shop, table, kind, readings)
            assert_counts(shop, table, kind, after(readings.values(), kind))
