"""What great_tables cannot write: the values behind the cells, total rows by name, and a box to scroll in.

The script that sorts tables on the site reads `data-value`; without it, the text of a cell is read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from analysis_lib.reporting.html import escape

_BODY = re.compile(r"(<tbody\b[^>]*>)(.*?)(</tbody>)", re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.DOTALL)
_HEADING = re.compile(r'(<td\b[^>]*class="gt_heading gt_(?:title|subtitle)\b[^>]*>)(.*?)(</td>)', re.DOTALL)
_CELL = re.compile(r"<td\b(?![^>]*\bcolspan=)")


def with_values(
    html: str, values: Sequence[Sequence[str | None]], totals: Collection[int], order: Sequence[int]
) -> str:
    """The table with what its cells stand for.

    Parameters
    ----------
    html
        A table of great_tables.
    values
        For each row and column the value that a reader sorts by; None where the text says it.
    totals
        Positions of rows that are totals; they keep their place when the table is sorted.
    order
        Positions of the rows as they stand in the table, which groups may have moved.

    Examples
    --------
    >>> made = with_values("<tbody><tr><td>1 k</td></tr></tbody>", [["1000"]], [0], [0])
    >>> made
    '<tbody><tr data-total="true"><td data-value="1000">1 k</td></tr></tbody>'
    """
    places = iter(order)

    def row(found: re.Match[str]) -> str:
        text = found.group()
        if "gt_group_heading" in text:
            return text
        place = next(places)
        cells = iter(values[place])

        def cell(opening: re.Match[str]) -> str:
            value = next(cells)
            return opening.group() if value is None else f'<td data-value="{escape(value)}"'

        text = _CELL.sub(cell, text)
        return text.replace("<tr", '<tr data-total="true"', 1) if place in totals else text

    def body(found: re.Match[str]) -> str:
        return found.group(1) + _ROW.sub(row, found.group(2)) + found.group(3)

    return _BODY.sub(body, html)


def value_of(value: Any) -> str:
    """A value as plain text that sorts: numbers unrounded, dates as ISO text, nothing for a missing one.

    Examples
    --------
    >>> value_of(0.1), value_of(dt.date(2026, 6, 30)), value_of(float("nan")), value_of(True)
    ('0.1', '2026-06-30', '', '1')
    """
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat() if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def is_sortable(value: Any) -> bool:
    """Whether a value has an order of its own, which its text may hide."""
    return value is None or isinstance(value, bool | int | float | Decimal | dt.date)


def scrolling(table: str, name: str) -> str:
    """The table in a box of its own, which the keyboard reaches and a screen reader names; its title is held.

    Examples
    --------
    >>> scrolling("<table></table>", "sales")[:39]
    '<div class="table-box" tabindex="0" rol'
    """
    held = _HEADING.sub(r'\1<span class="sb-held">\2</span>\3', table)
    return (
        f'<div class="table-box" tabindex="0" role="region" aria-labelledby="{escape(name)}-title">'
        f"{held}</div>"
    )
