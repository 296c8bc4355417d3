"""Charts: the same bytes, words that say what they show, and nothing that leaks into the page."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from analysis_lib.publish.palette import PALETTE
from analysis_lib.reporting import charts, figure, numbers, rate_charts
from analysis_lib.reporting.chart import Chart

WORDS = charts.Words("Title <b>", "How to read it & more.", 'Bar chart: "first" is 1.')
DAYS = [dt.date(2026, 9, 1) + dt.timedelta(days=offset) for offset in range(30)]


def _count(value: object) -> str:
    return numbers.compact_count(value)


def _trend() -> Chart:
    values: list[float | None] = [None, *[float(100 + offset) for offset in range(29)]]
    low, high = ([value and value + by for value in values] for by in (-5, 5))
    lines = [
        charts.Line("each day", values, "days"),
        charts.Line("mean", values, "main", low, high),
        charts.Line("before", [value and value - 1 for value in values], "previous"),
    ]
    return charts.trend("trend", DAYS, lines, _count, WORDS)


def _months() -> Chart:
    starts = [dt.date(2026, month, 1) for month in range(1, 10)]
    return charts.months("months", starts, [5.0] * 9, [False] * 8 + [True], _count, WORDS)


def _bars() -> Chart:
    rows = [charts.Bar("First", 3, "$3"), charts.Bar("Second $5 $6", -2, "−$2", figure.SERIES[1])]
    return charts.bars("bars", rows, WORDS)


def _funnel() -> Chart:
    return rate_charts.funnel(
        "funnel", [rate_charts.Step("Visit", 10, 10, "10"), rate_charts.Step("Cart", 3, 5, "3")], WORDS
    )


def _estimates() -> Chart:
    rows = [
        rate_charts.Estimate("Device", "mobile", 0.1, 0.05, 0.2, "10 %", stands_out=True),
        rate_charts.Estimate("Device", "desktop", 0.2, 0.1, 0.3, "20 %"),
        rate_charts.Estimate("Source", "Email", 0.2, 0.0, 0.9, "20 %", few=True),
    ]
    return rate_charts.estimates("estimates", rows, 0.15, "all 15 %", numbers.percent, WORDS)


def _waterfall() -> Chart:
    rows = [("Gross", 10.0, True, "$10"), ("Costs", -12.0, False, "−$12"), ("Left", -2.0, True, "−$2")]
    return charts.waterfall("waterfall", rows, WORDS)


KINDS = {made.__name__.strip("_"): made for made in (_trend, _months, _bars, _funnel, _estimates, _waterfall)}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_a_chart_has_the_same_bytes_every_time(kind: str) -> None:
    assert KINDS[kind]().svg == KINDS[kind]().svg


def test_a_chart_has_the_same_bytes_in_another_process() -> None:
    code = "from tests.reporting.test_charts import _estimates; print(_estimates().svg)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == _estimates().svg


@every_kind
def test_a_chart_is_a_figure_of_the_theme_with_words(kind: str) -> None:
    html = KINDS[kind]().html.text
    assert html.startswith('<figure class="sb-figure">')
    assert '<svg class="sb-fig" role="img" aria-label="Bar chart: &quot;first&quot; is 1."' in html
    assert "<figcaption><strong>Title &lt;b&gt;.</strong> How to read it &amp; more.</figcaption>" in html


@every_kind
def test_a_drawing_is_clean_inline_svg(kind: str) -> None:
    svg = KINDS[kind]().svg
    ElementTree.fromstring(svg)
    assert "<style" not in svg, "a style element would hold for the whole page"
    assert "<?xml" not in svg
    assert "<!" not in svg
    assert "metadata" not in svg
    assert not re.search(r"\b(nan|inf)\b", svg)
    assert "viewBox" in svg.split(">", 1)[0]
    assert 'width="' not in svg.split(">", 1)[0]


@every_kind
def test_ids_are_used_and_belong_to_the_chart(kind: str) -> None:
    svg = KINDS[kind]().svg
    ids = re.findall(r' id="([^"]*)"', svg)
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
    assert len(ids) == len(set(ids))
    assert set(ids) == used
    assert all(name.startswith(f"{kind}-") for name in ids)


@every_kind
def test_every_colour_is_one_that_has_a_dark_twin(kind: str) -> None:
    light = {colour for colour, _ in PALETTE.values()}
    assert set(re.findall(r"#[0-9a-f]{6}\b", KINDS[kind]().svg)) <= light


@every_kind
def test_text_is_text_in_the_font_of_the_page(kind: str) -> None:
    svg = KINDS[kind]().svg
    assert "<text" in svg
    assert "DejaVu" not in svg
    assert set(re.findall(r"(?:px|font-family:) ?([a-zA-Z' -]+)", svg)) <= {"sans-serif"}


def test_two_dollar_signs_are_money_and_not_mathematics() -> None:
    assert "Second $5 $6" in _bars().svg


def test_the_palettes_of_charts_and_theme_are_the_same() -> None:
    light = {name: colour for name, (colour, _) in PALETTE.items()}
    assert [light[f"series-{place}"] for place in range(1, 9)] == list(figure.SERIES)
    named = {"ink": figure.INK, "muted": figure.MUTED, "grid": figure.GRID, "previous": figure.PREVIOUS}
    named |= {"surface": figure.SURFACE, "good": figure.GOOD, "bad": figure.BAD, "warn": figure.WARN}
    assert {name: light[name] for name in named} == named


def test_a_partial_month_is_hatched() -> None:
    whole = charts.months("months", [dt.date(2026, 9, 1)], [5.0], [False], _count, WORDS).svg
    cut = charts.months("months", [dt.date(2026, 9, 1)], [5.0], [True], _count, WORDS).svg
    assert "<pattern" not in whole
    assert "<pattern" in cut


def test_a_gap_in_a_line_stays_a_gap() -> None:
    values: list[float | None] = [1.0, 2.0, None, None, 3.0, 4.0]
    made = charts.trend("gap", DAYS[:6], [charts.Line("", values)], _count, WORDS).svg
    line = next(path for path in re.findall(r'<path d="([^"]*)"[^>]*clip-path', made) if path.count("L") >= 2)
    assert line.count("M") == 2, "two pieces, not one line through the gap"


def test_labels_do_not_overlap() -> None:
    moved = figure.spread([1.0, 1.01, 1.02, 9.0], 0.5)
    assert moved == sorted(moved)
    gaps = [after - before for before, after in itertools.pairwise(moved)]
    assert min(gaps) >= 0.5 - 1e-9
