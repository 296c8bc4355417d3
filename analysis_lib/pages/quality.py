"""Quality and method: can these numbers be trusted, and what do they mean?

Its functions, some of them from the modules `quality_…`, are the sections of `notebooks/quality.ipynb`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from analysis_lib.pages import quality_data, quality_findings
from analysis_lib.pages.quality_checks import outcomes
from analysis_lib.pages.quality_forecasts import quality as forecasts
from analysis_lib.pages.quality_glossary import changes, definitions, glossary
from analysis_lib.pages.quality_models import sources
from analysis_lib.pages.quality_rows import sums
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, card, grid
from analysis_lib.reporting.html import Html, escape, join, paragraph
from analysis_lib.reporting.metrics import Metric
from analysis_lib.reporting.stamp import stamp

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

__all__ = [
    "changes",
    "forecasts",
    "glossary",
    "headline",
    "how_computed",
    "key_findings",
    "outcomes",
    "sources",
    "status",
    "sums",
]
_DEFINED = dt.date(2026, 11, 21)
# Not in metrics.yml: these count what the machinery wrote down (dq_checks, load_counts), which is no mart.
CHECKS_PASSED = Metric(
    "checks_passed",
    "Checks passed",
    "count",
    "count",
    "Checks of the models that no row breaks.",
    "number of checks without a row that breaks them",
    "dq_checks",
    _DEFINED,
    good="up",
    column="status",
    caveat="A check says what must hold of a model; it does not say that the source wrote down the truth.",
)
CHECKS_WARNED = Metric(
    "checks_warned",
    "Warnings",
    "count",
    "count",
    "Checks that some rows break without stopping the report.",
    "number of checks of severity warn with a row that breaks them",
    "dq_checks",
    _DEFINED,
    good="down",
    column="status",
)
ROWS_REJECTED = Metric(
    "rows_rejected",
    "Rows rejected",
    "count",
    "count",
    "Rows of the loaded files that could not be read as what they should be.",
    "number of rows in the rejected rows, over all tables",
    "load_counts",
    _DEFINED,
    good="down",
    column="rows_rejected",
    caveat="They count nowhere in the report.",
)
RECONCILIATIONS_HELD = Metric(
    "reconciliations_held",
    "Reconciliations that hold",
    "count",
    "count",
    "Sums computed in two ways that agree to the last digit.",
    "number of reconciliations without a difference",
    "dq_reconciliation",
    _DEFINED,
    good="up",
    column="is_ok",
)
METRICS = (CHECKS_PASSED, CHECKS_WARNED, ROWS_REJECTED, RECONCILIATIONS_HELD)
_MODELS = ("dq_reconciliation", "dq_model_quality")


def status(book: Shop) -> Html:
    """The stamp: shop, last day, window, checks."""
    return stamp(book)


def headline(book: Shop) -> Html:
    """The cards: checks passed, warnings, rows rejected, reconciliations that hold."""
    return grid([*_checks(book), _rejected(book), _reconciled(book)])


def _checks(book: Shop) -> list[Card]:
    currency = book.parameters.currency
    found = quality_data.outcomes(book)
    if not found:
        return [
            card(metric, None, currency, note="no checks were run")
            for metric in (CHECKS_PASSED, CHECKS_WARNED)
        ]
    every = sum(found.values())
    failed = f"{numbers.count(found['failed'])} failed" if found["failed"] else "none failed"
    return [
        card(CHECKS_PASSED, found["passed"], currency, note=f"of {numbers.plural(every, 'check')}"),
        card(CHECKS_WARNED, found["warned"], currency, note=failed),
    ]


def _rejected(book: Shop) -> Card:
    found = quality_data.loaded(book)
    currency = book.parameters.currency
    if found.empty:
        return card(ROWS_REJECTED, None, currency, note="nothing was loaded")
    read = numbers.plural(int(found["rows_read"].sum()), "row")
    return card(ROWS_REJECTED, int(found["rows_rejected"].sum()), currency, note=f"of {read} read")


def _reconciled(book: Shop) -> Card:
    found = quality_data.reconciliations(book)
    currency = book.parameters.currency
    if found.empty:
        return card(RECONCILIATIONS_HELD, None, currency, note="nothing could be compared")
    held = int(found["is_ok"].astype(bool).sum())
    return card(RECONCILIATIONS_HELD, held, currency, note=f"of {numbers.count(len(found))}")


def key_findings(book: Shop) -> Html:
    """Up to five sentences, each a count of everything there is."""
    return findings.show(quality_findings.write(book), "Nothing is known about the quality of this data.")


def how_computed(book: Shop) -> Html:
    """The definitions of this page's own figures, the run's parameters and the SQL of the quality models."""
    values = ", ".join(f"{name} = {value}" for name, value in book.parameters.as_query_parameters().items())
    sql = "\n".join(
        f"<details><summary>{escape(model)}</summary>\n"
        f'<pre class="sql"><code class="language-sql">{escape(book.model_sql(model).strip())}</code></pre>\n'
        "</details>"
        for model in _MODELS
    )
    return join(
        [
            definitions(METRICS, book.parameters.currency),
            paragraph(f"Parameters of the run: {values}."),
            paragraph("The SQL of the models (GoogleSQL):"),
            Html(sql),
        ]
    )
