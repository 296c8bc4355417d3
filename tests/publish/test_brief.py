"""The PDF brief: two tagged pages from the same executed notebooks, and what HTML becomes on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from analysis_lib.errors import RenderError
from analysis_lib.publish.brief import Paper, write_brief
from analysis_lib.publish.plan import Plan, make_plan, read_reports
from analysis_lib.publish.render_builtin import render_brief
from analysis_lib.publish.site import pdf_pages
from analysis_lib.settings import Settings

from .conftest import ROOT, make_request


@pytest.fixture(scope="module")
def pdf(_published: tuple[Settings, object]) -> pypdf.PdfReader:
    return pypdf.PdfReader(_published[0].site / "briefs/executive.pdf")


def brief(
    project: Settings, tmp_path: Path, *cells: dict[str, object], notice: str = "", **stamp: str
) -> Path:
    """The document of the brief from cells of the overview."""
    reports = read_reports(project.reports / "reports.yml", project.notebooks)
    plan: Plan = make_plan(reports, {"fct_daily_pnl": True, "fct_sessions": False})
    facts = make_request(project).stamp
    facts = type(facts)(**{**vars(facts), **stamp})
    notebook = {"cells": list(cells), "metadata": {}}
    theme = project.reports / "theme/brief"
    paper = Paper(plan, {"overview": notebook}, facts, theme, notices={"overview": notice})
    return write_brief(tmp_path / "brief", plan.briefs[0], paper)


def text(value: str, *tags: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {"tags": list(tags or ["brief"])}, "source": [value]}


def shown(output: dict[str, object], source: str = "") -> dict[str, object]:
    return {
        "cell_type": "code",
        "metadata": {"tags": ["brief"]},
        "execution_count": 4,
        "source": [source],
        "outputs": [output],
    }


def html(value: str) -> dict[str, object]:
    return shown({"output_type": "display_data", "data": {"text/html": [value]}})


def test_it_has_two_pages_a_title_a_language_and_tags(pdf: pypdf.PdfReader) -> None:
    root = pdf.trailer["/Root"]
    assert len(pdf.pages) == 2
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Executive brief"
    assert root["/Lang"] == "en"
    assert bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root


def test_its_figures_have_alt_text(pdf: pypdf.PdfReader) -> None:
    assert list(alt_texts(pdf.trailer["/Root"]["/StructTreeRoot"])) == [
        "Bars of daily orders: they rise towards the end of the month."
    ]


def alt_texts(element: object) -> Iterator[str]:
    """The alt texts in a tree of tags."""
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, list):
        for child in element:
            yield from alt_texts(child)
    elif isinstance(element, dict):
        if "/Alt" in element:
            yield str(element["/Alt"])
        yield from alt_texts(element.get("/K", []))


def test_each_page_says_which_shop_period_and_commit(pdf: pypdf.PdfReader) -> None:
    for number, page in enumerate(pdf.pages, start=1):
        shown = page.extract_text()
        for fact in (
            "demo · Executive brief",
            "1–30 June 2026",
            "data through 2026-06-30",
            "built from abc1234",
        ):
            assert fact in shown
        assert f"Page {number} of 2" in shown


def test_it_shows_what_the_pages_show(pdf: pypdf.PdfReader) -> None:
    first, second = (page.extract_text() for page in pdf.pages)
    for piece in ("$1,234,567.89", "▼ −1.2 %", "Mobile loses more visits", "Figure\xa01: Orders per day"):
        assert piece in first
    for piece in (
        "Table\xa01: Steps of a session, 1–30 June 2026",
        "20,000",
        "Rates are of the step before.",
    ):
        assert piece in second
    assert "Only for the brief: demo 2026-06-30 30." in second
    assert "How this is computed" not in second


def test_its_pages_are_counted(site: Path) -> None:
    assert pdf_pages(site / "briefs/executive.pdf") == 2


def test_its_fonts_travel_with_it(pdf: pypdf.PdfReader) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.split("+")[-1] for name in fonts} <= {"Inter-Regular", "Inter-SemiBold", "DejaVuSansMono"}
    assert (ROOT / "reports/theme/brief/fonts/OFL.txt").is_file()


@pytest.mark.parametrize("name", ["yes", "12", '*bold* _x_ #set page(fill: red) `a` $1$ @b \\ <c> & "d"'])
def test_a_shop_is_called_what_it_is_called(project: Settings, tmp_path: Path, name: str) -> None:
    made = render_brief(brief(project, tmp_path, text("## x"), shop=name))
    assert f"{name} · Executive brief" in pypdf.PdfReader(made).pages[0].extract_text()


def test_texts_of_the_shop_are_never_markup(project: Settings, tmp_path: Path) -> None:
    nasty = '#panic("x") \\ "q" $a$ *b* [c] <d> @e `f` ```'
    escaped = nasty.replace("<", "&lt;").replace('"', "&quot;")
    cell = html(f"<table><tr><th>a</th></tr><tr><td>{escaped}</td></tr></table><p>{escaped}</p>")
    made = render_brief(brief(project, tmp_path, cell))
    assert pypdf.PdfReader(made).pages[0].extract_text().count('#panic("x")') == 2


def test_a_long_table_repeats_its_header(project: Settings, tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>product {number}</td><td>{number}</td></tr>" for number in range(120))
    table = f"<table><thead><tr><th>Product</th><th>Units</th></tr></thead><tbody>{rows}</tbody></table>"
    pages = pypdf.PdfReader(render_brief(brief(project, tmp_path, html(table)))).pages
    assert len(pages) > 2
    assert all("Product" in page.extract_text() for page in pages)


def test_a_brief_needs_a_marked_cell(project: Settings, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="Brief executive: no cell of its pages carries the tag brief"):
        brief(project, tmp_path, text("x", "other"))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (html("<canvas></canvas>"), "the element <canvas> has no form on paper"),
        (html("<svg></svg>"), "a figure has no alt text"),
        (html('<img src="https://x/y.png" alt="a">'), "an <img> must hold its picture as a data: URI"),
        (
            shown({"output_type": "stream", "name": "stdout", "text": ["x"]}),
            "printed text has no form in a brief",
        ),
        (shown({"output_type": "execute_result", "data": {"text/plain": ["x"]}}), "of the kind text/plain"),
        (shown({"output_type": "display_data", "data": {"image/png": "aaaa"}}), "write `#| fig-alt"),
    ],
)
def test_what_has_no_form_on_paper_names_the_cell(
    project: Settings, tmp_path: Path, cell: dict[str, object], words: str
) -> None:
    with pytest.raises(RenderError) as error:
        brief(project, tmp_path, cell)
    assert str(error.value).startswith("Brief executive: notebook overview.ipynb, cell In[4]: ")
    assert words in str(error.value)


def test_a_figure_that_is_no_html_takes_its_texts_from_the_cell(project: Settings, tmp_path: Path) -> None:
    svg = {"output_type": "display_data", "data": {"image/svg+xml": ["<svg viewBox='0 0 1 1'></svg>"]}}
    document = brief(project, tmp_path, shown(svg, "#| fig-alt: A line\n#| fig-cap: Orders\nplot()"))
    written = '#brief-figure("figure-1.svg", alt: "A line", caption: [#"Orders";], width: 0.8pt)'
    assert written in document.read_text()


def test_markdown_loses_what_leads_nowhere_on_paper(project: Settings, tmp_path: Path) -> None:
    document = brief(
        project, tmp_path, text("# Title\n\nSee [the funnel](funnel.ipynb#a). {{< include x >}}")
    )
    assert "---\n\nSee the funnel. {{&lt; include x >}}\n" in document.read_text()
