"""How long loading takes, beside DuckDB's bare reading of the same file.

    python -m benchmarks.load [--data ../shared/data/thelook] [--rounds 3]

Makes `events.csv` from the Parquet file in a temporary folder, then in turn, in new warehouse files:
the bare ``create table as select * from read_csv('events.csv')``, and the load of that file with its
hash, its inspection, types, rejected rows and duplicates. The best round of each counts, because other
processes only ever slow a round down; seconds of processor time stand beside. Last, the whole folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from analysis_lib.sources.load import load

_SHARED = Path(os.environ.get("SHOPBOOK_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "thelook"


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _timed(work: Callable[[duckdb.DuckDBPyConnection], object], folder: str) -> tuple[float, float]:
    """Wall and processor seconds of some work in a new warehouse file."""
    path = Path(folder) / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    wall, processor = time.perf_counter(), _processor_seconds()
    with duckdb.connect(str(path)) as connection:
        work(connection)
    return time.perf_counter() - wall, _processor_seconds() - processor


def _write_csv(data: Path, target: Path) -> int:
    """The events as BigQuery's console exports them; how many they are."""
    time_stamp = "strftime(created_at, '%Y-%m-%d %H:%M:%S.%f UTC') as created_at"
    query = f"select * replace ({time_stamp}) from '{data / 'events.parquet'}'"
    return int(duckdb.connect().execute(f"copy ({query}) to '{target}' (header)").fetchall()[0][0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=_SHARED)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "events.csv"
        rows = _write_csv(options.data, csv)
        print(f"events.csv: {rows:,} rows, {csv.stat().st_size / 1e6:,.0f} MB")
        bare_sql = f"create table raw as select * from read_csv('{csv}')"
        bare, loaded = [], []
        for _ in range(options.rounds):
            bare.append(_timed(lambda connection: connection.execute(bare_sql), folder))
            loaded.append(_timed(lambda connection: load(connection, "thelook", [csv]), folder))
        print(f"bare create table as: {min(bare)[0]:.2f} s, processor {min(b[1] for b in bare):.2f} s")
        print(f"load:                 {min(loaded)[0]:.2f} s, processor {min(x[1] for x in loaded):.2f} s")
        print(
            f"ratio:                {min(loaded)[0] / min(bare)[0]:.2f}, "
            f"processor {min(x[1] for x in loaded) / min(b[1] for b in bare):.2f}"
        )
        wall, processor = _timed(lambda connection: load(connection, "thelook", [options.data]), folder)
        print(f"the whole folder of Parquet: {wall:.2f} s, processor {processor:.2f} s")


if __name__ == "__main__":
    main()
