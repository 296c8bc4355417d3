"""The arguments of a simulation: what is allowed, and whom to tell how far it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from analysis_lib.errors import ParameterError

MOST_VISITORS, MOST_MONTHS = 5_000_000, 60
Progress = Callable[[str, int, int], None]


def check_arguments(visitors: int, months: int, seed: int, end_date: dt.date) -> None:
    """Refuse what cannot be simulated, before any work.

    Raises
    ------
    ParameterError
        An argument is out of range or not a whole number.

    Examples
    --------
    >>> check_arguments(visitors=0, months=1, seed=1, end_date=dt.date(2026, 6, 30))
    Traceback (most recent call last):
    analysis_lib.errors.ParameterError: The parameter visitors was given 0. It takes …
    """
    ranges = (
        ("visitors", visitors, 1, MOST_VISITORS),
        ("months", months, 1, MOST_MONTHS),
        ("seed", seed, 0, 2**63 - 1),
    )
    for name, value, low, high in ranges:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ParameterError(
                f"The parameter {name} was given {value!r}.",
                f"It takes a whole number from {low:,} to {high:,}.",
            )
    if not dt.date(1990, 1, 1) <= end_date <= dt.date(2100, 1, 1):
        raise ParameterError(
            f"The parameter end_date was given {end_date}.", "It takes a day from 1990-01-01 to 2100-01-01."
        )


class Tenths:
    """Passes progress on, if anybody is told, when a stage begins, ends or has come a tenth further."""

    def __init__(self, told: Progress | None) -> None:
        self._told, self._last = told, ("", -1)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report a step."""
        step = (stage, done * 10 // max(total, 1))
        if self._told and step != self._last:
            self._last = step
            self._told(stage, done, total)
