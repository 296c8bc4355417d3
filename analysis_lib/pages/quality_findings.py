"""The sentences of the quality page. They count everything there is, so that no test is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.pages import quality_data, quality_forecasts, quality_rows
from analysis_lib.reporting import numbers
from analysis_lib.reporting.findings import Finding

if TYPE_CHECKING:
    from analysis_lib.shop import Shop


def write(book: Shop) -> list[Finding]:
    """Up to five findings: checks, rows, sums, forecasts, what is missing."""
    made = [_checks(book), _rows(book), _sums(book), _forecasts(book), _missing(book)]
    return [finding for finding in made if finding is not None]


def _checks(book: Shop) -> Finding:
    found = quality_data.outcomes(book)
    if not found:
        return Finding("No checks were run.", "So nothing is known about what the models promise.", "warn")
    rows = quality_data.checks(book)
    every = numbers.plural(len(rows), "check")
    models = numbers.plural(int(rows["model"].nunique()), "model")
    if found["passed"] == len(rows):
        stopping = int((rows["severity"] == "error").sum())
        return Finding(
            "The one check passed." if len(rows) == 1 else f"All {every} passed.",
            f"They are over {models}; {numbers.count(stopping)} of them would stop publishing, "
            f"{numbers.count(len(rows) - stopping)} would be shown here as warnings.",
            "good",
        )
    parts = [f"{numbers.count(found[key])} {key}" for key in ("failed", "warned") if found[key]]
    worst = rows[rows["status"] != "passed"].sort_values(
        ["severity", "failing_rows", "model", "brief"], ascending=[True, False, True, True], kind="stable"
    ).iloc[0]  # fmt: skip
    return Finding(
        f"{' and '.join(parts)} of {every}; {numbers.count(found['passed'])} passed.",
        f"Most rows break this one: {worst['model']}, “{worst['brief']}”, "
        f"{numbers.plural(int(worst['failing_rows']), 'row')}."
        + (" A failed check stops publishing." if found["failed"] else ""),
        "bad" if found["failed"] else "warn",
        is_claim=True,
    )


def _rows(book: Shop) -> Finding | None:
    found = quality_data.loaded(book)
    read, rejected = int(found["rows_read"].sum()), int(found["rows_rejected"].sum())
    if not read:
        return None
    doubled = int(found["duplicates_dropped"].sum())
    dropped = (
        f"{numbers.plural(doubled, 'duplicate')} of a row that was kept "
        f"{'was' if doubled == 1 else 'were'} dropped."
        if doubled
        else "No duplicate was dropped."
    )
    if not rejected:
        return Finding(
            f"No row was rejected: {numbers.plural(read, 'row')} were read from "
            f"{numbers.plural(len(found), 'table')}.",
            dropped,
            "good",
        )
    reasons = quality_data.rejected(book)
    why = ""
    if not reasons.empty:
        top = reasons.iloc[0]
        why = (
            f" The most frequent reason: {top['table_name']}, {str(top['reason']).rstrip('.')} "
            f"({numbers.plural(int(top['rows_rejected']), 'row')})."
        )
    return Finding(
        f"{numbers.plural(rejected, 'row')} of {numbers.count(read)} "
        f"{'was' if rejected == 1 else 'were'} rejected ({numbers.percent(rejected / read)}).",
        f"{dropped}{why}",
        "warn",
    )


def _sums(book: Shop) -> Finding | None:
    found = quality_data.reconciliations(book)
    if found.empty:
        return None
    broken = found[~found["is_ok"].astype(bool)]
    if broken.empty:
        rows = sum(quality_rows.kind(name) == "Rows" for name in found["reconciliation"])
        return Finding(
            "The one reconciliation holds."
            if len(found) == 1
            else f"All {numbers.plural(len(found), 'reconciliation')} hold to the last digit.",
            f"{numbers.count(rows)} of them {'is' if rows == 1 else 'are'} of rows, "
            f"{numbers.count(len(found) - rows)} of revenue, orders, customers and ad spend.",
            "good",
        )
    worst = broken.iloc[broken["difference"].abs().argmax()]
    name = str(worst["reconciliation"])
    return Finding(
        f"{numbers.count(len(broken))} of {numbers.plural(len(found), 'reconciliation')} "
        f"{'does' if len(broken) == 1 else 'do'} not hold.",
        f"The largest difference is in {name}: "
        f"{quality_rows.value(name, worst['difference'], book.parameters.currency)}.",
        "bad",
        is_claim=True,
    )


def _forecasts(book: Shop) -> Finding | None:
    judged = quality_forecasts.judged(book)
    if not judged:
        return None
    ours = sum(verdict == "model" for _, _, verdict in judged)
    naive = [(model, label) for model, label, verdict in judged if verdict == "naive"]
    listed = "; ".join(f"{model}: {label[:1].lower()}{label[1:]}" for model, label in naive)
    where = f" The naive forecast came closer in: {listed}." if naive else ""
    return Finding(
        f"On days that they had not seen, the models came closer than a naive forecast in "
        f"{numbers.count(ours)} of {numbers.plural(len(judged), 'figure')}.",
        f"A count of figures, not a test: other days may turn out otherwise.{where}",
    )


def _missing(book: Shop) -> Finding:
    found = quality_data.missing(book)
    models = len(book.project.models)
    if not found:
        return Finding(
            f"All {numbers.plural(models, 'model')} are available.",
            "The shop has every input that they need.",
        )
    inputs = sorted(
        {other.removeprefix("raw_").removeprefix("stg_") for lacks in found.values() for other in lacks}
    )
    return Finding(
        f"{numbers.count(len(found))} of {numbers.plural(models, 'model')} "
        f"{'is' if len(found) == 1 else 'are'} not available.",
        f"{_why_missing(book, inputs)}.",
        "neutral" if book.edition and book.edition.dimension else "warn",
    )


def _why_missing(book: Shop, inputs: list[str]) -> str:
    """What the models that are not available lack; an edition of some people lacks what names no person."""
    if book.edition and book.edition.dimension:
        whole = "the report of the whole shop has what there is"
        return f"No person is known for {', '.join(inputs)}, or the shop has none; {whole}"
    return f"The shop has no {', '.join(inputs)}"
