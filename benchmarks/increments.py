"""A build after one new day, by increments and in full, on theLook's events: seconds of each model.

`python benchmarks/increments.py FOLDER` takes the folder with theLook's Parquet files; all but the newest day
is loaded and built, then that day. Both builds start from copies of one file, and their tables must be equal.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from analysis_lib.models import read_project
from analysis_lib.parameters import make_parameters
from analysis_lib.runner import Runner
from analysis_lib.settings import Settings
from analysis_lib.sources.load import load
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

MODELS = ("stg_events", "int_session_events", "int_session_products")


def place(root: Path, name: str) -> Settings:
    """Settings of a project in a folder, with a warehouse of that name."""
    return Settings(
        root, root / f"{name}.duckdb", root / "site", root / "build", root / "tmp", memory_limit="4GB"
    )


def split(events: Path, root: Path) -> None:
    """The events of all days but the newest, and of the newest."""
    for name, sign in (("before", "<"), ("newest", "=")):
        (root / name).mkdir()
        duckdb.sql(
            f"copy (select * from '{events}' where created_at::date {sign} "
            f"(select max(created_at::date) from '{events}')) "
            f"to '{root / name / 'events.parquet'}' (format parquet)"
        )


def built(settings: Settings, full: bool) -> float:
    """Build; print what each model took, and return the processor's seconds of all."""
    with DuckDBWarehouse(settings, "shop") as warehouse:
        before = time.process_time()
        summary = Runner(warehouse, read_project("thelook"), make_parameters({})).build(MODELS, full=full)
        spent = time.process_time() - before
    for result in summary.results:
        if result.action == "built":
            print(f"  {result.model}: {result.rows:,} rows, {result.seconds:.1f} s; {result.reason}")
    print(f"  processor: {spent:.1f} s")
    return spent


def main(folder: Path) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        split(folder / "events.parquet", root)
        with DuckDBWarehouse(place(root, "shop"), "shop") as warehouse:
            load(warehouse, "thelook", [root / "before"], root=root)
        print("all days but the newest")
        built(place(root, "shop"), full=False)
        with DuckDBWarehouse(place(root, "shop"), "shop") as warehouse:
            load(warehouse, "thelook", [root / "newest"], root=root)
        for name in ("increments", "whole"):
            shutil.copy(root / "shop.duckdb", root / f"{name}.duckdb")
            print(f"the newest day: {name}")
            built(place(root, name), full=name == "whole")
        with duckdb.connect(str(root / "whole.duckdb")) as connection:
            connection.execute(f"attach '{root / 'increments.duckdb'}' as other (read_only)")
            for model in MODELS[1:]:
                both = (f"whole.shop.{model}", f"other.shop.{model}")
                for one, two in (both, both[::-1]):
                    found = connection.execute(
                        f"select count(*) from (from {one} except all from {two})"
                    ).fetchone()
                    assert found == (0,), (model, one, found)
        print("the tables are equal")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
