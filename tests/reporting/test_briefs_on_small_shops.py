"""The briefs of shops with nothing and almost nothing in them: every section says so in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pypdf
import pytest
from bs4 import BeautifulSoup

from analysis_lib.publish.brief import Paper, write_brief
from analysis_lib.publish.notebook import Notebook, joined, read_notebook, source, tags
from analysis_lib.publish.plan import BriefSpec, Plan, make_plan, read_reports
from analysis_lib.publish.render_builtin import render_brief
from analysis_lib.publish.request import Stamp
from analysis_lib.shop import Shop

ROOT = Path(__file__).parents[2]
STAMP = Stamp(shop="tiny", data_through="2026-09-30", period="1 September 2026 – 30 September 2026")
REPORTS = read_reports(ROOT / "reports/reports.yml", ROOT / "notebooks")
PLAN: Plan = make_plan(REPORTS, {model: True for page in REPORTS.pages for model in page.requires})
SHOPS = ("empty", "one order")
every_brief = pytest.mark.parametrize("spec", PLAN.briefs, ids=lambda spec: spec.id)


def executed(path: Path, book: Shop) -> Notebook:
    """The notebook with the outputs of its cells, run here on a shop that is open already."""
    notebook = read_notebook(path)
    names: dict[str, Any] = {"book": book}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or "parameters" in tags(cell):
            continue
        lines = [line for line in source(cell).splitlines() if not line.startswith(("#|", "book ="))]
        *before, last = lines
        exec("\n".join(before), names)
        shown = eval(last, names)
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/html": [shown.text]}}]
        cell["execution_count"] = 1
    return notebook


@pytest.fixture(scope="module")
def notebooks() -> dict[tuple[str, str], Notebook]:
    return {}


@every_brief
@pytest.mark.parametrize("shop", SHOPS)
def test_a_brief_comes_out_whatever_there_is_in_the_shop(
    shop: str,
    spec: BriefSpec,
    small_shops: dict[str, Shop],
    notebooks: dict[tuple[str, str], Notebook],
    tmp_path: Path,
) -> None:
    for page in PLAN.pages:
        if page.id in spec.pages and (shop, page.id) not in notebooks:
            notebooks[shop, page.id] = executed(page.notebook, small_shops[shop])
    pages: Mapping[str, Notebook] = {name: notebooks[shop, name] for name in spec.pages}
    document = write_brief(tmp_path / "brief", spec, Paper(PLAN, pages, STAMP, ROOT / "reports/theme/brief"))
    reader = pypdf.PdfReader(render_brief(document))
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
    assert "Howthisbriefwasmade" in text
    for page in pages.values():
        for cell in page["cells"]:
            if {spec.tag, f"{spec.tag}-first"} & tags(cell) and cell["cell_type"] == "code":
                soup = BeautifulSoup(joined(cell["outputs"][0]["data"]["text/html"]), "html.parser")
                for sentence in soup.select(".empty"):
                    assert re.sub(r"\s", "", sentence.get_text()) in text
