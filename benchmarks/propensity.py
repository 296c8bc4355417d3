"""How long the purchase probability takes, and how well it foretells hold-outs that move back in time.

    python -m benchmarks.propensity [--shop demo] [--holdouts 5] [--penalties 0.1 1 3]

The shop's models must have been built. Every propensity model is run once (wall and processor seconds, no
table is changed). Then as_of moves back by a horizon at a time: each row is a model learned on what was known
before a hold-out that it has not seen, beside ranking by popularity; and the same on average for penalties.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.computed import PythonModel
from analysis_lib.models import Project, read_project
from analysis_lib.parameters import PARAMETERS, make_parameters
from analysis_lib.settings import load_settings
from analysis_lib.statistics import propensity
from analysis_lib.warehouse import dialect
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from analysis_lib.warehouse.opening import choose_shop

MODELS = (
    "int_propensity_pairs",
    "int_propensity_cells",
    "int_propensity_popularity",
    "int_propensity_fit",
    "int_propensity_scores",
    "int_propensity_quality",
)
_METRICS = ("auc", "top_decile_lift", "calibration_ratio", "calibration_slope")
_Tables = dict[str, pd.DataFrame]


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(
    warehouse: DuckDBWarehouse, project: Project, values: Mapping[str, Any], names: Sequence[str] = MODELS
) -> tuple[_Tables, pd.DataFrame]:
    """The small tables of the models, computed anew, and the seconds of each model."""
    connection, tables, seconds = warehouse.connection, _Tables(), []
    for name in names:
        model = project.get(name)
        wall, processor = time.perf_counter(), _processor_seconds()
        if isinstance(model, PythonModel):
            tables[name] = model.compute(tables, values)
        else:
            schemas = {table: dict(project.schema(table)) for table in model.inputs}
            select = dialect.to_duckdb(model.tree, dict(values), schemas)
            # A temporary table stands before the built one of that name; the file stays as it is.
            connection.execute(f"create or replace temp table {name} as {select}")
            if name != MODELS[0]:
                frame = connection.execute(f"select * from {name}").df()
                tables[name] = frame.sort_values(list(frame.columns), ignore_index=True)
        seconds.append((name, time.perf_counter() - wall, _processor_seconds() - processor))
    return tables, pd.DataFrame(seconds, columns=["model", "wall_s", "processor_s"])


def summary(quality: pd.DataFrame) -> dict[str, float]:
    """The figures over the whole hold-out, and popularity's."""
    whole = quality[quality["slice"] == "(all)"].set_index("metric")
    found = {metric: whole.loc[metric, "value"] for metric in _METRICS}
    found |= {f"popularity_{metric}": whole.loc[metric, "baseline_value"] for metric in _METRICS[:2]}
    return found | {"purchases": whole.loc["purchase_rate", "value"] * whole.loc["auc", "sample_size"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shop", default="")
    parser.add_argument("--holdouts", type=int, default=5)
    parser.add_argument("--penalties", type=float, nargs="*", default=[0.1, 1.0, 3.0])
    options = parser.parse_args()

    settings = load_settings()
    name, source = choose_shop(settings, options.shop)
    project = read_project(source)
    with DuckDBWarehouse(settings, name, read_only=True) as warehouse:
        used = dict(warehouse.rows("select name, value from run_parameters"))
        given = make_parameters({key: value for key, value in used.items() if key in PARAMETERS})
        assert given.as_of is not None
        _, seconds = run(warehouse, project, given.as_query_parameters())
        print(seconds.round(2).to_string(index=False))
        print(seconds[["wall_s", "processor_s"]].sum().round(2).to_string())

        rows: list[dict[str, object]] = []
        learned = propensity.PENALTY
        for back in range(options.holdouts):
            as_of = given.as_of - dt.timedelta(days=back * given.propensity_horizon_days)
            values = given.with_as_of(as_of).as_query_parameters()
            tables, _ = run(warehouse, project, values)
            rows.append({"as_of": as_of, "penalty": learned, **summary(tables["int_propensity_quality"])})
            for penalty in set(options.penalties) - {learned}:
                propensity.PENALTY = penalty
                for model in MODELS[3:]:
                    tables[model] = project.get(model).compute(tables, values)  # type: ignore[attr-defined]
                rows.append({"as_of": as_of, "penalty": penalty, **summary(tables["int_propensity_quality"])})
            propensity.PENALTY = learned
    found = pd.DataFrame(rows)
    print(found[found["penalty"] == learned].drop(columns="penalty").round(3).to_string(index=False))
    print(found.drop(columns=["as_of", "purchases"]).groupby("penalty").mean().round(3).to_string())


if __name__ == "__main__":
    main()
