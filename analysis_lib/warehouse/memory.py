"""Tables made side by side share the memory limit: one that does not fit beside others is made alone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import duckdb

Result = TypeVar("Result")


class Turns:
    """Who makes a table now: several together, or one alone.

    Examples
    --------
    >>> turns = Turns()
    >>> turns.take(lambda: "made", contextlib.nullcontext)
    'made'
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = 0
        self._is_alone = False

    def take(
        self, make: Callable[[], Result], sparing: Callable[[], contextlib.AbstractContextManager[None]]
    ) -> Result:
        """What `make` returns; where memory runs out beside or without others, once more alone and `sparing`.

        Parameters
        ----------
        make
            Makes a table, whole or not at all, so that it can be repeated.
        sparing
            Opens the way of working that needs least memory, while no other table is made.

        Raises
        ------
        duckdb.OutOfMemoryException
            When memory does not suffice for the table alone.
        """
        try:
            with self._beside_others():
                return make()
        except duckdb.OutOfMemoryException:
            with self._alone(), sparing():
                return make()

    @contextlib.contextmanager
    def _beside_others(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone)
            self._is_alone = True
            self._changed.wait_for(lambda: not self._together)
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._changed.notify_all()
