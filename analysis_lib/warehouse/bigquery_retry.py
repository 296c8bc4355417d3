"""How often and how long a request or a job on BigQuery is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.warehouse.bigquery_failures import is_passing

if TYPE_CHECKING:
    from google.api_core.retry import Retry

# A passing failure is tried again after 1, 2, 4 … seconds, at most two minutes in all. The client's own
# default would wait for ten.
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 20.0
RETRY_SECONDS = 120.0


def retry() -> Retry:
    """For one request or job: what `is_passing` is tried again, nothing else."""
    from google.api_core.retry import Retry

    return Retry(
        predicate=is_passing,
        initial=FIRST_WAIT_SECONDS,
        maximum=LONGEST_WAIT_SECONDS,
        timeout=RETRY_SECONDS,
    )
