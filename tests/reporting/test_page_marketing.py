"""The marketing page: its numbers are the marts', its sentences say no more than the rows do."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib.pages import (
    marketing,
    marketing_channels,
    marketing_data,
    marketing_findings,
    marketing_performance,
)
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.pages.marketing_marginal import Slope
from analysis_lib.reporting.html import Html
from analysis_lib.reporting.numbers import money
from analysis_lib.shop import Shop
from tests.reporting import shops
from tests.reporting.test_page_numbers import _cards
from tests.reporting.test_pages_on_small_shops import text_of

S = "\u00a0"
SECTIONS: tuple[Callable[[Shop], Html], ...] = (
    marketing.status,
    marketing.headline,
    marketing.key_findings,
    marketing.performance,
    marketing.shares,
    marketing.over_time,
    marketing.marginal,
    marketing.attribution_models,
    marketing.acquisition,
    marketing.how_computed,
)
WINDOW = "1–30 Sep 2026"
NO_SPEND = "There is no ad spend data"
MODELS = tuple(marketing_data.MODELS)
DAYS = [shops.AS_OF - dt.timedelta(days=offset) for offset in range(7 * 33)]
IN_WINDOW = "calendar_date between '2026-09-01' and '2026-09-30'"


def _day_rows(
    day: dt.date, search: float, social: float, **changed: object
) -> dict[str, list[dict[str, Any]]]:
    """The marts of a day: what two campaigns cost and earned, and two orders that came without ads."""
    number = (shops.AS_OF - day).days
    spend = {"Search": Decimal(10 + number * 5 % 13), "Social": Decimal(20 + number * 3 % 11)}
    revenue = {
        "Search": Decimal(f"{search * float(spend['Search']) + number % 3:.2f}"),
        "Social": Decimal(f"{social * float(spend['Social']) + number % 5:.2f}"),
        "(no platform)": Decimal("60.00"),
    }
    performance, attribution = [], []
    for platform, earned in revenue.items():
        is_ad = platform in spend
        for model in MODELS:
            performance.append(
                {
                    "calendar_date": day,
                    "campaign_id": f"{platform.lower()}-1" if is_ad else "(no campaign)",
                    "platform": platform,
                    "attribution_model": model,
                    "spend": spend.get(platform, Decimal(0)),
                    "clicks": 40 if is_ad else 0,
                    "impressions": 1000 if is_ad else 0,
                    "attributed_sessions": 30,
                    "attributed_orders": 2.0,
                    "attributed_new_customers": 1.0,
                    "attributed_revenue": earned,
                }
            )
            attribution.append(
                {
                    "order_id": f"{platform}{number}",
                    "attribution_model": model,
                    "touch_number": 1,
                    "session_id": f"{platform}{number}",
                    "touch_at": shops.at(day),
                    "traffic_source": platform,
                    "channel_group": {"Search": "Paid Search", "Social": "Paid Social"}.get(
                        platform, "Direct"
                    ),
                    "platform": platform if is_ad else None,
                    "order_date": day,
                    "is_new_customer": True,
                    "days_before_order": 0.0,
                    "credit": 1.0,
                    "credited_revenue": earned,
                    "credited_orders": 1.0,
                }
            )
    total = sum(revenue.values(), Decimal(0))
    cost = sum(spend.values(), Decimal(0))
    profit = {
        "calendar_date": day,
        "orders": 3,
        "net_revenue": total,
        "gross_profit": total / 2,
        "ad_spend": cost,
        "contribution": total / 2 - cost,
    }
    return {
        "fct_campaign_performance": performance,
        "fct_attribution": attribution,
        "fct_daily_pnl": [profit],
    }


def _cohort(source: str, month: dt.date, **values: object) -> dict[str, object]:
    return {
        "traffic_source": source,
        "cohort_month": month,
        "channel_group": "Paid Search",
        "is_complete": True,
        "users": 80,
        "buyers": 40,
        "orders": 50,
        "net_revenue": Decimal("4000.00"),
        "gross_profit": Decimal("2000.00"),
        "spend": Decimal("800.00"),
        **values,
    }


COHORTS = [
    _cohort("Search", dt.date(2025, 7, 1), gross_profit_12m=Decimal("1600.00"), payback_days=90),
    _cohort("Search", dt.date(2025, 8, 1), gross_profit_12m=Decimal("400.00"), payback_days=None),
    _cohort("Search", dt.date(2025, 9, 1), gross_profit_12m=Decimal("1200.00"), payback_days=30),
    _cohort("Search", dt.date(2026, 8, 1), buyers=10),
    _cohort("Search", dt.date(2026, 9, 1), is_complete=False, buyers=1),
    _cohort("Friends", dt.date(2026, 8, 1), spend=None),
]


def _shop(folder: Path, search: float, social: float, cohorts: list[dict[str, object]] | None = None) -> Shop:
    marts: dict[str, list[dict[str, Any]]] = {"fct_channel_acquisition": cohorts or []}
    for day in DAYS:
        for name, rows in _day_rows(day, search, social).items():
            marts.setdefault(name, []).extend(rows)
    return shops.make_shop(folder, marts=marts)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Weeks in which each unit spent on Search brings 6, each one on Social 0.1."""
    shop = _shop(tmp_path_factory.mktemp("planted"), 6.0, 0.1, COHORTS)
    yield shop
    shop.close()


