"""Reading marts and asking SQL: pleasant, and never a whole event table by accident."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis_lib.errors import ModelError, QueryError
from analysis_lib.explore import ask
from analysis_lib.shop import READ_ONLY, Shop
from analysis_lib.warehouse.duckdb import DuckDBWarehouse
from tests.reporting.shops import AS_OF


def test_the_limit_is_the_documented_one(book: Shop) -> None:
    assert book.row_limit == ask.ROW_LIMIT == 1_000_000


def test_a_mart_is_read_by_columns_condition_and_limit(book: Shop) -> None:
    rows = book.mart("fct_daily_pnl", ["calendar_date", "orders"], where="orders > 0", limit=3)
    assert list(rows.columns) == ["calendar_date", "orders"]
    assert len(rows) == 3
    assert (rows["orders"] > 0).all()
    assert rows["calendar_date"].is_monotonic_increasing
    assert list(book.mart("fct_daily_pnl", "orders").columns) == ["orders"]


def test_a_query_may_name_the_run_parameters_and_its_own(book: Shop) -> None:
    found = book.sql(
        "select @as_of as last_day, count(*) as days from fct_daily_pnl where calendar_date >= @since",
        since=dt.date(2026, 9, 21),
    )
    assert found["last_day"].iloc[0].date() == AS_OF
    assert found["days"].iloc[0] == 10


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            "select net_revenu from fct_daily_pnl",
            'There is no column net_revenu here (line 1, column 17). Did you mean "net_revenue"?',
        ),
        (
            "select 1 from fct_daily_pn",
            'The shop tiny has no table fct_daily_pn. Did you mean "fct_daily_pnl"?',
        ),
        ("select @as_off", 'There is no parameter @as_off. Did you mean "as_of"?'),
        ("drop table x", "The SQL is not one query. Write a single select, with its CTEs if need be."),
    ],
)
def test_what_was_mistyped_is_named_with_the_nearest(book: Shop, query: str, sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        book.sql(query)
    assert str(caught.value) == sentence


def test_mistyped_marts_and_columns_too(book: Shop) -> None:
    with pytest.raises(ModelError, match=r'There is no model fct_sesions. Did you mean "fct_sessions"'):
        book.mart("fct_sesions")
    with pytest.raises(ModelError, match=r'fct_sessions has no column devic. Did you mean "device"'):
        book.mart("fct_sessions", "devic")
    with pytest.raises(QueryError, match=r'no column devic here .* Did you mean "device"'):
        book.mart("fct_sessions", where="devic = 'mobile'")


def test_a_table_that_the_shop_lacks_is_said_to_be_lacking(book: Shop) -> None:
    with pytest.raises(QueryError, match="fct_sessions is not available: the shop has no raw_events"):
        ask.check_tables({"fct_sessions"}, "tiny", book.project, {"raw_orders", "raw_users"})


class TestTooManyRows:
    """Over the limit is an error before anything is fetched, whatever the shape of the query."""

    @pytest.fixture(autouse=True)
    def _low_limit(self, book: Shop) -> None:
        book.row_limit = 20

    def test_of_a_mart(self, book: Shop) -> None:
        with pytest.raises(
            QueryError, match=r"has \d+ rows, more than the 20 .* raise row_limit of the shop"
        ):
            book.mart("fct_daily_pnl")

    def test_of_a_query_is_refused_without_fetching(
        self, book: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*_: object) -> None:
            raise AssertionError("fetched")

        monkeypatch.setattr(DuckDBWarehouse, "query", never)
        with pytest.raises(QueryError, match="more than the 20"):
            book.sql("with a as (select * from fct_sessions) select * from a order by 1 desc")

    def test_of_a_join_of_small_tables(self, book: Shop) -> None:
        book.row_limit = 100
        with pytest.raises(QueryError, match="more than the 100"):
            book.sql("select a.orders from fct_daily_pnl as a cross join fct_daily_pnl as b")

    @pytest.mark.parametrize(
        "query",
        [
            "select a.visitor_id from fct_sessions as a join fct_sessions as b on a.device = b.device",
            "with a as (select device from fct_sessions) select x.device from a as x, a as y",
            "select day from unnest(generate_array(1, 5000)) as day",
            "select device from fct_sessions union all select device from fct_sessions",
        ],
    )
    def test_of_whatever_multiplies_rows_is_refused_without_fetching(
        self, book: Shop, monkeypatch: pytest.MonkeyPatch, query: str
    ) -> None:
        def never(*_: object) -> None:
            raise AssertionError("fetched")

        book.row_limit = len(book.mart("fct_sessions", "session_id", limit=100_000))
        monkeypatch.setattr(DuckDBWarehouse, "query", never)
        with pytest.raises(QueryError, match="rows, more than"):
            book.sql(query)

    def test_of_a_page_is_refused_too_after_one_run_of_the_query(
        self, book: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(READ_ONLY, "1")
        monkeypatch.setattr(ask, "_count", None)
        with pytest.raises(QueryError, match="more than the 20"):
            book.sql("select * from fct_sessions")

    def test_exactly_the_limit_is_allowed(self, book: Shop) -> None:
        rows = len(book.mart("fct_daily_pnl", limit=1000))
        book.row_limit = rows
        assert len(book.mart("fct_daily_pnl")) == rows
        book.row_limit = rows - 1
        with pytest.raises(QueryError, match=f"has {rows:,} rows"):
            book.mart("fct_daily_pnl")

    def test_sums_over_any_number_of_rows_are_allowed(self, book: Shop) -> None:
        assert len(book.sql("select count(*) from stg_events")) == 1
        assert len(book.sql("select device, count(*) from fct_sessions group by device")) <= 20
        assert len(book.sql("select session_id from fct_sessions limit 20")) == 20

    def test_a_limit_of_the_readers_own_stands(self, book: Shop) -> None:
        assert len(book.mart("fct_sessions", "session_id", limit=30)) == 30


def test_no_rows_are_lost_to_the_guard(book: Shop) -> None:
    everything = book.mart("fct_sessions")
    book.row_limit = len(everything)
    assert book.mart("fct_sessions").equals(everything)
    assert book.sql("select * from fct_sessions order by session_id").equals(everything)


def test_a_closed_shop_says_so(book: Shop) -> None:
    copy = Shop(
        DuckDBWarehouse(book.settings, book.name), book.project, book.parameters, {}, {}
    )  # a connection of its own to the same file
    copy.close()
    with pytest.raises(ModelError, match=r"was closed. Open it again with open_shop\(\)"):
        copy.sql("select 1")
