"""What buyers are worth by where they came from first, and which differences are more than chance.

Sources are compared within the month of the first order, by ranks: buyers of long ago have had more time to
spend, and a few very good ones would decide a comparison of means.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.customers_segments import nothing
from analysis_lib.pages.periods import records
from analysis_lib.reporting import numbers, rate_charts
from analysis_lib.reporting.charts import Words
from analysis_lib.reporting.findings import is_found
from analysis_lib.reporting.html import Html, empty, join
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.rate_charts import Estimate
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day
from analysis_lib.statistics.stratified import RankTest, Stratum, van_elteren

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

NOT_SET = "(not set)"
MOST_SOURCES = 10
# The first session that has a source decides, else the sign-up: the rule of fct_channel_acquisition.
_WITH_SESSIONS = """
first_sources as (
    select user_id, any_value(traffic_source having min started_at) as traffic_source,
    from fct_sessions
    where user_id is not null and traffic_source is not null
    group by user_id
)
"""
_WITHOUT_SESSIONS = """
first_sources as (
    select user_id, acquisition_source as traffic_source,
    from dim_customers
    where acquisition_source is not null
)
"""
_BUYERS = """
with {first_sources},
buyers as (
    select
        coalesce(first_sources.traffic_source, customers.acquisition_source, '(not set)') as traffic_source,
        date_trunc(date(customers.first_order_at, @timezone), month) as first_order_month,
        customers.orders,
        customers.net_revenue,
        customers.gross_profit,
        customers.predicted_net_revenue_12m,
    from dim_customers as customers
    left join first_sources on customers.user_id = first_sources.user_id
    where customers.orders > 0
),
counted as (
    select
        *,
        rank() over (partition by first_order_month order by gross_profit) as lowest_rank,
        count(*) over (partition by first_order_month, gross_profit) as equals,
    from buyers
),
ranked as (
    select
        *,
        cast(lowest_rank as float64) + (cast(equals as float64) - 1) * 0.5 as middle_rank,
    from counted
)
select
    traffic_source,
    first_order_month,
    count(*) as buyers,
    sum(orders) as orders,
    sum(net_revenue) as net_revenue,
    sum(gross_profit) as gross_profit,
    sum(cast(gross_profit as float64) * cast(gross_profit as float64)) as squared_gross_profit,
    sum(predicted_net_revenue_12m) as predicted_net_revenue_12m,
    sum(middle_rank) as rank_sum,
    sum(middle_rank * middle_rank) as squared_ranks,
from ranked
group by traffic_source, first_order_month
order by traffic_source, first_order_month
"""
_TWELVE_MONTHS = """
select
    traffic_source,
    sum(if(gross_profit_12m is null, 0, buyers)) as buyers_12m,
    sum(gross_profit_12m) as gross_profit_12m,