@functools.cache
def _window(shop: Shop) -> pd.DataFrame:
    return shop.mart(
        "fct_campaign_performance", where=f"{IN_WINDOW} and attribution_model = 'last_non_direct'"
    )


# ------------------------------------------------------------------------------------------ shops of few rows
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_section_says_something_and_nothing_untrue(
    section: Callable[[Shop], Html], small_shop: Shop
) -> None:
    text = text_of(section(small_shop))
    assert text
    for never in ("nan", "nat", "none", "inf", "null"):
        assert not re.search(rf"\b{never}\b", text, re.IGNORECASE), (never, text)


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (marketing.key_findings, f"No ad spend, and no visits or orders from ads, on {WINDOW}."),
        (marketing.performance, f"No ad spend, and no visits or orders from ads, on {WINDOW}."),
        (
            marketing.shares,
            f"{NO_SPEND}, so that shares of spend and revenue cannot be compared.",
        ),
        (marketing.over_time, f"No ad spend, and no visits or orders from ads, on {WINDOW}."),
        (
            marketing.marginal,
            f"{NO_SPEND}, so that the return of more spend cannot be estimated.",
        ),
        (marketing.attribution_models, f"No orders on {WINDOW}, so there is no revenue to attribute."),
        (marketing.acquisition, "No acquired users up to 30 Sep 2026."),
    ],
)
def test_an_empty_shop_gets_a_sentence(
    section: Callable[[Shop], Html], sentence: str, small_shops: dict[str, Shop]
) -> None:
    made = section(small_shops["empty"])
    assert sentence in text_of(made)
    assert "<svg" not in made.text
    assert "<table" not in made.text


def test_a_shop_without_spend_shows_attribution_and_what_is_missing(small_shops: dict[str, Shop]) -> None:
    shop = small_shops["one order"]
    cards = _cards(marketing.headline(shop))
    assert cards["Attributed revenue"] == "$50.00"
    assert {cards[name] for name in ("Ad spend", "Attributed ROAS", "CAC", "CPC", "CTR", "Contribution")} == {
        "–"
    }
    assert "There is no ad spend data" in text_of(marketing.key_findings(shop))
    assert "Each of the 6 models shares out the same $50.00" in text_of(marketing.attribution_models(shop))
    table = text_of(marketing_performance.by_platform(shop))
    assert "There is no ad spend data, so that costs, clicks and returns are not known." in table


def test_visits_of_a_platform_that_never_cost_anything_are_not_ads(two_months: Shop) -> None:
    """E-mail is a platform by the rules; here only Search has spend, and its visits name no platform."""
    found = kpis.read(two_months)
    assert found.ads.platforms == ["Search"]
    assert found.current["revenue"] == 0
    without = kpis.read(two_months).ads.without_ads_daily(found.ads.windows.current)
    profit = two_months.mart("fct_daily_pnl", where=IN_WINDOW)
    assert sum(day["orders"] or 0 for day in without) == profit["orders"].sum()


