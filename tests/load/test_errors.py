"""Bad input gives one clear sentence or two, and an exit code of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from analysis_lib.errors import (
    BadDataError,
    ColumnError,
    DiskFullError,
    MissingInputError,
    ModelError,
    QueryError,
    SettingsError,
    ShopbookError,
    WarehouseLockedError,
)
from analysis_lib.sources.definition import make_source
from analysis_lib.warehouse.failures import translate
from tests.load.shop import ROWS, Shop, csv_text


def _fails(shop: Shop, kind: type[ShopbookError], **options: object) -> str:
    with pytest.raises(kind) as caught:
        shop.load(**options)
    return str(caught.value)


def test_a_folder_that_is_not_there(shop: Shop) -> None:
    with pytest.raises(MissingInputError) as caught:
        shop.load(shop.folder / "nowhere")
    assert str(caught.value).startswith("There is no file or folder")
    assert caught.value.exit_code == 12


def test_a_misspelt_path_gets_the_nearest_name(shop: Shop) -> None:
    shop.write("orders.csv", csv_text("orders", {}))
    with pytest.raises(MissingInputError, match=r'Did you mean "orders\.csv"\?'):
        shop.load(shop.folder / "oders.csv")


def test_a_pattern_that_fits_nothing(shop: Shop) -> None:
    with pytest.raises(MissingInputError, match="No file fits the pattern"):
        shop.load(shop.folder / "events_*.csv")


def test_a_folder_without_data(shop: Shop) -> None:
    shop.write("README.md", "hello")
    assert _fails(shop, MissingInputError).startswith("There is no CSV, JSON or Parquet file in")


def test_files_of_which_none_can_be_recognised(shop: Shop) -> None:
    shop.write("weather.csv", "day,rain\n1,2\n")
    assert _fails(shop, MissingInputError) == (
        "No file could be recognised as a table of the source. "
        "weather.csv: neither its name nor its columns fit a table of thelook."
    )


def test_a_table_that_was_asked_for_and_has_no_file(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {}))
    said = _fails(shop, MissingInputError, tables=["users", "orders"])
    assert said.startswith("There is no file of the table orders among what was given.")


def test_a_table_that_the_source_does_not_have(shop: Shop) -> None:
    said = _fails(shop, MissingInputError, tables=["order_item"])
    assert said == 'The source thelook has no table order_item. Did you mean "order_items"?'


def test_a_renamed_column_is_named_with_what_it_may_have_become(shop: Shop) -> None:
    shop.write("events.csv", csv_text("events", {}).replace("created_at", "created_on"))
    said = _fails(shop, ColumnError)
    assert said.startswith("events.csv has no column created_at (did it become created_on?).")


def test_several_missing_columns_are_named_together(shop: Shop) -> None:
    header = [name for name in ROWS["orders"] if name not in ("status", "user_id")]
    shop.write("orders.csv", ",".join(header) + "\n")
    assert _fails(shop, ColumnError).startswith("orders.csv has no columns user_id, status.")


def test_a_missing_column_in_parquet(shop: Shop) -> None:
    shop.parquet("users.parquet", "select 1 as id, 'x' as country, 'y' as traffic_source, now() as created")
    assert "no column created_at (did it become created?)" in _fails(shop, ColumnError)


@pytest.mark.parametrize("twice", ["city", "CITY", "City "])
def test_two_columns_of_one_name(shop: Shop, twice: str) -> None:
    header, row = csv_text("events", {}).splitlines()
    shop.write("events.csv", f"{header},{twice}\n{row},Osaka\n")
    assert _fails(shop, ColumnError).startswith("events.csv has 2 columns of the name city.")


def test_a_column_of_the_wrong_type_throughout(shop: Shop) -> None:
    rows = [{"id": str(i), "created_at": f"{i % 12 + 1}/20/24"} for i in range(40)]
    shop.write("events.csv", csv_text("events", *rows))
    assert _fails(shop, BadDataError) == (
        "events.csv has another format than expected: 40 of 40 rows would be rejected for the reason "
        "“created_at: not a time stamp”, the first of them row 1 "
        '(created_at: "1/20/24" is not a time stamp: its year has two digits). '
        "Mend the column or its format and load again; nothing was changed."
    )


@pytest.mark.parametrize(("bad", "stops"), [(20, False), (21, True)])
def test_more_than_half_of_the_rows_for_one_reason_stop_the_load(shop: Shop, bad: int, stops: bool) -> None:
    rows = [{"id": str(i), "event_type": "foo" if i < bad else "home"} for i in range(40)]
    shop.write("events.csv", csv_text("events", *rows))
    if stops:
        assert "21 of 40 rows" in _fails(shop, BadDataError)
    else:
        shop.load()
        assert shop.counts("events") == (40, 20, 20, 0, 0)


def test_a_few_bad_rows_are_no_wrong_format(shop: Shop) -> None:
    shop.load_text("events.csv", csv_text("events", {"id": "1"}, {"id": "x"}, {"id": "y"}))
    assert shop.counts("events") == (3, 1, 2, 0, 0)


def test_not_one_whole_line_is_a_wrong_format(shop: Shop) -> None:
    shop.write("events.csv", csv_text("events", {}).splitlines()[0] + "\n1,2,cut")
    assert "line could not be read" in _fails(shop, BadDataError)


def test_the_share_can_be_raised(shop: Shop) -> None:
    rows = [{"id": str(i), "event_type": "foo" if i else "home"} for i in range(40)]
    shop.write("events.csv", csv_text("events", *rows))
    shop.load(max_rejected_share=1.0)
    assert shop.counts("events") == (40, 1, 39, 0, 0)


def test_a_file_that_grows_while_it_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.write("users.csv", csv_text("users", {}))
    stamps = iter([(1, 1), (2, 2)])
    monkeypatch.setattr("analysis_lib.sources.plan.stamp_of", lambda _path: next(stamps))
    assert f"{path.name} changed while it was read" in _fails(shop, BadDataError)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(shop: Shop) -> None:
    shop.write("users.csv", csv_text("users", {})).chmod(0)
    assert "may not be opened" in _fails(shop, SettingsError)


def test_a_disk_that_is_full_while_a_file_is_rewritten(shop: Shop) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OSError, match="No space left") as caught, full.open("wb", buffering=0) as out:
        out.write(b"x")
    assert translate(caught.value, "warehouse.duckdb").exit_code == 17


def test_no_room_for_temporary_files(shop: Shop, tmp_path: Path) -> None:
    rows = "select md5(i::varchar) as a, md5((i + 1)::varchar) as b from range(2000000) r(i)"
    shop.connection.execute(f"set temp_directory = '{tmp_path}'")
    shop.connection.execute("set memory_limit = '60MB'")
    shop.connection.execute("set max_temp_directory_size = '1MB'")
    with pytest.raises(duckdb.Error) as caught:
        shop.connection.execute(f"create temp table t as {rows}")
    error = translate(caught.value, "events.csv")
    assert isinstance(error, DiskFullError)
    assert str(error).startswith("There is no disk space left while working on events.csv")


_HOLDS = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_warehouse_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    command = [sys.executable, "-c", _HOLDS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(duckdb.Error) as caught:
            duckdb.connect(str(path))
        process.communicate("")
    error = translate(caught.value, path.name)
    assert isinstance(error, WarehouseLockedError)
    assert str(error) == (
        f"The warehouse warehouse.duckdb is in use by another process (process {process.pid}). "
        "Close that notebook or wait for that command to end, then try again."
    )


@pytest.mark.parametrize(
    ("error", "what", "kind"),
    [
        (duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block"), "", SettingsError),
        (duckdb.IOException("IO Error: Cannot open file: Permission denied"), "w.duckdb", SettingsError),
        (duckdb.IOException("IO Error: database does not exist"), "w.duckdb", MissingInputError),
        (FileNotFoundError(2, "No such file"), "users.csv", MissingInputError),
        (duckdb.BinderException("Binder Error: no column x\n\nLINE 1: select x"), "fct_x", ModelError),
        (duckdb.ParserException("Parser Error: syntax error"), "", QueryError),
        (BadDataError("kept"), "x", BadDataError),
    ],
)
def test_every_failure_has_a_kind_of_its_own(error: Exception, what: str, kind: type) -> None:
    assert type(translate(error, what)) is kind
    assert "LINE 1" not in str(translate(error, what))


def test_a_file_that_is_no_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect(str(path))
    assert isinstance(translate(caught.value, path.name), BadDataError)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"type": "INT", "key": True}, 'there is no type INT. Did you mean "INT64"?'),
        ({"type": "INT64", "keys": True}, 'there is no setting keys. Did you mean "key"?'),
        ({"type": "INT64"}, "no column is marked as key"),
    ],
)
def test_a_definition_with_a_fault(entry: dict[str, object], said: str) -> None:
    table = {"description": "d", "without": "w", "columns": {"id": {"description": "d", **entry}}}
    with pytest.raises(SettingsError) as caught:
        make_source("x", {"description": "d", "tables": {"t": table}})
    assert said in str(caught.value)
