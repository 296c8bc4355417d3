"""Findings: what was planted is found, and nothing is claimed where there is nothing."""

from __future__ import annotations

import datetime as dt
import random
import re
from pathlib import Path

import pytest

from analysis_lib.pages import funnel, funnel_findings, overview, segments
from analysis_lib.pages.funnel_findings import FunnelStep, largest_loss
from analysis_lib.pages.segments import compare, gaps, no_gap
from analysis_lib.reporting import findings
from analysis_lib.reporting.findings import Finding
from tests.reporting import shops
from tests.reporting.test_pages_on_small_shops import text_of

DIMENSIONS = {
    "device": ("desktop", "mobile", "tablet"),
    "traffic_source": ("Email", "Organic", "Search", "Social"),
    "visitor_type": ("new", "returning"),
    "country": ("Brazil", "France", "Germany", "Japan", "Spain", "United States"),
}


def _row(dimension: str, segment: str, viewers: int, buyers: int, carts: int) -> dict[str, object]:
    return {
        "dimension": dimension,
        "segment": segment,
        "sessions": viewers * 2,
        "view_visitors": viewers,
        "viewers_who_purchased": buyers,
        "ordered_view_visitors": viewers,
        "ordered_cart_visitors": carts,
        "ordered_purchase_visitors": min(buyers, carts),
        "view_to_cart_rate": None,
        "cart_to_purchase_rate": None,
    }


def _shop_without_effects(seed: int) -> list[dict[str, object]]:
    """A shop in which every segment converts alike: all that differs is luck."""
    generator = random.Random(seed)
    rows = []
    for dimension, names in DIMENSIONS.items():
        for name in names:
            viewers = generator.randint(100, 1500)
            carts = sum(generator.random() < 0.15 for _ in range(viewers))
            buyers = sum(generator.random() < 0.3 for _ in range(carts))
            rows.append(_row(dimension, name, viewers, buyers, carts))
    return rows


def test_on_shops_without_effects_at_most_one_page_in_twenty_claims_a_gap() -> None:
    claiming = sum(bool(gaps(compare(_shop_without_effects(seed), 30)[0])) for seed in range(200))
    assert claiming / 200 <= 0.05


def test_a_planted_gap_is_found_with_its_size_and_its_step() -> None:
    rows = [_row("device", "desktop", 2000, 200, 400), _row("device", "tablet", 400, 38, 80)]
    rows.append(_row("device", "mobile", 2000, 80, 390))
    [finding] = gaps(compare(rows, 30)[0], most=1)
    # mobile: 80 of 2,000, the others 238 of 2,400; at 9.92 % mobile would have 198 buyers, 118 more.
    assert finding.headline == "Mobile converts at 4.0\u00a0%, every other device together at 9.9\u00a0%."
    assert "At their rate it would have 118 buyers more." in finding.detail
    assert (
        "80 of 2,000 visitors bought, against 238 of 2,400 (p\u00a0<\u00a00.001 after Holm)" in finding.detail
    )
    assert "The gap shows from cart to purchase (20.5\u00a0% against 49.6\u00a0%)." in finding.detail
    assert finding.tone == "bad"
    assert finding.is_claim


def test_two_segments_are_one_comparison_and_both_show_it() -> None:
    rows = [_row("device", "desktop", 1000, 20, 100), _row("device", "mobile", 500, 100, 150)]
    found, _ = compare(rows, 30)
    one, other = found
    assert one.conversion.p_value == other.conversion.p_value
    assert one.conversion.is_found
    assert len(gaps(found)) == 1


def test_new_against_returning_is_shown_and_never_called_a_gap() -> None:
    rows = [_row("visitor_type", "new", 1000, 20, 100), _row("visitor_type", "returning", 500, 100, 150)]
    found, _ = compare(rows, 30)
    assert [segment.conversion.rate for segment in found] == [0.02, 0.2]
    assert not any(compared.is_found for segment in found for compared in segment.steps.values())
    assert gaps(found) == []


