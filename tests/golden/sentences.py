"""What else a page's findings may say in their headlines: numbers that stand on no card, recomputed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from . import wording
from .book import Book
from .cross_sell import cross_sell
from .funnel import steps
from .journeys import kaplan_meier
from .marketing import ads
from .products import shelves
from .quality import checks
from .sales import share

_BY_SEGMENT = """
with windowed as (
    select visitor, has_view, has_purchase, {segment} as segment
    from sessions where day between $first and $last
),
by_visitor as (
    select
        segment, visitor, bool_or(has_view) as viewed, bool_or(has_view) and bool_or(has_purchase) as bought
    from windowed group by segment, visitor
)
select segment, count(*) filter (viewed) as viewers, count(*) filter (bought) as buyers
from by_visitor group by segment
"""
_SEGMENTS = ("device", "traffic_source", "country", "started_at = first_visit")


def of_funnel(book: Book) -> list[str]:
    """Losses between the steps, and conversion of each segment and of all others of its kind together."""
    row = steps(book)[0]
    parts = (("viewed", "sessions"), ("carted", "viewed"), ("bought", "carted"))
    texts = [wording.percent(1 - (share(row[part], row[whole]) or 0)) for part, whole in parts]
    for segment in _SEGMENTS:
        days = {"first": book.current.first, "last": book.current.last}
        rows = book.rows(_BY_SEGMENT.format(segment=segment), **days)
        buyers, viewers = (sum(row[name] for row in rows) for name in ("buyers", "viewers"))
        for row in rows:
            others = share(buyers - row["buyers"], viewers - row["viewers"])
            for rate in (share(row["buyers"], row["viewers"]), others):
                texts += [] if rate is None else [wording.percent(rate)]
    return texts


def of_journeys(book: Book) -> list[str]:
    """The share bought within 30 days by first source, and of all other sources together."""
    sources = book.rows("select distinct first_source from journeys where first_source is not null")
    texts = ["7 days", "30 days"]
    for row in sources:
        for sign in ("=", "is distinct from"):
            found = kaplan_meier(book, 30, f"first_source {sign} $source", source=row["first_source"])
            texts += [] if found is None else [wording.percent(found[0])]
    return texts


# RFM: fifths of the percent rank among the buyers, 5 is best; equal buyers share the worst place among them.
_SEGMENT_COUNTS = """
with measures as (
    select
        orders.user_id,
        max(orders.created_at) as last_order,
        count(*) as frequency
    from orders where is_counted and user_id is not null group by user_id
),
amounts as (
    select orders.user_id, sum(kept) as money
    from lines join orders using (order_id) group by orders.user_id
),
ranked as (
    select
        user_id,
        count(*) over () - 1 as others,
        rank() over (order by day_of(last_order)) - 1 as worse_recency,
        rank() over (order by frequency) - 1 as worse_frequency,
        rank() over (order by coalesce(money, 0)) - 1 as worse_money
    from measures left join amounts using (user_id)
),
scores as (
    select
        user_id,
        case when others = 0 then 1 else least(5, 5 * worse_recency // others + 1) end as r,
        case when others = 0 then 1 else least(5, 5 * worse_frequency // others + 1) end as f,
        case when others = 0 then 1 else least(5, 5 * worse_money // others + 1) end as m
    from ranked
)
select segment, count(*) as customers, sum(coalesce(money, 0)) as money
from scores
left join amounts using (user_id)
join rule_rfm_segments as rules
    on r between recency_min and recency_max
    and f between frequency_min and frequency_max
    and m between monetary_min and monetary_max
group by segment
"""


def of_customers(book: Book) -> list[str]:
    """What those who came back brought; buyers and revenue of each segment, and of two that stay away."""
    rows = book.rows(_SEGMENT_COUNTS)
    away = [row for row in rows if row["segment"] in ("At Risk", "Cannot Lose Them")]
    whole = sum(row["money"] for row in rows)
    came_back = book.value(
        "select sum(kept) from lines join buyers using (user_id) where buyers.order_days > 1"
    )
    texts = ["12 months", f"{book['churn_after_days']} days", wording.percent(share(came_back, whole) or 0)]
    for segments in (away, *([row] for row in rows)):
        money = sum(row["money"] for row in segments)
        texts += [wording.count(sum(row["customers"] for row in segments))]
        texts += [wording.money(money, book["currency"]), wording.percent(share(money, whole) or 0)]
    return texts


_BY_CATEGORY = """
with viewings as (
    select visitor, session_number, product_id from touched where event_type = 'product_view' group by all
),
bought as (
    select distinct lines.visitor_id as visitor, begun.session_number, lines.product_id
    from lines
    asof join sessions as begun
        on begun.visitor = lines.visitor_id and lines.placed_at >= begun.started_at
    where not is_cancelled
)
select
    {group} as name,
    count(*) as viewings,
    count(bought.product_id) as bought
from viewings
left join bought using (visitor, session_number, product_id)
join stg_products using (product_id)
group by all
"""
_RETURNED = """
select {group} as name,
    coalesce(sum(quantity) filter (is_delivered), 0) as delivered,
    coalesce(sum(quantity) filter (is_returned), 0) as returned
from lines join stg_products using (product_id) group by all
"""
_REVENUE = "select product_id, sum(kept) as money from lines where product_id is not null group by product_id"


def of_products(book: Book) -> list[str]:
    """How many products bring 80 % of net revenue; what is bought and returned of products and categories."""
    money = sorted((row["money"] for row in book.rows(_REVENUE)), reverse=True)
    whole, before, best = sum(money), 0, 0
    for amount in money:
        best += before * 100 < whole * 80 and amount > 0
        before += amount
    texts = ["80 % of net revenue", wording.count(best)]
    for group in ("category", "product_id"):
        for row in book.rows(_BY_CATEGORY.format(group=group)):
            texts.append(wording.percent(Fraction(row["bought"], row["viewings"])))
        for row in book.rows(_RETURNED.format(group=group)):
            rate = share(row["returned"], row["delivered"])
            texts += [] if rate is None else [wording.percent(rate)]
    return texts


_BEST_TENTH = """
with worth as (
    select
        coalesce(round(purchase_probability * (retail_price - cost), 4), 0) as margin,
        row_number() over (order by margin desc) as place,
        count(*) over () as candidates
    from candidates
    join (select user_id, product_id, purchase_probability from fct_cross_sell_candidates)
        using (user_id, product_id)
    left join stg_products using (product_id)
)
select sum(margin) as every, sum(margin) filter (place * 10 <= candidates) as best from worth
"""


def of_cross_sell(book: Book) -> list[str]:
    """The best tenth of the candidates, what was bought of the hold-out, and pairs beyond chance."""
    figure = cross_sell(book)["ranking_calibration_ratio"]
    row = book.row(_BEST_TENTH)
    came = book.value("select count(*) from int_propensity_pairs where split = 'test' and is_bought")
    texts = [wording.count(came)]
    if row["every"]:
        texts += [wording.percent(share(row["best"], row["every"]) or 0)]
        texts += [wording.money(row["best"], book["currency"])]
    if figure.now:
        texts.append(wording.count(came / figure.now, 1))
    return [*texts, *_pairs_beyond_chance(book)]


# A pair counts orders with a line of both that is not cancelled; every pair that could have met is tested.
_PAIRS = """
with items as (
    select distinct order_id, {item} as item
    from lines join stg_products using (product_id)
    where not is_cancelled and {item} is not null
),
alone as (select item, count(*) as orders from items group by item),
both_ as (
    select one.item as first, two.item as second, count(*) as together
    from items as one join items as two on one.order_id = two.order_id and one.item < two.item
    group by one.item, two.item
    having count(*) >= $min_pair_orders
)
select
    together, a.orders as first_orders, b.orders as second_orders,
    (select count(distinct order_id) from items) as orders,
    (select count(*) from alone) as items
from both_
join alone as a on a.item = first
join alone as b on b.item = second
"""


def _pairs_beyond_chance(book: Book) -> list[str]:
    """Pairs of products and of categories after Fisher's exact test and Holm over all possible pairs."""
    from scipy.stats import hypergeom

    texts = []
    for item, noun in (("product_id", "product"), ("category", "category")):
        rows = book.rows(_PAIRS.format(item=item), min_pair_orders=book["min_pair_orders"])
        p_values = sorted(
            float(hypergeom.sf(row["together"] - 1, row["orders"], row["first_orders"], row["second_orders"]))
            for row in rows
        )
        possible = rows[0]["items"] * (rows[0]["items"] - 1) // 2 if rows else 0
        clear = 0
        for place, p_value in enumerate(p_values):
            if p_value * (possible - place) >= 0.05:
                break
            clear += 1
        plural = "categories" if noun == "category" else "products"
        texts.append(f"{wording.count(clear)} pair{'' if clear == 1 else 's'} of {plural}")
    return texts


def of_inventory(book: Book) -> list[str]:
    """Products that run out within the lead time, that should be reordered, and of class A that are gone."""
    rows = shelves(book)
    money: dict[str, Any] = {row["product_id"]: row["money"] for row in book.rows(_REVENUE)}
    whole, before, best = sum(money.values()), 0, set()
    for product in sorted(money, key=lambda one: (-money[one], one)):
        if money[product] > 0 and before * 100 < whole * 80:
            best.add(product)
        before += money[product]
    runs_out = [row for row in rows if row["sales"] and row["days"] <= book["lead_time_days"]]
    reordered = [row for row in rows if row["reorder"]]
    gone = [row for row in rows if row["product_id"] in best and not row["on_hand"]]
    groups = (runs_out, reordered, gone)
    return [*(wording.count(len(group)) for group in groups), f"{book['lead_time_days']} days", "180 days"]


_PLATFORMS = """
with spent as (
    select platform, sum(spend) as spend from stg_marketing_spend
    where date between $first and $last group by platform
),
earned_by as (
    select platform, sum(net_revenue) as revenue from earned
    where day between $first and $last group by platform
)
select platform, spend, coalesce(revenue, 0) as revenue from spent left join earned_by using (platform)
"""
# Whom ads acquired: a user's source is that of the first session with one, else of the sign-up.
_ACQUIRED = """
create or replace temp table acquired as
with days as (
    select user_id, day_of(created_at) as day from stg_users where day_of(created_at) <= $as_of
    union all select user_id, day_of(event_time) from events where user_id is not null
    union all select user_id, day from orders where user_id is not null
),
sources as (
    select user_id, arg_min(traffic_source, started_at) as source from sessions
    where user_id is not null and traffic_source is not null group by user_id
)
select
    days.user_id, min(days.day) as day, date_trunc('month', min(days.day)) as month,
    any_value(coalesce(sources.source, stg_users.traffic_source)) as source
from days left join sources using (user_id) left join stg_users using (user_id)
group by days.user_id
"""
PAID_SOURCES = """source in (
    select traffic_source from channels where platform in (select platform from stg_marketing_spend)
)"""
_PAID = f"""
with paid as (select * from acquired where {PAID_SOURCES}),
months as (
    select distinct month, last_day(month) + 364 <= $as_of as is_old
    from acquired
),
earned_in_a_year as (
    select paid.month, sum(kept - kept_cost) as profit
    from paid join lines using (user_id)
    where lines.day - paid.day < 365 group by paid.month
)
select
    (select sum(spend) from stg_marketing_spend where date <= $as_of) as spend,
    (select count(distinct user_id) from paid join orders using (user_id) where is_counted) as buyers,
    (
        select sum(spend) from stg_marketing_spend
        join months on months.month = date_trunc('month', date) where is_old
    ) as old_spend,
    (select sum(profit) from earned_in_a_year join months using (month) where is_old) as old_profit
"""


def put_acquired(book: Book) -> None:
    """A table `acquired`: of each user the day, the month and the traffic source of acquisition."""
    book.run(_ACQUIRED)


def of_marketing(book: Book) -> list[str]:
    """Return of each platform and of the others, and what a buyer cost whom ads acquired."""
    currency = book["currency"]
    total = ads(book)[0]
    texts = [wording.money(1, currency).removesuffix(".00")]
    for row in book.rows(_PLATFORMS, first=book.current.first, last=book.current.last):
        others = (total["revenue"] - row["revenue"], total["spend"] - row["spend"])
        for ratio in (share(row["revenue"], row["spend"]), share(*others)):
            texts += [] if ratio is None else [wording.count(ratio, 2)]
    roas = total["attributed_roas"]
    texts += [] if roas is None else [wording.money(roas, currency)]
    put_acquired(book)
    paid = book.row(_PAID)
    cost, within_a_year = share(paid["spend"], paid["buyers"]), share(paid["old_profit"], paid["old_spend"])
    texts += [] if cost is None else [wording.money(cost, currency)]
    return texts if within_a_year is None else [*texts, wording.count(within_a_year, 2)]


def of_quality(book: Book) -> list[str]:
    """Tables read, models, and figures in which a model came closer than its naive forecast."""
    models = book.value("select count(distinct model) from dq_checks")
    tables = book.value("select count(*) from load_counts")
    return [*(wording.count(number) for number in (checks(book)["all"], models, tables)), *_closer(book)]


def _closer(book: Book) -> list[str]:
    """Models closer than naive: nearer to 1 for a ratio, higher where high is good, else lower."""
    rows = book.rows(
        "select * from dq_model_quality where slice = '(all)' and value is not null"
        " and baseline_value is not null"
    )
    high = ("auc", "lift", "correlation")
    # The likelihood is that of the fit, the purchase rate no forecast: neither was tried on unseen days.
    judged = [row for row in rows if row["metric"] not in ("mean_log_likelihood", "purchase_rate")]

    def off(row: Mapping[str, Any], column: str) -> float:
        value: float = row[column]
        if any(name in row["metric"] for name in ("ratio", "forecast_to_actual")):
            return abs(math.log(value)) if value > 0 else math.inf
        return -value if any(name in row["metric"] for name in high) else abs(value)

    ours = sum(off(row, "value") < off(row, "baseline_value") for row in judged)
    return [f"{wording.count(ours)} of {wording.count(len(judged))} figure"]


SENTENCES: Mapping[str, Callable[[Book], list[str]]] = {
    "overview": lambda _: [],
    "marketing": of_marketing,
    "funnel": of_funnel,
    "journeys": of_journeys,
    "customers": of_customers,
    "products": of_products,
    "cross-sell": of_cross_sell,
    "inventory": of_inventory,
    "quality": of_quality,
}
