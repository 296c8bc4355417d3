"""Figures, plans and summaries made by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from analysis_lib.delivery.facts import Figure, PageFacts, Said
from analysis_lib.publish.plan import BriefSpec, PageSpec, Plan
from analysis_lib.publish.request import PublishRequest, Stamp
from analysis_lib.reporting.cards import Comparison, card, exact
from analysis_lib.reporting.metrics import metric
from analysis_lib.settings import Settings

S = "\u00a0"
TITLES = {"overview": "Overview", "funnel": "Funnel"}


def figure(
    name: str,
    value: Any,
    previous: Any = None,
    year_before: Any = None,
    note: str = "",
    few: tuple[str, ...] = (),
) -> Figure:
    """A card's figure, with the texts that the page would show."""
    made = card(metric(name), value, "USD", Comparison(previous), Comparison(year_before), note)
    return Figure(
        name,
        made.metric.label,
        made.metric.format,
        made.value,
        made.change.brief,
        "neutral",
        exact(value),
        exact(previous),
        exact(year_before),
        few,
        made.notes,
    )


def plan(*pages: str, left_out: dict[str, str] | None = None) -> Plan:
    """A plan of these pages, the first of which is the index, and one brief."""
    specs = [
        PageSpec(name, Path(f"{name}.ipynb"), TITLES.get(name, name.title()), "", name, ()) for name in pages
    ]
    outputs = {f"{name}.ipynb": name if number else "index" for number, name in enumerate(pages)}
    brief = BriefSpec("executive", "Executive brief", "", pages, "brief", None)
    return Plan(tuple(specs), (brief,), left_out or {}, outputs, frozenset())


def request(**stamp: Any) -> PublishRequest:
    """What a run was asked for."""
    place = Path("nowhere")
    facts: dict[str, Any] = {
        "shop": "demo",
        "data_through": "2026-06-30",
        "period": "1 June 2026 – 30 June 2026",
        "commit": "abc1234567",
        "currency": "USD",
        "checks_passed": 18,
        "checks_warned": 1,
        "not_passed": [
            {"model": "fct_sessions", "check": "bounced is at most one", "status": "warned", "rows": 3}
        ],
    }
    return PublishRequest(
        settings=Settings(place, place, place, place, place),
        parameters={"shop": "demo", "as_of": "2026-06-30", "window_days": 30},
        fingerprints={},
        availability={},
        stamp=Stamp(**{**facts, **stamp}),
    )


def overview_facts() -> PageFacts:
    """An overview with everything that can stand on a card."""
    return PageFacts(
        (
            figure("net_revenue", 18138.25, 19618.5, 9595.0),
            figure("orders", 254, 269),
            figure("conversion_rate", 0.0785, 0.0801, 0.0526, note="234 of 2,981"),
            figure("roas", None, note="no ad spend data"),
        ),
        (
            Said("Net revenue stands above 52 weeks before: +89.0 %.", "p < 0.001", "good", True),
            Said("There were 6,945 sessions.", "No clear change."),
        ),
        ("The newest session is of 20 Jun 2026.",),
    )


AS_OF = dt.date(2026, 6, 30)
