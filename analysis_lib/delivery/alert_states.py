"""Alerts against the figures of a run: ok, raised, or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, cast

from analysis_lib.delivery.alerts import AlertSpec
from analysis_lib.delivery.facts import Figure, PageFacts
from analysis_lib.errors import AlertError
from analysis_lib.publish.plan import Plan
from analysis_lib.publish.text import plain
from analysis_lib.reporting import numbers
from analysis_lib.reporting.changes import Kind, amount
from analysis_lib.reporting.metrics import registry

OK, RAISED, NOT_KNOWN = "ok", "raised", "not known"
_CALLOUTS = (
    (RAISED, "warning", "Alert", "alerts"),
    (NOT_KNOWN, "note", "Alert not known", "alerts not known"),
)
_AGAINST = {"change": "the window before", "year_change": "52 weeks before"}


@dataclass(frozen=True)
class AlertState:
    """How an alert stands.

    Parameters
    ----------
    id, metric, severity, message
        As declared.
    state
        `ok`, `raised` or `not known`; what cannot be known is never ok.
    page
        The page whose card was read; empty where no page shows the metric.
    label
        The metric's label.
    condition
        When it is raised, in words.
    text
        What was found, in words: the value, with its change where that is watched; else why it is not known.
    edition
        The edition that is watched; empty for the whole shop.
    """

    id: str
    metric: str
    state: str
    severity: str
    page: str
    label: str
    condition: str
    text: str
    message: str = ""
    edition: str = ""


def evaluate(
    alerts: Sequence[AlertSpec], plan: Plan, facts: Mapping[str, PageFacts], currency: str, edition: str = ""
) -> tuple[AlertState, ...]:
    """Hold alerts against the cards of the executed pages.

    Parameters
    ----------
    plan
        What this run publishes; says why a page is not in it.
    facts
        Page id to what its executed notebook shows.
    currency
        Of amounts.
    edition
        Whose pages these are; empty for the whole shop. An alert of another edition is not known: whoever
        hands it in says that the edition is not published.
    """
    return tuple(_state(alert, plan, facts, currency, edition) for alert in alerts)


def _state(
    alert: AlertSpec, plan: Plan, facts: Mapping[str, PageFacts], currency: str, edition: str
) -> AlertState:
    is_here = alert.edition == edition
    page, figure = _find(alert, plan, facts) if is_here else (alert.page, None)
    kind = cast(Kind, figure.format if figure else _kind(alert.metric))
    condition = _condition(alert, kind, currency)

    def made(state: str, text: str) -> AlertState:
        known = registry().get(alert.metric)
        label = figure.label if figure else known.label if known else alert.metric
        return AlertState(
            id=alert.id,
            metric=alert.metric,
            state=state,
            severity=alert.severity,
            page=page,
            label=label,
            condition=condition,
            text=text,
            message=alert.message,
            edition=alert.edition,
        )

    if not is_here:
        return made(NOT_KNOWN, f"the edition {alert.edition} is not published")
    if figure is None:
        return made(NOT_KNOWN, _why_no_card(alert, plan, facts))
    reason = _why_not_known(alert, figure)
    if reason:
        return made(NOT_KNOWN, reason)
    measured = Fraction(figure.value)
    text = figure.text
    if alert.is_change:
        before = Fraction(_before(alert, figure))
        measured = measured - before if kind == "rate" else (measured - before) / before
        said = numbers.points(float(measured)) if kind == "rate" else numbers.signed_percent(float(measured))
        text = f"{text} (was {amount(float(before), kind, currency)}, {said})"
    limit = Fraction(alert.threshold)
    is_met = measured < limit if alert.is_below else measured > limit
    return made(RAISED if is_met else OK, text)


def _kind(name: str) -> str:
    known = registry().get(name)
    return known.format if known else "count"


def _find(alert: AlertSpec, plan: Plan, facts: Mapping[str, PageFacts]) -> tuple[str, Figure | None]:
    """The page and the card that the alert watches."""
    for page in plan.pages:
        if page.id in facts and alert.page in ("", page.id):
            for figure in facts[page.id].figures:
                if figure.metric == alert.metric:
                    return page.id, figure
    return alert.page, None


def _before(alert: AlertSpec, figure: Figure) -> str:
    return figure.year_before if alert.condition.startswith("year") else figure.previous


def _why_no_card(alert: AlertSpec, plan: Plan, facts: Mapping[str, PageFacts]) -> str:
    if alert.page in plan.left_out:
        return f"the page {alert.page} has no data ({plan.left_out[alert.page]})"
    if alert.page and alert.page not in facts:
        return f"the page {alert.page} is not in this run"
    return f"the page {alert.page} shows no card of it" if alert.page else "no page shows a card of it"


def _why_not_known(alert: AlertSpec, figure: Figure) -> str:
    """Why the figure cannot be held against the threshold; empty where it can."""
    if not figure.value:
        return "; ".join(figure.notes) or "it is not available"
    if "value" in figure.few:
        return f"{figure.text}, {'; '.join(figure.notes)}"
    if not alert.is_change:
        return ""
    which = "year-before" if alert.condition.startswith("year") else "previous"
    before = _before(alert, figure)
    if not before:
        return f"there is nothing to compare {figure.text} with"
    if which in figure.few:
        return f"{figure.text}, but what it was before stands on too few to rely on"
    if figure.format != "rate" and Fraction(before) <= 0:
        return f"{figure.text}, but what it was before is not above zero, so there is no change in percent"
    return ""


def _condition(alert: AlertSpec, kind: Kind, currency: str) -> str:
    """When the alert is raised, as the end of a sentence about the figure."""
    if not alert.is_change:
        return f"is {alert.condition} {amount(float(alert.threshold), kind, currency)}"
    verb = "fell" if alert.is_below else "rose"
    against = f"against {_AGAINST[alert.condition.rsplit('_', 1)[0]]}"
    if not alert.threshold:
        return f"{verb} {against}"
    # As the analyst wrote it: 20, not 20.0
    size = f"{float(abs(alert.threshold) * 100):g}{numbers.NO_BREAK}{'points' if kind == 'rate' else '%'}"
    return f"{verb} by more than {size} {against}"


def callouts(states: Sequence[AlertState], plan: Plan) -> dict[str, str]:
    """Page id to the Markdown that stands above the page: the page's raised alerts; on the first page, all.

    Alerts that are not known stand there too, as notes: a reader must not take silence for "all is well".
    """
    made: dict[str, str] = {}
    if not plan.pages:
        return made
    outputs = {page.id: plan.outputs[page.notebook.name] for page in plan.pages}
    first = next((page.id for page in plan.pages if outputs[page.id] == "index"), plan.pages[0].id)
    for page in plan.pages:
        blocks = []
        for state, kind, title, many in _CALLOUTS:
            own = [s for s in states if s.state == state and (s.page == page.id or page.id == first)]
            lines = [f"- {_bullet(one)}" for one in own]
            if lines:
                heading = title if len(lines) == 1 else f"{len(lines)} {many}"
                blocks.append("\n".join([f'::: {{.callout-{kind} title="{heading}"}}', *lines, ":::"]))
        if blocks:
            made[page.id] = "\n\n".join(blocks) + "\n"
    return made


def _bullet(state: AlertState) -> str:
    if state.state == NOT_KNOWN:
        return f"**{plain(state.label)}**, raised when it {plain(state.condition)}: {plain(state.text)}."
    sentence = f"**{plain(state.label)} {plain(state.condition)}**: {plain(state.text)}."
    return f"{sentence} {plain(state.message)}".strip()


def raise_on_alert(states: Sequence[Mapping[str, Any]], least: str = "warn") -> None:
    """End a run whose site was published with the exit code of alerts.

    Parameters
    ----------
    states
        The alerts of a summary.
    least
        `warn`: any alert that was raised; `page`: only those of that severity.

    Raises
    ------
    AlertError
        An alert was raised.
    """
    raised = [s for s in states if s["state"] == RAISED and (least == "warn" or s["severity"] == "page")]
    if raised:
        names = ", ".join(name_of(state) for state in raised)
        raise AlertError(
            f"{numbers.plural(len(raised), 'alert')} raised: {names}.",
            "The site was published; this exit code was asked for with --fail-on-alert.",
        )


def name_of(alert: Mapping[str, Any]) -> str:
    """How messages name an alert of a summary: with its edition, where it is of one.

    Examples
    --------
    >>> name_of({"id": "no-orders", "edition": "germany"})
    'germany/no-orders'
    """
    return f"{alert['edition']}/{alert['id']}" if alert.get("edition") else str(alert["id"])


def as_documents(states: Sequence[AlertState]) -> list[dict[str, str]]:
    """The states as they stand in summary.json."""
    return [asdict(state) for state in states]
