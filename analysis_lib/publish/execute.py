"""Runs notebooks, two at a time, each in its own process; the first that raises stops the others."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis_lib import errors
from analysis_lib.errors import NotebookError, ShopbookError
from analysis_lib.publish.notebook import cell_name, read_notebook
from analysis_lib.publish.notebook_parameters import Literal

AT_ONCE = 2
_GRACE_SECONDS = 5
# What no change of a notebook mends keeps its own exit code: a scheduler waits, or asks for a larger budget.
_NOT_THE_NOTEBOOKS = (errors.BudgetError, errors.CloudError, errors.ServerError)


@dataclass(frozen=True)
class Job:
    """One notebook to run: where it is, where the executed copy goes, and with what.

    `downloads` is the folder for the files that the notebook offers, `downloads_url` the link to it from
    a page.
    """

    name: str
    notebook: Path
    output: Path
    parameters: Mapping[str, Literal]
    downloads: Path
    downloads_url: str
    cell_timeout: int = 900
    environment: Mapping[str, str] = field(default_factory=dict)


def execute(
    jobs: Sequence[Job],
    step: Callable[[str, int, int], None],
    finished: Callable[[Job], None],
    at_once: int = AT_ONCE,
) -> None:
    """Run the notebooks with Papermill.

    Parameters
    ----------
    jobs
        What to run, in this order; more than one at a time, so that they end in any order.
    step
        Shown progress: `(page, notebooks done, notebooks in all)`.
    finished
        Called with each job whose notebook ran to its end.
    at_once
        How many at a time. A kernel needs 3–5 s of CPU to start, so more than the cores gains nothing.

    Raises
    ------
    NotebookError
        A notebook raised, took too long or its kernel died. The sentence names the notebook and the cell;
        the runs of the others have been stopped.
    BudgetError, CloudError, ServerError
        BigQuery or a server refused a query of a notebook; likewise.
    """
    waiting = list(jobs)
    running: dict[str, _Run] = {}
    events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
    done = 0
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop(0)
                running[job.name] = _Run(job, events)
            name, event = events.get()
            run = running.pop(name)
            run.wait()
            if event.get("event") != "done":
                raise _failure(run, event)
            finished(run.job)
            done += 1
            step(name, done, len(jobs))
    finally:
        for run in running.values():
            run.stop()


class _Run:
    """A worker process and the thread that waits for its word."""

    def __init__(self, job: Job, events: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
        self.job = job
        job.output.parent.mkdir(parents=True, exist_ok=True)
        job.downloads.mkdir(parents=True, exist_ok=True)
        job_file = job.output.with_suffix(".job.json")
        job_file.write_text(
            json.dumps(
                {
                    "notebook": str(job.notebook),
                    "output": str(job.output),
                    "folder": str(job.notebook.parent),
                    "parameters": dict(job.parameters),
                    "cell_timeout": job.cell_timeout,
                }
            ),
            encoding="utf-8",
        )
        self.log = job.output.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "analysis_lib.publish.worker", str(job_file)],
                env=_environment(job),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches us first, and we stop it in order
            )
        self.thread = threading.Thread(target=self._read, args=(events,), daemon=True)
        self.thread.start()

    def _read(self, events: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
        assert self.process.stdout is not None
        said = self.process.stdout.read()
        # Nothing is said when the process was killed, or an import in it failed
        events.put((self.job.name, json.loads(said) if said else {}))

    def wait(self) -> None:
        self.process.wait()
        self.thread.join()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _environment(job: Job) -> dict[str, str]:
    """The worker's environment: no random hash order, and where the downloads go."""
    return {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **job.environment,
        "SHOPBOOK_DOWNLOADS": str(job.downloads),
        "SHOPBOOK_DOWNLOADS_URL": job.downloads_url,
    }


def _failure(run: _Run, event: Mapping[str, Any]) -> ShopbookError:
    """The error in words: the notebook, the cell, what was raised, and where to look."""
    where = f"Notebook {run.job.notebook.name}"
    seen = "Open it in JupyterLab to see the cell at work."
    if not event:
        last = run.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return NotebookError(f"{where} could not be run: {last[0] if last else 'its process was killed'}.")
    if event["kind"] == "raised":
        text = str(event["text"]).strip() or "no message"
        own = getattr(errors, str(event["name"]), None)
        if own is not None:  # our own errors are sentences already, with what to do
            kind = own if issubclass(own, _NOT_THE_NOTEBOOKS) else NotebookError
            return kind(f"{where}, cell In[{event['count']}]: {text}")
        return NotebookError(
            f"{where}, cell In[{event['count']}]: {event['name']}: {text.rstrip('.')}.", seen
        )
    cell = cell_name(read_notebook(run.job.notebook), int(event["index"]))
    if event["kind"] == "timeout":
        return NotebookError(
            f"{where}, {cell}: it ran longer than {run.job.cell_timeout} seconds and was stopped."
        )
    return NotebookError(f"{where}, {cell}: its kernel died, most likely because memory ran out.")
