"""How a number should read, written a second time from the rules: docs of the report, not its code.

Half up; cents under a thousand; a decimal of a percentage, two under 1 %; a rate changes in points; no change
in percent from nothing, from a loss, or to ten times as much; "–" where there is nothing to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Number = int | float | Decimal | Fraction
MINUS, NONE = "−", "–"
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def exact(value: Number) -> Fraction:
    """The value without loss; a float by its shortest text, as a reader would copy it."""
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def rounded(value: Number, decimals: int) -> str:
    """The size of a number, half up, with thousands separators."""
    size = abs(exact(value))
    scaled = math.floor(size * 10**decimals + Fraction(1, 2))
    return f"{Decimal(scaled).scaleb(-decimals):,.{decimals}f}"


def _minus(value: Number, text: str) -> str:
    return MINUS + text if value < 0 and text.strip("0.,%$ ") else text


def count(value: Number, decimals: int = 0) -> str:
    """1,234."""
    return _minus(value, rounded(value, decimals))


def money(value: Number, currency: str = "USD") -> str:
    """$1,234, $12.30, $0."""
    sign = SIGNS.get(currency, f"{currency} ")
    return _minus(value, sign + rounded(value, 2 if 0 < abs(value) < 1000 else 0))


def whole_money(value: Number, currency: str = "USD") -> str:
    """$1,234, $12: without cents, as in a column of amounts."""
    return _minus(value, SIGNS.get(currency, f"{currency} ") + rounded(value, 0))


def percent(value: Number) -> str:
    """12.3 %, 0.45 %, 100 %; what is not quite nothing or everything never reads so."""
    size = abs(exact(value)) * 100
    if size in (0, 100):
        return _minus(value, f"{int(size)} %")
    if size < Fraction(1, 200):
        return "under 0.01 %"
    if Fraction("99.95") <= size < 100:
        return "over 99.9 %"
    return _minus(value, f"{rounded(size, 2 if size < 1 else 1)} %")


def duration(seconds: Number) -> str:
    """42 s, 2.5 min, 2.1 h, 3.0 days."""
    if abs(seconds) < 60:
        return f"{count(seconds)} s"
    for limit, size, unit in ((3600, 60, "min"), (86400, 3600, "h")):
        if abs(seconds) < limit:
            return f"{count(exact(seconds) / size, 1)} {unit}"
    return f"{count(exact(seconds) / 86400, 1)} days"


def days(value: Number) -> str:
    """3.2 days, 173 days, 1 day."""
    if value == 1:
        return "1 day"
    is_short = abs(value) < 10 and exact(value).denominator != 1
    return f"{count(value, 1 if is_short else 0)} days"


def text_of(value: Number | None, kind: str, currency: str = "USD") -> str:
    """The value as it stands on a card."""
    if value is None:
        return NONE
    if kind == "money":
        return money(value, currency)
    writers = {"rate": percent, "duration": duration, "days": days, "count": count}
    return writers[kind](value) if kind in writers else count(value, 2)


def signed(text: str, value: Number) -> str:
    """With a plus where it rose."""
    return f"+{text}" if value > 0 else text


def points(difference: Number) -> str:
    """+0.7 points; two decimals where one would say nothing."""
    size = exact(difference) * 100
    if 0 < abs(size) < Fraction("0.005"):
        return "under 0.01 points"
    decimals = 2 if 0 < abs(size) < Fraction("0.1") else 1
    return f"{signed(count(size, decimals), size)} points"


def change(now: Number, before: Number, kind: str, currency: str = "USD") -> str:
    """What happened between two values of one figure."""
    if now == before:
        return "unchanged"
    difference = exact(now) - exact(before)
    if kind == "rate":
        return points(difference)
    if before <= 0 or now < 0:
        absolute = signed(_difference(difference, kind, currency), difference)
        return f"new: {absolute}" if before == 0 and now > 0 else absolute
    times = exact(now) / exact(before)
    if times >= 10:
        return f"{count(times)} times as much"
    if abs(times - 1) < Fraction("0.0005"):
        absolute = signed(_difference(difference, kind, currency), difference)
        return f"{absolute} (under 0.1 %)"
    return f"{signed(count((times - 1) * 100, 1), times - 1)} %"


def _difference(value: Fraction, kind: str, currency: str) -> str:
    if kind == "days":
        return f"{count(value, 1)} days"
    return text_of(value, kind, currency)


def interval(low: float, high: float) -> str:
    """48.5–53.6 %."""
    decimals = 2 if high < 0.01 else 1
    return f"{rounded(low * 100, decimals)}–{rounded(high * 100, decimals)} %"


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, shift = successes / trials, z * z / trials
    middle = (share + shift / 2) / (1 + shift)
    half = z / (1 + shift) * math.sqrt(share * (1 - share) / trials + shift / (4 * trials))
    return middle - half, middle + half


@dataclass(frozen=True)
class Unknown:
    """A comparison that cannot be made, and why."""

    why: str


Compared = Number | Unknown | None
ARROWS = {1: "▲ ", -1: "▼ ", 0: ""}


@dataclass(frozen=True)
class Figure:
    """A headline number as recomputed.

    Parameters
    ----------
    kind
        money, count, rate, ratio, days, duration or score.
    now
        The value; None where it is not available.
    previous, year_before
        The window before, and the one 52 weeks before; None where the card compares nothing.
    said
        Further texts with numbers that the card must say, such as counts and intervals.
    """

    kind: str
    now: Number | None
    previous: Compared = None
    year_before: Compared = None
    said: tuple[str, ...] = ()

    def value(self, currency: str) -> str:
        """The number itself."""
        return text_of(self.now, self.kind, currency)

    def change(self, currency: str) -> str:
        """The change against the window before; empty where there is none."""
        if self.previous is None or self.now is None:
            return ""
        if isinstance(self.previous, Unknown):
            return f"{NONE} ({self.previous.why})"
        arrow = ARROWS[(self.now > self.previous) - (self.now < self.previous)]
        return arrow + change(self.now, self.previous, self.kind, currency)

    def notes(self, currency: str) -> list[str]:
        """Everything with a number in it that stands under the value."""
        said = list(self.said)
        if self.now is None or self.previous is None or isinstance(self.previous, Unknown):
            return said
        said.append(f"was {text_of(self.previous, self.kind, currency)}")
        if isinstance(self.year_before, Unknown):
            said.append(f"52 weeks before: {NONE} ({self.year_before.why})")
        elif self.year_before is not None:
            said.append(f"52 weeks before: {text_of(self.year_before, self.kind, currency)}")
            said.append(change(self.now, self.year_before, self.kind, currency))
        return said
