"""What every number of the report means, and what changed about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.models import PACKAGE
from analysis_lib.reporting import downloads, numbers
from analysis_lib.reporting.cards import anchor
from analysis_lib.reporting.html import Html, empty, escape, join, paragraph
from analysis_lib.reporting.metrics import Metric, registry
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

CHANGELOG = PACKAGE.parent / "CHANGELOG.md"
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"`([^`]*)`")
_NAME = re.compile(r"\[([^\]]*)\]")


def glossary(book: Shop) -> Html:
    """Every metric of the registry: definition, formula, unit, caveat; each with an address of its own."""
    import pandas as pd

    found = sorted(registry().values(), key=lambda metric: (metric.label.casefold(), metric.name))
    links = ", ".join(f'<a href="#{anchor(metric)}">{escape(metric.label)}</a>' for metric in found)
    rows = pd.DataFrame(
        [
            {
                "metric": metric.name,
                "label": metric.label,
                "unit": unit(metric, book.parameters.currency),
                "definition": metric.definition,
                "formula": metric.formula,
                "caveat": metric.caveat,
                "model": metric.model,
                "columns": ", ".join(metric.columns),
                "changed_on": metric.changed_on.isoformat(),
            }
            for metric in found
        ]
    )
    offered = downloads.offer(rows, "glossary", "All definitions")
    listed = Html(f"<p>{numbers.plural(len(found), 'metric')}: {links}.</p>")
    return join([listed, definitions(found, book.parameters.currency), offered])


def unit(metric: Metric, currency: str) -> str:
    """The unit of a metric as a reader says it."""
    return {"currency": currency, "share": "percent"}.get(metric.unit, metric.unit)


def definitions(metrics: Iterable[Metric], currency: str) -> Html:
    """The metrics as a list of terms with their meaning, each with the address that cards link to."""
    entries = "\n".join(_entry(metric, currency) for metric in metrics)
    return Html(f'<dl class="definitions">\n{entries}\n</dl>')


def _entry(metric: Metric, currency: str) -> str:
    formula = f"{metric.formula[:1].upper()}{metric.formula[1:]}"
    text = f"{escape(metric.definition)} <em>{escape(formula)}.</em>"
    if metric.caveat:
        text += f" {escape(metric.caveat)}"
    source = (
        f"Unit: {unit(metric, currency)}. {metric.model}: {', '.join(metric.columns)}; "
        f"defined {metric.changed_on.isoformat()}."
    )
    return (
        f'<dt id="{anchor(metric)}">{escape(metric.label)}</dt>'
        f"<dd>{text} <small>{escape(source)}</small></dd>"
    )


def changes(_book: Shop, changelog: Path = CHANGELOG) -> Html:
    """The newest entry of the change log, and which definitions changed on which day."""
    return join([newest_entry(changelog), _by_day()])


def newest_entry(changelog: Path) -> Html:
    """The newest version in a change log written as Markdown: its parts with their points."""
    if not changelog.is_file():
        return empty("The change log (CHANGELOG.md) is not part of this installation.")
    title, lines = _newest(changelog.read_text(encoding="utf-8").splitlines())
    if not title:
        return empty("The change log has no entry yet.")
    parts = [f"<p><strong>{_inline(title)}</strong></p>"]
    points: list[str] = []
    text: list[str] = []

    def end() -> None:
        if points:
            parts.append("<ul>" + "".join(f"<li>{_inline(point)}</li>" for point in points) + "</ul>")
            points.clear()
        if text:
            parts.append(f"<p>{_inline(' '.join(text))}</p>")
            text.clear()

    for line in lines:
        if line.startswith("#"):
            end()
            parts.append(f"<p><em>{_inline(line.lstrip('# '))}</em></p>")
        elif line.startswith(("- ", "* ")):
            if text:
                end()
            points.append(line[2:])
        elif not line.strip():
            if text:
                end()
        elif points and line.startswith(" "):
            points[-1] += f" {line.strip()}"
        else:
            if points:
                end()
            text.append(line.strip())
    end()
    return Html("\n".join(parts))


def _newest(lines: Sequence[str]) -> tuple[str, list[str]]:
    """The heading of the first version and the lines up to the next one."""
    starts = [number for number, line in enumerate(lines) if line.startswith("## ")]
    if not starts:
        return "", []
    last = starts[1] if len(starts) > 1 else len(lines)
    return lines[starts[0]][3:].strip(), list(lines[starts[0] + 1 : last])


def _inline(text: str) -> str:
    """Markdown within a line as HTML: code stays code, a link becomes its text."""
    plain = _NAME.sub(r"\1", _LINK.sub(r"\1", text)).replace("**", "")
    return _CODE.sub(r"<code>\1</code>", escape(plain))


def _by_day() -> Html:
    import pandas as pd

    found: dict[str, list[str]] = {}
    days = {}
    for metric in registry().values():
        key = metric.changed_on.isoformat()
        days[key] = metric.changed_on
        found.setdefault(key, []).append(metric.label)
    if not found:
        return paragraph("No metric is defined.")
    rows = pd.DataFrame(
        [
            {
                "changed_on": day(days[key]),
                "metrics": len(names),
                "names": ", ".join(sorted(names, key=str.casefold)),
            }
            for key, names in sorted(found.items(), reverse=True)
        ]
    )
    columns = [
        Column("changed_on", "Changed on"),
        Column("metrics", "Metrics", numbers.count),
        Column("names", "Which"),
    ]
    return table(
        rows,
        columns,
        "definitions-by-day",
        "When definitions last changed",
        "the day on which the meaning of a metric was set or changed, the newest on top",
    )
