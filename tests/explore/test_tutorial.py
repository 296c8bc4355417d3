"""The tutorial runs from its first cell to its last, says what it promises, and its page can be made."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from analysis_lib import cli
from analysis_lib.settings import load_settings
from analysis_lib.shop import open_shop
from analysis_lib.verbs.lab import kernel_folder

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "notebooks" / "tutorial.ipynb"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def executed(report_project: Path) -> dict[str, Any]:
    """The outputs of each cell of the executed tutorial, by the cell's id."""
    notebook = nbformat.read(TUTORIAL, as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPBOOK_PROJECT", str(report_project))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("JUPYTER_PATH", str(kernel_folder(load_settings())))
        NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return {cell["id"]: cell["outputs"] for cell in notebook.cells if cell["cell_type"] == "code"}


def shown(outputs: list[Any], kind: str = "text/plain") -> str:
    return "".join(output["data"].get(kind, "") for output in outputs if "data" in output)


def test_every_cell_shows_what_its_text_promises(executed: dict[str, Any]) -> None:
    assert "Data through" in shown(executed["open-shop"], "text/html")
    assert "fct_daily_pnl" in shown(executed["list-marts"])
    assert "cumulative_contribution" in shown(executed["one-mart"])
    assert len(re.findall(r"^\d+ ", shown(executed["read-mart"]), re.MULTILINE)) == 7
    assert "bounces" in shown(executed["ask-sql"])
    assert "was $" in shown(executed["explain-metric"])
    assert "Net revenue" in shown(executed["explain-metric"], "text/html")
    assert "Overview (overview.ipynb)" in shown(executed["explain-metric"])
    assert shown(executed["explain-column"]).startswith("fct_sessions.is_bounce")
    assert "<svg" in shown(executed["draw"], "text/html")
    assert "Sessions by traffic source" in shown(executed["show-table"], "text/html")


def test_the_mistake_is_one_sentence(executed: dict[str, Any]) -> None:
    [error] = executed["a-mistake"]
    assert error["traceback"] == [
        'ModelError: There is no model fct_daily_pln. Did you mean "fct_daily_pnl"?'
    ]


def test_other_parameters_are_those_that_were_asked_for(executed: dict[str, Any]) -> None:
    said, result = executed["other-window"]
    assert said["text"].startswith("Building marts for these parameters, apart from those of the shop small")
    assert "24–30 Jun 2026" in result["data"]["text/plain"]
    assert "1–30 Jun 2026" in shown(executed["explain-metric"])


def test_nothing_else_fails_or_warns(executed: dict[str, Any]) -> None:
    for name, outputs in executed.items():
        kinds = [output["output_type"] for output in outputs]
        assert ("error" in kinds) == (name == "a-mistake"), name
        assert not any(output.get("name") == "stderr" for output in outputs), name


def test_the_page_of_ones_own_is_made_as_the_tutorial_says(
    report_project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = shutil.copytree(report_project, tmp_path / "project")
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(project))
    [text] = [cell["source"] for cell in nbformat.read(TUTORIAL, 4).cells if cell["id"] == "page"]
    parameters, *code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [entry] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0])
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# My page\n\nWhich devices?")])
    page.cells.append(nbformat.v4.new_code_cell(parameters.strip(), metadata={"tags": ["parameters"]}))
    page.cells += [nbformat.v4.new_code_cell(source.strip()) for source in code]
    nbformat.write(page, project / "notebooks" / entry["notebook"])
    path = project / "reports" / "reports.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["pages"].append(entry)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    [command] = re.findall(r"`shopbook (report --only \S+)`", text)
    assert cli.main(["--quiet", *command.split()]) == 0
    [made] = re.findall(r"^site: (\S+)", capsys.readouterr().out, re.MULTILINE)
    html = Path(made).read_text(encoding="utf-8")
    assert "Sessions by device" in html
    assert 'id="metric-sessions"' in html
    assert "Shop <b>small</b>" in html


def test_the_edition_of_the_tutorial_can_be_made(
    report_project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = shutil.copytree(report_project, tmp_path / "project")
    monkeypatch.setenv("SHOPBOOK_PROJECT", str(project))
    [text] = [cell["source"] for cell in nbformat.read(TUTORIAL, 4).cells if cell["id"] == "edition"]
    [entry] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0])
    path = project / "reports" / "reports.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["editions"].append(entry)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    with open_shop() as book:
        assert entry["restrict"]["device"] in set(book.mart("fct_sessions", "device")["device"])
    capsys.readouterr()
    assert cli.main(["--quiet", "report", "--list"]) == 0
    assert entry["id"] in capsys.readouterr().out
    assert cli.main(["--quiet", "report", "--edition", entry["id"], "--only", "funnel"]) == 0
    with open_shop(f"small__{entry['id']}") as book:
        assert book.sql("select distinct device from fct_sessions where is_first_session")[
            "device"
        ].tolist() == ["mobile"]
        assert "Phones" in repr(book)


def test_the_tutorial_is_not_published() -> None:
    document = yaml.safe_load((ROOT / "reports" / "reports.yml").read_text(encoding="utf-8"))
    assert TUTORIAL.name not in [page["notebook"] for page in document["pages"]]
