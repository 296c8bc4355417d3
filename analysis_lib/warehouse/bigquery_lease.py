"""One writer at a time for a dataset: a lease, which BigQuery has no lock for.

`build_lease` is a table of one row: who writes, and until when. `create table if not exists` makes it, which
is atomic, and an `update … where` takes it: of two concurrent updates of a table BigQuery lets only one
succeed, and the time is judged by its own clock. While the writer works, a thread renews the lease each
minute; at the end it is given back. Of a process that was killed it runs out after five minutes, or is taken
at once where that process can be seen to have ended, on its own machine. Its jobs may still be running, so
that whoever takes over first cancels them, by their ids: `shopbook_<run>_<number>`.
"""

from __future__ import annotations

import contextlib
import copy
import os
import socket
import threading
import time

from analysis_lib.errors import CloudError, MissingInputError, ShopbookError, WarehouseLockedError
from analysis_lib.warehouse.bigquery_client import translated
from analysis_lib.warehouse.bigquery_jobs import Jobs, Run, id_of
from analysis_lib.warehouse.bigquery_retry import retry
from analysis_lib.warehouse.bigquery_values import as_rows, bound
from analysis_lib.warehouse.processes import has_ended, this_process

LEASE = "build_lease"
LEASE_SECONDS = 300
RENEWAL_SECONDS = 60
_ASK_AGAIN_SECONDS = 2.0
# Ids that a run counted and never used: it begins at most this many jobs at once.
_UNUSED_IDS = 32
# No query runs for longer on BigQuery: of a run that went silent before, nothing is left to cancel.
_LONGEST_JOB_HOURS = 6
_CREATE = (
    f"create table if not exists {LEASE} as select '' as run, '' as holder, '' as process, "
    "timestamp '1970-01-01' as expires_at"
)
_UNTIL = f"timestamp_add(current_timestamp(), interval {LEASE_SECONDS} second)"
_TAKE = (
    f"update {LEASE} set run = ?, holder = ?, process = ?, expires_at = {_UNTIL} "
    "where run = ? and (run = '' or expires_at < current_timestamp() or process = ?)"
)
_READ = (
    "select run, holder, process, expires_at < current_timestamp() as has_expired, "
    f"expires_at < timestamp_sub(current_timestamp(), interval {_LONGEST_JOB_HOURS} hour) as is_long_ago "
    f"from {LEASE}"
)