def test_clicks_that_the_spend_data_does_not_have_are_unknown_not_zero(two_months: Shop) -> None:
    assert kpis.read(two_months).current["clicks"] is None
    assert _cards(marketing.headline(two_months))["CPC"] == "–"


# ------------------------------------------------------------------------------------------ numbers
def test_the_cards_are_the_mart(planted: Shop) -> None:
    rows = _window(planted)
    ads = rows[rows["platform"] != "(no platform)"]
    spend, revenue = float(ads["spend"].sum()), float(ads["attributed_revenue"].sum())
    cards = _cards(marketing.headline(planted))
    assert cards["Ad spend"] == f"${spend:,.0f}"
    assert cards["Attributed revenue"] == f"${revenue:,.0f}"
    assert cards["Attributed ROAS"] == f"{revenue / spend:.2f}"
    assert cards["CAC"] == f"${spend / 60:.2f}"
    assert cards["CPC"] == f"${spend / 2400:.2f}"
    assert cards["CTR"] == f"4.0{S}%"
    profit = planted.mart("fct_daily_pnl", where=IN_WINDOW)
    assert cards["Contribution"] == money(profit["contribution"].sum(), "USD")
    assert float(profit["ad_spend"].sum()) == spend


def test_ratios_are_those_of_sums_and_the_total_is_the_sum(planted: Shop, downloads: Path) -> None:
    made = marketing_performance.by_campaign(planted)
    rows = _window(planted)
    written = pd.read_csv(downloads / "campaign-performance.csv").set_index("campaign_id")
    assert written.index.tolist()[:2] == ["social-1", "search-1"]
    assert written["revenue"].sum() == pytest.approx(float(rows["attributed_revenue"].sum()))
    search = rows[rows["campaign_id"] == "search-1"]
    assert written.loc["search-1", "spend"] == pytest.approx(float(search["spend"].sum()))
    assert written.loc["search-1", "attributed_roas"] == pytest.approx(
        float(search["attributed_revenue"].sum()) / float(search["spend"].sum())
    )
    text = text_of(made)
    total = float(rows["attributed_revenue"].sum())
    assert re.search(rf"All visits .*\${total:,.0f}", text)
    assert re.search(r"Without ads – – – – 900 60 \$1,800", text)


def test_spend_that_names_no_campaign_is_part_of_the_ads(tmp_path: Path) -> None:
    day = shops.AS_OF
    named = _day_rows(day, 1.0, 1.0)
    for row in named["fct_campaign_performance"]:
        if row["platform"] == "(no platform)":
            row["spend"] = Decimal("5.00")
    shop = shops.make_shop(tmp_path, marts=named)
    found = kpis.read(shop)
    assert found.current["spend"] == 10 + 20 + 5
    assert re.search(r"not named \$5 ", text_of(marketing_performance.by_campaign(shop)))
    assert re.search(r"Ads together \$35 ", text_of(marketing_performance.by_campaign(shop)))


def test_each_model_sums_to_net_revenue(planted: Shop, downloads: Path) -> None:
    text = text_of(marketing.attribution_models(planted))
    profit = planted.mart("fct_daily_pnl")
    window = planted.mart("fct_daily_pnl", where=IN_WINDOW)["net_revenue"].sum()
    assert f"Each of the 6 models shares out the same ${window:,.2f}, the net revenue of 90 orders" in text
    assert f"The profit and loss has ${window:,.2f} for these days, too." in text
    assert (
        f"each model sums to ${profit['net_revenue'].sum():,.2f}, the net revenue of the profit and loss"
        in text
    )
    written = pd.read_csv(downloads / "attribution-models.csv").set_index("channel")
    for model in MODELS:
        assert written[model].sum() == pytest.approx(float(window))


def test_a_model_that_loses_money_is_named(tmp_path: Path) -> None:
    marts = _day_rows(shops.AS_OF, 1.0, 1.0)
    marts["fct_attribution"][0]["credited_revenue"] -= Decimal("1.00")
    text = marketing_channels.reconciliation(shops.make_shop(tmp_path, marts=marts))
    assert "The models do not share out the same net revenue" in text
    assert "differ from the net revenue of the profit and loss" in text
    assert "by up to $1.00" in text


