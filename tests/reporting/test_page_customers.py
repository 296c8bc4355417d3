"""The customers page: what it says on small shops, and that its numbers are those of the marts."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis_lib.pages import (
    customers,
    customers_cohorts,
    customers_findings,
    customers_holdout,
    customers_rows,
    customers_segments,
    customers_sources,
)
from analysis_lib.reporting.html import Html
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.windows import month as month_of
from analysis_lib.shop import Shop
from analysis_lib.statistics.stratified import Stratum, clustered_proportions_p_value, van_elteren
from tests.reporting import shops

S = "\u00a0"
SECTIONS: dict[str, Callable[[Shop], Html]] = {
    section.__name__: section
    for section in (
        customers.status,
        customers.headline,
        customers.key_findings,
        customers.segments,
        customers.actions,
        customers.migration,
        customers.retention,
        customers.churn,
        customers.by_source,
        customers.expected,
        customers.top,
        customers.how_computed,
    )
}
NOBODY = "Nobody has bought up to 30 Sep 2026."


def text_of(made: Html) -> str:
    without = re.sub(
        r"<style>.*?</style>|<pre.*?</pre>|<p>Parameters of the run.*?</p>", " ", made.text, flags=re.S
    )
    spoken = re.findall(r'aria-label="([^"]*)"', without)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without) + " ".join(spoken))).strip()


def cards_of(made: Html) -> dict[str, str]:
    found = re.findall(
        r'<div class="kpi-label"[^>]*><a [^>]*>(.*?)</a></div><div class="kpi-value">(.*?)</div>', made.text
    )
    return dict(found)


def many_customers(seed: int = 4, better_source: float = 1.0, newest_return: float = 0.15) -> shops.Story:
    """Two hundred and forty buyers of a year and a bit, one in seven of whom buys again every month.

    Nothing differs between sources and cohorts unless asked for: amounts of the source Email are multiplied,
    and the newest buyers come back more often.
    """
    story, random = shops.Story().product(), np.random.default_rng(seed)
    starts = [dt.date(2025, 7, 1) + dt.timedelta(days=int(day)) for day in np.linspace(0, 440, 240)]
    for place, start in enumerate(starts):
        buyer, source = f"buyer-{place:04}", ("Search", "Email", "Direct")[place % 3]
        factor = better_source if source == "Email" else 1.0
        is_new = start >= dt.date(2026, 6, 1)
        story.visit(buyer, start, *shops.BUYS, source=source)
        day = start
        while day <= shops.AS_OF:
            price = max(25.0, random.lognormal(4.0, 0.4)) * factor
            story.order(buyer, day, f"{price:.2f}", "20.00")
            chance = newest_return if is_new else 0.15
            waits = int(random.geometric(chance)) if random.random() < 0.8 else 99
            day = (day.replace(day=1) + dt.timedelta(days=31 * waits)).replace(
                day=int(random.integers(1, 28))
            )
    return story


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = shops.make_shop(tmp_path_factory.mktemp("customers"), many_customers().rows)
    yield made
    made.close()


# ------------------------------------------------------------------ small shops


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_says_something_and_nothing_untrue(name: str, small_shop: Shop) -> None:
    text = text_of(SECTIONS[name](small_shop))
    assert text, "a section is never blank"
    for never in ("nan", "nat", "none", "inf", "null"):
        assert not re.search(rf"\b{never}\b(?! of| is)", text, re.IGNORECASE), (never, text)
    assert "+100.0" not in text, "nothing doubles from nothing"


@pytest.mark.parametrize("name", [name for name in SECTIONS if name not in ("status", "how_computed")])
@pytest.mark.parametrize("kind", ["empty", "only visits", "only stock"])
def test_a_shop_without_buyers_gets_a_sentence(name: str, kind: str, small_shops: dict[str, Shop]) -> None:
    made = SECTIONS[name](small_shops[kind])
    assert NOBODY in text_of(made)
    for never in ("<svg", "<table", "kpi-value"):
        assert never not in made.text


def test_one_buyer_has_counts_and_no_rates(small_shops: dict[str, Shop]) -> None:
    one = small_shops["one order"]
    cards = cards_of(customers.headline(one))
    assert cards == {
        "Buyers": "1",
        "New customers": "1",
        "Repeat share": "–",
        "Churn": "–",
        "Average order value": "$50.00",
        "Expected in the next 12 months": "–",
    }
    text = text_of(customers.headline(one))
    assert "0 of 1 buyer: too few to show a rate (n < 30)" in text
    assert "nobody's first order is 90 days old yet" in text
    assert "nobody had bought by 31 Aug 2026" in text
    findings = text_of(customers.key_findings(one))
    assert "0 of 1 buyer have come back for another order" in findings
    assert "differ" not in findings


def test_what_cannot_be_known_yet_says_so(small_shops: dict[str, Shop]) -> None:
    one = small_shops["one order"]
    assert "nobody can have come back" in text_of(customers.retention(one))
    assert "nobody can have churned" in text_of(customers.churn(one))
    assert "nobody could move between segments" in text_of(customers.migration(one))
    assert "There is no prediction for this shop: " in text_of(customers.expected(one))


# ------------------------------------------------------------------ the numbers are the marts'


def test_the_cards_are_the_marts(shop: Shop) -> None:
    cards = cards_of(customers.headline(shop))
    buyers = shop.mart("dim_customers", where="orders > 0")
    window = shop.mart("fct_daily_pnl", where="calendar_date between '2026-09-01' and '2026-09-30'")
    churn = shop.mart("fct_churn", where="cohort_kind = 'overall'").iloc[0]
    fit = shop.mart("int_purchase_fit", where="fit = 'final'").iloc[0]
    assert cards["Buyers"] == f"{len(buyers):,}"
    assert cards["New customers"] == f"{int(window['new_customer_orders'].sum())}"
    assert cards["Repeat share"] == f"{100 * fit['repeat_customers'] / fit['customers']:.1f}{S}%"
    assert cards["Churn"] == f"{100 * churn['churn_rate']:.1f}{S}%"
    assert cards["Average order value"] == (
        f"${float(window['net_revenue'].sum()) / float(window['orders'].sum()):.2f}"
    )
    assert cards["Expected in the next 12 months"] == (
        f"${round(float(buyers['predicted_net_revenue_12m'].astype(float).sum())):,}"
    )


def test_the_cards_state_count_interval_and_hold_out(shop: Shop) -> None:
    text = text_of(customers.headline(shop))
    assert re.search(r"\d+ of 240 buyers; 95 % interval [\d.]+–[\d.]+ %", text)
    assert re.search(r"\d+ of \d+ who bought 90 days ago or earlier; 95 % interval", text)
    assert re.search(r"hold-out: ([\d.]+ % too (many|few)|just as many) order days expected", text)
    assert re.search(r"naive forecast: [\d.,]+ % too (many|few)", text)


def test_the_buyers_of_the_window_before_are_those_of_then(shop: Shop) -> None:
    first_orders = shop.mart("dim_customers", where="orders > 0")["first_order_at"]
    before = int((first_orders < pd.Timestamp("2026-09-01", tz="UTC")).sum())
    assert 0 < before < len(first_orders)
    assert customers_rows.buyers(shop).buyers_before == before
    assert f"was {before} on 31 Aug 2026" in text_of(customers.headline(shop))


def test_the_segments_add_up_to_all_buyers(shop: Shop, downloads: Path) -> None:
    customers.actions(shop)
    written = pd.read_csv(downloads / "segments.csv")
    mart = shop.mart("fct_segment_summary").sort_values("segment_order").reset_index(drop=True)
    found = customers_rows.buyers(shop)
    assert written["customers"].tolist() == mart["customers"].tolist()
    assert written["customers"].sum() == found.buyers
    assert written["net_revenue"].sum() == pytest.approx(found.net_revenue)
    assert written["action"].tolist() == mart["action"].tolist()
    best = mart.iloc[mart["revenue_share"].astype(float).argmax()]["segment"]
    assert f"Largest by revenue: {best}, " in text_of(customers.segments(shop))


def test_every_move_is_in_the_matrix(shop: Shop, downloads: Path) -> None:
    text = text_of(customers.migration(shop))
    written = pd.read_csv(downloads / "segment-migration.csv")
    assert written["customers"].sum() == customers_rows.buyers(shop).buyers
    known = written[written["previous_segment"] != "(not yet a buyer)"]
    stayed = written[written["previous_segment"] == written["segment"]]["customers"].sum()
    assert f"Of {known['customers'].sum()} buyers of 31 Aug 2026, {stayed} (" in text


def test_retention_is_the_mart_and_unknown_is_not_zero(shop: Shop, downloads: Path) -> None:
    made = customers.retention(shop)
    mart = shop.mart("fct_cohort_retention", where="cohort_kind = 'first_order_month'")
    assert len(pd.read_csv(downloads / "cohort-retention.csv")) == len(mart)
    known = mart[(mart["period_number"] == 1) & mart["is_observable"]]
    share = known["active"].sum() / known["cohort_size"].sum()
    text = text_of(made)
    assert f"{100 * share:.1f} % in month 1 (n = {known['cohort_size'].sum()})" in text
    assert "Hatched: not yet known." in text
    first = made.text.split("</figure>")[0]
    shown = mart[mart["cohort_period"] >= sorted(mart["cohort_period"].unique())[-18:][0]]
    cells = shown[(shown["period_number"].between(1, 12)) & shown["is_observable"]]
    values = re.findall(r">(<1|\d+)</text>", html.unescape(first))
    # the cells, and the twelve numbers above them
    assert len(values) == len(cells) + 12


def test_churn_is_the_mart(shop: Shop, downloads: Path) -> None:
    text = text_of(customers.churn(shop))
    mart = shop.mart("fct_churn")
    written = pd.read_csv(downloads / "churn.csv")
    assert written["churned"].sum() == mart["churned"].sum()
    judged = mart[(mart["cohort_kind"] != "overall") & (mart["eligible"] > 0)].iloc[-1]
    counts = f"{judged['churned']} of {judged['eligible']}"
    assert f"{month_of(judged['cohort_month'])} {counts}" in text, (
        "on fewer than 30, the count stands for the rate"
    )
    overall = mart[mart["cohort_kind"] == "overall"].iloc[0]
    assert f"All buyers: {100 * overall['churn_rate']:.1f} % (n = {overall['eligible']})" in text
    assert "Not yet known: Aug 2026, Sep 2026." in text


def test_the_sources_are_those_of_the_acquisition_mart(shop: Shop, downloads: Path) -> None:
    customers.by_source(shop)
    written = pd.read_csv(downloads / "value-by-source.csv").set_index("traffic_source")
    mart = shop.mart("fct_channel_acquisition").groupby("traffic_source")[["buyers", "gross_profit"]].sum()
    assert written["buyers"].to_dict() == mart["buyers"].to_dict()
    expected = mart["gross_profit"].astype(float) / mart["buyers"]
    assert written["ltv_to_date"].to_dict() == pytest.approx(expected.to_dict())
    assert (written["ltv_of_others_of_the_same_months"] > 0).all()


def test_the_expected_revenue_adds_up(shop: Shop) -> None:
    text = text_of(customers.expected(shop))
    found = customers_rows.buyers(shop)
    assert found.predicted_net_revenue is not None
    assert f"In all ${found.predicted_net_revenue:,.0f} from {found.predicted_orders:,.0f} order days" in text
    error = "metric = 'holdout_orders_mean_absolute_error'"
    [row] = shop.mart("dq_model_quality", ["value", "baseline_value"], error).to_dict("records")
    figures = f"{row['value']:.2f} {row['baseline_value']:.2f}"
    assert f"Mean absolute error, order days a buyer all {figures}" in text


def test_top_customers_are_masked_on_the_page_and_in_the_download(shop: Shop, downloads: Path) -> None:
    made = customers.top(shop)
    written = (downloads / "top-customers.csv").read_text(encoding="utf-8")
    best = shop.mart("dim_customers").sort_values(["net_revenue", "user_id"], ascending=[False, True]).iloc[0]
    assert str(best["user_id"]).startswith("buyer-")
    assert "buyer-" not in made.text + written
    assert f"…{str(best['user_id'])[-3:]}" in written
    assert f"${float(best['net_revenue']):,.0f}" in text_of(made) or f"${best['net_revenue']}" in text_of(
        made
    )


# ------------------------------------------------------------------ findings


def test_nothing_planted_nothing_claimed(shop: Shop) -> None:
    found = customers_findings.write(shop)
    assert 3 <= len(found) <= 5
    texts = [finding.text for finding in found]
    assert any(text.startswith("No clear difference between the newest cohorts") for text in texts)
    assert not any("worth more" in text or "worth less" in text for text in texts)
    number = customers_findings.tested(shop).number
    assert number == 4, "the newest cohorts and three sources"


def test_false_claims_are_rare() -> None:
    """Three sources and fifteen months without a difference: one family of tests in twenty may claim one."""
    random = np.random.default_rng(11)
    claims, families = 0, 300
    for _ in range(families):
        months = random.integers(0, 12, 300)
        source = random.integers(0, 3, 300)
        value = random.lognormal(4, 1.2, 300) * (13 - months)  # who began early has had more time
        p_values = []
        for name in range(3):
            strata = []
            for month in range(12):
                ranks = stats.rankdata(value[months == month])
                own = source[months == month] == name
                strata.append(Stratum(int(own.sum()), len(ranks), ranks[own].sum(), (ranks**2).sum()))
            tested = van_elteren(strata)
            assert tested is not None
            p_values.append(tested.p_value)
        sizes = random.integers(60, 140, 15)
        shares = np.clip(random.normal(0.15, 0.02, 15), 0.01, 1)  # months differ by themselves
        clusters = [(int(random.binomial(n, p)), int(n)) for n, p in zip(sizes, shares, strict=True)]
        p_values.append(clustered_proportions_p_value(clusters[:3], clusters[3:]) or 1.0)
        claims += min(p_values) * 4 < 0.05
    assert stats.binomtest(claims, families, 0.05, alternative="greater").pvalue > 0.01, claims


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose buyers through Email spend more, and whose newest buyers come back more often."""
    story = many_customers(better_source=2.5, newest_return=0.85)
    made = shops.make_shop(tmp_path_factory.mktemp("planted"), story.rows)
    yield made
    made.close()


