"""A demo shop with planted behaviour, and the truth about it.

>>> from analysis_lib.simulate import simulate
"""

from __future__ import annotations

from analysis_lib.simulate.run import DEFAULT_END_DATE, SimulationSummary, simulate

__all__ = ["DEFAULT_END_DATE", "SimulationSummary", "simulate"]
