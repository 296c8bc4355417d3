"""Properties of the marts of any shop, on small random shops through the real models.

Every example is built twice, with two last days; every mart of both is compared with pandas too.
Set SHOPBOOK_EXAMPLES to try more examples than a test run has time for.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis_lib.warehouse.duckdb import DuckDBWarehouse

from . import generated_shops, invariants
from .compare import assert_same
from .generated_shops import DAYS, FIRST_DAY
from .marts import GRAINS, expected_marts
from .pipeline import build, put_raw_tables, read_marts, settings_in
from .raw_files import Rows, arrow_table
from .staging import stage

EXAMPLES = int(os.environ.get("SHOPBOOK_EXAMPLES", "0"))
LAST_DAYS = [FIRST_DAY.date() + dt.timedelta(days=day) for day in (DAYS - 5, DAYS - 1)]
OTHERS: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "session_gap_minutes": 29,
    "window_days": 3,
    "velocity_days": 3,
    "review_period_days": 1,
    "declining_after_days": 1,
    "at_risk_after_days": 2,
    "churn_after_days": 3,
    "attribution_lookback_days": 3,
    "conversion_window_days": 2,
    "propensity_horizon_days": 2,
    "min_pair_orders": 1,
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    with DuckDBWarehouse(settings_in(tmp_path_factory.mktemp("properties")), "shop") as opened:
        yield opened


def with_first_and_last_day(rows: Rows) -> Rows:
    """The shop with an event on its first and last day, so that both last days lie inside its data."""
    ends = [FIRST_DAY + dt.timedelta(hours=12), FIRST_DAY + dt.timedelta(days=DAYS - 1, hours=12)]
    for number, at in enumerate(ends, 1001):
        rows["events"].append(
            {"id": number, "session_id": f"end {number}", "created_at": at}
            | {"event_type": "home", "uri": "/home"}
        )
    return rows


@settings(
    max_examples=EXAMPLES or 6,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
)
@given(shop=generated_shops.shops(), parameters=st.sampled_from([{}, OTHERS]))
def test_invariants_and_pandas_on_any_shop(
    warehouse: DuckDBWarehouse, shop: Rows, parameters: dict[str, Any]
):
    tables = {table: arrow_table(table, rows) for table, rows in with_first_and_last_day(shop).items()}
    put_raw_tables(warehouse, tables)
    builds = []
    for as_of in LAST_DAYS:
        given_here = {**parameters, "as_of": as_of}
        build(warehouse, given_here)
        marts = read_marts(warehouse, [*GRAINS, "dq_reconciliation"])
        for holds in invariants.INVARIANTS:
            holds(marts)
        expected = expected_marts(
            stage({name: table.to_pandas() for name, table in tables.items()}, given_here)
        )
        for name, grain in GRAINS.items():
            assert_same(marts[name], expected[name], list(grain.key), grain.money, grain.tolerance)
        builds.append(marts)
    invariants.closed_days_stay(*builds)
