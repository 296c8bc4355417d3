"""Counts of what the visits came to, kept while the events are made and never by a query.

Sessions here are those of the definitions: source sessions, cut where a pause is longer than the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.events import CART_EVENT, EVENT_TYPES, PRODUCT, PURCHASE_EVENT, EventBlock
from analysis_lib.simulate.sessions import Sessions
from analysis_lib.simulate.visitors import Visitors
from analysis_lib.simulate.vocabulary import PLACES

MEASURES = (
    "sessions", "bounces", "view", "cart", "purchase", "ordered_view", "ordered_cart", "ordered_purchase",
)  # fmt: skip
COUNTRIES = tuple(dict.fromkeys(place[2] for place in PLACES))
_COUNTRY_OF_PLACE = np.array([COUNTRIES.index(place[2]) for place in PLACES])
_SHAPE = (len(behaviour.DEVICES), len(behaviour.SOURCES), len(COUNTRIES))
_NEVER = np.iinfo(np.int64).max


@dataclass
class FunnelBook:
    """Sessions by how far they got: measure × device × source × country, and events by type."""

    counts: Array = field(default_factory=lambda: np.zeros((len(MEASURES), *_SHAPE), dtype=np.int64))
    events: Array = field(default_factory=lambda: np.zeros(len(EVENT_TYPES), dtype=np.int64))
    by_month: Array = field(default_factory=lambda: np.zeros((len(MEASURES), 0), dtype=np.int64))
    known_events: int = 0
    cut_sessions: int = 0

    def add(self, block: EventBlock, period: Period, sessions: Sessions, visitors: Visitors) -> None:
        """Count a block of events; a session belongs to the month in which it starts."""
        key = block.session * 2 + block.part
        begin = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
        sizes = np.diff(np.append(begin, len(key)))
        position = np.arange(len(key))

        def first(mask: Array) -> Array:
            return np.asarray(np.minimum.reduceat(np.where(mask, position, _NEVER), begin))

        def spread(values: Array) -> Array:
            return np.repeat(values, sizes)

        view, cart, purchase = (block.kind == kind for kind in (PRODUCT, CART_EVENT, PURCHASE_EVENT))
        first_view = first(view)
        first_cart = first(cart & (position > spread(first_view)))
        first_purchase = first(purchase & (position > spread(first_cart)))
        reached = [first(mask) < _NEVER for mask in (view, cart, purchase)]
        ordered = [times < _NEVER for times in (first_view, first_cart, first_purchase)]

        source_session = block.first + block.session[begin]
        country = _COUNTRY_OF_PLACE[visitors.place[sessions.person[source_session]]]
        cell = np.ravel_multi_index(
            (sessions.device[source_session], sessions.source[source_session], country), _SHAPE
        )
        month = period.month_numbers()[period.day_of(block.second[begin])]
        if not self.by_month.size:
            self.by_month = np.zeros((len(MEASURES), int(period.month_numbers()[-1]) + 1), dtype=np.int64)
        everything = np.ones(len(begin), dtype=bool)
        for number, mask in enumerate((everything, sizes == 1, *reached, *ordered)):
            found = np.bincount(cell[mask], minlength=int(np.prod(_SHAPE))).reshape(_SHAPE)
            self.counts[number] += found
            self.by_month[number] += np.bincount(month[mask], minlength=self.by_month.shape[1])
        self.events += np.bincount(block.kind, minlength=len(EVENT_TYPES))
        self.known_events += int(block.is_known.sum())
        self.cut_sessions += len(begin) - len(block.counts)

    def by(self, *axes: int) -> Array:
        """Counts by some of device (0), source (1) and country (2): measure × those axes."""
        others = tuple(axis + 1 for axis in range(3) if axis not in axes)
        return np.asarray(self.counts.sum(axis=others))
