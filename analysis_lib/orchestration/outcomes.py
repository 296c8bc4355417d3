"""What a build and its checks gave, model by model, as JSON for a scheduler."""

from __future__ import annotations

import json
from typing import Any

from analysis_lib.verbs.build import Outcomes


def as_json(outcomes: Outcomes) -> str:
    """The document that `shopbook check --format json` prints.

    `models` has for each model its `state` (built, reused, not available), why, rows, seconds, on BigQuery
    what was read and billed, how many checks ran, and those that did not pass with a sample of their rows.
    """
    document = {
        "shop": outcomes.shop,
        "as_of": str(outcomes.build.parameters.as_of),
        "models": {result.model: _model(outcomes, result.model) for result in outcomes.build.results},
    }
    return json.dumps(document, indent=1, ensure_ascii=False)


def _model(outcomes: Outcomes, name: str) -> dict[str, Any]:
    [result] = [result for result in outcomes.build.results if result.model == name]
    checks = [outcome for outcome in outcomes.checks if outcome.check.model == name]
    return {
        "state": result.action,
        "reason": result.reason,
        "rows": result.rows,
        "seconds": round(result.seconds, 3),
        **result.cost,
        "checks": len(checks),
        "not_passed": [
            {
                "status": outcome.status,
                "brief": outcome.check.brief,
                "failing_rows": outcome.failing_rows,
                "sample": outcome.sample,
            }
            for outcome in checks
            if outcome.failing_rows
        ],
    }
