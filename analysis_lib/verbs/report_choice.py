"""What the flags of `shopbook report` choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """What a run makes, and how.

    Parameters
    ----------
    renderer
        `auto`, `quarto` or `builtin`.
    only
        Page ids: a preview of these alone; empty: everything.
    force
        Run every notebook again.
    editions
        Ids of editions (or `all`) to make beside those that always are made; with `only`, their preview.
    limit
        At most so many editions.
    """

    renderer: str = "auto"
    only: Sequence[str] = ()
    force: bool = False
    editions: Sequence[str] = ()
    limit: int | None = None
