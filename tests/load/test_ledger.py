"""What was loaded is remembered: nothing twice, changes replace, and a failed load leaves no trace."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from analysis_lib.errors import BadDataError, ColumnError, MissingInputError, SettingsError
from analysis_lib.sources import ledger
from analysis_lib.sources.load import load
from tests.load.shop import Shop, assert_row_equation, csv_text


def test_the_same_file_twice_changes_nothing_and_says_so(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    shop.load()
    before = shop.query("select * from load_ledger")
    summary = shop.load()
    assert [(file.outcome, file.note) for file in summary.files] == [("unchanged", "it was loaded before")]
    assert not summary.is_changed
    assert "nothing changed" in summary.lines()
    assert shop.query("select * from load_ledger") == before
    assert shop.counts("users") == (1, 1, 0, 0, 0)


def test_the_same_content_under_another_name_is_no_new_file(shop: Shop) -> None:
    shop.write("order_iteams.csv", csv_text("order_items", {}))
    shop.write("thelook_ecommerce.csv", csv_text("order_items", {}))
    outcomes = {file.path: (file.outcome, file.note) for file in shop.load().files}
    assert outcomes["thelook_ecommerce.csv"] == ("unchanged", "its content is that of order_iteams.csv")
    assert shop.counts("order_items") == (1, 1, 0, 0, 0)


def test_content_that_a_second_file_repeats_stays_when_the_first_one_changes(shop: Shop) -> None:
    old, new = csv_text("users", {"id": "1"}, {"id": "x"}), csv_text("users", {"id": "2"})
    shop.load_text("users_a.csv", old)
    shop.load_text("users_b.csv", old)
    shop.load_text("users_a.csv", new)
    assert [row[0] for row in shop.content("users")] == [1, 2]
    assert shop.rejects("file_name") == ["users_b.csv"]
    assert shop.counts("users") == (3, 2, 1, 0, 0)
    shop.load_text("users_b.csv", new)
    assert [row[0] for row in shop.content("users")] == [2]
    assert_row_equation(shop, ["users"])


def test_a_file_that_is_named_twice_is_loaded_once(shop: Shop) -> None:
    path = shop.write("users.csv", csv_text("users", {}))
    shop.load(path, shop.folder, path)
    assert shop.counts("users") == (1, 1, 0, 0, 0)


def test_a_changed_file_replaces_its_rows_and_its_rejects(shop: Shop) -> None:
    shop.load_text("users.csv", csv_text("users", {"id": "1"}, {"id": "x"}, {"id": "2"}))
    shop.load_text("users_more.csv", csv_text("users", {"id": "9"}))
    outcome = shop.load_text("users.csv", csv_text("users", {"id": "3"}))
    assert outcome.outcome == "replaced"
    assert [row[0] for row in shop.content("users")] == [3, 9]
    assert shop.rejects() == []
    assert shop.counts("users") == (2, 2, 0, 0, 0)
    assert_row_equation(shop, ["users"])


def test_content_that_moved_to_another_file_is_not_lost(shop: Shop) -> None:
    old, new = csv_text("users", {"id": "1"}), csv_text("users", {"id": "2"})
    shop.load_text("users_b.csv", old)
    shop.write("users_a.csv", old)
    shop.write("users_b.csv", new)
    shop.load()
    assert [row[0] for row in shop.content("users")] == [1, 2]


def test_a_table_is_read_again_when_its_definition_changed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.load_text("users.csv", csv_text("users", {}))
    monkeypatch.setattr(ledger, "LOADER_VERSION", "next")
    assert [file.outcome for file in shop.load().files] == ["replaced"]
    assert shop.counts("users") == (1, 1, 0, 0, 0)


def test_a_file_that_comes_late_is_taken(shop: Shop) -> None:
    shop.write("events_2.csv", csv_text("events", {"id": "2"}))
    shop.load()
    shop.write("events_1.csv", csv_text("events", {"id": "1", "created_at": "2020-01-01"}))
    shop.load()
    assert [row[0] for row in shop.content("events")] == [1, 2]


def test_a_load_that_fails_leaves_everything_as_it_was(shop: Shop) -> None:
    shop.load_text("users.csv", csv_text("users", {"id": "1"}))
    tables = ["load_ledger", "load_counts", "rejected_rows", "raw_users"]
    before = [shop.query(f"select * from {table}") for table in tables]
    shop.write("a_users.csv", csv_text("users", {"id": "2"}))
    shop.write("users.csv", csv_text("users", {"id": "3"}))
    shop.write("z_orders.csv", csv_text("orders", *({"created_at": "soon"} for _ in range(20))))
    with pytest.raises(BadDataError):
        shop.load()
    assert [shop.query(f"select * from {table}") for table in tables] == before
    assert "raw_orders" not in shop.tables()


def test_a_file_that_failed_before_is_simply_loaded_again(shop: Shop) -> None:
    shop.write("orders.csv", csv_text("orders", *({"created_at": "soon"} for _ in range(20))))
    with pytest.raises(BadDataError):
        shop.load()
    shop.load_text("orders.csv", csv_text("orders", {}))
    assert shop.counts("orders") == (1, 1, 0, 0, 0)


def test_a_missing_column_is_found_before_any_file_is_loaded(shop: Shop) -> None:
    shop.write("a_users.csv", csv_text("users", {}))
    shop.write("orders.csv", csv_text("orders", {}).replace("created_at", "made"))
    said: list[str] = []
    with pytest.raises(ColumnError):
        shop.load(progress=lambda label, _done, _total: said.append(label))
    assert said == []
    assert "load_ledger" not in shop.tables()


def test_the_ledger_says_what_was_decided(shop: Shop) -> None:
    text = csv_text("users", {"user_geom": "POINT(1 2)"}, {"id": "x"}, {"id": "8"}, delimiter=";")
    shop.load_text("2024/users.csv", text.replace("created_at", "Created At").encode("utf-16"))
    columns = "source, table_name, path, file_name, bytes, rows_read, rows_kept, rows_rejected, decisions"
    [row] = shop.query(f"select {columns} from load_ledger")
    size = (shop.folder / "2024/users.csv").stat().st_size
    assert row[:-1] == ("thelook", "users", "2024/users.csv", "users.csv", size, 3, 2, 1)
    decisions = json.loads(row[-1])
    assert decisions["delimiter"] == "semicolon"
    assert decisions["encoding"] == "utf-16-le"
    assert decisions["ignored_columns"] == ["user_geom"]
    assert "age" in decisions["absent_columns"]
    assert decisions["renamed_columns"] == {"Created At": "created_at"}


def test_paths_outside_the_project_are_kept_in_full(shop: Shop, tmp_path: Path) -> None:
    outside = tmp_path / "users.csv"
    outside.write_text(csv_text("users", {}))
    shop.load(outside)
    assert shop.query("select path from load_ledger") == [(outside.as_posix(),)]


def test_a_shop_holds_one_source(shop: Shop) -> None:
    shop.load_text("users.csv", csv_text("users", {}))
    shop.connection.execute("update load_ledger set source = 'rees46'")
    shop.write("orders.csv", csv_text("orders", {}))
    with pytest.raises(SettingsError, match="holds data of the source rees46"):
        shop.load()


def test_an_unknown_source_is_named_with_the_nearest(shop: Shop) -> None:
    with pytest.raises(MissingInputError, match='Did you mean "thelook"'):
        load(shop.connection, "the_look", [shop.folder])


def test_the_connection_is_left_as_it_was_found(shop: Shop) -> None:
    shop.connection.execute("set TimeZone = 'Asia/Tokyo'")
    shop.connection.execute("set preserve_insertion_order = false")
    shop.load_text("events.csv", csv_text("events", {"created_at": "2024-03-01 10:00:00"}))
    settings = "select current_setting('TimeZone'), current_setting('preserve_insertion_order')"
    assert shop.query(settings) == [("Asia/Tokyo", False)]
    assert shop.query("select epoch(created_at) from raw_events") == [(1709287200.0,)]


def test_progress_tells_each_file(shop: Shop) -> None:
    shop.write("orders.csv", csv_text("orders", {}))
    shop.write("users.csv", csv_text("users", {}))
    said: list[tuple[str, int, int]] = []
    shop.load(progress=lambda *step: said.append(step))
    assert said == [("orders.csv → orders, 1 rows", 1, 2), ("users.csv → users, 1 rows", 2, 2)]


_KILLED = """
import sys, duckdb
from pathlib import Path
from analysis_lib.sources.load import load
connection = duckdb.connect(sys.argv[1])
def wait(label, done, total):
    print(label, flush=True)
    if done == 2:
        import time; time.sleep(60)
load(connection, "thelook", [Path(sys.argv[2])], progress=wait)
"""


def test_a_load_that_is_killed_leaves_everything_as_it_was(shop: Shop, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    shop.write("users.csv", csv_text("users", {"id": "1"}))
    with duckdb.connect(str(warehouse)) as connection:
        load(connection, "thelook", [shop.folder])
    shop.write("users.csv", csv_text("users", {"id": "2"}))
    shop.write("orders.csv", csv_text("orders", {}))
    command = [sys.executable, "-c", _KILLED, str(warehouse), str(shop.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("orders.csv")
        assert process.stdout.readline().startswith("users.csv")
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select id from raw_users").fetchall() == [(1,)]
        assert connection.execute("select table_name from load_counts").fetchall() == [("users",)]
        summary = load(connection, "thelook", [shop.folder])
        assert [file.outcome for file in summary.files] == ["loaded", "replaced"]
