"""Imports without what a library takes along although it can do without: a second each, in every notebook."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def left_out(*names: str) -> Iterator[None]:
    """While it is open, modules that were not imported before cannot be.

    For optional parts of a library, which it imports within `try` and does without: what they are needed for
    does not work in a library that was imported so.

    Examples
    --------
    >>> with left_out("this"):
    ...     import this
    Traceback (most recent call last):
    ...
    ModuleNotFoundError: import of this halted; None in sys.modules
    """
    barred = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(barred))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in barred:
            sys.modules.pop(name, None)
