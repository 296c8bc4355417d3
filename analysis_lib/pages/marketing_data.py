"""What was spent on ads and what it is said to have earned: day by day, by campaign, by attribution model.

Money of ads is all that was spent. What it earned is what one model of attribution gives to visits that
came through an ad platform; where spend is known, a platform that never cost anything is none.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis_lib.pages.periods import as_date, records, run_windows
from analysis_lib.reporting.numbers import number_or_none
from analysis_lib.reporting.windows import Window, Windows

if TYPE_CHECKING:
    import pandas as pd

    from analysis_lib.shop import Shop

MODEL = "last_non_direct"
MODELS = {
    "last_touch": "Last touch",
    "last_non_direct": "Last non-direct touch",
    "first_touch": "First touch",
    "linear": "Linear",
    "position_based": "Position-based",
    "time_decay": "Time decay",
}
NO_PLATFORM, NO_CAMPAIGN = "(no platform)", "(no campaign)"
WEEKS = 60  # those of the marginal return end before the touches of the last days could order
# Numerator and denominator of each ratio; clicks and impressions may be unknown for part of the spend.
RATIOS = {
    "attributed_roas": ("revenue", "spend"),
    "cac": ("spend", "new_customers"),
    "cost_per_acquisition": ("spend", "orders"),
    "cpc": ("clicked_spend", "clicks"),
    "ctr": ("shown_clicks", "impressions"),
}
COSTS = ("spend", "clicks", "impressions", "clicked_spend", "shown_clicks")
RESULTS = ("sessions", "orders", "new_customers", "revenue")
# Spend is the same in every model, so one of them says which platforms and campaigns cost anything.
_ADS_CTE = """
spend_rows as (
    select campaign_id, platform, spend, from fct_campaign_performance where attribution_model = 'last_touch'
),
known as (
    select count(spend) > 0 as is_known, from spend_rows
),
paid_platforms as (
    select platform, from spend_rows where platform != '(no platform)' group by platform having sum(spend) > 0
),
ads as (
    select
        spend_rows.campaign_id,
        spend_rows.platform,
        case
            when spend_rows.platform != '(no platform)'
                then paid_platforms.platform is not null or not known.is_known
            else spend_rows.campaign_id != '(no campaign)' and coalesce(sum(spend_rows.spend), 0) > 0
        end as is_ad,
    from spend_rows
    cross join known
    left join paid_platforms on spend_rows.platform = paid_platforms.platform
    group by spend_rows.campaign_id, spend_rows.platform, paid_platforms.platform, known.is_known
)
"""
_SUMS = """
    sum(performance.spend) as spend,
    sum(performance.clicks) as clicks,
    sum(performance.impressions) as impressions,
    sum(if(performance.clicks is null, null, performance.spend)) as clicked_spend,
    sum(if(performance.impressions is null, null, performance.clicks)) as shown_clicks,
    sum(performance.attributed_sessions) as sessions,
    sum(performance.attributed_orders) as orders,
    sum(performance.attributed_new_customers) as new_customers,
    sum(performance.attributed_revenue) as revenue,
"""
_DAYS = f"""
with {_ADS_CTE}
select performance.calendar_date, performance.platform, ads.is_ad, {_SUMS}
from fct_campaign_performance as performance
inner join ads on performance.campaign_id = ads.campaign_id and performance.platform = ads.platform
where
    performance.attribution_model = @model
    and performance.calendar_date between @first_date and @last_date
group by performance.calendar_date, performance.platform, ads.is_ad
order by performance.calendar_date, performance.platform, ads.is_ad
"""
_CAMPAIGNS = f"""
with {_ADS_CTE}
select performance.platform, performance.campaign_id, ads.is_ad, {_SUMS}
from fct_campaign_performance as performance
inner join ads on performance.campaign_id = ads.campaign_id and performance.platform = ads.platform
where
    performance.attribution_model = @model
    and performance.calendar_date between @first_date and @last_date
group by performance.platform, performance.campaign_id, ads.is_ad
order by spend desc, revenue desc, performance.platform, performance.campaign_id
"""
_BY_MODEL = f"""
with {_ADS_CTE}
select performance.attribution_model, performance.platform, sum(performance.attributed_revenue) as revenue,
from fct_campaign_performance as performance
inner join ads on performance.campaign_id = ads.campaign_id and performance.platform = ads.platform
where ads.is_ad and performance.calendar_date between @first_date and @last_date
group by performance.attribution_model, performance.platform
order by performance.attribution_model, performance.platform
"""
_REACH = """
select
    min(calendar_date) as first_day,
    min(if(spend > 0, calendar_date, null)) as first_spend,
    max(if(spend > 0, calendar_date, null)) as last_spend,
    max(if(attributed_orders > 0, calendar_date, null)) as last_order,
from fct_campaign_performance
"""
_SOURCES = """
with named as (
    select traffic_source != '(not set)' as is_named from dim_traffic_sources
    union all
    select platform != '(no platform)' as is_named from fct_campaign_performance
)

