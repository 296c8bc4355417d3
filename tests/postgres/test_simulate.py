"""Specification of `simulate --into`: the shop's events as a tracker writes them, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from analysis_lib.errors import ParameterError, ShopbookError
from analysis_lib.progress import Progress
from analysis_lib.verbs.simulate import Shop, simulate
from tests.postgres.server import PASSWORD, Database, Server

SMALL = Shop(visitors=400, months=3, seed=5)


@pytest.fixture(scope="module")
def filled(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small shop, as files and in the database."""
    folder = tmp_path_factory.mktemp("simulated") / "shop"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        write(shared_database, out=folder)
        yield folder
    shared_database.run("drop table events_raw")


def write(
    database: Database, *, out: Path | None = None, table: str = "", replace: bool = False
) -> list[str]:
    """Simulate the small shop into the database."""
    progress = Progress(io.StringIO(), quiet=True)
    return simulate(progress, SMALL, str(out or ""), database.url, table, replace)


def of_files(folder: Path, query: str) -> list[tuple[object, ...]]:
    """The rows of a query over the files; `{events}` and the like stand for them."""
    names = ("events", "orders", "order_items")
    with duckdb.connect() as connection:
        return connection.execute(
            query.format(**{name: f"'{folder / name}.parquet'" for name in names})
        ).fetchall()


def test_all_events_are_there_and_every_unit_bought_is_one(filled: Path, shared_database: Database) -> None:
    [(others,)] = of_files(filled, "select count(*) from {events} where event_type <> 'purchase'")
    [(units, money)] = of_files(
        filled, "select sum(quantity), sum(quantity * cast(sale_price as decimal(12, 2))) from {order_items}"
    )
    found = shared_database.rows(
        "select count(*) filter (where event_type <> 'purchase'), "
        "count(*) filter (where event_type = 'purchase'), sum(amount)::text from events_raw"
    )
    assert found == [(others, units, str(money))]
    assert units > 10


def test_a_purchase_names_who_bought_what_and_when(filled: Path, shared_database: Database) -> None:
    bought = of_files(
        filled,
        "select user_id, product_id, cast(sale_price as decimal(12, 2)), sum(quantity) "
        "from {order_items} group by all order by all",
    )
    found = shared_database.rows(
        "select user_id, product_id, amount::text, count(*) from events_raw "
        "where event_type = 'purchase' group by 1, 2, 3, amount order by 1, 2, amount"
    )
    assert [(who, what, Decimal(price), units) for who, what, price, units in found] == bought
    late = shared_database.rows(
        "select count(*) from events_raw where event_type = 'purchase' and session_id is null"
    )
    assert late == [(0,)]


def test_ids_follow_the_time_and_a_cart_names_a_product_seen_before(
    filled: Path, shared_database: Database
) -> None:
    backwards = shared_database.rows(
        "select count(*) from (select timestamp < lag(timestamp) over (order by event_id) as is_back "
        "from events_raw) as e where is_back"
    )
    assert backwards == [(0,)]
    unseen = shared_database.rows(
        "select count(*) from events_raw c where event_type = 'add_to_cart' and not exists ("
        "select from events_raw v where v.session_id = c.session_id and v.product_id = c.product_id "
        "and v.event_type = 'product_view' "
        "and v.event_id < c.event_id)"
    )
    assert unseen == [(0,)]


def test_a_table_with_rows_is_replaced_only_when_that_is_said(
    filled: Path, shared_database: Database
) -> None:
    [(before,)] = shared_database.rows("select count(*) from events_raw")
    shared_database.run("delete from events_raw where event_type = 'cancel'")
    [(fewer,)] = shared_database.rows("select count(*) from events_raw")
    with pytest.MonkeyPatch.context() as patch:
        # It is refused before anything is simulated.
        patch.setattr("analysis_lib.verbs.simulate.simulate_shop", None)
        with pytest.raises(ParameterError, match=r"events_raw is there already and has rows.*--replace"):
            write(shared_database)
    assert shared_database.rows("select count(*) from events_raw") == [(fewer,)]
    assert write(shared_database, replace=True)[-1].startswith(f"{before:,} events were written")
    assert shared_database.rows("select count(*) from events_raw") == [(before,)]


def test_another_table_in_a_schema_of_its_own(filled: Path, shared_database: Database) -> None:
    shared_database.run('create schema "My Events"')
    write(shared_database, table='"My Events".raw')
    assert shared_database.rows('select count(*) from "My Events".raw') == shared_database.rows(
        "select count(*) from events_raw"
    )
    shared_database.run('drop schema "My Events" cascade')


def test_nothing_is_left_of_a_table_that_could_not_be_filled(
    filled: Path, shared_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis_lib.simulate import tracker

    monkeypatch.setitem(tracker.COLUMNS, "device", "text check (device <> 'desktop')")
    with pytest.raises(ShopbookError) as caught:
        write(shared_database, table="half")
    assert str(caught.value).startswith('half cannot be written: new row for relation "half" violates check')
    assert "desktop" not in str(caught.value)  # no row of anybody's table is shown
    assert shared_database.rows("select to_regclass('half') is null") == [(True,)]


@pytest.mark.parametrize(
    ("into", "table", "replace", "match"),
    [
        ("data/demo", "", False, "--into was given"),
        ("", "events", False, "--table is for a database"),
        ("", "", True, "--replace is for a database"),
        ("postgresql://ann:hunter2@db/shop", "", False, "A password stands"),
    ],
)
def test_flags_that_do_not_go_together(into: str, table: str, replace: bool, match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        simulate(Progress(quiet=True), SMALL, "", into, table, replace)


def test_a_schema_that_is_not_there_and_a_server_that_is_not(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with pytest.raises(ShopbookError, match='schema "nowhere" does not exist') as caught:
        write(Database(server, "shop"), table="nowhere.events")
    assert caught.value.exit_code == 12
    with pytest.raises(ShopbookError, match="was not reached"):
        simulate(Progress(quiet=True), SMALL, into="postgresql://127.0.0.1:1/shop")
