"""What a shop is made of before the first order: products, ads, people, visits; and how it prices them.

:class:`Planted` is the demo shop; `steady.py` makes one without effects. All that follows is common to both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate import behaviour
from analysis_lib.simulate.arguments import Progress
from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.baskets import Lines, Rates, discounts, sale_percent
from analysis_lib.simulate.catalogue import Catalogue, make_catalogue
from analysis_lib.simulate.clock import Period
from analysis_lib.simulate.marketing import Plan, make_plan
from analysis_lib.simulate.sessions import Sessions, draw_sessions
from analysis_lib.simulate.users import Users, make_users
from analysis_lib.simulate.visitors import Visitors, draw_visitors
from analysis_lib.simulate.vocabulary import CATEGORIES


@dataclass(frozen=True)
class Parts(ABC):
    """The parts of a shop. `dropped_out` is one entry a person, `sale_percent` day × category."""

    catalogue: Catalogue
    plan: Plan
    visitors: Visitors
    sessions: Sessions
    dropped_out: Array
    users: Users
    rates: Rates
    sale_percent: Array

    @abstractmethod
    def discounts(self, rng: np.random.Generator, lines: Lines) -> Array:
        """Discount of each line in cents a unit."""

    @abstractmethod
    def return_rates(self, lines: Lines) -> Array:
        """The probability that each line, once delivered, comes back."""


@dataclass(frozen=True)
class Planted(Parts):
    """The shop with planted behaviour."""

    @classmethod
    def draw(cls, rng: np.random.Generator, period: Period, visitors: int, tell: Progress) -> Planted:
        """Draw its parts in the order of cause and effect."""
        catalogue = make_catalogue(rng, visitors)
        plan = make_plan(rng, period, visitors)
        people = draw_visitors(rng, period, plan, visitors)
        sessions, dropped_out = draw_sessions(
            rng, period, catalogue, plan, people, lambda done, total: tell("visits", done, total)
        )
        users = make_users(rng, people, sessions)
        percent = sale_percent(rng, period)
        rates = Rates(
            np.array([row.multiple_units for row in CATEGORIES]),
            np.array([row.cancel_rate for row in CATEGORIES]),
            behaviour.PARTNER_PROBABILITY,
        )
        return cls(catalogue, plan, people, sessions, dropped_out, users, rates, percent)

    def discounts(self, rng: np.random.Generator, lines: Lines) -> Array:
        """That of the sale, or else of an e-mail coupon."""
        return discounts(rng, self.catalogue, self.sessions, lines, self.sale_percent)

    def return_rates(self, lines: Lines) -> Array:
        """That of the product's category."""
        rates = np.array([row.return_rate for row in CATEGORIES])
        return np.asarray(rates[self.catalogue.category[lines.product]])
