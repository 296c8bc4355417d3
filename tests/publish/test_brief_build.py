"""Briefs of a run: made two at once, used again while their document is the same, linked from their page."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.publish import publish, render_builtin
from analysis_lib.settings import Settings

from .conftest import QuietProgress, make_request, markdown, overview_cells, write

PAGE_BRIEFS = """
  - id: overview
    title: Overview brief
    pages: [overview]
    length: 1-2
  - id: funnel
    title: Funnel brief
    pages: [funnel]
    length: 2-3
"""


@pytest.fixture
def project_with_briefs(published: Settings) -> Settings:
    reports = published.reports / "reports.yml"
    reports.write_text(reports.read_text(encoding="utf-8") + PAGE_BRIEFS, encoding="utf-8")
    return published


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which briefs were typeset, in the order of their names."""
    names: list[str] = []
    render = render_builtin.render_brief

    def count(document: Path) -> Path:
        names.append(document.stem)
        names.sort()
        return render(document)

    monkeypatch.setattr(render_builtin, "render_brief", count)
    return names


def test_a_brief_is_made_again_only_when_its_document_changed(
    project_with_briefs: Settings, progress: QuietProgress, made: list[str]
) -> None:
    project = project_with_briefs
    publish(make_request(project), progress)
    assert made == ["funnel", "overview"]  # the executive brief was kept from the run before
    made.clear()
    write(project.notebooks / "overview.ipynb", *overview_cells(), markdown("Another end.", "brief"))
    publish(make_request(project), progress)
    assert made == ["executive", "overview"]
    made.clear()
    publish(make_request(project, commit="fff0000"), progress)
    assert made == ["executive", "funnel", "overview"]  # each says the commit


def test_a_kept_brief_that_was_touched_is_made_again(
    project_with_briefs: Settings, progress: QuietProgress, made: list[str]
) -> None:
    project = project_with_briefs
    publish(make_request(project), progress)
    first = (project.site / "briefs/funnel.pdf").read_bytes()
    kept = project.build_dir / "cache/_briefs/funnel"
    (kept / "brief.pdf").write_bytes(b"not a brief")
    (project.build_dir / "cache/_briefs/overview/record.json").write_text("{", encoding="utf-8")
    made.clear()
    publish(make_request(project, force=True), progress)
    assert made == ["funnel", "overview"]
    assert (project.site / "briefs/funnel.pdf").read_bytes() == first


def test_a_brief_outside_its_range_is_noted(project_with_briefs: Settings, progress: QuietProgress) -> None:
    summary = publish(make_request(project_with_briefs), progress)
    assert summary.notes == ("the brief funnel has 1 page, but is meant to have 2 to 3",)
    assert "briefs: 3/3 funnel" in progress.said


def test_each_page_links_its_own_brief_and_the_menu_all(
    project_with_briefs: Settings, progress: QuietProgress
) -> None:
    publish(make_request(project_with_briefs), progress)
    for name, file in (("overview", "index.html"), ("funnel", "funnel.html")):
        page = (project_with_briefs.site / file).read_text(encoding="utf-8")
        body = page.split("<main", 1)[1]
        assert f'<a href="briefs/{name}.pdf">This page as PDF</a>' in body
        assert body.count("briefs/") == 1
        menu = page.split("<main", 1)[0]
        for brief in ("executive", "overview", "funnel"):
            assert f'href="briefs/{brief}.pdf"' in menu


def test_a_page_that_is_left_out_leaves_out_its_brief(
    project_with_briefs: Settings, progress: QuietProgress
) -> None:
    request = make_request(
        project_with_briefs, availability={"fct_daily_pnl": True, "fct_sessions": "the shop has no events"}
    )
    summary = publish(request, progress)
    assert set(summary.briefs) == {"executive", "overview"}
    assert not (project_with_briefs.site / "briefs/funnel.pdf").exists()
    assert "briefs/funnel.pdf" not in (project_with_briefs.site / "index.html").read_text(encoding="utf-8")
