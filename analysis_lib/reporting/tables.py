"""Tables for readers: great_tables with units, in a box that scrolls by itself, with their rows as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.reporting import downloads
from analysis_lib.reporting.figure import MUTED
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.table_html import is_sortable, scrolling, value_of, with_values

if TYPE_CHECKING:
    import pandas as pd

Formatter = Callable[[Any], str]
_MISSING_TEXT = "–"


@dataclass(frozen=True)
class Column:
    """One column of a table: where it comes from, its heading and how its values are written.

    Parameters
    ----------
    name
        The column of the rows.
    label
        The heading, with the unit where the values do not carry it.
    write
        Makes text of a value; text columns need none. With `from_row` it is given the whole row.
    from_row
        Whether `write` takes the row, for values that need their neighbours (a rate and its count).
    is_few
        Says of a row whether its value stands on few units; it is then muted and italic.
    """

    name: str
    label: str
    write: Formatter | None = None
    from_row: bool = False
    is_few: Callable[[Any], bool] | None = None


def table(
    rows: pd.DataFrame,
    columns: Sequence[Column],
    name: str,
    title: str,
    subtitle: str = "",
    notes: Sequence[str] = (),
    when_empty: str = "There is nothing to show.",
    download: pd.DataFrame | None = None,
    download_label: str = "",
    bold_rows: Sequence[int] = (),
    group: str = "",
) -> Html:
    """The rows as a table, with a download of the rows behind it.

    Parameters
    ----------
    rows
        What is shown, in this order.
    columns
        Which of its columns, and how.
    name
        Unique on its page; also the name of the files.
    title, subtitle
        State what is shown, with period and unit.
    notes
        Sentences under the table.
    when_empty
        The sentence that stands in the place of an empty table.
    download
        The rows of the files, where they hold more than is shown.
    download_label
        What the link says; the title when left out.
    bold_rows
        Positions of rows that are totals.
    group
        The column whose values head groups of rows; not shown as a column.
    """
    if rows.empty:
        return empty(when_empty)
    offered = downloads.offer(rows if download is None else download, name, title, download_label)
    return join([_box(rows, columns, name, title, subtitle, notes, bold_rows, group), offered])


def _box(
    rows: pd.DataFrame,
    columns: Sequence[Column],
    name: str,
    title: str,
    subtitle: str,
    notes: Sequence[str],
    bold_rows: Sequence[int],
    group: str,
) -> Html:
    import pandas as pd
    from great_tables import GT, loc, style

    shown = pd.DataFrame({column.name: _texts(rows, column) for column in columns})
    if group:
        shown.insert(0, group, rows[group].tolist())
    numeric = [column.name for column in columns if column.write is not None]
    made = (
        GT(shown, id=name, groupname_col=group or None)
        .tab_header(title=title, subtitle=subtitle or None)
        .cols_label({column.name: column.label for column in columns})
        .cols_align("left")
        .cols_align("right", columns=numeric)
        .tab_options(table_font_size="14px", data_row_padding="4px", table_width="100%")
    )
    if bold_rows:
        made = made.tab_style(style.text(weight="bold"), loc.body(rows=list(bold_rows)))
    for column in columns:
        if column.is_few is not None:
            few = [place for place, row in enumerate(rows.itertuples(index=False)) if column.is_few(row)]
            if few:
                look = style.text(style="italic", color=MUTED)
                made = made.tab_style(look, loc.body(columns=[column.name], rows=few))
    for note in notes:
        made = made.tab_source_note(note)
    values = [[_value(row, column) for column in columns] for row in rows.to_dict("records")]
    order = _order(rows[group].tolist()) if group else list(range(len(rows)))
    html = with_values(made.as_raw_html(), values, bold_rows, order)
    return Html(scrolling(html, name))


def _value(row: Mapping[Any, Any], column: Column) -> str | None:
    """What a cell sorts by; None where its text is all there is."""
    if column.write is None or column.name not in row or not is_sortable(row[column.name]):
        return None
    return value_of(row[column.name])


def _order(groups: Sequence[Any]) -> list[int]:
    """The positions of the rows as great_tables shows them: group by group, each where it first comes.

    Examples
    --------
    >>> _order(["a", "b", "a"])
    [0, 2, 1]
    """
    first = {group: place for place, group in reversed(list(enumerate(groups)))}
    return sorted(range(len(groups)), key=lambda place: first[groups[place]])


def _texts(rows: pd.DataFrame, column: Column) -> list[str]:
    if column.from_row:
        assert column.write is not None
        return [column.write(row) for row in rows.itertuples(index=False)]
    values = rows[column.name].tolist()
    if column.write is None:
        return [_MISSING_TEXT if value is None or value != value else str(value) for value in values]
    return [column.write(value) for value in values]
