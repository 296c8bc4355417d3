"""Specification of what can go wrong with a database: one sentence, an exit code, and the shop as it was."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from analysis_lib.errors import ShopbookError
from analysis_lib.sources.postgres import snapshot
from analysis_lib.sources.postgres.address import read_address
from analysis_lib.sources.postgres.load import Wanted, load_from_postgres
from tests.load.shop import Shop
from tests.postgres.conftest import Pull
from tests.postgres.server import OWNER, PASSWORD, Database

GOOD = "1, 2, 'view', '2025-03-01', 'pc', 'Chad', null"


def fails(shop: Shop, address: str, env: dict[str, str] | None = None, **wanted: Any) -> tuple[int, str]:
    """Exit code and sentence of a load that fails; the shop holds what it held."""
    before = sorted(shop.tables()), shop.query("select count(*) from duckdb_columns()")
    with pytest.raises(ShopbookError) as caught:
        load_from_postgres(shop.connection, "product_events", read_address(address, env), Wanted(**wanted))
    assert (sorted(shop.tables()), shop.query("select count(*) from duckdb_columns()")) == before
    text = str(caught.value)
    assert PASSWORD not in text
    assert "\n" not in text
    assert "[libpq]" not in text
    return caught.value.exit_code, text


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


def test_no_server_answers(shop: Shop, server) -> None:
    code, text = fails(shop, "postgresql://127.0.0.1:1/shop")
    assert code == 27
    assert "was not reached" in text
    assert "Connection refused" in text


def test_a_host_that_is_not_there(shop: Shop, server) -> None:
    code, text = fails(shop, "postgresql://no-such-host.invalid/shop")
    assert (code, "no-such-host.invalid" in text) == (27, True)


def test_a_wrong_password(shop: Shop, server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-one")
    code, text = fails(shop, server.url())
    assert code == 11
    assert "refuses the user" in text
    assert "wrong-one" not in text


def test_no_password(shop: Shop, server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    code, text = fails(shop, server.url())
    assert (code, "~/.pgpass" in text) == (11, True)


def test_a_database_that_is_not_there(shop: Shop, server) -> None:
    code, text = fails(shop, server.url("nowhere"))
    assert (code, 'database "nowhere" does not exist' in text) == (12, True)


def test_a_service_that_is_not_there(shop: Shop, server) -> None:
    code, text = fails(shop, "service=nowhere")
    assert (code, '"nowhere"' in text) == (12, True)


def test_a_password_that_libpq_would_repeat_in_its_message(shop: Shop, server) -> None:
    env = {"DB": f"postgresql://{OWNER}:pl%zzanted@127.0.0.1:{server.port}/shop"}
    code, text = fails(shop, "env:DB", env)
    assert code == 27
    assert "anted" not in text


def test_a_table_that_is_not_there_and_the_nearest_that_is(shop: Shop, database: Database) -> None:
    database.make_events(GOOD, table="event_raw")
    code, text = fails(shop, database.url)
    assert (code, text) == (
        12,
        'The database has no table events_raw that this user may see. Did you mean "event_raw"?',
    )


@pytest.mark.parametrize("name", ["a.b.c.d", 'x"; drop table events_raw; --', "no schema.events", "'"])
def test_a_name_that_is_none(shop: Shop, database: Database, name: str) -> None:
    database.make_events(GOOD)
    code, _ = fails(shop, database.url, table=name)
    assert code in (12, 22)
    assert database.rows("select count(*) from events_raw") == [(1,)]


def test_a_table_that_may_not_be_read(shop: Shop, database: Database) -> None:
    database.make_events(GOOD)
    database.run(f"create role guest login password '{PASSWORD}'")
    try:
        code, text = fails(shop, database.server.url(database.name, "guest"))
        assert (code, "permission denied for table events_raw" in text) == (11, True)
    finally:
        database.run("drop role guest")


def test_a_column_that_is_missing(shop: Shop, database: Database) -> None:
    database.make_events(GOOD)
    database.run("alter table events_raw rename event_type to event_typ")
    code, text = fails(shop, database.url)
    assert code == 13
    assert "has no column event_type (did it become event_typ?)" in text
    assert "--query" in text


def test_a_query_gives_other_names(shop: Shop, database: Database, pull: Pull) -> None:
    database.make_events(GOOD)
    database.run("alter table events_raw rename event_type to kind")
    pull(query="select *, kind as event_type from events_raw -- all of it\n;")
    assert shop.values("events", "event_type") == ["view"]
    assert shop.query("select path from load_ledger") == [("postgresql:shop/query/2025-03",)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select nope from events_raw", 13),
        ("selec * from events_raw", 22),
        ("select * from nowhere", 12),
        ("select e.*, 1 / (event_id - 1) as x, 1 / (event_id - 1) as device2 from events_raw e", 22),
        ("select event_id, event_id, user_id, event_type, timestamp from events_raw", 13),
        ("with gone as (delete from events_raw returning *) select * from gone", 22),
        ("select * from events_raw; drop table events_raw", 22),
        ("select 1) as x; drop table events_raw; select (1", 22),
    ],
)
def test_a_query_that_is_wrong_or_would_change_something(
    shop: Shop, database: Database, query: str, expected: int
) -> None:
    database.make_events(GOOD)
    if "1 / " in query:
        query = query.replace("1 / (event_id - 1) as device2", "(1 / (event_id - 1))::text as session_id")
    code, _ = fails(shop, database.url, query=query)
    assert code == expected
    assert database.rows("select count(*) from events_raw") == [(1,)]


def test_a_query_that_gives_other_rows_each_time(shop: Shop, database: Database) -> None:
    database.make_events(*(GOOD.replace("1,", f"{i},", 1) for i in range(500)))
    code, text = fails(shop, database.url, query="select * from events_raw where random() < 0.5")
    assert (code, "the same rows each time" in text) == (14, True)


def test_a_table_that_another_session_holds(
    shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import adbc_driver_postgresql.dbapi as dbapi

    monkeypatch.setitem(snapshot._SESSION, "lock_timeout", "100ms")
    database.make_events(GOOD)
    with dbapi.connect(database.address.conninfo) as other, other.cursor() as cursor:
        cursor.execute("lock table events_raw in access exclusive mode")
        code, text = fails(shop, database.url)
    assert (code, "locked by another session" in text) == (16, True)


def test_a_server_that_goes_away_half_way(shop: Shop, database: Database, pull: Pull) -> None:
    database.make_events(GOOD)
    pull()
    held = "select l.* exclude (loaded_at), r.* from load_ledger l, raw_events r"
    before = shop.query(held)
    # The second time that the query runs, while rows travel, it is slow enough to be cut off.
    database.add(*(GOOD.replace("1,", f"{i},", 1) for i in range(2, 3000)))
    database.run("create view slow as select *, pg_sleep(0.002)::text as session_id from events_raw")

    def cut_off() -> None:
        for _ in range(600):
            found = database.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'shopbook' "
                "and query ilike 'copy%slow%' and query not ilike '%hashed%' and query ilike '%where%'"
            )
            if found:
                return
            time.sleep(0.05)

    cutter = threading.Thread(target=cut_off)
    cutter.start()
    code, text = fails(shop, database.url, table="slow")
    cutter.join()
    assert "stopped while public.slow was read" in text
    assert code == 27
    assert shop.query(held) == before


def test_a_load_that_is_killed_leaves_the_warehouse_as_it_was(database: Database, tmp_path: Path) -> None:
    database.make_events(*(GOOD.replace("1,", f"{i},", 1) for i in range(1, 500)))
    database.run("create view slow as select *, pg_sleep(0.01)::text as session_id from events_raw")
    warehouse = tmp_path / "w.duckdb"
    script = (
        "import sys, duckdb\n"
        "from analysis_lib.sources.postgres.address import read_address\n"
        "from analysis_lib.sources.postgres.load import Wanted, load_from_postgres\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "address, wanted = read_address(sys.argv[2]), Wanted(table=sys.argv[3])\n"
        "load_from_postgres(connection, 'product_events', address, wanted)\n"
    )
    command = [sys.executable, "-c", script, str(warehouse), database.url]
    subprocess.run([*command, "events_raw"], check=True)
    running = subprocess.Popen([*command, "slow"], stderr=subprocess.DEVNULL)
    for _ in range(600):
        if database.rows(
            "select 1 from pg_stat_activity where query ilike '%slow%hashed%' and pid <> pg_backend_pid()"
        ):
            break
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait(timeout=60)
    import duckdb

    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select distinct split_part(path, '/', 2) from load_ledger").fetchall() == [
            ("public.events_raw",)
        ]
        assert connection.execute("select count(*) from raw_events").fetchall() == [(499,)]


def test_the_driver_is_not_installed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)
    code, text = fails(shop, "postgresql://127.0.0.1:1/shop")
    assert code == 11
    assert "pip install 'shopbook[postgres]'" in text


def test_a_source_of_several_tables_must_be_told_which(shop: Shop, database: Database) -> None:
    database.make_events(GOOD)
    with pytest.raises(ShopbookError, match="several tables") as caught:
        load_from_postgres(shop.connection, "thelook", database.address, Wanted())
    assert caught.value.exit_code == 10


def test_a_table_of_another_source(shop: Shop, database: Database) -> None:
    database.run(
        "create table spend (date date, campaign_id text, platform text, "
        "spend numeric, clicks int, impressions int)",
        "insert into spend values ('2025-01-31', 'c1', 'Adwords', 12.34, 5, 100), "
        "('2025-02-01', 'c1', 'Adwords', 1, 2, 3)",
    )
    load_from_postgres(
        shop.connection, "thelook", database.address, Wanted(table="spend", target="marketing_spend")
    )
    assert [str(day) for day in shop.values("marketing_spend", "date")] == ["2025-01-31", "2025-02-01"]
    assert shop.query("select sum(spend), sum(clicks) from raw_marketing_spend")[0][1] == 7
