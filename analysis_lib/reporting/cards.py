"""KPI cards: a value, what it was before, and what it means.

A card carries its numbers twice: as a reader sees them, and unrounded in attributes (`data-metric`,
`data-value`, `data-previous`, `data-year-before`), from which everything else that speaks of the page's
headline figures is made: summary.json, alerts, the text summary and the tests that recompute them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from analysis_lib.reporting import numbers
from analysis_lib.reporting.changes import Change, Kind, Tone, amount, change
from analysis_lib.reporting.html import Html, escape
from analysis_lib.reporting.metrics import Metric

# How every warning of a rate on few units begins (numbers.rate, the notes of the pages).
_TOO_FEW = "too few"


@dataclass(frozen=True)
class Comparison:
    """What a card's value is compared with.

    Parameters
    ----------
    value
        The metric then; None where there is none.
    dates
        The days it stands for, where they are not those that are said once for all cards.
    why_missing
        Why there is none.
    text
        The value as text with its count, for a rate.
    """

    value: float | None
    dates: str = ""
    why_missing: str = ""
    text: str = ""


@dataclass(frozen=True)
class Card:
    """A card as text, with its numbers as they were before rounding; see :func:`card`.

    `few` names those of `value`, `previous` and `year-before` that stand on too few units to rely on.
    """

    metric: Metric
    value: str
    change: Change
    notes: tuple[str, ...] = ()
    number: Any = None
    previous: Any = None
    year_before: Any = None
    few: tuple[str, ...] = ()


def card(
    metric: Metric,
    value: Any,
    currency: str,
    previous: Comparison | None = None,
    year_before: Comparison | None = None,
    note: str | Sequence[str] = "",
    is_clear: bool = False,
) -> Card:
    """One KPI card.

    Parameters
    ----------
    metric
        What it shows; gives label, format, definition and which direction is good.
    value
        The value of the window; None where not available.
    currency
        Of amounts.
    previous, year_before
        The window before and the one 52 weeks before; left out where a comparison has no sense.
    note
        What the reader must know about the value, such as its count; each of several on a line of its own.
    is_clear
        Whether a test says that the change is more than chance; only then is it good or bad news.
    """
    kind = cast(Kind, metric.format)
    given = [one for one in ([note] if isinstance(note, str) else note) if one]
    notes = [*given]
    made = Change("")
    is_known = numbers.number_or_none(value) is not None
    if previous is not None and is_known:
        made = _compared(value, previous, kind, currency, metric)
        if made.is_known:
            notes.append(f"was {previous.text or amount(previous.value, kind, currency)}{_on(previous)}")
    # Where the data has no window before, it has no year before either: said once.
    is_new = not made.is_known and (year_before is None or year_before.value is None)
    if year_before is not None and is_known and not is_new:
        earlier = _compared(value, year_before, kind, currency, metric)
        was = year_before.text or amount(year_before.value, kind, currency)
        text = f"{was}{_on(year_before)}, {earlier.brief}" if earlier.is_known else earlier.text
        notes.append(f"52 weeks before: {text}")
    if not is_clear:
        made = dataclasses.replace(made, tone="neutral")
    return Card(
        metric,
        amount(value, kind, currency),
        made,
        tuple(notes),
        value,
        previous.value if previous else None,
        year_before.value if year_before else None,
        few=tuple(
            name
            for name, texts in (
                ("value", given),
                ("previous", [previous.text] if previous else []),
                ("year-before", [year_before.text] if year_before else []),
            )
            if any(_TOO_FEW in text for text in texts)
        ),
    )


def _on(then: Comparison) -> str:
    return f" on {then.dates}" if then.dates else ""


def _compared(value: Any, then: Comparison, kind: Kind, currency: str, metric: Metric) -> Change:
    return change(value, then.value, kind, currency, metric.good, then.why_missing)


def grid(cards: Sequence[Card]) -> Html:
    """The cards side by side, each linked to its definition on the page (see method.py)."""
    return Html('<div class="kpi-grid">\n' + "\n".join(_card(card) for card in cards) + "\n</div>")


def _card(card: Card) -> str:
    tone: Tone = card.change.tone
    label = (
        f'<div class="kpi-label" title="{escape(card.metric.tooltip)}">'
        f'<a href="#{anchor(card.metric)}">{escape(card.metric.label)}</a></div>'
    )
    parts = [label, f'<div class="kpi-value">{escape(card.value)}</div>']
    if card.change.text:
        parts.append(f'<div class="kpi-change is-{tone}">{escape(card.change.label)}</div>')
    # A brief writes the notes in one line, so each ends in a sign of its own.
    *firsts, last = card.notes or ("",)
    parts += [
        f'<div class="kpi-note">{escape(note)}</div>'
        for note in (*(f"{one};" for one in firsts), last)
        if note
    ]
    return f'<div class="kpi-card"{_attributes(card)}>{"".join(parts)}</div>'


def _attributes(card: Card) -> str:
    """The card's numbers for machines; what is not known has no attribute."""
    values = {
        "metric": card.metric.name,
        "format": card.metric.format,
        "value": exact(card.number),
        "previous": exact(card.previous),
        "year-before": exact(card.year_before),
        "few": " ".join(card.few),
    }
    return "".join(f' data-{name}="{escape(value)}"' for name, value in values.items() if value)


def exact(value: Any) -> str:
    """A number with all its digits and nothing else, without an exponent; empty where not available.

    Examples
    --------
    >>> exact(Decimal("1234.50")), exact(0.1), exact(1e-7), exact(1200.0), exact(None)
    ('1234.50', '0.1', '0.0000001', '1200', '')
    """
    known = numbers.number_or_none(value)
    if known is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    # repr gives the shortest text that reads back as the same float
    return str(int(known)) if known.is_integer() else f"{Decimal(repr(known)):f}"


def anchor(metric: Metric) -> str:
    """The id of the metric's definition on a page."""
    return f"metric-{metric.name.replace('_', '-')}"
