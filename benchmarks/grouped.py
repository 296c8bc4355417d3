"""What leaves the warehouse for the models of repeat purchases as customers grow, and what rounding costs.

    python -m benchmarks.grouped [--customers 10000 100000 1000000]

Customers are drawn from BG/NBD (three years of first purchases, fixed seed) with lognormal order values, and
their orders written into a DuckDB of its own. Then the models run as in a build: what Python gets (groups
and values) and gives back (fits, nodes) is counted in rows and megabytes, beside the histories that stay
where they are. Where groups are rounded, the same fit on exact days says what that changed: the parameters,
and the orders expected of all customers. Results go to results/grouped.csv.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.computed import PythonModel
from analysis_lib.models import Project, read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.settings import Settings
from analysis_lib.statistics import bg_nbd, purchases
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

RESULTS = Path(__file__).parent / "results" / "grouped.csv"
AS_OF = dt.date(2026, 6, 30)
DAYS = 1095
# Buyers who come every two months on average: more histories differ than in most shops.
TRUTH = bg_nbd.BgNbd(r=0.8, alpha=7.0, a=0.6, b=4.0)
MODELS = (
    "int_purchase_history",
    "int_purchase_groups",
    "int_purchase_values",
    "int_purchase_fit",
    "int_purchase_nodes",
    "int_purchase_predictions",
    "int_purchase_quality",
)


def order_days(customers: int, seed: int = 7) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Customers and days before as_of of their orders, one wave of orders after the other.

    Examples
    --------
    >>> waves = list(order_days(100))
    >>> len(waves[0][0]), bool(waves[0][1].max() < DAYS)
    (100, True)
    """
    chance = np.random.default_rng(seed)
    rate = chance.gamma(TRUTH.r, 1 / TRUTH.alpha, customers) / 7
    drop_out = chance.beta(TRUTH.a, TRUTH.b, customers)
    left = np.arange(customers)
    before = chance.uniform(0, DAYS, customers)
    while left.size:
        yield left, np.floor(before).astype(np.int64)
        before = before - chance.exponential(1, left.size) / rate[left]
        stays = (before >= 0) & (chance.random(left.size) >= drop_out[left])
        left, before = left[stays], before[stays]


def write_orders(warehouse: DuckDBWarehouse, project: Project, customers: int) -> int:
    """The tables that the models start from; the number of orders."""
    chance = np.random.default_rng(11)
    level = np.exp(chance.normal(4, 0.5, customers))
    for name in ("int_orders", "int_order_lines"):
        warehouse.create_empty_table(name, project.schema(name))
    orders = 0
    for who, before in order_days(customers):
        wave = pd.DataFrame({"user_id": who, "days_before": before})
        wave["revenue"] = (level[who] * np.exp(chance.normal(0, 0.6, who.size))).round(2)
        warehouse.connection.register("wave", wave)
        warehouse.connection.execute(
            f"insert into int_orders by name select ({orders} + row_number() over ())::varchar as order_id, "
            f"user_id::varchar as user_id, date '{AS_OF}' - days_before::integer as order_date, "
            "true as is_counted, revenue::decimal(38, 9) as net_revenue from wave"
        )
        warehouse.connection.unregister("wave")
        orders += who.size
    return orders


def run(warehouse: DuckDBWarehouse, project: Project) -> dict[str, dict[str, float]]:
    """Rows, megabytes and seconds by model, each made as a build makes it."""
    values = make_parameters({"as_of": AS_OF}).as_query_parameters()
    found: dict[str, dict[str, float]] = {}
    frames: dict[str, pd.DataFrame] = {}
    for name in MODELS:
        model, start = project.get(name), time.perf_counter()
        if isinstance(model, PythonModel):
            for table in model.inputs - frames.keys():
                frames[table] = warehouse.query(f"select * from {table}")
                found[table]["mb"] = frames[table].memory_usage(index=False, deep=True).sum() / 1e6
            frames[name] = model.compute(frames, values)
            rows = warehouse.create_table_from_frame(name, model.contract.schema, frames[name])
            size = frames[name].memory_usage(index=False, deep=True).sum() / 1e6
        else:
            needed = {key: values[key] for key in model.parameters}
            rows, size = warehouse.create_table(name, model.tree, needed), 0.0
        found[name] = {"rows": rows, "mb": size, "seconds": time.perf_counter() - start}
    return found


def rounding(warehouse: DuckDBWarehouse) -> dict[str, float]:
    """What rounding changed: relative differences to the fit on exact days; 0 where nothing was rounded."""
    parameters = warehouse.query("select r, alpha, a, b from int_purchase_fit where fit = 'final'").iloc[0]
    used = bg_nbd.BgNbd(**{str(name): float(value) for name, value in parameters.items()})
    exact = warehouse.query("select * from int_purchase_predictions")
    names = ("first_to_last_days", "first_to_end_days")
    days = [exact[name].to_numpy(float) / purchases.DAYS_A_WEEK for name in names]
    history = (exact["repeat_order_days"].to_numpy(float), *days)
    weights = exact["customers"].to_numpy(float)
    best = bg_nbd.fit(*history, weights)
    weeks = purchases.HORIZON_DAYS / purchases.DAYS_A_WEEK
    expected = bg_nbd.expected_purchases(best, weeks, *history)
    predicted = exact["predicted_orders_12m"].to_numpy(float)
    buyers = weights.sum()
    return {
        **{f"{name}_off": getattr(used, name) / getattr(best, name) - 1 for name in ("r", "alpha", "a", "b")},
        "expected_orders_off": float((weights * predicted).sum() / (weights * expected).sum() - 1),
        "mean_absolute_orders_off": float((weights * np.abs(predicted - expected)).sum() / buyers),
    }


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    rows: list[dict[str, Any]] = []
    project = read_project("thelook")
    for customers in parser.parse_args().customers:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            places = {name: root / name for name in ("warehouse", "site", "build_dir", "temp_dir")}
            with DuckDBWarehouse(Settings(root=root, memory_limit="4GB", **places), "shop") as warehouse:
                orders = write_orders(warehouse, project, customers)
                found = run(warehouse, project)
                row: dict[str, Any] = {"customers": customers, "orders": orders}
                for name, one in found.items():
                    row[f"{name.removeprefix('int_purchase_')}_rows"] = int(one["rows"])
                row["travelling_mb"] = round(float(sum(one["mb"] for one in found.values())), 2)
                row["seconds"] = round(sum(one["seconds"] for one in found.values()), 1)
                row |= {name: f"{value:.2e}" for name, value in rounding(warehouse).items()}
        print(row, flush=True)
        rows.append(row)
    with RESULTS.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
