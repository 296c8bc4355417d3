"""The total rows of the tables, recomputed from the lines and events and not from the rows above them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping

from . import wording
from .book import Book
from .journeys import kaplan_meier, sessions_text
from .marketing import ads
from .quality import checks
from .sales import profit, share
from .sentences import PAID_SOURCES, put_acquired

Rows = dict[tuple[str, str], list[str]]  # table and label to the cells beside the label
_NONE = wording.NONE


def of_overview(book: Book) -> Rows:
    """Every line of the profit and loss."""
    now, before, _ = profit(book)
    currency = book["currency"]
    lines = {
        "Gross sales": "gross_sales",
        "− discounts": "discounts",
        "− cancellations": "cancellations",
        "− returns": "returns",
        "Net revenue": "net_revenue",
        "− cost of goods": "cost_of_goods",
        "Gross profit": "gross_profit",
        "− ad spend": "ad_spend",
        "Contribution": "contribution",
    }
    return {
        ("profit-and-loss", label): [
            wording.whole_money(now[name], currency),
            wording.percent(share(now[name], now["gross_sales"]) or 0),
            wording.whole_money(before[name], currency),
            wording.change(now[name], before[name], "money", currency),
        ]
        for label, name in lines.items()
    }


_ALL_VISITS = """
select
    (select count(*) from sessions where day between $first and $last) as sessions,
    (select count(*) from orders where is_counted and day between $first and $last) as orders,
    (
        select count(*) from orders
        where is_counted and number_of_customer = 1 and day between $first and $last
    ) as new_customers,
    (
        select coalesce(sum(kept), 0) from lines join orders using (order_id)
        where is_counted and orders.day between $first and $last
    ) as revenue,
    (
        select count(*) from sessions
        join channels
            on channels.traffic_source = sessions.traffic_source
            and channels.campaign_id is not distinct from sessions.campaign_id
        where day between $first and $last and platform in (select platform from stg_marketing_spend)
    ) as sessions_from_ads
"""


def of_marketing(book: Book) -> Rows:
    """Ads together and all visits; all channels by each model; what acquired customers cost and brought."""
    currency = book["currency"]
    of_ads = ads(book)[0]
    every = book.row(_ALL_VISITS, first=book.current.first, last=book.current.last)
    of_ads["sessions"] = every["sessions_from_ads"]
    every |= {name: of_ads[name] for name in ("spend", "clicks", "impressions", "ctr", "cpc")}
    rows: Rows = {}
    for label, row in (("Ads together", of_ads), ("All visits", every)):
        cells = [
            wording.whole_money(row["spend"], currency),
            wording.count(row["clicks"]),
            wording.percent(row["ctr"]),
            wording.money(row["cpc"], currency),
            wording.count(row["sessions"]),
            wording.count(row["orders"]),
            wording.whole_money(row["revenue"], currency),
            wording.count(share(row["revenue"], row["spend"]) or 0, 2),
            wording.money(share(row["spend"], row["orders"]) or 0, currency),
            f"{wording.money(share(row['spend'], row['new_customers']) or 0, currency)} "
            f"({wording.count(row['new_customers'])})",
        ]
        rows |= {(table, label): cells for table in ("platform-performance", "campaign-performance")}
    # Every model gives the whole revenue of the orders to one touch or another.
    revenue = wording.whole_money(every["revenue"], currency)
    rows["attribution-models", "All channels"] = [*[revenue] * 6, "100 %"]
    put_acquired(book)
    for label, sources in (("All with ad spend", PAID_SOURCES), ("All sources", "true")):
        rows["channel-acquisition", label] = _acquisition(book, sources, label == "All sources")
    return rows


# Gross profit by the age that a user had, in days, when the order was placed; complete months alone.
_COHORTS = """
create or replace temp table cohorts as
with own as (
    select * from acquired where {sources} and last_day(month) <= $as_of
),
profits as (
    select own.source, own.month, lines.day - own.day as age, sum(kept - kept_cost) as profit
    from own join lines using (user_id) group by all
)
select
    own.source, own.month,
    last_day(own.month) + 364 <= $as_of as is_old,
    $as_of - last_day(own.month) as lived,
    count(*) as users,
    count(*) filter (user_id in (select user_id from orders where is_counted)) as buyers,
    (
        select sum(spend) from stg_marketing_spend
        join (select distinct traffic_source, platform from channels) as named using (platform)
        where named.traffic_source = own.source and date_trunc('month', date) = own.month
    ) as spend,
    (select sum(profit) from profits where profits.source = own.source and profits.month = own.month)
        as profit,
    (
        select sum(profit) from profits
        where profits.source = own.source and profits.month = own.month and age < 365
    ) as profit_12m,
    (
        select list({{'age': age, 'profit': profit}} order by age) from profits
        where profits.source = own.source and profits.month = own.month
    ) as by_age
