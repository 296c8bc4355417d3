"""The files of a folder beside the ledger of the real loader."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_lib.errors import MissingInputError, WarehouseLockedError
from analysis_lib.orchestration import folders
from analysis_lib.orchestration.folders import Folders
from analysis_lib.progress import Progress
from analysis_lib.settings import Settings, load_settings
from analysis_lib.verbs.load import load_new
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

USERS = "id,created_at,country,traffic_source\n{id},2026-01-01 00:00:00 UTC,DE,Search\n"
PROFILE = '[shops.mine]\nsource = "thelook"\nfrom = ["incoming"]\n'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project with a profile and one file."""
    (tmp_path / "_quarto.yml").touch()
    (tmp_path / "shopbook.toml").write_text(PROFILE)
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "users.csv").write_text(USERS.format(id=1))
    return load_settings(tmp_path, env={"SHOPBOOK_LOCK_WAIT_SECONDS": "0"})


def place(settings: Settings) -> Folders:
    return Folders(settings, "mine", [settings.root / "incoming"])


def contents(found: Folders) -> dict[str, str | None]:
    return {name: found.content(name, stamp) for name, stamp in found.listed().items()}


def load(settings: Settings, *names: str) -> None:
    load_new(settings, Progress(quiet=True), names or None)


def test_before_the_first_load_nothing_is_loaded_and_no_warehouse_is_made(settings: Settings) -> None:
    assert place(settings).loaded() == {}
    assert not settings.warehouse.exists()


def test_names_and_contents_are_those_of_the_ledger(settings: Settings) -> None:
    shutil.copy(settings.root / "incoming" / "users.csv", settings.root / "incoming" / "users_copy.csv")
    load(settings)
    found = place(settings)
    known = found.loaded()
    assert {name: {content} for name, content in contents(found).items()} == known
    assert known.keys() == {"incoming/users.csv", "incoming/users_copy.csv"}, "repeats are known, too"


def test_only_the_files_that_were_asked_for_are_loaded(settings: Settings) -> None:
    (settings.root / "incoming" / "users_2.csv").write_text(USERS.format(id=2))
    load(settings, "incoming/users_2.csv")
    assert place(settings).loaded().keys() == {"incoming/users_2.csv"}


def test_a_load_of_no_files_needs_none(settings: Settings) -> None:
    load(settings)
    (settings.root / "incoming" / "users.csv").unlink()
    summary = load_new(settings, Progress(quiet=True), [])
    assert summary
    assert not summary.is_changed


def test_a_file_that_is_gone_fails_the_load_that_was_asked_for_it(settings: Settings) -> None:
    with pytest.raises(MissingInputError, match=r"^incoming/orders.csv is not there any more\."):
        load(settings, "incoming/users.csv", "incoming/orders.csv")
    assert place(settings).loaded() == {}


def test_a_file_that_is_no_table_is_left_alone(settings: Settings) -> None:
    (settings.root / "incoming" / "notes.json").write_text('{"to": "do"}')
    load(settings, "incoming/notes.json")
    assert place(settings).loaded() == {}


def test_an_empty_folder_has_no_files(settings: Settings) -> None:
    (settings.root / "incoming" / "users.csv").unlink()
    assert place(settings).listed() == {}


def test_a_stamp_changes_with_the_content_whatever_the_times_of_the_file_say(settings: Settings) -> None:
    path = settings.root / "incoming" / "users.csv"
    before, times = place(settings).listed(), path.stat()
    path.write_text(USERS.format(id=9))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert place(settings).listed().keys() == before.keys()
    assert place(settings).listed() != before


def test_a_file_that_changes_while_it_is_read_is_not_known(settings: Settings) -> None:
    found = place(settings)
    [(name, stamp)] = found.listed().items()
    (settings.root / "incoming" / "users.csv").write_text("id\n")
    assert found.content(name, stamp) is None


def test_a_tick_reads_no_more_than_its_share(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "BYTES_PER_TICK", 10)
    (settings.root / "incoming" / "users_2.csv").write_text(USERS.format(id=2))
    known = [content is not None for content in contents(place(settings)).values()]
    assert known == [True, False], "one at least, so that all are read in the end"


def test_a_file_too_large_for_a_tick_is_known_by_its_stamp(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "LARGEST_READ", 10)
    found = place(settings)
    [(name, stamp)] = found.listed().items()
    assert found.content(name, stamp) == f"unread {stamp}"


def test_a_writer_is_not_waited_for(settings: Settings) -> None:
    load(settings)
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"

    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout
    assert writer.stdout.readline() == "open\n"
    try:
        with pytest.raises(WarehouseLockedError):
            place(settings).loaded()
    finally:
        writer.communicate("\n")
    with DuckDBWarehouse(settings, "mine", read_only=True):
        assert place(settings).loaded()
