"""The visits of every person: return visits, how far each gets, repeat orders, drop-out, signing up.

All people take their first visit together, then those who come back take their second, and so on: a
round for each visit number, vectorised over people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, cumulative_rows, draw_from_rows
from analysis_lib.simulate.catalogue import Catalogue
from analysis_lib.simulate.clock import DAY, WEEK, Period, WeekClock
from analysis_lib.simulate.marketing import Plan
from analysis_lib.simulate.visitors import Visitors

KNOWN, LOGS_IN, ANONYMOUS, SIGNS_UP = range(4)
VISIT, VIEW, CART, PURCHASE = range(4)


@dataclass(frozen=True)
class Sessions:
    """One entry a source session, in order of the start (seconds since 1970).

    `stage` is how far it gets (VISIT … PURCHASE), `identity` how the person is known in it, `customer`
    whether the person had bought before it. `campaign` is -1 for organic.
    """

    person: Array
    start: Array
    source: Array
    campaign: Array
    device: Array
    shelf: Array
    stage: Array
    identity: Array
    customer: Array

    @property
    def size(self) -> int:
        """How many source sessions there are."""
        return len(self.person)


@dataclass
class _People:
    """Those who still come: position, next visit in operating seconds, and what became of them so far."""

    person: Array
    operating: Array
    customer: Array
    signed_up: Array

    def keep(self, mask: Array) -> _People:
        return _People(*(getattr(self, field.name)[mask] for field in fields(self)))


def draw_sessions(
    rng: np.random.Generator,
    period: Period,
    catalogue: Catalogue,
    plan: Plan,
    visitors: Visitors,
    progress: Callable[[int, int], None],
) -> tuple[Sessions, Array]:
    """Draw every visit up to the end of the period.

    Returns
    -------
    tuple[Sessions, Array]
        The source sessions, and for every person whether they had dropped out (truly, after a repeat
        order within the period).
    """
    clock, draw = WeekClock(), _VisitDraw(rng, period, catalogue, plan, visitors)
    gone = np.zeros(visitors.size, dtype=bool)
    people = _People(
        np.arange(visitors.size, dtype=np.int32),
        clock.to_operating(visitors.first_second),
        np.zeros(visitors.size, dtype=bool),
        np.zeros(visitors.size, dtype=bool),
    )
    start, is_first = visitors.first_second, True
    rounds: list[Sessions] = []
    while len(people.person):
        visit = draw.visit(people, start, is_first)
        rounds.append(visit)
        progress(visitors.size - len(people.person), visitors.size)
        people, dropped = _after(rng, people, visit, visitors)
        gone[dropped] = True
        start, is_first = clock.to_wall(people.operating), False
        within = start < period.last_start
        people, start = people.keep(within), start[within]
    progress(visitors.size, visitors.size)
    joined = [np.concatenate([getattr(visit, field.name) for visit in rounds]) for field in fields(Sessions)]
    order = np.argsort(joined[1], kind="stable")
    return Sessions(*(column[order] for column in joined)), gone


class _VisitDraw:
    """Draws what happens in one visit of each person given."""

    def __init__(
        self, rng: np.random.Generator, period: Period, catalogue: Catalogue, plan: Plan, visitors: Visitors
    ) -> None:
        self._rng, self._period, self._catalogue, self._visitors = rng, period, catalogue, visitors
        self._month = period.months()
        self._steps = behaviour.step_probabilities()
        self._campaigns = plan.return_campaigns()
        self._sources = cumulative_rows(behaviour.SOURCE_ON_RETURN)
        self._devices = cumulative_rows(behaviour.DEVICE_ON_RETURN)
        self._identities = cumulative_rows(
            np.stack([behaviour.IDENTITY_OF_USER, behaviour.IDENTITY_OF_BUYER])
        )

    def visit(self, people: _People, start: Array, is_first: bool) -> Sessions:
        """The visits that start now."""
        person, rng = people.person, self._rng
        day = self._period.day_of(start)
        state = people.customer.astype(np.int64)
        if is_first:
            source, device = self._visitors.source, self._visitors.device
            campaign = self._visitors.campaign
        else:
            source = draw_from_rows(rng, self._sources, state)
            device = draw_from_rows(rng, self._devices, self._visitors.device[person].astype(np.int64))
            drawn = draw_from_rows(rng, self._campaigns, source * self._period.days + day)
            campaign = np.where(source == 0, -1, drawn)
        row = self._month[day] * 2 + self._visitors.department[person]
        shelf = draw_from_rows(rng, self._catalogue.interest, row)
        stage = self._stage(state, device, source, self._catalogue.cart_factor[row, shelf])
        return Sessions(
            person=person,
            start=start,
            source=source.astype(np.int8),
            campaign=campaign.astype(np.int8),
            device=device.astype(np.int8),
            shelf=shelf.astype(np.int8),
            stage=stage.astype(np.int8),
            identity=self._identity(people, stage).astype(np.int8),
            customer=people.customer,
        )

    def _stage(self, state: Array, device: Array, source: Array, cart_factor: Array) -> Array:
        chance = self._steps[state, device, source]
        chance[:, 1] *= cart_factor
        passed = self._rng.random(chance.shape) < chance
        return np.asarray(np.logical_and.accumulate(passed, axis=1).sum(axis=1))

    def _identity(self, people: _People, stage: Array) -> Array:
        drawn = draw_from_rows(self._rng, self._identities, (stage == PURCHASE).astype(np.int64))
        chance = np.append(behaviour.SIGN_UP_AFTER, 1.0)[stage]
        fresh = np.where(self._rng.random(len(stage)) < chance, SIGNS_UP, ANONYMOUS)
        return np.where(people.signed_up, drawn, fresh)


def _after(
    rng: np.random.Generator, people: _People, visit: Sessions, visitors: Visitors
) -> tuple[_People, Array]:
    """Who comes back and when, and who drops out for good."""
    bought = visit.stage == PURCHASE
    chance = rng.random(len(bought))
    dropped = bought & people.customer & (chance < visitors.drop_out[people.person])
    customer = people.customer | bought
    signed_up = people.signed_up | (visit.identity == SIGNS_UP)
    back = behaviour.RETURN_AFTER[np.minimum(visit.stage, CART)]
    back = np.where(signed_up, back + (1 - back) * behaviour.RETURN_OF_USER, back)
    comes_back = np.where(customer, ~dropped, chance < back)
    gone = people.person[dropped]
    following = _People(people.person, people.operating, customer, signed_up).keep(comes_back)
    stage = np.minimum(visit.stage[comes_back], CART)

    count = len(following.person)
    median = np.log(behaviour.RETURN_GAP_MEDIAN_DAYS * DAY)[stage]
    prospect_gap = np.exp(median + behaviour.RETURN_GAP_SIGMA * rng.standard_normal(count))
    # Orders among visits are thinned, so visits come at rate ÷ conversion; the fixed least gap is taken
    # off the exponential one, so that the mean stays right.
    conversion = behaviour.customer_conversion()[visitors.device[following.person]]
    mean = conversion * WEEK / np.maximum(visitors.rate[following.person], 1e-9)
    mean = np.maximum(mean - behaviour.MINIMUM_GAP_SECONDS, behaviour.MINIMUM_GAP_SECONDS / 8)
    customer_gap = np.minimum(rng.exponential(1.0, count) * mean, 1e12)
    gap = np.where(following.customer, customer_gap, np.minimum(prospect_gap, 1e12))
    following.operating = following.operating + behaviour.MINIMUM_GAP_SECONDS + gap
    return following, gone
