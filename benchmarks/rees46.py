"""What a REES46 shop of 20 million events takes: the load and the build of the marts, each in a process.

    python -m benchmarks.rees46 --folder /tmp/rees46                        # 5 months of 4 million rows
    python -m benchmarks.rees46 --folder /tmp/rees46 --months 1 --formats csv.gz --steps generate load
    python -m benchmarks.rees46 --folder /tmp/rees46 --rows 4800000 --formats parquet --memory 1GB

Writes the files (kept for the next run) and a warehouse below the folder, runs `shopbook load` and
`shopbook build` as somebody in a terminal would, and reports for each: wall and processor seconds, and the
peak of memory (RSS, with DuckDB's). The load must stay under 2 GB however many rows there are. The
warehouse is deleted at the end unless `--keep` is given.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.rees46_files import Shape, write

RESULTS = Path(__file__).parent / "results" / "rees46.csv"
LIMIT_MB = 2_000
_STEPS = ("generate", "load", "build")


@dataclass(frozen=True)
class Measured:
    """What one step took."""

    step: str
    rows: int
    files: int
    formats: str
    wall_s: float
    processor_s: float
    peak_rss_mb: float
    warehouse_mb: float
    memory_limit: str = ""


def measure(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak RSS in megabytes of a process.

    Raises
    ------
    SystemExit
        When the process fails.

    Examples
    --------
    >>> wall, processor, peak = measure([sys.executable, "-c", "0"], os.environ)
    >>> wall > 0 and processor > 0 and peak > 1
    True
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environment))
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def files_of(folder: Path, shape: Shape, formats: Sequence[str]) -> list[Path]:
    """The files of a shape, written when they are not there yet."""
    name = f"{shape.rows}-{shape.months}-{shape.seed}-{'-'.join(formats)}"
    done = folder / name / "written"
    if not done.is_file():
        write(folder / name, shape, formats)
        done.touch()
    return sorted(path for path in done.parent.iterdir() if path != done)


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=19_200_000)
    parser.add_argument("--months", type=int, default=5)
    parser.add_argument("--formats", nargs="+", default=["csv.gz", "csv.gz", "parquet"])
    parser.add_argument("--steps", nargs="+", choices=_STEPS, default=list(_STEPS))
    parser.add_argument(
        "--memory", default="", help="DuckDB's memory_limit; the machine's default when left out"
    )
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    shape = Shape(given.rows, given.months)
    files = files_of(given.folder, shape, given.formats)
    place = given.folder / "shop"
    environment = os.environ | {
        "SHOPBOOK_WAREHOUSE": str(place / "warehouse.duckdb"),
        "SHOPBOOK_BUILD_DIR": str(place / "build"),
        "SHOPBOOK_TEMP_DIR": str(place / "temp"),
    }
    if given.memory:
        environment["SHOPBOOK_MEMORY_LIMIT"] = given.memory
    place.mkdir(parents=True, exist_ok=True)
    shopbook = [sys.executable, "-m", "analysis_lib.cli", "--quiet"]
    commands = {"load": ["load", "rees46", "--from", *map(str, files)], "build": ["build"]}
    results = []
    for step in commands:
        if step not in given.steps:
            continue
        wall, processor, peak = measure([*shopbook, *commands[step]], environment)
        size = (place / "warehouse.duckdb").stat().st_size / 1e6
        formats = "+".join(sorted(set(given.formats)))
        took = (wall, processor, peak, size)
        results.append(Measured(step, _rows(place), len(files), formats, *took, given.memory))
        print(results[-1])
    _write(results)
    if not given.keep:
        shutil.rmtree(place)
    if any(result.step == "load" and result.peak_rss_mb > LIMIT_MB for result in results):
        raise SystemExit(f"The load took more than {LIMIT_MB:,} MB.")


def _rows(place: Path) -> int:
    import duckdb

    with duckdb.connect(str(place / "warehouse.duckdb"), read_only=True) as connection:
        return int(connection.execute("select sum(rows_read) from rees46.load_counts").fetchall()[0][0])


def _write(results: Sequence[Measured]) -> None:
    """Replace the lines of the steps that were measured."""
    kept = []
    if RESULTS.is_file():
        with RESULTS.open(encoding="utf-8", newline="") as lines:
            kept = list(csv.DictReader(lines))
    made = [
        {
            name: f"{value:.1f}" if isinstance(value, float) else str(value)
            for name, value in asdict(one).items()
        }
        for one in results
    ]
    what = [(one["step"], one["files"], one["formats"]) for one in made]
    rows = [row for row in kept if (row["step"], row["files"], row["formats"]) not in what] + made
    with RESULTS.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, [*Measured.__dataclass_fields__], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
