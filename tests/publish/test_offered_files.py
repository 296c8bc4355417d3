"""Every file that the demo site offers opens in pandas, holds what the page shows, and is explained."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from tests.demo_site import DemoSite

_NUMBER = re.compile(r"([−-]?)[$€£]?(\d[\d,]*(?:\.\d+)?)\s*(k|M|bn|)\s*(%?)")
_PART = re.compile(r"([\d,]+)\sof\s([\d,]+)")
_IN_OTHER_WORDS = ("reason", "note")  # the page says them as a reader does
_SCALE = {"": 1.0, "k": 1e3, "M": 1e6, "bn": 1e9}


def _files(site: Path, ending: str) -> Iterator[Path]:
    yield from sorted((site / "downloads").rglob(f"*.{ending}"))


def _soups(site: Path) -> Iterator[tuple[str, BeautifulSoup]]:
    for file in sorted(site.glob("*.html")):
        yield file.name, BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


def test_csv_and_parquet_hold_the_same_rows_and_numbers(demo_site: DemoSite) -> None:
    parquet = list(_files(demo_site.site, "parquet"))
    assert len(parquet) > 40
    for file in parquet:
        typed = pd.read_parquet(file)
        plain = pd.read_csv(file.with_suffix(".csv"), keep_default_na=False, na_values=[""])
        assert list(plain.columns) == list(typed.columns), file
        assert len(plain) == len(typed), file
        for name in typed.columns:
            assert _same(typed[name], plain[name]), (file, name)


def _same(typed: pd.Series, plain: pd.Series) -> bool:
    if typed.dtype.kind in "iuf":
        return bool((typed.astype(float).eq(plain.astype(float)) | (typed.isna() & plain.isna())).all())
    pairs = zip(typed.tolist(), plain.tolist(), strict=True)
    return all((_is_missing(a) and _is_missing(b)) or _text(a) == _text(b) for a, b in pairs)


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _text(value: object) -> str:
    return str(value).removeprefix("'")


def test_dates_are_dates_and_every_column_has_a_meaning(demo_site: DemoSite) -> None:
    for file in _files(demo_site.site, "parquet"):
        for field in pq.read_schema(file):
            assert field.metadata[b"meaning"], f"{file.parent.name}/{file.stem}: {field.name} has no meaning"
            is_day = field.name.endswith("_date") and not field.name.endswith("to_date")
            is_day |= field.name in ("date", "cohort_month", "cohort_period")
            if is_day and pd.read_parquet(file, columns=[field.name])[field.name].notna().any():
                assert str(field.type) == "date32[day]", (file, field.name)


def test_the_dictionary_explains_every_column_of_every_file(demo_site: DemoSite) -> None:
    for dictionary in sorted((demo_site.site / "downloads").glob("*/dictionary.csv")):
        listed = pd.read_csv(dictionary)
        assert not listed["meaning"].isna().any()
        files = [
            file
            for file in _files(dictionary.parent.parent.parent, "csv")
            if file.parent == dictionary.parent
        ]
        for file in files:
            if file != dictionary:
                columns = listed[listed["file"] == file.stem]["column"].tolist()
                assert columns == list(pd.read_csv(file, nrows=0).columns), file


def test_every_file_is_linked_and_every_link_leads_to_a_file(demo_site: DemoSite) -> None:
    linked = {
        str(link["href"]) for _, page in _soups(demo_site.site) for link in page.select(".downloads a[href]")
    }
    files = {
        file.relative_to(demo_site.site).as_posix() for file in (demo_site.site / "downloads").rglob("*.*")
    }
    assert linked == files


def _tables(site: Path) -> Iterator[tuple[str, Tag, pd.DataFrame]]:
    for name, page in _soups(site):
        for box in page.select("main .table-box"):
            offered = box.find_next(class_="downloads")
            assert isinstance(offered, Tag), name
            link = offered.select('a[href$=".csv"]')[0]
            yield name, box, pd.read_csv(site / str(link["href"]), keep_default_na=False, na_values=[""])


def test_what_a_table_shows_is_in_its_file(demo_site: DemoSite) -> None:
    """A row of the table stands in the file: same texts, and numbers that round to what is written."""
    compared = 0
    for page, box, file in _tables(demo_site.site):
        table_id = str(box.select("div[id]")[0]["id"])
        rows = [_cells(row, table_id) for row in box.select("tbody tr") if _is_plain(row)]
        shared = [name for name in (rows[0] if rows else {}) if _is_shown_as_it_is(name, rows, file)]
        assert shared, (page, table_id)
        records = file.to_dict("records")
        for cells in rows:
            fits = any(all(_fits(cells[name], record[name]) for name in shared) for record in records)
            shown = {name: cells[name].get_text(" ", strip=True) for name in shared}
            assert fits or _is_rest(cells), (page, table_id, shown)
            compared += len(shared) if fits else 0
    assert compared > 1000


def _is_plain(row: Tag) -> bool:
    return not row.get("data-total") and not row.select(".gt_group_heading")


def _cells(row: Tag, table_id: str) -> dict[str, Tag]:
    """The cells of a row by the column of the file that they show."""
    found = (cell for cell in row.find_all("td") if isinstance(cell, Tag) and cell.get("headers"))
    return {cell.get_attribute_list("headers")[-1].removeprefix(f"{table_id}-"): cell for cell in found}


def _is_shown_as_it_is(name: str, rows: list[dict[str, Tag]], file: pd.DataFrame) -> bool:
    """Whether the file has the column; texts that the page puts into other words cannot be compared."""
    if name not in file.columns:
        return False
    if file[name].dtype.kind in "iufb" or any(cells[name].get("data-value") for cells in rows):
        return True
    if name in _IN_OTHER_WORDS:
        return False
    known = {_plain(str(value)) for value in file[name].dropna()}
    texts = [_plain(cells[name].get_text(" ", strip=True)) for cells in rows]
    return sum(text in known for text in texts) * 2 > len(texts)


def _is_rest(cells: dict[str, Tag]) -> bool:
    """Whether the row adds up what has rows of its own in the file."""
    first = next(iter(cells.values())).get_text(" ", strip=True)
    return bool(re.match(r"(\d+ others?|Others?|All others|The others?)\b", first))


def _fits(cell: Tag, value: object) -> bool:
    """Whether the file's value is the one that the cell stands for, and its text writes it rounded."""
    text = cell.get_text(" ", strip=True)
    carried = cell.get("data-value")
    if _is_missing(value):
        return text in ("–", "") or carried == ""
    if isinstance(value, str):
        return _plain(text) == _plain(value.removeprefix("'")) if carried is None else carried == value
    number = float(value)  # type: ignore[arg-type]
    if carried is not None and not math.isclose(
        float(str(carried) or "nan"), number, rel_tol=1e-9, abs_tol=1e-12
    ):
        return False
    if (part := _PART.fullmatch(text)) is not None:  # a rate on few
        few, of = (float(one.replace(",", "")) for one in part.groups())
        return math.isclose(few / of, number, rel_tol=1e-9)
    written = _NUMBER.findall(text)
    if text.startswith("under"):
        return number < float(written[0][1]) / (100 if written[0][3] else 1)
    return any(_rounds_to(*one, number) for one in written) if written else carried is not None


def _rounds_to(sign: str, digits: str, scale: str, percent: str, number: float) -> bool:
    factor = _SCALE[scale] / (100 if percent else 1)
    unit = 10 ** -len(digits.partition(".")[2]) * factor
    written = float(digits.replace(",", "")) * factor * (-1 if sign else 1)
    return abs(written - number) <= unit / 2 + 1e-9


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold()


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("$1,234", 1234.4, True),
        ("$1,234", 1236.0, False),
        ("7.8 %", 0.0784, True),
        ("7.8 %", 0.0789, False),
        ("−$30", -30.2, True),
        ("1.2k", 1249.0, True),
        ("1.2k", 1251.0, False),
        ("–", None, True),
        ("0", None, False),
    ],
)
def test_a_number_fits_what_is_written_of_it(text: str, value: float | None, fits: bool) -> None:
    cell = BeautifulSoup(f"<td>{text}</td>", "html.parser").td
    assert isinstance(cell, Tag)
    assert _fits(cell, value) is fits