class Lease:
    """The right to write to one dataset: taken when it is first needed, kept until it is given back.

    Parameters
    ----------
    jobs
        Jobs of the warehouse on its dataset.
    shop
        What errors call it.
    wait_seconds
        How long to wait for another writer (setting `lock_wait_seconds`).
    """

    def __init__(self, jobs: Jobs, shop: str, wait_seconds: float = 0) -> None:
        self.shop, self.wait_seconds = shop, wait_seconds
        self.run = jobs.run.id
        # Jobs of its own: stopping a run cancels the others, and it must still be given back.
        own = Run(jobs.run.labels, jobs.run.facts, id=f"{self.run}-lease", ledger=jobs.run.ledger)
        self.jobs = Jobs(jobs.connection, jobs.dataset, own)
        self.is_held = False
        self._holder = ""
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._sure_until = 0.0

    def take(self) -> bool:
        """Have it; whether it had to be taken now.

        Raises
        ------
        WarehouseLockedError
            Another process writes, or this one was silent for so long that another took over.
        """
        with self._lock:
            if self.is_held:
                if time.time() > self._sure_until:  # the machine slept, or BigQuery did not answer
                    self.renew()
                return False
            last_try = time.monotonic() + self.wait_seconds
            while not self._try():
                if time.monotonic() >= last_try:
                    raise self._refusal()
                time.sleep(_ASK_AGAIN_SECONDS)
            self.is_held = True
            self._ended.clear()
            threading.Thread(target=self._keep, name="lease", daemon=True).start()
            return True

    def _try(self) -> bool:
        """Take it when it is free, has run out, or its process has ended."""
        if self._update(""):
            return True
        [(run, self._holder, process, has_expired, is_long_ago)] = as_rows(self.jobs.fetch(_READ))
        if run == self.run:  # taken, but the answer was lost and the update tried again
            return True
        if run == "" or not (has_expired or has_ended(process)):
            return False
        if not is_long_ago:
            cancel_jobs(self.jobs, run)
        return self._update(run, process if has_ended(process) else "")

    def _update(self, run: str, process: str = "-") -> bool:
        asked = time.time()
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        statement = bound(_TAKE, [self.run, holder, this_process(), run, process or "-"])
        try:
            taken = self._affected(statement)
        except MissingInputError:
            self.jobs.execute(_CREATE)
            taken = self._affected(statement)
        self._sure_until = asked + LEASE_SECONDS - RENEWAL_SECONDS
        return taken

    def _affected(self, statement: str) -> bool:
        """Whether a statement changed the row; not so when another's update came first."""
        try:
            return bool(self.jobs.execute(statement).num_dml_affected_rows)
        except WarehouseLockedError:
            return False

    def _refusal(self) -> WarehouseLockedError:
        return WarehouseLockedError(
            f"Another run writes to the shop {self.shop} on BigQuery ({self._holder}).",
            "Wait for it to end. If it was killed, its lease runs out within five minutes.",
        )

    def renew(self) -> None:
        """Have it for another five minutes; WarehouseLockedError when another process has taken it."""
        asked = time.time()
        statement = bound(f"update {LEASE} set expires_at = {_UNTIL} where run = ?", [self.run])
        while not self._affected(statement):
            # Nothing was changed: another process asked at the same moment, or has it.
            [(run, *_)] = as_rows(self.jobs.fetch(_READ))
            if run != self.run:
                self.is_held = False
                self._ended.set()
                raise WarehouseLockedError(
                    f"This run was silent for more than five minutes, and another one took over {self.shop}.",
                    "What this one had begun is not published. Run it again when the other has ended.",
                )
            time.sleep(_ASK_AGAIN_SECONDS / 4)
        self._sure_until = asked + LEASE_SECONDS - RENEWAL_SECONDS

    def _keep(self) -> None:
        """Renew it while the process works, through a connection of its own."""
        with contextlib.closing(self.jobs.connection.another()) as connection:
            own = copy.copy(self)
            own.jobs = Jobs(connection, self.jobs.dataset, self.jobs.run)
            while not self._ended.wait(RENEWAL_SECONDS):
                # What goes wrong here is told by the next write, which asks by itself.
                with contextlib.suppress(WarehouseLockedError, CloudError):
                    own.renew()
                    self._sure_until = own._sure_until

    def close(self) -> None:
        """Let another process write."""
        with self._lock:
            self._ended.set()
            if self.is_held:
                self.is_held = False
                given = f"update {LEASE} set run = '', holder = '', process = '' where run = ?"
                # What failed before is the error to tell; the lease runs out by itself.
                with contextlib.suppress(ShopbookError):
                    self.jobs.execute(bound(given, [self.run]))


def cancel_jobs(jobs: Jobs, run: str) -> None:
    """Cancel the jobs of a run whose process is gone, and wait for their end.

    Raises
    ------
    CloudError
        They are another account's, and may not be cancelled.
    """
    client = jobs.connection.client
    number = missed = 0
    while missed < _UNUSED_IDS:
        number += 1
        try:
            with translated("a job of the run before"):
                job = client.get_job(id_of(run, number), retry=retry())
                if job.state != "DONE":
                    job.cancel(retry=retry())
                while not job.done(retry=retry()):
                    time.sleep(_ASK_AGAIN_SECONDS / 4)
            missed = 0
        except MissingInputError:
            missed += 1
