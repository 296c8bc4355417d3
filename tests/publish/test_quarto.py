"""Quarto: the command line, what it is given, and, where it is installed, what it makes of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from analysis_lib.errors import RenderError
from analysis_lib.publish import publish, render_quarto
from analysis_lib.publish.site import requests_outside
from analysis_lib.settings import Settings

from .conftest import ROOT, QuietProgress, make_request

# Stands for Quarto: keeps what it was called with and given, and makes the files it is asked for.
STAND_IN = """#!{python}
import json, pathlib, shutil, sys
calls = pathlib.Path({calls!r})
if sys.argv[1:] == ["--version"]:
    sys.exit(print("1.10.18"))
here = pathlib.Path.cwd()
config = (here / "_quarto.yml").read_text()
with calls.open("a") as log:
    document = (here / sys.argv[2]).read_text() if sys.argv[2].endswith(".qmd") else ""
    files = sorted(path.name for path in here.iterdir())
    call = {{"args": sys.argv[1:], "files": files, "config": config, "document": document}}
    log.write(json.dumps(call) + "\\n")
if {failure!r}:
    print("\\x1b[31mERROR: Could not find x\\x1b[39m", file=sys.stderr)
    sys.exit(1)
if sys.argv[2].endswith(".qmd"):
    (here / sys.argv[2]).with_suffix(".pdf").write_bytes(b"%PDF /Type /Page /Type /Page")
else:
    print("WARNING: something is odd")
    (here / "_site").mkdir()
    for page in {pages!r}:
        (here / "_site" / page).write_text("<main></main>")
    (here / "_site/search.json").write_text("[]")
    shutil.copytree("briefs", "_site/briefs")
"""


def stand_in(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: str = "",
    pages: tuple[str, ...] = ("index.html", "funnel.html"),
) -> Path:
    command = folder / "bin/quarto"
    command.parent.mkdir()
    calls = folder / "calls.jsonl"
    text = STAND_IN.format(python=sys.executable, calls=str(calls), failure=failure, pages=pages)
    command.write_text(text, encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    return calls


def test_quarto_is_given_executed_notebooks_and_never_executes(
    published: Settings, progress: QuietProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = stand_in(tmp_path, monkeypatch)
    summary = publish(make_request(published, renderer="auto"), progress)
    assert summary.renderer == "quarto 1.10.18"
    assert summary.executed == {}
    assert summary.notes == ("WARNING: something is odd",)
    brief, site = (json.loads(line) for line in calls.read_text().splitlines())
    assert site["args"] == ["render", "--to", "html"]
    assert {"index.ipynb", "funnel.ipynb", "_quarto.yml", "reports", "briefs", "downloads"} <= set(
        site["files"]
    )
    config = yaml.safe_load(site["config"])
    assert config["execute"] == {"enabled": False}
    assert "freeze" not in site["config"]
    assert "smalldocs" not in config
    assert brief["args"] == ["render", "executive.qmd", "--to", "typst"]
    assert yaml.safe_load(brief["config"]) == {"project": {"type": "default"}}
    assert {"typst-template.typ", "typst-show.typ", "fonts", "figure-1.svg"} <= set(brief["files"])
    matter = yaml.safe_load(brief["document"].split("---")[1])
    assert matter["format"]["typst"]["template-partials"] == ["typst-template.typ", "typst-show.typ"]
    assert matter["execute"] == {"enabled": False}


def test_an_error_of_quarto_is_said_and_leaves_the_site(
    published: Settings, progress: QuietProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (published.site / "index.html").read_bytes()
    stand_in(tmp_path, monkeypatch, failure="yes")
    with pytest.raises(RenderError) as error:
        publish(make_request(published, renderer="quarto"), progress)
    assert str(error.value) == (
        "Quarto could not render the brief executive: ERROR: Could not find x Try --renderer builtin."
    )
    assert (published.site / "index.html").read_bytes() == before


def test_a_page_that_quarto_did_not_make_is_an_error(
    published: Settings, progress: QuietProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, pages=("index.html",))
    with pytest.raises(RenderError, match=r"did not make funnel.html \(for funnel\)"):
        publish(make_request(published, renderer="quarto"), progress)


def test_one_quarto_is_told_from_another_without_starting_it(tmp_path: Path) -> None:
    command = tmp_path / "quarto/bin/quarto"
    command.parent.mkdir(parents=True)
    command.write_text("")
    assert render_quarto.identity(str(command)).startswith("quarto of 0 bytes at ")
    (tmp_path / "quarto/share").mkdir()
    (tmp_path / "quarto/share/version").write_text("1.10.18\n")
    assert render_quarto.identity(str(command)) == "quarto 1.10.18"


def test_the_configuration_holds_no_key_that_is_misspelt() -> None:
    # smalldocs knows the names of Quarto's options; these few exist in Quarto only
    from smalldocs.config import load

    assert set(load(ROOT).warnings) == {
        "execute.enabled is ignored: smalldocs runs no code",
        "format.html.grid is ignored",
        "format.html.respect-user-color-scheme is ignored",
    }


@pytest.mark.needs_quarto
def test_quarto_itself_makes_the_site_and_the_brief(published: Settings, progress: QuietProgress) -> None:
    if render_quarto.find() is None:
        pytest.skip("the command quarto is not on this machine")
    import pypdf

    summary = publish(make_request(published, renderer="quarto"), progress)
    assert summary.renderer.startswith("quarto 1.")
    assert requests_outside(published.site) == []
    page = (published.site / "funnel.html").read_text(encoding="utf-8")
    for raw in (":::", "{.callout", "window_days = 30"):
        assert raw not in page
    pdf = pypdf.PdfReader(published.site / "briefs/executive.pdf")
    assert len(pdf.pages) == 2
    assert "Steps of a session" in pdf.pages[1].extract_text()
