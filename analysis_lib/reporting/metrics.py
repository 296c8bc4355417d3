"""The metric registry: what each number is called, how it is written and what it means.

Label, number and definition cannot drift apart, because cards, tables, tooltips and the definitions on
a page all read `analysis_lib/metrics.yml`, and the SQL that adds a metric up is made from it.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from analysis_lib.errors import SettingsError, did_you_mean
from analysis_lib.models import PACKAGE, read_yaml
from analysis_lib.reporting.changes import Good, Kind

REGISTRY = PACKAGE / "metrics.yml"
_FORMATS = get_args(Kind)
_RATIOS = ("rate", "ratio")


@dataclass(frozen=True)
class Metric:
    """One metric of the registry.

    `column` of `model` holds it; where a group's value is a ratio of two sums, `numerator` and
    `denominator` are columns of `model` and the column, if there is one, is the ratio of a single row.
    `expression` is what is added up where that is not the column itself; `where` restricts the rows
    that count. A median or a Kaplan–Meier share `is_estimate`: each row has its own, and they do not add up.
    """

    name: str
    label: str
    unit: str
    format: str
    definition: str
    formula: str
    model: str
    changed_on: dt.date
    good: Good = "neither"
    column: str = ""
    numerator: str = ""
    denominator: str = ""
    expression: str = ""
    where: str = ""
    caveat: str = ""
    is_estimate: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the model that the metric needs."""
        return tuple(name for name in (self.column, self.numerator, self.denominator) if name)

    @property
    def aggregate(self) -> str:
        """GoogleSQL that adds the metric up over a group: sums, or the ratio of two sums.

        Raises
        ------
        SettingsError
            For an estimate, which is read from the row of its group.

        Examples
        --------
        >>> metric("net_revenue").aggregate
        'sum(net_revenue)'
        >>> metric("average_order_value").aggregate
        'safe_divide(cast(sum(net_revenue) as float64), cast(sum(orders) as float64))'
        """
        if self.is_estimate:
            raise SettingsError(
                f"{self.label} ({self.name}) is an estimate of each row of {self.model}, which cannot be "
                "added up.",
                f"Read the column {self.column} of the row that stands for the group.",
            )
        if not self.denominator:
            added = self.expression or self.column
            # Nothing that meets the condition is zero, not unknown.
            return f"coalesce(sum(if({self.where}, {added}, null)), 0)" if self.where else f"sum({added})"
        parts = (self.numerator, self.denominator)
        return "safe_divide({}, {})".format(*(f"cast(sum({part}) as float64)" for part in parts))

    @property
    def tooltip(self) -> str:
        """Definition and formula in one line."""
        return " ".join(f"{self.definition} = {self.formula}.".split()) if self.formula else self.definition


@functools.cache
def registry(path: Path = REGISTRY) -> Mapping[str, Metric]:
    """Every metric by name, in the order of the file.

    Raises
    ------
    SettingsError
        An entry lacks a part, has an unknown one, or one of its values is not among those allowed; the
        sentence names the metric.
    """
    return {name: _metric(name, entry) for name, entry in read_yaml(path).items()}


def metric(name: str) -> Metric:
    """The metric of that name.

    Raises
    ------
    SettingsError
        There is none; names the nearest.

    Examples
    --------
    >>> metric("net_revenue").label
    'Net revenue'
    """
    known = registry()
    if name not in known:
        raise SettingsError(f"metrics.yml has no metric {name}.", did_you_mean(name, known))
    return known[name]


def _metric(name: str, entry: Any) -> Metric:
    where = f"metrics.yml: the metric {name}"
    if not isinstance(entry, dict):
        raise SettingsError(f"{where} must be a mapping of its parts.")
    allowed = {field.name for field in fields(Metric)} - {"name"}
    for part in entry:
        if part not in allowed:
            raise SettingsError(f"{where} has an unknown part {part}.", did_you_mean(str(part), allowed))
    for part in ("label", "unit", "format", "definition", "formula", "model", "changed_on"):
        if not entry.get(part):
            raise SettingsError(f"{where} lacks its {part}.")
    values: dict[str, Any] = {
        part: " ".join(v.split()) if isinstance(v, str) else v for part, v in entry.items() if v
    }
    if values["format"] not in _FORMATS:
        known = f"There are: {', '.join(_FORMATS)}."
        raise SettingsError(f"{where}: there is no format {values['format']}.", known)
    if values.get("good", "neither") not in get_args(Good):
        raise SettingsError(f"{where}: good must be up, down or neither, not {values['good']}.")
    if not isinstance(values["changed_on"], dt.date):
        raise SettingsError(f"{where}: changed_on must be a date as YYYY-MM-DD, not {values['changed_on']}.")
    is_ratio = "denominator" in values
    needs_both = values["format"] in _RATIOS and not values.get("is_estimate")
    if is_ratio != ("numerator" in values) or (needs_both and not is_ratio):
        raise SettingsError(f"{where} is a ratio, so it needs both a numerator and a denominator.")
    if not is_ratio and "column" not in values:
        raise SettingsError(f"{where} needs a column, or a numerator and a denominator.")
    return Metric(name=name, **values)
