"""From visits to events: what is looked at and in which order, when, and who is known by then.

Sessions are expanded a block at a time, so that memory does not grow with the shop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, ranges, starts
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.sessions import ANONYMOUS, CART, KNOWN, LOGS_IN, PURCHASE, SIGNS_UP, VIEW, Sessions
from analysis_lib.simulate.shelves import SHELVES
from analysis_lib.simulate.stock import Stock

EVENT_TYPES = ("home", "department", "product", "cart", "purchase", "cancel")
HOME, DEPARTMENT, PRODUCT, CART_EVENT, PURCHASE_EVENT, CANCEL = range(6)
_MOST_VIEWS = 14
_LOOKS_ELSEWHERE = 0.22
_ORDER_DELAY = (1, 90)  # seconds from the purchase event to the order
_STEP_MEDIAN = np.array([30.0, 28.0, 42.0, 25.0, 95.0, 140.0])
_STEP_SIGMA = 0.85


@dataclass(frozen=True)
class EventBlock:
    """The events of the sessions `first` … `first + len(counts) - 1`, one after another.

    `session` is the position within the block, `product` a position in the catalogue (-1 for none),
    `part` 0 or 1: before or after a pause longer than the session gap. The last three are one entry a
    session: events before the person is known, second of the first known event, and of the order (0 for
    none).
    """

    first: int
    counts: Array
    session: Array
    kind: Array
    product: Array
    second: Array
    part: Array
    anonymous_events: Array
    known_second: Array
    order_second: Array

    @property
    def is_known(self) -> Array:
        """Which events carry the user."""
        return np.asarray(ranges(self.counts) >= self.anonymous_events[self.session])


@dataclass(frozen=True)
class _Views:
    """Product views of a block, one after another: session, product, whether put into the cart."""

    counts: Array
    session: Array
    product: Array
    in_cart: Array
    after_department: Array


class EventMaker:
    """Expands blocks of sessions; the same maker must be asked for all blocks in order."""

    def __init__(
        self, rng: np.random.Generator, catalogue: Catalogue, sessions: Sessions, stock: Stock
    ) -> None:
        self._rng, self._catalogue, self._sessions = rng, catalogue, sessions
        lines = stock.lines
        self._line_session, self._line_product = lines.session, lines.product
        self._line_wanted = stock.wanted
        self._cancelled_sessions = np.unique(lines.session[lines.order_cancelled])

    def block(self, first: int, last: int) -> EventBlock:
        """The events of the sessions `first` up to, not including, `last`."""
        stage = self._sessions.stage[first:last].astype(np.int64)
        views = self._views(first, last, stage)
        landings = self._landings(stage)
        bought = stage == PURCHASE
        cancels = self._cancels(first, last, stage)
        per_view = 1 + views.after_department + views.in_cart
        of_views = np.bincount(views.session, per_view, len(stage)).astype(np.int64)
        counts = landings + of_views + bought + cancels

        total, begin = int(counts.sum()), starts(counts)
        kind, product = np.full(total, HOME, dtype=np.int8), np.full(total, -1, dtype=np.int32)
        self._place_landings(kind, product, begin, landings, first)
        offset = np.repeat(begin + landings, views.counts) + _running(per_view, views)
        looked = offset + views.after_department
        browsed = views.after_department == 1
        kind[offset[browsed]], product[offset[browsed]] = DEPARTMENT, views.product[browsed]
        kind[looked], product[looked] = PRODUCT, views.product
        kind[looked[views.in_cart] + 1] = CART_EVENT
        end = begin + landings + of_views
        kind[end[bought]] = PURCHASE_EVENT
        kind[(end + bought)[cancels == 1]] = CANCEL
        return self._timed(first, counts, kind, product, end - begin, bought)

    def _views(self, first: int, last: int, stage: Array) -> _Views:
        """Which products each session looks at; the lines of an order are looked at last."""
        rng, size = self._rng, len(stage)
        low, high = np.searchsorted(self._line_session, [first, last])
        session, product = self._line_session[low:high] - first, self._line_product[low:high]
        wanted = self._line_wanted[low:high]
        lines = np.bincount(session, minlength=size)
        missed = wanted != product
        misses = np.bincount(session[missed], minlength=size)
        carted = np.where(stage == CART, 1 + (rng.random(size) < 0.25), lines)
        drawn = rng.geometric(np.array([1.0, 0.48, 0.34, 0.42])[stage])
        counts = np.where(stage >= VIEW, np.minimum(np.maximum(drawn, carted + misses), _MOST_VIEWS), 0)
        carted = np.minimum(carted, counts)

        of_view = np.repeat(np.arange(size), counts)
        from_end = counts[of_view] - 1 - ranges(counts)
        # Abandoned carts may be followed by more looking around.
        later = np.where(stage == CART, (rng.random(size) * (counts - carted + 1)).astype(np.int64), 0)
        in_cart = (from_end >= later[of_view]) & (from_end < (later + carted)[of_view])
        shelf = self._sessions.shelf[first:last].astype(np.int64)[of_view]
        elsewhere = rng.random(len(of_view)) < _LOOKS_ELSEWHERE
        shelf = np.where(elsewhere, rng.integers(0, len(SHELVES), len(of_view)), shelf)
        seen = self._catalogue.draw(rng, self._catalogue.view_weights, shelf)

        base = starts(counts) + counts
        seen[base[session] - lines[session] + ranges(lines)] = product
        before = base[session[missed]] - lines[session[missed]] - misses[session[missed]]
        seen[before + ranges(misses)] = wanted[missed]
        after_department = (rng.random(len(of_view)) < 0.45).astype(np.int64)
        return _Views(counts, of_view, seen, in_cart, after_department)

    def _landings(self, stage: Array) -> Array:
        """How many pages of another kind come before the first view; at least one where there is no view."""
        chance = self._rng.random(len(stage))
        without_view = 1 + (chance < 0.38) + (chance < 0.12)
        return np.where(stage >= VIEW, (chance < 0.62).astype(np.int64), without_view)

    def _place_landings(self, kind: Array, product: Array, begin: Array, landings: Array, first: int) -> None:
        """Home first, mostly, then departments."""
        session = np.repeat(np.arange(len(landings)), landings)
        number = ranges(landings)
        position = begin[session] + number
        is_department = (number > 0) | (self._rng.random(len(session)) < 0.2)
        shelf = self._sessions.shelf[first : first + len(landings)].astype(np.int64)[session[is_department]]
        kind[position[is_department]] = DEPARTMENT
        product[position[is_department]] = self._catalogue.draw(
            self._rng, self._catalogue.view_weights, shelf
        )

    def _cancels(self, first: int, last: int, stage: Array) -> Array:
        """1 where the session ends with a cancel event: of its order, or leaving the checkout."""
        chance = self._rng.random(len(stage))
        cancelled = np.zeros(len(stage), dtype=bool)
        low, high = np.searchsorted(self._cancelled_sessions, [first, last])
        cancelled[self._cancelled_sessions[low:high] - first] = True
        share = np.where(cancelled, behaviour.CANCEL_EVENT_OF_ORDER, 0.0)
        share = np.where(stage == CART, behaviour.CANCEL_EVENT_OF_CART, share)
        return (chance < share).astype(np.int64)

    def _timed(
        self, first: int, counts: Array, kind: Array, product: Array, purchase_at: Array, bought: Array
    ) -> EventBlock:
        """Add times, pauses and who is known when."""
        rng, begin = self._rng, starts(counts)
        session = np.repeat(np.arange(len(counts)), counts)
        gap = np.exp(np.log(_STEP_MEDIAN)[kind] + _STEP_SIGMA * rng.standard_normal(len(kind)))
        gap = np.clip(gap, 2, behaviour.LONGEST_STEP_SECONDS).astype(np.int64)
        gap[begin] = 0
        total = np.add.reduceat(gap, begin)
        shrink = np.minimum(1.0, behaviour.LONGEST_SESSION_SECONDS / np.maximum(total, 1))
        gap = np.maximum((gap * shrink[session]).astype(np.int64), 1)
        gap[begin] = 0

        pauses = (rng.random(len(counts)) < behaviour.PAUSE_PROBABILITY) & (counts > 1)
        at = 1 + (rng.random(len(counts)) * np.maximum(counts - 1, 1)).astype(np.int64)
        low, high = behaviour.PAUSE_SECONDS
        gap[(begin + at)[pauses]] = rng.integers(low, high + 1, int(pauses.sum()))
        number = ranges(counts)
        part = (pauses[session] & (number >= at[session])).astype(np.int8)
        running = np.cumsum(gap)
        start = self._sessions.start[first : first + len(counts)]
        second = start[session] + running - running[begin][session]

        unknown = self._unknown(first, counts, purchase_at, bought)
        known_at = np.minimum(unknown, counts - 1)
        placed = np.zeros(len(counts), dtype=np.int64)
        delay = rng.integers(_ORDER_DELAY[0], _ORDER_DELAY[1] + 1, int(bought.sum()))
        placed[bought] = second[(begin + purchase_at)[bought]] + delay
        known_second = np.where(unknown < counts, second[begin + known_at], 0)
        return EventBlock(first, counts, session, kind, product, second, part, unknown, known_second, placed)

    def _unknown(self, first: int, counts: Array, purchase_at: Array, bought: Array) -> Array:
        """How many events of each session come before the person is known."""
        identity = self._sessions.identity[first : first + len(counts)]
        # Who signs up or logs in does so after the first event where there are two, at the latest on buying.
        latest = np.where(bought, purchase_at, counts - 1)
        drawn = np.minimum(1 + (self._rng.random(len(counts)) * latest).astype(np.int64), latest)
        at_checkout = (identity == SIGNS_UP) & bought & (self._rng.random(len(counts)) < 0.6)
        found = np.where(at_checkout, purchase_at, drawn)
        found = np.where(identity == KNOWN, 0, found)
        found = np.where(identity == ANONYMOUS, counts, found)
        return np.where(np.isin(identity, (LOGS_IN, SIGNS_UP)) & (counts == 1), 0, found)


def _running(per_view: Array, views: _Views) -> Array:
    """Events of the session's views before each view."""
    total = np.cumsum(per_view) - per_view
    if not len(total):
        return per_view
    begin = starts(views.counts)[views.counts > 0]
    return np.asarray(total - np.repeat(total[begin], views.counts[views.counts > 0]))
