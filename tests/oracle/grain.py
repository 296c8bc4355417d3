"""What makes a row of a mart one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grain:
    """The key of a mart, which of its columns are exact money, and how closely floats must agree."""

    key: tuple[str, ...]
    money: frozenset[str] = frozenset()
    tolerance: float = 1e-9
