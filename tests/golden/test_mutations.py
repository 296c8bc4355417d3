"""The comparison is able to fail: one changed value in a mart shows on the page that reads it."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from analysis_lib.shop import open_shop
from tests.demo_site import DemoSite

from .book import open_book
from .compare import faults_of_page
from .from_functions import cards_of, settings_in
from .recomputed import FIGURES

# Page: one value of one row of a mart that its headline stands on.
MUTATIONS = {
    "overview": "update fct_daily_pnl set net_revenue = net_revenue + 10 where calendar_date = "
    "(select max(calendar_date) from fct_daily_pnl)",
    "marketing": "update fct_campaign_performance set spend = spend + 10 where calendar_date = "
    "(select max(calendar_date) from fct_campaign_performance where spend > 0) and spend > 0",
    "funnel": "update fct_funnel_daily set ordered_cart_sessions = ordered_cart_sessions + 1 "
    "where session_date = (select max(session_date) from fct_funnel_daily)",
    "journeys": "update fct_first_purchase_cohorts set converted_share_30d = converted_share_30d + 0.0001 "
    "where cohort = '(all)' and traffic_source = '(all)'",
    "customers": "update fct_churn set churned = churned + 1 where cohort_kind = 'overall'",
    "products": "update fct_product_performance set returned_units = returned_units + 1 where product_id = "
    "(select min(product_id) from fct_product_performance where delivered_units > returned_units)",
    "cross-sell": "update fct_cross_sell_candidates set expected_margin = expected_margin + 10 "
    "where rank_for_user = 1 and user_id = (select min(user_id) from fct_cross_sell_candidates)",
    "inventory": "update fct_inventory_forecast set reorder_value = reorder_value + 10 where product_id = "
    "(select min(product_id) from fct_inventory_forecast where reorder_quantity > 0)",
    "quality": "update dq_reconciliation set is_ok = false where reconciliation = 'rows of users'",
}


@pytest.fixture(scope="module")
def faults(demo_site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Page to what is wrong with its cards after all of the mutations."""
    settings = settings_in(tmp_path_factory.mktemp("mutated"))
    shutil.copy(demo_site.warehouse, settings.warehouse)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("use demo")
        for mutation in MUTATIONS.values():
            (changed,) = connection.execute(mutation).fetchall()[0]
            assert changed, f"changed no row: {mutation}"
    with open_shop("demo", settings=settings) as shop, open_book(settings.warehouse, "demo") as book:
        return {
            page: faults_of_page(cards_of(shop, page), recompute(book), book["currency"])
            for page, recompute in FIGURES.items()
        }


def test_every_page_has_a_mutation() -> None:
    assert MUTATIONS.keys() == FIGURES.keys()


@pytest.mark.parametrize("page", MUTATIONS)
def test_one_changed_value_of_a_mart_shows(page: str, faults: dict[str, list[str]]) -> None:
    assert faults[page], "the page was changed and nothing was found"
