"""Channels: what each model of attribution gives them, and what the customers they acquired are worth."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.marketing_data import MODELS
from analysis_lib.pages.periods import as_date, records, run_windows
from analysis_lib.reporting import downloads, numbers
from analysis_lib.reporting.html import Html, empty, join, paragraph
from analysis_lib.reporting.tables import Column, table
from analysis_lib.reporting.windows import day, month

if TYPE_CHECKING:
    from analysis_lib.shop import Shop

_CREDITS = """
select
    channel_group,
    attribution_model,
    sum(credited_orders) as orders,
    sum(credited_revenue) as revenue,
from fct_attribution
where order_date between @first_date and @last_date
group by channel_group, attribution_model
order by channel_group, attribution_model
"""
# Each model on its own, so that one that lost or invented money would show.
_RECONCILIATION = """
select
    attribution_model,
    sum(credited_revenue) as revenue,
    sum(credited_orders) as orders,
    sum(
        if(order_date between @first_date and @last_date, credited_revenue, cast(0 as numeric))
    ) as window_revenue,
    sum(if(order_date between @first_date and @last_date, credited_orders, 0)) as window_orders,
from fct_attribution
group by attribution_model
order by attribution_model
"""
_PROFIT = """
select
    sum(net_revenue) as net_revenue,
    sum(orders) as orders,
    sum(
        if(calendar_date between @first_date and @last_date, net_revenue, cast(0 as numeric))
    ) as window_revenue,
from fct_daily_pnl
"""
_COHORTS = """
select
    traffic_source,
    cohort_month,
    channel_group,
    is_complete,
    users,
    buyers,
    gross_profit,
    gross_profit_12m,
    spend,
    cac,
    ltv_to_date,
    ltv_12m,
    ltv_to_cac,
    payback_days,
