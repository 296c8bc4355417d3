"""How a column is written, from all of its texts: docs/loading.md, "How values are written"."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.load.independent import values
from tests.load.independent.text import Refused
from tests.load.independent.values import Rejected, trimmed

Read = Callable[[str], Any]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
FULL = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CURRENCIES = {"$": "$", "USD": "USD", "US$": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP"}


def _tidy(text: str) -> str:
    return trimmed(re.sub("[\u00a0\u2007\u2009\u202f]", " ", text))


def _clock(text: str) -> tuple[int, dt.timedelta] | None:
    """Microseconds since midnight, and how far the place is from Greenwich."""
    found = re.fullmatch(
        r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?([ap])\.?m\.?)?"
        r"(?: ?(?:utc|gmt|z|([+-])(\d\d)(?::?(\d\d))?))?",
        text,
        re.ASCII,
    )
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    micros = int((found[4] or "").ljust(6, "0")[:6])
    if found[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[5] == "p" else 0)
    since = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros
    off = dt.timedelta(hours=int(found[7] or 0), minutes=int(found[8] or 0))
    if minute > 59 or second > 59 or since > 86_400_000_000:
        return None
    if int(found[8] or 0) > 59 or off >= dt.timedelta(hours=15):
        return None
    return since, -off if found[6] == "-" else off


def _dates(text: str) -> list[tuple[str, str, str]] | None:
    """Year, month and day of a date, with the day first and with the month first."""
    for by in ("-", "/", "."):
        parts = [part.removeprefix(" ") if by == "." else part for part in text.split(by)]
        if len(parts) == 3 and all(re.fullmatch("[0-9]{1,4}", part) for part in parts):
            a, b, c = parts
            if len(a) == 4 and len(b) < 3 and len(c) < 3 and " " not in text:
                return [(a, b, c)] * 2
            if len(c) == 4 and len(a) < 3 and len(b) < 3:
                return [(c, b, a), (c, a, b)]
            return None
    if re.fullmatch("[0-9]{8}", text):
        return [(text[:4], text[4:6], text[6:])] * 2
    return None


def _moments(text: str, wanted: str) -> tuple[dt.datetime | None, ...]:
    text = _tidy(text).lower()
    found = re.fullmatch(r"(.*?\d)(?:t| +|, *|:)(\d{1,2}:.*)", text)
    day, clock = (found[1], _clock(found[2])) if found else (text, (0, dt.timedelta()))
    dates = _dates(day)
    if dates is None or clock is None or (wanted == "DATE" and clock[0]):
        return (None, None)
    since, off = clock
    return tuple(_made(date, since, off if wanted == "TIMESTAMP" else dt.timedelta()) for date in dates)


def _made(date: tuple[str, str, str], since: int, off: dt.timedelta) -> dt.datetime | None:
    try:
        midnight = dt.datetime(int(date[0]), int(date[1]), int(date[2]), tzinfo=dt.UTC)
    except ValueError:
        return None
    return midnight + dt.timedelta(microseconds=since) - off


def _numbers(text: str, wanted: str, only: str | None = None) -> tuple[Any, ...]:
    """The number with a decimal point, and with a decimal comma."""
    text = _tidy(text.replace("\u2212", "-").replace("\u2019", "'"))
    return tuple(_number(text, wanted, decimal, only) for decimal in ".,")


def _number(text: str, wanted: str, decimal: str, only: str | None) -> Any:
    is_money = wanted == "NUMERIC"
    signs = 0
    if is_money and text[:1] == "(" and text[-1:] == ")":
        text, signs, is_negative = text[1:-1], 1, True
    else:
        is_negative = False
    if is_money and text[-1:] == "-":
        text, signs, is_negative = text[:-1], signs + 1, True
    behind = signs > 0
    money = sorted((s for s, code in CURRENCIES.items() if only in (None, code)), key=len, reverse=True)
    sign = "|".join(re.escape(s) for s in money) if is_money and money else "(?!)"
    found = re.fullmatch(
        rf" ?([+-])? ?({sign})? ?({'[+-]' if is_money else '(?!)'})? ?([0-9.,' eE+-]*?[0-9.,]) ?({sign})?"
        rf"{' ?' if is_money else ''}",
        text,
        re.IGNORECASE,
    )
    if not found or (found[2] and found[5]):
        return None
    signs += bool(found[1]) + bool(found[3])
    is_negative |= "-" in (found[1] or "") + (found[3] or "")
    body, _, exponent = found[4].lower().partition("e")
    has_exponent = "e" in found[4].lower()
    whole, mark, fraction = body.partition(decimal)
    comma = "," if decimal == "." else "."
    is_grouped = any(
        re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(by)}\d{{3}})+", whole, re.ASCII)
        for by in (comma, " ", "'")
    )
    if not (is_grouped or re.fullmatch("[0-9]*", whole)) or not re.fullmatch("[0-9]*", fraction):
        return None
    if not (whole or fraction) or signs > 1 or (mark and not fraction and behind and not text.endswith(")")):
        return None
    if has_exponent and (is_grouped or wanted == "INT64" or not re.fullmatch(r"[+-]?[0-9]{1,3}", exponent)):
        return None
    digits = re.sub("[^0-9]", "", whole) or "0"
    plain = ("-" if is_negative else "") + digits
    if wanted == "INT64":
        if fraction.strip("0"):
            return None
    else:
        plain += "." + (fraction or "0") + (f"e{exponent}" if has_exponent else "")
    try:
        return values.value_of(plain, wanted)
    except Rejected:
        return None


def _is_small(minority: int, majority: int) -> bool:
    return minority * 20 <= minority + majority or minority == 1 < majority


def reader(texts: Sequence[str], wanted: str) -> Read:
    """How to read the texts of a column; Refused where they could mean two things."""
    if wanted == "STRING":
        return lambda text: values.value_of(text, wanted)
    given = [text for text in texts if not values.is_missing(text, wanted)]
    return (_times if wanted in {"TIMESTAMP", "DATE"} else _amounts)(given, wanted)


def _iso(text: str, wanted: str) -> dt.datetime | None:
    try:
        return values.moment(trimmed(text)) if wanted == "TIMESTAMP" else values.midnight(trimmed(text))
    except Rejected:
        return None


def _times(given: list[str], wanted: str) -> Read:
    unit = _unit(given) if wanted == "TIMESTAMP" else 0
    if unit:
        return lambda text: values.counted(text, unit)
    iso = [text for text in given if _iso(text, wanted)]
    pairs = [_moments(text, wanted) for text in given if not _iso(text, wanted)]
    days, months, both = _counts(pairs)
    side = 0
    if days and months:
        if both:
            raise Refused("two orders")
        if _is_small(days + months, len(iso)):
            side = -1
        elif _is_small(min(days, months), max(days, months)):
            side = int(months > days)
        else:
            raise Refused("two orders")
    elif not (days or months) and both:
        raise Refused("either order")
    elif months:
        side = 1

    def read(text: str) -> Any:
        if values.is_missing(text, wanted):
            return None
        moment = _iso(text, wanted) or (_moments(text, wanted)[side] if side >= 0 else None)
        if moment is None:
            raise Rejected
        moment = values.in_range(moment)
        return moment if wanted == "TIMESTAMP" else moment.date()

    return read


def _counts(pairs: Sequence[tuple[Any, ...]]) -> tuple[int, int, int]:
    first = sum(a is not None and b is None for a, b in pairs)
    second = sum(b is not None and a is None for a, b in pairs)
    return first, second, sum(a is not None and b is not None and a != b for a, b in pairs)


def _unit(given: list[str]) -> int:
    units: Counter[int] = Counter()
    for text in given:
        found = re.fullmatch(r"([0-9]+)(\.[0-9]+)?", trimmed(text))
        for (low, high), unit in values.COUNTS:
            units[unit] += bool(found) and low <= len(found[1]) <= high if found else 0
    unit, count = max(units.items(), key=lambda item: item[1], default=(0, 0))
    rest = len(given) - count
    return unit if count and (not rest or (rest < count and _is_small(rest, count))) else 0


def _amounts(given: list[str], wanted: str) -> Read:
    pairs = {text: _numbers(text, wanted) for text in given}
    shapes = {text: _numbers(text, "NUMERIC") if wanted == "INT64" else pairs[text] for text in given}
    first, second, _ = _counts([shapes[text] for text in given])
    undecided = _counts([pairs[text] for text in given])[2]
    only = _currency([text for text in given if pairs[text] != (None, None)]) if wanted == "NUMERIC" else ""
    if not (first or second):
        soft = [pairs[text] for text in given if None not in shapes[text]]
        first, second, _ = _counts(soft)
    if first and second:
        if undecided or not _is_small(min(first, second), max(first, second)):
            raise Refused("points and commas")
    elif not (first or second) and undecided:
        raise Refused("a point or a comma")
    side = int(second > first)

    def read(text: str) -> Any:
        if values.is_missing(text, wanted):
            return None
        number = _numbers(text, wanted, only)[side]
        if number is None:
            raise Rejected
        return number

    return read


def _currency(given: list[str]) -> str:
    found: Counter[str] = Counter()
    for text in given:
        signs = [sign for sign in sorted(CURRENCIES, key=len, reverse=True) if sign in text.upper()]
        if signs:
            found[CURRENCIES[signs[0]]] += 1
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[1:])
    if rest and not _is_small(rest, ordered[0][1]):
        raise Refused("several currencies")
    return ordered[0][0] if ordered else ""
