"""The funnel counted three ways, and conversion by category."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.pages import funnel, funnel_findings, funnel_segments, funnel_steps, segments
from analysis_lib.shop import Shop
from tests.reporting import shops
from tests.reporting.test_pages_on_small_shops import text_of

S = "\u00a0"


def test_a_step_is_counted_in_order_in_any_order_and_within_days(tmp_path: Path, downloads: Path) -> None:
    """One buys straight away, one comes back to buy, one has a cart and no view before it."""
    day = shops.AS_OF - dt.timedelta(days=20)
    story = shops.Story().product()
    story.visit("1", day, *shops.BUYS).order("1", day)
    story.visit("2", day, "page_view", "product_view", "add_to_cart")
    story.visit("2", day + dt.timedelta(days=2), "purchase").order("2", day + dt.timedelta(days=2))
    story.visit("3", day, "add_to_cart", "page_view")
    shop = shops.make_shop(tmp_path / "shop", story.rows)
    text = text_of(funnel_steps.side_by_side(shop))
    assert "The steps in order, in any order, and within 7" in text
    rows = pd.read_csv(downloads / "funnel-by-step.csv").set_index("step")
    assert rows["ordered_sessions"].to_dict() == {"Visit": 4, "Product view": 2, "Cart": 2, "Purchase": 1}
    assert rows["any_order_sessions"].to_dict() == {"Visit": 4, "Product view": 2, "Cart": 3, "Purchase": 2}
    assert rows["windowed_visitors"].dropna().to_dict() == {"Product view": 2, "Cart": 2, "Purchase": 2}


def test_the_table_says_the_same_as_the_chart(two_months: Shop, downloads: Path) -> None:
    funnel_steps.side_by_side(two_months)
    rows = pd.read_csv(downloads / "funnel-by-step.csv").set_index("step")
    now = funnel.windows_of(two_months)["window"]
    for step in funnel_findings.steps_of(now):
        assert rows.loc[step.label, "ordered_sessions"] == step.ordered
        assert rows.loc[step.label, "any_order_sessions"] == step.any_order


def _row(dimension: str, segment: str, viewers: int, buyers: int) -> dict[str, object]:
    counts = {
        "view_visitors": viewers,
        "viewers_who_purchased": buyers,
        "ordered_view_visitors": viewers,
        "ordered_cart_visitors": buyers * 2,
        "ordered_purchase_visitors": buyers,
    }
    return {"dimension": dimension, "segment": segment, "sessions": viewers, **counts}


def test_only_the_largest_categories_are_tested_and_only_by_conversion() -> None:
    rows = [_row("category", f"Category {place:02}", 1000 - place, 50) for place in range(20)]
    rows += [_row("category", segments.NOT_SET, 5000, 50)]
    found, _ = segments.compare(rows, 30)
    tested = {one.name for one in found if one.conversion.p_value is not None}
    assert tested == {f"Category {place:02}" for place in range(segments.CATEGORIES_TESTED)}
    assert all(one.steps["view to cart"].p_value is None for one in found)


def test_a_gap_of_a_category_is_marked_and_left_to_the_products_page() -> None:
    rows = [_row("category", "Coats", 2000, 20), _row("category", "Hats", 2000, 400)]
    rows += [_row("device", "mobile", 2000, 200), _row("device", "desktop", 2000, 200)]
    found, _ = segments.compare(rows, 30)
    assert {one.name for one in found if one.conversion.is_found} == {"Coats", "Hats"}
    assert segments.gaps(found) == []
    assert segments.no_gap(found).headline == "No segment converts clearly better or worse than the rest."


def test_categories_are_compared_with_all_of_them_together(tmp_path: Path) -> None:
    story = shops.Story().product().product("p2")
    story.rows["stg_products"][1]["category"] = "Hats"
    for number in range(60):
        day = shops.AS_OF - dt.timedelta(days=number % 30)
        steps = shops.BUYS if number % 4 == 0 else shops.BUYS[:2]
        story.visit(f"v{number}", day, *steps)
        if number % 4 == 0:
            story.order(f"v{number}", day)
    for event in story.rows["stg_events"]:
        if event["product_id"] and int(event["visitor_id"].removeprefix("u:v")) % 2:
            event["product_id"] = "p2"
    made = funnel_segments.gaps(shops.make_shop(tmp_path, story.rows), ["category"])
    text = text_of(made)
    assert "Conversion by category with 95 % intervals" in text
    assert "Coats 50.0 % (15 of 30)" in text
    assert f"together 25.0{S}%" in made.text
    assert "A visitor counts in every category that they viewed." in text


def test_rates_on_few_units_give_way_to_their_counts(tmp_path: Path) -> None:
    day = shops.AS_OF
    story = shops.Story().product()
    for number in range(12):
        story.visit(f"v{number}", day, *(shops.BUYS if number < 3 else shops.BUYS[:2]))
    shop = shops.make_shop(tmp_path, story.rows)
    for section in (
        funnel.headline,
        funnel_segments.by_segment,
        funnel_segments.gaps,
        funnel_steps.side_by_side,
    ):
        text = text_of(section(shop))
        assert re.search(r"3 of (12|3)\b", text), section
        assert "too few to show a rate" in text
        written = [part for part in re.findall(r"[\d.]+\s%", text) if not part.startswith("95")]
        assert not written or section is funnel_segments.gaps, "the axis of a chart has its percentages"


@pytest.mark.parametrize("dimensions", [("device", "traffic_source"), ("visitor_type", "country")])
def test_who_is_asked_for_stands_in_a_chart(dimensions: tuple[str, str], two_months: Shop) -> None:
    text = text_of(funnel_segments.by_dimension(two_months))
    for name in dimensions:
        assert segments.DIMENSIONS[name].lower() in text.lower()
    assert "New and returning visitors are not compared by a test" in text
    assert not re.search(r"No clear difference by [a-z ]*visitors", text), "what was not tested is not equal"


def test_where_only_buyers_are_known_the_chart_warns(tmp_path: Path) -> None:
    """A country that is known only of who has an account says who bought, not who converts."""
    story = shops.Story().product()
    for number in range(80):
        story.visit(f"v{number}", shops.AS_OF, *(shops.BUYS if number < 40 else shops.BUYS[:2]))
        if number < 40:
            story.order(f"v{number}", shops.AS_OF)
    for event in story.rows["stg_events"]:
        if int(event["visitor_id"].removeprefix("u:v")) >= 40:
            event["country"] = None
    text = text_of(funnel_segments.gaps(shops.make_shop(tmp_path, story.rows), ["country"]))
    assert "Country is not known of 40 of 80 viewers, of whom 0 purchased" in text
    assert "Device" not in text
