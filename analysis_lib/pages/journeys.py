"""The journeys: how long does it take until the first purchase, and for whom?

Each function is one section of `notebooks/journeys.ipynb`; see also `journeys_curves` and `journeys_tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.pages import journeys_findings, journeys_rows
from analysis_lib.pages.journeys_findings import sessions, wait
from analysis_lib.pages.journeys_rows import Journeys
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, Comparison, card, grid
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.method import method
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

METRICS = (
    "first_time_visitors",
    "visitors_who_bought",
    "median_sessions_before",
    "median_time_to_purchase",
    "bought_within_7_days",
    "bought_within_30_days",
)


def status(book: Shop) -> Html:
    """The stamp, with a banner where the newest first visit or first purchase is old."""
    found = journeys_rows.read(book)
    newest = {"first visit": found.last_date, "first purchase": found.last_purchase_date} if found else {}
    return stamp(book, newest)


def headline(book: Shop) -> Html:
    """The KPI cards: visitors of the window, and the way of all visitors to the first purchase."""
    found = journeys_rows.read(book)
    if found is None:
        return empty(journeys_rows.nothing(book))
    least = book.parameters.min_sample
    cards = [
        _new_visitors(book, found),
        _buyers(found),
        _middle(found, "median_sessions_before", least),
        _middle(found, "median_time_to_purchase", least),
        _bought(found, 7, least),
        _bought(found, 30, least),
    ]
    windows = found.windows
    dates = (
        f"First-time visitors on {windows.current.text} against {windows.previous.text}; 52 weeks before: "
        f"{windows.year_before.text}. Everything else is about all {found.since}."
    )
    return join([grid(cards), paragraph(dates, "kpi-note")])


def _new_visitors(book: Shop, found: Journeys) -> Card:
    why = f"no data before {day(found.first_date)}"
    earlier = {
        period: Comparison(
            float(found.new_visitors[period]) if found.reaches(period) else None, why_missing=why
        )
        for period in ("previous", "year_before")
    }
    return card(
        metric("first_time_visitors"),
        found.new_visitors["current"],
        book.parameters.currency,
        earlier["previous"],
        earlier["year_before"],
    )


def _buyers(found: Journeys) -> Card:
    whole = found.whole
    share = numbers.percent(whole.buyers / whole.visitors)
    note = f"of {numbers.plural(whole.visitors, 'visitor')}, {share} so far"
    return card(metric("visitors_who_bought"), whole.buyers, "", note=note)


def _middle(found: Journeys, name: str, least: int) -> Card:
    """A median over buyers with the quartiles round it."""
    column, write, scale = {
        "median_sessions_before": ("sessions_before", sessions, 1),
        "median_time_to_purchase": ("days_to_purchase", wait, 86400),
    }[name]
    low, value, high = (found.whole.value(f"{part}_{column}") for part in ("p25", "median", "p75"))
    if value is None:
        return card(metric(name), None, "", note="nobody has bought yet")
    note = f"median of {numbers.plural(found.whole.buyers, 'buyer')}"
    if found.whole.buyers < least:
        note += f": too few to rely on (n < {least})"
    return card(metric(name), value * scale, "", note=(note, f"middle half {write(low)} to {write(high)}"))


def _bought(found: Journeys, days: int, least: int) -> Card:
    """A share by Kaplan and Meier with its interval."""
    bought = metric(f"bought_within_{days}_days")
    share, limits = found.whole.share(days), found.whole.limits(days)
    if share is None:
        why = f"nobody has been watched for {days} days yet"
        return card(bought, None, "", note=why)
    visitors = numbers.plural(found.whole.visitors, "visitor")
    notes = [f"of {visitors}"]
    if limits is not None:
        notes.append(f"95{numbers.NO_BREAK}% interval {numbers.percent_range(*limits)}")
    if found.whole.visitors < least:
        return card(bought, None, "", note=f"{visitors}: {numbers.too_few(least)}")
    return card(bought, share, "", note=notes)


def key_findings(book: Shop) -> Html:
    """Up to five sentences with their evidence, or that nobody ever came."""
    return findings.show(journeys_findings.write(book), journeys_rows.nothing(book))


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    return method(book, METRICS, journeys_rows.MODELS)
