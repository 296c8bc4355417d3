"""Editions beside the whole report: addresses, index, what stays as published, all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from analysis_lib.errors import NotebookError, RenderError
from analysis_lib.publish import PublishRequest, Stamp, publish
from analysis_lib.publish.execute import Job
from analysis_lib.publish.request import EditionRequest
from analysis_lib.settings import Settings

from .conftest import REPORTS, QuietProgress, make_request

EDITIONS = """
editions:
  - {id: de, title: Germany, description: What Germans did., restrict: {country: Germany}}
  - {id: spring, title: Spring, parameters: {as_of: 2026-05-31}, publish: asked}
"""


@pytest.fixture
def several(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A published project with two editions, whose notebooks give what those of the whole report gave."""

    def replay(
        jobs: Sequence[Job], step: Callable[[str, int, int], None], finished: Callable[[Job], None]
    ) -> None:
        for number, job in enumerate(jobs, start=1):
            kept = published.build_dir / "cache" / job.name.split("/")[-1]
            job.output.parent.mkdir(parents=True)
            shutil.copy(kept / "executed.ipynb", job.output)
            shutil.copytree(kept / "downloads", job.downloads)
            finished(job)
            step(job.name, number, len(jobs))

    monkeypatch.setattr("analysis_lib.publish.run.execute", replay)
    (published.reports / "reports.yml").write_text(REPORTS + EDITIONS, encoding="utf-8")
    return published


