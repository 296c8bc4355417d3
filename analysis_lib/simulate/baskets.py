"""What people want to buy: the lines of every order before stock is looked at, and prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, draw_from_rows
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.sessions import PURCHASE, Sessions
from analysis_lib.simulate.shelves import shelf_categories
from analysis_lib.simulate.visitors import Visitors
from analysis_lib.simulate.vocabulary import CATEGORIES

_MOST_EXTRA_LINES = 5


@dataclass(frozen=True)
class Lines:
    """One entry an order line, in order of the order; orders are numbered in order of their session.

    `session` is the position of the order's session, `day` the day it starts, `product` a position in the
    catalogue, `order_cancelled` and `line_cancelled` say what will be cancelled.
    """

    order: Array
    session: Array
    day: Array
    product: Array
    quantity: Array
    order_cancelled: Array
    line_cancelled: Array

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self.order)

    @property
    def cancelled(self) -> Array:
        """Lines that are cancelled by themselves or with their order."""
        return np.asarray(self.order_cancelled | self.line_cancelled)


@dataclass(frozen=True)
class Rates:
    """By category, that a line has several units and that an order is cancelled; that a partner is taken."""

    several: Array
    cancel: Array
    partner: float


def draw_lines(
    rng: np.random.Generator,
    period: Period,
    catalogue: Catalogue,
    visitors: Visitors,
    sessions: Sessions,
    rates: Rates,
) -> Lines:
    """The lines that every session with an order asks for."""
    session = np.flatnonzero(sessions.stage == PURCHASE)
    orders, person, shelf = len(session), sessions.person[session], sessions.shelf[session].astype(np.int64)
    main = catalogue.draw(rng, catalogue.buy_weights, shelf)
    partner = catalogue.partner[main]
    takes_partner = (partner >= 0) & (rng.random(orders) < rates.partner)
    extras = np.minimum(rng.poisson(visitors.basket[person]), _MOST_EXTRA_LINES)
    extra_order = np.repeat(np.arange(orders), extras)
    row = visitors.department[person].astype(np.int64) * len(catalogue.shelf_start) + shelf
    extra_shelf = draw_from_rows(rng, catalogue.extra_shelf, row[extra_order])
    extra = catalogue.draw(rng, catalogue.buy_weights, extra_shelf)

    order = np.concatenate([np.arange(orders), np.flatnonzero(takes_partner), extra_order])
    product = np.concatenate([main, partner[takes_partner], extra])
    # A product stands once in an order; lines keep the order main, partner, extras.
    _, first = np.unique(order * catalogue.size + product, return_index=True)
    first.sort()
    order, product = order[first], product[first]
    sort = np.argsort(order, kind="stable")
    order, product = order[sort], product[sort]

    category = catalogue.category[product]
    several = rates.several[category]
    chance = rng.random(len(order))
    quantity = 1 + (chance < several).astype(np.int64) + (chance < several * 0.2)
    cancel_rate = rates.cancel[shelf_categories()[shelf]]
    order_cancelled = rng.random(orders) < cancel_rate
    count = np.bincount(order, minlength=orders)
    is_last = np.append(order[1:] != order[:-1], True) if len(order) else np.zeros(0, dtype=bool)
    line_cancelled = rng.random(len(order)) < behaviour.LINE_CANCELLED_PROBABILITY
    day = period.day_of(sessions.start[session])
    return Lines(
        order=order,
        session=session[order],
        day=day[order],
        product=product,
        quantity=quantity,
        order_cancelled=order_cancelled[order],
        # Only the last of several lines is cancelled by itself, so that an order never dies line by line.
        line_cancelled=line_cancelled & is_last & (count[order] > 1) & ~order_cancelled[order],
    )


def sale_percent(rng: np.random.Generator, period: Period) -> Array:
    """Percent off in the sales: day × category; a sale covers about half of the categories."""
    percent = np.zeros((period.days, len(CATEGORIES)), dtype=np.int64)
    for sale in period.sales():
        depth = rng.choice([0, sale.percent // 2, sale.percent], len(CATEGORIES), p=[0.25, 0.3, 0.45])
        days = slice(sale.first_day, sale.last_day + 1)
        percent[days] = np.maximum(percent[days], depth)
    return percent


def discounts(
    rng: np.random.Generator, catalogue: Catalogue, sessions: Sessions, lines: Lines, percent: Array
) -> Array:
    """Discount of each line in cents a unit, rounded half up: the sale, or else an e-mail coupon."""
    orders = int(lines.order[-1]) + 1 if lines.size else 0
    email = behaviour.SOURCES.index("Email")
    has_coupon = (rng.random(orders) < behaviour.EMAIL_COUPON_PROBABILITY)[lines.order]
    has_coupon &= sessions.source[lines.session] == email
    off = percent[lines.day, catalogue.category[lines.product]]
    off = np.maximum(off, np.where(has_coupon, behaviour.EMAIL_COUPON_PERCENT, 0))
    return np.asarray((catalogue.price[lines.product] * off + 50) // 100)
