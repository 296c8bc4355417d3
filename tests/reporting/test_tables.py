"""Tables and their downloads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.reporting import downloads, numbers
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
    assert made.startswith('<div class="table-box">')
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


def test_in_jupyter_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPBOOK_DOWNLOADS", raising=False)
    assert downloads.csv(ROWS, "products", "Products").text == ""
    assert "downloads" not in _made()


def test_the_download_opens_in_pandas_with_the_same_numbers(downloads: Path) -> None:
    made = _made(download=ROWS.iloc[::-1], download_label="All products")
    assert 'href="downloads/page/products.csv" download>All products (CSV)</a>' in made
    assert "3 rows" in made
    read = pd.read_csv(downloads / "products.csv", parse_dates=["sold_on"])
    expected = ROWS.iloc[::-1].reset_index(drop=True)
    assert read["revenue"].equals(expected["revenue"]), "to the last digit"
    assert read["sold_on"].tolist()[::2] == expected["sold_on"].tolist()[::2]


def test_the_download_has_the_same_bytes_on_every_system(downloads: Path) -> None:
    _made()
    assert b"\r" not in (downloads / "products.csv").read_bytes()


def test_a_spreadsheet_runs_nothing(downloads: Path) -> None:
    rows = pd.DataFrame({"name": ["=HYPERLINK(1)", "+1", "-2", "@x", "Coat"], "value": [-1, 2, 3, 4, 5]})
    table(rows, [Column("name", "Name")], "names", "Names")
    lines = (downloads / "names.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["'=HYPERLINK(1),-1", "'+1,2", "'-2,3", "'@x,4", "Coat,5"]


def test_a_download_needs_a_plain_name(downloads: Path) -> None:
    with pytest.raises(ValueError, match="cannot name a download"):
        table(ROWS, COLUMNS, "../secret", "Products")
