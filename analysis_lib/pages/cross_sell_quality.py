"""How well the ranking did on the hold-out: against popularity, and whether its probabilities are right."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import cross_sell_data
from analysis_lib.pages.cross_sell_data import CrossSell
from analysis_lib.pages.cross_sell_pairs import HALF
from analysis_lib.pages.products_data import rows_of
from analysis_lib.reporting import numbers, paired_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.html import Html, empty, paragraph
from analysis_lib.reporting.paired_charts import PairedBar
from analysis_lib.reporting.tables import Column, table
from analysis_lib.statistics.propensity_quality import auc_error
from analysis_lib.statistics.proportions import wilson_interval

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_TESTS = 2  # the ranking against popularity, and the number of purchases against that expected
_LABELS = {
    "auc": "AUC",
    "top_decile_lift": "Lift of the best tenth",
    "calibration_ratio": "Purchases over expected ones",
    "calibration_slope": "Calibration slope",
    "brier_score": "Brier score",
    "purchase_rate": "Purchase rate",
}


@dataclass(frozen=True)
class Judged:
    """A figure of the hold-out beside its baseline, with its interval and corrected p-value."""

    value: float
    baseline: float
    low: float
    high: float
    p_value: float
    purchases: int
    pairs: int


def ranking(found: CrossSell) -> Judged | None:
    """The AUC against that of popularity; None where the hold-out cannot be judged.

    The two rank the same pairs, so that taking them as independent makes the test careful.
    """
    auc, counts = found.score("auc"), _counts(found)
    if auc is None or auc["value"] is None or auc["baseline_value"] is None or counts is None:
        return None
    pairs, purchases = counts
    errors = [auc_error(auc[name], purchases, pairs - purchases) for name in ("value", "baseline_value")]
    z = (auc["value"] - auc["baseline_value"]) / (math.hypot(*errors) or math.inf)
    half = 1.959964 * errors[0]
    return Judged(
        auc["value"],
        auc["baseline_value"],
        max(0.0, auc["value"] - half),
        min(1.0, auc["value"] + half),
        _corrected(math.erfc(abs(z) / math.sqrt(2))),
        purchases,
        pairs,
    )


def calibration(found: CrossSell) -> Judged | None:
    """Purchases that happened over those that were expected; `baseline` is the number expected."""
    ratio, counts = found.score("calibration_ratio"), _counts(found)
    if ratio is None or not ratio["value"] or counts is None:
        return None
    from scipy.special import chdtri, pdtr, pdtrc  # not scipy.stats, which takes a second to import

    pairs, purchases = counts
    expected = purchases / ratio["value"]
    tail = min(float(pdtr(purchases, expected)), float(pdtrc(purchases - 1, expected)))
    # Exact limits of a Poisson count; chdtri takes the upper tail.
    low = float(chdtri(2 * purchases, 0.975)) / 2
    high = float(chdtri(2 * purchases + 2, 0.025)) / 2
    return Judged(
        ratio["value"], expected, low / expected, high / expected, _corrected(2 * tail), purchases, pairs
    )


def _corrected(p_value: float) -> float:
    return min(1.0, HALF * _TESTS * p_value)


def _counts(found: CrossSell) -> tuple[int, int] | None:
    rate = found.score("purchase_rate")
    if rate is None or not rate["value"]:
        return None
    pairs = int(rate["sample_size"] or 0)
    purchases = round(rate["value"] * pairs)
    return (pairs, purchases) if 0 < purchases < pairs else None


def scores(book: Shop) -> Html:
    """Every figure of the hold-out beside its baseline."""
    found = cross_sell_data.read(book)
    rows = found.quality[found.quality["metric"].isin(_LABELS)].copy()
    if rows.empty:
        return empty("No purchase probability was learned, so that there is nothing to judge.")
    if found.why_not:
        return paragraph(f"How well the ranking does is not known: {found.why_not}.", "empty")
    order = {name: place for place, name in enumerate(_LABELS)}
    rows = rows.sort_values(
        ["metric", "slice"], key=lambda column: column.map(order) if column.name == "metric" else column
    )
    rows["figure"] = [_figure(row) for row in rows_of(rows)]
    rows["meaning"] = [_sentence(note) for note in rows["note"]]
    return table(
        rows,
        [
            Column("figure", "Figure"),
            Column("value", "Model", _value, True),
            Column("baseline_value", "Baseline", _baseline, True),
            Column("baseline_name", "which is"),
            Column("sample_size", "Pairs", numbers.count),
            Column("meaning", "Meaning"),
        ],
        "hold-out",
        "How well the ranking foretold the hold-out",
        f"the {numbers.days(book.parameters.propensity_horizon_days)} up to the last day, which the model "
        "had not seen",
        download=found.quality,
        download_label="All figures of the hold-out",
    )


def _figure(row: Mapping[str, Any]) -> str:
    """The name of a figure, with the part of the hold-out where it is not all of it."""
    part = "" if row["slice"] == "(all)" else f", {str(row['slice']).removeprefix('reason ')}"
    return f"{_LABELS[row['metric']]}{part}"


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:].rstrip('.')}."


def _write(name: str, value: Any) -> str:
    if name == "purchase_rate":
        return numbers.percent(value)
    return numbers.count(value, 5 if name == "brier_score" else 2)


def _value(row: Any) -> str:
    return _write(row.metric, row.value)


def _baseline(row: Any) -> str:
    return _write(row.metric, row.baseline_value)


def by_decile(book: Shop) -> Html:
    """Predicted and observed purchase rate of each tenth of the pairs of the hold-out."""
    found = cross_sell_data.read(book)
    deciles = found.quality[found.quality["metric"] == "decile_purchase_rate"].sort_values("slice")
    if deciles.empty:
        why = found.why_not or "there is no hold-out"
        return empty(f"Predicted and observed purchases cannot be compared: {why}.")
    rows = []
    for place, row in enumerate(rows_of(deciles), start=1):
        size, expected, happened = int(row["sample_size"]), float(row["value"]), float(row["baseline_value"])
        interval = wilson_interval(round(happened * size), size)
        rows.append(
            PairedBar(
                f"{place}{' (best)' if place == 1 else ' (last)' if place == len(deciles) else ''}",
                expected,
                happened,
                f"{numbers.percent(expected)} expected",
                f"{numbers.percent(happened)} bought",
                interval.low if interval else None,
                interval.high if interval else None,
            )
        )
    first = rows[0]
    judged = calibration(found)
    total = (
        f" In all {numbers.plural(judged.purchases, 'purchase')}, {numbers.count(judged.baseline, 1)} "
        "expected."
        if judged
        else ""
    )
    words = Words(
        "Expected and observed purchases of the hold-out by tenth of the ranking",
        f"Grey: mean probability of the tenth; blue: the part of it that was bought, with its 95 % interval "
        f"(n = {numbers.count(deciles['sample_size'].iloc[0])} each). Best tenth: {first.first_text}, "
        f"{first.second_text}.{total}",
        "Bar chart of expected and observed purchase rate by tenth of the ranking. "
        + "; ".join(f"{row.label}: {row.first_text}, {row.second_text}" for row in rows)
        + f".{total}",
    )
    return paired_charts.paired("calibration", rows, words).html


@functools.lru_cache(maxsize=4)
def judged(book: Shop) -> tuple[Judged | None, Judged | None]:
    """The ranking and the calibration."""
    found = cross_sell_data.read(book)
    return ranking(found), calibration(found)
