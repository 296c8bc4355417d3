"""A simulated shop as a test sees it: its folder, its truth, and queries over its files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis_lib.simulate import simulate
from analysis_lib.simulate.tables import SCHEMAS


@dataclass(frozen=True)
class SimulatedShop:
    """One simulated shop."""

    folder: Path
    truth: dict[str, Any]

    @property
    def realised(self) -> dict[str, Any]:
        """What came of the planted behaviour."""
        found: dict[str, Any] = self.truth["realised"]
        return found

    @property
    def planted(self) -> dict[str, Any]:
        """What was planted."""
        found: dict[str, Any] = self.truth["planted"]
        return found

    def query(self, sql: str) -> pd.DataFrame:
        """A DuckDB query over the files, each under the name of its table."""
        with duckdb.connect() as connection:
            connection.execute("set threads = 2")
            for name in SCHEMAS:
                path = (self.folder / f"{name}.parquet").as_posix()
                connection.execute(f"create view {name} as select * from read_parquet('{path}')")
            return connection.execute(sql).df()

    def value(self, sql: str) -> Any:
        """The one value of a query."""
        return self.query(sql).iloc[0, 0]


def shared_data(name: str) -> Path:
    """A folder of the shared test data; the test is skipped where there is none."""
    shared = Path(os.environ.get("SHOPBOOK_SHARED") or Path(__file__).parents[3] / "shared")
    folder = shared / "data" / name
    if not folder.is_dir():
        pytest.skip(f"the shared data folder {name} is not there")
    return folder


def make(folder: Path, visitors: int, months: int, seed: int, effects: bool = True) -> SimulatedShop:
    """Simulate a shop into `folder`."""
    simulate(visitors, months, seed, folder, effects=effects)
    return SimulatedShop(folder, json.loads((folder / "truth.json").read_text(encoding="utf-8")))
