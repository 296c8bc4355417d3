"""Customers, first purchases and baskets in truth.json."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.behaviour import CATEGORY_AFFINITIES
from analysis_lib.simulate.clock import DAY
from analysis_lib.simulate.sessions import ANONYMOUS, PURCHASE
from analysis_lib.simulate.vocabulary import CATEGORIES
from analysis_lib.simulate.world import World

_STATUS_DAYS = (30, 60, 90)
_QUARTILES = (0.25, 0.5, 0.75)


def customers(world: World) -> dict[str, Any]:
    """Users by counted orders, status on the last day, and what is left of the repeat buyers."""
    accounts, sessions, users = world.accounts, world.sessions, world.users
    first_line = np.flatnonzero(np.diff(accounts.order, prepend=-1))
    first_line = first_line[accounts.is_counted[accounts.order[first_line]]]
    user = users.user_of_person[sessions.person[accounts.session[first_line]]]
    orders = np.bincount(user, minlength=users.size + 1)[1:]
    last_day = np.full(users.size + 1, -1)
    np.maximum.at(last_day, user, accounts.day[first_line])
    recency = world.period.days - 1 - last_day[1:][orders > 0]
    bounds = np.digitize(recency, _STATUS_DAYS)
    by_status = np.bincount(bounds, minlength=4).tolist()

    bought = sessions.stage == PURCHASE
    placed = np.bincount(sessions.person[bought], minlength=world.visitors.size)
    buyers = placed > 0
    return {
        "users": users.size,
        "with_0_orders": int((orders == 0).sum()),
        "with_1_order": int((orders == 1).sum()),
        "with_2_or_more_orders": int((orders > 1).sum()),
        "lifecycle": {
            "prospect": int((orders == 0).sum()),
            "first_time": int((orders == 1).sum()),
            "repeat": int(((orders == 2) | (orders == 3)).sum()),
            "loyal": int((orders >= 4).sum()),
        },
        "status": {
            "prospect": int((orders == 0).sum()),
            **dict(zip(("active", "declining", "at_risk", "churned"), by_status, strict=True)),
        },
        "buyers": int(buyers.sum()),
        "repeat_orders_placed": int((placed[buyers] - 1).sum()),
        "dropped_out": int(world.dropped_out.sum()),
        "dropped_out_share": _share(int(world.dropped_out.sum()), int(buyers.sum())),
        "mean_rate_of_buyers": _mean(world.visitors.rate[buyers]),
        "mean_drop_out_of_buyers": _mean(world.visitors.drop_out[buyers]),
    }


def first_purchase(world: World) -> dict[str, Any]:
    """How long the first order took: of people, and of users as the shop can see them."""
    sessions = world.sessions
    everything = np.ones(sessions.size, dtype=bool)
    return {
        "people": _first_purchase(world, everything),
        "users": _first_purchase(world, sessions.identity != ANONYMOUS),
        "prospects_return_gap_days": _gap_quartiles(world),
    }


def _first_purchase(world: World, visible: Array) -> dict[str, Any]:
    """Source sessions and days before the one with the first order, among the visible sessions."""
    sessions, size = world.sessions, world.visitors.size
    position = np.flatnonzero(visible)
    person = sessions.person[position]
    buys = sessions.stage[position] == PURCHASE
    first_seen, first_bought = np.full(size, -1), np.full(size, -1)
    # Sessions are in order of time: writing backwards leaves the earliest.
    first_seen[person[::-1]] = position[::-1]
    first_bought[person[buys][::-1]] = position[buys][::-1]
    buyers = np.flatnonzero(first_bought >= 0)
    before = position < first_bought[person]
    visits = np.bincount(person[before], minlength=size)[buyers]
    days = (sessions.start[first_bought[buyers]] - sessions.start[first_seen[buyers]]) / DAY
    return {
        "buyers": len(buyers),
        "sessions_before": np.bincount(visits).tolist(),
        "days_quartiles": _quartiles(days),
    }


def _gap_quartiles(world: World) -> list[float]:
    """Days between the starts of consecutive visits of people who have not bought yet."""
    sessions = world.sessions
    order = np.lexsort((sessions.start, sessions.person))
    same = sessions.person[order][1:] == sessions.person[order][:-1]
    not_yet = ~sessions.customer[order][1:]
    gap = np.diff(sessions.start[order])[same & not_yet]
    return _quartiles(gap / DAY)


def affinities(world: World) -> dict[str, Any]:
    """Orders with both of the planted pairs, among counted orders and lines that were not cancelled."""
    accounts, catalogue, lines = world.accounts, world.catalogue, world.stock.lines
    kept = ~accounts.is_cancelled & accounts.is_counted[accounts.order]
    order, product = lines.order[kept], lines.product[kept]
    category = catalogue.category[product]
    names = [row.name for row in CATEGORIES]
    total = len(np.unique(order))
    return {
        "orders": total,
        "categories": [
            {
                "categories": [one, other],
                **_lift(order, category, names.index(one), names.index(other), total),
            }
            for one, other, _ in CATEGORY_AFFINITIES
        ],
        "products": [
            {
                "products": [int(catalogue.product_id[one]), int(catalogue.product_id[other])],
                **_lift(order, product, one, other, total),
            }
            for one, other in catalogue.pairs
        ],
    }


def _lift(order: Array, item: Array, one: int, other: int, total: int) -> dict[str, Any]:
    with_one, with_other = np.unique(order[item == one]), np.unique(order[item == other])
    both = len(np.intersect1d(with_one, with_other, assume_unique=True))
    expected = len(with_one) * len(with_other)
    return {
        "orders_with_first": len(with_one),
        "orders_with_second": len(with_other),
        "orders_with_both": both,
        "lift": round(both * total / expected, 6) if expected else None,
    }


def _quartiles(values: Array) -> list[float]:
    return [round(float(value), 6) for value in np.quantile(values, _QUARTILES)] if len(values) else []


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _mean(values: Array) -> float | None:
    return round(float(values.mean()), 6) if len(values) else None
