"""`shopbook check --format json`: what a scheduler reads after a build."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb

from analysis_lib.models import read_project
from tests.core.conftest import built_project, project, shop_files, shopbook

__all__ = ["built_project", "project", "shop_files", "shopbook"]


def test_it_says_of_each_model_what_was_done_and_which_checks_did_not_pass(
    project: Path, shopbook: Callable[..., tuple[int, str, str]]
) -> None:
    with duckdb.connect(str(project / "data" / "warehouse.duckdb")) as connection:
        connection.execute(
            "set schema = 'small'; drop table int_orders; update fct_daily_pnl set orders = -1"
        )
        connection.execute("delete from dq_checks where model = 'fct_daily_pnl'")
    code, printed, said = shopbook("check", "--format", "json")
    assert code == 19
    assert "orders is at least 0" in said
    document = json.loads(printed)
    assert document["shop"] == "small"
    models = document["models"]
    assert models.keys() == read_project("thelook").models.keys()
    assert (models["int_orders"]["state"], models["int_orders"]["reason"]) == ("built", "not built yet")
    assert (models["fct_sessions"]["state"], models["fct_sessions"]["not_passed"]) == ("reused", [])
    assert models["fct_sessions"]["rows"] > 0
    broken = {entry["brief"]: entry for entry in models["fct_daily_pnl"]["not_passed"]}[
        "orders is at least 0"
    ]
    assert (broken["status"], broken["failing_rows"]) == ("failed", models["fct_daily_pnl"]["rows"])
    assert json.loads(broken["sample"])[0]["orders"] == "-1"
