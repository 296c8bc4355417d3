"""Files that a page offers: the rows behind a table or a chart, as CSV and Parquet, with what they mean.

The publisher names a folder and the link to it in the environment. In JupyterLab there is none: the
reader of a notebook has `book.mart()`, so nothing is written and nothing is offered.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting.columns import Meaning, meaning
from analysis_lib.reporting.html import Html, escape
from analysis_lib.reporting.numbers import plural

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "SHOPBOOK_DOWNLOADS"
URL = "SHOPBOOK_DOWNLOADS_URL"
DICTIONARY = "dictionary.csv"
_FIELDS = ("file", "column", "type", "unit", "meaning")
_NAME = re.compile(r"[a-z0-9_-]+")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = {"i": "integer", "u": "integer", "f": "number (64-bit float)", "b": "true or false"}


def offer(rows: pd.DataFrame, name: str, label: str, link: str = "") -> Html:
    """Write the rows as `<name>.csv` and `<name>.parquet` and link to both, where something is published.

    Every call adds the file's columns to `dictionary.csv` in the same folder: file, column, type, unit and
    meaning.

    Parameters
    ----------
    rows
        As they should be read again: full precision, the same order on every run.
    name
        The files' name without ending: lower-case letters, digits, ``-`` and ``_``.
    label
        What the files hold.
    link
        What the link says; the label when left out.

    Returns
    -------
    Html
        The links, the number of rows, and folded what the columns mean; empty when nothing was written.

    Raises
    ------
    ValueError
        When the name cannot be that of a file.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return Html("")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a download: take lower-case letters, digits, - and _.")
    url = os.environ.get(URL, ".").rstrip("/")
    page = url.rsplit("/", 1)[-1]
    meanings = {str(column): meaning(page, name, str(column)) for column in rows.columns}
    kinds = {str(column): _kind(rows[column]) for column in rows.columns}
    _write_csv(rows, kinds, Path(folder) / f"{name}.csv")
    _write_parquet(rows, kinds, meanings, Path(folder) / f"{name}.parquet")
    _write_dictionary(Path(folder) / DICTIONARY, name, kinds, meanings)
    address = escape(f"{url}/{name}")
    words = escape(link or label)
    return Html(
        '<div class="downloads"><ul>'
        f'<li><a href="{address}.csv" download{_aria(label, link, "CSV")}>{words} (CSV)</a> '
        f'<span class="size">{plural(len(rows), "row")}</span></li>'
        f'<li><a href="{address}.parquet" download{_aria(label, "Parquet", "Parquet")}>Parquet</a></li></ul>'
        f"{_explained(kinds, meanings, f'{url}/{DICTIONARY}')}</div>"
    )


def _aria(label: str, link: str, ending: str) -> str:
    """Where a link does not name its file, what a screen reader says begins with what is seen."""
    if not link:
        return ""
    said = link if link == ending else f"{link} ({ending})"
    return f' aria-label="{escape(f"{said}: {label}")}"'


def _explained(kinds: dict[str, str], meanings: dict[str, Meaning], dictionary: str) -> str:
    entries = "".join(
        f"<dt>{escape(column)}</dt><dd>{escape(_sentence(found, kinds[column]))}</dd>"
        for column, found in meanings.items()
    )
    return (
        f"<details><summary>{plural(len(meanings), 'column')} explained</summary><dl>{entries}</dl>"
        f'<p><a href="{escape(dictionary)}" download>All columns of this page (CSV)</a></p></details>'
    )


def _sentence(found: Meaning, kind: str) -> str:
    facts = ", ".join(one for one in (kind, found.unit) if one)
    return f"{found.text.rstrip('.')} ({facts})" if found.text else facts


def _kind(values: pd.Series) -> str:
    """The type of a column as an analyst says it."""
    if values.dtype.kind == "M":
        is_day = values.dropna().eq(values.dropna().dt.normalize()).all()
        return "date" if is_day else "date and time (UTC)"
    if values.dtype.kind in _NUMBERS:
        return _NUMBERS[values.dtype.kind]
    known = [value for value in values.tolist() if value is not None and value == value]
    if known and all(isinstance(value, bool) for value in known):
        return "true or false"
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return "number (64-bit float)"
    if known and all(isinstance(value, dt.date) and not isinstance(value, dt.datetime) for value in known):
        return "date"
    return "text"


def _write_csv(rows: pd.DataFrame, kinds: dict[str, str], file: Path) -> None:
    """Dates as ISO days, and text that a spreadsheet would run as a formula made harmless."""
    written = rows.copy()
    for name, kind in kinds.items():
        column = written[name]
        if kind == "date" and column.dtype.kind == "M":
            written[name] = column.dt.strftime("%Y-%m-%d")
        elif kind == "text":
            written[name] = column.map(_harmless)
    text = written.to_csv(index=False, lineterminator="\n")
    file.write_text(text, encoding="utf-8", newline="")


def _harmless(value: object) -> object:
    # A product may be called "=HYPERLINK(…)"; a leading apostrophe makes it text in every spreadsheet.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _write_parquet(
    rows: pd.DataFrame, kinds: dict[str, str], meanings: dict[str, Meaning], file: Path
) -> None:
    """Typed columns, each with its meaning and unit in the metadata; text exactly as the shop wrote it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, fields = [], []
    for name, kind in kinds.items():
        values = rows[name]
        if kind == "date":
            made = pa.array([_day(value) for value in values.tolist()], pa.date32())
        elif kind == "text":
            made = pa.array([_text(value) for value in values.tolist()], pa.string())
        elif kind.startswith("number"):
            made = pa.array([_number(value) for value in values.tolist()], pa.float64(), from_pandas=True)
        else:
            made = pa.array(values.tolist(), from_pandas=True)
        said = {"meaning": meanings[name].text, "unit": meanings[name].unit}
        columns.append(made)
        fields.append(pa.field(name, made.type, metadata=said))
    # Without pandas' own metadata, which names its version: the same rows give the same bytes.
    pq.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)), file)


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date() if value == value else None  # NaT is a datetime that is not itself
    return value if isinstance(value, dt.date) else None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: object) -> str | None:
    return None if value is None or value != value else str(value)


def _write_dictionary(file: Path, name: str, kinds: dict[str, str], meanings: dict[str, Meaning]) -> None:
    """Put the columns of one file into the page's dictionary, in place of those it had."""
    known: list[dict[str, str]] = []
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as lines:
            known = [row for row in csv.DictReader(lines) if row["file"] != name]
    known += [
        {"file": name, "column": column, "type": kinds[column], "unit": found.unit, "meaning": found.text}
        for column, found in meanings.items()
    ]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, _FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(known)
