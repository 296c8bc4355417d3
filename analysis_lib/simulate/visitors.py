"""The people: when they first come, from where, with what, and who they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arrays import Array, cumulative_rows, draw_from_rows
from analysis_lib.simulate.clock import DAY, HOURS, Period
from analysis_lib.simulate.marketing import CAMPAIGNS, PLATFORM, Plan
from analysis_lib.simulate.vocabulary import PLACES


@dataclass(frozen=True)
class Visitors:
    """One entry a person, in order of the first visit.

    `campaign` is -1 for organic, `caused_by` the campaign without whose spend the person would never have
    come, or -1. `rate` (repeat orders a week) and `drop_out` come true only for those who buy.
    """

    first_second: Array
    source: Array
    campaign: Array
    caused_by: Array
    device: Array
    browser: Array
    place: Array
    department: Array
    basket: Array
    rate: Array
    drop_out: Array
    ip: Array

    @property
    def size(self) -> int:
        """How many people there are."""
        return len(self.first_second)


def draw_visitors(rng: np.random.Generator, period: Period, plan: Plan, visitors: int) -> Visitors:
    """Draw exactly `visitors` people from the streams of the plan."""
    streams = np.concatenate([plan.organic[None], plan.baseline, plan.caused])
    counts = rng.multinomial(visitors, (streams / streams.sum()).ravel())
    cell = np.repeat(np.arange(streams.size), counts)
    stream, day = cell // period.days, cell % period.days
    second = period.first_second + day * DAY + _second_of_day(rng, day == period.days - 1)
    order = np.argsort(second, kind="stable")
    stream, second = stream[order], second[order]

    campaigns = len(CAMPAIGNS)
    campaign = np.where(stream == 0, -1, (stream - 1) % campaigns)
    caused_by = np.where(stream > campaigns, campaign, -1)
    source = np.where(campaign >= 0, PLATFORM[campaign], 0)
    device = draw_from_rows(rng, cumulative_rows(behaviour.DEVICE_BY_SOURCE), source)
    share = np.array([place[6] for place in PLACES])
    return Visitors(
        first_second=second,
        source=source.astype(np.int8),
        campaign=campaign.astype(np.int8),
        caused_by=caused_by.astype(np.int8),
        device=device.astype(np.int8),
        browser=draw_from_rows(rng, cumulative_rows(behaviour.BROWSER_BY_DEVICE), device).astype(np.int8),
        place=rng.choice(len(PLACES), visitors, p=share / share.sum()).astype(np.int8),
        department=rng.choice(2, visitors, p=behaviour.DEPARTMENT_SHARES).astype(np.int8),
        basket=rng.gamma(behaviour.BASKET_SHAPE, behaviour.BASKET_SCALE, visitors),
        rate=rng.gamma(behaviour.REPEAT_R, 1 / behaviour.REPEAT_ALPHA, visitors),
        drop_out=rng.beta(behaviour.DROP_OUT_A, behaviour.DROP_OUT_B, visitors),
        ip=rng.integers(0, 256, (visitors, 4), dtype=np.uint8),
    )


def _second_of_day(rng: np.random.Generator, is_last_day: Array) -> Array:
    """Seconds after midnight by the hours' pattern; on the last day only while visits still start."""
    running = np.concatenate([[0.0], np.cumsum(HOURS / HOURS.sum())])
    # Seconds to spare keep the last day's first visits before the last start after rounding.
    latest = np.interp(20.99, np.arange(25), running)
    share = rng.random(len(is_last_day)) * np.where(is_last_day, latest, 1.0)
    return np.floor(np.interp(share, running, np.arange(25)) * 3600).astype(np.int64)
