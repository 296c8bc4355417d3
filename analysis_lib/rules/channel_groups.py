"""What must hold for the rules of channel groups as a whole.

The groups are the default channel groups of Google Analytics 4 (Analytics Help, "Default channel group").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analysis_lib.errors import RuleError, did_you_mean
from analysis_lib.rules.read import RuleRow

FILE = "channel_groups.csv"

# Whether the visits of a group are paid for; None where both occur.
CHANNEL_GROUPS: dict[str, bool | None] = {
    "Direct": False,
    "Cross-network": True,
    "Paid Shopping": True,
    "Paid Search": True,
    "Paid Social": True,
    "Paid Video": True,
    "Paid Other": True,
    "Display": True,
    "Organic Shopping": False,
    "Organic Social": False,
    "Organic Video": False,
    "Organic Search": False,
    "Referral": False,
    "Email": None,
    "Affiliates": None,
    "Audio": None,
    "SMS": None,
    "Mobile Push Notifications": None,
    "Unassigned": False,
}


class Pattern(NamedTuple):
    """A traffic source of a rule: what stands before and after its star, or a whole word."""

    before: str
    after: str
    has_star: bool

    def covers(self, other: Pattern) -> bool:
        """Whether every source that the other fits is one that this fits.

        Examples
        --------
        >>> pattern("* / cpc").covers(pattern("google / cpc")), pattern("*ab").covers(pattern("a*b"))
        (True, False)
        """
        if not self.has_star:
            return self == other
        if other.has_star:
            return other.before.startswith(self.before) and other.after.endswith(self.after)
        return (
            len(other.before) >= len(self.before) + len(self.after)
            and other.before.startswith(self.before)
            and other.before.endswith(self.after)
        )


def pattern(traffic_source: str) -> Pattern:
    """The pattern that a rule's traffic source stands for, in lower case.

    Examples
    --------
    >>> pattern("* / CPC")
    Pattern(before='', after=' / cpc', has_star=True)
    """
    before, star, after = traffic_source.strip().lower().partition("*")
    return Pattern(before, after, bool(star))


def validate(rows: Sequence[RuleRow]) -> None:
    """Refuse rules of unknown groups, that contradict themselves, or that are never reached.

    Parameters
    ----------
    rows
        The rules in the order of the file.

    Raises
    ------
    RuleError
        It names the file and line of the rule, and that of the other one where two do not go together.
    """
    earlier: list[tuple[RuleRow, Pattern]] = []
    for row in rows:
        _check_order(row, earlier[-1][0] if earlier else None)
        _check_group(row)
        own = _read_pattern(row)
        for other, wider in earlier:
            if wider.covers(own):
                first = other.values["traffic_source"]
                raise RuleError(
                    f"{_where(row)}: the rule for {row.values['traffic_source']!r} is never reached, "
                    f"because {first!r} of line {other.line} fits the same and comes first.",
                    "Take one of the two out, or put the narrower one first.",
                )
        earlier.append((row, own))


def _where(row: RuleRow) -> str:
    return f"{FILE}, line {row.line}"


def _check_order(row: RuleRow, previous: RuleRow | None) -> None:
    order = row.values["rule_order"]
    if order < 1:
        raise RuleError(f"{_where(row)}: rule_order is {order}, but it starts at 1.")
    if previous is not None and order <= previous.values["rule_order"]:
        raise RuleError(
            f"{_where(row)}: rule_order is {order}, but line {previous.line} before it has "
            f"{previous.values['rule_order']}.",
            "Number the rules upwards in the order of the file.",
        )


def _check_group(row: RuleRow) -> None:
    group = row.values["channel_group"]
    if group not in CHANNEL_GROUPS:
        raise RuleError(
            f"{_where(row)}: there is no channel group {group!r}.", did_you_mean(group, CHANNEL_GROUPS)
        )
    is_direct, is_paid = row.values["is_direct"], row.values["is_paid"]
    if is_direct != (group == "Direct"):
        raise RuleError(
            f"{_where(row)}: is_direct is {str(is_direct).lower()} for the channel group {group}.",
            "It is true for Direct and false for every other group.",
        )
    paid = CHANNEL_GROUPS[group]
    if paid is not None and is_paid != paid:
        raise RuleError(
            f"{_where(row)}: is_paid is {str(is_paid).lower()} for the channel group {group}.",
            f"It is {str(paid).lower()} for that group; choose another group for other visits.",
        )


def _read_pattern(row: RuleRow) -> Pattern:
    source = row.values["traffic_source"]
    if source.count("*") > 1:
        raise RuleError(
            f"{_where(row)}: traffic_source {source!r} has {source.count('*')} stars, but one is allowed.",
            "Write a rule for each case.",
        )
    if not source.strip("* "):
        raise RuleError(
            f"{_where(row)}: traffic_source {source!r} fits every source.",
            "Leave it out: a source without a rule is Unassigned.",
        )
    return pattern(source)
