"""`fct_channel_acquisition`: what the users whom a traffic source acquired in a month cost and are worth."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pandas as pd

from .channel_rules import UNASSIGNED, Channels
from .orders import AMOUNTS
from .shop_tables import ShopTables
from .staging import CENT, money, ratio

NOT_SET = "(not set)"
ONE_DAY = pd.Timedelta(days=1)
YEAR_DAYS = 365
KEY = ["traffic_source", "cohort_month"]


def acquired_users(shop: ShopTables) -> pd.DataFrame:
    """Every user by `user_id`, with the day of acquisition and the traffic source."""
    staged = shop.staged
    signed_up = staged.users.assign(day=staged.day(staged.users["created_at"]))[["user_id", "day"]]
    signed_up = signed_up[~(signed_up["day"] > staged.as_of)]  # without a date it has always been there
    seen = shop.events.assign(day=staged.day(shop.events["event_time"]))[["user_id", "day"]]
    ordered = shop.orders[["user_id", "order_date"]].rename(columns={"order_date": "day"})
    everything = pd.concat([signed_up, seen, ordered])
    users = everything[everything["user_id"].notna()].groupby("user_id")["day"].min().to_frame("acquired")
    sessions = shop.sessions[shop.sessions["user_id"].notna() & shop.sessions["traffic_source"].notna()]
    first = sessions.sort_values("started_at").drop_duplicates("user_id").set_index("user_id")
    of_sign_up = staged.users.set_index("user_id")["traffic_source"]
    source = first["traffic_source"].reindex(users.index).astype(object)
    source = source.where(source.notna(), of_sign_up.reindex(users.index).astype(object))
    users["traffic_source"] = source.where(source.notna(), NOT_SET)
    users["cohort_month"] = first_of_month(users["acquired"])
    return users


def fct_channel_acquisition(shop: ShopTables, channels: Channels) -> pd.DataFrame:
    """The mart."""
    staged, users = shop.staged, acquired_users(shop)
    orders = shop.orders[shop.orders["user_id"].notna()].join(users, on="user_id")
    orders["age_days"] = (orders["order_date"] - orders["acquired"]).dt.days
    cohorts = users.groupby(KEY).agg(users=("acquired", "size"))
    spend = spend_of_cohorts(shop, channels, cohorts["users"])
    cohorts = cohorts.reindex(cohorts.index.union(pd.MultiIndex.from_tuples(spend, names=KEY)))

    counted = orders[orders["is_counted"]]

    def count(values: pd.Series) -> pd.Series:
        return values.reindex(cohorts.index).fillna(0).astype("int64")

    cohorts["users"] = count(cohorts["users"])
    cohorts["buyers"] = count(counted.groupby(KEY)["user_id"].nunique())
    cohorts["orders"] = count(counted.groupby(KEY).size())
    amounts = orders.groupby(KEY)[AMOUNTS].sum()
    profit = count(amounts["gross_profit"])
    in_a_year = count(orders[orders["age_days"] < YEAR_DAYS].groupby(KEY)["gross_profit"].sum())
    last_day = cohorts.index.get_level_values("cohort_month") + pd.offsets.MonthEnd(0)
    is_old = last_day + (YEAR_DAYS - 1) * ONE_DAY <= staged.as_of
    in_a_year = in_a_year.astype("Int64").where(is_old)

    has_spend = len(staged.marketing_spend) > 0
    platform = [channels.of(source).platform for source in cohorts.index.get_level_values("traffic_source")]
    cost = [
        spend.get(key, 0) if has_spend and (name is not None or key in spend) else pd.NA
        for key, name in zip(cohorts.index, platform, strict=True)
    ]
    cost = pd.Series(cost, cohorts.index, dtype="Int64")

    found = cohorts[["users", "buyers", "orders"]].copy()
    known = {*users["traffic_source"], *shop.sessions["traffic_source"].dropna()}
    found["channel_group"] = [
        (channels.of(source) if source in known else UNASSIGNED).channel_group for source, _ in cohorts.index
    ]
    found["is_complete"] = last_day <= staged.as_of
    found["net_revenue"] = money(count(amounts["net_revenue"]))
    found["gross_profit"] = money(profit)
    found["gross_profit_12m"] = money(in_a_year)
    found["spend"] = money(cost)
    found["buyer_rate"] = ratio(found["buyers"], found["users"])
    found["cac"] = ratio(cost, found["buyers"]) / 1e9
    found["cost_per_user"] = ratio(cost, found["users"]) / 1e9
    found["ltv_to_date"] = ratio(profit, found["buyers"]) / 1e9
    found["ltv_12m"] = ratio(in_a_year, found["buyers"]) / 1e9
    found["ltv_to_cac"] = ratio(in_a_year, cost).where(found["buyers"] > 0)
    by_age = orders.groupby([*KEY, "age_days"])["gross_profit"].sum().sort_index()
    lived = (staged.as_of - last_day).days
    found["payback_days"] = pd.array(
        [payback_days(by_age, key, cost[key], days) for key, days in zip(cohorts.index, lived, strict=True)],
        dtype="Int64",
    )
    return found.reset_index()


def payback_days(by_age: pd.Series, cohort: tuple[object, ...], spend: int, lived: float) -> int | None:
    """The first age at which the profit to date reaches the spend, if all users have lived it."""
    if pd.isna(spend) or spend == 0 or cohort not in by_age.index.droplevel("age_days"):
        return None
    to_date = by_age.loc[cohort].cumsum()
    reached = to_date[(to_date >= spend) & (to_date.index <= lived)]
    return None if reached.empty else int(reached.index[0])


def spend_of_cohorts(shop: ShopTables, channels: Channels, users: pd.Series) -> dict[tuple[object, ...], int]:
    """The spend of each platform and month, shared by users among its sources; in 1e-9 units."""
    staged = shop.staged
    spend = staged.marketing_spend[staged.marketing_spend["date"] <= staged.as_of]
    platform = spend["platform"].astype(object).where(spend["platform"].notna(), "(no platform)")
    by_month = spend.groupby([platform, first_of_month(spend["date"])])["spend"].sum()
    visits = Counter(shop.sessions["traffic_source"].dropna())
    signed_up = Counter(staged.users["traffic_source"].dropna())
    sources = sorted({*visits, *signed_up, *users.index.get_level_values("traffic_source")})
    shared: dict[tuple[object, ...], int] = {}
    for (name, month), amount in by_month.items():
        of_platform = [source for source in sources if channels.of(source).platform == name]
        came = {source: int(users.get((source, month), 0)) for source in of_platform}
        came = {source: number for source, number in came.items() if number}
        if not came:
            busiest = sorted(of_platform, key=lambda source: (-visits[source], -signed_up[source], source))
            came = {(busiest or [name])[0]: 1}
        before, until = 0, 0  # users of the sources so far, and what they are given
        for source in sorted(came):
            before += came[source]
            up_to = round_to_cent(Fraction(int(amount) * before, sum(came.values())))
            up_to = int(amount) if before == sum(came.values()) else min(up_to, int(amount))
            shared[source, month] = shared.get((source, month), 0) + up_to - until
            until = up_to
    return shared


def round_to_cent(amount: Fraction) -> int:
    """1e-9 units to the cent, half up."""
    return int((amount / CENT + Fraction(1, 2)) // 1) * CENT


def first_of_month(days: pd.Series) -> pd.Series:
    """The first day of the month of each day."""
    return days.dt.to_period("M").dt.start_time.astype("datetime64[us]")
