"""truth.json: what was planted, and what came of it by the simulator's own bookkeeping.

Every key is described in docs/simulator.md.
"""

from __future__ import annotations

import json
from typing import Any

from analysis_lib.simulate import truth_planted, truth_realised
from analysis_lib.simulate.world import World

FORMAT = 1


def truth_text(world: World, seed: int, months: int, rows: dict[str, int]) -> str:
    """The text of truth.json."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "seed": seed,
        "visitors": world.visitors.size,
        "months": months,
        "effects": world.has_effects,
        "start_date": world.period.start.isoformat(),
        "end_date": world.period.end.isoformat(),
        "rows": rows,
        "planted": truth_planted.planted(world) if world.has_effects else {},
        "realised": truth_realised.realised(world),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
