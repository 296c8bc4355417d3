"""`summary.json`: what a published site says, for machines; its schema is docs/summary.schema.json.

It is part of the site, so it holds no clock time: same input, same bytes. How long the run took and what it
ran stands in last_run.json of the build folder.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis_lib.delivery.alert_states import AlertState, as_documents
from analysis_lib.delivery.facts import Figure, PageFacts
from analysis_lib.errors import MissingInputError
from analysis_lib.publish.editions_index import Listed
from analysis_lib.publish.plan import Plan
from analysis_lib.publish.request import EditionRequest, PublishRequest
from analysis_lib.publish.site import SUMMARY, pdf_pages
from analysis_lib.reporting.windows import Window, windows

SCHEMA_VERSION = 1
_UNITS = {
    "count": "count",
    "rate": "share",
    "ratio": "ratio",
    "score": "score",
    "days": "days",
    "duration": "seconds",
}


def make_summary(
    request: PublishRequest | EditionRequest,
    plan: Plan,
    facts: Mapping[str, PageFacts],
    alerts: Sequence[AlertState],
    renderer: str,
    site: Path,
    editions: Sequence[Listed] = (),
) -> dict[str, Any]:
    """The summary of a site as plain JSON values.

    Parameters
    ----------
    request, plan
        What was asked for, and what is published.
    facts
        Page id to what its executed notebook shows.
    alerts
        How the alerts stand.
    renderer
        Name and version.
    site
        The folder of the rendered site.
    editions
        The editions beside a whole report.
    """
    stamp = request.stamp
    currency = stamp.currency
    document = {
        "version": SCHEMA_VERSION,
        "shop": stamp.shop,
        "as_of": str(request.parameters["as_of"]),
        "data_through": stamp.data_through,
        "currency": currency,
        "period": _periods(request),
        "parameters": dict(request.parameters),
        "commit": stamp.commit,
        "renderer": renderer,
        "checks": {
            "passed": stamp.checks_passed,
            "warned": stamp.checks_warned,
            "failed": stamp.checks_failed,
            "not_passed": [dict(check) for check in stamp.not_passed],
        },
        "pages": [
            {
                "id": page.id,
                "title": page.title,
                "address": f"{plan.outputs[page.notebook.name]}.html",
                "headline": [_figure(figure, currency) for figure in facts[page.id].figures],
                "findings": [
                    {
                        "headline": found.headline,
                        "detail": found.detail,
                        "tone": found.tone,
                        "claim": found.is_claim,
                    }
                    for found in facts[page.id].findings
                ],
                "notes": list(facts[page.id].notes),
            }
            for page in plan.pages
            if page.id in facts
        ],
        "briefs": [
            {
                "id": brief.id,
                "title": brief.title,
                "address": f"briefs/{brief.id}.pdf",
                "pages": list(brief.pages),
                "sheets": pdf_pages(site / "briefs" / f"{brief.id}.pdf") or None,
            }
            for brief in plan.briefs
        ],
        "alerts": as_documents(alerts),
        "left_out": [{"id": name, "reason": reason} for name, reason in plan.left_out.items()],
        "editions": [
            {
                "id": one.id,
                "title": one.title,
                "restriction": one.restriction,
                "address": f"editions/{one.id}/index.html",
            }
            for one in editions
        ],
    }
    if isinstance(request, EditionRequest):
        document["edition"] = {
            "id": request.id,
            "title": request.title,
            "restriction": request.restriction,
            "address": "index.html",
        }
    return document


def _periods(request: PublishRequest | EditionRequest) -> dict[str, Any]:
    """The window and what it is compared with, first and last day included."""

    def dates(window: Window) -> dict[str, str]:
        return {"first": window.first.isoformat(), "last": window.last.isoformat()}

    as_of = dt.date.fromisoformat(str(request.parameters["as_of"]))
    found = windows(as_of, int(request.parameters["window_days"]))
    return {
        "text": request.stamp.period,
        "days": found.current.days,
        **dates(found.current),
        "previous": dates(found.previous),
        "year_before": dates(found.year_before),
    }


def _figure(figure: Figure, currency: str) -> dict[str, Any]:
    return {
        "metric": figure.metric,
        "label": figure.label,
        "format": figure.format,
        "unit": currency if figure.format == "money" else _UNITS[figure.format],
        "value": _number(figure.value),
        "previous": _number(figure.previous),
        "year_before": _number(figure.year_before),
        "text": figure.text,
        "change": figure.change,
        "tone": figure.tone,
        "too_few": list(figure.few),
        "notes": list(figure.notes),
    }


def _number(text: str) -> float | int | None:
    """The number of a card; whole ones without a decimal point, as they stand in the warehouse."""
    if not text:
        return None
    return float(text) if "." in text else int(text)


def write_summary(site: Path, document: Mapping[str, Any]) -> None:
    """Write `summary.json` into a finished site."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (site / SUMMARY).write_text(text + "\n", encoding="utf-8", newline="\n")


def with_editions(site: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """A summary whose alerts are those of the whole site: its own, then its editions'."""
    alerts = list(document["alerts"])
    for edition in document["editions"]:
        alerts += read_summary((site / edition["address"]).parent)["alerts"]
    return {**document, "alerts": alerts}


def read_summary(site: Path) -> dict[str, Any]:
    """The summary of a published site.

    Raises
    ------
    MissingInputError
        Nothing has been published there yet, or by an older version without a summary.
    """
    try:
        document = json.loads((site / SUMMARY).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise MissingInputError(
            f"There is no {SUMMARY} in {site.name}: nothing has been published there yet.",
            "Run shopbook report first.",
        ) from error
    assert isinstance(document, dict)  # this module wrote it
    return document
