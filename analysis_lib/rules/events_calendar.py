"""What must hold for the calendar of events as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_lib.errors import RuleError, did_you_mean
from analysis_lib.rules.read import RuleRow

FILE = "events_calendar.csv"
KINDS = ("sale", "holiday", "tracking", "other")


def validate(rows: Sequence[RuleRow]) -> None:
    """Refuse events of an unknown kind, that end before they start, or that meet themselves.

    Parameters
    ----------
    rows
        The events in any order.

    Raises
    ------
    RuleError
        It names the file and line of the event, and that of the other one where two overlap.
    """
    seen: dict[tuple[str, str], list[RuleRow]] = {}
    for row in rows:
        where = f"{FILE}, line {row.line}"
        name, kind = row.values["event_name"], row.values["kind"]
        first, last = row.values["first_date"], row.values["last_date"]
        if kind not in KINDS:
            raise RuleError(f"{where}: there is no kind of event {kind!r}.", did_you_mean(kind, KINDS))
        if last < first:
            raise RuleError(
                f"{where}: {name} ends on {last}, before it starts on {first}.",
                "Both days are part of the event.",
            )
        of_name = seen.setdefault((name.lower(), (row.values["country"] or "").lower()), [])
        for other in of_name:
            if first <= other.values["last_date"] and other.values["first_date"] <= last:
                raise RuleError(
                    f"{where}: {name} falls on days that line {other.line} gives the same event.",
                    "Take one of the two out, or name them apart.",
                )
        of_name.append(row)
