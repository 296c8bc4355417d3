"""How well the statistical models foretold what they had not seen, beside a naive forecast."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import quality_data
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, empty, escape, join
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

ALL = "(all)"
_MODELS = {
    "bg_nbd": "Repeat purchases (BG/NBD)",
    "gamma_gamma": "Value of an order (Gamma–Gamma)",
    "inventory_velocity": "Sales velocity of the stock",
    "purchase_probability": "Purchase probability of cross-sell candidates",
}


def _six_decimals(value: Any) -> str:
    return numbers.count(value, 6)


@dataclass(frozen=True)
class Figure:
    """What a figure is called, where it is best (`high`, `low`, `one` or nowhere) and how it is written.

    `of_hold_out` is false for what is not an error on days that the model had not seen.
    """

    label: str
    best: str = ""
    write: Callable[[Any], str] = numbers.ratio
    of_hold_out: bool = True


FIGURES = {
    "holdout_orders_ratio": Figure("Order days expected for each that came", "one"),
    "holdout_orders_mean_absolute_error": Figure("Mean absolute error, order days a buyer", "low"),
    "holdout_orders_root_mean_squared_error": Figure("Root mean squared error, order days a buyer", "low"),
    "holdout_orders_correlation": Figure("Correlation of expected and actual, over buyers", "high"),
    "holdout_orders_decile_correlation": Figure("Correlation over ten groups of buyers", "high"),
    "mean_log_likelihood": Figure("Mean log-likelihood of the fit", "high", of_hold_out=False),
    "holdout_order_value_ratio": Figure("Value of an order day expected for each that came", "one"),
    "holdout_order_value_root_mean_squared_error": Figure(
        "Root mean squared error, value of an order day", "low"
    ),
    "frequency_value_correlation": Figure("Correlation of how often and for how much", of_hold_out=False),
    "wape": Figure("Weighted absolute error (WAPE)", "low"),
    "forecast_to_actual": Figure("Units forecast for each that was sold", "one"),
    "auc": Figure("Ranks a purchase above none (AUC)", "high"),
    "top_decile_lift": Figure("Lift of the best tenth", "high"),
    "brier_score": Figure("Mean squared error (Brier)", "low", _six_decimals),
    "calibration_ratio": Figure("Purchases for each that was expected", "one"),
    "calibration_slope": Figure("Slope of what happened on what was predicted"),
    "purchase_rate": Figure("Share of the pairs that were bought", write=numbers.percent, of_hold_out=False),
}
_TENTHS = "decile_purchase_rate"


def figure(metric: str) -> Figure:
    """A figure by its name; one that is not known yet is shown by that name, without a verdict.

    Examples
    --------
    >>> figure("wape").best, figure("new_error").label
    ('low', 'New error')
    """
    return FIGURES.get(metric, Figure(metric.replace("_", " ").capitalize()))


def closer(row: Mapping[str, Any]) -> str:
    """Which came closer, the model or the naive forecast; "–" where that cannot be said.

    Examples
    --------
    >>> closer({"metric": "wape", "value": 0.9, "baseline_value": 1.2})
    'model'
    >>> closer({"metric": "holdout_orders_ratio", "value": 1.25, "baseline_value": 0.81})
    'naive'
    >>> closer({"metric": "auc", "value": None, "baseline_value": 0.6})
    '–'
    """
    best = figure(str(row["metric"])).best
    value, naive = number_or_none(row["value"]), number_or_none(row["baseline_value"])
    if not best or value is None or naive is None:
        return numbers.NOT_AVAILABLE
    ours, theirs = (_badness(number, best) for number in (value, naive))
    return "equal" if ours == theirs else "model" if ours < theirs else "naive"


def _badness(value: float, best: str) -> float:
    if best == "one":  # a ratio: half as much is as far off as twice as much
        return abs(math.log(value)) if value > 0 else math.inf
    return value if best == "low" else -value


def name(model: str) -> str:
    """A statistical model as a reader knows it."""
    return _MODELS.get(model, model.replace("_", " ").capitalize())


def judged(book: Shop) -> list[tuple[str, str, str]]:
    """Model, figure and verdict of each figure over the whole hold-out that has a naive forecast."""
    return [
        (name(row["model_name"]), figure(row["metric"]).label, verdict)
        for row in quality_data.foretold(book)
        if row["slice"] == ALL
        and figure(row["metric"]).of_hold_out
        and (verdict := closer(row)) != numbers.NOT_AVAILABLE
    ]


def reasons(book: Shop) -> list[str]:
    """Why a model has no figures, a sentence each."""
    found = quality_data.foretold(book)
    with_figures = {row["model_name"] for row in found if row["value"] is not None}
    notes = dict.fromkeys(
        (row["model_name"], row["note"]) for row in found if row["model_name"] not in with_figures
    )
    return [f"{name(model)}: {str(note).rstrip('.')}." for model, note in notes]


def quality(book: Shop) -> Html:
    """Every figure with the naive forecast's, and the predicted probabilities against what happened."""
    import pandas as pd

    found = quality_data.foretold(book)
    why = reasons(book)
    known = [row for row in found if row["value"] is not None]
    if not known:
        sentence = "No statistical model could be tried on days that it had not seen."
        return empty(" ".join([sentence, *why]))
    everything = pd.DataFrame([dict(row) for row in found])
    rows = [row for row in known if row["metric"] != _TENTHS]
    whole = [row for row in rows if row["slice"] == ALL]
    made = [_table(whole, "model-quality", why, everything)] if whole else []
    parts = [row for row in rows if row["slice"] != ALL]
    folded = [_table(parts, "model-quality-by-part")] if parts else []
    return join([*made, _folded([_meanings(whole), *folded, _tenths(book, known)])])


