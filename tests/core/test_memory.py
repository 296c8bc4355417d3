"""A table for which memory does not suffice beside others is made once more, alone and with one thread."""

from __future__ import annotations

import contextlib
import threading

import duckdb
import pytest

from analysis_lib.errors import SettingsError
from analysis_lib.settings import Settings
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.memory import Turns


def test_it_waits_until_no_other_table_is_made_and_none_begins_meanwhile():
    turns, told = Turns(), []
    both_run, go_on = threading.Barrier(2), threading.Event()

    def other():
        both_run.wait()
        go_on.wait()
        told.append("the other ends")

    def large():
        if not told:
            both_run.wait()
            go_on.set()
            raise duckdb.OutOfMemoryException("too little")
        late.start()
        late.join(0.05)  # a third one may not begin while this one is alone
        told.append("the large one ends")

    @contextlib.contextmanager
    def sparing():
        told.append("sparing")
        yield
        told.append("as before")

    late = threading.Thread(target=turns.take, args=(lambda: told.append("a third"), contextlib.nullcontext))
    beside = threading.Thread(target=turns.take, args=(other, contextlib.nullcontext))
    beside.start()
    turns.take(large, sparing)
    late.join()
    beside.join()
    assert told == ["the other ends", "sparing", "the large one ends", "as before", "a third"]


def test_two_that_run_out_of_memory_at_once_come_one_after_the_other():
    turns, both_run = Turns(), threading.Barrier(2)
    tries, alone, most = {}, [], []

    def make(name):
        tries[name] = tries.get(name, 0) + 1
        if tries[name] == 1:
            both_run.wait()
            raise duckdb.OutOfMemoryException("too little")
        alone.append(name)
        most.append(len(alone))
        alone.remove(name)

    threads = [
        threading.Thread(target=turns.take, args=(lambda n=name: make(n), contextlib.nullcontext))
        for name in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tries == {"a": 2, "b": 2}
    assert most == [1, 1]


def test_what_does_not_fit_alone_either_is_an_error_and_the_next_table_is_made_as_ever(tmp_path):
    settings = Settings(
        root=tmp_path,
        warehouse=tmp_path / "w.duckdb",
        site=tmp_path,
        build_dir=tmp_path,
        temp_dir=tmp_path / "t",
        memory_limit="30MB",
    )
    hungry = "select array_agg(n) as numbers from unnest(generate_array(1, 4000000)) as n"
    with DuckDBWarehouse(settings, "shop") as warehouse:
        with pytest.raises(SettingsError, match="The memory limit was reached while working on large"):
            warehouse.create_table("large", dialect.parse(hungry), {})
        assert warehouse.create_table("small", dialect.parse("select 1 as n"), {}) == 1
        [(threads,)] = warehouse.connection.execute("select current_setting('threads')").fetchall()
        assert threads == settings.threads
