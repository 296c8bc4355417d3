"""SQL that reads dates and times of day as people and programs write them, with the day or the month first.

A text has at most one reading in each of both orders: years have four digits, months have English names,
a time of day with AM or PM has hours 1 to 12, a weekday must be that of the date, and a zone is UTC, GMT,
Z or an offset.
"""

from __future__ import annotations

_MONTHS = (
    "JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?|"
    "SEP(?:T|TEMBER)?|OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?"
)
_IN_ORDER = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_WEEKDAYS = (
    "(?:(MON(?:DAY)?|TUE(?:S|SDAY)?|WED(?:NESDAY)?|THU(?:R|RS|RSDAY)?|FRI(?:DAY)?|SAT(?:URDAY)?|SUN(?:DAY)?)"
    "[.,]{0,2} *)?"
)
_ZONE = "(?: ?(UTC|GMT|Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?))?"
_NTH = "(?:ST|ND|RD|TH)?"
# Each form of a date with the names of its groups.
_FORMS = {
    "([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/|[.]([0-9]{1,2})[.])([0-9]{1,2})": (
        *("y1", "m1", "m3", "m4"),
        "d1",
    ),
    "([0-9]{4})([0-9]{2})([0-9]{2})(?:T?([0-9]{2})([0-9]{2})([0-9]{2})" + _ZONE + ")?": (
        *("y2", "m2", "d2"),
        *("h2", "i2", "s2", "z2"),
    ),
    "([0-9]{1,2})(?:/([0-9]{1,2})/|-([0-9]{1,2})-|[.] ?([0-9]{1,2})[.] ?)([0-9]{4})": (
        *("a", "b1", "b2", "b3"),
        "y3",
    ),
    f"([0-9]{{1,2}}){_NTH}[ /.-]{{1,2}}({_MONTHS})[ /,.-]{{1,2}}([0-9]{{4}})": ("d4", "n4", "y4"),
    f"({_MONTHS})[.]? +([0-9]{{1,2}}){_NTH},? +([0-9]{{4}})": ("n5", "d5", "y5"),
    f"([0-9]{{4}})-({_MONTHS})-([0-9]{{1,2}})": ("y6", "n6", "d6"),
}
_CLOCK = (
    "(?:(?:T| +|, *|:)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    "(?: ?([AP])[.]?M[.]?)?" + _ZONE + ")?"
)
_PATTERN = f"^{_WEEKDAYS}(?:{'|'.join(_FORMS)}){_CLOCK}$"
_GROUPS = ["wd", *(name for names in _FORMS.values() for name in names), "h", "i", "s", "f", "p", "z"]

# Spaces that do not break, and the like, as typists and programs set them.
BLANKS = "\u00a0\u2007\u2009\u202f"

TWO_DIGIT_YEAR = "[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}([ T,].*)?"


def _joined(letter: str, numbers: str) -> str:
    return " || ".join(f"g.{letter}{number}" for number in numbers)


def _clock() -> str:
    """SQL: the time of day of the groups, as text; NULL where AM or PM does not go with the hour."""
    hour = "coalesce(nullif(g.h || g.h2, ''), '0')"
    twelve = (
        f"case when cast({hour} as integer) between 1 and 12 "
        f"then cast(cast({hour} as integer) % 12 + case when g.p = 'P' then 12 else 0 end as varchar) end"
    )
    return (
        f"lpad(case when g.p = '' then {hour} else {twelve} end, 2, '0') || ':' || "
        "coalesce(nullif(g.i || g.i2, ''), '00') || ':' || coalesce(nullif(g.s || g.s2, ''), '00') || "
        "case when g.f = '' then '' else '.' || g.f end"
    )


def _day(day: str, month: str) -> str:
    """SQL: the date of the groups as text; NULL where the weekday is another one."""
    name = f"left({_joined('n', '456')}, 3)"
    # Where a month has a name, both numbers of the other forms are empty.
    number = f"cast((position({name} in '{_IN_ORDER}') + 2) // 3 as varchar)"
    month = f"case when {name} <> '' then {number} else {_joined('m', '1234')} || {month} end"
    date = (
        f"{_joined('y', '123456')} || '-' || lpad({month}, 2, '0') || '-' || "
        f"lpad({_joined('d', '12456')} || {day}, 2, '0')"
    )
    is_right = f"left(upper(dayname(try_cast({date} as date))), 3) = left(g.wd, 3)"
    return f"case when g.wd = '' or {is_right} then {date} end"


def _moment(day: str, month: str, wanted: str) -> str:
    if wanted == "DATE":
        midnight = f"regexp_full_match({_clock()}, '00:00:00([.]0+)?')"
        return f"case when {midnight} then try_cast({_day(day, month)} as date) end"
    zone = "regexp_replace(g.z || g.z2, '^(UTC|GMT|Z|)$', '+00')"
    return f"try_cast({_day(day, month)} || ' ' || {_clock()} || {zone} as timestamptz)"


def moments(text: str, wanted: str) -> str:
    """SQL: a structure of a text's reading with the day first (`a`) and with the month first (`b`).

    `wanted` is TIMESTAMP or DATE.
    """
    second = "g.b1 || g.b2 || g.b3"
    body = f"{{'a': {_moment('g.a', second, wanted)}, 'b': {_moment(second, 'g.a', wanted)}}}"
    return _of_groups(text, body)


def moment(text: str, wanted: str, reading: str) -> str:
    """SQL: a text's reading as TIMESTAMP or DATE; any `reading` but day_first has the month first."""
    second = "g.b1 || g.b2 || g.b3"
    order = ("g.a", second) if reading == "day_first" else (second, "g.a")
    return _of_groups(text, _moment(*order, wanted))


def _of_groups(text: str, body: str) -> str:
    tidy = f"upper(trim(translate({text}, '{BLANKS}', '{' ' * len(BLANKS)}')))"
    groups = ", ".join(f"'{name}'" for name in _GROUPS)
    return f"list_transform([regexp_extract({tidy}, '{_PATTERN}', [{groups}])], lambda g: {body})[1]"
