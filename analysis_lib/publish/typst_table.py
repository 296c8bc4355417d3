"""An HTML table (great_tables, pandas, or plain) as the table of the brief template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bs4.element import Tag

from analysis_lib.publish.table_layout import Cell, Layout, lay_out
from analysis_lib.publish.typst_fonts import Fonts
from analysis_lib.publish.typst_text import string, words

_ALIGNMENTS = ("right", "center", "left")


@dataclass(frozen=True)
class _Row:
    cells: tuple[Cell, ...]
    kind: str  # "row", "group" or "total"


def table(tag: Tag, fonts: Fonts, source: str = "") -> str:
    """Typst markup of a table: its title as caption, header rows, groups, totals and notes.

    Parameters
    ----------
    tag
        The `<table>` element.
    fonts
        Those of the brief; the columns are as wide as their texts need.
    source
        Where the rows are on the site; said under the table.
    """
    title = _title(tag)
    head = [row for row in _rows(tag.find("thead")) if not _has(row, "gt_heading")]
    foot = _rows(tag.find("tfoot"))
    body = [
        row
        for row in tag.find_all("tr")
        if row not in head and row not in foot and not _has(row, "gt_heading")
    ]
    notes = [row for row in [*foot, *body] if _is_note(row)]
    body = [row for row in [*body, *foot] if row not in notes]
    if not head and body and not body[0].find("td"):
        head = [body.pop(0)]
    count = max((_width(row) for row in [*head, *body]), default=1)
    aligned = next((row for row in body if len(_cells(row)) == count), None)
    columns = [_alignment(cell) for cell in _cells(aligned)] if aligned else ["left"] * count
    heads = [_Row(tuple(_cell(cell) for cell in _cells(row)), "head") for row in head]
    rows = [_Row(tuple(_cell(cell) for cell in _cells(row)), _kind(row)) for row in body]
    layout = lay_out([row.cells for row in heads], [row.cells for row in rows], columns, fonts)
    note = " ".join(text for text in (*(row.get_text(" ", strip=True) for row in notes), source) if text)
    return _markup(layout, columns, title, note, heads, rows)


def _markup(
    layout: Layout, aligned: Sequence[str], title: str, note: str, heads: Sequence[_Row], rows: Sequence[_Row]
) -> str:
    fields = [
        f"columns: ({', '.join(f'{width:.2f}pt' for width in layout.widths)},)",
        f"aligned: ({', '.join(aligned)},)",
        f"size: {layout.size}pt",
        f"gap: {layout.gap}pt",
        f"caption: {f'[{words(title)}]' if title else 'none'}",
        f"note: {f'[{words(note)}]' if note else 'none'}",
        f"head: ({' '.join(_row(row, layout) + ',' for row in heads)})",
        f"body: ({' '.join(_row(row, layout) + ',' for row in rows)})",
        f"kinds: ({' '.join(string(row.kind) + ',' for row in rows)})",
    ]
    made = "#brief-table(\n  " + ",\n  ".join(fields) + ",\n)"
    return f"#brief-landscape[\n{made}\n]" if layout.is_landscape else made


def _row(row: _Row, layout: Layout) -> str:
    entries = []
    place = 0
    for cell in row.cells:
        text = layout.breakable(cell.text, place, cell.span, row.kind != "row")
        few = ", few: true" if cell.is_few else ""
        entries.append(f"(text: [{words(text)}], span: {cell.span}{few}),")
        place += cell.span
    return f"({' '.join(entries)})"


def _rows(part: object) -> list[Tag]:
    return [row for row in part.find_all("tr") if isinstance(row, Tag)] if isinstance(part, Tag) else []


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(["td", "th"], recursive=False) if isinstance(cell, Tag)]


def _cell(tag: Tag) -> Cell:
    text = re.sub(r"[ \t\r\n]+", " ", tag.get_text(" ", strip=True))
    return Cell(text, _span(tag), "italic" in str(tag.get("style") or ""))


def _span(cell: Tag) -> int:
    value = str(cell.get("colspan") or "1")
    return int(value) if value.isdigit() else 1


def _width(row: Tag) -> int:
    return sum(_span(cell) for cell in _cells(row))


def _has(tag: Tag, name: str) -> bool:
    return any(name in classes for classes in tag.get_attribute_list("class") if classes)


def _title(tag: Tag) -> str:
    """The table's own title: great_tables' title and subtitle, or the HTML caption."""
    caption = tag.find("caption")
    parts = [caption] if caption else [tag.find(class_="gt_title"), tag.find(class_="gt_subtitle")]
    texts = [part.get_text(" ", strip=True) for part in parts if isinstance(part, Tag)]
    # A subtitle is a sentence of its own, or goes on from the title.
    title, *rest = [text for text in texts if text] or [""]
    return title + "".join(f"{'.' if text[0].isupper() else ','} {text}" for text in rest)


def _is_note(row: Tag) -> bool:
    return any(_has(cell, "gt_sourcenote") or _has(cell, "gt_footnote") for cell in _cells(row)) or any(
        _has(row, name) for name in ("gt_sourcenotes", "gt_footnotes")
    )


def _kind(row: Tag) -> str:
    if _has(row, "gt_group_heading") or any(_has(cell, "gt_group_heading") for cell in _cells(row)):
        return "group"
    if any(_has(cell, "summary_row") for cell in _cells(row)) or _has(row, "summary_row"):
        return "total"
    if all("font-weight: bold" in str(cell.get("style") or "") for cell in _cells(row)):
        return "total"
    return "row"


def _alignment(cell: Tag) -> str:
    style = str(cell.get("style") or "")
    for name in _ALIGNMENTS:
        if _has(cell, f"gt_{name}") or f"text-align: {name}" in style or f"text-align:{name}" in style:
            return name
    return "left"
