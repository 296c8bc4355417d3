"""The list `editions` of reports.yml, and what a wrong entry is told."""

from __future__ import annotations

import pytest
import yaml

from analysis_lib.errors import SettingsError
from analysis_lib.publish.edition_entries import EditionEntry, read_editions

PAGES, BRIEFS = ["overview", "funnel"], ["executive"]


def read(text: str) -> tuple[EditionEntry, ...]:
    return read_editions("reports.yml", {"editions": yaml.safe_load(text)}, PAGES, BRIEFS)


def test_a_past_period_and_a_restriction_are_read() -> None:
    past, german = read(
        "[{id: q1, title: Q1, parameters: {as_of: 2026-03-31, window_days: 90}, publish: asked},"
        " {id: de, title: Germany, restrict: {country: Germany}, pages: [funnel], briefs: [executive]}]"
    )
    assert past.edition.parameters == {"as_of": "2026-03-31", "window_days": 90}
    assert (past.publish, german.publish) == ("asked", "always")
    assert (german.edition.dimension, german.edition.value) == ("country", "Germany")
    assert (german.pages, german.briefs, past.pages) == (("funnel",), ("executive",), None)


def test_each_stands_for_one_edition_a_value() -> None:
    [entry] = read("[{id: land, title: Lands, each: country, most: 2}]")
    made = entry.edition_of("United States", "united-states")
    assert (made.id, made.title, made.restriction) == (
        "land-united-states",
        "United States",
        "people whose country is United States",
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            "{id: de, title: Germany}",
            "edition de: without parameters, restrict or each it would be",
        ),
        ("{id: de, title: G, restrict: {contry: Germany}}", 'not known by contry. Did you mean "country"?'),
        ("{id: de, title: G, restrict: {country: G, device: d}}", "restrict takes one of country, device"),
        ("{id: de, title: G, restrict: {country: 5}}", "country must be restricted to a text, not 5"),
        ("{id: de, title: G, each: devices}", 'not known by devices. Did you mean "device"?'),
        ("{id: de, title: G, each: device, restrict: {country: G}}", "both each and restrict"),
        ("{id: de, title: G, each: device, most: 0}", "most must be a number from 1"),
        ("{id: de, title: G, restrict: {country: G}, most: 3}", "most must be a number from 1, beside each"),
        (
            "{id: de, title: G, parameters: {windw_days: 7}}",
            'Did you mean "window_days"',
        ),
        ("{id: de, title: G, parameters: {window_days: 0}}", "window_days was given 0"),
        ("{id: de, title: G, each: device, pages: [funel]}", 'no page funel. Did you mean "funnel"?'),
        ("{id: de, title: G, each: device, pages: []}", "pages must name at least one page"),
        ("{id: de, title: G, each: device, briefs: [x]}", "there is no brief x"),
        ("{id: de, title: G, each: device, publish: never}", "publish must be always or asked, not 'never'"),
        ("{id: de, title: G, each: device, page: [x]}", 'there is no key page. Did you mean "pages"?'),
        ("{id: D E, title: G, each: device}", "id must be lower-case letters"),
    ],
)
def test_a_wrong_entry_is_named(entry: str, words: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(f"[{entry}]")
    assert words in str(error.value)


def test_two_editions_of_one_id_are_refused() -> None:
    with pytest.raises(SettingsError, match="the id a stands there more than once"):
        read("[{id: a, title: A, each: device}, {id: a, title: B, each: country}]")