def edition(name: str = "de", **changes: object) -> EditionRequest:
    title = {"de": "Germany", "spring": "Spring"}[name]
    restriction = {"de": "people whose country is Germany"}.get(name, "")
    stamp = Stamp(
        shop="demo",
        data_through="2026-06-30",
        period="1–30 June 2026",
        commit="abc1234",
        currency="USD",
        edition=f"Edition {title}: {restriction}",
        edition_title=title,
    )
    made = EditionRequest(
        id=name,
        title=title,
        description="What Germans did.",
        entry=name,
        restriction=restriction,
        parameters={"shop": f"demo__{name}", "as_of": "2026-06-30", "window_days": 30},
        fingerprints={"fct_daily_pnl": "e1", "fct_sessions": "e2"},
        availability={"fct_daily_pnl": True, "fct_sessions": True},
        stamp=stamp,
        briefs=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def run(settings: Settings, *editions: EditionRequest, **changes: object) -> object:
    request: PublishRequest = replace(make_request(settings), editions=editions, **changes)  # type: ignore[arg-type]
    return publish(request, QuietProgress())


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def contents(site: Path) -> dict[str, bytes]:
    return {
        file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()
    }


def test_an_edition_stands_at_an_address_of_its_own_and_says_what_it_is(several: Settings) -> None:
    summary = run(several, edition())
    assert summary.editions == {"de": "made"}
    assert list(summary.executed) == ["de/overview", "de/funnel"]
    page = soup(several.site / "editions/de/index.html")
    assert page.select("h1")[0].get_text() == "Overview · Germany"
    assert "Shopbook · demo · Germany" in page.select("title")[0].get_text()
    assert "Edition Germany: people whose country is Germany" in page.select("footer")[0].get_text()
    links = {link.get_text(): link["href"] for link in page.select("main a[href]")}
    assert (links["The whole shop"], links["All editions"]) == ("../../index.html", "../index.html")
    search = json.loads((several.site / "editions/de/search.json").read_text())
    assert {entry["title"] for entry in search} == {"Overview · Germany", "Funnel · Germany"}
    assert "Edition" not in (several.site / "funnel.html").read_text().split("<main")[1]


def test_the_index_lists_each_edition_and_the_whole_report_links_to_it(several: Settings) -> None:
    run(several, edition(), edition("spring"))
    links = {
        link.get_text(strip=True): link["href"]
        for link in soup(several.site / "index.html").select("a[href]")
    }
    assert links["Editions"] == "editions/index.html"
    index = soup(several.site / "editions/index.html")
    rows = [[cell.get_text() for cell in row.select("td")] for row in index.select("tbody tr")]
    assert rows == [
        ["Germany", "people whose country is Germany", "1–30 June 2026", "2026-06-30", "What Germans did."],
        ["Spring", "the whole shop", "1–30 June 2026", "2026-06-30", "What Germans did."],
    ]
    for link in index.select("tbody a"):
        assert (several.site / "editions" / str(link["href"])).is_file()


def test_build_json_and_summary_json_say_how_each_was_made(several: Settings) -> None:
    run(several, edition())
    whole = json.loads((several.site / "build.json").read_text())
    own = json.loads((several.site / "editions/de/build.json").read_text())
    assert whole["editions"]["de"]["fingerprint"] == own["fingerprint"]
    assert own["parameters"]["shop"] == "demo__de"
    assert own["edition"]["restriction"] == "people whose country is Germany"
    assert own["pages"]["overview"]["inputs"]["models"] == {"fct_daily_pnl": "e1", "fct_sessions": "e2"}
    assert own["renderer"] == whole["renderer"]
    summary = json.loads((several.site / "summary.json").read_text())
    assert summary["editions"] == [
        {
            "id": "de",
            "title": "Germany",
            "restriction": "people whose country is Germany",
            "address": "editions/de/index.html",
        }
    ]


def test_nothing_changed_is_nothing_done_and_one_changed_edition_leaves_the_rest(several: Settings) -> None:
    run(several, edition(), edition("spring"))
    before = contents(several.site)
    again = run(several, edition(), edition("spring"))
    assert again.up_to_date
    assert contents(several.site) == before
    changed = edition(fingerprints={"fct_daily_pnl": "new", "fct_sessions": "e2"})
    summary = run(several, changed, edition("spring"))
    assert list(summary.executed) == ["de/overview", "de/funnel"]
    assert summary.editions == {"de": "made", "spring": "unchanged, taken over"}
    after = contents(several.site)
    same = {name for name in before if name.startswith("editions/spring/")}
    assert same
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_an_edition_that_is_not_asked_for_stays_as_it_was_published(several: Settings) -> None:
    run(several, edition(), edition("spring"))
    before = contents(several.site / "editions/spring")
    summary = run(several, edition())
    assert summary.editions["spring"] == "kept as published; --edition makes it again"
    assert contents(several.site / "editions/spring") == before
    assert "Spring" in soup(several.site / "editions/index.html").get_text()


def test_an_edition_that_left_the_list_leaves_the_site(several: Settings) -> None:
    run(several, edition(), edition("spring"))
    text = (several.reports / "reports.yml").read_text().replace("id: spring", "id: summer")
    (several.reports / "reports.yml").write_text(text)
    run(several, edition())
    assert not (several.site / "editions/spring").exists()
    assert "Spring" not in soup(several.site / "editions/index.html").get_text()


def test_an_edition_of_another_shop_does_not_stay(several: Settings) -> None:
    run(several, edition("spring"))
    other = replace(make_request(several).stamp, shop="other")
    run(several, stamp=other)
    assert not (several.site / "editions").exists()


def test_an_edition_that_fails_leaves_the_whole_site_as_it_was(
    several: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(several, edition())
    before = contents(several.site)

    def fail(*_: object) -> None:
        raise NotebookError("Notebook overview.ipynb, cell In[2]: no")

    monkeypatch.setattr("analysis_lib.publish.run.execute", fail)
    with pytest.raises(NotebookError):
        run(several, edition(fingerprints={"fct_daily_pnl": "new"}))
    assert contents(several.site) == before


def test_an_edition_may_have_fewer_pages_and_its_links_to_the_others_are_text(several: Settings) -> None:
    run(several, edition(pages=("overview",)))
    assert not (several.site / "editions/de/funnel.html").exists()
    assert "funnel.html" not in (several.site / "editions/de/index.html").read_text()


def test_a_preview_of_one_page_of_one_edition_leaves_the_site_alone(several: Settings) -> None:
    before = contents(several.site)
    summary = run(several, edition(), only=["funnel"])
    assert summary.site == several.build_dir / "preview/editions/de"
    assert [file.name for file in summary.site.glob("*.html")] == ["index.html"]
    assert list(summary.executed) == ["de/funnel"]
    assert contents(several.site) == before


def test_a_link_between_the_parts_that_leads_nowhere_stops_the_run(
    several: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "analysis_lib.publish.part.Part._links",
        lambda self: {"Away": "../../no.html"} if self.edition else {},
    )
    with pytest.raises(RenderError, match=r"editions/de/.*leads nowhere: ../../no.html"):
        run(several, edition())


def test_a_pdf_of_an_edition_says_on_every_sheet_which_it_is_of(several: Settings) -> None:
    from pypdf import PdfReader

    run(several, edition(briefs=("executive",)))
    pdf = PdfReader(several.site / "editions/de/briefs/executive.pdf")
    for sheet in pdf.pages:
        text = " ".join(sheet.extract_text().split())
        assert "demo · Edition Germany: people whose country is Germany" in text
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Executive brief · Germany"
