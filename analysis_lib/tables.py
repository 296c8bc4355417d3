"""Makes the table of one model: by SQL in the warehouse, by Python from small tables, or from rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis_lib.computed import MAX_INPUT_ROWS, PythonModel, RuleTable
from analysis_lib.errors import ModelError
from analysis_lib.models import Model
from analysis_lib.parameters import Parameters
from analysis_lib.warehouse.base import NEXT_SUFFIX, Warehouse
from analysis_lib.warehouse.translations import ModelQuery

if TYPE_CHECKING:
    import pandas as pd


def create(warehouse: Warehouse, model: Model, parameters: Parameters, suffixes: Mapping[str, str]) -> int:
    """Create the table `model__next`; the number of its rows.

    Parameters
    ----------
    suffixes
        Tables that were made in the same run carry `__next`; the others are read as published.

    Raises
    ------
    ModelError, QueryError
        When the SQL or the function fails, or a Python model would have to read too much.
    """
    name = model.name + NEXT_SUFFIX
    values = parameters.as_query_parameters()
    needed = {key: values[key] for key in model.parameters}
    if isinstance(model, RuleTable):
        return warehouse.create_table_from_frame(name, model.contract.schema, model.compute())
    if isinstance(model, PythonModel):
        inputs = {table: _small_table(warehouse, table, suffixes) for table in sorted(model.inputs)}
        return warehouse.create_table_from_frame(name, model.contract.schema, model.compute(inputs, needed))
    used = {table: suffix for table, suffix in suffixes.items() if table in model.inputs}
    query = ModelQuery(model.sql, tuple(sorted(used.items())))
    if model.contract.is_view:
        return warehouse.create_view(name, query, needed)
    return warehouse.create_table(name, query, needed, model.contract.layout)


def _small_table(warehouse: Warehouse, table: str, suffixes: Mapping[str, str]) -> pd.DataFrame:
    """A table for Python, in the order of all its columns, so that the same rows give the same bytes."""
    name = table + suffixes.get(table, "")
    rows = warehouse.count(name)
    if rows > MAX_INPUT_ROWS:
        raise ModelError(
            f"It would have to read {rows:,} rows of {table} into Python; at most "
            f"{MAX_INPUT_ROWS:,} are allowed.",
            "Aggregate them in SQL first.",
        )
    frame = warehouse.query(f"select * from {name}")
    return frame.sort_values(list(frame.columns), ignore_index=True)
