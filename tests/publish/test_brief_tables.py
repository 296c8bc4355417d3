"""Tables on paper: columns as wide as their texts need, numbers never cut, text never under seven points."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.publish.column_widths import Need, share
from analysis_lib.publish.render_builtin import render_brief
from analysis_lib.publish.table_layout import ACROSS, UPRIGHT, Cell, Layout, lay_out
from analysis_lib.publish.typst_fonts import read_fonts
from analysis_lib.publish.typst_text import cut, longest_pieces, words

from .conftest import ROOT
from .test_brief_markup import markup

THEME = ROOT / "reports/theme/brief"
FONTS = read_fonts(THEME / "fonts")
POINTS = 72 / 25.4
NEEDS = st.lists(
    st.tuples(st.floats(1, 300), st.floats(0, 900)).map(lambda pair: Need(pair[0], sum(pair))),
    min_size=1,
    max_size=15,
)
TEXTS = st.one_of(
    st.from_regex(r"-?\$?[0-9]{1,3}(,[0-9]{3}){0,2}(\.[0-9]{2})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}\.[0-9]–[0-9]{1,2}\.[0-9]\u00a0%", fullmatch=True),
    st.lists(st.from_regex(r"[A-Za-z_]{1,40}", fullmatch=True), max_size=6).map(" ".join),
)


def rows(*texts: list[str]) -> list[list[Cell]]:
    return [[Cell(text) for text in row] for row in texts]


def room(layout: Layout, place: int) -> float:
    return layout.widths[place] - 2 * layout.gap + 0.01


@given(NEEDS, st.floats(50, 900))
def test_columns_share_what_there_is(needs: list[Need], available: float) -> None:
    widths = share(available, needs)
    fits = sum(need.least for need in needs) <= available
    assert (widths is not None) == fits or abs(sum(need.least for need in needs) - available) < 1e-5
    if widths is not None:
        assert sum(widths) == pytest.approx(available)
        assert all(width >= need.least - 1e-5 for width, need in zip(widths, needs, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9).flatmap(
        lambda count: st.lists(st.lists(TEXTS, min_size=count, max_size=count), max_size=6)
    )
)
def test_no_number_is_wider_than_its_column_and_no_word_sticks_out(table: list[list[str]]) -> None:
    count = len(table[0]) if table else 1
    layout = lay_out(rows([f"Column {n}" for n in range(count)]), rows(*table), ["left"] * count, FONTS)
    assert sum(layout.widths) == pytest.approx(ACROSS if layout.is_landscape else UPRIGHT)
    assert layout.size >= 7
    for row in table:
        for place, text in enumerate(row):
            printed = layout.breakable(text, place, 1, is_bold=False)
            assert printed.replace("\u200b", "") == text
            for piece in re.split("\u200b", printed):
                for part in longest_pieces(piece):
                    assert FONTS.width(part, layout.size) <= room(layout, place), part


def test_the_widths_are_those_of_the_template() -> None:
    template = (THEME / "typst-template.typ").read_text(encoding="utf-8")
    side = float(re.search(r"#let sb-side = ([\d.]+)mm", template).group(1))  # type: ignore[union-attr]
    assert pytest.approx((210 - 2 * side) * POINTS, abs=0.1) == UPRIGHT
    assert pytest.approx((297 - 2 * side) * POINTS, abs=0.1) == ACROSS


def test_texts_are_measured_as_typst_sets_them(tmp_path: Path) -> None:
    import typst

    texts = ["Net revenue", "$1,234,567.89", "Kilnmark Women's Tailored Wool Coat", "9.7 % (8.3–11.2 %)"]
    shown = "".join(
        f"#metadata(measure(text({json.dumps(text, ensure_ascii=False)})).width.pt())<w>" for text in texts
    )
    source = tmp_path / "a.typ"
    source.write_text(f'#set text(font: "Inter", size: 8pt)\n#context [{shown}]', encoding="utf-8")
    found = json.loads(typst.query(str(source), "<w>", field="value", font_paths=[str(THEME / "fonts")]))
    for text, width in zip(texts, found, strict=True):
        assert FONTS.width(text, 8) == pytest.approx(width, rel=0.03)


def test_a_wide_table_gets_smaller_text_before_its_page_is_turned() -> None:
    def layout(count: int) -> Layout:
        texts = ["Kilnmark Women's Tailored Merino Wool Coat in Olive", *["$123,456.78"] * count]
        return lay_out([], rows(texts), ["left"] * (count + 1), FONTS)

    few, more, most = (layout(count) for count in (3, 7, 12))
    assert [few.size, few.is_landscape] == [8.5, False]
    assert few.size > more.size >= 7
    assert not more.is_landscape
    assert most.is_landscape


def test_the_first_column_is_not_squeezed_by_long_headings() -> None:
    head = ["Product", *["Of the buyers, in the first session of all"] * 6]
    body = ["Kilnmark Women's Tailored Merino Wool Coat in Olive", *["12.3 %"] * 6]
    layout = lay_out(rows(head), rows(body), ["left"] * 7, FONTS)
    assert layout.widths[0] > 100
    assert max(layout.widths[1:]) < 100


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1–30 Jun 2026", ["1–30"]),
        ("sku-12-34 of 2026-06-30", ["sku-12-34", "2026-06-30"]),
        ("All rows on the site: stock-by-age.csv.", ["stock-by-age.csv"]),
        ("brand-film", []),
        ("https://example.org/2026-06-30/" + "x" * 40, []),
    ],
)
def test_numbers_and_dates_stay_on_one_line(text: str, numbers: list[str]) -> None:
    assert [part for part, is_number in cut(text) if is_number] == numbers
    assert words(text).count("#box[") == len(numbers)


def test_counts_and_p_values_stay_on_one_line() -> None:
    assert cut("64 % (n = 4,779; p < 0.001)") == [("64 % (n\u00a0=\u00a04,779; p\u00a0<\u00a00.001)", False)]


def test_a_table_on_paper_has_every_text_of_the_page(tmp_path: Path) -> None:
    products = [
        "Kilnmark Women's Tailored Merino Wool Coat in Olive",
        "fct_first_purchase_journeys_by_source_and_month",
    ]
    names = ["Product", "Category of the product", *[f"Figure {n}, of all" for n in range(9)]]
    cells = [
        [product, "Outerwear & Coats", *[f"${n},234,567.89" for n in range(1, 10)]] for product in products
    ]
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells)
    document = tmp_path / "wide.qmd"
    shutil.copytree(THEME, tmp_path, dirs_exist_ok=True)
    made = markup(
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>".replace("& C", "&amp; C")
    )
    document.write_text(f"---\ntitle: t\n---\n\n```{{=typst}}\n{made}\n```\n", encoding="utf-8")
    printed = "".join(page.extract_text() for page in pypdf.PdfReader(render_brief(document)).pages)
    packed = re.sub(r"[\s\u200b]", "", printed)
    for text in [*names, *(cell for row in cells for cell in row)]:
        assert re.sub(r"\s", "", text) in packed
    # A number is in one piece, whatever the width of its column
    assert printed.count("$9,234,567.89") == len(products)


def test_a_few_stays_marked_on_paper_and_the_rows_of_a_table_have_a_name() -> None:
    made = markup(
        "<div class='table-box'><table><tr><th>a</th></tr>"
        "<tr><td style='color: #667085;font-style: italic;'>1</td></tr></table></div>"
        "<ul class='downloads'><li><a href='downloads/x/a-b.csv' download>A (CSV)</a></li></ul>"
        "<table><tr><th>b</th></tr><tr><td>2</td></tr></table>"
    )
    assert '(text: [#"1";], span: 1, few: true)' in made
    first, second = made.split("#brief-table(")[1:]
    assert 'note: [#"All rows on the site: ";#box[#"a-b.csv";];#".";]' in first
    assert "note: none" in second