from own
group by own.source, own.month
"""


def _acquisition(book: Book, sources: str, is_whole: bool) -> list[str]:
    currency = book["currency"]
    book.run(_COHORTS.format(sources=sources))
    cohorts = book.rows("select * from cohorts")
    old = [row for row in cohorts if row["is_old"]]

    def total(name: str, of: list[dict[str, object]] = cohorts) -> object:
        return sum(row[name] for row in of if row[name] is not None)  # type: ignore[misc]

    cells = [
        wording.count(total("users")),  # type: ignore[arg-type]
        wording.count(total("buyers")),  # type: ignore[arg-type]
        wording.money(total("spend"), currency),  # type: ignore[arg-type]
        wording.money(share(total("spend"), total("buyers")) or 0, currency),
        wording.money(share(total("profit"), total("buyers")) or 0, currency),
        wording.money(share(total("profit_12m", old), total("buyers", old)) or 0, currency),
        wording.count(share(total("profit_12m", old), total("spend", old)) or 0, 2),
    ]
    if is_whole:
        return [*cells, _NONE, _NONE]
    paid_back = [_payback(row) for row in old if row["spend"]]
    middle = statistics.median(paid_back)
    months = sum(math.isfinite(days) for days in paid_back)
    return [*cells, f"{wording.count(middle)} days", f"{months} of {len(paid_back)}"]


def _payback(cohort: dict[str, object]) -> float:
    """The first age by which the profit to date reaches the spend, if all users have lived it."""
    to_date = 0
    for row in cohort["by_age"] or ():  # type: ignore[attr-defined]
        to_date += row["profit"]
        if to_date >= cohort["spend"] and row["age"] <= cohort["lived"]:  # type: ignore[operator]
            return float(row["age"])
    return math.inf


def of_journeys(book: Book) -> Rows:
    """All sources and all months: quartiles over the buyers, shares by Kaplan and Meier."""
    row = book.row(
        """
        select
            count(*) as visitors,
            count(*) filter (has_bought) as buyers,
            quantile_cont(sessions_before, [0.25, 0.5, 0.75]) filter (has_bought) as sessions,
            quantile_cont(seconds_to_buy, [0.25, 0.5, 0.75]) filter (has_bought) as seconds,
            count(*) filter (has_bought and seconds_to_buy <= 30 * 86400 and seconds_watched >= 30 * 86400)
                as in_time,
            count(*) filter (
                has_bought and seconds_to_buy <= 30 * 86400 and seconds_watched >= 30 * 86400
                and sessions_before = 0
            ) as at_once
        from journeys
        """
    )

    def quartiles(column: str, write: Callable[[float], str]) -> str:
        low, middle, high = (write(value) for value in row[column])
        return f"{middle} ({low} to {high})"

    def within(days: int) -> str:
        found = kaplan_meier(book, days)
        assert found is not None
        limits = wording.interval(found[1] or 0, found[2] or 0).replace("–", " to ")
        return f"{wording.percent(found[0])} ({limits})"

    start = [
        wording.count(row["visitors"]),
        wording.count(row["buyers"]),
        quartiles("sessions", sessions_text),
        quartiles("seconds", wording.duration),
    ]
    at_once = f"{wording.percent(share(row['at_once'], row['in_time']) or 0)}"
    return {
        ("journeys-sources", "All sources"): [
            *start, within(30), "", f"{at_once} (n = {wording.count(row['in_time'])})"
        ],
        ("journeys-months", "All months"): [*start, *(within(days) for days in (7, 30, 90))],
    }  # fmt: skip


def of_quality(book: Book) -> Rows:
    """All checks and all rows that were read."""
    found = checks(book)
    models = book.value("select count(distinct model) from dq_checks")
    rows = book.row("select sum(rows_read) as read, sum(duplicates_dropped) as twice from load_counts")
    rejected = book.value("select count(*) from rejected_rows")
    kept = rows["read"] - rejected - rows["twice"]
    return {
        ("checks-by-layer", "All"): [
            wording.count(number)
            for number in (models, found["all"], found["passed"], found["warned"], found["failed"])
        ],
        ("loaded-rows", "All tables"): [
            wording.count(number) for number in (rows["read"], kept, rejected, rows["twice"], 0)
        ],
    }


TOTALS: Mapping[str, Callable[[Book], Rows]] = {
    "overview": of_overview,
    "marketing": of_marketing,
    "journeys": of_journeys,
    "quality": of_quality,
}
