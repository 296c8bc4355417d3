"""summary.json of the published demo shop: whole, valid, and saying what the pages say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from bs4 import BeautifulSoup

from analysis_lib.delivery.mail import html_mail, markdown_mail
from analysis_lib.delivery.texts import LINES, WIDTH, summary_lines
from analysis_lib.reporting.changes import Kind, amount
from tests.delivery.test_summary import SCHEMA
from tests.demo_site import DemoSite


@pytest.fixture(scope="module")
def document(demo_site: DemoSite) -> dict[str, Any]:
    made = json.loads((demo_site.site / "summary.json").read_text(encoding="utf-8"))
    assert isinstance(made, dict)
    return made


def test_it_keeps_to_its_schema_and_holds_every_page(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA)
    pages = {page["id"]: page for page in document["pages"]}
    assert len(pages) == 9
    for name, page in pages.items():
        assert any(figure["value"] is not None for figure in page["headline"]), name
        assert page["findings"], name


def test_every_figure_and_finding_stands_on_its_page(document: dict[str, Any], demo_site: DemoSite) -> None:
    for page in document["pages"]:
        html = (demo_site.site / page["address"]).read_text(encoding="utf-8")
        soup = BeautifulSoup(html, "html.parser")
        cards = soup.select(".kpi-card[data-metric]")
        shown = [
            (card["data-metric"], value.get_text())
            for card in cards
            if (value := card.select_one(".kpi-value"))
        ]
        assert [(figure["metric"], figure["text"]) for figure in page["headline"]] == shown
        headlines = [strong.get_text() for strong in soup.select("div.finding[data-claim] > strong")]
        said = [found["headline"] for found in page["findings"]]
        assert [" ".join(text.split("\n")) for text in headlines] == said[: len(headlines)]


def test_the_text_is_the_formatted_number(document: dict[str, Any]) -> None:
    for page in document["pages"]:
        for figure in page["headline"]:
            if figure["value"] is not None:
                text = amount(figure["value"], cast(Kind, figure["format"]), document["currency"])
                assert figure["text"] == text, (page["id"], figure["metric"])


def test_every_address_is_there(document: dict[str, Any], demo_site: DemoSite) -> None:
    addresses = [one["address"] for kind in ("pages", "briefs", "editions") for one in document[kind]]
    assert addresses
    assert [address for address in addresses if not (demo_site.site / address).is_file()] == []


def test_it_is_one_screen_and_one_mail(document: dict[str, Any], demo_site: DemoSite) -> None:
    lines = summary_lines(document, ["run: …", f"site: {Path('reports/_site/index.html')} · 1.0 s"])
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert lines[2].split()[:2] == ["Net", "revenue"]
    for made in (markdown_mail(document), html_mail(document)):
        assert "Net revenue" in made
        assert len(made) < 20_000, "mail programs cut what is longer"


def test_nothing_in_it_depends_on_the_clock(demo_site: DemoSite) -> None:
    record = json.loads((demo_site.root / "reports/_build/last_run.json").read_text(encoding="utf-8"))
    text = (demo_site.site / "summary.json").read_text(encoding="utf-8")
    assert record["exit_code"] == 0
    assert record["finished_at"][:10] not in text
