"""Whether every row and every amount is accounted for: loaded rows, rejected rows, sums that must agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis_lib.pages import quality_data, quality_source
from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.tables import Column, table
from analysis_lib.sources.written import Written

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

_LOADED = ("rows_read", "rows_staged", "rows_rejected", "duplicates_dropped", "difference")
_ROWS_OF = "rows of "
_BROKEN = "Does not agree"
_KINDS = (
    ("Revenue", ("revenue",)),
    ("Ad spend", ("spend",)),
    ("Orders and customers", ("orders", "customers")),
    ("Rows", (_ROWS_OF.strip(),)),
)


def sums(book: Shop) -> Html:
    """Rows read and what became of them, what is particular about them, and the sums that must agree."""
    parts = [loaded(book), rejected(book), decided(book), quality_source.particulars(book)]
    return join([*parts, reconciled(book)])


def loaded(book: Shop) -> Html:
    """For each loaded table: rows read = kept + rejected + duplicates."""
    import pandas as pd

    found = quality_data.loaded(book)
    if found.empty:
        return empty("Nothing was loaded, so there are no rows to count.")
    whole = {"table_name": "All tables", **{name: int(found[name].sum()) for name in _LOADED}}
    columns = [
        Column("table_name", "Table"),
        Column("rows_read", "Rows read", numbers.count),
        Column("rows_staged", "= kept", numbers.count),
        Column("rows_rejected", "+ rejected", numbers.count),
        Column("duplicates_dropped", "+ duplicates", numbers.count),
        Column("difference", "Difference", numbers.count),
    ]
    return table(
        pd.concat([found, pd.DataFrame([whole])], ignore_index=True),
        columns,
        "loaded-rows",
        "What became of the rows that were read",
        "A duplicate has the key of a row that was kept",
        bold_rows=[len(found)],
        download=found,
    )


def rejected(book: Shop, most: int = 20) -> Html:
    """The rejected rows by table and reason; all reasons in the download."""
    found = quality_data.rejected(book)
    if quality_data.loaded(book).empty:
        return Html("")
    if found.empty:
        return paragraph("No row was rejected.")
    columns = [
        Column("table_name", "Table"),
        Column("reason", "Why"),
        Column("rows_rejected", "Rows", numbers.count),
        Column("files", "Files", numbers.count),
        Column("first_file", "For example in"),
    ]
    shown = found.head(most)
    part = f"{numbers.count(len(shown))} of " if len(shown) < len(found) else ""
    return table(
        shown,
        columns,
        "rejected-by-reason",
        "Rejected rows by reason",
        f"{part}{numbers.plural(len(found), 'reason')}, the most frequent on top",
        ["The rows as they were read stand in the warehouse, in the table rejected_rows."],
        download=found,
    )


def decided(book: Shop) -> Html:
    """How dates and numbers were read that can be written in several ways; nothing where all are plain."""
    found = quality_data.decided(book)
    if found.empty:
        return Html("")
    words = [
        Written(str(reading), is_styled=True, currency=str(currency), is_said=bool(is_said)).how()
        for reading, currency, is_said in zip(
            found["reading"], found["currency"], found["is_said"], strict=True
        )
    ]
    columns = [
        Column("table_name", "Table"),
        Column("column_name", "Column"),
        Column("read", "Was read"),
        Column("deciding_values", "Values that show it", numbers.count),
        Column("undecided_values", "Values with two readings", numbers.count),
        Column("files", "Files", numbers.count),
        Column("first_file", "For example"),
    ]
    return table(
        found.assign(read=words),
        columns,
        "load-decisions",
        "How dates and numbers were read",
        "Decided for a whole column of a file, never for a row; a load stops where nothing decides",
        download=found,
    )


def reconciled(book: Shop) -> Html:
    """Both sides of every reconciliation with their difference; those that do not hold on top."""
    rows = quality_data.reconciliations(book)
    if not book.available("dq_reconciliation"):
        return empty(
            f"Sums cannot be compared: the shop has no {', '.join(book.lacks('dq_reconciliation'))}."
        )
    order = {name: place for place, (name, _) in enumerate(_KINDS)}
    kinds = [kind(str(name)) for name in rows["reconciliation"]]
    held = [bool(value) for value in rows["is_ok"]]
    found = rows.assign(
        kind=[name if is_ok else _BROKEN for name, is_ok in zip(kinds, held, strict=True)],
        place=[order[name] if is_ok else -1 for name, is_ok in zip(kinds, held, strict=True)],
    )
    shown = found.sort_values(["place", "reconciliation"], kind="stable").drop(columns="place")
    write = _Writer(book.parameters.currency)
    columns = [
        Column("shown_name", "What is compared"),
        Column("left_name", "Left"),
        Column("left_value", "Value", write.left, True),
        Column("right_name", "Right"),
        Column("right_value", "Value", write.right, True),
        Column("difference", "Difference", write.difference, True),
        Column("note", "Note"),
    ]
    # The rows of each table stand in the table above; here they are only shown where they do not agree.
    listed = _gathered(shown[shown["kind"] != "Rows"])
    listed["note"] = [_note(text) for text in listed["note"]]
    return table(
        listed,
        columns,
        "reconciliations",
        "Sums that must agree, to the last digit",
        f"money in {book.parameters.currency}; ways: models of attribution, levels of category",
        when_empty="Nothing but rows could be compared: the shop has neither orders nor sessions.",
        download=rows,
        download_label="All reconciliations, those of rows as well",
        group="kind",
    )


def _note(text: Any) -> str:
    return quality_data.in_words(str(text)) if text is not None and text == text and text else ""


def kind(reconciliation: str) -> str:
    """What a reconciliation compares.

    Examples
    --------
    >>> kind("attributed revenue, linear"), kind("attributed orders, linear"), kind("rows of events")
    ('Revenue', 'Orders and customers', 'Rows')
    """
    if reconciliation.startswith(_ROWS_OF):
        return "Rows"
    for name, words in _KINDS:
        if any(word in reconciliation.split(",")[0] for word in words):
            return name
    return _KINDS[0][0]


def value(reconciliation: str, amount: Any, currency: str) -> str:
    """One side of a reconciliation: money with its cents, or a count.

    Examples
    --------
    >>> value("session revenue", 1234.5, "EUR"), value("attributed orders, linear", 12.0, "EUR")
    ('€1,234.50', '12')
    >>> value("attributed orders, linear", 11.5, "EUR")
    '11.500000'
    """
    if kind(reconciliation) in ("Revenue", "Ad spend"):
        return numbers.money(amount, currency, 2)
    known = numbers.number_or_none(amount)
    return numbers.count(amount, 0 if known is None or known % 1 == 0 else 6)


def _gathered(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for the models of attribution (or levels) of a sum that all hold with the same two sides."""
    keys = [str(name).split(", ")[0] for name in rows["reconciliation"]]
    sides = ["kind", "left_name", "left_value", "right_name", "right_value", "is_ok", "note"]
    found = rows.assign(what=keys)
    alike = found.groupby(["what", *sides], sort=False, dropna=False)["what"].transform("size")
    names = [
        f"{what}, {number} ways" if number > 1 and is_ok else str(name)
        for what, number, is_ok, name in zip(
            keys, alike, found["is_ok"], found["reconciliation"], strict=True
        )
    ]
    return found.assign(shown_name=names).drop_duplicates(["shown_name", *sides]).drop(columns="what")


class _Writer:
    def __init__(self, currency: str) -> None:
        self.currency = currency

    def left(self, row: Any) -> str:
        return value(row.reconciliation, row.left_value, self.currency)

    def right(self, row: Any) -> str:
        return value(row.reconciliation, row.right_value, self.currency)

    def difference(self, row: Any) -> str:
        return "0" if row.is_ok else value(row.reconciliation, row.difference, self.currency)
