"""A build that makes only what changed leaves the tables of a full one, after any sequence of loads."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib import increments
from analysis_lib.models import read_project
from analysis_lib.outcome import Built
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.sources.ledger import file_id
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.core import small_project

PROJECT = read_project("thelook")
MODELS = ("stg_events", "int_session_events", "int_session_products")
COLUMNS = PROJECT.raw_schemas["raw_events"]
LEDGER = {
    **dict.fromkeys(("source", "table_name", "content_sha256", "definition_sha256", "decisions"), "STRING"),
    "rows_kept": "INT64",
    "loaded_at": "TIMESTAMP",
}
AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
EXAMPLES = int(os.environ.get("SHOPBOOK_EXAMPLES", "0")) or 12
Row = tuple[int, int | None, str, int, str, int]  # id, user, session, tenths of an hour, kind, product
Files = Mapping[str, tuple[Row, ...]]

# Few people, sessions and moments, so that they meet; a session may be anonymous, known or both.
rows = st.tuples(
    st.integers(1, 300),
    st.sampled_from([None, None, 1, 2]),
    st.sampled_from(["a", "b", "c", "d"]),
    st.integers(0, 240 * 3),
    st.sampled_from(["product", "cart", "home", "purchase"]),
    st.integers(1, 2),
)
contents = st.lists(rows, min_size=1, max_size=6, unique_by=lambda row: row[0]).map(tuple)
# Mostly a file more, sometimes an old one with another content, or none any more.
changes = st.tuples(st.sampled_from(["more", "more", "more", "other", "gone"]), contents)
days = st.sampled_from([None, None, None, 1, 2, 3])
USED: list[str] = []  # what was made again, over all examples


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> Iterator[list[DuckDBWarehouse]]:
    """Two shops of one warehouse: one is built by increments, one in full."""
    place = small_project.settings(tmp_path_factory.mktemp("increments"))
    with DuckDBWarehouse(place, "some") as some, DuckDBWarehouse(place, "full") as full:
        yield [some, full]


@pytest.fixture(autouse=True)
def small_tables(monkeypatch):
    monkeypatch.setattr(increments, "LEAST_ROWS", 0)


def put(warehouse: DuckDBWarehouse, files: Files, reading: str = "{}") -> None:
    """The loaded table and its ledger as a load leaves them: of rows with one key the last one counts."""
    loaded, entries = [], []
    for content in sorted(set(files.values()), key=repr):
        sha = hashlib.sha256(repr(content).encode()).hexdigest()
        entries.append(("thelook", "events", sha, "1", reading, len(content), AT))
        for number, (key, user, session, tenths, kind, product) in enumerate(content, start=1):
            row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
                "id": key, "user_id": user, "session_id": session, "event_type": kind, "is_duplicate": False,
                "created_at": AT + dt.timedelta(minutes=6 * tenths), "uri": f"/product/{product}",
                "load_file_id": file_id("events", sha), "load_row_number": number,
            }  # fmt: skip
            loaded.append(row)
    last = {
        row["id"]: row for row in sorted(loaded, key=lambda row: (row["created_at"], row["load_file_id"]))
    }
    for row in loaded:
        row["is_duplicate"] = row is not last[row["id"]]
    warehouse.create_empty_table("raw_events", COLUMNS)
    warehouse.append("raw_events", COLUMNS, [tuple(row.values()) for row in loaded])
    warehouse.create_empty_table("load_ledger", LEDGER)
    warehouse.append("load_ledger", LEDGER, entries)


def build(warehouse: DuckDBWarehouse, day: int | None, full: bool = False) -> dict[str, Built]:
    """Build the models of sessions; what was done with each."""
    given_day = {"as_of": AT.date() + dt.timedelta(days=day - 1)} if day else {}
    summary = Runner(warehouse, PROJECT, make_parameters(given_day)).build(MODELS, full=full)
    assert not [name for name in warehouse.tables() if "__" in name]
    return {result.model: result for result in summary.results}


def content_of(warehouse: DuckDBWarehouse) -> list[list[tuple[Any, ...]]]:
    """The rows of the models."""
    return [
        warehouse.connection.execute(f"select * from {name} order by all").fetchall() for name in MODELS[1:]
    ]


def has_day(files: Files, day: int | None) -> bool:
    """Whether there is something to build, and the last day lies in it."""
    found = [row[3] // 240 + 1 for content in files.values() for row in content]
    return bool(found) and (day is None or min(found) <= day <= max(found))


@given(st.lists(st.tuples(changes, days), min_size=3, max_size=6))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_loads_leaves_what_a_full_build_leaves(shops, steps):
    """Files come late and out of order, are corrected, repeat others and go; the last day moves, too."""
    some, full = shops
    for warehouse in shops:
        warehouse.drop(warehouse.tables())
    files: dict[str, tuple[Row, ...]] = {}
    for number, ((change, content), day) in enumerate(steps):
        if change != "more" and files:
            files.pop(next(iter(files)))
        files |= {str(number): content} if change != "gone" else {}
        if has_day(files, day):
            for warehouse in shops:
                put(warehouse, files)
            USED.extend(reason for reason in how(build(some, day)) if "made again" in reason)
            build(full, day, full=True)
            assert content_of(some) == content_of(full)


def test_the_sequences_were_built_by_increments():
    """Otherwise equal tables would prove nothing."""
    assert len(USED) > EXAMPLES
    assert not all(reason.startswith("0 of") for reason in USED)


MONDAY = ((1, None, "a", 10, "product", 1), (2, 1, "a", 12, "cart", 1), (3, 2, "b", 20, "product", 2))
TUESDAY = ((4, 1, "c", 260, "product", 1), (5, None, "d", 270, "home", 1))


@pytest.fixture
def some(shops):
    shops[0].drop(shops[0].tables())
    put(shops[0], {"monday": MONDAY})
    build(shops[0], None)
    return shops[0]


def how(built: dict[str, Built]) -> list[str]:
    return [built[name].reason.rpartition("(")[2].rstrip(")") for name in MODELS[1:]]


def test_a_new_file_makes_the_rows_of_its_visitors_again_and_says_how_many(some):
    put(some, {"monday": MONDAY, "tuesday": TUESDAY})
    assert how(build(some, None)) == ["4 of 5 rows made again", "2 of 3 rows made again"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"tuesday": TUESDAY}, "a file that is gone"),
        ({"monday": MONDAY[1:], "tuesday": TUESDAY}, "a file that was corrected"),
        ({"monday": MONDAY, "tuesday": ((1, 2, "b", 300, "home", 1),)}, "a row that is a duplicate now"),
    ],
)
def test_what_is_not_only_new_makes_the_whole_table_again(some, files, why):
    put(some, files)
    assert not [reason for reason in how(build(some, None)) if "made again" in reason], why


def test_a_file_that_was_read_in_another_way_makes_the_whole_table_again(some):
    put(some, {"monday": MONDAY, "tuesday": TUESDAY}, reading='{"written": "day first"}')
    assert "made again" not in how(build(some, None))[0]


def test_an_earlier_last_day_another_gap_and_full_make_the_whole_table_again(some):
    put(some, {"monday": MONDAY, "tuesday": TUESDAY})
    assert "made again" in how(build(some, None))[0]
    assert "made again" not in how(build(some, 1))[0]
    assert "made again" in how(build(some, 2))[0]  # a later day is only more rows
    put(some, {"monday": MONDAY, "tuesday": TUESDAY, "more": ((9, 1, "c", 300, "home", 1),)})
    assert "made again" not in how(build(some, None, full=True))[0]
    assert build(some, None)["int_session_events"].action == "reused"
    assert build(some, None, full=True)["int_session_events"].reason == "everything was asked for"


def test_a_small_table_is_made_whole(some, monkeypatch):
    monkeypatch.setattr(increments, "LEAST_ROWS", 4)
    put(some, {"monday": MONDAY, "tuesday": TUESDAY})
    assert "made again" not in how(build(some, None))[0]
