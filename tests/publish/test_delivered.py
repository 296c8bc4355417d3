"""What is delivered beside the pages: summary.json and alerts, through the real publisher."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from bs4 import BeautifulSoup

from analysis_lib.delivery.alert_states import name_of
from analysis_lib.delivery.summary import read_summary, with_editions
from analysis_lib.errors import MissingInputError, SettingsError
from analysis_lib.publish import publish
from analysis_lib.publish.request import EditionRequest
from analysis_lib.settings import Settings
from analysis_lib.verbs.summary import summary
from tests.delivery.test_summary import SCHEMA
from tests.publish.conftest import QuietProgress, make_request


def set_alerts(settings: Settings, *alerts: str) -> None:
    path = settings.reports / "reports.yml"
    text = path.read_text(encoding="utf-8").split("alerts:")[0]
    path.write_text(text + "alerts:\n" + "".join(f"  - {alert}\n" for alert in alerts), encoding="utf-8")


def callouts(page: Path) -> list[str]:
    """The callouts of a page that are open, as a reader reads them."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    boxes = soup.select(".callout-warning, .callout-note")
    return [" ".join(box.get_text(" ").split()) for box in boxes if "Alert" in box.get_text()]


def test_summary_json_says_what_the_pages_show(site: Path) -> None:
    document = json.loads((site / "summary.json").read_text(encoding="utf-8"))
    [overview, funnel] = document["pages"]
    assert [figure["value"] for figure in overview["headline"]] == [1234567.89, 12345]
    assert overview["headline"][0]["text"] == "$1,234,567.89"
    assert funnel["address"] == "funnel.html"
    assert document["briefs"][0] == {
        "id": "executive",
        "title": "Executive brief",
        "address": "briefs/executive.pdf",
        "pages": ["overview", "funnel"],
        "sheets": 2,
    }
    for address in [page["address"] for page in document["pages"]] + ["briefs/executive.pdf"]:
        assert (site / address).is_file()


def test_a_summary_that_was_touched_is_made_again(replayed: Settings, progress: QuietProgress) -> None:
    path = replayed.site / "summary.json"
    before = path.read_bytes()
    path.unlink()
    assert not publish(make_request(replayed), progress).up_to_date
    assert path.read_bytes() == before


def test_a_raised_alert_stands_on_its_page_and_on_the_overview(
    replayed: Settings, progress: QuietProgress
) -> None:
    set_alerts(
        replayed,
        "{id: up, metric: net_revenue, when: {change_above: 10 %}, message: Order <more> stock.}",
        "{id: fine, metric: orders, when: {below: 5}}",
        "{id: blind, page: funnel, metric: sessions, when: {below: 5}}",
    )
    made = publish(make_request(replayed), progress)
    assert not made.up_to_date, "an alert is part of what the site depends on"
    assert made.executed == {}, "no notebook depends on an alert"
    raised, unknown = callouts(replayed.site / "index.html")
    assert "Net revenue rose by more than 10 % against the window before : $1,234,567.89 (was" in raised
    assert "Order <more> stock." in raised
    assert "the page funnel shows no card of it" in unknown
    assert [text for text in callouts(replayed.site / "funnel.html") if "sessions" in text.lower()]
    states = json.loads((replayed.site / "summary.json").read_text(encoding="utf-8"))["alerts"]
    assert {state["id"]: state["state"] for state in states} == {
        "up": "raised",
        "fine": "ok",
        "blind": "not known",
    }


def test_alerts_of_editions_are_told_by_the_whole_site(replayed: Settings, progress: QuietProgress) -> None:
    """One edition is published, one is not: its alert is not known, never ok."""
    path = replayed.reports / "reports.yml"
    editions = "".join(
        f"  - {{id: {name}, title: {name.title()}, restrict: {{country: {name}}}, pages: [overview]}}\n"
        for name in ("germany", "france")
    )
    path.write_text(path.read_text(encoding="utf-8") + "editions:\n" + editions, encoding="utf-8")
    set_alerts(
        replayed,
        "{id: low, metric: orders, edition: germany, when: {below: 20000}}",
        "{id: gone, metric: orders, edition: france, when: {below: 20000}}",
        "{id: whole, metric: orders, when: {below: 5}}",
    )
    kept = replayed.build_dir / "cache"
    shutil.copytree(kept / "overview", kept / "germany" / "overview")  # what its notebook will give
    request = make_request(replayed)
    germany = EditionRequest(
        "germany", "Germany", "", "germany", "people of Germany", request.parameters, request.fingerprints,
        request.availability, request.stamp, pages=["overview"], briefs=[],
    )  # fmt: skip
    publish(dataclasses.replace(request, editions=[germany]), progress)
    document = read_summary(replayed.site)
    assert [(alert["id"], alert["state"]) for alert in document["alerts"]] == [
        ("whole", "ok"),
        ("gone", "not known"),
    ]
    assert document["editions"] == [
        {
            "id": "germany",
            "title": "Germany",
            "restriction": "people of Germany",
            "address": "editions/germany/index.html",
        }
    ]
    own = read_summary(replayed.site / "editions" / "germany")
    assert own["edition"]["id"] == "germany"
    assert [page["id"] for page in own["pages"]] == ["overview"]
    for one in (document, own):
        jsonschema.validate(one, SCHEMA)
    told = {name_of(alert): alert["state"] for alert in with_editions(replayed.site, document)["alerts"]}
    assert told == {"whole": "ok", "france/gone": "not known", "germany/low": "raised"}
    assert callouts(replayed.site / "editions" / "germany" / "index.html")
    [unknown] = callouts(replayed.site / "index.html")
    assert "the edition france is not published" in unknown
    text = summary(replayed, edition="germany", url="https://x.example")
    assert "shop demo, Germany" in text
    assert "site: https://x.example/editions/germany/" in text
    with pytest.raises(MissingInputError, match='Did you mean "germany"'):
        summary(replayed, edition="germny")


def test_without_an_alert_nothing_is_said(site: Path) -> None:
    assert callouts(site / "index.html") == []


def test_a_wrong_alert_stops_before_anything_runs(replayed: Settings, progress: QuietProgress) -> None:
    before = (replayed.site / "build.json").read_bytes()
    set_alerts(replayed, "{id: up, metric: net_revenu, when: {change_above: 10 %}}")
    with pytest.raises(SettingsError, match='Did you mean "net_revenue"'):
        publish(make_request(replayed), progress)
    assert progress.said == []
    assert (replayed.site / "build.json").read_bytes() == before
