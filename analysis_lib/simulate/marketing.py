"""Campaigns, their daily spend and its true effect; where every new visitor comes from.

New visitors are drawn from streams: the organic one, and for each campaign one *caused* by its spend
(θ · spend^β a day) and one of people who would have come without it but clicked its ad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analysis_lib.simulate.arrays import Array
from analysis_lib.simulate.behaviour import SOURCES
from analysis_lib.simulate.clock import Period


class Campaign(NamedTuple):
    """One campaign: platform, share of new visitors while it runs, share of these that it causes, cost
    per new visitor (dollars), exponent of the response, click-through rate, weight among return visits,
    and when it runs (always, pauses, sales, flights)."""

    campaign_id: str
    platform: str
    share: float
    incremental_share: float
    cost_per_visitor: float
    beta: float
    click_through_rate: float
    return_weight: float
    flight: str


CAMPAIGNS = (
    Campaign("adwords-brand-search", "Adwords", 0.10, 0.25, 1.60, 0.90, 0.062, 2.0, "always"),
    Campaign("adwords-generic-search", "Adwords", 0.11, 0.70, 4.20, 0.80, 0.031, 1.0, "pauses"),
    Campaign("adwords-shopping", "Adwords", 0.08, 0.65, 3.40, 0.85, 0.019, 1.0, "always"),
    Campaign("facebook-prospecting", "Facebook", 0.09, 0.85, 3.60, 0.75, 0.012, 0.5, "pauses"),
    Campaign("facebook-retargeting", "Facebook", 0.03, 0.40, 2.80, 0.85, 0.021, 3.0, "always"),
    Campaign("facebook-sale-events", "Facebook", 0.10, 0.75, 3.20, 0.80, 0.018, 1.0, "sales"),
    Campaign("youtube-always-on", "YouTube", 0.02, 0.85, 2.40, 0.80, 0.006, 1.0, "always"),
    Campaign("youtube-brand-film", "YouTube", 0.07, 0.90, 2.80, 0.70, 0.004, 0.5, "flights"),
    Campaign("email-partner-newsletter", "Email", 0.07, 0.60, 3.00, 0.85, 0.034, 1.0, "always"),
    Campaign("email-own-newsletter", "Email", 0.05, 0.30, 9.00, 0.90, 0.052, 4.0, "always"),
)
PLATFORM = np.array([SOURCES.index(campaign.platform) for campaign in CAMPAIGNS])
_FLIGHTS = ((4, 5), (9, 10, 11))  # months of the brand film
_SPEND_NOISE = 0.18


@dataclass(frozen=True)
class Plan:
    """What is spent and what it brings.

    `spend` is in cents, campaign × day, 0 where the campaign does not run. `caused` and `baseline` are
    expected new visitors, campaign × day; `organic` a day. Together they sum to the visitors asked for.
    `theta` is such that caused = theta · (spend in dollars)^beta. `click_through_rate` is one a campaign.
    """

    spend: Array
    runs: Array
    caused: Array
    baseline: Array
    organic: Array
    theta: Array
    click_through_rate: Array

    def return_campaigns(self) -> Array:
        """Running shares of campaigns for a return visit: (platform × day) × campaign.

        A platform none of whose campaigns runs that day gives all to its last one, which never happens:
        every platform has one that always runs.
        """
        weight = np.array([campaign.return_weight for campaign in CAMPAIGNS])
        table = np.zeros((len(SOURCES), self.runs.shape[1], len(CAMPAIGNS)))
        for number, source in enumerate(PLATFORM):
            table[source, :, number] = weight[number] * self.runs[number]
        table[0, :, -1] = 1.0  # organic visits have no campaign; the entry is not used
        running = np.cumsum(table, axis=2)
        return np.asarray((running / running[:, :, -1:]).reshape(-1, len(CAMPAIGNS)))


def make_plan(rng: np.random.Generator, period: Period, visitors: int) -> Plan:
    """Decide when each campaign runs, what it spends each day, and what to expect of it."""
    demand = period.demand() * visitors
    runs = np.array([_days_of(rng, campaign, period) for campaign in CAMPAIGNS])
    share = np.array([campaign.share for campaign in CAMPAIGNS])[:, None]
    incremental = np.array([campaign.incremental_share for campaign in CAMPAIGNS])[:, None]
    cost = np.array([campaign.cost_per_visitor for campaign in CAMPAIGNS])[:, None]
    beta = np.array([campaign.beta for campaign in CAMPAIGNS])[:, None]

    noise = np.exp(rng.normal(0, _SPEND_NOISE, runs.shape) - _SPEND_NOISE**2 / 2)
    spend = np.round(demand * share * cost * 100 * noise * runs).astype(np.int64)
    response = (spend / 100) ** beta
    target = (demand * share * incremental * runs).sum(axis=1)
    total = response.sum(axis=1)
    theta = np.divide(target, total, out=np.zeros_like(target), where=total > 0)
    caused = theta[:, None] * response
    # People who would come anyway come on every day; without an ad to click they come unled.
    anyway = demand * share * (1 - incremental)
    baseline = anyway * runs
    organic = demand * (1 - share[runs.all(axis=1)].sum()) * 0.9 + (anyway - baseline).sum(axis=0)
    scale = visitors / (caused.sum() + baseline.sum() + organic.sum())
    clicked = np.array([campaign.click_through_rate for campaign in CAMPAIGNS])
    return Plan(spend, runs, caused * scale, baseline * scale, organic * scale, theta * scale, clicked)


def _days_of(rng: np.random.Generator, campaign: Campaign, period: Period) -> Array:
    """On which days a campaign runs."""
    runs = np.ones(period.days, dtype=bool)
    if campaign.flight == "pauses":
        # Two weeks off in every half-year: without them nobody could tell the effect from the season.
        for first in range(0, period.days, 182):
            begin = first + int(rng.integers(28, 154))
            runs[begin : begin + 14] = False
    elif campaign.flight == "sales":
        runs[:] = False
        for sale in period.sales():
            runs[sale.first_day : sale.last_day + 1] = True
    elif campaign.flight == "flights":
        months = {month for flight in _FLIGHTS for month in flight}
        runs = np.array([date.month in months for date in period.dates()])
    return runs
