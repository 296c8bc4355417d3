"""`fct_attribution`: the credit of every touch before an order, by six models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import pandas as pd

from .channel_rules import Channels
from .shop_tables import ShopTables
from .staging import UNIT

DAY = pd.Timedelta(days=1)
HALF_LIFE_DAYS = 7
UNATTRIBUTED = "(unattributed)"
Credits = Sequence[Fraction | float]


def _all_to(place: int) -> Callable[[list[float], list[bool]], Credits]:
    def share(ages: list[float], is_direct: list[bool]) -> Credits:
        credits = [Fraction(0)] * len(ages)
        credits[place] = Fraction(1)
        return credits

    return share


def _last_non_direct(ages: list[float], is_direct: list[bool]) -> Credits:
    others = [place for place, direct in enumerate(is_direct) if not direct]
    return _all_to(others[-1] if others else -1)(ages, is_direct)


def _linear(ages: list[float], is_direct: list[bool]) -> Credits:
    return [Fraction(1, len(ages))] * len(ages)


def _position_based(ages: list[float], is_direct: list[bool]) -> Credits:
    touches = len(ages)
    if touches <= 2:
        return _linear(ages, is_direct)
    middle = Fraction(1, 5) / (touches - 2)
    return [Fraction(2, 5), *[middle] * (touches - 2), Fraction(2, 5)]


def _time_decay(ages: list[float], is_direct: list[bool]) -> Credits:
    weights = [2.0 ** (-age / HALF_LIFE_DAYS) for age in ages]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


MODELS: dict[str, Callable[[list[float], list[bool]], Credits]] = {
    "last_touch": _all_to(-1),
    "last_non_direct": _last_non_direct,
    "first_touch": _all_to(0),
    "linear": _linear,
    "position_based": _position_based,
    "time_decay": _time_decay,
}


def touches_of_orders(shop: ShopTables) -> pd.DataFrame:
    """One row a counted order and touch, oldest first: the buyer's sessions with a traffic source that began
    at or before the order, and at most the look-back of 24-hour days before it.
    """
    orders = shop.orders[shop.orders["is_counted"]]
    orders = orders[["order_id", "visitor_id", "created_at"]].dropna(subset="visitor_id")
    sessions = shop.sessions[shop.sessions["traffic_source"].notna()]
    sessions = sessions[["visitor_id", "session_id", "started_at", "traffic_source", "campaign_id"]]
    touches = orders.merge(sessions, on="visitor_id")
    age = touches["created_at"] - touches["started_at"]
    longest = pd.Timedelta(days=shop.staged.parameters["attribution_lookback_days"])
    touches = touches[(age >= pd.Timedelta(0)) & (age <= longest)].copy()
    touches["days_before_order"] = (touches["created_at"] - touches["started_at"]) / DAY
    return touches.sort_values(["order_id", "started_at"], ignore_index=True)


def fct_attribution(shop: ShopTables, channels: Channels) -> pd.DataFrame:
    """The mart; `credited_revenue` in 1e-9 units."""
    touches = touches_of_orders(shop)
    visits = zip(touches["traffic_source"], touches["campaign_id"].astype(object), strict=True)
    rules = [channels.of(source, campaign) for source, campaign in visits]
    for name in ("channel_group", "platform", "is_direct"):
        touches[name] = pd.Series([getattr(rule, name) for rule in rules], touches.index, dtype=object)
    ages, direct = touches["days_before_order"].tolist(), touches["is_direct"].tolist()
    of_order = touches.groupby("order_id").indices

    orders = shop.orders[shop.orders["is_counted"]].reset_index(drop=True)
    credited = []  # row of the order, row of the touch, its number, the model, credit, revenue
    for row, (order, net_revenue) in enumerate(zip(orders["order_id"], orders["net_revenue"], strict=True)):
        places = of_order.get(order, [])
        for model, credits_of in MODELS.items():
            if not len(places):
                credited.append((row, -1, 0, model, 1.0, net_revenue))
                continue
            credits = credits_of([ages[place] for place in places], [direct[place] for place in places])
            booked = revenue_of_touches(int(net_revenue), credits)
            credited += [
                (row, place, number, model, float(credit), revenue)
                for number, (place, credit, revenue) in enumerate(
                    zip(places, credits, booked, strict=True), 1
                )
                if credit
            ]
    names = ["order_row", "touch_row", "touch_number", "attribution_model", "credit", "credited_revenue"]
    rows = pd.DataFrame(credited, columns=names)
    orders["is_new_customer"] = orders["order_number"].eq(1).fillna(False).astype(bool)
    orders = orders[["order_id", "user_id", "order_date", "is_new_customer"]]
    touches = touches.drop(columns=["order_id", "visitor_id", "created_at", "is_direct"])
    rows = rows.join(orders, on="order_row").join(touches, on="touch_row")
    for name in ("traffic_source", "channel_group"):
        rows[name] = rows[name].astype(object).where(rows["touch_number"] > 0, UNATTRIBUTED)
    rows["credited_orders"] = rows["credit"]
    rows = rows.rename(columns={"started_at": "touch_at"})
    return rows.drop(columns=["order_row", "touch_row"])


def revenue_of_touches(net_revenue: int, credits: Credits) -> list[int]:
    """The revenue of each touch in 1e-9 units: what is credited up to it, rounded to the cent half away from
    zero, less what was before it; the last touch takes what is left.
    """
    booked: list[int] = []
    before, credit, cents = 0, 0, Fraction(net_revenue, UNIT // 100)
    for share in credits[:-1]:
        credit += share
        up_to = math.floor(credit * cents + Fraction(1, 2))
        rounded = min(up_to * UNIT // 100, net_revenue)
        booked.append(rounded - before)
        before = rounded
    return [*booked, net_revenue - before]
