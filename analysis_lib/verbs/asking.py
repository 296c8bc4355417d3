"""Questions on a terminal, each asked again until its answer can be used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO, TypeVar

from analysis_lib.errors import SettingsError, ShopbookError

T = TypeVar("T")


class Asker:
    """Asks on `out` and reads answers from `answers`, one a line.

    Examples
    --------
    >>> import io
    >>> Asker(io.StringIO("\\n"), io.StringIO()).ask("Time zone", "UTC", str)
    'UTC'
    """

    def __init__(self, answers: TextIO | None = None, out: TextIO | None = None) -> None:
        self.answers = sys.stdin if answers is None else answers
        self.out = sys.stderr if out is None else out

    def say(self, text: str) -> None:
        """Print one line."""
        print(text, file=self.out, flush=True)

    def ask(self, question: str, default: str, read: Callable[[str], T]) -> T:
        """The answer, read and checked; an empty line takes the default.

        Parameters
        ----------
        question
            What is asked, without a mark at its end.
        default
            What an empty answer means; empty: there must be one.
        read
            Makes a value of the answer. A ShopbookError that it raises is said, and the question asked again.

        Raises
        ------
        SettingsError
            The input ended before the question was answered.
        """
        while True:
            print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=self.out, flush=True)
            line = self.answers.readline()
            if not line:
                self.say("")
                raise SettingsError("The input ended before the last question: nothing was written.")
            answer = line.strip() or default
            if not answer:
                self.say("  This needs an answer.")
                continue
            try:
                return read(answer)
            except ShopbookError as error:
                self.say(f"  {error}")

    def confirm(self, question: str) -> bool:
        """Whether the answer is yes, which an empty one is."""
        return self.ask(question, "yes", _yes_or_no)


def _yes_or_no(text: str) -> bool:
    answers = {"yes": True, "y": True, "no": False, "n": False}
    if text.lower() not in answers:
        raise SettingsError("Answer yes or no.")
    return answers[text.lower()]