def test_not_set_and_small_segments_are_shown_and_not_tested() -> None:
    rows = [
        _row("country", "France", 900, 10, 90),
        _row("country", "Spain", 900, 200, 300),
        _row("country", "Malta", 29, 29, 29),
        _row("country", "(not set)", 900, 500, 600),
    ]
    found, _ = compare(rows, 30)
    tested = {segment.name: segment.conversion.p_value is not None for segment in found}
    assert tested == {"France": True, "Spain": True, "Malta": False, "(not set)": False}


def test_nothing_found_is_said_in_a_sentence() -> None:
    rows = [_row("device", "desktop", 500, 25, 75), _row("device", "mobile", 500, 26, 76)]
    assert "No segment converts clearly better or worse" in no_gap(compare(rows, 30)[0]).headline
    assert no_gap([]).headline == "There are too few visitors to compare segments."
    assert findings.show([], "Nothing changed.").text == (
        '<div class="finding is-neutral" data-claim="false">Nothing changed.</div>'
    )
    assert not no_gap(compare(rows, 30)[0]).is_claim


def test_the_largest_loss_is_the_largest_part_not_the_largest_number() -> None:
    steps = [
        FunnelStep("Visit", "visits", 1000, 1000),
        FunnelStep("Product view", "sessions with a product view", 600, 600),
        FunnelStep("Cart", "sessions with a cart", 60, 70),
        FunnelStep("Purchase", "sessions with a purchase", 30, 50),
    ]
    assert largest_loss(steps, 30).headline == (
        "Most is lost between product view and cart: 90.0\u00a0% go no further."
    )
    assert "Too few sessions" in largest_loss(steps, 5000).headline


def test_what_shops_write_is_escaped() -> None:
    shown = findings.show([Finding("<b>Coat</b>", "a & b")], "").text
    assert "<b>Coat</b>" not in shown
    assert "&lt;b&gt;Coat&lt;/b&gt;" in shown


@pytest.fixture(scope="module")
def doubled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The overview's findings on a shop whose orders doubled in the window, all of it through Email."""
    story = shops.Story().product()
    generator = random.Random(3)
    for offset in range(60):
        day = shops.AS_OF - dt.timedelta(days=offset)
        for place in range(2 if offset < 30 else 1):
            story.visit(f"e{offset}-{place}", day, *shops.BUYS, source="Email" if place else "Search")
            story.order(f"e{offset}-{place}", day, f"{50 + generator.randint(-3, 3)}.00")
    shop = shops.make_shop(tmp_path_factory.mktemp("doubled"), story.rows)
    return text_of(overview.key_findings(shop))


def test_a_doubling_is_called_a_rise_with_its_interval_and_contributor(doubled: str) -> None:
    assert doubled.startswith("Net revenue rose: ")
    assert "after Holm" in doubled
    assert re.search(r"The largest part of it is Email: \+\$1,[45]", doubled)
    assert "against 30 on 2–31 Aug 2026 (+100 %). The days are too few or too equal to test" in doubled


def test_days_that_differ_among_themselves_are_no_change(tmp_path: Path) -> None:
    story = shops.Story().product()
    generator = random.Random(5)
    for offset in range(60):
        day = shops.AS_OF - dt.timedelta(days=offset)
        story.visit(f"v{offset}", day, *shops.BUYS).order(
            f"v{offset}", day, f"{generator.randint(10, 300)}.00"
        )
    text = text_of(overview.key_findings(shops.make_shop(tmp_path, story.rows)))
    assert "That is no clear change: the days of a window differ as much among themselves" in text
    assert "rose" not in text
    assert "fell" not in text


def test_findings_and_chart_tell_of_the_same_rows(two_months: shops.Shop) -> None:
    found = {segment.name: segment for segment in funnel_findings.read(two_months).segments}
    mobile = found["mobile"].conversion
    assert (mobile.successes, mobile.trials, mobile.other_successes, mobile.other_trials) == (0, 30, 10, 30)
    assert "Desktop converts at 33.3\u00a0%" in text_of(funnel.key_findings(two_months)).replace(
        " %", "\u00a0%"
    )


def test_every_step_of_the_comparison_counts_visitors() -> None:
    for numerator, denominator, _ in segments.STEPS.values():
        assert "sessions" not in numerator + denominator
