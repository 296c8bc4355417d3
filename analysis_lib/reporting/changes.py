"""How a number changed, and what may be said about it: the rules with a right answer.

A change that cannot be computed never looks like a number: no +100 % from nothing, no 0 % without data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from analysis_lib.reporting import numbers

Kind = Literal["money", "count", "rate", "ratio", "score", "days", "duration"]
Good = Literal["up", "down", "neither"]
Tone = Literal["good", "bad", "neutral"]
Direction = Literal["up", "down", "unchanged", ""]
_MANY_TIMES = 10  # beyond that a percentage is hard to read, and mostly says that the base was tiny


@dataclass(frozen=True)
class Change:
    """A change in words.

    Parameters
    ----------
    brief
        The change with its sign: what stands beside the earlier value.
    origin
        Where it came from, in brackets, for a change that says little without it.
    direction
        The word for it.
    tone
        Whether it is good news, by the direction that the metric declares good.
    is_known
        Whether the two numbers could be compared at all.
    """

    brief: str
    origin: str = ""
    direction: Direction = ""
    tone: Tone = "neutral"
    is_known: bool = True

    @property
    def text(self) -> str:
        """The change with its origin: what stands alone."""
        return f"{self.brief} {self.origin}".strip()

    @property
    def label(self) -> str:
        """The brief text with an arrow, for those who scan; the sign says the same to those who read."""
        arrow = {"up": "▲ ", "down": "▼ "}.get(self.direction, "")
        return f"{arrow}{self.brief}"


def change(
    current: Any,
    previous: Any,
    kind: Kind,
    currency: str = "USD",
    good: Good = "neither",
    why_missing: str = "",
) -> Change:
    """What happened between two values of one metric.

    Parameters
    ----------
    current, previous
        The values; None or NaN where not available.
    kind
        What is compared: a `rate` of 0–1 changes in points, everything else in percent.
    currency
        Of `money`.
    good
        The direction that is good news.
    why_missing
        Said where there is no value to compare with, for example ``no data before 3 Jan 2026``.

    Examples
    --------
    >>> change(112, 100, "count", good="up")
    Change(brief='+12.0\\xa0%', origin='', direction='up', tone='good', is_known=True)
    >>> change(0.4, 0.2, "rate", good="up").text
    '+20.0\\xa0points (from 20.0\\xa0%)'
    >>> change(120, 0, "count").text
    'new: +120'
    >>> change(120, None, "count", why_missing="no data before 3 Jan 2026").text
    '– (no data before 3 Jan 2026)'
    """
    now, before = numbers.number_or_none(current), numbers.number_or_none(previous)
    if now is None or before is None:
        reason = f" ({why_missing})" if why_missing else ""
        return Change(f"{numbers.NOT_AVAILABLE}{reason}", is_known=False)
    if now == before:
        return Change("unchanged", direction="unchanged")
    direction: Direction = "up" if now > before else "down"
    brief, needs_origin = _brief(now, before, kind, currency)
    origin = f"(from {amount(before, kind, currency)})" if needs_origin else ""
    return Change(brief, origin, direction, _tone(now - before, good))


def _brief(now: float, before: float, kind: Kind, currency: str) -> tuple[str, bool]:
    """The rules, from the special case to the plain one: the text, and whether it needs its origin."""
    if kind == "rate":
        return numbers.points(now - before), True
    difference = _difference(now - before, kind, currency)
    if before == 0 and now > 0:
        return f"new: {difference}", False
    if before <= 0 or now < 0:
        # A percentage of nothing, of a loss, or of a gain that became a loss, has no meaning.
        return difference, True
    if now / before >= _MANY_TIMES:
        return f"{numbers.count(now / before)} times as much", True
    share = now / before - 1
    if abs(share) < 0.0005:
        return f"{difference} (under 0.1{numbers.NO_BREAK}%)", False
    return numbers.signed_percent(share), False


def amount(value: Any, kind: Kind, currency: str) -> str:
    """A value of that kind, as it stands on a card.

    Examples
    --------
    >>> amount(0.0312, "rate", "USD"), amount(12345.678, "money", "USD"), amount(3.456, "ratio", "USD")
    ('3.1\\xa0%', '$12,346', '3.46')
    >>> amount(0.5, "count", ""), amount(12, "count", ""), amount(0.8134, "score", "")
    ('0.5', '12', '0.81')
    """
    if kind == "money":
        return numbers.money(value, currency)
    if kind == "rate":
        return numbers.percent(value)
    if kind in ("ratio", "score"):
        return numbers.ratio(value)
    if kind == "days":
        return numbers.days(value)
    if kind == "duration":
        return numbers.duration(value)
    # A median of counts may lie between two of them.
    known = numbers.number_or_none(value)
    return numbers.count(known, 1 if known is not None and known % 1 else 0)


def _difference(difference: float, kind: Kind, currency: str) -> str:
    if kind == "money":
        return numbers.signed_money(difference, currency)
    if kind in ("ratio", "score"):
        return numbers.signed(difference, 2)
    if kind == "duration":
        return f"{'+' if difference > 0 else ''}{numbers.duration(difference)}"
    if kind == "days":
        return f"{numbers.signed(difference, 1)}{numbers.NO_BREAK}days"
    return numbers.signed(difference)


def _tone(difference: float, good: Good) -> Tone:
    if good == "neither":
        return "neutral"
    return "good" if (difference > 0) == (good == "up") else "bad"
