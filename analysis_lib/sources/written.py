"""How the values of a column are written: which of several readings is meant, and with which currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis_lib.errors import ParameterError, did_you_mean

EPOCH_UNITS = {"seconds": 10**6, "milliseconds": 10**3, "microseconds": 1}
# How many digits a count since 1970 has in our time.
EPOCH_DIGITS = {"seconds": (9, 10), "milliseconds": (12, 13), "microseconds": (15, 16)}
ORDERS = ("day_first", "month_first")
DECIMALS = ("decimal_point", "decimal_comma")
IN_WORDS = {
    "day_first": "with the day first",
    "month_first": "with the month first",
    "decimal_point": "with a decimal point",
    "decimal_comma": "with a decimal comma",
}
# Which readings the values of a type can have; of a pair, one text may mean two values.
READINGS: Mapping[str, tuple[str, ...]] = {
    "TIMESTAMP": (*ORDERS, *EPOCH_UNITS),
    "DATE": ORDERS,
    "NUMERIC": DECIMALS,
    "FLOAT64": DECIMALS,
    "INT64": DECIMALS,
}


@dataclass(frozen=True)
class Written:
    """How the values of one column of one file are written.

    `reading` is one of READINGS, or empty where nothing tells: then a value that could mean two things is
    not read. `is_styled` is False where everything that can be read is plain: ISO 8601, or digits with a
    point. `deciding` values have this reading and not the other one, `undecided` ones have both with
    different results. `is_said` where the analyst said it. `example` is a value that tells the reading.
    """

    reading: str = ""
    is_styled: bool = False
    currency: str = ""
    deciding: int = 0
    undecided: int = 0
    is_said: bool = False
    as_in: str = ""
    example: str = ""

    @property
    def epoch(self) -> str:
        """The unit of a column that counts since 1970, else empty."""
        return self.reading if self.reading in EPOCH_UNITS else ""

    @property
    def is_remarkable(self) -> bool:
        """Whether an analyst should see it: it is not what every program writes."""
        return self.is_styled or self.is_said or bool(self.epoch)

    def in_words(self) -> str:
        """What was decided and why, as the end of a sentence that starts with the column.

        Examples
        --------
        >>> Written("day_first", True, deciding=3, example="25/01/2020").in_words()
        'is read with the day first, as 3 values show (25/01/2020)'
        """
        if self.deciding and not (self.is_said or self.as_in or self.epoch):
            noun = "value shows" if self.deciding == 1 else "values show"
            return f"is read {self.how()}, as {self.deciding:,} {noun} ({self.example})"
        return f"is read {self.how()}"

    def how(self) -> str:
        """How it is read, without the values that show it.

        Examples
        --------
        >>> Written("decimal_comma", True, currency="EUR", is_said=True).how()
        'with a decimal comma and as amounts in EUR, as it was said'
        """
        if self.epoch:
            how = f"as {self.epoch} since 1970"
        else:
            parts = [IN_WORDS.get(self.reading, ""), f"as amounts in {self.currency}" * bool(self.currency)]
            how = " and ".join(part for part in parts if part) or "in ways with one meaning each"
        if self.is_said:
            return f"{how}, as it was said"
        return f"{how}, as in {self.as_in}" if self.as_in else how


PLAIN = Written()


def parse_formats(given: Iterable[str]) -> dict[tuple[str, str], str]:
    """What `--format` says: the reading of each `table.column`.

    Raises
    ------
    ParameterError
        When one is not of the form table.column=reading, or names no reading.

    Examples
    --------
    >>> parse_formats(["orders.created_at=day_first"])
    {('orders', 'created_at'): 'day_first'}
    """
    formats = {}
    known = sorted({reading for readings in READINGS.values() for reading in readings})
    for text in given:
        place, _, reading = text.partition("=")
        table, _, column = place.partition(".")
        if not (table and column and reading):
            raise ParameterError(
                f"--format was given {text}, but it takes TABLE.COLUMN=READING.",
                "For example: --format orders.created_at=day_first.",
            )
        if reading not in known:
            raise ParameterError(
                f"--format {place}: there is no reading {reading}.", did_you_mean(reading, known)
            )
        formats[table, column] = reading
    return formats
