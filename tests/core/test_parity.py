"""docs/parity.md: every mart of the five systems is answered by a model and columns that exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis_lib.models import read_project

PAGE = Path(__file__).resolve().parents[2] / "docs" / "parity.md"
MARTS = {
    "Sessions and journeys": {
        "int_sessions",
        "int_aggregated_events",
        "int_customer_journey_data",
        "mart_user_behavior_metrics",
        "mart_customer_journey_metrics",
        "mart_product_insights",
    },
    "Estore": {
        "fct_sessions",
        "conversion rates overall",
        "conversion rates daily",
        "dim_users with LTV and activity status",
        "RFM with nine segments",
        "churn metrics",
        "revenue by segment",
        "categories",
    },
    "theLook": {"dim_customer_metrics", "dim_product_performance", "fct_cross_sell_candidates"},
    "Product analytics": {"funnel_daily_metrics", "device_metrics", "user_revenue", "retention_cohort_daily"},
    "Command center": {
        "fact_daily_pnl",
        "fact_daily_pnl_advanced",
        "fact_campaign_performance",
        "fact_session_metrics",
        "fact_cohort_retention",
        "fact_product_performance",
        "fact_inventory_forecast",
        "dim_customers",
        "dim_customer_segments",
    },
}


@dataclass(frozen=True)
class Row:
    """One row of the page: the mart of a system, and what answers it here."""

    system: str
    mart: str
    model: str
    columns: tuple[str, ...]
    fault: str


def rows() -> list[Row]:
    found: list[Row] = []
    system = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            system = line.removeprefix("## ")
        elif line.startswith("|") and not line.startswith(("|---", "| mart there")):
            mart, model, columns, fault = line.strip("| ").split(" | ")
            names = tuple(re.findall(r"`(\w+)`", columns))
            found.append(Row(system, mart.replace("`", ""), model.strip("`"), names, fault))
    return found


@pytest.mark.parametrize("system", MARTS)
def test_every_mart_of_the_system_is_on_the_page(system: str) -> None:
    assert {row.mart for row in rows() if row.system == system} == MARTS[system]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.mart}->{row.model}")
def test_the_model_and_its_columns_exist(row: Row) -> None:
    contract = read_project("thelook").get(row.model).contract
    assert row.columns
    assert [name for name in row.columns if name not in contract.columns] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.mart}->{row.model}")
def test_it_says_what_was_wrong_there(row: Row) -> None:
    assert len(row.fault) > 10 or row.fault == "–"
