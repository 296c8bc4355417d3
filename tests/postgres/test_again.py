"""Specification of loading again: only changed months are read, and the shop is that of one full load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.errors import BadDataError, SettingsError
from tests.load.shop import Shop, assert_row_equation
from tests.postgres.conftest import Pull
from tests.postgres.server import Database

_ROWS = [
    "1, 7, 'view', '2025-01-05 10:00+00', 'pc', 'Chad', null",
    "2, 7, 'purchase', '2025-02-06 10:00+00', 'pc', 'Chad', 9.5",
    "3, 8, 'view', '2025-03-07 10:00+00', 'pc', 'Peru', null",
    "4, 8, null, '2025-03-08 10:00+00', 'pc', 'Peru', null",
    "5, 8, 'view', null, 'pc', 'Peru', null",
    *(f"{i}, 8, 'view', '2025-03-09 10:00+00', 'pc', 'Peru', null" for i in range(10, 20)),
]


def held(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """All that the shop's reports can see of a load: rows, numbers and marks, rejected rows, counts."""
    return {
        "raw": shop.query("select * from raw_events order by all"),
        "rejected": shop.query("select * from rejected_rows order by all"),
        "counts": shop.query("select * from load_counts order by all"),
        "ledger": shop.query("select * exclude (loaded_at) from load_ledger order by all"),
    }


def assert_as_loaded_at_once(shop: Shop, pull: Pull, folder: Path) -> None:
    """The shop is, to the last value, one that was loaded now for the first time."""
    fresh = Shop(folder)
    pull(fresh)
    assert held(shop) == held(fresh)
    assert_row_equation(shop, ["events"])


def months(summary: Any) -> dict[str, set[str]]:
    """The months of a load by what became of them."""
    found: dict[str, set[str]] = {}
    for file in summary.files:
        found.setdefault(file.outcome, set()).add(file.path.rpartition("/")[2])
    return found


def test_nothing_new_changes_nothing(database: Database, shop: Shop, pull: Pull) -> None:
    database.make_events(*_ROWS)
    first = pull()
    assert months(first) == {"loaded": {"2025-01", "2025-02", "2025-03", "undated"}}
    before = held(shop), shop.query("select loaded_at from load_ledger order by all")
    again = pull()
    assert not again.is_changed
    assert again.lines() == [
        "postgresql:shop/public.events_raw → events: "
        "unchanged 3 months 2025-01 to 2025-03 and rows without a date",
        "nothing changed",
    ]
    assert (held(shop), shop.query("select loaded_at from load_ledger order by all")) == before


@pytest.mark.parametrize(
    ("what", "change", "read"),
    [
        ("new rows", "insert into events_raw values (90, 1, 'view', '2025-03-30')", {"2025-03"}),
        ("a late row", "insert into events_raw values (90, 1, 'view', '2025-01-30')", {"2025-01"}),
        ("a corrected value", "update events_raw set amount = 8 where event_id = 2", {"2025-02"}),
        ("a value that went", "update events_raw set amount = null where event_id = 2", {"2025-02"}),
        ("a moved row", "update events_raw set timestamp = '2025-01-31' where event_id = 3",
         {"2025-01", "2025-03"}),
        ("a row without a time", "insert into events_raw values (90, 1, 'view', null)", {"undated"}),
        ("a deleted row", "delete from events_raw where event_id = 10", {"2025-03"}),
        ("swapped values", "update events_raw set country = device, device = country where event_id = 3",
         {"2025-03"}),
    ],
)  # fmt: skip
def test_only_the_months_of_a_change_are_read_again(
    database: Database, shop: Shop, pull: Pull, tmp_path: Path, what: str, change: str, read: set[str]
) -> None:
    database.make_events(*_ROWS)
    pull()
    database.run(change)
    found = months(pull())
    assert found.get("replaced", set()) | found.get("loaded", set()) == read
    assert_as_loaded_at_once(shop, pull, tmp_path / "fresh")


def test_a_month_that_is_deleted_upstream_goes(
    database: Database, shop: Shop, pull: Pull, tmp_path: Path
) -> None:
    database.make_events(*_ROWS)
    pull()
    database.run("delete from events_raw where timestamp < '2025-02-01' or timestamp is null")
    summary = pull()
    assert months(summary)["removed"] == {"2025-01", "undated"}
    assert summary.is_changed
    assert_as_loaded_at_once(shop, pull, tmp_path / "fresh")


def test_a_row_that_was_sent_again_with_a_correction_follows_the_rule_of_duplicates(
    database: Database, shop: Shop, pull: Pull, tmp_path: Path
) -> None:
    database.make_events(*_ROWS)
    pull()
    database.run("insert into events_raw values (2, 7, 'purchase', '2025-03-20', 'pc', 'Chad', 12.5)")
    pull()
    assert shop.query("select amount from raw_events where event_id = '2' and not is_duplicate") == [(12.5,)]
    assert shop.counts("events")[3:] == (1, 1)
    assert_as_loaded_at_once(shop, pull, tmp_path / "fresh")


def test_a_column_that_is_added_or_changes_its_type_is_read(
    database: Database, shop: Shop, pull: Pull, tmp_path: Path
) -> None:
    database.make_events(*_ROWS)
    pull()
    database.run("alter table events_raw add product_id bigint")
    assert "replaced" in months(pull())
    database.run("alter table events_raw alter user_id type text")
    assert "replaced" in months(pull())
    database.run("alter table events_raw add note text default 'not read'")
    assert not pull().is_changed
    # What the rows hold is the same; the ledger remembers how the columns stood when they were read.
    assert shop.counts("events") == (15, 13, 2, 0, 0)


