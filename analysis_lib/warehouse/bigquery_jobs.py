"""Runs jobs on BigQuery: labelled, bounded in bytes, retried where that helps, cancelled when stopped."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, cast

from analysis_lib.errors import BudgetError
from analysis_lib.warehouse import run_ledger
from analysis_lib.warehouse.bigquery_client import Connection, translated
from analysis_lib.warehouse.bigquery_retry import retry
from analysis_lib.warehouse.run_ledger import RunLedger

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import QueryJob

# So many rows come with the answer that the query is done; more come through the Storage API, which takes two
# requests. Without a number the client asks for none, and takes that way for a single row.
FIRST_ROWS = 5_000
# Seconds until a job that is to be cancelled has arrived.
_CANCEL_WAITS = (0.2, 0.5, 1.0)
# A script on small tables of the library's own, which cannot be run dry.
_SCRIPT = "begin transaction"


@dataclass(frozen=True)
class JobFacts:
    """What one job did: bytes read and billed, slot time, and what travelled to this process."""

    model: str
    bytes_processed: int = 0
    bytes_billed: int = 0
    slot_milliseconds: int = 0
    rows_fetched: int = 0
    bytes_fetched: int = 0


@dataclass
class Run:
    """What all sessions of one warehouse share: the run's id, its jobs under way and what they did."""

    labels: Mapping[str, str]
    facts: list[JobFacts] = field(default_factory=list)
    running: dict[str, Connection] = field(default_factory=dict)  # by the job's id
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_stopped: bool = False
    ledger: RunLedger = field(default_factory=RunLedger)
    begun: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    known: set[str] = field(default_factory=set)  # tables that this run found or made

    def interrupt(self) -> None:
        """Cancel the jobs under way; what they would have made is not made."""
        with self.lock:
            self.is_stopped = True
            waiting = list(self.running.items())
        for job, connection in waiting:
            cancel(connection, job)


def cancel(connection: Connection, job: str) -> None:
    """Cancel a job, also one whose request is still on its way; one that cannot be cancelled has ended."""
    from google.api_core.exceptions import GoogleAPIError, NotFound

    for wait in _CANCEL_WAITS:
        try:
            connection.client.cancel_job(job, location=connection.place.location, retry=retry())
        except NotFound:
            time.sleep(wait)
        except GoogleAPIError:
            return
        else:
            return


def label(text: str) -> str:
    """A text as a label's value: lower case, at most 63 characters.

    Examples
    --------
    >>> label("int_Orders.v2")
    'int_orders-v2'
    """
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]


def id_of(run: str, number: int) -> str:
    """The id of a process's job of that number: by them another one finds what a killed one had begun.

    Examples
    --------
    >>> id_of("1f0c", 7)
    'shopbook_1f0c_7'
    """
    return f"shopbook_{run}_{number}"


def new_run(shop: str) -> Run:
    """What this process does for a shop in its run, by whose id its jobs are found in BigQuery's list."""
    name, ledger = run_ledger.current()
    return Run({"shop": label(shop), "run": label(name)}, ledger=ledger)


