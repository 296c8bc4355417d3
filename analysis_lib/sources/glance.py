"""A quick look at a few values, to tell whether all rows of a column must be counted.

It decides nothing about a value: what it takes for plain and is not is found when the rows are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from analysis_lib.sources.convert import (
    MORE_NULL_WORDS,
    NULL_WORDS,
    PLAIN_DATE,
    PLAIN_NUMBER,
    PLAIN_TIME,
    PLAIN_WHOLE,
    UNCLEAR,
)
from analysis_lib.sources.examine import Found
from analysis_lib.sources.written import EPOCH_DIGITS, Written

_PLAIN: Mapping[str, re.Pattern[str]] = {
    "INT64": re.compile(PLAIN_WHOLE),
    "TIMESTAMP": re.compile(PLAIN_TIME),
    "DATE": re.compile(PLAIN_DATE),
    "NUMERIC": re.compile(PLAIN_NUMBER),
    "FLOAT64": re.compile(PLAIN_NUMBER),
}
_UNCLEAR = re.compile(UNCLEAR)
_COUNT = re.compile(r"([0-9]{9,16})([.][0-9]+)?")
_MISSING = frozenset(NULL_WORDS + MORE_NULL_WORDS)
# What every way of writing a time or a number has at least.
_LIKE_A_TIME = re.compile(r".*[0-9]{4}.*", re.DOTALL)
_LIKE_A_NUMBER = re.compile(r"[^0-9]{0,8}[0-9][^A-Za-z]*([eE][+-]?[0-9]{1,3})?[^0-9]{0,8}", re.DOTALL)


def first_rows(rows: Sequence[Sequence[str | None]], columns: Mapping[int, str]) -> dict[int, Found]:
    """Count what is plain in some rows; the values stand in the order of the columns.

    `first` are the fractions with a point that could not be thousands.

    Examples
    --------
    >>> first_rows([["1.5"], ["-"], ["1,5"]], {7: "NUMERIC"})[7].plain
    1
    """
    return {i: _column([row[n] for row in rows], columns[i]) for n, i in enumerate(columns)}


def _column(values: Iterable[str | None], wanted: str) -> Found:
    given = [text for value in values if value is not None and (text := value.strip(" ")) not in _MISSING]
    plain = [text for text in given if _PLAIN[wanted].fullmatch(text)]
    first = [text for text in plain if "." in text and not _UNCLEAR.fullmatch(text)]
    counts = [found for text in given if (found := _COUNT.fullmatch(text))] if wanted == "TIMESTAMP" else []
    lengths = {len(found[1]) for found in counts}
    return Found(
        given=len(given),
        readable=len(plain),
        plain=len(plain),
        first=len(first) if wanted not in {"TIMESTAMP", "DATE"} else 0,
        second=0,
        undecided=0,
        epochs={
            unit: len(counts)
            for unit, (low, high) in EPOCH_DIGITS.items()
            if lengths and low <= min(lengths) and max(lengths) <= high
        },
    )


def may_be_read(values: Iterable[str], wanted: str) -> bool:
    """Whether any of some values that are not plain might be a time or a number, written otherwise.

    Examples
    --------
    >>> may_be_read(["soon", "$ 1,234.50"], "NUMERIC"), may_be_read(["soon"], "TIMESTAMP")
    (True, False)
    """
    pattern = _LIKE_A_TIME if wanted in {"TIMESTAMP", "DATE"} else _LIKE_A_NUMBER
    return any(pattern.fullmatch(value.strip()) for value in values)


def as_seen(found: Found) -> Written | None:
    """What the first rows tell: a way of writing that may be used, or None to count all rows."""
    if found.epochs and sum(found.epochs.values()) == found.given:
        [(unit, count)] = found.epochs.items()
        return Written(unit, deciding=count)
    if found.plain < found.given:
        return None
    return Written("decimal_point", deciding=found.first) if found.first else Written()
