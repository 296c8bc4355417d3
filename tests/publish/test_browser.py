"""Every page of the demo shop as a browser lays it out: on a desktop and a phone, in light and dark.

What is looked for stands in audit.js, beside axe-core's rules for WCAG 2.1 A and AA.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo_site import ROOT, DemoSite

from .browser import Tab, tab

PAGES = [
    f"{page.get('output', page['id'])}.html"
    for page in yaml.safe_load((ROOT / "reports/reports.yml").read_text(encoding="utf-8"))["pages"]
]
MODES = [(width, theme) for width in (1280, 390) for theme in ("light", "dark")]
AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
LEAST_LETTER, LEAST_CONTRAST = 9, 4.5
# Drawings hold thousands of elements without a role of their own; audit.js looks at their letters.
AXE = """axe.run({exclude: [["svg.sb-fig > *"]]}, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"], preload: false
}).then(found => found.violations.flatMap(one =>
    one.nodes.map(node => one.id + ": " + node.target.join(" "))))"""
LAYOUT = [
    "sideways()",
    "overlapsOnPage()",
    "overlapsInDrawings()",
    "cutInDrawings()",
    "cutInCards()",
    f"smallTextInDrawings({LEAST_LETTER})",
    "withoutWords()",
]


def _axe() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package axe-playwright-python, which brings axe-core, is not installed")
    return Path(found.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    """One browser for all pages."""
    with tab() as opened:
        yield opened


@pytest.fixture(params=MODES, ids=lambda mode: f"{mode[0]}-{mode[1]}")
def mode(request: pytest.FixtureRequest) -> tuple[int, str]:
    """Width of the window, and the theme that the reader prefers."""
    return request.param


def _visit(browser: Tab, demo_site: DemoSite, page: str, width: int, theme: str = "light") -> None:
    browser.errors.clear()
    browser.requests.clear()
    browser.show(width, theme=theme)
    browser.open((demo_site.site / page).as_uri())
    browser.value(AUDIT)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_readable_and_reachable_for_everybody(
    browser: Tab, demo_site: DemoSite, page: str, mode: tuple[int, str]
) -> None:
    width, theme = mode
    _visit(browser, demo_site, page, width, theme)
    browser.value(f"{_axe()};0")
    assert browser.value("document.querySelector('.quarto-dark') !== null") is (theme == "dark")
    faults: dict[str, Any] = {check: browser.value(f"shopbookAudit.{check}") for check in LAYOUT}
    faults["axe"] = browser.value(AXE)
    # The ground of a letter can only be asked for in a window as high as the page.
    browser.show(width, browser.value("document.documentElement.scrollHeight"), theme)
    faults["contrast"] = browser.value(f"shopbookAudit.faintTextInDrawings({LEAST_CONTRAST})")
    faults["errors"] = browser.errors
    faults["requests"] = [url for url in browser.requests if url.split(":")[0] not in ("file", "data")]
    told = [f"{check}: {one}" for check, found in faults.items() for one in found]
    assert not told, "\n".join(told)


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("document.querySelector('h1').style.width = '3000px'", "sideways()"),
        ("texts[0].after(texts[0].cloneNode(true))", "overlapsInDrawings()"),
        ("texts[0].setAttribute('transform', 'translate(-400 0)')", "cutInDrawings()"),
        ("texts[0].style.fontSize = '5px'", "smallTextInDrawings(9)"),
        ("texts[0].style.fill = '#ccc'", "faintTextInDrawings(4.5)"),
        ("svg.removeAttribute('aria-label')", "withoutWords()"),
        ("document.querySelector('.kpi-value').style.paddingLeft = '20rem'", "cutInCards()"),
        ("document.querySelector('.kpi-value').style.marginTop = '-1.5rem'", "overlapsOnPage()"),
    ],
)
def test_a_fault_is_found(browser: Tab, demo_site: DemoSite, fault: str, check: str) -> None:
    _visit(browser, demo_site, "index.html", 1280)
    browser.show(1280, browser.value("document.documentElement.scrollHeight"))
    assert browser.value(f"shopbookAudit.{check}") == []
    browser.value(
        "{ const main = document.querySelector('main'), svg = main.querySelector('svg.sb-fig');"
        f" const texts = [...svg.querySelectorAll('text')]; {fault}; }}"
    )
    assert browser.value(f"shopbookAudit.{check}") != []


def test_axe_finds_what_is_wrong(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 390)
    browser.value(f"{_axe()};0")
    browser.value("document.querySelector('.kpi-note').style.color = '#999'")
    browser.value("document.querySelectorAll('.table-box').forEach(box => box.removeAttribute('tabindex'))")
    assert any(found.startswith("color-contrast") for found in browser.value(AXE))


def test_every_chart_and_table_offers_its_rows(browser: Tab, demo_site: DemoSite) -> None:
    for page in PAGES:
        _visit(browser, demo_site, page, 1280)
        without = browser.value(
            "[...document.querySelectorAll('main .table-box, main figure.sb-figure')].filter(one =>"
            " !(one.querySelector('.downloads') || one.nextElementSibling?.matches('.downloads')"
            " || one.parentElement.matches('.figure-row, .figure-grid')"
            " && one.parentElement.nextElementSibling?.matches('.downloads')"
            " || one.matches('.is-wide') || one.closest('section').querySelector('.downloads')))"
            ".map(one => one.textContent.slice(0, 60))"
        )
        assert without == [], page


# ------------------------------------------------------------------ keyboard

_FOCUS = "document.activeElement.className || document.activeElement.tagName"


def test_the_first_stop_of_the_keyboard_skips_the_navigation(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 1280)
    browser.press("Tab", 9)
    assert browser.value("document.activeElement.textContent") == "Skip to the page"
    assert browser.value("document.activeElement.getBoundingClientRect().top") >= 0, "it is seen"
    browser.press("Enter", 13)
    assert browser.value("document.activeElement.tagName") == "MAIN"
    browser.press("Tab", 9)
    assert browser.value("document.querySelector('main').contains(document.activeElement)")


def test_the_keyboard_is_always_seen(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 1280)
    seen: list[str] = []
    for _ in range(60):
        browser.press("Tab", 9)
        style = "getComputedStyle(document.activeElement)"
        shown = browser.value(f"{style}.outlineStyle !== 'none' || {style}.boxShadow !== 'none'")
        where = browser.value(_FOCUS)
        assert shown or where == "BODY", where
        seen.append(where)
    assert any("nav-link" in where for where in seen), "the pages of the navigation"
    assert any("quarto-color-scheme-toggle" in where for where in seen), "the switch of colours"


def test_the_menu_of_a_phone_opens_by_keyboard(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 390)
    shown = "document.querySelector('#quarto-header a.nav-link').checkVisibility()"
    assert not browser.value(shown)
    browser.value("document.querySelector('.navbar-toggler').focus()")
    browser.press("Enter", 13)
    browser.until(shown)
    assert browser.value("document.documentElement.scrollWidth") == 390


def test_the_menu_of_the_briefs_opens_by_keyboard(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 1280)
    link = "document.querySelector('#quarto-header .dropdown-menu a')"
    assert not browser.value(f"{link}.checkVisibility()")
    browser.value("document.querySelector('#quarto-header .dropdown-toggle').focus()")
    browser.press("Enter", 13)
    browser.until(f"{link}.checkVisibility()")
    inside = "document.querySelector('#quarto-header .dropdown-menu').getBoundingClientRect()"
    assert browser.value(f"{inside}.right <= innerWidth")
    assert browser.value(f"{inside}.left >= 0")


def test_what_is_folded_opens_by_keyboard(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 1280)
    browser.value("document.querySelector('.downloads summary').focus()")
    browser.press("Enter", 13)
    assert browser.value("document.querySelector('.downloads details').open")


# ------------------------------------------------------------------ sorting

_BOX = """(name => {
  const table = document.querySelector(`#${name} table`);
  const head = label => [...table.querySelectorAll('th')].find(one => one.textContent.startsWith(label));
  const column = label => [...table.tBodies[0].rows].filter(row => !row.querySelector('.gt_group_heading'))
    .map(row => row.cells[head(label).cellIndex].textContent);
  return {head, column};
})"""


def _column(browser: Tab, table: str, label: str) -> list[str]:
    return browser.value(f"{_BOX}('{table}').column('{label}')")


def _press_head(browser: Tab, table: str, label: str) -> str | None:
    browser.value(f"{_BOX}('{table}').head('{label}').querySelector('button').focus()")
    browser.press("Enter", 13)
    return browser.value(f"{_BOX}('{table}').head('{label}').getAttribute('aria-sort')")


def test_a_table_sorts_by_value_and_comes_back(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "products.html", 1280)
    original = _column(browser, "top-products", "Gross profit")
    amounts = [float(text.strip("$").replace(",", "")) for text in original]
    assert amounts != sorted(amounts, reverse=True), "the page sorts by something else"
    assert _press_head(browser, "top-products", "Gross profit") == "descending"
    shown = [float(t.strip("$").replace(",", "")) for t in _column(browser, "top-products", "Gross profit")]
    assert shown == sorted(amounts, reverse=True)
    assert _press_head(browser, "top-products", "Gross profit") == "ascending"
    assert _press_head(browser, "top-products", "Gross profit") is None
    assert _column(browser, "top-products", "Gross profit") == original
    assert _press_head(browser, "top-products", "Product") == "ascending"
    names = _column(browser, "top-products", "Product")
    assert names == sorted(names, key=str.casefold)


def test_totals_and_groups_stay_in_place(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "quality.html", 1280)
    before = _column(browser, "checks-by-layer", "Layer")
    _press_head(browser, "checks-by-layer", "Checks")
    after = _column(browser, "checks-by-layer", "Layer")
    assert after[-1] == before[-1], "the total"
    assert after != before
    assert sorted(after) == sorted(before)
    rows = (
        "[...document.querySelectorAll('#checks-by-model tbody tr')]"
        ".map(row => row.querySelector('.gt_group_heading') ? '# ' + row.textContent.trim() : '')"
    )
    groups = browser.value(rows)
    browser.value("document.querySelector('#checks-by-model').closest('details').open = true")
    _press_head(browser, "checks-by-model", "Checks")
    assert browser.value(rows) == groups


@pytest.mark.parametrize(
    ("texts", "largest_first"),
    [
        (["$1.2k", "–", "−$30", "$900", "(7.5 %)", ""], ["$1.2k", "$900", "(7.5 %)", "−$30", "–", ""]),
        (["9.4 min", "1.4 days", "3 h", "50 s"], ["1.4 days", "3 h", "9.4 min", "50 s"]),
        (["1,547", "69", "2 months"], ["1,547", "69", "2 months"]),
    ],
)
def test_texts_without_a_value_sort_by_their_number_and_missing_ones_come_last(
    browser: Tab, demo_site: DemoSite, texts: list[str], largest_first: list[str]
) -> None:
    _visit(browser, demo_site, "index.html", 1280)
    browser.value(
        "{ document.querySelector('main').innerHTML = `<div class='table-box'><div id='t'>"
        "<table class='gt_table'><thead><tr class='gt_col_headings'><th class='gt_right'>N</th></tr></thead>"
        f"<tbody>${{{json.dumps(texts)}.map(one => `<tr><td class='gt_right'>${{one}}</td></tr>`).join('')}}"
        "</tbody></table></div></div>`; }"
    )
    script = (demo_site.root / "reports/theme/sort-tables.html").read_text(encoding="utf-8")
    browser.value(script.replace("<script>", "").replace("</script>", "") + ";0")
    assert _press_head(browser, "t", "N") == "descending"
    assert _column(browser, "t", "N") == largest_first
    known = [text for text in largest_first if text not in ("–", "")]
    assert _press_head(browser, "t", "N") == "ascending"
    assert _column(browser, "t", "N") == [*reversed(known), *largest_first[len(known) :]]


def test_without_scripts_a_table_is_complete(browser: Tab, demo_site: DemoSite) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open((demo_site.site / "index.html").as_uri())
        assert browser.value("document.querySelectorAll('.sb-sort').length") == 0
        assert browser.value("document.querySelectorAll('.table-box tbody tr').length") > 0
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


# ------------------------------------------------------------------ print


def test_paper_is_light_and_without_what_only_a_screen_needs(browser: Tab, demo_site: DemoSite) -> None:
    _visit(browser, demo_site, "index.html", 1280, "dark")
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", media="print", features=features)
    try:
        hidden = "#quarto-header, #quarto-margin-sidebar, .page-links, .downloads, .sb-sort"
        assert (
            browser.value(
                f"[...document.querySelectorAll('{hidden}')].filter(one => !one.matches('.sb-sort') &&"
                " one.checkVisibility()).length"
            )
            == 0
        )
        assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert browser.value("getComputedStyle(document.body).color") == "rgb(43, 48, 58)"
        assert browser.value("getComputedStyle(document.documentElement).colorScheme") == "light"
        assert browser.value("getComputedStyle(document.querySelector('.kpi-card')).breakInside") == "avoid"
    finally:
        browser.call("Emulation.setEmulatedMedia", media="", features=[])
