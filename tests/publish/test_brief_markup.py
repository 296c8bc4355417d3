"""What the HTML of a notebook becomes in a brief: Typst markup of the template."""

from __future__ import annotations

import pytest

from analysis_lib.publish.svg import for_print
from analysis_lib.publish.typst_fonts import read_fonts
from analysis_lib.publish.typst_markup import Figure, from_html
from analysis_lib.publish.typst_text import NotPrintable

from .conftest import ROOT

FONTS = read_fonts(ROOT / "reports/theme/brief/fonts")


def markup(html: str, most: int | None = None) -> str:
    def store(picture: Figure) -> str:
        return f"figure{picture.suffix}"

    return from_html(html, store, FONTS, most)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<p>a <b>b</b><br>c</p>", '#"a ";#strong[#"b";]; \\ #"c";'),
        ("<h2>A</h2>text", '#heading(level: 2)[#"A";]\n\n#"text";'),
        ("<ul><li>a</li><li><em>b</em></li></ul>", '#list([#"a";], [#emph[#"b";];])'),
        ('<div class="finding is-bad"><p>x</p></div>', '#brief-finding(tone: "bad")[#"x";]'),
        ("<style>a{}</style><details>x</details><!-- x --> ", ""),
        ('<ul class="downloads"><li>x</li></ul><p class="stamp">y</p>', ""),
        (
            '<figure><svg aria-label="A &amp; B"></svg><figcaption>C</figcaption></figure>',
            '#brief-figure("figure.svg", alt: "A & B", caption: [#"C";])',
        ),
        (
            '<img alt="x" src="data:image/png;base64,aaaa">',
            '#brief-figure("figure.png", alt: "x", caption: none)',
        ),
        (
            '<div class="kpi-grid"><div class="kpi-card"><div class="kpi-label">L</div>'
            '<div class="kpi-value">1</div><div class="kpi-change is-good">+1</div></div></div>',
            '#brief-cards((label: "L", value: "1", change: "+1", notes: (), tone: "good"))',
        ),
    ],
)
def test_what_html_becomes_on_paper(given: str, expected: str) -> None:
    assert markup(given) == expected


def test_groups_totals_and_notes_of_a_table_are_kept() -> None:
    made = markup(
        '<table><thead><tr class="gt_heading"><td class="gt_title" colspan="2">T</td></tr>'
        "<tr><th>a</th><th>b</th></tr></thead><tbody>"
        '<tr class="gt_group_heading_row"><th class="gt_group_heading" colspan="2">G</th></tr>'
        '<tr><td class="gt_left">x</td><td class="gt_right">1</td></tr>'
        '<tr><td class="gt_left gt_grand_summary_row">all</td><td class="gt_right">1</td></tr>'
        '<tr><td style="font-weight: bold">b</td><td style="font-weight: bold;">1</td></tr></tbody>'
        '<tfoot><tr class="gt_sourcenotes"><td class="gt_sourcenote" colspan="2">N</td></tr></tfoot></table>'
    )
    assert "aligned: (left, right,)" in made
    assert 'caption: [#"T";]' in made
    assert 'note: [#"N";]' in made
    assert 'kinds: ("group", "row", "total", "total",)' in made
    assert '(text: [#"G";], span: 2)' in made


def test_a_picture_in_a_figure_must_be_one() -> None:
    with pytest.raises(NotPrintable, match="must hold one picture, but it holds 0"):
        markup("<figure></figure>")


def test_a_figure_is_printed_in_the_font_of_the_brief() -> None:
    drawing = for_print(
        "<svg><title>A</title><text style=\"font: bold 10px 'DejaVu Sans', sans-serif; fill: red\"/>"
        '<text font-family="serif"/><style>text { font-family: Arial, serif; }</style></svg>'
    )
    assert drawing.alt == "A"
    assert b"font: bold 10px Inter; fill: red" in drawing.content
    assert b'font-family="Inter"' in drawing.content
    assert b"font-family: Inter; }" in drawing.content
    assert drawing.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg">')
