"""What a brief says beside its cells: facts under the title, definitions of what it shows, and its making."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.publish.brief_appendix import Definition, appendix, method_of, shown, stamp_of
from analysis_lib.publish.brief_cells import is_chosen, most_of, notices
from analysis_lib.publish.render_builtin import render_brief
from analysis_lib.settings import Settings

from .conftest import make_request
from .test_brief import brief, html, text

CARD = '<div class="kpi-card"><div class="kpi-label"><a href="#metric-{}">{}</a></div></div>'
DEFINITIONS = (
    '<dl class="definitions"><dt id="metric-orders">Orders</dt><dd>Not cancelled. <em>Their number.</em> '
    "<small>fct_daily_pnl: orders; defined 2026-11-21.</small></dd>"
    '<dt id="metric-aov">Average order value</dt><dd>Net revenue for each order.</dd>'
    '<dt id="metric-roas">ROAS</dt><dd>Net revenue for each unit of money.</dd></dl>'
    "<p>Parameters of the run: as_of = 2026-06-30, window_days = 30.</p>"
    "<details><summary>fct_daily_pnl</summary><pre><code>select 1</code></pre></details>"
)
STAMP = (
    '<p class="stamp">Shop <b>demo</b> · window 1–30 Jun 2026, before it 2–31 May 2026</p>'
    '<div class="finding is-warn">The newest order is of 20 Jun 2026, 10 days before the last day.</div>'
)


def untagged(value: str) -> dict[str, object]:
    return {**html(value), "metadata": {}}


def document(project: Settings, tmp_path: Path, *cells: dict[str, object]) -> str:
    made = brief(project, tmp_path, untagged(STAMP), *cells, untagged(DEFINITIONS))
    return made.read_text(encoding="utf-8")


def test_the_facts_and_banners_of_the_page_stand_under_the_title(project: Settings, tmp_path: Path) -> None:
    made = document(project, tmp_path, text("Findings."))
    facts = '#brief-facts[#"Shop ";#strong[#"demo";];#"\u00a0· window ";#box[#"1–30";]'
    assert facts in made
    banner = '#brief-finding(tone: "warn")[#"The newest order is of 20 Jun 2026'
    assert made.index(facts) < made.index(banner) < made.index("Findings.")


def test_a_banner_of_several_pages_is_said_once() -> None:
    cells = {"cells": [untagged(STAMP)], "metadata": {}}
    line, banners = stamp_of(cells)
    assert line
    assert len(banners) == 1
    assert stamp_of({"cells": [html("<p>x</p>")], "metadata": {}}) == ("", [])


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        (html(f'<div class="kpi-grid">{CARD.format("orders", "Ordered")}</div>'), ["Orders"]),
        (
            html("<table><tr><th>Average order value</th></tr><tr><td>1</td></tr></table>"),
            ["Average order value"],
        ),
        (html("<table><tr><th>ROAS, mean</th></tr><tr><td>1</td></tr></table>"), ["ROAS"]),
        (
            html(
                '<figure><svg aria-label="x"><text>orders</text></svg><figcaption>ROAS.</figcaption></figure>'
            ),
            ["Orders", "ROAS"],
        ),
        (html('<div class="finding is-good">Orders rose.</div>'), []),
        (html("<p>Preorders and broas.</p>"), []),
    ],
)
def test_only_what_is_shown_is_defined(
    project: Settings, tmp_path: Path, cell: dict[str, object], labels: list[str]
) -> None:
    made = document(project, tmp_path, cell).split("#brief-appendix(")[1]
    assert [
        name for name in ("Orders", "Average order value", "ROAS") if f'([#"{name}";], ' in made
    ] == labels
    assert "defined 2026" not in made


def test_definitions_in_a_cell_of_the_brief_count_too() -> None:
    entries = [Definition("", "Velocity: Weighted error", ""), Definition("", "Velocity: Bias", "")]
    assert shown(entries, set(), "a table with the Weighted error") == entries[:1]


def test_it_says_from_what_it_was_made(project: Settings, tmp_path: Path) -> None:
    downloads = (
        "<table><tr><th>a</th></tr><tr><td>1</td></tr></table><ul class='downloads'><li><a href='d/rows.csv'>"
    )
    made = document(project, tmp_path, html(f"{downloads}a</a></li></ul>")).split("made: ")[1]
    for words in (
        "by these models: fct_daily_pnl.",
        "window_days = 30",
        "on the site, in downloads/overview.",
        "Built from commit abc1234; 18 of 19 checks passed, 1 warned.",
    ):
        assert words in made
    assert "select 1" not in made


def test_the_definitions_stand_in_two_columns_of_like_length(project: Settings) -> None:
    entries = [Definition("", f"M{number}", "x" * length) for number, length in enumerate((300, 10, 10, 250))]
    made = appendix(entries, [], make_request(project).stamp, "")
    left, right = made.split("made:")[0].split("), (([")
    assert [name for name in ("M0", "M1", "M2", "M3") if name in left] == ["M0", "M1"]
    assert "M2" in right
    assert "M3" in right


def test_a_page_without_definitions_has_none() -> None:
    assert method_of({"cells": [html("<p>x</p>")], "metadata": {}}).definitions == ()


@pytest.mark.parametrize(
    ("tags", "is_in", "most"),
    [
        ({"brief"}, True, None),
        ({"brief-only", "brief-break"}, True, None),
        ({"brief-first"}, True, 1),
        ({"executive", "brief-first-12"}, True, 12),
        ({"brief-break"}, False, None),
        ({"executive-first"}, False, None),
    ],
)
def test_tags_choose_cells_and_how_much_of_them(tags: set[str], is_in: bool, most: int | None) -> None:
    assert is_chosen(tags, "brief") is is_in
    assert most_of(tags, "brief") == most


def test_of_a_cell_the_first_findings_figures_and_tables_are_taken(project: Settings, tmp_path: Path) -> None:
    findings = "".join(f'<div class="finding is-good">Finding {n}</div><p>Remark {n}</p>' for n in (1, 2, 3))
    cell = {**html(f"<p>Before</p>{findings}"), "metadata": {"tags": ["brief-first-2"]}}
    made = document(project, tmp_path, cell)
    for words in ("Before", "Finding 1", "Remark 1", "Finding 2", "Remark 2"):
        assert words in made
    assert "Finding 3" not in made
    assert "Remark 3" not in made


def test_a_heading_and_its_question_stay_with_the_answer(project: Settings, tmp_path: Path) -> None:
    made = document(project, tmp_path, text("## Steps\n\nHow many?"), text("No heading."))
    assert "```{=typst}\n#brief-lead[\n```\n\n## Steps\n\nHow many?\n\n```{=typst}\n]\n```" in made
    assert made.count("#brief-lead[") == 1


def test_alerts_of_its_pages_stand_under_the_title_once(project: Settings, tmp_path: Path) -> None:
    alert = '::: {.callout-warning title="Alert"}\n- **Net revenue** is $1: below $2.\n:::'
    other = '::: {.callout-note title="Alert not known"}\n- **ROAS** (below 1): no spend.\n:::'
    made = brief(project, tmp_path, text("Findings."), notice=f"{alert}\n\n{other}\n").read_text(
        encoding="utf-8"
    )
    assert '#brief-finding(tone: "warn")[\n```\n\n**Alert**\n\n- **Net revenue** is $1' in made
    assert made.index("Net revenue") < made.index("ROAS") < made.index("Findings.")
    assert "callout" not in made
    assert notices([alert, alert]) == notices([alert])
    render_brief(tmp_path / "brief/executive.qmd")
