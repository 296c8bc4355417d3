"""Each content that arrives is loaded exactly once, whatever order things happen in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from analysis_lib.orchestration import arrivals
from tests.orchestration.scheduler import Run, Scheduler, Shop


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(Shop())


def finish(scheduler: Scheduler, how: str = "well") -> None:
    for run in scheduler.at_work:
        scheduler.end(run, how)


def test_a_file_is_left_until_it_is_the_same_at_two_ticks(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    assert scheduler.tick().reason == "No new files. Still being written, or not read yet: a.csv."
    scheduler.shop.write("a.csv", "12")
    assert not scheduler.tick().request
    asked = scheduler.tick().request
    assert asked
    assert asked.files == ("a.csv",)


def test_objects_of_a_bucket_are_whole_when_they_are_listed() -> None:
    scheduler = Scheduler(Shop(may_grow=False))
    scheduler.shop.write("gs://shop/a.csv", "1")
    assert scheduler.tick().request


def test_two_files_at_once_are_one_run(scheduler: Scheduler) -> None:
    scheduler.shop.write("b.csv", "2")
    scheduler.shop.write("a.csv", "1")
    scheduler.settle()
    assert [run.files for run in scheduler.runs_so_far] == [("a.csv", "b.csv")]


def test_a_file_that_is_still_written_does_not_hold_the_others_back(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    for size in range(3):
        scheduler.shop.write("long.csv", "x" * size)
        scheduler.tick()
    assert [run.files for run in scheduler.runs_so_far] == [("a.csv",)]


def test_nothing_is_asked_for_while_a_run_is_at_work(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.tick()
    scheduler.tick()
    scheduler.shop.write("b.csv", "2")
    scheduler.tick()
    assert scheduler.tick().reason == "A run is at work; after it: a.csv, b.csv."
    finish(scheduler)
    assert scheduler.tick().request.files == ("b.csv",)


def test_a_run_that_failed_is_tried_again_under_another_key_after_more_and_more_ticks(
    scheduler: Scheduler,
) -> None:
    scheduler.shop.write("a.csv", "1")
    asked_at = []
    for tick in range(40):
        if scheduler.tick().request:
            asked_at.append(tick)
        finish(scheduler, "fails")
    assert [later - earlier for earlier, later in pairwise(asked_at)] == [
        2,
        3,
        5,
        9,
        17,
    ]
    assert len({run.key for run in scheduler.runs_so_far}) == len(asked_at)
    scheduler.settle()
    assert scheduler.shop.loads == [("a.csv", "1")]


def test_another_file_ends_the_pause_after_a_failure(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    for _ in range(9):
        scheduler.tick()
        finish(scheduler, "fails")
    before = len(scheduler.runs_so_far)
    scheduler.shop.write("b.csv", "2")
    scheduler.tick()
    scheduler.tick()
    assert len(scheduler.runs_so_far) == before + 1


def test_a_content_that_comes_back_is_another_arrival(scheduler: Scheduler) -> None:
    for content in "12121":
        scheduler.shop.write("a.csv", content)
        scheduler.settle()
    assert scheduler.shop.loads == [("a.csv", content) for content in "12121"]


def test_a_file_that_is_touched_or_moved_is_not_loaded_again(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.settle()
    scheduler.shop.write("a.csv", "1")
    scheduler.settle()
    assert len(scheduler.runs_so_far) == 1


def test_what_is_no_table_of_the_shop_starts_one_run_and_no_more(scheduler: Scheduler) -> None:
    scheduler.shop.write("junk.csv", "?")
    scheduler.settle()
    scheduler.shop.write("a.csv", "1")
    scheduler.settle()
    assert len(scheduler.runs_so_far) == 2


def test_what_was_loaded_by_a_run_that_failed_then_is_published_by_another(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.tick()
    scheduler.tick("launched")  # not even a lost cursor makes it forget them
    finish(scheduler, "build")
    assert (scheduler.shop.ledger, scheduler.shop.published) == ({"a.csv": "1"}, {})
    scheduler.settle()
    assert scheduler.shop.published == {"a.csv": "1"}
    assert scheduler.shop.loads == [("a.csv", "1")]


def test_what_was_left_alone_and_fails_when_it_comes_again_is_tried_again(scheduler: Scheduler) -> None:
    scheduler.shop.write("junk.csv", "?")
    scheduler.settle()
    scheduler.shop.write("junk.csv", "?")
    scheduler.tick()
    scheduler.tick()
    finish(scheduler, "fails")
    scheduler.settle()
    assert [run.state for run in scheduler.runs_so_far] == ["succeeded", "failed", "succeeded"]


def test_what_was_left_alone_is_looked_at_again_in_every_run(scheduler: Scheduler) -> None:
    """It may have had the rows of a file that is replaced now: only the loader can tell."""
    for name in ("junk.csv", "a.csv"):
        scheduler.shop.write(name, "1")
        scheduler.settle()
    assert [run.files for run in scheduler.runs_so_far] == [("junk.csv",), ("a.csv", "junk.csv")]


def test_a_file_that_vanished_before_its_run_is_loaded_when_it_is_there_again(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.tick()
    scheduler.tick()
    scheduler.shop.remove("a.csv")
    finish(scheduler)
    scheduler.settle()
    scheduler.shop.write("a.csv", "1")
    scheduler.settle()
    assert scheduler.shop.loads == [("a.csv", "1")]


def test_a_run_whose_process_was_killed_is_given_up_at_last(scheduler: Scheduler) -> None:
    scheduler.shop.write("a.csv", "1")
    asked = [bool(scheduler.tick().request) for _ in range(arrivals.MOST_WAITING + 3)]
    assert [tick for tick, is_asked in enumerate(asked) if is_asked] == [1, arrivals.MOST_WAITING + 2]
    assert len(scheduler.runs_so_far) == 2


@pytest.mark.parametrize("crash", ["before", "written", "launched"])
def test_a_scheduler_that_dies_in_a_tick_loads_once_all_the_same(scheduler: Scheduler, crash: str) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.tick()
    assert scheduler.tick(crash).request
    scheduler.settle()
    assert [(run.files, run.state) for run in scheduler.runs_so_far] == [(("a.csv",), "succeeded")]


@pytest.mark.parametrize("how", ["well", "build"])
def test_a_run_that_ends_while_a_tick_looks_is_counted_at_the_next(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.tick()
    scheduler.tick()
    read = scheduler.shop.loaded

    def ends_meanwhile() -> dict[str, frozenset[str]]:
        found = dict(read())
        finish(scheduler, how)
        return found

    monkeypatch.setattr(scheduler.shop, "loaded", ends_meanwhile)
    assert not scheduler.tick().request
    scheduler.settle()
    assert [run.files for run in scheduler.runs_so_far] == [("a.csv",)] + [()] * (how == "build")


@pytest.mark.parametrize("cursor", ["", "no cursor", "[]", '{"of": "another version"}'])
def test_a_lost_cursor_costs_nothing_but_a_tick(scheduler: Scheduler, cursor: str) -> None:
    scheduler.shop.write("a.csv", "1")
    scheduler.settle()
    scheduler.cursor = cursor
    scheduler.settle()
    assert len(scheduler.runs_so_far) == 1


def test_many_files_are_loaded_in_several_runs(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST_FILES_PER_RUN", 2)
    for name in "edcba":
        scheduler.shop.write(f"{name}.csv", name)
    scheduler.settle()
    assert [run.files for run in scheduler.runs_so_far] == [
        ("a.csv", "b.csv"), ("c.csv", "d.csv"), ("e.csv",)
    ]  # fmt: skip


class AnyOrder(RuleBasedStateMachine):
    """Files come, grow, are replaced and go; ticks, crashes and runs happen in between."""

    names = st.sampled_from(["a.csv", "b.csv", "junk.csv"])

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.scheduler = Scheduler(self.shop)
        self.ticked: dict[str, int] = {}

    @rule(name=names, content=st.sampled_from("123"))
    def arrives(self, name: str, content: str) -> None:
        """A file is written, grows, is replaced, or is written again with what it had."""
        self.shop.write(name, content)

    @precondition(lambda self: self.shop.files)
    @rule(data=st.data())
    def goes(self, data: st.DataObject) -> None:
        self.shop.remove(data.draw(st.sampled_from(sorted(self.shop.files))))

    @rule(crash=st.sampled_from(["", "", "", "before", "written", "launched"]))
    def ticks(self, crash: str) -> None:
        before, at_work = dict(self.ticked), bool(self.scheduler.at_work)
        asked = self.scheduler.tick(crash).request
        self.ticked = dict(self.shop.stamps)
        if asked:
            assert not at_work
            for name in asked.files:
                assert before[name] == self.shop.stamps[name], "it was the same at the tick before"
                assert self.shop.ledger.get(name) != self.shop.files[name], "it was not loaded"

    @rule()
    def forgets(self) -> None:
        self.scheduler.cursor = ""

    @precondition(lambda self: self.scheduler.at_work)
    @rule(how=st.sampled_from(["well", "fails", "build"]))
    def run_ends(self, how: str) -> None:
        for run in self.scheduler.at_work:
            self.scheduler.end(run, how)

    @precondition(lambda self: not self.scheduler.at_work)
    @rule()
    def somebody_loads_all(self) -> None:
        self.scheduler.runs_so_far.append(Run("by hand", "", None, "unfinished"))

    def teardown(self) -> None:
        self.scheduler.settle()
        there = {name: content for name, content in self.shop.files.items() if not name.startswith("junk")}
        found = {name: content for name, content in self.shop.published.items() if name in there}
        assert found == there, "nothing is skipped"
        runs = len(self.scheduler.runs_so_far)
        self.scheduler.settle()
        assert len(self.scheduler.runs_so_far) == runs, "nothing is asked for twice"


AnyOrder.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
test_any_order = AnyOrder.TestCase
