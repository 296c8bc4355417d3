"""What the warehouse billed for the models, as noted when each was built."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html
from analysis_lib.reporting.tables import Column, table

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

_TIB = 2**40
_GIB = 2**30
_SHOWN = 10


def costs(book: Shop) -> Html:
    """A table of what each model read and was billed; nothing where the warehouse bills nothing.

    The figures are those of the run that built the model, so that a report of the same marts says the same.
    """
    found = rows(book)
    if found.empty or not found["bytes_billed"].sum():
        return Html("")
    rate = book.settings.bigquery.price_per_tib
    shown = found.assign(
        gibibytes_read=found["bytes_processed"] / _GIB,
        gibibytes_billed=found["bytes_billed"] / _GIB,
        slot_seconds=found["slot_milliseconds"] / 1000,
        price=found["bytes_billed"] / _TIB * rate,
    )
    columns = [
        Column("model", "Model"),
        Column("rows", "Rows", numbers.count),
        Column("gibibytes_read", "GiB read", _three_places),
        Column("gibibytes_billed", "GiB billed", _three_places),
        Column("price", "Price", _four_places),
        Column("slot_seconds", "Slot seconds", _one_place),
    ]
    billed, price = found["bytes_billed"].sum() / _GIB, shown["price"].sum()
    some = f"the {_SHOWN} dearest of {len(found)}, " if len(found) > _SHOWN else ""
    return table(
        shown.head(_SHOWN),
        columns,
        "warehouse-costs",
        "What the warehouse billed for each model",
        f"{some}when it was last built; all together {billed:,.3f} GiB, {price:,.2f} at {rate:g} for a TiB",
        [
            "BigQuery bills at least 10 MB for a query and each of its tables. Checks, the pages' own "
            "queries and storage are not among them.",
        ],
        download=found,
        download_label="What the warehouse billed for every model",
    )


def rows(book: Shop) -> pd.DataFrame:
    """Model, rows, jobs, bytes processed and billed, slot milliseconds; the dearest first."""
    import pandas as pd

    made: list[dict[str, Any]] = []
    names = ["jobs", "bytes_processed", "bytes_billed", "slot_milliseconds"]
    if book.settings.engine != "duckdb" and book.has_table("meta_models"):
        for row in book.sql("select model, fingerprint, rows, parts from meta_models").to_dict("records"):
            cost = json.loads(row["parts"]).get("cost")
            if cost and book.fingerprints.get(row["model"]) == row["fingerprint"]:
                made.append({"model": row["model"], "rows": row["rows"], **{key: cost[key] for key in names}})
    made.sort(key=lambda row: (-row["bytes_billed"], row["model"]))
    return pd.DataFrame(made, columns=["model", "rows", *names])


def _three_places(value: float) -> str:
    return f"{value:,.3f}"


def _four_places(value: float) -> str:
    return f"{value:,.4f}"


def _one_place(value: float) -> str:
    return f"{value:,.1f}"
