"""Events of the calendar on charts over time: which ones, where, and how they are named."""

from __future__ import annotations

import datetime as dt
import html
import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.pages import funnel, marketing, overview
from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting.annotations import Event
from analysis_lib.shop import Shop
from tests.reporting import shops

D = dt.date
BIRTHDAY = {
    "event_name": "Our birthday",
    "kind": "sale",
    "first_date": D(2026, 9, 10),
    "last_date": D(2026, 9, 12),
}
BANNER = {
    "event_name": "Cookie banner",
    "kind": "tracking",
    "first_date": D(2026, 9, 20),
    "last_date": D(2026, 9, 20),
}
FRENCH = {
    "event_name": "Soldes",
    "kind": "sale",
    "first_date": D(2026, 9, 15),
    "last_date": D(2026, 9, 15),
    "country": "France",
}
GERMAN = {
    "event_name": "Wiesn",
    "kind": "holiday",
    "first_date": D(2026, 9, 19),
    "last_date": D(2026, 10, 4),
    "country": "Germany",
}
LATER = {
    "event_name": "Halloween",
    "kind": "holiday",
    "first_date": D(2026, 10, 31),
    "last_date": D(2026, 10, 31),
}
CALENDAR = [BIRTHDAY, BANNER, FRENCH, GERMAN, LATER]
SEPTEMBER = [D(2026, 9, day) for day in range(1, 31)]


@pytest.fixture(scope="module")
def german_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Seventy days of visits and orders, all from Germany, with a calendar of five events."""
    folder = tmp_path_factory.mktemp("events")
    return shops.make_shop(folder, shops.two_months().rows, {"rule_events_calendar": CALENDAR}, min_sample=10)


def test_events_are_those_of_the_period_and_of_countries_that_the_shop_sold_to(german_shop: Shop) -> None:
    names = [event.name for event in calendar_events.read(german_shop, SEPTEMBER[0], SEPTEMBER[-1])]
    assert names == ["Our birthday", "Wiesn", "Cookie banner"], "no order came from France"


def test_an_event_that_began_before_the_period_is_still_in_it(german_shop: Shop) -> None:
    names = [event.name for event in calendar_events.read(german_shop, D(2026, 9, 12), D(2026, 9, 12))]
    assert names == ["Our birthday"]


def test_a_month_is_marked_by_sales_tracking_and_own_events_only(german_shop: Shop) -> None:
    found = calendar_events.on_months(german_shop, [D(2026, 8, 1), D(2026, 9, 1)], D(2026, 9, 30))
    assert [event.name for event in found.events] == ["Our birthday", "Cookie banner"]
    assert found.places[0] == pytest.approx((0.5 + 9.5 / 30, 0.5 + 11.5 / 30)), (
        "within the column of September"
    )


def test_a_day_stands_in_the_column_of_its_week(german_shop: Shop) -> None:
    mondays = [D(2026, 9, 7), D(2026, 9, 14)]
    found = calendar_events.on_weeks(german_shop, mondays, D(2026, 9, 20))
    at = {event.name: place for event, place in zip(found.events, found.places, strict=True)}
    assert at["Cookie banner"] == pytest.approx((1.5 - 0.5 / 7, 1.5 - 0.5 / 7)), "Sunday of the second week"
    assert at["Wiesn"][1] == 1.5, "cut off where the chart ends"


@pytest.mark.parametrize("section", [overview.revenue_trend, funnel.trend, marketing.over_time])
def test_every_chart_over_time_draws_and_lists_the_events(section: object, german_shop: Shop) -> None:
    made = section(german_shop).text  # type: ignore[operator]
    spoken = html.unescape(re.findall(r'aria-label="([^"]*)"', made)[0])
    note = html.unescape(re.findall(r'<p class="kpi-note">(.*?)</p>', made)[-1])
    assert note.startswith("Marked: ")
    assert note in spoken, "who does not see the chart is told the same"
    for text in ("Our birthday (10–12 Sep 2026)", "Cookie banner (change of tracking, 20 Sep 2026)"):
        assert text in note
    assert "19 Sep–4 Oct 2026, Germany" in note
    assert "Soldes" not in made
    assert "Halloween" not in made


def test_without_events_nothing_is_said(tmp_path: Path) -> None:
    shop = shops.make_shop(tmp_path, shops.two_months().rows, {"rule_events_calendar": [LATER]})
    assert "Marked" not in overview.revenue_trend(shop).text


def _event(day: int, length: int, name: str) -> Event:
    first = D(2026, 9, 1) + dt.timedelta(days=day)
    return Event(name, "sale", first, first + dt.timedelta(days=length))


def test_many_events_give_way_to_what_explains_most() -> None:
    holidays = [Event(f"Holiday {day}", "holiday", D(2026, 9, day), D(2026, 9, day)) for day in range(1, 13)]
    change = Event("Cookie banner", "tracking", D(2026, 9, 20), D(2026, 9, 20))
    assert calendar_events.without_crowd(holidays) == holidays
    assert calendar_events.without_crowd([*holidays, change]) == [change]


def test_names_that_would_run_into_each_other_become_numbers() -> None:
    near = [_event(9, 0, "Valentine's Day"), _event(13, 0, "Presidents' Day")]
    apart = [_event(4, 0, "Valentine's Day"), _event(22, 0, "Presidents' Day")]

    def position(date: dt.date) -> float:
        return float((date - D(2026, 9, 1)).days)

    assert [one.text for one in calendar_events.place(near, position, 30).labels] == ["1", "2"]
    assert calendar_events.place(near, position, 30).text.startswith(
        "Marked: 1 Valentine's Day (10 Sep 2026); 2"
    )
    assert [one.text for one in calendar_events.place(apart, position, 30).labels] == [
        "Valentine's Day",
        "Presidents' Day",
    ]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), max_size=40),
    st.integers(2, 400),
)
def test_labels_never_touch_and_every_event_has_one(spans: list[tuple[int, int]], columns: int) -> None:
    events = [_event(day, length, f"Event {day}") for day, length in sorted(spans)]
    start = D(2026, 9, 1)
    found = calendar_events.place(events, lambda date: float((date - start).days), columns)
    unit = 190 / columns
    for before, after in itertools.pairwise(sorted(found.labels, key=lambda label: label.at)):
        needed = 5.4 * (len(before.text) + len(after.text)) / 2
        assert (after.at - before.at) * unit >= needed
    assert all(-0.5 <= first <= last <= columns - 0.5 for first, last in found.places)
    if found.is_numbered:
        named = [
            number
            for label in found.labels
            for number in range(int(label.text.split("–")[0]), int(label.text.split("–")[-1]) + 1)
        ]
        assert named == list(range(1, len(events) + 1))
    else:
        assert len(found.labels) == len(events)
