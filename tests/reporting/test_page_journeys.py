"""The journeys page: its numbers are those of the marts, its sentences say no more than its tests."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis_lib.pages import journeys, journeys_curves, journeys_findings, journeys_tables
from analysis_lib.pages import journeys_rows as rows
from analysis_lib.pages import journeys_tests as tests
from analysis_lib.pages.journeys_tests import Compared
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.curves import Curve, curves
from analysis_lib.reporting.html import Html
from analysis_lib.shop import Shop
from analysis_lib.statistics.censored import effective_counts
from analysis_lib.statistics.survival import kaplan_meier
from tests.reporting import shops

S = "\u00a0"
SECTIONS = (
    journeys.status,
    journeys.headline,
    journeys.key_findings,
    journeys_curves.of_all,
    journeys_curves.by_source,
    journeys_curves.by_month,
    journeys_tables.sessions_before,
    journeys_tables.by_source,
    journeys_tables.by_month,
    journeys.how_computed,
)


def _text(made: Html) -> str:
    """What a reader reads, spoken words included, without styles and SQL."""
    without = re.sub(r"<style>.*?</style>|<pre.*?</pre>|<p>Parameters of.*?</p>", " ", made.text, flags=re.S)
    spoken = " ".join(re.findall(r'aria-label="([^"]*)"', without))
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without) + " " + spoken)).strip()


def _cards(made: Html) -> dict[str, str]:
    found = re.findall(
        r'kpi-label"[^>]*><a [^>]*>(.*?)</a></div><div class="kpi-value">(.*?)</div>', made.text
    )
    return dict(found)


def _visitor(
    number: int, source: str, came: dt.date, days: float | None = None, before: int = 0
) -> dict[str, Any]:
    """A row of fct_first_purchase_journeys; who has not bought has no `days`."""
    first = shops.at(came)
    end = shops.at(shops.AS_OF + dt.timedelta(days=1), 0)
    bought = days is not None
    purchased = first + dt.timedelta(days=days) if days is not None else None
    return {
        "visitor_id": f"v{number:05}",
        "cohort_date": came,
        "first_session_at": first,
        "first_traffic_source": source,
        "converting_traffic_source": source if bought else None,
        "converting_session_id": f"s{number}" if bought else None,
        "converted": int(bought),
        "first_order_id": f"o{number}" if bought else None,
        "purchased_at": purchased,
        "sessions_before": before if bought else 1,
        "days_to_purchase": days,
        "minutes_on_site_before": 5.0,
        "median_session_duration_before": 300.0,
        "observed_days": days if days is not None else (end - first).total_seconds() / 86400,
    }


def _crowd(shares: Mapping[str, float], each: int = 900, returning: float = 0.2) -> list[dict[str, Any]]:
    """Visitors of 180 days, as many a source; the given share of them buys, most of these at once."""
    made: list[dict[str, Any]] = []
    for source, share in shares.items():
        for place in range(each):
            came = shops.AS_OF - dt.timedelta(days=place * 7 % 180)
            buys = place % 100 < share * 100
            is_later = buys and place // 100 % 10 < returning * 10
            days = None if not buys else 12.0 if is_later else 0.01
            if days is not None and came + dt.timedelta(days=days) > shops.AS_OF:
                days = None
            made.append(_visitor(len(made), source, came, days, 3 if is_later else 0))
    return made


@pytest.fixture(scope="module")
def unequal(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Three sources, one of which leads many more visitors to a purchase."""
    crowd = _crowd({"Email": 0.15, "Search": 0.05, "Social": 0.05})
    return shops.make_shop(tmp_path_factory.mktemp("j"), marts={"fct_first_purchase_journeys": crowd})


