"""How wide the columns of a printed table are: never narrower than a number, the rest shared by need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What a column needs, in points, without the space between columns.

    Attributes
    ----------
    least
        Below this a word or a number would be cut, or a long text have too many lines.
    natural
        All on one line.
    """

    least: float
    natural: float


def share(available: float, needs: Sequence[Need]) -> list[float] | None:
    """The widths of the columns, together exactly what is available; None when they do not fit.

    Parameters
    ----------
    available
        Points for all columns, without the space between them.
    needs
        What each column needs.

    Examples
    --------
    >>> share(100, [Need(20, 40), Need(10, 10)])
    [80.0, 20.0]
    >>> share(40, [Need(20, 40), Need(10, 10)])
    [30.0, 10.0]
    >>> share(29, [Need(20, 40), Need(10, 10)]) is None
    True
    """
    lower = [need.least for need in needs]
    upper = [max(need.natural, need.least) for need in needs]
    if sum(lower) > available + 1e-6:
        return None
    if sum(upper) <= available:
        scale = available / (sum(upper) or 1.0)
        return [high * scale for high in upper]
    room = (available - sum(lower)) / (sum(upper) - sum(lower))
    return [low + (high - low) * room for low, high in zip(lower, upper, strict=True)]