select countif(is_named) as sources, count(*) as known from named
"""
Sums = dict[str, float | None]


@dataclass(frozen=True)
class Ads:
    """The days of ads over the windows and the weeks before.

    Parameters
    ----------
    windows
        The windows of the run.
    days
        Day to rows, one a platform and whether it counts as ads, each with :data:`COSTS` and
        :data:`RESULTS`.
    first_day, first_spend, last_spend, last_order
        Where the data, the spend and the orders begin and end; None where there is none.
    has_sources
        Whether any visit names where it came from; without it no revenue can be given to ads.
    """

    windows: Windows
    days: Mapping[dt.date, Sequence[Mapping[str, Any]]]
    first_day: dt.date | None
    first_spend: dt.date | None
    last_spend: dt.date | None
    last_order: dt.date | None
    has_sources: bool = True

    @property
    def has_spend(self) -> bool:
        """Whether anything was ever spent."""
        return self.first_spend is not None

    def sums(self, window: Window, platform: str = "", others: bool = False) -> Sums:
        """The sums of ads over days; of one platform, or of all `others`. Spend is None if never known."""
        return total(self.daily(window, platform, others), self.has_spend)

    def daily(self, window: Window, platform: str = "", others: bool = False) -> list[Sums]:
        """The sums of each day of a window; a day without rows is a day of nothing."""
        made = []
        for offset in range(window.days):
            rows = self.days.get(window.first + dt.timedelta(days=offset), ())
            chosen = [row for row in rows if not platform or (row["platform"] == platform) != others]
            made.append(total([_costs_only(row) for row in chosen], self.has_spend))
        return made

    def without_ads_daily(self, window: Window) -> list[Sums]:
        """Sessions, orders and revenue of each day that did not come through ads."""
        made = []
        for offset in range(window.days):
            rows = self.days.get(window.first + dt.timedelta(days=offset), ())
            made.append(total([{**row, **dict.fromkeys(COSTS)} for row in rows if not row["is_ad"]], False))
        return made

    @property
    def platforms(self) -> list[str]:
        """The platforms of ads in the window, the one with the most spend first, then by revenue."""
        window = self.windows.current
        names = {
            row["platform"]
            for day, rows in self.days.items()
            if window.first <= day <= window.last
            for row in rows
            if row["is_ad"]
        }
        found = {name: self.sums(window, name) for name in names}
        return sorted(
            names, key=lambda name: (-(found[name]["spend"] or 0), -(found[name]["revenue"] or 0), name)
        )


def _costs_only(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was spent counts as ads in any case; what came without ads does not."""
    return row if row["is_ad"] else {**row, **dict.fromkeys(RESULTS, 0.0)}


def total(rows: Sequence[Mapping[str, Any]], has_spend: bool = True) -> Sums:
    """Rows added up, with the ratios of their sums.

    Costs are None where no row knows them, or nothing was ever spent.

    Examples
    --------
    >>> total([{"spend": 10.0, "revenue": 40.0}, {"spend": None, "revenue": 5.0}])["attributed_roas"]
    4.5
    """
    made: Sums = {}
    for name in (*COSTS, *RESULTS):
        known = [value for row in rows if (value := number_or_none(row.get(name))) is not None]
        is_unknown = name in COSTS and (not has_spend or (bool(rows) and not known))
        made[name] = None if is_unknown else round(math.fsum(known), 9)
    # Days without spend had no clicks; that does not make the clicks of the others known.
    if made["spend"] and not made["clicked_spend"]:
        made |= dict.fromkeys(("clicks", "clicked_spend"))
    if made["spend"] and not made["impressions"]:
        made |= dict.fromkeys(("impressions", "shown_clicks"))
    for name, (numerator, denominator) in RATIOS.items():
        above, below = made[numerator], made[denominator]
        made[name] = above / below if above is not None and below else None
    return made


# A shop is read-only, so its sums do not change while a notebook holds it.
@functools.lru_cache(maxsize=4)
def read(book: Shop) -> Ads:
    """The days of ads that the page needs, in one read."""
    found = run_windows(book)
    back = book.parameters.attribution_lookback_days + 7 * WEEKS
    first = min(found.year_before.first, found.current.last - dt.timedelta(days=back))
    days: dict[dt.date, list[Mapping[str, Any]]] = {}
    for row in records(book, _DAYS, model=MODEL, first_date=first, last_date=found.current.last):
        day = as_date(row["calendar_date"])
        assert day is not None  # the model's grain
        days.setdefault(day, []).append(_plain(row))
    reach = {name: as_date(value) for name, value in records(book, _REACH)[0].items()}
    named = records(book, _SOURCES)[0]
    # Where nobody ever came there is nothing that could have named a source.
    return Ads(found, days, **reach, has_sources=bool(named["sources"] or not named["known"]))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: number_or_none(row[name]) for name in (*COSTS, *RESULTS)}
    return {**row, **numbers, "is_ad": bool(row["is_ad"])}


def campaigns(book: Shop) -> pd.DataFrame:
    """The sums of the window by platform and campaign; `is_ad` says whether they came through ads."""
    window = run_windows(book).current
    return book.sql(_CAMPAIGNS, model=MODEL, first_date=window.first, last_date=window.last)


@functools.lru_cache(maxsize=4)
def by_model(book: Shop) -> Mapping[str, Mapping[str, float]]:
    """Attributed revenue of the window by model and platform of ads."""
    window = run_windows(book).current
    made: dict[str, dict[str, float]] = {name: {} for name in MODELS}
    for row in records(book, _BY_MODEL, first_date=window.first, last_date=window.last):
        made[row["attribution_model"]][row["platform"]] = float(row["revenue"])
    return made
