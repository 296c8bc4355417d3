"""What one value of a file means: docs/loading.md, "What is accepted" and "What is rejected"."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

EVERYWHERE = {"", "null", "NULL", r"\N", "NaN", "nan"}
IN_NUMBERS_AND_TIMES = EVERYWHERE | {"Null", "None", "none", "NaT", "<NA>", "N/A", "n/a", "-"}
PLACES = Decimal(1).scaleb(-9)
UTC = dt.UTC


class Rejected(Exception):
    """The value cannot be read without a guess: its row is rejected."""


def trimmed(text: str) -> str:
    """The text without blanks around it, of whatever width; a tab is no blank."""
    blank = [unicodedata.category(character) == "Zs" for character in text]
    if all(blank):
        return ""
    return text[blank.index(False) : len(text) - blank[::-1].index(False)]


def is_missing(text: str, type_: str) -> bool:
    """Whether a text stands for no value."""
    return text in EVERYWHERE if type_ == "STRING" else trimmed(text) in IN_NUMBERS_AND_TIMES


def value_of(text: str, type_: str) -> Any:
    """The value of a text, None where it says that there is none; Rejected where it cannot be read."""
    if is_missing(text, type_):
        return None
    if type_ == "STRING":
        return text
    readers = {"INT64": _whole, "NUMERIC": _amount, "FLOAT64": _number, "TIMESTAMP": _time, "DATE": _day}
    return readers[type_](trimmed(text))


def _whole(text: str) -> int:
    found = re.fullmatch(r"([+-]?[0-9]+)(?:\.0*)?", text)
    if not found or not -(2**63) <= int(found[1]) < 2**63:
        raise Rejected
    return int(found[1])


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text))


def _amount(text: str) -> Decimal:
    if not _is_number(text):
        raise Rejected
    with localcontext() as context:
        context.prec = 2000
        amount = Decimal(text).quantize(PLACES, ROUND_HALF_UP)
        if abs(amount) >= Decimal(10) ** 29:
            raise Rejected
    return amount


def _number(text: str) -> float:
    if not _is_number(text) or not math.isfinite(float(text)):
        raise Rejected
    return float(text)


_DATE = r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})"
_CLOCK = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
_ZONE = r" ?(?:UTC|GMT|[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)"


def _time(text: str) -> dt.datetime:
    return in_range(moment(text))


def moment(text: str) -> dt.datetime:
    """A moment in ISO 8601, of any year."""
    found = re.fullmatch(f"{_DATE}(?:[ T]{_CLOCK}(?:{_ZONE})?)?", text)
    if not found:
        raise Rejected
    year, _, month, day, hour, minute, second, part, sign, off_hours, off_minutes = found.groups()
    off = dt.timedelta(hours=int(off_hours or 0), minutes=int(off_minutes or 0))
    # No place on earth is further from Greenwich; 24:00 is the end of a day.
    is_clock = int(minute or 0) <= 59 and int(second or 0) <= 59 and int(off_minutes or 0) <= 59
    since = dt.timedelta(hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0))
    since += dt.timedelta(microseconds=int((part or "").ljust(6, "0")[:6]))
    if not is_clock or off >= dt.timedelta(hours=15) or since > dt.timedelta(hours=24):
        raise Rejected
    return _midnight(year, month, day) + since - off * (-1 if sign == "-" else 1)


def _midnight(year: str, month: str, day: str) -> dt.datetime:
    try:
        return dt.datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        raise Rejected from None


def in_range(moment: dt.datetime) -> dt.datetime:
    """The moment; Rejected where it is a placeholder."""
    if not 1990 <= moment.year <= 2099:
        raise Rejected
    return moment


def _day(text: str) -> dt.date:
    return in_range(midnight(text)).date()


def midnight(text: str) -> dt.datetime:
    """A day in ISO 8601, of any year."""
    found = re.fullmatch(rf"{_DATE}(?:[ T]00:00(?::00(?:\.0{{1,9}})?)?(?:{_ZONE})?)?", text)
    if not found or int(found[6] or 0) >= 15 or int(found[7] or 0) > 59:
        raise Rejected
    return _midnight(found[1], found[3], found[4])


# Digits before the point of a count since 1970 in our time, and how many of it are a second.
COUNTS = [((9, 10), 1), ((12, 13), 1000), ((15, 16), 1_000_000)]


def counted(text: str, unit: int) -> dt.datetime | None:
    """The moment of a count since 1970; Rejected where it has more than nine decimals."""
    if is_missing(text, "TIMESTAMP"):
        return None
    if not re.fullmatch(r"[0-9]{9,16}(\.[0-9]{1,9})?", trimmed(text)):
        raise Rejected
    micros = (Decimal(trimmed(text)) * 1_000_000 / unit).quantize(Decimal(1), ROUND_HALF_UP)
    try:
        return in_range(dt.datetime(1970, 1, 1, tzinfo=UTC) + dt.timedelta(microseconds=int(micros)))
    except OverflowError:
        raise Rejected from None
