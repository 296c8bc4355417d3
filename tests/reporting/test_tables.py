"""Tables and their downloads."""

from __future__ import annotations

import re

import pandas as pd

from analysis_lib.reporting import numbers
from analysis_lib.reporting.tables import Column, table

ROWS = pd.DataFrame(
    {
        "product": ["Coat", "<script>alert(1)</script>", None],
        "revenue": [1234.5, 0.1 + 0.2, float("nan")],
        "sold_on": pd.to_datetime(["2026-09-01", None, "2026-09-30"]),
    }
)
COLUMNS = [
    Column("product", "Product"),
    Column("revenue", "Net revenue", lambda value: numbers.money(value, "USD")),
]


def _made(rows: pd.DataFrame = ROWS, **options: object) -> str:
    return table(rows, COLUMNS, "products", "Products", **options).text  # type: ignore[arg-type]


def test_a_table_scrolls_in_its_box_and_has_units_and_dashes() -> None:
    made = _made()
    assert made.startswith(
        '<div class="table-box" tabindex="0" role="region" aria-labelledby="products-title">'
    )
    assert ">$1,234<" in made or ">$1,235<" in made
    assert made.count(">–<") == 2


def test_what_a_shop_wrote_is_text_and_not_markup() -> None:
    assert "<script>" not in _made()
    assert "&lt;script&gt;" in _made()


def test_a_table_has_the_same_bytes_every_time() -> None:
    assert _made() == _made()


def test_an_empty_table_is_a_sentence() -> None:
    made = _made(ROWS.iloc[:0], when_empty="No product was sold.")
    assert made == '<div class="empty">No product was sold.</div>'


def test_numbers_are_right_aligned_and_text_is_left_aligned() -> None:
    made = _made()
    assert 'gt_left" rowspan="1" colspan="1" scope="col" id="products-product"' in made
    assert 'gt_right" rowspan="1" colspan="1" scope="col" id="products-revenue"' in made


def test_a_rate_on_few_units_is_marked() -> None:
    columns = [
        Column("product", "Product"),
        Column("revenue", "Rate", str, is_few=lambda row: row.revenue < 1),
    ]
    made = table(ROWS.iloc[:2], columns, "few", "Few").text
    assert made.split("<tbody", 1)[1].count("font-style: italic") == 1


def _cells(made: str) -> list[tuple[str | None, str]]:
    body = made.split("<tbody", 1)[1].split("</tbody>", 1)[0]
    return re.findall(r'<td(?: data-value="([^"]*)")?[^>]*class="gt_row[^>]*>([^<]*)</td>', body)


def test_a_cell_carries_the_value_that_its_text_rounds() -> None:
    rows = pd.DataFrame(
        {"name": ["a", "b"], "amount": [1234.567, None], "on": pd.to_datetime(["2026-09-01"] * 2)}
    )
    columns = [Column("name", "Name"), Column("amount", "Amount", str), Column("on", "On", str)]
    first, second = (
        _cells(table(rows, columns, "t", "T").text)[:3],
        _cells(table(rows, columns, "t", "T").text)[3:],
    )
    assert [value for value, _ in first] == ["", "1234.567", "2026-09-01"]
    assert [value for value, _ in second] == ["", "", "2026-09-01"]


def test_totals_are_marked_so_that_sorting_leaves_them_in_place() -> None:
    body = _made(bold_rows=[2]).split("<tbody", 1)[1]
    assert re.findall(r"<tr[^>]*>", body.split("</tbody>")[0]) == [
        "<tr>",
        "<tr>",
        '<tr data-total="true">',
    ]


def test_values_stand_in_their_own_rows_where_groups_move_them() -> None:
    rows = pd.DataFrame({"kind": ["a", "b", "a"], "value": [1.5, 2.5, 3.5]})
    made = table(rows, [Column("value", "Value", str)], "t", "T", group="kind").text
    assert _cells(made) == [("1.5", "1.5"), ("3.5", "3.5"), ("2.5", "2.5")]


def test_title_and_subtitle_are_held_in_sight_while_the_columns_scroll() -> None:
    made = table(ROWS, COLUMNS, "products", "Products <b>", "in USD").text
    assert re.findall(r'<span class="sb-held">(.*?)</span>', made) == ["Products &lt;b&gt;", "in USD"]
