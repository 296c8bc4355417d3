"""What a build did, model by model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis_lib.parameters import Parameters


@dataclass(frozen=True)
class Built:
    """What was done with one model: `built`, `reused` or `not available`, and why.

    `cost` is what its jobs read and were billed, where the warehouse bills (see `Warehouse.cost`).
    """

    model: str
    action: str
    reason: str
    rows: int | None = None
    seconds: float = 0.0
    cost: Mapping[str, int] = field(default_factory=dict)


@dataclass
class BuildSummary:
    """The outcome of a build."""

    parameters: Parameters
    results: list[Built] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)

    def count(self, action: str) -> int:
        """How many models were `built`, `reused` or are `not available`."""
        return sum(result.action == action for result in self.results)

    @property
    def unavailable(self) -> dict[str, str]:
        """Model to the input that it lacks."""
        return {result.model: result.reason for result in self.results if result.action == "not available"}
