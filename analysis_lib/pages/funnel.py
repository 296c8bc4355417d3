"""The funnel: where do visits stop on the way to the order, and for whom?

Each function is one section of `notebooks/funnel.ipynb`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import funnel_findings, periods
from analysis_lib.pages.conversion import counted_note, rate_comparison
from analysis_lib.reporting import annotations as calendar_events
from analysis_lib.reporting import charts, findings, numbers, rate_charts
from analysis_lib.reporting.cards import Card, Comparison, card, grid
from analysis_lib.reporting.charts import Line, Words
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.method import method
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.stamp import stamp
from analysis_lib.statistics.proportions import wilson_interval

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

RATES = ("visit_to_view_rate", "view_to_cart_rate", "cart_to_purchase_rate", "session_conversion_rate")
# Median: the sessions that it is taken over.
TIMES = {
    "median_seconds_view_to_cart": "ordered_cart_sessions",
    "median_seconds_cart_to_purchase": "ordered_purchase_sessions",
}
_WINDOWS = (
    "select * from fct_funnel_segments where dimension = 'all' and period in ('window', 'previous_window')"
)
_LAST_DAY = "select max(session_date) as last_day from fct_funnel_daily where sessions > 0"
_TREND = """
with sums as (
    select
        session_date,
        sum(viewers_who_purchased) over last_7_days as buyers,
        sum(view_visitors) over last_7_days as viewers,
        count(*) over last_7_days as days,
    from fct_funnel_daily
    window last_7_days as (order by session_date rows between 6 preceding and current row)
)
select session_date, buyers, viewers
from sums
where session_date between @first_date and @last_date and days = 7
order by session_date
"""


def windows_of(book: Shop) -> dict[str, dict[str, Any]]:
    """The funnel of the whole shop in the window and in the one before, by period."""
    return {row["period"]: row for row in periods.records(book, _WINDOWS)}


def status(book: Shop) -> Html:
    """The stamp, with a banner for sessions that end before the window does."""
    last = periods.as_date(periods.records(book, _LAST_DAY)[0]["last_day"])
    return stamp(book, {"session": last})


def headline(book: Shop) -> Html:
    """The KPI cards: sessions, conversion, the rates from step to step, and how long the steps take."""
    currency, least = book.parameters.currency, book.parameters.min_sample
    compared = funnel_findings.read(book)
    visits = compared.visits
    cards = {"sessions": _card("sessions", compared, currency)}
    cards["conversion_rate"] = compared.viewers.card(currency, findings.is_found(compared.conversion_p))
    for name in RATES:
        counts = visits.counts(name) or (0, 0)
        cards[name] = _card(name, compared, currency, counted_note(*counts, least), least)
    rows = windows_of(book)
    for name in TIMES:
        values = [number_or_none(rows.get(period, {}).get(name)) for period in ("window", "previous_window")]
        before = visits.comparison("sessions", "previous")
        then = Comparison(values[1] if visits.reaches("previous") else None, why_missing=before.why_missing)
        sessions = int(rows["window"][TIMES[name]]) if "window" in rows else 0
        note = f"over {numbers.plural(sessions, 'session')}" if sessions else "no session took both steps"
        cards[name] = card(metric(name), values[0], currency, then, note=note)
    coverage = periods.coverage(visits)
    dates = paragraph(periods.compared_with(visits), "kpi-note")
    return join([grid(list(cards.values())), paragraph(coverage) if coverage else Html(""), dates])


def _card(
    name: str, compared: funnel_findings.Compared, currency: str, note: str = "", min_sample: int = 0
) -> Card:
    """A card of the daily sums; a rate has its count beside it, then as now."""
    visits, earlier = compared.visits, {}
    for period in ("previous", "year_before"):
        earlier[period] = visits.comparison(name, period)
        counts = visits.counts(name, period) if min_sample else None
        if counts:
            earlier[period] = rate_comparison(*counts, min_sample, earlier[period].why_missing)
    is_clear = compared.tests[name].is_found
    value = visits.value(name)
    if min_sample and not numbers.is_reliable((visits.counts(name) or (0, 0))[1], min_sample):
        value = None
    return card(metric(name), value, currency, earlier["previous"], earlier["year_before"], note, is_clear)


def key_findings(book: Shop) -> Html:
    """Three to five sentences; gaps between segments only where a test confirms them."""
    now = windows_of(book).get("window")
    if now is None:
        return findings.show([], f"No sessions on {periods.run_windows(book).current.text}.")
    return findings.show(funnel_findings.write(book, now), "Nothing to report.")


def steps(book: Shop) -> Html:
    """How many sessions reached each step: one after the other, and in any order."""
    window = periods.run_windows(book).current.text
    row = windows_of(book).get("window")
    if row is None:
        return empty(f"No sessions on {window}.")
    shown, least = funnel_findings.steps_of(row), book.parameters.min_sample
    made = []
    for place, step in enumerate(shown):
        text = numbers.count(step.ordered)
        if place:
            before = shown[place - 1]
            text += f" · {_share(step.ordered, before.ordered, least)} {before.plural}"
        if step.any_order != step.ordered:
            text += f" ({numbers.count(step.any_order)} in any order)"
        made.append(rate_charts.Step(step.label, step.ordered, step.any_order, text))
    largest = funnel_findings.largest_loss(shown, least)
    words = Words(
        f"Sessions at each step of the funnel, {window}",
        "Bars: each step after the one before. Dashed: the step in any order, as most tools count.",
        "Funnel chart. " + "; ".join(f"{step.label}: {step.text}" for step in made) + f". {largest.text}",
    )
    return rate_charts.funnel("funnel-steps", made, words).html


def _share(part: int, whole: int, min_sample: int) -> str:
    """A part of the step before: in percent, or as a count where that step has too few sessions."""
    is_reliable = numbers.is_reliable(whole, min_sample)
    return f"{numbers.percent(part / whole)} of" if is_reliable else f"of {numbers.count(whole)}"


def trend(book: Shop) -> Html:
    """Conversion over seven days up to each day of the window, and in the window before."""
    found = periods.run_windows(book)
    rows = periods.records(book, _TREND, first_date=found.previous.first, last_date=found.current.last)
    by_day = {periods.as_date(row["session_date"]): row for row in rows}
    dates = [found.current.first + dt.timedelta(days=offset) for offset in range(found.current.days)]
    values, low, high = _rolling(by_day, dates, book.parameters.min_sample)
    if not any(value is not None for value in values):
        least = book.parameters.min_sample
        return empty(
            f"Too few viewers for a trend: no seven days up to {found.current.text} have {least} of them."
        )
    then = [date - dt.timedelta(days=found.current.days) for date in dates]
    before, _, _ = _rolling(by_day, then, book.parameters.min_sample)
    lines = [Line("7 days", values, "main", low, high), Line("window before", before, "previous")]
    known = [value for value in values if value is not None]
    ends = f"between {numbers.percent(min(known))} and {numbers.percent(max(known))}"
    marked = calendar_events.on_days(book, dates)
    words = Words(
        f"Conversion within a day, over the seven days up to each day, {found.current.text}",
        f"It lay {ends}. A visitor of several days counts on each of them, so this is not the window's "
        f"conversion. Band: 95 % interval; dashed: the window before, {found.previous.text}.",
        f"Line chart of conversion within a day, over seven days, {found.current.text}: {ends}. "
        f"{marked.text}".strip(),
    )
    formatter = functools.partial(numbers.percent, decimals=0)
    return join([charts.trend("conversion-trend", dates, lines, formatter, words, marked).html, marked.note])


def _rolling(
    by_day: Mapping[dt.date | None, Mapping[str, Any]], dates: Sequence[dt.date], min_sample: int
) -> tuple[list[float | None], list[float | None], list[float | None]]:
    """Rate, lower and upper limit a day; None where the viewers are too few."""
    values: list[float | None] = []
    low: list[float | None] = []
    high: list[float | None] = []
    for date in dates:
        row = by_day.get(date)
        interval = wilson_interval(int(row["buyers"]), int(row["viewers"])) if row else None
        if row is None or interval is None or row["viewers"] < min_sample:
            interval = None
        values.append(row["buyers"] / row["viewers"] if row and interval else None)
        low.append(interval.low if interval else None)
        high.append(interval.high if interval else None)
    return values, low, high


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    names = ["sessions", "conversion_rate", *RATES, "any_order_conversion_rate"]
    return method(book, [*names, *TIMES], ["fct_sessions", "int_session_events"])