_CHANGES = st.one_of(
    st.builds(
        "insert into events_raw values ({}, {}, 'view', date '2025-01-01' + interval '{} days')".format,
        st.integers(1, 30), st.integers(1, 3), st.integers(0, 80),
    ),
    st.builds("update events_raw set country = '{}' where event_id = {}".format,
              st.sampled_from(["Chad", "Peru"]), st.integers(1, 30)),
    st.builds("delete from events_raw where event_id = {}".format, st.integers(1, 18)),
    st.builds("update events_raw set event_type = {} where event_id = {}".format,
              st.sampled_from(["null", "'cart'"]), st.integers(1, 18)),
)  # fmt: skip


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(_CHANGES, min_size=1, max_size=4), min_size=1, max_size=3))
def test_whatever_happens_upstream_the_shop_is_that_of_one_full_load(
    database: Database, pull: Pull, tmp_path_factory: pytest.TempPathFactory, rounds: list[list[str]]
) -> None:
    database.run("drop table if exists events_raw")
    database.make_events(*_ROWS)
    folder = tmp_path_factory.mktemp("rounds")
    shop = Shop(folder / "shop")
    pull(shop)
    for changes in rounds:
        database.run(*changes)
        pull(shop)
    assert_as_loaded_at_once(shop, pull, folder / "fresh")


def test_looking_back_leaves_older_months_alone_until_all_are_looked_at(
    database: Database, shop: Shop, pull: Pull, tmp_path: Path
) -> None:
    database.make_events(*_ROWS)
    pull()
    database.run("update events_raw set amount = 1 where event_id = 2")  # in February
    database.run("delete from events_raw where event_id = 3")  # in March
    summary = pull(look_back_days=5)
    assert months(summary) == {"replaced": {"2025-03"}, "unchanged": {"undated"}}
    assert months(pull(look_back_days=20)) == {"replaced": {"2025-02"}, "unchanged": {"2025-03", "undated"}}
    assert_as_loaded_at_once(shop, pull, tmp_path / "fresh")


def test_a_row_of_the_far_future_does_not_make_everything_else_look_old(
    database: Database, shop: Shop, pull: Pull
) -> None:
    database.make_events("1, 7, 'view', now()", "2, 7, 'view', '2099-01-01'")
    pull()
    database.run("insert into events_raw values (3, 7, 'view', now())")
    pull(look_back_days=3)
    assert shop.counts("events")[0] == 3


def test_full_reads_all_again(database: Database, shop: Shop, pull: Pull, tmp_path: Path) -> None:
    database.make_events(*_ROWS)
    pull()
    assert months(pull(is_full=True)) == {"replaced": {"2025-01", "2025-02", "2025-03", "undated"}}
    assert_as_loaded_at_once(shop, pull, tmp_path / "fresh")


def test_a_table_that_was_emptied_is_not_believed_without_full(
    database: Database, shop: Shop, pull: Pull
) -> None:
    database.make_events(*_ROWS)
    pull()
    before = held(shop)
    database.run("truncate events_raw")
    with pytest.raises(BadDataError, match=r"events_raw has no rows any more.*--full"):
        pull()
    assert held(shop) == before
    pull(is_full=True)
    assert shop.counts("events") == (0, 0, 0, 0, 0)


def test_an_empty_table_is_loaded_as_nothing(database: Database, pull: Pull) -> None:
    database.make_events()
    summary = pull()
    assert not summary.is_changed
    assert "events" in summary.lacking


def test_rows_of_another_server_are_never_taken_for_changes(
    database: Database, shop: Shop, pull: Pull
) -> None:
    database.make_events(*_ROWS)
    pull()
    shop.query('update load_ledger set decisions = replace(decisions, \'"server": "\', \'"server": "9\')')
    with pytest.raises(SettingsError, match="of another server with a database shop"):
        pull()
    pull(is_full=True)
    assert shop.counts("events")[0] == 15


def test_two_tables_stand_side_by_side(database: Database, shop: Shop, pull: Pull) -> None:
    database.make_events(*_ROWS[:2])
    database.run("create schema archive")
    database.make_events(*_ROWS[2:3], table="archive.events_raw")
    pull()
    pull(table="archive.events_raw")
    assert not pull().is_changed
    assert shop.counts("events") == (3, 3, 0, 0, 0)
    paths = shop.query("select distinct path from load_ledger order by 1")
    assert paths == [
        ("postgresql:shop/archive.events_raw/2025-03",),
        ("postgresql:shop/public.events_raw/2025-01",),
        ("postgresql:shop/public.events_raw/2025-02",),
    ]
    database.run("drop schema archive cascade")


def test_the_same_rows_from_a_csv_file_are_the_same_events(
    database: Database, shop: Shop, pull: Pull, tmp_path: Path
) -> None:
    database.make_events(*_ROWS)
    pull()
    header = "event_id,user_id,event_type,timestamp,device,country,amount"
    lines = database.rows(
        "select concat_ws(',', event_id, user_id, coalesce(event_type, ''), "
        "coalesce(to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ''), "
        "device, country, coalesce(amount::text, '')) from events_raw order by random()"
    )
    other = Shop(tmp_path / "csv")
    other.write("events_raw.csv", "\n".join([header, *(line for (line,) in lines)]) + "\n")
    other.load(source="product_events")
    columns = "event_id, user_id, event_type, timestamp, device, country, amount, is_duplicate"
    query = f"select {columns} from raw_events order by all"
    assert shop.query(query) == other.query(query)
    reasons = "select reason, count(*) from rejected_rows group by all order by all"
    assert shop.query(reasons) == other.query(reasons)
    assert shop.counts("events") == other.counts("events")
