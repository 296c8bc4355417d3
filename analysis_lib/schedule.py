"""Runs the jobs of a graph, several at a time, each after those that it depends on."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Result = TypeVar("Result")


def run_graph(
    graph: Mapping[str, Iterable[str]],
    begin: Callable[[str], Callable[[], Result] | None],
    end: Callable[[str, Result], None],
    workers: int,
    interrupt: Callable[[], None],
) -> None:
    """Run every node of a graph after the nodes that it depends on.

    Parameters
    ----------
    graph
        Node to the nodes that it needs; those that are no node themselves are taken as done.
    begin
        Called in this thread when a node's turn has come; the job that a worker runs, or None: nothing to do.
    end
        Called in this thread with what the job returned, before any node that needs it begins.
    workers
        How many jobs run at once.
    interrupt
        Called when this thread or a job is stopped (Ctrl-C, `SystemExit`), so that running jobs end soon.

    Raises
    ------
    Exception
        The first error of a job. Jobs that were running by then are finished and ended first, so that their
        work is not lost; no further one begins.
    BaseException
        What stopped this thread or a job, at once.

    Examples
    --------
    >>> done = []
    >>> run_graph({"b": ["a"], "a": []}, lambda n: lambda: n.upper(), lambda n, r: done.append(r), 2, print)
    >>> done
    ['A', 'B']
    """
    places = {name: place for place, name in enumerate(graph)}
    sorter = graphlib.TopologicalSorter(
        {name: [need for need in needs if need in graph] for name, needs in graph.items()}
    )
    sorter.prepare()
    running: dict[Future[Result], str] = {}
    failure: Exception | None = None
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while sorter.is_active() and (failure is None or running):
                for name in sorted(sorter.get_ready(), key=places.__getitem__) if failure is None else ():
                    job = begin(name)
                    if job is None:
                        sorter.done(name)
                    else:
                        running[pool.submit(job)] = name
                if not running:
                    continue
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(finished, key=lambda done: places[running[done]]):
                    name = running.pop(future)
                    error = future.exception()
                    if error is None:
                        end(name, future.result())
                        sorter.done(name)
                    elif not isinstance(error, Exception):
                        raise error  # a stop, not a failure: nothing is waited for
                    elif failure is None:
                        failure = error
                        for waiting in running:
                            waiting.cancel()
                for future in [waiting for waiting in running if waiting.cancelled()]:
                    running.pop(future)
        except BaseException:
            for future in running:
                future.cancel()
            interrupt()
            raise
    if failure is not None:
        raise failure