def test_cohorts_that_are_not_a_year_old_have_no_ltv(planted: Shop, downloads: Path) -> None:
    made = {one.label: one for one in marketing_channels.by_source(planted)}
    search = made["Search"]
    assert (search.users, search.buyers) == (320, 130)  # September 2026 is not over
    assert search.cac == pytest.approx(3200 / 130)
    assert search.ltv_12m == pytest.approx(3200 / 120)
    assert search.ltv_to_cac == pytest.approx(3200 / 2400)
    assert (search.paid_back, search.old_months, search.payback_days) == (2, 3, 90)
    friends = made["Friends"]
    assert (friends.cac, friends.ltv_12m, friends.ltv_to_cac, friends.payback_days) == (
        None,
        None,
        None,
        None,
    )
    text = text_of(marketing.acquisition(planted))
    assert re.search(r"Friends 80 40 – – \$50\.00 – – – –", text)
    assert re.search(r"Aug 2026 80 10 \$800 \$80\.00 \$200\.00 – –", text)
    assert "Sep 2026 (not over)" in text
    assert len(pd.read_csv(downloads / "channel-acquisition-months.csv")) == len(COHORTS)


def test_shares_of_spend_and_revenue(planted: Shop) -> None:
    found = kpis.read(planted)
    own = found.ads.sums(found.ads.windows.current, "Search")
    share = (own["spend"] or 0) / (found.current["spend"] or 1)
    text = text_of(marketing.shares(planted))
    assert f"Search: {100 * share:.1f} % of spend" in text
    assert "The widest gap is at" in text


def test_cut_weeks_are_hatched_and_named(planted: Shop) -> None:
    made = marketing.over_time(planted)  # 30 Sep 2026 is a Wednesday
    assert "Hatched or hollow: not a whole week (28–30 Sep 2026)." in text_of(made)
    assert "<pattern" in made.text
    label = re.search(r'aria-label="([^"]*)"', made.text)
    assert label
    assert "Most was spent in the week of" in label[1]


# ------------------------------------------------------------------------------------------ findings
def test_money_is_shifted_only_by_the_rule(planted: Shop) -> None:
    found = kpis.read(planted)
    slopes = found.marginal.slopes
    assert slopes["Search"].value == pytest.approx(6.0, abs=0.2)
    assert slopes["Social"].value == pytest.approx(0.1, abs=0.2)
    made = marketing_findings.recommendation(found)
    assert made.headline == "Shift spend from Social to Search, in small steps."
    assert "break-even of 2.00" in made.detail
    assert "not an experiment" in made.detail


def test_no_shift_below_break_even_or_without_a_difference(planted: Shop) -> None:
    import dataclasses

    found = kpis.read(planted)
    low = {name: Slope(one.value / 5, one.error, 50, one.low / 5, one.high / 5)
           for name, one in found.marginal.slopes.items()}  # fmt: skip
    poor = dataclasses.replace(found, marginal=dataclasses.replace(found.marginal, slopes=low))
    alike = dataclasses.replace(found, marginal=found.marginal.adjusted([0.2]))
    for one in (poor, alike):
        made = marketing_findings.recommendation(one)
        assert made.headline.startswith("The data cannot tell where more money would return more")
        assert "p < 0.05 after Holm" in made.detail


def test_a_platform_is_called_better_only_after_a_test(planted: Shop) -> None:
    text = text_of(marketing.key_findings(planted))
    assert re.search(r"S\w+ returned [\d.]+ for each unit spent, the other platforms together", text)
    assert "after Holm" in text


def test_the_return_is_stated_with_every_model_and_break_even(planted: Shop) -> None:
    text = text_of(marketing.key_findings(planted))
    assert f"of attributed revenue on {WINDOW}." in text
    assert "Break-even is 2.00, 1 / gross margin" in text
    assert "What would have been bought without ads is part of it." in text


def test_each_card_links_to_its_definition(planted: Shop) -> None:
    links = re.findall(r'href="#(metric-[a-z0-9-]+)"', marketing.headline(planted).text)
    defined = re.findall(r'<dt id="(metric-[a-z0-9-]+)">', marketing.how_computed(planted).text)
    assert links
    assert set(links) <= set(defined)


# ------------------------------------------------------------------------------------------ marginal return