class Jobs:
    """Jobs of one thread on one dataset; those that name no model are for `model`."""

    def __init__(self, connection: Connection, dataset: str, run: Run, model: str = "") -> None:
        self.connection = connection
        self.dataset = dataset
        self.run = run
        self.model = model

    def config(self, model: str = "", dry_run: bool = False) -> Any:
        """The settings of a query job: dataset, labels, and the most bytes that it may bill."""
        from google.cloud import bigquery

        place = self.connection.place
        config = bigquery.QueryJobConfig(
            default_dataset=f"{place.project}.{self.dataset}",
            labels={**self.run.labels, **({"model": label(model)} if model else {})},
            dry_run=dry_run,
            use_query_cache=not dry_run,
        )
        if place.maximum_bytes_billed is not None:
            config.maximum_bytes_billed = place.maximum_bytes_billed
        return config

    def next_id(self) -> str:
        """The id of the next job; each is used once, also when the same query is tried again."""
        with self.run.lock:
            self.run.begun += 1
            return id_of(self.run.id, self.run.begun)

    def execute(self, sql: str, model: str = "") -> QueryJob:
        """Run one statement or script to its end.

        Raises
        ------
        ShopbookError
            As :func:`bigquery_failures.translate` says; passing failures only after they were tried again.
        """
        model = model or self.model
        job, _ = self._finished(sql, model)
        self._note(job, model)
        return job

    def fetch(self, sql: str) -> pa.Table:
        """The rows of a query as Arrow, through the Storage API where they do not fit into one answer."""
        job, rows = self._finished(sql, self.model, FIRST_ROWS)
        with translated(self.model):
            table = rows.to_arrow(bqstorage_client=self.connection.storage)
        self._note(job, self.model, table.num_rows, table.nbytes)
        return table

    def batches(self, sql: str, table: str = "") -> Iterator[pa.Table]:
        """The rows of a large query on a table in pieces, as they arrive; for copying, not for pages."""
        import pyarrow as pa

        job, rows = self._finished(sql, table)
        count = size = 0
        with translated(table):
            for batch in rows.to_arrow_iterable(bqstorage_client=self.connection.storage):
                count, size = count + batch.num_rows, size + batch.nbytes
                yield pa.Table.from_batches([batch])
        self._note(job, table, count, size)

    def estimate(self, sql: str, model: str = "") -> int:
        """The bytes that a query would read, by a dry run: nothing is billed."""
        with translated(model):
            job = self.connection.client.query(
                sql, job_config=self.config(model, dry_run=True), retry=retry()
            )
        return int(job.total_bytes_processed or 0)

    def _finished(self, sql: str, model: str, page_size: int = 0) -> tuple[QueryJob, Any]:
        """Run a job to its end; a job that failed for a passing reason is run again, as another job."""
        with translated(model):
            # The client would try again by itself, but for longer than a person waits.
            self._stay_within_run(sql, model)
            finished: tuple[QueryJob, Any] = retry()(self._once)(sql, model, page_size)
        return finished

    def _stay_within_run(self, sql: str, model: str) -> None:
        """Refuse what would take the run over its most bytes; a dry run says how many, at no cost."""
        most = self.connection.place.maximum_bytes_per_run
        if most is None or sql.startswith(_SCRIPT):
            return
        needed = self.estimate(sql, model)
        fits, before = self.run.ledger.plan(needed, most)
        if not fits:
            raise BudgetError(
                f"{model or 'The query'} would read {needed:,} bytes, and with the {before:,} before it more "
                f"than the {most:,} that maximum_bytes_per_run allows; it was not run.",
                "Choose a shorter period, or raise maximum_bytes_per_run in shopbook.toml.",
            )

    def _once(self, sql: str, model: str, page_size: int = 0) -> tuple[QueryJob, Any]:
        # The id is ours, so that a job is known, and can be cancelled, before its request is answered.
        job_id = self.next_id()
        with self.run.lock:
            self.run.running[job_id] = self.connection
        try:
            job = self._sent(job_id, sql, model)
            if self.run.is_stopped:
                cancel(self.connection, job_id)
            return job, job.result(page_size=page_size, retry=retry(), job_retry=None)
        except KeyboardInterrupt:
            cancel(self.connection, job_id)
            raise
        finally:
            with self.run.lock:
                self.run.running.pop(job_id, None)

    def _sent(self, job_id: str, sql: str, model: str) -> QueryJob:
        from google.api_core.exceptions import Conflict

        client, location = self.connection.client, self.connection.place.location
        try:
            config = self.config(model)
            return client.query(sql, job_config=config, job_id=job_id, retry=retry(), job_retry=None)
        except Conflict:  # it was sent before, and the answer got lost
            return cast("QueryJob", client.get_job(job_id, location=location, retry=retry()))

    def _note(self, job: QueryJob, model: str, rows: int = 0, fetched: int = 0) -> None:
        facts = JobFacts(
            model,
            int(job.total_bytes_processed or 0),
            int(job.total_bytes_billed or 0),
            int(job.slot_millis or 0),
            rows,
            fetched,
        )
        with self.run.lock:
            self.run.facts.append(facts)
        self.run.ledger.note(asdict(facts))
