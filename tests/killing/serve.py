"""Runs `shopbook` in processes that are killed with SIGKILL, each forked from this one, which has no threads.

A request is a line of JSON on standard input, the answer one on standard output: `verbs` are run one after
the other in one process, until it is killed before its step `at`, or `late` seconds after that step began.
A step is a statement that is sent to DuckDB, or a request to BigQuery's service. Forked, a process costs what
it does and not two seconds of imports.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import requests

from analysis_lib import cli, runner
from analysis_lib.models import read_project
from analysis_lib.warehouse import bigquery, moving  # noqa: F401 - imported before the processes are forked


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Steps:
    """Counts the steps of this process and ends it at one of them; the others are noted in a file."""

    def __init__(self, at: int, late: float, log: Path) -> None:
        self.at, self.late = at, late
        self.count = 0
        self.lock = threading.Lock()
        self.log = log.open("a", encoding="utf-8")

    def take(self, what: str) -> None:
        """One step more."""
        with self.lock:
            self.count += 1
            if self.count == self.at:
                if not self.late:
                    _kill()
                threading.Thread(target=self._kill_later, daemon=True).start()
            print(" ".join(what.split())[:300], file=self.log, flush=True)

    def _kill_later(self) -> None:
        time.sleep(self.late)
        _kill()


class Counted:
    """A connection to DuckDB whose statements are steps."""

    def __init__(self, connection: Any, steps: Steps) -> None:
        self._connection, self._steps = connection, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def execute(self, sql: str, *values: Any) -> Any:
        """Execute."""
        self._steps.take(sql)
        return self._connection.execute(sql, *values)

    def cursor(self) -> Counted:
        """A connection of its own."""
        return Counted(self._connection.cursor(), self._steps)


def count_duckdb(steps: Steps) -> None:
    """Every statement to DuckDB is a step."""
    connect: Callable[..., Any] = duckdb.connect
    duckdb.connect = lambda *args, **named: Counted(connect(*args, **named), steps)  # type: ignore[assignment]


def count_requests(steps: Steps) -> None:
    """Every request of a client of Google's is a step."""
    request = requests.Session.request

    def counted(self: requests.Session, method: str, url: str, *args: Any, **named: Any) -> Any:
        body = named.get("data") or (args[1] if len(args) > 1 else "")
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        steps.take(f"{method} {url.split('/projects/')[-1].split('?')[0]} {text}")
        return request(self, method, url, *args, **named)

    requests.Session.request = counted  # type: ignore[method-assign, assignment]


def _child(wanted: dict[str, Any], shared: mmap.mmap) -> int:
    os.environ |= wanted.get("environment", {})
    steps = Steps(wanted.get("at", 0), wanted.get("late", 0.0), Path(wanted["log"]))
    (count_requests if wanted.get("engine") == "bigquery" else count_duckdb)(steps)
    code = 0
    for verb in wanted["verbs"]:
        code = code or cli.main(verb)
    shared[:8] = steps.count.to_bytes(8, "little")
    return code


def _answer(wanted: dict[str, Any]) -> dict[str, int]:
    shared = mmap.mmap(-1, 8)
    process = os.fork()
    if process == 0:
        code = 70
        try:
            with Path(wanted["log"]).with_suffix(".said").open("a", encoding="utf-8") as said:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                code = _child(wanted, shared)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(code)  # nothing of the parent's is flushed or closed twice
    _, status = os.waitpid(process, 0)
    ended = os.waitstatus_to_exitcode(status)
    return {"code": ended, "steps": int.from_bytes(shared[:8], "little")}


def main() -> None:
    """Answer requests until standard input closes."""
    for model in read_project("thelook").models.values():  # parsed once for all processes
        _ = model.inputs
    runner.engine_fingerprint()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
