"""What all processes of one run asked of a warehouse that bills: planned bytes, and what each job did.

A report builds in one process and runs its notebooks in others. A budget for the run must hold for all of
them, so they share a file of JSON lines, named in the environment; a process on its own keeps the lines in
memory. A run is one command, or one kernel of JupyterLab.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

VARIABLE = "SHOPBOOK_BIGQUERY_RUN"


class RunLedger:
    """Lines that every process of a run adds to.

    Parameters
    ----------
    path
        The file they share; None: lines of this process alone.

    Examples
    --------
    >>> ledger = RunLedger()
    >>> ledger.plan(600, most=1000), ledger.plan(600, most=1000), ledger.plan(400, most=1000)
    ((True, 0), (False, 600), (True, 600))
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def plan(self, needed: int, most: int) -> tuple[bool, int]:
        """Whether `needed` bytes more stay within `most`, and what was planned before; noted when they do."""
        with self._lock, self._opened() as lines:
            before = sum(int(json.loads(line).get("planned", 0)) for line in lines)
            fits = before + needed <= most
            if fits:
                lines.append(json.dumps({"planned": needed}))
            return fits, before

    def note(self, job: Mapping[str, Any]) -> None:
        """Keep what a job did; the lines of others need not be read for it."""
        line = json.dumps({"job": dict(job)})
        with self._lock:
            if self.path is None:
                self._lines.append(line)
                return
            with self.path.open("a", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.write(f"{line}\n")
                file.flush()

    def jobs(self) -> list[dict[str, Any]]:
        """What every job of the run did, of all its processes."""
        with self._lock, self._opened() as lines:
            found = [json.loads(line) for line in lines]
        return [entry["job"] for entry in found if "job" in entry]

    @contextlib.contextmanager
    def _opened(self) -> Iterator[list[str]]:
        """The lines so far; what is added to the list is kept. Other processes wait meanwhile."""
        if self.path is None:
            yield self._lines
            return
        with self.path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # let go of when the file is closed
            file.seek(0)
            lines = file.read().splitlines()
            known = len(lines)
            yield lines
            file.writelines(f"{line}\n" for line in lines[known:])
            file.flush()  # before the lock is let go of


@contextlib.contextmanager
def one_run() -> Iterator[None]:
    """Everything within belongs to one run, other processes that are started included."""
    path = Path(tempfile.gettempdir()) / f"shopbook-{uuid.uuid4().hex[:12]}.jsonl"
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def within_a_run() -> contextlib.AbstractContextManager[None]:
    """The run that this process belongs to; one of its own where it belongs to none."""
    return contextlib.nullcontext() if VARIABLE in os.environ else one_run()


def begin() -> None:
    """This process is a run of its own from now on, until it ends; unless it belongs to one already."""
    if VARIABLE not in os.environ:
        run = contextlib.ExitStack()
        run.enter_context(one_run())
        atexit.register(run.close)


def current() -> tuple[str, RunLedger]:
    """The id of the run that this process belongs to, and its ledger; of its own where it belongs to none."""
    if shared := os.environ.get(VARIABLE):
        path = Path(shared)
        return path.stem.removeprefix("shopbook-"), RunLedger(path)
    return uuid.uuid4().hex[:12], RunLedger()
