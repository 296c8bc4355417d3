"""What the documents say of costs is what benchmarks/bigquery_cost.py computes, by BigQuery's own rules."""

from __future__ import annotations

import duckdb
import pytest

from analysis_lib.models import read_project
from analysis_lib.warehouse import dialect
from benchmarks.bigquery_cost import (
    EVENTS,
    check_queries,
    columns_read,
    costs,
    measure,
    read_costs,
    read_sizes,
    shop_of,
)
from benchmarks.bigquery_cost_tables import day_lines, dearest_lines, size_text, summary, table_lines
from tests.demo_site import ROOT

BIG = EVENTS[-1]
TINY = 1000
SCHEMA = {"t": {"a": "INT64", "b": "STRING", "c": "NUMERIC"}, "u": {"a": "INT64", "d": "STRING"}}


def block(document, name):
    """The lines between two marks of a document."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return text.split(f"<!-- {name} -->\n")[1].split("<!-- end -->")[0].splitlines()


@pytest.fixture(scope="module")
def written():
    return read_costs()


def test_the_documents_print_what_was_computed(written):
    sums = summary(written, read_sizes())
    assert block("bigquery.md", "costs") == table_lines(sums)
    assert block("bigquery.md", "dearest") == dearest_lines(written, BIG)
    assert block("scale.md", "day") == day_lines(written)


@pytest.fixture(scope="module")
def now():
    """Costs with the models as they are now, of a tiny and of a large shop."""
    return [*costs(read_sizes(), read_project("thelook"), [TINY, BIG])]


def test_what_was_computed_is_still_so_within_a_tenth(written, now):
    """Who makes a model read much more writes the results again."""
    for part in ("model", "checks"):
        before = sum(cost.bytes_read for number, cost in written if number == BIG and cost.part == part)
        after = sum(cost.bytes_read for number, cost in now if number == BIG and cost.part == part)
        assert after == pytest.approx(before, rel=0.1), "python -m benchmarks.bigquery_cost"


def test_a_small_shop_is_billed_the_least_and_a_large_one_what_it_reads(now):
    for events, cost in now:
        if events == TINY and cost.bytes_read:
            assert cost.bytes_billed % (10 * 2**20) == 0
        if cost.bytes_read > 2**32:
            assert cost.bytes_read <= cost.bytes_billed < cost.bytes_read * 1.02


def test_sizes_are_those_that_bigquery_documents():
    with duckdb.connect() as connection:
        connection.execute(
            "create schema s; create table s.raw_events as select * from (values"
            " (1::bigint, 'ab', 1.5::decimal(38, 9), true, date '2026-01-01',"
            " timestamptz '2026-01-01', 1::double),"
            " (2, 'é', null, null, null, null, null), (null, null, null, null, null, null, null))"
            " as given(n, text, amount, is_true, day, instant, share)"
        )
        shop = shop_of(measure(connection, "s"))
    assert shop.rows == {"raw_events": 3}
    sizes = {"n": 16, "text": 4 + 4, "amount": 16, "is_true": 1, "day": 8, "instant": 8, "share": 8}
    assert shop.sizes["raw_events"] == sizes
    assert shop.bytes_of("raw_events", ["n", "text"], events=30) == 240


READS = {
    "all columns of a star": ("select * from t", {"t": {"a", "b", "c"}}),
    "only what is used of a star": ("with x as (select * from t) select a from x", {"t": {"a"}}),
    "what a filter and a join need": (
        "select t.b from t join u using (a) where d = 'x'",
        {"t": {"a", "b"}, "u": {"a", "d"}},
    ),
    "a table named twice, once": (
        "select a from t union all select a from t where c > 1",
        {"t": {"a", "c"}},
    ),
    "what a view reads": ("select total from v", {"t": {"c"}}),
    "nothing for a count of rows": ("select count(*) from t", {"t": set()}),
}


@pytest.mark.parametrize("name", READS)
def test_a_query_reads(name):
    query, wanted = READS[name]
    views = {"v": dialect.parse("select a, b, c * 2 as total from t")}
    assert columns_read(dialect.parse(query), SCHEMA, views) == wanted


def test_every_check_of_a_contract_is_counted():
    model = read_project("thelook").models["fct_sessions"]
    texts = " ".join(query.sql() for query in check_queries(model, {model.name}))
    named = [
        column.name
        for column in model.contract.columns.values()
        if any(not isinstance(entry, dict) or "references" not in entry for entry in column.checks)
    ]
    assert named
    assert [name for name in named if name not in texts] == []


def test_sizes_are_printed_with_two_or_three_digits():
    assert [size_text(n * 2**30) for n in (0.5, 1.26, 61, 230, 6100)] == [
        "512 MiB",
        "1.3 GiB",
        "61 GiB",
        "230 GiB",
        "6 TiB",
    ]
