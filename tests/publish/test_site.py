"""The rendered site: pages, navigation, search, light and dark, and nothing from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from analysis_lib.errors import RenderError, SettingsError
from analysis_lib.publish import render_builtin
from analysis_lib.publish.render import choose
from analysis_lib.publish.search_index import page_entries
from analysis_lib.publish.site import requests_outside

from .browser import tab


def soup(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def test_each_page_has_title_navigation_contents_search_and_footer(site: Path) -> None:
    for name, title in (("index.html", "Overview"), ("funnel.html", "Funnel")):
        page = soup(site, name)
        assert [heading.get_text() for heading in page.select("h1")] == [title]
        links = {link.get_text(strip=True): link["href"] for link in page.select("#quarto-header a[href]")}
        assert links["Overview"] == "index.html"
        assert links["Funnel"] == "funnel.html"
        assert links["Brief (PDF)"] == "briefs/executive.pdf"
        assert page.select("#quarto-search input")
        assert page.select(".quarto-color-scheme-toggle")
        assert page.select("#TOC a")
        assert "built from abc1234" in page.select("footer")[0].get_text()
        assert page.select("html")[0]["lang"] == "en"


def test_the_description_stands_under_the_title(site: Path) -> None:
    assert soup(site, "index.html").select(".description")[0].get_text(strip=True) == "How the shop did."


def test_no_parameters_cell_is_shown_and_code_is_folded(site: Path) -> None:
    for name in ("index.html", "funnel.html"):
        page = soup(site, name)
        assert "window_days = 30" not in page.get_text()
        assert "Parameters" not in page.get_text()
        for block in page.select("main pre.python"):
            assert block.find_parent("details", class_="code-fold")


def test_nothing_is_shown_raw(site: Path) -> None:
    for name in ("index.html", "funnel.html"):
        page = soup(site, name)
        for hidden in page.select("details.code-fold, script, style"):
            hidden.extract()
        text = page.get_text()
        for raw in (":::", "{.", "**", "```", "&lt;", "<div", "#|"):
            assert raw not in text, (name, raw)


def test_figures_follow_the_theme(site: Path) -> None:
    figure = soup(site, "index.html").select("figure.sb-figure svg")[0]
    assert figure["aria-label"]
    assert "var(--sb-series-1, #3b6fb6)" in str(figure)


def test_downloads_are_part_of_the_site(site: Path) -> None:
    link = soup(site, "funnel.html").select(".downloads a")[0]["href"]
    assert (site / str(link)).read_text(encoding="utf-8").splitlines()[0] == "Step,Sessions,Rate"


def test_nothing_is_fetched_from_outside(site: Path) -> None:
    assert requests_outside(site) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.html", '<script src="https://cdn.example/x.js"></script>'),
        ("a.html", "<img alt='' src='//cdn.example/x.png'>"),
        ("a.html", '<link rel="stylesheet" href="https://cdn.example/x.css">'),
        ("a.html", "<style>@import url(https://cdn.example/x.css);</style>"),
        ("a.css", '@import "https://cdn.example/x.css";'),
        ("a.css", "a { background: url('https://cdn.example/x.png'); }"),
    ],
)
def test_what_a_page_would_fetch_is_found(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    assert [address.split("/")[2] for _, address in requests_outside(tmp_path)] == ["cdn.example"]


def test_a_link_that_a_reader_follows_may_lead_outside(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="https://example.com">x</a><svg xmlns="http://www.w3.org/2000/svg"/>'
    )
    assert requests_outside(tmp_path) == []


def test_search_finds_what_is_seen_and_no_code(site: Path) -> None:
    entries = {entry["href"]: entry for entry in json.loads((site / "search.json").read_text())}
    assert "Visit 20,000" in entries["funnel.html#steps"]["text"]
    assert "Net revenue $1,234,567.89" in entries["index.html#key-figures"]["text"]
    assert "import pandas" not in entries["funnel.html#steps"]["text"]
    assert (site / "search-index.js").read_text().startswith("window.shopbookSearchIndex = [")


def test_a_page_without_headings_has_one_entry() -> None:
    html = "<main><h1 class='title'>T</h1><p>a<!-- no --> b</p><svg><text>c</text></svg></main>"
    assert page_entries("t.html", html) == [
        {"objectID": "t.html", "href": "t.html", "title": "T", "section": "", "text": "a b"}
    ]


def test_a_page_opened_from_the_disk_searches_changes_its_colours_and_fetches_nothing(site: Path) -> None:
    with tab() as browser:
        browser.open((site / "index.html").as_uri())
        browser.value(
            "(() => { const box = document.querySelector('#quarto-search input');"
            " box.value = 'conversion'; box.dispatchEvent(new Event('input')); })()"
        )
        assert "Key figures" in browser.until("document.querySelector('.search-result')?.innerText")
        colour = "getComputedStyle(document.querySelector('svg.sb-fig rect')).fill"
        assert browser.value(colour) == "rgb(59, 111, 182)"
        for expected in ("rgb(122, 167, 230)", "rgb(59, 111, 182)"):
            browser.value("document.querySelector('.quarto-color-scheme-toggle').click()")
            browser.until(f"{colour} === '{expected}'")
        assert browser.errors == []
        assert {url.split(":")[0] for url in browser.requests} <= {"file", "data"}


@pytest.mark.parametrize("name", ["index.html", "funnel.html"])
def test_a_phone_never_scrolls_sideways(site: Path, name: str) -> None:
    with tab() as browser:
        browser.call(
            "Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=2, mobile=True
        )
        browser.open((site / name).as_uri())
        assert browser.value("document.documentElement.scrollWidth") == 390


def test_an_unknown_renderer_is_named() -> None:
    with pytest.raises(SettingsError, match=r'no renderer builtn. Did you mean "builtin"'):
        choose("builtn")


def test_quarto_that_was_asked_for_and_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RenderError, match=r"quarto was not found.*--renderer builtin"):
        choose("quarto")
    assert choose("auto").version == render_builtin.version()
