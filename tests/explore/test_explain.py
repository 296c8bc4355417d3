"""What `explain` says is what the pages and the warehouse say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis_lib.errors import QueryError
from analysis_lib.explore import shown
from analysis_lib.explore.explanation import Explanation
from analysis_lib.explore.values import value_sql
from analysis_lib.pages import funnel, headline, inventory
from analysis_lib.publish.plan import read_reports
from analysis_lib.reporting.changes import amount
from analysis_lib.reporting.metrics import metric, registry
from analysis_lib.settings import load_settings
from analysis_lib.shop import Shop

ROOT = Path(__file__).resolve().parents[2]


def facts(found: Explanation) -> dict[str, str]:
    return dict(found.facts)


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_metric_is_explained_in_text_and_html(book: Shop, name: str) -> None:
    found = book.explain(name)
    known = metric(name)
    assert (found.kind, found.title, found.definition) == ("metric", known.label, known.definition)
    assert facts(found)["formula"] == known.formula
    assert facts(found)["value"]
    assert known.model in facts(found)["read from"]
    html = found._repr_html_()
    assert "<details><summary>" in html
    assert html.count("<dt") == html.count("</dd>") == len(found.facts)
    assert max(len(line) for line in found.text.splitlines()) < 160


@pytest.mark.parametrize("name", sorted(registry()))
def test_the_query_it_gives_runs_and_gives_the_value_it_says(book: Shop, name: str) -> None:
    found = metric(name)
    query = value_sql(book, found)
    if not query:
        assert facts(book.explain(name))["value"].startswith("no single number for the shop")
        return
    [value] = book.sql(query)["value"]
    shown_value = amount(value, found.format, book.parameters.currency)
    assert facts(book.explain(name))["value"].startswith(shown_value)


def test_the_value_is_that_of_the_page(book: Shop) -> None:
    profit = headline.read(book).profit
    for name in ("net_revenue", "orders", "roas", "average_order_value"):
        now, before = profit.value(name), profit.value(name, "previous")
        text = facts(book.explain(name))["value"]
        assert text.startswith(amount(now, metric(name).format, "USD"))
        if before is not None:
            assert f"was {amount(before, metric(name).format, 'USD')} on " in text
    rate = funnel.windows_of(book)["window"]["conversion_rate"]
    assert facts(book.explain("conversion_rate"))["value"].startswith(amount(rate, "rate", "USD"))


def test_a_mart_is_explained_with_grain_columns_and_neighbours(book: Shop) -> None:
    found = book.explain("fct_daily_pnl")
    told = facts(found)
    assert told["grain"].endswith("(calendar_date)")
    assert "net_revenue (NUMERIC, currency): " in told["columns"]
    assert "int_order_lines" in told["made from"].splitlines()[0]
    assert "raw_orders" in told["made from"].splitlines()[-1]
    assert "dq_reconciliation" in told["read by"]
    assert "net_revenue" in told["metrics"]
    assert found.sql == book.model_sql("fct_daily_pnl")
    assert "<svg" in found._repr_html_()


def test_what_it_is_made_from_is_everything_upstream_and_nothing_else(book: Shop) -> None:
    for name, model in book.project.models.items():
        told = facts(book.explain(name))["made from"] if model.inputs else ""
        names = set(re.findall(r"\b(?:raw|stg|int|fct|dim|dq|rule)_[a-z0-9_]+|\bload_counts", told))
        upstream = book.project.ancestors(name)
        loaded = {
            other
            for made in {*upstream, name}
            for other in book.project.models[made].inputs
            if other not in book.project.models
        }
        assert names == upstream | loaded, name


def test_a_column_is_explained_with_its_checks_and_metrics(book: Shop) -> None:
    found = book.explain("fct_daily_pnl.net_revenue")
    assert found.kind == "column"
    assert facts(found)["type"] == "NUMERIC"
    assert "net_revenue, " in facts(found)["metrics"]
    assert facts(book.explain("fct_daily_pnl.calendar_date"))["type"] == "DATE, part of the grain"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("net_revenu", 'There is no metric, mart or column net_revenu. Did you mean "net_revenue"?'),
        ("fct_sesions", 'There is no metric, mart or column fct_sesions. Did you mean "fct_sessions"?'),
        (
            "fct_sessions.is_bounc",
            "There is no metric, mart or column fct_sessions.is_bounc. "
            'Did you mean "fct_sessions.is_bounce"?',
        ),
        (
            "is_bounce",
            "There is no metric, mart or column is_bounce. A column is named with its mart: "
            "fct_sessions.is_bounce.",
        ),
        ("qqq", "There is no metric, mart or column qqq. See metrics() and marts() for all."),
    ],
)
def test_a_typing_error_gets_the_nearest_name(book: Shop, name: str, sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        book.explain(name)
    assert str(caught.value) == sentence


def test_the_pages_are_those_that_list_the_metric(book: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "settings", load_settings(env={"SHOPBOOK_PROJECT": str(ROOT)}))
    pages = {page.id for page in read_reports(ROOT / "reports" / "reports.yml", ROOT / "notebooks").pages}
    found = {one.page.id: one for one in shown.shown(book)}
    assert found.keys() == pages
    assert "net_revenue" in found["overview"].metrics
    assert 'id="metric-stock-value"' in inventory.how_computed(book).text
    assert [name for name, one in found.items() if "stock_value" in one.metrics] == ["inventory"]
    own = found["quality"].metrics - registry().keys()  # that page has figures about the data itself
    assert all(one.metrics - own <= registry().keys() for one in found.values())
    assert "Overview (overview.ipynb)" in facts(book.explain("net_revenue"))["shown on"]


def test_a_metric_that_the_shop_cannot_have_says_what_it_lacks(book: Shop) -> None:
    missing = {**dict.fromkeys(book.project.models, ()), "fct_daily_pnl": ("raw_orders",)}
    without = Shop(book._warehouse, book.project, book.parameters, {}, missing)
    told = facts(without.explain("net_revenue"))
    assert told["value"] == "– (the shop has no raw_orders)"
    assert "as SQL" not in told
    assert facts(without.explain("fct_daily_pnl"))["rows"] == "not there: the shop has no raw_orders"


def test_names_and_texts_are_escaped() -> None:
    html = Explanation("a<b", "A & B", "mart", "<i>", [("x", "<script>")])._repr_html_()
    assert "<script>" not in html
    assert "<i>" not in html
    assert "A &amp; B" in html
