"""The numbers on the pages, counted by hand from the rows of a small shop."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.pages import drivers, funnel, headline, inventory, overview, profit, revenue, stock
from analysis_lib.pages.conversion import viewers
from analysis_lib.reporting.html import Html
from analysis_lib.shop import Shop
from tests.reporting import shops

S = "\u00a0"


def _cards(made: Html) -> dict[str, str]:
    found = re.findall(
        r'<div class="kpi-label"[^>]*><a [^>]*>(.*?)</a></div><div class="kpi-value">(.*?)</div>', made.text
    )
    return dict(found)


@pytest.fixture(scope="module")
def three_orders(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A window with three orders, one of them cancelled, and a return of an order of the window before.

    Sold 50 − 5, 80 (a customer's second order); returned 30; spend 20.
    """
    day, before = shops.AS_OF - dt.timedelta(days=5), shops.AS_OF - dt.timedelta(days=35)
    story = shops.Story().product().spend(day, "20.00").spend(before - dt.timedelta(days=30), "1.00")
    story.visit("1", before, *shops.BUYS).order("1", before, "30.00", "10.00", returned_on=day)
    story.visit("2", before, *shops.BUYS).order("2", before, "40.00", "15.00")
    story.visit("2", day, *shops.BUYS, source="Search").order("2", day, "80.00", "30.00")
    story.visit("3", day, *shops.BUYS).order("3", day, "50.00", "20.00", discount="5.00")
    story.visit("4", day, *shops.BUYS).order("4", day, "99.00", status="cancelled")
    story.visit("5", day, "page_view", "product_view")
    story.visit("6", before - dt.timedelta(days=30), "page_view")
    return shops.make_shop(tmp_path_factory.mktemp("three"), story.rows, min_sample=2)


def test_the_headline_figures(three_orders: Shop) -> None:
    cards = _cards(overview.headline(three_orders))
    assert cards == {
        "Net revenue": "$95.00",  # 45 + 80 − 30
        "Orders": "2",
        "Average order value": "$47.50",
        "Sessions": "4",
        "Conversion": f"75.0{S}%",  # visitors 2, 3 and 4 of 2, 3, 4 and 5; 4's order was cancelled later
        "Contribution": "$35.00",  # 95 − (20 + 30 − 10) − 20
        "ROAS": "4.75",
        "Returning customers&#x27; share": f"84.2{S}%",  # 80 / 95
    }
    assert list(cards)[:3] == ["Net revenue", "Orders", "Average order value"], "money first, then visits"
    assert list(cards)[3:6] == ["Sessions", "Conversion", "Contribution"]
    found = headline.read(three_orders)
    assert found.profit.value("net_revenue", "previous") == 70.0
    assert found.profit.value("returns") == 30.0


def test_the_sources_add_up_to_the_profit_and_loss(three_orders: Shop, two_months: Shop) -> None:
    for shop in (three_orders, two_months):
        rows = revenue.by_source(shop)
        profit_rows = headline.read(shop).profit
        assert rows["net_revenue"].sum() == pytest.approx(profit_rows.value("net_revenue"))
        assert rows["previous_net_revenue"].sum() == pytest.approx(
            profit_rows.value("net_revenue", "previous")
        )
        assert rows["orders"].sum() == profit_rows.value("orders")
        assert rows["sessions"].sum() == headline.read(shop).visits.value("sessions")


def test_the_factors_add_up_to_the_change(two_months: Shop) -> None:
    found = headline.read(two_months)
    parts = revenue.factors(found.profit, found.visits)
    change = (found.profit.value("net_revenue") or 0) - (found.profit.value("net_revenue", "previous") or 0)
    assert sum(part.contribution for part in parts) == pytest.approx(change)
    product = parts[0].current * parts[1].current * parts[2].current
    assert product == pytest.approx(found.profit.value("net_revenue"))


def test_conversion_of_a_year_before_is_counted_as_the_mart_counts(two_months: Shop) -> None:
    """The mart holds no such window, so the same counting on another window must give the mart's numbers."""
    from analysis_lib.pages import conversion

    rows = two_months.sql(
        conversion._YEAR_BEFORE, first_date=dt.date(2026, 9, 1), last_date=dt.date(2026, 9, 30)
    )
    found = viewers(two_months).current
    assert rows.iloc[0].tolist() == [found.viewers, found.buyers]


def test_the_funnel_cards_are_sums_over_sums(two_months: Shop) -> None:
    mart = two_months.mart("fct_funnel_segments", where="dimension = 'all' and period = 'window'").iloc[0]
    cards = _cards(funnel.headline(two_months))
    assert cards["Sessions"] == str(mart["sessions"])
    assert cards["View → cart"] == f"{100 * mart['view_to_cart_rate']:.1f}{S}%"
    assert cards["Conversion"] == f"{100 * mart['conversion_rate']:.1f}{S}%"


