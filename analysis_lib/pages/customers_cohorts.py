"""Buyers by the month of their first order: do they come back, and who has stopped?"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.customers_segments import nothing, rows_of
from analysis_lib.pages.periods import as_date
from analysis_lib.reporting import numbers, rate_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.downloads import offer
from analysis_lib.reporting.heatmap import heatmap
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.rate_charts import Estimate
from analysis_lib.reporting.windows import month
from analysis_lib.statistics.stratified import clustered_proportions_p_value

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

MOST_COHORTS, MOST_MONTHS = 18, 12
NEWEST, EARLIER = 3, 12
_RETENTION = """
select
    cohort_period,
    period_number,
    cohort_size,
    is_observable,
    active,
    retention_rate,
    orders,
    net_revenue,
    revenue_retention,
    cumulative_net_revenue_per_customer,
from fct_cohort_retention
where cohort_kind = 'first_order_month'
order by cohort_period, period_number
"""
_CHURN = """
select
    cohort_kind,
    cohort_month,
    buyers,
    eligible,
    churned,
    retained,
    churn_rate,
    churn_rate_lower,
    churn_rate_upper,
from fct_churn
order by cohort_kind, cohort_month
"""


@functools.lru_cache(maxsize=4)
def cohorts(book: Shop) -> pd.DataFrame:
    """The cohorts of buyers with all their months; no rows where the model is not available."""
    if not book.available("fct_cohort_retention"):
        import pandas as pd

        return pd.DataFrame()
    return book.sql(_RETENTION)


def retention(book: Shop) -> Html:
    """Which part of each cohort bought again, and what it brought, month by month."""
    rows = cohorts(book)
    if rows.empty:
        return empty(nothing(book))
    later = rows[rows["period_number"] > 0]
    if not later["is_observable"].any():
        return empty(
            "No month has passed since the month of the first orders, so that nobody can have come back."
        )
    parts = [
        _heatmap(book, rows, "cohort-retention", "retention_rate", *_pooled(later, "active", "cohort_size")),
        _heatmap(book, rows, "revenue-retention", "revenue_retention", *_pooled_revenue(rows)),
    ]
    grid = Html(f'<div class="figure-grid">\n{join(parts).text}\n</div>')
    return join([grid, offer(rows, "cohort-retention", "Retention by month of the first order")])


def _pooled(later: pd.DataFrame, numerator: str, denominator: str) -> tuple[str, str, str]:
    """Title, what a cell is, and the shares over all cohorts that have reached a month."""
    known = later[later["is_observable"]]
    parts = []
    for number in (1, 3, 6, 12):
        of_month = known[known["period_number"] == number]
        trials = int(of_month[denominator].sum())
        if trials:
            share = int(of_month[numerator].sum()) / trials
            parts.append(f"{numbers.percent(share)} in month {number} (n = {numbers.count(trials)})")
    return "Buyers who bought again", "customers with an order", ", ".join(parts)


def _pooled_revenue(rows: pd.DataFrame) -> tuple[str, str, str]:
    parts = []
    first = rows[rows["period_number"] == 0].set_index("cohort_period")["net_revenue"]
    for number in (1, 3, 6, 12):
        of_month = rows[(rows["period_number"] == number) & rows["is_observable"]]
        base = sum(
            float(first[cohort]) for cohort in of_month["cohort_period"] if first[cohort] == first[cohort]
        )
        if base:
            share = sum(float(value) for value in of_month["net_revenue"]) / base
            parts.append(f"{numbers.percent(share)} in month {number}")
    return "Revenue retention", "net revenue", ", ".join(parts)


def _heatmap(
    book: Shop, rows: pd.DataFrame, name: str, column: str, title: str, what: str, pooled: str
) -> Html:
    least = book.parameters.min_sample
    starts = sorted(rows["cohort_period"].unique())[-MOST_COHORTS:]
    months = min(MOST_MONTHS, int(rows["period_number"].max()))
    values = {
        (row.cohort_period, row.period_number): _rate(getattr(row, column))
        for row in rows_of(rows)
        if row.is_observable
    }
    sizes = {row.cohort_period: int(row.cohort_size) for row in rows_of(rows)}
    labels = [f"{month(_day(start))} · {numbers.count(sizes[start])}" for start in starts]
    cells = [[values.get((start, number)) for number in range(1, months + 1)] for start in starts]
    few = [place for place, start in enumerate(starts) if sizes[start] < least]
    shown = f"{_day(starts[0]):%Y-%m}" != f"{_day(rows['cohort_period'].min()):%Y-%m}"
    newest = f" The newest {MOST_COHORTS} cohorts." if shown else ""
    italic = f" Italic: fewer than {least} customers." if few else ""
    all_cohorts = f"Over all cohorts: {pooled}." if pooled else "No cohort has a share yet."
    words = Words(
        f"{title}, % by months since the first order",
        f"Rows: month of the first order and number of customers; cells: {what} in % of "
        f"{'the cohort' if column == 'retention_rate' else 'that of the first month'}. {all_cohorts} "
        f"Hatched: not yet known.{newest}{italic}",
        f"Heatmap of {title.lower()} by month of the first order. {all_cohorts}",
    )
    return heatmap(
        name,
        labels,
        [str(number) for number in range(1, months + 1)],
        cells,
        _percent_number,
        words,
        column_title="months since the month of the first order",
        muted_rows=few,
    ).without_values


def _rate(value: Any) -> float | None:
    return numbers.number_or_none(value)


def _percent_number(share: Any) -> str:
    """A share as its percentage without the sign, for a cell whose title says %."""
    text = numbers.count(float(share) * 100)
    return "<1" if text == "0" and share > 0 else text


def _day(value: Any) -> dt.date:
    found = as_date(value)
    assert found is not None  # a cohort has its month
    return found


@dataclass(frozen=True)
class Newest:
    """The newest cohorts against those before them: who bought again in the month after the first.

    Each side is `(came back, customers)` by cohort; `months` are the first and last of each side.
    """

    newest: Sequence[tuple[int, int]]
    earlier: Sequence[tuple[int, int]]
    newest_months: tuple[dt.date, dt.date]
    earlier_months: tuple[dt.date, dt.date]

    @property
    def p_value(self) -> float | None:
        """Whether they differ by more than months differ among themselves; before Holm."""
        return clustered_proportions_p_value(self.newest, self.earlier)

    @staticmethod
    def counts(side: Sequence[tuple[int, int]]) -> tuple[int, int]:
        """Came back and customers, over the cohorts of a side."""
        return sum(came for came, _ in side), sum(customers for _, customers in side)


def newest_against_earlier(book: Shop) -> Newest | None:
    """The three newest cohorts whose next month is over, against up to twelve before; None with too few.

    The first month of the data is left out: who bought before it counts as new in it.
    """
    rows = cohorts(book)
    if rows.empty:
        return None
    known = rows[(rows["period_number"] == 1) & rows["is_observable"]]
    known = known[known["cohort_period"] > rows["cohort_period"].min()].tail(NEWEST + EARLIER)
    if len(known) <= NEWEST:
        return None
    sides, spans = [], []
    for part in (known.tail(NEWEST), known.head(len(known) - NEWEST)):
        sides.append([(int(row.active), int(row.cohort_size)) for row in rows_of(part)])
        spans.append((_day(part["cohort_period"].iloc[0]), _day(part["cohort_period"].iloc[-1])))
    return Newest(sides[0], sides[1], spans[0], spans[1])


def churn(book: Shop) -> Html:
    """The churn of each cohort with its interval, and the counts as a table."""
    if not book.available("fct_churn"):
        return empty("The shop has no orders, so nobody can have churned.")
    rows = book.sql(_CHURN)
    after = numbers.days(book.parameters.churn_after_days)
    if rows.empty:
        return empty(nothing(book))
    overall = rows[rows["cohort_kind"] == "overall"].iloc[0]
    if not overall["eligible"]:
        return empty(f"Nobody's first order is {after} old yet, so that nobody can have churned.")
    by_month = rows[rows["cohort_kind"] != "overall"]
    judged = by_month[by_month["eligible"] > 0].tail(MOST_COHORTS)
    made = [_estimate(row, book.parameters.min_sample) for row in rows_of(judged)]
    waiting = by_month[by_month["eligible"] == 0]["cohort_month"].map(_day).map(month).tolist()
    total = numbers.rate(overall["churned"], overall["eligible"], book.parameters.min_sample)
    not_yet = f" Not yet known: {', '.join(waiting)}." if waiting else ""
    words = Words(
        f"Churn by month of the first order with 95 % intervals: no order for {after}",
        f"All buyers: {total}. A younger cohort has had less time to stop, so that its rate is lower or "
        f"not known.{not_yet} Hollow, with the count alone: {numbers.too_few(book.parameters.min_sample)}.",
        f"Dot chart of churn by month of the first order. All buyers: {total}. "
        + "; ".join(f"{one.label} {one.text}" for one in made)
        + "."
        + not_yet,
    )
    chart = rate_charts.estimates(
        "churn-by-cohort",
        made,
        _rate(overall["churn_rate"]),
        f"all {numbers.percent(overall['churn_rate'])}",
        functools.partial(numbers.percent, decimals=0),
        words,
    ).without_values
    return join([chart, offer(rows, "churn", "Churn by month of the first order")])


def _estimate(row: Any, least: int) -> Estimate:
    return Estimate(
        "First order",
        month(_day(row.cohort_month)),
        float(row.churn_rate),
        float(row.churn_rate_lower),
        float(row.churn_rate_upper),
        numbers.rate_with_counts(row.churned, row.eligible, least),
        few=not numbers.is_reliable(row.eligible, least),
    )