from fct_channel_acquisition
group by traffic_source
"""

_NO_COSTS = "No order line has a cost, so that gross profit, and with it what a buyer is worth, is not known."


@dataclass(frozen=True)
class Source:
    """The buyers of one traffic source.

    `test` compares them with the other buyers of the same months, `p_value` is its p-value after Holm;
    `others` is the mean gross profit of these others, weighted like the source's months.
    """

    name: str
    buyers: int
    orders: int
    net_revenue: float
    gross_profit: float
    squared_gross_profit: float
    predicted: float | None
    buyers_12m: int
    gross_profit_12m: float | None
    others: float | None
    test: RankTest | None
    p_value: float | None = None

    @property
    def value(self) -> float:
        """Gross profit to date for each buyer."""
        return self.gross_profit / self.buyers

    @property
    def value_12m(self) -> float | None:
        """Gross profit of the first year for each buyer of the months that are a year old."""
        return (
            self.gross_profit_12m / self.buyers_12m
            if self.gross_profit_12m is not None and self.buyers_12m
            else None
        )

    @property
    def error(self) -> float | None:
        """Standard error of the mean; None for a single buyer."""
        if self.buyers < 2:
            return None
        variance = (self.squared_gross_profit - self.gross_profit**2 / self.buyers) / (self.buyers - 1)
        return math.sqrt(max(0.0, variance) / self.buyers)

    @property
    def is_found(self) -> bool:
        """Whether test and means agree that these buyers are worth more, or less."""
        if self.test is None or self.others is None or not is_found(self.p_value):
            return False
        return (self.test.z > 0) == (self.value > self.others)


@functools.lru_cache(maxsize=4)
def read(book: Shop) -> tuple[Source, ...]:
    """Every source with a buyer, the one with most buyers first; p-values are not adjusted yet.

    None in a shop that states no costs: what a buyer is worth is gross profit.
    """
    first = _WITH_SESSIONS if book.available("fct_sessions") else _WITHOUT_SESSIONS
    rows = records(book, _BUYERS.format(first_sources=first))
    if any(row["gross_profit"] is None for row in rows):
        return ()
    years = {}
    if book.available("fct_channel_acquisition"):
        years = {row["traffic_source"]: row for row in records(book, _TWELVE_MONTHS)}
    names = dict.fromkeys(row["traffic_source"] for row in rows)
    made = [_source(name, rows, years.get(name, {}), book.parameters.min_sample) for name in names]
    return tuple(sorted(made, key=lambda source: (source.name == NOT_SET, -source.buyers, source.name)))


def _source(name: str, rows: Sequence[dict[str, Any]], year: dict[str, Any], least: int) -> Source:
    own = [row for row in rows if row["traffic_source"] == name]
    buyers = sum(int(row["buyers"]) for row in own)
    expected = [number_or_none(row["predicted_net_revenue_12m"]) for row in own]
    others, strata, compared = 0.0, [], 0
    for row in own:
        of_month = [one for one in rows if one["first_order_month"] == row["first_order_month"]]
        size, number = sum(int(one["buyers"]) for one in of_month), int(row["buyers"])
        squares = sum(float(one["squared_ranks"]) for one in of_month)
        strata.append(Stratum(number, size, float(row["rank_sum"]), squares))
        rest = size - number
        if rest:
            profit = sum(float(one["gross_profit"]) for one in of_month) - float(row["gross_profit"])
            others += number * profit / rest
            compared += number
    is_tested = (
        name != NOT_SET and buyers >= least and sum(int(row["buyers"]) for row in rows) - buyers >= least
    )
    return Source(
        name,
        buyers,
        sum(int(row["orders"]) for row in own),
        sum(float(row["net_revenue"]) for row in own),
        sum(float(row["gross_profit"]) for row in own),
        sum(float(row["squared_gross_profit"]) for row in own),
        None if None in expected else sum(one for one in expected if one is not None),
        int(year.get("buyers_12m") or 0),
        number_or_none(year.get("gross_profit_12m")),
        others / compared if compared else None,
        van_elteren(strata) if is_tested else None,
    )


def by_source(book: Shop, tested: Sequence[Source]) -> Html:
    """Lifetime value by acquisition source with intervals, and the table."""
    if not tested:
        has_buyers = bool(records(book, "select 1 as one from dim_customers where orders > 0 limit 1"))
        return empty(_NO_COSTS if has_buyers else nothing(book))
    # Without any gross profit, where everything came back, there is nothing to draw.
    has_profit = any(source.gross_profit > 0 for source in tested)
    chart = _chart(book, tested[:MOST_SOURCES]) if has_profit else Html("")
    return join([chart, _table(book, tested)])


def _chart(book: Shop, shown: Sequence[Source]) -> Html:
    currency, least = book.parameters.currency, book.parameters.min_sample
    made = []
    for source in shown:
        half = 1.96 * (source.error or 0.0)
        made.append(
            Estimate(
                "Source",
                source.name,
                source.value,
                max(0.0, source.value - half),
                source.value + half,
                f"{numbers.money(source.value, currency)} (n = {numbers.count(source.buyers)})",
                source.is_found,
                not numbers.is_reliable(source.buyers, least),
            )
        )
    out = [source.name for source in shown if source.is_found]
    outcome = f"Clearly different: {', '.join(out)}." if out else "No source differs clearly from the others."
    sources = read(book)
    overall = sum(source.gross_profit for source in sources) / sum(source.buyers for source in sources)
    words = Words(
        f"Gross profit to date for each buyer in {currency} by acquisition source, with 95 % intervals",
        f"{outcome} Orange diamonds: different from the other buyers of the same months (p < 0.05 after "
        f"Holm). Hollow: too few buyers to rely on (n < {least}).",
        f"Dot chart of gross profit for each buyer by acquisition source. {outcome} "
        + "; ".join(f"{one.label} {one.text}" for one in made)
        + ".",
    )
    return rate_charts.estimates(
        "value-by-source",
        made,
        overall,
        f"all {numbers.money(overall, currency)}",
        functools.partial(numbers.money, currency=currency, decimals=0),
        words,
    ).html


def _table(book: Shop, tested: Sequence[Source]) -> Html:
    import pandas as pd

    least = book.parameters.min_sample
    rows = pd.DataFrame(
        [
            {
                "traffic_source": source.name,
                "buyers": source.buyers,
                "orders": source.orders,
                "net_revenue": source.net_revenue,
                "average_order_value": source.net_revenue / source.orders,
                "gross_profit": source.gross_profit,
                "ltv_to_date": source.value,
                "buyers_12m": source.buyers_12m,
                "ltv_12m": source.value_12m,
                "predicted_net_revenue_12m_per_buyer": (
                    None if source.predicted is None else source.predicted / source.buyers
                ),
                "ltv_of_others_of_the_same_months": source.others,
                "p_value_after_holm": source.p_value,
                "against_others": _against(source, book.parameters.currency),
            }
            for source in tested
        ]
    )
    money = functools.partial(numbers.money, currency=book.parameters.currency)

    def few(row: Any) -> bool:
        return not numbers.is_reliable(row.buyers, least)

    columns = [
        Column("traffic_source", "First source"),
        Column("buyers", "Buyers", numbers.count),
        Column("average_order_value", "Average order", money, is_few=few),
        Column("ltv_to_date", "LTV to date", money, is_few=few),
        Column(
            "ltv_12m",
            "LTV, first 12 months",
            lambda row: _with_count(row, book.parameters.currency),
            True,
            lambda row: not numbers.is_reliable(row.buyers_12m, least),
        ),
        Column("predicted_net_revenue_12m_per_buyer", "Expected in the next 12 months", money, is_few=few),
        Column("against_others", "Against the others", str),
    ]
    return table(
        rows,
        columns,
        "value-by-source",
        f"What a buyer is worth by acquisition source, {day(book.data_through)}",
        "for each buyer; LTV is gross profit, the expected amount net revenue",
        [
            "LTV, first 12 months: of the buyers (n) acquired in months of which everybody is a year old.",
            "Against the others: LTV to date less that of the other buyers who first ordered in the same "
            "months, where a rank test within months (van Elteren, after Holm) tells them apart; – where it "
            f"does not. Italic: on fewer than {least} buyers, too few to rely on.",
        ],
        nothing(book),
        download=rows.drop(columns="against_others"),
    )


def _with_count(row: Any, currency: str) -> str:
    if number_or_none(row.ltv_12m) is None:
        return numbers.NOT_AVAILABLE
    text = f"{numbers.money(row.ltv_12m, currency)} (n = {numbers.count(row.buyers_12m)})"
    return text.replace(" ", numbers.NO_BREAK)


def _against(source: Source, currency: str) -> str:
    if not source.is_found or source.others is None:
        return numbers.NOT_AVAILABLE
    return numbers.signed_money(source.value - source.others, currency)
