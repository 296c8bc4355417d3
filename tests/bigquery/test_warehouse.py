"""The BigQuery warehouse through Google's own clients, against the emulator."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analysis_lib.contracts import Layout
from analysis_lib.errors import MissingInputError, ModelError, QueryError, SettingsError
from analysis_lib.warehouse import bigquery_swap, dialect
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.duckdb import DuckDBWarehouse

EVERY_TYPE = """
select 1 as place, cast(2 as int64) as whole, cast(0.1 as float64) as fraction,
    cast('1.5' as numeric) as money,
    'it\\'s' as text, true as flag, date '2026-03-01' as day,
    timestamp '2026-03-01 10:00:00.123456+00' as instant
union all
select 2, cast(null as int64), cast(null as float64), cast(null as numeric), cast(null as string),
    cast(null as bool), cast(null as date), cast(null as timestamp)
order by place
"""
NAMES = ["stg_v", "fct_a", "fct_b"]
STATEMENTS = [("delete from meta where name = ?", ["old"]), ("insert into meta values (?)", ["new"])]


def table(warehouse, name, sql, layout=None, **parameters):
    return warehouse.create_table(name, dialect.parse(sql), parameters, layout)


def test_every_type_comes_back_as_from_duckdb(warehouse, settings):
    with DuckDBWarehouse(dataclasses.replace(settings, engine="duckdb"), "small") as embedded:
        assert warehouse.rows(EVERY_TYPE) == embedded.rows(EVERY_TYPE)
        assert_frame_equal(warehouse.query(EVERY_TYPE), embedded.query(EVERY_TYPE))


def test_a_parameter_is_a_literal_of_its_type(warehouse):
    query = "select @day as day, @amount as amount, @name as name"
    values = {"day": dt.date(2026, 3, 1), "amount": Decimal("1.5"), "name": "it's\\ \n é"}
    assert warehouse.rows(query, values) == [tuple(values.values())]


def test_a_table_has_the_rows_partitions_and_clusters_that_were_asked_for(warehouse):
    sql = "select date '2026-03-01' as day, n, cast(n as string) as name from unnest([1, 2, @last]) as n"
    layout = Layout("date_trunc(day, month)", ("name", "n"))
    assert table(warehouse, "fct_days", sql, layout, last=3) == 3
    made = warehouse.connection.client.get_table(f"{warehouse.dataset}.fct_days")
    assert made.time_partitioning.type_ == "MONTH"
    assert made.time_partitioning.field == "day"
    assert made.clustering_fields == ["name", "n"]
    assert warehouse.schema()["fct_days"] == {"day": "DATE", "n": "INT64", "name": "STRING"}


def test_every_job_says_which_shop_model_and_run_it_is_of(warehouse):
    labels = warehouse.jobs.execute("create or replace table a as select 1 as n", "fct_a").labels
    assert labels == {"shop": warehouse.shop, "model": "fct_a", "run": labels["run"]}
    assert labels["run"] == warehouse.jobs.execute("select 1").labels["run"]


def test_a_view_reads_its_tables_by_whole_address_and_may_take_the_place_of_a_table(warehouse):
    table(warehouse, "raw_n", "select 1 as n")
    table(warehouse, "stg_n", "select 5 as n")
    query = dialect.parse("with raw as (select raw_n.n from raw_n) select n + @more as n from raw")
    assert warehouse.create_view("stg_n", query, {"more": 1}) == 1
    assert warehouse.views() == {"stg_n"}
    with BigQueryWarehouse(warehouse.settings, f"{warehouse.shop}__x") as other:
        other.link("linked", warehouse.shop, "stg_n")
        assert other.rows("select n from linked") == [(2,)]
        with other.at(warehouse.shop) as whole:
            assert whole.rows("select n from raw_n") == [(1,)]
        other.connection.client.delete_dataset(other.dataset, delete_contents=True)
    assert table(warehouse, "stg_n", "select 7 as n") == 1
    assert warehouse.views() == set()


def test_frames_and_plain_rows_are_stored_with_the_declared_types(warehouse):
    columns = {"day": "DATE", "money": "NUMERIC", "name": "STRING", "tags": "ARRAY<STRING>"}
    frame = pd.DataFrame(
        {"day": ["2026-03-01", None], "money": ["1.50", None], "name": ["x", None], "tags": [["a"], []]}
    )
    assert warehouse.create_table_from_frame("rule_a", columns, frame) == 2
    row = (dt.date(2026, 3, 1), Decimal("1.5"), "x", ["a"])
    assert warehouse.rows("select day, money, name, tags from rule_a where name = 'x'") == [row]
    assert warehouse.schema()["rule_a"] == columns


@pytest.mark.parametrize("count", [1, 60], ids=["inserted", "loaded"])
def test_rows_are_added_to_a_table_which_is_made_if_need_be(warehouse, count):
    columns = {"n": "INT64", "at": "TIMESTAMP", "name": "STRING"}
    rows = [(n, dt.datetime(2026, 3, 1, tzinfo=dt.UTC), None if n else "it's") for n in range(count)]
    warehouse.append("meta", columns, rows)
    warehouse.append("meta", columns, [])
    warehouse.append("meta", columns, rows)
    assert warehouse.rows("select count(*), count(name) from meta") == [(2 * count, 2)]


def test_a_statement_on_metadata_takes_values(warehouse):
    warehouse.append("meta", {"name": "STRING", "n": "INT64"}, [("it's ?", 1), ("b", 2)])
    warehouse.execute("delete from meta where name = ? and n = ?", ["it's ?", 1])
    assert warehouse.rows("select name from meta") == [("b",)]


class TestSwapping:
    @pytest.fixture
    def built(self, warehouse):
        """An old table and an old view, and what is to take the place of both, and of one that is new."""
        table(warehouse, "fct_a", "select 1 as n")
        table(warehouse, "stg_v", "select 1 as n")
        table(warehouse, "fct_a__next", "select 2 as n, 'x' as name")
        table(warehouse, "fct_b__next", "select 3 as n")
        warehouse.create_view("stg_v__next", dialect.parse("select n from fct_a__next"), {})
        warehouse.append("meta", {"name": "STRING"}, [("old",)])
        return warehouse

    def assert_swapped(self, warehouse):
        assert warehouse.rows("select n, name from fct_a") == [(2, "x")]
        assert warehouse.rows("select n from fct_b") == [(3,)]
        assert warehouse.rows("select name from meta") == [("new",)]
        warehouse.drop(["fct_a__next"])
        assert warehouse.rows("select n from stg_v") == [(2,)]
        assert bigquery_swap.JOURNAL not in warehouse.tables()

    def test_tables_views_and_metadata_change_together(self, built):
        built.swap(NAMES, STATEMENTS)
        self.assert_swapped(built)

    @pytest.mark.parametrize("killed_at", ["replace", "one", "statements", "drop"])
    def test_killed_in_between_it_is_finished_by_who_opens_it_next(
        self, built, settings, monkeypatch, killed_at
    ):
        self._kill(built, monkeypatch, killed_at)
        with pytest.raises(RuntimeError, match="killed"):
            built.swap(NAMES, STATEMENTS)
        monkeypatch.undo()
        built.jobs.execute("update build_lease set expires_at = timestamp '2026-01-01' where true")
        with pytest.raises(SettingsError, match="are being replaced"):
            BigQueryWarehouse(settings, built.shop, read_only=True)
        with BigQueryWarehouse(settings, built.shop) as again:
            self.assert_swapped(again)

    def _kill(self, warehouse, monkeypatch, place):
        """Let the swap end at a place as if the process had been killed there."""
        execute, drop, replace = warehouse.jobs.execute, warehouse.drop, bigquery_swap.replace

        def killed():
            raise RuntimeError("killed")

        def only_the_first(*_):
            replace(warehouse, ["fct_a"])
            killed()

        def not_the_statements(sql, *model):
            return killed() if sql.startswith("begin") else execute(sql, *model)

        def not_the_journal(names):
            names = list(names)
            return killed() if bigquery_swap.JOURNAL in names else drop(names)

        if place == "replace":
            monkeypatch.setattr(bigquery_swap, "replace", lambda *_: killed())
        elif place == "one":
            monkeypatch.setattr(bigquery_swap, "replace", only_the_first)
        elif place == "statements":
            monkeypatch.setattr(warehouse.jobs, "execute", not_the_statements)
        else:
            monkeypatch.setattr(warehouse, "drop", not_the_journal)


class TestErrors:
    def test_a_missing_table_is_named(self, warehouse):
        with pytest.raises(MissingInputError, match="nothing_here"):
            warehouse.rows("select 1 from nothing_here")

    def test_a_model_whose_sql_fails_is_named(self, warehouse):
        with pytest.raises(ModelError, match="fct_a failed: "):
            table(warehouse, "fct_a__next", "select parse_date('%Y', 'x') as day")

    def test_a_query_that_fails_says_why(self, warehouse):
        with pytest.raises(QueryError, match=r"(?i)division by zero"):
            warehouse.rows("select 1 / 0")

    def test_a_dataset_in_another_location_is_told_before_any_work(self, warehouse, settings):
        place = dataclasses.replace(settings.bigquery, location="EU")
        with pytest.raises(SettingsError, match=r"is in the location US, but the settings say EU"):
            BigQueryWarehouse(dataclasses.replace(settings, bigquery=place), warehouse.shop)

    def test_reading_makes_no_dataset(self, settings):
        with pytest.raises(MissingInputError, match="no dataset nothing_there in the project shopbook-test"):
            BigQueryWarehouse(settings, "nothing_there", read_only=True)

    def test_without_a_project_nothing_is_asked(self, settings):
        place = dataclasses.replace(settings.bigquery, project="")
        with pytest.raises(SettingsError, match="No Google Cloud project"):
            BigQueryWarehouse(dataclasses.replace(settings, bigquery=place), "small")

    def test_read_only_changes_nothing(self, warehouse, settings):
        with BigQueryWarehouse(settings, warehouse.shop, read_only=True) as reader:
            for change in (
                lambda: table(reader, "a", "select 1 as n"),
                lambda: reader.append("a", {"n": "INT64"}, [(1,)]),
                lambda: reader.execute("delete from a where true"),
                lambda: reader.drop(["a"]),
                lambda: reader.swap(["a"]),
            ):
                with pytest.raises(SettingsError, match="read only"):
                    change()
