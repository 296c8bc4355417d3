"""A run as a whole: what is run again and why, what is left as it was, same input same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis_lib.errors import DiskFullError, NotebookError, ParameterError, RenderError
from analysis_lib.publish import PublishSummary, publish
from analysis_lib.settings import Settings

from .conftest import (
    PARAMETERS,
    QuietProgress,
    code,
    funnel_cells,
    make_request,
    markdown,
    overview_cells,
    write,
)


def contents(site: Path) -> dict[str, bytes]:
    return {
        file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()
    }


def test_the_first_run_runs_every_notebook_and_says_so(first_run: PublishSummary) -> None:
    assert first_run.executed == {"overview": "not run before", "funnel": "not run before"}
    assert first_run.reused == {}
    assert not first_run.up_to_date
    assert [first_run.pages["overview"].name, first_run.briefs["executive"].name] == [
        "index.html",
        "executive.pdf",
    ]
    assert first_run.lines()[:2] == ["ran overview: not run before", "ran funnel: not run before"]
    assert set(first_run.seconds) == {"plan", "notebooks", "briefs", "render", "swap"}


def test_a_run_that_changes_nothing_says_so_and_does_nothing(
    published: Settings, progress: QuietProgress
) -> None:
    before = contents(published.site)
    summary = publish(make_request(published), progress)
    assert summary.up_to_date
    assert summary.lines()[0] == "site up to date: nothing changed since it was built (2 pages)"
    assert set(summary.seconds) == {"plan"}
    assert contents(published.site) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"parameters": {"shop": "demo", "as_of": "2026-06-30", "window_days": 7}},
            "parameters: window_days changed",
        ),
        ({"fingerprints": {"fct_daily_pnl": "a2", "fct_sessions": "b1"}}, "models: fct_daily_pnl changed"),
        ({"force": True}, "asked for"),
    ],
)
def test_a_page_is_run_again_for_a_reason(
    replayed: Settings, progress: QuietProgress, change: dict[str, object], reason: str
) -> None:
    summary = publish(make_request(replayed, **change), progress)
    assert summary.executed == {"overview": reason, "funnel": reason}


def test_only_the_notebook_that_changed_is_run_again(published: Settings, progress: QuietProgress) -> None:
    before = contents(published.site)
    write(published.notebooks / "overview.ipynb", *overview_cells(), markdown("## More"))
    summary = publish(make_request(published), progress)
    assert summary.executed == {"overview": "the notebook changed"}
    assert summary.reused == {"funnel": "nothing that it depends on changed"}
    after = contents(published.site)
    assert after["funnel.html"] == before["funnel.html"]
    assert b"More" in after["index.html"]


def test_a_changed_theme_renders_again_but_runs_nothing(published: Settings, progress: QuietProgress) -> None:
    with (published.reports / "theme/shopbook.css").open("a", encoding="utf-8") as css:
        css.write("\n.x { color: red; }\n")
    summary = publish(make_request(published), progress)
    assert summary.executed == {}
    assert b".x { color: red; }" in contents(published.site)["reports/theme/shopbook.css"]


def test_a_page_of_the_site_that_was_touched_is_made_again(
    published: Settings, progress: QuietProgress
) -> None:
    before = contents(published.site)
    (published.site / "funnel.html").write_text("touched")
    summary = publish(make_request(published), progress)
    assert not summary.up_to_date
    assert contents(published.site) == before


def test_a_kept_notebook_that_was_touched_is_not_used(published: Settings, progress: QuietProgress) -> None:
    kept = published.build_dir / "cache/overview/executed.ipynb"
    kept.write_text(kept.read_text().replace("12,345", "99,999"))
    (published.site / "build.json").write_text("{}")  # of another run, so that a site is made
    summary = publish(make_request(published), progress)
    assert summary.executed == {"overview": "its kept copy was changed or is incomplete"}
    assert b"99,999" not in contents(published.site)["index.html"]


def test_the_same_input_gives_the_same_bytes(project: Settings, site: Path, progress: QuietProgress) -> None:
    publish(make_request(project), progress)
    mine, other = contents(project.site), contents(site)
    assert mine.keys() == other.keys()
    assert [name for name in mine if mine[name] != other[name]] == []


def test_a_notebook_that_raises_leaves_the_old_site_as_it_was(
    published: Settings, progress: QuietProgress
) -> None:
    before = contents(published.site)
    write(published.notebooks / "overview.ipynb", *overview_cells(), code('raise ValueError("no such step")'))
    with pytest.raises(NotebookError) as error:
        publish(make_request(published), progress)
    assert str(error.value).startswith("Notebook overview.ipynb, cell In[8]: ValueError: no such step")
    assert contents(published.site) == before
    assert error.value.exit_code == 20


def test_a_wrong_parameter_stops_before_any_notebook_runs(
    published: Settings, progress: QuietProgress
) -> None:
    before = contents(published.site)
    cells = funnel_cells()
    cells[1] = code(PARAMETERS.replace("window_days", "windw_days"), "parameters")
    write(published.notebooks / "funnel.ipynb", *cells)
    with pytest.raises(ParameterError, match=r'windw_days.*Did you mean "window_days"'):
        publish(make_request(published, force=True), progress)
    assert not any(line.startswith("notebooks") for line in progress.said)
    assert contents(published.site) == before


def test_a_brief_that_cannot_be_made_leaves_the_old_site(
    published: Settings, progress: QuietProgress
) -> None:
    before = contents(published.site)
    cell = code('display(HTML("<iframe></iframe>"))', "brief")
    write(published.notebooks / "overview.ipynb", *overview_cells(), cell)
    with pytest.raises(
        RenderError, match=r"Brief executive: notebook overview.ipynb, cell In\[8\]: .*<iframe>"
    ):
        publish(make_request(published), progress)
    assert contents(published.site) == before


def test_a_full_disk_is_said_in_words(
    published: Settings, progress: QuietProgress, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analysis_lib.publish.stage.write_notebook", full)
    before = contents(published.site)
    with pytest.raises(DiskFullError, match=r"no disk space left in .*_build"):
        publish(make_request(published, commit="new"), progress)
    assert contents(published.site) == before


def test_a_page_without_data_says_at_its_address_what_is_missing_and_what_to_do(
    published: Settings, progress: QuietProgress
) -> None:
    availability = {"fct_daily_pnl": True, "fct_sessions": "the shop has no visits (table events)"}
    request = make_request(published, availability=availability, remedy="Load them with `shopbook load`.")
    summary = publish(request, progress)
    assert summary.left_out == {"funnel": "the shop has no visits (table events)"}
    assert "no data for funnel: the shop has no visits (table events)" in summary.lines()
    page = (published.site / "funnel.html").read_text()
    text = " ".join(_shown(page).split())
    assert "There is no data for this page" in text
    assert "It cannot be made, because the shop has no visits (table events)." in text
    assert "Load them with shopbook load." in text
    assert "These pages have data: Overview." in text
    assert "20,000" not in text
    assert 'href="funnel.html#steps"' in (published.site / "index.html").read_text()
    build = json.loads((published.site / "build.json").read_text())
    assert build["pages"]["funnel"]["inputs"] == {}
    assert publish(request, progress).up_to_date


def _shown(page: str) -> str:
    from bs4 import BeautifulSoup

    return BeautifulSoup(page, "html.parser").get_text()


def test_a_preview_of_one_page_leaves_the_published_site_alone(
    published: Settings, progress: QuietProgress
) -> None:
    before = contents(published.site)
    summary = publish(make_request(published, only=["funnel"]), progress)
    assert summary.site == published.build_dir / "preview"
    assert (summary.site / "index.html").is_file()
    assert summary.briefs == {}
    assert contents(published.site) == before


def test_nothing_of_a_run_is_left_behind(replayed: Settings, progress: QuietProgress) -> None:
    publish(make_request(replayed, fingerprints={"fct_sessions": "c"}), progress)
    assert sorted(path.name for path in replayed.build_dir.iterdir()) == [".lock", "cache"]


def test_build_json_says_what_the_site_was_built_from_without_a_clock(site: Path) -> None:
    build = json.loads((site / "build.json").read_text())
    assert build["commit"] == "abc1234"
    assert build["data_through"] == "2026-06-30"
    assert build["checks"] == {"passed": 18, "warned": 1, "failed": 0}
    assert build["parameters"] == {"shop": "demo", "as_of": "2026-06-30", "window_days": 30}
    assert build["renderer"].startswith("builtin (smalldocs")
    assert build["pages"]["overview"]["file"] == "index.html"
    assert build["pages"]["overview"]["inputs"]["models"] == {"fct_daily_pnl": "a1", "fct_sessions": "b1"}
    assert not {"time", "date", "built_at"} & set(build)


def test_what_a_cell_warned_of_is_noted_and_not_shown(published: Settings, progress: QuietProgress) -> None:
    cell = code('import warnings\nwarnings.warn("two channels are unknown")')
    write(published.notebooks / "overview.ipynb", *overview_cells(), cell)
    summary = publish(make_request(published), progress)
    assert len(summary.notes) == 1
    assert summary.notes[0].startswith("overview, cell In[8] warned: ")
    assert "UserWarning" not in (published.site / "index.html").read_text()


def test_a_brief_of_another_length_is_noted(published: Settings, progress: QuietProgress) -> None:
    reports = published.reports / "reports.yml"
    reports.write_text(reports.read_text().replace("length: 2", "length: 3"))
    summary = publish(make_request(published), progress)
    assert summary.notes == ("the brief executive has 2 pages, but is meant to have 3",)
