"""The customers: who are they, do they come back, and what are they worth?

Each function is one section of `notebooks/customers.ipynb`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis_lib.pages import (
    customers_cohorts,
    customers_findings,
    customers_holdout,
    customers_rows,
    customers_segments,
    customers_sources,
    customers_value,
    periods,
)
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.cards import Card, Comparison, card, grid
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.method import method
from analysis_lib.reporting.metrics import metric
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

CARDS = (
    "buyers",
    "new_customers",
    "repeat_share",
    "churn_rate",
    "average_order_value",
    "predicted_net_revenue_12m",
)
OTHER_METRICS = (
    "historic_ltv",
    "retention_rate",
    "predicted_orders_12m",
)
_MODELS = (
    "dim_customer_segments",
    "fct_segment_summary",
    "fct_segment_migration",
    "fct_channel_acquisition",
    "int_rfm_scores",
    "dq_model_quality",
)


def status(book: Shop) -> Html:
    """The stamp, with a banner where the newest order is old."""
    return stamp(book, {"order": customers_rows.buyers(book).last_order_date})


def headline(book: Shop) -> Html:
    """The KPI cards: stocks of buyers to date, flows of the window."""
    found = customers_rows.buyers(book)
    if not found.buyers:
        return empty(customers_segments.nothing(book))
    currency = book.parameters.currency
    before = Comparison(
        float(found.buyers_before),
        day(found.earlier_date),
        why_missing=f"nobody had bought by {day(found.earlier_date)}",
    )
    if not found.buyers_before:
        before = Comparison(None, why_missing=before.why_missing)
    cards = [
        card(metric("buyers"), found.buyers, currency, before),
        *_of_the_window(book, ["new_customers"]),
        _repeat(book),
        _churn(book),
        *_of_the_window(book, ["average_order_value"]),
        _predicted(book),
    ]
    windows = periods.run_windows(book)
    dates = (
        f"New customers and average order value: {windows.current.text} against {windows.previous.text}; "
        f"52 weeks before: {windows.year_before.text}. Everything else: all buyers up to "
        f"{day(book.data_through)}. Changes on the cards are counted, not tested."
    )
    return join([grid(cards), paragraph(dates, "kpi-note")])


def _of_the_window(book: Shop, names: list[str]) -> list[Card]:
    found = customers_rows.window(book)
    if found is None:
        return []
    currency = book.parameters.currency
    return [
        card(
            metric(name),
            found.value(name),
            currency,
            found.comparison(name, "previous"),
            found.comparison(name, "year_before"),
            "" if found.value(name) is not None else "no orders in this window",
        )
        for name in names
    ]


def _repeat(book: Shop) -> Card:
    found, least = customers_rows.buyers(book), book.parameters.min_sample
    counts = f"{numbers.count(found.came_back)} of {numbers.plural(found.buyers, 'buyer')}"
    interval = found.repeat_interval
    if not numbers.is_reliable(found.buyers, least) or interval is None:
        return card(metric("repeat_share"), None, "", note=f"{counts}: too few to show a rate (n < {least})")
    sure = f"95 % interval {numbers.percent_range(interval.low, interval.high)}"
    return card(metric("repeat_share"), found.repeat_share, "", note=f"{counts}; {sure}")


def _churn(book: Shop) -> Card:
    found, least = customers_rows.churn(book), book.parameters.min_sample
    after = numbers.days(book.parameters.churn_after_days)
    if found is None or not found.eligible or found.interval is None:
        return card(metric("churn_rate"), None, "", note=f"nobody's first order is {after} old yet")
    counts = (
        f"{numbers.count(found.churned)} of {numbers.count(found.eligible)} who bought {after} ago or earlier"
    )
    if not numbers.is_reliable(found.eligible, least):
        return card(metric("churn_rate"), None, "", note=f"{counts}: too few to show a rate (n < {least})")
    sure = f"95 % interval {numbers.percent_range(found.interval.low, found.interval.high)}"
    return card(metric("churn_rate"), found.rate, "", note=f"{counts}; {sure}")


def _predicted(book: Shop) -> Card:
    found = customers_rows.buyers(book)
    currency = book.parameters.currency
    _, notes = customers_rows.fit_notes(book)
    if found.predicted_net_revenue is None:
        return card(
            metric("predicted_net_revenue_12m"), None, currency, note=notes[0] if notes else "no prediction"
        )
    ratio, naive, _ = customers_holdout.ratio(book, "holdout_orders_ratio")
    note = "there was no hold-out to try the model on"
    if ratio is not None:
        note = f"hold-out: {customers_holdout.in_words(ratio)} order days expected"
        note += f"; naive forecast: {customers_holdout.in_words(naive)}" if naive is not None else ""
    return card(metric("predicted_net_revenue_12m"), found.predicted_net_revenue, currency, note=note)


def key_findings(book: Shop) -> Html:
    """Three to five sentences, or that nobody has bought."""
    return findings.show(customers_findings.write(book), customers_segments.nothing(book))


def segments(book: Shop) -> Html:
    """The RFM segments: share of customers against share of revenue."""
    return customers_segments.chart(book)


def actions(book: Shop) -> Html:
    """The RFM segments in figures, and what to do."""
    return customers_segments.actions(book)


def migration(book: Shop) -> Html:
    """Moves between segments since the window before."""
    return customers_segments.migration(book)


def retention(book: Shop) -> Html:
    """Cohorts by month of the first order: customers and revenue that came back."""
    return customers_cohorts.retention(book)


def churn(book: Shop) -> Html:
    """Churn by month of the first order."""
    return customers_cohorts.churn(book)


def by_source(book: Shop) -> Html:
    """Lifetime value by acquisition source."""
    return customers_sources.by_source(book, customers_findings.tested(book).sources)


def expected(book: Shop) -> Html:
    """Expected value by probability of being active, and the hold-out."""
    return customers_value.expected(book)


def top(book: Shop) -> Html:
    """The best customers, masked."""
    return customers_value.top(book)


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    return method(
        book,
        [name for name in (*CARDS, *OTHER_METRICS) if book.available(metric(name).model)],
        [name for name in _MODELS if book.available(name)],
    )