def test_a_better_source_is_found(planted: Shop) -> None:
    texts = [finding.text for finding in customers_findings.write(planted)]
    [claim] = [text for text in texts if "worth more" in text or "worth less" in text]
    assert "Buyers who came through Email are worth more: $" in claim
    assert "after Holm" in claim
    table = text_of(customers.by_source(planted))
    assert re.search(r"Clearly different: [^.]*Email", table)
    email = next(one for one in customers_findings.tested(planted).sources if one.name == "Email")
    assert email.others is not None
    assert f"+${email.value - email.others:.2f}" in table


def test_newest_cohorts_that_come_back_more_often_are_found(planted: Shop) -> None:
    found = customers_findings.write(planted)
    assert len(found) <= 5
    [claim] = [finding.text for finding in found if "newest buyers" in finding.text]
    assert claim.startswith("The newest buyers come back more often: ")
    newest = customers_cohorts.newest_against_earlier(planted)
    assert newest is not None
    assert newest.newest_months == (dt.date(2026, 6, 1), dt.date(2026, 8, 1))
    assert newest.earlier_months[0] == dt.date(2025, 8, 1), "the first month of the data is left out"
    came, of = newest.counts(newest.newest)
    assert f"{came} of {of} who first ordered in Jun 2026–Aug 2026" in claim


