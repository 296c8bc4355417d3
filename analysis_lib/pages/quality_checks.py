"""The checks of the models: which did not pass, and how many passed."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.models import Model
from analysis_lib.pages import quality_data
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, empty, escape, join, paragraph
from analysis_lib.reporting.masking import mask
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

NOT_RUN = "No checks were run on these models. Run shopbook check; a published report always runs them."
_SEVERITIES = {"error": "stops publishing", "warn": "shown here"}
_COUNTS = [
    Column("checks", "Checks", numbers.count),
    Column("passed", "Passed", numbers.count),
    Column("warned", "Warned", numbers.count),
    Column("failed", "Failed", numbers.count),
]
_KEYS = ("user_id", "visitor_id", "session_id", "customer_id")
_PERSONAL = ("email", "first_name", "last_name", "street_address", "postal_code", "latitude", "longitude")


def outcomes(book: Shop) -> Html:
    """What did not pass with a sample, the count of checks by layer and, folded, by model."""
    found = quality_data.checks(book)
    if found.empty:
        return empty(NOT_RUN)
    by_model = _by_model(found)
    return join([_not_passed(book, found), _by_layer(by_model), _folded(by_model)])


def _not_passed(book: Shop, found: pd.DataFrame) -> Html:
    shown = found.drop(columns=["fingerprint"]).copy()
    models = book.project.models
    shown["sample"] = [
        sample_text(str(row["sample"]), _names(row, models)) for row in found.to_dict("records")
    ]
    shown["on_failure"] = [_SEVERITIES.get(severity, severity) for severity in found["severity"]]
    rows = shown[shown["status"] != "passed"].sort_values(
        ["severity", "failing_rows", "model", "brief"], ascending=[True, False, True, True], kind="stable"
    )
    if rows.empty:
        return paragraph(f"No row breaks a check: {numbers.plural(len(found), 'check')} passed.")
    columns = [
        Column("model", "Model"),
        Column("brief", "What must hold"),
        Column("status", "Outcome"),
        Column("on_failure", "Severity"),
        Column("failing_rows", "Rows that break it", numbers.count),
        Column("sample", "For example"),
    ]
    return table(
        rows,
        columns,
        "checks-not-passed",
        "Checks that did not pass",
        f"{numbers.count(len(rows))} of {numbers.plural(len(found), 'check')}; keys of people are shortened",
        download=shown,
        download_label="All checks",
    )


def _names(row: Mapping[Hashable, Any], models: Mapping[str, Model]) -> list[str]:
    """What the cells of a sample without names are: the grain or the column, and how often."""
    model = models.get(row["model"])
    if row["check_name"] == "grain" and model is not None:
        return [*model.contract.grain, "rows"]
    return [row["column_name"], "rows"]


def sample_text(sample: str, names: Sequence[str]) -> str:
    """The sample of a check as a reader reads it, without what tells who somebody is.

    Parameters
    ----------
    sample
        JSON as `dq_checks` holds it: rows as mappings, or as lists whose cells `names` names.
    names
        Names of the cells of a list.

    Examples
    --------
    >>> sample_text('[{"order_id": "7", "net": "-1.00"}, {"order_id": "9", "net": "-2.00"}]', [])
    'order_id 7, net -1.00; order_id 9, net -2.00'
    >>> sample_text('[["3", "2"]]', ["product_id", "rows"])
    'product_id 3, rows 2'
    >>> sample_text('[{"email": "jane@shop.example"}]', []), sample_text("", [])
    ('email (hidden)', '')
    """
    if not sample:
        return ""
    rows = [
        row.items() if isinstance(row, dict) else zip(names, row, strict=False) for row in json.loads(sample)
    ]
    return "; ".join(", ".join(f"{name} {_shown(name, value)}" for name, value in row) for row in rows)


def _shown(name: str, value: str) -> str:
    if name in _PERSONAL:
        return "(hidden)"
    return mask(value) if name.endswith(_KEYS) else value


def _by_model(found: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    made: list[dict[str, Any]] = []
    for (place, model), rows in found.groupby(["layer", "model"], sort=True):
        counts = rows["status"].value_counts()
        made.append(
            {
                "layer": place,
                "model": model,
                "checks": len(rows),
                **{status: int(counts.get(status, 0)) for status in ("passed", "warned", "failed")},
                "failing_rows": int(rows["failing_rows"].sum()),
            }
        )
    order = {name: place for place, name in enumerate(quality_data.LAYERS)}
    made.sort(key=lambda row: (order.get(row["layer"], len(order)), row["model"]))
    return pd.DataFrame(made)


def _by_layer(by_model: pd.DataFrame) -> Html:
    import pandas as pd

    columns = ["checks", "passed", "warned", "failed"]
    sums = by_model.groupby("layer")[columns].sum()
    sums.insert(0, "models", by_model.groupby("layer").size())
    order = [name for name in quality_data.LAYERS if name in sums.index]
    shown = sums.loc[order + sorted(set(sums.index) - set(order))].reset_index()
    whole = {"layer": "All", "models": len(by_model), **{name: int(by_model[name].sum()) for name in columns}}
    return table(
        pd.concat([shown, pd.DataFrame([whole])], ignore_index=True),
        [Column("layer", "Layer"), Column("models", "Models", numbers.count), *_COUNTS],
        "checks-by-layer",
        "Checks by layer",
        "A failed check stops publishing, a warning does not",
        bold_rows=[len(shown)],
    )


def _folded(by_model: pd.DataFrame) -> Html:
    made = table(
        by_model,
        [Column("model", "Model"), *_COUNTS, Column("failing_rows", "Rows that break one", numbers.count)],
        "checks-by-model",
        "Checks by model",
        numbers.plural(len(by_model), "model"),
        group="layer",
    )
    summary = escape(f"Checks of each of the {numbers.plural(len(by_model), 'model')}")
    return Html(f"<details><summary>{summary}</summary>\n{made.text}\n</details>")
