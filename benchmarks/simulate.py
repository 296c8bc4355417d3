"""How long simulating a shop takes, and how much memory: wall and CPU seconds, peak RSS, rows, bytes.

Run from the project's folder::

    python benchmarks/simulate.py                     # 20,000 and 1,000,000 visitors, 18 months
    python benchmarks/simulate.py --visitors 200000 --months 12 --seed 3

Each size runs in a process of its own, so that peaks do not mix. Nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis_lib.simulate import simulate

SIZES = (20_000, 1_000_000)


def measure(visitors: int, months: int, seed: int) -> dict[str, float]:
    """Simulate once in this process."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        summary = simulate(visitors, months, seed, Path(folder) / "shop")
        wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "visitors": visitors,
        "wall_s": wall,
        "user_s": usage.ru_utime,
        "system_s": usage.ru_stime,
        "peak_rss_mb": usage.ru_maxrss / 1024,
        "sessions": summary.sessions,
        "events": summary.rows["events"],
        "orders": summary.orders,
        "files_mb": summary.bytes / 1e6,
    }


def main() -> None:
    """Measure each size and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(json.dumps(measure(given.visitors[0], given.months, given.seed)))
        return
    header = True
    for visitors in given.visitors:
        command = [sys.executable, __file__, "--here", "--visitors", str(visitors)]
        command += ["--months", str(given.months), "--seed", str(given.seed)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if header:
            print("  ".join(f"{name:>11}" for name in found))
            header = False
        print("  ".join(f"{value:>11,.1f}" if value % 1 else f"{value:>11,.0f}" for value in found.values()))


if __name__ == "__main__":
    main()
