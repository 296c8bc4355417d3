"""A small project of its own: two notebooks, a brief, the real theme and configuration."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from analysis_lib.publish import PublishRequest, PublishSummary, Stamp, publish
from analysis_lib.publish.execute import Job
from analysis_lib.settings import Settings
from tests.translations import KEPT_THERE

ROOT = Path(__file__).parents[2]

PARAMETERS = """
shop = ""  # the shop
as_of = ""  # the last day that counts
window_days = 30  # days of the window
"""

SETUP = """
#| include: false
from IPython.display import HTML, Markdown, display
run = f"{shop} {as_of} {window_days}"
"""

CARDS = """
#| echo: false
display(HTML('''<div class="kpi-grid">
<div class="kpi-card" data-metric="net_revenue" data-format="money" data-value="1234567.89"
data-previous="1099347.1">
<div class="kpi-label" title="Gross sales less discounts">Net revenue</div>
<div class="kpi-value">$1,234,567.89</div><div class="kpi-change is-good">▲ +12.3 %</div>
<div class="kpi-note">was $1,099,347.10 on 2 May–31 May</div></div>
<div class="kpi-card" data-metric="orders" data-format="count" data-value="12345" data-previous="12495">
<div class="kpi-label">Orders</div><div class="kpi-value">12,345</div>
<div class="kpi-change is-bad">▼ −1.2 %</div><div class="kpi-note">was 12,495</div></div>
<div class="kpi-card"><div class="kpi-label">Average order value</div><div class="kpi-value">$100.00</div>
<div class="kpi-change is-neutral">– no change</div><div class="kpi-note">net revenue / orders</div></div>
<div class="kpi-card"><div class="kpi-label">Conversion</div><div class="kpi-value">3.4 %</div>
<div class="kpi-change is-good">▲ +0.4 points</div><div class="kpi-note">from 3.0 %</div></div>
</div>'''))
"""

FIGURE = """
bars = "".join(
    f'<rect x="{60 + 12 * i}" y="{180 - 3 * i}" width="9" height="{3 * i}" style="fill: #3b6fb6"/>'
    for i in range(1, 46)
)
labels = '<text x="60" y="200" style="font: 12px sans-serif; fill: #2b303a">1 June</text>'
display(HTML(
    '<figure class="sb-figure"><svg xmlns="http://www.w3.org/2000/svg" class="sb-fig" role="img" '
    'viewBox="0 0 640 210" '
    'aria-label="Bars of daily orders: they rise towards the end of the month.">'
    '<path d="M55 180H620" style="stroke: #d9dee5"/>' + bars + labels +
    '</svg><figcaption>Orders per day, 1–30 June 2026.</figcaption></figure>'
))
"""

TABLE = """
import pandas as pd
from great_tables import GT
frame = pd.DataFrame({
    "Step": ["Visit", "View", "Cart <b>", "Order"],
    "Sessions": ["20,000", "14,210", "3,912", "1,022"],
    "Rate": ["", "71.1 %", "27.5 %", "26.1 %"],
})
table = (GT(frame, id="steps").tab_header("Steps of a session", subtitle="1–30 June 2026")
         .cols_align("right", ["Sessions", "Rate"]).tab_source_note("Rates are of the step before."))
display(HTML('<div class="table-box">' + table.as_raw_html() + '</div>'))
"""

HOW = """
display(Markdown('''::: {.callout-note collapse="true" title="How this is computed"}
The model `fct_funnel_daily`:

```sql
select session_date, count(*) as sessions
from fct_sessions
group by session_date
```
:::
'''))
"""

DOWNLOAD = """
#| echo: false
import os
from pathlib import Path
if folder := os.environ.get("SHOPBOOK_DOWNLOADS"):
    Path(folder, "steps.csv").write_text(frame.to_csv(index=False), encoding="utf-8", newline="")
    url = os.environ["SHOPBOOK_DOWNLOADS_URL"]
    link = f'<a href="{url}/steps.csv" download>Steps (CSV)</a> <span class="size">4 rows</span>'
    display(HTML(f'<ul class="downloads"><li>{link}</li></ul>'))
"""

FINDINGS = """
display(Markdown(f'''::: {{.findings}}
- **Mobile** loses more visits between view and cart than desktop ({run}).
- Net revenue rose by $135,220 to $1,234,567, *mostly* from returning customers.
:::
'''))
"""


def code(text: str, *tags: str) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(text.strip())
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def markdown(text: str, *tags: str) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_markdown_cell(textwrap.dedent(text).strip())
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def write(path: Path, *cells: nbformat.NotebookNode) -> Path:
    """Write a notebook with steady cell ids, as the project's own notebooks have."""
    for number, cell in enumerate(cells):
        cell["id"] = f"c{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def overview_cells() -> list[nbformat.NotebookNode]:
    return [
        markdown("# Overview\n\nHow did the shop do? See [the funnel](funnel.ipynb#steps)."),
        code(PARAMETERS, "parameters"),
        code(SETUP),
        code("display(HTML(f'<p class=\"stamp\">Data through <b>{as_of}</b></p>'))"),
        markdown("## Key figures", "brief"),
        code(CARDS, "brief"),
        code(FINDINGS, "brief"),
        markdown("## Orders per day", "brief"),
        code(FIGURE, "brief"),
    ]


