"""Jobs of a graph: each after what it needs, several at once, and nothing begun after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from analysis_lib.schedule import run_graph

DIAMOND = {"left": ["top"], "bottom": ["left", "right"], "top": [], "right": ["top"]}


class Recorder:
    """Notes what began and ended, in this thread; jobs are made by `job`."""

    def __init__(self, job: Callable[[str], str] = str.upper) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.interrupted = 0
        self.job = job

    def begin(self, name: str) -> Callable[[], str]:
        self.begun.append(name)
        return lambda: self.job(name)

    def end(self, name: str, result: str) -> None:
        assert result == name.upper()
        self.ended.append(name)

    def interrupt(self) -> None:
        self.interrupted += 1

    def run(self, graph: dict[str, list[str]], workers: int = 2) -> None:
        run_graph(graph, self.begin, self.end, workers, self.interrupt)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_job_begins_after_everything_that_it_needs_has_ended(workers: int) -> None:
    for _ in range(20):
        recorder = Recorder()
        recorder.run(DIAMOND, workers)
        assert recorder.ended[0] == "top"
        assert recorder.ended[-1] == "bottom"
        assert sorted(recorder.ended) == sorted(DIAMOND)


def test_two_jobs_that_do_not_need_each_other_run_at_once() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet(name: str) -> str:
        if name in ("left", "right"):
            both.wait()
        return name.upper()

    Recorder(meet).run(DIAMOND)


def test_what_is_decided_without_a_job_counts_as_done() -> None:
    recorder = Recorder()

    def begin(name: str) -> Callable[[], str] | None:
        job = recorder.begin(name)
        return None if name in ("top", "right") else job

    run_graph(DIAMOND, begin, recorder.end, 2, recorder.interrupt)
    assert recorder.ended == ["left", "bottom"]


def test_needs_outside_the_graph_are_there_already() -> None:
    recorder = Recorder()
    recorder.run({"only": ["elsewhere"]})
    assert recorder.ended == ["only"]


def test_after_a_failure_running_jobs_end_and_no_other_begins() -> None:
    failed = threading.Event()

    def job(name: str) -> str:
        if name == "left":
            failed.set()
            raise ValueError("left is broken")
        if name == "right":
            failed.wait(20)
        return name.upper()

    recorder = Recorder(job)
    with pytest.raises(ValueError, match="left is broken"):
        recorder.run({**DIAMOND, "after right": ["right"]})
    assert recorder.ended == ["top", "right"]
    assert set(recorder.begun) == {"top", "left", "right"}


def test_being_stopped_interrupts_what_runs() -> None:
    stopped = threading.Event()
    recorder = Recorder(lambda name: (stopped.wait(20), name.upper())[1])

    def begin(name: str) -> Callable[[], str]:
        if name == "right":
            raise KeyboardInterrupt
        return recorder.begin(name)

    def interrupt() -> None:
        recorder.interrupt()
        stopped.set()

    with pytest.raises(KeyboardInterrupt):
        run_graph({"left": [], "right": []}, begin, recorder.end, 2, interrupt)
    assert recorder.interrupted == 1


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("after_a_failure", [False, True])
def test_a_job_that_is_stopped_stops_the_others(stop: type[BaseException], after_a_failure: bool) -> None:
    """A stop is no failure: the others are not waited for, they are told to end."""
    stopped, failed = threading.Event(), threading.Event()

    def job(name: str) -> str:
        if name == "broken":
            failed.set()
            raise ValueError(name)
        if name == "stopped":
            assert not after_a_failure or failed.wait(20)
            raise stop
        assert stopped.wait(20)
        return name.upper()

    recorder = Recorder(job)

    def interrupt() -> None:
        recorder.interrupt()
        stopped.set()

    graph: dict[str, list[str]] = {"other": [], "stopped": [], "after": ["stopped"]}
    if after_a_failure:
        graph["broken"] = []
    with pytest.raises(stop):
        run_graph(graph, recorder.begin, recorder.end, 3, interrupt)
    assert recorder.interrupted == 1
    assert recorder.ended == []
    assert "after" not in recorder.begun
