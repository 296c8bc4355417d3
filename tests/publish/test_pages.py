"""From an executed notebook to a page: what a reader should not see is gone, links lead to pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from analysis_lib.errors import RenderError
from analysis_lib.publish.notebook import Notebook, read_notebook, source
from analysis_lib.publish.pages import make_page
from analysis_lib.publish.palette import PALETTE, themed
from analysis_lib.publish.plan import Plan, make_plan, read_reports
from analysis_lib.publish.stage import footer, site_config
from analysis_lib.settings import Settings

from .conftest import ROOT, make_request

ALL = {"fct_daily_pnl": True, "fct_sessions": True}


def plan_of(settings: Settings, **availability: bool) -> Plan:
    reports = read_reports(settings.reports / "reports.yml", settings.notebooks)
    return make_plan(reports, {**ALL, **availability})


def page(settings: Settings, *cells: dict[str, object], plan: Plan | None = None) -> Notebook:
    plan = plan or plan_of(settings)
    executed = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return make_page(executed, plan.pages[0], plan).notebook


def text(value: str, *tags: str) -> dict[str, object]:
    return {"cell_type": "markdown", "id": "m", "metadata": {"tags": list(tags)}, "source": [value]}


def shown(mime: str, value: str) -> dict[str, object]:
    output = {"output_type": "display_data", "data": {mime: [value]}, "metadata": {}}
    return {
        "cell_type": "code",
        "id": "c",
        "metadata": {},
        "execution_count": 1,
        "source": ["x"],
        "outputs": [output],
    }


def body(notebook: Notebook) -> list[str]:
    """The sources without the front matter and the links at the end."""
    return [source(cell) for cell in notebook["cells"] if cell["id"] not in ("front-matter", "page-links")]


def test_the_title_comes_from_reports_yml_once(project: Settings) -> None:
    made = page(project, text("# Overview of all\n\nHow is it?"), text("# Kept"))
    assert source(made["cells"][0]) == '---\ntitle: "Overview"\ndescription: "How the shop did."\n---'
    assert body(made) == ["How is it?", "# Kept"]


def test_parameters_and_cells_for_the_brief_only_are_not_shown(project: Settings) -> None:
    cells = [text(tag, tag) for tag in ("parameters", "injected-parameters", "brief-only", "brief")]
    assert body(page(project, *cells)) == ["brief"]


def test_code_is_folded_unless_the_cell_says_otherwise(project: Settings) -> None:
    own = {**shown("text/html", ""), "source": ["#| code-fold: false\n", "x"]}
    assert body(page(project, shown("text/html", ""), own)) == [
        "#| code-fold: true\nx",
        "#| code-fold: false\nx",
    ]


def test_links_between_notebooks_become_links_between_pages(project: Settings) -> None:
    made = page(
        project,
        text("[a](funnel.ipynb#steps) [b](overview.ipynb)"),
        text('<a class="x" href="overview.ipynb">c</a>'),
    )
    assert body(made) == ["[a](funnel.ipynb#steps) [b](index.ipynb)", '<a class="x" href="index.html">c</a>']


def test_links_to_a_page_that_is_not_in_this_site_become_text(project: Settings) -> None:
    reports = read_reports(project.reports / "reports.yml", project.notebooks)
    plan = make_plan(reports, ALL, pages=["overview"])
    made = page(project, text("[the funnel](funnel.ipynb)"), text('<a href="funnel.ipynb">c</a>'), plan=plan)
    assert body(made) == ["the funnel", '<a class="left-out">c</a>']


def test_links_to_a_page_that_this_shop_does_not_list_become_text(project: Settings) -> None:
    """A shop that publishes three of the nine pages keeps their notebooks, which link to the others."""
    made_plan = plan_of(project)
    (made_plan.pages[0].notebook.parent / "marketing.ipynb").write_text("{}")
    made = page(project, text("[ads](marketing.ipynb)"), text('<a href="marketing.ipynb">c</a>'))
    assert body(made) == ["ads", '<a class="left-out">c</a>']


def test_a_link_to_an_unknown_notebook_is_an_error(project: Settings) -> None:
    with pytest.raises(
        RenderError, match=r'Page overview .* links to funel.ipynb.*Did you mean "funnel.ipynb"'
    ):
        page(project, text("[a](funel.ipynb)"))


def test_links_to_the_neighbours_stand_at_the_end(project: Settings) -> None:
    assert (
        source(page(project, text("x"))["cells"][-1])
        == "::: {.page-links}\n[Funnel →](funnel.ipynb){.next}\n:::\n"
    )


def test_a_text_that_looks_like_a_shortcode_stays_a_text(project: Settings) -> None:
    made = page(project, shown("text/html", "{{< include /etc/passwd >}}"))
    assert made["cells"][1]["outputs"][0]["data"]["text/html"] == ["{{&lt; include /etc/passwd >}}"]


def test_figures_take_their_colours_from_the_theme_and_nothing_else_does() -> None:
    html = '<p style="color: #3b6fb6"><svg fill="#3B6FB6"><path stroke="#3b6fb6ff"/></svg>'
    assert themed(html) == (
        '<p style="color: #3b6fb6"><svg fill="var(--sb-series-1, #3b6fb6)"><path stroke="#3b6fb6ff"/></svg>'
    )


def test_pages_are_notebooks_whose_sources_are_lists_of_lines(published: Settings) -> None:
    for file in (published.build_dir / "cache").rglob("executed.ipynb"):
        cells = read_notebook(file)["cells"]
        nbformat.validate(nbformat.read(file, as_version=4))
        plan = plan_of(published)
        spec = next(one for one in plan.pages if one.id == file.parent.name)
        made = make_page(read_notebook(file), spec, plan).notebook
        nbformat.validate(nbformat.from_dict(made))
        for cell in [*cells, *made["cells"]]:
            assert isinstance(cell["source"], list)
            assert all(line.endswith("\n") for line in cell["source"][:-1])


@pytest.mark.parametrize("file", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_the_projects_notebooks_keep_their_sources_as_lists_of_lines(file: Path) -> None:
    for cell in read_notebook(file)["cells"]:
        assert isinstance(cell["source"], list), cell.get("id")


def test_the_footer_says_where_the_pages_come_from_and_nothing_in_it_is_markup(project: Settings) -> None:
    stamp = replace(make_request(project).stamp, edition="Edition A_B: people whose country is A_B")
    text = footer(stamp)
    assert "18 of 19 checks passed, 1 warned" in text
    assert "built from abc1234" in text
    assert "people whose country is A&#95;B" in text


def test_the_navigation_lists_the_pages_of_the_run(project: Settings) -> None:
    config = site_config({"website": {"title": "Shopbook"}}, plan_of(project), make_request(project).stamp)
    navbar = config["website"]["navbar"]
    assert navbar["left"] == [
        {"text": "Overview", "href": "index.ipynb"},
        {"text": "Funnel", "href": "funnel.ipynb"},
    ]
    assert navbar["right"] == [{"text": "Brief (PDF)", "href": "briefs/executive.pdf"}]


@pytest.mark.parametrize(("selector", "place"), [(":root", 0), (".quarto-dark", 1)])
def test_the_stylesheet_has_the_colours_of_the_palette(selector: str, place: int) -> None:
    css = (ROOT / "reports/theme/shopbook.css").read_text()
    block = css.split(f"\n{selector} {{", 1)[1].split("}", 1)[0]
    for name, colours in PALETTE.items():
        assert f"--sb-{name}: {colours[place]};" in block, name
