"""Characters on paper: none without a glyph, whatever a shop calls its products."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pypdf
import pytest

from analysis_lib.publish.render_builtin import render_brief
from analysis_lib.publish.typst_fonts import MISSING, read_fonts
from analysis_lib.settings import Settings

from .conftest import ROOT
from .test_brief import brief, html, text

FONTS = read_fonts(ROOT / "reports/theme/brief/fonts")


def printed(document: Path) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(render_brief(document)).pages)


@pytest.mark.parametrize("name", ["Größe – naïve", "Пальто", "Παλτό", "₹ 1,000 → ▲ ≥ ∞", "a\u00a0b\u200bc"])
def test_what_the_font_has_stays(name: str) -> None:
    assert FONTS.printable(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [("日本 coat", f"{MISSING * 2} coat"), ("😀", MISSING), ("a\u0007b", "a b"), ("a\ufe0f", "a\ufe0f")],
)
def test_what_it_has_not_is_seen_to_be_missing(name: str, shown: str) -> None:
    assert FONTS.printable(name) == shown


def test_no_product_name_stops_a_brief(project: Settings, tmp_path: Path) -> None:
    # Every kind of character that is one: letters of all scripts, marks, signs, emoji, private use
    letters = "".join(chr(code) for code in range(0x20, sys.maxunicode, 97) if not 0xD800 <= code <= 0xDFFF)
    escaped = letters.replace("&", "&amp;").replace("<", "&lt;")
    label = f'<text style="font: 9px sans-serif">日本 {escaped}</text>'
    svg = f'<svg viewBox="0 0 9 9" aria-label="日本 bars">{label}</svg>'
    cells = [
        html(f"<table><tr><th>日本</th></tr><tr><td>{escaped}</td></tr></table>"),
        html(f'<div class="finding is-good">{escaped}</div><figure>{svg}</figure>'),
        text("## 日本\n\nПальто 日本"),
    ]
    shown = printed(brief(project, tmp_path, *cells, shop="日本"))
    assert "Пальто" in shown
    assert MISSING * 2 in shown


def test_a_font_that_is_put_beside_the_template_is_used(project: Settings, tmp_path: Path) -> None:
    import matplotlib

    cell = text("One ★ star")
    assert f"One {MISSING} star" in printed(brief(project, tmp_path / "a", cell))
    font = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
    shutil.copy(font, project.reports / "theme/brief/fonts")
    assert "One ★ star" in printed(brief(project, tmp_path / "b", cell))
