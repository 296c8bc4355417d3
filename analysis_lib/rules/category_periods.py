"""What must hold for the periods in which category codes can be relied on, as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_lib.errors import RuleError
from analysis_lib.rules.read import RuleRow

FILE = "category_periods.csv"


def validate(rows: Sequence[RuleRow]) -> None:
    """Refuse a period that ends before it starts, and two periods of one source that share a day.

    Parameters
    ----------
    rows
        The periods in any order.

    Raises
    ------
    RuleError
        It names the file and line of the period, and that of the other one where two overlap.
    """
    seen: dict[str, list[RuleRow]] = {}
    for row in rows:
        where = f"{FILE}, line {row.line}"
        source, first, last = (row.values[name] for name in ("source_name", "first_date", "last_date"))
        if last < first:
            raise RuleError(
                f"{where}: the period ends on {last}, before it starts on {first}.",
                "Both days are part of the period.",
            )
        of_source = seen.setdefault(source, [])
        for other in of_source:
            if first <= other.values["last_date"] and other.values["first_date"] <= last:
                raise RuleError(
                    f"{where}: the period shares days with that of line {other.line}.",
                    "Let one end before the other starts, or make one of them.",
                )
        of_source.append(row)
