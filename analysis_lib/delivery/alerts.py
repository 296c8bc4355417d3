"""Alerts: the list `alerts` of `reports.yml`, read and checked before any work is done.

An alert says which headline figure is watched and when a person should know. It is a threshold that the
analyst sets, not a test: whether a change is more than chance is what the findings say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.errors import SettingsError, did_you_mean
from analysis_lib.publish.entries import check_keys, check_unique, entries, identifier, line_of_text
from analysis_lib.reporting.metrics import Metric, registry

SEVERITIES = ("warn", "page")
CONDITIONS = (
    "below",
    "above",
    "change_below",
    "change_above",
    "year_change_below",
    "year_change_above",
)
_KEYS = {"id", "page", "edition", "metric", "when", "message", "severity"}
_NUMBER = re.compile(r"[+−-]?\d+(\.\d+)?\Z")
_UNITS = {"%": "%", "percent": "%", "point": "points", "points": "points"}


@dataclass(frozen=True)
class AlertSpec:
    """One alert as `reports.yml` declares it.

    Parameters
    ----------
    id, message, severity
        Its name; what it means, in the analyst's words; `warn`, or `page` for what must not wait.
    metric
        Name in `metrics.yml`.
    page
        Page id whose card is read; empty: the first page that shows the metric.
    edition
        Edition id, or empty for the whole shop.
    condition, threshold
        One of :data:`CONDITIONS` and its number: a value in the metric's own unit (a rate as 0–1), or a
        change as a share (−0.2 is −20 %), for a rate in points as a share (−0.01 is −1 point).
    """

    id: str
    metric: str
    condition: str
    threshold: Decimal
    message: str = ""
    severity: str = "warn"
    page: str = ""
    edition: str = ""

    @property
    def is_change(self) -> bool:
        """Whether it watches a change, not the value."""
        return "change" in self.condition

    @property
    def is_below(self) -> bool:
        """Whether it is raised below the threshold, not above it."""
        return self.condition.endswith("below")


def read_alerts(path: Path, pages: Sequence[str], editions: Sequence[str] = ()) -> tuple[AlertSpec, ...]:
    """The alerts of `reports.yml`, which :func:`analysis_lib.publish.plan.read_reports` has read before.

    Parameters
    ----------
    path
        The file.
    pages, editions
        The ids that it declares.

    Raises
    ------
    SettingsError
        An unknown key, metric, page, edition, condition or severity (with the nearest valid one), or a
        threshold that can never or will always be met or has the wrong unit; the sentence names the alert.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    listed = entries(path.name, document, "alert")
    metrics = _metrics([entry.get("metric") for _, entry in listed])
    alerts = tuple(_alert(where, entry, pages, editions, metrics) for where, entry in listed)
    check_unique(f"{path.name}, alerts", "id", [alert.id for alert in alerts])
    return alerts


def _metrics(wanted: Sequence[object]) -> Mapping[str, Metric]:
    """Every metric that a card can show; those of the quality page only where they are asked for."""
    known = registry()
    if all(name in known for name in wanted):
        return known
    from analysis_lib.pages.quality import METRICS  # brings pandas, which takes half a second

    return {**known, **{metric.name: metric for metric in METRICS}}


def _alert(
    where: str,
    entry: Mapping[str, Any],
    pages: Sequence[str],
    editions: Sequence[str],
    metrics: Mapping[str, Metric],
) -> AlertSpec:
    check_keys(where, entry, _KEYS)
    name = identifier(where, entry, "id")
    metric = _one_of(where, entry, "metric", metrics)
    when = entry.get("when")
    if not isinstance(when, dict) or len(when) != 1:
        raise SettingsError(
            f"{where}: when must be one condition with its threshold, not {when!r}.",
            "For example: when: {change_below: -20 %}.",
        )
    [(condition, given)] = when.items()
    if condition not in CONDITIONS:
        raise SettingsError(
            f"{where}: there is no condition {condition}.", did_you_mean(str(condition), CONDITIONS)
        )
    where_threshold = f"{where}: {condition} of {metric}"
    kind = metrics[metric].format
    read = _change if "change" in condition else _value
    threshold = read(where_threshold, given, kind, condition)
    return AlertSpec(
        id=name,
        metric=metric,
        condition=condition,
        threshold=threshold,
        message=line_of_text(where, entry, "message", default=""),
        severity=_one_of(where, entry, "severity", SEVERITIES, default="warn"),
        page=_one_of(where, entry, "page", pages, default=""),
        edition=_one_of(where, entry, "edition", editions, default=""),
    )


def _one_of(
    where: str,
    entry: Mapping[str, Any],
    key: str,
    known: Sequence[str] | Mapping[str, Any],
    default: str | None = None,
) -> str:
    value = line_of_text(where, entry, key, default)
    if value and value not in known:
        raise SettingsError(f"{where}: there is no {key} {value}.", did_you_mean(value, known))
    return value


def _number(where: str, given: object, example: str) -> tuple[Decimal, str]:
    """A threshold as its number and its unit: nothing, `%` or `points`."""
    text = str(given).strip()
    match = None if isinstance(given, bool) else re.match(r"(.*?)\s*(%|percent|points?)?\Z", text)
    digits = (match.group(1) if match else "").replace("_", "").replace(",", "")
    if not match or not _NUMBER.match(digits):
        raise SettingsError(f"{where} takes a number, not {given!r}.", f"For example: {example}.")
    try:
        number = Decimal(digits.replace("−", "-"))
    except InvalidOperation as error:
        raise SettingsError(f"{where} takes a number, not {given!r}.") from error
    return number, _UNITS.get(match.group(2) or "", "")


def _value(where: str, given: object, kind: str, condition: str) -> Decimal:
    """A threshold of the value itself."""
    number, unit = _number(where, given, "3 %" if kind == "rate" else "1000")
    if kind == "rate":
        if unit != "%":
            raise SettingsError(f"{where} is a rate, so it takes a percentage, not {given!r}.", "Write 3 %.")
        if not 0 <= number <= 100:
            raise SettingsError(f"{where}: a rate lies between 0 % and 100 %, so {given!r} says nothing.")
        number /= 100
    elif unit:
        raise SettingsError(f"{where} takes a number in the metric's own unit, not {given!r}.")
    never = condition == "below" and number <= 0 and kind != "money"
    always = condition == "above" and number < 0 and kind != "money"
    if never or always or (kind == "rate" and condition == "above" and number == 1):
        raise SettingsError(f"{where} {given!r} would be met {'always' if always else 'never'}.")
    return number


def _change(where: str, given: object, kind: str, condition: str) -> Decimal:
    """A threshold of a change, as a share: relative, or in points for a rate."""
    is_rate = kind == "rate"
    wanted = "points" if is_rate else "%"
    size = "1 points" if is_rate else "20 %"
    example = f"-{size}" if condition.endswith("below") else size
    number, unit = _number(where, given, example)
    if unit != wanted:
        why = "changes of a rate are in points" if is_rate else "changes are in percent"
        raise SettingsError(f"{where}: {why}, not {given!r}.", f"Write {example}.")
    if (number > 0) if condition.endswith("below") else (number < 0):
        direction = "fall, with a minus" if condition.endswith("below") else "rise"
        raise SettingsError(f"{where} takes a {direction}, not {given!r}.", f"Write {example}.")
    if number <= -100 and kind != "money":
        raise SettingsError(f"{where}: it cannot fall by 100 % or more, so {given!r} would never be met.")
    return number / 100
