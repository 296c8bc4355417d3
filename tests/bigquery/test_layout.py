"""`partition_by` and `cluster_by` of a contract: what they may say, and what becomes of them."""

from __future__ import annotations

import pytest
import yaml

from analysis_lib.contracts import Layout, read_contract
from analysis_lib.errors import ModelError
from analysis_lib.models import Model, read_project
from analysis_lib.runner import _kind
from tests.googlesql.cases import engine

COLUMNS = {"day": "DATE", "at": "TIMESTAMP", "name": "STRING", "n": "INT64", "m": "INT64", "o": "INT64"}


def contract(tmp_path, **keys):
    document = {
        "model": "fct_a",
        "description": "A table.",
        "grain": ["name"],
        "grain_description": "one row a name",
        "columns": {name: {"type": type_, "description": name} for name, type_ in COLUMNS.items()},
    }
    path = tmp_path / "fct_a.yml"
    path.write_text(yaml.safe_dump(document | keys), encoding="utf-8")
    return read_contract(path)


@pytest.mark.parametrize("partition", ["day", "date(at)", "date_trunc(day, month)", "date_trunc(day, year)"])
def test_a_table_is_partitioned_by_a_day_or_a_month(tmp_path, partition):
    layout = contract(tmp_path, partition_by=partition, cluster_by=["name", "n"]).layout
    assert layout.sql == f"partition by {partition} cluster by name, n "


@pytest.mark.parametrize(
    "partition",
    ["name", "at", "date(day)", "date_trunc(at, month)", "date_trunc(day, week)", "nothing", "n; drop"],
)
def test_what_bigquery_would_refuse_is_refused_when_it_is_read(tmp_path, partition):
    with pytest.raises(ModelError, match=r"fct_a\.yml: the table cannot be partitioned by"):
        contract(tmp_path, partition_by=partition)


@pytest.mark.parametrize("cluster", [["nam"], ["name", "n", "m", "o", "day"]])
def test_clusters_are_at_most_four_columns_of_the_table(tmp_path, cluster):
    with pytest.raises(ModelError, match=r"fct_a\.yml: the table cannot be clustered"):
        contract(tmp_path, cluster_by=cluster)


def test_a_view_has_no_layout(tmp_path):
    with pytest.raises(ModelError, match="a view is neither"):
        contract(tmp_path, partition_by="day", materialized="view")


def test_another_layout_makes_a_table_stale(tmp_path):
    plain, laid_out = contract(tmp_path), contract(tmp_path, partition_by="day")
    assert _kind(plain) == "table"
    assert _kind(laid_out) != _kind(plain)


LAID_OUT = [model for model in read_project("thelook").models.values() if model.contract.layout != Layout()]


def test_the_large_tables_have_a_layout():
    assert {"int_session_events", "fct_sessions", "int_orders"} <= {model.name for model in LAID_OUT}


@pytest.mark.parametrize("model", LAID_OUT, ids=lambda model: model.name)
def test_googles_analyser_takes_the_expressions_of_every_layout(model: Model):
    layout = model.contract.layout
    expressions = [*([layout.partition_by] if layout.partition_by else []), *layout.cluster_by]
    listed = ", ".join(f"{expression} as c{place}" for place, expression in enumerate(expressions))
    types = engine().columns(f"select {listed} from t", {"t": dict(model.contract.schema)})
    assert not layout.partition_by or types["c0"] == "DATE"
    # BigQuery clusters by these types and no others.
    assert set(types.values()) <= {"DATE", "STRING", "INT64", "BOOL", "TIMESTAMP", "NUMERIC"}
