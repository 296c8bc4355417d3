"""A summary on one screen: the last lines of `shopbook report`, and what `shopbook summary` prints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.delivery.alert_states import name_of
from analysis_lib.reporting.changes import amount, change
from analysis_lib.reporting.numbers import plural
from analysis_lib.reporting.windows import day, day_range

WIDTH = 100
LINES = 24
_TONES = {"good": "+", "bad": "−", "warn": "!"}
_MOST_FINDINGS = 4
_MOST_ALERTS = 4


@dataclass(frozen=True)
class Row:
    """A headline figure in four texts: label, value, change, and what it was 52 weeks before."""

    label: str
    value: str
    change: str
    year_before: str


def summary_lines(document: Mapping[str, Any], run: Sequence[str] = ()) -> list[str]:
    """The summary as at most 24 lines of at most 100 columns; the site's address is never cut.

    Parameters
    ----------
    document
        A summary; see docs/summary.schema.json.
    run
        What the run did and where the site is: the last lines.
    """
    rows = [f"  {line}" for line in _columns(headline_rows(document))]
    alerts = alert_lines(document)
    shown_alerts = [_short(line) for line in alerts[:_MOST_ALERTS]]
    if len(alerts) > _MOST_ALERTS:
        shown_alerts[-1] = f"and {len(alerts) - _MOST_ALERTS + 1} more alerts: shopbook summary --format json"
    # An address that was cut leads nowhere.
    tail = [line if line.startswith("site: ") else _short(line) for line in [*state_lines(document), *run]]
    head = [_short(line) for line in heading_lines(document)]
    room = LINES - len(head) - len(rows) - len(shown_alerts) - len(tail)
    said = finding_lines(document)[: max(0, min(_MOST_FINDINGS, room))]
    return [*head, *rows, *map(_short, said), *shown_alerts, *tail][:LINES]


def heading_lines(document: Mapping[str, Any]) -> list[str]:
    """Shop and period; what they are compared with."""
    period = document["period"]
    edition = document.get("edition")
    parts = [
        f"shop {document['shop']}" + (f", {edition['title']}" if edition else ""),
        f"{_range(period)} ({plural(period['days'], 'day')})",
        f"data through {_day(document['data_through'])}",
    ]
    return [
        " · ".join(parts),
        f"against {_range(period['previous'])} and, 52 weeks before, {_range(period['year_before'])}",
    ]


def _day(text: str) -> str:
    return day(dt.date.fromisoformat(text))


def _range(window: Mapping[str, Any]) -> str:
    return day_range(dt.date.fromisoformat(window["first"]), dt.date.fromisoformat(window["last"]))


def headline_rows(document: Mapping[str, Any]) -> list[Row]:
    """The headline figures of the first page that has any, with their changes."""
    figures: Sequence[Mapping[str, Any]] = next(
        (page["headline"] for page in document["pages"] if page["headline"]), []
    )
    return [_row(figure, document["currency"]) for figure in figures]


def _row(figure: Mapping[str, Any], currency: str) -> Row:
    kind = figure["format"]
    before = figure["year_before"]
    year = ""
    if before is not None and figure["value"] is not None:
        made = change(figure["value"], before, kind, currency)
        year = f"52 weeks before {amount(before, kind, currency)}, {made.brief}"
    if figure["value"] is None:
        return Row(figure["label"], figure["text"], "; ".join(figure["notes"]), "")
    few = "too few to rely on" if "value" in figure["too_few"] else ""
    return Row(figure["label"], figure["text"], few or figure["change"], _plain("" if few else year))


def _columns(rows: Sequence[Row]) -> list[str]:
    """The rows as columns: labels to the left, values to the right."""
    if not rows:
        return []
    labels, values, changes = (
        max(len(getattr(row, name)) for row in rows) for name in ("label", "value", "change")
    )
    changes = min(changes, 30)
    lines = (
        f"{row.label:<{labels}}  {row.value:>{values}}  {row.change:<{changes}}  {row.year_before}"
        for row in rows
    )
    return [_short(line.rstrip(), WIDTH - 2) for line in lines]


def finding_lines(document: Mapping[str, Any]) -> list[str]:
    """The findings of the first page, the most important first, with the sign of their tone."""
    findings: Sequence[Mapping[str, Any]] = next(
        (page["findings"] for page in document["pages"] if page["findings"]), []
    )
    return [f"{_TONES.get(found['tone'], '·')} {found['headline']}" for found in findings]


def alert_lines(document: Mapping[str, Any]) -> list[str]:
    """Raised alerts, then those that are not known, each in a line; how many are ok."""
    by_state: dict[str, list[Mapping[str, Any]]] = {"raised": [], "not known": [], "ok": []}
    for alert in document["alerts"]:
        by_state[alert["state"]].append(alert)
    urgent = sorted(by_state["raised"], key=lambda alert: alert["severity"] != "page")
    lines = [_raised(alert) for alert in urgent]
    lines += [f"alert not known: {name_of(a)}: {a['label']}: {a['text']}" for a in by_state["not known"]]
    if by_state["ok"]:
        lines.append(f"alerts ok: {', '.join(map(name_of, by_state['ok']))}")
    return lines


def _raised(alert: Mapping[str, Any]) -> str:
    what = f"{alert['label']} {alert['condition']}: {alert['text']}. {alert['message']}".rstrip()
    return f"ALERT {name_of(alert)} ({alert['severity']}): {what}"


def state_lines(document: Mapping[str, Any]) -> list[str]:
    """Checks, and what the site holds."""
    checks = document["checks"]
    total = checks["passed"] + checks["warned"] + checks["failed"]
    counted = f"checks: {checks['passed']} of {total} passed" if total else "checks: none run"
    broken = [f"{check['model']}: {check['check']}" for check in checks["not_passed"]]
    counts = [f"{checks[status]} {status}" for status in ("warned", "failed") if checks[status]]
    if counts:
        counted += f", {', '.join(counts)} ({'; '.join(broken)})" if broken else f", {', '.join(counts)}"
    holds = [plural(len(document["pages"]), "page"), plural(len(document["briefs"]), "brief")]
    if document["editions"]:
        holds.append(plural(len(document["editions"]), "edition"))
    left_out = [f"no data for {page['id']} ({page['reason']})" for page in document["left_out"]]
    return [counted, "published: " + "; ".join([", ".join(holds), *left_out])]


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def _short(line: str, width: int = WIDTH) -> str:
    line = _plain(line)
    return line if len(line) <= width else line[: width - 2].rstrip() + " …"
