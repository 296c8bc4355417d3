"""From the counted readings of a column to the one that is used, or to an error that shows both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from analysis_lib.errors import BadDataError
from analysis_lib.sources.examine import Example, Found
from analysis_lib.sources.written import DECIMALS, IN_WORDS, ORDERS, Written

# Values that contradict the others are broken rows while they are no more than this share of both.
_SMALL = 0.05


class UndecidedError(BadDataError):
    """Values can be read in two ways, and nothing in the file tells which; another file may."""


@dataclass(frozen=True)
class Place:
    """Which column of which file and table is judged, for the sentences, and its type."""

    file: str
    table: str
    column: str
    type: str

    @property
    def pair(self) -> tuple[str, str]:
        """Both readings that a value of the column can have."""
        return ORDERS if self.type in {"TIMESTAMP", "DATE"} else DECIMALS

    def __str__(self) -> str:
        return f"{self.file}, column {self.column}"

    def flag(self) -> str:
        """How to say which reading is meant."""
        return f"--format {self.table}.{self.column}={self.pair[0]} (or {self.pair[1]})"


def decide(found: Found, place: Place, said: str = "", others: Mapping[str, str] | None = None) -> Written:
    """The way in which the values of a column are written.

    Parameters
    ----------
    found
        What :func:`analysis_lib.sources.examine.examine` counted, over all rows.
    place
        The column.
    said
        The reading that the analyst gave; it is not questioned, and values without it are rejected.
    others
        The readings of the column in other files of the table, each with a file.

    Raises
    ------
    UndecidedError
        When values have two readings and neither the column nor other files tell which.
    BadDataError
        When values contradict each other, or amounts have several currencies.
    """
    currency = _currency(found, place)
    if said:
        of_pair = dict(zip(place.pair, (found.first, found.second), strict=True))
        deciding = of_pair.get(said, found.epochs.get(said, 0))
        return Written(said, True, currency, deciding, found.undecided, is_said=True)
    unit = _epoch(found)
    if unit:
        return Written(unit, deciding=found.epochs[unit])
    counts, kinds = (found.first, found.second), ("first", "second")
    if not any(counts):
        counts, kinds = found.hints, ("hint_first", "hint_second")
    minority, majority = sorted(counts)
    if minority and not found.undecided and place.pair == ORDERS and _is_small(sum(counts), found.plain):
        # A few rows that contradict each other among many in ISO 8601: all of these are broken.
        return Written()
    if minority and (found.undecided or not _is_small(minority, majority)):
        raise _contradiction(found, place)
    is_styled = found.readable - minority > found.plain
    if majority:
        side = counts.index(majority)
        example = found.examples.get(kinds[side])
        return Written(
            place.pair[side],
            is_styled or side == 1,
            currency,
            majority,
            found.undecided,
            example=example.text if example else "",
        )
    if not found.undecided:
        return Written("", is_styled, currency)
    known = others or {}
    if len(known) == 1:
        [(reading, file)] = known.items()
        return Written(reading, True, currency, 0, found.undecided, as_in=file)
    raise _undecided(found.examples["undecided"], place, known)


def _is_small(minority: int, majority: int) -> bool:
    return minority <= _SMALL * (minority + majority) or (minority == 1 and majority > 1)


def _epoch(found: Found) -> str:
    """The unit of a column that holds counts since 1970, but for a few values."""
    if not found.epochs:
        return ""
    unit, count = max(found.epochs.items(), key=lambda item: item[1])
    rest = found.given - count
    return unit if rest == 0 or (rest < count and _is_small(rest, count)) else ""


def _currency(found: Found, place: Place) -> str:
    if not found.currencies:
        return ""
    ordered = sorted(found.currencies.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[1:])
    if rest and not _is_small(rest, ordered[0][1]):
        listed = " and ".join(f"{count:,} in {name}" for name, count in ordered)
        raise BadDataError(
            f"{place} holds amounts of several currencies, which cannot be added: {listed}.",
            "Convert them to one currency, or load the files of one only; nothing was changed.",
        )
    return ordered[0][0]


def value_in_words(text: str, wanted: str) -> str:
    """A value as the engine writes it, for a reader.

    Examples
    --------
    >>> value_in_words("2020-04-03 00:00:00+00", "TIMESTAMP"), value_in_words("1234.000000000", "NUMERIC")
    ('3 April 2020', '1234')
    """
    if wanted in {"TIMESTAMP", "DATE"}:
        day = dt.date.fromisoformat(text[:10])
        return f"{day.day} {day:%B %Y}"
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text


def _undecided(example: Example, place: Place, known: Mapping[str, str]) -> UndecidedError:
    first, second = place.pair
    why = "no value of the column tells which"
    if known:
        why += f", and other files of {place.table} are written both ways ({', '.join(known.values())})"
    return UndecidedError(
        f'{place}: "{example.text}" (row {example.row}) is {value_in_words(example.first, place.type)} '
        f"{IN_WORDS[first]} and {value_in_words(example.second, place.type)} {IN_WORDS[second]}; {why}.",
    )


def _contradiction(found: Found, place: Place) -> BadDataError:
    only = [
        f'"{example.text}" (row {example.row}) can only be read {IN_WORDS[reading]}'
        for kind, reading in zip(("first", "second"), place.pair, strict=True)
        if (example := found.examples.get(kind))
    ]
    only = only or ["its whole numbers are grouped with commas and with points"]
    both = found.examples.get("undecided")
    more = f'; "{both.text}" (row {both.row}) could be either' if both else ""
    return BadDataError(
        f"{place} is written in two ways: {', '.join(only)}{more}.",
        f"Export it in one way, or say which one counts: {place.flag()}; rows of the other way are then "
        "rejected. Nothing was changed.",
    )
