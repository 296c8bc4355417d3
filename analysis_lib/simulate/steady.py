"""A shop without effects: what any page says of it beyond its counts is a false claim.

Everything is stationary in time and nobody's or nothing's behaviour depends on what can be compared. People
differ among themselves all the same: how often they come, buy, how much at once, what they send back. What is
null in it, and what is not, stands in docs/simulator.md.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.arguments import Progress
from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.baskets import Lines, Rates
from analysis_lib.simulate.behaviour import SOURCES
from analysis_lib.simulate.catalogue import POLICIES, Catalogue, make_catalogue
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.marketing import CAMPAIGNS, PLATFORM, Plan
from analysis_lib.simulate.parts import Parts
from analysis_lib.simulate.steady_people import RETURN_RATE, SOURCE_SHARES, draw_people
from analysis_lib.simulate.users import make_users
from analysis_lib.simulate.vocabulary import CATEGORIES

SEVERAL_UNITS, CANCEL_RATE = 0.05, 0.055
COUPON_PROBABILITY, COUPON_PERCENT = 0.10, 10
SPEND_PER_NEW_VISITOR, SPEND_NOISE = 2.50, 0.18  # dollars; spread of the log of a day's spend
CLICK_THROUGH_RATE = 0.02


class SteadyPeriod(Period):
    """Days without season, growth, weekdays or sales."""

    def sales(self) -> list[object]:  # type: ignore[override]
        """None."""
        return []

    def demand(self) -> Array:
        """As many new visitors on every day."""
        return np.full(self.days, 1 / self.days)


@dataclass(frozen=True)
class Steady(Parts):
    """The shop without effects. `person_returns` is each person's chance to send a line back."""

    person_returns: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, period: Period, visitors: int, tell: Progress) -> Steady:
        """Draw its parts."""
        catalogue = without_affinities(make_catalogue(rng, visitors))
        plan = steady_plan(rng, period, visitors)
        tell("visits", 0, visitors)
        people, sessions = draw_people(rng, period, visitors)
        tell("visits", visitors, visitors)
        size = len(CATEGORIES)
        rates = Rates(np.full(size, SEVERAL_UNITS), np.full(size, CANCEL_RATE), 0.0)
        return cls(
            catalogue,
            plan,
            people,
            sessions,
            np.zeros(visitors, dtype=bool),
            make_users(rng, people, sessions),
            rates,
            np.zeros((period.days, size), dtype=np.int64),
            rng.beta(RETURN_RATE * 8, (1 - RETURN_RATE) * 8, visitors),
        )

    def discounts(self, rng: np.random.Generator, lines: Lines) -> Array:
        """A coupon for some orders, whoever places them."""
        orders = int(lines.order[-1]) + 1 if lines.size else 0
        percent = np.where(rng.random(orders) < COUPON_PROBABILITY, COUPON_PERCENT, 0)[lines.order]
        return np.asarray((self.catalogue.price[lines.product] * percent + 50) // 100)

    def return_rates(self, lines: Lines) -> Array:
        """That of the person, whatever the product."""
        return np.asarray(self.person_returns[self.sessions.person[lines.session]])


def without_affinities(catalogue: Catalogue) -> Catalogue:
    """The catalogue with one popularity for looking and buying; every line is drawn from all products.

    Examples
    --------
    >>> plain = without_affinities(make_catalogue(np.random.default_rng(1), 200))
    >>> plain.pairs, bool((plain.view_weights == plain.buy_weights).all())
    ((), True)
    """
    size, shelves = catalogue.size, len(catalogue.shelf_start)
    return dataclasses.replace(
        catalogue,
        buy_weights=catalogue.view_weights,
        policy=np.full(size, POLICIES.index("steady")),
        partner=np.full(size, -1),
        pairs=(),
        shelf_start=np.zeros(shelves, dtype=np.int64),
        shelf_end=np.full(shelves, size),
    )


def steady_plan(rng: np.random.Generator, period: Period, visitors: int) -> Plan:
    """Ads that run on every day and cause nobody's visit; each costs in proportion to whom it brings."""
    share = campaign_shares()
    a_day = np.outer(share, np.full(period.days, visitors / period.days))
    noise = np.exp(rng.normal(0, SPEND_NOISE, a_day.shape) - SPEND_NOISE**2 / 2)
    return Plan(
        spend=np.round(a_day * SPEND_PER_NEW_VISITOR * 100 * noise).astype(np.int64),
        runs=np.ones(a_day.shape, dtype=bool),
        caused=np.zeros(a_day.shape),
        baseline=a_day,
        organic=np.full(period.days, visitors / period.days * SOURCE_SHARES[0]),
        theta=np.zeros(len(CAMPAIGNS)),
        click_through_rate=np.full(len(CAMPAIGNS), CLICK_THROUGH_RATE),
    )


def campaign_shares() -> Array:
    """Share of all people that each campaign brings: its platform's, in equal parts.

    Examples
    --------
    >>> round(float(campaign_shares().sum()) + SOURCE_SHARES[0], 9)
    1.0
    """
    of_platform = np.bincount(PLATFORM, minlength=len(SOURCES))
    return np.asarray(np.array(SOURCE_SHARES)[PLATFORM] / of_platform[PLATFORM])
