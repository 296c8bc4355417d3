"""Files that a page offers: the rows behind a table, as CSV that opens anywhere.

The publisher names a folder and the link to it in the environment. In JupyterLab there is none: the
reader of a notebook has `book.mart()`, so nothing is written and nothing is offered.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.reporting.html import Html, escape
from analysis_lib.reporting.numbers import plural

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "SHOPBOOK_DOWNLOADS"
URL = "SHOPBOOK_DOWNLOADS_URL"
_NAME = re.compile(r"[a-z0-9_-]+")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv(rows: pd.DataFrame, name: str, label: str) -> Html:
    """Write the rows as `<name>.csv` and link to the file; nothing where nothing is published.

    Parameters
    ----------
    rows
        As they should be read again: full precision, dates as ISO text, the same order on every run.
    name
        The file's name without its ending: lower-case letters, digits, ``-`` and ``_``.
    label
        What the link says.

    Returns
    -------
    Html
        A list with the link and the number of rows; empty when nothing was written.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return Html("")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a download: take lower-case letters, digits, - and _.")
    text = _dates_as_text(rows).to_csv(index=False, lineterminator="\n")
    (Path(folder) / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    address = f"{os.environ.get(URL, '.').rstrip('/')}/{name}.csv"
    return Html(
        f'<ul class="downloads"><li><a href="{escape(address)}" download>{escape(label)} (CSV)</a> '
        f'<span class="size">{plural(len(rows), "row")}</span></li></ul>'
    )


def _dates_as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Dates as ISO days, and text that a spreadsheet would run as a formula made harmless."""
    written = rows.copy()
    for name in written.columns:
        column = written[name]
        if column.dtype.kind == "M":
            written[name] = column.dt.strftime("%Y-%m-%d")
        elif column.dtype.kind not in "iufb":
            written[name] = column.map(_harmless)
    return written


def _harmless(value: object) -> object:
    # A product may be called "=HYPERLINK(…)"; a leading apostrophe makes it text in every spreadsheet.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
