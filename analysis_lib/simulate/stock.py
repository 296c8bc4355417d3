"""Stock, day by day: receipts, sales, substitutes for what is out of stock, reorders with lead times.

A delivery arrives in the evening and is for sale from the next day. A product never sells more units in
a day than it has that morning. A cancelled line holds its unit for the day and gives it back, so it never
counts as sold. Returned goods do not go back on the shelf.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis_lib.simulate.arrays import Array, starts
from analysis_lib.simulate.baskets import Lines
from analysis_lib.simulate.catalogue import POLICIES, Catalogue
from analysis_lib.simulate.clock import DAY, Period

_NORMAL, _THIN, _OVER, _DEAD, _STEADY = range(len(POLICIES))
_COVER_DAYS = 30
_THIN_CAUTION = 0.42  # what the thin policy multiplies the planner's reorder point by
_SMOOTHING = 1 / 30
_STEADY_DAYS, _STEADY_UNITS = 110, 12  # of stock that the steady policy keeps
_ATTEMPTS = 6
_RECEIVED_AT = -6 * 3600  # the evening before the first day of sale


@dataclass(frozen=True)
class Stock:
    """What stock did.

    `lines` are the lines as sold (products may be substitutes); `wanted` the product asked for first.
    `unit` is the position, in the receipts of its product in order of time, of each line's first unit.
    `receipt_*` are one entry a receipt. `out_days` counts, for each product, days that ended with nothing
    on hand; `on_hand` is at the end; `received` all units received.
    """

    lines: Lines
    wanted: Array
    unit: Array
    receipt_product: Array
    receipt_second: Array
    receipt_quantity: Array
    on_hand: Array
    received: Array
    out_days: Array
    out_episodes: Array


def run_stock(rng: np.random.Generator, period: Period, catalogue: Catalogue, lines: Lines) -> Stock:
    """Sell the lines from stock, day by day."""
    shop = _Shelves(rng, period, catalogue, lines)
    bounds = np.searchsorted(lines.day, np.arange(period.days + 1))
    for day in range(period.days):
        shop.open(day)
        shop.sell(slice(int(bounds[day]), int(bounds[day + 1])))
        shop.close(day)
    product, second, quantity = shop.receipts()
    return Stock(
        lines=replace(lines, product=shop.product, quantity=shop.quantity),
        wanted=lines.product,
        unit=shop.unit,
        receipt_product=product,
        receipt_second=second,
        receipt_quantity=quantity,
        on_hand=shop.on_hand,
        received=np.bincount(product, quantity, catalogue.size).astype(np.int64),
        out_days=shop.out_days,
        out_episodes=shop.out_episodes,
    )


class _Shelves:
    """The state of the stock."""

    def __init__(self, rng: np.random.Generator, period: Period, catalogue: Catalogue, lines: Lines) -> None:
        self._rng, self._period, self._catalogue = rng, period, catalogue
        self._cancelled = lines.cancelled
        self.product, self.quantity = lines.product.copy(), lines.quantity.copy()
        self.unit = np.zeros(lines.size, dtype=np.int64)
        size = catalogue.size
        share = catalogue.buy_weights / catalogue.buy_weights.sum()
        # The planner starts from a plan: the year's demand spread over products, as an even flow.
        self._forecast = share * lines.quantity.sum() / period.days * 0.8
        policy = catalogue.policy
        first = np.ceil(self._forecast * (catalogue.lead_days + _COVER_DAYS)).astype(np.int64) + 2
        first = np.where(policy == _OVER, first * 6 + 20, first)
        first = np.where(policy == _DEAD, rng.integers(6, 40, size), first)
        steady = np.ceil(self._forecast / 0.8 * _STEADY_DAYS).astype(np.int64) + _STEADY_UNITS
        first = np.where(policy == _STEADY, steady, first)
        self._tops_up = policy == _STEADY
        self._reorders = np.isin(policy, (_NORMAL, _THIN))
        self._caution = np.where(policy == _THIN, _THIN_CAUTION, 1.0)
        self.on_hand, self._first = first.copy(), first
        self._first_day = -rng.integers(1, 61, size)
        longest = int(catalogue.lead_days.max() * 1.5) + 2
        self._arriving = np.zeros((period.days + longest, size), dtype=np.int32)
        self._on_order = np.zeros(size, dtype=np.int64)
        self._sold = np.zeros(size, dtype=np.int64)
        self.out_days, self.out_episodes = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        self._was_out = np.zeros(size, dtype=bool)
        self._sold_today = np.zeros(size, dtype=np.int64)

    def open(self, day: int) -> None:
        """Put up for sale what arrived the evening before."""
        self.on_hand += self._arriving[day]
        self._on_order -= self._arriving[day]

    def sell(self, today: slice) -> None:
        """Sell the day's lines; those that find no stock take a substitute from the same shelf."""
        size = self._catalogue.size
        self._sold_today = np.zeros(size, dtype=np.int64)
        free = self.on_hand.copy()
        pending, placed = np.arange(today.start, today.stop), []
        for attempt in range(_ATTEMPTS):
            if not len(pending):
                break
            if attempt:
                self.product[pending] = self._substitutes(pending, free)
            fits = self._fits(pending, free)
            free -= np.bincount(self.product[pending[fits]], self.quantity[pending[fits]], size).astype(
                np.int64
            )
            placed.append(pending[fits])
            pending = pending[~fits]
        for line in pending.tolist():
            # The last resort: one unit of whatever the shop has most of.
            self.product[line], self.quantity[line] = int(free.argmax()), 1
            free[self.product[line]] -= 1
            placed.append(np.array([line]))
        if placed:
            self._assign_units(np.concatenate(placed))

    def close(self, day: int) -> None:
        """Count what is out of stock and reorder what runs low; the review is daily."""
        self.on_hand -= self._sold_today
        is_out = self.on_hand == 0
        self.out_days += is_out
        self.out_episodes += is_out & ~self._was_out
        self._was_out = is_out
        self._arriving[day + 1] += np.where(self._tops_up, self._first - self.on_hand, 0).astype(np.int32)
        self._forecast += _SMOOTHING * (self._sold_today - self._forecast)
        lead = self._catalogue.lead_days
        spread = np.sqrt(self._forecast * lead)
        point = self._caution * (self._forecast * (lead * 1.3 + 7) + spread)
        low = self._reorders & (self.on_hand + self._on_order <= point)
        if not low.any():
            return
        which = np.flatnonzero(low)
        target = np.ceil(point[which] + self._caution[which] * self._forecast[which] * _COVER_DAYS) + 1
        amount = (target - self.on_hand[which] - self._on_order[which]).astype(np.int64)
        delay = np.round(lead[which] * self._rng.uniform(0.8, 1.4, len(which))).astype(np.int64)
        which, amount, delay = which[amount > 0], amount[amount > 0], delay[amount > 0]
        self._arriving[day + delay, which] += amount.astype(np.int32)
        self._on_order[which] += amount

    def receipts(self) -> tuple[Array, Array, Array]:
        """Product, second and quantity of every receipt within the period, the opening stock included."""
        day, product = np.nonzero(self._arriving[: self._period.days])
        quantity = self._arriving[day, product].astype(np.int64)
        opening = np.flatnonzero(self._first)
        product = np.concatenate([opening, product])
        day = np.concatenate([self._first_day[opening], day])
        second = self._period.first_second + day * DAY + _RECEIVED_AT + product * 7 % 3600
        return product, second, np.concatenate([self._first[opening], quantity])

    def _substitutes(self, pending: Array, free: Array) -> Array:
        """Another product of the same shelf that is in stock, or any that is if the shelf is bare."""
        weights = np.where(free > 0, self._catalogue.buy_weights, 0.0)
        shelf = self._catalogue.shelf[self.product[pending]]
        running = np.concatenate([[0.0], np.cumsum(weights)])
        stocked = running[self._catalogue.shelf_end] - running[self._catalogue.shelf_start] > 1e-9
        choice = self.product[pending].copy()
        has = stocked[shelf]
        choice[has] = self._catalogue.draw(self._rng, weights, shelf[has])
        bare = int((~has).sum())
        if bare and running[-1] > 0:
            found = np.searchsorted(running, self._rng.random(bare) * running[-1], side="right") - 1
            choice[~has] = np.clip(found, 0, len(weights) - 1)
        return choice

    def _fits(self, pending: Array, free: Array) -> Array:
        """Which pending lines their product has units for, first come first served."""
        product, quantity = self.product[pending], self.quantity[pending]
        order = np.argsort(product, kind="stable")
        fits = np.empty(len(pending), dtype=bool)
        fits[order] = _running_within(product[order], quantity[order]) <= free[product[order]]
        return fits

    def _assign_units(self, lines: Array) -> None:
        """Give each line its units, oldest first; lines that will be cancelled hold theirs to the evening."""
        product, quantity = self.product[lines], self.quantity[lines]
        cancelled = self._cancelled[lines]
        order = np.lexsort((lines, cancelled, product))
        ahead = _running_within(product[order], quantity[order]) - quantity[order]
        self.unit[lines[order]] = self._sold[product[order]] + ahead
        kept = np.where(cancelled, 0, quantity)
        self._sold_today = np.bincount(product, kept, self._catalogue.size).astype(np.int64)
        self._sold += self._sold_today


def _running_within(groups: Array, values: Array) -> Array:
    """Running sum of `values` within runs of equal `groups`."""
    if not len(groups):
        return values
    total = np.cumsum(values)
    counts = np.diff(np.append(np.flatnonzero(np.append(True, groups[1:] != groups[:-1])), len(groups)))
    begin = starts(counts)
    return np.asarray(total - np.repeat(total[begin] - values[begin], counts))
