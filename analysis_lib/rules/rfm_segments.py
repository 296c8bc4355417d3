"""The rules of the RFM segments: every cell of the scores meets exactly one of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from analysis_lib.errors import RuleError, did_you_mean
from analysis_lib.rules.read import RuleRow

FILE = "rfm_segments.csv"
SEGMENTS = (
    "Champions",
    "Loyal Customers",
    "Potential Loyalists",
    "New Customers",
    "Promising",
    "Needs Attention",
    "At Risk",
    "Cannot Lose Them",
    "Hibernating",
    "Lost",
)
SCORES = ("recency", "frequency", "monetary")
_RANGE = range(1, 6)


def validate(rows: Sequence[RuleRow]) -> None:
    """Check the rules one by one and against each other.

    Raises
    ------
    RuleError
        For an unknown segment or one without a rule, a score outside 1–5, a rule that no score can meet,
        a rule order that is used twice, two actions for one segment, a cell that meets two rules or none.
    """
    order_lines: dict[object, int] = {}
    actions: dict[object, RuleRow] = {}
    for row in rows:
        _check_row(row)
        order = row.values["rule_order"]
        if order in order_lines:
            raise RuleError(
                f"{FILE}, line {row.line}: the rule_order {order} is that of line {order_lines[order]} too.",
                "Number the rules from 1.",
            )
        order_lines[order] = row.line
        first = actions.setdefault(row.values["segment"], row)
        if first.values["action"] != row.values["action"]:
            raise RuleError(
                f"{FILE}, line {row.line}: {row.values['segment']} has another action than on line "
                f"{first.line}.",
                "A segment has one action.",
            )
    _check_cells(rows)
    for segment in SEGMENTS:
        if segment not in actions:
            raise RuleError(f"{FILE}: no rule leads to {segment}.", "Each of the ten segments needs one.")


def _check_row(row: RuleRow) -> None:
    where = f"{FILE}, line {row.line}"
    segment, order = str(row.values["segment"]), int(row.values["rule_order"])
    if segment not in SEGMENTS:
        raise RuleError(f"{where}: there is no segment {segment!r}.", did_you_mean(segment, SEGMENTS))
    if order < 1:
        raise RuleError(f"{where}: the rule_order is {order}, but rules are numbered from 1.")
    for score in SCORES:
        low, high = row.values[f"{score}_min"], row.values[f"{score}_max"]
        for end, value in (("min", low), ("max", high)):
            if value not in _RANGE:
                raise RuleError(f"{where}: {score}_{end} is {value}, but scores are 1 to 5.")
        if low > high:
            raise RuleError(
                f"{where}: no customer can meet this rule, its {score}_min {low} is above its "
                f"{score}_max {high}."
            )


def _check_cells(rows: Sequence[RuleRow]) -> None:
    """Every combination of the scores meets exactly one rule."""
    for cell in itertools.product(_RANGE, repeat=len(SCORES)):
        met = [row for row in rows if _meets(row, cell)]
        name = ", ".join(f"{score} {value}" for score, value in zip(SCORES, cell, strict=True))
        if not met:
            raise RuleError(f"{FILE}: no rule is there for the scores {name}.", "Widen a rule or add one.")
        if len(met) > 1:
            raise RuleError(
                f"{FILE}, line {met[1].line}: the scores {name} meet this rule "
                f"({met[1].values['segment']}) and that of line {met[0].line} ({met[0].values['segment']}).",
                "Make one of them narrower.",
            )


def _meets(row: RuleRow, cell: Sequence[int]) -> bool:
    return all(
        row.values[f"{score}_min"] <= value <= row.values[f"{score}_max"]
        for score, value in zip(SCORES, cell, strict=True)
    )
