"""How well the purchase models foretold what was held out, beside a naive forecast."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.customers_segments import in_wide_lines
from analysis_lib.pages.periods import records
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_QUALITY = """
select
    model_name,
    metric,
    slice,
    value,
    baseline_name,
    baseline_value,
    sample_size,
    note,
from dq_model_quality
where model_name in ('bg_nbd', 'gamma_gamma') and metric like 'holdout%'
"""
_ALL = "(all)"
_SLICES = (_ALL, "bought once", "bought twice", "bought 3 or 4 times", "bought 5 times or more")


def _off_one(value: float) -> float:
    """How far a ratio of expected to actual is from 1, alike above and below."""
    return abs(math.log(value)) if value > 0 else math.inf


# Metric: what it is called, its decimals, and how bad a value is.
_METRICS: dict[str, tuple[str, int, Callable[[float], float]]] = {
    "holdout_orders_ratio": ("Order days expected for each that came", 2, _off_one),
    "holdout_orders_mean_absolute_error": ("Mean absolute error, order days a buyer", 2, abs),
    "holdout_orders_root_mean_squared_error": ("Root mean squared error, order days a buyer", 2, abs),
    "holdout_orders_correlation": (
        "Correlation of expected and actual, over buyers",
        2,
        lambda value: -value,
    ),
    "holdout_orders_decile_correlation": ("Correlation over ten groups of buyers", 2, lambda value: -value),
    "holdout_order_value_ratio": ("Value of an order day expected for each that came", 2, _off_one),
    "holdout_order_value_root_mean_squared_error": ("Root mean squared error, value of an order day", 1, abs),
}


@functools.lru_cache(maxsize=4)
def rows(book: Shop) -> tuple[dict[str, Any], ...]:
    """The figures of the hold-out in the order of the table; none where the model is not available."""
    if not book.available("dq_model_quality"):
        return ()
    order = {name: place for place, name in enumerate(_METRICS)}
    found = [row for row in records(book, _QUALITY) if row["metric"] in order]
    parts = {name: place for place, name in enumerate(_SLICES)}
    return tuple(
        sorted(found, key=lambda row: (order[row["metric"]], parts.get(row["slice"], 9), row["slice"]))
    )


def ratio(book: Shop, metric: str) -> tuple[float | None, float | None, int]:
    """Expected to actual of the model and of the naive forecast, over all buyers, and their number."""
    for row in rows(book):
        if row["metric"] == metric and row["slice"] == _ALL:
            sample = int(row["sample_size"])
            return number_or_none(row["value"]), number_or_none(row["baseline_value"]), sample
    return None, None, 0


def in_words(found: float | None) -> str:
    """A ratio of expected to actual as a reader says it.

    Examples
    --------
    >>> in_words(1.098), in_words(0.7), in_words(1.0)
    ('9.8\\xa0% too many', '30.0\\xa0% too few', 'just as many')
    """
    if found is None:
        return numbers.NOT_AVAILABLE
    share = abs(found - 1)
    if share < 0.0005:
        return "just as many"
    return f"{numbers.percent(share)} too {'many' if found > 1 else 'few'}"


def sentence(book: Shop) -> str:
    """What the hold-out says of the predictions, in one sentence; nothing where there was none."""
    found, naive, sample = ratio(book, "holdout_orders_ratio")
    if found is None:
        return ""
    beside = f", the same rate as before {in_words(naive)}" if naive is not None else ""
    if naive is not None and _off_one(naive) < _off_one(found):
        beside += ", which was closer"
    return (
        f"On the hold-out ({numbers.plural(sample, 'buyer')}) the model expected {in_words(found)} order "
        f"days{beside}."
    )


def quality(book: Shop) -> Html:
    """Every figure of the hold-out with the naive forecast's."""
    import pandas as pd

    found = pd.DataFrame([{**row, **_texts(row)} for row in rows(book)])
    known = found[found["value"].notna()] if len(found) else found
    why = str(found["note"].iloc[0]) if len(found) else "the models of repeat purchases are not available"
    columns = [
        Column("what", "Figure"),
        Column("buyers", "Buyers"),
        Column("value", "Model", _value, True),
        Column("baseline_value", "Naive", _naive, True),
        Column("closer", "Closer"),
        Column("sample_size", "n", numbers.count),
    ]
    return table(
        known,
        columns,
        "hold-out",
        "How well the model foretold what it had not seen",
        "fitted on the days before the hold-out; naive: the same rate as before, the mean of all repeats",
        ["A ratio is best at 1, an error at 0, a correlation at 1. Order days are days with an order."],
        f"The model was not tried on a hold-out: {why}.",
        download=found.drop(columns=["what", "buyers"], errors="ignore"),
        download_label="Hold-out of the purchase models",
    )


def _texts(row: dict[str, Any]) -> dict[str, str]:
    buyers = "all" if row["slice"] == _ALL else row["slice"]
    return {"what": in_wide_lines(_METRICS[row["metric"]][0]), "buyers": buyers, "closer": _closer(row)}


def _value(row: Any) -> str:
    return numbers.count(row.value, _METRICS[row.metric][1])


def _naive(row: Any) -> str:
    return numbers.count(row.baseline_value, _METRICS[row.metric][1])


def _closer(row: dict[str, Any]) -> str:
    value, naive = number_or_none(row["value"]), number_or_none(row["baseline_value"])
    if value is None or naive is None:
        return numbers.NOT_AVAILABLE
    badness = _METRICS[row["metric"]][2]
    model_is, naive_is = badness(value), badness(naive)
    return "equal" if model_is == naive_is else "model" if model_is < naive_is else "naive"