from fct_channel_acquisition
order by cohort_month, traffic_source
"""
_MOST_CHANNELS = 12
MOST_SOURCES, MOST_MONTHS = 12, 18
_UNATTRIBUTED = "(unattributed)"


def models(book: Shop) -> Html:
    """Net revenue by channel and model of attribution, with its totals and the reconciliation."""
    import pandas as pd

    window = run_windows(book).current
    rows = records(book, _CREDITS, first_date=window.first, last_date=window.last)
    if not rows:
        return empty(f"No orders on {window.text}, so there is no revenue to attribute.")
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row["channel_group"], {})[row["attribution_model"]] = float(row["revenue"])
    order = sorted(
        found, key=lambda name: (name == _UNATTRIBUTED, -found[name].get("last_non_direct", 0), name)
    )
    everything = pd.DataFrame([_channel(name, [found[name]]) for name in order])
    shown = [_channel(name, [found[name]]) for name in order[:_MOST_CHANNELS]]
    rest = order[_MOST_CHANNELS:]
    if rest:
        shown.append(_channel(f"{len(rest)} others", [found[name] for name in rest]))
    total = _channel("All channels", list(found.values()))
    money = functools.partial(numbers.money, currency=book.parameters.currency, decimals=0)
    columns = [
        Column("channel", "Channel"),
        *(Column(name, label, money) for name, label in MODELS.items()),
        Column("spread", "Lowest to highest", lambda row: _spread(row, total), from_row=True),
    ]
    made = table(
        pd.DataFrame([*shown, total]),
        columns,
        "attribution-models",
        f"Net revenue by channel and model of attribution, {window.text}",
        f"in {book.parameters.currency}; visits of up to {book.parameters.attribution_lookback_days} days "
        "before the order, by day of the order",
        ["Lowest to highest: share of net revenue by the model that gives the channel least and most."],
        download=everything,
        bold_rows=[len(shown)],
    )
    return join([made, paragraph(reconciliation(book))])


def _channel(label: str, parts: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    # In whole cents, so that the sum is exact.
    sums = {name: sum(round(100 * part.get(name, 0.0)) for part in parts) / 100 for name in MODELS}
    return {"channel": label, **sums}


def _spread(row: Any, total: Mapping[str, Any]) -> str:
    shares = [getattr(row, name) / total[name] for name in MODELS if total[name]]
    if not shares:
        return numbers.NOT_AVAILABLE
    low, high = min(shares), max(shares)
    return numbers.percent(low) if high - low < 0.0005 else numbers.percent_range(low, high)


def reconciliation(book: Shop) -> str:
    """Whether every model shares out the same money, and how it stands to the profit and loss."""
    window = run_windows(book).current
    dates = {"first_date": window.first, "last_date": window.last}
    made = records(book, _RECONCILIATION, **dates)
    profit = records(book, _PROFIT, **dates)[0]
    exact = functools.partial(numbers.money, currency=book.parameters.currency, decimals=2)
    sums = sorted({round(float(row["window_revenue"]), 2) for row in made})
    orders = round(float(made[0]["window_orders"]))
    if len(sums) == 1:
        first = (
            f"Each of the {len(made)} models shares out the same {exact(sums[0])}, the net revenue of "
            f"{numbers.plural(orders, 'order')} of {window.text}, as known now."
        )
    else:
        first = f"The models do not share out the same net revenue: {exact(sums[0])} to {exact(sums[-1])}."
    booked = float(profit["window_revenue"])
    second = (
        f"The profit and loss has {exact(booked)} for these days, because it books a return on the day it "
        "comes back."
        if round(booked, 2) != sums[0]
        else f"The profit and loss has {exact(booked)} for these days, too."
    )
    ever = float(profit["net_revenue"])
    gap = max((abs(float(row["revenue"]) - ever) for row in made), default=0.0)
    third = (
        f"Over all days up to {day(book.data_through)} each model sums to {exact(ever)}, the net revenue of "
        "the profit and loss, to the cent."
        if gap < 0.005
        else f"Over all days the models differ from the net revenue of the profit and loss, {exact(ever)}, "
        f"by up to {exact(gap)}."
    )
    return f"{first} {second} {third}"


@dataclass(frozen=True)
class Acquired:
    """What the users of some months cost and brought; ratios are of sums, None where not known.

    `cac` and its parts count complete months, `ltv_12m` and `ltv_to_cac` those that are a year old.
    """

    label: str
    users: int
    buyers: int
    spend: float | None
    cac: float | None
    ltv_to_date: float | None
    ltv_12m: float | None
    ltv_to_cac: float | None
    old_months: int
    paid_back: int
    payback_days: float | None
    old_buyers: int


@functools.lru_cache(maxsize=4)
def cohorts(book: Shop) -> tuple[Mapping[str, Any], ...]:
    """The rows of `fct_channel_acquisition`; none where the mart is not available."""
    if not book.available("fct_channel_acquisition"):
        return ()
    return tuple(records(book, _COHORTS))


def acquired(label: str, rows: Sequence[Mapping[str, Any]]) -> Acquired:
    """The rows of some cohorts as one; the month that is not over yet stays out."""
    rows = [row for row in rows if row["is_complete"]]
    old = [row for row in rows if row["gross_profit_12m"] is not None]
    paid_old = [row for row in old if row["spend"]]
    spend = _sum(rows, "spend") or None  # a platform that never cost anything did not acquire for free
    buyers = int(_sum(rows, "buyers") or 0)
    old_buyers = int(_sum(old, "buyers") or 0)
    # Unknown where the shop states no costs, and nothing where nobody bought.
    profit = _sum(rows, "gross_profit")
    profit_12m, old_spend = _sum(old, "gross_profit_12m"), _sum(old, "spend")
    paybacks = [
        float("inf") if row["payback_days"] is None else float(row["payback_days"]) for row in paid_old
    ]
    middle = median(paybacks) if paybacks else float("inf")
    return Acquired(
        label,
        int(_sum(rows, "users") or 0),
        buyers,
        spend,
        spend / buyers if spend is not None and buyers else None,
        profit / buyers if profit is not None and buyers else None,
        profit_12m / old_buyers if profit_12m is not None and old_buyers else None,
        profit_12m / old_spend if profit_12m is not None and old_spend and old_buyers else None,
        len(paid_old),
        sum(1 for value in paybacks if value != float("inf")),
        middle if middle != float("inf") else None,
        old_buyers,
    )


def _sum(rows: Sequence[Mapping[str, Any]], column: str) -> float | None:
    known = [value for row in rows if (value := numbers.number_or_none(row[column])) is not None]
    return sum(known) if known else None


def by_source(book: Shop) -> list[Acquired]:
    """The sources, those with most spend and users first."""
    rows = cohorts(book)
    names = {row["traffic_source"] for row in rows}
    made = [acquired(name, [row for row in rows if row["traffic_source"] == name]) for name in names]
    known = [one for one in made if one.users or one.spend]
    return sorted(known, key=lambda one: (-(one.spend or 0.0), -one.users, one.label))


def paid(book: Shop) -> Acquired:
    """All sources that an ad platform brings, as one."""
    rows = cohorts(book)
    sources = {row["traffic_source"] for row in rows if row["spend"]}
    return acquired("All with ad spend", [row for row in rows if row["traffic_source"] in sources])


def acquisition(book: Shop) -> Html:
    """Cost and value of the customers by traffic source."""
    import pandas as pd

    if not book.available("fct_channel_acquisition"):
        return empty("The shop has no data of who acquired its customers, so that their cost is not known.")
    sources = by_source(book)
    if not sources:
        return empty(f"No month with acquired users is over by {day(book.data_through)}.")
    shown = [_source_row(one) for one in sources[:MOST_SOURCES]]
    totals = []
    with_spend = paid(book)
    if with_spend.spend:
        totals.append(_source_row(with_spend))
    # Months of sources that cost nothing have nothing to pay back.
    whole = _source_row(acquired("All sources", cohorts(book)))
    totals.append({**whole, "payback_days": None, "old_months": 0})
    left = len(sources) - len(shown)
    notes = [
        "Complete months of acquisition up to now; LTV of twelve months, LTV:CAC and payback only of months "
        "that are a year old, – where no month is.",
        f"In italics: fewer than {book.parameters.min_sample} buyers, too few to rely on.",
    ]
    if left > 0:
        notes.append(f"{left} more in the download.")
    if not with_spend.spend:
        notes.append("There is no ad spend data, so that CAC, LTV:CAC and payback are not known.")
    columns = _acquisition_columns(book, "source", "Traffic source")
    columns.append(Column("payback", "Payback (median)", _payback, from_row=True))
    columns.append(Column("months", "Months paid back", _months_paid_back, from_row=True))
    made = table(
        pd.DataFrame([*shown, *totals]),
        columns,
        "channel-acquisition",
        "Cost and value of acquired customers by traffic source",
        f"in {book.parameters.currency}, up to {day(book.data_through)}",
        notes,
        download=pd.DataFrame([_source_row(one) for one in sources]),
        bold_rows=list(range(len(shown), len(shown) + len(totals))),
    )
    months = pd.DataFrame([dict(row) for row in cohorts(book)])
    offered = downloads.offer(months, "channel-acquisition-months", "Every source and month of acquisition")
    return join([made, offered])


def _source_row(one: Acquired) -> dict[str, Any]:
    return {"source": one.label, **{name: value for name, value in vars(one).items() if name != "label"}}


def _acquisition_columns(book: Shop, name: str, label: str) -> list[Column]:
    money = functools.partial(numbers.money, currency=book.parameters.currency)
    minimum = book.parameters.min_sample
    return [
        Column(name, label),
        Column("users", "Users", numbers.count),
        Column("buyers", "Buyers", numbers.count),
        Column(
            "spend",
            "Ad spend",
            functools.partial(numbers.money, currency=book.parameters.currency, decimals=0),
        ),
        Column("cac", "CAC", money, is_few=lambda row: row.buyers < minimum),
        Column("ltv_to_date", "LTV to date", money, is_few=lambda row: row.buyers < minimum),
        Column("ltv_12m", "LTV, 12 months", money, is_few=lambda row: row.old_buyers < minimum),
        Column("ltv_to_cac", "LTV:CAC", numbers.ratio, is_few=lambda row: row.old_buyers < minimum),
    ]


def _payback(row: Any) -> str:
    return numbers.days(row.payback_days)


def _months_paid_back(row: Any) -> str:
    return f"{row.paid_back} of {row.old_months}" if row.old_months else numbers.NOT_AVAILABLE


def acquisition_by_month(book: Shop) -> Html:
    """Cost and value of the customers that ads acquired, month by month."""
    import pandas as pd

    rows = cohorts(book)
    sources = {row["traffic_source"] for row in rows if row["spend"]}
    if not sources:
        return empty("No ad spend is known, so that there is no cost of acquisition by month.")
    chosen = [row for row in rows if row["traffic_source"] in sources]
    months = sorted({start for row in chosen if (start := as_date(row["cohort_month"])) is not None})
    made = []
    for start in months[-MOST_MONTHS:]:
        of_month = [row for row in chosen if as_date(row["cohort_month"]) == start]
        is_complete = all(row["is_complete"] for row in of_month)
        one = acquired(
            month(start) if is_complete else f"{month(start)} (not over)",
            [{**row, "is_complete": True} for row in of_month],
        )
        made.append({"month": one.label, **_source_row(one)})
    shown = pd.DataFrame(made)
    return table(
        shown,
        _acquisition_columns(book, "month", "Month"),
        "acquisition-by-month",
        "Cost and value of the customers that ads acquired, by month",
        f"in {book.parameters.currency}, up to {day(book.data_through)}; sources with ad spend",
        [
            "CAC falls while more users of a month buy; – where the month is not a year old.",
            f"In italics: fewer than {book.parameters.min_sample} buyers, too few to rely on.",
        ],
        download=shown.drop(columns=["source", "old_months", "paid_back", "payback_days", "old_buyers"]),
    )
