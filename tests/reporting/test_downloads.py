"""Files that pages offer: CSV and Parquet with the same rows, typed, and what their columns mean."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis_lib.contracts import read_yaml
from analysis_lib.errors import ModelError
from analysis_lib.reporting import columns, downloads
from analysis_lib.reporting.chart import Chart
from analysis_lib.reporting.tables import Column, table

ROWS = pd.DataFrame(
    {
        "product": ["Coat", "=HYPERLINK(1)", None],
        "net_revenue": [1234.5, 0.1 + 0.2, float("nan")],
        "orders": [3, 2, 1],
        "sold_on": pd.to_datetime(["2026-09-01", None, "2026-09-30"]),
        "is_clear": [True, None, False],
    }
)


def test_in_jupyter_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPBOOK_DOWNLOADS", raising=False)
    assert downloads.offer(ROWS, "products", "Products").text == ""
    assert "downloads" not in table(ROWS, [Column("product", "Product")], "products", "Products").text


def test_both_files_open_in_pandas_with_the_same_numbers(downloads: Path) -> None:
    columns = [Column("product", "Product")]
    made = table(ROWS, columns, "products", "Products", download=ROWS.iloc[::-1], download_label="All").text
    assert (
        'href="downloads/page/products.csv" download aria-label="All (CSV): Products">All (CSV)</a>' in made
    )
    assert (
        'href="downloads/page/products.parquet" download aria-label="Parquet: Products">Parquet</a>' in made
    )
    assert "3 rows" in made
    expected = ROWS.iloc[::-1].reset_index(drop=True)
    from_csv = pd.read_csv(downloads / "products.csv", parse_dates=["sold_on"])
    from_parquet = pd.read_parquet(downloads / "products.parquet")
    for read in (from_csv, from_parquet):
        assert list(read.columns) == list(expected.columns)
        assert read["net_revenue"].equals(expected["net_revenue"]), "to the last digit"
        assert read["orders"].tolist() == expected["orders"].tolist()
    assert from_csv["sold_on"].tolist()[::2] == expected["sold_on"].tolist()[::2]
    assert from_parquet["sold_on"].tolist() == [dt.date(2026, 9, 30), None, dt.date(2026, 9, 1)]


def test_parquet_says_what_each_column_is(downloads: Path) -> None:
    _offer(ROWS)
    schema = pq.read_schema(downloads / "products.parquet")
    assert {field.name: str(field.type) for field in schema} == {
        "product": "string",
        "net_revenue": "double",
        "orders": "int64",
        "sold_on": "date32[day]",
        "is_clear": "bool",
    }
    assert schema.field("net_revenue").metadata[b"unit"] == b"money in the shop's currency"


def test_the_files_have_the_same_bytes_every_time(downloads: Path) -> None:
    _offer(ROWS)
    before = {file.name: file.read_bytes() for file in downloads.iterdir()}
    _offer(ROWS)
    assert {file.name: file.read_bytes() for file in downloads.iterdir()} == before
    assert set(before) == {"products.csv", "products.parquet", "dictionary.csv"}
    assert b"\r" not in before["products.csv"] + before["dictionary.csv"]


def test_a_spreadsheet_runs_nothing_and_parquet_keeps_what_the_shop_wrote(downloads: Path) -> None:
    names = ["=HYPERLINK(1)", "+1", "-2", "@x", "Coat"]
    _offer(pd.DataFrame({"name": names, "value": [-1, 2, 3, 4, 5]}))
    lines = (downloads / "products.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["'=HYPERLINK(1),-1", "'+1,2", "'-2,3", "'@x,4", "Coat,5"]
    assert pd.read_parquet(downloads / "products.parquet")["name"].tolist() == names


def test_a_time_that_is_not_midnight_is_not_cut_to_a_day(downloads: Path) -> None:
    _offer(pd.DataFrame({"at": pd.to_datetime(["2026-09-01 12:30:00", "2026-09-02 00:00:00"])}))
    assert "2026-09-01 12:30:00" in (downloads / "products.csv").read_text(encoding="utf-8")
    assert pd.read_parquet(downloads / "products.parquet")["at"].tolist()[0] == pd.Timestamp(
        "2026-09-01 12:30"
    )


def test_a_download_needs_a_plain_name(downloads: Path) -> None:
    with pytest.raises(ValueError, match="cannot name a download"):
        table(ROWS, [Column("product", "Product")], "../secret", "Products")


def test_the_dictionary_lists_the_columns_of_all_files_once(downloads: Path) -> None:
    _offer(ROWS)
    _offer(ROWS[["orders"]], "others")
    _offer(ROWS[["orders", "product"]])
    dictionary = pd.read_csv(downloads / "dictionary.csv")
    assert list(dictionary.columns) == ["file", "column", "type", "unit", "meaning"]
    assert [*zip(dictionary["file"], dictionary["column"], dictionary["type"], strict=True)] == [
        ("others", "orders", "integer"),
        ("products", "orders", "integer"),
        ("products", "product", "text"),
    ]


def test_what_columns_mean_stands_folded_below_the_links(downloads: Path) -> None:
    made = _offer(ROWS)
    assert "<summary>5 columns explained</summary>" in made
    assert re.search(
        r"<dt>net_revenue</dt><dd>What customers paid .*\(number .*money in the shop&#x27;s currency\)", made
    )


def test_a_chart_offers_what_it_draws(downloads: Path) -> None:
    chart = Chart("<svg></svg>", "Net revenue", "", "Bars", name="sales", values=[{"row": "a", "value": 1.5}])
    assert 'href="downloads/page/chart-sales.csv"' in chart.html.text
    assert "downloads" not in chart.without_values.text
    assert pd.read_parquet(downloads / "chart-sales.parquet").to_dict("records") == [
        {"row": "a", "value": 1.5}
    ]


@pytest.mark.parametrize(
    ("page", "file", "column", "text"),
    [
        ("customers", "segments", "average_order_value", "net revenue per order; null without orders"),
        ("inventory", "reorder-list", "status", "state of the stock"),
        ("marketing", "campaign-performance", "orders", "orders attributed to the ads"),
        ("any", "any", "net_revenue", "What customers paid for goods"),
        ("any", "any", "stock_out_date", "day on which the stock ends"),
        ("any", "any", "sample_size", ""),
    ],
)
def test_the_most_particular_meaning_is_taken(page: str, file: str, column: str, text: str) -> None:
    found = columns.meaning(page, file, column).text
    assert found.startswith(text) if text else found == ""


def _entries() -> Mapping[str, Any]:
    return read_yaml(columns.ENTRIES)


def test_every_entry_of_the_list_can_be_read() -> None:
    document = _entries()
    assert set(document) == {"files", "columns"}
    for pattern, file in document["files"].items():
        assert set(file) <= {"model", "columns"}, pattern
        page, _, name = pattern.partition("/")
        for column in file.get("columns", {}):
            assert columns.meaning(page.replace("*", "x"), name.replace("*", "x"), column).text, (
                pattern,
                column,
            )
    for column in document["columns"]:
        assert columns.meaning("x", "x", column).text, column


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"as": "fct_sesions"}, 'Did you mean "fct_sessions"'),
        ({"as": "fct_sessions.no_such"}, "which no contract has"),
        ({"text": "a", "corrected": None}, "only text, unit and as"),
    ],
)
def test_an_entry_that_leads_nowhere_is_an_error(
    entry: Mapping[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_document", lambda: {"files": {}, "columns": {"x": entry}})
    with pytest.raises(ModelError, match=message):
        columns.meaning("page", "file", "x")


def _offer(rows: pd.DataFrame, name: str = "products") -> str:
    return downloads.offer(rows, name, "Products").text
