"""The briefs of the demo shop, as they are published: complete, tagged, and the same as the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
import yaml
from bs4 import BeautifulSoup
from bs4.element import Tag

from tests.demo_site import ROOT, DemoSite

REPORTS = yaml.safe_load((ROOT / "reports/reports.yml").read_text(encoding="utf-8"))
PAGES = {page["id"]: f"{page.get('output', page['id'])}.html" for page in REPORTS["pages"]}
BRIEFS: list[dict[str, Any]] = REPORTS["briefs"]
OF_PAGES = [brief for brief in BRIEFS if brief["id"] in PAGES]
every_brief = pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief["id"])
every_page = pytest.mark.parametrize("brief", OF_PAGES, ids=lambda brief: brief["id"])


@pytest.fixture(scope="module")
def readers(demo_site: DemoSite) -> dict[str, pypdf.PdfReader]:
    return {brief["id"]: pypdf.PdfReader(demo_site.briefs / f"{brief['id']}.pdf") for brief in BRIEFS}


@pytest.fixture(scope="module")
def texts(readers: dict[str, pypdf.PdfReader]) -> dict[str, str]:
    return {name: "\n".join(page.extract_text() for page in reader.pages) for name, reader in readers.items()}


@pytest.fixture(scope="module")
def pages(demo_site: DemoSite) -> dict[str, BeautifulSoup]:
    return {
        name: BeautifulSoup((demo_site.site / file).read_text(encoding="utf-8"), "html.parser")
        for name, file in PAGES.items()
    }


def packed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def tags_of(element: Any) -> Iterator[dict[str, Any]]:
    """The elements of a tree of tags, in reading order."""
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, list):
        for child in element:
            yield from tags_of(child)
    elif isinstance(element, dict):
        yield element
        yield from tags_of(element.get("/K", []))


def numbered(text: str, kind: str) -> list[int]:
    return [int(number) for number in re.findall(rf"^{kind}\u00a0(\d+): ", text, re.MULTILINE)]


def test_there_is_a_brief_for_every_page_and_one_for_the_executive() -> None:
    assert [brief["id"] for brief in BRIEFS] == ["executive", *PAGES]
    assert all(brief["pages"] == [brief["id"]] for brief in OF_PAGES)


@every_brief
def test_it_is_tagged_and_has_title_language_and_pages_as_declared(
    brief: dict[str, Any], readers: dict[str, pypdf.PdfReader]
) -> None:
    reader = readers[brief["id"]]
    root = reader.trailer["/Root"]
    least, most = (int(part) for part in (str(brief["length"]).split("-") * 2)[:2])
    assert least <= len(reader.pages) <= most
    assert reader.metadata is not None
    assert reader.metadata.title == brief["title"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "pdfuaid:part>1<" in re.sub(r"\s", "", root["/Metadata"].get_object().get_data().decode())


@every_brief
def test_its_tags_are_headings_figures_with_alt_text_and_tables_with_heads(
    brief: dict[str, Any], readers: dict[str, pypdf.PdfReader]
) -> None:
    tags = [tag for tag in tags_of(readers[brief["id"]].trailer["/Root"]["/StructTreeRoot"]) if "/S" in tag]
    kinds = [str(tag["/S"]) for tag in tags]
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") >= 2
    for tag in tags:
        if tag["/S"] == "/Figure":
            assert len(str(tag["/Alt"])) > 20
        if tag["/S"] == "/Table":
            inner = [str(one["/S"]) for one in tags_of(tag) if "/S" in one]
            assert "/TH" in inner
            assert "/TD" in inner


@every_brief
def test_its_figures_and_tables_are_numbered_and_nothing_is_missing(
    brief: dict[str, Any], texts: dict[str, str], readers: dict[str, pypdf.PdfReader]
) -> None:
    text = texts[brief["id"]]
    figures, tables = numbered(text, "Figure"), numbered(text, "Table")
    assert figures == list(range(1, len(figures) + 1))
    assert tables == list(range(1, len(tables) + 1))
    assert 2 <= len(figures) + len(tables) <= 7
    assert "¤" not in text
    assert "\ufffd" not in text
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in readers[brief["id"]].pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts <= {"Inter-Regular", "Inter-SemiBold"}


@every_brief
def test_no_heading_and_no_caption_of_a_table_stands_alone_at_the_foot(
    brief: dict[str, Any], readers: dict[str, pypdf.PdfReader], pages: dict[str, BeautifulSoup]
) -> None:
    headings = {
        found.get_text(strip=True) for name in brief["pages"] for found in pages[name].select("h2, h3")
    }
    seen = 0
    for page in readers[brief["id"]].pages:
        *body, foot = page.extract_text().strip().splitlines()
        seen += len({line.strip() for line in body} & headings)
        assert re.search(r"Page \d+ of \d+$", foot)
        assert body[-1].strip() not in {*headings, "What the numbers mean", "How this brief was made"}
        assert not re.match(r"Table\u00a0\d+:", body[-1])
    assert seen  # they are lines of their own on paper


@every_brief
def test_no_text_is_smaller_than_seven_points(
    brief: dict[str, Any], readers: dict[str, pypdf.PdfReader]
) -> None:
    sizes: set[float] = set()

    def seen(text: str, _: Any, matrix: list[float], __: Any, size: float) -> None:
        if text.strip():
            sizes.add(round(size * abs(matrix[3]), 2))

    for page in readers[brief["id"]].pages:
        page.extract_text(visitor_text=seen)
    assert sizes
    assert min(sizes) >= 7


@every_page
def test_its_cards_findings_and_tables_say_what_the_page_says(
    brief: dict[str, Any], texts: dict[str, str], pages: dict[str, BeautifulSoup]
) -> None:
    text, page = packed(texts[brief["id"]]), pages[brief["id"]]
    cards = page.select(".kpi-card")
    assert cards
    for card in cards:
        for part in card.select(".kpi-label, .kpi-value, .kpi-change, .kpi-note"):
            assert packed(part.get_text(" ", strip=True)) in text
    for finding in page.select(".finding > strong"):
        assert packed(finding.get_text(" ", strip=True)) in text
    tables = [table for table in page.select(".table-box table") if is_printed(table, text)]
    assert len(tables) == len(numbered(texts[brief["id"]], "Table"))
    for table in tables:
        for cell in table.select("thead th, tbody td, tbody th"):
            assert packed(cell.get_text(" ", strip=True)) in text


def is_printed(table: Tag, text: str) -> bool:
    title = table.select_one(".gt_title")
    return title is not None and bool(re.search(rf"Table\d+:{re.escape(packed(title.get_text()))}", text))


@every_page
def test_each_of_its_tables_names_its_csv(
    brief: dict[str, Any], demo_site: DemoSite, texts: dict[str, str]
) -> None:
    text = texts[brief["id"]]
    named = re.findall(r"Allrowsonthesite:([\w-]+\.csv)\.", packed(text))
    assert len(named) == len(numbered(text, "Table"))
    for file in named:
        assert (demo_site.site / "downloads" / brief["id"] / file).is_file()


@every_brief
def test_it_defines_the_metrics_of_its_cards_and_says_how_it_was_made(
    brief: dict[str, Any], texts: dict[str, str], pages: dict[str, BeautifulSoup]
) -> None:
    head, _, end = texts[brief["id"]].partition("What the numbers mean")
    assert end
    text = packed(end)
    for label in (found.get_text(strip=True) for found in pages[brief["pages"][0]].select(".kpi-label")):
        assert f"{packed(label)}." in text
    for words in (
        "How this brief was made",
        "Parameters of the run: as_of",
        "these models: ",
        "checks passed",
    ):
        assert packed(words) in text
    assert "Shop demo · data through" in head.replace("\u00a0", " ")


@every_page
def test_its_page_links_it(brief: dict[str, Any], pages: dict[str, BeautifulSoup]) -> None:
    link = pages[brief["id"]].select_one(".brief-link a")
    assert link is not None
    assert link["href"] == f"briefs/{brief['id']}.pdf"
