"""What a long command says while it works: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

ProgressCallback = Callable[[str, int, int], None]


class Progress:
    """Prints stages and steps, and keeps the seconds of each stage for the summary.

    Examples
    --------
    >>> import io
    >>> log = io.StringIO()
    >>> progress = Progress(log)
    >>> with progress.stage("models") as step:
    ...     step("fct_sessions", 1, 2)
    >>> log.getvalue().splitlines()[0]
    'models: 1/2 fct_sessions'
    """

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self._is_terminal = self.stream.isatty()

    def say(self, line: str) -> None:
        """Print one line, above the bar where there is one."""
        if not self.quiet:
            print(line, file=self.stream, flush=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[ProgressCallback]:
        """Time a stage; the value is a function `(label, done, total)` that shows a step of it."""
        start = time.perf_counter()
        show = self._bar if self._is_terminal else self._line
        try:
            yield lambda label, done, total: show(name, label, done, total)
        finally:
            if self._is_terminal and not self.quiet:
                self.stream.write("\r\x1b[K")
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def _line(self, name: str, label: str, done: int, total: int) -> None:
        self.say(f"{name}: {done:,}/{total:,} {label}")

    def _bar(self, name: str, label: str, done: int, total: int) -> None:
        if self.quiet:
            return
        filled = 24 * done // max(total, 1)
        bar = "█" * filled + "░" * (24 - filled)
        self.stream.write(f"\r\x1b[K{name} {bar} {done:,}/{total:,} {label[:40]}")
        self.stream.flush()

    def summary(self) -> str:
        """Seconds per stage on one line."""
        return " · ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())
