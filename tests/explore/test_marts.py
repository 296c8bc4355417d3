"""What there is to read, by name."""

from __future__ import annotations

import pytest

from analysis_lib.errors import ModelError
from analysis_lib.explore import face
from analysis_lib.reporting.metrics import registry
from analysis_lib.shop import Shop


def test_the_table_of_marts_has_grain_rows_and_what_each_answers(book: Shop) -> None:
    found = book.marts()
    marts = [name for name in book.project.models if name.split("_")[0] in ("fct", "dim", "dq")]
    assert set(found.index) == set(marts)
    assert found.loc["fct_daily_pnl", "rows"] == len(book.mart("fct_daily_pnl"))
    assert found.loc["fct_daily_pnl", "answers"] == "The profit and loss of each day."
    assert "events" in found.loc["fct_sessions", "needs"].split(", ")
    assert "marketing_spend" not in found.loc["fct_daily_pnl", "needs"], "the profit and loss can do without"
    assert set(book.marts(every=True).index) == set(book.project.models)


def test_a_mart_can_be_named_in_three_ways(book: Shop) -> None:
    by_name = book.mart("fct_funnel_daily")
    assert book.marts.fct_funnel_daily.rows().equals(by_name)
    assert book["fct_funnel_daily"].rows().equals(by_name)
    assert book["fct_funnel_daily"]["sessions"].sum() == by_name["sessions"].sum()
    assert list(book["fct_funnel_daily"][["session_date", "sessions"]].columns) == [
        "session_date",
        "sessions",
    ]
    assert len(book.marts["fct_funnel_daily"].head(3)) == 3


def test_a_mistyped_mart_is_named_with_the_nearest(book: Shop) -> None:
    with pytest.raises(AttributeError, match=r'no mart fct_funel_daily. Did you mean "fct_funnel_daily"'):
        _ = book.marts.fct_funel_daily
    with pytest.raises(ModelError, match=r'Did you mean "fct_funnel_daily"'):
        _ = book["fct_funel_daily"]
    assert not hasattr(book.marts, "_ipython_canary_method_should_not_exist_")


def test_a_mart_shows_what_it_holds(book: Shop) -> None:
    mart = book.marts.fct_daily_pnl
    assert repr(mart).startswith(f"fct_daily_pnl: {len(mart.rows()):,} rows, one row a calendar day")
    profit = book.project.get("fct_daily_pnl").contract.columns["gross_profit"]
    assert f"{profit.description} (currency)" in repr(mart)
    assert "<td" in mart._repr_html_()
    assert mart.columns.loc["calendar_date", "in_grain"]
    assert book.describe("fct_daily_pnl").equals(mart.columns)


def test_names_are_listed_for_completion(book: Shop) -> None:
    assert set(dir(book.marts)) == set(book._ipython_key_completions_()) == set(book.project.models)
    assert "net_revenue" in book["fct_daily_pnl"]._ipython_key_completions_()
    assert "fct_daily_pnl" in book.marts
    assert len(book.marts) == len(list(book.marts)) == len(book.marts())


def test_the_metrics_are_those_of_the_registry(book: Shop) -> None:
    found = book.metrics()
    assert list(found.index) == list(registry())
    assert found.loc["roas", "mart"] == "fct_daily_pnl"


def test_what_the_shop_lacks_is_said_where_it_is_shown(book: Shop) -> None:
    missing = {**dict.fromkeys(book.project.models, ()), "fct_churn": ("raw_orders",)}
    without = Shop(book._warehouse, book.project, book.parameters, {}, missing)
    assert without.marts().loc["fct_churn", "lacks"] == "raw_orders"
    assert "not available: the shop has no raw_orders" in repr(without.marts.fct_churn)
    assert "not available: fct_churn" in repr(without)


def test_the_shop_says_its_period_and_how_its_checks_went(book: Shop) -> None:
    told = dict(face.facts(book))
    assert told["Data through"] == "30 Sep 2026"
    assert told["Window"] == "1–30 Sep 2026 (30 days), before it 2–31 Aug 2026"
    assert told["Checks"] == "not run; run them with: shopbook check"
    assert told["Marts"] == f"{len(book.marts)} of {len(book.marts)}"
    assert told["Kept apart"] == ""
    assert all(label in repr(book) for label, text in told.items() if text)
    assert "Kept apart" not in repr(book)
    assert book._repr_html_().count("<dt") == sum(bool(text) for text in told.values())
