"""What a run of `shopbook report` did, for last_run.json and for the last lines on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis_lib.outcome import BuildSummary
from analysis_lib.publish.request import PublishSummary
from analysis_lib.reporting.numbers import plural

_MOST_NOTES = 2
_MOST_PAGES = 3


def run_facts(
    build: BuildSummary, published: PublishSummary, seconds: Mapping[str, float], alerts: list[dict[str, Any]]
) -> dict[str, Any]:
    """The facts of a run that ended well, as plain JSON values.

    Parameters
    ----------
    build, published
        What was built and published.
    seconds
        Stage to seconds.
    alerts
        How the alerts stand.
    """
    return {
        "as_of": str(build.parameters.as_of),
        "site": str(published.site),
        "up_to_date": published.up_to_date,
        "models": {
            "built": {r.model: r.reason for r in build.results if r.action == "built"},
            "reused": build.count("reused"),
            "not_available": build.unavailable,
        },
        "notebooks": {"ran": dict(published.executed), "reused": dict(published.reused)},
        "left_out": dict(published.left_out),
        "notes": list(published.notes),
        "alerts": alerts,
        "stages": {name: round(value, 2) for name, value in seconds.items()},
    }


def run_lines(facts: Mapping[str, Any]) -> list[str]:
    """The facts in a few lines: what was run and why, what to look at, where the site is.

    Examples
    --------
    >>> models = {"built": {}, "reused": 58, "not_available": {}}
    >>> notebooks = {"ran": {"overview": "the notebook changed"}, "reused": {"funnel": ""}}
    >>> facts = {"up_to_date": False, "models": models, "notebooks": notebooks, "notes": [], "site": "s"}
    >>> for line in run_lines({**facts, "stages": {"models": 1.0, "notebooks": 8.5}}):
    ...     print(line)
    run: overview (the notebook changed); reused 1 notebook and 58 models
    site: s/index.html · 9.5 s
    """
    return [
        _what_ran(facts),
        *(f"look at: {note}" for note in facts["notes"][:_MOST_NOTES]),
        *([facts["bigquery"]["words"]] if facts.get("bigquery") else []),
        f"site: {Path(facts['site']) / 'index.html'} · {sum(facts['stages'].values()):.1f} s",
    ]


def _what_ran(facts: Mapping[str, Any]) -> str:
    models = facts["models"]
    if facts["up_to_date"]:
        return f"run: nothing, because nothing changed since the site was built ({models['reused']} models)"
    by_reason: dict[str, list[str]] = {}
    for page, reason in facts["notebooks"]["ran"].items():
        by_reason.setdefault(reason, []).append(page)
    ran = [
        f"{', '.join(pages) if len(pages) <= _MOST_PAGES else plural(len(pages), 'notebook')} ({reason})"
        for reason, pages in by_reason.items()
    ]
    if models["built"]:
        ran.insert(0, f"{plural(len(models['built']), 'model')} built")
    reused = (
        f"{plural(len(facts['notebooks']['reused']), 'notebook')} and {plural(models['reused'], 'model')}"
    )
    return f"run: {'; '.join(ran) or 'no notebook'}; reused {reused}"