def funnel_cells() -> list[nbformat.NotebookNode]:
    return [
        markdown("# Funnel\n\nWhere do visits stop? Back to the [overview](overview.ipynb)."),
        code(PARAMETERS, "parameters"),
        code(SETUP),
        markdown("## Steps", "brief", "brief-break"),
        code(TABLE, "brief"),
        code(HOW),
        code(DOWNLOAD),
        code('display(Markdown(f"Only for the brief: {run}."))', "brief-only"),
    ]


REPORTS = """
pages:
  - id: overview
    notebook: overview.ipynb
    title: Overview
    description: How the shop did.
    output: index
    requires: [fct_daily_pnl]
  - id: funnel
    notebook: funnel.ipynb
    title: Funnel
    requires: [fct_sessions]
briefs:
  - id: executive
    title: Executive brief
    pages: [overview, funnel]
    length: 2
"""


class QuietProgress:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str, int, int], None]]:
        yield lambda label, done, total: self.said.append(f"{name}: {done}/{total} {label}")


def make_project(root: Path) -> Settings:
    """A project folder with the real theme and `_quarto.yml`, and the two notebooks above."""
    (root / "reports").mkdir(parents=True)
    shutil.copy(ROOT / "_quarto.yml", root / "_quarto.yml")
    shutil.copytree(ROOT / "reports/theme", root / "reports/theme")
    (root / "reports/reports.yml").write_text(REPORTS, encoding="utf-8")
    write(root / "notebooks/overview.ipynb", *overview_cells())
    write(root / "notebooks/funnel.ipynb", *funnel_cells())
    return settings_of(root)


def settings_of(root: Path) -> Settings:
    return Settings(
        root=root,
        warehouse=root / "data/warehouse.duckdb",
        site=root / "reports/_site",
        build_dir=root / "reports/_build",
        temp_dir=root / "data/tmp",
    )


def make_request(settings: Settings, commit: str = "abc1234", **changes: object) -> PublishRequest:
    values: dict[str, object] = {
        "settings": settings,
        "parameters": {"shop": "demo", "as_of": "2026-06-30", "window_days": 30},
        "fingerprints": {"fct_daily_pnl": "a1", "fct_sessions": "b1"},
        "availability": {"fct_daily_pnl": True, "fct_sessions": True},
        "stamp": Stamp(
            shop="demo",
            data_through="2026-06-30",
            period="1–30 June 2026",
            commit=commit,
            currency="USD",
            checks_passed=18,
            checks_warned=1,
            parameters={"window": "30 days"},
        ),
        "renderer": "builtin",
    }
    return PublishRequest(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def _library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stands for the code of analysis_lib, which may be edited while the tests run."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "pages.py").write_text("# version 1\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def library(_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("analysis_lib.publish.run._LIBRARY", _library)
    return _library


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory, _library: Path) -> tuple[Settings, PublishSummary]:
    """A project published once; tests that change it copy it."""
    settings = make_project(tmp_path_factory.mktemp("published") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis_lib.publish.run._LIBRARY", _library)
        return settings, publish(make_request(settings), QuietProgress())


@pytest.fixture
def site(_published: tuple[Settings, PublishSummary]) -> Path:
    """The published site; only to be looked at."""
    return _published[0].site


@pytest.fixture
def first_run(_published: tuple[Settings, PublishSummary]) -> PublishSummary:
    """The summary of the run that published the site."""
    return _published[1]


@pytest.fixture
def published(_published: tuple[Settings, PublishSummary], tmp_path: Path) -> Settings:
    """A published project of the test's own, cache and all, so that little has to run again."""
    root = tmp_path / "project"
    shutil.copytree(_published[0].root, root, symlinks=True)
    return settings_of(root)


@pytest.fixture
def replayed(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A published project whose notebooks are not run: each gives what it gave the first time."""

    def replay(
        jobs: Sequence[Job], step: Callable[[str, int, int], None], finished: Callable[[Job], None]
    ) -> None:
        for number, job in enumerate(jobs, start=1):
            kept = published.build_dir / "cache" / job.name
            job.output.parent.mkdir(parents=True)
            shutil.copy(kept / "executed.ipynb", job.output)
            shutil.copytree(kept / "downloads", job.downloads)
            finished(job)
            step(job.name, number, len(jobs))

    monkeypatch.setattr("analysis_lib.publish.run.execute", replay)
    return published


@pytest.fixture
def progress() -> QuietProgress:
    return QuietProgress()


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """An unpublished project."""
    return make_project(tmp_path / "project")


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SHOPBOOK_")]:
        if name not in KEPT_THERE:
            monkeypatch.delenv(name)
