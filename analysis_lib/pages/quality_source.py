"""What is particular about the data of the shop's source, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis_lib.reporting import numbers
from analysis_lib.reporting.html import Html, join
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

FACTS = "stg_source_facts"
_ALIKE = "rows that equal another one in everything"
_KEPT = "kept: the data do not say whether they are one thing twice or two things of one second"


def particulars(book: Shop) -> Html:
    """What of the loaded rows needs a rule, counted, and the periods in which category codes are relied on.

    Nothing where the source states no facts of its own.
    """
    if not book.available(FACTS):
        return Html("")
    return join([_facts(book), _category_periods(book)])


def facts(book: Shop) -> pd.DataFrame:
    """What is counted, how many, of how many, and what becomes of them; what there is none of is left out."""
    import pandas as pd

    own = book.sql(f"select fact, counted, counted_of, consequence from {FACTS} order by fact_order")
    found = pd.concat([_alike(book), own], ignore_index=True)
    return found[found["counted_of"] > 0].reset_index(drop=True)


def _alike(book: Shop) -> pd.DataFrame:
    import pandas as pd

    counts = book.sql("select * from load_counts")
    rows: list[dict[str, Any]] = []
    # Shops that were loaded by an earlier version do not count them.
    if "identical_rows" in counts.columns and len(counts):
        alike, kept = int(counts["identical_rows"].fillna(0).sum()), int(counts["rows_staged"].sum())
        rows.append({"fact": _ALIKE, "counted": alike, "counted_of": kept, "consequence": _KEPT})
    return pd.DataFrame(rows, columns=["fact", "counted", "counted_of", "consequence"])


def _facts(book: Shop) -> Html:
    found = facts(book)
    columns = [
        Column("fact", "What"),
        Column("counted", "How many", numbers.count),
        Column("counted_of", "Of", numbers.count),
        Column("share", "Share", numbers.percent),
        Column("consequence", "What becomes of them"),
    ]
    return table(
        found.assign(share=found["counted"] / found["counted_of"]),
        columns,
        "source-facts",
        "What is particular about this data",
        "counted over everything that was loaded; no row is left out for it",
        download=found,
    )


def _category_periods(book: Shop) -> Html:
    """The rule of a source whose category codes changed their meaning."""
    model = book.project.get(FACTS)
    if "rule_category_periods" not in model.inputs:
        return Html("")
    rows = book.sql(
        "select first_date, last_date, reason from rule_category_periods "
        "where source_name = @source_name order by first_date",
        source_name=model.path.parent.name,
    )
    columns = [
        Column("first_date", "From", day),
        Column("last_date", "To", day),
        Column("reason", "What is wrong with the days outside"),
    ]
    return table(
        rows,
        columns,
        "category-periods",
        "Periods in which category codes are relied on",
        "a product takes its category from these days, and from others only where it has none in them",
        ["The rule is the table category_periods.csv; a file of that name in rules/ takes its place."],
        when_empty="No period is named in which category codes can be relied on: each product takes its most "
        "frequent one.",
    )