@pytest.fixture(scope="module")
def equal(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Three sources that do not differ."""
    crowd = _crowd({"Email": 0.06, "Search": 0.06, "Social": 0.06}, 300)
    return shops.make_shop(tmp_path_factory.mktemp("j"), marts={"fct_first_purchase_journeys": crowd})


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_section_of_every_small_shop_says_something(section: Any, small_shop: Shop) -> None:
    text = _text(section(small_shop))
    assert text
    for never in ("nan", "nat", "none of the 0", "inf", "null"):
        assert not re.search(rf"\b{never}\b", text, re.IGNORECASE), text


def test_without_visits_a_sentence_stands_in_each_place(small_shops: dict[str, Shop]) -> None:
    for section in SECTIONS[1:-1]:
        made = section(small_shops["empty"])
        assert _text(made) == "No visits up to 30 Sep 2026."
        assert "<svg" not in made.text
        assert "<table" not in made.text


def test_visits_without_a_purchase_are_no_curve(small_shops: dict[str, Shop]) -> None:
    shop = small_shops["only visits"]
    assert _text(journeys.key_findings(shop)) == "None of the 2 visitors since 30 Sep 2026 has bought yet."
    assert "<svg" not in journeys_curves.of_all(shop).text
    cards = _cards(journeys.headline(shop))
    assert cards["Sessions before the first purchase"] == "–"
    assert cards["Time to the first purchase"] == "–"
    assert cards["Visitors who bought"] == "0"


def test_one_buyer_is_too_few_to_rely_on(small_shops: dict[str, Shop]) -> None:
    text = _text(journeys.headline(small_shops["one order"]))
    assert "1 visitor: too few to show a rate (n < 30)" in text
    assert "median of 1 buyer: too few to rely on (n < 30)" in text
    findings = _text(journeys.key_findings(small_shops["one order"]))
    assert "There are too few visitors to compare traffic sources." in findings
    assert "Recent visitors" not in findings


def test_the_cards_are_the_marts(unequal: Shop) -> None:
    cards = _cards(journeys.headline(unequal))
    people = unequal.mart("fct_first_purchase_journeys")
    buyers = people[people["converted"] == 1]
    window = people["cohort_date"] > pd.Timestamp(shops.AS_OF - dt.timedelta(days=30))
    assert cards["First-time visitors"] == str(window.sum())
    assert cards["Visitors who bought"] == str(len(buyers))
    assert cards["Sessions before the first purchase"] == f"{buyers['sessions_before'].median():.0f}"
    assert cards["Time to the first purchase"] == f"{buyers['days_to_purchase'].median() * 1440:.1f}{S}min"
    curve = kaplan_meier(people["observed_days"].tolist(), (people["converted"] == 1).tolist())
    assert curve is not None
    for days in (7, 30):
        share = curve.share_with_event(days)
        assert share is not None
        assert cards[f"Bought within {days} days"] == f"{share * 100:.1f}{S}%"


def test_the_interval_stands_beside_the_share(unequal: Shop) -> None:
    row = unequal.sql(
        "select converted_share_30d_lower, converted_share_30d_upper from fct_first_purchase_cohorts "
        "where cohort = '(all)' and traffic_source = '(all)'"
    ).iloc[0]
    low, high = (f"{value * 100:.1f}" for value in row)
    assert f"95{S}% interval {low}–{high}{S}%" in html.unescape(journeys.headline(unequal).text)


def test_a_planted_source_is_found_with_its_numbers(unequal: Shop) -> None:
    text = _text(journeys.key_findings(unequal))
    assert re.search(r"of the visitors who first came through Email have bought within 30 days", text)
    assert "p < 0.001 after Holm" in text
    compared = tests.compare(unequal).bought["Email"]
    assert compared.is_found
    assert compared.rate > compared.other_rate
    assert "higher (p" in _text(journeys_tables.by_source(unequal))
    assert "By day 30 Email" in _text(journeys_curves.by_source(unequal))


def test_equal_sources_are_not_told_apart(equal: Shop) -> None:
    text = _text(journeys.key_findings(equal))
    assert "No traffic source leads clearly more or fewer" in text
    assert "None of 3 sources differs" in text
    assert "no clear difference" in _text(journeys_tables.by_source(equal))
    assert "no source differs from the others" in _text(journeys_curves.by_source(equal))


def test_findings_are_three_to_five(unequal: Shop, equal: Shop) -> None:
    for shop in (unequal, equal):
        assert 3 <= len(journeys_findings.write(shop)) <= 5


def test_the_first_finding_counts_who_bought_at_once(unequal: Shop) -> None:
    counts = unequal.sql(
        "select countif(sessions_before = 0) as at_once, count(*) as buyers "
        "from fct_first_purchase_journeys where converted = 1"
    ).iloc[0]
    first = journeys_findings.write(unequal)[0]
    assert f"{counts['at_once']} of {counts['buyers']} buyers bought in their first session" in first.detail


def test_young_months_have_no_quartiles_yet(unequal: Shop) -> None:
    found = rows.read(unequal)
    assert found is not None
    newest, *_, oldest = found.months
    assert newest.is_watched(90, shops.AS_OF) is False
    assert oldest.is_watched(90, shops.AS_OF) is True
    cells = re.findall(
        r"<tr>(?:(?!</tr>).)*?Sep\s2026.*?</tr>", journeys_tables.by_month(unequal).text, re.S
    )[0]
    assert re.findall(r"<td[^>]*>(.*?)</td>", cells)[3:5] == ["–", "–"]
    assert re.findall(r"<td[^>]*>(.*?)</td>", cells)[-1] == "–"


def test_a_young_curve_ends_where_it_is_no_longer_watched(unequal: Shop) -> None:
    text = _text(journeys_curves.by_month(unequal))
    ended = re.search(r"Sep 2026, [\d.]+\s% by day (\d+)", text)
    assert ended is not None
    assert int(ended.group(1)) < 30


def test_downloads_hold_the_rows_of_the_marts(unequal: Shop, downloads: Path) -> None:
    for section in SECTIONS[3:-1]:
        section(unequal)
    sources = pd.read_csv(downloads / "journeys-sources.csv")
    mart = unequal.mart("fct_first_purchase_cohorts", where="cohort = '(all)'")
    assert set(sources["traffic_source"]) == set(mart["traffic_source"])
    assert sources["buyers"].sum() == mart["buyers"].sum()
    assert list(sources.columns) == list(mart.columns)
    whole = pd.read_csv(downloads / "journeys-all.csv")
    assert whole["day"].tolist() == list(range(91))
    assert len(pd.read_csv(downloads / "journeys-months.csv")) == 1 + mart_months(unequal)
    buyers = pd.read_csv(downloads / "journeys-sessions.csv")
    assert buyers["buyers"].sum() == mart.loc[mart["traffic_source"] == "(all)", "buyers"].item()


def mart_months(shop: Shop) -> int:
    """How many cohorts by month there are."""
    found = shop.sql("select count(distinct cohort_month) as months from fct_first_purchase_cohorts")
    return int(found.iloc[0]["months"])


def test_every_chart_says_in_words_what_it_shows(unequal: Shop) -> None:
    for section in (journeys_curves.of_all, journeys_curves.by_source, journeys_curves.by_month):
        made = section(unequal).text
        spoken = re.findall(r'aria-label="([^"]*)"', made)
        assert len(set(spoken)) == 1, "the drawing for phones says the same"
        assert re.search(r"\d\s%", spoken[0])


def test_of_two_sources_one_test_is_made() -> None:
    compared = tests.against_rest({"a": (30, 1000), "b": (60, 1000)})
    found = tests._with(compared, tests._p_values(compared, 30))
    assert sum(p is not None for p in tests._p_values(compared, 30)) == 1
    assert found["a"].p_value == found["b"].p_value


def test_small_and_unnamed_sources_are_not_tested() -> None:
    compared = tests.against_rest({"a": (1, 20), "b": (60, 1000), "c": (6, 100), "(not set)": (5, 500)})
    assert [p is None for p in tests._p_values(compared, 30)] == [True, False, False, True]


def test_few_buyers_are_tested_exactly() -> None:
    assert tests._p_value(Compared(3, 100, 30, 3000)) == pytest.approx(0.0885, abs=0.0001)
    assert tests._p_value(Compared(0, 0, 0, 0)) is None, "of nobody there is nothing to test"
    assert tests._p_value(Compared(120, 1000, 90, 1000)) == pytest.approx(0.0287, abs=0.0001)


def test_recent_months_are_compared_only_when_a_test_says_so(unequal: Shop) -> None:
    made = tests.compare(unequal)
    assert made.months is not None
    assert [cohort.name for cohort in made.newest] == ["Aug 2026", "Jul 2026"]
    assert [cohort.name for cohort in made.before] == ["Jun 2026", "May 2026"]
    for p_value, said in ((0.2, "neither clearly more nor clearly less"), (0.01, "buy less often")):
        one = Compared(50, 1000, 90, 1000, p_value)
        finding = journeys_findings._months(dataclasses.replace(made, months=one))
        assert finding is not None
        assert said in finding.headline


def test_effective_counts_are_plain_counts_without_censoring() -> None:
    curve = kaplan_meier([1.0] * 37 + [50.0] * 963, [True] * 37 + [False] * 963)
    assert curve is not None
    interval = curve.interval_of_share(30)
    assert interval is not None
    assert effective_counts(0.037, interval.low, interval.high, 1000) == (37, 1000)
    assert effective_counts(1.0, None, None, 5) == (5, 5)
    with pytest.raises(ValueError, match="no share"):
        effective_counts(1.2, None, None, 5)


def test_censored_visitors_are_worth_less_than_watched_ones() -> None:
    durations = [1.0] * 40 + [2.0] * 460 + [20.0] * 20 + [50.0] * 480
    events = [True] * 40 + [False] * 460 + [True] * 20 + [False] * 480
    curve = kaplan_meier(durations, events)
    assert curve is not None
    share, interval = curve.share_with_event(30), curve.interval_of_share(30)
    assert share is not None
    assert interval is not None
    events_worth, trials = effective_counts(share, interval.low, interval.high, 540)
    assert 500 < trials < 1000
    assert events_worth / trials == pytest.approx(share, abs=0.001)


def test_curves_name_each_line_at_its_end() -> None:
    lines = [Curve("long", [0.0, 0.1, 0.2]), Curve("short", [0.0, None, None], is_reference=True)]
    assert lines[1].last_day == 0
    assert Curve("nothing", [None]).last_day is None
    words = Words("Title", "", "Alt.")
    made = curves("c", [*lines, Curve("nothing", [None])], lambda value: f"{value:.0%}", "days", words)
    assert ">long<" in made.svg
    assert ">short<" in made.svg
    assert ">nothing<" not in made.svg
