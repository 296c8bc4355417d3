"""reports.yml: what is published, and what a wrong entry is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.errors import MissingInputError, RenderError, SettingsError, ShopbookError
from analysis_lib.publish.plan import Reports, make_plan, read_reports
from analysis_lib.settings import Settings

from .conftest import REPORTS, ROOT

ALL = {"fct_daily_pnl": True, "fct_sessions": True}


def read(project: Settings, text: str = REPORTS) -> Reports:
    path = project.reports / "reports.yml"
    path.write_text(text, encoding="utf-8")
    return read_reports(path, project.notebooks)


def test_pages_and_briefs_are_read_in_order(project: Settings) -> None:
    reports = read(project)
    assert [(page.id, page.title, page.output) for page in reports.pages] == [
        ("overview", "Overview", "index"),
        ("funnel", "Funnel", "funnel"),
    ]
    assert [(brief.id, brief.pages, brief.tag, brief.length) for brief in reports.briefs] == [
        ("executive", ("overview", "funnel"), "brief", (2, 2))
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "notebook: funnel",
            "notebok: funnel",
            'page funnel: there is no key notebok. Did you mean "notebook"?',
        ),
        (
            "id: funnel",
            "id: Funnel page",
            "page Funnel page: id must be lower-case letters, digits and hyphens",
        ),
        ("    title: Funnel\n", "", "page funnel: the key title is missing"),
        ("title: Funnel", "title: 5", "page funnel: title must be a line of text, not 5"),
        ("id: funnel", "id: overview", "pages: the id overview stands there more than once"),
        ("requires: [fct_sessions]", "output: index", "pages: the output index stands there more than once"),
        (
            "requires: [fct_sessions]",
            "requires: fct_sessions",
            "page funnel: requires must be a list of names",
        ),
        (
            "[overview, funnel]",
            "[overview, funel]",
            'brief executive: there is no page funel. Did you mean "funnel"?',
        ),
        ("[overview, funnel]", "[]", "brief executive: pages must name at least one page"),
        (
            "length: 2",
            "length: two",
            "brief executive: length must be a number of pages from 1, or least and",
        ),
        ("length: 2", "length: 3-2", "or least and most as 2-4, not '3-2'"),
        ("length: 2", "length: true", "or least and most as 2-4, not True"),
        ("briefs:", "brieves:", 'reports.yml: there is no key brieves. Did you mean "briefs"?'),
        (
            "  - id: funnel",
            "  - funnel\n  - id: funnel",
            "page 2: it must be a mapping of keys, not 'funnel'",
        ),
        ("pages:\n", "pages: [\n", "reports.yml cannot be read as YAML"),
    ],
)
def test_a_wrong_entry_is_named(project: Settings, old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(project, REPORTS.replace(old, new, 1))
    assert words in str(error.value)


def test_a_missing_notebook_is_named_with_the_nearest(project: Settings) -> None:
    with pytest.raises(MissingInputError) as error:
        read(project, REPORTS.replace("notebook: funnel", "notebook: funel"))
    assert str(error.value) == (
        "reports.yml, page funnel: the notebook funel.ipynb is not in notebooks/. "
        'Did you mean "funnel.ipynb"?'
    )


@pytest.mark.parametrize("text", ["", "pages: []", "- a", "pages: 1"])
def test_a_list_without_pages_is_refused(project: Settings, text: str) -> None:
    with pytest.raises(SettingsError, match=r"reports\.yml"):
        read(project, text)


def test_a_missing_file_is_named(project: Settings) -> None:
    with pytest.raises(MissingInputError, match=r"other\.yml"):
        read_reports(project.reports / "other.yml", project.notebooks)


def test_a_page_without_data_stays_with_the_reason_and_is_not_run(project: Settings) -> None:
    plan = make_plan(read(project), {"fct_daily_pnl": True, "fct_sessions": "the shop has no visits"})
    assert [page.id for page in plan.pages] == ["overview", "funnel"]
    assert [page.id for page in plan.with_data] == ["overview"]
    assert plan.left_out == {"funnel": "the shop has no visits"}
    assert [brief.id for brief in plan.briefs] == ["executive"]


def test_a_page_names_each_missing_table_once(project: Settings) -> None:
    lines, stock = "no order lines (table order_items)", "no stock (table inventory_items)"
    why = {"fct_daily_pnl": f"the shop has {lines}", "fct_sessions": f"the shop has {stock} and {lines}"}
    text = REPORTS.replace("requires: [fct_daily_pnl]", "requires: [fct_daily_pnl, fct_sessions]")
    reports = read(project, text.replace("requires: [fct_sessions]", ""))
    assert make_plan(reports, why).left_out == {"overview": f"the shop has {stock} and {lines}"}


def test_a_brief_whose_pages_have_no_data_is_left_out(project: Settings) -> None:
    reports = read(project, REPORTS.replace("[overview, funnel]", "[funnel]"))
    assert make_plan(reports, {"fct_daily_pnl": True, "fct_sessions": False}).briefs == ()


def test_a_site_opens_with_the_index_page_also_when_it_has_no_data(project: Settings) -> None:
    plan = make_plan(read(project), {"fct_daily_pnl": False, "fct_sessions": True})
    assert plan.outputs == {"overview.ipynb": "index", "funnel.ipynb": "funnel"}
    assert make_plan(read(project), ALL, only=["funnel"]).outputs == {"funnel.ipynb": "index"}


def test_nothing_to_publish_is_an_error_that_says_why(project: Settings) -> None:
    with pytest.raises(
        RenderError, match=r"No page can be published. overview: the model fct_daily_pnl is not available"
    ):
        make_plan(read(project), {"fct_daily_pnl": False, "fct_sessions": False})


def test_a_required_model_that_does_not_exist_is_named(project: Settings) -> None:
    with pytest.raises(SettingsError, match=r'page funnel: .*fct_session, .*Did you mean "fct_sessions"'):
        make_plan(read(project, REPORTS.replace("[fct_sessions]", "[fct_session]")), ALL)


def test_only_restricts_the_run_and_refuses_an_unknown_page(project: Settings) -> None:
    assert [page.id for page in make_plan(read(project), ALL, only=["funnel"]).pages] == ["funnel"]
    with pytest.raises(SettingsError, match=r'no page funel.*Did you mean "funnel"'):
        make_plan(read(project), ALL, only=["funel"])


def test_the_projects_own_list_names_models_that_exist() -> None:
    models = {file.stem for file in (ROOT / "analysis_lib/sql").rglob("*.sql")}
    try:
        reports = read_reports(ROOT / "reports/reports.yml", ROOT / "notebooks")
    except ShopbookError as error:
        pytest.fail(str(error))
    for page in reports.pages:
        assert set(page.requires) <= models, page.id


def test_paths_cannot_lead_out_of_the_notebooks(project: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"notebook must be the name of an \.ipynb file"):
        read(project, REPORTS.replace("funnel.ipynb", f"{tmp_path}/x.ipynb"))