def test_the_profit_table_is_the_mart(two_months: Shop, downloads: Path) -> None:
    profit.statement(two_months)
    written = pd.read_csv(downloads / "profit-and-loss.csv").set_index("line")["current"]
    mart = two_months.mart("fct_daily_pnl", where="calendar_date between '2026-09-01' and '2026-09-30'")
    assert written["Net revenue"] == pytest.approx(mart["net_revenue"].sum())
    assert written["− returns"] == pytest.approx(mart["returns"].sum())
    assert written["Contribution"] == pytest.approx(mart["contribution"].sum())


def test_the_stock_a_window_ago_is_what_the_mart_said_then(tmp_path: Path, two_months: Shop) -> None:
    then = shops.make_shop(tmp_path, shops.two_months().rows, as_of=dt.date(2026, 8, 31))
    expected = stock.totals(then)
    found = stock.earlier(two_months, dt.date(2026, 8, 31))
    assert found == {"on_hand": expected["on_hand"], "stock_value": expected["stock_value"]}


def test_the_reorder_list_has_the_most_urgent_on_top(tmp_path: Path) -> None:
    story = shops.Story()
    for number, left in enumerate((9, 0, 3)):
        product = f"p{number}"
        story.product(product).stock(left, shops.AS_OF - dt.timedelta(days=60), product)
        if not left:  # it was stocked once, and sold
            story.stock(1, shops.AS_OF - dt.timedelta(days=60), product)
            story.rows["stg_inventory_items"][-1]["sold_at"] = shops.at(shops.AS_OF)
        for offset in range(15):
            story.order(f"c{number}{offset}", shops.AS_OF - dt.timedelta(days=offset), product=product)
    shop = shops.make_shop(tmp_path, story.rows)
    rows = stock.reorder(shop)
    assert rows["product_id"].tolist() == ["p1", "p2", "p0"]
    assert rows["reorder_quantity"].min() > 0
    assert "is out" in inventory.reorder_list(shop).text


def test_a_source_beyond_the_eighth_is_one_of_the_others(tmp_path: Path, downloads: Path) -> None:
    story = shops.Story().product()
    for place in range(12):
        story.visit(f"v{place}", shops.AS_OF, "page_view", source=f"Source {place:02}")
    made = drivers.by_source(shops.make_shop(tmp_path / "shop", story.rows)).text
    assert ">5 others<" in made
    assert len(pd.read_csv(downloads / "net-revenue-by-source.csv")) == 12


def test_money_is_in_the_currency_of_the_run(tmp_path: Path) -> None:
    shop = shops.make_shop(tmp_path, shops.one_order().rows, currency="EUR")
    text = "".join(
        section(shop).text for section in (overview.headline, profit.statement, inventory.headline)
    )
    assert "€50" in text
    assert "$" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_ad_spend_that_ends_early_gets_a_banner(tmp_path: Path) -> None:
    story = shops.one_order().visit("9", shops.AS_OF, "page_view").spend(dt.date(2026, 9, 20), "5.00")
    text = overview.status(shops.make_shop(tmp_path, story.rows)).text
    assert "The newest ad spend is of 20 Sep 2026, 10 days before the last day" in text
    assert "newest session" not in text


def test_the_stamp_says_how_the_checks_went(two_months: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = pd.DataFrame({"status": ["passed"] * 3 + ["warned"]})
    monkeypatch.setattr(type(two_months), "checks", lambda self: outcomes)
    text = funnel.status(two_months).text
    assert '<span class="badge is-warn">1 check warned, 3 checks passed</span>' in text


def test_every_card_links_to_a_definition_on_its_page(two_months: Shop) -> None:
    for page in (overview, funnel, inventory):
        links = re.findall(r'href="#(metric-[a-z0-9-]+)"', page.headline(two_months).text)
        defined = re.findall(r'<dt id="(metric-[a-z0-9-]+)">', page.how_computed(two_months).text)
        assert links
        assert set(links) <= set(defined)


def test_the_method_shows_the_sql_that_was_run(two_months: Shop) -> None:
    made = overview.how_computed(two_months).text
    assert "<details><summary>fct_daily_pnl</summary>" in made
    assert "net_revenue - cost_of_goods as gross_profit" in made
    assert "window_days = 30" in made


def test_a_month_that_is_not_over_is_compared_with_the_same_days(tmp_path: Path) -> None:
    story = shops.Story().product()
    for day, price in ((dt.date(2026, 8, 4), "100.00"), (dt.date(2026, 8, 25), "900.00")):
        story.visit("1", day, *shops.BUYS).order("1", day, price)
    story.visit("1", dt.date(2026, 7, 1), "page_view").order("2", dt.date(2026, 7, 1), "10.00")
    story.visit("2", dt.date(2026, 9, 3), *shops.BUYS).order("2", dt.date(2026, 9, 3), "150.00")
    shop = shops.make_shop(tmp_path, story.rows, as_of=dt.date(2026, 9, 18))
    text = overview.revenue_by_month(shop).text
    assert "Hatched: not a whole month of data (Sep 2026)." in text
    assert (
        "1–18 Sep 2026: $150.00, against $100.00 on the same days of the month before, 1–18 Aug 2026" in text
    )
    assert f"(+50.0{S}%)" in text, "not against the $1,000 of the whole of August"
