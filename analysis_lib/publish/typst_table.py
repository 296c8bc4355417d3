"""An HTML table (great_tables, pandas, or plain) as the table of the brief template."""

from __future__ import annotations

from collections.abc import Callable

from bs4.element import Tag

_ALIGNMENTS = ("right", "center", "left")


def table(tag: Tag, string: Callable[[str], str]) -> str:
    """Typst markup of a table: its title as caption, header rows, groups, totals and notes.

    Parameters
    ----------
    tag
        The `<table>` element.
    string
        Writes a text as a Typst string.
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
    note = " ".join(row.get_text(" ", strip=True) for row in notes)
    fields = [
        f"aligned: ({', '.join(columns)},)",
        f"caption: {f'[#{string(title)}]' if title else 'none'}",
        f"note: {f'[#{string(note)}]' if note else 'none'}",
        f"head: ({' '.join(_row(row, string) + ',' for row in head)})",
        f"body: ({' '.join(_row(row, string) + ',' for row in body)})",
        f"kinds: ({' '.join(string(_kind(row)) + ',' for row in body)})",
    ]
    return "#brief-table(\n  " + ",\n  ".join(fields) + ",\n)"


def _rows(part: object) -> list[Tag]:
    return [row for row in part.find_all("tr") if isinstance(row, Tag)] if isinstance(part, Tag) else []


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(["td", "th"], recursive=False) if isinstance(cell, Tag)]


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
    return ", ".join(text for text in texts if text)


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


def _row(row: Tag, string: Callable[[str], str]) -> str:
    entries = [
        f"(text: {string(cell.get_text(' ', strip=True))}, span: {_span(cell)})," for cell in _cells(row)
    ]
    return f"({' '.join(entries)})"
