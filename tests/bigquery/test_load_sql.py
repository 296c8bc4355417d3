"""The queries with which a load works on BigQuery are taken by Google's analyser."""

from __future__ import annotations

import pytest

from analysis_lib.sources.bigquery.duplicates import combined, count
from analysis_lib.sources.bigquery.in_place import view_sql
from analysis_lib.sources.bigquery.judging_text import TEXT
from analysis_lib.sources.bigquery.reading import judge, rejects_sql, rows_sql
from analysis_lib.sources.bigquery.there import MOST_TABLES, Part
from analysis_lib.sources.definition import read_source
from tests.googlesql.cases import engine

SOURCES = ("thelook", "ga4", "rees46", "product_events", "clickstream")
ADDED = {"load_file_id": "INT64", "load_row_number": "INT64", "is_duplicate": "BOOL"}
TABLES = [(source, table) for source in SOURCES for table in read_source(source).tables]
# Of what tables in BigQuery hold; amounts are fractions there.
THERE = {"NUMERIC": "FLOAT64"}


def raw(table):
    return {name: column.type for name, column in table.columns.items()} | ADDED


class Asked:
    """A warehouse whose answers are of the right form, and which analyses what it is asked."""

    def __init__(self, tables, *answers):
        self.tables, self.answers = tables, list(answers)

    def rows_as_written(self, sql):
        engine().columns(sql, self.tables)
        return self.answers.pop(0)

    def execute(self, sql):
        _, _, query = sql.partition(" as ")
        self.tables["load_marks_x__next"] = engine().columns(query, self.tables)


@pytest.mark.parametrize(("source", "name"), TABLES)
def test_which_of_several_rows_counts(source, name):
    table = read_source(source).tables[name]
    asked = Asked({f"raw_{name}": raw(table), f"raw_{name}__next": raw(table)})
    whole = combined(table, [1, 2], has_new=True)
    assert engine().columns(whole, asked.tables) == raw(table)
    if table.keyless:
        asked.answers = [[(3, 2)]]
        assert count(asked.execute, asked.rows_as_written, table, whole, set()).identical == 1
        return
    marks = f"load_marks_{name}__next"
    asked.tables[marks] = {"load_file_id": "INT64", "load_row_number": "INT64", "is_conflicting": "BOOL"}
    asked.answers = [[(3, 0, 2)], [(1, 1, 1)]]
    counted = count(asked.execute, asked.rows_as_written, table, whole, {1})
    assert (counted.duplicates, counted.conflicting, counted.by_file) == (1, 1, ((1, 1),))
    assert asked.tables["load_marks_x__next"] == asked.tables[marks]


@pytest.mark.parametrize("is_text", [False, True], ids=["typed", "text"])
@pytest.mark.parametrize(("source", "name"), [pair for pair in TABLES if pair[0] in ("thelook", "ga4")])
def test_rows_that_are_there_are_read_with_the_types_of_the_contract(source, name, is_text):
    table = read_source(source).tables[name]
    if is_text and table.keyless:
        pytest.skip("lists and structures are not read from text")
    kinds = {
        one: TEXT if is_text else THERE.get(column.type, column.type) for one, column in table.columns.items()
    }
    stored = {one: "STRING" if kind == TEXT else kind for one, kind in kinds.items()}
    part = Part(table, "there", kinds, "", "", 0, 0)
    asked = Asked({"there": stored}, [(None, 1)], [(1, 0)])
    assert judge(asked, part, 0.5).kept == 1
    added = dict(list(ADDED.items())[:2])
    columns = {one: column.type for one, column in table.columns.items()} | added
    for is_copied in (True,) if is_text else (False, True):
        read = engine().columns(rows_sql([part], is_copied=is_copied), asked.tables)
        assert list(read) == list(columns)
        assert {one: type_ for one, type_ in read.items() if "<" not in columns[one]} == {
            one: type_ for one, type_ in columns.items() if "<" not in type_
        }
    wanted = ["source", "table_name", "file_id", "file_name", "row_number", "reason", "row_as_read"]
    assert list(engine().columns(rejects_sql(source, part), asked.tables)) == wanted
    # A day that has a column less is read beside the others.
    less = Part(table, "there", dict(list(kinds.items())[:-1]), "", "", 0, 0)
    for is_twice in set() if is_text else {False, not table.keyless}:
        view = view_sql(table, [part, part, less], is_twice=is_twice)
        assert list(engine().columns(view, asked.tables)) == [*columns, "is_duplicate"]


def test_a_view_on_a_thousand_days_is_no_longer_than_bigquery_takes():
    table = read_source("ga4").tables["events"]
    columns = {name: column.type for name, column in table.columns.items()}
    days = [
        Part(table, f"my-project.analytics_123456789.events_{day}", columns, "", str(day), 0, 0)
        for day in range(20230000, 20230000 + MOST_TABLES)
    ]
    assert len(view_sql(table, days, is_twice=False)) < 250_000
