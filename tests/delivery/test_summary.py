"""summary.json: what it holds, and that it keeps to its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analysis_lib.delivery.alert_states import evaluate
from analysis_lib.delivery.alerts import read_alerts
from analysis_lib.delivery.facts import PageFacts, read_facts
from analysis_lib.delivery.summary import make_summary, read_summary, write_summary
from analysis_lib.errors import MissingInputError
from analysis_lib.reporting import findings
from analysis_lib.reporting.cards import Comparison, card, grid
from analysis_lib.reporting.metrics import metric
from tests.delivery.documents import overview_facts, plan, request

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "summary.schema.json").read_text(encoding="utf-8"))


def valid(document: dict[str, Any]) -> dict[str, Any]:
    jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(document)
    return document


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    pages = plan("overview", "funnel", left_out={"marketing": "fct_attribution is not available"})
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "executive.pdf").write_bytes(b"<< /Type /Page >> << /Type /Page >>")
    entry = "alerts: [{id: few, metric: orders, when: {below: 500}}]"
    (tmp_path / "reports.yml").write_text(entry, encoding="utf-8")
    facts = {"overview": overview_facts(), "funnel": PageFacts()}
    alerts = evaluate(read_alerts(tmp_path / "reports.yml", []), pages, facts, "USD")
    return make_summary(request(), pages, facts, alerts, "builtin 1", tmp_path)


def cell(html: str, *tags: str) -> dict[str, Any]:
    output = {"output_type": "display_data", "data": {"text/html": [html]}}
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": [], "outputs": [output]}


def test_the_schema_is_a_schema_and_lets_nothing_else_in(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    valid(document)
    for broken in ({**document, "clock": 1}, {k: v for k, v in document.items() if k != "checks"}):
        with pytest.raises(jsonschema.ValidationError):
            valid(broken)


def test_the_facts_of_the_run_are_in_it(document: dict[str, Any]) -> None:
    assert document["period"] == {
        "text": "1 June 2026 – 30 June 2026",
        "days": 30,
        "first": "2026-06-01",
        "last": "2026-06-30",
        "previous": {"first": "2026-05-02", "last": "2026-05-31"},
        "year_before": {"first": "2025-06-02", "last": "2025-07-01"},
    }
    assert document["checks"]["not_passed"][0]["model"] == "fct_sessions"
    assert document["left_out"] == [{"id": "marketing", "reason": "fct_attribution is not available"}]
    assert document["briefs"][0]["sheets"] == 2
    assert [page["address"] for page in document["pages"]] == ["index.html", "funnel.html"]
    assert document["alerts"][0]["state"] == "raised"


def test_numbers_are_numbers_and_what_is_not_known_is_null(document: dict[str, Any]) -> None:
    revenue, orders, conversion, roas = document["pages"][0]["headline"]
    assert (revenue["value"], revenue["previous"], revenue["year_before"]) == (18138.25, 19618.5, 9595)
    assert (revenue["unit"], revenue["text"]) == ("USD", "$18,138")
    assert (orders["value"], orders["unit"], orders["year_before"]) == (254, "count", None)
    assert isinstance(orders["value"], int)
    assert (conversion["value"], conversion["unit"]) == (0.0785, "share")
    assert (roas["value"], roas["text"], roas["notes"]) == (None, "–", ["no ad spend data"])


def test_the_same_facts_give_the_same_bytes(document: dict[str, Any], tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        write_summary(folder, document)
    first, second = ((folder / "summary.json").read_bytes() for folder in folders)
    assert first == second
    assert read_summary(folders[0]) == document


def test_before_anything_was_published(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="nothing has been published"):
        read_summary(tmp_path)


class TestReadingAPage:
    def test_cards_and_findings_come_back_as_they_were_shown(self) -> None:
        made = card(metric("net_revenue"), 95.5, "USD", Comparison(100.0), Comparison(None), "of 3 orders")
        found = [
            findings.Finding("Orders <fell>.", "p = 0.01.", "bad", is_claim=True),
            findings.Finding("There were 9 visits."),
        ]
        notebook = {"cells": [cell(grid([made]).text), cell(findings.show(found, "").text)]}
        facts = read_facts(notebook)
        [figure] = facts.figures
        assert (figure.metric, figure.value, figure.previous, figure.year_before) == (
            "net_revenue",
            "95.5",
            "100",
            "",
        )
        assert (figure.text, figure.notes) == (made.value, made.notes)
        assert figure.change == made.change.brief
        assert [(s.headline, s.detail, s.tone, s.is_claim) for s in facts.findings] == [
            ("Orders <fell>.", "p = 0.01.", "bad", True),
            ("There were 9 visits.", "", "neutral", False),
        ]

    def test_a_banner_is_a_note_and_no_finding(self) -> None:
        facts = read_facts({"cells": [cell('<div class="finding is-warn">The data ends early.</div>')]})
        assert (facts.notes, facts.findings) == (("The data ends early.",), ())

    def test_that_there_is_no_finding_is_said_as_one_that_claims_nothing(self) -> None:
        [said] = read_facts({"cells": [cell(findings.show([], "Nothing changed.").text)]}).findings
        assert (said.headline, said.is_claim) == ("Nothing changed.", False)

    def test_what_only_a_brief_shows_is_not_on_the_page(self) -> None:
        shown = grid([card(metric("orders"), 3, "USD")]).text
        notebook = {"cells": [cell(shown, "brief-only"), cell(shown, "other-only"), cell(shown, "brief")]}
        assert len(read_facts(notebook).figures) == 1
