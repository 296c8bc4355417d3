"""People and visits of a shop without effects.

People begin to come at any time, also before the first day, for at most :data:`LONGEST_DAYS`; what happened
before the first day is cut off. So there are as many visits, of people as long known, on every day.
"""

from __future__ import annotations

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, cumulative_rows, draw_from_rows, ranges
from analysis_lib.simulate.clock import DAY, Period, WeekClock
from analysis_lib.simulate.marketing import PLATFORM
from analysis_lib.simulate.sessions import ANONYMOUS, PURCHASE, SIGNS_UP, Sessions
from analysis_lib.simulate.visitors import Visitors
from analysis_lib.simulate.vocabulary import PLACES

LONGEST_DAYS = 90
SOURCE_SHARES = (0.42, 0.24, 0.16, 0.08, 0.10)
DEVICE_SHARES = (0.42, 0.48, 0.10)
# Visits after the first: Poisson with a mean that is gamma over people; each so long after the one before.
FURTHER_SHAPE, FURTHER_MEAN = 0.8, 1.3
GAP_MEAN_DAYS = 9.0
# P(step | the step before); that of the cart is beta over people round its mean, with this concentration.
STEPS = (0.68, 0.24, 0.45)
CART_CONCENTRATION = 6.0
RETURN_RATE = 0.10  # of delivered lines; beta over people


def draw_people(rng: np.random.Generator, period: Period, visitors: int) -> tuple[Visitors, Sessions]:
    """Exactly `visitors` people who come within the period, and their visits."""
    person, start = _visits(rng, period, visitors)
    first = np.flatnonzero(np.diff(person, prepend=-1))
    # Numbered in the order of the first visit, as the rest of the simulator has it.
    order = np.argsort(start[first], kind="stable")
    number = np.empty(visitors, dtype=np.int64)
    number[order] = np.arange(visitors)
    person = number[person]
    people = _people(rng, start[first][order])
    sessions = _sessions(rng, people, person, start)
    by_time = np.argsort(sessions.start, kind="stable")
    columns = {name: getattr(sessions, name)[by_time] for name in Sessions.__dataclass_fields__}
    return people, Sessions(**columns)


def _visits(rng: np.random.Generator, period: Period, visitors: int) -> tuple[Array, Array]:
    """Person (0 … visitors − 1) and second of every visit within the period, in order of person and time."""
    share = period.days / (period.days + LONGEST_DAYS)
    tries = 2 * int(visitors / share) + 100  # far more than are needed: those after the last are left out
    clock = WeekClock(np.ones(7))
    begin = clock.to_operating(np.array([period.first_second - LONGEST_DAYS * DAY, period.end_second]))
    first = begin[0] + rng.random(tries) * (begin[1] - begin[0])
    further = rng.poisson(rng.gamma(FURTHER_SHAPE, FURTHER_MEAN / FURTHER_SHAPE, tries))
    counts = further + 1
    person = np.repeat(np.arange(tries), counts)
    gap = behaviour.MINIMUM_GAP_SECONDS + rng.exponential(GAP_MEAN_DAYS * DAY, len(person))
    gap[ranges(counts) == 0] = 0.0
    total = np.cumsum(gap)
    after = total - np.repeat(total[np.cumsum(counts) - counts], counts)
    start = clock.to_wall(first[person] + after)
    within = (after <= LONGEST_DAYS * DAY) & (start >= period.first_second) & (start < period.last_start)
    person, start = person[within], start[within]
    chosen = np.unique(person)[:visitors]
    assert len(chosen) == visitors  # twice as many were tried as come within the period
    kept = person <= chosen[-1]
    return np.searchsorted(chosen, person[kept]), start[kept]


def _people(rng: np.random.Generator, first: Array) -> Visitors:
    """Who they are: nothing of it has to do with what they do."""
    size = len(first)
    source = rng.choice(len(SOURCE_SHARES), size, p=SOURCE_SHARES)
    device = rng.choice(len(DEVICE_SHARES), size, p=DEVICE_SHARES)
    share = np.array([place[6] for place in PLACES])
    return Visitors(
        first_second=first,
        source=source.astype(np.int8),
        campaign=_campaigns(rng, source).astype(np.int8),
        caused_by=np.full(size, -1, dtype=np.int8),
        device=device.astype(np.int8),
        browser=draw_from_rows(rng, cumulative_rows(behaviour.BROWSER_BY_DEVICE), device).astype(np.int8),
        place=rng.choice(len(PLACES), size, p=share / share.sum()).astype(np.int8),
        department=rng.choice(2, size, p=behaviour.DEPARTMENT_SHARES).astype(np.int8),
        basket=rng.gamma(behaviour.BASKET_SHAPE, behaviour.BASKET_SCALE, size),
        rate=np.zeros(size),
        drop_out=np.zeros(size),
        ip=rng.integers(0, 256, (size, 4), dtype=np.uint8),
    )


def _campaigns(rng: np.random.Generator, source: Array) -> Array:
    """One of the platform's campaigns, each as likely; -1 for organic."""
    found = np.full(len(source), -1)
    for platform in range(1, len(SOURCE_SHARES)):
        mine = source == platform
        found[mine] = rng.choice(np.flatnonzero(platform == PLATFORM), int(mine.sum()))
    return found


def _sessions(rng: np.random.Generator, people: Visitors, person: Array, start: Array) -> Sessions:
    """What happens in each visit; given in order of person and time."""
    size = len(person)
    view, cart, purchase = STEPS
    likes = rng.beta(cart * CART_CONCENTRATION, (1 - cart) * CART_CONCENTRATION, people.size)
    chance = np.stack([np.full(size, view), likes[person], np.full(size, purchase)], axis=1)
    stage = np.logical_and.accumulate(rng.random(chance.shape) < chance, axis=1).sum(axis=1)
    bought = stage == PURCHASE
    signs = rng.random(size) < np.append(behaviour.SIGN_UP_AFTER, 1.0)[stage]
    known = cumulative_rows(np.stack([behaviour.IDENTITY_OF_USER, behaviour.IDENTITY_OF_BUYER]))
    of_user = draw_from_rows(rng, known, bought.astype(np.int64))
    identity = np.where(_before(person, signs), of_user, np.where(signs, SIGNS_UP, ANONYMOUS))
    return Sessions(
        person=person.astype(np.int32),
        start=start,
        source=people.source[person],
        campaign=people.campaign[person],
        device=people.device[person],
        shelf=np.zeros(size, dtype=np.int8),
        stage=stage.astype(np.int8),
        identity=identity.astype(np.int8),
        customer=_before(person, bought),
    )


def _before(person: Array, happened: Array) -> Array:
    """Whether it happened to the person in an earlier entry; the entries of a person stand together."""
    running = np.cumsum(happened) - happened
    first = np.flatnonzero(np.diff(person, prepend=-1))
    counts = np.diff(np.append(first, len(person)))
    return np.asarray(running > np.repeat(running[first], counts))
