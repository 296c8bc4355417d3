"""Marketing: which money spent on ads came back?

Each function is one section of `notebooks/marketing.ipynb`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from analysis_lib.pages import marketing_channels as channels
from analysis_lib.pages import marketing_charts, marketing_findings, marketing_performance
from analysis_lib.pages import marketing_data as data
from analysis_lib.pages import marketing_headline as kpis
from analysis_lib.reporting import findings, numbers
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.method import method
from analysis_lib.reporting.stamp import stamp
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_MODELS_READ = ["fct_attribution", "dim_traffic_sources"]


def status(book: Shop) -> Html:
    """The stamp, with a banner for ad spend or orders that end before the window does."""
    ads = data.read(book)
    return stamp(book, {"ad spend": ads.last_spend, "order": ads.last_order})


def headline(book: Shop) -> Html:
    """The KPI cards."""
    return kpis.cards(kpis.read(book), book.parameters.currency)


def key_findings(book: Shop) -> Html:
    """Three to five sentences, or that there is nothing to report."""
    found = kpis.read(book)
    if found.is_empty:
        return findings.show([], kpis.nothing(found))
    return findings.show(marketing_findings.write(book, found), "Nothing to report.")


def performance(book: Shop) -> Html:
    """Cost and return by platform, and by campaign."""
    return marketing_performance.performance(book)


def shares(book: Shop) -> Html:
    """Each platform's share of the spend beside its share of the attributed revenue."""
    return marketing_charts.shares(book)


def over_time(book: Shop) -> Html:
    """Ad spend, attributed revenue and the return on it by week."""
    return marketing_charts.over_time(book)


def marginal(book: Shop) -> Html:
    """What one more unit of spend went with, platform by platform, and what the rule says."""
    import pandas as pd

    found = kpis.read(book)
    made, even = found.marginal, marketing_findings.break_even(found)
    decision = paragraph(marketing_findings.recommendation(found).headline)
    if not found.ads.has_spend:
        return empty("There is no ad spend data, so that the return of more spend cannot be estimated.")
    if not made.slopes or made.weeks is None:
        return empty(marketing_findings.recommendation(found).text)
    window = made.weeks
    rows = []
    for name in found.ads.platforms:
        slope, sums = made.slopes.get(name), found.ads.sums(window, name)
        rows.append(
            {
                "platform": name,
                "spend": sums["spend"],
                "average_return": sums["attributed_roas"],
                "marginal_return": slope.value if slope else None,
                "low": slope.low if slope else None,
                "high": slope.high if slope else None,
                "why_not": made.why_not.get(name, ""),
            }
        )
    shown = pd.DataFrame(rows)
    columns = [
        Column("platform", "Platform"),
        Column(
            "spend",
            "Ad spend",
            functools.partial(numbers.money, currency=book.parameters.currency, decimals=0),
        ),
        Column("average_return", "ROAS, mean", numbers.ratio),
        Column("marginal_return", "Marginal return", functools.partial(numbers.count, decimals=2)),
        Column("low", "95 % interval", _interval, from_row=True),
    ]
    notes = [
        "Marginal return: revenue that came with one more unit of spend. A day is compared with the other "
        "days of "
        "its week, so that season and growth play no part; a visit through the ad counts if it was the first "
        f"of those that led to an order within {book.parameters.attribution_lookback_days} days. Not an "
        f"experiment.",
        f"{marketing_findings.RULE}{f' of {numbers.ratio(even)} (1 / gross margin)' if even else ''}.",
    ]
    boxed = table(
        shown,
        columns,
        "marginal-return",
        f"What more spend went with, by platform, {window.text}",
        f"{numbers.plural(window.days // 7, 'complete week')}, money in {book.parameters.currency}",
        notes,
        download=shown,
        download_label="Marginal return by platform",
    )
    return join([boxed, decision])


def _interval(row: Any) -> str:
    if row.why_not:
        return str(row.why_not)
    return f"{numbers.count(row.low, 1)} to {numbers.count(row.high, 1)}".replace(" ", numbers.NO_BREAK)


def attribution_models(book: Shop) -> Html:
    """The models of attribution side by side, and that each sums to net revenue."""
    return channels.models(book)


def acquisition(book: Shop) -> Html:
    """Cost and value of acquired customers, by traffic source and by month."""
    if not channels.cohorts(book):
        return empty(f"No acquired users up to {day(book.data_through)}.")
    return join([channels.acquisition(book), channels.acquisition_by_month(book)])


def how_computed(book: Shop) -> Html:
    """Definitions of the page's metrics and the SQL behind them."""
    names = ["ad_spend", *kpis.CARDS, "cost_per_acquisition", "contribution", "gross_margin"]
    models = list(_MODELS_READ)
    if book.available("fct_channel_acquisition"):
        names += ["channel_cac", "ltv_12m", "ltv_to_cac", "payback_days"]
        models.append("fct_channel_acquisition")
    return method(book, names, models)
