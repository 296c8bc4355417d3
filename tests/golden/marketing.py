"""Marketing: what ads cost, and what the last visit that was not direct brought."""

from __future__ import annotations

import fnmatch
from typing import Any

from . import sales, wording
from .book import Book, Row, written
from .wording import Compared, Figure, Unknown

_TOUCHED_LAST = """
create or replace temp table earned as
with touches as (
    select
        orders.order_id,
        orders.day,
        orders.number_of_customer = 1 as is_new,
        channels.platform,
        row_number() over (
            partition by orders.order_id order by channels.is_direct, sessions.started_at desc
        ) as place
    from orders
    join sessions on sessions.visitor = orders.visitor_id
    join channels
        on channels.traffic_source = sessions.traffic_source
        and channels.campaign_id is not distinct from sessions.campaign_id
    where orders.is_counted
        and sessions.started_at <= orders.created_at
        and orders.created_at - sessions.started_at <= to_days($attribution_lookback_days)
),
amounts as (select order_id, sum(kept) as net_revenue from lines group by order_id)
select touches.*, coalesce(net_revenue, 0) as net_revenue
from touches left join amounts using (order_id)
where place = 1
"""
_ADS = """
with spend as (select * from stg_marketing_spend where date between $first and $last),
ads as (
    select * from earned
    where day between $first and $last and platform in (
        select platform from stg_marketing_spend where date <= $as_of group by platform having sum(spend) > 0
    )
)
select
    (select coalesce(sum(spend), 0) from spend) as spend,
    (select coalesce(sum(clicks), 0) from spend) as clicks,
    (select coalesce(sum(impressions), 0) from spend) as impressions,
    coalesce(sum(net_revenue), 0) as revenue,
    count(*) as orders,
    count(*) filter (is_new) as new_customers
from ads
"""


def put_channels(book: Book) -> None:
    """A table `channels`: of each source and campaign whether it is direct, and its platform."""
    rules = book.rows("select * from rule_channel_groups order by rule_order")
    spent = book.rows(
        """
        select campaign_id, list(distinct platform) as platforms from stg_marketing_spend
        where date <= $as_of and platform is not null group by campaign_id
        """
    )
    of_campaign = {row["campaign_id"]: row["platforms"][0] for row in spent if len(row["platforms"]) == 1}
    spelled = {name.lower(): name for row in spent for name in row["platforms"]}
    visits = book.rows(
        "select distinct traffic_source, campaign_id from sessions where traffic_source is not null"
    )
    book.connection.execute(
        "create or replace temp table channels"
        " (traffic_source varchar, campaign_id varchar, is_direct boolean, platform varchar)"
    )
    for visit in visits:
        rule = _rule_of(rules, visit["traffic_source"])
        platform = rule.get("platform")
        platform = of_campaign.get(visit["campaign_id"], spelled.get((platform or "").lower(), platform))
        values = [*visit.values(), bool(rule.get("is_direct")), platform]
        book.connection.execute("insert into channels values (?, ?, ?, ?)", values)


def _rule_of(rules: list[Row], source: str) -> Row:
    """The first rule that fits, in any case of letters; a star stands for any text."""
    for rule in rules:
        pattern = rule["traffic_source"].lower().replace("[", "[[]").replace("?", "[?]")
        if fnmatch.fnmatchcase(source.lower(), pattern):
            return rule
    return {}


def ads(book: Book) -> list[Row]:
    """Spend, clicks, and what ads earned, in the three windows."""
    put_channels(book)
    book.run(_TOUCHED_LAST)
    found = book.three(_ADS)
    for row in found:
        row["attributed_roas"] = sales.share(row["revenue"], row["spend"])
        row["cac"] = sales.share(row["spend"], row["new_customers"])
        row["cpc"] = sales.share(row["spend"], row["clicks"])
        row["ctr"] = sales.share(row["clicks"], row["impressions"])
    return found


def marketing(book: Book) -> dict[str, Figure]:
    """The headline figures of the marketing page, by metric."""
    rows = ads(book)
    first_spend = book.value("select min(date) from stg_marketing_spend where date <= $as_of and spend > 0")
    platforms = book.value(
        "select count(distinct platform) from stg_marketing_spend where date <= $as_of and spend > 0"
    )
    first_day = book.value(
        """
        select min(day) from (
            select min(date) as day from stg_marketing_spend
            union all select min(day) from sessions union all select min(day) from orders where is_counted
        )
        """
    )

    def figure(column: str, kind: str, unit: str) -> Figure:
        now, *earlier = (row[column] for row in rows)
        compared: list[Compared] = []
        for value, days in zip(earlier, (book.previous, book.year_before), strict=True):
            reached = book.reaches(first_day, days, value)
            if column != "revenue" and not isinstance(reached, Unknown) and first_spend > days.last:
                reached = Unknown(f"no ad spend before {written(first_spend)}")
            compared.append(reached)
        if unit == "platforms":
            return Figure(kind, now, *compared, (f"on {platforms} platforms",))
        number: Any = rows[0][unit]
        said = f"n = {wording.count(number)}"
        least = book["min_sample"]
        few = f": {sales.too_few(least)}" if kind == "rate" else f": too few to rely on (n < {least})"
        noun = unit.replace("_", " ")
        if number < least:
            said = f"{said} {noun.removesuffix('s') if number == 1 else noun}{few}"
            now = None if kind == "rate" else now
        return Figure(kind, now, *compared, (said,))

    return {
        "ad_spend": figure("spend", "money", "platforms"),
        "attributed_revenue": figure("revenue", "money", "orders"),
        "attributed_roas": figure("attributed_roas", "ratio", "orders"),
        "cac": figure("cac", "money", "new_customers"),
        "cpc": figure("cpc", "money", "clicks"),
        "ctr": figure("ctr", "rate", "impressions"),
        "contribution": sales.contribution(
            book, lambda row: (f"whole shop {wording.money(row['gross_profit'], book['currency'])}",)
        ),
    }