def _meanings(rows: Sequence[Mapping[str, Any]]) -> Html:
    """What each figure is, with its interval where it has one: too long for a table on a phone."""
    if not rows:
        return Html("")
    entries = "\n".join(
        f"<dt>{escape(name(row['model_name']))}: {escape(figure(row['metric']).label)}</dt>"
        f"<dd>{escape(_sentence(str(row['note'])))}</dd>"
        for row in _ordered(rows)
    )
    return Html(f'<dl class="definitions">\n{entries}\n</dl>')


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else numbers.NOT_AVAILABLE


def _folded(tables: Sequence[Html]) -> Html:
    text = join(tables).text
    if not text:
        return Html("")
    summary = "What each figure is, and the same by part of the data"
    return Html(f"<details><summary>{summary}</summary>\n{text}\n</details>")


def _ordered(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By model, figure and part, in the order in which they are named here."""
    order = {metric: place for place, metric in enumerate(FIGURES)}
    models = {model: place for place, model in enumerate(_MODELS)}
    return sorted(
        rows,
        key=lambda row: (
            models.get(row["model_name"], len(models)),
            row["model_name"],
            order.get(row["metric"], len(order)),
            row["metric"],
            row["slice"] != ALL,
            row["slice"],
        ),
    )


def _table(
    rows: Sequence[Mapping[str, Any]],
    table_name: str,
    why: Sequence[str] = (),
    everything: pd.DataFrame | None = None,
) -> Html:
    import pandas as pd

    shown = pd.DataFrame(
        [
            {
                **row,
                "model": name(row["model_name"]),
                "figure": figure(row["metric"]).label,
                "part": str(row["slice"]).replace("abc_class", "ABC class"),
                "closer": closer(row),
            }
            for row in _ordered(rows)
        ],
        columns=["model", "figure", "part", "metric", "value", "baseline_value", "baseline_name", "closer",
                 "sample_size", "note"],
    )  # fmt: skip
    columns = [
        Column("figure", "Figure"),
        *([] if everything is not None else [Column("part", "Part")]),
        Column("value", "Model", _value, True),
        Column("baseline_value", "Naive", _naive, True),
        Column("closer", "Closer"),
        Column("baseline_name", "The naive forecast"),
        Column("sample_size", "n", numbers.count),
    ]
    return table(
        shown,
        columns,
        table_name,
        "What the models foretold, beside a naive forecast" + ("" if everything is not None else ", by part"),
        "fitted on earlier days, tried on later ones; a ratio is best at 1, an error at 0, a correlation or "
        "AUC at 1",
        why,
        "No figure has a value.",
        download=everything,
        download_label="All figures of the models" if everything is not None else "",
        group="model",
    )


def _value(row: Any) -> str:
    return figure(row.metric).write(row.value)


def _naive(row: Any) -> str:
    return figure(row.metric).write(row.baseline_value)


def _tenths(book: Shop, known: Sequence[Mapping[str, Any]]) -> Html:
    import pandas as pd

    rows = pd.DataFrame([dict(row) for row in known if row["metric"] == _TENTHS])
    if rows.empty:
        return Html("")
    least = book.parameters.min_sample
    rows["tenth"] = [str(part).removeprefix("decile ").lstrip("0") for part in rows["slice"]]

    def is_few(row: Any) -> bool:
        return not numbers.is_reliable(row.sample_size, least)

    columns = [
        Column("tenth", "Tenth of the candidates, the likeliest first"),
        Column("value", "Predicted", numbers.percent, is_few=is_few),
        Column("baseline_value", "Bought", numbers.percent, is_few=is_few),
        Column("sample_size", "n", numbers.count),
    ]
    return table(
        rows.sort_values("slice", kind="stable"),
        columns,
        "predicted-and-bought",
        "Purchase probability predicted, and the share that was bought",
        "cross-sell candidates of the hold-out in ten equal groups by their probability",
    )
