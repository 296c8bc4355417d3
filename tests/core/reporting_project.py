"""The small shop's project with one page and one alert, for tests that run the whole of `shopbook report`."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.publish.conftest import PARAMETERS, SETUP, code, markdown, write

ROOT = Path(__file__).resolve().parents[2]
CARD = """
display(HTML('''<div class="kpi-card" data-metric="orders" data-format="count" data-value="80"
data-previous="100"><div class="kpi-label">Orders</div><div class="kpi-value">80</div></div>'''))
"""
# The alert is raised: 80 orders are 20 % less than 100.
REPORTS = """
pages:
  - {id: overview, notebook: overview.ipynb, title: Overview, output: index}
alerts:
  - {id: fewer, metric: orders, when: {change_below: -10 %}, severity: warn}
"""


def add_report(project: Path) -> Path:
    """Give a project with a loaded shop a page, an alert, the theme and the configuration of the site."""
    shutil.copy(ROOT / "_quarto.yml", project / "_quarto.yml")
    shutil.copytree(ROOT / "reports" / "theme", project / "reports" / "theme")
    write_reports(project, REPORTS)
    write_page(project, CARD)
    return project


def write_page(project: Path, cell: str) -> None:
    """The page, with this cell as all that it does."""
    cells = [markdown("# Overview"), code(PARAMETERS, "parameters"), code(SETUP), code(cell)]
    write(project / "notebooks" / "overview.ipynb", *cells)


def write_reports(project: Path, text: str) -> None:
    """Another reports.yml."""
    (project / "reports" / "reports.yml").write_text(text, encoding="utf-8")
