"""What is known about the quality of the data: checks, loaded rows, sums, forecasts, missing models."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis_lib.models import Model
from analysis_lib.pages.periods import records

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

_LOADED = """
select
    table_name,
    rows_read,
    rows_staged,
    rows_rejected,
    duplicates_dropped,
    rows_read - rows_staged - rows_rejected - duplicates_dropped as difference,
from load_counts
order by rows_read desc, table_name
"""
# Without the rows as they were read: they may hold names and addresses.
_REJECTED = """
select
    table_name,
    reason,
    count(*) as rows_rejected,
    count(distinct file_id) as files,
    min(file_name) as first_file,
from rejected_rows
group by table_name, reason
order by rows_rejected desc, table_name, reason
"""
# Only what an analyst should see: what every program writes in one way needs no decision.
_DECIDED = """
select
    table_name,
    column_name,
    reading,
    currency,
    is_said,
    sum(deciding_values) as deciding_values,
    sum(undecided_values) as undecided_values,
    count(distinct file_id) as files,
    min(file_name) as first_file,
from load_decisions
where decision <> ''
group by table_name, column_name, reading, currency, is_said
order by table_name, column_name, reading, currency, is_said
"""
LAYERS = ("Staging", "Rules", "Intermediate", "Predictions", "Marts", "Quality")
_BY_PREFIX = {"stg": "Staging", "rule": "Rules", "int": "Intermediate", "dq": "Quality"}


def in_words(text: str) -> str:
    """A sentence of a contract or a note without the name of the parameter that ends the data.

    Examples
    --------
    >>> in_words("one row an order placed by as_of"), in_words("as known at as_of")
    ('one row an order placed by the last day', 'as known at the last day')
    """
    return text.replace("as_of", "the last day")


def layer(model: Model) -> str:
    """The layer of a model as the page names it."""
    if model.path.parent.name == "predictions":
        return "Predictions"
    return _BY_PREFIX.get(model.layer, "Marts")


@functools.lru_cache(maxsize=4)
def checks(book: Shop) -> pd.DataFrame:
    """Every check with its outcome, the layer of its model, and an order to show them in."""
    found = book.checks()
    models = book.project.models
    found["layer"] = [layer(models[name]) if name in models else "" for name in found["model"]]
    return found


def outcomes(book: Shop) -> dict[str, int]:
    """How many checks passed, warned and failed; empty when none was run."""
    found = checks(book)
    if found.empty:
        return {}
    counts = found["status"].value_counts()
    return {status: int(counts.get(status, 0)) for status in ("passed", "warned", "failed")}


@functools.lru_cache(maxsize=4)
def loaded(book: Shop) -> pd.DataFrame:
    """The loaded tables with the rows that were read, kept, rejected and dropped as duplicates."""
    return book.sql(_LOADED)


@functools.lru_cache(maxsize=4)
def rejected(book: Shop) -> pd.DataFrame:
    """The rejected rows by table and reason; none in a warehouse that never rejected any."""
    if not book.has_table("rejected_rows"):
        import pandas as pd

        return pd.DataFrame(columns=["table_name", "reason", "rows_rejected", "files", "first_file"])
    return book.sql(_REJECTED)


@functools.lru_cache(maxsize=4)
def decided(book: Shop) -> pd.DataFrame:
    """How columns were read that can be written in several ways; one row a column and reading.

    With how many values show it, how many could have been read otherwise, and in how many files. No rows
    in a warehouse that was loaded before such decisions were kept.
    """
    if not book.has_table("load_decisions"):
        import pandas as pd

        return pd.DataFrame(columns=["table_name", "column_name", "reading", "currency", "is_said"])
    return book.sql(_DECIDED)


@functools.lru_cache(maxsize=4)
def reconciliations(book: Shop) -> pd.DataFrame:
    """The sums that must agree; no rows where the model is not available."""
    return _mart(book, "dq_reconciliation")


@functools.lru_cache(maxsize=4)
def foretold(book: Shop) -> tuple[Mapping[str, Any], ...]:
    """How well the statistical models foretold what they had not seen; none where not available."""
    if not book.available("dq_model_quality"):
        return ()
    return tuple(
        records(book, "select * from dq_model_quality order by model_name, metric, slice"),
    )


def missing(book: Shop) -> dict[str, tuple[str, ...]]:
    """The models that are not available, with the inputs that they lack."""
    return {name: book.lacks(name) for name in book.project.models if book.lacks(name)}


def incomplete(book: Shop) -> dict[str, tuple[str, ...]]:
    """The models that were built without an input that is optional, with those inputs."""
    there = book.project
    tables = set(loaded(book)["table_name"])

    def is_there(name: str) -> bool:
        if name in there.models:
            return not book.lacks(name)
        # A shop that a test made has no counts; what cannot be known is not reported as missing.
        return not tables or name.removeprefix("raw_") in tables or not name.startswith("raw_")

    found = {}
    for name, model in there.models.items():
        without = tuple(other for other in sorted(model.contract.optional_inputs) if not is_there(other))
        if without and not book.lacks(name):
            found[name] = without
    return found


def _mart(book: Shop, model: str) -> pd.DataFrame:
    if not book.available(model):
        import pandas as pd

        return pd.DataFrame(columns=list(book.project.get(model).contract.columns))
    return book.mart(model)
