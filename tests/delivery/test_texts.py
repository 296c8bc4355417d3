"""The summary on one screen, as Markdown and as an e-mail, read as texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.delivery.facts import PageFacts
from analysis_lib.delivery.mail import html_mail, markdown_mail
from analysis_lib.delivery.run_facts import run_lines
from analysis_lib.delivery.summary import make_summary
from analysis_lib.delivery.texts import LINES, WIDTH, summary_lines
from tests.delivery.documents import figure, overview_facts, plan, request

RAISED = {
    "id": "revenue-falls",
    "metric": "net_revenue",
    "state": "raised",
    "severity": "page",
    "page": "overview",
    "label": "Net revenue",
    "condition": "fell by more than 5.0\u00a0% against the window before",
    "text": "$18,138 (was $19,619, −7.5\u00a0%)",
    "message": "Look at the drivers.",
    "edition": "",
}
UNKNOWN = {**RAISED, "id": "ads", "state": "not known", "label": "ROAS", "text": "no ad spend data"}
FINE = {**RAISED, "id": "fine", "state": "ok"}
RUN = {
    "up_to_date": False,
    "site": "reports/_site",
    "models": {"built": {}, "reused": 58, "not_available": {}},
    "notebooks": {"ran": {"overview": "the notebook changed"}, "reused": {"funnel": "nothing changed"}},
    "notes": [],
    "stages": {"models": 1.0, "notebooks": 11.25},
}


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "executive.pdf").touch()
    facts = {"overview": overview_facts(), "funnel": PageFacts()}
    made = make_summary(request(), plan("overview", "funnel"), facts, (), "builtin 1", tmp_path)
    return {**made, "alerts": [FINE, UNKNOWN, RAISED]}


def test_a_summary_reads_like_this(document: dict[str, Any]) -> None:
    assert summary_lines(document, run_lines(RUN)) == [
        "shop demo · 1–30 Jun 2026 (30 days) · data through 30 Jun 2026",
        "against 2–31 May 2026 and, 52 weeks before, 2 Jun–1 Jul 2025",
        "  Net revenue  $18,138  −7.5 %            52 weeks before $9,595, +89.0 %",
        "  Orders           254  −5.6 %",
        "  Conversion     7.9 %  −0.2 points       52 weeks before 5.3 %, +2.6 points",
        "  ROAS               –  no ad spend data",
        "+ Net revenue stands above 52 weeks before: +89.0 %.",
        "· There were 6,945 sessions.",
        "ALERT revenue-falls (page): Net revenue fell by more than 5.0 % against the window before: "
        "$18,138 …",
        "alert not known: ads: ROAS: no ad spend data",
        "alerts ok: fine",
        "checks: 18 of 19 passed, 1 warned (fct_sessions: bounced is at most one)",
        "published: 2 pages, 1 brief",
        "run: overview (the notebook changed); reused 1 notebook and 58 models",
        "site: reports/_site/index.html · 12.2 s",
    ]


def test_a_rate_on_few_units_is_not_compared(document: dict[str, Any]) -> None:
    few = figure("conversion_rate", 0.5, 0.9, 0.1, few=("value",))
    document["pages"][0]["headline"] = [
        {**document["pages"][0]["headline"][2], "too_few": ["value"], "text": few.text}
    ]
    [line] = [line for line in summary_lines(document) if "Conversion" in line]
    assert line.split() == ["Conversion", "50.0", "%", "too", "few", "to", "rely", "on"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=300)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.tuples(TEXT, TEXT), max_size=12), st.integers(0, 12), st.integers(0, 20), st.integers(0, 8)
)
def test_it_is_one_screen_whatever_is_in_it(
    document: dict[str, Any], said: list[tuple[str, str]], alerts: int, figures: int, notes: int
) -> None:
    overview = document["pages"][0]
    found = [{"headline": h, "detail": d, "tone": "good", "claim": True} for h, d in said]
    changed = {
        **document,
        "pages": [{**overview, "findings": found, "headline": [overview["headline"][0]] * min(figures, 9)}],
        "alerts": [RAISED, UNKNOWN, FINE] * alerts,
    }
    lines = summary_lines(changed, run_lines({**RUN, "notes": ["something long " * 20] * notes}))
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1].startswith("site: "), "where the site is, is never cut off"
    assert any(line.startswith("ALERT") for line in lines) == (alerts > 0)


def test_many_alerts_say_how_many_more(document: dict[str, Any]) -> None:
    lines = summary_lines({**document, "alerts": [{**RAISED, "id": f"a{n}"} for n in range(9)]})
    assert sum(line.startswith("ALERT") for line in lines) == 3
    assert "and 6 more alerts: shopbook summary --format json" in lines


def test_the_reasons_of_a_run_are_grouped() -> None:
    ran = dict.fromkeys(["a", "b", "c", "d"], "the models changed") | {"e": "the notebook changed"}
    [line] = [x for x in run_lines({**RUN, "notebooks": {"ran": ran, "reused": {}}}) if x.startswith("run")]
    assert line == (
        "run: 4 notebooks (the models changed); e (the notebook changed); reused 0 notebooks and 58 models"
    )


class TestMail:
    def test_markdown_has_the_figures_the_claims_and_links(self, document: dict[str, Any]) -> None:
        text = markdown_mail(document, "https://shop.example/report/")
        assert "| Net revenue | $18,138 | −7.5 % |" in text.replace("\u00a0", " ")
        assert "[Overview](https://shop.example/report/index.html)" in text
        assert "- Net revenue stands above 52 weeks before: +89.0 %." in text
        assert "6,945 sessions" not in text, "what was only counted stays on the page"
        assert "ALERT revenue-falls (page): Net revenue" in text

    def test_markdown_without_an_address_has_no_link(self, document: dict[str, Any]) -> None:
        assert "](" not in markdown_mail(document)

    def test_html_reads_the_same_and_fetches_nothing(self, document: dict[str, Any]) -> None:
        made = html_mail(document, "https://shop.example/report")
        soup = BeautifulSoup(made, "html.parser")
        cells = [cell.get_text() for cell in soup.select("tr")[0].select("td")]
        assert cells[:2] == ["Net revenue", "$18,138"]
        assert not soup.select("img, link, script, style")
        links = [str(a["href"]) for a in soup.select("a")]
        assert links == ["https://shop.example/report/index.html", "https://shop.example/report"]
        assert "ALERT revenue-falls" in soup.get_text()

    def test_a_text_is_never_markup(self, document: dict[str, Any]) -> None:
        document["pages"][0]["findings"] = [
            {"headline": "<b>*bold*</b> | [x](y)", "detail": "", "tone": "bad", "claim": True}
        ]
        assert "<b>*bold*</b> | [x](y)" in BeautifulSoup(html_mail(document), "html.parser").get_text()
        assert r"\<b\>\*bold\*\</b\> \| \[x\](y)" in markdown_mail(document)

    @pytest.mark.parametrize("form", [markdown_mail, html_mail])
    def test_a_failed_run_stands_first(self, document: dict[str, Any], form: Any) -> None:
        made = form(document, "", "THE LAST RUN FAILED (exit code 20)")
        assert "THE LAST RUN FAILED" in made
        assert made.index("FAILED") < made.index("Net revenue")