def test_the_advice_stands_with_its_rule(shop: Shop) -> None:
    rows = shop.mart("fct_segment_summary").set_index("segment")
    [advice] = [f.text for f in customers_findings.write(shop) if "the rule table says" in f.text]
    last = "Cannot Lose Them" if rows.loc["Cannot Lose Them", "customers"] else "At Risk"
    assert f"For {last} (scores of 1 to 5, recency " in advice
    assert str(rows.loc[last, "action"]) in advice
    assert customers_segments.rules_in_words(shop, "Champions") == "recency 4–5, frequency 4–5, monetary 4–5"


def test_a_naive_forecast_that_was_closer_is_said_to_be(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for naive, is_said in ((1.1, True), (0.5, False)):
        figures = (0.7, naive, 900)
        monkeypatch.setattr(customers_holdout, "ratio", lambda book, metric, figures=figures: figures)
        text = customers_holdout.sentence(shop)
        assert "(900 buyers) the model expected 30.0" in text
        assert ("which was closer" in text) == is_said


def test_a_ratio_of_one_is_just_as_many() -> None:
    assert customers_holdout.in_words(1.0002) == "just as many"
    assert customers_holdout.in_words(None) == "–"


def test_the_definitions_are_those_of_the_cards(shop: Shop) -> None:
    links = re.findall(r'href="#(metric-[a-z0-9-]+)"', customers.headline(shop).text)
    defined = re.findall(r'<dt id="(metric-[a-z0-9-]+)">', customers.how_computed(shop).text)
    assert len(links) == len(customers.CARDS)
    assert set(links) <= set(defined)
    assert metric("repeat_share").denominator == "customers"


def test_the_test_of_sources_ranks_within_the_month(shop: Shop) -> None:
    rows = shop.mart("dim_customers", where="orders > 0")
    months = rows["first_order_at"].dt.strftime("%Y-%m")
    ranks = rows["gross_profit"].astype(float).groupby(months).rank()
    place = rows["user_id"].str[-4:].astype(int) % 3
    email = customers_sources.read(shop)
    source = next(one for one in email if one.name == "Email")
    strata = [
        Stratum(
            int((place[months == month] == 1).sum()),
            int((months == month).sum()),
            float(ranks[(months == month) & (place == 1)].sum()),
            float((ranks[months == month] ** 2).sum()),
        )
        for month in sorted(months.unique())
    ]
    expected = van_elteren(strata)
    assert source.test is not None
    assert expected is not None
    assert source.test.z == pytest.approx(expected.z)
