"""How long the models of repeat purchases take: on the public CDNOW data, and on many simulated customers.

    python -m benchmarks.purchases [--data ../shared/data/cdnow] [--customers 1000000]

First CDNOW in a new process, with its imports and reading: BG/NBD and Gamma–Gamma, their parameters beside
the published ones. Then customers drawn from the model (fixed seed, first purchases over 80 weeks, whole
days): the fit with its grouping, and expected purchases and P(alive) of each. Wall and processor seconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

_SHARED = Path(os.environ.get("SHOPBOOK_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "cdnow"
_PUBLISHED = {
    "r": 0.2426,
    "alpha": 4.4135,
    "a": 0.7929,
    "b": 2.4258,
    "p": 6.25,
    "q": 3.74,
    "v": 15.45,
}
_Value = TypeVar("_Value")


def fit_cdnow(data: Path) -> dict[str, float]:
    """The parameters of both models on the public summary of 2,357 customers."""
    import pandas as pd

    from analysis_lib.statistics import bg_nbd, gamma_gamma

    rows = pd.read_csv(data / "cdnow_customers_summary_with_transactions.csv")
    orders = bg_nbd.fit(rows["x"], rows["t_x"], rows["T"])
    repeat = rows[rows["x"] > 0]
    values = gamma_gamma.fit(repeat["x"], repeat["zbar"])
    found = {name: getattr(orders, name) for name in ("r", "alpha", "a", "b")}
    return found | {name: getattr(values, name) for name in ("p", "q", "v")}


def simulate(
    customers: int, r: float, alpha: float, a: float, b: float, seed: int = 7, longest_days: int = 560
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency, recency and age, in weeks of whole days, of customers drawn from BG/NBD."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(r, 1 / alpha, customers)
    drop_out = chance.beta(a, b, customers)
    age = chance.integers(1, longest_days, customers) / 7
    frequency, recency = np.zeros(customers), np.zeros(customers)
    now, left = np.zeros(customers), np.arange(customers)
    while left.size:
        now[left] += chance.exponential(1, left.size) / rate[left]
        left = left[now[left] <= age[left]]
        frequency[left] += 1
        recency[left] = now[left]
        left = left[chance.random(left.size) >= drop_out[left]]
    return frequency, np.minimum(np.ceil(recency * 7) / 7, age), age


def _processor_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _timed(name: str, work: Callable[[], _Value]) -> _Value:
    wall, processor = time.perf_counter(), _processor_seconds()
    result = work()
    print(f"{name}: {time.perf_counter() - wall:.2f} s, processor {_processor_seconds() - processor:.2f} s")
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=_SHARED.resolve())
    parser.add_argument("--customers", type=int, default=1_000_000)
    options = parser.parse_args()

    if options.data.is_dir():
        code = "import sys, pathlib, benchmarks.purchases as b; b.fit_cdnow(pathlib.Path(sys.argv[1]))"
        command = [sys.executable, "-c", code, str(options.data)]
        root = Path(__file__).parents[1]
        _timed(
            "CDNOW, a new process with imports and reading",
            lambda: subprocess.run(command, check=True, cwd=root),
        )
        for name, value in fit_cdnow(options.data).items():
            off = value / _PUBLISHED[name] - 1
            print(f"  {name:5} {value:8.4f}, published {_PUBLISHED[name]:8.4f}, off by {off:+.3%}")
    else:
        print(f"CDNOW is left out: there is no folder {options.data}")

    from analysis_lib.statistics import bg_nbd

    customers = simulate(options.customers, 0.2426, 4.4135, 0.7929, 2.4258)
    model = _timed(f"fit of {options.customers:,} customers", lambda: bg_nbd.fit(*customers))
    print(f"  {model}")
    _timed("expected purchases in 52 weeks", lambda: bg_nbd.expected_purchases(model, 52.0, *customers))
    _timed("probability alive", lambda: bg_nbd.probability_alive(model, *customers))


if __name__ == "__main__":
    main()
